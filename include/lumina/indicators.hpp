// Indicators over series of float or double, by the best vector instructions of the CPU (platform/cpu.hpp). All levels
// give the same bits, if the compiler fuses no product with a sum (-ffp-contract=off; this project is built so).
// Sums run in double whatever T is. None allocates, none throws; `out` holds n elements and overlaps no input.
// A quotient of zero by zero is NaN.
#pragma once

#include <cstddef>

#include "lumina/indicators/book_levels.hpp"
#include "lumina/indicators/dispatch.hpp"
#include "lumina/platform/cpu.hpp"

namespace lumina::indicators {

// The functions of one level. Take best() once and keep it.
template <class T>
class Indicators {
 public:
  // `level` must be one that this machine has.
  explicit Indicators(SimdLevel level) noexcept : kernels_(&detail::indicator_kernels<T>(level)) {}
  // Throws std::invalid_argument if LUMINA_SIMD asks for what is not there.
  static Indicators best() { return Indicators(simd_level()); }

  // y = alpha * x + (1 - alpha) * y', from the first element that is a number on; 0 < alpha <= 1. A NaN leaves the
  // average as it was; after an average that is NaN (none yet, or infinity less infinity) the next number starts anew.
  void ema(const T* x, std::size_t n, double alpha, T* out) const noexcept { kernels_->ema(x, n, alpha, out); }

  // Doubles of scratch that a rolling function asks for. Windows below 32 need none.
  static std::size_t rolling_scratch(std::size_t window, std::size_t n) noexcept {
    return window < 32 || window > n ? 0 : window / 8 * 2 * kPartDoubles + 7;
  }
  // Over the last `window` >= 1 elements; the first window - 1 results are NaN, as is each with a NaN in its window.
  void rolling_mean(const T* x, std::size_t n, std::size_t window, double* scratch, T* out) const noexcept {
    kernels_->rolling_mean(x, n, window, 0, scratch, out);
  }
  void rolling_min(const T* x, std::size_t n, std::size_t window, double* scratch, T* out) const noexcept {
    kernels_->rolling_min(x, n, window, 0, scratch, out);
  }
  void rolling_max(const T* x, std::size_t n, std::size_t window, double* scratch, T* out) const noexcept {
    kernels_->rolling_max(x, n, window, 0, scratch, out);
  }
  // Squared deviations from the window's mean over window - ddof, the root of it; ddof < window. NaN with an infinity
  // in the window, too.
  void rolling_std(const T* x, std::size_t n, std::size_t window, std::size_t ddof, double* scratch,
                   T* out) const noexcept {
    kernels_->rolling_std(x, n, window, ddof, scratch, out);
  }
  // (x - mean) / std of the window that ends with x.
  void rolling_zscore(const T* x, std::size_t n, std::size_t window, std::size_t ddof, double* scratch,
                      T* out) const noexcept {
    kernels_->rolling_zscore(x, n, window, ddof, scratch, out);
  }

  // sum(price * qty) / sum(qty), of the whole series and up to each element.
  double vwap(const T* price, const T* qty, std::size_t n) const noexcept { return kernels_->vwap(price, qty, n); }
  void cumulative_vwap(const T* price, const T* qty, std::size_t n, T* out) const noexcept {
    kernels_->cumulative_vwap(price, qty, n, out);
  }

  // Sum of squared steps of x; 0 below two elements.
  double realised_variance(const T* x, std::size_t n) const noexcept { return kernels_->realised_variance(x, n); }

  // (bid - ask) / (bid + ask).
  void imbalance(const T* bid_qty, const T* ask_qty, std::size_t n, T* out) const noexcept {
    kernels_->imbalance(bid_qty, ask_qty, n, out);
  }
  // The same of sums over the first `levels` of each row; rows stand `stride` apart. `weights`, one a level, may be
  // null.
  void imbalance(const T* bid_qty, const T* ask_qty, std::size_t rows, std::size_t stride, std::size_t levels,
                 const double* weights, T* out) const noexcept {
    if (weights)
      detail::book_levels(detail::ImbalanceTerms<true, T>{bid_qty, ask_qty, stride, weights}, rows, levels, out);
    else
      detail::book_levels(detail::ImbalanceTerms<false, T>{bid_qty, ask_qty, stride, nullptr}, rows, levels, out);
  }

  // (bid price * ask quantity + ask price * bid quantity) / (bid quantity + ask quantity).
  void weighted_mid(const T* bid_price, const T* bid_qty, const T* ask_price, const T* ask_qty, std::size_t n,
                    T* out) const noexcept {
    kernels_->weighted_mid(bid_price, bid_qty, ask_price, ask_qty, n, out);
  }
  // The same of sums over the first `levels` of each row.
  void weighted_mid(const T* bid_price, const T* bid_qty, const T* ask_price, const T* ask_qty, std::size_t rows,
                    std::size_t stride, std::size_t levels, T* out) const noexcept {
    detail::book_levels(detail::WeightedMidTerms<T>{bid_price, bid_qty, ask_price, ask_qty, stride}, rows, levels, out);
  }

  // Order-flow imbalance of Cont, Kukanov and Stoikov (2014) between each state of the touch and the one before it:
  // out[0] is NaN. NaN where one of the eight numbers is.
  void ofi(const T* bid_price, const T* bid_qty, const T* ask_price, const T* ask_qty, std::size_t n,
           T* out) const noexcept {
    kernels_->ofi(bid_price, bid_qty, ask_price, ask_qty, n, out);
  }

 private:
  static constexpr std::size_t kPartDoubles = 24;  // of the largest part, three registers of eight

  const detail::IndicatorKernels<T>* kernels_;
};

}  // namespace lumina::indicators
