// Every kernel of every level that this machine has: equal bits at all lengths, windows and alignments, no access
// beyond the series and the scratch (under ASAN). A file a type includes it: under a sanitizer the kernels of one type
// take a compiler minutes.
#pragma once

#undef NDEBUG
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <type_traits>
#include <vector>

#include "lumina/indicators.hpp"

namespace {

using lumina::SimdLevel;
using lumina::indicators::Indicators;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
bool same(T a, T b) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b) || (std::isnan(a) && std::isnan(b));
}

// n elements, `shift` of them behind the start of an allocation that ends with the last: ASAN sees each step over it.
template <class T>
class Series {
 public:
  Series(std::size_t n, std::size_t shift) : memory_(new T[n + shift]), data_(memory_.get() + shift), n_(n) {}
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](std::size_t i) { return data_[i]; }

 private:
  std::unique_ptr<T[]> memory_;
  T* data_;
  std::size_t n_;
};

template <class T>
Series<T> unkind(std::size_t n, std::size_t shift, std::mt19937_64& random) {
  Series<T> x(n, shift);
  std::normal_distribution<double> noise;
  const double offset = random() % 2 ? 1e6 : 0.0;
  const bool broken = random() % 3 == 0;
  for (std::size_t i = 0; i < n; ++i) {
    double value = offset + noise(random);
    if (broken && random() % 20 == 0) value = random() % 3 == 0 ? kNan : random() % 2 ? kInfinity : -kInfinity;
    if (random() % 50 == 0) value = static_cast<double>(std::numeric_limits<T>::denorm_min()) * 5;
    x[i] = static_cast<T>(value);
  }
  return x;
}

// Every result of one level, one after the other.
template <class T>
std::vector<T> all_results(SimdLevel level, std::size_t n, const Series<T> (&x)[4]) {
  const Indicators<T> of(level);
  std::vector<T> results;
  Series<T> out(n, n % 3);
  const auto take = [&] { results.insert(results.end(), out.data(), out.data() + n); };
  of.ema(x[0].data(), n, 0.05, out.data()), take();
  of.ema(x[0].data(), n, 1.0, out.data()), take();
  for (const std::size_t window : {1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 20, 24, 31, 32, 33, 50, 64, 99, 130, 200}) {
    const std::size_t doubles = Indicators<T>::rolling_scratch(window, n);
    const std::unique_ptr<double[]> scratch(new double[doubles]);
    of.rolling_mean(x[0].data(), n, window, scratch.get(), out.data()), take();
    of.rolling_min(x[0].data(), n, window, scratch.get(), out.data()), take();
    of.rolling_max(x[0].data(), n, window, scratch.get(), out.data()), take();
    of.rolling_std(x[0].data(), n, window, window > 1, scratch.get(), out.data()), take();
    of.rolling_zscore(x[0].data(), n, window, 0, scratch.get(), out.data()), take();
  }
  results.push_back(static_cast<T>(of.vwap(x[0].data(), x[1].data(), n)));
  results.push_back(static_cast<T>(of.realised_variance(x[0].data(), n)));
  of.cumulative_vwap(x[0].data(), x[1].data(), n, out.data()), take();
  of.imbalance(x[1].data(), x[3].data(), n, out.data()), take();
  of.weighted_mid(x[0].data(), x[1].data(), x[2].data(), x[3].data(), n, out.data()), take();
  of.ofi(x[0].data(), x[1].data(), x[2].data(), x[3].data(), n, out.data()), take();
  return results;
}

template <class T>
void levels_are_equal() {
  std::mt19937_64 random(1);
  const SimdLevel best = lumina::best_simd_level();
  for (std::size_t n = 0; n <= 260; n += n < 130 ? 1 : 13) {
    for (std::size_t shift = 0; shift < 3; ++shift) {
      const Series<T> x[4] = {unkind<T>(n, shift, random), unkind<T>(n, 2 * shift, random), unkind<T>(n, 0, random),
                              unkind<T>(n, 1, random)};
      const std::vector<T> want = all_results(SimdLevel::scalar, n, x);
      for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
        if (level > best) continue;
        const std::vector<T> got = all_results(level, n, x);
        assert(got.size() == want.size());
        for (std::size_t i = 0; i < want.size(); ++i) assert(same(got[i], want[i]));
      }
    }
  }
}

}  // namespace
