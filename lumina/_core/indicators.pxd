# Indicators over series of float or double, lumina/indicators.hpp.
cdef extern from "lumina/platform/cpu.hpp" namespace "lumina" nogil:
    cdef enum class SimdLevel(unsigned char):
        scalar
        avx2
        avx512
    SimdLevel simd_level() except +

cdef extern from "lumina/indicators.hpp" namespace "lumina::indicators" nogil:
    cdef cppclass Indicators[T]:
        Indicators(SimdLevel)
        @staticmethod
        size_t rolling_scratch(size_t, size_t)
        void ema(const T *, size_t, double, T *)
        void rolling_mean(const T *, size_t, size_t, double *, T *)
        void rolling_min(const T *, size_t, size_t, double *, T *)
        void rolling_max(const T *, size_t, size_t, double *, T *)
        void rolling_std(const T *, size_t, size_t, size_t, double *, T *)
        void rolling_zscore(const T *, size_t, size_t, size_t, double *, T *)
        double vwap(const T *, const T *, size_t)
        void cumulative_vwap(const T *, const T *, size_t, T *)
        double realised_variance(const T *, size_t)
        void imbalance(const T *, const T *, size_t, T *)
        void imbalance_levels "imbalance"(const T *, const T *, size_t, size_t, size_t, const double *, T *)
        void weighted_mid(const T *, const T *, const T *, const T *, size_t, T *)
        void weighted_mid_levels "weighted_mid"(
            const T *, const T *, const T *, const T *, size_t, size_t, size_t, T *)
        void ofi(const T *, const T *, const T *, const T *, size_t, T *)
