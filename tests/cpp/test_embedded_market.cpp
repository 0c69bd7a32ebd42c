// The embedded market by its parts: activity as a clock, the flow's answer to trades and to what we do, and our orders
// in the queues.
#undef NDEBUG
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "lumina/backtest/simulated_feed.hpp"
#include "lumina/market/embedded_market.hpp"

using namespace lumina;

namespace {

bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

void operational_time_and_its_inverse() {
  const MarketParameters parameters;
  Activity activity(parameters, Random(3, 0));
  for (const double from : {0.0, 0.25, 7.0, 100.5, 3599.999}) {
    for (const double to : {from, from + 0.1, from + 1, from + 12.75, from + 500}) {
      const double tau = activity.operational(from, to);
      double slow = 0;  // by small steps, each within a second
      double at = from;
      while (at < to) {
        const double next = std::min(to, std::floor(at) + 1);
        slow += (next - at) * activity.at(at);
        at = next;
      }
      assert(near(tau, slow, 1e-9 * (1 + slow)));
      assert(near(activity.after(from, tau, 1e9), to, 1e-6));
    }
  }
  assert(activity.after(10, 1e6, 20) == std::numeric_limits<double>::infinity());
}

void activity_is_one_on_average_and_the_same_again() {
  MarketParameters parameters;
  double sum = 0, squares = 0;
  constexpr int kSeeds = 400;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Activity activity(parameters, Random(seed, 0));
    const double mean = activity.operational(0, parameters.session_s) / parameters.session_s;
    sum += mean;
    squares += mean * mean;
  }
  const double mean = sum / kSeeds, sd = std::sqrt(squares / kSeeds - mean * mean);
  assert(sd > 0.1 && sd < 0.6);
  assert(near(mean, 1, 4 * sd / std::sqrt(kSeeds)));

  // without randomness the shape of the day is left, and its mean is one exactly
  parameters.activity_sd[0] = parameters.activity_sd[1] = 0;
  Activity calm(parameters, Random(1, 0));
  assert(near(calm.operational(0, 23400) / 23400, 1, 1e-3));
  assert(near(calm.at(0) / calm.at(11700), (1 + 1.5 + 0.9 * std::exp(-13.0)) / (1 + 2.4 * std::exp(-6.5)), 0.002));
  Activity one(parameters, Random(5, 0)), two(parameters, Random(5, 0));
  two.at(5000);  // looking ahead changes nothing
  for (int s = 0; s < 6000; s += 7) assert(one.at(s) == two.at(s));
}

// A book that stands still: ten lots at every price below 10000 and from there on.
struct Still {
  std::int32_t ask = 10'000;
  std::int64_t lots = 10;
  std::int32_t best(Side side) const { return side == Side::buy ? ask - 1 : ask; }
  std::int64_t qty(Side, std::int32_t) const { return lots; }
  std::int64_t others_qty(Side, std::int32_t) const { return lots; }
};

MarketParameters steady() {  // operational time is that of the wall, the fair value moves with trades alone
  MarketParameters parameters;
  parameters.activity_sd[0] = parameters.activity_sd[1] = 0;
  parameters.open_activity = parameters.close_activity = 0;
  parameters.value_volatility = 0;
  parameters.value_exponent = 0.5;
  parameters.value_lots = 2.2;
  return parameters;
}

double total_rate(const MarketParameters& p, double fair, const Still& book, double excited) {
  const double z = std::min(4.0, std::max(-4.0, fair - (book.ask - 0.5)));
  double limits = 0, cancels = 0;
  for (int i = 0; i < 8; ++i) {
    limits += p.limit_rate[i];
    cancels += p.cancel_rate[i] * static_cast<double>(book.lots);
  }
  return limits * 2 * std::cosh(.35 * z) + cancels * 2 * std::cosh(.6 * z) + p.market_rate + excited;
}

void a_trade_moves_the_fair_value_by_what_was_not_expected() {
  MarketParameters parameters = steady();
  OrderFlow flow(parameters, 1);
  const double start = flow.fair_value_ticks();
  assert(start == 9'999.5);
  double f1 = 0, f2 = 0, fair = start;
  for (const int sign : {1, 1, -1, 1, 1, 1, -1}) {
    for (const int lots : {1, 9}) {
      flow.traded(sign > 0 ? Side::buy : Side::sell, lots);
      const double said = sign * std::sqrt(lots / 2.2);
      fair += .25 * (said - .8 * (.6 * f1 + .4 * f2));
      f1 = .9 * f1 + .1 * said;
      f2 = .99 * f2 + .01 * said;
      assert(near(flow.fair_value_ticks(), fair, 1e-9));
    }
  }
}

void a_disturbance_keeps_what_is_left_of_the_wait_at_the_new_rates() {
  const MarketParameters parameters = steady();
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    Still book;
    OrderFlow flow(parameters, seed);
    flow.start(book);
    const auto first = static_cast<double>(flow.next_ts_ns()) * 1e-9;
    const double rate = total_rate(parameters, flow.fair_value_ticks(), book, 0);
    const double wait = first * rate;

    // nothing changed: the time stays
    const std::int64_t half = flow.next_ts_ns() / 2;
    const std::int64_t before = flow.next_ts_ns();
    flow.disturbed(half, book, Side::buy, 0);
    assert(std::llabs(flow.next_ts_ns() - before) <= 1);

    // more orders to cancel: sooner, by the rates
    book.lots = 30;
    flow.disturbed(half, book, Side::buy, 0);
    const double now = static_cast<double>(half) * 1e-9;
    const double left = wait - now * rate;
    const double second = now + left / total_rate(parameters, flow.fair_value_ticks(), book, 0);
    assert(near(static_cast<double>(flow.next_ts_ns()) * 1e-9, second, 1e-8));
    assert(second < first);

    // a trade of ours excites the others and moves their fair value
    const double fair = flow.fair_value_ticks();
    flow.disturbed(half, book, Side::sell, 4);
    const double moved = fair - .25 * std::sqrt(4 / 2.2);
    assert(near(flow.fair_value_ticks(), moved, 1e-9));
    const double third = now + left / total_rate(parameters, moved, book, .40 * 10 + .30 * .3);
    assert(near(static_cast<double>(flow.next_ts_ns()) * 1e-9, third, 1e-8));
    assert(third < second);
  }
}

struct Told : MarketOwner {
  struct Fill {
    std::uint64_t id;
    std::int32_t price, lots;
    bool maker;
  };
  std::vector<Fill> fills;
  std::vector<std::uint64_t> rests;
  std::vector<MatchReason> ends;
  void filled(std::uint64_t id, std::int32_t price, std::int32_t lots, bool maker) {
    fills.push_back({id, price, lots, maker});
  }
  void rested(std::uint64_t id) { rests.push_back(id); }
  void cancelled(std::uint64_t, MatchReason reason) { ends.push_back(reason); }
};

// The others' levels by the rows are those of the engine less ours, at every event.
void rows_are_the_others_book_whatever_we_do() {
  MarketParameters parameters;
  parameters.length_ns = 60'000'000'000;
  EmbeddedMarket market(parameters, 9);
  Told told;
  std::map<std::pair<int, int>, std::int64_t> levels;
  std::uint64_t id = 0;
  Random random(4, 4);
  std::size_t prints = 0, makers = 0;
  while (!market.ended()) {
    market.step(told);
    if (!market.ended() && random.below(5) == 0) {
      const std::int64_t ts = market.next_ts_ns();
      const auto side = static_cast<Side>(random.below(2));
      const auto lots = static_cast<std::int32_t>(1 + random.below(12));
      const auto type = static_cast<OrderType>(random.below(4));
      const auto away = static_cast<std::int32_t>(random.below(4)) - 1;
      const std::int32_t price = market.best(side) + (side == Side::buy ? -away : away);
      if (random.below(4) || !market.has_own_orders()) {
        market.submit(ts, ++id, side, type, price, lots, told);
      } else {
        const std::uint64_t one = market.own_ids().front();
        market.cancel(ts, one, Side::buy, told);
      }
    }
    for (const Event& row : market.rows()) {
      if (row.kind == static_cast<std::uint8_t>(Kind::trade)) ++prints;
      if (row.changes_book()) levels[{row.side, row.price_ticks}] += row.qty_lots;
    }
    market.forget_rows(market.rows().size());
    for (const Side side : {Side::buy, Side::sell}) {
      for (std::int32_t price = 9'950; price < 10'050; ++price) {
        const auto s = static_cast<int>(side);
        const auto found = levels.find({s, price});
        assert(market.others_qty(side, price) == (found == levels.end() ? 0 : found->second));
        assert(market.own_qty(side, price) >= 0);
      }
      assert(market.others_touch(side).qty_lots > 0);
    }
    assert(market.best(Side::buy) < market.best(Side::sell));
  }
  for (const Told::Fill& fill : told.fills) makers += fill.maker;
  assert(makers == prints && makers > 20 && told.fills.size() > makers);
  assert(market.next_ts_ns() == std::numeric_limits<std::int64_t>::max());
}

// A strategy on a timer that never asks for the book: the rows made meanwhile are forgotten, and the book is right.
void rows_that_nobody_looks_at_are_forgotten() {
  MarketParameters parameters;
  parameters.length_ns = 3'600'000'000'000;
  EmbeddedMarket market(parameters, 3), watched(parameters, 3);
  SimulatedFeed feed(market, {}), other(watched, {});
  MarketOwner nobody;
  std::size_t most = 0;
  for (std::int64_t t = market.first_ts_ns(); !feed.ended_before(t); t += 1'000'000'000) {
    while (market.next_ts_ns() <= t) market.step(nobody);
    while (watched.next_ts_ns() <= t) watched.step(nobody);
    other.sync(t - 1);
    most = std::max(most, market.rows().size());
  }
  assert(market.ended() && market.rows_made() > 200'000 && most < 100'000);
  feed.sync(std::numeric_limits<std::int64_t>::max());
  other.sync(std::numeric_limits<std::int64_t>::max());
  assert(feed.rows_done() == market.rows_made() && other.rows_done() == feed.rows_done());
  for (const Side side : {Side::buy, Side::sell}) {
    const auto best = feed.book().best(side);
    assert(best == other.book().best(side) && feed.book().qty(side, best) == other.book().qty(side, best));
  }
}

}  // namespace

int main() {
  operational_time_and_its_inverse();
  activity_is_one_on_average_and_the_same_again();
  a_trade_moves_the_fair_value_by_what_was_not_expected();
  a_disturbance_keeps_what_is_left_of_the_wait_at_the_new_rates();
  rows_are_the_others_book_whatever_we_do();
  rows_that_nobody_looks_at_are_forgotten();
}
