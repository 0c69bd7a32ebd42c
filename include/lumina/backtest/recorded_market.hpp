// The exchange's view of one recorded tape: the cursor, the book behind it, the trading phase, and what counts as
// displayed. Rows are replayed without looking for the touch; the last valid mid is worked out when somebody asks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

// A tape as the engine reads it: rows owned by somebody else, and what its header says.
struct TapeView {
  const Event* rows = nullptr;
  std::size_t count = 0;
  std::int32_t lo_ticks = 0;  // price range for the ladder; lo > hi when unknown
  std::int32_t hi_ticks = -1;
  std::int32_t depth_limit = 0;              // levels a side that the source shows; 0 all
  bool by_order = false;                     // L3: rows are orders
  const std::uint64_t* order_ids = nullptr;  // the venue's, one a row, where they are kept
};

class RecordedMarket {
 public:
  explicit RecordedMarket(const TapeView& tape)
      : rows_(tape.rows),
        end_(tape.rows + tape.count),
        row_(tape.rows),
        known_(tape.rows),
        counted_(tape.rows),
        depth_limit_(tape.depth_limit),
        by_order_(tape.by_order),
        book_(tape.lo_ticks, tape.hi_ticks) {
    for (const Event* row = rows_; row != end_; ++row)
      if (row->flags & kExch) {
        first_ts_ns_ = row->exch_ts_ns;
        break;
      }
    for (const Event* row = end_; row != rows_;)
      if ((--row)->flags & kExch) {
        last_ts_ns_ = row->exch_ts_ns;
        break;
      }
  }

  std::int64_t first_ts_ns() const noexcept { return first_ts_ns_; }
  std::int64_t last_ts_ns() const noexcept { return last_ts_ns_; }
  const Event* row() const noexcept { return row_; }
  bool at_end() const noexcept { return row_ == end_; }
  std::size_t rows_done() const noexcept { return static_cast<std::size_t>(row_ - rows_); }
  // Exchange time of the next row; past the end one beyond the last.
  std::int64_t next_ts_ns() const noexcept {
    const Event* row = row_;
    while (row != end_ && !(row->flags & kExch)) ++row;
    return row == end_ ? last_ts_ns_ + 1 : row->exch_ts_ns;
  }

  bool by_order() const noexcept { return by_order_; }
  // The number of the next row of the exchange's view, from 1 (T1a).
  std::uint64_t next_number() noexcept {
    for (; counted_ != row_; ++counted_) exch_rows_ += (counted_->flags & kExch) != 0;
    return exch_rows_ + 1;
  }

  const DepthBook& book() const noexcept { return book_; }
  bool continuous() const noexcept { return phase_ == Phase::continuous; }
  void set_phase(Phase phase) noexcept { phase_ = phase; }

  // ---- replay ------------------------------------------------------------------------------------------------

  // Behind the event that row budget falls into.
  const Event* stop_after(std::size_t budget) const noexcept {
    if (budget >= static_cast<std::size_t>(end_ - row_)) return end_;
    const Event* row = row_ + budget;
    while (row != end_ && (row->flags & (kExch | kEnd)) != (kExch | kEnd)) ++row;
    return row == end_ ? end_ : row + 1;
  }

  // Replays rows up to limit_ns or stop. change(row, step), print(row) and marker(row) see them; they may look at the
  // book and at mid2(). end(row) says whether to stop behind the event that the row closed.
  template <class Change, class Print, class Marker, class EndOfEvent>
  void replay(std::int64_t limit_ns, const Event* stop, Change&& change, Print&& print, Marker&& marker,
              EndOfEvent&& end) {
    for (const Event* row = row_; row != stop; ++row) {
      if (!(row->flags & kExch)) continue;
      if (row->exch_ts_ns > limit_ns) {
        row_ = row;
        return;
      }
      if (row->changes_book()) [[likely]] {
        change(*row, book_.replay(*row));
      } else if (row->kind == static_cast<std::uint8_t>(Kind::trade)) {
        print(*row);
        if (moves_queue(*row))
          book_.add_printed(opposite(static_cast<Side>(row->side)), row->price_ticks, row->qty_lots);
      } else {
        inside_ = row;
        marker(*row);
      }
      if (end(*row)) {
        row_ = row + 1;
        return;
      }
    }
    row_ = stop;
  }

  // While an event is being judged, mid2() is that from before it.
  void enter(const Event& row) noexcept { inside_ = &row; }
  void leave() noexcept { inside_ = nullptr; }

  // Does a print advance the queue at its price (F4, F6, T6)?
  bool moves_queue(const Event& row) const noexcept {
    return row.side != static_cast<std::uint8_t>(Side::none) && !(row.flags & (kHidden | kOffBook | kCounted)) &&
           continuous();
  }

  // Bid + ask of the last event, before the one being judged, that left a valid mid; kNoMid before the first. Goes back
  // through the rows as far as need be, which is seldom far, and never behind the last answer.
  std::int64_t mid2() {
    const Event* const applied = inside_ ? inside_ + 1 : row_;
    const Event* const boundary = inside_ ? start_of_event(inside_) : row_;
    const Event* row = applied;
    std::int64_t found = kNoMid;
    for (const Event* at = boundary; at > known_; at = start_of_event(at - 1)) {
      while (row != at) book_.revert(*--row, kExch);
      if ((found = book_.mid2()) != kNoMid) break;
    }
    while (row != applied) book_.apply(*row++, kExch);
    if (boundary > known_) {
      known_ = boundary;
      if (found != kNoMid) known_mid2_ = found;
    }
    return known_mid2_;
  }

  // ---- single orders (L3) --------------------------------------------------------------------------------------

  struct QueuedOrder {
    std::uint64_t stamp;  // 0: what stands in the level without being known as orders
    std::int32_t lots;
  };

  // The recorded orders of a level in their queue. Replay keeps none: they are read back from the rows, as far as the
  // oldest of them, which only who takes from the level pays for. Where a window of levels showed less than the orders
  // that are known, the oldest have left unseen.
  void queue(Side side, std::int32_t price, std::vector<QueuedOrder>& out) const {
    out.clear();
    std::unordered_map<std::uint64_t, std::int32_t> gone;
    std::int32_t unexplained = book_.qty(side, price);
    for (const Event* row = inside_ ? inside_ + 1 : row_; unexplained > 0 && row != rows_;) {
      --row;
      if (row->price_ticks != price || row->side != static_cast<std::uint8_t>(side) || row->stamp == 0 ||
          !(row->flags & kExch) || !row->changes_book())
        continue;
      if (row->kind != static_cast<std::uint8_t>(Kind::add)) {
        gone[row->stamp] -= row->qty_lots;
        continue;
      }
      const auto left_it = gone.find(row->stamp);
      const std::int32_t left = row->qty_lots - (left_it == gone.end() ? 0 : left_it->second);
      if (left <= 0) continue;
      out.push_back({row->stamp, left});
      unexplained -= left;
    }
    if (unexplained > 0) out.push_back({0, unexplained});
    std::reverse(out.begin(), out.end());
  }

  // ---- what counts as displayed (F5) ---------------------------------------------------------------------------

  // Worst level that counts; what a depth-limited source left behind its window does not.
  std::int32_t worst(Side side) const noexcept {
    if (!depth_limit_) return book_.worst(side);
    std::int32_t price = book_.best(side);
    for (std::int32_t rank = 1; rank < depth_limit_ && DepthBook::is_price(price); ++rank) {
      const std::int32_t next = book_.behind(side, price);
      if (!DepthBook::is_price(next)) break;
      price = next;
    }
    return price;
  }
  bool shown(Side side, std::int32_t price) const noexcept {
    if (by_order_ && !depth_limit_) return true;  // all orders are known, so is an empty level
    const std::int32_t last = worst(side);
    return DepthBook::is_price(last) && !DepthBook::better(side, last, price);
  }
  std::int32_t displayed_lots(Side side, std::int32_t price) const noexcept {
    return !depth_limit_ || shown(side, price) ? book_.qty(side, price) : 0;
  }
  // Behind as many levels as the source shows.
  bool left_window(Side side, std::int32_t price) const noexcept {
    return depth_limit_ && book_.better_levels(side, price, depth_limit_) == depth_limit_;
  }
  std::int32_t depth_limit() const noexcept { return depth_limit_; }

 private:
  // First row behind the event before the one that row belongs to.
  const Event* start_of_event(const Event* row) const noexcept {
    while (row != rows_ && (row[-1].flags & (kExch | kEnd)) != (kExch | kEnd)) --row;
    return row;
  }

  const Event* rows_;
  const Event* end_;
  const Event* row_;
  const Event* inside_ = nullptr;
  const Event* known_;  // mid2 is known as of here
  std::int64_t known_mid2_ = kNoMid;
  std::int64_t first_ts_ns_ = 0, last_ts_ns_ = 0;
  const Event* counted_;  // rows of the exchange's view are counted up to here
  std::uint64_t exch_rows_ = 0;
  std::int32_t depth_limit_;
  bool by_order_;
  Phase phase_ = Phase::continuous;
  DepthBook book_;
};

}  // namespace lumina
