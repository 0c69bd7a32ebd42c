# The tape row and the rows of the order and fill log, lumina/types.hpp.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "lumina/types.hpp" namespace "lumina" nogil:
    const int64_t kNoMid
    cdef enum class Phase(uint8_t):
        continuous
        halt
        auction

    cdef enum class SelfTrade(uint8_t):
        cancel_newest
        cancel_oldest
        cancel_both
        reject

    # Packed as numpy sees it; C++ asserts the same offsets.
    cdef packed struct Event:
        int64_t exch_ts_ns
        uint64_t stamp
        uint32_t latency_ns
        int32_t price_ticks
        int32_t qty_lots
        uint8_t kind
        uint8_t side
        uint16_t flags

    cdef packed struct OrderEvent:
        int64_t ts_ns
        int64_t report_ts_ns
        uint64_t order_id
        int32_t price_ticks
        int32_t qty_lots
        int32_t leaves_lots
        uint32_t instrument
        uint8_t action
        uint8_t side
        uint8_t type
        uint8_t reason
        uint32_t reserved

    cdef packed struct Fill:
        int64_t ts_ns
        int64_t report_ts_ns
        uint64_t order_id
        int32_t price_ticks
        int32_t qty_lots
        int64_t mid2_ticks
        int64_t cash_units
        int64_t fee_units
        int64_t impact_units
        int64_t spread_capture_units
        int64_t position_lots
        double queue_ahead_lots
        int32_t shift_ticks
        uint32_t instrument
        uint8_t side
        uint8_t maker
        uint8_t cause
        uint8_t reserved
        uint32_t reserved2

    cdef packed struct OrderRecord:
        uint64_t order_id
        uint64_t tag
        int64_t decision_ts_ns
        int64_t sent_ts_ns
        int64_t arrival_ts_ns
        int64_t ack_ts_ns
        int64_t close_ts_ns
        double queue_ahead_lots
        int32_t level_lots
        int32_t price_ticks
        int32_t qty_lots
        int32_t filled_lots
        uint32_t instrument
        uint8_t side
        uint8_t type
        uint8_t state
        uint8_t reason

    cdef packed struct EquitySample:
        int64_t ts_ns
        int64_t mid2_ticks
        int64_t position_lots
        int64_t spread_capture_units
        int64_t inventory_units
        int64_t fees_units
        int64_t impact_units
        int64_t funding_units
        int32_t shift_ticks
        uint32_t instrument
