// Closed-form quotes of market-making models: pure functions of the parameters, to be tested alone.
//
// Every function works in whatever price unit p its arguments share (the strategies use ticks) and in units
// of quantity u (the strategies use one order): gamma 1/(p u), sigma p/sqrt(s), k 1/p, A 1/s, mu p/s, xi p,
// tau s, q u. Distances are measured from the mid and outward: bid = mid - bid distance, ask = mid + ask distance.
//
// Avellaneda, Stoikov (2008), High-frequency trading in a limit order book.
// Gueant, Lehalle, Fernandez-Tapia (2013), Dealing with the inventory risk.
// Gueant (2016), Optimal market making.
#pragma once

#include <cmath>

namespace lumina::quotes {

struct Distances {
  double bid;
  double ask;
};

// Quotes that are linear in the inventory: what every closed form below comes to once its parameters are
// known. A market maker computes this once and a quote is then two multiplications.
struct Linear {
  double half;   // half spread
  double skew;   // shift of both quotes per unit of inventory, against it
  double drift;  // shift of both quotes at q = 0, upwards

  constexpr Distances at(double q) const noexcept { return {half + q * skew - drift, half - q * skew + drift}; }
};

// (1/gamma) ln(1 + gamma/k): what both models add for the price sensitivity of the flow.
inline double liquidity_premium(double gamma, double k) noexcept { return std::log1p(gamma / k) / gamma; }

// Avellaneda-Stoikov with time tau to the horizon: r = s - q gamma sigma^2 tau, total spread
// gamma sigma^2 tau + (2/gamma) ln(1 + gamma/k).
inline Linear avellaneda_stoikov(double gamma, double sigma, double k, double tau) noexcept {
  const double skew = gamma * sigma * sigma * tau;
  return {liquidity_premium(gamma, k) + 0.5 * skew, skew, 0.0};
}

// The paper's discount rate that keeps |q| <= q_max: omega = gamma^2 sigma^2 (q_max + 1)^2 / 2.
inline double infinite_horizon_omega(double gamma, double sigma, double q_max) noexcept {
  const double edge = gamma * sigma * (q_max + 1.0);
  return 0.5 * edge * edge;
}

// Avellaneda-Stoikov without a horizon: the reservation ask and bid prices (distances without the liquidity
// premium). Where the logarithm's argument is not positive, as for the bid at q = q_max (up to rounding), the
// reservation price is infinitely far against the inventory.
inline Distances infinite_horizon_reservation(double q, double gamma, double sigma, double omega) noexcept {
  const double variance = gamma * gamma * sigma * sigma;
  const double room = 2.0 * omega - variance * q * q;
  const auto shift = [=](double side) noexcept {
    const double step = (side - 2.0 * q) * variance / room;
    return room > 0.0 && step > -1.0 ? std::log1p(step) / gamma : std::copysign(HUGE_VAL, -q);
  };
  return {-shift(-1.0), shift(1.0)};
}

inline Distances avellaneda_stoikov_infinite(double q, double gamma, double sigma, double k, double omega) noexcept {
  const Distances reservation = infinite_horizon_reservation(q, gamma, sigma, omega);
  const double premium = liquidity_premium(gamma, k);
  return {reservation.bid + premium, reservation.ask + premium};
}

// Gueant-Lehalle-Fernandez-Tapia, the closed-form approximation of the quotes far from the horizon, with
// drift mu and market impact xi per fill.
inline Linear glft(double gamma, double sigma, double k, double A, double mu, double xi) noexcept {
  const double m = std::exp(0.25 * k * xi) * std::sqrt(sigma * sigma * gamma / (2.0 * k * A) *
                                                       std::exp((1.0 + k / gamma) * std::log1p(gamma / k)));
  return {liquidity_premium(gamma, k) + 0.5 * xi + 0.5 * m, m, mu / (gamma * sigma * sigma) * m};
}

// Gueant (2016): the same without drift and impact, for orders of size D; q and D in the same unit.
inline Linear gueant(double gamma, double sigma, double k, double A, double D) noexcept {
  const double risk = gamma * D;
  const double c1 = std::log1p(risk / k) / risk;
  const double c2 = std::sqrt(gamma / (2.0 * A * D * k) * std::exp((k / risk + 1.0) * std::log1p(risk / k)));
  return {c1 + 0.5 * D * sigma * c2, sigma * c2, 0.0};
}

}  // namespace lumina::quotes
