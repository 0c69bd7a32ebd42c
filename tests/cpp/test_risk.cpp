// The risk gate: each rule at its bound, the first broken rule wins, what counts as open.
#undef NDEBUG
#include <cassert>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "lumina/risk.hpp"

using lumina::RiskGate;
using lumina::RiskLimits;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kDay = 86'400'000'000'000;

RiskGate::Market at(std::int64_t ns, std::int64_t mid2 = lumina::kNoMid, std::int64_t reference2 = lumina::kNoMid) {
  return {ns, mid2, reference2};
}

template <class Call>
std::string complaint(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

void test_form_size_notional_band_position() {
  const lumina::ContractValue contract(false, 10, 1);
  RiskGate gate({.max_order_lots = 100, .max_notional_units = 50'000, .price_band = 0.1, .max_position_lots = 150},
                contract);
  const RiskGate::Market seen = at(0, 2 * 100, 2 * 100);
  std::uint64_t id = 0;
  // what passes is withdrawn at once
  const auto check = [&](std::uint8_t side, std::uint8_t type, std::int64_t price, std::int64_t qty,
                         const RiskGate::Market& market) {
    const lumina_reason reason = gate.check(++id, {side, type, price, qty}, market);
    gate.on_end(id);
    return reason;
  };
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 50, seen) == LUMINA_REASON_NONE);
  assert(check(LUMINA_NONE, LUMINA_LIMIT, 100, 50, seen) == LUMINA_REASON_INVALID);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, INT32_MIN, 50, seen) == LUMINA_REASON_INVALID);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 101, seen) == LUMINA_REASON_RISK_QTY);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 51, seen) == LUMINA_REASON_RISK_NOTIONAL);
  assert(check(LUMINA_SELL, LUMINA_MARKET, 0, 51, seen) == LUMINA_REASON_RISK_NOTIONAL);
  assert(check(LUMINA_SELL, LUMINA_MARKET, 0, 51, at(0, 200)) == LUMINA_REASON_NONE);
  assert(check(LUMINA_BUY, LUMINA_POST_ONLY, 90, 1, seen) == LUMINA_REASON_NONE);
  assert(check(LUMINA_BUY, LUMINA_POST_ONLY, 89, 1, seen) == LUMINA_REASON_RISK_PRICE_BAND);
  assert(check(LUMINA_SELL, LUMINA_IOC, 111, 1, seen) == LUMINA_REASON_RISK_PRICE_BAND);
  assert(check(LUMINA_SELL, LUMINA_IOC, 111, 1, at(0)) == LUMINA_REASON_NONE);

  gate.hold(100, 200);
  assert(gate.check(1000, {LUMINA_BUY, LUMINA_LIMIT, 100, 40}, seen) == LUMINA_REASON_NONE);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 11, seen) == LUMINA_REASON_RISK_POSITION);
  assert(check(LUMINA_SELL, LUMINA_LIMIT, 100, 11, seen) == LUMINA_REASON_NONE);
  assert(gate.rejections(LUMINA_REASON_RISK_POSITION) == 1 && gate.rejections(LUMINA_REASON_INVALID) == 2);
  assert(RiskGate().check(1, {LUMINA_BUY, LUMINA_LIMIT, 1, INT32_MAX}, seen) == LUMINA_REASON_NONE);
}

void test_an_order_counts_as_the_most_it_may_come_to() {
  RiskGate gate({.max_position_lots = 10});
  assert(gate.check(1, {LUMINA_BUY, LUMINA_LIMIT, 50, 4}, at(0)) == LUMINA_REASON_NONE);
  assert(gate.check_replace(1, 51, 8, at(0)) == LUMINA_REASON_NONE);
  assert(gate.check_replace(1, 49, 6, at(0)) == LUMINA_REASON_NONE);
  assert(gate.open_lots(LUMINA_BUY) == 8);
  assert(gate.check(2, {LUMINA_BUY, LUMINA_LIMIT, 50, 3}, at(0)) == LUMINA_REASON_RISK_POSITION);
  gate.on_replaced(1, 51, 8);
  gate.on_replaced(1, 49, 6);
  assert(gate.open_lots(LUMINA_BUY) == 6);
  gate.on_fill(1, LUMINA_BUY, 49, 5, 0, at(0));
  assert(gate.open_lots(LUMINA_BUY) == 1 && gate.position_lots() == 5);
  assert(gate.check_replace(1, 49, 10, at(0)) == LUMINA_REASON_NONE);  // 5 open: 10 in all
  gate.on_replace_rejected(1);
  assert(gate.check_replace(1, 49, 11, at(0)) == LUMINA_REASON_RISK_POSITION);
  assert(gate.check_replace(1, 49, 0, at(0)) == LUMINA_REASON_INVALID);
  gate.on_fill(1, LUMINA_BUY, 49, 1, 0, at(0));
  assert(gate.open_orders() == 0 && gate.open_lots(LUMINA_BUY) == 0);
}

void test_open_orders_and_room() {
  RiskGate gate({.max_open_orders = 2}, {}, {.orders = 3});
  for (std::uint64_t id = 1; id <= 2; ++id)
    assert(gate.check(id, {LUMINA_BUY, LUMINA_LIMIT, 50, 1}, at(0)) == LUMINA_REASON_NONE);
  assert(gate.check(3, {LUMINA_SELL, LUMINA_LIMIT, 60, 1}, at(0)) == LUMINA_REASON_RISK_OPEN_ORDERS);
  assert(gate.check_replace(1, 51, 1, at(0)) == LUMINA_REASON_NONE);  // no new order
  gate.set_limits({});
  assert(gate.check(3, {LUMINA_SELL, LUMINA_LIMIT, 60, 1}, at(0)) == LUMINA_REASON_NONE);
  assert(gate.check(4, {LUMINA_SELL, LUMINA_LIMIT, 60, 1}, at(0)) == LUMINA_REASON_RISK_OPEN_ORDERS);
  assert(gate.check_replace(2, 51, 2, at(0)) == LUMINA_REASON_NONE);
  assert(gate.check_replace(3, 61, 2, at(0)) == LUMINA_REASON_NONE);
  assert(gate.check_replace(3, 62, 2, at(0)) == LUMINA_REASON_RISK_OPEN_ORDERS);  // a fourth in flight
  gate.on_end(3);
  assert(gate.check(4, {LUMINA_SELL, LUMINA_LIMIT, 60, 1}, at(0)) == LUMINA_REASON_NONE);
}

void test_message_rate_slides() {
  RiskGate gate({.max_messages = 3, .message_window_ns = 10 * kMs}, {}, {.messages = 4});
  auto send = [&, id = std::uint64_t{0}](std::int64_t ms) mutable {
    return gate.check(++id, {LUMINA_BUY, LUMINA_LIMIT, 50, 1}, at(ms * kMs));
  };
  assert(send(0) == LUMINA_REASON_NONE && send(4) == LUMINA_REASON_NONE);
  gate.count_cancel(5 * kMs);
  assert(send(9) == LUMINA_REASON_RISK_MESSAGE_RATE);
  assert(gate.check_replace(1, 51, 1, at(9 * kMs)) == LUMINA_REASON_RISK_MESSAGE_RATE);
  assert(send(10) == LUMINA_REASON_NONE);  // the first is a whole window old
  assert(send(13) == LUMINA_REASON_RISK_MESSAGE_RATE && send(14) == LUMINA_REASON_NONE);
  for (int i = 0; i < 10; ++i) gate.count_cancel(15 * kMs);  // more than the rate, none refused
  assert(send(24) == LUMINA_REASON_RISK_MESSAGE_RATE && send(25) == LUMINA_REASON_NONE);
  assert(complaint([&] { gate.set_limits({.max_messages = 5}); }) == "max_messages 5 is above the gate's 4");
  assert(complaint([&] {
           gate.set_limits({.max_messages = 1, .message_window_ns = 0});
         }).starts_with("message_window_ns 0 is not in [1, "));
}

void test_daily_loss_latches() {
  RiskGate gate({.max_daily_loss_units = 100}, lumina::ContractValue(false, 10, 1));
  gate.hold(10, 2 * 100);  // from here on a tick is 100 units
  auto buy = [&, id = std::uint64_t{0}](std::int64_t ns, std::int64_t mid2) mutable {
    const lumina_reason reason = gate.check(++id, {LUMINA_BUY, LUMINA_LIMIT, 100, 1}, at(ns, mid2));
    gate.on_end(id);
    return reason;
  };
  assert(buy(1, 199) == LUMINA_REASON_NONE && gate.day_pnl_units() == -50);
  assert(buy(2, 198) == LUMINA_REASON_RISK_DAILY_LOSS && gate.loss_reached());
  assert(buy(3, 300) == LUMINA_REASON_RISK_DAILY_LOSS);  // stays, whatever is made good
  assert(gate.check(50, {LUMINA_SELL, LUMINA_LIMIT, 100, 10}, at(4)) == LUMINA_REASON_NONE);
  assert(gate.check(51, {LUMINA_SELL, LUMINA_LIMIT, 100, 1}, at(4)) == LUMINA_REASON_RISK_DAILY_LOSS);
  gate.on_end(50);
  assert(buy(kDay - 1, 300) == LUMINA_REASON_RISK_DAILY_LOSS);
  assert(buy(kDay, 299) == LUMINA_REASON_NONE && gate.day_pnl_units() == -50);  // from the last mark of the old day
  assert(buy(kDay + 1, 298) == LUMINA_REASON_RISK_DAILY_LOSS);
  gate.reset();
  assert(buy(kDay + 2, 298) == LUMINA_REASON_NONE && gate.day_pnl_units() == 0);
  gate.on_fill(99, LUMINA_BUY, 149, 1, 100, at(kDay + 3));  // bought at the mid; the fee is the loss
  assert(gate.loss_reached() && gate.position_lots() == 11);
}

void test_duplicates() {
  RiskGate gate({.duplicate_window_ns = 10 * kMs}, {}, {.recent = 4});
  auto send = [&, id = std::uint64_t{0}](std::uint8_t side, std::int64_t price, std::int64_t qty, std::int64_t ms,
                                         std::uint8_t type = LUMINA_LIMIT) mutable {
    return gate.check(++id, {side, type, price, qty}, at(ms * kMs));
  };
  assert(send(LUMINA_BUY, 50, 1, 0) == LUMINA_REASON_NONE);
  assert(send(LUMINA_BUY, 50, 1, 9, LUMINA_IOC) == LUMINA_REASON_RISK_DUPLICATE);
  assert(send(LUMINA_BUY, 50, 1, 10) == LUMINA_REASON_NONE);  // a window after the one that left
  assert(send(LUMINA_SELL, 50, 1, 11) == LUMINA_REASON_NONE && send(LUMINA_BUY, 51, 1, 11) == LUMINA_REASON_NONE);
  assert(send(LUMINA_BUY, 50, 2, 11) == LUMINA_REASON_NONE);
  assert(send(LUMINA_BUY, 77, 7, 12) == LUMINA_REASON_RISK_DUPLICATE);  // a fifth within the window: no room to tell
  assert(send(LUMINA_BUY, 5, 3, 30, LUMINA_MARKET) == LUMINA_REASON_NONE);
  assert(send(LUMINA_BUY, 6, 3, 31, LUMINA_MARKET) == LUMINA_REASON_RISK_DUPLICATE);
  gate.set_limits({});
  assert(gate.check(1, {LUMINA_BUY, LUMINA_LIMIT, 90, 9}, at(99 * kMs)) == LUMINA_REASON_RISK_DUPLICATE);  // its id
}

void test_self_cross() {
  RiskGate gate({.refuse_self_cross = true});
  std::uint64_t id = 100;
  const auto probe = [&](std::uint8_t side, std::uint8_t type, std::int64_t price) {
    const lumina_reason reason = gate.check(++id, {side, type, price, 1}, at(0));
    gate.on_end(id);
    return reason;
  };
  assert(probe(LUMINA_BUY, LUMINA_MARKET, 0) == LUMINA_REASON_NONE);
  for (const std::int64_t price : {60, 58, 61})
    assert(gate.check(static_cast<std::uint64_t>(price), {LUMINA_SELL, LUMINA_LIMIT, price, 2}, at(0)) == 0);
  assert(probe(LUMINA_BUY, LUMINA_POST_ONLY, 58) == LUMINA_REASON_RISK_SELF_CROSS);
  assert(probe(LUMINA_BUY, LUMINA_IOC, 57) == LUMINA_REASON_NONE);
  assert(probe(LUMINA_BUY, LUMINA_MARKET, 0) == LUMINA_REASON_RISK_SELF_CROSS);
  assert(gate.check_replace(61, 55, 2, at(0)) == LUMINA_REASON_NONE);
  assert(probe(LUMINA_BUY, LUMINA_LIMIT, 55) == LUMINA_REASON_RISK_SELF_CROSS);  // where the replace may take it
  gate.on_replace_rejected(61);
  assert(probe(LUMINA_BUY, LUMINA_LIMIT, 57) == LUMINA_REASON_NONE);
  gate.on_end(58);
  assert(probe(LUMINA_BUY, LUMINA_LIMIT, 59) == LUMINA_REASON_NONE);
  assert(probe(LUMINA_BUY, LUMINA_LIMIT, 60) == LUMINA_REASON_RISK_SELF_CROSS);
  assert(gate.check(1, {LUMINA_BUY, LUMINA_LIMIT, 50, 1}, at(0)) == LUMINA_REASON_NONE);
  assert(gate.check_replace(60, 50, 2, at(0)) == LUMINA_REASON_RISK_SELF_CROSS);
  gate.on_fill(60, LUMINA_SELL, 60, 2, 0, at(0));
  gate.on_end(61);
  assert(gate.check(2, {LUMINA_SELL, LUMINA_IOC, 70, 1}, at(0)) == LUMINA_REASON_NONE);
  assert(probe(LUMINA_BUY, LUMINA_LIMIT, 80) == LUMINA_REASON_NONE);  // an IOC never rests
}

void test_kill_and_what_passes_it() {
  RiskGate gate;
  assert(gate.check(1, {LUMINA_BUY, LUMINA_LIMIT, 50, 4}, at(0)) == LUMINA_REASON_NONE);
  gate.on_fill(1, LUMINA_BUY, 50, 1, 0, at(0));
  gate.kill(7);
  gate.kill(8);
  assert(gate.killed() == 7);
  assert(gate.check(2, {LUMINA_SELL, LUMINA_LIMIT, 60, 1}, at(0)) == LUMINA_REASON_RISK_KILLED);
  assert(gate.check_replace(1, 50, 3, at(0)) == LUMINA_REASON_RISK_KILLED);
  assert(gate.check_replace(1, 50, 1, at(0)) == LUMINA_REASON_NONE);  // closes it
  assert(gate.check_replace(9, 50, 1, at(0)) == LUMINA_REASON_NONE);  // the exchange will say that there is none
  gate.count_cancel(0);
  gate.reset();
  assert(gate.killed() == 0 && gate.rejections(LUMINA_REASON_RISK_KILLED) == 2);
  assert(gate.check(2, {LUMINA_SELL, LUMINA_LIMIT, 60, 1}, at(0)) == LUMINA_REASON_NONE);
}

void test_the_order_of_the_rules() {
  RiskLimits limits{.max_order_lots = 1,
                    .max_notional_units = 1,
                    .price_band = 0.1,
                    .max_position_lots = 1,
                    .max_open_orders = 1,
                    .max_messages = 1,
                    .max_daily_loss_units = 1,
                    .duplicate_window_ns = kMs,
                    .refuse_self_cross = true};
  RiskGate gate;
  gate.hold(-5, 20);
  gate.set_limits({.max_messages = 1, .duplicate_window_ns = kMs});
  assert(gate.check(1, {LUMINA_SELL, LUMINA_LIMIT, 100, 2}, at(0, 20)) == LUMINA_REASON_NONE);
  gate.set_limits({.duplicate_window_ns = kMs});
  assert(gate.check(2, {LUMINA_BUY, LUMINA_LIMIT, 90, 7}, at(0, 20)) == LUMINA_REASON_NONE);
  gate.on_end(2);
  const auto next = [&](lumina_reason want) {
    gate.set_limits(limits);
    assert(gate.check(3, {LUMINA_BUY, LUMINA_LIMIT, 90, 7}, at(0, 30)) == want);
  };
  assert(gate.check(3, {LUMINA_BUY, LUMINA_LIMIT, 100, 0}, at(0)) == LUMINA_REASON_INVALID);
  gate.kill();
  next(LUMINA_REASON_RISK_KILLED);
  gate.mark(at(0, 20));
  gate.reset();  // counts from here
  gate.mark(at(0, 30));
  next(LUMINA_REASON_RISK_DAILY_LOSS);
  limits.max_daily_loss_units = 0;
  next(LUMINA_REASON_RISK_QTY);
  limits.max_order_lots = 0;
  next(LUMINA_REASON_RISK_NOTIONAL);
  limits.max_notional_units = 0;
  next(LUMINA_REASON_RISK_PRICE_BAND);
  limits.price_band = 0;
  next(LUMINA_REASON_RISK_POSITION);
  limits.max_position_lots = 0;
  next(LUMINA_REASON_RISK_OPEN_ORDERS);
  limits.max_open_orders = 0;
  next(LUMINA_REASON_RISK_DUPLICATE);
  limits.duplicate_window_ns = 0;
  limits.refuse_self_cross = false;
  next(LUMINA_REASON_RISK_MESSAGE_RATE);
  gate.set_limits({.max_messages = 1, .refuse_self_cross = true});
  assert(gate.check(3, {LUMINA_BUY, LUMINA_LIMIT, 100, 7}, at(0, 30)) == LUMINA_REASON_RISK_SELF_CROSS);
}

}  // namespace

int main() {
  test_form_size_notional_band_position();
  test_an_order_counts_as_the_most_it_may_come_to();
  test_open_orders_and_room();
  test_message_rate_slides();
  test_daily_loss_latches();
  test_duplicates();
  test_self_cross();
  test_kill_and_what_passes_it();
  test_the_order_of_the_rules();
  return 0;
}
