"""NASDAQ ITCH 5.0 to updates: `include/lumina/feed/itch_reader.hpp` and what it is made of."""
cimport cython
import numpy as np

from libc.stdint cimport UINT32_MAX, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.vector cimport vector
from lumina._core.arguments cimport unsigned64, whole64, whole_within
from lumina._core.exclusive cimport check_idle, claim

from lumina._core._resolver import UPDATE as _UPDATE

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

cdef extern from "lumina/feed/itch.hpp" namespace "lumina::feed::itch" nogil:
    const uint8_t* _lengths "lumina::feed::itch::kLength.data"()

cdef extern from "lumina/feed/mold_udp64.hpp" namespace "lumina::feed" nogil:
    cdef cppclass MoldTracker:
        cbool started()
        cbool ended()
        uint64_t packets()
        uint64_t heartbeats()
        uint64_t gaps()
        uint64_t missing()
        uint64_t duplicates()

cdef extern from "lumina/feed/pcap.hpp" namespace "lumina::feed" nogil:
    cbool is_capture "lumina::feed::PcapReader::is_capture"(const uint8_t*, size_t)

cdef extern from "lumina/feed/itch_translator.hpp" namespace "lumina::feed::itch" nogil:
    cdef cppclass TranslatorConfig:
        uint32_t tick_units
        cbool system_phases
        cbool drop_odd
        cbool drop_far

    cdef cppclass TranslatorCounts "lumina::feed::itch::Translator::Counts":
        uint64_t odd_orders
        uint64_t far_orders
        uint64_t far_prints
        uint64_t odd_executions
        uint64_t unknown_replaced
        uint64_t unknown_executed
        uint64_t trades_of_nothing
        uint64_t raised_times

    cdef cppclass Translator:
        const TranslatorCounts& counts()
        size_t symbols()
        uint64_t stock(size_t)
        cbool seen(size_t)
        vector[uint64_t] others() except +

cdef extern from "lumina/feed/itch_reader.hpp" namespace "lumina::feed::itch" nogil:
    cdef enum class Fault(uint8_t):
        none
        refused
        bad_length
        unknown_type
        after_end
        cut_file
        capture
        link
        mold
        gap

    cdef cppclass Failure:
        Fault fault
        uint8_t detail
        char type
        uint64_t offset
        uint64_t value
        uint64_t bound

    cdef cppclass ReaderConfig:
        TranslatorConfig translator
        cbool only_one
        cbool mark_gaps
        uint16_t port

    cdef cppclass ReaderCounts "lumina::feed::itch::Reader::Counts":
        uint64_t messages[256]
        uint64_t frames
        uint64_t datagrams
        uint64_t other_frames
        uint64_t other_ports
        uint64_t fragments
        uint64_t cut_frames

    cdef cppclass Latency "lumina::feed::itch::Reader::Latency":
        cbool any
        int64_t low
        int64_t high
        uint64_t low_offset
        uint64_t high_offset

    cdef cppclass Reader:
        Reader(ReaderConfig, const vector[uint64_t]&) except +
        void begin(cbool, int64_t, cbool, cbool) except +
        cbool feed(const uint8_t*, size_t) except +
        cbool end()
        const Failure& failure()
        const ReaderCounts& counts()
        const Translator& translator()
        const MoldTracker& tracker()
        vector[Update]& updates()
        vector[uint32_t]& symbols()
        Latency take_latency()

    cdef cppclass CaptureLook:
        cbool itch
        cbool timed
        int64_t first_ns

    CaptureLook look_at_capture(const uint8_t*, size_t)
    cbool looks_like_frames(const uint8_t*, size_t)

# As the enumerations of the headers.
_FAULTS = ("none", "refused", "bad_length", "unknown_type", "after_end", "cut_file", "capture", "link", "mold", "gap")
_DETAILS = {
    "refused": ("none", "between_ticks", "price_bound", "quantity_bound", "no_quantity", "bad_side", "bad_printable",
                "bad_time", "time_back", "other_stock", "several_stocks", "no_market_hours"),
    "capture": ("ok", "need_more", "bad_magic", "bad_version", "bad_record", "bad_interface", "untimed_packet"),
    "mold": ("ok", "short_header", "cut_block", "trailing_bytes", "bad_sequence", "other_session"),
}

LENGTHS = {chr(type_): _lengths()[type_] for type_ in range(256) if _lengths()[type_]}


class ItchError(ValueError):
    """What cannot be read: `reason`, the letter of the message, its offset in the file's content, value and bound."""

    def __init__(self, str reason, str type, offset, value, bound):
        super().__init__(f"{reason} at {offset}: message {type!r}, value {value}, bound {bound}")
        self.reason = reason
        self.type = type
        self.offset = offset
        self.value = value
        self.bound = bound


def stock_text(stock):
    """Name of a stock, eight letters as one number, without its padding."""
    return int(unsigned64("stock", stock)).to_bytes(8, "big").decode("latin-1").rstrip(" ")


def is_capture_file(const uint8_t[::1] head):
    """Does a file that begins so claim to be a pcap or pcapng?"""
    return head.shape[0] > 0 and is_capture(&head[0], <size_t>head.shape[0])


def is_frames(const uint8_t[::1] head):
    """Does content that begins so look like length and message, of ITCH 5.0?"""
    return head.shape[0] > 0 and looks_like_frames(&head[0], <size_t>head.shape[0])


def look_at(const uint8_t[::1] head):
    """Of a capture: time of the first packet in ns (None where none is whole), and whether one holds ITCH 5.0."""
    if head.shape[0] == 0:
        return None, False
    cdef CaptureLook look = look_at_capture(&head[0], <size_t>head.shape[0])
    return (look.first_ns if look.timed else None), bool(look.itch)


cdef class ItchReader:
    """Updates of some stocks from the content of files, as it comes; see `lumina::feed::itch::Reader`.

    Parameters
    ----------
    stocks : sequence of bytes
        Those to read, up to eight letters each; none = all.
    tick_units : int
        0.0001 of the currency in a tick.
    only_one : bool
        All stocks, and more than one is an error.
    system_phases : bool
        Phases from system events, too.
    drop_odd : bool
        Leave out orders that are between ticks.
    drop_far : bool
        Leave out orders and prints beyond 2^30 ticks; otherwise they are an error.
    mark_gaps : bool
        Lost messages are a GAP, not an error.
    port : int
        Of the datagrams to read, 0 = all.
    """
    cdef Reader* reader
    cdef bint busy

    def __cinit__(self, stocks, tick_units, *, bint only_one=False, bint system_phases=True,
                  bint drop_odd=False, bint drop_far=True, bint mark_gaps=False, port=0):
        cdef ReaderConfig config
        cdef vector[uint64_t] wanted
        config.translator.tick_units = <uint32_t>whole_within("tick_units", tick_units, 1, UINT32_MAX)
        config.translator.system_phases = system_phases
        config.translator.drop_odd = drop_odd
        config.translator.drop_far = drop_far
        config.only_one = only_one
        config.mark_gaps = mark_gaps
        config.port = <uint16_t>whole_within("port", port, 0, 65535)
        for stock in stocks:
            wanted.push_back(int.from_bytes(stock.ljust(8), "big"))
        self.reader = new Reader(config, wanted)

    def __dealloc__(self):
        del self.reader

    def begin(self, bint capture, midnight_ns, bint new_day, bint trade_sides):
        """Start a file: a capture or frames, of the day with this midnight; `trade_sides`: P messages have a side."""
        self.reader.begin(capture, whole64("midnight_ns", midnight_ns), new_day, trade_sides)

    @cython.boundscheck(False)  # the size is looked at
    def feed(self, const uint8_t[::1] data):
        """Take the next bytes of the content.

        Returns
        -------
        updates : ndarray of UPDATE
            Whole messages.
        symbols : ndarray of uint32
            Whose each update is, an index into `symbols`.

        Raises
        ------
        ItchError
            Where a message cannot be read. What came before it is lost, and the reader is done.
        """
        cdef size_t size = <size_t>data.shape[0]
        cdef cbool good = True
        if size:
            claim(&self.busy, self)
            try:
                with nogil:
                    good = self.reader.feed(&data[0], size)
            finally:
                self.busy = False
        if not good:
            self._raise()
        return self._take()

    def end(self):
        """The file has ended; ItchError where something is left that is no whole message."""
        check_idle(self.busy, self)
        if not self.reader.end():
            self._raise()

    def take_latency(self):
        """(low, its offset, high, its offset) of local - exchange time since the last call, ns; None without any."""
        cdef Latency latency = self.reader.take_latency()
        return (latency.low, latency.low_offset, latency.high, latency.high_offset) if latency.any else None

    @property
    def symbols(self):
        """Names of the stocks that are read, in order of their index."""
        return [stock_text(self.reader.translator().stock(i)) for i in range(self.reader.translator().symbols())]

    @property
    def seen(self):
        """Whether a message named the stock, in order of index."""
        return [bool(self.reader.translator().seen(i)) for i in range(self.reader.translator().symbols())]

    @property
    def others(self):
        """Names of stocks of the day that are not read."""
        return [stock_text(stock) for stock in self.reader.translator().others()]

    @property
    def messages(self):
        """Messages of all stocks so far, by type."""
        cdef const ReaderCounts* counts = &self.reader.counts()
        return {chr(i): counts.messages[i] for i in range(256) if counts.messages[i]}

    @property
    def counts(self):
        """What was left out or mended so far."""
        cdef const TranslatorCounts* counts = &self.reader.translator().counts()
        return {
            "odd_orders": counts.odd_orders,
            "far_orders": counts.far_orders,
            "far_prints": counts.far_prints,
            "odd_executions": counts.odd_executions,
            "unknown_replaced": counts.unknown_replaced,
            "unknown_executed": counts.unknown_executed,
            "trades_of_nothing": counts.trades_of_nothing,
            "raised_times": counts.raised_times,
        }

    @property
    def packets(self):
        """Of captures: frames, datagrams and what MoldUDP64 says about them, so far."""
        cdef const ReaderCounts* counts = &self.reader.counts()
        cdef const MoldTracker* mold = &self.reader.tracker()
        return {
            "frames": counts.frames,
            "datagrams": counts.datagrams,
            "other_frames": counts.other_frames,
            "other_ports": counts.other_ports,
            "fragments": counts.fragments,
            "cut_frames": counts.cut_frames,
            "heartbeats": mold.heartbeats(),
            "gaps": mold.gaps(),
            "missing": mold.missing(),
            "duplicates": mold.duplicates(),
            "ended": bool(mold.ended()),
        }

    cdef _take(self):
        cdef vector[Update]* updates = &self.reader.updates()
        cdef vector[uint32_t]* symbols = &self.reader.symbols()
        out = np.empty(updates.size(), _UPDATE)
        whose = np.empty(symbols.size(), np.uint32)
        cdef Update[::1] out_view = out
        cdef uint32_t[::1] whose_view = whose
        if updates.size():
            memcpy(&out_view[0], updates.data(), updates.size() * sizeof(Update))
            memcpy(&whose_view[0], symbols.data(), symbols.size() * sizeof(uint32_t))
            updates.clear()
            symbols.clear()
        return out, whose

    cdef _raise(self):
        cdef const Failure* failure = &self.reader.failure()
        cdef Py_ssize_t fault = <Py_ssize_t>failure.fault, detail = failure.detail
        reason = _FAULTS[fault]
        if reason in _DETAILS:
            reason = _DETAILS[reason][detail]
        raise ItchError(reason, chr(<uint8_t>failure.type), failure.offset, failure.value, failure.bound)
