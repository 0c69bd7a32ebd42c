// Transient impact: the reference decay, the exact continuous purchase, charges and the grid.
#undef NDEBUG
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>

#include "lumina/backtest/impact.hpp"

using lumina::TransientImpact;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::array kWeights{.3, .3, .2, .2};
constexpr std::array kTaus{10., 100., 1000., kInf};
constexpr std::int64_t kSecond = 1'000'000'000;

TransientImpact model(std::int64_t step_ns = kSecond / 10) { return {.8, .02, 1e6, kWeights, kTaus, step_ns}; }

bool near_bp(const TransientImpact& impact, double bp) { return std::fabs(impact.relative() * 1e4 - bp) < 1e-6; }

void at_once(std::int64_t start_ns) {
  TransientImpact impact = model();
  impact.decay_to(start_ns);
  assert(!impact.active() && impact.relative() == 0);
  assert(impact.push(1e4) > 0);
  assert(impact.active() && near_bp(impact, 16));
  impact.decay_to(start_ns + 60 * kSecond);
  assert(near_bp(impact, 10.100331));
  // in steps of the grid, where the decay factor is the stored one
  for (std::int64_t ts = start_ns + 60 * kSecond; ts <= start_ns + 600 * kSecond; ts += kSecond / 10) {
    impact.decay_to(ts);
  }
  assert(near_bp(impact, 5.809596));
  impact.decay_to(start_ns + 3600 * kSecond);
  assert(near_bp(impact, 3.728957));
}

// A constant rate over T leaves J = Q/T * tau * (1 - exp(-T/tau)), tau to infinity: Q. The model must agree with
// this solution when it is pushed in 12,000 children.
void over_600_s() {
  double exact = 0;
  for (std::size_t i = 0; i < kTaus.size(); ++i) {
    const double tau = kTaus[i];
    const double flow = tau == kInf ? 1e4 : 1e4 / 600 * tau * (1 - std::exp(-600 / tau));
    exact += kWeights[i] * std::sqrt(flow / 1e6);
  }
  assert(std::fabs(.8 * 200 * exact - 8.551777) < 1e-6);
  TransientImpact impact = model();
  const std::int64_t step = 600 * kSecond / 12000;
  for (std::int64_t i = 0; i < 12000; ++i) {
    impact.decay_to(i * step + step / 2);
    impact.push(1e4 / 12000);
  }
  impact.decay_to(600 * kSecond);
  assert(near_bp(impact, 8.551777));
}

void grid() {
  const TransientImpact impact = model(100);
  assert(impact.next_grid(0) == 100 && impact.next_grid(99) == 100 && impact.next_grid(100) == 200);
  assert(impact.next_grid(-1) == 0 && impact.next_grid(-101) == -100);
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  assert(impact.next_grid(last - 1) == last);
}

}  // namespace

int main() {
  at_once(0);
  at_once(1'700'000'000 * kSecond);
  at_once(-3600 * kSecond);
  over_600_s();
  grid();
  return 0;
}
