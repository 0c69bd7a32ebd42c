# What other threads may know of a book, lumina/book/snapshot.hpp, and the words below it.
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from lumina._core.book cimport Side
from lumina._core.order_book cimport OrderSink, QueueBook

cdef extern from "lumina/book/snapshot.hpp" namespace "lumina" nogil:
    cdef struct BookTouch:
        uint64_t sequence
        int64_t ts_ns
        int32_t bid_ticks
        int32_t ask_ticks
        int64_t bid_lots
        int64_t ask_lots
        uint32_t bid_orders
        uint32_t ask_orders
    cdef cppclass BookLevel:
        int32_t price_ticks
        uint32_t orders
        int64_t qty_lots
    cdef cppclass BookTop:
        BookTop(size_t) except +
        size_t room()
        uint64_t sequence()
        int64_t ts_ns()
        size_t levels(Side)
        BookLevel level(Side, size_t)
        BookTouch touch()
    # Any thread may call these.
    cdef cppclass BookSnapshots:
        BookSnapshots(size_t) except +
        size_t levels()
        BookTouch touch()
        void load(BookTop&)
        bint try_load(BookTop&)

cdef extern from "lumina/book/snapshot_publisher.hpp" namespace "lumina" nogil:
    cdef cppclass SnapshotPublisher(OrderSink):
        SnapshotPublisher(const QueueBook&, BookSnapshots&) except +
        void at(int64_t)
        void publish()
        void renew(uint64_t)

cdef extern from "lumina/seqlock.hpp" namespace "lumina" nogil:
    cdef cppclass RotatingSlots:
        RotatingSlots(size_t) except +
        size_t words()
        void store(const uint64_t *)
        bint try_load(uint64_t *)
        void load(uint64_t *)
