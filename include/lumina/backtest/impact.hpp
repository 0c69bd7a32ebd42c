// Transient square-root impact of our own taker flow (SEMANTICS I1 and I2):
//
//   I = Y * sigma_daily * sum_i w_i * sgn(J_i) * sqrt(|J_i| / V),   dJ_i = dQ - J_i / tau_i dt
//
// I is relative to the price. The root is taken of the decayed total flow, never per child order, so that a
// split order pushes no more than a whole one, and a round trip costs at least 0: it cannot be manipulated.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace lumina {

class TransientImpact {
 public:
  // y: the model's constant, >= 0. sigma_daily: daily volatility as a fraction, >= 0. volume_daily: base units,
  // > 0. weights: >= 0, one for each of taus_s (seconds, > 0, infinity = permanent); their sum is free.
  // step_ns: the grid on which the engine re-evaluates I, >= 1.
  TransientImpact(double y, double sigma_daily, double volume_daily, std::span<const double> weights,
                  std::span<const double> taus_s, std::int64_t step_ns)
      : step_ns_(step_ns) {
    require(y >= 0 && std::isfinite(y), "y", y, "a finite number, at least 0");
    require(sigma_daily >= 0 && std::isfinite(sigma_daily), "sigma_daily", sigma_daily, "a finite number, at least 0");
    require(volume_daily > 0 && std::isfinite(volume_daily), "volume_daily", volume_daily, "a finite number above 0");
    if (weights.empty() || weights.size() != taus_s.size()) {
      throw std::invalid_argument("weights has " + std::to_string(weights.size()) + " values and taus_s " +
                                  std::to_string(taus_s.size()) + "; both need the same number, at least 1");
    }
    if (step_ns < 1) throw std::invalid_argument("step_ns " + std::to_string(step_ns) + " is below 1");
    const double scale = y * sigma_daily / std::sqrt(volume_daily);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      require(weights[i] >= 0 && std::isfinite(weights[i]), "weights", weights[i], "a finite number, at least 0");
      require(taus_s[i] > 0, "taus_s", taus_s[i], "above 0");
      Component c;
      c.scale = scale * weights[i];
      c.rate_per_ns = 1e-9 / taus_s[i];  // 0 for an infinite tau
      c.step_factor = factor(c.rate_per_ns, step_ns);
      components_.push_back(c);
    }
  }

  // Lets the flow decay up to ts_ns. A time at or before the last one changes nothing.
  void decay_to(std::int64_t ts_ns) noexcept {
    if (ts_ns <= ts_ns_) return;
    // unsigned: the first call comes from the smallest time there is
    const std::uint64_t dt = static_cast<std::uint64_t>(ts_ns) - static_cast<std::uint64_t>(ts_ns_);
    ts_ns_ = ts_ns;
    for (Component& c : components_) {
      if (c.flow == 0) continue;
      c.flow *= dt == static_cast<std::uint64_t>(step_ns_) ? c.step_factor : factor(c.rate_per_ns, dt);
      if (std::fabs(c.flow) < kNothing) c.flow = 0;
    }
  }

  // I: signed, relative to the price, as of the last decay_to.
  double relative() const noexcept {
    double sum = 0;
    for (const Component& c : components_) sum += c.scale * std::copysign(std::sqrt(std::fabs(c.flow)), c.flow);
    return sum;
  }

  // Takes signed_qty base units (positive buys) at the present time. Returns the integral of I(J) - I(J0) over
  // the push, base units times relative price, at least 0: what a taker who traded at I(J0) is charged.
  double push(double signed_qty) noexcept {
    double charge = 0;
    for (Component& c : components_) {
      const double after = c.flow + signed_qty;
      charge += c.scale * charge_of(c.flow, after, signed_qty);
      c.flow = after;
    }
    return charge;
  }

  // False while I is 0 and stays so: the grid need not be walked.
  bool active() const noexcept {
    return std::any_of(components_.begin(), components_.end(),
                       [](const Component& c) { return c.flow != 0 && c.scale != 0; });
  }

  // The first multiple of step_ns after ts_ns; the largest time there is if that does not fit.
  std::int64_t next_grid(std::int64_t ts_ns) const noexcept {
    std::int64_t past = ts_ns % step_ns_;
    if (past < 0) past += step_ns_;
    std::int64_t next = 0;
    if (__builtin_add_overflow(ts_ns, step_ns_ - past, &next)) return std::numeric_limits<std::int64_t>::max();
    return next;
  }

 private:
  struct Component {
    double scale = 0;  // Y * sigma * w / sqrt(V)
    double rate_per_ns = 0;
    double step_factor = 1;  // decay over one grid step, by far the most frequent interval
    double flow = 0;         // J
  };

  // Base units below which a decayed flow is nothing: keeps denormals out.
  static constexpr double kNothing = 1e-300;

  static void require(bool ok, const char* name, double value, const char* bound) {
    if (!ok) throw std::invalid_argument(std::string(name) + " " + std::to_string(value) + " is not " + bound);
  }

  template <class Ns>
  static double factor(double rate_per_ns, Ns dt_ns) noexcept {
    return std::exp(-rate_per_ns * static_cast<double>(dt_ns));
  }

  // Integral of g(u) - g(before), g(u) = sgn(u) sqrt|u|, from before to after = before + q. With s = sqrt|before|
  // and t = sqrt|after| it is q^2 (2t+s) / (3 (s+t)^2) on one side of 0, and 2/3 t^3 + 1/3 s^3 + s t^2 across it:
  // sums of positive terms, where the plain difference of antiderivatives would cancel.
  static double charge_of(double before, double after, double q) noexcept {
    const double s = std::sqrt(std::fabs(before));
    const double t = std::sqrt(std::fabs(after));
    if ((before < 0) != (after < 0) && before != 0 && after != 0) {
      return t * t * t * (2.0 / 3) + s * s * s * (1.0 / 3) + s * t * t;
    }
    const double sum = s + t;
    return sum > 0 ? q / sum * (q / sum) * (2 * t + s) / 3 : 0;
  }

  std::int64_t step_ns_;
  std::int64_t ts_ns_ = std::numeric_limits<std::int64_t>::min();
  std::vector<Component> components_;
};

}  // namespace lumina
