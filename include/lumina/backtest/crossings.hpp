// Recorded quotes that came to or through our prices within one event (SEMANTICS F7).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

class Crossings {
 public:
  // lots is what a quote is worth: on L2 the increase of the level within the event, on L3 what is left of an order
  // that was added in it.
  struct Quote {
    std::uint64_t stamp;  // 0: the level, or what of it is not known as orders
    std::int32_t price_ticks;
    std::int32_t lots;
    Side side;
  };

  bool empty() const noexcept { return quotes_.empty(); }
  void clear() noexcept { quotes_.clear(); }

  // A row at a price that reaches us. Orders that were there before the event are no quotes, and what leaves takes
  // from the quote that it belongs to.
  void note(const Event& row, bool by_order) {
    const std::uint64_t stamp = by_order ? row.stamp : 0;
    const auto side = static_cast<Side>(row.side);
    for (Quote& quote : quotes_) {
      if (quote.stamp == stamp && quote.price_ticks == row.price_ticks && quote.side == side) {
        quote.lots += row.qty_lots;
        return;
      }
    }
    if (stamp == 0 || row.qty_lots > 0) quotes_.push_back({stamp, row.price_ticks, row.qty_lots, side});
  }

  // Asks before bids, best first, within a level by priority.
  const std::vector<Quote>& sorted() {
    std::sort(quotes_.begin(), quotes_.end(), [](const Quote& a, const Quote& b) {
      if (a.side != b.side) return a.side > b.side;
      return a.price_ticks != b.price_ticks ? DepthBook::better(a.side, a.price_ticks, b.price_ticks)
                                            : a.stamp < b.stamp;
    });
    return quotes_;
  }

 private:
  std::vector<Quote> quotes_;
};

}  // namespace lumina
