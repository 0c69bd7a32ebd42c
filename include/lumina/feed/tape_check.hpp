// One pass over the rows of a tape: what breaks the rules of a tape, and the figures that its header carries.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "lumina/feed/level_map.hpp"
#include "lumina/types.hpp"

namespace lumina::feed {

enum class Violation : int {
  empty_tape,
  no_view,        // neither view flag
  kind,           // unknown kind
  side,           // unknown side, or a level without one
  phase,          // status row that is no Phase
  price,          // out of bounds
  trade_qty,      // a trade of nothing, or of less
  order_qty,      // an add that takes, or a reduce, cancel or execute that adds
  stamp,          // an add without its own number (exchange's view), something later than its row, or one on L2
  exch_order,     // exchange time goes back in the exchange's view
  local_order,    // local time goes back in the strategy's view
  event_time,     // rows of one event with two exchange times
  event_end,      // the last event of a view has no end
  level_total,    // a level's quantity below 0 or over 2^31 - 1
  snapshot_end,   // end without begin
  snapshot_open,  // begin without end
  level_range,    // prices too scattered to hold
  kCount
};

// Rows that break a rule: how many, and the first few with the value found and its bound.
struct Finding {
  static constexpr int kFirst = 5;
  std::uint64_t count = 0;
  std::uint64_t rows[kFirst] = {};
  std::int64_t values[kFirst] = {};
  std::int64_t bounds[kFirst] = {};
};

struct TapeCheck {
  std::array<Finding, static_cast<std::size_t>(Violation::kCount)> findings{};
  // The figures are of book rows and trades (prices) and of all rows (times).
  std::int32_t min_price_ticks = std::numeric_limits<std::int32_t>::max();
  std::int32_t max_price_ticks = std::numeric_limits<std::int32_t>::min();
  std::int64_t exch_rows = 0, local_rows = 0, events = 0;
  std::int64_t first_exch_ts_ns = 0, last_exch_ts_ns = 0, first_local_ts_ns = 0, last_local_ts_ns = 0;
  std::uint32_t min_latency_ns = std::numeric_limits<std::uint32_t>::max(), max_latency_ns = 0;
  std::int64_t zero_latency_rows = 0;
  std::int64_t kinds[kLastKind + 1] = {};
  // Of the exchange's view: events that ended in continuous trading, those after which the best bid was above the best
  // ask, prints on the book, and those of them that tell no aggressor.
  std::int64_t continuous_events = 0, crossed_events = 0, prints = 0, prints_without_side = 0;
  bool level3 = false;

  void add(Violation violation, std::uint64_t row, std::int64_t value, std::int64_t bound) noexcept {
    Finding& finding = findings[static_cast<std::size_t>(violation)];
    if (finding.count < Finding::kFirst) {
      finding.rows[finding.count] = row;
      finding.values[finding.count] = value;
      finding.bounds[finding.count] = bound;
    }
    ++finding.count;
  }
};

// Whether the best bid of the exchange's view is above its best ask. Kept as bounds: a side's best price is looked for
// only where the bounds cross, which levels that empty leave behind when the market moves.
class Crossing {
 public:
  // A level of side s shows a quantity.
  void shown(int s, std::int32_t price_ticks) noexcept {
    if (s == static_cast<int>(Side::buy))
      bid_ = std::max<std::int64_t>(bid_, price_ticks);
    else
      ask_ = std::min<std::int64_t>(ask_, price_ticks);
  }

  bool crossed(LevelMap (&sides)[2]) noexcept { return bid_ > ask_ && exactly(sides); }

 private:
  static constexpr std::int64_t kNoBid = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kNoAsk = std::numeric_limits<std::int64_t>::max();

  [[gnu::noinline]] bool exactly(LevelMap (&sides)[2]) noexcept {
    bid_ = best(sides[static_cast<int>(Side::buy)], bid_, kNoBid);
    ask_ = best(sides[static_cast<int>(Side::sell)], ask_, kNoAsk);
    return bid_ > ask_;
  }

  static std::int64_t best(LevelMap& side, std::int64_t bound, std::int64_t none) noexcept {
    if (bound == none) return none;
    side.seen(static_cast<std::int32_t>(bound), kExchView);
    const std::int32_t price = side.best(kExchView);
    return price == kNoPrice ? none : price;
  }

  std::int64_t bid_ = kNoBid, ask_ = kNoAsk;  // at or better than the best level that shows a quantity
};

// Prices are checked against [min_price_ticks, max_price_ticks]. O(n); allocates the levels of the book.
inline void check_tape(const Event* rows, std::size_t n, std::int32_t min_price_ticks, std::int32_t max_price_ticks,
                       TapeCheck& out) {
  struct View {
    std::int64_t last_ts_ns = std::numeric_limits<std::int64_t>::min();
    std::int64_t event_ts_ns = 0;
    std::uint64_t last_row = 0, snapshot_row = 0;
    bool open = false, snapshot = false;
  } views[2];
  LevelMap sides[2] = {LevelMap(Side::buy), LevelMap(Side::sell)};
  Crossing crossing;
  bool continuous = true, ended = false;
  const auto end_event = [&] {
    if (ended && continuous) {
      ++out.continuous_events;
      out.crossed_events += crossing.crossed(sides);
    }
    ended = false;
  };

  if (n == 0) out.add(Violation::empty_tape, 0, 0, 1);
  for (std::size_t i = 0; i < n; ++i) {
    end_event();
    const Event& row = rows[i];
    const std::uint16_t mask = row.flags & kBothViews;
    // at a change of phase the book is still that of the phase before
    ended = (mask & kExch) && (row.flags & kEnd) && row.kind != static_cast<std::uint8_t>(Kind::status);
    if (mask == 0) out.add(Violation::no_view, i, row.flags, kBothViews);
    out.min_latency_ns = std::min(out.min_latency_ns, row.latency_ns);
    out.max_latency_ns = std::max(out.max_latency_ns, row.latency_ns);
    out.zero_latency_rows += row.latency_ns == 0;

    for (int v = 0; v < 2; ++v) {
      if (!(mask & (v == kExchView ? kExch : kLocal))) continue;
      View& view = views[v];
      const std::int64_t ts_ns = v == kExchView ? row.exch_ts_ns : row.local_ts_ns();
      std::int64_t& rows_seen = v == kExchView ? out.exch_rows : out.local_rows;
      if (rows_seen++ == 0) (v == kExchView ? out.first_exch_ts_ns : out.first_local_ts_ns) = ts_ns;
      if (ts_ns < view.last_ts_ns)
        out.add(v == kExchView ? Violation::exch_order : Violation::local_order, i, ts_ns, view.last_ts_ns);
      view.last_ts_ns = ts_ns;
      view.last_row = i;
      if (view.open && row.exch_ts_ns != view.event_ts_ns)
        out.add(Violation::event_time, i, row.exch_ts_ns, view.event_ts_ns);
      view.event_ts_ns = row.exch_ts_ns;
      view.open = !(row.flags & kEnd);
      if (v == kExchView) out.events += !view.open;
      if (row.kind == static_cast<std::uint8_t>(Kind::snapshot_begin)) {
        view.snapshot = true;
        view.snapshot_row = i;
      } else if (row.kind == static_cast<std::uint8_t>(Kind::snapshot_end)) {
        if (!view.snapshot) out.add(Violation::snapshot_end, i, v, 0);
        view.snapshot = false;
      }
    }

    if (row.kind > kLastKind) {
      out.add(Violation::kind, i, row.kind, kLastKind);
      continue;
    }
    ++out.kinds[row.kind];
    const Kind kind = static_cast<Kind>(row.kind);
    const bool book = row.changes_book();
    const std::uint8_t last_side = static_cast<std::uint8_t>(book ? Side::sell : Side::none);
    if (row.side > last_side) {
      out.add(Violation::side, i, row.side, last_side);
      if (book) continue;
    }
    if (kind == Kind::status && (row.qty_lots < 0 || row.qty_lots > static_cast<int>(Phase::auction)))
      out.add(Violation::phase, i, row.qty_lots, static_cast<int>(Phase::auction));
    if (kind == Kind::status && (mask & kExch)) continuous = row.qty_lots == static_cast<int>(Phase::continuous);
    if (!book && kind != Kind::trade) continue;

    out.min_price_ticks = std::min(out.min_price_ticks, row.price_ticks);
    out.max_price_ticks = std::max(out.max_price_ticks, row.price_ticks);
    if (row.price_ticks < min_price_ticks) out.add(Violation::price, i, row.price_ticks, min_price_ticks);
    if (row.price_ticks > max_price_ticks) out.add(Violation::price, i, row.price_ticks, max_price_ticks);
    if (kind == Kind::trade) {
      if (row.qty_lots <= 0) out.add(Violation::trade_qty, i, row.qty_lots, 1);
      const bool counts = (mask & kExch) && !(row.flags & kOffBook);
      out.prints += counts;
      out.prints_without_side += counts && row.side == static_cast<std::uint8_t>(Side::none);
      continue;
    }
    if (kind >= Kind::add) {
      out.level3 = true;
      if (kind == Kind::add ? row.qty_lots <= 0 : row.qty_lots > 0)
        out.add(Violation::order_qty, i, row.qty_lots, kind == Kind::add ? 1 : 0);
    }
    // T1a: stamps are the numbers of the exchange's rows, and judged there
    const std::uint64_t number = static_cast<std::uint64_t>(out.exch_rows);
    const bool ours = kind < Kind::add || (mask & kExch);
    if (ours && (kind == Kind::add ? row.stamp != number : row.stamp > (kind > Kind::add ? number : 0)))
      out.add(Violation::stamp, i, static_cast<std::int64_t>(row.stamp), kind >= Kind::add ? out.exch_rows : 0);
    Level* level = sides[row.side].at(row.price_ticks);
    if (level == nullptr) {
      out.add(Violation::level_range, i, row.price_ticks, static_cast<std::int64_t>(LevelMap::kMaxPages) * 64);
      continue;
    }
    for (int v = 0; v < 2; ++v) {
      if (!(mask & (v == kExchView ? kExch : kLocal))) continue;
      std::int64_t& qty_lots = level->qty_lots[v];
      qty_lots += row.qty_lots;
      if (qty_lots < 0) out.add(Violation::level_total, i, qty_lots, 0);
      if (qty_lots > std::numeric_limits<std::int32_t>::max())
        out.add(Violation::level_total, i, qty_lots, std::numeric_limits<std::int32_t>::max());
      if (v == kExchView && qty_lots != 0) crossing.shown(row.side, row.price_ticks);
    }
  }
  end_event();
  for (const View& view : views) {
    if (view.open) out.add(Violation::event_end, view.last_row, 0, kEnd);
    if (view.snapshot) out.add(Violation::snapshot_open, view.snapshot_row, 0, 1);
  }
  out.last_exch_ts_ns = out.exch_rows ? views[kExchView].last_ts_ns : 0;
  out.last_local_ts_ns = out.local_rows ? views[kLocalView].last_ts_ns : 0;
}

}  // namespace lumina::feed
