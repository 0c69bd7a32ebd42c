// The kernels of each level behind one table, and the table of the level in use.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "lumina/indicators/lanes_avx2.hpp"
#include "lumina/indicators/lanes_avx512.hpp"
#include "lumina/indicators/lanes_scalar.hpp"
#include "lumina/platform/cpu.hpp"

namespace lumina::detail {

// One step of the average; with no average yet the element is it. A NaN element leaves it as it was.
inline double ema_step(double average, double x, double alpha, double beta) noexcept {
  if (x != x) return average;
  if (average != average || beta == 0.0) return x;
  return std::fma(beta, average, alpha * x);
}

// A sum in two doubles (Knuth's two-sum): as good as twice the precision. Infinities and NaN stay what they are.
struct TwoSum {
  double high = 0.0, low = 0.0;

  void add(double x) noexcept {
    const double sum = high + x;
    const double part = sum - high;
    const double error = (high - (sum - part)) + (x - part);
    high = sum;
    low += error == error ? error : 0.0;
  }
  double value() const noexcept { return high + low; }
};

// T is float or double; whatever T, a kernel computes in double. Contracts: indicators.hpp.
template <class T>
struct IndicatorKernels {
  using Rolling = void (*)(const T* x, std::size_t n, std::size_t window, std::size_t ddof, double* scratch,
                           T* out) noexcept;

  void (*ema)(const T* x, std::size_t n, double alpha, T* out) noexcept;
  Rolling rolling_mean, rolling_std, rolling_zscore, rolling_min, rolling_max;
  double (*vwap)(const T* price, const T* qty, std::size_t n) noexcept;
  void (*cumulative_vwap)(const T* price, const T* qty, std::size_t n, T* out) noexcept;
  double (*realised_variance)(const T* x, std::size_t n) noexcept;
  void (*imbalance)(const T* bid_qty, const T* ask_qty, std::size_t n, T* out) noexcept;
  void (*weighted_mid)(const T* bid_price, const T* bid_qty, const T* ask_price, const T* ask_qty, std::size_t n,
                       T* out) noexcept;
  void (*ofi)(const T* bid_price, const T* bid_qty, const T* ask_price, const T* ask_qty, std::size_t n,
              T* out) noexcept;
};

}  // namespace lumina::detail

#define LUMINA_SIMD_NAMESPACE simd_scalar
#define LUMINA_SIMD_TARGET
#define LUMINA_SIMD_INLINE  // plain functions: the compiler may do as it likes
#include "lumina/indicators/kernels.inc"
#undef LUMINA_SIMD_NAMESPACE
#undef LUMINA_SIMD_TARGET
#undef LUMINA_SIMD_INLINE

#if LUMINA_X86_64
#define LUMINA_SIMD_NAMESPACE simd_avx2
#define LUMINA_SIMD_TARGET [[gnu::target("avx2,fma")]]
#define LUMINA_SIMD_INLINE [[gnu::always_inline, gnu::target("avx2,fma")]]
#include "lumina/indicators/kernels.inc"
#undef LUMINA_SIMD_NAMESPACE
#undef LUMINA_SIMD_TARGET
#undef LUMINA_SIMD_INLINE

#define LUMINA_SIMD_NAMESPACE simd_avx512
#define LUMINA_SIMD_TARGET [[gnu::target("avx512f")]]
#define LUMINA_SIMD_INLINE [[gnu::always_inline, gnu::target("avx512f")]]
#include "lumina/indicators/kernels.inc"
#undef LUMINA_SIMD_NAMESPACE
#undef LUMINA_SIMD_TARGET
#undef LUMINA_SIMD_INLINE
#endif

namespace lumina::detail {

// The kernels of a level that this machine has.
template <class T>
const IndicatorKernels<T>& indicator_kernels(SimdLevel level) noexcept {
#if LUMINA_X86_64
  if (level == SimdLevel::avx512) return simd_avx512::kKernels<T>;
  if (level == SimdLevel::avx2) return simd_avx2::kKernels<T>;
#else
  (void)level;
#endif
  return simd_scalar::kKernels<T>;
}

}  // namespace lumina::detail
