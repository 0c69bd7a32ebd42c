"""Passes over a tape's rows: `include/lumina/feed/tape_check.hpp` and `level_totals.hpp`."""
cimport cython
import numpy as np

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libcpp cimport bool as cbool

from lumina._core.arguments cimport whole32
from lumina._core.exclusive cimport claim
from lumina._core.types cimport Event

cdef extern from "<array>" namespace "std" nogil:
    cdef cppclass _Findings \
            "std::array<lumina::feed::Finding, static_cast<std::size_t>(lumina::feed::Violation::kCount)>":
        Finding& operator[](size_t)

cdef extern from "lumina/feed/tape_check.hpp" namespace "lumina::feed" nogil:
    cdef struct Finding:
        uint64_t count
        uint64_t rows[5]
        int64_t values[5]
        int64_t bounds[5]

    cdef cppclass TapeCheck:
        _Findings findings
        int32_t min_price_ticks, max_price_ticks
        int64_t exch_rows, local_rows, events
        int64_t first_exch_ts_ns, last_exch_ts_ns, first_local_ts_ns, last_local_ts_ns
        uint32_t min_latency_ns, max_latency_ns
        int64_t zero_latency_rows
        int64_t kinds[13]
        int64_t continuous_events, crossed_events, prints, prints_without_side
        cbool level3

    void check_tape(const Event*, size_t, int32_t, int32_t, TapeCheck&) except +

cdef extern from "lumina/feed/level_totals.hpp" namespace "lumina::feed" nogil:
    cdef cppclass _LevelTotals "lumina::feed::LevelTotals":
        _LevelTotals() except +
        size_t push(const Event*, size_t, int64_t*, int64_t*) except +

# name, field of the row, in the order of lumina::feed::Violation
VIOLATIONS = (
    ("empty_tape", "rows"), ("no_view", "flags"), ("kind", "kind"), ("side", "side"), ("phase", "qty_lots"),
    ("price", "price_ticks"), ("trade_qty", "qty_lots"), ("order_qty", "qty_lots"), ("stamp", "stamp"),
    ("exch_order", "exch_ts_ns"), ("local_order", "local_ts_ns"), ("event_time", "exch_ts_ns"), ("event_end", "flags"),
    ("level_total", "level total"), ("snapshot_end", "kind"), ("snapshot_open", "kind"), ("level_range", "price_ticks"),
)


cdef extern from "lumina/checksum.hpp" namespace "lumina" nogil:
    uint64_t checksum64(const void* data, size_t size)


@cython.boundscheck(False)  # no bytes are asked for
def checksum(const unsigned char[::1] data):
    """The checksum of `lumina/checksum.hpp` over bytes, as 16 hexadecimal digits."""
    cdef size_t size = <size_t>data.shape[0]
    cdef const void* first = &data[0] if size else NULL
    cdef uint64_t found
    with nogil:
        found = checksum64(first, size)
    return f"{found:016x}"


def check(const Event[::1] rows, min_price_ticks, max_price_ticks):
    """Check tape rows.

    Returns
    -------
    findings : dict
        name -> (count, field, [(row, value, bound), ...]) of each rule that is broken, the first five rows of each.
    figures : dict
        Row counts by view and kind, price, time and latency ranges; events that ended in continuous trading, and those
        of them with a crossed book; prints on the book, and those without an aggressor.
    """
    cdef TapeCheck out
    cdef size_t n = rows.shape[0]
    cdef const Event* first = &rows[0] if n else NULL
    cdef int32_t low = whole32("min_price_ticks", min_price_ticks), high = whole32("max_price_ticks", max_price_ticks)
    with nogil:
        check_tape(first, n, low, high, out)
    findings = {}
    cdef size_t i
    for i in range(len(VIOLATIONS)):
        f = out.findings[i]
        if f.count:
            name, field = VIOLATIONS[i]
            findings[name] = (f.count, field, [(f.rows[k], f.values[k], f.bounds[k]) for k in range(min(f.count, 5))])
    priced = out.min_price_ticks <= out.max_price_ticks
    figures = {
        "rows": n, "exch_rows": out.exch_rows, "local_rows": out.local_rows, "events": out.events,
        "price_ticks": [out.min_price_ticks, out.max_price_ticks] if priced else [0, 0],
        "exch_ts_ns": [out.first_exch_ts_ns, out.last_exch_ts_ns],
        "local_ts_ns": [out.first_local_ts_ns, out.last_local_ts_ns],
        "latency_ns": [out.min_latency_ns, out.max_latency_ns] if n else [0, 0],
        "zero_latency_rows": out.zero_latency_rows,
        "kinds": [out.kinds[k] for k in range(13)],
        "level": "L3" if out.level3 else "L2",
        "continuous_events": out.continuous_events, "crossed_events": out.crossed_events,
        "prints": out.prints, "prints_without_side": out.prints_without_side,
    }
    return findings, figures


cdef class LevelTotals:
    """What each level holds after each row, fed with the rows of one tape in order."""
    cdef _LevelTotals* totals
    cdef bint busy

    def __cinit__(self):
        self.totals = new _LevelTotals()

    def __dealloc__(self):
        del self.totals

    @cython.boundscheck(False)  # an empty tape is asked for
    def push(self, const Event[::1] rows):
        """Level totals in lots after each row in the exchange's and the local view: two int64 arrays of shape (n,)."""
        cdef size_t n = rows.shape[0], done = 0
        exch, local = np.zeros(n, np.int64), np.zeros(n, np.int64)
        cdef int64_t[::1] there = exch
        cdef int64_t[::1] here = local
        if n:
            claim(&self.busy, self)
            try:
                with nogil:
                    done = self.totals.push(&rows[0], n, &there[0], &here[0])
            finally:
                self.busy = False
            if done < n:
                raise ValueError(f"row {done}: prices are too scattered to hold")
        return exch, local
