// The risk gate: each rule at its bound, the first broken rule wins.
#undef NDEBUG
#include <cassert>
#include <cstdint>

#include "lumina/risk.hpp"

using lumina::RiskGate;

int main() {
  const lumina::ContractValue contract(false, 10, 1);
  const RiskGate gate(
      {.max_order_lots = 100, .max_notional_units = 50'000, .price_band = 0.1, .max_position_lots = 150}, contract);
  const RiskGate::State flat{0, 0, 2 * 100, 2 * 100};
  const auto check = [&](std::uint8_t side, std::uint8_t type, std::int64_t price, std::int64_t qty,
                         const RiskGate::State& state) { return gate.check({side, type, price, qty}, state); };
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 50, flat) == LUMINA_REASON_NONE);
  assert(check(LUMINA_NONE, LUMINA_LIMIT, 100, 50, flat) == LUMINA_REASON_INVALID);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 0, 50, flat) == LUMINA_REASON_INVALID);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 101, flat) == LUMINA_REASON_RISK_QTY);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 51, flat) == LUMINA_REASON_RISK_NOTIONAL);
  assert(check(LUMINA_SELL, LUMINA_MARKET, 0, 51, flat) == LUMINA_REASON_RISK_NOTIONAL);
  assert(check(LUMINA_SELL, LUMINA_MARKET, 0, 51, {0, 0, 200, 0}) == LUMINA_REASON_NONE);
  assert(check(LUMINA_BUY, LUMINA_POST_ONLY, 90, 1, flat) == LUMINA_REASON_NONE);
  assert(check(LUMINA_BUY, LUMINA_POST_ONLY, 89, 1, flat) == LUMINA_REASON_RISK_PRICE_BAND);
  assert(check(LUMINA_SELL, LUMINA_IOC, 111, 1, flat) == LUMINA_REASON_RISK_PRICE_BAND);
  assert(check(LUMINA_SELL, LUMINA_IOC, 111, 1, {0, 0, 0, 0}) == LUMINA_REASON_NONE);
  assert(check(LUMINA_BUY, LUMINA_LIMIT, 100, 11, {100, 40, 200, 200}) == LUMINA_REASON_RISK_POSITION);
  assert(check(LUMINA_SELL, LUMINA_LIMIT, 100, 11, {-100, 40, 200, 200}) == LUMINA_REASON_RISK_POSITION);
  assert(check(LUMINA_SELL, LUMINA_LIMIT, 100, 11, {100, 40, 200, 200}) == LUMINA_REASON_NONE);
  assert(RiskGate().check({LUMINA_BUY, LUMINA_LIMIT, 1, INT32_MAX}, flat) == LUMINA_REASON_NONE);
  return 0;
}
