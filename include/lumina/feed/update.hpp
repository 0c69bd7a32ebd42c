// What a venue says, one thing at a time, on its way to becoming tape rows.
#pragma once

#include <cstdint>

#include "lumina/types.hpp"

namespace lumina::feed {

// Updates of one venue message share one exchange time and the last carries kEnd. flags as in a tape row.
//
// qty_lots by kind: change and bbo the level's new total; trade its size; status a Phase; funding the rate in 1e-9;
// snapshot_begin kReplaceBook when the snapshot is the whole book; clear nothing (price_ticks = the last price that
// is wiped, kNoPrice for the whole side). Of orders, by order_id: add the order's size, reduce what it lost in
// place, execute what traded against it, kModify what it has now, cancel nothing (what leaves is what is left).
struct Update {
  std::int64_t exch_ts_ns;
  std::int64_t local_ts_ns;
  std::int64_t qty_lots;
  std::uint64_t tag;  // the venue's id of the message; on a message's last update, non-zero asks for a MessageEnd
  std::int32_t price_ticks;
  std::uint8_t kind;  // Kind, kSnapshotLevel or kModify
  std::uint8_t side;
  std::uint16_t flags;
  std::uint64_t order_id = 0;  // the venue's; of updates that are about one order

  bool ends() const noexcept { return flags & kEnd; }
  bool is(Kind wanted) const noexcept { return kind == static_cast<std::uint8_t>(wanted); }
};
static_assert(sizeof(Update) == 48);

// A level of a snapshot whose source marks neither begin nor end: the resolver sets the markers around the run.
inline constexpr std::uint8_t kSnapshotLevel = 32;
// An order has another price or quantity now. It keeps its priority where it shrinks in place, unless kReplace says
// that the venue took it.
inline constexpr std::uint8_t kModify = 33;
// Flag of an update of an order that may have gone already, which is no error then.
inline constexpr std::uint16_t kIfThere = 1u << 15;
inline constexpr std::int64_t kReplaceBook = 1;

// Is the update about one order?
constexpr bool is_order(std::uint8_t kind) noexcept {
  return kind == kModify ||
         (kind >= static_cast<std::uint8_t>(Kind::add) && kind <= static_cast<std::uint8_t>(Kind::execute));
}

}  // namespace lumina::feed
