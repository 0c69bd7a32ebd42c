// Resolve once, replay forever: what a venue says (absolute level quantities, snapshots, clears, best bid and offer)
// becomes tape rows, signed changes of single levels, against a book of its own for each view.
// SEMANTICS: T1 to T4, T6 and the importer's part of F6.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "lumina/feed/level_map.hpp"
#include "lumina/types.hpp"

namespace lumina::feed {

// One thing that a venue said. Updates of one venue message share one exchange time and the last carries kEnd.
// qty_lots by kind: change and bbo the level's new total, trade its size, status a Phase, funding the rate in 1e-9,
// snapshot_begin kReplaceBook when the snapshot is the whole book, clear nothing (price_ticks = the last price that
// is wiped, kNoPrice for the whole side). flags as in a tape row.
struct Update {
  std::int64_t exch_ts_ns;
  std::int64_t local_ts_ns;
  std::int64_t qty_lots;
  std::uint64_t tag;  // the venue's id of the message; on a message's last update, non-zero asks for a MessageEnd
  std::int32_t price_ticks;
  std::uint8_t kind;  // Kind, or kSnapshotLevel
  std::uint8_t side;
  std::uint16_t flags;

  bool ends() const noexcept { return flags & kEnd; }
};
static_assert(sizeof(Update) == 40);

// A level of a snapshot whose source marks neither begin nor end: the resolver sets the markers around the run.
inline constexpr std::uint8_t kSnapshotLevel = 32;
inline constexpr std::int64_t kReplaceBook = 1;

// Where a tagged message ended and the touch that it left in the (first) view that it belongs to.
struct MessageEnd {
  std::uint64_t tag;
  std::int64_t rows;  // rows of the tape up to and with this message
  std::int64_t bid_lots, ask_lots;
  std::int32_t bid_ticks, ask_ticks;  // kNoPrice: none
  std::uint32_t views;
  std::uint32_t reserved;
};
static_assert(sizeof(MessageEnd) == 48);

enum class ResolveStatus : int {
  ok,
  no_view,
  bad_kind,
  bad_side,
  bad_quantity,     // below 0, over 2^31 - 1, a trade of nothing, or no Phase
  bad_price,        // beyond +-2^30 ticks
  mixed_event,      // an event with two exchange times
  level_range,      // more than LevelMap::kMaxPages pages of prices on a side
  broken_snapshot,  // end without begin, or something else inside
};

struct ResolverConfig {
  // A print is COUNTED when its level lost at least as much, unexplained by prints, within this long before it.
  std::int64_t counted_window_ns = 0;
  // The source marks no events: a run of equal exchange times is one, in each view (T6).
  bool runs_are_events = false;
};

// Not thread safe. push() appends to rows(); the first ready() of them are final and may be taken with take().
// The latency of a row is local - exchange modulo 2^32: whoever reads the clocks checks that it fits, or shifts it.
class Resolver {
 public:
  explicit Resolver(ResolverConfig config) : config_(config) {}
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  ResolveStatus push(const Update& update) {
    const ResolveStatus status = check(update);
    if (status != ResolveStatus::ok) return status;
    const std::uint16_t views = update.flags & kBothViews;
    begin(update, views);
    const ResolveStatus result = apply(update, views);
    if (result != ResolveStatus::ok) return result;
    if (update.ends() && !config_.runs_are_events) {
      end_run_of_snapshot_levels(update, views);
      close(views);
      if (update.tag != 0) note_end(update.tag, views);
    }
    // A view that fell silent holds rows back only so long.
    if (rows_.size() > kMaxHeld && ready() < rows_.size() / 2) close_older();
    return ResolveStatus::ok;
  }

  // Ends the events that are open; then every row is ready.
  void finish() {
    for (int v = 0; v < 2; ++v)
      if (snapshot_run_[v]) end_run_of_snapshot_levels(last_update_[v], mask(v));
    close(open_mask());
  }

  const Event* rows() const noexcept { return rows_.data(); }
  std::size_t ready() const noexcept {
    std::size_t n = rows_.size();
    for (const Open& open : open_)
      if (open.on && open.row != kNone) n = std::min(n, open.row);
    return n;
  }
  void drop(std::size_t n) {
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(n));
    taken_ += n;
    for (Open& open : open_)
      if (open.on && open.row != kNone) open.row -= n;
  }

  std::vector<MessageEnd>& message_ends() noexcept { return ends_; }
  std::int64_t counted_prints() const noexcept { return counted_prints_; }

  std::int32_t best(Side side, int view) noexcept { return levels(side).best(view); }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kMaxHeld = std::size_t{1} << 20;
  static constexpr std::size_t kMaxLosses = std::size_t{1} << 16;

  struct Open {
    bool on = false;
    std::int64_t exch_ts_ns = 0;
    std::size_t row = kNone;  // last row of the event in this view
    bool half = false;        // the other view's event ended at this row
  };
  struct Loss {  // quantity that a level lost and no print explains, exchange view
    std::int64_t exch_ts_ns;
    std::int64_t lots;
    std::int32_t price_ticks;
    Side side;
  };
  struct SnapshotLevel {
    std::int32_t price_ticks;
    Side side;
    std::int64_t qty_lots;
  };

  static constexpr std::uint16_t mask(int view) noexcept { return view == kExchView ? kExch : kLocal; }
  LevelMap& levels(Side side) noexcept { return side == Side::buy ? bids_ : asks_; }

  static ResolveStatus check(const Update& update) noexcept {
    constexpr std::int64_t kMaxLots = std::numeric_limits<std::int32_t>::max();
    if (!(update.flags & kBothViews)) return ResolveStatus::no_view;
    const bool level = update.kind == kSnapshotLevel || update.kind == static_cast<std::uint8_t>(Kind::change) ||
                       update.kind == static_cast<std::uint8_t>(Kind::bbo);
    const bool trade = update.kind == static_cast<std::uint8_t>(Kind::trade);
    if (!level && (update.kind < static_cast<std::uint8_t>(Kind::trade) || update.kind > kLastKind))
      return ResolveStatus::bad_kind;
    if (update.side > static_cast<std::uint8_t>(level ? Side::sell : Side::none)) return ResolveStatus::bad_side;
    if ((level || trade) && (update.price_ticks > kMaxPriceTicks || update.price_ticks < -kMaxPriceTicks))
      return ResolveStatus::bad_price;
    const bool funding = update.kind == static_cast<std::uint8_t>(Kind::funding);
    const std::int64_t low = funding ? -kMaxLots : trade ? 1 : 0;
    const std::int64_t high =
        update.kind == static_cast<std::uint8_t>(Kind::status) ? static_cast<std::int64_t>(Phase::auction) : kMaxLots;
    if (update.qty_lots < low || update.qty_lots > high) return ResolveStatus::bad_quantity;
    return ResolveStatus::ok;
  }

  // Opens the event in the views of the update; a run of equal exchange times ends where another begins.
  void begin(const Update& update, std::uint16_t views) {
    std::uint16_t ended = 0;
    for (int v = 0; v < 2; ++v) {
      if (!(views & mask(v))) continue;
      const bool changed = open_[v].on && open_[v].exch_ts_ns != update.exch_ts_ns;
      if (snapshot_run_[v] && (changed || update.kind != kSnapshotLevel))
        end_run_of_snapshot_levels(last_update_[v], snapshot_views(v, views));
      if (changed && config_.runs_are_events) ended |= mask(v);
    }
    close(ended);
    for (int v = 0; v < 2; ++v) {
      if (!(views & mask(v))) continue;
      if (!open_[v].on) open_[v] = {true, update.exch_ts_ns, kNone, false};
      last_update_[v] = update;
    }
  }

  ResolveStatus apply(const Update& update, std::uint16_t views) {
    for (int v = 0; v < 2; ++v)
      if ((views & mask(v)) && open_[v].exch_ts_ns != update.exch_ts_ns) return ResolveStatus::mixed_event;
    if (collecting_ != 0) return collect(update, views);

    const Side side = static_cast<Side>(update.side);
    if (update.kind == kSnapshotLevel) {
      std::uint16_t opened = 0;
      for (int v = 0; v < 2; ++v) {
        if ((views & mask(v)) && !snapshot_run_[v]) opened |= mask(v);
        if (views & mask(v)) snapshot_run_[v] = true;
      }
      if (opened) append(update, Kind::snapshot_begin, Side::none, 0, 0, opened);
      return set(update, Kind::change, side, update.price_ticks, update.qty_lots, views);
    }
    switch (static_cast<Kind>(update.kind)) {
      case Kind::change:
        return set(update, Kind::change, side, update.price_ticks, update.qty_lots, views);
      case Kind::bbo: {
        const std::int32_t inside = update.price_ticks + (side == Side::buy ? 1 : -1);
        remove_through(update, side, inside, views);
        return set(update, Kind::bbo, side, update.price_ticks, update.qty_lots, views);
      }
      case Kind::trade:
        return print(update, views);
      case Kind::clear:
        append(update, Kind::clear, side, update.price_ticks, 0, views);
        if (side != Side::sell) remove_through(update, Side::buy, update.price_ticks, views);
        if (side != Side::buy) remove_through(update, Side::sell, update.price_ticks, views);
        return ResolveStatus::ok;
      case Kind::snapshot_begin:
        append(update, Kind::snapshot_begin, Side::none, 0, 0, views);
        if (update.qty_lots == kReplaceBook) collecting_ = views;
        return ResolveStatus::ok;
      default:  // markers, status, funding
        append(update, static_cast<Kind>(update.kind), side, 0, static_cast<std::int32_t>(update.qty_lots), views);
        return ResolveStatus::ok;
    }
  }

  // Between begin and end of a snapshot that is the whole book: what it does not name is gone.
  ResolveStatus collect(const Update& update, std::uint16_t views) {
    if (views != collecting_) return ResolveStatus::broken_snapshot;
    if (update.kind == static_cast<std::uint8_t>(Kind::change)) {
      snapshot_.push_back({update.price_ticks, static_cast<Side>(update.side), update.qty_lots});
      return ResolveStatus::ok;
    }
    if (update.kind != static_cast<std::uint8_t>(Kind::snapshot_end)) return ResolveStatus::broken_snapshot;
    collecting_ = 0;
    const auto before = [](const SnapshotLevel& a, const SnapshotLevel& b) {
      return a.side != b.side ? a.side < b.side : a.price_ticks < b.price_ticks;
    };
    std::stable_sort(snapshot_.begin(), snapshot_.end(), before);
    ResolveStatus status = ResolveStatus::ok;
    for (const Side side : {Side::buy, Side::sell}) {
      gone_.clear();
      levels(side).for_each(views, [&](std::int32_t price_ticks, const Level&) {
        if (!std::binary_search(snapshot_.begin(), snapshot_.end(), SnapshotLevel{price_ticks, side, 0}, before))
          gone_.push_back(price_ticks);
      });
      for (const std::int32_t price_ticks : gone_) set(update, Kind::change, side, price_ticks, 0, views);
    }
    for (const SnapshotLevel& level : snapshot_) {
      status = set(update, Kind::change, level.side, level.price_ticks, level.qty_lots, views);
      if (status != ResolveStatus::ok) break;
    }
    snapshot_.clear();
    append(update, Kind::snapshot_end, Side::none, 0, 0, views);
    return status;
  }

  // The level's new total, in the views of the mask; a row per view unless the change is the same in both.
  ResolveStatus set(const Update& update, Kind kind, Side side, std::int32_t price_ticks, std::int64_t qty_lots,
                    std::uint16_t views) {
    Level* level = levels(side).at(price_ticks);
    if (level == nullptr) return ResolveStatus::level_range;
    std::int64_t change[2] = {0, 0};
    std::uint16_t changed = 0;
    for (int v = 0; v < 2; ++v) {
      if (!(views & mask(v))) continue;
      change[v] = qty_lots - level->qty_lots[v];
      level->qty_lots[v] = qty_lots;
      if (change[v] != 0 || (level->printed & mask(v))) changed |= mask(v);
      if (qty_lots > 0) levels(side).seen(price_ticks, v);
    }
    if (changed & kExch) {
      const std::int64_t unexplained = -change[kExchView] - level->printed_lots;
      if (unexplained > 0 && config_.counted_window_ns > 0) lose(update.exch_ts_ns, side, price_ticks, unexplained);
      level->printed_lots = 0;
    }
    level->printed &= static_cast<std::uint8_t>(~changed);
    if (changed == kBothViews && change[kExchView] == change[kLocalView]) {
      append(update, kind, side, price_ticks, static_cast<std::int32_t>(change[kExchView]), kBothViews);
    } else {
      for (int v = 0; v < 2; ++v)
        if (changed & mask(v)) append(update, kind, side, price_ticks, static_cast<std::int32_t>(change[v]), mask(v));
    }
    return ResolveStatus::ok;
  }

  // Empties the levels from the best through last_ticks (kNoPrice: all).
  void remove_through(const Update& update, Side side, std::int32_t last_ticks, std::uint16_t views) {
    LevelMap& map = levels(side);
    for (;;) {
      std::int32_t price = kNoPrice;
      std::uint16_t at = 0;
      for (int v = 0; v < 2; ++v) {
        const std::int32_t best = views & mask(v) ? map.best(v) : kNoPrice;
        if (best == kNoPrice) continue;
        if (price == kNoPrice || map.better(best, price)) price = best, at = 0;
        if (best == price) at |= mask(v);
      }
      if (price == kNoPrice || (last_ticks != kNoPrice && map.better(last_ticks, price))) return;
      set(update, Kind::change, side, price, 0, at);
    }
  }

  ResolveStatus print(const Update& update, std::uint16_t views) {
    std::uint16_t flags = update.flags & (kHidden | kOffBook);
    const Side aggressor = static_cast<Side>(update.side);
    if (flags == 0 && aggressor != Side::none) {
      const Side side = opposite(aggressor);
      Level* level = levels(side).at(update.price_ticks);
      if (level == nullptr) return ResolveStatus::level_range;
      level->printed |= static_cast<std::uint8_t>(views);
      if (views & kExch) {
        if (update.qty_lots > level->qty_lots[kExchView] && counted(update, side)) {
          flags |= kCounted;
          ++counted_prints_;
        } else {
          constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
          level->printed_lots = static_cast<std::int32_t>(std::min(kMax, level->printed_lots + update.qty_lots));
        }
      }
    }
    append(update, Kind::trade, aggressor, update.price_ticks, static_cast<std::int32_t>(update.qty_lots), views,
           flags);
    return ResolveStatus::ok;
  }

  void lose(std::int64_t exch_ts_ns, Side side, std::int32_t price_ticks, std::int64_t lots) {
    while (!losses_.empty() &&
           (losses_.front().exch_ts_ns < exch_ts_ns - config_.counted_window_ns || losses_.size() >= kMaxLosses))
      losses_.pop_front();
    losses_.push_back({exch_ts_ns, lots, price_ticks, side});
  }

  // True where the level lost the print's quantity already; that loss explains no other print.
  bool counted(const Update& update, Side side) {
    std::int64_t need = update.qty_lots;
    const auto at_level = [&](const Loss& loss) {
      return loss.price_ticks == update.price_ticks && loss.side == side &&
             loss.exch_ts_ns >= update.exch_ts_ns - config_.counted_window_ns;
    };
    for (const Loss& loss : losses_)
      if (at_level(loss)) need -= loss.lots;
    if (need > 0) return false;
    need = update.qty_lots;
    for (Loss& loss : losses_) {
      if (need == 0) break;
      if (!at_level(loss)) continue;
      const std::int64_t used = std::min(need, loss.lots);
      loss.lots -= used;
      need -= used;
    }
    return true;
  }

  void append(const Update& update, Kind kind, Side side, std::int32_t price_ticks, std::int32_t qty_lots,
              std::uint16_t views, std::uint16_t flags = 0) {
    for (int v = 0; v < 2; ++v) {
      if (!(views & mask(v)) || !open_[v].half) continue;
      open_[v].half = false;
      end_in_one(open_[v].row, 1 - v);  // this view's event goes on
    }
    for (int v = 0; v < 2; ++v)
      if (views & mask(v)) open_[v].row = rows_.size();
    rows_.push_back({update.exch_ts_ns, 0, static_cast<std::uint32_t>(update.local_ts_ns - update.exch_ts_ns),
                     price_ticks, qty_lots, static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(side),
                     static_cast<std::uint16_t>(views | flags)});
  }

  // Views whose run of snapshot levels ends here together with that of view v.
  std::uint16_t snapshot_views(int v, std::uint16_t views) const noexcept {
    const std::uint16_t other = mask(1 - v);
    const bool same = (views & other) && snapshot_run_[1 - v] && open_[1 - v].exch_ts_ns == open_[v].exch_ts_ns &&
                      last_update_[1 - v].local_ts_ns == last_update_[v].local_ts_ns;
    return static_cast<std::uint16_t>(mask(v) | (same ? other : 0));
  }

  void end_run_of_snapshot_levels(const Update& update, std::uint16_t views) {
    std::uint16_t ended = 0;
    for (int v = 0; v < 2; ++v) {
      if (!(views & mask(v)) || !snapshot_run_[v]) continue;
      snapshot_run_[v] = false;
      ended |= mask(v);
    }
    if (ended) append(update, Kind::snapshot_end, Side::none, 0, 0, ended);
  }

  std::uint16_t open_mask() const noexcept {
    return static_cast<std::uint16_t>((open_[0].on ? kExch : 0) | (open_[1].on ? kLocal : 0));
  }

  // Sets kEnd on the last row of the open event in each view of the mask. A row that ends an event in one of its
  // views only becomes two; while the other view may still end there too, it waits.
  void close(std::uint16_t views) {
    for (int v = 0; v < 2; ++v) {
      Open& own = open_[v];
      Open& other = open_[1 - v];
      if (!(views & mask(v)) || !own.on) continue;
      const std::size_t row = own.row;
      const bool other_ended_here = own.half;
      own.on = own.half = false;
      if (row == kNone) continue;
      const bool shared = rows_[row].flags & mask(1 - v);
      if (!shared || other_ended_here) {
        rows_[row].flags |= kEnd;
      } else if (other.on && other.row == row) {
        other.half = true;
      } else {
        end_in_one(row, v);
      }
    }
  }

  void end_in_one(std::size_t row, int view) {
    split(row, mask(view));
    rows_[row].flags |= kEnd;
  }

  // The row keeps the views of the mask, a copy after it gets the others.
  void split(std::size_t row, std::uint16_t views) {
    Event copy = rows_[row];
    copy.flags = static_cast<std::uint16_t>(copy.flags & ~views);
    rows_[row].flags = static_cast<std::uint16_t>(rows_[row].flags & ~(kBothViews & ~views));
    rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(row) + 1, copy);
    for (int v = 0; v < 2; ++v) {
      Open& open = open_[v];
      if (open.on && open.row != kNone && (open.row > row || (open.row == row && (copy.flags & mask(v))))) ++open.row;
    }
    for (auto end = ends_.rbegin(); end != ends_.rend() && end->rows > static_cast<std::int64_t>(taken_ + row); ++end)
      ++end->rows;
  }

  void close_older() {
    const int v = open_[0].on && (!open_[1].on || open_[0].row < open_[1].row) ? 0 : 1;
    close(mask(v));
  }

  void note_end(std::uint64_t tag, std::uint16_t views) {
    const int v = views & kExch ? kExchView : kLocalView;
    MessageEnd end{tag, static_cast<std::int64_t>(taken_ + rows_.size()), 0, 0, bids_.best(v), asks_.best(v), views, 0};
    if (end.bid_ticks != kNoPrice) end.bid_lots = bids_.at(end.bid_ticks)->qty_lots[v];
    if (end.ask_ticks != kNoPrice) end.ask_lots = asks_.at(end.ask_ticks)->qty_lots[v];
    ends_.push_back(end);
  }

  ResolverConfig config_;
  LevelMap bids_{Side::buy}, asks_{Side::sell};
  std::vector<Event> rows_;
  std::size_t taken_ = 0;
  Open open_[2];
  Update last_update_[2] = {};
  bool snapshot_run_[2] = {false, false};
  std::uint16_t collecting_ = 0;
  std::vector<SnapshotLevel> snapshot_;
  std::vector<std::int32_t> gone_;
  std::deque<Loss> losses_;
  std::vector<MessageEnd> ends_;
  std::int64_t counted_prints_ = 0;
};

}  // namespace lumina::feed
