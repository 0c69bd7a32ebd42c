// What can be asked of a book that knows every order: OrderBook, which a feed moves, and MatchingEngine, which orders
// move.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lumina/book/depth_book.hpp"
#include "lumina/book/order.hpp"
#include "lumina/book/order_store.hpp"
#include "lumina/book/price_levels.hpp"
#include "lumina/types.hpp"

namespace lumina {

class QueueBook {
 public:
  // An index that no other live order has; dense, and used again after the order closed. Others may keep what they
  // know of an order in an array by handle.
  using Handle = std::uint32_t;
  static constexpr Handle kNoOrder = detail::OrderStore::kNoOrder;
  static constexpr std::int32_t kNoBid = DepthBook::kNoBid;
  static constexpr std::int32_t kNoAsk = DepthBook::kNoAsk;

  static constexpr std::int32_t none(Side side) noexcept { return DepthBook::none(side); }
  static constexpr bool is_price(std::int32_t price) noexcept { return DepthBook::is_price(price); }
  static constexpr bool better(Side side, std::int32_t a, std::int32_t b) noexcept {
    return DepthBook::better(side, a, b);
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
  // All levels of both sides, for who needs many of them.
  const PriceLevels& levels() const noexcept { return levels_; }

 protected:
  struct One {
    PriceLevels& levels;
    PriceLevels& of(const Order&) const noexcept { return levels; }
    PriceLevels* by_book(std::uint16_t) const noexcept { return &levels; }
    const PriceLevels& clamped(std::uint16_t) const noexcept { return levels; }
  };

  explicit QueueBook(std::size_t orders) : store_(orders) {}
  One one() noexcept { return {levels_}; }

  detail::OrderStore store_;
  PriceLevels levels_;
};

}  // namespace lumina
