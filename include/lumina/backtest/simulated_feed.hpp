// What the strategy has seen of an embedded market: the same as FeedView of a tape, over rows that are made as the
// clock goes, and forgotten once they are seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "lumina/backtest/latency_model.hpp"
#include "lumina/backtest/ledger.hpp"
#include "lumina/book/depth_book.hpp"
#include "lumina/market/embedded_market.hpp"
#include "lumina/types.hpp"

namespace lumina {

class SimulatedFeed {
 public:
  SimulatedFeed(EmbeddedMarket& market, LatencyModel feed) : market_(market), feed_(std::move(feed)) {
    if (feed_.constant()) extra_ns_ = feed_.sample();
  }

  const DepthBook& book() const noexcept { return book_; }
  std::size_t rows_done() const noexcept { return done_; }

  // Brings the book to what is seen at now_ns; the market has moved to then.
  void sync(std::int64_t now_ns) {
    while (peek() && seen_ns_ <= now_ns) consume([](const Event&, std::uint64_t) {});
  }

  // When the next event is seen. While the market has not made it: not before this.
  std::int64_t next_ns() {
    if (peek()) return seen_ns_;
    return market_.ended() ? kNever : std::max(seen_ns_, market_.next_ts_ns());
  }

  // Walks the rows of the next event: each(row, order id), the book being moved already.
  template <class Each>
  void consume(Each&& each) {
    for (; row_ != peeked_; ++row_) {
      const Event& row = market_.rows()[row_];
      book_.apply(row, kLocal);
      each(row, market_.order_ids()[row_]);
      ++done_;
    }
    if (row_ < kForget && row_ != market_.rows().size()) return;
    market_.forget_rows(row_);
    row_ = peeked_ = 0;
  }

  // Has the last event been seen before t_ns?
  bool ended_before(std::int64_t t_ns) {
    // An event at t_ns itself is still to be delivered. What comes before is forgotten here for a strategy that never
    // looks at the book.
    if (!feed_.constant() || market_.rows().size() - row_ >= kBacklog) sync(t_ns - 1);
    if (feed_.constant()) return t_ns > market_.last_ts_ns() + market_.feed_latency_ns() + extra_ns_;
    return market_.ended() && !peek() && seen_ns_ < t_ns;
  }
  std::int64_t last_ns() const noexcept { return seen_ns_; }

  static std::int32_t window() noexcept { return kAllLevels; }
  // The others react themselves: there is no shift.
  static std::int32_t shift_ticks(const Ledger&) noexcept { return 0; }

 private:
  static constexpr std::size_t kForget = 4096;
  static constexpr std::size_t kBacklog = std::size_t{1} << 16;

  bool peek() {
    if (peeked_ > row_) return true;
    const EmbeddedMarket::Rows& rows = market_.rows();
    if (row_ == rows.size()) return false;
    while (!(rows[peeked_].flags & kEnd)) ++peeked_;
    ++peeked_;
    seen_ns_ = std::max(seen_ns_, rows[row_].local_ts_ns() + (feed_.constant() ? extra_ns_ : feed_.sample()));
    return true;
  }

  EmbeddedMarket& market_;
  LatencyModel feed_;
  DepthBook book_;
  std::int64_t extra_ns_ = 0;
  std::int64_t seen_ns_ = std::numeric_limits<std::int64_t>::min();
  std::size_t row_ = 0, peeked_ = 0;  // next row, behind the next event
  std::size_t done_ = 0;
};

}  // namespace lumina
