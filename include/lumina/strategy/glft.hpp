// Gueant-Lehalle-Fernandez-Tapia (2013) market making: the closed-form quotes far from the horizon.
#pragma once

#include <cmath>

#include "lumina/strategy/market_maker.hpp"
#include "lumina/strategy/params.hpp"
#include "lumina/strategy/quotes.hpp"

namespace lumina {

class Glft {
 public:
  struct Params {
    double gamma = 0.1;  // risk aversion, 1/(tick order)
    double sigma = 1.0;  // volatility of the mid, ticks/sqrt(s)
    double k = 1.5;      // decay of the fill intensity with distance, 1/tick
    double A = 1.0;      // fills of one order per second and side at the mid
    double mu = 0.0;     // drift of the mid, ticks/s
    double xi = 0.0;     // move of the mid per own fill, ticks

    void validate() const {
      detail::require(gamma > 0.0 && std::isfinite(gamma), "gamma", gamma, "greater than 0");
      detail::require(sigma > 0.0 && std::isfinite(sigma), "sigma", sigma, "greater than 0");
      detail::require(k > 0.0 && std::isfinite(k), "k", k, "greater than 0");
      detail::require(A > 0.0 && std::isfinite(A), "A", A, "greater than 0");
      detail::require(std::isfinite(mu), "mu", mu, "finite");
      detail::require(xi >= 0.0 && std::isfinite(xi), "xi", xi, "at least 0");
      const quotes::Linear quotes = quotes::glft(gamma, sigma, k, A, mu, xi);
      detail::require(std::isfinite(quotes.half) && std::isfinite(quotes.drift), "gamma", gamma,
                      "such that the quotes are finite with the other parameters");
    }
  };

  explicit Glft(const Params& p) noexcept : quotes_(quotes::glft(p.gamma, p.sigma, p.k, p.A, p.mu, p.xi)) {}

  quotes::Distances distances(const MarketView& view) const noexcept { return quotes_.at(view.inventory); }

 private:
  quotes::Linear quotes_;
};

}  // namespace lumina
