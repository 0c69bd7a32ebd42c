# Pre-trade risk, lumina/risk.hpp. The Python class of _risk.pxd lends its gate to a module of one's own.
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool

from lumina._core.models cimport ContractValue

cdef extern from "lumina/strategy/abi.h" nogil:
    cdef enum lumina_reason:
        pass  # abi.pxd has the values

cdef extern from "lumina/risk.hpp" namespace "lumina" nogil:
    cdef cppclass RiskLimits:
        RiskLimits()
        int64_t max_order_lots
        int64_t max_notional_units
        double price_band
        int64_t max_position_lots
        int64_t max_open_orders
        int64_t max_messages
        int64_t message_window_ns
        int64_t max_daily_loss_units
        int64_t day_start_ns
        int64_t duplicate_window_ns
        cbool refuse_self_cross

    cdef struct RiskCapacity:
        size_t orders
        size_t messages
        size_t recent

    cdef cppclass RiskGate:
        cppclass Order:
            Order()
            uint8_t side
            uint8_t type
            int64_t price_ticks
            int64_t qty_lots
        cppclass Market:
            Market()
            int64_t now_ns
            int64_t mid2
            int64_t reference2
        RiskGate(const RiskLimits &, const ContractValue &, const RiskCapacity &) except +
        # the owner's
        lumina_reason check(uint64_t id, const Order &, const Market &) noexcept
        lumina_reason check_replace(uint64_t id, int64_t price_ticks, int64_t total_lots, const Market &) noexcept
        void count_cancel(int64_t now_ns) noexcept
        void on_fill(uint64_t id, uint8_t side, int64_t price_ticks, int64_t lots, int64_t fee_units,
                     const Market &) noexcept
        void on_replaced(uint64_t id, int64_t price_ticks, int64_t total_lots) noexcept
        void on_replace_rejected(uint64_t id) noexcept
        void on_end(uint64_t id) noexcept
        void mark(const Market &) noexcept
        void hold(int64_t position_lots, int64_t mid2) except +
        int64_t position_lots() noexcept
        size_t open_orders() noexcept
        int64_t open_lots(uint8_t side) noexcept
        int64_t day_pnl_units() noexcept
        # any thread's
        void set_limits(const RiskLimits &) except +
        void kill(uint32_t reason) noexcept
        uint32_t killed() noexcept
        cbool loss_reached() noexcept
        void reset() noexcept
        uint64_t rejections(lumina_reason) noexcept
