// Eight doubles in two AVX2 registers. Meaning of each function: lanes_scalar.hpp.
#pragma once

#include <cstddef>
#include <limits>

#include "lumina/indicators/intrinsics.hpp"

#if LUMINA_X86_64

#define LUMINA_AVX2 [[gnu::always_inline, gnu::target("avx2,fma")]] inline

namespace lumina::detail::simd_avx2 {

struct Lanes {
  __m256d low, high;

  LUMINA_AVX2 static Lanes load(const double* from) noexcept {
    return {_mm256_loadu_pd(from), _mm256_loadu_pd(from + 4)};
  }
  LUMINA_AVX2 static Lanes load(const float* from) noexcept {
    return {_mm256_cvtps_pd(_mm_loadu_ps(from)), _mm256_cvtps_pd(_mm_loadu_ps(from + 4))};
  }
  template <class T>
  LUMINA_AVX2 static Lanes load_halves(const T* from) noexcept {
    return load(from);
  }
  LUMINA_AVX2 static Lanes all(double value) noexcept { return {_mm256_set1_pd(value), _mm256_set1_pd(value)}; }
  LUMINA_AVX2 void store(double* to) const noexcept {
    _mm256_storeu_pd(to, low);
    _mm256_storeu_pd(to + 4, high);
  }
  LUMINA_AVX2 void store(float* to) const noexcept {
    _mm_storeu_ps(to, _mm256_cvtpd_ps(low));
    _mm_storeu_ps(to + 4, _mm256_cvtpd_ps(high));
  }

  LUMINA_AVX2 friend Lanes operator+(const Lanes& a, const Lanes& b) noexcept {
    return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
  }
  LUMINA_AVX2 friend Lanes operator-(const Lanes& a, const Lanes& b) noexcept {
    return {_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)};
  }
  LUMINA_AVX2 friend Lanes operator*(const Lanes& a, const Lanes& b) noexcept {
    return {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
  }
  LUMINA_AVX2 friend Lanes operator/(const Lanes& a, const Lanes& b) noexcept {
    return {_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)};
  }
  LUMINA_AVX2 static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) noexcept {
    return {_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
  }
  LUMINA_AVX2 Lanes sqrt() const noexcept { return {_mm256_sqrt_pd(low), _mm256_sqrt_pd(high)}; }

  template <std::size_t K>
  LUMINA_AVX2 static Lanes earlier(const Lanes& before, const Lanes& now) noexcept {
    if constexpr (K < 4)
      return {earlier4<K>(before.high, now.low), earlier4<K>(now.low, now.high)};
    else
      return {earlier4<K - 4>(before.low, before.high), earlier4<K - 4>(before.high, now.low)};
  }
  LUMINA_AVX2 Lanes last() const noexcept {
    const __m256d value = _mm256_permute4x64_pd(high, 0xFF);
    return {value, value};
  }
  LUMINA_AVX2 double front() const noexcept { return _mm256_cvtsd_f64(low); }
  LUMINA_AVX2 double back() const noexcept { return _mm256_cvtsd_f64(_mm256_permute4x64_pd(high, 0xFF)); }

  LUMINA_AVX2 static Lanes max(const Lanes& a, const Lanes& b) noexcept {
    return {or_nan(_mm256_max_pd(a.low, b.low), a.low), or_nan(_mm256_max_pd(a.high, b.high), a.high)};
  }
  LUMINA_AVX2 static Lanes min(const Lanes& a, const Lanes& b) noexcept {
    return {or_nan(_mm256_min_pd(a.low, b.low), a.low), or_nan(_mm256_min_pd(a.high, b.high), a.high)};
  }
  LUMINA_AVX2 Lanes where_at_least(const Lanes& a, const Lanes& b) const noexcept {
    return {_mm256_and_pd(low, _mm256_cmp_pd(a.low, b.low, _CMP_GE_OQ)),
            _mm256_and_pd(high, _mm256_cmp_pd(a.high, b.high, _CMP_GE_OQ))};
  }
  LUMINA_AVX2 Lanes unless_nan(const Lanes& a, const Lanes& b) const noexcept {
    // a mask of ones is a NaN itself
    return {_mm256_or_pd(low, _mm256_cmp_pd(a.low, b.low, _CMP_UNORD_Q)),
            _mm256_or_pd(high, _mm256_cmp_pd(a.high, b.high, _CMP_UNORD_Q))};
  }

 private:
  template <std::size_t K>
  LUMINA_AVX2 static __m256d earlier4(__m256d before, __m256d now) noexcept {
    if constexpr (K == 0) return now;
    const __m256d middle = _mm256_permute2f128_pd(before, now, 0x21);  // two of each
    if constexpr (K == 1) return _mm256_shuffle_pd(middle, now, 0b0101);
    if constexpr (K == 3) return _mm256_shuffle_pd(before, middle, 0b0101);
    return middle;
  }
  // The instruction gives its second operand where one is NaN: a NaN of the first is put back.
  LUMINA_AVX2 static __m256d or_nan(__m256d value, __m256d a) noexcept {
    return _mm256_blendv_pd(value, a, _mm256_cmp_pd(a, a, _CMP_UNORD_Q));
  }
};

}  // namespace lumina::detail::simd_avx2

#undef LUMINA_AVX2
#endif
