# The matching engine, lumina/book/matching_engine.hpp.
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libcpp.vector cimport vector

from lumina._core.book cimport Side
from lumina._core.order_book cimport Order, QueueBook
from lumina._core.types cimport Phase, SelfTrade

cdef extern from "lumina/book/match_message.hpp" namespace "lumina" nogil:
    cdef enum class OrderType(uint8_t):
        limit
        post_only
        ioc
        market
        fok
    cdef enum class MatchReason(uint8_t):
        none
        requested
        remainder
        self_match
        post_only
        fill_or_kill
        halted
        price_band
        unknown_id
        duplicate_id
        invalid
    cdef enum class MatchKind(uint8_t):
        submit
        cancel
        replace
        mass_cancel
    # Packed as numpy sees it; C++ asserts the same offsets.
    cdef packed struct MatchMessage:
        uint64_t order_id
        uint64_t new_id
        int32_t price_ticks
        int32_t qty_lots
        uint8_t kind
        uint8_t side
        uint16_t owner
        uint8_t type
        uint8_t reserved
        uint16_t reserved2
    cdef cppclass MatchSink:
        pass

cdef extern from "lumina/book/match_log.hpp" namespace "lumina" nogil:
    cdef packed struct MatchEvent:
        uint64_t maker_id
        uint64_t taker_id
        int32_t price_ticks
        int32_t qty_lots
        int32_t left_lots
        uint32_t message
        uint16_t owner
        uint16_t taker_owner
        uint8_t kind
        uint8_t reason
        uint8_t side
        uint8_t reserved
    cdef cppclass MatchLog(MatchSink):
        const vector[MatchEvent]& events()
        void clear()

cdef extern from "lumina/book/matching_engine.hpp" namespace "lumina" nogil:
    cdef cppclass MatchingEngine(QueueBook):
        MatchingEngine(size_t, SelfTrade) except +
        MatchReason apply[Sink](const MatchMessage&, Sink&) except +
        void on_batch[Sink](const MatchMessage *, size_t, Sink&) except +
        void set_phase(Phase)
        Phase phase()
        void set_band(int32_t, int32_t) except +
        void clear_band()
        bint has_band()
        int32_t band_low()
        int32_t band_high()
        @staticmethod
        uint16_t owner(const Order&)
