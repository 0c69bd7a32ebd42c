// What every exchange side has in common, whatever its market is: the clock that the engine drives, requests coming
// in, reports going out, and the accounts. RecordedExchange and SimulatedExchange are the models of it; they are
// chosen at compile time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lumina/backtest/ledger.hpp"
#include "lumina/backtest/orders.hpp"
#include "lumina/backtest/responses.hpp"
#include "lumina/types.hpp"

namespace lumina {

// A model derives from ExchangeSide of itself and has
//   bool begin(budget)           what may be done before the engine looks at the wall clock starts now
//   bool run(limit_ns)           moves the market through everything at or before limit_ns; false: stopped earlier,
//                                behind a report or because the budget is spent
//   std::int64_t mid2()          last valid mid of the others' quotes; kNoMid before the first
//   void on_shift(ts_ns)         the impact shift moved
//   void open_ids(ids)           appends the ids of the orders that rest
//   void cancel_resting(order, reason, ts_ns)
//   lumina_reason phase_reason() why no order is taken now, or LUMINA_REASON_NONE
//   void arrive_new(order)
//   void arrive_replace(request, order)   of an open order
template <class Model>
class ExchangeSide {
 public:
  ExchangeSide(std::int64_t last_ts_ns, Ledger ledger, OrderStore& orders, Responses& responses)
      : last_ts_ns_(last_ts_ns), ledger_(std::move(ledger)), orders_(orders), responses_(responses) {}

  // The run that this market is part of, in exchange time.
  void start(std::int64_t run_first_ns, std::int64_t run_last_ns) {
    ledger_.start(run_first_ns, run_last_ns, last_ts_ns_);
  }

  std::int64_t last_ts_ns() const noexcept { return last_ts_ns_; }
  const Ledger& ledger() const noexcept { return ledger_; }
  bool closed() const noexcept { return closed_; }
  std::uint32_t orders_at_end() const noexcept { return orders_at_end_; }

  // Moves through everything at or before until_ns, at most about budget rows. Stops early behind an event that
  // made a report. Returns whether it got to until_ns.
  bool advance(std::int64_t until_ns, std::size_t budget = static_cast<std::size_t>(-1)) {
    model().begin(budget);
    for (;;) {
      if (closed_) {
        while (ledger_.next_probe_ts_ns() < until_ns) ledger_.probe(ledger_.next_probe_ts_ns(), model().mid2());
        return true;
      }
      const std::int64_t shift_ts = ledger_.next_shift_ts_ns();
      const std::int64_t probe_ts = ledger_.next_probe_ts_ns();
      const bool reshift = shift_ts != kNever && shift_ts <= until_ns && shift_ts <= probe_ts;
      const bool probe = !reshift && probe_ts < until_ns && probe_ts <= last_ts_ns_;
      const std::int64_t limit = reshift ? shift_ts - 1 : probe ? probe_ts : until_ns;
      if (!model().run(limit)) return false;
      if (reshift) {
        if (ledger_.reshift(shift_ts, model().mid2())) {
          model().on_shift(shift_ts);
          if (take_reported()) return false;
        }
      } else if (probe) {
        ledger_.probe(probe_ts, model().mid2());
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
    model().open_ids(open);
    std::sort(open.begin(), open.end());
    for (const std::uint64_t id : open) model().cancel_resting(orders_.at(id), LUMINA_REASON_END_OF_DATA, ts_ns);
    orders_at_end_ = static_cast<std::uint32_t>(open.size());
    ledger_.end_of_tape();
    closed_ = true;
  }

  // The run is over, for every market at one time.
  void finish(std::int64_t ts_ns) {
    advance(ts_ns);
    ledger_.finish(ts_ns, model().mid2());
  }

  // A request reaches the exchange; the market has been advanced to its time.
  void arrive(const Request& request) {
    now_ns_ = request.ts_ns;
    OwnOrder* order = orders_.find(request.order_id);
    const bool ended = closed_ || now_ns_ > last_ts_ns_;
    if (request.kind == RequestKind::submit) {
      order->record.arrival_ts_ns = now_ns_;
      const lumina_reason reason = ended ? LUMINA_REASON_END_OF_DATA : model().phase_reason();
      if (reason == LUMINA_REASON_NONE) {
        model().arrive_new(*order);
        take_reported();
      } else {
        reject(*order, reason);
      }
      return;
    }
    const lumina_reason reason = ended                        ? LUMINA_REASON_END_OF_DATA
                                 : !order || !order->accepted ? LUMINA_REASON_UNKNOWN_ORDER
                                 : order->closed              ? LUMINA_REASON_TOO_LATE
                                                              : LUMINA_REASON_NONE;
    if (reason != LUMINA_REASON_NONE) {
      responses_.refuse(request, order, reason);
    } else if (request.kind == RequestKind::cancel) {
      model().cancel_resting(*order, LUMINA_REASON_REQUESTED, now_ns_);
    } else if (const lumina_reason phase = model().phase_reason();
               phase != LUMINA_REASON_NONE && request.qty_lots > order->record.filled_lots) {
      responses_.refuse(request, order, phase);  // one that closes the order counts as a cancel (O3)
    } else {
      model().arrive_replace(request, *order);
    }
    take_reported();
  }

 protected:
  bool take_reported() noexcept { return std::exchange(reported_, false); }
  bool reported() const noexcept { return reported_; }

  void reject(OwnOrder& order, lumina_reason reason) {
    order.closed = true;
    order.record.state = LUMINA_REJECTED;
    order.record.reason = reason;
    responses_.rejected(order.record, reason, now_ns_);
  }

  void acknowledge(OwnOrder& order) {
    order.accepted = true;
    order.record.state = LUMINA_RESTING;
    order.record.ack_ts_ns = responses_.acknowledged(order.record, now_ns_);
  }

  // A replace was accepted; open_lots of the order's new total are to be traded yet.
  void replaced(OwnOrder& order, const Request& request, std::int32_t open_lots) {
    order.record.price_ticks = request.price_ticks;
    order.record.qty_lots = request.qty_lots;
    responses_.replaced(order.record, request, open_lots, LUMINA_REASON_NONE);
  }
  // A replace to a total at or below what is filled; the order has left the market.
  void replaced_away(OwnOrder& order, const Request& request) {
    OrderRecord& record = order.record;
    order.closed = true;
    record.state = LUMINA_CANCELLED;
    record.reason = LUMINA_REASON_REDUCED;
    record.price_ticks = request.price_ticks;
    record.qty_lots = request.qty_lots;
    record.close_ts_ns = now_ns_;
    responses_.replaced(record, request, 0, LUMINA_REASON_REDUCED);
  }

  // mid2 as A2 has it: before the event for a maker, at arrival for a taker.
  void book_fill(OwnOrder& order, Side side, std::int32_t price, std::int32_t lots, bool maker, FillCause cause,
                 double ahead, std::int64_t ts_ns, std::int64_t mid2) {
    OrderRecord& record = order.record;
    record.filled_lots += lots;
    const std::int32_t leaves = record.qty_lots - record.filled_lots;
    record.state = leaves == 0 ? LUMINA_FILLED : LUMINA_PARTLY_FILLED;
    if (leaves == 0) {
      order.closed = true;
      record.close_ts_ns = ts_ns;
    }
    const std::int64_t report_ts = responses_.filled(record, price, lots, leaves, maker, ts_ns);
    ledger_.fill({ts_ns, report_ts, record.order_id, price, lots, mid2, ahead, side, maker, cause});
    reported_ = true;
  }

  void close_order(OwnOrder& order, lumina_reason reason, std::int64_t ts_ns) {
    order.closed = true;
    order.record.state = LUMINA_CANCELLED;
    order.record.reason = reason;
    order.record.close_ts_ns = ts_ns;
    responses_.cancelled(order.record, reason, ts_ns);
    reported_ = true;
  }

  // How the order stands once it rests.
  void rested(OwnOrder& order, double queue_ahead, std::int32_t level_lots) {
    OrderRecord& record = order.record;
    record.queue_ahead_lots = queue_ahead;
    record.level_lots = level_lots;
    record.state = record.filled_lots ? LUMINA_PARTLY_FILLED : LUMINA_RESTING;
  }

  std::int64_t last_ts_ns_, now_ns_ = 0;
  bool closed_ = false;
  Ledger ledger_;
  OrderStore& orders_;
  Responses& responses_;

 private:
  Model& model() noexcept { return static_cast<Model&>(*this); }

  bool reported_ = false;
  std::uint32_t orders_at_end_ = 0;
};

}  // namespace lumina
