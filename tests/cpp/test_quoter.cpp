// How wanted prices become orders: the quoter behind a symmetric maker, against a fake engine.
#undef NDEBUG
#include <cassert>

#include "fake_engine.hpp"
#include "lumina/strategy/symmetric.hpp"

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

void quotes_both_sides_around_the_mid() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting(2));
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  assert(engine.take().empty());
  engine.timer();
  assert((engine.take() == std::vector<Request>{{Request::submit, 1, LUMINA_BUY, 997, 2, 100'000'000},
                                                {Request::submit, 2, LUMINA_SELL, 1003, 2, 100'000'000}}));
}

void rounds_to_the_nearest_tick_and_halves_away_from_the_mid() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 1.0}, quoting());
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1011);  // mid 1000.5: wanted 999.5 and 1001.5
  engine.start();
  engine.timer();
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == 999 && engine.price(LUMINA_SELL) == 1002);

  MarketMaker<Symmetric> tight({.half_spread_ticks = 0.2}, quoting());
  FakeEngine other(tight.strategy());
  other.touch(990, 1010);  // both would land on 1000
  other.start();
  other.timer();
  other.accept_all();
  assert(other.price(LUMINA_BUY) == 999 && other.price(LUMINA_SELL) == 1001);
}

void keeps_an_order_until_it_is_requote_ticks_off() {
  QuoterParams params = quoting();
  params.requote_ticks = 3;
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, params);
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_all();
  engine.take();
  engine.touch(992, 1012);
  engine.timer();
  assert(engine.take().empty());
  engine.touch(993, 1013);
  engine.timer();
  const auto requests = engine.take();
  assert(requests.size() == 2 && requests[0].kind == Request::replace && requests[1].kind == Request::replace);
  // upwards: the ask makes way first
  assert(requests[0].side == LUMINA_SELL && requests[0].price == 1006 && requests[1].price == 1000);
}

void leaves_an_order_alone_while_a_request_is_in_flight() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting());
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.take();
  engine.touch(980, 1000);
  engine.timer();
  assert(engine.take().empty());
  engine.accept_all();
  engine.timer();
  assert(engine.take().size() == 2);
}

void a_price_that_is_none_leaves_its_side_empty() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 2000.0}, quoting());
  FakeEngine engine(maker.strategy());
  engine.info.inverse = 1;  // then prices are positive
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  const auto requests = engine.take();
  assert(requests.size() == 1 && requests[0].side == LUMINA_SELL && requests[0].price == 3000);
}

void prices_at_or_below_zero_are_quoted() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 2.0}, quoting());
  FakeEngine engine(maker.strategy());
  engine.touch(-2, 2);
  engine.start();
  engine.timer();
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == -2 && engine.price(LUMINA_SELL) == 2);
  engine.touch(-40, -36);
  engine.timer();
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == -40 && engine.price(LUMINA_SELL) == -36);
}

void improves_the_touch_by_no_more_than_allowed() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 1.0}, quoting(1, 10, 2));
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == 992 && engine.price(LUMINA_SELL) == 1008);
}

void keeps_its_least_distance_from_the_mid() {
  QuoterParams params = quoting();
  params.min_edge_ticks = 4.5;
  MarketMaker<Symmetric> maker({.half_spread_ticks = 1.0}, params);
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == 995 && engine.price(LUMINA_SELL) == 1005);
}

void does_not_quote_beyond_the_limit() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting(4, 10));
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.positions[0] = 8;
  engine.start();
  engine.timer();
  auto requests = engine.take();
  assert(requests[0].side == LUMINA_BUY && requests[0].lots == 2 && requests[1].lots == 4);
  engine.accept_all();
  engine.fill(engine.id(LUMINA_BUY), 2);
  assert(engine.take().empty());
  engine.fill(engine.id(LUMINA_SELL), 1);
  requests = engine.take();
  assert(requests.size() == 1 && requests[0].side == LUMINA_BUY && requests[0].lots == 1);
}

void rejections_wait_for_the_next_wake_up() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting());
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.take();
  engine.reject_next(LUMINA_REASON_POST_ONLY);
  engine.reject_next(LUMINA_REASON_RISK_NOTIONAL);
  assert(engine.take().empty());
  engine.timer();  // the crossing order again, not the refused one
  auto requests = engine.take();
  assert(requests.size() == 1 && requests[0].side == LUMINA_BUY);
  engine.accept_all();
  engine.timer(1'000'000'000);
  requests = engine.take();
  assert(requests.size() == 1 && requests[0].side == LUMINA_SELL);
  engine.accept_all();
  // a refused replace leaves the old order, to be tried again
  engine.touch(986, 1006);
  engine.timer();
  engine.reject_next(LUMINA_REASON_POST_ONLY);
  engine.accept_all();
  assert(engine.price(LUMINA_BUY) == 997 && engine.price(LUMINA_SELL) == 999);
  engine.take();
  engine.timer();
  requests = engine.take();
  assert(requests.size() == 1 && requests[0].kind == Request::replace && requests[0].side == LUMINA_BUY &&
         requests[0].price == 993);
}

void a_replace_tops_a_partly_filled_order_up() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting(5, 100));
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_all();
  engine.take();
  engine.fill(1, 2);
  assert(engine.take().empty());  // the rest keeps its place
  engine.touch(980, 1000);
  engine.timer();
  const auto requests = engine.take();
  assert(requests[0].side == LUMINA_BUY && requests[0].price == 987 && requests[0].lots == 7);
}

void never_meets_its_own_order() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting());
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_next();  // the bid at 997; the ask at 1003 is still in flight
  engine.take();
  engine.touch(1010, 1030);
  engine.timer();  // wanted 1017 and 1023
  const auto requests = engine.take();
  assert(requests.size() == 1 && requests[0].side == LUMINA_BUY && requests[0].price == 1002);
}

void an_order_whose_replace_is_refused_makes_way() {
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, quoting(5, 100));
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_all();
  engine.fill(1, 2);
  engine.touch(986, 1006);
  engine.timer();
  engine.take();
  engine.reject_next(LUMINA_REASON_RISK_QTY);  // a total of 7 is over the largest order
  engine.accept_all();
  engine.timer();
  auto requests = engine.take();
  assert(requests.size() == 1 && requests[0].kind == Request::cancel && requests[0].order_id == 1);
  engine.accept_all();
  engine.timer();
  requests = engine.take();
  assert(requests.size() == 1 && requests[0].kind == Request::submit && requests[0].lots == 5);
}

void levels_keep_the_orders_that_still_fit() {
  QuoterParams params = quoting(1, 10);
  params.levels = 3;
  params.level_spacing_ticks = 2;
  MarketMaker<Symmetric> maker({.half_spread_ticks = 3.0}, params);
  FakeEngine engine(maker.strategy());
  engine.touch(990, 1010);
  engine.start();
  engine.timer();
  engine.accept_all();
  auto requests = engine.take();
  assert(requests.size() == 6 && requests[0].price == 997 && requests[1].price == 995 && requests[2].price == 993);
  engine.touch(992, 1012);  // bids 999 997 995: one order moves; asks 1005 1007 1009
  engine.timer();
  requests = engine.take();
  assert(requests.size() == 2);
  assert(requests[0].side == LUMINA_SELL && requests[0].price == 1009);
  assert(requests[1].side == LUMINA_BUY && requests[1].price == 999);
}

}  // namespace

int main() {
  quotes_both_sides_around_the_mid();
  rounds_to_the_nearest_tick_and_halves_away_from_the_mid();
  keeps_an_order_until_it_is_requote_ticks_off();
  leaves_an_order_alone_while_a_request_is_in_flight();
  a_price_that_is_none_leaves_its_side_empty();
  prices_at_or_below_zero_are_quoted();
  improves_the_touch_by_no_more_than_allowed();
  keeps_its_least_distance_from_the_mid();
  does_not_quote_beyond_the_limit();
  rejections_wait_for_the_next_wake_up();
  a_replace_tops_a_partly_filled_order_up();
  never_meets_its_own_order();
  an_order_whose_replace_is_refused_makes_way();
  levels_keep_the_orders_that_still_fit();
}
