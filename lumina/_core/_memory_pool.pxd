# The Python class, so that a module of one's own can take and release records without the GIL.
from lumina._core.memory_pool cimport RecordPool, uint64_t


cdef class MemoryPool:
    cdef RecordPool* pool
    cdef object dtype_

    cdef uint64_t live(self, handle) except 0
