// Our side of a recorded market: own resting orders in priority, and a filter that tells in one test whether a row's
// price can concern us.
#pragma once

#include <algorithm>
#include <cstddef>
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

// Own resting orders of one side, best price first, then arrival. Coming and going moves handles of four bytes, so that
// thousands of orders cost little more an order than a few.
class OwnSide {
 public:
  template <class Order, class Pool>
  class Iterator {
   public:
    Iterator(Pool& pool, const std::uint32_t* at) noexcept : pool_(&pool), at_(at) {}
    Order& operator*() const noexcept { return (*pool_)[*at_]; }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return at_ == other.at_; }

   private:
    Pool* pool_;
    const std::uint32_t* at_;
  };
  using Pool = std::vector<Resting>;

  explicit OwnSide(Side side) noexcept : side_(side) {}

  bool empty() const noexcept { return sorted_.empty(); }
  std::size_t size() const noexcept { return sorted_.size(); }
  Resting& operator[](std::size_t i) noexcept { return pool_[sorted_[i]]; }
  const Resting& operator[](std::size_t i) const noexcept { return pool_[sorted_[i]]; }
  auto begin() noexcept { return Iterator<Resting, Pool>(pool_, sorted_.data()); }
  auto end() noexcept { return Iterator<Resting, Pool>(pool_, sorted_.data() + sorted_.size()); }
  auto begin() const noexcept { return Iterator<const Resting, const Pool>(pool_, sorted_.data()); }
  auto end() const noexcept { return Iterator<const Resting, const Pool>(pool_, sorted_.data() + sorted_.size()); }
  std::int32_t best() const noexcept { return empty() ? DepthBook::none(side_) : (*this)[0].price_ticks; }

  // Behind the orders at its price.
  std::size_t insert(const Resting& order) {
    const std::size_t at = count_before(
        [&](const Resting& other) { return !DepthBook::better(side_, order.price_ticks, other.price_ticks); });
    restore(at, order);
    return at;
  }
  // Puts an order back at the place it was taken from.
  void restore(std::size_t at, const Resting& order) {
    std::uint32_t handle = static_cast<std::uint32_t>(pool_.size());
    if (free_.empty()) {
      pool_.push_back(order);
    } else {
      handle = free_.back();
      free_.pop_back();
      pool_[handle] = order;
    }
    sorted_.insert(sorted_.begin() + static_cast<std::ptrdiff_t>(at), handle);
  }
  // Index of the first order at a price of ours; where there is none, of the first worse one.
  std::size_t first_at(std::int32_t price_ticks) const noexcept {
    return count_before([&](const Resting& other) { return DepthBook::better(side_, other.price_ticks, price_ticks); });
  }
  // Index of an order by its price; the number of orders if it is not there.
  std::size_t find(std::uint64_t order_id, std::int32_t price_ticks) const noexcept {
    for (std::size_t i = first_at(price_ticks); i < size() && (*this)[i].price_ticks == price_ticks; ++i)
      if ((*this)[i].order_id == order_id) return i;
    return size();
  }
  void erase(std::size_t i) {
    free_.push_back(sorted_[i]);
    sorted_.erase(sorted_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  // Takes out up to `most` orders with nothing open; returns how many.
  std::size_t erase_filled(std::size_t most) {
    std::size_t n = 0;
    for (std::size_t i = 0; n < most && i < size();) {
      if ((*this)[i].open_lots) {
        ++i;
      } else {
        erase(i);
        ++n;
      }
    }
    return n;
  }

 private:
  template <class IsBefore>
  std::size_t count_before(IsBefore&& is_before) const noexcept {
    return static_cast<std::size_t>(
        std::partition_point(sorted_.begin(), sorted_.end(), [&](std::uint32_t h) { return is_before(pool_[h]); }) -
        sorted_.begin());
  }

  Side side_;
  Pool pool_;
  std::vector<std::uint32_t> free_, sorted_;
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
