// The engine on random tapes with a strategy that does everything: the same again, exact accounts, no lot filled
// twice, nothing out of bounds (under the sanitizers, and on other architectures).
#undef NDEBUG
#include <cassert>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "lumina/backtest/recorded_engine.hpp"

using namespace lumina;

namespace {

constexpr std::int64_t kMs = 1'000'000;

// Events of one to four rows around 1000 ticks; every level change starts from what the level holds.
std::vector<Event> random_tape(unsigned seed, int events) {
  std::mt19937 random(seed);
  std::map<std::pair<int, int>, int> held;
  std::vector<Event> rows;
  std::int64_t ts = 1'700'000'000'000 * kMs;
  for (int e = 0; e < events; ++e) {
    ts += static_cast<std::int64_t>(random() % 3) * kMs;
    const auto latency = static_cast<std::uint32_t>(kMs);
    for (unsigned n = 1 + random() % 4; n--;) {
      Event row{};
      row.exch_ts_ns = ts;
      row.latency_ns = latency;
      row.flags = kBothViews;
      row.side = static_cast<std::uint8_t>(random() % 2);
      const int away = static_cast<int>(random() % 8);
      row.price_ticks = row.side ? 1000 + away : 999 - away;
      if (random() % 60 == 0) row.price_ticks += row.side ? 9'000'000 : -9'000'000;  // off the ladder
      const unsigned what = random() % 100;
      if (what < 75) {
        int& level = held[{row.side, row.price_ticks}];
        const int now = random() % 4 ? static_cast<int>(random() % 30) : 0;
        row.qty_lots = now - level;
        level = now;
      } else if (what < 96) {
        row.kind = static_cast<std::uint8_t>(Kind::trade);
        row.side ^= 1;
        row.qty_lots = 1 + static_cast<int>(random() % 40);
        row.flags |= random() % 10 ? 0 : random() % 2 ? kHidden : kCounted;
      } else {
        row.price_ticks = 0;
        row.side = LUMINA_NONE;
        row.kind = static_cast<std::uint8_t>(what == 96 ? Kind::gap : what == 97 ? Kind::funding : Kind::status);
        row.qty_lots = what == 97 ? 10'000 : what == 98 ? 1 : 0;
      }
      rows.push_back(row);
    }
    rows.back().flags |= kEnd;
  }
  return rows;
}

struct Trader {
  std::mt19937 random;
  std::vector<std::uint64_t> ids;

  static void on_event(lumina_ctx* ctx, const lumina_event* event) {
    auto& self = *static_cast<Trader*>(ctx->user);
    if (event->kind == LUMINA_EV_START) {
      self.random.seed(11);
      self.ids.clear();
    }
    if (self.random() % 3) return;
    const std::uint32_t instrument = self.random() % (ctx->instrument_count + (self.random() % 50 == 0));
    const auto price = static_cast<std::int32_t>(992 + self.random() % 16);
    const auto lots = static_cast<std::int32_t>(self.random() % 12);
    const unsigned what = self.random() % 10;
    lumina_level levels[3];
    assert(ctx->depth(ctx, instrument, LUMINA_BUY, levels, 3) <= 3);
    lumina_order open[8];
    ctx->orders(ctx, instrument, LUMINA_NONE, open, 8);
    if (what < 6 || self.ids.empty()) {
      lumina_order_request request{};
      request.instrument = instrument;
      request.price_ticks = price;
      request.qty_lots = lots;
      request.side = static_cast<std::uint8_t>(self.random() % 2);
      request.type = static_cast<std::uint8_t>(self.random() % 4);
      self.ids.push_back(ctx->submit(ctx, &request));
    } else if (what < 8) {
      ctx->cancel(ctx, self.ids[self.random() % self.ids.size()]);
    } else {
      ctx->replace(ctx, self.ids[self.random() % self.ids.size()], price, lots);
    }
    if (what == 9) ctx->set_timer(ctx, event->ts_ns + kMs, 1);
  }
};

struct Outcome {
  std::vector<OrderEvent> log;
  std::vector<Fill> fills;
};

template <class Row>
bool same(const std::vector<Row>& a, const std::vector<Row>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Row)) == 0);
}

Outcome run(const std::vector<std::vector<Event>>& tapes, unsigned seed) {
  std::vector<RecordedEngine::Setup> setups;
  for (std::size_t i = 0; i < tapes.size(); ++i) {
    RecordedEngine::Setup setup{};
    setup.source = {tapes[i].data(), tapes[i].size(), 900, 1100, seed % 3 ? 0 : 5};
    setup.contract = ContractValue(seed % 2 != 0, 1'000'003, 7);
    setup.queue = QueueModel(static_cast<QueueModelKind>(seed % 6), 3.0);
    setup.ledger.instrument = static_cast<std::uint32_t>(i);
    setup.ledger.maker_fee_e9 = -20'000;
    setup.ledger.taker_fee_e9 = 50'000;
    setup.ledger.equity_interval_ns = 10 * kMs;
    setup.ledger.markouts_ns = {kMs, 50 * kMs};
    const double weights[] = {0.5, 0.5}, taus[] = {0.1, 10};
    if (seed % 4 == 1) setup.ledger.impact.emplace(0.8, 0.02, 500.0, weights, taus, 5 * kMs);
    setup.risk.max_position_lots = 60;
    setups.push_back(setup);
  }
  EngineOptions options;
  options.self_trade = static_cast<SelfTrade>(seed % 4);
  options.feed = LatencyModel::lognormal(kMs, 0.5, 0, seed, 0);
  options.entry.submit = LatencyModel::lognormal(2 * kMs, 0.5, 0, seed, 1);
  options.response.fill = LatencyModel::constant(kMs);
  Trader trader;
  const lumina_strategy strategy{LUMINA_ABI_VERSION, seed % 5 ? 63u : 32u, 3 * kMs, Trader::on_event, &trader};
  RecordedEngine engine(setups, options, &strategy);
  while (!engine.run(1)) {
  }
  assert(engine.error() == 0 && !engine.overflow());

  std::map<std::uint64_t, int> filled;
  for (const Fill& fill : engine.log().fills) {
    assert(fill.qty_lots > 0 && fill.impact_units >= 0);
    filled[fill.order_id] += fill.qty_lots;
  }
  for (const OwnOrder& order : engine.orders().all()) {
    assert(order.record.filled_lots == filled[order.record.order_id]);
    assert(order.record.filled_lots <= order.record.qty_lots || order.record.reason == LUMINA_REASON_REDUCED);
    assert(order.record.state >= LUMINA_FILLED);  // nothing is left open
  }
  for (std::size_t i = 0; i < tapes.size(); ++i) {
    const EquitySample& last = engine.ledger(i).equity().back();
    std::int64_t cash = 0, capture = 0;
    for (const Fill& fill : engine.log().fills) {
      if (fill.instrument != i) continue;
      cash += fill.cash_units;
      capture += fill.spread_capture_units;
    }
    assert(capture == last.spread_capture_units);
    const Int128 value = setups[i].contract.value(last.mid2_ticks, last.position_lots);
    assert(last.mid2_ticks == 0 || capture + last.inventory_units == cash + value);
  }
  return {engine.log().order_events, engine.log().fills};
}

}  // namespace

// What another thread may do to the gate of a run, here between two slices: orders are refused from then on, and what
// is open may still be cancelled.
void test_kill_and_limits_during_a_run() {
  const std::vector<Event> tape = random_tape(7, 4000);
  RecordedEngine::Setup setup{};
  setup.source = {tape.data(), tape.size(), 900, 1100, 0};
  setup.contract = ContractValue(false, 1'000'000, 1);
  Trader trader;
  const lumina_strategy strategy{LUMINA_ABI_VERSION, 63u, 3 * kMs, Trader::on_event, &trader};
  RecordedEngine engine({setup}, EngineOptions{}, &strategy);
  const auto requests = [&](OrderAction action, std::uint8_t reason) {
    std::size_t n = 0;
    for (const OrderEvent& row : engine.log().order_events)
      n += row.action == static_cast<std::uint8_t>(action) && row.reason == reason;
    return n;
  };
  (void)engine.run(0);
  assert(requests(OrderAction::acknowledged, 0) > 0 && engine.gate(0).rejections(LUMINA_REASON_RISK_KILLED) == 0);
  engine.gate(0).set_limits({.max_order_lots = 1});
  (void)engine.run(0);
  assert(engine.gate(0).rejections(LUMINA_REASON_RISK_QTY) > 0);
  engine.gate(0).kill(5);
  const std::int64_t at_ns = engine.log().order_events.back().ts_ns;
  while (!engine.run(1)) {
  }
  for (const OwnOrder& order : engine.orders().all()) assert(!order.accepted || order.record.sent_ts_ns <= at_ns);
  std::size_t cancels = 0;  // asked for after the kill: all of them left
  for (const OrderEvent& row : engine.log().order_events) {
    cancels += row.action == static_cast<std::uint8_t>(OrderAction::request_cancel) && row.ts_ns > at_ns;
    assert(row.action != static_cast<std::uint8_t>(OrderAction::cancel_rejected) || !is_risk_reason(row.reason));
  }
  assert(cancels > 0);
  const std::size_t killed = requests(OrderAction::rejected, LUMINA_REASON_RISK_KILLED) +
                             requests(OrderAction::replace_rejected, LUMINA_REASON_RISK_KILLED);
  assert(killed > 0 && engine.gate(0).rejections(LUMINA_REASON_RISK_KILLED) == killed);
}

int main() {
  test_kill_and_limits_during_a_run();
  std::size_t fills = 0;
  for (unsigned seed = 0; seed < 48; ++seed) {
    std::vector<std::vector<Event>> tapes;
    for (unsigned i = 0; i <= seed % 3; ++i) tapes.push_back(random_tape(seed * 10 + i, 400));
    const Outcome one = run(tapes, seed), two = run(tapes, seed);
    assert(same(one.log, two.log) && same(one.fills, two.fills));
    fills += one.fills.size();
  }
  assert(fills > 1000);
}
