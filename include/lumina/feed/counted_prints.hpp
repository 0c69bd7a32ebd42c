// Prints that came after the depth change that they caused (SEMANTICS F6, COUNTED).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "lumina/types.hpp"

namespace lumina::feed {

class CountedPrints {
 public:
  // Losses older than the window before a print explain it no more; 0 switches the rule off.
  explicit CountedPrints(std::int64_t window_ns) : window_ns_(window_ns) {}

  std::int64_t count() const noexcept { return count_; }

  // A level lost quantity that no print explains.
  void lose(std::int64_t exch_ts_ns, Side side, std::int32_t price_ticks, std::int64_t lots) {
    if (window_ns_ <= 0) return;
    while (!losses_.empty() && (losses_.front().exch_ts_ns < exch_ts_ns - window_ns_ || losses_.size() >= kMaxLosses))
      losses_.pop_front();
    losses_.push_back({exch_ts_ns, lots, price_ticks, side});
  }

  // True where the level of the side lost the print's quantity already; that loss explains no other print.
  bool explain(std::int64_t exch_ts_ns, Side side, std::int32_t price_ticks, std::int64_t lots) {
    std::int64_t need = lots;
    const auto at_level = [&](const Loss& loss) {
      return loss.price_ticks == price_ticks && loss.side == side && loss.exch_ts_ns >= exch_ts_ns - window_ns_;
    };
    for (const Loss& loss : losses_)
      if (at_level(loss)) need -= loss.lots;
    if (need > 0) return false;
    need = lots;
    for (Loss& loss : losses_) {
      if (need == 0) break;
      if (!at_level(loss)) continue;
      const std::int64_t used = std::min(need, loss.lots);
      loss.lots -= used;
      need -= used;
    }
    ++count_;
    return true;
  }

 private:
  static constexpr std::size_t kMaxLosses = std::size_t{1} << 16;

  struct Loss {
    std::int64_t exch_ts_ns;
    std::int64_t lots;
    std::int32_t price_ticks;
    Side side;
  };

  std::int64_t window_ns_;
  std::int64_t count_ = 0;
  std::deque<Loss> losses_;
};

}  // namespace lumina::feed
