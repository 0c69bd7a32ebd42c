// What all market makers share: turning two wanted prices into as few requests as possible.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "lumina/strategy/abi.h"
#include "lumina/strategy/params.hpp"

namespace lumina {

inline constexpr int kMaxQuoteLevels = 16;

// Times in ns, prices in ticks, quantities in lots.
struct QuoterParams {
  std::int32_t order_lots = 1;
  double order_qty = 0.0;              // the order size in base units or contracts instead, where it is not 0
  std::int64_t max_position_lots = 0;  // 0: ten orders
  std::int32_t levels = 1;             // orders a side
  std::int32_t level_spacing_ticks = 1;
  std::int32_t requote_ticks = 1;  // an order this far or further from its wanted price is moved
  double min_edge_ticks = -std::numeric_limits<double>::infinity();  // least distance from the mid
  std::int32_t max_improve_ticks = 1;  // by how much a quote may better the touch; negative: no limit
  std::int64_t interval_ns = 100'000'000;
  bool wake_on_bbo = false;  // quote on every change of the touch too

  void validate() const {
    detail::require(order_lots >= 1, "order_lots", order_lots, "at least 1");
    detail::require(order_qty >= 0.0 && std::isfinite(order_qty), "order_qty", order_qty, "greater than 0");
    detail::require(max_position_lots >= 0 && max_position_lots <= std::numeric_limits<std::int32_t>::max(),
                    "max_position_lots", static_cast<double>(max_position_lots), "from 1 to 2147483647");
    detail::require(order_qty > 0.0 || max_position_lots == 0 || max_position_lots >= order_lots, "max_position_lots",
                    static_cast<double>(max_position_lots), "at least order_lots");
    detail::require(levels >= 1 && levels <= kMaxQuoteLevels, "levels", levels, "from 1 to 16");
    detail::require(level_spacing_ticks >= 1 && level_spacing_ticks <= 1'000'000, "level_spacing_ticks",
                    level_spacing_ticks, "from 1 to 1000000");
    detail::require(requote_ticks >= 1, "requote_ticks", requote_ticks, "at least 1");
    detail::require(!std::isnan(min_edge_ticks) && min_edge_ticks < 1e9, "min_edge_ticks", min_edge_ticks,
                    "below 1000000000");
    detail::require(interval_ns >= 0, "interval_ns", static_cast<double>(interval_ns), "at least 0");
    detail::require(interval_ns > 0 || wake_on_bbo, "interval_ns", static_cast<double>(interval_ns),
                    "at least 1 where wake is \"timer\"");
  }
};

// The best prices as the strategy sees them, here never locked or crossed.
struct Touch {
  std::int32_t bid_ticks;
  std::int32_t ask_ticks;
};

// Works the orders of one instrument towards two wanted prices. At most `levels` post-only orders a side; an
// order that is near enough to a wanted price keeps its place in the queue, another is replaced, and while a
// request is in flight its order is left alone. Position plus everything open on a side, requests in flight
// included, never exceeds the limit. Knows its orders by their reports only. No allocation.
class Quoter {
 public:
  Quoter() = default;
  Quoter(const QuoterParams& params, std::uint32_t instrument, std::int32_t order_lots, std::int64_t max_position_lots,
         bool positive_prices) noexcept
      : instrument_(instrument),
        order_lots_(order_lots),
        levels_(params.levels),
        spacing_(params.level_spacing_ticks),
        requote_(params.requote_ticks),
        improve_(params.max_improve_ticks < 0 ? std::numeric_limits<std::int32_t>::max() : params.max_improve_ticks),
        min_edge_(params.min_edge_ticks),
        max_position_(max_position_lots),
        lowest_(positive_prices ? 1 : -kFar + 1) {}

  // Wanted prices in ticks, not rounded; one out of range (where prices are positive, a bid below one tick)
  // leaves that side without orders, NaN both.
  void quote(lumina_ctx* ctx, Touch touch, std::int64_t position, double bid, double ask) noexcept {
    const Wanted wanted = round_and_clamp(touch, bid, ask);
    // Moving up, asks first; else bids first: an own order must not meet the one it moves towards.
    const std::int64_t lowest_ask = nearest_own_price(LUMINA_SELL);
    if (wanted.ask > lowest_ask) {
      work(ctx, LUMINA_SELL, wanted.ask, position);
      work(ctx, LUMINA_BUY, wanted.bid, position);
    } else {
      work(ctx, LUMINA_BUY, wanted.bid, position);
      work(ctx, LUMINA_SELL, wanted.ask, position);
    }
  }

  void cancel_all(lumina_ctx* ctx) noexcept {
    work(ctx, LUMINA_BUY, kNone, 0);
    work(ctx, LUMINA_SELL, kNone, 0);
  }

  // An own report of this instrument; of an order that is not ours, nothing happens.
  void report(const lumina_event& event) noexcept {
    const std::uint64_t level = event.tag & 0xff;
    if (event.side > LUMINA_SELL || level >= kMaxQuoteLevels) return;
    Slot& slot = slots_[event.side][level];
    if (slot.id == 0 || slot.id != event.order_id) return;
    switch (event.kind) {
      case LUMINA_EV_FILL:
        slot.filled += event.qty_lots;
        break;
      case LUMINA_EV_ACK:
      case LUMINA_EV_REPLACED:
        slot.accepted_price = slot.price;
        slot.accepted_lots = slot.total;
        slot.in_flight = false;
        break;
      case LUMINA_EV_REPLACE_REJECT:
        slot.price = slot.accepted_price;
        slot.total = slot.accepted_lots;
        slot.in_flight = false;
        // Refused for another reason than the market's, it would be refused again: the total that tops a
        // partly filled order up may be over a risk limit. The order makes way for a new one.
        slot.refused = event.reason != LUMINA_REASON_POST_ONLY;
        break;
      case LUMINA_EV_CANCEL_REJECT:
        slot.in_flight = slot.cancelling = false;
        break;
      case LUMINA_EV_REJECT:
        // A crossing post-only order is tried again at the next wake-up; what is wrong otherwise will
        // not have changed by then.
        if (event.reason != LUMINA_REASON_POST_ONLY) retry_ns_[event.side] = event.ts_ns + kRetryNs;
        break;
      default:
        break;
    }
    if (event.leaves_lots == 0) slot = Slot{};
  }

  std::int32_t order_lots() const noexcept { return order_lots_; }

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();  // no price
  static constexpr std::int64_t kFar = 2'000'000'000;  // no price; leaves room for the further levels
  static constexpr std::int64_t kRetryNs = 1'000'000'000;

  struct Slot {
    std::uint64_t id = 0;    // 0: no order
    std::int32_t price = 0;  // as last requested
    std::int32_t total = 0;
    std::int32_t accepted_price = 0;
    std::int32_t accepted_lots = 0;
    std::int32_t filled = 0;
    bool in_flight = false;
    bool cancelling = false;
    bool refused = false;  // to be replaced

    // What may still fill. A replace in flight counts as done: it never asks for less than is open.
    std::int64_t at_risk() const noexcept { return id == 0 ? 0 : total - filled; }
  };

  struct Wanted {
    std::int64_t bid;
    std::int64_t ask;
  };

  // Without a call, unlike std::floor on a plain x86-64; far outside of what a price may be, it saturates.
  static std::int64_t floor_ticks(double x) noexcept {
    if (!(std::fabs(x) < 2.0 * kFar)) return x > 0.0 ? 2 * kFar : -2 * kFar;
    const auto i = static_cast<std::int64_t>(x);
    return i - (x < static_cast<double>(i));
  }
  static std::int64_t ceil_ticks(double x) noexcept { return -floor_ticks(-x); }

  // To the nearest tick, halves away from the mid; if both land on one tick, outwards.
  Wanted round_and_clamp(Touch touch, double bid, double ask) const noexcept {
    if (!(bid <= ask)) return {kNone, kNone};  // NaN
    std::int64_t low = ceil_ticks(bid - 0.5);
    std::int64_t high = floor_ticks(ask + 0.5);
    if (low >= high) {
      low = floor_ticks(bid);
      high = std::max(ceil_ticks(ask), low + 1);
    }
    if (min_edge_ > -kFar) {
      const double mid = 0.5 * (static_cast<double>(touch.bid_ticks) + touch.ask_ticks);
      low = std::min(low, floor_ticks(mid - min_edge_));
      high = std::max(high, ceil_ticks(mid + min_edge_));
    }
    const std::int64_t best_bid = touch.bid_ticks;
    const std::int64_t best_ask = touch.ask_ticks;
    return {low < lowest_ ? kNone : std::min({low, best_ask - 1, best_bid + improve_}),
            high >= kFar ? kNone : std::max({high, best_bid + 1, best_ask - improve_})};
  }

  // Best price among own orders of a side as last requested; those being cancelled are gone before what
  // is sent now arrives.
  std::int64_t nearest_own_price(std::uint8_t side) const noexcept {
    std::int64_t nearest = kNone;
    for (int i = 0; i < levels_; ++i) {
      const Slot& slot = slots_[side][i];
      if (slot.id == 0 || slot.cancelling) continue;
      if (nearest == kNone || (side == LUMINA_BUY ? slot.price > nearest : slot.price < nearest)) nearest = slot.price;
    }
    return nearest;
  }

  void work(lumina_ctx* ctx, std::uint8_t side, std::int64_t price, std::int64_t position) noexcept {
    const std::int64_t outward = side == LUMINA_BUY ? -1 : 1;
    Slot* const slots = slots_[side].data();
    std::uint32_t met = 0;   // wanted levels that have an order
    std::uint32_t busy = 0;  // slots that serve one
    if (price != kNone) {
      const std::int64_t opposite = nearest_own_price(side ^ 1);
      if (opposite != kNone && outward * (price - opposite) <= 0) price = opposite + outward;
      for (int level = 0; level < levels_; ++level) {
        const std::int64_t wanted = price + outward * level * spacing_;
        for (int i = 0; i < levels_; ++i) {
          const Slot& slot = slots[i];
          if (slot.id == 0 || slot.cancelling || (busy >> i & 1u) || std::abs(slot.price - wanted) >= requote_)
            continue;
          met |= 1u << level;
          busy |= 1u << i;
          break;
        }
      }
    }
    const std::uint32_t all = (1u << levels_) - 1u;
    if (price != kNone && met == all) return;

    std::int64_t room = max_position_ + outward * position;  // a bid's room shrinks with a long position
    for (int i = 0; i < levels_; ++i) room -= slots[i].at_risk();

    for (int level = 0, i = 0; price != kNone && level < levels_; ++level) {
      if (met >> level & 1u) continue;
      while (i < levels_ && ((busy >> i & 1u) || slots[i].in_flight || slots[i].refused)) ++i;
      if (i == levels_) break;
      const std::int64_t wanted = price + outward * level * spacing_;
      if (send(ctx, side, i, static_cast<std::int32_t>(wanted), room)) busy |= 1u << i;
      ++i;
    }
    for (int i = 0; i < levels_; ++i) {
      Slot& slot = slots[i];
      if (slot.id == 0 || slot.in_flight || (busy >> i & 1u)) continue;
      slot.in_flight = slot.cancelling = true;
      ctx->cancel(ctx, slot.id);
    }
  }

  // A new order in a free slot, or a replace of the slot's order; false if the limit leaves no room.
  bool send(lumina_ctx* ctx, std::uint8_t side, int i, std::int32_t price, std::int64_t& room) noexcept {
    Slot& slot = slots_[side][i];
    const std::int64_t open = slot.at_risk();
    const std::int64_t lots = std::min<std::int64_t>(order_lots_, room + open);
    if (lots <= 0) return false;
    if (slot.id == 0) {
      if (ctx->now_ns < retry_ns_[side]) return false;
      lumina_order_request request{};
      request.tag = static_cast<std::uint64_t>(i);
      request.instrument = instrument_;
      request.price_ticks = price;
      request.qty_lots = static_cast<std::int32_t>(lots);
      request.side = side;
      request.type = LUMINA_POST_ONLY;
      slot.price = price;
      slot.total = request.qty_lots;
      slot.accepted_lots = slot.filled = 0;
      slot.cancelling = false;
      slot.in_flight = true;
      slot.id = ctx->submit(ctx, &request);
    } else {
      slot.price = price;
      slot.total = slot.filled + static_cast<std::int32_t>(lots);
      slot.in_flight = true;
      ctx->replace(ctx, slot.id, price, slot.total);
    }
    room -= std::max<std::int64_t>(lots - open, 0);
    return true;
  }

  std::uint32_t instrument_ = 0;
  std::int32_t order_lots_ = 1;
  std::int32_t levels_ = 1;
  std::int32_t spacing_ = 1;
  std::int32_t requote_ = 1;
  std::int64_t improve_ = 0;
  double min_edge_ = -std::numeric_limits<double>::infinity();
  std::int64_t max_position_ = 0;
  std::int64_t lowest_ = 1;  // price, ticks
  std::array<std::array<Slot, kMaxQuoteLevels>, 2> slots_{};
  std::array<std::int64_t, 2> retry_ns_{std::numeric_limits<std::int64_t>::min(),
                                        std::numeric_limits<std::int64_t>::min()};
};

}  // namespace lumina
