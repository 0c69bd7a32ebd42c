// The embedded market: the others' order flow over a matching engine, with orders of ours in the same queues. It moves
// when it is told to, one event at a time, and writes down what the public sees of it as rows of a tape: the others'
// orders, and prints. Our own quantity is never in the rows (SEMANTICS F11); a trade with one of our resting orders is
// a print alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/book/depth_book.hpp"
#include "lumina/book/matching_engine.hpp"
#include "lumina/market/order_flow.hpp"
#include "lumina/market/parameters.hpp"
#include "lumina/types.hpp"

namespace lumina {

// What becomes of our orders, told as it happens. Ids are the ones that we gave. Derive and hide.
struct MarketOwner {
  void filled(std::uint64_t /*id*/, std::int32_t /*price_ticks*/, std::int32_t /*lots*/, bool /*maker*/) {}
  void rested(std::uint64_t /*id*/) {}
  void cancelled(std::uint64_t /*id*/, MatchReason) {}  // a resting order, or what was left of one that came
  void beyond_book(std::uint64_t /*id*/) {}             // what was left, at a price past all offers: gone (F9)
};

class EmbeddedMarket {
 public:
  using Rows = std::vector<Event>;

  EmbeddedMarket(const MarketParameters& parameters, std::uint64_t seed,
                 SelfTrade self_trade = SelfTrade::cancel_newest)
      : parameters_(parameters), flow_(parameters, seed), engine_(kOrders, self_trade) {
    rows_.reserve(kOrders);
    order_ids_.reserve(kOrders);
    MarketOwner nobody;
    open(nobody);
  }
  EmbeddedMarket(const EmbeddedMarket&) = delete;
  EmbeddedMarket(EmbeddedMarket&&) = default;

  std::int64_t first_ts_ns() const noexcept { return parameters_.start_ns; }
  std::int64_t last_ts_ns() const noexcept { return parameters_.start_ns + parameters_.length_ns; }
  // When somebody acts next; once, at the end, only time is told; then kNever.
  std::int64_t next_ts_ns() const noexcept { return ended_ ? kNever : std::min(flow_.next_ts_ns(), last_ts_ns()); }
  bool ended() const noexcept { return ended_; }

  // Lets the next one act.
  template <class Owner>
  void step(Owner& owner) {
    ts_ns_ = next_ts_ns();
    if (flow_.next_ts_ns() > ts_ns_) {
      end();
      return;
    }
    const OrderFlow::Action action = flow_.act(*this);
    Listener<Owner> listener{*this, owner};
    if (action.act == OrderFlow::Act::limit) {
      engine_.submit({++last_id_, action.price_ticks, action.lots, kOthers, action.side, OrderType::limit}, listener);
    } else if (action.act == OrderFlow::Act::cancel) {
      engine_.cancel(others_order(action.side, action.price_ticks, action.pick), listener);
    } else {
      engine_.submit({++last_id_, 0, action.lots, kOthers, action.side, OrderType::market}, listener);
      if (listener.traded_lots) flow_.traded(action.side, listener.traded_lots);
    }
    uncover(listener);
    close_event();
    flow_.done(*this);
  }

  // ---- our orders; ts_ns is not past next_ts_ns() and not before the last call ---------------------------------

  template <class Owner>
  MatchReason submit(std::int64_t ts_ns, std::uint64_t id, Side side, OrderType type, std::int32_t price_ticks,
                     std::int32_t lots, Owner& owner) {
    return disturb(ts_ns, id, side, owner, [&](auto& listener) {
      return engine_.submit({own(id), price_ticks, lots, kOurs, side, type}, listener);
    });
  }
  // open_lots: what shall be open afterwards.
  template <class Owner>
  MatchReason replace(std::int64_t ts_ns, std::uint64_t id, Side side, bool post_only, std::int32_t price_ticks,
                      std::int32_t open_lots, Owner& owner) {
    return disturb(ts_ns, id, side, owner, [&](auto& listener) {
      return engine_.replace(own(id), own(id), price_ticks, open_lots,
                             post_only ? OrderType::post_only : OrderType::limit, listener);
    });
  }
  template <class Owner>
  MatchReason cancel(std::int64_t ts_ns, std::uint64_t id, Side side, Owner& owner) {
    return disturb(ts_ns, id, side, owner, [&](auto& listener) { return engine_.cancel(own(id), listener); });
  }

  // ---- the book ------------------------------------------------------------------------------------------------

  std::int32_t best(Side side) const noexcept { return engine_.best(side); }
  std::int64_t qty(Side side, std::int32_t price) const noexcept { return engine_.qty(side, price); }
  std::int64_t own_qty(Side side, std::int32_t price) const noexcept { return own_depth_.qty(side, price); }
  std::int64_t others_qty(Side side, std::int32_t price) const noexcept {
    return qty(side, price) - (has_own_orders() ? own_qty(side, price) : 0);
  }
  // Best level without ours; no lots where there is none.
  lumina_level others_touch(Side side) const noexcept {
    std::int32_t price = best(side);
    while (engine_.is_price(price) && others_qty(side, price) == 0) price = engine_.behind(side, price);
    return {price, static_cast<std::int32_t>(engine_.is_price(price) ? others_qty(side, price) : 0)};
  }
  // Bid + ask without ours; kNoMid where one is missing.
  std::int64_t others_mid2() const noexcept {
    const std::int32_t bid = others_touch(Side::buy).price_ticks, ask = others_touch(Side::sell).price_ticks;
    return engine_.is_price(bid) && engine_.is_price(ask) ? std::int64_t{bid} + ask : kNoMid;
  }
  std::int64_t feed_latency_ns() const noexcept { return parameters_.feed_latency_ns; }
  bool has_own_orders() const noexcept { return own_lots_ != 0; }
  std::vector<std::uint64_t> own_ids() const {
    std::vector<std::uint64_t> ids;
    for (const Side side : {Side::buy, Side::sell})
      for (std::int32_t price = own_depth_.best(side); DepthBook::is_price(price);
           price = own_depth_.behind(side, price))
        for (MatchingEngine::Handle handle = engine_.first(side, price); handle != MatchingEngine::kNoOrder;
             handle = engine_.next(handle))
          if (const std::uint64_t id = engine_.order(handle).id; is_own(id)) ids.push_back(id & ~kOwnId);
    return ids;
  }
  const MatchingEngine& engine() const noexcept { return engine_; }
  const OrderFlow& flow() const noexcept { return flow_; }

  // ---- what the public sees --------------------------------------------------------------------------------------

  // Rows of whole events, and the venue's order id of each (0 of a print), until they are forgotten.
  const Rows& rows() const noexcept { return rows_; }
  const std::vector<std::uint64_t>& order_ids() const noexcept { return order_ids_; }
  // The first count of them, of whole events, are done with.
  void forget_rows(std::size_t count) {
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(count));
    order_ids_.erase(order_ids_.begin(), order_ids_.begin() + static_cast<std::ptrdiff_t>(count));
    event_ = rows_.size();
  }
  std::uint64_t rows_made() const noexcept { return made_; }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t kOrders = std::size_t{1} << 13;
  static constexpr std::uint16_t kOthers = 0, kOurs = 1;
  static constexpr std::uint64_t kOwnId = std::uint64_t{1} << 63;
  static constexpr std::uint64_t own(std::uint64_t id) noexcept { return id | kOwnId; }
  static constexpr bool is_own(std::uint64_t id) noexcept { return id & kOwnId; }

  // From the matching engine to rows and to the owner of our orders.
  template <class Owner>
  struct Listener : MatchSink {
    EmbeddedMarket& market;
    Owner& owner;
    std::int32_t traded_lots = 0;
    bool beyond = false;  // an order of ours came to rest past all that is on the other side

    Listener(EmbeddedMarket& m, Owner& o) : market(m), owner(o) {}

    void traded(Handle handle, const Order& maker, const NewOrder& taker, std::int32_t lots) {
      traded_lots += lots;
      if (is_own(maker.id)) {
        market.row(Kind::trade, taker.side, maker.price_ticks, lots, 0, 0);
        market.own_change(maker.side(), maker.price_ticks, -lots);
        owner.filled(maker.id & ~kOwnId, maker.price_ticks, lots, true);
        return;
      }
      market.row(Kind::execute, maker.side(), maker.price_ticks, -lots, market.stamps_[handle], maker.id);
      if (is_own(taker.id)) owner.filled(taker.id & ~kOwnId, maker.price_ticks, lots, false);
    }
    void rested(Handle handle, const Order& order) {
      if (is_own(order.id)) {
        market.own_change(order.side(), order.price_ticks, order.qty_lots);
        beyond = MatchingEngine::better(order.side(), order.price_ticks, market.known(opposite(order.side())));
        if (!beyond) owner.rested(order.id & ~kOwnId);
        return;
      }
      if (market.stamps_.size() <= handle) market.stamps_.resize(2 * std::size_t{handle} + 1);
      market.stamps_[handle] = market.made_ + 1;
      market.row(Kind::add, order.side(), order.price_ticks, order.qty_lots, market.made_ + 1, order.id);
    }
    void cancelled(Handle handle, const Order& order, MatchReason reason) {
      if (is_own(order.id)) {
        market.own_change(order.side(), order.price_ticks, -order.qty_lots);
        if (beyond) {
          owner.beyond_book(order.id & ~kOwnId);
        } else {
          owner.cancelled(order.id & ~kOwnId, reason);
        }
        return;
      }
      market.row(Kind::cancel, order.side(), order.price_ticks, -order.qty_lots, market.stamps_[handle], order.id);
    }
    void killed(const NewOrder& taker, std::int32_t, MatchReason reason) {
      if (is_own(taker.id)) owner.cancelled(taker.id & ~kOwnId, reason);
    }
    void reduced(Handle, const Order& before, const Order& after) {
      if (is_own(before.id)) market.own_change(before.side(), before.price_ticks, after.qty_lots - before.qty_lots);
    }
    void replaced(Handle, const Order& before, const NewOrder&) {
      if (is_own(before.id)) market.own_change(before.side(), before.price_ticks, -before.qty_lots);
    }
  };

  template <class Owner, class Request>
  MatchReason disturb(std::int64_t ts_ns, std::uint64_t id, Side side, Owner& owner, Request&& request) {
    ts_ns_ = ts_ns;
    Listener<Owner> listener{*this, owner};
    const MatchReason reason = request(listener);
    if (reason != MatchReason::none) return reason;
    if (listener.beyond) engine_.cancel(own(id), listener);
    uncover(listener);
    close_event();
    flow_.disturbed(ts_ns, *this, side, listener.traded_lots);
    return reason;
  }

  void open(MarketOwner& nobody) {
    ts_ns_ = parameters_.start_ns;
    Listener<MarketOwner> listener{*this, nobody};
    for (std::int32_t level = 0; level < parameters_.start_levels; ++level) {
      const std::int32_t lots = parameters_.start_lots + parameters_.start_step * level;
      for (const Side side : {Side::buy, Side::sell}) {
        const std::int32_t price = parameters_.start_price + (side == Side::buy ? -1 - level : level);
        add_lots(side, price, lots, listener);
        known_[static_cast<unsigned>(side)] = price;
      }
    }
    uncover(listener);
    close_event();
    flow_.start(*this);
  }

  template <class Owner>
  void add_lots(Side side, std::int32_t price, std::int32_t lots, Listener<Owner>& listener) {
    for (std::int32_t i = 0; i < lots; ++i)
      engine_.submit({++last_id_, price, 1, kOthers, side, OrderType::limit}, listener);
  }

  // Levels that nobody has seen before have orders of the others too, as far as anybody looks, so that no side is ever
  // empty.
  template <class Owner>
  void uncover(Listener<Owner>& listener) {
    for (const Side side : {Side::buy, Side::sell}) {
      std::int32_t& known = known_[static_cast<unsigned>(side)];
      const std::int32_t step = side == Side::buy ? -1 : 1;
      const std::int32_t far = best(opposite(side));
      const std::int32_t reach = (engine_.is_price(far) ? far : known) + step * parameters_.fresh_distance;
      while (MatchingEngine::better(side, known, reach) || !others_touch(side).qty_lots) [[unlikely]]
        add_lots(side, known += step, parameters_.fresh_lots, listener);
    }
  }

  std::int32_t known(Side side) const noexcept { return known_[static_cast<unsigned>(side)]; }

  std::uint64_t others_order(Side side, std::int32_t price, std::uint64_t pick) const noexcept {
    MatchingEngine::Handle handle = engine_.first(side, price);
    for (;; handle = engine_.next(handle)) {
      const Order& order = engine_.order(handle);
      if (!is_own(order.id) && pick-- == 0) return order.id;
    }
  }

  void own_change(Side side, std::int32_t price, std::int32_t lots) {
    own_depth_.change(side, price, lots);
    own_lots_ += lots;
  }

  void row(Kind kind, Side side, std::int32_t price, std::int32_t lots, std::uint64_t stamp, std::uint64_t order_id) {
    ++made_;
    rows_.push_back({ts_ns_, stamp, static_cast<std::uint32_t>(parameters_.feed_latency_ns), price, lots,
                     static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(side), kBothViews});
    order_ids_.push_back(order_id);
  }
  void close_event() noexcept {
    if (rows_.size() > event_) rows_.back().flags |= kEnd;
    event_ = rows_.size();
  }
  // The last row says that trading went on to here.
  void end() {
    ended_ = true;
    row(Kind::status, Side::none, 0, static_cast<std::int32_t>(Phase::continuous), 0, 0);
    close_event();
  }

  MarketParameters parameters_;
  OrderFlow flow_;
  MatchingEngine engine_;
  std::vector<std::uint64_t> stamps_;  // by handle, of the others' orders
  DepthBook own_depth_;                // of our orders
  std::int64_t own_lots_ = 0;
  std::int32_t known_[2] = {};  // furthest price that anybody has seen, a side
  std::uint64_t last_id_ = 0;
  std::int64_t ts_ns_ = 0;
  bool ended_ = false;

  Rows rows_;
  std::vector<std::uint64_t> order_ids_;
  std::size_t event_ = 0;  // first row of the event being written
  std::uint64_t made_ = 0;
};

}  // namespace lumina
