# The Python class, whose book and snapshots a module of one's own can reach; arguments and answers that it and
# MatchingEngine have alike.
from lumina._core cimport order_book
from lumina._core.book cimport Side
from lumina._core.order_book cimport OrderResult, QueueBook, int32_t, uint64_t
from lumina._core.snapshot cimport BookSnapshots, BookTop, SnapshotPublisher

cdef tuple SIDES
cdef Side as_side(side) except *
cdef uint64_t as_id(name, value) except? 0
cdef int32_t as_int32(name, value) except? 0
cdef touch(QueueBook& book, Side side)
cdef depth_of(QueueBook& book, n)
cdef queue_ahead_of(QueueBook& book, order_id)
cdef orders_of(QueueBook& book, price_ticks, side)


cdef class OrderBook:
    cdef order_book.OrderBook* book
    cdef BookSnapshots* snapshots  # NULL where none are kept; any thread may read them
    cdef SnapshotPublisher* publisher
    cdef BookTop* seen
    cdef bint each_change
    cdef bint applying

    cdef order_book.OrderBook* idle(self) except NULL
    cdef told(self, OrderResult result)
