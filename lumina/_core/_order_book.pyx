cimport cython
from collections import namedtuple

import numpy as np

from libc.stdint cimport INT64_MAX
from libcpp.vector cimport vector

from lumina._core cimport order_book
from lumina._core.arguments cimport unsigned64, whole32, whole64, whole_within
from lumina._core.book cimport Side
from lumina._core.order_book cimport (
    OrderMessage, OrderResult, QueueBook, int32_t, int64_t, uint8_t, uint32_t, uint64_t)
from lumina._core.snapshot cimport BookLevel, BookSnapshots, BookTop, BookTouch, SnapshotPublisher

ORDER_MESSAGE = np.dtype([("order_id", "<u8"), ("new_id", "<u8"), ("price_ticks", "<i4"), ("qty_lots", "<i4"),
                          ("kind", "u1"), ("side", "u1"), ("book", "<u2"), ("reserved", "<u4")])
assert ORDER_MESSAGE.itemsize == sizeof(OrderMessage)

BookSnapshot = namedtuple("BookSnapshot", ["bids", "asks", "sequence", "ts_ns"])

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
    return unsigned64(name, value)


cdef int32_t as_int32(name, value) except? 0:
    return whole32(name, value)


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


cdef depth_of(QueueBook& book, n):
    cdef Py_ssize_t count = whole_within("n", n, 1, INT64_MAX)
    return levels(book, Side.buy, count), levels(book, Side.sell, count)


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


cdef level_array(BookTop& top, Side side, size_t n):
    n = min(n, top.levels(side))
    array = np.empty((n, 3), np.int64)
    cdef int64_t[:, ::1] rows = array
    cdef size_t i
    cdef BookLevel level
    for i in range(n):
        level = top.level(side, i)
        rows[i, 0] = level.price_ticks
        rows[i, 1] = level.qty_lots
        rows[i, 2] = level.orders
    return array


cdef touch_array(int32_t price, int64_t lots, uint32_t orders):
    if not QueueBook.is_price(price):
        return np.empty((0, 3), np.int64)
    array = np.empty((1, 3), np.int64)
    cdef int64_t[:, ::1] rows = array
    rows[0, 0] = price
    rows[0, 1] = lots
    rows[0, 2] = orders
    return array


cdef class OrderBook:
    REPLACE = order_book.kReplaceOrder

    def __cinit__(self, orders=0, *, snapshots=0, publish="change"):
        cdef size_t room = whole_within("orders", orders, 0, 2**32 - 2)
        cdef size_t levels = whole_within("snapshots", snapshots, 0, 4096)
        if publish not in ("change", "batch"):
            raise ValueError(f"publish {publish!r} is neither 'change' nor 'batch'")
        self.book = new order_book.OrderBook(room)
        self.each_change = publish == "change"
        if levels:
            self.seen = new BookTop(levels)
            self.snapshots = new BookSnapshots(levels)
            self.publisher = new SnapshotPublisher(self.book[0], self.snapshots[0])

    def __dealloc__(self):
        del self.publisher
        del self.snapshots
        del self.seen
        del self.book

    # The book, while no thread applies messages to it without the GIL.
    cdef order_book.OrderBook* idle(self) except NULL:
        if self.applying:
            raise RuntimeError("another thread applies messages to the book: only snapshot() may be called meanwhile")
        return self.book

    cdef told(self, OrderResult result):
        if self.publisher != NULL:
            self.publisher.renew(1)
        return _RESULTS[<int>result]

    @cython.boundscheck(False)  # an empty batch is asked for
    def apply(self, const OrderMessage[::1] events, *, ts_ns=0):
        cdef int64_t now_ns = whole64("ts_ns", ts_ns)
        cdef size_t n = <size_t>events.shape[0]
        before = self.counts
        if self.publisher != NULL:
            self.publisher.at(now_ns)
        self.applying = True
        try:
            if n:
                with nogil:
                    if self.publisher == NULL:
                        self.book.on_batch(&events[0], n)
                    elif self.each_change:
                        self.book.on_batch(&events[0], n, self.publisher[0])
                        self.publisher.publish()
                    else:
                        self.book.on_batch(&events[0], n)
                        self.publisher.renew(n)
        finally:
            self.applying = False
        return {name: count - before[name] for name, count in self.counts.items()}

    def snapshot(self, levels=None):
        if self.snapshots == NULL:
            raise ValueError("the book keeps no snapshots: OrderBook(snapshots=LEVELS)")
        cdef Py_ssize_t room = <Py_ssize_t>self.snapshots.levels()
        cdef Py_ssize_t n = room if levels is None else whole_within("levels", levels, 1, room)
        cdef BookTouch touch
        if n == 1:
            touch = self.snapshots.touch()
            return BookSnapshot(
                touch_array(touch.bid_ticks, touch.bid_lots, touch.bid_orders),
                touch_array(touch.ask_ticks, touch.ask_lots, touch.ask_orders), touch.sequence, touch.ts_ns)
        self.snapshots.load(self.seen[0])
        return BookSnapshot(
            level_array(self.seen[0], Side.buy, <size_t>n), level_array(self.seen[0], Side.sell, <size_t>n),
            self.seen.sequence(), self.seen.ts_ns())

    def add(self, order_id, side, price_ticks, qty_lots):
        cdef OrderResult result = self.idle().add(
            as_id("order_id", order_id), as_side(side), as_int32("price_ticks", price_ticks),
            as_int32("qty_lots", qty_lots))
        return self.told(result)

    def reduce(self, order_id, qty_lots):
        return self.told(self.idle().reduce(as_id("order_id", order_id), as_int32("qty_lots", qty_lots)))

    def execute(self, order_id, qty_lots):
        return self.told(self.idle().execute(as_id("order_id", order_id), as_int32("qty_lots", qty_lots)))

    def cancel(self, order_id):
        return self.told(self.idle().cancel(as_id("order_id", order_id)))

    def replace(self, order_id, new_id, price_ticks, qty_lots):
        cdef OrderResult result = self.idle().replace(
            as_id("order_id", order_id), as_id("new_id", new_id), as_int32("price_ticks", price_ticks),
            as_int32("qty_lots", qty_lots))
        return self.told(result)

    def clear(self):
        self.idle().clear()
        if self.publisher != NULL:
            self.publisher.renew(0)

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
        if handle == order_book.kNoOrder:
            return None
        cdef const order_book.Order* order = &self.idle().order(handle)
        return SIDES[<uint8_t>order.side()], order.price_ticks, order.qty_lots

    @property
    def counts(self):
        cdef const order_book.OrderCounts* counts = &self.idle().counts()
        return {
            "unknown_ids": counts.unknown_ids,
            "duplicate_ids": counts.duplicate_ids,
            "overfills": counts.overfills,
            "bad_prices": counts.bad_prices,
            "bad_quantities": counts.bad_quantities,
            "bad_messages": counts.bad_messages,
        }

    def __len__(self):
        return self.idle().size()

    def __contains__(self, order_id):
        return self.idle().find(as_id("order_id", order_id)) != order_book.kNoOrder
