from lumina._core cimport histogram

cdef class Histogram:
    cdef histogram.Histogram histogram_
