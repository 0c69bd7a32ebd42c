// The backtest: one clock over exchanges, the strategy's view of them, and the requests and reports on their way
// between the two. Order of things at one instant: SEMANTICS O1; latencies: O2; the end of data: A2.
//
// Nothing is done before it matters. The strategy's books move when it looks at them. A recorded exchange moves in
// step with the clock only while we have orders there, and otherwise when a request arrives; a simulated one, whose
// future is not written yet, always does.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "lumina/backtest/desk.hpp"
#include "lumina/backtest/engine_run.hpp"
#include "lumina/backtest/ledger.hpp"
#include "lumina/backtest/market_events.hpp"
#include "lumina/backtest/orders.hpp"
#include "lumina/backtest/responses.hpp"
#include "lumina/strategy/abi.h"
#include "lumina/strategy/context.hpp"
#include "lumina/types.hpp"

namespace lumina {

// Exchange: an ExchangeSide. Feed: what the strategy sees of it, made from the exchange's source().
template <class Exchange, class Feed, class Source>
class BasicEngine final : public EngineRun {
 public:
  using Setup = InstrumentSetup<Source>;

  // What the sources point to and the strategy must outlive the engine. strategy may be null: a replay.
  BasicEngine(const std::vector<Setup>& setups, const EngineOptions& options, const lumina_strategy* strategy)
      : tick_to_trade_(options.tick_to_trade), entry_(options.entry), responses_(options.response, log_) {
    exchanges_.reserve(setups.size());
    feeds_.reserve(setups.size());
    std::size_t rows = 0, horizons = 0;
    for (const Setup& setup : setups) {
      horizons = std::max(horizons, setup.ledger.markouts_ns.size());
      exchanges_.emplace_back(setup.source, setup.queue, options.self_trade, Ledger(setup.contract, setup.ledger, log_),
                              orders_, responses_);
      feeds_.emplace_back(exchanges_.back().source(), options.feed);
      desk_.add(setup.info, setup.risk, setup.contract);
      rows += exchanges_.back().rows_expected();
      now_ns_ = std::min(now_ns_, exchanges_.back().first_ts_ns());
      if (exchanges_.back().last_ts_ns() > end_ns_) {
        end_ns_ = exchanges_.back().last_ts_ns();
        last_to_end_ = static_cast<std::uint32_t>(exchanges_.size() - 1);
      }
    }
    for (Exchange& exchange : exchanges_) exchange.start(now_ns_, end_ns_);
    if (strategy) {
      strategy_ = *strategy;
      market_events_ = MarketEvents(strategy_.wake_mask);
      log_.reserve(rows, horizons);
      orders_.reserve(rows);
    }
    if (strategy_.interval_ns > 0) periodic_ns_ = later(now_ns_, strategy_.interval_ns);
    constexpr std::uint32_t kFeedWakes =
        LUMINA_WAKE_LEVEL | LUMINA_WAKE_TRADE | LUMINA_WAKE_BOOK | LUMINA_WAKE_BBO | LUMINA_WAKE_MARKER;
    wakes_on_feed_ = strategy_.on_event && strategy_.wake_mask & kFeedWakes;
    context_ = make_context(*this, static_cast<std::uint32_t>(feeds_.size()), strategy_.user);
  }
  BasicEngine(const BasicEngine&) = delete;
  BasicEngine& operator=(const BasicEngine&) = delete;

  bool run(std::int64_t slice_ns) override {
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(slice_ns);
    if (!started_) start();
    for (std::uint32_t steps = 1;; ++steps) {
      if (finished_) return true;
      if (strategy_.on_event ? !step() : !replay()) finish();
      if ((steps % 256 == 0 || !strategy_.on_event) && std::chrono::steady_clock::now() >= until) return finished_;
    }
  }

  void interrupt() override {
    if (finished_) return;
    stopped_ = true;
    finish();
  }

  std::int32_t error() const noexcept override { return context_.error; }
  const char* error_message() const noexcept override { return context_.error_message; }
  bool overflow() const noexcept override { return log_.overflow; }
  std::size_t rows_done() const noexcept override {
    std::size_t rows = 0;
    for (std::size_t i = 0; i < exchanges_.size(); ++i)
      rows += std::max(exchanges_[i].rows_done(), feeds_[i].rows_done());
    return rows;
  }
  std::int64_t reached_ts_ns() const noexcept override {
    std::int64_t reached = kNever;
    for (const Exchange& exchange : exchanges_) reached = std::min(reached, exchange.reached_ts_ns());
    return reached;
  }
  const RunLog& log() const noexcept override { return log_; }
  const OrderStore& orders() const noexcept override { return orders_; }
  const Ledger& ledger(std::size_t i) const noexcept override { return exchanges_[i].ledger(); }
  std::uint32_t orders_at_end(std::size_t i) const noexcept override { return exchanges_[i].orders_at_end(); }
  lumina_level exchange_touch(std::size_t i, Side side) const noexcept override { return exchanges_[i].touch(side); }
  lumina_level local_touch(std::size_t i, Side side) const noexcept override { return feeds_[i].book().touch(side); }
  RiskGate& gate(std::size_t i) noexcept override { return desk_.gate(static_cast<std::uint32_t>(i)); }

  // ---- what the strategy calls, through its context ------------------------------------------------------------

  const lumina_instrument* info(std::uint32_t i) const noexcept { return desk_.instrument(i); }
  const DepthBook& book(std::uint32_t i) {
    if (!wakes_on_feed_) feeds_[i].sync(now_ns_);
    return feeds_[i].book();
  }
  std::int32_t shift_ticks(std::uint32_t i) noexcept { return feeds_[i].shift_ticks(exchanges_[i].ledger()); }
  std::int32_t window(std::uint32_t i) const noexcept { return feeds_[i].window(); }
  std::int64_t position(std::uint32_t i) const noexcept { return desk_.position(i); }
  std::int32_t open_orders(std::uint32_t i, std::uint8_t side, lumina_order* out, std::int32_t capacity) {
    return desk_.open_orders(orders_, i, side, out, capacity);
  }
  std::uint64_t submit(const lumina_order_request& wanted) {
    if (finished_) return 0;
    const std::uint64_t id = desk_.open(orders_, wanted, now_ns_);
    request(RequestKind::submit, id, wanted.instrument, wanted.price_ticks, wanted.qty_lots);
    return id;
  }
  void cancel(std::uint64_t order_id) { amend(RequestKind::cancel, order_id, 0, 0); }
  void replace(std::uint64_t order_id, std::int32_t price_ticks, std::int32_t qty_lots) {
    amend(RequestKind::replace, order_id, price_ticks, qty_lots);
  }
  void set_timer(std::int64_t ts_ns, std::int64_t id) {
    one_shots_.insert({std::max(ts_ns, now_ns_), id}, [](const OneShot& timer) { return timer.ts_ns; });
  }
  void stop(std::int32_t error, const char* message) noexcept {
    context_.error = error;
    if (message) {
      std::strncpy(context_.error_message, message, sizeof context_.error_message - 1);
      context_.error_message[sizeof context_.error_message - 1] = 0;
    }
    stopped_ = true;
  }

 private:
  struct OneShot {
    std::int64_t ts_ns;
    std::int64_t id;
  };
  static constexpr int kTimersAtOnce = 1 << 16;     // a strategy that sets timers for now forever can be stopped
  static constexpr std::size_t kReplayRows = 4096;  // stays in the cache between the two views
  static constexpr std::size_t kAdvanceRows = std::size_t{1} << 22;  // between two looks at the wall clock

  // A time so much later; never, where no clock gets there.
  static std::int64_t later(std::int64_t ts_ns, std::int64_t ns) noexcept {
    return ns < kNever - std::max<std::int64_t>(ts_ns, 0) ? ts_ns + ns : kNever;
  }

  // ---- the clock ---------------------------------------------------------------------------------------------

  void start() {
    started_ = true;
    lumina_event event{};
    event.kind = LUMINA_EV_START;
    event.side = LUMINA_NONE;
    set_now(now_ns_);
    event.ts_ns = event.exch_ts_ns = now_ns_;
    call(event);
  }

  // Without a strategy: both views of every tape, in turns.
  bool replay() {
    bool more = false;
    for (std::size_t i = 0; i < exchanges_.size(); ++i) {
      const bool done = exchanges_[i].advance(kNever, kReplayRows);
      feeds_[i].sync(done ? kNever : exchanges_[i].reached_ts_ns());
      more |= !done;
    }
    return more;
  }

  // The next thing that happens. False: nothing is left.
  bool step() {
    if (stopped_ || log_.overflow) {
      stopped_ = true;
      return false;
    }
    const std::int64_t timer = next_timer_ns();
    const std::int64_t feed = wakes_on_feed_ ? next_feed_ns() : kNever;
    const std::int64_t report = responses_.queue().empty() ? kNever : responses_.queue().front().ts_ns;
    const std::int64_t send = sends_.empty() ? kNever : sends_.front().ts_ns;
    const std::int64_t arrival = arrivals_.empty() ? kNever : arrivals_.front().ts_ns;
    const std::int64_t t = std::min({timer, feed, report, send, arrival});
    if (!advance_watched(t)) return true;  // a report was made on the way: look again
    if (timer <= t && timer != kNever && data_ended_before(t)) {
      periodic_ns_ = kNever;  // the strategy is not called after the last local row (A2)
      one_shots_ = {};
      return true;
    }
    if (t == kNever) return false;
    if (arrival <= t) {
      const Request request = arrivals_.pop();
      Exchange& exchange = exchanges_[request.instrument];
      while (!exchange.advance(t)) {
      }
      exchange.arrive(request);
      return true;
    }
    set_now(t);
    if (feed <= t) deliver_feed(t);
    if (report <= t) deliver_reports(t);
    if (next_timer_ns() <= t) deliver_timers(t);  // those just set for now, too
    if (!sends_.empty() && sends_.front().ts_ns <= t) send_due(t);
    return true;
  }

  // Moves the exchanges where we have orders to t, in order of time. False: stopped at a report.
  bool advance_watched(std::int64_t t) {
    for (;;) {
      std::size_t first = exchanges_.size();
      std::int64_t first_ns = kNever, second_ns = kNever;
      std::size_t second = first;
      for (std::size_t i = 0; i < exchanges_.size(); ++i) {
        if (!exchanges_[i].watching()) continue;
        const std::int64_t next = exchanges_[i].next_ts_ns();
        if (next < first_ns) {
          second = first;
          second_ns = first_ns;
          first = i;
          first_ns = next;
        } else if (next < second_ns) {
          second = i;
          second_ns = next;
        }
      }
      if (first == exchanges_.size() || first_ns > t) return true;
      // rows of one instant go by instrument
      const std::int64_t limit = std::min(t, second_ns == kNever ? kNever : second_ns - (first > second ? 1 : 0));
      if (exchanges_[first].advance(limit, kAdvanceRows)) continue;
      if (exchanges_[first].closed()) close_with(exchanges_[first].last_ts_ns());
      return false;
    }
  }

  // Tapes that end at one instant end before the strategy hears of any.
  void close_with(std::int64_t last_ts_ns) {
    for (Exchange& exchange : exchanges_)
      if (exchange.watching() && exchange.last_ts_ns() == last_ts_ns) exchange.advance(last_ts_ns + 1);
  }

  std::int64_t next_feed_ns() {
    std::int64_t next = kNever;
    for (Feed& feed : feeds_) next = std::min(next, feed.next_ns());
    return next;
  }
  std::int64_t next_timer_ns() const noexcept {
    return one_shots_.empty() ? periodic_ns_ : std::min(periodic_ns_, one_shots_.front().ts_ns);
  }
  bool data_ended_before(std::int64_t t) {
    bool ended = true;
    for (Feed& feed : feeds_) ended &= feed.ended_before(t);  // all are asked: they forget what is past
    return ended;
  }

  void finish() {
    if (stopped_) {
      end_ns_ = now_ns_;
      if (!strategy_.on_event)
        for (const Exchange& exchange : exchanges_) end_ns_ = std::max(end_ns_, exchange.reached_ts_ns());
    }
    for (Exchange& exchange : exchanges_) {
      while (!exchange.advance(stopped_ ? end_ns_ : kNever)) {
      }
      exchange.close(end_ns_);
      exchange.finish(end_ns_);
    }
    std::int64_t last_ns = std::numeric_limits<std::int64_t>::min();
    for (Feed& feed : feeds_) {
      feed.sync(stopped_ ? end_ns_ : kNever);
      last_ns = std::max(last_ns, feed.last_ns());
    }
    if (!stopped_) set_now(last_ns);
    finished_ = true;
    lumina_event event{};
    event.kind = LUMINA_EV_STOP;
    event.side = LUMINA_NONE;
    event.ts_ns = event.exch_ts_ns = now_ns_;
    call(event);
  }

  // ---- to the strategy -----------------------------------------------------------------------------------------

  void set_now(std::int64_t ts_ns) noexcept { now_ns_ = context_.now_ns = ts_ns; }

  void call(const lumina_event& event) {
    if (!strategy_.on_event || (stopped_ && !finished_)) return;
    strategy_.on_event(&context_, &event);
    if (context_.error) stopped_ = true;
  }
  bool wants(std::uint32_t wake) const noexcept { return strategy_.wake_mask & wake; }

  void deliver_feed(std::int64_t t) {
    for (std::uint32_t i = 0; i < feeds_.size(); ++i)
      while (feeds_[i].next_ns() <= t) deliver_event(i);
  }

  // All rows of one market event, then its callbacks: LEVEL, TRADE and markers by row, then BOOK, then BBO.
  void deliver_event(std::uint32_t instrument) {
    Feed& feed = feeds_[instrument];
    const Touch before = wants(LUMINA_WAKE_BBO) ? touch_of(instrument) : Touch{};
    market_events_.begin(instrument, now_ns_);
    bool changed = false;
    std::int64_t exch_ts_ns = 0;
    feed.consume([&](const Event& row, std::uint64_t order_id) {
      exch_ts_ns = row.exch_ts_ns;
      changed |= row.changes_book() && row.qty_lots != 0;
      market_events_.row(row, feed.book(), order_id);
    });
    if (changed && wants(LUMINA_WAKE_BOOK)) market_events_.whole(LUMINA_EV_BOOK, exch_ts_ns);
    if (wants(LUMINA_WAKE_BBO) && !(before == touch_of(instrument))) market_events_.whole(LUMINA_EV_BBO, exch_ts_ns);
    market_events_.finish(shift_ticks(instrument));
    for (const lumina_event& event : market_events_.all()) call(event);
  }

  void deliver_reports(std::int64_t t) {
    const bool ended = data_ended_before(t);  // then nobody learns of it
    while (!responses_.queue().empty() && responses_.queue().front().ts_ns <= t) {
      const Report report = responses_.queue().pop();
      if (!ended) deliver_report(report);
    }
  }
  void deliver_report(const Report& report) {
    RiskGate::Market market{now_ns_};
    if (report.kind == LUMINA_EV_FILL && desk_.gate(report.instrument).watches_loss()) market = see(report.instrument);
    const OwnOrder* order = desk_.learn(orders_, report, market);
    if (!wants(LUMINA_WAKE_REPORT)) return;
    lumina_event event{};
    event.ts_ns = now_ns_;
    event.exch_ts_ns = report.exch_ts_ns;
    event.order_id = report.order_id;
    event.tag = order ? order->view.tag : 0;
    event.price_ticks = report.price_ticks;
    event.qty_lots = report.qty_lots;
    event.leaves_lots = report.leaves_lots;
    event.instrument = report.instrument;
    event.kind = report.kind;
    event.side = report.side;
    event.reason = report.reason;
    event.flags = report.flags;
    call(event);
  }

  void deliver_timers(std::int64_t t) {
    lumina_event event{};
    event.kind = LUMINA_EV_TIMER;
    event.ts_ns = event.exch_ts_ns = t;
    event.side = LUMINA_NONE;
    for (int round = 0; round < kTimersAtOnce && next_timer_ns() <= t && !stopped_; ++round) {
      if (periodic_ns_ <= t) {
        periodic_ns_ = later(periodic_ns_, strategy_.interval_ns);
        event.value = 0;
      } else {
        event.value = one_shots_.pop().id;
      }
      call(event);
    }
  }

  // ---- to the exchange -----------------------------------------------------------------------------------------

  void amend(RequestKind kind, std::uint64_t order_id, std::int32_t price_ticks, std::int32_t qty_lots) {
    if (finished_) return;
    OwnOrder* order = orders_.find(order_id);
    if (order) desk_.asked(kind, *order);
    // an id that nobody knows is refused wherever there is still an exchange
    const bool known = order && order->record.instrument < feeds_.size();
    request(kind, order_id, known ? order->record.instrument : last_to_end_, price_ticks, qty_lots);
  }

  void request(RequestKind kind, std::uint64_t order_id, std::uint32_t instrument, std::int32_t price_ticks,
               std::int32_t qty_lots) {
    const std::int64_t send_ns = now_ns_ + tick_to_trade_.of(kind).sample();
    static constexpr OrderAction kActions[] = {OrderAction::request_new, OrderAction::request_cancel,
                                               OrderAction::request_replace};
    OrderRecord unknown{};
    unknown.order_id = order_id;
    unknown.side = LUMINA_NONE;
    const OwnOrder* order = orders_.find(order_id);
    log_.record(kActions[static_cast<unsigned>(kind)], now_ns_, send_ns, order ? order->record : unknown, price_ticks,
                qty_lots, 0, LUMINA_REASON_NONE);
    sends_.insert({send_ns, order_id, price_ticks, qty_lots, instrument, kind},
                  [](const Request& r) { return r.ts_ns; });
  }

  void send_due(std::int64_t t) {
    refused_.clear();
    while (!sends_.empty() && sends_.front().ts_ns <= t) send(sends_.pop());
    if (refused_.empty() || data_ended_before(t)) return;
    for (std::size_t i = 0; i < refused_.size(); ++i) deliver_report(Report(refused_[i]));
  }

  void send(Request request) {
    OwnOrder* order = orders_.find(request.order_id);
    if (request.kind == RequestKind::submit) order->record.sent_ts_ns = request.ts_ns;
    if (order && request.kind != RequestKind::cancel) {
      const lumina_reason reason = check_risk(request, *order);
      if (reason != LUMINA_REASON_NONE) {
        refuse(request, *order, reason);
        return;
      }
    } else {
      desk_.gate(request.instrument).count_cancel(request.ts_ns);
    }
    arrival_ns_ = std::max(arrival_ns_, request.ts_ns + entry_.of(request.kind).sample());
    request.ts_ns = arrival_ns_;
    arrivals_.push(request);
  }

  lumina_reason check_risk(const Request& request, OwnOrder& order) {
    const lumina_order& view = order.view;
    if (view.instrument >= feeds_.size()) return LUMINA_REASON_INVALID;
    RiskGate::Market market{request.ts_ns};
    if (desk_.gate(view.instrument).needs_prices()) market = see(view.instrument, view.side);
    return desk_.send(request, order, market);
  }

  // What the strategy sees now; the reference of an order of the side.
  RiskGate::Market see(std::uint32_t instrument, std::uint8_t side = LUMINA_NONE) {
    RiskGate::Market market{now_ns_};
    const DepthBook& book = this->book(instrument);
    const std::int64_t shift2 = std::int64_t{shift_ticks(instrument)} * 2;
    if (const std::int64_t mid2 = book.mid2(); mid2 != kNoMid) market.mid2 = mid2 + shift2;
    if (side <= LUMINA_SELL) {
      const std::int32_t touch = book.best(opposite(static_cast<Side>(side)));
      if (DepthBook::is_price(touch)) market.reference2 = std::int64_t{touch} * 2 + shift2;
    }
    return market;
  }

  void refuse(const Request& request, OwnOrder& order, lumina_reason reason) {
    OrderRecord& record = order.record;
    const bool replace = request.kind == RequestKind::replace;
    std::int32_t leaves = 0;
    if (replace) {
      leaves = order.view.qty_lots - order.view.filled_lots;
    } else {
      order.closed = true;
      record.state = LUMINA_REJECTED;
      record.reason = reason;
    }
    const std::int32_t price = replace ? order.view.price_ticks : request.price_ticks;
    const std::int32_t qty = replace ? order.view.qty_lots : request.qty_lots;
    log_.record(replace ? OrderAction::replace_rejected : OrderAction::rejected, request.ts_ns, request.ts_ns, record,
                price, qty, leaves, reason);
    refused_.push_back({request.ts_ns, request.ts_ns, record.order_id, price, qty, leaves, record.instrument,
                        static_cast<std::uint8_t>(replace ? LUMINA_EV_REPLACE_REJECT : LUMINA_EV_REJECT), record.side,
                        static_cast<std::uint8_t>(reason), 0});
  }

  // In recorded coordinates: a shift of ours is no news.
  struct Touch {
    lumina_level bid, ask;
    bool operator==(const Touch& other) const noexcept { return std::memcmp(this, &other, sizeof *this) == 0; }
  };
  Touch touch_of(std::uint32_t instrument) const {
    const DepthBook& book = feeds_[instrument].book();
    return {book.touch(Side::buy), book.touch(Side::sell)};
  }

  RunLog log_;
  OrderStore orders_;
  RequestLatency tick_to_trade_, entry_;
  Responses responses_;
  std::vector<Exchange> exchanges_;
  std::vector<Feed> feeds_;
  Desk desk_;
  lumina_strategy strategy_{};
  MarketEvents market_events_{0};
  lumina_ctx context_{};

  std::int64_t now_ns_ = kNever;
  std::int64_t end_ns_ = std::numeric_limits<std::int64_t>::min();  // last exchange time of the run
  std::int64_t arrival_ns_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t periodic_ns_ = kNever;
  Fifo<OneShot> one_shots_;
  Fifo<Request> sends_, arrivals_;
  std::vector<Report> refused_;
  std::uint32_t last_to_end_ = 0;  // instrument
  bool wakes_on_feed_ = false, started_ = false, stopped_ = false, finished_ = false;
};

}  // namespace lumina
