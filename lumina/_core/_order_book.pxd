# Arguments and answers that OrderBook and MatchingEngine have alike.
from lumina._core.book cimport Side
from lumina._core.order_book cimport QueueBook, int32_t, uint64_t

cdef tuple SIDES
cdef Side as_side(side) except *
cdef uint64_t as_id(name, value) except? 0
cdef int32_t as_int32(name, value) except? 0
cdef touch(QueueBook& book, Side side)
cdef depth_of(QueueBook& book, Py_ssize_t n)
cdef queue_ahead_of(QueueBook& book, order_id)
cdef orders_of(QueueBook& book, price_ticks, side)
