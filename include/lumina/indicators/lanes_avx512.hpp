// Eight doubles in one AVX-512 register. Meaning of each function: lanes_scalar.hpp.
#pragma once

#include <cstddef>
#include <limits>

#include "lumina/indicators/intrinsics.hpp"

#if LUMINA_X86_64

#define LUMINA_AVX512 [[gnu::always_inline, gnu::target("avx512f")]] inline

namespace lumina::detail::simd_avx512 {

struct Lanes {
  __m512d at;

  LUMINA_AVX512 static Lanes load(const double* from) noexcept { return {_mm512_loadu_pd(from)}; }
  LUMINA_AVX512 static Lanes load(const float* from) noexcept { return {_mm512_cvtps_pd(_mm256_loadu_ps(from))}; }
  LUMINA_AVX512 static Lanes load_halves(const double* from) noexcept {
    return {_mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_loadu_pd(from)), _mm256_loadu_pd(from + 4), 1)};
  }
  LUMINA_AVX512 static Lanes load_halves(const float* from) noexcept { return load(from); }
  LUMINA_AVX512 static Lanes all(double value) noexcept { return {_mm512_set1_pd(value)}; }
  LUMINA_AVX512 void store(double* to) const noexcept { _mm512_storeu_pd(to, at); }
  LUMINA_AVX512 void store(float* to) const noexcept { _mm256_storeu_ps(to, _mm512_cvtpd_ps(at)); }

  LUMINA_AVX512 friend Lanes operator+(const Lanes& a, const Lanes& b) noexcept { return {_mm512_add_pd(a.at, b.at)}; }
  LUMINA_AVX512 friend Lanes operator-(const Lanes& a, const Lanes& b) noexcept { return {_mm512_sub_pd(a.at, b.at)}; }
  LUMINA_AVX512 friend Lanes operator*(const Lanes& a, const Lanes& b) noexcept { return {_mm512_mul_pd(a.at, b.at)}; }
  LUMINA_AVX512 friend Lanes operator/(const Lanes& a, const Lanes& b) noexcept { return {_mm512_div_pd(a.at, b.at)}; }
  LUMINA_AVX512 static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) noexcept {
    return {_mm512_fmadd_pd(a.at, b.at, c.at)};
  }
  LUMINA_AVX512 Lanes sqrt() const noexcept { return {_mm512_sqrt_pd(at)}; }

  template <std::size_t K>
  LUMINA_AVX512 static Lanes earlier(const Lanes& before, const Lanes& now) noexcept {
    return {_mm512_castsi512_pd(
        _mm512_alignr_epi64(_mm512_castpd_si512(now.at), _mm512_castpd_si512(before.at), static_cast<int>(8 - K)))};
  }
  LUMINA_AVX512 Lanes last() const noexcept { return {_mm512_permutexvar_pd(_mm512_set1_epi64(7), at)}; }
  LUMINA_AVX512 double front() const noexcept { return _mm512_cvtsd_f64(at); }
  LUMINA_AVX512 double back() const noexcept {
    return _mm512_cvtsd_f64(_mm512_permutexvar_pd(_mm512_set1_epi64(7), at));
  }

  // The instruction gives its second operand where one is NaN: a NaN of the first is put back.
  LUMINA_AVX512 static Lanes max(const Lanes& a, const Lanes& b) noexcept {
    return {_mm512_mask_mov_pd(_mm512_max_pd(a.at, b.at), _mm512_cmp_pd_mask(a.at, a.at, _CMP_UNORD_Q), a.at)};
  }
  LUMINA_AVX512 static Lanes min(const Lanes& a, const Lanes& b) noexcept {
    return {_mm512_mask_mov_pd(_mm512_min_pd(a.at, b.at), _mm512_cmp_pd_mask(a.at, a.at, _CMP_UNORD_Q), a.at)};
  }
  LUMINA_AVX512 Lanes where_at_least(const Lanes& a, const Lanes& b) const noexcept {
    return {_mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a.at, b.at, _CMP_GE_OQ), at)};
  }
  LUMINA_AVX512 Lanes unless_nan(const Lanes& a, const Lanes& b) const noexcept {
    return {_mm512_mask_mov_pd(at, _mm512_cmp_pd_mask(a.at, b.at, _CMP_UNORD_Q),
                               _mm512_set1_pd(std::numeric_limits<double>::quiet_NaN()))};
  }
};

}  // namespace lumina::detail::simd_avx512

#undef LUMINA_AVX512
#endif
