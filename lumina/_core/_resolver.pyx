"""Venue updates to tape rows: `include/lumina/feed/update.hpp`, `sequencer.hpp` and `resolver.hpp`."""
cimport cython
import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from lumina._core.arguments cimport whole64
from lumina._core.exclusive cimport check_idle, claim
from lumina._core.types cimport Event

from lumina._core._types import EVENT as _EVENT

cdef extern from "lumina/feed/update.hpp" namespace "lumina::feed" nogil:
    cdef packed struct Update:
        int64_t exch_ts_ns
        int64_t local_ts_ns
        int64_t qty_lots
        uint64_t tag
        int32_t price_ticks
        uint8_t kind
        uint8_t side
        uint16_t flags
        uint64_t order_id

cdef extern from "lumina/feed/row_writer.hpp" namespace "lumina::feed" nogil:
    cdef packed struct MessageEnd:
        uint64_t tag
        int64_t rows
        int64_t bid_lots
        int64_t ask_lots
        int32_t bid_ticks
        int32_t ask_ticks
        uint32_t views
        uint32_t reserved

cdef extern from "lumina/feed/order_views.hpp" namespace "lumina::feed" nogil:
    cdef cppclass IdCounts:
        int64_t unknown_ids
        int64_t duplicate_ids
        int64_t overfills
        int64_t clipped

cdef extern from "lumina/feed/resolver.hpp" namespace "lumina::feed" nogil:
    cdef enum class ResolveStatus(int):
        ok
        no_view
        bad_kind
        bad_side
        bad_quantity
        bad_price
        mixed_event
        level_range
        broken_snapshot

    cdef cppclass ResolverConfig:
        int64_t counted_window_ns
        cbool runs_are_events
        cbool seeded
        cbool order_ids

    cdef cppclass _Resolver "lumina::feed::Resolver":
        _Resolver(ResolverConfig) except +
        ResolveStatus push(const Update&) except +
        void finish() except +
        const Event* rows()
        const uint64_t* order_ids()
        const IdCounts& order_counts()
        size_t ready()
        void drop(size_t) except +
        vector[MessageEnd]& message_ends()
        int64_t counted_prints()

cdef extern from *:
    """
    #include <vector>
    #include "lumina/feed/sequencer.hpp"
    static void lumina_release(lumina::feed::Sequencer& sequencer, bool all, std::vector<lumina::feed::Update>& out) {
      sequencer.release(all, [&](const lumina::feed::Update& update) { out.push_back(update); });
    }
    """
    cdef cppclass _Sequencer "lumina::feed::Sequencer" nogil:
        _Sequencer(cbool) except +
        void push(const Update&) except +
        cbool open()
        int64_t split_messages()
    void lumina_release(_Sequencer&, cbool, vector[Update]&) except + nogil

UPDATE = np.dtype([("exch_ts_ns", "<i8"), ("local_ts_ns", "<i8"), ("qty_lots", "<i8"), ("tag", "<u8"),
                   ("price_ticks", "<i4"), ("kind", "u1"), ("side", "u1"), ("flags", "<u2"), ("order_id", "<u8")])
MESSAGE_END = np.dtype([("tag", "<u8"), ("rows", "<i8"), ("bid_lots", "<i8"), ("ask_lots", "<i8"),
                        ("bid_ticks", "<i4"), ("ask_ticks", "<i4"), ("views", "<u4"), ("reserved", "<u4")])
SNAPSHOT_LEVEL = 32
MODIFY = 33
IF_THERE = 1 << 15
REPLACE_BOOK = 1
NO_PRICE = -2**31
assert UPDATE.itemsize == sizeof(Update) and MESSAGE_END.itemsize == sizeof(MessageEnd)

_REASONS = {
    <int>ResolveStatus.no_view: "has no view",
    <int>ResolveStatus.bad_kind: "is of an unknown kind",
    <int>ResolveStatus.bad_side: "has no valid side",
    <int>ResolveStatus.bad_quantity: "has a quantity out of bounds",
    <int>ResolveStatus.bad_price: "has a price beyond 2^30 ticks",
    <int>ResolveStatus.mixed_event: "belongs to an event of another exchange time",
    <int>ResolveStatus.level_range: "has a price too far from the others: over 2^18 pages of 64 ticks on a side",
    <int>ResolveStatus.broken_snapshot: "breaks a snapshot",
}


class ResolveError(ValueError):
    """An update that cannot be resolved; `index` is its place in the array that was pushed."""

    def __init__(self, int index, str reason):
        super().__init__(f"update {index} {reason}")
        self.index = index
        self.reason = reason


cdef class Sequencer:
    """Orders messages of a raw recording for both views; splits those on which the views disagree.

    Parameters
    ----------
    file_order : bool
        At one exchange time things stay in the order of receipt; otherwise snapshots come first, then prints, then
        the depth that they caused (SEMANTICS F6).
    """
    cdef _Sequencer* sequencer
    cdef bint busy

    def __cinit__(self, bint file_order=False):
        self.sequencer = new _Sequencer(file_order)

    def __dealloc__(self):
        del self.sequencer

    @property
    def split_messages(self):
        """Messages that became two copies so far."""
        return self.sequencer.split_messages()

    def push(self, const Update[::1] updates):
        """Take whole messages in order of receipt; return the updates that are final, in tape order."""
        return self._run(updates, False)

    def finish(self):
        """Return all that is left."""
        return self._run(np.empty(0, UPDATE), True)

    @cython.boundscheck(False)  # the loop has the bound
    cdef _run(self, const Update[::1] updates, cbool all_):
        cdef Py_ssize_t i
        cdef vector[Update] out
        claim(&self.busy, self)
        try:
            with nogil:
                for i in range(updates.shape[0]):
                    self.sequencer.push(updates[i])
                lumina_release(self.sequencer[0], all_, out)
        finally:
            self.busy = False
        result = np.empty(out.size(), UPDATE)
        cdef Update[::1] view = result
        if out.size():
            memcpy(&view[0], out.data(), out.size() * sizeof(Update))
        return result


cdef class Resolver:
    """Resolves updates in tape order into tape rows.

    Parameters
    ----------
    counted_window_ns : int
        Window of the COUNTED rule (SEMANTICS F6); 0 switches it off.
    runs_are_events : bool
        The updates carry no END; a run of equal exchange times is an event.
    seeded : bool
        Levels may hold orders from before the data: an unknown id that comes with side, price and lots is one of them.
    order_ids : bool
        Keep the venue's order id of each row, for `take_ids`.
    """
    cdef _Resolver* resolver
    cdef bint order_ids, busy
    cdef object ids

    def __cinit__(self, counted_window_ns=0, bint runs_are_events=False, bint seeded=False,
                  bint order_ids=False):
        cdef ResolverConfig config
        config.counted_window_ns = whole64("counted_window_ns", counted_window_ns)
        config.runs_are_events = runs_are_events
        config.seeded = seeded
        config.order_ids = order_ids
        self.order_ids = order_ids
        self.ids = None
        self.resolver = new _Resolver(config)

    def __dealloc__(self):
        del self.resolver

    @property
    def counted_prints(self):
        """Prints marked COUNTED so far."""
        return self.resolver.counted_prints()

    @property
    def counts(self):
        """What was wrong with orders so far, by name."""
        cdef const IdCounts* counts = &self.resolver.order_counts()
        return {"unknown_ids": counts.unknown_ids, "duplicate_ids": counts.duplicate_ids,
                "overfills": counts.overfills, "clipped": counts.clipped}

    def take_ids(self):
        """The venue's order id of each row that the last push or finish returned; None where ids are not kept."""
        ids, self.ids = self.ids, None
        return ids

    @cython.boundscheck(False)  # the loop has the bound
    def push(self, const Update[::1] updates):
        """Resolve updates; return the rows that are final.

        Raises
        ------
        ResolveError
            At the first update that cannot be resolved.
        """
        cdef Py_ssize_t i = 0, n = updates.shape[0]
        cdef ResolveStatus status = ResolveStatus.ok
        claim(&self.busy, self)
        try:
            with nogil:
                while i < n:
                    status = self.resolver.push(updates[i])
                    if status != ResolveStatus.ok:
                        break
                    i += 1
        finally:
            self.busy = False
        if status != ResolveStatus.ok:
            raise ResolveError(i, _REASONS[<int>status])
        return self._take()

    def finish(self):
        """End the open events; return the rows that are left."""
        check_idle(self.busy, self)
        self.resolver.finish()
        return self._take()

    def message_ends(self):
        """Array of MESSAGE_END, one row a tagged message since the last call."""
        check_idle(self.busy, self)
        cdef vector[MessageEnd]* ends = &self.resolver.message_ends()
        result = np.zeros(ends.size(), MESSAGE_END)
        cdef MessageEnd[::1] view = result
        if ends.size():
            memcpy(&view[0], ends.data(), ends.size() * sizeof(MessageEnd))
            ends.clear()
        return result

    cdef _take(self):
        cdef size_t n = self.resolver.ready()
        result = np.empty(n, _EVENT)
        cdef Event[::1] view = result
        cdef uint64_t[::1] ids
        if self.order_ids:
            self.ids = np.empty(n, np.uint64)
            ids = self.ids
        if n:
            memcpy(&view[0], self.resolver.rows(), n * sizeof(Event))
            if self.order_ids:
                memcpy(&ids[0], self.resolver.order_ids(), n * sizeof(uint64_t))
            self.resolver.drop(n)
        return result
