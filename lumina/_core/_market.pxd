from lumina._core.market cimport MarketSource


cdef class MarketSpec:
    cdef MarketSource source
