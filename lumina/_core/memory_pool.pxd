# The pools, lumina/memory_pool.hpp and lumina/record_pool.hpp: of a C++ type, and of records whose size is known at
# run time (the Python class).
from libc.stdint cimport uint32_t, uint64_t
from libcpp cimport bool as cpp_bool

cdef extern from "lumina/memory_pool.hpp" namespace "lumina" nogil:
    # T is a struct with the fields uint32_t next and generation, which are lent to the pool; index 0 is never given.
    cdef cppclass MemoryPool[T]:
        cppclass Tag:
            uint32_t index
            uint32_t generation
        MemoryPool() except +
        MemoryPool(size_t) except +
        uint32_t allocate() except +
        void release(uint32_t)
        T& operator[](uint32_t)
        cpp_bool alive(uint32_t)
        Tag tag(uint32_t)
        T* find(Tag)
        size_t size()
        size_t capacity()
        void reserve(size_t) except +

cdef extern from "lumina/record_pool.hpp" namespace "lumina" nogil:
    cdef cppclass RecordPool:
        RecordPool(size_t, size_t) except +
        uint64_t acquire()
        cpp_bool release(uint64_t)
        cpp_bool alive(uint64_t)
        void* find(uint64_t)
        @staticmethod
        size_t row(uint64_t)
        char* data()
        size_t record_size()
        size_t capacity()
        size_t size()

cdef extern from "lumina/platform/memory.hpp" namespace "lumina" nogil:
    size_t bytes_on_huge_pages(const void *, size_t) except +
