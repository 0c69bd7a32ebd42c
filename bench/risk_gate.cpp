// What the risk gate costs an order: judged with every rule on, and its end heard when 32 more have been. The floor is
// the same loop over a plain struct of limits: size, notional, band and position compared, with nothing remembered.
#include <cstdint>

#include "lumina/risk.hpp"

namespace {

using lumina::RiskGate;

constexpr std::uint64_t kResting = 32;  // own orders open at a time

struct Flow {
  std::uint64_t state = 1;
  std::int64_t now_ns = 0;

  RiskGate::Order next() noexcept {
    state = state * 6364136223846793005u + 1442695040888963407u;
    now_ns += 1'000;
    const auto side = static_cast<std::uint8_t>(state >> 63);
    const auto away = static_cast<std::int64_t>(state >> 40 & 15);
    return {side, LUMINA_POST_ONLY, side == LUMINA_BUY ? 9'990 - away : 10'010 + away,
            1 + static_cast<std::int64_t>(state >> 50 & 1023)};
  }
};

lumina::RiskLimits all_on() {
  return {.max_order_lots = 2'000,
          .max_notional_units = 100'000'000,
          .price_band = 0.1,
          .max_position_lots = 1 << 20,
          .max_open_orders = 100,
          .max_messages = 10'000,
          .message_window_ns = 1'000'000,
          .max_daily_loss_units = 1'000'000'000,
          .duplicate_window_ns = 5'000,
          .refuse_self_cross = true};
}

long judge(RiskGate& gate, long n) {
  Flow flow;
  for (std::uint64_t id = 1; id <= kResting; ++id) {
    const RiskGate::Order order = flow.next();
    (void)gate.check(id, order, {flow.now_ns, 20'000});
  }
  long passed = 0;
  for (long i = 0; i < n; ++i) {
    const RiskGate::Order order = flow.next();
    const std::uint64_t id = kResting + 1 + static_cast<std::uint64_t>(i);
    passed += gate.check(id, order, {flow.now_ns, 20'000}) == LUMINA_REASON_NONE;
    gate.on_end(id - kResting);  // nothing, if it did not pass
  }
  return passed;
}

struct PlainLimits {
  std::int64_t lots = 2'000, notional = 100'000'000, band2 = 2'000, position = 1 << 20;
};

}  // namespace

extern "C" {

long gate_all_on(long n) {
  RiskGate gate(all_on(), lumina::ContractValue(false, 1, 1));
  return judge(gate, n);
}
long gate_all_off(long n) {
  RiskGate gate({}, lumina::ContractValue(false, 1, 1));
  return judge(gate, n);
}
long plain_limits(long n) {
  PlainLimits limits;
  // read anew for each order, as a gate must
  asm volatile("" : : "r"(&limits) : "memory");
  Flow flow;
  long passed = 0;
  std::int64_t open = 0;
  for (long i = 0; i < n; ++i) {
    const RiskGate::Order order = flow.next();
    asm volatile("" : "+r"(open) : "r"(&limits) : "memory");
    const std::int64_t away2 = 2 * order.price_ticks - 20'000;
    if (order.qty_lots > limits.lots || order.qty_lots * order.price_ticks > limits.notional ||
        (away2 < 0 ? -away2 : away2) > limits.band2 || open + order.qty_lots > limits.position) {
      continue;
    }
    ++passed;
  }
  return passed;
}
}
