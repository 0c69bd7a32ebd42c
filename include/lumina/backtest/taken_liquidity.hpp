// Lots that we took from recorded levels and that the recorded book still shows (SEMANTICS F9).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lumina/types.hpp"

namespace lumina {

// On L2 a level is one; on L3 each recorded order of it, known by its stamp. Stamp 0 is what stands in a level
// without being known as an order: on L2 all of it.
class TakenLiquidity {
 public:
  struct Part {
    std::uint64_t stamp;
    std::int32_t lots;  // that we took
    std::int32_t left;  // of the recorded order; not kept for stamp 0
    std::int32_t price_ticks;
    Side side;
  };

  bool empty() const noexcept { return parts_.empty(); }
  const std::vector<Part>& parts() const noexcept { return parts_; }

  // All that we took of a level.
  std::int32_t at(Side side, std::int32_t price) const noexcept {
    std::int32_t lots = 0;
    for (const Part& part : parts_)
      if (part.price_ticks == price && part.side == side) lots += part.lots;
    return lots;
  }
  // What we took of one order.
  std::int32_t of(Side side, std::int32_t price, std::uint64_t stamp) const noexcept {
    const Part* part = const_cast<TakenLiquidity*>(this)->find(side, price, stamp);
    return part ? part->lots : 0;
  }

  void add(Side side, std::int32_t price, std::int32_t lots, std::uint64_t stamp = 0, std::int32_t left = 0) {
    if (Part* part = find(side, price, stamp)) {
      part->lots += lots;
    } else {
      parts_.push_back({stamp, lots, left, price, side});
    }
  }

  // A row of a recorded order, or of the level where stamp is 0. Returns whether anything of ours is forgotten.
  bool changed(const Event& row, std::uint64_t stamp) {
    Part* part = row.qty_lots ? find(static_cast<Side>(row.side), row.price_ticks, stamp) : nullptr;
    if (!part) return false;
    part->left += row.qty_lots;
    part->lots = std::min(part->lots, part->left);
    // a cancel ends its order, though its level may have held less than the order
    if (stamp != 0 && part->left > 0 && row.kind != static_cast<std::uint8_t>(Kind::cancel)) return false;
    parts_.erase(parts_.begin() + (part - parts_.data()));
    return true;
  }

 private:
  Part* find(Side side, std::int32_t price, std::uint64_t stamp) noexcept {
    for (Part& part : parts_)
      if (part.price_ticks == price && part.side == side && part.stamp == stamp) return &part;
    return nullptr;
  }

  std::vector<Part> parts_;
};

}  // namespace lumina
