// Queue position on L2 data: how much of a level stands ahead of our order, when only the level's total is
// recorded (SEMANTICS F4). All quantities are in lots, `front` being the quantity ahead.
//
//   print of q at the price   front = clamp(front - q, 0, displayed)
//   depth prev -> next        chg = prev - next - cum, cum = printed since the level's last depth row
//     chg <  0                front = min(front, next)
//     chg >= 0                back  = prev - front             (exact_back: prev - cum - front)
//                             front = min(front - (1 - p) * chg, next)
//   and the result lies in [0, next], so that cancellations alone never fill an order. The published form adds
//   min(back - p * chg, 0) before the clamp: where that is negative the result is next with or without it.
//
// p is the probability that a cancelled lot stood behind us, with f = front and b = back:
//
//   risk_averse  1                          nobody ahead cancels, only prints advance
//   power        b^n / (b^n + f^n)          free of units; n >= 2 can invert the order of two own orders
//   power2       b^n / (b + f)^n            free of units
//   power3       1 - (f / (b + f))^n        free of units, keeps the order of own orders: the default
//   log          ln(1+b) / (ln(1+b) + ln(1+f))   b and f in lots * unit: the 1 makes the result depend on it
//   log2         ln(1+b) / ln(1+b+f)             as log
//
// b = f = 0 gives p = 1: where nobody is ahead, whoever left stood behind.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace lumina {

enum class QueueModelKind : std::uint8_t { risk_averse, power, power2, power3, log, log2 };

struct QueueModel {
  QueueModel() = default;

  // n: exponent of the power models, > 0. unit: base units a lot (1: count in lots), in [1e-18, 1e18].
  QueueModel(QueueModelKind kind, double n, double unit = 1.0, bool exact_back = false)
      : kind_(kind), exact_back_(exact_back), n_(n), unit_(unit) {
    if (kind > QueueModelKind::log2) {
      throw std::invalid_argument("kind " + std::to_string(static_cast<int>(kind)) + " is not a queue model (0 to 5)");
    }
    if (!(n > 0) || !std::isfinite(n)) {
      throw std::invalid_argument("n " + std::to_string(n) + " is not a finite number above 0");
    }
    if (!(unit >= 1e-18 && unit <= 1e18)) {  // within it no product below vanishes, so 0/0 cannot come up
      throw std::invalid_argument("unit " + std::to_string(unit) + " is not in [1e-18, 1e18]");
    }
    whole_n_ = n <= 8 && n == std::floor(n) ? static_cast<int>(n) : 0;
  }

  QueueModelKind kind() const noexcept { return kind_; }

  // front after a print of qty at our price; displayed is what the level shows.
  double after_trade(double front, double qty, double displayed) const noexcept {
    return std::max(0.0, std::min(front - qty, displayed));
  }

  // front after a depth row that moved the level from prev to next; cum is what was printed at the level
  // since its previous depth row, and the caller sets it to 0 afterwards. front is finite.
  double after_depth(double front, double prev, double next, double cum) const noexcept {
    const double chg = prev - next - cum;
    if (chg > 0) {
      // an order moved here by an impact shift, or frozen during prints, can have more ahead than is shown
      const double back = std::max(0.0, prev - (exact_back_ ? cum : 0.0) - front);
      front -= (1 - behind(back, front)) * chg;
    }
    return std::max(0.0, std::min(front, next));
  }

 private:
  double behind(double b, double f) const noexcept {
    if (f <= 0) return 1;
    switch (kind_) {
      case QueueModelKind::power:  // as a ratio: b^n alone overflows
        return 1 / (1 + pow_n(f / b));
      case QueueModelKind::power2:
        return pow_n(b / (b + f));
      case QueueModelKind::power3:
        return 1 - pow_n(f / (b + f));
      case QueueModelKind::log: {
        const double lb = std::log1p(b * unit_);
        return lb / (lb + std::log1p(f * unit_));
      }
      case QueueModelKind::log2:
        return std::log1p(b * unit_) / std::log1p((b + f) * unit_);
      case QueueModelKind::risk_averse:
        break;
    }
    return 1;
  }

  // Whole exponents are products, without a call to pow: this runs once a depth row of our levels.
  double pow_n(double x) const noexcept {
    if (whole_n_ == 0) return std::pow(x, n_);
    double y = x;
    for (int i = 1; i < whole_n_; ++i) y *= x;
    return y;
  }

  QueueModelKind kind_ = QueueModelKind::power3;
  bool exact_back_ = false;
  int whole_n_ = 3;  // n where pow_n multiplies, else 0
  double n_ = 3;
  double unit_ = 1;
};

}  // namespace lumina
