// The market makers against a fake engine: what they quote, when they send, what they never do.
#undef NDEBUG
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

#include "fake_engine.hpp"
#include "lumina/strategy/avellaneda_stoikov.hpp"
#include "lumina/strategy/glft.hpp"
#include "lumina/strategy/symmetric.hpp"

using lumina::AvellanedaStoikov;
using lumina::Glft;
using lumina::MarketMaker;
using lumina::QuoterParams;
using lumina::Symmetric;

namespace {

constexpr auto kFree = -1;  // max_improve_ticks: the model decides

QuoterParams quoting(int lots = 1, int limit = 10, int improve = kFree) {
  QuoterParams params;
  params.order_lots = lots;
  params.max_position_lots = limit;
  params.max_improve_ticks = improve;
  return params;
}

// gamma .1, sigma 2, k 1.5, tau .5: half .74538521, skew .2 ticks per order, the published quote.
AvellanedaStoikov::Params paper() {
  AvellanedaStoikov::Params params;
  params.gamma = 0.1;
  params.sigma = 2.0;
  params.k = 1.5;
  params.horizon_s = 0.5;
  params.obi_slope_ticks = 0.0;
  return params;
}

bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

void closed_forms_give_the_reference_numbers() {
  const auto as = lumina::quotes::avellaneda_stoikov(0.1, 2.0, 1.5, 0.5).at(-3.0);
  assert(near(as.ask, 1.345385211, 1e-9) && near(as.bid, 0.145385211, 1e-9));
  const auto glft = lumina::quotes::glft(0.01, 0.3, 0.3, 0.9, 0.0, 0.0);
  assert(near(lumina::quotes::liquidity_premium(0.01, 0.3), 3.278982282, 1e-9));
  assert(near(glft.skew, 0.067865833, 1e-9) && near(glft.at(0.0).bid, 3.312915, 1e-6));
  const auto gueant = lumina::quotes::gueant(0.05, 10.69, 0.04235741115084049, 2.986162360812285, 1.0);
  assert(near(gueant.half, 20.47208533844371, 1e-12) && near(gueant.skew, 9.76326865029227, 1e-12));
  // r_ask,bid = s + (1/gamma) ln(1 + (+-1 - 2q) gamma^2 sigma^2 / (2 omega - gamma^2 q^2 sigma^2))
  const double gamma = 0.1, sigma = 2.0, q = 1.0, omega = lumina::quotes::infinite_horizon_omega(gamma, sigma, 3.0);
  assert(near(omega, gamma * gamma * sigma * sigma * 16.0 / 2.0, 1e-12));
  const auto r = lumina::quotes::infinite_horizon_reservation(q, gamma, sigma, omega);
  assert(near(r.ask, std::log(1.0 - 0.04 / (2.0 * omega - 0.04)) / gamma, 1e-12));
  assert(near(-r.bid, std::log(1.0 - 3.0 * 0.04 / (2.0 * omega - 0.04)) / gamma, 1e-12));
  const auto limit = lumina::quotes::infinite_horizon_reservation(3.0, gamma, sigma, omega);
  assert(limit.bid > 300.0 && std::isfinite(limit.ask));  // the logarithm of a rounded 0
}

void a_fill_is_answered_at_once_and_leans_against_the_inventory() {
  MarketMaker<AvellanedaStoikov> maker(paper(), quoting());
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == 999 && engine.price(LUMINA_SELL) == 1001);  // 1000 -+ .745
  engine.take();
  engine.fill(engine.id(LUMINA_BUY), 1);  // q = 1: r = 999.8, 999.055 and 1000.545
  assert((engine.take() == std::vector<Request>{{Request::submit, 3, LUMINA_BUY, 999, 1, 100'000'000}}));
  engine.accept_all();
  engine.fill(3, 1);  // q = 2: r = 999.6, 998.855 and 1000.345
  const auto requests = engine.take();
  assert(requests.size() == 2 && requests[0].side == LUMINA_BUY && requests[0].price == 999);
  assert(requests[1].kind == Request::replace && requests[1].price == 1000);
}

void skew_has_the_sign_of_the_inventory() {
  const auto mid_of_quotes = [](auto& maker, std::int64_t position) {
    FakeEngine engine(maker.strategy());
    engine.touch(900, 1100);
    engine.positions[0] = position;
    engine.start();
    engine.timer();
    engine.accept_all();
    return engine.price(LUMINA_BUY) + engine.price(LUMINA_SELL);
  };
  auto steep = paper();
  steep.sigma = 10.0;
  MarketMaker<AvellanedaStoikov> as(steep, quoting());
  auto infinite = steep;
  infinite.horizon = AvellanedaStoikov::Horizon::infinite;
  infinite.gamma = 0.01;
  MarketMaker<AvellanedaStoikov> endless(infinite, quoting());
  MarketMaker<Glft> glft({.sigma = 10.0}, quoting());
  MarketMaker<Symmetric> symmetric({.half_spread_ticks = 5.0}, quoting());
  assert(mid_of_quotes(as, 5) < 2000 && mid_of_quotes(as, 0) == 2000 && mid_of_quotes(as, -5) > 2000);
  assert(mid_of_quotes(endless, 5) < 2000 && mid_of_quotes(endless, 0) == 2000 && mid_of_quotes(endless, -5) > 2000);
  assert(mid_of_quotes(glft, 5) < 2000 && mid_of_quotes(glft, 0) == 2000 && mid_of_quotes(glft, -5) > 2000);
  assert(mid_of_quotes(symmetric, 5) == 2000);
  MarketMaker<Glft> drifting({.sigma = 10.0, .mu = 20.0}, quoting());
  assert(mid_of_quotes(drifting, 0) > 2000);
}

void session_horizon_runs_down_and_starts_again() {
  auto params = paper();
  params.horizon = AvellanedaStoikov::Horizon::session;
  params.horizon_s = 2.0;
  params.sigma = 10.0;  // skew 10 ticks per order and second
  const AvellanedaStoikov model(params);
  lumina::MarketView view{};
  view.inventory = 1.0;
  const auto skew_at = [&](double seconds) {
    view.elapsed_ns = static_cast<std::int64_t>(seconds * 1e9);
    const auto d = model.distances(view);
    return 0.5 * (d.bid - d.ask);
  };
  assert(near(skew_at(0.0), 20.0, 1e-9) && near(skew_at(1.5), 5.0, 1e-9));
  assert(near(skew_at(2.0), 20.0, 1e-9) && near(skew_at(2.5), 15.0, 1e-9));
}

void session_starts_with_the_run() {
  auto params = paper();
  params.horizon = AvellanedaStoikov::Horizon::session;
  params.horizon_s = 2.0;
  params.sigma = 10.0;
  MarketMaker<AvellanedaStoikov> maker(params, quoting());
  FakeEngine engine(maker.strategy());
  engine.touch(900, 1100);
  engine.positions[0] = 1;
  engine.start(1'700'000'000'700'000'000);
  engine.timer(1'000'000'000);  // skew 10, half 5.645
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == 984 && engine.price(LUMINA_SELL) == 996);
}

void infinite_horizon_quotes_its_formula() {
  auto params = paper();
  params.horizon = AvellanedaStoikov::Horizon::infinite;
  lumina::MarketView view{};
  view.inventory = 1.0;
  view.max_inventory = 5.0;
  const auto d = AvellanedaStoikov(params).distances(view);
  const double omega = lumina::quotes::infinite_horizon_omega(0.1, 2.0, 5.0);
  const auto expected = lumina::quotes::avellaneda_stoikov_infinite(1.0, 0.1, 2.0, 1.5, omega);
  assert(near(d.bid, expected.bid, 1e-12) && near(d.ask, expected.ask, 1e-12));
  view.inventory = 9.0;  // beyond its limit: as at the limit
  const auto beyond = AvellanedaStoikov(params).distances(view);
  view.inventory = 5.0;
  assert(beyond.ask == AvellanedaStoikov(params).distances(view).ask && std::isfinite(beyond.ask));
}

void imbalance_moves_the_quotes_with_it_and_is_capped() {
  auto params = paper();
  params.obi_slope_ticks = 0.5;
  params.obi_cap = 0.9;
  MarketMaker<Symmetric> unused({}, {});
  FakeEngine engine(unused.strategy());
  double quote_life_s = 0.0;
  const auto shift = [&](const AvellanedaStoikov& model) {
    lumina::MarketView view{};
    view.quote_life_s = quote_life_s;
    view.ctx = &engine.ctx;
    view.bid = engine.levels[LUMINA_BUY][0];
    view.ask = engine.levels[LUMINA_SELL][0];
    const auto d = model.distances(view);
    return 0.5 * (d.ask - d.bid);
  };
  engine.touch(999, 1001, 5, 3);
  assert(near(shift(AvellanedaStoikov(params)), 0.5 * 0.25, 1e-12));
  engine.touch(999, 1001, 3, 5);
  assert(near(shift(AvellanedaStoikov(params)), -0.5 * 0.25, 1e-12));
  params.obi_horizon_s = 0.4;  // a quote of 0.1 s sees a quarter of the move
  quote_life_s = 0.1;
  assert(near(shift(AvellanedaStoikov(params)), -0.5 * 0.25 / 4, 1e-12));
  quote_life_s = 1.0;
  assert(near(shift(AvellanedaStoikov(params)), -0.5 * 0.25, 1e-12));
  quote_life_s = 0.0;
  // a book with known imbalances
  engine.levels[LUMINA_BUY] = {{10000, 5}, {9999, 8}, {9998, 12}};
  engine.levels[LUMINA_SELL] = {{10002, 3}, {10003, 6}, {10004, 9}};
  params.obi_levels = 3;
  assert(near(shift(AvellanedaStoikov(params)), 0.5 * 0.162790697674, 1e-12));
  params.obi_slope_ticks = 1e6;
  assert(near(shift(AvellanedaStoikov(params)), 0.9 * 0.745385211, 1e-9));
  params.horizon = AvellanedaStoikov::Horizon::infinite;
  lumina::MarketView view{&engine.ctx, 0, {}, {}, 10.0, 10.0, 0, 0.0};
  assert(std::isfinite(AvellanedaStoikov(params).distances(view).ask));
}

void rests_without_a_mid_and_outside_continuous_trading() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting());
  FakeEngine engine(maker.strategy());
  engine.start();
  engine.timer();  // empty book
  engine.touch(1000, 1000);
  engine.timer();  // locked
  assert(engine.take().empty());
  engine.touch(990, 1010);
  engine.timer();
  engine.accept_all();
  assert(engine.take().size() == 2);
  engine.status(1);
  const auto cancels = engine.take();
  assert(cancels.size() == 2 && cancels[0].kind == Request::cancel && cancels[1].kind == Request::cancel);
  engine.accept_all();
  engine.timer();
  assert(engine.take().empty());
  engine.status(0);
  engine.timer();
  assert(engine.take().size() == 2);
}

void every_instrument_has_its_own_orders() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting());
  FakeEngine engine(maker.strategy(), 3);
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  assert(engine.take().size() == 6);
  engine.accept_all();
  engine.fill(5, 1);
  const auto requests = engine.take();
  assert(requests.size() == 1 && engine.instrument_of[requests[0].order_id] == 2);
}

void order_qty_is_a_whole_number_of_lots() {
  QuoterParams params;
  params.order_qty = 0.003;
  MarketMaker<Symmetric> maker({}, params);
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  assert(engine.ctx.error == 0 && engine.take()[0].lots == 3);
  engine.info.lot_size = 0.002;
  engine.start();
  assert(engine.ctx.error == 1);
  assert(std::string(engine.ctx.error_message) == "order_qty = 0.003: must be a whole number of lots of 0.002 (TEST)");
}

void wrong_parameters_are_named() {
  const auto message = [](const auto& make) {
    try {
      make();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  assert(message([] { MarketMaker<AvellanedaStoikov>({.gamma = -1.0}, {}); }) == "gamma = -1: must be greater than 0");
  assert(message([] { MarketMaker<AvellanedaStoikov>({.gamma = NAN}, {}); }) == "gamma = nan: must be greater than 0");
  assert(message([] { MarketMaker<Glft>({.A = 0.0}, {}); }) == "A = 0: must be greater than 0");
  assert(message([] { MarketMaker<Symmetric>({}, quoting(5, 3)); }) ==
         "max_position_lots = 3: must be at least order_lots");
}

// A random market with random fills, delays and refusals: the limit, the touch and the number of orders hold at
// every request, and the same market after START gives the same requests.
template <class Model>
std::vector<Request> random_session(MarketMaker<Model>& maker, unsigned seed, int levels, int limit, bool refuse) {
  FakeEngine engine(maker.strategy());
  std::mt19937 random(seed);
  std::int32_t mid = 10000;
  std::vector<Request> all;
  engine.touch(mid - 1, mid + 1);
  engine.start(1'000'000'000);
  int fills = 0;
  for (int step = 0; step < 20000; ++step) {
    mid += static_cast<std::int32_t>(random() % 5) - 2;
    const auto bid = mid - 1 - static_cast<std::int32_t>(random() % 3);
    engine.touch(bid, mid + 1, 1 + static_cast<std::int32_t>(random() % 20),
                 1 + static_cast<std::int32_t>(random() % 20));
    switch (random() % 4) {
      case 0:
        engine.timer();
        break;
      case 1:
        engine.bbo();
        break;
      case 2:
        if (!engine.in_flight.empty() && engine.orders.contains(engine.in_flight.front().order_id)) {
          refuse&& random() % 5 == 0 ? engine.reject_next(LUMINA_REASON_POST_ONLY) : engine.accept_next();
        } else if (!engine.in_flight.empty()) {
          engine.in_flight.pop_front();
        }
        break;
      default:
        for (auto& [id, order] : engine.orders) {
          if (!order.accepted || random() % 2 == 0) continue;
          engine.fill(id, 1 + static_cast<std::int32_t>(random() % static_cast<unsigned>(order.total - order.filled)));
          ++fills;
          break;  // the map has changed
        }
    }
    assert(std::abs(engine.positions[0]) <= limit);
    std::int64_t open[2] = {};
    int count[2] = {};
    for (const auto& [id, order] : engine.orders) {
      std::int32_t total = order.total;
      for (const auto& r : engine.in_flight) {
        if (r.order_id == id && r.kind == Request::replace) total = std::max(total, r.lots);
      }
      open[order.side] += total - order.filled;
      ++count[order.side];
    }
    assert(engine.positions[0] + open[LUMINA_BUY] <= limit && engine.positions[0] - open[LUMINA_SELL] >= -limit);
    assert(count[LUMINA_BUY] <= levels && count[LUMINA_SELL] <= levels);
    for (const Request& r : engine.take()) {
      if (r.kind != Request::cancel) {
        assert(r.side == LUMINA_BUY ? r.price < mid + 1 : r.price > bid);
      }
      all.push_back(r);
    }
  }
  assert(fills > 500);
  assert(refuse || engine.own_crosses == 0);
  return all;
}

template <class Model>
void holds_its_bounds_and_repeats_itself(const typename Model::Params& params) {
  for (const int levels : {1, 3}) {
    QuoterParams quoter = quoting(3, 11);
    quoter.levels = levels;
    quoter.level_spacing_ticks = levels;
    MarketMaker<Model> maker(params, quoter);
    const auto first = random_session(maker, 1, levels, 11, true);
    assert(first.size() > 1000);
    assert(first != random_session(maker, 2, levels, 11, true));
    assert(first == random_session(maker, 1, levels, 11, true));
    random_session(maker, 3, levels, 11, false);
  }
}

}  // namespace

int main() {
  closed_forms_give_the_reference_numbers();
  a_fill_is_answered_at_once_and_leans_against_the_inventory();
  skew_has_the_sign_of_the_inventory();
  session_horizon_runs_down_and_starts_again();
  session_starts_with_the_run();
  infinite_horizon_quotes_its_formula();
  imbalance_moves_the_quotes_with_it_and_is_capped();
  rests_without_a_mid_and_outside_continuous_trading();
  every_instrument_has_its_own_orders();
  order_qty_is_a_whole_number_of_lots();
  wrong_parameters_are_named();
  holds_its_bounds_and_repeats_itself<AvellanedaStoikov>(paper());
  auto endless = paper();
  endless.horizon = AvellanedaStoikov::Horizon::infinite;
  holds_its_bounds_and_repeats_itself<AvellanedaStoikov>(endless);
  holds_its_bounds_and_repeats_itself<Glft>({});
  holds_its_bounds_and_repeats_itself<Symmetric>({});
}
