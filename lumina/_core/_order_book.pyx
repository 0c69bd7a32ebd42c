cimport cython
from operator import index as _index

import numpy as np

from libcpp.vector cimport vector

from lumina._core cimport order_book
from lumina._core.book cimport Side
from lumina._core.order_book cimport (
    OrderMessage, OrderResult, QueueBook, int32_t, int64_t, uint8_t, uint32_t, uint64_t)

ORDER_MESSAGE = np.dtype([("order_id", "<u8"), ("new_id", "<u8"), ("price_ticks", "<i4"), ("qty_lots", "<i4"),
                          ("kind", "u1"), ("side", "u1"), ("book", "<u2"), ("reserved", "<u4")])
assert ORDER_MESSAGE.itemsize == sizeof(OrderMessage)

cdef tuple SIDES = ("buy", "sell")
cdef dict _RESULTS = {
    <int>OrderResult.ok: "ok",
    <int>OrderResult.unknown_id: "unknown_id",
    <int>OrderResult.duplicate_id: "duplicate_id",
    <int>OrderResult.overfill: "overfill",
    <int>OrderResult.bad_price: "bad_price",
    <int>OrderResult.bad_quantity: "bad_quantity",
    <int>OrderResult.bad_message: "bad_message",
}


cdef Side as_side(side) except *:
    if side in (0, "buy"):
        return Side.buy
    if side in (1, "sell"):
        return Side.sell
    raise ValueError(f"side {side!r} is neither 'buy' (0) nor 'sell' (1)")


cdef uint64_t as_id(name, value) except? 0:
    try:
        return _index(value)
    except OverflowError:
        raise ValueError(f"{name} {value} is not in 0 .. 2^64 - 1") from None


cdef int32_t as_int32(name, value) except? 0:
    try:
        return _index(value)
    except OverflowError:
        raise ValueError(f"{name} {value} does not fit 32 bits") from None


# What OrderBook and MatchingEngine answer alike.

cdef touch(QueueBook& book, Side side):
    cdef int32_t price = book.best(side)
    return (price, book.qty(side, price)) if QueueBook.is_price(price) else None


cdef levels(QueueBook& book, Side side, Py_ssize_t n):
    rows = []
    cdef int32_t price = book.best(side)
    while len(rows) < n and QueueBook.is_price(price):
        rows.append((price, book.qty(side, price), book.count(side, price)))
        price = book.behind(side, price)
    return np.array(rows, np.int64).reshape(-1, 3)


cdef depth_of(QueueBook& book, Py_ssize_t n):
    if n < 1:
        raise ValueError(f"n {n} is below 1")
    return levels(book, Side.buy, n), levels(book, Side.sell, n)


cdef queue_ahead_of(QueueBook& book, order_id):
    cdef int64_t ahead = book.queue_ahead(as_id("order_id", order_id))
    return ahead if ahead >= 0 else None


cdef queue_of(QueueBook& book, Side side, int32_t price, vector[uint64_t]& ids, vector[int64_t]& lots):
    cdef uint32_t handle = book.first(side, price)
    while handle != order_book.kNoOrder:
        ids.push_back(book.order(handle).id)
        lots.push_back(book.order(handle).qty_lots)
        handle = book.next(handle)


cdef orders_of(QueueBook& book, price_ticks, side):
    cdef int32_t price = as_int32("price_ticks", price_ticks)
    cdef vector[uint64_t] ids
    cdef vector[int64_t] lots
    if side is not None:
        queue_of(book, as_side(side), price, ids, lots)
    else:
        queue_of(book, Side.buy, price, ids, lots)
        queue_of(book, Side.sell, price, ids, lots)
    return np.array(ids, np.uint64), np.array(lots, np.int64)


cdef class OrderBook:
    cdef order_book.OrderBook* book

    REPLACE = order_book.kReplaceOrder

    def __cinit__(self, Py_ssize_t orders=0):
        if not 0 <= orders < 2**32 - 1:
            raise ValueError(f"orders {orders} is not in 0 .. 2^32 - 2")
        self.book = new order_book.OrderBook(<size_t>orders)

    def __dealloc__(self):
        del self.book

    @cython.boundscheck(False)  # an empty batch is asked for
    def apply(self, const OrderMessage[::1] events):
        before = self.counts
        if events.shape[0]:
            with nogil:
                self.book.on_batch(&events[0], <size_t>events.shape[0])
        return {name: count - before[name] for name, count in self.counts.items()}

    def add(self, order_id, side, price_ticks, qty_lots):
        cdef OrderResult result = self.book.add(
            as_id("order_id", order_id), as_side(side), as_int32("price_ticks", price_ticks),
            as_int32("qty_lots", qty_lots))
        return _RESULTS[<int>result]

    def reduce(self, order_id, qty_lots):
        return _RESULTS[<int>self.book.reduce(as_id("order_id", order_id), as_int32("qty_lots", qty_lots))]

    def execute(self, order_id, qty_lots):
        return _RESULTS[<int>self.book.execute(as_id("order_id", order_id), as_int32("qty_lots", qty_lots))]

    def cancel(self, order_id):
        return _RESULTS[<int>self.book.cancel(as_id("order_id", order_id))]

    def replace(self, order_id, new_id, price_ticks, qty_lots):
        cdef OrderResult result = self.book.replace(
            as_id("order_id", order_id), as_id("new_id", new_id), as_int32("price_ticks", price_ticks),
            as_int32("qty_lots", qty_lots))
        return _RESULTS[<int>result]

    def clear(self):
        self.book.clear()

    @property
    def best_bid(self):
        return touch(self.book[0], Side.buy)

    @property
    def best_ask(self):
        return touch(self.book[0], Side.sell)

    def depth(self, Py_ssize_t n):
        return depth_of(self.book[0], n)

    def queue_ahead(self, order_id):
        return queue_ahead_of(self.book[0], order_id)

    def orders(self, price_ticks, side=None):
        return orders_of(self.book[0], price_ticks, side)

    def order(self, order_id):
        cdef uint32_t handle = self.book.find(as_id("order_id", order_id))
        if handle == order_book.kNoOrder:
            return None
        cdef const order_book.Order* order = &self.book.order(handle)
        return SIDES[<uint8_t>order.side()], order.price_ticks, order.qty_lots

    @property
    def counts(self):
        cdef const order_book.OrderCounts* counts = &self.book.counts()
        return {
            "unknown_ids": counts.unknown_ids,
            "duplicate_ids": counts.duplicate_ids,
            "overfills": counts.overfills,
            "bad_prices": counts.bad_prices,
            "bad_quantities": counts.bad_quantities,
            "bad_messages": counts.bad_messages,
        }

    def __len__(self):
        return self.book.size()

    def __contains__(self, order_id):
        return self.book.find(as_id("order_id", order_id)) != order_book.kNoOrder
