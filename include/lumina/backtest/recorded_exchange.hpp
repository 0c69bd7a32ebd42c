// The exchange side over a recorded tape, L2 or L3: rows in, our fills out. Rules by their names in SEMANTICS: F1 to
// F11 (fills), T6 (events and phases), I1 (impact shift). One instrument; the engine merges several.
//
// While we have orders or taken liquidity in the market each row is held against our prices, which is a compare and
// a bit unless it concerns us.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lumina/backtest/crossings.hpp"
#include "lumina/backtest/exchange_side.hpp"
#include "lumina/backtest/orders.hpp"
#include "lumina/backtest/queue_model.hpp"
#include "lumina/backtest/recorded_market.hpp"
#include "lumina/backtest/resting_orders.hpp"
#include "lumina/backtest/taker_plan.hpp"
#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

class RecordedExchange : public ExchangeSide<RecordedExchange> {
 public:
  RecordedExchange(const TapeView& tape, const QueueModel& queue, SelfTrade self_trade, Ledger ledger,
                   OrderStore& orders, Responses& responses)
      : RecordedExchange(tape, RecordedMarket(tape), queue, self_trade, std::move(ledger), orders, responses) {}

  std::int64_t first_ts_ns() const noexcept { return market_.first_ts_ns(); }
  // Exchange time that the replay has come to; without orders the other view follows it.
  std::int64_t reached_ts_ns() const noexcept { return std::min(market_.next_ts_ns(), last_ts_ns_); }
  std::size_t rows_done() const noexcept { return market_.rows_done(); }
  std::size_t rows_expected() const noexcept { return tape_.count; }
  lumina_level touch(Side side) const noexcept { return market_.book().touch(side); }
  // What the strategy's view reads.
  const TapeView& source() const noexcept { return tape_; }

  // Can a row make a report, or an instant of the impact grid move what the strategy sees? Only then must the
  // clock move through the rows in step with it.
  bool watching() const noexcept { return !closed_ && !(resting_.empty() && ledger_.next_shift_ts_ns() == kNever); }
  // When something may happen next here; only while watching.
  std::int64_t next_ts_ns() const noexcept { return std::min(market_.next_ts_ns(), ledger_.next_shift_ts_ns()); }

 private:
  friend ExchangeSide<RecordedExchange>;

  const DepthBook& book() const noexcept { return market_.book(); }

  RecordedExchange(const TapeView& tape, RecordedMarket market, const QueueModel& queue, SelfTrade self_trade,
                   Ledger ledger, OrderStore& orders, Responses& responses)
      : ExchangeSide(market.last_ts_ns(), std::move(ledger), orders, responses),
        tape_(tape),
        market_(std::move(market)),
        resting_(queue, tape),
        self_trade_(self_trade) {}

  std::int32_t recorded(std::int32_t price_ticks) const noexcept { return resting_.recorded(price_ticks); }

  // ---- rows -------------------------------------------------------------------------------------------------

  void begin(std::size_t budget) noexcept {
    if (market_.row() >= stop_row_) stop_row_ = market_.stop_after(budget);  // a far row: not looked up every time
  }
  bool run(std::int64_t limit) {
    if (resting_.idle()) return run_rows<false, false>(limit, stop_row_);
    return market_.by_order() ? run_rows<true, true>(limit, stop_row_) : run_rows<true, false>(limit, stop_row_);
  }
  std::int64_t mid2() { return market_.mid2(); }

  // False: stopped behind an event with a report, or at stop_row.
  template <bool kWatch, bool kByOrder>
  bool run_rows(std::int64_t limit, const Event* stop_row) {
    market_.replay(
        limit, stop_row,
        [this](const Event& row, const DepthBook::Step& step) {
          if constexpr (kWatch) {
            if constexpr (kByOrder) {
              if (is_execution(row) && resting_.reached(static_cast<Side>(row.side), row.price_ticks)) [[unlikely]]
                on_execution(row);
            }
            if (resting_.concern(row)) [[unlikely]]
              on_change(row, step);
          }
        },
        [this](const Event& row) {
          if constexpr (kWatch) on_print(row);
        },
        [this](const Event& row) { on_marker(row); },
        [this](const Event& row) {
          if (!event_open_ || !(row.flags & kEnd)) [[likely]]
            return false;
          end_event(row);
          return reported();
        });
    if (take_reported()) return false;
    return market_.at_end() || market_.next_ts_ns() > limit;
  }

  static bool is_execution(const Event& row) noexcept { return row.kind == static_cast<std::uint8_t>(Kind::execute); }

  [[gnu::noinline]] void on_change(const Event& row, const DepthBook::Step& step) {
    resting_.on_level(row, step, in_snapshot_ || covered_[row.side & 1u]);
    if (!resting_.reached(opposite(static_cast<Side>(row.side)), row.price_ticks)) return;
    crossings_.note(row, market_.by_order());
    event_open_ = true;
  }

  // A recorded order was hit: ours at better prices would have been before it, and those at its price that came
  // before it (F2).
  [[gnu::noinline]] void on_execution(const Event& row) {
    if (!market_.continuous()) return;
    market_.enter(row);
    event_open_ = true;
    const auto side = static_cast<Side>(row.side);
    std::int32_t left = -row.qty_lots;
    for (Resting& order : resting_.side(side)) {
      const std::int32_t at = recorded(order.price_ticks);
      const bool through = DepthBook::better(side, at, row.price_ticks);
      if (left == 0 || (!through && at != row.price_ticks)) break;
      if (!through && (order.blocked() || order.number > row.stamp)) continue;
      const std::int32_t lots = std::min(order.open_lots, left);
      fill_resting(order, side, lots, through ? FillCause::through : FillCause::at, row.exch_ts_ns);
      left -= lots;
    }
    drop_filled();
  }

  void on_print(const Event& row) {
    const Side side = opposite(static_cast<Side>(row.side & 1u));  // the resting side
    if (!resting_.reached(side, row.price_ticks)) return;
    if (!market_.continuous() || row.side == static_cast<std::uint8_t>(Side::none) || row.flags & kOffBook) return;
    market_.enter(row);
    event_open_ = true;
    fill_by_trade(row, side, market_.moves_queue(row) && !market_.by_order());
  }

  // F2 to F4 and F8: through-price orders first, then our price by queue; never more than the print.
  void fill_by_trade(const Event& row, Side side, bool in_queue) {
    const std::int32_t price = row.price_ticks;
    const double displayed = book().qty(side, price);
    std::int32_t given = 0;
    double floor = 0.0;
    for (Resting& order : resting_.side(side)) {
      const std::int32_t at = recorded(order.price_ticks);
      if (DepthBook::better(side, at, price)) {
        const std::int32_t lots = std::min(order.open_lots, row.qty_lots - given);
        if (lots > 0) fill_resting(order, side, lots, FillCause::through, row.exch_ts_ns);
        given += std::max(lots, 0);
      } else if (at == price && in_queue) {
        if (order.blocked()) continue;
        const std::int32_t lots = std::min(order.open_lots, resting_.reach(order, row.qty_lots, given));
        if (lots > 0) fill_resting(order, side, lots, FillCause::at, row.exch_ts_ns);
        given += lots;
        order.front = floor = std::max(resting_.after_trade(order, row.qty_lots, displayed), floor);
      } else {
        break;
      }
    }
    drop_filled();
  }

  void on_marker(const Event& row) {
    event_open_ = true;
    switch (static_cast<Kind>(row.kind)) {
      case Kind::clear:
        covered_[0] = row.side != static_cast<std::uint8_t>(Side::sell);
        covered_[1] = row.side != static_cast<std::uint8_t>(Side::buy);
        return;
      case Kind::snapshot_begin:
        in_snapshot_ = true;
        resting_.freeze_all();
        break;
      case Kind::snapshot_end:
        in_snapshot_ = false;
        resting_.thaw_shown(market_);
        break;
      case Kind::gap:
        resting_.freeze_all();
        break;
      case Kind::status:
        market_.set_phase(static_cast<Phase>(row.qty_lots));
        break;
      case Kind::funding:
        ledger_.funding(row.qty_lots, market_.mid2());
        break;
      default:
        break;
    }
    covered_[0] = covered_[1] = false;  // a clear reaches to the next marker
  }

  void end_event(const Event& row) {
    market_.enter(row);  // what fills here is marked at the mid before the event
    // Phases are compared from event to event: however many status rows an event has, only a change counts (T6).
    const bool resumed = market_.continuous() && !was_continuous_;
    was_continuous_ = market_.continuous();
    if (was_continuous_ && (resumed || !crossings_.empty())) judge_crossings(row.exch_ts_ns, resumed);
    crossings_.clear();
    if (judges_windows() && !in_snapshot_) resting_.judge_unseen(market_);
    covered_[0] = covered_[1] = false;
    event_open_ = judges_windows();  // then the next event ends with work, whatever it brings
    market_.leave();
  }
  bool judges_windows() const noexcept { return resting_.any_unseen() || (market_.depth_limit() && !resting_.empty()); }

  // ---- opposite quotes that cross us (F7) ----------------------------------------------------------------------

  void judge_crossings(std::int64_t ts_ns, bool resumed) {
    if (resumed) {  // the whole displayed quantity counts
      for (const Side side : {Side::buy, Side::sell}) fill_by_displayed(side, FillCause::cross, ts_ns);
      return;
    }
    for (const Crossings::Quote& quote : crossings_.sorted()) {
      const std::int32_t used =
          fill_by_quote(quote.side, quote.price_ticks, std::min(untaken(quote.side, quote.price_ticks), quote.lots),
                        FillCause::cross, ts_ns);
      if (used > 0) resting_.take(quote.side, quote.price_ticks, used, quote.stamp, quote.lots);
    }
  }

  std::int32_t untaken(Side quotes, std::int32_t price) const noexcept {
    return market_.displayed_lots(quotes, price) - resting_.taken().at(quotes, price);
  }

  // Our orders of one side against all that the other side shows.
  void fill_by_displayed(Side side, FillCause cause, std::int64_t ts_ns) {
    const Side quotes = opposite(side);
    for (std::int32_t price = book().best(quotes);
         DepthBook::is_price(price) && !resting_.side(side).empty() &&
         !DepthBook::better(side, price, recorded(resting_.side(side).best()));
         price = book().behind(quotes, price)) {
      const std::int32_t used = fill_by_quote(quotes, price, untaken(quotes, price), cause, ts_ns);
      if (used > 0) resting_.take_first(quotes, price, used, market_);
    }
  }

  // Returns what our orders took; the caller remembers from whom.
  std::int32_t fill_by_quote(Side quotes, std::int32_t price, std::int32_t available, FillCause cause,
                             std::int64_t ts_ns) {
    const Side side = opposite(quotes);
    std::int32_t used = 0;
    for (Resting& order : resting_.side(side)) {
      if (used >= available || DepthBook::better(side, price, recorded(order.price_ticks))) break;
      const std::int32_t lots = std::min(order.open_lots, available - used);
      fill_resting(order, side, lots, cause, ts_ns);
      used += lots;
    }
    drop_filled();
    return used;
  }

  // ---- fills and closes ----------------------------------------------------------------------------------------

  void fill_resting(Resting& resting, Side side, std::int32_t lots, FillCause cause, std::int64_t ts_ns) {
    OwnOrder& order = orders_.at(resting.order_id);
    const double ahead = resting.front;
    resting.open_lots -= lots;
    book_fill(order, side, resting.price_ticks, lots, true, cause, ahead, ts_ns, market_.mid2());
    filled_ += resting.open_lots == 0;
  }

  void cancel_resting(OwnOrder& order, lumina_reason reason, std::int64_t ts_ns) {
    const auto side = static_cast<Side>(order.record.side);
    resting_.erase(side, resting_.side(side).find(order.record.order_id, order.record.price_ticks));
    close_order(order, reason, ts_ns);
  }

  void open_ids(std::vector<std::uint64_t>& ids) {
    for (const Side side : {Side::buy, Side::sell})
      for (const Resting& order : resting_.side(side)) ids.push_back(order.order_id);
  }

  void drop_filled() {
    if (filled_) resting_.erase_filled(std::exchange(filled_, 0));
  }

  // ---- arrivals ------------------------------------------------------------------------------------------------

  lumina_reason phase_reason() const noexcept {
    return market_.continuous() ? LUMINA_REASON_NONE : LUMINA_REASON_NOT_CONTINUOUS;
  }

  void arrive_new(OwnOrder& order) {
    const OrderRecord& record = order.record;
    if (const lumina_reason reason = judge(record, record.price_ticks, record.qty_lots); reason != LUMINA_REASON_NONE) {
      reject(order, reason);
      return;
    }
    acknowledge(order);
    match_and_rest(order);
  }

  void arrive_replace(const Request& request, OwnOrder& order) {
    OrderRecord& record = order.record;
    OwnSide& orders = resting_.side(static_cast<Side>(record.side));
    const std::size_t at = orders.find(record.order_id, record.price_ticks);
    if (request.qty_lots <= record.filled_lots) {
      resting_.erase(static_cast<Side>(record.side), at);
      replaced_away(order, request);
      return;
    }
    const std::int32_t open = request.qty_lots - record.filled_lots;
    if (request.price_ticks == record.price_ticks && request.qty_lots <= record.qty_lots) {
      orders[at].open_lots = open;
      replaced(order, request, open);
      return;
    }
    const Resting old = orders[at];
    orders.erase(at);  // out of the way while the new one is judged
    if (const lumina_reason reason = judge(record, request.price_ticks, open); reason != LUMINA_REASON_NONE) {
      orders.restore(at, old);
      responses_.refuse(request, &order, reason);
      return;
    }
    replaced(order, request, open);
    match_and_rest(order);
  }

  // Makes the plan for lots at price, and says whether the order is refused before anything happens.
  lumina_reason judge(const OrderRecord& record, std::int32_t price, std::int32_t lots) {
    const Side side = static_cast<Side>(record.side);
    const bool priced = record.type != LUMINA_MARKET;
    plan_.make(book(), market_.depth_limit(), resting_.side(opposite(side)), resting_.taken(), side,
               priced ? recorded(price) : DepthBook::none(opposite(side)), lots, self_trade_, ledger_.shift_ticks());
    if (record.type == LUMINA_POST_ONLY && !plan_.steps().empty()) return LUMINA_REASON_POST_ONLY;
    if (self_trade_ == SelfTrade::reject && plan_.stopped_by_own()) return LUMINA_REASON_SELF_MATCH;
    return LUMINA_REASON_NONE;
  }

  void match_and_rest(OwnOrder& order) {
    OrderRecord& record = order.record;
    const Side side = static_cast<Side>(record.side);
    const Side quotes = opposite(side);
    const std::int32_t filled_before = record.filled_lots;
    for (const TakerPlan::Step& step : plan_.steps()) {
      if (step.own_id) {
        if (self_trade_ != SelfTrade::cancel_newest)
          cancel_resting(orders_.at(step.own_id), LUMINA_REASON_SELF_MATCH, now_ns_);
      } else {
        resting_.take_first(quotes, step.price_ticks, step.lots, market_);
        book_fill(order, side, step.price_ticks + ledger_.shift_ticks(), step.lots, false, FillCause::taker, 0.0,
                  now_ns_, market_.mid2());
      }
    }
    const std::int32_t taken = record.filled_lots - filled_before;
    if (!order.closed) rest_or_cancel(order, side);
    resting_.set_shift(ledger_.shift_ticks());  // looks anew at what concerns us
    if (taken > 0 && ledger_.push(side, taken, market_.mid2(), now_ns_)) on_shift(now_ns_);
  }

  void rest_or_cancel(OwnOrder& order, Side side) {
    OrderRecord& record = order.record;
    const std::int32_t price = recorded(record.price_ticks);
    const std::int32_t last = market_.worst(opposite(side));
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
    const bool seen = market_.shown(side, price);
    const std::int32_t displayed = book().qty(side, price);
    const Resting& resting =
        resting_.rest(side, record.order_id, record.price_ticks, record.qty_lots - record.filled_lots, seen, displayed,
                      market_.by_order() ? market_.next_number() : 0);
    event_open_ |= judges_windows();
    rested(order, resting.front, seen ? displayed : 0);
  }

  // The recorded market moved against our prices (I1).
  void on_shift(std::int64_t ts_ns) {
    resting_.set_shift(ledger_.shift_ticks());
    if (!market_.continuous()) return;
    for (const Side side : {Side::buy, Side::sell}) fill_by_displayed(side, FillCause::shift, ts_ns);
  }

  TapeView tape_;
  RecordedMarket market_;
  const Event* stop_row_ = nullptr;
  bool event_open_ = false;  // the end of the event has something to judge
  bool in_snapshot_ = false, covered_[2] = {false, false};
  bool was_continuous_ = true;  // behind the last event that said something

  RestingOrders resting_;
  SelfTrade self_trade_;
  Crossings crossings_;
  TakerPlan plan_;
  std::size_t filled_ = 0;  // own orders that rest with nothing open
};

}  // namespace lumina
