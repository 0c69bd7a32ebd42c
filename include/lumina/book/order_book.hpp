// The order-by-order book of one instrument: every resting order by its id, and its place in the queue of its price.
// One writer. No call of the allocator once the memory has grown to what is live (prices far from the touch aside).
//
// Whatever the messages say, the book stays defined: what cannot be done is refused, counted and reported. When memory
// runs out std::bad_alloc is thrown and the book is to be thrown away.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lumina/book/order.hpp"
#include "lumina/book/order_store.hpp"
#include "lumina/book/queue_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

class OrderBook : public QueueBook {
 public:
  using Result = OrderResult;
  using Counts = OrderCounts;

  // Memory for so many live orders from the start.
  explicit OrderBook(std::size_t orders = 0) : QueueBook(orders) {}

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

  const Counts& counts() const noexcept { return store_.counts(); }
  // All orders leave; counts stay.
  void clear() noexcept {
    store_.clear();
    levels_.clear();
  }

 private:
  Result take(std::uint64_t id, std::int32_t lots, Kind kind) noexcept {
    OrderSink none;
    return store_.take(id, lots, kind, one(), none);
  }
};

}  // namespace lumina
