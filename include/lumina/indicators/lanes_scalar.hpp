// Eight doubles in plain C++: the reference that the other levels must equal bit by bit (any NaN equals any other).
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

namespace lumina::detail::simd_scalar {

struct Lanes {
  double at[8];

  static Lanes load(const double* from) noexcept {
    return each([&](std::size_t i) { return from[i]; });
  }
  static Lanes load(const float* from) noexcept {
    return each([&](std::size_t i) { return static_cast<double>(from[i]); });
  }
  // The same by two loads where one would be as wide as a cache line: a load that crosses lines can wait for a store
  // whose address is close to it modulo 4096.
  template <class T>
  static Lanes load_halves(const T* from) noexcept {
    return load(from);
  }
  static Lanes all(double value) noexcept {
    return each([&](std::size_t) { return value; });
  }
  void store(double* to) const noexcept {
    for (std::size_t i = 0; i < 8; ++i) to[i] = at[i];
  }
  void store(float* to) const noexcept {
    for (std::size_t i = 0; i < 8; ++i) to[i] = static_cast<float>(at[i]);
  }

  friend Lanes operator+(const Lanes& a, const Lanes& b) noexcept {
    return each([&](std::size_t i) { return a.at[i] + b.at[i]; });
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) noexcept {
    return each([&](std::size_t i) { return a.at[i] - b.at[i]; });
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) noexcept {
    return each([&](std::size_t i) { return a.at[i] * b.at[i]; });
  }
  friend Lanes operator/(const Lanes& a, const Lanes& b) noexcept {
    return each([&](std::size_t i) { return a.at[i] / b.at[i]; });
  }
  // a * b + c in one rounding.
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) noexcept {
    return each([&](std::size_t i) { return std::fma(a.at[i], b.at[i], c.at[i]); });
  }
  Lanes sqrt() const noexcept {
    return each([&](std::size_t i) { return std::sqrt(at[i]); });
  }

  // The last K lanes of `before`, then the first 8 - K of `now`: what stood K places earlier.
  template <std::size_t K>
  static Lanes earlier(const Lanes& before, const Lanes& now) noexcept {
    return each([&](std::size_t i) { return i < K ? before.at[8 - K + i] : now.at[i - K]; });
  }
  // The last lane in all of them.
  Lanes last() const noexcept { return all(at[7]); }
  double front() const noexcept { return at[0]; }
  double back() const noexcept { return at[7]; }

  // NaN where either is.
  static Lanes max(const Lanes& a, const Lanes& b) noexcept {
    return each([&](std::size_t i) { return a.at[i] != a.at[i] || a.at[i] > b.at[i] ? a.at[i] : b.at[i]; });
  }
  static Lanes min(const Lanes& a, const Lanes& b) noexcept {
    return each([&](std::size_t i) { return a.at[i] != a.at[i] || a.at[i] < b.at[i] ? a.at[i] : b.at[i]; });
  }
  // This where a >= b, else zero.
  Lanes where_at_least(const Lanes& a, const Lanes& b) const noexcept {
    return each([&](std::size_t i) { return a.at[i] >= b.at[i] ? at[i] : 0.0; });
  }
  // NaN where a or b is NaN, else this.
  Lanes unless_nan(const Lanes& a, const Lanes& b) const noexcept {
    return each([&](std::size_t i) {
      return a.at[i] != a.at[i] || b.at[i] != b.at[i] ? std::numeric_limits<double>::quiet_NaN() : at[i];
    });
  }

 private:
  template <class Function>
  static Lanes each(const Function& value) noexcept {
    Lanes lanes;
    for (std::size_t i = 0; i < 8; ++i) lanes.at[i] = value(i);
    return lanes;
  }
};

}  // namespace lumina::detail::simd_scalar
