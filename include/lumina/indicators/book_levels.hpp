// Signals over several levels of the book: a row a state, its levels side by side. Sums run from the touch outwards.
// Eight rows advance together so that their chains of additions overlap; loads bind, so one version does for all CPUs.
#pragma once

#include <algorithm>
#include <cstddef>

namespace lumina::detail {

constexpr std::size_t kRowsTogether = 8;

// Sum over levels of one row, of `rows` (at most kRowsTogether) rows: numerator and denominator by Terms::add.
template <std::size_t kRows, class Terms, class T>
void book_rows(const Terms& terms, std::size_t row, std::size_t levels, T* out) noexcept {
  double above[kRows] = {}, below[kRows] = {};
  for (std::size_t level = 0; level < levels; ++level)
    for (std::size_t k = 0; k < kRows; ++k) terms.add(row + k, level, above[k], below[k]);
  for (std::size_t k = 0; k < kRows; ++k) out[row + k] = static_cast<T>(terms.result(above[k], below[k]));
}

template <class Terms, class T>
void book_levels(const Terms& terms, std::size_t rows, std::size_t levels, T* out) noexcept {
  std::size_t row = 0;
  for (; rows - row >= kRowsTogether; row += kRowsTogether) book_rows<kRowsTogether>(terms, row, levels, out);
  for (; row < rows; ++row) book_rows<1>(terms, row, levels, out);
}

// above: weighted bids, below: weighted asks
template <bool kWeighted, class T>
struct ImbalanceTerms {
  const T *bid, *ask;
  std::size_t stride;
  const double* weights;

  void add(std::size_t row, std::size_t level, double& bids, double& asks) const noexcept {
    const std::size_t at = row * stride + level;
    const double weight = kWeighted ? weights[level] : 1.0;
    bids += weight * static_cast<double>(bid[at]);
    asks += weight * static_cast<double>(ask[at]);
  }
  double result(double bids, double asks) const noexcept { return (bids - asks) / (bids + asks); }
};

template <class T>
struct WeightedMidTerms {
  const T *bid_price, *bid_qty, *ask_price, *ask_qty;
  std::size_t stride;

  void add(std::size_t row, std::size_t level, double& value, double& qty) const noexcept {
    const std::size_t at = row * stride + level;
    const double bids = static_cast<double>(bid_qty[at]), asks = static_cast<double>(ask_qty[at]);
    value += static_cast<double>(bid_price[at]) * asks + static_cast<double>(ask_price[at]) * bids;
    qty += bids + asks;
  }
  double result(double value, double qty) const noexcept { return value / qty; }
};

}  // namespace lumina::detail
