from operator import index as _index

import numpy as np

from cpython.buffer cimport PyBuffer_FillInfo

from lumina._core.arguments cimport whole_within
from lumina._core.memory_pool cimport RecordPool, bytes_on_huge_pages, uint64_t


cdef class MemoryPool:
    def __cinit__(self, dtype, capacity):
        dtype = np.dtype(dtype)
        if dtype.names is None:
            raise TypeError(f"dtype {dtype} has no fields: a pool holds records")
        if dtype.hasobject:
            raise TypeError(f"dtype {dtype} holds Python objects, which cannot stand in a pool")
        if not 1 <= dtype.itemsize <= 2**20:
            raise ValueError(f"dtype {dtype} has {dtype.itemsize} bytes, which is not in 1 .. 2^20")
        self.pool = new RecordPool(<size_t>whole_within("capacity", capacity, 1, 2**31), <size_t>dtype.itemsize)
        self.dtype_ = dtype

    def __dealloc__(self):
        del self.pool

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.pool.data(),
                          <Py_ssize_t>(self.pool.capacity() * self.pool.record_size()), 0, flags)

    cdef uint64_t live(self, handle) except 0:
        cdef uint64_t known
        try:
            known = _index(handle)
        except OverflowError:
            known = 0
        if not self.pool.alive(known):
            raise ValueError(f"handle {handle} names no record: it was released, or is of another pool")
        return known

    def acquire(self):
        cdef uint64_t handle = self.pool.acquire()
        if handle == 0:
            raise MemoryError(f"all {self.pool.capacity()} records of the pool are taken")
        return handle

    def release(self, handle):
        self.pool.release(self.live(handle))

    def view(self, handle):
        cdef size_t offset = RecordPool.row(self.live(handle)) * self.pool.record_size()
        return np.ndarray((1,), self.dtype_, self, offset)[0]

    def row(self, handle):
        return RecordPool.row(self.live(handle))

    @property
    def records(self):
        return np.ndarray((self.pool.capacity(),), self.dtype_, self)

    @property
    def dtype(self):
        return self.dtype_

    @property
    def capacity(self):
        return self.pool.capacity()

    @property
    def huge_page_bytes(self):
        return bytes_on_huge_pages(self.pool.data(), self.pool.capacity() * self.pool.record_size())

    def __len__(self):
        return self.pool.size()

    def __contains__(self, handle):
        try:
            return bool(self.pool.alive(<uint64_t>_index(handle)))
        except OverflowError:
            return False
