cimport cython
import numpy as np

from libc.string cimport memcpy

from lumina._core cimport matching_engine
from lumina._core._order_book cimport SIDES, as_id, as_int32, as_side, depth_of, orders_of, queue_ahead_of, touch
from lumina._core.arguments cimport whole_within
from lumina._core.book cimport Side
from lumina._core.exclusive cimport check_idle, claim
from lumina._core.matching_engine cimport (
    MatchEvent, MatchKind, MatchLog, MatchMessage, OrderType, int32_t, uint8_t, uint16_t, uint32_t)
from lumina._core.order_book cimport Order, kNoOrder
from lumina._core.types cimport Phase, SelfTrade

MATCH_MESSAGE = np.dtype([("order_id", "<u8"), ("new_id", "<u8"), ("price_ticks", "<i4"), ("qty_lots", "<i4"),
                          ("kind", "u1"), ("side", "u1"), ("owner", "<u2"), ("type", "u1"),
                          ("reserved", "u1"), ("reserved2", "<u2")])
MATCH_EVENT = np.dtype([("maker_id", "<u8"), ("taker_id", "<u8"), ("price_ticks", "<i4"), ("qty_lots", "<i4"),
                        ("left_lots", "<i4"), ("message", "<u4"), ("owner", "<u2"), ("taker_owner", "<u2"),
                        ("kind", "u1"), ("reason", "u1"), ("side", "u1"), ("reserved", "u1")])
assert MATCH_MESSAGE.itemsize == sizeof(MatchMessage)
assert MATCH_EVENT.itemsize == sizeof(MatchEvent)

cdef dict _SELF_TRADES = {
    "cancel_newest": <int>SelfTrade.cancel_newest,
    "cancel_oldest": <int>SelfTrade.cancel_oldest,
    "cancel_both": <int>SelfTrade.cancel_both,
    "reject": <int>SelfTrade.reject,
}
cdef tuple _TYPES = ("limit", "post_only", "ioc", "market", "fok")  # by OrderType
cdef dict _PHASES = {"continuous": <int>Phase.continuous, "halt": <int>Phase.halt}


cdef uint8_t _type(type) except? 255:
    for number, name in enumerate(_TYPES):
        if type == number or type == name:
            return number
    raise ValueError(f"type {type!r} is none of {', '.join(_TYPES)}")


cdef uint16_t _owner(owner) except? 65535:
    return <uint16_t>whole_within("owner", owner, 0, 65535)


cdef class MatchingEngine:
    cdef matching_engine.MatchingEngine* engine
    cdef MatchLog log
    cdef bint busy

    def __cinit__(self, orders=0, self_trade="cancel_newest"):
        cdef size_t room = whole_within("orders", orders, 0, 2**32 - 2)
        if self_trade not in _SELF_TRADES:
            raise ValueError(f"self_trade {self_trade!r} is none of {', '.join(_SELF_TRADES)}")
        self.engine = new matching_engine.MatchingEngine(room, <SelfTrade><int>_SELF_TRADES[self_trade])

    def __dealloc__(self):
        del self.engine

    # The engine, while no thread is in it without the GIL.
    cdef matching_engine.MatchingEngine* idle(self) except NULL:
        check_idle(self.busy, self)
        return self.engine

    cdef _run(self, const MatchMessage* messages, size_t count):
        claim(&self.busy, self)
        try:
            with nogil:
                self.log.clear()
                self.engine.on_batch(messages, count, self.log)
        finally:
            self.busy = False
        events = np.empty(self.log.events().size(), MATCH_EVENT)
        cdef char[::1] to
        if self.log.events().size():
            to = events.view("b")
            memcpy(&to[0], self.log.events().data(), self.log.events().size() * sizeof(MatchEvent))
        return events

    @cython.boundscheck(False)  # an empty batch is asked for
    def apply(self, const MatchMessage[::1] messages):
        if messages.shape[0] >= 1 << 32:
            raise ValueError(f"{messages.shape[0]} messages: a batch has less than 2^32")
        return self._run(&messages[0] if messages.shape[0] else NULL, <size_t>messages.shape[0])

    def submit(self, order_id, side, price_ticks, qty_lots, type="limit", owner=0):
        cdef MatchMessage message
        message.kind = <uint8_t>MatchKind.submit
        message.order_id = as_id("order_id", order_id)
        message.new_id = 0
        message.side = <uint8_t>as_side(side)
        message.type = _type(type)
        if price_ticks is None and message.type == <uint8_t>OrderType.market:
            price_ticks = 0
        message.price_ticks = as_int32("price_ticks", price_ticks)
        message.qty_lots = as_int32("qty_lots", qty_lots)
        message.owner = _owner(owner)
        return self._run(&message, 1)

    def cancel(self, order_id):
        cdef MatchMessage message
        message.kind = <uint8_t>MatchKind.cancel
        message.order_id = as_id("order_id", order_id)
        return self._run(&message, 1)

    def replace(self, order_id, new_id, price_ticks, qty_lots, type="limit"):
        cdef MatchMessage message
        message.kind = <uint8_t>MatchKind.replace
        message.order_id = as_id("order_id", order_id)
        message.new_id = as_id("new_id", new_id)
        message.price_ticks = as_int32("price_ticks", price_ticks)
        message.qty_lots = as_int32("qty_lots", qty_lots)
        message.type = _type(type)
        return self._run(&message, 1)

    def mass_cancel(self, owner, side=None):
        cdef MatchMessage message
        message.kind = <uint8_t>MatchKind.mass_cancel
        message.order_id = 0
        message.owner = _owner(owner)
        message.side = <uint8_t>(Side.none if side is None else as_side(side))
        return self._run(&message, 1)

    @property
    def phase(self):
        return "continuous" if self.idle().phase() == Phase.continuous else "halt"

    @phase.setter
    def phase(self, value):
        for name, number in _PHASES.items():
            if value == number or value == name:
                self.idle().set_phase(<Phase><int>number)
                return
        raise ValueError(f"phase {value!r} is neither 'continuous' (0) nor 'halt' (1)")

    @property
    def band(self):
        return (self.idle().band_low(), self.idle().band_high()) if self.idle().has_band() else None

    @band.setter
    def band(self, value):
        cdef int32_t low, high
        if value is None:
            self.idle().clear_band()
            return
        first, last = value
        low, high = as_int32("lowest price", first), as_int32("highest price", last)
        if low > high:
            raise ValueError(f"band ({low}, {high}): the lowest price is above the highest")
        self.idle().set_band(low, high)

    @property
    def best_bid(self):
        return touch(self.idle()[0], Side.buy)

    @property
    def best_ask(self):
        return touch(self.idle()[0], Side.sell)

    def depth(self, n):
        return depth_of(self.idle()[0], n)

    def queue_ahead(self, order_id):
        return queue_ahead_of(self.idle()[0], order_id)

    def orders(self, price_ticks, side=None):
        return orders_of(self.idle()[0], price_ticks, side)

    def order(self, order_id):
        cdef uint32_t handle = self.idle().find(as_id("order_id", order_id))
        if handle == kNoOrder:
            return None
        cdef const Order* order = &self.idle().order(handle)
        return SIDES[<uint8_t>order.side()], order.price_ticks, order.qty_lots, self.idle().owner(order[0])

    def __len__(self):
        return self.idle().size()

    def __contains__(self, order_id):
        return self.idle().find(as_id("order_id", order_id)) != kNoOrder
