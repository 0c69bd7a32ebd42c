"""Types in and out of lumina/market/, and the loop that records it."""
import numpy as np

from libc.stdint cimport uint64_t
from libc.string cimport memcpy
from libcpp.memory cimport unique_ptr

from lumina._core.arguments cimport unsigned64, whole32, whole64, whole_within
from lumina._core.exclusive cimport check_idle, claim
from lumina._core.market cimport EmbeddedMarket, MarketOwner, MarketParameters
from lumina._core.types cimport Event

from lumina._core import _types


cdef dict _parameters(const MarketParameters &p):
    return {
        "session_s": p.session_s,
        "activity_sd": (p.activity_sd[0], p.activity_sd[1]),
        "activity_tau_s": (p.activity_tau_s[0], p.activity_tau_s[1]),
        "open_activity": p.open_activity,
        "close_activity": p.close_activity,
        "edge_tau_s": p.edge_tau_s,
        "limit_rate": tuple([p.limit_rate[i] for i in range(8)]),
        "inside_factor": p.inside_factor,
        "limit_skew": p.limit_skew,
        "cancel_rate": tuple([p.cancel_rate[i] for i in range(8)]),
        "cancel_skew": p.cancel_skew,
        "max_skew": p.max_skew,
        "market_rate": p.market_rate,
        "spread_damping": p.spread_damping,
        "excitation": (p.excitation[0], p.excitation[1]),
        "excitation_decay": (p.excitation_decay[0], p.excitation_decay[1]),
        "metaorder_share": p.metaorder_share,
        "metaorder_tail": p.metaorder_tail,
        "sign_skew": p.sign_skew,
        "size_scale": p.size_scale,
        "size_tail": p.size_tail,
        "cut_share": p.cut_share,
        "max_lots": p.max_lots,
        "value_volatility": p.value_volatility,
        "value_impact": p.value_impact,
        "value_exponent": p.value_exponent,
        "value_lots": p.value_lots,
        "value_memory": p.value_memory,
        "memory_weight": (p.memory_weight[0], p.memory_weight[1]),
        "memory_decay": (p.memory_decay[0], p.memory_decay[1]),
        "start_price": p.start_price,
        "start_levels": p.start_levels,
        "start_lots": p.start_lots,
        "start_step": p.start_step,
        "fresh_lots": p.fresh_lots,
        "fresh_distance": p.fresh_distance,
    }


def default_parameters():
    """Name to value of what makes the market; several values are a tuple."""
    cdef MarketParameters p
    return _parameters(p)


cdef class MarketSpec:
    """An embedded market to be: its seed and parameters, checked by `lumina.market`."""

    def __cinit__(self, seed, start_ns, length_ns, feed_latency_ns, dict parameters):
        cdef MarketParameters *p = &self.source.parameters
        cdef int i
        self.source.seed = unsigned64("seed", seed)
        p.start_ns = whole64("start_ns", start_ns)
        p.length_ns = whole64("length_ns", length_ns)
        p.feed_latency_ns = whole64("feed_latency_ns", feed_latency_ns)
        p.session_s = parameters["session_s"]
        p.open_activity = parameters["open_activity"]
        p.close_activity = parameters["close_activity"]
        p.edge_tau_s = parameters["edge_tau_s"]
        p.inside_factor = parameters["inside_factor"]
        p.limit_skew = parameters["limit_skew"]
        p.cancel_skew = parameters["cancel_skew"]
        p.max_skew = parameters["max_skew"]
        p.market_rate = parameters["market_rate"]
        p.spread_damping = parameters["spread_damping"]
        p.metaorder_share = parameters["metaorder_share"]
        p.metaorder_tail = parameters["metaorder_tail"]
        p.sign_skew = parameters["sign_skew"]
        p.size_scale = parameters["size_scale"]
        p.size_tail = parameters["size_tail"]
        p.cut_share = parameters["cut_share"]
        p.max_lots = whole32("max_lots", parameters["max_lots"])
        p.value_volatility = parameters["value_volatility"]
        p.value_impact = parameters["value_impact"]
        p.value_exponent = parameters["value_exponent"]
        p.value_lots = parameters["value_lots"]
        p.value_memory = parameters["value_memory"]
        p.start_price = whole32("start_price", parameters["start_price"])
        p.start_levels = whole32("start_levels", parameters["start_levels"])
        p.start_lots = whole32("start_lots", parameters["start_lots"])
        p.start_step = whole32("start_step", parameters["start_step"])
        p.fresh_lots = whole32("fresh_lots", parameters["fresh_lots"])
        p.fresh_distance = whole32("fresh_distance", parameters["fresh_distance"])
        for i in range(2):
            p.activity_sd[i] = parameters["activity_sd"][i]
            p.activity_tau_s[i] = parameters["activity_tau_s"][i]
            p.excitation[i] = parameters["excitation"][i]
            p.excitation_decay[i] = parameters["excitation_decay"][i]
            p.memory_weight[i] = parameters["memory_weight"][i]
            p.memory_decay[i] = parameters["memory_decay"][i]
        for i in range(8):
            p.limit_rate[i] = parameters["limit_rate"][i]
            p.cancel_rate[i] = parameters["cancel_rate"][i]

    @property
    def parameters(self):
        """What the core was given; see `default_parameters`."""
        return _parameters(self.source.parameters)


cdef class Recording:
    """An embedded market that runs by itself and keeps what the public sees."""
    cdef unique_ptr[EmbeddedMarket] market
    cdef bint busy

    def __cinit__(self, MarketSpec spec):
        self.market.reset(new EmbeddedMarket(spec.source.parameters, spec.source.seed))

    def run(self, events):
        """Let so many events happen; True once the end is reached."""
        cdef MarketOwner nobody
        cdef EmbeddedMarket *market = self.market.get()
        cdef Py_ssize_t _i
        cdef Py_ssize_t count = whole_within("events", events, 0, 2**62)
        claim(&self.busy, self)
        try:
            with nogil:
                for _i in range(count):
                    if market.ended():
                        break
                    market.step(nobody)
        finally:
            self.busy = False
        return market.ended()

    @property
    def elapsed_ns(self):
        """Of the session so far."""
        check_idle(self.busy, self)
        cdef EmbeddedMarket *market = self.market.get()
        return (market.last_ts_ns() if market.ended() else market.next_ts_ns()) - market.first_ts_ns()

    def take(self):
        """Rows and order ids made since the last call: arrays of lumina.EVENT and of uint64."""
        check_idle(self.busy, self)
        cdef EmbeddedMarket *market = self.market.get()
        cdef size_t count = market.rows().size()
        rows, ids = np.empty(count, _types.EVENT), np.empty(count, np.uint64)
        cdef Event[::1] to_rows
        cdef uint64_t[::1] to_ids
        if count:
            to_rows, to_ids = rows, ids
            memcpy(&to_rows[0], market.rows().data(), count * sizeof(Event))
            memcpy(&to_ids[0], market.order_ids().data(), count * sizeof(uint64_t))
            market.forget_rows(count)
        return rows, ids
