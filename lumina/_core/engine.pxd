# The backtest engine, lumina/backtest/engine.hpp.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool
from libcpp.vector cimport vector

from lumina._core.abi cimport lumina_instrument, lumina_level, lumina_strategy
from lumina._core.book cimport Side
from lumina._core.market cimport MarketSource
from lumina._core.models cimport (
    Account, ContractValue, LatencyModel, QueueModel, QueueModelKind, TransientImpact)
from lumina._core.risk cimport RiskLimits
from lumina._core.types cimport EquitySample, Event, Fill, OrderEvent, OrderRecord, SelfTrade

cdef extern from "<optional>" namespace "std" nogil:
    cdef cppclass optional[T]:
        optional()
        T &emplace(const T &)

cdef extern from "lumina/backtest/ledger.hpp" namespace "lumina" nogil:
    cdef cppclass LedgerOptions:
        LedgerOptions()
        uint32_t instrument
        double lot_size
        int64_t maker_fee_e9
        int64_t taker_fee_e9
        int64_t equity_interval_ns
        vector[int64_t] markouts_ns
        optional[TransientImpact] impact
    cdef cppclass Ledger:
        vector[EquitySample] &equity()
        Account account()
        int32_t shift_ticks()

cdef extern from "lumina/backtest/orders.hpp" namespace "lumina" nogil:
    cdef cppclass OwnOrder:
        OrderRecord record
    cdef cppclass OrderStore:
        vector[OwnOrder] &all()
    cdef cppclass RunLog:
        vector[OrderEvent] order_events
        vector[Fill] fills
        vector[int64_t] markout_mid2

cdef extern from "lumina/backtest/responses.hpp" namespace "lumina" nogil:
    cdef cppclass ResponseLatency:
        LatencyModel submit
        LatencyModel cancel
        LatencyModel replace
        LatencyModel fill

cdef extern from "lumina/backtest/engine_run.hpp" namespace "lumina" nogil:
    cdef cppclass RequestLatency:
        LatencyModel submit
        LatencyModel cancel
        LatencyModel replace
    cdef cppclass EngineOptions:
        EngineOptions()
        LatencyModel feed
        RequestLatency tick_to_trade
        RequestLatency entry
        ResponseLatency response
        SelfTrade self_trade
    cdef cppclass InstrumentSetup[Source]:
        InstrumentSetup()
        Source source
        lumina_instrument info
        ContractValue contract
        QueueModel queue
        LedgerOptions ledger
        RiskLimits risk
    cdef cppclass EngineRun:
        bool run(int64_t) except +
        void interrupt() except +
        int32_t error()
        const char *error_message()
        bool overflow()
        size_t rows_done()
        int64_t reached_ts_ns()
        RunLog &log()
        OrderStore &orders()
        Ledger &ledger(size_t)
        uint32_t orders_at_end(size_t)
        lumina_level exchange_touch(size_t, Side)
        lumina_level local_touch(size_t, Side)

cdef extern from "lumina/backtest/recorded_engine.hpp" namespace "lumina" nogil:
    cdef cppclass TapeView:
        const Event *rows
        size_t count
        int32_t lo_ticks
        int32_t hi_ticks
        int32_t depth_limit
        bool by_order
        const uint64_t *order_ids
    cdef cppclass RecordedEngine(EngineRun):
        RecordedEngine(const vector[InstrumentSetup[TapeView]] &, const EngineOptions &,
                       const lumina_strategy *) except +

cdef extern from "lumina/backtest/simulated_engine.hpp" namespace "lumina" nogil:
    cdef cppclass SimulatedEngine(EngineRun):
        SimulatedEngine(const vector[InstrumentSetup[MarketSource]] &, const EngineOptions &,
                        const lumina_strategy *) except +
