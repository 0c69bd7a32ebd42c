// Our side of a recorded market: own resting orders in priority, and a filter that tells in one test whether a row's
// price can concern us.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

inline constexpr double kUnknownFront = std::numeric_limits<double>::infinity();

struct Resting {
  std::uint64_t order_id;
  std::int32_t price_ticks;  // ours, impact shift included
  std::int32_t open_lots;
  double front;          // lots ahead; infinite while the level has never been shown
  std::uint64_t number;  // of the next exchange row at arrival: recorded orders with a lower stamp are ahead (L3)
  bool frozen;           // a gap or snapshot made the queue stale: waits for the level's next quantity (F5)
  bool unseen;           // the level is not shown or outside the window: judged at each event's end (F5)

  bool blocked() const noexcept { return frozen || unseen; }
};

// Own resting orders of one side, best price first, then arrival.
class OwnSide {
 public:
  explicit OwnSide(Side side) noexcept : side_(side) {}

  bool empty() const noexcept { return orders_.empty(); }
  std::size_t size() const noexcept { return orders_.size(); }
  Resting& operator[](std::size_t i) noexcept { return orders_[i]; }
  const Resting& operator[](std::size_t i) const noexcept { return orders_[i]; }
  auto begin() noexcept { return orders_.begin(); }
  auto end() noexcept { return orders_.end(); }
  auto begin() const noexcept { return orders_.begin(); }
  auto end() const noexcept { return orders_.end(); }
  std::int32_t best() const noexcept { return orders_.empty() ? DepthBook::none(side_) : orders_[0].price_ticks; }

  std::size_t insert(const Resting& order) {
    std::size_t at = orders_.size();
    while (at > 0 && DepthBook::better(side_, order.price_ticks, orders_[at - 1].price_ticks)) --at;
    restore(at, order);
    return at;
  }
  // Puts an order back at the place it was taken from.
  void restore(std::size_t at, const Resting& order) {
    orders_.insert(orders_.begin() + static_cast<std::ptrdiff_t>(at), order);
  }
  std::size_t find(std::uint64_t order_id) const noexcept {
    std::size_t i = 0;
    while (i < orders_.size() && orders_[i].order_id != order_id) ++i;
    return i;
  }
  void erase(std::size_t i) { orders_.erase(orders_.begin() + static_cast<std::ptrdiff_t>(i)); }
  void erase_filled() {
    std::erase_if(orders_, [](const Resting& order) { return order.open_lots == 0; });
  }

 private:
  Side side_;
  std::vector<Resting> orders_;
};

// The prices that concern us, modulo 1024 ticks: never misses one, and seldom names another.
class PriceFilter {
 public:
  void add(std::int32_t price) noexcept { words_[word(price)] |= bit(price); }
  bool test(std::int32_t price) const noexcept { return words_[word(price)] & bit(price); }
  void clear() noexcept { std::fill(std::begin(words_), std::end(words_), 0); }

 private:
  static std::uint32_t word(std::int32_t price) noexcept { return (static_cast<std::uint32_t>(price) >> 6) & 15; }
  static std::uint64_t bit(std::int32_t price) noexcept {
    return std::uint64_t{1} << (static_cast<std::uint32_t>(price) & 63);
  }
  std::uint64_t words_[16] = {};
};

}  // namespace lumina
