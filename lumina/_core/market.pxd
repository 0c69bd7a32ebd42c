# The embedded market, lumina/market/*.hpp.
from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool
from libcpp.vector cimport vector

from lumina._core.types cimport Event

cdef extern from "lumina/market/parameters.hpp" namespace "lumina" nogil:
    cdef cppclass MarketParameters:
        MarketParameters()
        int64_t start_ns
        int64_t length_ns
        double session_s
        int64_t feed_latency_ns
        double activity_sd[2]
        double activity_tau_s[2]
        double open_activity
        double close_activity
        double edge_tau_s
        double limit_rate[8]
        double inside_factor
        double limit_skew
        double cancel_rate[8]
        double cancel_skew
        double max_skew
        double market_rate
        double spread_damping
        double excitation[2]
        double excitation_decay[2]
        double metaorder_share
        double metaorder_tail
        double sign_skew
        double size_scale
        double size_tail
        double cut_share
        int32_t max_lots
        double value_volatility
        double value_impact
        double value_exponent
        double value_lots
        double value_memory
        double memory_weight[2]
        double memory_decay[2]
        int32_t start_price
        int32_t start_levels
        int32_t start_lots
        int32_t start_step
        int32_t fresh_lots
        int32_t fresh_distance

cdef extern from "lumina/backtest/simulated_engine.hpp" namespace "lumina" nogil:
    cdef cppclass MarketSource:
        MarketSource()
        MarketParameters parameters
        uint64_t seed

cdef extern from "lumina/market/embedded_market.hpp" namespace "lumina" nogil:
    cdef cppclass MarketOwner:
        MarketOwner()
    cdef cppclass EmbeddedMarket:
        EmbeddedMarket(const MarketParameters &, uint64_t) except +
        int64_t first_ts_ns()
        int64_t last_ts_ns()
        int64_t next_ts_ns()
        bool ended()
        void step(MarketOwner &) except +
        const vector[Event] &rows()
        const vector[uint64_t] &order_ids()
        void forget_rows(size_t)
        uint64_t rows_made()
