// What the strategy has seen of one tape: a cursor over the rows of its view and the book as of the last whole
// event. An event is seen at the local time of its last row, plus what the feed model adds (SEMANTICS T6, O2).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "lumina/backtest/latency_model.hpp"
#include "lumina/backtest/ledger.hpp"
#include "lumina/backtest/recorded_market.hpp"
#include "lumina/book/depth_book.hpp"

namespace lumina {

class FeedView {
 public:
  FeedView(const TapeView& tape, LatencyModel feed)
      : row_(tape.rows),
        rows_(tape.rows),
        order_ids_(tape.order_ids),
        end_(tape.rows + tape.count),
        window_(tape.depth_limit ? tape.depth_limit : kAllLevels),
        feed_(std::move(feed)),
        book_(tape.lo_ticks, tape.hi_ticks) {
    for (const Event* row = end_; row != rows_;)
      if ((--row)->flags & kLocal) {
        last_local_ns_ = row->local_ts_ns();
        break;
      }
    if (feed_.constant()) extra_ns_ = feed_.sample();
  }

  const DepthBook& book() const noexcept { return book_; }
  std::size_t rows_done() const noexcept { return static_cast<std::size_t>(row_ - rows_); }

  // Brings the book to what is seen at now_ns.
  void sync(std::int64_t now_ns) {
    if (!feed_.constant()) {
      while (peek() && seen_ns_ <= now_ns) skip();
      return;
    }
    const std::int64_t limit = now_ns - extra_ns_;
    const Event* row = row_;
    // local rows are sorted by local time: where a block's last row is seen, all of it is
    constexpr std::ptrdiff_t kBlock = 16;
    while (end_ - row > kBlock && row[kBlock - 1].flags & kLocal && row[kBlock - 1].local_ts_ns() <= limit) {
      book_.apply(row, kBlock, kLocal);
      row += kBlock;
    }
    for (; row != end_; ++row) {
      if (!(row->flags & kLocal)) continue;
      if (row->local_ts_ns() > limit) break;
      book_.apply(*row, kLocal);
    }
    // an event is seen whole or not at all
    constexpr std::uint16_t kLast = kLocal | kEnd;
    for (; row != row_ && (row[-1].flags & kLast) != kLast; --row) book_.revert(row[-1], kLocal);
    if (row == row_) return;
    row_ = row;
    exch_ns_ = row[-1].exch_ts_ns;
    peeked_ = nullptr;
  }

  // Finds the next event. False: there is none.
  bool peek() {
    if (peeked_ || exhausted_) return !exhausted_;
    const Event* row = row_;
    while (row != end_ && !((row->flags & kLocal) && (row->flags & kEnd))) ++row;
    if (row == end_) {
      exhausted_ = true;
      return false;
    }
    peeked_ = row + 1;
    const std::int64_t extra = feed_.constant() ? extra_ns_ : feed_.sample();
    seen_ns_ = std::max(seen_ns_, row->local_ts_ns() + extra);
    return true;
  }
  std::int64_t next_ns() { return peek() ? seen_ns_ : kNever; }

  // Walks the rows of the peeked event: each(row, the venue's order id or 0), the book being moved already.
  template <class Each>
  void consume(Each&& each) {
    for (; row_ != peeked_; ++row_) {
      if (!(row_->flags & kLocal)) continue;
      book_.apply(*row_, kLocal);
      each(*row_, order_ids_ ? order_ids_[row_ - rows_] : 0);
      exch_ns_ = row_->exch_ts_ns;
    }
    peeked_ = nullptr;
  }

  // Has the last event been seen before t_ns?
  bool ended_before(std::int64_t t_ns) {
    if (feed_.constant()) return t_ns > last_local_ns_ + extra_ns_;
    sync(t_ns - 1);  // an event at t_ns itself is still to be delivered
    return !peek() && seen_ns_ < t_ns;
  }

  // When the last event is seen; known once all have been, where the feed's latency is drawn.
  std::int64_t last_ns() const noexcept { return feed_.constant() ? last_local_ns_ + extra_ns_ : seen_ns_; }

  // Levels a side that the source shows.
  std::int32_t window() const noexcept { return window_; }
  // The impact shift as of the last event seen.
  std::int32_t shift_ticks(const Ledger& ledger) noexcept {
    const auto& shifts = ledger.shifts();
    while (shift_next_ < shifts.size() && shifts[shift_next_].ts_ns <= exch_ns_) ++shift_next_;
    while (shift_next_ > 0 && shifts[shift_next_ - 1].ts_ns > exch_ns_) --shift_next_;  // split events come late
    return shift_next_ ? shifts[shift_next_ - 1].shift_ticks : 0;
  }

 private:
  void skip() {
    consume([](const Event&, std::uint64_t) {});
  }

  const Event* row_;
  const Event* rows_;
  const std::uint64_t* order_ids_;
  const Event* end_;
  std::int32_t window_;
  const Event* peeked_ = nullptr;  // behind the next event's last row
  bool exhausted_ = false;
  LatencyModel feed_;
  DepthBook book_;
  std::int64_t extra_ns_ = 0;
  std::int64_t seen_ns_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t exch_ns_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t last_local_ns_ = std::numeric_limits<std::int64_t>::min() / 2;
  std::size_t shift_next_ = 0;
};

}  // namespace lumina
