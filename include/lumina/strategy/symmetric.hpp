// A constant half spread around the mid, blind to the inventory but for its limit: the baseline.
#pragma once

#include <cmath>

#include "lumina/strategy/market_maker.hpp"
#include "lumina/strategy/params.hpp"
#include "lumina/strategy/quotes.hpp"

namespace lumina {

class Symmetric {
 public:
  struct Params {
    double half_spread_ticks = 0.5;

    void validate() const {
      detail::require(half_spread_ticks > 0.0 && half_spread_ticks <= 1e9, "half_spread_ticks", half_spread_ticks,
                      "greater than 0 and at most 1000000000");
    }
  };

  explicit Symmetric(const Params& params) noexcept : half_(params.half_spread_ticks) {}

  quotes::Distances distances(const MarketView&) const noexcept { return {half_, half_}; }

 private:
  double half_;
};

}  // namespace lumina
