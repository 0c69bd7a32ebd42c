"""A plain Python object as a strategy: the ABI's callback, its event and its context as Python objects.

The GIL is held for the whole run, so a callback costs a call and no locking. One event object is reused: copy what
is to be kept.
"""
from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport INT64_MAX, INT64_MIN, UINT32_MAX, int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memset
from libcpp.vector cimport vector

from collections import namedtuple

from lumina._core cimport abi
from lumina._core.arguments cimport unsigned64, whole32, whole64, whole_within

Level = namedtuple("Level", "price_ticks qty_lots")
OwnOrder = namedtuple("OwnOrder", "order_id tag price_ticks qty_lots filled_lots instrument side type state pending")

_HANDLERS = {
    "on_start": (abi.LUMINA_EV_START, 0),
    "on_level": (abi.LUMINA_EV_LEVEL, abi.LUMINA_WAKE_LEVEL),
    "on_trade": (abi.LUMINA_EV_TRADE, abi.LUMINA_WAKE_TRADE),
    "on_book": (abi.LUMINA_EV_BOOK, abi.LUMINA_WAKE_BOOK),
    "on_bbo": (abi.LUMINA_EV_BBO, abi.LUMINA_WAKE_BBO),
    "on_status": (abi.LUMINA_EV_STATUS, abi.LUMINA_WAKE_MARKER),
    "on_funding": (abi.LUMINA_EV_FUNDING, abi.LUMINA_WAKE_MARKER),
    "on_gap": (abi.LUMINA_EV_GAP, abi.LUMINA_WAKE_MARKER),
    "on_timer": (abi.LUMINA_EV_TIMER, 0),
    "on_ack": (abi.LUMINA_EV_ACK, abi.LUMINA_WAKE_REPORT),
    "on_reject": (abi.LUMINA_EV_REJECT, abi.LUMINA_WAKE_REPORT),
    "on_fill": (abi.LUMINA_EV_FILL, abi.LUMINA_WAKE_REPORT),
    "on_cancelled": (abi.LUMINA_EV_CANCELLED, abi.LUMINA_WAKE_REPORT),
    "on_replaced": (abi.LUMINA_EV_REPLACED, abi.LUMINA_WAKE_REPORT),
    "on_cancel_reject": (abi.LUMINA_EV_CANCEL_REJECT, abi.LUMINA_WAKE_REPORT),
    "on_replace_reject": (abi.LUMINA_EV_REPLACE_REJECT, abi.LUMINA_WAKE_REPORT),
    "on_stop": (abi.LUMINA_EV_STOP, 0),
}
_GROUPS = {
    "on_marker": ("on_status", "on_funding", "on_gap"),
    "on_report": ("on_ack", "on_reject", "on_fill", "on_cancelled", "on_replaced", "on_cancel_reject",
                  "on_replace_reject"),
}
HANDLERS = ("on_event", *_GROUPS, *_HANDLERS)
cdef enum:
    KINDS = 17
cdef tuple _TYPES = ("LIMIT", "POST_ONLY", "IOC", "MARKET")  # by lumina_order_type


cdef class RunEvent:
    cdef abi.lumina_event event

    @property
    def ts_ns(self):
        return self.event.ts_ns

    @property
    def exch_ts_ns(self):
        return self.event.exch_ts_ns

    @property
    def order_id(self):
        return self.event.order_id

    @property
    def tag(self):
        return self.event.tag

    @property
    def value(self):
        return self.event.value

    @property
    def price_ticks(self):
        return self.event.price_ticks

    @property
    def qty_lots(self):
        return self.event.qty_lots

    @property
    def level_lots(self):
        return self.event.level_lots

    @property
    def leaves_lots(self):
        return self.event.leaves_lots

    @property
    def instrument(self):
        return self.event.instrument

    @property
    def kind(self):
        return self.event.kind

    @property
    def side(self):
        return self.event.side

    @property
    def reason(self):
        return self.event.reason

    @property
    def flags(self):
        return self.event.flags

    @property
    def is_maker(self):
        return bool(self.event.flags & abi.LUMINA_EVF_MAKER)

    def __repr__(self):
        return (f"<event {self.kind} at {self.ts_ns}: instrument {self.instrument}, side {self.side}, "
                f"{self.qty_lots} @ {self.price_ticks}>")


cdef uint8_t _side(side) except? 255:
    return <uint8_t>whole_within("side", side, abi.LUMINA_BUY, abi.LUMINA_SELL)


cdef uint8_t _order_type(type) except? 255:
    cdef int64_t number = whole_within("type", type, INT64_MIN, INT64_MAX)
    if not 0 <= number < <int64_t>len(_TYPES):
        raise ValueError(f"type {type!r}: strategies can send {', '.join(f'{n} ({i})' for i, n in enumerate(_TYPES))}")
    return <uint8_t>number


cdef class Context:
    cdef abi.lumina_ctx *ctx

    cdef abi.lumina_ctx *live(self) except NULL:
        if self.ctx == NULL:
            raise RuntimeError("the context is valid only while a callback runs")
        return self.ctx

    @property
    def now_ns(self):
        return self.live().now_ns

    @property
    def instrument_count(self):
        return self.live().instrument_count

    cdef uint32_t there(self, instrument) except? 0xffffffff:
        cdef int64_t index = whole_within("instrument", instrument, INT64_MIN, INT64_MAX)
        if not 0 <= index < self.live().instrument_count:
            raise IndexError(f"instrument {index}: the run has {self.ctx.instrument_count}, numbered from 0")
        return <uint32_t>index

    def best(self, instrument, side):
        cdef abi.lumina_level level = self.live().best(self.ctx, self.there(instrument), _side(side))
        return Level(level.price_ticks, level.qty_lots)

    def level(self, instrument, side, price_ticks):
        return self.live().level(self.ctx, self.there(instrument), _side(side), whole32("price_ticks", price_ticks))

    def depth(self, instrument, side, n):
        cdef int32_t most = <int32_t>whole_within("n", n, 1, 1_000_000)
        cdef vector[abi.lumina_level] levels
        levels.resize(<size_t>most)
        cdef int32_t count = self.live().depth(self.ctx, self.there(instrument), _side(side), levels.data(), most)
        return [Level(levels[<size_t>i].price_ticks, levels[<size_t>i].qty_lots) for i in range(count)]

    def position(self, instrument=0):
        return self.live().position(self.ctx, self.there(instrument))

    def orders(self, instrument=0, side=abi.LUMINA_NONE):
        cdef vector[abi.lumina_order] found
        cdef uint32_t index = self.there(instrument)
        cdef uint8_t which = <uint8_t>whole_within("side", side, abi.LUMINA_BUY, abi.LUMINA_NONE)
        cdef int32_t count = self.live().orders(self.ctx, index, which, NULL, 0)
        found.resize(<size_t>count)
        self.ctx.orders(self.ctx, index, which, found.data(), count)
        rows = []
        cdef abi.lumina_order *o
        cdef size_t i
        for i in range(<size_t>count):
            o = &found[i]
            rows.append(OwnOrder(o.order_id, o.tag, o.price_ticks, o.qty_lots, o.filled_lots, o.instrument, o.side,
                                 o.type, o.state, o.pending))
        return rows

    def submit(self, *, side, price_ticks=0, qty_lots, type=abi.LUMINA_LIMIT, instrument=0, tag=0):
        cdef abi.lumina_order_request request
        memset(&request, 0, sizeof(request))
        request.tag = unsigned64("tag", tag)
        request.instrument = self.there(instrument)
        request.price_ticks = whole32("price_ticks", price_ticks)
        request.qty_lots = whole32("qty_lots", qty_lots)
        request.side = _side(side)
        request.type = _order_type(type)
        return self.live().submit(self.ctx, &request)

    def cancel(self, order_id):
        self.live().cancel(self.ctx, unsigned64("order_id", order_id))

    def replace(self, order_id, price_ticks, qty_lots):
        self.live().replace(self.ctx, unsigned64("order_id", order_id), whole32("price_ticks", price_ticks),
                            whole32("qty_lots", qty_lots))

    def set_timer(self, ts_ns, id=1):
        self.live().set_timer(self.ctx, whole64("ts_ns", ts_ns), whole64("id", id))

    def stop(self):
        self.live().stop(self.ctx, 0, NULL)

    def instrument(self, instrument=0):
        cdef const abi.lumina_instrument *info = self.live().instrument(self.ctx, self.there(instrument))
        return {"symbol": (<const char *>info.symbol).decode("utf-8", "replace"), "tick_size": info.tick_size,
                "lot_size": info.lot_size, "multiplier": info.multiplier, "inverse": bool(info.inverse),
                "maker_fee_e9": info.maker_fee_e9, "taker_fee_e9": info.taker_fee_e9}


cdef void _on_event(abi.lumina_ctx *ctx, const abi.lumina_event *event) noexcept:
    cdef PythonStrategy self = <PythonStrategy>ctx.user
    handler = self.handlers[event.kind]
    if handler is None or self.failure is not None:
        return
    self.event.event = event[0]
    self.context.ctx = ctx
    try:
        handler(self.context, self.event)
    except BaseException as error:
        # kept for the caller, who raises it once the engine has come to rest
        self.failure = error
        ctx.stop(ctx, 0, NULL)
    finally:
        self.context.ctx = NULL


cdef class PythonStrategy:
    cdef abi.lumina_strategy strategy
    cdef list handlers
    cdef RunEvent event
    cdef Context context
    cdef readonly object failure
    cdef object target

    def __cinit__(self, target):
        self.target = target
        self.event = RunEvent()
        self.context = Context()
        self.strategy.abi_version = abi.LUMINA_ABI_VERSION
        self.strategy.on_event = <abi.lumina_on_event><void *>_on_event
        self.strategy.user = <void *>self
        self.strategy.interval_ns = whole_within("interval_ns", getattr(target, "interval_ns", 0) or 0, 0, INT64_MAX)
        catch_all = getattr(target, "on_event", None)
        self.handlers = [catch_all] * KINDS
        cdef uint32_t mask = 0
        if catch_all is not None:
            mask = <uint32_t>whole_within("wake_mask", getattr(target, "wake_mask", 63), 0, UINT32_MAX)
        for group, members in _GROUPS.items():
            if getattr(target, group, None) is not None:
                for name in members:
                    self.handlers[_HANDLERS[name][0]] = getattr(target, group)
                    mask |= _HANDLERS[name][1]
        for name, (kind, wake) in _HANDLERS.items():
            if getattr(target, name, None) is not None:
                self.handlers[kind] = getattr(target, name)
                mask |= wake
        if all(handler is None for handler in self.handlers):
            raise TypeError(f"{target!r} is no strategy: it has neither a capsule nor any of "
                            f"on_event, {', '.join([*_GROUPS, *_HANDLERS])}")
        self.strategy.wake_mask = mask

    @property
    def capsule(self):
        return PyCapsule_New(&self.strategy, abi.LUMINA_STRATEGY_CAPSULE, NULL)
