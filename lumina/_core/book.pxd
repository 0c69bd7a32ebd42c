# The L2 book, lumina/book/depth_book.hpp.
from libc.stdint cimport int32_t, int64_t, uint16_t
from lumina._core.types cimport Event

cdef extern from "lumina/types.hpp" namespace "lumina" nogil:
    cdef enum class Side(unsigned char):
        buy
        sell
        none
    const uint16_t kExch
    const uint16_t kLocal

cdef extern from "lumina/book/depth_book.hpp" namespace "lumina" nogil:
    cdef cppclass DepthBook:
        cppclass Level:
            int32_t qty_lots
            int32_t printed_lots
        DepthBook() except +
        DepthBook(int32_t lo, int32_t hi) except +
        int32_t change(Side, int32_t, int32_t) except +
        void apply(const Event *, size_t, uint16_t) except +
        int32_t qty(Side, int32_t)
        int32_t best(Side)
        int32_t worst(Side)
        int32_t behind(Side, int32_t)
        int64_t mid2()
        @staticmethod
        bint is_price(int32_t)
