// The value of a quantity at a price, in integer money: linear contracts, and inverse ones that are worth
// quantity / price in coin. Prices come in half ticks, so that a mid is exact.
#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace lumina {

// Money inside the accounts; narrowed to 64 bits where it leaves them.
__extension__ using Int128 = __int128;

namespace detail {

constexpr Int128 floor_div(Int128 a, Int128 b) noexcept {  // b > 0
  const Int128 q = a / b;
  return a % b < 0 ? q - 1 : q;
}

// b > 0, and 2 * b fits
template <class Integer>
constexpr Integer round_half_even_div(Integer a, Integer b) noexcept {
  Integer q = a / b, rest = a % b;
  if (rest < 0) --q, rest += b;
  const Integer twice = 2 * rest;
  return q + (twice > b || (twice == b && (q & 1)) ? 1 : 0);
}

// round_half_even_div(a * b * c, d * e), d * e > 0. In 64 bits where they are enough, as nearly always: a quotient of
// 128 bits is two calls of the compiler's library.
constexpr Int128 rounded_ratio(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d,
                               std::int64_t e) noexcept {
  std::int64_t over = 0, under = 0, twice = 0;
  if (__builtin_mul_overflow(a, b, &over) || __builtin_mul_overflow(over, c, &over) ||
      __builtin_mul_overflow(d, e, &under) || __builtin_mul_overflow(under, 2, &twice)) [[unlikely]]
    return round_half_even_div(Int128{a} * b * c, Int128{d} * e);
  return round_half_even_div(over, under);
}

constexpr Int128 ceil_div(Int128 a, Int128 b) noexcept { return -floor_div(-a, b); }

}  // namespace detail

// num / den is the value of one lot at one tick, in units: linear value = price * qty * num / den, inverse
// value = -qty * num / (den * price). The minus makes both rise with the price for a long position, so that a
// buy's cash change is -value(price, qty) either way.
struct ContractValue {
  // No quantity beyond this fits the arithmetic below; accounts flag it as overflow.
  static constexpr std::int64_t kMaxLots = std::int64_t{1} << 40;
  static constexpr std::int64_t kMaxLinear = std::int64_t{1} << 53;
  static constexpr std::int64_t kMaxInverse = std::int64_t{1} << 62;

  ContractValue() = default;

  // num and den >= 1, at most 2^53 (linear) or 2^62 (inverse): then no price of 32 bits overflows.
  ContractValue(bool is_inverse, std::int64_t numerator, std::int64_t denominator)
      : inverse(is_inverse), num(numerator), den(denominator) {
    const std::int64_t most = inverse ? kMaxInverse : kMaxLinear;
    if (num < 1 || num > most) {
      throw std::invalid_argument("num " + std::to_string(num) + " is not in [1, " + std::to_string(most) + "]");
    }
    if (den < 1 || den > most) {
      throw std::invalid_argument("den " + std::to_string(den) + " is not in [1, " + std::to_string(most) + "]");
    }
  }

  // Signed value of qty_lots (|qty_lots| <= kMaxLots) at price2 half ticks, rounded half to even. An inverse
  // contract has no value at a price below 1 half tick: 0.
  constexpr Int128 value(std::int64_t price2, std::int64_t qty_lots) const noexcept {
    if (!inverse) return detail::rounded_ratio(price2, qty_lots, num, den, 2);
    if (price2 < 1) return 0;
    return -detail::rounded_ratio(qty_lots, num, 2, den, price2);
  }

  // What a position is worth, signed like the position: what funding is paid on.
  constexpr Int128 position_value(std::int64_t price2, std::int64_t qty_lots) const noexcept {
    const Int128 v = value(price2, qty_lots);
    return inverse ? -v : v;
  }

  // What lots (>= 0, any real number: an integral of relative impact) cost at price2, rounded up. An amount
  // beyond 64 bits comes back as INT64_MAX, which accounts take as overflow.
  std::int64_t cost(std::int64_t price2, double lots) const noexcept {
    const double unit = static_cast<double>(num) / static_cast<double>(den);
    const double price = std::fabs(static_cast<double>(price2)) / 2;
    const double units = std::ceil(inverse ? (price2 < 1 ? 0 : lots * unit / price) : lots * unit * price);
    return units < 0x1p63 ? static_cast<std::int64_t>(units) : INT64_MAX;
  }

  bool inverse = false;
  std::int64_t num = 1;
  std::int64_t den = 1;
};

// ceil(rate * |value|): a positive rate is a cost and rounds up, a rebate (negative) rounds down.
constexpr Int128 fee(std::int64_t rate_e9, Int128 value) noexcept {
  return detail::ceil_div((value < 0 ? -value : value) * rate_e9, 1'000'000'000);
}

}  // namespace lumina
