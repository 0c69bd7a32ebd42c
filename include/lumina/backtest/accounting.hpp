// The accounts of one instrument (SEMANTICS A1), in integers:
//
//   pnl = spread_capture + inventory - fees - impact - funding = cash + V(mid, position) - fees - impact - funding
//
// exactly, because inventory is the telescoping sum of the marks V(mid, position) between fills, each rounded
// once, and a fill's spread capture is measured between the marks just before and just after it.
#pragma once

#include <cstdint>
#include <limits>

#include "lumina/contract_value.hpp"
#include "lumina/types.hpp"

namespace lumina {

class Account {
 public:
  // What one fill did; the fields of lumina::Fill.
  struct FillEffect {
    std::int64_t cash_units;
    std::int64_t fee_units;
    std::int64_t impact_units;
    std::int64_t spread_capture_units;
    std::int64_t position_lots;
  };

  struct Totals {
    std::int64_t cash_units;
    std::int64_t spread_capture_units;
    std::int64_t inventory_units;
    std::int64_t fees_units;  // costs are positive
    std::int64_t impact_units;
    std::int64_t funding_units;
    std::int64_t pnl_units;
  };

  Account() = default;
  explicit Account(ContractValue contract) noexcept : contract_(contract) {}

  // qty_lots > 0 filled at price_ticks. mid2 is the mid that the fill is marked at (A2), in half ticks;
  // kNoMid where there was none yet: the fill is then marked at its own price. impact_units is the charge, >= 0.
  FillEffect on_fill(Side side, std::int32_t price_ticks, std::int64_t qty_lots, std::int64_t mid2,
                     std::int64_t fee_rate_e9, std::int64_t impact_units) noexcept {
    const std::int64_t price2 = std::int64_t{price_ticks} * 2;
    const std::int64_t signed_lots = side == Side::buy ? qty_lots : -qty_lots;
    std::int64_t after = 0;
    if (__builtin_add_overflow(position_lots_, signed_lots, &after) || after > ContractValue::kMaxLots ||
        after < -ContractValue::kMaxLots || qty_lots < 0 || qty_lots > ContractValue::kMaxLots ||
        impact_units == std::numeric_limits<std::int64_t>::max()) {
      overflow_ = true;
      return {0, 0, 0, 0, position_lots_};
    }
    const std::int64_t mark2 = mid2 == kNoMid ? price2 : mid2;
    mark(mark2);
    const Int128 cash = -contract_.value(price2, signed_lots);
    const Int128 marked = contract_.value(mark2, after);
    const Int128 spread = cash + marked - marked_;
    const Int128 cost = fee(fee_rate_e9, cash);
    if (overflow_ || !fits(cash_ + cash) || !fits(spread_capture_ + spread) || !fits(fees_ + cost) ||
        !fits(impact_ + impact_units) || !fits(cash) || !fits(spread) || !fits(cost)) {
      overflow_ = true;  // nothing of it is booked: the accounts are those before
      return {0, 0, 0, 0, position_lots_};
    }
    marked_ = marked;
    position_lots_ = after;
    cash_ += cash;
    spread_capture_ += spread;
    fees_ += cost;
    impact_ += impact_units;
    return {static_cast<std::int64_t>(cash), static_cast<std::int64_t>(cost), impact_units,
            static_cast<std::int64_t>(spread), after};
  }

  // Marks the position at a valid mid; kNoMid changes nothing.
  void mark(std::int64_t mid2) noexcept {
    if (mid2 == kNoMid) return;
    const Int128 value = contract_.value(mid2, position_lots_);
    const Int128 inventory = inventory_ + value - marked_;
    if (!fits(inventory)) {
      overflow_ = true;
      return;
    }
    inventory_ = inventory;
    marked_ = value;
  }

  // A funding row: longs pay rate_e9 of the position's value at mid2, the last valid mid before the row, and
  // shorts receive it; linear and inverse alike. Without a mid there is nothing to pay on.
  void funding(std::int64_t rate_e9, std::int64_t mid2) noexcept {
    if (mid2 == kNoMid) return;
    const std::int64_t value = narrow(contract_.position_value(mid2, position_lots_));
    const Int128 paid = funding_ + detail::ceil_div(Int128{rate_e9} * value, 1'000'000'000);
    if (!fits(paid)) {
      overflow_ = true;
      return;
    }
    funding_ = paid;
  }

  // Impact that comes with no fill of its own.
  void charge_impact(std::int64_t units) noexcept {
    if (fits(impact_ + units)) {
      impact_ += units;
    } else {
      overflow_ = true;
    }
  }

  std::int64_t position_lots() const noexcept { return position_lots_; }
  const ContractValue& contract() const noexcept { return contract_; }

  // At the last mark.
  Totals totals() noexcept {
    return {narrow(cash_), narrow(spread_capture_), narrow(inventory_),
            narrow(fees_), narrow(impact_),         narrow(funding_),
            pnl()};
  }
  std::int64_t pnl() noexcept { return narrow(spread_capture_ + inventory_ - fees_ - impact_ - funding_); }

  // Value change if the position were closed at price2 half ticks (the touch) instead of marked where it is.
  std::int64_t liquidation(std::int64_t price2) noexcept {
    return narrow(contract_.value(price2, position_lots_) - marked_);
  }

  // True once some amount would not have fitted 64 bits, or a position 2^40 lots: it was not booked, the run must end.
  bool overflow() const noexcept { return overflow_; }

 private:
  static constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();

  static constexpr bool fits(Int128 units) noexcept { return units <= kMost && units >= -kMost; }

  std::int64_t narrow(Int128 units) noexcept {
    if (!fits(units)) {
      overflow_ = true;
      return static_cast<std::int64_t>(units > 0 ? kMost : -kMost);
    }
    return static_cast<std::int64_t>(units);
  }

  ContractValue contract_;
  std::int64_t position_lots_ = 0;
  bool overflow_ = false;
  Int128 cash_ = 0;
  Int128 spread_capture_ = 0;
  Int128 inventory_ = 0;
  Int128 fees_ = 0;
  Int128 impact_ = 0;
  Int128 funding_ = 0;
  Int128 marked_ = 0;  // V(last mid, position)
};

}  // namespace lumina
