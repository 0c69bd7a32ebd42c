// The price levels of an order-by-order book, both sides: a ladder indexed by tick under a bitmap around the touch,
// an ordered map for the prices far from it. A level is 16 bytes: the ends of its queue, its quantity, its count.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include "lumina/book/depth_book.hpp"
#include "lumina/book/price_bitmap.hpp"
#include "lumina/huge_array.hpp"
#include "lumina/types.hpp"

namespace lumina {

struct QueueLevel {
  // One word, so that an order comes or goes with one addition: the count below, the quantity above, a guard bit on
  // top of each. Less than 2^20 orders and 2^42 lots fit.
  static constexpr unsigned kShift = 21;
  static constexpr std::uint64_t kGuards = std::uint64_t{1} << 63 | std::uint64_t{1} << 20;

  std::uint32_t head = 0;  // 0 is none
  std::uint32_t tail = 0;
  std::uint64_t total = 0;

  std::int64_t qty_lots() const noexcept { return static_cast<std::int64_t>(total >> kShift); }
  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(total) & ((1u << kShift) - 1); }
  bool empty() const noexcept { return total == 0; }

  static constexpr std::uint64_t lots(std::int32_t qty_lots) noexcept {
    return static_cast<std::uint64_t>(qty_lots) << kShift;
  }
  static constexpr std::uint64_t order(std::int32_t qty_lots) noexcept { return lots(qty_lots) + 1; }
  bool has_room(std::int32_t qty_lots) const noexcept { return ((total + order(qty_lots)) & kGuards) == 0; }
};
static_assert(sizeof(QueueLevel) == 16);

// What places the ladder is on the first cache line.
class alignas(64) PriceLevels {
 public:
  static constexpr std::uint32_t kFirstLadder = 1u << 12;
  static constexpr std::uint32_t kMaxLadder = 1u << 18;
  static constexpr std::int32_t kMaxPrice = 1 << 30;

  // Can the book hold an order at this price?
  static constexpr bool in_range(std::int32_t price) noexcept { return price >= -kMaxPrice && price <= kMaxPrice; }

  // The level of an order that is in the book.
  [[gnu::always_inline]] QueueLevel& of(Side side, std::int32_t price) noexcept {
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]]
      return ladder_[s(side)][i];
    return far(side, price);
  }

  // The level at a price in range, made if need be; an order must join it next.
  [[gnu::always_inline]] QueueLevel& make(Side side, std::int32_t price) {
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]]
      return ladder_[s(side)][i];
    return make_far(side, price);
  }

  // To be told when a level has got its first order.
  [[gnu::always_inline]] void filled(Side side, std::int32_t price) noexcept {
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]]
      bits_[s(side)].assign(i, true);
  }
  // To be told when a level has lost its last order; the level is gone then.
  [[gnu::always_inline]] void emptied(Side side, std::int32_t price) noexcept {
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]] {
      bits_[s(side)].assign(i, false);
    } else {
      erase_far(side, price);
    }
  }

  // The level at any price; nullptr where there is no order.
  const QueueLevel* find(Side side, std::int32_t price) const noexcept {
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]]
      return ladder_[s(side)][i].empty() ? nullptr : &ladder_[s(side)][i];
    const auto it = far_[s(side)].find(price);
    return it == far_[s(side)].end() ? nullptr : &it->second;
  }

  std::int32_t best(Side side) const noexcept {
    return side == Side::buy ? at_or_below(kMaxPrice) : at_or_above(-kMaxPrice);
  }
  std::int32_t behind(Side side, std::int32_t price) const noexcept {
    if (side == Side::buy) return price > -kMaxPrice ? at_or_below(std::min(price, kMaxPrice + 1) - 1) : kNoBid;
    return price < kMaxPrice ? at_or_above(std::max(price, -kMaxPrice - 1) + 1) : kNoAsk;
  }

  void clear() noexcept {
    for (unsigned side = 0; side < 2; ++side) {
      ladder_[side].zero();
      bits_[side] = PriceBitmap(size_);
      far_[side].clear();
    }
  }

  // The first order at a price near the touch, to prefetch it; 0 elsewhere.
  std::uint32_t front(Side side, std::int32_t price) const noexcept {
    const std::uint32_t i = index(price);
    return i < size_ ? ladder_[s(side)][i].head : 0;
  }
  // The line of the level at a price, to prefetch it.
  const void* line(Side side, std::int32_t price) const noexcept {
    const std::uint32_t i = index(price);
    return ladder_[s(side)].data() + (i < size_ ? i : 0);
  }

 private:
  static constexpr std::int32_t kNoBid = DepthBook::kNoBid;
  static constexpr std::int32_t kNoAsk = DepthBook::kNoAsk;
  static unsigned s(Side side) noexcept { return static_cast<unsigned>(side) & 1u; }

  std::uint32_t index(std::int32_t price) const noexcept {
    return static_cast<std::uint32_t>(price) - static_cast<std::uint32_t>(base_);
  }
  std::int32_t price_at(std::uint32_t i) const noexcept { return base_ + static_cast<std::int32_t>(i); }

  [[gnu::noinline]] QueueLevel& far(Side side, std::int32_t price) noexcept {
    return far_[s(side)].find(price)->second;
  }
  [[gnu::noinline]] void erase_far(Side side, std::int32_t price) noexcept { far_[s(side)].erase(price); }
  [[gnu::noinline]] QueueLevel& make_far(Side side, std::int32_t price) {
    if (size_ == 0 || ++far_orders_ >= size_) {
      far_orders_ = 0;
      place(price);
      if (index(price) < size_) return ladder_[s(side)][index(price)];
    }
    return far_[s(side)][price];
  }

  // Many orders came outside of the ladder: it moves to the touch, or grows where it is there already. This costs a
  // walk over the levels, once in as many far orders as the ladder has ticks.
  void place(std::int32_t price) {
    const std::int32_t bid = best(Side::buy), ask = best(Side::sell);
    const std::int64_t spread = std::int64_t{ask} - bid;
    std::int32_t touch = bid;
    if (bid == kNoBid) touch = ask == kNoAsk ? price : ask;
    if (bid != kNoBid && ask != kNoAsk && spread > 0 && spread < size_) touch += static_cast<std::int32_t>(spread / 2);
    const bool central = index(touch) - size_ / 4 < size_ / 2;
    if (size_ == 0) {
      rebuild(touch, kFirstLadder);
    } else if (!central) {
      rebuild(touch, size_);
    } else if (size_ < kMaxLadder) {
      rebuild(touch, size_ * 4);
    }
  }

  void rebuild(std::int32_t touch, std::uint32_t size) {
    HugeArray<QueueLevel> ladder[2] = {HugeArray<QueueLevel>(size), HugeArray<QueueLevel>(size)};
    PriceBitmap bits[2] = {PriceBitmap(size), PriceBitmap(size)};
    const std::int64_t wanted = std::int64_t{touch} - size / 2;
    // inside the range of prices, so that a price on the ladder needs no other check
    const auto base = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(wanted, -kMaxPrice, std::int64_t{kMaxPrice} + 1 - std::int64_t{size}));
    for (unsigned side = 0; side < 2; ++side) {
      const auto move = [&](std::int32_t price, const QueueLevel& level) {
        const std::uint32_t i = static_cast<std::uint32_t>(price) - static_cast<std::uint32_t>(base);
        if (i >= size) return false;
        ladder[side][i] = level;
        bits[side].assign(i, true);
        return true;
      };
      for (auto it = far_[side].begin(); it != far_[side].end();)
        it = move(it->first, it->second) ? far_[side].erase(it) : std::next(it);
      if (size_ == 0) continue;
      for (std::uint32_t i = bits_[side].at_or_above(0); i != PriceBitmap::kNone; i = bits_[side].at_or_above(i + 1))
        if (!move(price_at(i), ladder_[side][i])) far_[side].emplace(price_at(i), ladder_[side][i]);
    }
    for (unsigned side = 0; side < 2; ++side) {
      ladder_[side] = std::move(ladder[side]);
      bits_[side] = std::move(bits[side]);
    }
    base_ = base;
    size_ = size;
  }

  // Highest bid at or below price, lowest ask at or above it.
  std::int32_t at_or_below(std::int32_t price) const noexcept {
    std::int32_t found = kNoBid;
    if (size_ && price >= base_) {
      const std::uint32_t i = bits_[0].at_or_below(std::min(index(price), size_ - 1));
      if (i != PriceBitmap::kNone) found = price_at(i);
    }
    if (!far_[0].empty()) [[unlikely]] {
      const auto it = far_[0].upper_bound(price);
      if (it != far_[0].begin()) found = std::max(found, std::prev(it)->first);
    }
    return found;
  }
  std::int32_t at_or_above(std::int32_t price) const noexcept {
    std::int32_t found = kNoAsk;
    if (size_ && (price < base_ || index(price) < size_)) {
      const std::uint32_t i = bits_[1].at_or_above(price < base_ ? 0 : index(price));
      if (i != PriceBitmap::kNone) found = price_at(i);
    }
    if (!far_[1].empty()) [[unlikely]] {
      const auto it = far_[1].lower_bound(price);
      if (it != far_[1].end()) found = std::min(found, it->first);
    }
    return found;
  }

  std::int32_t base_ = 0;
  std::uint32_t size_ = 0;
  HugeArray<QueueLevel> ladder_[2];
  PriceBitmap bits_[2];
  std::map<std::int32_t, QueueLevel> far_[2];
  std::uint32_t far_orders_ = 0;
};

}  // namespace lumina
