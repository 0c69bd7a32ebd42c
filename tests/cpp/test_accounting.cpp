// The identity of the accounts, exact in integers, over long random runs of linear and inverse contracts.
#undef NDEBUG
#include <cassert>
#include <cstdint>
#include <random>

#include "lumina/backtest/accounting.hpp"

using lumina::Account;
using lumina::ContractValue;
using lumina::Side;

namespace {

void identity(const ContractValue& contract, unsigned seed) {
  std::mt19937 random(seed);
  Account account(contract);
  std::int64_t mid2 = lumina::kNoMid, fees = 0, impact = 0, spread = 0, cash = 0, position = 0;
  for (int i = 0; i < 100000; ++i) {
    const auto price = static_cast<std::int32_t>(40000 + random() % 1000);
    if (random() % 2 != 0) {
      mid2 = 2 * 40000 + random() % 2000;
      account.mark(mid2);
      if (random() % 8 == 0) account.funding(static_cast<int>(random() % 2000) - 1000, mid2);
    } else {
      const Side side = random() % 2 ? Side::buy : Side::sell;
      const std::int64_t qty = 1 + random() % 50;
      const auto effect =
          account.on_fill(side, price, qty, mid2, static_cast<int>(random() % 500000) - 100000, random() % 3);
      if (mid2 == lumina::kNoMid) mid2 = 2 * price;
      fees += effect.fee_units;
      impact += effect.impact_units;
      spread += effect.spread_capture_units;
      cash += effect.cash_units;
      position += side == Side::buy ? qty : -qty;
      assert(effect.position_lots == position);
    }
    const auto t = account.totals();
    const auto held = static_cast<std::int64_t>(contract.value(mid2, position));
    assert(t.fees_units == fees && t.impact_units == impact && t.spread_capture_units == spread);
    assert(t.cash_units == cash);
    assert(t.pnl_units == spread + t.inventory_units - fees - impact - t.funding_units);
    assert(t.pnl_units == cash + held - fees - impact - t.funding_units);
    assert(account.liquidation(mid2) == 0);
  }
  assert(!account.overflow());
}

}  // namespace

int main() {
  identity(ContractValue(false, 10'000'000, 1), 1);
  identity(ContractValue(false, 1, 7), 2);
  identity(ContractValue(true, 1'000'000'000'000'000, 1), 3);
  identity(ContractValue(true, 1'000'000'007, 3), 4);

  static_assert(lumina::detail::round_half_even_div(5, 2) == 2 && lumina::detail::round_half_even_div(7, 2) == 4);
  static_assert(lumina::detail::round_half_even_div(-5, 2) == -2 && lumina::detail::round_half_even_div(-7, 2) == -4);
  static_assert(lumina::detail::round_half_even_div(-8, 3) == -3 && lumina::detail::round_half_even_div(8, 3) == 3);
  static_assert(lumina::detail::ceil_div(7, 2) == 4 && lumina::detail::ceil_div(-7, 2) == -3);
  static_assert(lumina::fee(-100, 1) == 0 && lumina::fee(100, -1) == 1);
  return 0;
}
