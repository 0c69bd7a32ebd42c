// Resolve once, replay forever: what a venue says (orders by id, absolute level quantities, snapshots, clears, best bid
// and offer) becomes tape rows, signed changes of single levels, against a book of its own for each view.
// SEMANTICS: T1 to T4, T6 and the importer's part of F6.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/feed/counted_prints.hpp"
#include "lumina/feed/level_map.hpp"
#include "lumina/feed/order_views.hpp"
#include "lumina/feed/row_writer.hpp"
#include "lumina/feed/update.hpp"
#include "lumina/types.hpp"

namespace lumina::feed {

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
  // Levels hold orders from before the data: an unknown id that comes with side, price and lots is one of them.
  bool seeded = false;
  // Keep the venue's order id of each row.
  bool order_ids = false;
};

// Not thread safe. push() appends to rows(); the first ready() of them are final and may be taken with drop().
// The latency of a row is local - exchange modulo 2^32: whoever reads the clocks checks that it fits, or shifts it.
class Resolver {
 public:
  explicit Resolver(ResolverConfig config)
      : config_(config), counted_(config.counted_window_ns), orders_(config.seeded), writer_(config.order_ids) {}
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
      writer_.close(views);
      if (update.tag != 0) note_end(update.tag, views);
    }
    writer_.bound_held_rows();
    return ResolveStatus::ok;
  }

  // Ends the events that are open; then every row is ready.
  void finish() {
    for (int v = 0; v < 2; ++v)
      if (snapshot_run_[v]) end_run_of_snapshot_levels(last_update_[v], view_mask(v));
    writer_.close(writer_.open_views());
  }

  const Event* rows() const noexcept { return writer_.rows(); }
  const std::uint64_t* order_ids() const noexcept { return writer_.order_ids(); }
  std::size_t ready() const noexcept { return writer_.ready(); }
  void drop(std::size_t n) { writer_.drop(n); }

  std::vector<MessageEnd>& message_ends() noexcept { return writer_.message_ends(); }
  std::int64_t counted_prints() const noexcept { return counted_.count(); }
  const IdCounts& order_counts() const noexcept { return orders_.counts(); }

  std::int32_t best(Side side, int view) noexcept { return levels(side).best(view); }
  // The orders that are there, by id and in their queues.
  const OrderBook& orders(int view) const noexcept { return orders_.book(view); }

 private:
  struct SnapshotLevel {
    std::int32_t price_ticks;
    Side side;
    std::int64_t qty_lots;
  };

  LevelMap& levels(Side side) noexcept { return side == Side::buy ? bids_ : asks_; }

  static ResolveStatus check(const Update& update) noexcept {
    constexpr std::int64_t kMaxLots = std::numeric_limits<std::int32_t>::max();
    if (!(update.flags & kBothViews)) return ResolveStatus::no_view;
    const bool order = is_order(update.kind);
    const bool level = update.kind == kSnapshotLevel || update.is(Kind::change) || update.is(Kind::bbo);
    const bool trade = update.is(Kind::trade);
    if (!level && !order && (update.kind < static_cast<std::uint8_t>(Kind::trade) || update.kind > kLastKind))
      return ResolveStatus::bad_kind;
    const bool sided = level || update.is(Kind::add) || update.kind == kModify;
    if (update.side > static_cast<std::uint8_t>(sided ? Side::sell : Side::none)) return ResolveStatus::bad_side;
    if ((level || trade || order) && (update.price_ticks > kMaxPriceTicks || update.price_ticks < -kMaxPriceTicks))
      return ResolveStatus::bad_price;
    const bool takes = update.is(Kind::add) || update.is(Kind::reduce) || update.is(Kind::execute);
    const std::int64_t low = update.is(Kind::funding) ? -kMaxLots : trade || takes ? 1 : 0;
    const std::int64_t high = update.is(Kind::status) ? static_cast<std::int64_t>(Phase::auction) : kMaxLots;
    if (update.qty_lots < low || update.qty_lots > high) return ResolveStatus::bad_quantity;
    return ResolveStatus::ok;
  }

  // Opens the event in the views of the update; a run of equal exchange times ends where another begins.
  void begin(const Update& update, std::uint16_t views) {
    std::uint16_t ended = 0;
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v))) continue;
      const bool changed = writer_.is_open(v) && writer_.event_ts_ns(v) != update.exch_ts_ns;
      if (snapshot_run_[v] && (changed || update.kind != kSnapshotLevel))
        end_run_of_snapshot_levels(last_update_[v], snapshot_views(v, views));
      if (changed && config_.runs_are_events) ended |= view_mask(v);
    }
    writer_.close(ended);
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v))) continue;
      if (!writer_.is_open(v)) writer_.open(v, update.exch_ts_ns);
      last_update_[v] = update;
    }
  }

  ResolveStatus apply(const Update& update, std::uint16_t views) {
    for (int v = 0; v < 2; ++v)
      if ((views & view_mask(v)) && writer_.event_ts_ns(v) != update.exch_ts_ns) return ResolveStatus::mixed_event;
    if (collecting_ != 0) return collect(update, views);

    const Side side = static_cast<Side>(update.side);
    if (update.kind == kSnapshotLevel) {
      std::uint16_t opened = 0;
      for (int v = 0; v < 2; ++v) {
        if ((views & view_mask(v)) && !snapshot_run_[v]) opened |= view_mask(v);
        if (views & view_mask(v)) snapshot_run_[v] = true;
      }
      if (opened) append(update, Kind::snapshot_begin, Side::none, 0, 0, opened);
      return set(update, Kind::change, side, update.price_ticks, update.qty_lots, views);
    }
    if (is_order(update.kind)) return order(update, views);
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
        for (const Side one : {Side::buy, Side::sell}) {
          if (side == opposite(one)) continue;
          const auto wiped = [&](const Order& o) {
            return update.price_ticks == kNoPrice || !levels(one).better(update.price_ticks, o.price_ticks);
          };
          if (const ResolveStatus status = cancel_where(update, one, views, wiped); status != ResolveStatus::ok)
            return status;
          remove_through(update, one, update.price_ticks, views);
        }
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

  // ---- snapshots that are the whole book: what they do not name is gone ----------------------------------------

  ResolveStatus collect(const Update& update, std::uint16_t views) {
    if (views != collecting_) return ResolveStatus::broken_snapshot;
    if (update.is(Kind::change)) {
      snapshot_.push_back({update.price_ticks, static_cast<Side>(update.side), update.qty_lots});
      return ResolveStatus::ok;
    }
    if (update.is(Kind::add)) {
      snapshot_orders_.push_back(update);
      return ResolveStatus::ok;
    }
    if (!update.is(Kind::snapshot_end)) return ResolveStatus::broken_snapshot;
    collecting_ = 0;
    const bool by_order = !snapshot_orders_.empty() || (snapshot_.empty() && orders_.book(kExchView).size() > 0);
    const ResolveStatus status = by_order ? resolve_orders(update, views) : resolve_levels(update, views);
    snapshot_.clear();
    snapshot_orders_.clear();
    append(update, Kind::snapshot_end, Side::none, 0, 0, views);
    return status;
  }

  ResolveStatus resolve_levels(const Update& update, std::uint16_t views) {
    const auto before = [](const SnapshotLevel& a, const SnapshotLevel& b) {
      return a.side != b.side ? a.side < b.side : a.price_ticks < b.price_ticks;
    };
    std::stable_sort(snapshot_.begin(), snapshot_.end(), before);
    for (const Side side : {Side::buy, Side::sell}) {
      gone_.clear();
      levels(side).for_each(views, [&](std::int32_t price_ticks, const Level&) {
        if (!std::binary_search(snapshot_.begin(), snapshot_.end(), SnapshotLevel{price_ticks, side, 0}, before))
          gone_.push_back(price_ticks);
      });
      for (const std::int32_t price_ticks : gone_) set(update, Kind::change, side, price_ticks, 0, views);
    }
    for (const SnapshotLevel& level : snapshot_) {
      const ResolveStatus status = set(update, Kind::change, level.side, level.price_ticks, level.qty_lots, views);
      if (status != ResolveStatus::ok) return status;
    }
    return ResolveStatus::ok;
  }

  // The difference by order id: orders that are still there keep their stamps (T1a).
  ResolveStatus resolve_orders(const Update& update, std::uint16_t views) {
    std::vector<std::uint64_t> named;
    named.reserve(snapshot_orders_.size());
    for (const Update& order : snapshot_orders_) named.push_back(order.order_id);
    std::sort(named.begin(), named.end());
    const auto gone = [&](const Order& o) { return !std::binary_search(named.begin(), named.end(), o.id); };
    ResolveStatus status = ResolveStatus::ok;
    for (const Side side : {Side::buy, Side::sell})
      if ((status = cancel_where(update, side, views, gone)) != ResolveStatus::ok) return status;
    for (Update order : snapshot_orders_) {
      order.exch_ts_ns = update.exch_ts_ns;
      order.local_ts_ns = update.local_ts_ns;
      order.kind = kModify;
      if ((status = this->order(order, views, false)) != ResolveStatus::ok) return status;
    }
    return drop_anonymous(update, views);
  }

  // What levels hold beyond the orders that are known.
  ResolveStatus drop_anonymous(const Update& update, std::uint16_t views) {
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v))) continue;
      for (const Side side : {Side::buy, Side::sell}) {
        gone_.clear();
        levels(side).for_each(view_mask(v), [&](std::int32_t price_ticks, const Level& level) {
          if (level.qty_lots[v] != orders_.book(v).qty(side, price_ticks)) gone_.push_back(price_ticks);
        });
        for (const std::int32_t price_ticks : gone_) {
          const std::int64_t known = orders_.book(v).qty(side, price_ticks);
          const ResolveStatus status = set(update, Kind::change, side, price_ticks, known, view_mask(v));
          if (status != ResolveStatus::ok) return status;
        }
      }
    }
    return ResolveStatus::ok;
  }

  // ---- orders by id --------------------------------------------------------------------------------------------

  ResolveStatus order(const Update& update, std::uint16_t views, bool count = true) {
    if (views != kBothViews) orders_.part();
    if (orders_.together()) return write(update, orders_.apply(update, kExchView, count), views);
    if (views != kBothViews) {
      const int v = views & kExch ? kExchView : kLocalView;
      return write(update, orders_.apply(update, v, count), views);
    }
    exch_steps_ = orders_.apply(update, kExchView, count);
    const std::vector<OrderStep>& local = orders_.apply(update, kLocalView, false);
    if (exch_steps_ == local) return write(update, exch_steps_, kBothViews);
    const ResolveStatus status = write(update, exch_steps_, kExch);
    return status == ResolveStatus::ok ? write(update, local, kLocal) : status;
  }

  ResolveStatus write(const Update& update, const std::vector<OrderStep>& steps, std::uint16_t views) {
    for (const OrderStep& step : steps) {
      if (step.kind == Kind::trade) {
        append(update, Kind::trade, step.side, step.price_ticks, step.change_lots, views, 0, 0, step.order_id);
        continue;
      }
      Level* level = levels(step.side).at(step.price_ticks);
      if (level == nullptr) return ResolveStatus::level_range;
      std::int64_t change[2];
      for (int v = 0; v < 2; ++v) change[v] = std::max<std::int64_t>(step.change_lots, -level->qty_lots[v]);
      const bool alike = views == kBothViews && change[0] == change[1];
      for (int v = 0; v < 2; ++v) {
        const std::uint16_t to = alike ? kBothViews : view_mask(v);
        if (!(views & to) || (alike && v == kLocalView)) continue;
        if (change[v] != step.change_lots) orders_.clipped();
        write(update, step, *level, static_cast<std::int32_t>(change[v]), to);
      }
    }
    return ResolveStatus::ok;
  }

  void write(const Update& update, const OrderStep& step, Level& level, std::int32_t change_lots, std::uint16_t views) {
    if (change_lots == 0) {  // the level held nothing: a print remains a print
      if (step.kind == Kind::execute)
        append(update, Kind::trade, opposite(step.side), step.price_ticks, -step.change_lots, views, 0, 0,
               step.order_id);
      return;
    }
    const bool joins = step.kind == Kind::add;
    const std::uint64_t stamp = !joins          ? step.stamp
                                : views & kExch ? writer_.next_number()
                                                : orders_.stamp_of(kExchView, step.order_id);
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v))) continue;
      level.qty_lots[v] += change_lots;
      if (change_lots > 0) levels(step.side).seen(step.price_ticks, v);
      if (joins) orders_.stamp(v, step.order_id, stamp);
    }
    append(update, step.kind, step.side, step.price_ticks, change_lots, views, step.flags, stamp, step.order_id);
  }

  // Cancels the orders of a side for which gone(order) holds, each in the views of the mask that hold it.
  template <class Gone>
  ResolveStatus cancel_where(const Update& update, Side side, std::uint16_t views, Gone&& gone) {
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v))) continue;
      ids_.clear();
      orders_.ids_of(v, side, ids_);
      for (const std::uint64_t id : ids_) {
        if (!gone(orders_.book(v).order(orders_.book(v).find(id)))) continue;
        Update leave = update;
        leave.kind = static_cast<std::uint8_t>(Kind::cancel);
        leave.order_id = id;
        leave.qty_lots = 0;
        const int other = 1 - v;
        const OrderBook::Handle twin = orders_.book(other).find(id);
        const bool both = (views & view_mask(other)) && twin != OrderBook::kNoOrder &&
                          orders_.book(other).order(twin).side() == side && gone(orders_.book(other).order(twin));
        const ResolveStatus status = order(leave, both ? kBothViews : view_mask(v), false);
        if (status != ResolveStatus::ok) return status;
      }
    }
    return ResolveStatus::ok;
  }

  // ---- levels --------------------------------------------------------------------------------------------------

  // The level's new total, in the views of the mask; a row per view unless the change is the same in both.
  ResolveStatus set(const Update& update, Kind kind, Side side, std::int32_t price_ticks, std::int64_t qty_lots,
                    std::uint16_t views) {
    Level* level = levels(side).at(price_ticks);
    if (level == nullptr) return ResolveStatus::level_range;
    std::int64_t change[2] = {0, 0};
    std::uint16_t changed = 0;
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v))) continue;
      change[v] = qty_lots - level->qty_lots[v];
      level->qty_lots[v] = qty_lots;
      if (change[v] != 0 || (level->printed & view_mask(v))) changed |= view_mask(v);
      if (qty_lots > 0) levels(side).seen(price_ticks, v);
    }
    if (changed & kExch) {
      const std::int64_t unexplained = -change[kExchView] - level->printed_lots;
      if (unexplained > 0) counted_.lose(update.exch_ts_ns, side, price_ticks, unexplained);
      level->printed_lots = 0;
    }
    level->printed &= static_cast<std::uint8_t>(~changed);
    if (changed == kBothViews && change[kExchView] == change[kLocalView]) {
      append(update, kind, side, price_ticks, static_cast<std::int32_t>(change[kExchView]), kBothViews);
    } else {
      for (int v = 0; v < 2; ++v)
        if (changed & view_mask(v))
          append(update, kind, side, price_ticks, static_cast<std::int32_t>(change[v]), view_mask(v));
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
        const std::int32_t best = views & view_mask(v) ? map.best(v) : kNoPrice;
        if (best == kNoPrice) continue;
        if (price == kNoPrice || map.better(best, price)) price = best, at = 0;
        if (best == price) at |= view_mask(v);
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
        if (update.qty_lots > level->qty_lots[kExchView] &&
            counted_.explain(update.exch_ts_ns, side, update.price_ticks, update.qty_lots)) {
          flags |= kCounted;
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

  void append(const Update& update, Kind kind, Side side, std::int32_t price_ticks, std::int32_t qty_lots,
              std::uint16_t views, std::uint16_t flags = 0, std::uint64_t stamp = 0, std::uint64_t order_id = 0) {
    writer_.append({update.exch_ts_ns, stamp, static_cast<std::uint32_t>(update.local_ts_ns - update.exch_ts_ns),
                    price_ticks, qty_lots, static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(side),
                    static_cast<std::uint16_t>(views | flags)},
                   order_id);
  }

  // Views whose run of snapshot levels ends here together with that of view v.
  std::uint16_t snapshot_views(int v, std::uint16_t views) const noexcept {
    const std::uint16_t other = view_mask(1 - v);
    const bool same = (views & other) && snapshot_run_[1 - v] && writer_.event_ts_ns(1 - v) == writer_.event_ts_ns(v) &&
                      last_update_[1 - v].local_ts_ns == last_update_[v].local_ts_ns;
    return static_cast<std::uint16_t>(view_mask(v) | (same ? other : 0));
  }

  void end_run_of_snapshot_levels(const Update& update, std::uint16_t views) {
    std::uint16_t ended = 0;
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v)) || !snapshot_run_[v]) continue;
      snapshot_run_[v] = false;
      ended |= view_mask(v);
    }
    if (ended) append(update, Kind::snapshot_end, Side::none, 0, 0, ended);
  }

  void note_end(std::uint64_t tag, std::uint16_t views) {
    const int v = views & kExch ? kExchView : kLocalView;
    MessageEnd end{tag, 0, 0, 0, bids_.best(v), asks_.best(v), views, 0};
    if (end.bid_ticks != kNoPrice) end.bid_lots = bids_.at(end.bid_ticks)->qty_lots[v];
    if (end.ask_ticks != kNoPrice) end.ask_lots = asks_.at(end.ask_ticks)->qty_lots[v];
    writer_.note_end(end);
  }

  ResolverConfig config_;
  LevelMap bids_{Side::buy}, asks_{Side::sell};
  CountedPrints counted_;
  OrderViews orders_;
  RowWriter writer_;
  Update last_update_[2] = {};
  bool snapshot_run_[2] = {false, false};
  std::uint16_t collecting_ = 0;
  std::vector<SnapshotLevel> snapshot_;
  std::vector<Update> snapshot_orders_;
  std::vector<OrderStep> exch_steps_;
  std::vector<std::int32_t> gone_;
  std::vector<std::uint64_t> ids_;
};

}  // namespace lumina::feed
