// Own orders that may still fill, as risk counts them: each at the most it may come to, requests in flight included.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lumina/book/id_map.hpp"
#include "lumina/contract_value.hpp"  // Int128
#include "lumina/memory_pool.hpp"
#include "lumina/types.hpp"

namespace lumina {

// An order counts as max(acknowledged total, totals of replaces in flight) - filled, and rests at the most aggressive
// of its prices. Answers come in the order of the requests. Up to the capacity nothing is allocated; every call is O(1)
// but best_ticks() after the best order has gone or moved away: O(orders of the side).
class OwnOrders {
 public:
  using Handle = std::uint32_t;
  static constexpr Handle kNone = 0;
  static constexpr std::int64_t kNoPrice = kNoMid;

  struct Order {
    std::uint64_t id;
    std::int64_t price_ticks;  // acknowledged, or asked for when it was new; of a replace in flight the new one
    std::int64_t total_lots;
    std::int64_t filled_lots;
    std::int64_t open_lots;    // as it counts
    std::int64_t reach_ticks;  // the most aggressive price
    Handle first_replace, last_replace;
    Handle before;  // neighbours in the side's list
    std::uint32_t next;
    std::uint32_t generation;
    std::uint8_t side;
    std::uint8_t type;  // lumina_order_type
  };

  // So many orders at once, and as many replaces in flight. Throws std::bad_alloc.
  explicit OwnOrders(std::size_t capacity) : pool_(2 * capacity), ids_(capacity), capacity_(capacity) {}

  std::size_t capacity() const noexcept { return capacity_; }
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    pool_.reserve(2 * capacity);
    ids_.reserve(capacity);
    capacity_ = capacity;
  }

  std::size_t size() const noexcept { return size_; }
  bool full() const noexcept { return size_ >= capacity_; }
  bool full_of_replaces() const noexcept { return replaces_ >= capacity_; }

  // Where an order is, or would be; until the next add or end.
  using Place = IdMap::Place;
  Place locate(std::uint64_t id) const noexcept {
    return ids_.locate(id, [&](Handle h) { return pool_[h].id == id; });
  }
  const Order& operator[](Handle order) const noexcept { return pool_[order]; }

  // Of all orders of the side.
  Int128 open_lots(std::uint8_t side) const noexcept { return sides_[side].open_lots; }

  // The most aggressive price of the side's orders that may rest; kNoPrice without any.
  std::int64_t best_ticks(std::uint8_t side) noexcept {
    BookSide& own = sides_[side];
    if (own.stale) {
      own.best_ticks = kNoPrice;
      own.stale = false;
      for (Handle h = own.first; h != kNone; h = pool_[h].next) improve(own, pool_[h]);
    }
    return own.best_ticks;
  }

  // The id must be new (its place without a handle), and the table not full.
  void add(const Place& place, std::uint64_t id, std::uint8_t side, std::uint8_t type, std::int64_t price,
           std::int64_t lots) noexcept {
    const Handle h = pool_.allocate();
    BookSide& own = sides_[side];
    Order& order = pool_[h];
    const std::uint32_t generation = order.generation;
    order = {id, price, lots, 0, lots, price, kNone, kNone, kNone, own.first, generation, side, type};
    if (own.first != kNone) pool_[own.first].before = h;
    own.first = h;
    own.open_lots += lots;
    if (!own.stale) improve(own, order);
    ids_.insert(place, h);
    ++size_;
  }

  // A replace left. The table must not be full of them.
  void replacing(Handle h, std::int64_t price, std::int64_t total) noexcept {
    const Handle r = pool_.allocate();
    Order& order = pool_[h];
    pool_[r].price_ticks = price;
    pool_[r].total_lots = total;
    pool_[r].next = kNone;
    (order.last_replace == kNone ? order.first_replace : pool_[order.last_replace].next) = r;
    order.last_replace = r;
    ++replaces_;
    recount(order);
  }

  // The oldest replace in flight was refused.
  void replace_refused(Handle h) noexcept {
    take_oldest_replace(pool_[h]);
    recount(pool_[h]);
  }
  // It was accepted, as told. May end the order.
  void replaced(const Place& place, std::int64_t price, std::int64_t total) noexcept {
    Order& order = pool_[place.handle];
    take_oldest_replace(order);
    order.price_ticks = price;
    order.total_lots = total;
    if (order.filled_lots >= total) {
      remove(place);
    } else {
      recount(order);
    }
  }

  // May end the order.
  void filled(const Place& place, std::int64_t lots) noexcept {
    Order& order = pool_[place.handle];
    order.filled_lots += lots;
    if (order.filled_lots >= order.total_lots) {
      remove(place);
    } else {
      recount(order);
    }
  }

  void remove(const Place& place) noexcept {
    Order& order = pool_[place.handle];
    BookSide& own = sides_[order.side];
    while (order.first_replace != kNone) take_oldest_replace(order);
    own.open_lots -= order.open_lots;
    if (rests(order) && order.reach_ticks == own.best_ticks) own.stale = true;
    (order.before == kNone ? own.first : pool_[order.before].next) = order.next;
    if (order.next != kNone) pool_[order.next].before = order.before;
    ids_.erase(place);
    pool_.release(place.handle);
    --size_;
  }

 private:
  struct BookSide {
    Int128 open_lots = 0;
    std::int64_t best_ticks = kNoPrice;
    Handle first = kNone;
    bool stale = false;  // best_ticks is to be looked for
  };

  static bool rests(const Order& order) noexcept { return order.type <= LUMINA_POST_ONLY; }
  static std::int64_t better(std::uint8_t side, std::int64_t a, std::int64_t b) noexcept {
    return side == LUMINA_BUY ? std::max(a, b) : std::min(a, b);
  }

  void improve(BookSide& own, const Order& order) noexcept {
    if (!rests(order)) return;
    own.best_ticks =
        own.best_ticks == kNoPrice ? order.reach_ticks : better(order.side, own.best_ticks, order.reach_ticks);
  }

  void take_oldest_replace(Order& order) noexcept {
    const Handle r = order.first_replace;
    if (r == kNone) return;
    order.first_replace = pool_[r].next;
    if (order.first_replace == kNone) order.last_replace = kNone;
    pool_.release(r);
    --replaces_;
  }

  void recount(Order& order) noexcept {
    BookSide& own = sides_[order.side];
    std::int64_t total = order.total_lots, reach = order.price_ticks;
    for (Handle r = order.first_replace; r != kNone; r = pool_[r].next) {
      total = std::max(total, pool_[r].total_lots);
      reach = better(order.side, reach, pool_[r].price_ticks);
    }
    const std::int64_t open = std::max<std::int64_t>(total - order.filled_lots, 0);
    own.open_lots += open - order.open_lots;
    order.open_lots = open;
    if (reach == order.reach_ticks) return;
    if (rests(order) && order.reach_ticks == own.best_ticks) own.stale = true;
    order.reach_ticks = reach;
    if (!own.stale) improve(own, order);
  }

  MemoryPool<Order> pool_;
  IdMap ids_;
  BookSide sides_[2];
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::size_t replaces_ = 0;
};

}  // namespace lumina
