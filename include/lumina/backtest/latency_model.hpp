// Latency of one leg and one action: constant, log-normal, or drawn from a measured histogram. Samples are
// whole ns in [0, kMaxNs]. Each model owns its random stream, so that adding one never moves another's draws.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "lumina/random.hpp"

namespace lumina {

class LatencyModel {
 public:
  // 10^15 ns, 11.6 days: far above any latency, far below what could overflow a time.
  static constexpr std::int64_t kMaxNs = 1'000'000'000'000'000;

  // Constant 0.
  LatencyModel() = default;

  static LatencyModel constant(std::int64_t ns) {
    LatencyModel model;
    model.base_ns_ = checked("ns", ns, 0);
    return model;
  }

  // max(min_ns, median_ns * exp(sigma * z)), z standard normal: sigma is the standard deviation of the
  // logarithm, and min_ns <= median_ns leaves the median where it is.
  static LatencyModel lognormal(std::int64_t median_ns, double sigma, std::int64_t min_ns, std::uint64_t seed,
                                std::uint64_t stream) {
    LatencyModel model;
    model.median_ns_ = static_cast<double>(checked("median_ns", median_ns, 1));
    model.base_ns_ = checked("min_ns", min_ns, 0);
    if (min_ns > median_ns) {
      throw std::invalid_argument("min_ns " + std::to_string(min_ns) + " is above median_ns " +
                                  std::to_string(median_ns));
    }
    if (!(sigma >= 0 && sigma <= 10)) {
      throw std::invalid_argument("sigma " + std::to_string(sigma) + " is not in [0, 10]");
    }
    if (sigma == 0) return constant(median_ns);
    model.sigma_ = sigma;
    model.kind_ = Kind::lognormal;
    model.random_ = Random(seed, stream);
    return model;
  }

  // A histogram: ns[i] comes with probability counts[i] / sum(counts). ns is strictly increasing.
  static LatencyModel empirical(std::span<const std::int64_t> ns, std::span<const std::uint64_t> counts,
                                std::uint64_t seed, std::uint64_t stream) {
    if (ns.empty() || ns.size() != counts.size()) {
      throw std::invalid_argument("ns has " + std::to_string(ns.size()) + " values and counts " +
                                  std::to_string(counts.size()) + "; both need the same number, at least 1");
    }
    LatencyModel model;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < ns.size(); ++i) {
      const std::string where = "ns[" + std::to_string(i) + "]";
      checked(where.c_str(), ns[i], i == 0 ? 0 : ns[i - 1] + 1);
      if (__builtin_add_overflow(total, counts[i], &total)) {
        throw std::invalid_argument("counts add up to more than 2^64 - 1");
      }
      if (counts[i] == 0) continue;
      model.values_ns_.push_back(ns[i]);
      model.cumulative_.push_back(total);
    }
    if (total == 0) throw std::invalid_argument("counts add up to 0; at least 1 is needed");
    if (model.values_ns_.size() == 1) return constant(model.values_ns_.front());
    model.kind_ = Kind::empirical;
    model.random_ = Random(seed, stream);
    return model;
  }

  bool constant() const noexcept { return kind_ == Kind::constant; }

  std::int64_t sample() noexcept {
    switch (kind_) {
      case Kind::constant:
        break;
      case Kind::lognormal: {
        const double ns = std::min(median_ns_ * std::exp(sigma_ * random_.normal()), static_cast<double>(kMaxNs));
        return std::max(base_ns_, static_cast<std::int64_t>(ns + 0.5));
      }
      case Kind::empirical: {
        const std::uint64_t rank = random_.below(cumulative_.back());
        const auto it = std::upper_bound(cumulative_.begin(), cumulative_.end(), rank);
        return values_ns_[static_cast<std::size_t>(it - cumulative_.begin())];
      }
    }
    return base_ns_;
  }

 private:
  enum class Kind : std::uint8_t { constant, lognormal, empirical };

  static std::int64_t checked(const char* name, std::int64_t ns, std::int64_t least) {
    if (ns < least || ns > kMaxNs) {
      throw std::invalid_argument(std::string(name) + " " + std::to_string(ns) + " is not in [" +
                                  std::to_string(least) + ", " + std::to_string(kMaxNs) + "]");
    }
    return ns;
  }

  Kind kind_ = Kind::constant;
  std::int64_t base_ns_ = 0;  // the constant, or the log-normal's minimum
  double median_ns_ = 0;
  double sigma_ = 0;
  std::vector<std::int64_t> values_ns_;
  std::vector<std::uint64_t> cumulative_;  // counts up to and including values_ns_[i]
  Random random_{0, 0};
};

}  // namespace lumina
