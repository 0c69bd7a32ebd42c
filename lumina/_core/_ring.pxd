# The Python classes, so that a module of one's own can reach the ring of an argument: its `ring.view()` is the memory
# that SpscRing[T] of ring.pxd attaches to.
from lumina._core cimport ring as cpp
from lumina._core.ring cimport ByteSpan, RingMemory, RingOptions, RingStatus, SharedMemory, int64_t, uint32_t


# Moving items by the pointers of arrays; subclasses say to and from which ring.
cdef class _Port:
    cdef object dtype_
    cdef object _raw
    cdef tuple _whole  # names of the fields that hold whole numbers
    cdef bint one_producer, one_consumer  # whose end is one thread's at a time
    cdef bint pushing, popping

    cdef size_t try_push_items(self, const char* items, size_t n) noexcept nogil
    cdef RingStatus wait_to_push(self, int64_t ns) noexcept nogil
    cdef size_t try_pop_items(self, char* items, size_t n) noexcept nogil
    cdef RingStatus wait_to_pop(self, int64_t ns) noexcept nogil
    cdef int _set_dtype(self, dtype) except -1
    cdef bint _wait(self, bint pushes, int64_t* left) except -1
    cdef size_t _push(self, array, timeout) except? 0
    cdef size_t _pop(self, array, timeout) except? 0
    cdef _pop_one(self, timeout)
    cdef _pop_many(self, n, timeout, out)


# What the three rings have alike.
cdef class _Ring(_Port):
    cdef str name_

    cdef int make(self, size_t capacity, size_t item_size, RingOptions& options) except -1
    cdef int open(self, SharedMemory& memory) except -1
    cdef const RingMemory* memory(self) noexcept nogil
    cdef bint is_closed(self) noexcept nogil
    cdef void do_close(self) noexcept nogil


# A ring whose items anybody may take.
cdef class _Queue(_Ring):
    pass


cdef class SpscRing(_Queue):
    cdef cpp.SpscBytes* ring


cdef class MpmcRing(_Queue):
    cdef cpp.MpmcBytes* ring


cdef class Disruptor(_Ring):
    cdef cpp.DisruptorBytes* ring


cdef class DisruptorConsumer(_Port):
    cdef Disruptor disruptor
    cdef uint32_t id
    cdef bint joined

    cdef ByteSpan _seen(self, size_t n) except *
