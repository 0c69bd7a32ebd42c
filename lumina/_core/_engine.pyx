"""Types in and out of lumina/backtest/, and the loop around the engine."""
import numpy as np

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_IsValid
from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset, strncpy
from libcpp.memory cimport unique_ptr
from libcpp.vector cimport vector

from lumina._core cimport abi
from lumina._core._market cimport MarketSpec
from lumina._core._risk cimport risk_limits
from lumina._core.abi cimport lumina_level
from lumina._core.book cimport Side
from lumina._core.exclusive cimport check_idle, claim
from lumina._core.engine cimport (
    EngineOptions, EngineRun, InstrumentSetup, RecordedEngine, SimulatedEngine, TapeView)
from lumina._core.market cimport MarketSource
from lumina._core.models cimport (
    Account, ContractValue, LatencyModel, QueueModel, QueueModelKind, TransientImpact, const_double_span,
    const_int64_span, const_uint64_span)
from lumina._core.types cimport Event, OrderRecord, SelfTrade

from lumina._core import _types


cdef LatencyModel _latency(dict spec, uint64_t seed, uint64_t stream) except *:
    cdef const int64_t[::1] ns
    cdef const uint64_t[::1] counts
    if spec["model"] == "constant":
        return LatencyModel.constant_ns(spec["ns"])
    if spec["model"] == "lognormal":
        return LatencyModel.lognormal(spec["median_ns"], spec["sigma"], spec["min_ns"], seed, stream)
    ns = np.ascontiguousarray(spec["ns"], np.int64)
    counts = np.ascontiguousarray(spec["counts"], np.uint64)
    return LatencyModel.empirical(const_int64_span(&ns[0], <size_t>ns.shape[0]),
                                  const_uint64_span(&counts[0], <size_t>counts.shape[0]), seed, stream)


cdef object _rows(const void *data, size_t count, object dtype):
    out = np.empty(count, dtype)
    cdef unsigned char[::1] raw
    if count:
        raw = out.view(np.uint8).reshape(-1)
        memcpy(&raw[0], data, <size_t>raw.shape[0])
    return out


cdef object _touch(lumina_level level):
    return (level.price_ticks, level.qty_lots) if level.qty_lots else None


ctypedef fused Source:
    TapeView
    MarketSource


cdef void _terms(InstrumentSetup[Source] *spec, uint32_t index, dict setup, dict options) except *:
    # everything about an instrument but where its market comes from
    cdef const double[::1] weights, taus
    cdef unique_ptr[TransientImpact] impact_model
    memset(&spec.info, 0, sizeof(spec.info))
    spec.info.tick_size = setup["tick_size"]
    spec.info.lot_size = setup["lot_size"]
    spec.info.multiplier = setup["multiplier"]
    spec.info.inverse = setup["inverse"]
    spec.info.maker_fee_e9 = setup["maker_fee_e9"]
    spec.info.taker_fee_e9 = setup["taker_fee_e9"]
    symbol = setup["symbol"].encode()[:31]
    strncpy(spec.info.symbol, symbol, 31)
    spec.contract = ContractValue(setup["inverse"], setup["unit_num"], setup["unit_den"])
    spec.queue = QueueModel(<QueueModelKind><int>setup["queue"], setup["queue_n"], setup["queue_unit"],
                            setup["exact_back"])
    spec.ledger.instrument = index
    spec.ledger.lot_size = setup["lot_size"]
    spec.ledger.maker_fee_e9 = setup["maker_fee_e9"]
    spec.ledger.taker_fee_e9 = setup["taker_fee_e9"]
    spec.ledger.equity_interval_ns = options["equity_interval_ns"]
    for horizon in options["markouts_ns"]:
        spec.ledger.markouts_ns.push_back(horizon)
    if options["impact"] is not None:
        impact = options["impact"]
        weights = np.ascontiguousarray(impact["weights"], np.float64)
        taus = np.ascontiguousarray(impact["taus_s"], np.float64)
        impact_model.reset(new TransientImpact(
            impact["y"], impact["sigma_daily"], impact["volume_daily"],
            const_double_span(&weights[0], <size_t>weights.shape[0]),
            const_double_span(&taus[0], <size_t>taus.shape[0]), impact["step_ns"]))
        spec.ledger.impact.emplace(impact_model.get()[0])
    spec.risk = risk_limits(setup["risk"])


cdef class Run:
    cdef unique_ptr[EngineRun] engine
    cdef list keep
    cdef bint with_gil, busy
    cdef int count
    cdef Py_ssize_t horizons

    def __cinit__(self, list setups, dict options, capsule, bint with_gil):
        cdef EngineOptions opts
        cdef const abi.lumina_strategy *strategy = NULL
        cdef uint64_t seed = options["seed"]
        self.keep = [capsule]
        self.with_gil = with_gil
        self.count = len(setups)
        self.horizons = len(options["markouts_ns"])
        latency = options["latency"]
        # a stream of its own for every model, so that changing one leaves the others' draws alone
        opts.feed = _latency(latency["feed"], seed, 0)
        opts.tick_to_trade.submit = _latency(latency["tick_to_trade"]["new"], seed, 1)
        opts.tick_to_trade.cancel = _latency(latency["tick_to_trade"]["cancel"], seed, 2)
        opts.tick_to_trade.replace = _latency(latency["tick_to_trade"]["replace"], seed, 3)
        opts.entry.submit = _latency(latency["entry"]["new"], seed, 4)
        opts.entry.cancel = _latency(latency["entry"]["cancel"], seed, 5)
        opts.entry.replace = _latency(latency["entry"]["replace"], seed, 6)
        opts.response.submit = _latency(latency["response"]["new"], seed, 7)
        opts.response.cancel = _latency(latency["response"]["cancel"], seed, 8)
        opts.response.replace = _latency(latency["response"]["replace"], seed, 9)
        opts.response.fill = _latency(latency["response"]["fill"], seed, 10)
        opts.self_trade = <SelfTrade><int>options["self_trade"]
        if capsule is not None:
            strategy = _strategy(capsule)
        if "market" in setups[0]:
            self._simulate(setups, options, opts, strategy)
        else:
            self._replay(setups, options, opts, strategy)

    cdef object _replay(self, list setups, dict options, const EngineOptions &opts,
                        const abi.lumina_strategy *strategy):
        cdef vector[InstrumentSetup[TapeView]] specs
        cdef InstrumentSetup[TapeView] spec
        cdef const Event[::1] events
        cdef const uint64_t[::1] ids
        for i, setup in enumerate(setups):
            spec = InstrumentSetup[TapeView]()
            _terms(&spec, i, setup, options)
            events = setup["events"]
            self.keep.append(events)
            spec.source.rows = &events[0]
            spec.source.count = <size_t>events.shape[0]
            spec.source.lo_ticks = setup["lo_ticks"]
            spec.source.hi_ticks = setup["hi_ticks"]
            spec.source.depth_limit = setup["depth_limit"]
            spec.source.by_order = setup["by_order"]
            if setup["order_ids"] is not None:
                ids = setup["order_ids"]
                self.keep.append(ids)
                spec.source.order_ids = &ids[0]
            specs.push_back(spec)
        self.engine.reset(new RecordedEngine(specs, opts, strategy))

    cdef object _simulate(self, list setups, dict options, const EngineOptions &opts,
                          const abi.lumina_strategy *strategy):
        cdef vector[InstrumentSetup[MarketSource]] specs
        cdef InstrumentSetup[MarketSource] spec
        for i, setup in enumerate(setups):
            spec = InstrumentSetup[MarketSource]()
            _terms(&spec, i, setup, options)
            spec.source = (<MarketSpec?>setup["market"]).source
            specs.push_back(spec)
        self.engine.reset(new SimulatedEngine(specs, opts, strategy))

    def run(self, int64_t slice_ns):
        """Go on for about `slice_ns` of wall time; True at the end of the run."""
        cdef bint done
        claim(&self.busy, self)
        try:
            if self.with_gil:
                return self.engine.get().run(slice_ns)
            with nogil:
                done = self.engine.get().run(slice_ns)
            return done
        finally:
            self.busy = False

    def interrupt(self):
        self.engine.get().interrupt()

    @property
    def rows_done(self):
        return self.engine.get().rows_done()

    @property
    def reached_ts_ns(self):
        """Exchange time reached, ns."""
        return self.engine.get().reached_ts_ns()

    @property
    def error(self):
        """(code, message) that the strategy stopped the run with, or None."""
        code = self.engine.get().error()
        return (code, self.engine.get().error_message().decode("utf-8", "replace")) if code else None

    @property
    def overflow(self):
        return self.engine.get().overflow()

    def results(self):
        """Arrays of the run, in the dtypes of `lumina._core._types`."""
        check_idle(self.busy, self)
        cdef EngineRun *engine = self.engine.get()
        cdef size_t i
        cdef OrderRecord[::1] records
        fills = _rows(engine.log().fills.data(), engine.log().fills.size(), _types.FILL)
        orders = np.empty(engine.orders().all().size(), _types.ORDER)
        if len(orders):
            records = orders
            for i in range(engine.orders().all().size()):
                records[i] = engine.orders().all()[i].record
        equity = []
        final = []
        for i in range(<size_t>self.count):
            equity.append(_rows(engine.ledger(i).equity().data(), engine.ledger(i).equity().size(), _types.EQUITY))
            final.append(self._final(i, equity[i][-1]))
        return {
            "fills": fills,
            "orders": orders,
            "order_events": _rows(engine.log().order_events.data(), engine.log().order_events.size(),
                                  _types.ORDER_EVENT),
            "markout_mid2": _rows(engine.log().markout_mid2.data(), engine.log().markout_mid2.size(),
                                  np.dtype(np.int64)).reshape(len(fills), self.horizons),
            "equity": np.concatenate(equity),
            "final": final,
        }

    cdef dict _final(self, size_t i, last):
        cdef EngineRun *engine = self.engine.get()
        cdef Account account
        position = int(last["position_lots"])
        bid = _touch(engine.exchange_touch(i, Side.buy))
        ask = _touch(engine.exchange_touch(i, Side.sell))
        touch = bid if position > 0 else ask
        liquidation = None
        if position == 0:
            liquidation = 0
        elif touch is not None:
            account = engine.ledger(i).account()
            # at what we would meet (A2)
            liquidation = account.liquidation(2 * (<int64_t>touch[0] + <int64_t>last["shift_ticks"]))
        return {
            "position_lots": position,
            "mid2_ticks": None if last["mid2_ticks"] == _types.NO_MID else int(last["mid2_ticks"]),
            "liquidation_units": liquidation,
            "shift_ticks": int(last["shift_ticks"]),
            "open_orders_cancelled": engine.orders_at_end(i),
            "exchange_touch": (bid, ask),
            "local_touch": (_touch(engine.local_touch(i, Side.buy)), _touch(engine.local_touch(i, Side.sell))),
        }


def strategy_address(capsule):
    """Where the strategy of a capsule stands: what tells one from another."""
    return <uintptr_t>_strategy(capsule)


cdef const abi.lumina_strategy *_strategy(capsule) except NULL:
    if not PyCapsule_IsValid(capsule, abi.LUMINA_STRATEGY_CAPSULE):
        raise TypeError(
            f"strategy {capsule!r} is not a capsule named {abi.LUMINA_STRATEGY_CAPSULE.decode()!r}")
    cdef const abi.lumina_strategy *strategy = <const abi.lumina_strategy *>PyCapsule_GetPointer(
        capsule, abi.LUMINA_STRATEGY_CAPSULE)
    if strategy.abi_version != abi.LUMINA_ABI_VERSION:
        raise TypeError(f"strategy was built for ABI version {strategy.abi_version}, this is {abi.LUMINA_ABI_VERSION}")
    if strategy.on_event == NULL:
        raise TypeError("strategy has no on_event callback")
    return strategy
