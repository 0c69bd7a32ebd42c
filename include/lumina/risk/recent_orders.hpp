// The new orders of late, to find one that is sent twice.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lumina/huge_array.hpp"

namespace lumina {

// A ring of orders, each linked to the one before it with its hash. Links into the part that the ring has overwritten
// end a chain, so nothing is ever taken out. Times never go back.
class RecentOrders {
 public:
  struct Key {
    std::int64_t price_ticks;  // 0 of a market order
    std::int64_t qty_lots;
    std::uint64_t side;  // 2 more of a market order
    bool operator==(const Key&) const = default;
  };

  // Remembers at least `orders`. Throws std::bad_alloc.
  explicit RecentOrders(std::size_t orders)
      : entries_(std::bit_ceil(std::max<std::size_t>(orders, 1))), newest_(entries_.size()) {}

  // Whether the order left in (now - window, now]; true also when so many orders left in it that this cannot be told.
  bool holds(const Key& key, std::int64_t window_ns, std::int64_t now_ns) const noexcept {
    if (next_ > entries_.size() && within(at(next_ - entries_.size()).ts_ns, window_ns, now_ns)) return true;
    for (std::uint64_t i = newest_[bucket(key)]; i != 0 && i + entries_.size() >= next_; i = at(i).before) {
      if (!within(at(i).ts_ns, window_ns, now_ns)) return false;
      if (at(i).key == key) return true;
    }
    return false;
  }

  void add(const Key& key, std::int64_t now_ns) noexcept {
    std::uint64_t& newest = newest_[bucket(key)];
    entries_[next_ & (entries_.size() - 1)] = {key, now_ns, newest};
    newest = next_++;
  }

  std::size_t capacity() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    Key key;
    std::int64_t ts_ns;
    std::uint64_t before;  // number of the order before it in its bucket, 0 none
  };

  static bool within(std::int64_t ts_ns, std::int64_t window_ns, std::int64_t now_ns) noexcept {
    return static_cast<std::uint64_t>(now_ns) - static_cast<std::uint64_t>(ts_ns) <
           static_cast<std::uint64_t>(window_ns);
  }
  const Entry& at(std::uint64_t number) const noexcept { return entries_[number & (entries_.size() - 1)]; }
  std::size_t bucket(const Key& key) const noexcept {
    const std::uint64_t mixed = (static_cast<std::uint64_t>(key.price_ticks) * 2 + key.side) * 0x9E3779B97F4A7C15u ^
                                static_cast<std::uint64_t>(key.qty_lots) * 0xC2B2AE3D27D4EB4Fu;
    return (mixed ^ mixed >> 32) & (newest_.size() - 1);
  }

  HugeArray<Entry> entries_;
  HugeArray<std::uint64_t> newest_;  // by bucket
  std::uint64_t next_ = 1;
};

}  // namespace lumina
