# The histogram of latencies, lumina/histogram.hpp.
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

cdef extern from "lumina/histogram.hpp" namespace "lumina" nogil:
    ctypedef long long Int128 "lumina::Int128"  # wider than it says; Cython converts by its real size

    cdef cppclass EmpiricalCounts:
        vector[int64_t] ns
        vector[uint64_t] counts

    cdef cppclass Histogram:
        Histogram() except +
        Histogram(int precision_bits) except +
        cbool record(int64_t value) noexcept
        cbool record(int64_t value, uint64_t times) noexcept
        cbool record_corrected(int64_t value, int64_t expected_interval) noexcept
        void merge(const Histogram& other) except +
        void reset() noexcept
        int precision_bits() noexcept
        double relative_error() noexcept
        uint64_t count() noexcept
        uint64_t negatives() noexcept
        int64_t min() noexcept
        int64_t max() noexcept
        Int128 sum() noexcept
        double mean() noexcept
        int64_t value_at_rank(uint64_t rank) noexcept
        int64_t percentile(double percent) noexcept
        size_t buckets() noexcept
        uint64_t bucket_count(size_t i) noexcept
        size_t index(uint64_t value) noexcept
        int64_t lower(size_t i) noexcept
        int64_t upper(size_t i) noexcept
        EmpiricalCounts to_empirical() except +
        void restore(const vector[size_t]& at, const vector[uint64_t]& counts, int64_t min, int64_t max, Int128 sum,
                     uint64_t negatives) except +
