// The exchange side over a recorded L2 tape: rows in, our fills out. Rules by their names in SEMANTICS: F4 to F11
// (fills), T6 (events and phases), I1 (impact shift). One instrument; the engine merges several.
//
// The book follows every row with the touch at hand; while we have orders or taken liquidity in the market each
// row is also held against our prices, which is one compare and one bit unless it concerns us.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lumina/backtest/ledger.hpp"
#include "lumina/backtest/orders.hpp"
#include "lumina/backtest/own_book.hpp"
#include "lumina/backtest/queue_model.hpp"
#include "lumina/backtest/responses.hpp"
#include "lumina/backtest/taker_plan.hpp"
#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

// A tape as the engine reads it: rows owned by somebody else, and what its header says.
struct TapeView {
  const Event* rows = nullptr;
  std::size_t count = 0;
  std::int32_t lo_ticks = 0;  // price range for the ladder; lo > hi when unknown
  std::int32_t hi_ticks = -1;
  std::int32_t depth_limit = 0;  // levels a side that the source shows; 0 all
};

class RecordedExchange {
 public:
  RecordedExchange(const TapeView& tape, const QueueModel& queue, SelfTrade self_trade, Ledger ledger,
                   OrderStore& orders, Responses& responses)
      : row_(tape.rows),
        rows_(tape.rows),
        end_(tape.rows + tape.count),
        depth_limit_(tape.depth_limit),
        book_(tape.lo_ticks, tape.hi_ticks),
        queue_(queue),
        self_trade_(self_trade),
        ledger_(std::move(ledger)),
        orders_(orders),
        responses_(responses) {
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

  // The run that this tape is part of, in exchange time.
  void start(std::int64_t run_first_ns, std::int64_t run_last_ns) {
    ledger_.start(run_first_ns, run_last_ns, last_ts_ns_);
  }

  std::int64_t first_ts_ns() const noexcept { return first_ts_ns_; }
  std::int64_t last_ts_ns() const noexcept { return last_ts_ns_; }
  // Exchange time of the next row; a replay without orders shows it to the other view.
  std::int64_t reached_ts_ns() const noexcept { return row_ == end_ ? last_ts_ns_ : row_->exch_ts_ns; }
  std::size_t rows_done() const noexcept { return static_cast<std::size_t>(row_ - rows_); }
  const DepthBook& book() const noexcept { return book_; }
  const Ledger& ledger() const noexcept { return ledger_; }
  std::uint32_t orders_at_end() const noexcept { return orders_at_end_; }

  // Can a row make a report, or an instant of the impact grid move what the strategy sees? Only then must the
  // clock move through the rows in step with it.
  bool watching() const noexcept {
    return !closed_ && !(own_[0].empty() && own_[1].empty() && ledger_.next_shift_ts_ns() == kNever);
  }
  // When something may happen next here; only while watching.
  std::int64_t next_ts_ns() const noexcept {
    const Event* row = row_;
    while (row != end_ && !(row->flags & kExch)) ++row;
    return std::min(row == end_ ? last_ts_ns_ + 1 : row->exch_ts_ns, ledger_.next_shift_ts_ns());
  }

  // Moves through everything at or before until_ns, at most about budget rows. Stops early behind an event that
  // made a report. Returns whether it got to until_ns.
  bool advance(std::int64_t until_ns, std::size_t budget = static_cast<std::size_t>(-1)) {
    const Event* const stop_row = budget < static_cast<std::size_t>(end_ - row_) ? row_ + budget : end_;
    for (;;) {
      if (closed_) {
        while (ledger_.next_probe_ts_ns() < until_ns) ledger_.probe(ledger_.next_probe_ts_ns(), last_mid2_);
        return true;
      }
      const std::int64_t shift_ts = ledger_.next_shift_ts_ns();
      const std::int64_t probe_ts = ledger_.next_probe_ts_ns();
      const bool reshift = shift_ts != kNever && shift_ts <= until_ns && shift_ts <= probe_ts;
      const bool probe = !reshift && probe_ts < until_ns && probe_ts <= last_ts_ns_;
      const std::int64_t limit = reshift ? shift_ts - 1 : probe ? probe_ts : until_ns;
      if (!run(limit, stop_row)) return false;
      if (reshift) {
        if (ledger_.reshift(shift_ts, last_mid2_)) {
          on_shift(shift_ts);
          if (take_reported()) return false;
        }
      } else if (probe) {
        ledger_.probe(probe_ts, last_mid2_);
      } else {
        if (until_ns <= last_ts_ns_) return !take_reported();
        close(last_ts_ns_);
        if (take_reported()) return false;
      }
    }
  }

  // Ends the data here, at ts_ns: open orders are cancelled (A2).
  void close(std::int64_t ts_ns) {
    if (closed_) return;
    last_ts_ns_ = ts_ns;
    std::vector<std::uint64_t> open;
    for (const OwnSide& side : own_)
      for (const Resting& order : side) open.push_back(order.order_id);
    std::sort(open.begin(), open.end());
    for (const std::uint64_t id : open) cancel_resting(orders_.at(id), LUMINA_REASON_END_OF_DATA, ts_ns);
    orders_at_end_ = static_cast<std::uint32_t>(open.size());
    ledger_.end_of_tape();
    closed_ = true;
  }

  // The run is over, for every tape at one time.
  void finish(std::int64_t ts_ns) {
    advance(ts_ns);
    ledger_.finish(ts_ns, last_mid2_);
  }

  // A request reaches the exchange; the market has been advanced to its time.
  void arrive(const Request& request) {
    now_ns_ = request.ts_ns;
    Order* order = orders_.find(request.order_id);
    if (request.kind == RequestKind::submit) {
      order->record.arrival_ts_ns = now_ns_;
      arrive_new(*order);
      return;
    }
    const lumina_reason reason = closed_ || now_ns_ > last_ts_ns_ ? LUMINA_REASON_END_OF_DATA
                                 : !order || !order->accepted    ? LUMINA_REASON_UNKNOWN_ORDER
                                 : order->closed                 ? LUMINA_REASON_TOO_LATE
                                                                 : LUMINA_REASON_NONE;
    if (reason != LUMINA_REASON_NONE) {
      responses_.refuse(request, order, reason);
    } else if (request.kind == RequestKind::cancel) {
      cancel_resting(*order, LUMINA_REASON_REQUESTED, now_ns_);
    } else {
      arrive_replace(request, *order);
    }
    take_reported();
  }

 private:
  OwnSide& own(Side side) noexcept { return own_[static_cast<unsigned>(side)]; }
  PriceFilter& filter(Side side) noexcept { return filter_[static_cast<unsigned>(side)]; }
  std::int32_t& touch(Side side) noexcept { return touch_[static_cast<unsigned>(side)]; }
  std::int32_t recorded(std::int32_t price_ticks) const noexcept { return price_ticks - ledger_.shift_ticks(); }
  bool take_reported() noexcept { return std::exchange(reported_, false); }

  // ---- rows -------------------------------------------------------------------------------------------------

  bool run(std::int64_t limit, const Event* stop_row) {
    return watching() || !taken_.levels().empty() ? run_rows<true>(limit, stop_row) : run_rows<false>(limit, stop_row);
  }

  // False: stopped behind an event with a report, or at stop_row.
  template <bool kWatch>
  bool run_rows(std::int64_t limit, const Event* stop_row) {
    for (; row_ != end_; ++row_) {
      const Event& row = *row_;
      if (!(row.flags & kExch)) continue;
      if (row.exch_ts_ns > limit) return true;
      if (row.changes_book()) {
        apply<kWatch>(row);
      } else if (row.kind == static_cast<std::uint8_t>(Kind::trade)) {
        on_trade<kWatch>(row);
      } else {
        on_marker(row);
      }
      if (row.flags & kEnd) {
        if constexpr (kWatch) end_event(row.exch_ts_ns);  // what fills here is marked at the mid before the event
        if (touch_moved_) {
          touch_moved_ = false;
          if (const std::int64_t mid2 = DepthBook::mid2_of(touch_[0], touch_[1])) last_mid2_ = mid2;
        }
        covered_[0] = covered_[1] = resumed_ = false;
        if (kWatch && reported_) {
          ++row_;
          reported_ = false;
          return false;
        }
        if (row_ >= stop_row) {
          ++row_;
          return row_ == end_;
        }
      }
    }
    return true;
  }

  template <bool kWatch>
  void apply(const Event& row) {
    const auto side = static_cast<Side>(row.side);
    const std::int32_t price = row.price_ticks;
    std::int32_t printed = 0;
    const bool concerns = kWatch && filter(side).test(price);
    if (concerns) printed = book_.level(side, price).printed_lots;
    const std::int32_t before = book_.change(side, price, row.qty_lots);
    const std::int32_t after = before + row.qty_lots;
    if (after > 0 ? DepthBook::better(side, price, touch(side)) : price == touch(side)) {
      touch(side) = after > 0 ? price : book_.best(side);
      touch_moved_ = true;
    }
    if constexpr (kWatch) {
      if (concerns) on_level(side, price, before, after, printed);
      // at or through the best of our orders on the other side
      if (!DepthBook::better(opposite(side), price, own_best_[static_cast<unsigned>(opposite(side))]))
        note_crossing(side, price, before);
    }
  }

  // A level of ours, or one that we took from, changed (F4, F5, F9).
  void on_level(Side side, std::int32_t price, std::int32_t before, std::int32_t after, std::int32_t printed) {
    const bool covered = in_snapshot_ || covered_[static_cast<unsigned>(side)];
    double floor = 0.0;  // a later order is never ahead of an earlier one
    for (Resting& order : own(side)) {
      if (recorded(order.price_ticks) != price) continue;
      if (order.blocked() || covered) {
        if (after > 0) {
          order.front = std::min(order.front, static_cast<double>(after));
          order.frozen = order.unseen = false;
        } else if (covered) {
          order.frozen = true;
        }
      } else {
        order.front = queue_.after_depth(order.front, before, std::max(after, 0), printed);
      }
      order.front = floor = std::max(order.front, floor);
    }
    if (after != before && taken_.forget(side, price)) rebuild_filter();
  }

  template <bool kWatch>
  void on_trade(const Event& row) {
    if (phase_ != Phase::continuous || row.side == static_cast<std::uint8_t>(Side::none) || row.flags & kOffBook) return;
    const Side side = opposite(static_cast<Side>(row.side));  // the resting side
    const std::int32_t price = row.price_ticks;
    const bool in_queue = !(row.flags & (kHidden | kCounted));
    if constexpr (kWatch) {
      if (!DepthBook::better(side, price, own_best_[static_cast<unsigned>(side)])) fill_by_trade(row, side, in_queue);
    }
    if (in_queue) book_.add_printed(side, price, row.qty_lots);
  }

  // F2 to F4 and F8: through-price orders first, then our price by queue; never more than the print.
  void fill_by_trade(const Event& row, Side side, bool in_queue) {
    const std::int32_t price = row.price_ticks;
    const double displayed = book_.qty(side, price);
    std::int32_t given = 0;
    double floor = 0.0;
    for (Resting& order : own(side)) {
      const std::int32_t at = recorded(order.price_ticks);
      if (DepthBook::better(side, at, price)) {
        const std::int32_t lots = std::min(order.open_lots, row.qty_lots - given);
        if (lots > 0) fill_resting(order, side, lots, FillCause::through, row.exch_ts_ns);
        given += std::max(lots, 0);
      } else if (at == price && in_queue) {
        if (order.blocked()) continue;
        const double reach = row.qty_lots - std::ceil(order.front - 1e-9) - given;
        const std::int32_t lots = std::min(order.open_lots, static_cast<std::int32_t>(std::max(reach, 0.0)));
        if (lots > 0) fill_resting(order, side, lots, FillCause::at, row.exch_ts_ns);
        given += lots;
        order.front = floor = std::max(queue_.after_trade(order.front, row.qty_lots, displayed), floor);
      } else {
        break;
      }
    }
    drop_filled();
  }

  void on_marker(const Event& row) {
    switch (static_cast<Kind>(row.kind)) {
      case Kind::clear:
        covered_[0] = row.side != static_cast<std::uint8_t>(Side::sell);
        covered_[1] = row.side != static_cast<std::uint8_t>(Side::buy);
        return;
      case Kind::snapshot_begin:
        in_snapshot_ = true;
        freeze_all();
        break;
      case Kind::snapshot_end:
        in_snapshot_ = false;
        thaw_shown();
        break;
      case Kind::gap:
        freeze_all();
        break;
      case Kind::status:
        resumed_ = phase_ != Phase::continuous && row.qty_lots == static_cast<std::int32_t>(Phase::continuous);
        phase_ = static_cast<Phase>(row.qty_lots);
        break;
      case Kind::funding:
        ledger_.funding(row.qty_lots, last_mid2_);
        break;
      default:
        break;
    }
    covered_[0] = covered_[1] = false;  // a clear reaches to the next marker
  }

  void end_event(std::int64_t ts_ns) {
    if (phase_ == Phase::continuous && (resumed_ || !crossings_.empty())) judge_crossings(ts_ns);
    crossings_.clear();
    if (any_unseen_ || depth_limit_) judge_unseen();
  }

  // ---- queues whose length is not known (F5) ------------------------------------------------------------------

  // Worst level that counts as displayed; what a depth-limited source left behind its window does not.
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
    const std::int32_t last = worst(side);
    return DepthBook::is_price(last) && !DepthBook::better(side, last, price);
  }
  std::int32_t displayed_lots(Side side, std::int32_t price) const noexcept {
    return !depth_limit_ || shown(side, price) ? book_.qty(side, price) : 0;
  }
  // Behind as many levels as the source shows.
  bool left_window(Side side, std::int32_t price) const noexcept {
    if (!depth_limit_) return false;
    std::int32_t rank = 0;
    for (std::int32_t p = book_.best(side); DepthBook::is_price(p) && DepthBook::better(side, p, price);
         p = book_.behind(side, p))
      if (++rank >= depth_limit_) return true;
    return false;
  }

  void freeze_all() noexcept {
    for (OwnSide& side : own_)
      for (Resting& order : side) order.frozen = true;
  }

  void thaw_shown() {
    for (const Side side : {Side::buy, Side::sell})
      for (Resting& order : own(side))
        if (order.blocked() && shown(side, recorded(order.price_ticks))) thaw(order, side);
  }
  void thaw(Resting& order, Side side) {
    order.front = std::min(order.front, static_cast<double>(book_.qty(side, recorded(order.price_ticks))));
    order.frozen = order.unseen = false;
  }

  void judge_unseen() {
    if (in_snapshot_) return;
    any_unseen_ = false;
    for (const Side side : {Side::buy, Side::sell}) {
      for (Resting& order : own(side)) {
        if (order.frozen) continue;
        const std::int32_t price = recorded(order.price_ticks);
        if (!order.unseen) {
          order.unseen = left_window(side, price);
        } else if (shown(side, price)) {
          thaw(order, side);
        }
        any_unseen_ |= order.unseen;
      }
    }
  }

  // ---- opposite quotes that cross us (F7) ----------------------------------------------------------------------

  struct Crossing {
    Side side;  // of the recorded level
    std::int32_t price_ticks;
    std::int32_t before_lots;  // at the event's start
  };

  void note_crossing(Side side, std::int32_t price, std::int32_t before) {
    for (const Crossing& crossing : crossings_)
      if (crossing.price_ticks == price && crossing.side == side) return;
    crossings_.push_back({side, price, std::max(before, 0)});
  }

  void judge_crossings(std::int64_t ts_ns) {
    if (resumed_) {  // the whole displayed quantity counts
      for (const Side side : {Side::buy, Side::sell}) fill_by_displayed(side, FillCause::cross, ts_ns);
      return;
    }
    std::sort(crossings_.begin(), crossings_.end(), [](const Crossing& a, const Crossing& b) {
      return a.side != b.side ? a.side > b.side : DepthBook::better(a.side, a.price_ticks, b.price_ticks);
    });
    for (const Crossing& crossing : crossings_) {
      const std::int32_t displayed = displayed_lots(crossing.side, crossing.price_ticks);
      const std::int32_t untaken = displayed - taken_.at(crossing.side, crossing.price_ticks);
      fill_by_quote(crossing.side, crossing.price_ticks, std::min(untaken, displayed - crossing.before_lots),
                    FillCause::cross, ts_ns);
    }
  }

  // Our orders of one side against all that the other side shows.
  void fill_by_displayed(Side side, FillCause cause, std::int64_t ts_ns) {
    const Side quotes = opposite(side);
    for (std::int32_t price = touch(quotes); DepthBook::is_price(price) && !own(side).empty() &&
                                             !DepthBook::better(side, price, recorded(own(side).best()));
         price = book_.behind(quotes, price))
      fill_by_quote(quotes, price, displayed_lots(quotes, price) - taken_.at(quotes, price), cause, ts_ns);
  }

  void fill_by_quote(Side quotes, std::int32_t price, std::int32_t available, FillCause cause, std::int64_t ts_ns) {
    const Side side = opposite(quotes);
    std::int32_t used = 0;
    for (Resting& order : own(side)) {
      if (used >= available || DepthBook::better(side, price, recorded(order.price_ticks))) break;
      const std::int32_t lots = std::min(order.open_lots, available - used);
      fill_resting(order, side, lots, cause, ts_ns);
      used += lots;
    }
    if (used > 0) {
      taken_.add(quotes, price, used);
      drop_filled();
      rebuild_filter();
    }
  }

  // ---- fills and closes ----------------------------------------------------------------------------------------

  void fill_resting(Resting& resting, Side side, std::int32_t lots, FillCause cause, std::int64_t ts_ns) {
    Order& order = orders_.at(resting.order_id);
    const double ahead = resting.front;
    resting.open_lots -= lots;
    book_fill(order, side, resting.price_ticks, lots, true, cause, ahead, ts_ns);
    has_filled_ |= resting.open_lots == 0;
  }

  void book_fill(Order& order, Side side, std::int32_t price, std::int32_t lots, bool maker, FillCause cause,
                 double ahead, std::int64_t ts_ns) {
    OrderRecord& record = order.record;
    record.filled_lots += lots;
    const std::int32_t leaves = record.qty_lots - record.filled_lots;
    record.state = leaves == 0 ? LUMINA_FILLED : LUMINA_PARTLY_FILLED;
    if (leaves == 0) {
      order.closed = true;
      record.close_ts_ns = ts_ns;
    }
    const std::int64_t report_ts = responses_.filled(record, price, lots, leaves, maker, ts_ns);
    ledger_.fill({ts_ns, report_ts, record.order_id, price, lots, last_mid2_, ahead, side, maker, cause});
    reported_ = true;
  }

  void close_order(Order& order, lumina_reason reason, std::int64_t ts_ns) {
    order.closed = true;
    order.record.state = LUMINA_CANCELLED;
    order.record.reason = reason;
    order.record.close_ts_ns = ts_ns;
    responses_.cancelled(order.record, reason, ts_ns);
    reported_ = true;
  }

  void cancel_resting(Order& order, lumina_reason reason, std::int64_t ts_ns) {
    OwnSide& side = own(static_cast<Side>(order.record.side));
    side.erase(side.find(order.record.order_id));
    rebuild_filter();
    close_order(order, reason, ts_ns);
  }

  void drop_filled() {
    if (!std::exchange(has_filled_, false)) return;
    for (OwnSide& side : own_) side.erase_filled();
    rebuild_filter();
  }

  void rebuild_filter() {
    for (const Side side : {Side::buy, Side::sell}) {
      filter(side).clear();
      for (const Resting& order : own(side)) filter(side).add(recorded(order.price_ticks));
      const std::int32_t best = own(side).best();
      own_best_[static_cast<unsigned>(side)] = DepthBook::is_price(best) ? recorded(best) : best;
    }
    for (const TakenLiquidity::Level& level : taken_.levels()) filter(level.side).add(level.price_ticks);
  }

  // ---- arrivals ------------------------------------------------------------------------------------------------

  void arrive_new(Order& order) {
    OrderRecord& record = order.record;
    lumina_reason reason = closed_ || now_ns_ > last_ts_ns_ ? LUMINA_REASON_END_OF_DATA
                           : phase_ != Phase::continuous    ? LUMINA_REASON_NOT_CONTINUOUS
                                                            : LUMINA_REASON_NONE;
    if (reason == LUMINA_REASON_NONE) reason = judge(record, record.price_ticks, record.qty_lots);
    if (reason != LUMINA_REASON_NONE) {
      order.closed = true;
      record.state = LUMINA_REJECTED;
      record.reason = reason;
      responses_.rejected(record, reason, now_ns_);
      return;
    }
    order.accepted = true;
    record.state = LUMINA_RESTING;
    record.ack_ts_ns = responses_.acknowledged(record, now_ns_);
    match_and_rest(order);
    take_reported();
  }

  void arrive_replace(const Request& request, Order& order) {
    OrderRecord& record = order.record;
    OwnSide& side = own(static_cast<Side>(record.side));
    const std::size_t at = side.find(record.order_id);
    if (phase_ != Phase::continuous) {
      responses_.refuse(request, &order, LUMINA_REASON_NOT_CONTINUOUS);
      return;
    }
    if (request.qty_lots <= record.filled_lots) {
      side.erase(at);
      rebuild_filter();
      order.closed = true;
      record.state = LUMINA_CANCELLED;
      record.reason = LUMINA_REASON_REDUCED;
      record.price_ticks = request.price_ticks;
      record.qty_lots = request.qty_lots;
      record.close_ts_ns = now_ns_;
      responses_.replaced(record, request, 0, LUMINA_REASON_REDUCED);
      return;
    }
    const std::int32_t open = request.qty_lots - record.filled_lots;
    if (request.price_ticks == record.price_ticks && request.qty_lots <= record.qty_lots) {
      side[at].open_lots = open;
      record.qty_lots = request.qty_lots;
      responses_.replaced(record, request, open, LUMINA_REASON_NONE);
      return;
    }
    const Resting old = side[at];
    side.erase(at);
    if (const lumina_reason reason = judge(record, request.price_ticks, open); reason != LUMINA_REASON_NONE) {
      side.restore(at, old);
      responses_.refuse(request, &order, reason);
      return;
    }
    rebuild_filter();
    record.price_ticks = request.price_ticks;
    record.qty_lots = request.qty_lots;
    responses_.replaced(record, request, open, LUMINA_REASON_NONE);
    match_and_rest(order);
  }

  // Makes the plan for lots at price, and says whether the order is refused before anything happens.
  lumina_reason judge(const OrderRecord& record, std::int32_t price, std::int32_t lots) {
    const Side side = static_cast<Side>(record.side);
    const bool priced = record.type != LUMINA_MARKET;
    plan_.make(book_, touch(opposite(side)), depth_limit_, own(opposite(side)), taken_, side,
               priced ? recorded(price) : DepthBook::none(opposite(side)), lots, self_trade_, ledger_.shift_ticks());
    if (record.type == LUMINA_POST_ONLY && !plan_.steps().empty()) return LUMINA_REASON_POST_ONLY;
    if (self_trade_ == SelfTrade::reject && plan_.stopped_by_own()) return LUMINA_REASON_SELF_MATCH;
    return LUMINA_REASON_NONE;
  }

  void match_and_rest(Order& order) {
    OrderRecord& record = order.record;
    const Side side = static_cast<Side>(record.side);
    const Side quotes = opposite(side);
    const std::int32_t filled_before = record.filled_lots;
    for (const TakerPlan::Step& step : plan_.steps()) {
      if (step.own_id) {
        if (self_trade_ != SelfTrade::cancel_newest)
          cancel_resting(orders_.at(step.own_id), LUMINA_REASON_SELF_MATCH, now_ns_);
      } else {
        taken_.add(quotes, step.price_ticks, step.lots);
        book_fill(order, side, step.price_ticks + ledger_.shift_ticks(), step.lots, false, FillCause::taker, 0.0,
                  now_ns_);
      }
    }
    const std::int32_t taken = record.filled_lots - filled_before;
    if (!order.closed) rest_or_cancel(order, side);
    rebuild_filter();
    if (taken > 0 && ledger_.push(side, taken, last_mid2_, now_ns_)) on_shift(now_ns_);
  }

  void rest_or_cancel(Order& order, Side side) {
    OrderRecord& record = order.record;
    const std::int32_t price = recorded(record.price_ticks);
    const std::int32_t last = worst(opposite(side));
    lumina_reason reason = LUMINA_REASON_NONE;
    if (plan_.stopped_by_own()) {
      reason = LUMINA_REASON_SELF_MATCH;
    } else if (record.type == LUMINA_MARKET || record.type == LUMINA_IOC) {
      reason = LUMINA_REASON_REMAINDER;
    } else if (DepthBook::is_price(last) && DepthBook::better(side, price, last)) {
      reason = LUMINA_REASON_BEYOND_BOOK;
    }
    if (reason != LUMINA_REASON_NONE) {
      close_order(order, reason, now_ns_);
      return;
    }
    const bool seen = shown(side, price);
    const std::int32_t displayed = book_.qty(side, price);
    Resting resting{record.order_id, record.price_ticks, record.qty_lots - record.filled_lots,
                    seen ? displayed : kUnknownFront, false, !seen};
    const std::size_t at = own(side).insert(resting);
    if (at > 0 && own(side)[at - 1].price_ticks == record.price_ticks) {  // behind an own order
      const Resting& ahead = own(side)[at - 1];
      own(side)[at].front = std::max(resting.front, ahead.front);
      own(side)[at].frozen = ahead.frozen;
      own(side)[at].unseen |= ahead.unseen;
    }
    any_unseen_ |= own(side)[at].unseen;
    record.queue_ahead_lots = own(side)[at].front;
    record.level_lots = seen ? displayed : 0;
    record.state = record.filled_lots ? LUMINA_PARTLY_FILLED : LUMINA_RESTING;
  }

  // The recorded market moved against our prices (I1).
  void on_shift(std::int64_t ts_ns) {
    rebuild_filter();
    if (phase_ != Phase::continuous) return;
    for (const Side side : {Side::buy, Side::sell}) fill_by_displayed(side, FillCause::shift, ts_ns);
  }

  const Event* row_;
  const Event* rows_;
  const Event* end_;
  std::int64_t first_ts_ns_ = 0, last_ts_ns_ = 0, now_ns_ = 0;
  std::int32_t depth_limit_;

  DepthBook book_;
  std::int32_t touch_[2] = {DepthBook::kNoBid, DepthBook::kNoAsk};
  std::int64_t last_mid2_ = 0;  // of the last event that left a valid mid
  Phase phase_ = Phase::continuous;
  bool touch_moved_ = false, in_snapshot_ = false, covered_[2] = {false, false}, resumed_ = false;

  QueueModel queue_;
  SelfTrade self_trade_;
  OwnSide own_[2] = {OwnSide(Side::buy), OwnSide(Side::sell)};
  TakenLiquidity taken_;
  PriceFilter filter_[2];
  std::int32_t own_best_[2] = {DepthBook::kNoBid, DepthBook::kNoAsk};  // recorded coordinates
  std::vector<Crossing> crossings_;
  TakerPlan plan_;
  bool any_unseen_ = false, has_filled_ = false, reported_ = false, closed_ = false;
  std::uint32_t orders_at_end_ = 0;

  Ledger ledger_;
  OrderStore& orders_;
  Responses& responses_;
};

}  // namespace lumina
