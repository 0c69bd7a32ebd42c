// The limits of pre-trade risk as somebody sets them, and as the gate reads them.
#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "lumina/types.hpp"

namespace lumina {

// Of one instrument. 0 or less = off.
struct RiskLimits {
  std::int64_t max_order_lots = 0;
  std::int64_t max_notional_units = 0;  // |value| of one order
  double price_band = 0;                // largest |price - mid| / mid of a priced order; kept in 1e-9
  std::int64_t max_position_lots = 0;   // largest |position| if every open order of the side were filled
  std::int64_t max_open_orders = 0;     // both sides
  std::int64_t max_messages = 0;        // new orders, replaces and cancels that leave in any window
  std::int64_t message_window_ns = 1'000'000'000;
  std::int64_t max_daily_loss_units = 0;  // a loss of so much, at the mark and with fees, closes the gate
  std::int64_t day_start_ns = 0;          // when a day starts, after midnight UTC
  std::int64_t duplicate_window_ns = 0;   // no second new order of one side, price and quantity within it
  bool refuse_self_cross = false;         // no order that would meet an own one
};

// Risk says no at the time of sending: such a request never left.
constexpr bool is_risk_reason(std::uint8_t reason) noexcept {
  return (reason >= LUMINA_REASON_INVALID && reason <= LUMINA_REASON_RISK_POSITION) ||
         (reason >= LUMINA_REASON_RISK_OPEN_ORDERS && reason <= LUMINA_REASON_RISK_KILLED);
}
inline constexpr std::size_t kReasons = LUMINA_REASON_RISK_KILLED + 1;

namespace detail {

inline constexpr std::int64_t kDayNs = 86'400'000'000'000;

// Checked, in integers, 0 for off; whole words, so that they can be passed on word by word.
struct RiskRules {
  std::int64_t max_order_lots = 0;
  std::int64_t max_notional_units = 0;
  std::int64_t band_e9 = 0;
  std::int64_t max_position_lots = 0;
  std::int64_t max_open_orders = 0;
  std::int64_t max_messages = 0;
  std::int64_t message_window_ns = 0;
  std::int64_t max_daily_loss_units = 0;
  std::int64_t day_start_ns = 0;
  std::int64_t duplicate_window_ns = 0;
  std::int64_t refuse_self_cross = 0;
  std::int64_t on = 0;  // any of them

  RiskRules() = default;
  explicit RiskRules(const RiskLimits& limits)
      : max_order_lots(above_0(limits.max_order_lots)),
        max_notional_units(above_0(limits.max_notional_units)),
        max_position_lots(above_0(limits.max_position_lots)),
        max_open_orders(above_0(limits.max_open_orders)),
        max_messages(above_0(limits.max_messages)),
        message_window_ns(limits.message_window_ns),
        max_daily_loss_units(above_0(limits.max_daily_loss_units)),
        day_start_ns(limits.day_start_ns),
        duplicate_window_ns(above_0(limits.duplicate_window_ns)),
        refuse_self_cross(limits.refuse_self_cross) {
    if (!(limits.price_band <= kMaxBand)) {
      throw std::invalid_argument("price_band " + std::to_string(limits.price_band) + " is above " +
                                  std::to_string(kMaxBand));
    }
    if (limits.price_band > 0) {
      // in integers, so that an order exactly on the band passes whatever the fraction's binary form
      band_e9 = std::llround(limits.price_band * 1e9);
      if (band_e9 == 0) throw std::invalid_argument("price_band is above 0 and below its resolution of 1e-9");
    }
    if (max_messages) in_range("message_window_ns", message_window_ns, 1, kMaxWindowNs);
    in_range("day_start_ns", day_start_ns, 0, kDayNs - 1);
    in_range("duplicate_window_ns", duplicate_window_ns, 0, kMaxWindowNs);
    on = max_order_lots || max_notional_units || band_e9 || max_position_lots || max_open_orders || max_messages ||
         max_daily_loss_units || duplicate_window_ns || refuse_self_cross;
  }

 private:
  static constexpr double kMaxBand = 1e6;
  static constexpr std::int64_t kMaxWindowNs = std::int64_t{1} << 60;

  static std::int64_t above_0(std::int64_t limit) noexcept { return limit > 0 ? limit : 0; }
  static void in_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value < low || value > high) {
      throw std::invalid_argument(std::string(name) + " " + std::to_string(value) + " is not in [" +
                                  std::to_string(low) + ", " + std::to_string(high) + "]");
    }
  }
};

}  // namespace detail
}  // namespace lumina
