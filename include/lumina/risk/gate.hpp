// Pre-trade risk: the one gate between strategy and exchange of an instrument, in backtest and live alike. It judges
// what is sent at the time of sending, on what the strategy's side knows then (SEMANTICS O2).
//
// docs/risk.md has the rules as a user reads them. In short: the first broken rule gives the reason, in the order of
// judge(); cancels always pass; what only reduces the position passes the position limit and the daily loss; a rule
// without its reference price is skipped; a rule that is off remembers nothing.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "lumina/contract_value.hpp"
#include "lumina/risk/day_pnl.hpp"
#include "lumina/risk/limits.hpp"
#include "lumina/risk/message_window.hpp"
#include "lumina/risk/own_orders.hpp"
#include "lumina/risk/recent_orders.hpp"
#include "lumina/seqlock.hpp"
#include "lumina/types.hpp"

namespace lumina {

// What a gate has room for; all of it is allocated when the gate is made.
struct RiskCapacity {
  std::size_t orders = 4096;      // open at once, and as many replaces in flight; beyond that: RISK_OPEN_ORDERS
  std::size_t messages = 65'536;  // the largest max_messages
  std::size_t recent = 4096;      // new orders within the duplicate window; beyond that: RISK_DUPLICATE
};

// One thread owns the gate: it sends and hears the reports. Any other thread may read the counters, kill() and reset(),
// and one at a time set_limits(). No call of the owner waits, throws or allocates, once the gate is made.
class RiskGate {
 public:
  struct Order {
    std::uint8_t side;  // lumina_side
    std::uint8_t type;  // lumina_order_type
    std::int64_t price_ticks;
    std::int64_t qty_lots;
  };

  // What the owner sees when it sends or hears.
  struct Market {
    std::int64_t now_ns = 0;           // since the epoch; it never goes back: an earlier time is taken as the last
    std::int64_t mid2 = kNoMid;        // mid in half ticks
    std::int64_t reference2 = kNoMid;  // what a market order would meet, in half ticks
  };

  explicit RiskGate(const RiskLimits& limits = {}, const ContractValue& contract = {}, const RiskCapacity& room = {})
      : pnl_(contract),
        contract_(contract),
        own_(checked(room.orders, "orders")),
        messages_(checked(room.messages, "messages")),
        recent_(checked(room.recent, "recent")),
        published_(kRuleWords) {
    set_limits(limits);
    take_limits();
  }

  // ---- the owner: what leaves ------------------------------------------------------------------------------------

  // A new order. LUMINA_REASON_NONE: it leaves, and counts as open until on_fill or on_end says otherwise.
  lumina_reason check(std::uint64_t id, const Order& order, const Market& market) noexcept {
    const std::int64_t now_ns = begin(market);
    const OwnOrders::Place place = own_.locate(id);
    const lumina_reason reason = judge_new(place, order, market, now_ns);
    if (reason != LUMINA_REASON_NONE) return refused(reason);
    own_.add(place, id, order.side, order.type, order.price_ticks, order.qty_lots);
    if (rules_.duplicate_window_ns) recent_.add(key_of(order), now_ns);
    leaves(now_ns);
    return LUMINA_REASON_NONE;
  }

  // total_lots is the new total, fills included. One that closes the order, and one of an order that is not open (the
  // exchange will say so), leaves unjudged.
  lumina_reason check_replace(std::uint64_t id, std::int64_t price_ticks, std::int64_t total_lots,
                              const Market& market) noexcept {
    const std::int64_t now_ns = begin(market);
    if (const OwnOrders::Handle h = own_.locate(id).handle; h != OwnOrders::kNone) {
      const lumina_reason reason = judge_replace(own_[h], price_ticks, total_lots, market, now_ns);
      if (reason != LUMINA_REASON_NONE) return refused(reason);
      own_.replacing(h, price_ticks, total_lots);
    }
    leaves(now_ns);
    return LUMINA_REASON_NONE;
  }

  // A replace of an order that did not leave, or not yet, when its owner cannot know that: nothing of it is open.
  lumina_reason check_unsent_replace(const Order& order, const Market& market) noexcept {
    const std::int64_t now_ns = begin(market);
    lumina_reason reason = judge(order, 0, market);
    if (reason == LUMINA_REASON_NONE && rules_.on) reason = judge_last(order, now_ns);
    if (reason != LUMINA_REASON_NONE) return refused(reason);
    leaves(now_ns);
    return LUMINA_REASON_NONE;
  }

  // A cancel leaves, whatever the limits say; it counts as a message.
  void count_cancel(std::int64_t now_ns) noexcept {
    now_ns = begin({now_ns});
    leaves(now_ns);
  }

  // ---- the owner: what comes back --------------------------------------------------------------------------------

  // lots > 0 of an order, which is closed when all is filled; one that the gate does not know moves the position too.
  // fee_units: positive is a cost. The mid is that of now; 0 leaves the last one.
  void on_fill(std::uint64_t id, std::uint8_t side, std::int64_t price_ticks, std::int64_t lots, std::int64_t fee_units,
               const Market& market) noexcept {
    begin(market);
    pnl_.fill(side, price_ticks, lots, fee_units);
    if (const auto at = own_.locate(id); at.handle != OwnOrders::kNone) own_.filled(at, lots);
    watch_loss();
  }
  // The oldest replace in flight of the order was accepted.
  void on_replaced(std::uint64_t id, std::int64_t price_ticks, std::int64_t total_lots) noexcept {
    if (const auto at = own_.locate(id); at.handle != OwnOrders::kNone) own_.replaced(at, price_ticks, total_lots);
  }
  // It was refused by the exchange.
  void on_replace_rejected(std::uint64_t id) noexcept {
    if (const auto at = own_.locate(id); at.handle != OwnOrders::kNone) own_.replace_refused(at.handle);
  }
  // Cancelled, expired or rejected by the exchange.
  void on_end(std::uint64_t id) noexcept {
    if (const auto at = own_.locate(id); at.handle != OwnOrders::kNone) own_.remove(at);
  }
  // The day's P&L is looked at when something is sent or filled; who wants it sooner calls this.
  void mark(const Market& market) noexcept {
    begin(market);
    watch_loss();
  }

  // A position from before the start, at mid2 half ticks (kNoMid where there is none, above 0 of inverse contracts).
  void hold(std::int64_t position_lots, std::int64_t mid2) {
    if (position_lots != 0 && mid2 == kNoMid) throw std::invalid_argument("a position needs a mid2 to start from");
    if (contract_.inverse && mid2 != kNoMid && mid2 < 1)
      throw std::invalid_argument("mid2 " + std::to_string(mid2) + " of an inverse contract is below 1");
    pnl_.hold(position_lots, mid2);
  }
  // Room for more orders, between sending. Throws std::bad_alloc.
  void reserve(std::size_t orders) { own_.reserve(orders); }

  std::int64_t position_lots() const noexcept { return pnl_.position_lots(); }
  std::size_t open_orders() const noexcept { return own_.size(); }
  bool is_open(std::uint64_t id) const noexcept { return own_.locate(id).handle != OwnOrders::kNone; }
  // Whether the next order or the next replace of an open one is refused for want of room.
  bool full() const noexcept { return own_.full() || own_.full_of_replaces(); }
  std::size_t capacity() const noexcept { return own_.capacity(); }
  // Of a side; at most what fits 64 bits.
  std::int64_t open_lots(std::uint8_t side) const noexcept { return narrow(own_.open_lots(side)); }
  // At the last mark seen.
  std::int64_t day_pnl_units() const noexcept { return narrow(pnl_.pnl()); }
  // Whether a rule in force needs mids or reference prices.
  bool needs_prices() const noexcept {
    return rules_.band_e9 || rules_.max_notional_units || rules_.max_daily_loss_units;
  }
  bool watches_loss() const noexcept { return rules_.max_daily_loss_units; }

  // ---- any thread ------------------------------------------------------------------------------------------------

  // In force from the owner's next call on, all at once. Throws std::invalid_argument, and leaves the old ones.
  void set_limits(const RiskLimits& limits) { published_.store(std::bit_cast<RuleWords>(rules_of(limits)).data()); }

  // No new order and no replace passes until reset(). The first reason (above 0, the caller's own numbers) stays.
  void kill(std::uint32_t reason = 1) noexcept {
    std::uint32_t none = 0;
    killed_.compare_exchange_strong(none, std::max(reason, 1u), std::memory_order_relaxed);
  }
  // 0: not killed. Relaxed, as all of the switches: nothing else is passed on with them.
  std::uint32_t killed() const noexcept { return killed_.load(std::memory_order_relaxed); }
  // The daily loss was reached; closed until the next day or reset().
  bool loss_reached() const noexcept { return loss_reached_.load(std::memory_order_relaxed); }
  // Opens the gate again after a kill and after the daily loss, which is counted anew from the owner's next call.
  void reset() noexcept {
    resets_.fetch_add(1, std::memory_order_relaxed);
    killed_.store(0, std::memory_order_relaxed);
  }
  // Requests refused for the reason so far.
  std::uint64_t rejections(lumina_reason reason) const noexcept {
    return reason < kReasons ? rejections_[reason].load(std::memory_order_relaxed) : 0;
  }

 private:
  static constexpr std::size_t kRuleWords = sizeof(detail::RiskRules) / sizeof(std::uint64_t);
  using RuleWords = std::array<std::uint64_t, kRuleWords>;

  static std::size_t checked(std::size_t room, const char* name) {
    constexpr std::size_t most = std::size_t{1} << 26;
    if (room >= 1 && room <= most) return room;
    throw std::invalid_argument(std::string("room for ") + name + " " + std::to_string(room) + " is not in [1, " +
                                std::to_string(most) + "]");
  }
  // Zero and negative prices are prices, but inverse contracts have none (T1b). INT32_MIN says "no bid" in the books.
  std::int64_t lowest_price() const noexcept { return contract_.inverse ? 1 : -std::int64_t{INT32_MAX}; }
  static std::int64_t narrow(Int128 value) noexcept {
    return static_cast<std::int64_t>(std::clamp<Int128>(value, INT64_MIN, INT64_MAX));
  }

  detail::RiskRules rules_of(const RiskLimits& limits) const {
    const detail::RiskRules rules(limits);
    if (static_cast<std::size_t>(rules.max_messages) > messages_.capacity()) {
      throw std::invalid_argument("max_messages " + std::to_string(rules.max_messages) + " is above the gate's " +
                                  std::to_string(messages_.capacity()));
    }
    return rules;
  }

  // Limits and resets of other threads take effect here, and so do time and mid. Returns the time.
  std::int64_t begin(const Market& market) noexcept {
    now_ns_ = std::max(now_ns_, market.now_ns);
    if (published_.version() != version_) [[unlikely]]
      take_limits();
    if (const std::uint32_t resets = resets_.load(std::memory_order_relaxed); resets != resets_seen_) [[unlikely]] {
      resets_seen_ = resets;
      reopen();
    }
    if (pnl_.roll(now_ns_, rules_.day_start_ns)) [[unlikely]]
      loss_reached_.store(false, std::memory_order_relaxed);
    pnl_.mark(market.mid2);
    return now_ns_;
  }
  // One try, so that the owner never waits: if the writer went once round meanwhile, the next call takes them.
  [[gnu::noinline]] void take_limits() noexcept {
    const std::uint64_t version = published_.version();
    RuleWords words;
    if (!published_.try_load(words.data())) return;
    const std::int64_t day_start_ns = rules_.day_start_ns;
    rules_ = std::bit_cast<detail::RiskRules>(words);
    version_ = version;
    if (rules_.day_start_ns != day_start_ns) pnl_.start_days_at(now_ns_, rules_.day_start_ns);
  }
  [[gnu::noinline]] void reopen() noexcept {
    pnl_.restart();
    loss_reached_.store(false, std::memory_order_relaxed);
  }

  lumina_reason judge_new(const OwnOrders::Place& place, const Order& order, const Market& market,
                          std::int64_t now_ns) noexcept {
    lumina_reason reason = judge(order, 0, market);
    if (reason != LUMINA_REASON_NONE) return reason;
    if (own_.full() || (rules_.max_open_orders && own_.size() >= static_cast<std::uint64_t>(rules_.max_open_orders)))
      return LUMINA_REASON_RISK_OPEN_ORDERS;
    if (place.handle != OwnOrders::kNone) return LUMINA_REASON_RISK_DUPLICATE;
    if (!rules_.on) return LUMINA_REASON_NONE;
    if (rules_.duplicate_window_ns && recent_.holds(key_of(order), rules_.duplicate_window_ns, now_ns))
      return LUMINA_REASON_RISK_DUPLICATE;
    return judge_last(order, now_ns);
  }

  lumina_reason judge_replace(const OwnOrders::Order& own, std::int64_t price_ticks, std::int64_t total_lots,
                              const Market& market, std::int64_t now_ns) noexcept {
    if (total_lots < 1 || total_lots > own.filled_lots) {
      const Order order{own.side, own.type, price_ticks, total_lots < 1 ? 0 : total_lots - own.filled_lots};
      lumina_reason reason = judge(order, own.open_lots, market);
      if (reason == LUMINA_REASON_NONE && rules_.on) reason = judge_last(order, now_ns);
      if (reason != LUMINA_REASON_NONE) return reason;
    }
    return own_.full_of_replaces() ? LUMINA_REASON_RISK_OPEN_ORDERS : LUMINA_REASON_NONE;
  }

  // What new orders and replaces have alike; qty_lots is what would be open, replaced_lots what it stands for.
  lumina_reason judge(const Order& order, std::int64_t replaced_lots, const Market& market) noexcept {
    const bool at_market = order.type == LUMINA_MARKET;
    if (order.side > LUMINA_SELL || order.type > LUMINA_MARKET || order.qty_lots < 1 || order.qty_lots > INT32_MAX ||
        (!at_market && (order.price_ticks < lowest_price() || order.price_ticks > INT32_MAX))) {
      return LUMINA_REASON_INVALID;
    }
    if (killed()) [[unlikely]]
      return LUMINA_REASON_RISK_KILLED;
    if (!rules_.on) return LUMINA_REASON_NONE;

    const Int128 open = own_.open_lots(order.side) - replaced_lots + order.qty_lots;
    const std::int64_t position = pnl_.position_lots();
    const Int128 reached = order.side == LUMINA_BUY ? position + open : open - position;  // in the order's direction
    if (rules_.max_daily_loss_units) {
      watch_loss();
      if (loss_reached() && reached > 0) return LUMINA_REASON_RISK_DAILY_LOSS;
    }
    if (rules_.max_order_lots && order.qty_lots > rules_.max_order_lots) return LUMINA_REASON_RISK_QTY;

    const std::int64_t price2 = at_market ? market.reference2 : order.price_ticks * 2;
    if (rules_.max_notional_units && price2 != kNoMid) {
      const Int128 value = contract_.value(price2, order.qty_lots);
      if ((value < 0 ? -value : value) > rules_.max_notional_units) return LUMINA_REASON_RISK_NOTIONAL;
    }
    if (rules_.band_e9 && !at_market && market.mid2 != kNoMid) {
      const std::int64_t distance2 = price2 > market.mid2 ? price2 - market.mid2 : market.mid2 - price2;
      if (Int128{distance2} * 1'000'000'000 > Int128{rules_.band_e9} * std::abs(market.mid2))
        return LUMINA_REASON_RISK_PRICE_BAND;
    }
    // only in the order's own direction: what reduces a position that is too large may always go
    if (rules_.max_position_lots && reached > rules_.max_position_lots) return LUMINA_REASON_RISK_POSITION;
    return LUMINA_REASON_NONE;
  }

  lumina_reason judge_last(const Order& order, std::int64_t now_ns) noexcept {
    if (rules_.refuse_self_cross) {
      const std::int64_t best = own_.best_ticks(order.side == LUMINA_BUY ? LUMINA_SELL : LUMINA_BUY);
      const bool meets = order.side == LUMINA_BUY ? order.price_ticks >= best : order.price_ticks <= best;
      if (best != OwnOrders::kNoPrice && (order.type == LUMINA_MARKET || meets)) return LUMINA_REASON_RISK_SELF_CROSS;
    }
    if (rules_.max_messages && messages_.reached(rules_.max_messages, rules_.message_window_ns, now_ns))
      return LUMINA_REASON_RISK_MESSAGE_RATE;
    return LUMINA_REASON_NONE;
  }

  void watch_loss() noexcept {
    if (rules_.max_daily_loss_units && !loss_reached() && -pnl_.pnl() >= rules_.max_daily_loss_units) [[unlikely]]
      loss_reached_.store(true, std::memory_order_relaxed);
  }

  void leaves(std::int64_t now_ns) noexcept {
    if (rules_.max_messages) messages_.sent(now_ns);
  }
  lumina_reason refused(lumina_reason reason) noexcept {
    // the owner alone writes: no read-modify-write
    std::atomic<std::uint64_t>& count = rejections_[reason];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return reason;
  }
  static RecentOrders::Key key_of(const Order& order) noexcept {
    // 0 is a price like any other: a market order is on a side of its own
    if (order.type == LUMINA_MARKET) return {0, order.qty_lots, order.side + std::uint64_t{2}};
    return {order.price_ticks, order.qty_lots, order.side};
  }

  // What every call looks at comes first: the switches, which others write and read too seldom to be in the way.
  alignas(64) std::atomic<std::uint32_t> killed_{0};
  std::atomic<std::uint32_t> resets_{0};
  std::uint32_t resets_seen_ = 0;
  std::atomic<bool> loss_reached_{false};  // written by the owner
  std::int64_t now_ns_ = INT64_MIN;
  std::uint64_t version_ = 0;
  DayPnl pnl_;
  detail::RiskRules rules_;
  ContractValue contract_;
  OwnOrders own_;
  MessageWindow messages_;
  RecentOrders recent_;
  RotatingSlots published_;                                        // written by other threads
  std::array<std::atomic<std::uint64_t>, kReasons> rejections_{};  // written by the owner
};

}  // namespace lumina
