// Latency draws: bounds, the histogram's proportions, streams that do not touch each other.
#undef NDEBUG
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>

#include "lumina/backtest/latency_model.hpp"

using lumina::LatencyModel;

int main() {
  LatencyModel constant = LatencyModel::constant(42);
  assert(constant.constant() && constant.sample() == 42 && LatencyModel().sample() == 0);

  constexpr int n = 200000;
  constexpr double sigma = 0.5;
  LatencyModel lognormal = LatencyModel::lognormal(1'000'000, sigma, 1000, 1, 0);
  LatencyModel twin = lognormal;
  assert(!lognormal.constant());
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const std::int64_t ns = lognormal.sample();
    assert(ns >= 1000 && ns <= LatencyModel::kMaxNs && ns == twin.sample());
    const double x = std::log(static_cast<double>(ns) / 1e6);
    sum += x;
    squares += x * x;
  }
  const double mean = sum / n, sd = std::sqrt(squares / n - mean * mean);
  assert(std::fabs(mean) < 4.5 * sigma / std::sqrt(n));
  assert(std::fabs(sd - sigma) < 4.5 * sigma / std::sqrt(2.0 * n));

  // the widest allowed: e^(10 z) reaches the cap, never beyond
  LatencyModel wide = LatencyModel::lognormal(LatencyModel::kMaxNs / 2, 10, 0, 1, 1);
  bool capped = false;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t ns = wide.sample();
    assert(ns >= 0 && ns <= LatencyModel::kMaxNs);
    capped |= ns == LatencyModel::kMaxNs;
  }
  assert(capped);

  const std::array<std::int64_t, 3> ns{10, 20, 30};
  const std::array<std::uint64_t, 3> counts{1, 0, 3};
  LatencyModel measured = LatencyModel::empirical(ns, counts, 2, 0);
  int tens = 0;
  for (int i = 0; i < n; ++i) {
    const std::int64_t draw = measured.sample();
    assert(draw == 10 || draw == 30);
    tens += draw == 10;
  }
  assert(std::fabs(tens - n / 4.0) < 4.5 * std::sqrt(n * 0.25 * 0.75));
  return 0;
}
