# The strategy C ABI, lumina/strategy/abi.h, for `cimport` from a strategy of one's own.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "lumina/strategy/abi.h" nogil:
    const uint32_t LUMINA_ABI_VERSION
    const char *LUMINA_STRATEGY_CAPSULE

    enum: LUMINA_BUY, LUMINA_SELL, LUMINA_NONE
    enum: LUMINA_LIMIT, LUMINA_POST_ONLY, LUMINA_IOC, LUMINA_MARKET
    enum: LUMINA_SUBMITTED, LUMINA_RESTING, LUMINA_PARTLY_FILLED, LUMINA_FILLED, LUMINA_CANCELLED, LUMINA_REJECTED
    enum:
        LUMINA_REASON_NONE, LUMINA_REASON_REQUESTED, LUMINA_REASON_REMAINDER, LUMINA_REASON_BEYOND_BOOK
        LUMINA_REASON_SELF_MATCH, LUMINA_REASON_END_OF_DATA, LUMINA_REASON_POST_ONLY
        LUMINA_REASON_NOT_CONTINUOUS, LUMINA_REASON_UNKNOWN_ORDER, LUMINA_REASON_TOO_LATE
        LUMINA_REASON_INVALID, LUMINA_REASON_RISK_QTY, LUMINA_REASON_RISK_NOTIONAL
        LUMINA_REASON_RISK_PRICE_BAND, LUMINA_REASON_RISK_POSITION, LUMINA_REASON_REDUCED
        LUMINA_REASON_RISK_OPEN_ORDERS, LUMINA_REASON_RISK_MESSAGE_RATE, LUMINA_REASON_RISK_DAILY_LOSS
        LUMINA_REASON_RISK_DUPLICATE, LUMINA_REASON_RISK_SELF_CROSS, LUMINA_REASON_RISK_KILLED
    enum:
        LUMINA_EV_START, LUMINA_EV_LEVEL, LUMINA_EV_TRADE, LUMINA_EV_BOOK, LUMINA_EV_BBO, LUMINA_EV_STATUS
        LUMINA_EV_FUNDING, LUMINA_EV_GAP, LUMINA_EV_TIMER, LUMINA_EV_ACK, LUMINA_EV_REJECT, LUMINA_EV_FILL
        LUMINA_EV_CANCELLED, LUMINA_EV_REPLACED, LUMINA_EV_CANCEL_REJECT, LUMINA_EV_REPLACE_REJECT, LUMINA_EV_STOP
    enum:
        LUMINA_WAKE_LEVEL, LUMINA_WAKE_TRADE, LUMINA_WAKE_BOOK, LUMINA_WAKE_BBO, LUMINA_WAKE_MARKER
        LUMINA_WAKE_REPORT
    enum: LUMINA_EVF_MAKER, LUMINA_EVF_HIDDEN, LUMINA_EVF_OFFBOOK, LUMINA_EVF_END

    ctypedef struct lumina_event:
        int64_t ts_ns
        int64_t exch_ts_ns
        uint64_t order_id
        uint64_t tag
        int64_t value
        int32_t price_ticks
        int32_t qty_lots
        int32_t level_lots
        int32_t leaves_lots
        uint32_t instrument
        uint8_t kind
        uint8_t side
        uint8_t reason
        uint8_t flags

    ctypedef struct lumina_level:
        int32_t price_ticks
        int32_t qty_lots

    ctypedef struct lumina_order_request:
        uint64_t tag
        uint32_t instrument
        int32_t price_ticks
        int32_t qty_lots
        uint8_t side
        uint8_t type

    ctypedef struct lumina_order:
        uint64_t order_id
        uint64_t tag
        int32_t price_ticks
        int32_t qty_lots
        int32_t filled_lots
        uint32_t instrument
        uint8_t side
        uint8_t type
        uint8_t state
        uint8_t pending

    ctypedef struct lumina_instrument:
        double tick_size
        double lot_size
        double multiplier
        int64_t maker_fee_e9
        int64_t taker_fee_e9
        uint8_t inverse
        char symbol[32]

    ctypedef struct lumina_ctx:
        uint32_t abi_version
        uint32_t instrument_count
        int64_t now_ns
        void *user
        void *engine
        int32_t error
        char error_message[244]
        const lumina_instrument *(*instrument)(lumina_ctx *, uint32_t) noexcept nogil
        lumina_level (*best)(lumina_ctx *, uint32_t, uint8_t) noexcept nogil
        int32_t (*level)(lumina_ctx *, uint32_t, uint8_t, int32_t) noexcept nogil
        int32_t (*depth)(lumina_ctx *, uint32_t, uint8_t, lumina_level *, int32_t) noexcept nogil
        int64_t (*position)(lumina_ctx *, uint32_t) noexcept nogil
        int32_t (*orders)(lumina_ctx *, uint32_t, uint8_t, lumina_order *, int32_t) noexcept nogil
        uint64_t (*submit)(lumina_ctx *, const lumina_order_request *) noexcept nogil
        void (*cancel)(lumina_ctx *, uint64_t) noexcept nogil
        void (*replace)(lumina_ctx *, uint64_t, int32_t, int32_t) noexcept nogil
        void (*set_timer)(lumina_ctx *, int64_t, int64_t) noexcept nogil
        void (*stop)(lumina_ctx *, int32_t, const char *) noexcept nogil

    ctypedef void (*lumina_on_event)(lumina_ctx *, const lumina_event *) noexcept nogil

    ctypedef struct lumina_strategy:
        uint32_t abi_version
        uint32_t wake_mask
        int64_t interval_ns
        lumina_on_event on_event
        void *user
