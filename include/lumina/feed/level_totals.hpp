// What each level holds after each row, in each view: the way back from resolved rows to absolute quantities.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lumina/feed/level_map.hpp"
#include "lumina/types.hpp"

namespace lumina::feed {

class LevelTotals {
 public:
  // Writes the level's total after row i to exch[i] and local[i]; 0 for rows that change no book. Returns the number
  // of rows done: below n where the prices are too scattered to hold.
  std::size_t push(const Event* rows, std::size_t n, std::int64_t* exch, std::int64_t* local) {
    for (std::size_t i = 0; i < n; ++i) {
      const Event& row = rows[i];
      exch[i] = local[i] = 0;
      if (!row.changes_book() || row.side > static_cast<std::uint8_t>(Side::sell)) continue;
      Level* level = sides_[row.side].at(row.price_ticks);
      if (level == nullptr) return i;
      if (row.flags & kExch) level->qty_lots[kExchView] += row.qty_lots;
      if (row.flags & kLocal) level->qty_lots[kLocalView] += row.qty_lots;
      exch[i] = level->qty_lots[kExchView];
      local[i] = level->qty_lots[kLocalView];
    }
    return n;
  }

 private:
  LevelMap sides_[2] = {LevelMap(Side::buy), LevelMap(Side::sell)};
};

}  // namespace lumina::feed
