"""The touch after each event of a tape, and what was traded in it."""
cimport cython
import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t
from lumina._core.arguments cimport whole32
from lumina._core.book cimport DepthBook, Side, kExch
from lumina._core.types cimport Event

from lumina.data.kinds import Flag, Kind, Phase

cdef packed struct Touch:
    int64_t ts_ns
    int32_t bid_ticks
    int32_t ask_ticks
    int32_t bid_lots
    int32_t ask_lots
    int32_t traded_lots
    int32_t trade_ticks
    int8_t sign
    uint8_t quoted
    uint8_t acted
    uint8_t[5] reserved

TOUCH = np.dtype([("ts_ns", "<i8"), ("bid_ticks", "<i4"), ("ask_ticks", "<i4"), ("bid_lots", "<i4"),
                  ("ask_lots", "<i4"), ("traded_lots", "<i4"), ("trade_ticks", "<i4"), ("sign", "i1"),
                  ("quoted", "u1"), ("acted", "u1"), ("reserved", "u1", (5,))])

cdef uint8_t _last_book_kind = Kind.EXECUTE, _execute = Kind.EXECUTE, _trade = Kind.TRADE, _status = Kind.STATUS
cdef int _end = Flag.END, _off_book = Flag.OFFBOOK
cdef int32_t _continuous = Phase.CONTINUOUS


@cython.boundscheck(False)
@cython.wraparound(False)
def touch_history(const Event[::1] events, lo_ticks, hi_ticks):
    cdef Py_ssize_t i, n = 0, rows = events.shape[0]
    for i in range(rows):
        n += (events[i].flags & kExch) != 0 and (events[i].flags & _end) != 0
    out = np.zeros(n, TOUCH)
    cdef Touch[::1] touches = out
    cdef DepthBook* book = new DepthBook(whole32("lo_ticks", lo_ticks), whole32("hi_ticks", hi_ticks))
    try:
        _replay(events, touches, book)
    finally:
        del book
    return out


@cython.boundscheck(False)
@cython.wraparound(False)
cdef int _replay(const Event[::1] events, Touch[::1] touches, DepthBook* book) except -1:
    cdef Py_ssize_t i, n = 0
    cdef const Event* row
    cdef Touch now
    cdef int32_t phase = _continuous, lots
    now.traded_lots = now.trade_ticks = now.sign = now.acted = 0
    for i in range(events.shape[0]):
        row = &events[i]
        if not row.flags & kExch:
            continue
        if row.kind <= _last_book_kind:
            book.apply(row, 1, kExch)
            now.acted = 1
        elif row.kind == _status:
            phase = row.qty_lots
        if row.kind == _execute or (row.kind == _trade and not row.flags & _off_book):
            now.acted = 1
            lots = -row.qty_lots if row.kind == _execute else row.qty_lots
            if now.traded_lots == 0:  # the first execution tells price and side
                now.trade_ticks = row.price_ticks
                now.sign = 0 if row.side > 1 else 1 if (row.side == 0) == (row.kind == _trade) else -1
            now.traded_lots += lots
        if row.flags & _end:
            now.ts_ns = row.exch_ts_ns
            now.bid_ticks, now.ask_ticks = book.best(Side.buy), book.best(Side.sell)
            now.quoted = (phase == _continuous and DepthBook.is_price(now.bid_ticks)
                          and DepthBook.is_price(now.ask_ticks) and now.bid_ticks < now.ask_ticks)
            now.bid_lots, now.ask_lots = book.qty(Side.buy, now.bid_ticks), book.qty(Side.sell, now.ask_ticks)
            touches[n] = now
            n += 1
            now.traded_lots = now.trade_ticks = now.sign = now.acted = 0
    return 0
