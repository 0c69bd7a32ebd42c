// A whole trading loop in memory, for the test that it allocates nothing: a venue with a matching engine and other
// people's orders, and a trader with the order-by-order book, a market maker, pre-trade risk, a latency histogram and a
// log, one ring there and one back. Each side may run on a thread of its own.
#pragma once

#undef NDEBUG
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "lumina/book/depth_book.hpp"
#include "lumina/book/matching_engine.hpp"
#include "lumina/book/order_book.hpp"
#include "lumina/histogram.hpp"
#include "lumina/logger.hpp"
#include "lumina/random.hpp"
#include "lumina/ring_buffer.hpp"
#include "lumina/risk.hpp"
#include "lumina/strategy/avellaneda_stoikov.hpp"
#include "lumina/strategy/context.hpp"
#include "lumina/strategy/market_maker.hpp"

namespace live_loop {

using namespace lumina;

constexpr std::uint16_t kOurs = 1;
constexpr std::size_t kOwnOrders = 256;  // ids of ours that may be alive at once lie within so many
constexpr std::uint64_t kOwnId = std::uint64_t{1} << 63;
constexpr std::int32_t kMid = 10'000, kReach = 40;  // prices are within kReach of kMid

// From the venue: a change of the others' orders, a report about one of ours, or the end of an event.
struct Down {
  enum Kind : std::uint8_t { book, report, event_end };
  std::int64_t ts_ns;
  OrderMessage order;        // book; of a report the id, price and lots
  std::int32_t leaves_lots;  // report
  Kind kind;
  std::uint8_t report_kind, reason;
};

struct Up {
  MatchMessage message;
  std::int64_t seen_ns;  // what it answers
};

using DownRing = SpscRing<Down>;
using UpRing = SpscRing<Up>;

class Venue : public MatchSink {
 public:
  Venue(DownRing& down, UpRing& up, std::uint64_t seed) : engine_(1 << 12), down_(down), up_(up), random_(seed, 0) {
    // the ladder lies where the market is
    engine_.submit({++last_id_, kMid, 1, 0, Side::buy, OrderType::limit}, *this);
  }

  // What has arrived from the trader, then somebody else's order or cancel.
  void step() {
    ts_ns_ += 1'000'000;
    for (Up up; up_.try_pop(up);) {
      obey(up.message);
      answered_.record(ts_ns_ - up.seen_ns);
    }
    act();
    put({ts_ns_, {}, 0, Down::event_end, 0, 0});
  }

  const MatchingEngine& engine() const noexcept { return engine_; }
  const Histogram& answered() const noexcept { return answered_; }
  std::uint64_t own_fills() const noexcept { return own_fills_; }
  std::int64_t own_position() const noexcept { return own_position_; }

  // ---- from the matching engine --------------------------------------------------------------------------------

  void traded(Handle, const Order& maker, const NewOrder& taker, std::int32_t lots) {
    if (maker.id & kOwnId) {
      ++own_fills_;
      filled_[maker.id % kOwnOrders] += lots;
      own_position_ += maker.side() == Side::buy ? lots : -lots;
      report(LUMINA_EV_FILL, maker.id, maker.side(), maker.price_ticks, lots, maker.qty_lots);
    } else {
      assert(!(taker.id & kOwnId));  // ours are post-only
      change(Kind::execute, maker, lots);
    }
  }
  void rested(Handle, const Order& order) {
    if (order.id & kOwnId) {
      report(replacing_ ? LUMINA_EV_REPLACED : LUMINA_EV_ACK, order.id, order.side(), order.price_ticks, order.qty_lots,
             order.qty_lots);
      replacing_ = false;
      return;
    }
    recent_[order.id % kRecent] = order.id;
    change(Kind::add, order, order.qty_lots);
  }
  void cancelled(Handle, const Order& order, MatchReason) {
    if (order.id & kOwnId) {
      report(LUMINA_EV_CANCELLED, order.id, order.side(), order.price_ticks, order.qty_lots, 0);
    } else {
      change(Kind::cancel, order, order.qty_lots);
    }
  }
  void reduced(Handle, const Order&, const Order& after) {
    report(LUMINA_EV_REPLACED, after.id, after.side(), after.price_ticks, after.qty_lots, after.qty_lots);
  }
  void replaced(Handle, const Order&, const NewOrder&) noexcept { replacing_ = true; }
  void rejected(std::uint64_t id, MatchReason reason) {
    if (!(id & kOwnId)) return;
    const MatchingEngine::Handle handle = engine_.find(id);
    const bool post_only = reason == MatchReason::post_only;
    const auto why = static_cast<std::uint8_t>(post_only ? LUMINA_REASON_POST_ONLY : LUMINA_REASON_TOO_LATE);
    if (handle != MatchingEngine::kNoOrder) {
      const Order& order = engine_.order(handle);
      report(LUMINA_EV_REPLACE_REJECT, id, order.side(), order.price_ticks, order.qty_lots, order.qty_lots, why);
    } else {
      report(post_only ? LUMINA_EV_REJECT : LUMINA_EV_CANCEL_REJECT, id, Side::none, 0, 0, 0, why);
    }
  }

 private:
  // A replace names the order's total, fills included: what was filled on its way is not open again.
  void obey(MatchMessage message) {
    std::int32_t& filled = filled_[message.order_id % kOwnOrders];
    if (message.kind == static_cast<std::uint8_t>(MatchKind::submit)) filled = 0;
    if (message.kind == static_cast<std::uint8_t>(MatchKind::replace)) {
      message.qty_lots -= filled;
      if (message.qty_lots <= 0) message.kind = static_cast<std::uint8_t>(MatchKind::cancel);
    }
    engine_.on_batch(&message, 1, *this);
  }

  // Limit orders about a mid that moves, cancels of orders that may be gone already, and market orders. Of the others'
  // orders at most kRecent live: the oldest makes way.
  void act() {
    const std::uint64_t what = random_.below(100);
    const Side side = random_.below(2) ? Side::sell : Side::buy;
    const auto lots = static_cast<std::int32_t>(1 + random_.below(5));
    if (what < 55) {
      engine_.cancel(recent_[(last_id_ + 1) % kRecent], *this);
      const std::int32_t away = static_cast<std::int32_t>(random_.below(kReach));
      const std::int32_t price = kMid + drift() + (side == Side::buy ? -away : away);
      engine_.submit({++last_id_, price, lots, 0, side, OrderType::limit}, *this);
    } else if (what < 92) {
      engine_.cancel(recent_[random_.below(kRecent)], *this);
    } else {
      engine_.submit({++last_id_, 0, 2 * lots, 0, side, OrderType::market}, *this);
    }
  }
  std::int32_t drift() const noexcept { return static_cast<std::int32_t>(last_id_ / 512 % 16) - 8; }

  void change(Kind kind, const Order& order, std::int32_t lots) {
    put({ts_ns_,
         {order.id, 0, order.price_ticks, lots, static_cast<std::uint8_t>(kind), order.side_, 0, 0},
         0,
         Down::book,
         0,
         0});
  }
  void report(std::uint8_t kind, std::uint64_t id, Side side, std::int32_t price, std::int32_t lots,
              std::int32_t leaves, std::uint8_t reason = LUMINA_REASON_NONE) {
    put({ts_ns_, {id, 0, price, lots, 0, static_cast<std::uint8_t>(side), 0, 0}, leaves, Down::report, kind, reason});
  }
  void put(const Down& message) {
    [[maybe_unused]] const bool pushed = down_.push(message);
    assert(pushed);
  }

  static constexpr std::size_t kRecent = 1024;

  MatchingEngine engine_;
  DownRing& down_;
  UpRing& up_;
  Random random_;
  Histogram answered_;
  std::uint64_t recent_[kRecent] = {};
  std::int32_t filled_[kOwnOrders] = {};
  std::uint64_t last_id_ = 0, own_fills_ = 0;
  std::int64_t own_position_ = 0, ts_ns_ = 0;
  bool replacing_ = false;
};

class Trader {
 public:
  Trader(DownRing& down, UpRing& up, LogChannel& log)
      : book_(1 << 12),
        depth_(kMid - 4 * kReach, kMid + 4 * kReach),
        gate_({.max_order_lots = 100,
               .max_notional_units = 10'000'000,
               .price_band = 0.05,
               .max_position_lots = 30,
               .max_open_orders = 32,
               .max_messages = 1000,
               .max_daily_loss_units = 1'000'000'000,
               .duplicate_window_ns = 1000,
               .refuse_self_cross = true},
              ContractValue(false, 1, 1)),
        down_(down),
        up_(up),
        log_(log),
        maker_(AvellanedaStoikov::Params{.gamma = 0.01, .sigma = 1.0, .k = 2.0}, quoter()),
        context_(make_context(*this, 1, maker_.strategy()->user)) {
    info_.tick_size = info_.lot_size = info_.multiplier = 1;
    wake(LUMINA_EV_START);
  }

  // All that is there.
  void drain() {
    for (Down message; down_.try_pop(message);) handle(message);
  }
  void run() {
    for (Down message; down_.pop(message);) handle(message);
  }

  const OrderBook& order_book() const noexcept { return book_; }
  const DepthBook& depth() const noexcept { return depth_; }
  const Histogram& decided() const noexcept { return decided_; }
  std::int64_t position() const noexcept { return position_; }
  std::uint64_t fills() const noexcept { return fills_; }
  std::uint64_t sent() const noexcept { return sent_; }
  std::uint64_t refused() const noexcept { return refused_; }

  // ---- what the strategy calls ---------------------------------------------------------------------------------

  const lumina_instrument* info(std::uint32_t) const noexcept { return &info_; }
  const DepthBook& book(std::uint32_t) const noexcept { return depth_; }
  static std::int32_t shift_ticks(std::uint32_t) noexcept { return 0; }
  static std::int32_t window(std::uint32_t) noexcept { return kAllLevels; }
  std::int64_t position(std::uint32_t) const noexcept { return position_; }
  static std::int32_t open_orders(std::uint32_t, std::uint8_t, lumina_order*, std::int32_t) noexcept { return 0; }
  std::uint64_t submit(const lumina_order_request& request) noexcept {
    const std::uint64_t id = kOwnId | ++last_id_;
    Own& order = own_[id % kOwnOrders];
    assert(order.id == 0);
    order = {id, request.tag, request.price_ticks, request.qty_lots, 0, request.side};
    const RiskGate::Order asked{request.side, request.type, request.price_ticks, request.qty_lots};
    if (allowed(order, LUMINA_EV_REJECT, gate_.check(id, asked, market())))
      send({id,
            0,
            request.price_ticks,
            request.qty_lots,
            static_cast<std::uint8_t>(MatchKind::submit),
            request.side,
            kOurs,
            request.type,
            {}});
    return id;
  }
  void cancel(std::uint64_t id) noexcept {
    gate_.count_cancel(context_.now_ns);
    send({id, 0, 0, 0, static_cast<std::uint8_t>(MatchKind::cancel), 0, kOurs, 0, {}});
  }
  void replace(std::uint64_t id, std::int32_t price, std::int32_t total) noexcept {
    Own& order = own_[id % kOwnOrders];
    if (!allowed(order, LUMINA_EV_REPLACE_REJECT, gate_.check_replace(id, price, total, market()))) return;
    order.lots = std::max(order.lots, total);
    send(
        {id, id, price, total, static_cast<std::uint8_t>(MatchKind::replace), order.side, kOurs, LUMINA_POST_ONLY, {}});
  }
  static void set_timer(std::int64_t, std::int64_t) noexcept {}
  static void stop(std::int32_t, const char*) noexcept { assert(false); }

 private:
  struct Own {
    std::uint64_t id, tag;
    std::int32_t price, lots, filled;
    std::uint8_t side;
  };

  static QuoterParams quoter() {
    QuoterParams params;
    params.order_lots = 3;
    params.max_position_lots = 40;
    params.levels = 2;
    params.wake_on_bbo = true;
    return params;
  }

  void handle(const Down& message) noexcept {
    context_.now_ns = message.ts_ns;
    if (message.kind == Down::book) {
      change(message.order);
    } else if (message.kind == Down::report) {
      report(message);
    } else {
      const lumina_level touch[] = {depth_.touch(Side::buy), depth_.touch(Side::sell)};
      const bool moved = std::memcmp(touch, touch_, sizeof touch) != 0;
      std::memcpy(touch_, touch, sizeof touch);
      if (moved) wake(LUMINA_EV_BBO);
      if (message.ts_ns % 100'000'000 == 0) wake(LUMINA_EV_TIMER);
    }
  }

  void change(const OrderMessage& order) noexcept {
    const bool add = order.kind == static_cast<std::uint8_t>(Kind::add);
    [[maybe_unused]] const OrderResult result = book_.apply(order);
    assert(result == OrderResult::ok);
    depth_.change(static_cast<Side>(order.side), order.price_ticks, add ? order.qty_lots : -order.qty_lots);
  }

  void report(const Down& message) noexcept {
    const OrderMessage& about = message.order;
    Own& order = own_[about.order_id % kOwnOrders];
    if (order.id != about.order_id) return;  // a cancel that came too late
    if (message.report_kind == LUMINA_EV_FILL) {
      ++fills_;
      position_ += order.side == LUMINA_BUY ? about.qty_lots : -about.qty_lots;
      order.filled += about.qty_lots;
      gate_.on_fill(order.id, order.side, about.price_ticks, about.qty_lots, 0, market());
      LUMINA_LOG(log_, info, "fill of {} lots at {}, position {}", about.qty_lots, about.price_ticks, position_);
    }
    if (message.report_kind == LUMINA_EV_REPLACED)
      gate_.on_replaced(order.id, about.price_ticks, message.leaves_lots + order.filled);
    if (message.report_kind == LUMINA_EV_REPLACE_REJECT) gate_.on_replace_rejected(order.id);
    if (message.leaves_lots == 0) gate_.on_end(order.id);
    tell(order, message.report_kind, about.qty_lots, message.leaves_lots, message.reason);
  }

  RiskGate::Market market() const noexcept { return {context_.now_ns, depth_.mid2(), kNoMid}; }
  // What risk refuses the strategy hears of once it has returned.
  bool allowed(const Own& order, std::uint8_t refusal, lumina_reason reason) noexcept {
    if (reason == LUMINA_REASON_NONE) return true;
    assert(refusals_ < kRefusals);
    refused_orders_[refusals_++] = {order.id, refusal, static_cast<std::uint8_t>(reason)};
    ++refused_;
    LUMINA_LOG(log_, warning, "order refused, reason {}", static_cast<int>(reason));
    return false;
  }
  void send(const MatchMessage& message) noexcept {
    ++sent_;
    decided_.record(static_cast<std::int64_t>(sent_ % 5000));
    [[maybe_unused]] const bool pushed = up_.try_push({message, context_.now_ns});
    assert(pushed);
  }

  void wake(std::uint8_t kind) noexcept {
    lumina_event event{};
    event.kind = kind;
    call(event);
  }
  void tell(Own& order, std::uint8_t kind, std::int32_t lots, std::int32_t leaves, std::uint8_t reason) noexcept {
    lumina_event event{};
    event.kind = kind;
    event.order_id = order.id;
    event.tag = order.tag;
    event.side = order.side;
    event.qty_lots = lots;
    event.leaves_lots = leaves;
    event.reason = reason;
    if (leaves == 0) order.id = 0;
    call(event);
  }
  void call(lumina_event& event) noexcept {
    event.ts_ns = event.exch_ts_ns = context_.now_ns;
    maker_.strategy()->on_event(&context_, &event);
    while (refusals_ != 0) {
      const Refusal refusal = refused_orders_[--refusals_];
      Own& order = own_[refusal.id % kOwnOrders];
      const std::int32_t leaves = refusal.kind == LUMINA_EV_REJECT ? 0 : order.lots - order.filled;
      tell(order, refusal.kind, 0, leaves, refusal.reason);
    }
  }

  struct Refusal {
    std::uint64_t id;
    std::uint8_t kind, reason;
  };
  static constexpr std::size_t kRefusals = 2 * kMaxQuoteLevels;

  OrderBook book_;
  DepthBook depth_;
  RiskGate gate_;
  DownRing& down_;
  UpRing& up_;
  LogChannel& log_;
  Histogram decided_;
  MarketMaker<AvellanedaStoikov> maker_;
  lumina_ctx context_;
  lumina_instrument info_{};
  Own own_[kOwnOrders] = {};
  lumina_level touch_[2] = {};
  Refusal refused_orders_[kRefusals] = {};
  std::size_t refusals_ = 0;
  std::int64_t position_ = 0;
  std::uint64_t last_id_ = 0, fills_ = 0, sent_ = 0, refused_ = 0;
};

}  // namespace live_loop
