cimport cython
import numpy as np

from libc.stdint cimport INT64_MAX
from lumina._core cimport book
from lumina._core.arguments cimport whole32, whole_within
from lumina._core.exclusive cimport check_idle, claim
from lumina._core.types cimport Event

_VIEWS = {"local": book.kLocal, "exchange": book.kExch, "both": book.kLocal | book.kExch}


cdef class DepthBook:
    cdef book.DepthBook book_
    cdef bint busy

    def __init__(self, lo_ticks=None, hi_ticks=None):
        if (lo_ticks is None) != (hi_ticks is None):
            raise ValueError("lo_ticks and hi_ticks go together")
        if lo_ticks is not None:
            if lo_ticks > hi_ticks:
                raise ValueError(f"lo_ticks {lo_ticks} is above hi_ticks {hi_ticks}")
            self.book_ = book.DepthBook(whole32("lo_ticks", lo_ticks), whole32("hi_ticks", hi_ticks))

    @cython.boundscheck(False)  # an empty tape is asked for
    def apply(self, const Event[::1] events, *, str view="local"):
        if view not in _VIEWS:
            raise ValueError(f"view {view!r} is not one of {', '.join(_VIEWS)}")
        cdef book.uint16_t flags = _VIEWS[view]
        claim(&self.busy, self)
        try:
            if events.shape[0]:
                with nogil:
                    self.book_.apply(&events[0], <size_t>events.shape[0], flags)
        finally:
            self.busy = False

    cdef _touch(self, book.Side side):
        check_idle(self.busy, self)
        cdef book.int32_t price = self.book_.best(side)
        return (price, self.book_.qty(side, price)) if book.DepthBook.is_price(price) else None

    @property
    def best_bid(self):
        return self._touch(book.Side.buy)

    @property
    def best_ask(self):
        return self._touch(book.Side.sell)

    def level(self, price_ticks):
        cdef book.int32_t price = whole32("price_ticks", price_ticks)
        check_idle(self.busy, self)
        return self.book_.qty(book.Side.buy, price), self.book_.qty(book.Side.sell, price)

    cdef _levels(self, book.Side side, Py_ssize_t n):
        check_idle(self.busy, self)
        rows = []
        cdef book.int32_t price = self.book_.best(side)
        while len(rows) < n and book.DepthBook.is_price(price):
            rows.append((price, self.book_.qty(side, price)))
            price = self.book_.behind(side, price)
        return np.array(rows, np.int64).reshape(-1, 2)

    def depth(self, n):
        cdef Py_ssize_t count = whole_within("n", n, 1, INT64_MAX)
        return self._levels(book.Side.buy, count), self._levels(book.Side.sell, count)
