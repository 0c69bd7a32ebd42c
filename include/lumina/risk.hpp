// Pre-trade risk: the one gate between strategy and exchange, in backtest and live alike. It judges a new
// order or a replacement at the time of sending, on what the strategy's side knows, and keeps no state.
#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "lumina/contract_value.hpp"
#include "lumina/types.hpp"

namespace lumina {

// 0 or less = off.
struct RiskLimits {
  std::int64_t max_order_lots = 0;
  std::int64_t max_notional_units = 0;  // |value| of one order
  double price_band = 0;                // largest |price - mid| / mid of a priced order; kept in 1e-9
  std::int64_t max_position_lots = 0;   // largest |position| if every open order of the side were filled
};

class RiskGate {
 public:
  struct Order {
    std::uint8_t side;  // lumina_side
    std::uint8_t type;  // lumina_order_type
    std::int64_t price_ticks;
    std::int64_t qty_lots;  // what would be open: of a replacement the new total less what is filled
  };

  // What the strategy's side knows when it sends.
  struct State {
    std::int64_t position_lots;
    std::int64_t open_same_side_lots;  // of all other open orders on the order's side, replaces in flight included
    std::int64_t mid2;                 // mid in half ticks; 0 = none
    std::int64_t reference2;           // price of a market order in half ticks; 0 = none
  };

  RiskGate() = default;
  RiskGate(const RiskLimits& limits, const ContractValue& contract) : limits_(limits), contract_(contract) {
    if (!(limits.price_band <= kMaxBand)) {
      throw std::invalid_argument("price_band " + std::to_string(limits.price_band) + " is above " +
                                  std::to_string(kMaxBand));
    }
    if (limits.price_band > 0) {
      // in integers, so that an order exactly on the band passes whatever the fraction's binary form
      band_e9_ = std::llround(limits.price_band * 1e9);
      if (band_e9_ == 0) throw std::invalid_argument("price_band is above 0 and below its resolution of 1e-9");
    }
  }

  // The first rule that the order breaks, in this order: its own form, order size, notional, price band,
  // position. A rule without its reference price is skipped.
  lumina_reason check(const Order& order, const State& state) const noexcept {
    const bool market = order.type == LUMINA_MARKET;
    if (order.side > LUMINA_SELL || order.type > LUMINA_MARKET || order.qty_lots < 1 || order.qty_lots > INT32_MAX ||
        (!market && (order.price_ticks < 1 || order.price_ticks > INT32_MAX))) {
      return LUMINA_REASON_INVALID;
    }
    if (limits_.max_order_lots > 0 && order.qty_lots > limits_.max_order_lots) return LUMINA_REASON_RISK_QTY;

    const std::int64_t price2 = market ? state.reference2 : order.price_ticks * 2;
    if (limits_.max_notional_units > 0 && price2 != 0) {
      const Int128 value = contract_.value(price2, order.qty_lots);
      if ((value < 0 ? -value : value) > limits_.max_notional_units) return LUMINA_REASON_RISK_NOTIONAL;
    }

    if (band_e9_ > 0 && !market && state.mid2 > 0) {
      const std::int64_t distance2 = price2 > state.mid2 ? price2 - state.mid2 : state.mid2 - price2;
      if (Int128{distance2} * 1'000'000'000 > Int128{band_e9_} * state.mid2) return LUMINA_REASON_RISK_PRICE_BAND;
    }

    if (limits_.max_position_lots > 0) {
      const Int128 open = Int128{state.open_same_side_lots} + order.qty_lots;
      const Int128 reached = state.position_lots + (order.side == LUMINA_BUY ? open : -open);
      // only in the order's own direction: what reduces a position that is too large may always go
      if (order.side == LUMINA_BUY ? reached > limits_.max_position_lots
                                   : reached < -Int128{limits_.max_position_lots}) {
        return LUMINA_REASON_RISK_POSITION;
      }
    }
    return LUMINA_REASON_NONE;
  }

  const RiskLimits& limits() const noexcept { return limits_; }

 private:
  static constexpr double kMaxBand = 1e6;

  RiskLimits limits_;
  ContractValue contract_;
  std::int64_t band_e9_ = 0;
};

}  // namespace lumina
