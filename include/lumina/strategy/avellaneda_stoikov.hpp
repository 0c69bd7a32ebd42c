// Avellaneda-Stoikov (2008) market making, with the order-book imbalance in the reservation price.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lumina/strategy/market_maker.hpp"
#include "lumina/strategy/params.hpp"
#include "lumina/strategy/quotes.hpp"

namespace lumina {

// r = mid + f(OBI) - q gamma sigma^2 tau, quotes r -+ half. slope * OBI is the expected move of the mid over the
// horizon of its fit; a quote that lives for less sees the share of it that has built up by then, taken as linear.
// f stays below the half spread, so that a quote never passes the mid for its sake alone.
class AvellanedaStoikov {
 public:
  enum class Horizon : std::uint8_t {
    constant,  // tau = horizon_s always
    session,   // tau runs from horizon_s to 0 and starts again, from the start of the run
    infinite,  // no horizon; the inventory is held within max_position by the discount rate omega
  };

  struct Params {
    double gamma = 0.1;  // risk aversion, 1/(tick order)
    double sigma = 1.0;  // volatility of the mid, ticks/sqrt(s)
    double k = 1.5;      // decay of the fill intensity with distance, 1/tick
    Horizon horizon = Horizon::constant;
    double horizon_s = 1.0;
    double obi_slope_ticks = 0.25;  // expected move of the mid per unit of imbalance, over the horizon of the fit
    double obi_horizon_s = 0.1;     // that horizon
    std::int32_t obi_levels = 1;
    double obi_cap = 0.9;  // largest |f| as a share of the half spread

    void validate() const {
      detail::require(gamma > 0.0 && std::isfinite(gamma), "gamma", gamma, "greater than 0");
      detail::require(sigma > 0.0 && std::isfinite(sigma), "sigma", sigma, "greater than 0");
      detail::require(k > 0.0 && std::isfinite(k), "k", k, "greater than 0");
      detail::require(horizon_s >= 1e-6 && horizon_s <= 1e9, "horizon_s", horizon_s, "from 0.000001 to 1000000000");
      detail::require(std::isfinite(obi_slope_ticks), "obi_slope_ticks", obi_slope_ticks, "finite");
      detail::require(obi_horizon_s >= 1e-6 && obi_horizon_s <= 1e9, "obi_horizon_s", obi_horizon_s,
                      "from 0.000001 to 1000000000");
      detail::require(obi_levels >= 1 && obi_levels <= kMaxImbalanceLevels, "obi_levels", obi_levels, "from 1 to 32");
      detail::require(obi_cap >= 0.0 && obi_cap < 1.0, "obi_cap", obi_cap, "at least 0 and less than 1");
    }
  };

  explicit AvellanedaStoikov(const Params& params) noexcept
      : params_(params),
        premium_(quotes::liquidity_premium(params.gamma, params.k)),
        variance_(params.gamma * params.sigma * params.sigma),
        horizon_ns_(static_cast<std::int64_t>(std::llround(params.horizon_s * 1e9))) {}

  quotes::Distances distances(const MarketView& view) const noexcept {
    quotes::Distances result;
    if (params_.horizon == Horizon::infinite) {
      // beyond its limit the inventory has no price; the reducing side is then quoted as at the limit
      const double q = std::clamp(view.inventory, -view.max_inventory, view.max_inventory);
      const double omega = quotes::infinite_horizon_omega(params_.gamma, params_.sigma, view.max_inventory);
      result = quotes::infinite_horizon_reservation(q, params_.gamma, params_.sigma, omega);
      result.bid += premium_;
      result.ask += premium_;
    } else {
      const double tau = params_.horizon == Horizon::constant
                             ? params_.horizon_s
                             : static_cast<double>(horizon_ns_ - view.elapsed_ns % horizon_ns_) * 1e-9;
      const double skew = variance_ * tau;
      result = quotes::Linear{premium_ + 0.5 * skew, skew, 0.0}.at(view.inventory);
    }
    if (params_.obi_slope_ticks != 0.0) {
      const double half = 0.5 * (result.bid + result.ask);
      const double cap = params_.obi_cap * (std::isfinite(half) ? half : premium_);
      const double built_up = view.quote_life_s > 0.0 ? std::min(view.quote_life_s / params_.obi_horizon_s, 1.0) : 1.0;
      const double move = params_.obi_slope_ticks * built_up * book_imbalance(view, params_.obi_levels);
      const double f = std::clamp(move, -cap, cap);
      result.bid -= f;
      result.ask += f;
    }
    return result;
  }

 private:
  Params params_;
  double premium_;
  double variance_;  // skew per unit of inventory and second
  std::int64_t horizon_ns_;
};

}  // namespace lumina
