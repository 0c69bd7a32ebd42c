// The order-by-order book of one instrument: every resting order by its id, and its place in the queue of its price.
// One writer. No call of the allocator once the memory has grown to what is live (prices far from the touch aside).
//
// Whatever the messages say, the book stays defined: what cannot be done is refused, counted and reported. When memory
// runs out std::bad_alloc is thrown and the book is to be thrown away.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lumina/book/depth_book.hpp"
#include "lumina/book/order.hpp"
#include "lumina/book/order_store.hpp"
#include "lumina/book/price_levels.hpp"
#include "lumina/types.hpp"

namespace lumina {

class OrderBook {
 public:
  // An index that no other live order has; dense, and used again after the order closed. Others may keep what they
  // know of an order in an array by handle.
  using Handle = std::uint32_t;
  using Result = OrderResult;
  using Counts = OrderCounts;
  static constexpr Handle kNoOrder = detail::OrderStore::kNoOrder;
  static constexpr std::int32_t kNoBid = DepthBook::kNoBid;
  static constexpr std::int32_t kNoAsk = DepthBook::kNoAsk;

  // Memory for so many live orders from the start.
  explicit OrderBook(std::size_t orders = 0) : store_(orders) {}

  static constexpr std::int32_t none(Side side) noexcept { return DepthBook::none(side); }
  static constexpr bool is_price(std::int32_t price) noexcept { return DepthBook::is_price(price); }
  static constexpr bool better(Side side, std::int32_t a, std::int32_t b) noexcept {
    return DepthBook::better(side, a, b);
  }

  // The order joins the end of the queue at its price.
  Result add(std::uint64_t id, Side side, std::int32_t price_ticks, std::int32_t qty_lots) {
    OrderSink none;
    return store_.add(levels_, 0, id, side, price_ticks, qty_lots, none);
  }
  // The order shrinks and keeps its place. What is left, or more, closes it; more is an overfill.
  Result reduce(std::uint64_t id, std::int32_t lots) noexcept { return take(id, lots, Kind::reduce); }
  // The same of lots that traded.
  Result execute(std::uint64_t id, std::int32_t lots) noexcept { return take(id, lots, Kind::execute); }
  // The order leaves.
  Result cancel(std::uint64_t id) noexcept {
    OrderSink none;
    return store_.cancel(id, one(), none);
  }
  // The order leaves and one of the same side joins the end of the queue at price_ticks. new_id may be old_id.
  Result replace(std::uint64_t old_id, std::uint64_t new_id, std::int32_t price_ticks, std::int32_t qty_lots) {
    OrderSink none;
    return store_.replace(old_id, new_id, price_ticks, qty_lots, one(), none);
  }
  // Any of these, by the message's kind.
  Result apply(const OrderMessage& message) {
    OrderSink none;
    return apply(message, none);
  }
  // sink: an OrderSink, told what came of it.
  template <class Sink>
  Result apply(const OrderMessage& message, Sink& sink) {
    return store_.apply(message, one(), sink);
  }
  // Messages in order, the fastest way: memory is fetched ahead where the book is large.
  template <class Sink>
  void on_batch(const OrderMessage* messages, std::size_t count, Sink& sink) {
    store_.on_batch(messages, count, one(), sink);
  }
  void on_batch(const OrderMessage* messages, std::size_t count) {
    OrderSink none;
    on_batch(messages, count, none);
  }

  // kNoOrder where there is none.
  Handle find(std::uint64_t id) const noexcept { return store_.find(id); }
  // Valid until the next operation.
  const Order& order(Handle handle) const noexcept { return store_.orders()[handle]; }

  // Best price, or none(side).
  std::int32_t best(Side side) const noexcept { return levels_.best(side); }
  // Next price with orders behind this one, or none(side).
  std::int32_t behind(Side side, std::int32_t price_ticks) const noexcept { return levels_.behind(side, price_ticks); }
  std::int64_t qty(Side side, std::int32_t price_ticks) const noexcept {
    const QueueLevel* level = levels_.find(side, price_ticks);
    return level ? level->qty_lots() : 0;
  }
  std::uint32_t count(Side side, std::int32_t price_ticks) const noexcept {
    const QueueLevel* level = levels_.find(side, price_ticks);
    return level ? level->count() : 0;
  }

  // The queue of a price, from the front: first, then next until kNoOrder.
  Handle first(Side side, std::int32_t price_ticks) const noexcept {
    const QueueLevel* level = levels_.find(side, price_ticks);
    return level ? level->head : kNoOrder;
  }
  Handle next(Handle handle) const noexcept { return order(handle).next; }
  // Lots in front of the order at its price; -1 where there is no such order. Walks the queue.
  std::int64_t queue_ahead(std::uint64_t id) const noexcept {
    const Handle handle = find(id);
    if (handle == kNoOrder) return -1;
    std::int64_t lots = 0;
    for (Handle at = order(handle).prev; at != kNoOrder; at = order(at).prev) lots += order(at).qty_lots;
    return lots;
  }

  std::size_t size() const noexcept { return store_.orders().size(); }
  const Counts& counts() const noexcept { return store_.counts(); }
  // All orders leave; counts stay.
  void clear() noexcept {
    store_.clear();
    levels_.clear();
  }

 private:
  struct One {
    PriceLevels& levels;
    PriceLevels& of(const Order&) const noexcept { return levels; }
    PriceLevels* by_book(std::uint16_t) const noexcept { return &levels; }
    const PriceLevels& clamped(std::uint16_t) const noexcept { return levels; }
  };
  One one() noexcept { return {levels_}; }
  Result take(std::uint64_t id, std::int32_t lots, Kind kind) noexcept {
    OrderSink none;
    return store_.take(id, lots, kind, one(), none);
  }

  detail::OrderStore store_;
  PriceLevels levels_;
};

}  // namespace lumina
