// The order-by-order books of one feed whose order ids are unique across instruments, as NASDAQ's are: one pool of
// orders and one map of ids for all, and the price levels of each instrument. A message that names an order need not
// name the book. One writer; results, counts and memory as in OrderBook.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "lumina/book/order.hpp"
#include "lumina/book/order_store.hpp"
#include "lumina/book/price_levels.hpp"
#include "lumina/types.hpp"

namespace lumina {

class OrderBooks {
 public:
  using Handle = std::uint32_t;
  using Result = OrderResult;
  using Counts = OrderCounts;
  static constexpr Handle kNoOrder = detail::OrderStore::kNoOrder;
  static constexpr std::size_t kMaxBooks = std::size_t{1} << 16;

  // Books 0 .. books - 1, each empty and small until its first order; memory for so many live orders from the start.
  explicit OrderBooks(std::size_t books, std::size_t orders = 0) : store_(orders), levels_(books) {
    if (books == 0 || books > kMaxBooks) throw std::invalid_argument("OrderBooks: 1 to 65536 books");
  }

  // An add goes to the message's book (bad_message where there is none), anything else to the book of its order.
  // sink: an OrderSink, told what came of it; the order tells its book.
  template <class Sink>
  Result apply(const OrderMessage& message, Sink& sink) {
    return store_.apply(message, Shelf{levels_}, sink);
  }
  Result apply(const OrderMessage& message) {
    OrderSink none;
    return apply(message, none);
  }
  // Messages in order, the fastest way: memory is fetched ahead where the books are large.
  template <class Sink>
  void on_batch(const OrderMessage* messages, std::size_t count, Sink& sink) {
    store_.on_batch(messages, count, Shelf{levels_}, sink);
  }
  void on_batch(const OrderMessage* messages, std::size_t count) {
    OrderSink none;
    on_batch(messages, count, none);
  }

  // kNoOrder where there is none.
  Handle find(std::uint64_t id) const noexcept { return store_.find(id); }
  // Valid until the next operation.
  const Order& order(Handle handle) const noexcept { return store_.orders()[handle]; }
  Handle next(Handle handle) const noexcept { return order(handle).next; }
  // Best prices, and the queue of each price.
  const PriceLevels& levels(std::uint16_t book) const noexcept { return levels_[book]; }

  std::size_t books() const noexcept { return levels_.size(); }
  std::size_t size() const noexcept { return store_.orders().size(); }
  const Counts& counts() const noexcept { return store_.counts(); }

 private:
  struct Shelf {
    std::vector<PriceLevels>& levels;
    PriceLevels& of(const Order& order) const noexcept { return levels[order.group]; }
    PriceLevels* by_book(std::uint16_t book) const noexcept { return book < levels.size() ? &levels[book] : nullptr; }
    const PriceLevels& clamped(std::uint16_t book) const noexcept { return levels[book < levels.size() ? book : 0]; }
  };

  detail::OrderStore store_;
  std::vector<PriceLevels> levels_;
};

}  // namespace lumina
