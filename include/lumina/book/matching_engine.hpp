// A venue's matching of one instrument: orders arrive, trade with what rests by price and then by time, and rest. One
// writer. No call of the allocator once the memory has grown to what is live (prices far from the touch aside).
//
// A message is judged whole before anything changes: what is refused leaves the book as it was. When memory runs out
// std::bad_alloc is thrown and the engine is to be thrown away.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "lumina/book/match_message.hpp"
#include "lumina/book/queue_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

class MatchingEngine : public QueueBook {
 public:
  // Memory for so many resting orders from the start.
  explicit MatchingEngine(std::size_t orders = 0, SelfTrade self_trade = SelfTrade::cancel_newest)
      : QueueBook(orders), self_trade_(self_trade) {}

  // Each operation tells a MatchSink what happens, and returns none or why it was refused.
  template <class Sink>
  MatchReason submit(const NewOrder& order, Sink& sink) {
    return submit(order, order.id, sink);
  }
  // The order leaves, whatever the phase.
  template <class Sink>
  MatchReason cancel(std::uint64_t id, Sink& sink) {
    return cancel(Key(id), sink);
  }
  // open_lots shall be open afterwards. At the same price and with no more lots the order keeps its place, else it
  // leaves and arrives again; limit or post_only. new_id may be id.
  template <class Sink>
  MatchReason replace(std::uint64_t id, std::uint64_t new_id, std::int32_t price_ticks, std::int32_t open_lots,
                      OrderType type, Sink& sink) {
    return replace(Key(id), new_id, price_ticks, open_lots, type, sink);
  }
  // All orders of an owner leave: bids from the best price down, then asks from the best price up, each level from the
  // front. Returns how many. Walks the book.
  template <class Sink>
  std::size_t mass_cancel(std::uint16_t owner, Side side, Sink& sink) {
    if (owner == 0) return 0;
    const std::size_t before = size();
    for (const Side s : {Side::buy, Side::sell}) {
      if (side != s && side != Side::none) continue;
      for (std::int32_t price = best(s); is_price(price); price = levels_.behind(s, price)) {
        for (Handle handle = levels_.of(s, price).head; handle != kNoOrder;) {
          const Order& resting = order(handle);
          const Handle next = resting.next;
          if (resting.group == owner) take_out(store_.locate(resting.id), MatchReason::requested, sink);
          handle = next;
        }
      }
    }
    return before - size();
  }

  // Any of these, by the message's kind.
  template <class Sink>
  MatchReason apply(const MatchMessage& message, Sink& sink) {
    return apply(message, message.order_id, sink);
  }
  // Messages in order, the fastest way: memory is fetched ahead where the book is large.
  template <class Sink>
  void on_batch(const MatchMessage* messages, std::size_t count, Sink& sink) {
    store_.each(messages, count, one(), [&](const MatchMessage& message, Key key) {
      this->apply(message, key, sink);
      sink.applied(message);
    });
  }

  // Anything but continuous is a halt: only cancels are accepted.
  void set_phase(Phase phase) noexcept { phase_ = phase; }
  Phase phase() const noexcept { return phase_; }
  // Orders with a limit outside [low, high] are refused, and market orders meet nothing outside. What rests stays.
  void set_band(std::int32_t low, std::int32_t high) {
    if (low > high) throw std::invalid_argument("MatchingEngine: a price band with low > high");
    low_ = low;
    high_ = high;
    has_band_ = true;
  }
  void clear_band() noexcept {
    low_ = -PriceLevels::kMaxPrice;
    high_ = PriceLevels::kMaxPrice;
    has_band_ = false;
  }
  bool has_band() const noexcept { return has_band_; }
  std::int32_t band_low() const noexcept { return low_; }
  std::int32_t band_high() const noexcept { return high_; }

  // Best price, or none(side).
  std::int32_t best(Side side) const noexcept { return best_[static_cast<unsigned>(side)]; }

  SelfTrade self_trade() const noexcept { return self_trade_; }
  static std::uint16_t owner(const Order& order) noexcept { return order.group; }

 private:
  using Key = IdMap::Key;
  using Place = IdMap::Place;

  template <class Sink>
  static MatchReason refuse(std::uint64_t id, MatchReason reason, Sink& sink) {
    sink.rejected(id, reason);
    return reason;
  }

  template <class Sink>
  MatchReason apply(const MatchMessage& message, Key key, Sink& sink) {
    // most messages are orders or cancels: no more than two guesses for these
    if (message.kind == static_cast<std::uint8_t>(MatchKind::submit))
      return submit({message.order_id, message.price_ticks, message.qty_lots, message.owner,
                     static_cast<Side>(message.side), static_cast<OrderType>(message.type)},
                    key, sink);
    if (message.kind == static_cast<std::uint8_t>(MatchKind::cancel)) return cancel(key, sink);
    if (message.kind == static_cast<std::uint8_t>(MatchKind::replace))
      return replace(key, message.new_id, message.price_ticks, message.qty_lots, static_cast<OrderType>(message.type),
                     sink);
    if (message.kind != static_cast<std::uint8_t>(MatchKind::mass_cancel) ||
        message.side > static_cast<std::uint8_t>(Side::none))
      return refuse(message.order_id, MatchReason::invalid, sink);
    mass_cancel(message.owner, static_cast<Side>(message.side), sink);
    return MatchReason::none;
  }

  // As in OrderStore, inlined by force is what most messages are, and only that.
  template <class Sink>
  [[gnu::always_inline]] MatchReason submit(const NewOrder& order, Key key, Sink& sink) {
    const bool priced = order.type != OrderType::market;
    if (static_cast<std::uint8_t>(order.side) > 1 || order.type > OrderType::fok || order.qty_lots <= 0 ||
        (priced && !PriceLevels::in_range(order.price_ticks))) [[unlikely]]
      return refuse(order.id, MatchReason::invalid, sink);
    if (phase_ != Phase::continuous) [[unlikely]]
      return refuse(order.id, MatchReason::halted, sink);
    if (priced && (order.price_ticks < low_ || order.price_ticks > high_)) [[unlikely]]
      return refuse(order.id, MatchReason::price_band, sink);
    const Place place = store_.locate(key);
    if (place.handle != kNoOrder) [[unlikely]]
      return refuse(order.id, MatchReason::duplicate_id, sink);
    const Path path = path_of(order);
    if (!path.reaches(path.first)) {
      if (order.type == OrderType::fok) return refuse(order.id, MatchReason::fill_or_kill, sink);
      return rest(order, order.qty_lots, place, sink);
    }
    if (const MatchReason reason = judge(order, path); reason != MatchReason::none) [[unlikely]]
      return refuse(order.id, reason, sink);
    return meet(order, path, place, sink);
  }

  template <class Sink>
  [[gnu::always_inline]] MatchReason cancel(Key key, Sink& sink) {
    const Place place = store_.locate(key);
    if (place.handle == kNoOrder) [[unlikely]]
      return refuse(key.id, MatchReason::unknown_id, sink);
    take_out(place, MatchReason::requested, sink);
    return MatchReason::none;
  }

  template <class Sink>
  [[gnu::noinline]] MatchReason replace(Key key, Key new_key, std::int32_t price, std::int32_t lots, OrderType type,
                                        Sink& sink) {
    if (type > OrderType::post_only || lots <= 0 || !PriceLevels::in_range(price)) [[unlikely]]
      return refuse(key.id, MatchReason::invalid, sink);
    if (phase_ != Phase::continuous) [[unlikely]]
      return refuse(key.id, MatchReason::halted, sink);
    const Place place = store_.locate(key);
    if (place.handle == kNoOrder) [[unlikely]]
      return refuse(key.id, MatchReason::unknown_id, sink);
    if (price < low_ || price > high_) [[unlikely]]
      return refuse(key.id, MatchReason::price_band, sink);
    const Place new_place = store_.locate(new_key);
    if (new_key.id != key.id && new_place.handle != kNoOrder) [[unlikely]]
      return refuse(key.id, MatchReason::duplicate_id, sink);
    Order& old = store_.orders()[place.handle];
    const Order before = old;
    if (price == old.price_ticks && lots <= old.qty_lots) {
      store_.shrink(levels_.of(old.side(), price), old, old.qty_lots - lots);
      store_.rename(place, new_place, new_key.id);
      sink.reduced(place.handle, before, old);
      return MatchReason::none;
    }
    const NewOrder order{new_key.id, price, lots, old.group, old.side(), type};
    const Path path = path_of(order);
    const bool meets = path.reaches(path.first);
    if (meets) {
      if (const MatchReason reason = judge(order, path); reason != MatchReason::none) [[unlikely]]
        return refuse(key.id, reason, sink);
    } else if (const QueueLevel* level = levels_.find(order.side, price)) {
      QueueLevel to = *level;
      if (price == before.price_ticks) to.total -= QueueLevel::order(before.qty_lots);
      if (!to.has_room(lots)) [[unlikely]]
        return refuse(key.id, MatchReason::invalid, sink);
    }
    leave(place, [&](const Order&) { sink.replaced(place.handle, before, order); });
    return meets ? meet(order, path, new_place, sink) : rest(order, lots, new_place, sink);
  }

  // Is price a of a side at price b or nearer to the other side? Without a branch: sides are not to be guessed.
  static bool ahead(Side side, std::int32_t a, std::int32_t b) noexcept {
    const std::int32_t flip = -static_cast<std::int32_t>(side == Side::buy);
    return (a ^ flip) <= (b ^ flip);
  }

  // What an order may trade with: the opposite side from its first acceptable price on, as far as its limit.
  struct Path {
    Side side;  // the opposite one
    std::int32_t first, limit;
    bool reaches(std::int32_t price) const noexcept { return ahead(side, price, limit); }
  };
  Path path_of(const NewOrder& order) const noexcept {
    const Side side = opposite(order.side);
    if (order.type == OrderType::market) [[unlikely]]
      return market_path(side);
    return {side, best(side), order.price_ticks};
  }
  // What lies before the band is passed over. No price at all is beyond the limit.
  [[gnu::noinline]] Path market_path(Side side) const noexcept {
    constexpr std::int32_t kMax = PriceLevels::kMaxPrice;
    if (side == Side::sell) return {side, levels_.behind(side, std::max(low_, -kMax) - 1), std::min(high_, kMax)};
    return {side, levels_.behind(side, std::min(high_, kMax) + 1), std::max(low_, -kMax)};
  }

  // May an order that reaches the first price trade? Asked before anything changes.
  [[gnu::noinline]] MatchReason judge(const NewOrder& order, const Path& path) const noexcept {
    if (order.type == OrderType::post_only) return MatchReason::post_only;
    const bool refuses_own = self_trade_ == SelfTrade::reject && order.owner != 0;
    if (!refuses_own && order.type != OrderType::fok) [[likely]]
      return MatchReason::none;
    std::int64_t missing = order.qty_lots;
    for (std::int32_t price = path.first; path.reaches(price); price = levels_.behind(path.side, price)) {
      const QueueLevel& level = *levels_.find(path.side, price);
      if (order.owner == 0) {
        missing -= level.qty_lots();
        if (missing <= 0) return MatchReason::none;
        continue;
      }
      for (Handle handle = level.head; handle != kNoOrder; handle = next(handle)) {
        const Order& maker = this->order(handle);
        if (maker.group != order.owner) {
          missing -= maker.qty_lots;
          if (missing <= 0) return MatchReason::none;
        } else if (self_trade_ != SelfTrade::cancel_oldest) {
          return refuses_own ? MatchReason::self_match : MatchReason::fill_or_kill;
        }
      }
    }
    return order.type == OrderType::fok ? MatchReason::fill_or_kill : MatchReason::none;
  }

  // Trades along the path; what is left rests or is gone.
  template <class Sink>
  [[gnu::noinline]] MatchReason meet(const NewOrder& taker, const Path& path, const Place& place, Sink& sink) {
    std::int32_t left = taker.qty_lots;
    for (std::int32_t price = path.first; path.reaches(price); price = levels_.behind(path.side, price)) {
      QueueLevel& level = levels_.of(path.side, price);
      for (Handle handle = level.head; handle != kNoOrder;) {
        Order& maker = store_.orders()[handle];
        const Handle next = maker.next;
        if (maker.group == taker.owner && taker.owner != 0) [[unlikely]] {
          if (self_trade_ != SelfTrade::cancel_newest) take_out(store_.locate(maker.id), MatchReason::self_match, sink);
          if (self_trade_ != SelfTrade::cancel_oldest) {
            sink.killed(taker, left, MatchReason::self_match);
            return MatchReason::none;
          }
        } else if (left < maker.qty_lots) {
          store_.shrink(level, maker, left);
          sink.traded(handle, maker, taker, left);
          return MatchReason::none;
        } else {
          const std::int32_t lots = maker.qty_lots;
          left -= lots;
          leave(store_.locate(maker.id), [&](Order& closed) {
            closed.qty_lots = 0;
            sink.traded(handle, closed, taker, lots);
          });
          store_.fetch(next);  // the next trade is most likely with this one
          if (left == 0) return MatchReason::none;
        }
        handle = next;
      }
    }
    return rest(taker, left, place, sink);
  }

  // Nothing to trade with any more.
  template <class Sink>
  [[gnu::always_inline]] MatchReason rest(const NewOrder& order, std::int32_t lots, const Place& place, Sink& sink) {
    if (order.type > OrderType::post_only) {
      sink.killed(order, lots, MatchReason::remainder);
      return MatchReason::none;
    }
    QueueLevel& level = levels_.make(order.side, order.price_ticks);
    // after a trade the level is empty: it was behind the price of the trade
    if (!level.has_room(lots)) [[unlikely]]
      return refuse(order.id, MatchReason::invalid, sink);
    const Handle handle =
        store_.join(levels_, level, place, order.owner, order.id, order.side, order.price_ticks, lots);
    std::int32_t& best = best_[static_cast<unsigned>(order.side)];
    best = ahead(order.side, best, order.price_ticks) ? best : order.price_ticks;
    sink.rested(handle, this->order(handle));
    return MatchReason::none;
  }

  template <class Sink>
  [[gnu::always_inline]] void take_out(const Place& place, MatchReason reason, Sink& sink) {
    leave(place, [&](const Order& order) { sink.cancelled(place.handle, order, reason); });
  }

  template <class Tell>
  [[gnu::always_inline]] void leave(const Place& place, const Tell& tell) {
    store_.close(levels_, place, [&](Order& order, bool emptied) {
      if (emptied && order.price_ticks == best_[order.side_]) {
        best_[order.side_] = levels_.behind(order.side(), order.price_ticks);
        __builtin_prefetch(&this->order(levels_.front(order.side(), best_[order.side_])));
      }
      tell(order);
    });
  }

  Phase phase_ = Phase::continuous;
  SelfTrade self_trade_;
  bool has_band_ = false;
  std::int32_t best_[2] = {kNoBid, kNoAsk};  // kept, as every order asks for it
  std::int32_t low_ = -PriceLevels::kMaxPrice, high_ = PriceLevels::kMaxPrice;
};

}  // namespace lumina
