# The models that the engine is built from: lumina/backtest/*.hpp, lumina/contract_value.hpp.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from lumina._core.book cimport Side

cdef extern from "<span>" namespace "std" nogil:
    cdef cppclass const_double_span "std::span<const double>":
        const_double_span(const double *, size_t)
    cdef cppclass const_int64_span "std::span<const std::int64_t>":
        const_int64_span(const int64_t *, size_t)
    cdef cppclass const_uint64_span "std::span<const std::uint64_t>":
        const_uint64_span(const uint64_t *, size_t)

cdef extern from "lumina/backtest/queue_model.hpp" namespace "lumina" nogil:
    cdef enum class QueueModelKind(unsigned char):
        risk_averse
        power
        power2
        power3
        log
        log2

    cdef cppclass QueueModel:
        QueueModel()
        QueueModel(QueueModelKind kind, double n, double unit, cbool exact_back) except +
        double after_trade(double front, double qty, double displayed) noexcept
        double after_depth(double front, double prev, double next, double cum) noexcept

cdef extern from "lumina/backtest/latency_model.hpp" namespace "lumina" nogil:
    cdef cppclass LatencyModel:
        LatencyModel()
        @staticmethod
        LatencyModel constant_ns "constant"(int64_t ns) except +
        @staticmethod
        LatencyModel lognormal(int64_t median_ns, double sigma, int64_t min_ns, uint64_t seed, uint64_t stream) except +
        @staticmethod
        LatencyModel empirical(const_int64_span ns, const_uint64_span counts, uint64_t seed, uint64_t stream) except +
        cbool constant() noexcept
        int64_t sample() noexcept

cdef extern from "lumina/backtest/impact.hpp" namespace "lumina" nogil:
    cdef cppclass TransientImpact:
        TransientImpact(double y, double sigma_daily, double volume_daily, const_double_span weights,
                        const_double_span taus_s, int64_t step_ns) except +
        void decay_to(int64_t ts_ns) noexcept
        double relative() noexcept
        double push(double signed_qty) noexcept
        cbool active() noexcept
        int64_t next_grid(int64_t ts_ns) noexcept

cdef extern from "lumina/contract_value.hpp" namespace "lumina" nogil:
    ctypedef long long Int128 "lumina::Int128"  # wider than it says; Cython converts by its real size

    cdef cppclass ContractValue:
        ContractValue()
        ContractValue(cbool inverse, int64_t num, int64_t den) except +
        Int128 value(int64_t price2, int64_t qty_lots) noexcept
        Int128 position_value(int64_t price2, int64_t qty_lots) noexcept
        int64_t cost(int64_t price2, double lots) noexcept

    Int128 fee(int64_t rate_e9, Int128 value) noexcept

cdef extern from "lumina/backtest/accounting.hpp" namespace "lumina" nogil:
    cdef cppclass Account:
        cppclass FillEffect:
            int64_t cash_units
            int64_t fee_units
            int64_t impact_units
            int64_t spread_capture_units
            int64_t position_lots
        cppclass Totals:
            int64_t cash_units
            int64_t spread_capture_units
            int64_t inventory_units
            int64_t fees_units
            int64_t impact_units
            int64_t funding_units
            int64_t pnl_units
        Account()
        Account(ContractValue)
        FillEffect on_fill(Side side, int32_t price_ticks, int64_t qty_lots, int64_t mid2, int64_t fee_rate_e9,
                           int64_t impact_units) noexcept
        void mark(int64_t mid2) noexcept
        void funding(int64_t rate_e9, int64_t mid2) noexcept
        int64_t position_lots() noexcept
        Totals totals() noexcept
        int64_t liquidation(int64_t price2) noexcept
        cbool overflow() noexcept
