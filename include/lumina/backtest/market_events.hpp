// What a strategy is told of a tape's rows.
#pragma once

#include <cstdint>
#include <vector>

#include "lumina/book/depth_book.hpp"
#include "lumina/strategy/abi.h"
#include "lumina/types.hpp"

namespace lumina {

// The callbacks of one market event, row by row: prints before the change that they caused.
class MarketEvents {
 public:
  explicit MarketEvents(std::uint32_t wake_mask) : wake_mask_(wake_mask) {}

  void begin(std::uint32_t instrument, std::int64_t now_ns) {
    events_.clear();
    instrument_ = instrument;
    now_ns_ = now_ns;
  }

  // book holds the row already. order_id is the venue's, 0 where it is not kept.
  void row(const Event& row, const DepthBook& book, std::uint64_t order_id) {
    if (row.changes_book()) {
      if (row.kind == static_cast<std::uint8_t>(Kind::execute) && wants(LUMINA_WAKE_TRADE)) {
        lumina_event& event = add(row, LUMINA_EV_TRADE, order_id);
        event.side = static_cast<std::uint8_t>(opposite(static_cast<Side>(row.side)));
        event.qty_lots = -row.qty_lots;
      }
      if (row.qty_lots && wants(LUMINA_WAKE_LEVEL)) {
        lumina_event& event = add(row, LUMINA_EV_LEVEL, order_id);
        event.level_lots = book.qty(static_cast<Side>(row.side), row.price_ticks);
        if (row.kind >= static_cast<std::uint8_t>(Kind::add)) event.value = row.kind;
      }
      return;
    }
    switch (static_cast<Kind>(row.kind)) {
      case Kind::trade:
        if (wants(LUMINA_WAKE_TRADE)) add(row, LUMINA_EV_TRADE, order_id);
        break;
      case Kind::status:
        marker(row, LUMINA_EV_STATUS);
        break;
      case Kind::funding:
        marker(row, LUMINA_EV_FUNDING);
        break;
      case Kind::gap:
        marker(row, LUMINA_EV_GAP);
        break;
      default:
        break;
    }
  }

  // Something about the event as a whole.
  void whole(std::uint8_t kind, std::int64_t exch_ts_ns) {
    lumina_event event{};
    event.ts_ns = now_ns_;
    event.exch_ts_ns = exch_ts_ns;
    event.instrument = instrument_;
    event.kind = kind;
    event.side = LUMINA_NONE;
    events_.push_back(event);
  }

  // Moves prices into the strategy's coordinates and marks the last callback.
  void finish(std::int32_t shift_ticks) {
    if (shift_ticks)
      for (lumina_event& event : events_)
        if (event.kind == LUMINA_EV_LEVEL || event.kind == LUMINA_EV_TRADE) event.price_ticks += shift_ticks;
    if (!events_.empty()) events_.back().flags |= LUMINA_EVF_END;
  }

  const std::vector<lumina_event>& all() const noexcept { return events_; }

 private:
  bool wants(std::uint32_t wake) const noexcept { return wake_mask_ & wake; }

  lumina_event& add(const Event& row, std::uint8_t kind, std::uint64_t order_id) {
    lumina_event event{};
    event.ts_ns = now_ns_;
    event.exch_ts_ns = row.exch_ts_ns;
    event.order_id = order_id;
    event.price_ticks = row.price_ticks;
    event.qty_lots = row.qty_lots;
    event.instrument = instrument_;
    event.kind = kind;
    event.side = row.side;
    event.flags = static_cast<std::uint8_t>((row.flags & kHidden ? LUMINA_EVF_HIDDEN : 0) |
                                            (row.flags & kOffBook ? LUMINA_EVF_OFFBOOK : 0));
    events_.push_back(event);
    return events_.back();
  }
  void marker(const Event& row, std::uint8_t kind) {
    if (!wants(LUMINA_WAKE_MARKER)) return;
    lumina_event& event = add(row, kind, 0);
    event.value = row.qty_lots;
    event.price_ticks = event.qty_lots = 0;
    event.flags = 0;
  }

  std::uint32_t wake_mask_;
  std::uint32_t instrument_ = 0;
  std::int64_t now_ns_ = 0;
  std::vector<lumina_event> events_;
};

}  // namespace lumina
