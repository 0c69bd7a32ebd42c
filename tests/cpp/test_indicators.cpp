// The kernels on doubles: all levels against each other, against plain loops, and the choice of a level.
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "indicator_levels.hpp"

namespace {

// Windows one by one, in long double.
void against_plain_loops() {
  std::mt19937_64 random(2);
  std::normal_distribution<double> noise;
  std::vector<double> x(500), mean(500), deviation(500), most(500);
  for (double& value : x) value = 1e9 + noise(random);
  const Indicators<double> of = Indicators<double>::best();
  for (const std::size_t window : {1, 6, 20, 39, 40, 150}) {
    std::vector<double> scratch(Indicators<double>::rolling_scratch(window, x.size()));
    of.rolling_mean(x.data(), x.size(), window, scratch.data(), mean.data());
    of.rolling_std(x.data(), x.size(), window, 0, scratch.data(), deviation.data());
    of.rolling_max(x.data(), x.size(), window, scratch.data(), most.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (i + 1 < window) {
        assert(std::isnan(mean[i]) && std::isnan(deviation[i]) && std::isnan(most[i]));
        continue;
      }
      long double sum = 0, squares = 0;
      double greatest = -kInfinity;
      for (std::size_t k = i + 1 - window; k <= i; ++k) {
        const long double value = static_cast<long double>(x[k]) - 1e9L;
        sum += value;
        squares += value * value;
        greatest = std::max(greatest, x[k]);
      }
      const long double count = static_cast<long double>(window);
      const long double variance = std::max(0.0L, squares / count - sum / count * (sum / count));
      assert(std::fabs(static_cast<long double>(mean[i]) - 1e9L - sum / count) < 1e-6L);
      assert(std::fabs(static_cast<long double>(deviation[i]) - std::sqrt(variance)) < 1e-9L);
      assert(most[i] == greatest);
    }
  }
}

void several_levels_of_the_book() {
  const double bid_price[] = {100.00, 99.99, 99.98}, bid_qty[] = {5, 8, 12};
  const double ask_price[] = {100.02, 100.03, 100.04}, ask_qty[] = {3, 6, 9};
  const Indicators<double> of = Indicators<double>::best();
  double out = 0;
  of.imbalance(bid_qty, ask_qty, 1, 3, 1, nullptr, &out);
  assert(out == 0.25);
  of.imbalance(bid_qty, ask_qty, 1, 3, 3, nullptr, &out);
  assert(std::fabs(out - 0.162790697674) < 1e-12);
  of.weighted_mid(bid_price, bid_qty, ask_price, ask_qty, 1, 3, 1, &out);
  assert(std::fabs(out - 100.0125) < 1e-12);
  of.weighted_mid(bid_price, bid_qty, ask_price, ask_qty, 1, 3, 3, &out);
  assert(std::fabs(out - 100.013488372) < 1e-9);
}

template <class Call>
bool refuses(Call call) {
  try {
    call();
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

void choice_of_a_level() {
  using lumina::choose_simd_level;
  assert(choose_simd_level("", SimdLevel::avx2) == SimdLevel::avx2);
  assert(choose_simd_level("scalar", SimdLevel::avx512) == SimdLevel::scalar);
  assert(choose_simd_level("avx512", SimdLevel::avx512) == SimdLevel::avx512);
  assert(refuses([] { choose_simd_level("avx512", SimdLevel::avx2); }));
  assert(refuses([] { choose_simd_level("AVX2", SimdLevel::avx512); }));
  assert(refuses([] { choose_simd_level("sse", SimdLevel::avx512); }));
}

}  // namespace

int main() {
  levels_are_equal<double>();
  against_plain_loops();
  several_levels_of_the_book();
  choice_of_a_level();
}
