// The L2 book: quantity per price level, replayed from resolved rows as `level[price] += change`. A ladder
// indexed by tick under a bitmap holds the prices that matter, an ordered map the far ones. One writer.
//
// Nothing is tracked while rows are applied: the best price is looked for when somebody asks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "lumina/book/price_bitmap.hpp"
#include "lumina/types.hpp"

namespace lumina {

// The window of a source that shows every level.
inline constexpr std::int32_t kAllLevels = std::numeric_limits<std::int32_t>::max();

class DepthBook {
 public:
  struct Level {
    std::int32_t qty_lots = 0;
    std::int32_t printed_lots = 0;  // traded here since the level's last row (SEMANTICS F6)
  };

  // A ladder of at most this many ticks; beyond it prices go to the map.
  static constexpr std::uint32_t kMaxLadder = 1u << 22;
  static constexpr std::uint32_t kDefaultLadder = 1u << 16;
  // No price; worse than any on its side, so that comparisons need no second test.
  static constexpr std::int32_t kNoBid = INT32_MIN;
  static constexpr std::int32_t kNoAsk = INT32_MAX;

  // The ladder is placed around the first price that is seen.
  DepthBook() = default;
  // The ladder covers [lo, hi] as far as it can; what is outside stays correct, and slower.
  DepthBook(std::int32_t lo, std::int32_t hi) {
    const std::int64_t span = std::int64_t{hi} - lo + 1;
    if (span >= 1 && span <= std::int64_t{kMaxLadder}) {
      place(lo, static_cast<std::uint32_t>(std::max<std::int64_t>(span, 64)));
    }
  }

  static constexpr std::int32_t none(Side side) noexcept { return side == Side::buy ? kNoBid : kNoAsk; }
  static constexpr bool is_price(std::int32_t price) noexcept { return price != kNoBid && price != kNoAsk; }
  // Is a nearer to the opposite side than b?
  static constexpr bool better(Side side, std::int32_t a, std::int32_t b) noexcept {
    return side == Side::buy ? a > b : a < b;
  }

  // Adds change to the level and ends its printed quantity. Returns what the level held before.
  std::int32_t change(Side side, std::int32_t price, std::int32_t change_lots) {
    const auto s = static_cast<unsigned>(side);
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]] {
      const std::int32_t before = unpack(ladder_[s][i]).qty_lots;
      put(s, i, before, before + change_lots, 0);
      return before;
    }
    return change_far(side, price, change_lots);
  }

  // What a row found and left at its level.
  struct Step {
    std::int32_t before;
    std::int32_t after;
    std::int32_t printed;
  };

  // Replays a row that changes the book: moves its level and ends the level's printed quantity.
  [[gnu::always_inline]] Step replay(const Event& row) {
    const unsigned s = row.side & 1u;
    const std::uint32_t i = index(row.price_ticks);
    if (i >= size_) [[unlikely]]
      return replay_far(static_cast<Side>(s), row.price_ticks, row.qty_lots);
    const Level level = unpack(ladder_[s][i]);
    const std::int32_t after = level.qty_lots + row.qty_lots;
    put(s, i, level.qty_lots, after, 0);
    return {level.qty_lots, after, level.printed_lots};
  }

  // A print of lots against the side, not yet seen in its depth.
  void add_printed(Side side, std::int32_t price, std::int32_t lots) {
    const auto s = static_cast<unsigned>(side);
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]] {
      const Level level = unpack(ladder_[s][i]);
      ladder_[s][i] = pack(level.qty_lots, level.printed_lots + lots);
    } else if (size_) {
      far(side)[price].printed_lots += lots;
    }
  }

  // Applies the rows that carry all of view's flags, in order. Rows that change no book pass through.
  void apply(const Event* rows, std::size_t count, std::uint16_t view) {
    for (const Event* row = rows; row != rows + count; ++row) apply(*row, view);
  }
  void apply(const Event& row, std::uint16_t view) { add(row, view, row.qty_lots); }
  // Takes the row last applied back.
  void revert(const Event& row, std::uint16_t view) { add(row, view, -row.qty_lots); }

  Level level(Side side, std::int32_t price) const noexcept {
    const std::uint32_t i = index(price);
    if (i < size_) [[likely]]
      return unpack(ladder_[static_cast<unsigned>(side)][i]);
    const auto it = far(side).find(price);
    return it == far(side).end() ? Level{} : it->second;
  }
  std::int32_t qty(Side side, std::int32_t price) const noexcept { return std::max(level(side, price).qty_lots, 0); }

  // Best level; no lots where there is none.
  lumina_level touch(Side side) const noexcept {
    const std::int32_t price = best(side);
    return {price, qty(side, price)};
  }
  // Best displayed price, or none(side).
  std::int32_t best(Side side) const noexcept {
    return side == Side::buy ? at_or_below(kNoAsk - 1) : at_or_above(kNoBid + 1);
  }
  std::int32_t worst(Side side) const noexcept {
    return side == Side::buy ? flip(at_or_above(kNoBid + 1, Side::buy)) : flip(at_or_below(kNoAsk - 1, Side::sell));
  }
  // Next displayed price behind this one, or none(side).
  std::int32_t behind(Side side, std::int32_t price) const noexcept {
    return side == Side::buy ? at_or_below(price - 1) : at_or_above(price + 1);
  }
  bool empty(Side side) const noexcept { return !is_price(best(side)); }
  // Levels displayed at better prices than this one, counted up to most.
  std::int32_t better_levels(Side side, std::int32_t price, std::int32_t most) const noexcept {
    std::int32_t n = 0;
    for (std::int32_t at = best(side); n < most && is_price(at) && better(side, at, price); at = behind(side, at)) ++n;
    return n;
  }

  // Sum of the best prices in ticks (twice the mid); kNoMid while one side is empty or the book is locked or crossed.
  std::int64_t mid2() const noexcept { return mid2_of(best(Side::buy), best(Side::sell)); }
  static std::int64_t mid2_of(std::int32_t bid, std::int32_t ask) noexcept {
    return is_price(bid) && is_price(ask) && bid < ask ? std::int64_t{bid} + ask : kNoMid;
  }

 private:
  std::uint32_t index(std::int32_t price) const noexcept {
    return static_cast<std::uint32_t>(price) - static_cast<std::uint32_t>(base_);
  }
  std::map<std::int32_t, Level>& far(Side side) noexcept { return far_[static_cast<unsigned>(side)]; }
  const std::map<std::int32_t, Level>& far(Side side) const noexcept { return far_[static_cast<unsigned>(side)]; }
  static std::int32_t flip(std::int32_t price) noexcept {
    return price == kNoBid ? kNoAsk : price == kNoAsk ? kNoBid : price;
  }

  // A level in one word: the stores then cannot alias the fields that place the ladder, and those stay in registers.
  static std::uint64_t pack(std::int32_t qty_lots, std::int32_t printed_lots) noexcept {
    return static_cast<std::uint32_t>(qty_lots) | std::uint64_t{static_cast<std::uint32_t>(printed_lots)} << 32;
  }
  static Level unpack(std::uint64_t word) noexcept {
    return {static_cast<std::int32_t>(word), static_cast<std::int32_t>(word >> 32)};
  }
  // The bitmap is written only where a level comes or goes: near the touch one word serves row after row, and a write
  // a row would make each wait for the one before.
  [[gnu::always_inline]] void put(unsigned s, std::uint32_t i, std::int32_t before, std::int32_t qty_lots,
                                  std::int32_t printed) noexcept {
    ladder_[s][i] = pack(qty_lots, printed);
    if ((before > 0) != (qty_lots > 0)) bits_[s].assign(i, qty_lots > 0);
  }

  [[gnu::always_inline]] void add(const Event& row, std::uint16_t view, std::int32_t lots) {
    if (!row.changes_book() || (row.flags & view) != view) return;
    const unsigned s = row.side & 1u;
    const std::uint32_t i = index(row.price_ticks);
    if (i >= size_) [[unlikely]] {
      change_far(static_cast<Side>(s), row.price_ticks, lots, true);
      return;
    }
    const Level level = unpack(ladder_[s][i]);
    put(s, i, level.qty_lots, level.qty_lots + lots, level.printed_lots);
  }

  Step replay_far(Side side, std::int32_t price, std::int32_t change_lots) {
    const Level level = this->level(side, price);
    change_far(side, price, change_lots);
    return {level.qty_lots, level.qty_lots + change_lots, level.printed_lots};
  }

  void place(std::int32_t base, std::uint32_t size) {
    base_ = base;
    size_ = size;
    for (unsigned s = 0; s < 2; ++s) {
      ladder_[s].assign(size, 0);
      bits_[s] = PriceBitmap(size);
    }
  }

  std::int32_t change_far(Side side, std::int32_t price, std::int32_t change_lots, bool keep_printed = false) {
    if (size_ == 0) {
      const std::int64_t base = std::int64_t{price} - kDefaultLadder / 2;
      place(static_cast<std::int32_t>(std::max<std::int64_t>(base, INT32_MIN)), kDefaultLadder);
      return change(side, price, change_lots);
    }
    if (++far_rows_ >= kDefaultLadder) recentre();
    if (index(price) < size_) return change(side, price, change_lots);
    const auto it = far(side).try_emplace(price).first;
    const std::int32_t before = it->second.qty_lots;
    if (before + change_lots == 0 && !(keep_printed && it->second.printed_lots)) {
      far(side).erase(it);
    } else {
      it->second = {before + change_lots, keep_printed ? it->second.printed_lots : 0};
    }
    return before;
  }

  // Moves the ladder to the touch when many rows fell outside of it: the market has moved away.
  void recentre() {
    far_rows_ = 0;
    const std::int32_t bid = best(Side::buy), ask = best(Side::sell);
    const std::int32_t touch = is_price(bid) ? bid : ask;
    if (!is_price(touch) || index(touch) - size_ / 4 < size_ / 2) return;
    std::map<std::int32_t, Level> all[2];
    for (unsigned s = 0; s < 2; ++s) {
      all[s] = std::move(far_[s]);
      far_[s].clear();
      for (std::uint32_t i = 0; i < size_; ++i)
        if (ladder_[s][i])
          all[s][static_cast<std::int32_t>(static_cast<std::uint32_t>(base_) + i)] = unpack(ladder_[s][i]);
    }
    const std::int64_t base = std::int64_t{touch} - size_ / 2;
    place(static_cast<std::int32_t>(std::clamp<std::int64_t>(base, INT32_MIN, INT32_MAX - std::int64_t{size_})), size_);
    for (unsigned s = 0; s < 2; ++s)
      for (const auto& [price, level] : all[s]) {
        if (index(price) < size_) {
          put(s, index(price), 0, level.qty_lots, level.printed_lots);
        } else {
          far_[s].emplace(price, level);
        }
      }
  }

  // Highest displayed bid (or level of the side given) at or below price, lowest displayed ask at or above it.
  std::int32_t at_or_below(std::int32_t price, Side side = Side::buy) const noexcept {
    std::int32_t found = kNoBid;
    if (size_ && price >= base_) {
      const std::uint32_t i = bits_[static_cast<unsigned>(side)].at_or_below(std::min(index(price), size_ - 1));
      if (i != PriceBitmap::kNone) found = base_ + static_cast<std::int32_t>(i);
    }
    if (!far(side).empty()) [[unlikely]] {
      for (auto it = far(side).upper_bound(price); it != far(side).begin();) {
        if ((--it)->first <= found) break;
        if (it->second.qty_lots > 0) return it->first;
      }
    }
    return found;
  }
  std::int32_t at_or_above(std::int32_t price, Side side = Side::sell) const noexcept {
    std::int32_t found = kNoAsk;
    if (size_ && (price < base_ || index(price) < size_)) {
      const std::uint32_t i = bits_[static_cast<unsigned>(side)].at_or_above(price < base_ ? 0 : index(price));
      if (i != PriceBitmap::kNone) found = base_ + static_cast<std::int32_t>(i);
    }
    if (!far(side).empty()) [[unlikely]] {
      for (auto it = far(side).lower_bound(price); it != far(side).end() && it->first < found; ++it)
        if (it->second.qty_lots > 0) return it->first;
    }
    return found;
  }

  std::int32_t base_ = 0;
  std::uint32_t size_ = 0;
  std::vector<std::uint64_t> ladder_[2];  // packed levels
  PriceBitmap bits_[2];
  std::map<std::int32_t, Level> far_[2];
  std::uint32_t far_rows_ = 0;
};

}  // namespace lumina
