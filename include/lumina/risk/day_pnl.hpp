// The position of one instrument and what it made today, from the fills reported and the mids seen: integers, with the
// rounding of the accounts. Fees count; funding and impact, which no report tells, do not.
#pragma once

#include <cstdint>
#include <limits>

#include "lumina/contract_value.hpp"
#include "lumina/risk/limits.hpp"
#include "lumina/types.hpp"

namespace lumina {

class DayPnl {
 public:
  explicit DayPnl(const ContractValue& contract) noexcept : contract_(contract) {}

  // A day ends where day_start_ns after midnight UTC is passed; the P&L then starts again at the last mark. True when
  // one began.
  bool roll(std::int64_t now_ns, std::int64_t day_start_ns) noexcept {
    if (now_ns < next_day_ns_) [[likely]]
      return false;
    start_days_at(now_ns, day_start_ns);
    restart();
    return true;
  }
  // The present day goes on to the next such time.
  void start_days_at(std::int64_t now_ns, std::int64_t day_start_ns) noexcept {
    const Int128 day = detail::floor_div(Int128{now_ns} - day_start_ns, detail::kDayNs) + 1;
    const Int128 next = day * detail::kDayNs + day_start_ns;
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    next_day_ns_ = next > never ? never : static_cast<std::int64_t>(next);
  }
  void restart() noexcept { base_ = equity(); }

  // In half ticks; kNoMid changes nothing.
  void mark(std::int64_t mid2) noexcept {
    if (mid2 != kNoMid) mark2_ = mid2;
  }

  void fill(std::uint8_t side, std::int64_t price_ticks, std::int64_t lots, std::int64_t fee_units) noexcept {
    const std::int64_t signed_lots = side == LUMINA_BUY ? lots : -lots;
    if (mark2_ == kNoMid) mark2_ = price_ticks * 2;  // no mid was seen yet
    cash_ -= contract_.value(price_ticks * 2, signed_lots) + fee_units;
    position_lots_ += signed_lots;
  }

  // Held from before, at mid2 half ticks: it has made nothing so far.
  void hold(std::int64_t position_lots, std::int64_t mid2) noexcept {
    mark(mid2);
    position_lots_ = position_lots;
    restart();
  }

  std::int64_t position_lots() const noexcept { return position_lots_; }
  Int128 pnl() const noexcept { return equity() - base_; }

 private:
  // Before the first mark there is no position.
  Int128 equity() const noexcept { return mark2_ == kNoMid ? cash_ : cash_ + contract_.value(mark2_, position_lots_); }

  std::int64_t next_day_ns_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t mark2_ = kNoMid;
  std::int64_t position_lots_ = 0;
  ContractValue contract_;
  Int128 cash_ = 0;  // after fees
  Int128 base_ = 0;  // equity when the day began
};

}  // namespace lumina
