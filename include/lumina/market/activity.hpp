// How fast the market lives: activity by the second of the session, and time on the wall against the operational time
// of the order flow.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/market/parameters.hpp"
#include "lumina/random.hpp"

namespace lumina {

// Constant over each second: U(t) exp(x1 + x2 - variance / 2), x1 and x2 Ornstein-Uhlenbeck and stationary, U with mean
// one over the session. Times are seconds from the open.
class Activity {
 public:
  Activity(const MarketParameters& parameters, Random random) : parameters_(parameters), random_(random) {
    const double tau = parameters.edge_tau_s, session = parameters.session_s;
    const double edges = parameters.open_activity + parameters.close_activity;
    level_ = 1 / (1 + edges * tau / session * (1 - std::exp(-session / tau)));
    for (int i = 0; i < 2; ++i) {
      x_[i] = parameters.activity_sd[i] * random_.normal();
      keep_[i] = std::exp(-1 / parameters.activity_tau_s[i]);
      kick_[i] = parameters.activity_sd[i] * std::sqrt(1 - keep_[i] * keep_[i]);
      variance_ += parameters.activity_sd[i] * parameters.activity_sd[i];
    }
    // all that a session needs, so that nothing is allocated while it runs
    path_.reserve(static_cast<std::size_t>(std::clamp<std::int64_t>(parameters.length_ns / 1'000'000'000, 0, 1 << 17)) +
                  2);
  }

  double at(double t) { return of_second(second(t)); }

  // Operational time between two times, from <= to.
  double operational(double from, double to) {
    double sum = 0;
    for (std::size_t s = second(from); s < second(to); ++s) {
      const auto end = static_cast<double>(s + 1);
      sum += (end - from) * of_second(s);
      from = end;
    }
    return sum + (to - from) * at(to);
  }

  // When tau more of operational time will have passed, or infinity if not before `until`.
  double after(double from, double tau, double until) {
    for (std::size_t s = second(from);; ++s) {
      const auto end = static_cast<double>(s + 1);
      const double step = (end - from) * of_second(s);
      if (tau < step) return from + tau / of_second(s);
      tau -= step;
      from = end;
      if (from > until) return std::numeric_limits<double>::infinity();
    }
  }

 private:
  static std::size_t second(double t) noexcept { return static_cast<std::size_t>(t); }

  double of_second(std::size_t s) {
    while (path_.size() <= s) extend();
    return path_[s];
  }
  void extend() {
    if (!path_.empty())
      for (int i = 0; i < 2; ++i) x_[i] = keep_[i] * x_[i] + kick_[i] * random_.normal();
    const auto t = static_cast<double>(path_.size());
    const double shape = 1 + parameters_.open_activity * std::exp(-t / parameters_.edge_tau_s) +
                         parameters_.close_activity * std::exp((t - parameters_.session_s) / parameters_.edge_tau_s);
    path_.push_back(level_ * shape * std::exp(x_[0] + x_[1] - variance_ / 2));
  }

  MarketParameters parameters_;
  Random random_;
  double level_ = 1, variance_ = 0;
  double x_[2] = {}, keep_[2] = {}, kick_[2] = {};
  std::vector<double> path_;
};

}  // namespace lumina
