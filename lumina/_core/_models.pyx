"""The engine's models one by one, for research and tests; the engine itself uses the headers."""
import numpy as np

cimport cython
from libcpp.memory cimport unique_ptr
from lumina._core cimport models
from lumina._core.arguments cimport unsigned64, whole32, whole64, whole_within
from lumina._core.models cimport int64_t, uint64_t
from lumina._core.types cimport kNoMid

QUEUE_MODELS = {
    "risk_averse": models.QueueModelKind.risk_averse,
    "power": models.QueueModelKind.power,
    "power2": models.QueueModelKind.power2,
    "power3": models.QueueModelKind.power3,
    "log": models.QueueModelKind.log,
    "log2": models.QueueModelKind.log2,
}


cdef class QueueModel:
    cdef models.QueueModel model_

    def __init__(self, str model="power3", double n=3.0, *, double unit=1.0, bint exact_back=False):
        if model not in QUEUE_MODELS:
            raise ValueError(f"model {model!r} is not one of {', '.join(QUEUE_MODELS)}")
        self.model_ = models.QueueModel(<models.QueueModelKind><int>QUEUE_MODELS[model], n, unit, exact_back)

    def after_depth(self, double front, double prev, double new, double cum=0.0):
        return self.model_.after_depth(front, prev, new, cum)

    def after_trade(self, double front, double qty, double displayed):
        return self.model_.after_trade(front, qty, displayed)


cdef class LatencySampler:
    cdef models.LatencyModel model_

    @staticmethod
    def from_constant(ns):
        cdef LatencySampler sampler = LatencySampler()
        sampler.model_ = models.LatencyModel.constant_ns(whole64("ns", ns))
        return sampler

    @staticmethod
    def from_lognormal(median_ns, double sigma, min_ns=0, *, seed=0, stream=0):
        cdef LatencySampler sampler = LatencySampler()
        sampler.model_ = models.LatencyModel.lognormal(
            whole64("median_ns", median_ns), sigma, whole64("min_ns", min_ns), unsigned64("seed", seed),
            unsigned64("stream", stream))
        return sampler

    @staticmethod
    def from_histogram(ns, counts, *, seed=0, stream=0):
        cdef const int64_t[::1] values = np.array([whole64("ns", value) for value in ns], np.int64)
        cdef const uint64_t[::1] weights = np.array([unsigned64("counts", value) for value in counts], np.uint64)
        cdef LatencySampler sampler = LatencySampler()
        sampler.model_ = models.LatencyModel.empirical(
            models.const_int64_span(&values[0] if values.shape[0] else NULL, <size_t>values.shape[0]),
            models.const_uint64_span(&weights[0] if weights.shape[0] else NULL, <size_t>weights.shape[0]),
            unsigned64("seed", seed), unsigned64("stream", stream))
        return sampler

    @property
    def constant(self):
        return self.model_.constant()

    def sample(self, n):
        cdef Py_ssize_t count = whole_within("n", n, 0, 2**40)
        out = np.empty(count, np.int64)
        cdef int64_t[::1] view = out
        cdef Py_ssize_t i
        with cython.boundscheck(False), cython.wraparound(False):  # under the GIL: a model is one stream of draws
            for i in range(count):
                view[i] = self.model_.sample()
        return out


cdef class TransientImpact:
    cdef unique_ptr[models.TransientImpact] model_

    def __init__(self, double y, double sigma_daily, double volume_daily, weights, taus_s, step_ns=100_000_000):
        cdef const double[::1] w = np.ascontiguousarray(weights, np.float64)
        cdef const double[::1] t = np.ascontiguousarray(taus_s, np.float64)
        self.model_.reset(new models.TransientImpact(
            y, sigma_daily, volume_daily,
            models.const_double_span(&w[0] if w.shape[0] else NULL, <size_t>w.shape[0]),
            models.const_double_span(&t[0] if t.shape[0] else NULL, <size_t>t.shape[0]),
            whole64("step_ns", step_ns)))

    def decay_to(self, ts_ns):
        self.model_.get().decay_to(whole64("ts_ns", ts_ns))

    def push(self, double signed_qty):
        return self.model_.get().push(signed_qty)

    @property
    def relative(self):
        return self.model_.get().relative()

    @property
    def active(self):
        return self.model_.get().active()

    def next_grid(self, ts_ns):
        return self.model_.get().next_grid(whole64("ts_ns", ts_ns))


cdef class ContractValue:
    cdef models.ContractValue contract_

    def __init__(self, num, den=1, *, bint inverse=False):
        self.contract_ = models.ContractValue(inverse, whole64("num", num), whole64("den", den))

    def value(self, price2, qty_lots):
        return self.contract_.value(whole64("price2", price2), whole64("qty_lots", qty_lots))

    def position_value(self, price2, qty_lots):
        return self.contract_.position_value(whole64("price2", price2), whole64("qty_lots", qty_lots))

    def cost(self, price2, double lots):
        return self.contract_.cost(whole64("price2", price2), lots)


def fee(rate_e9, value):
    return models.fee(whole64("rate_e9", rate_e9), whole64("value", value))


cdef int64_t _mid2(value) except? -1:
    return kNoMid if value is None else whole64("mid2", value)


cdef class Account:
    cdef models.Account account_

    def __init__(self, ContractValue contract not None):
        self.account_ = models.Account(contract.contract_)

    def on_fill(self, side, price_ticks, qty_lots, mid2, fee_rate_e9=0, impact_units=0):
        cdef models.Account.FillEffect e = self.account_.on_fill(
            <models.Side><int>whole_within("side", side, 0, 1), whole32("price_ticks", price_ticks),
            whole64("qty_lots", qty_lots), _mid2(mid2), whole64("fee_rate_e9", fee_rate_e9),
            whole64("impact_units", impact_units))
        return {"cash_units": e.cash_units, "fee_units": e.fee_units, "impact_units": e.impact_units,
                "spread_capture_units": e.spread_capture_units, "position_lots": e.position_lots}

    def mark(self, mid2):
        self.account_.mark(_mid2(mid2))

    def funding(self, rate_e9, mid2):
        self.account_.funding(whole64("rate_e9", rate_e9), _mid2(mid2))

    def totals(self):
        cdef models.Account.Totals t = self.account_.totals()
        return {"cash_units": t.cash_units, "spread_capture_units": t.spread_capture_units,
                "inventory_units": t.inventory_units, "fees_units": t.fees_units, "impact_units": t.impact_units,
                "funding_units": t.funding_units, "pnl_units": t.pnl_units}

    def liquidation(self, price2):
        return self.account_.liquidation(whole64("price2", price2))

    @property
    def position_lots(self):
        return self.account_.position_lots()

    @property
    def overflow(self):
        return self.account_.overflow()
