// What other threads do to a gate at work: limits are never seen in part, a kill holds.
#undef NDEBUG
#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <thread>

#include "lumina/risk.hpp"

using lumina::RiskGate;
using lumina::RiskLimits;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kRounds = 50'000;
#else
constexpr std::uint64_t kRounds = 1'000'000;
#endif

// Two sets of limits, each of which refuses the order for a reason of its own; a mixture would let it pass.
void test_limits_change_whole() {
  const RiskLimits small{.max_order_lots = 10, .refuse_self_cross = true};
  const RiskLimits cheap{.max_order_lots = 30, .max_notional_units = 5};
  RiskGate gate(small);
  std::atomic<bool> done{false};
  std::thread controller([&] {
    for (std::uint64_t round = 0; round < kRounds; ++round) gate.set_limits(round % 2 ? small : cheap);
    gate.kill(3);
    done.store(true, std::memory_order_release);
  });
  std::uint64_t sent = 0;
  std::array<std::uint64_t, lumina::kReasons> seen{};
  for (bool last = false; !last; ++sent) {
    last = done.load(std::memory_order_acquire);
    const lumina_reason reason = gate.check(1, {LUMINA_BUY, LUMINA_LIMIT, 1, 20}, {0});
    ++seen[reason];
    assert(reason == LUMINA_REASON_RISK_QTY || reason == LUMINA_REASON_RISK_NOTIONAL ||
           reason == LUMINA_REASON_RISK_KILLED);
    assert(!last || reason == LUMINA_REASON_RISK_KILLED);
    gate.count_cancel(0);
  }
  controller.join();
  assert(gate.open_orders() == 0 && gate.killed() == 3);
  std::uint64_t refused = 0;
  for (std::size_t reason = 0; reason < seen.size(); ++reason) {
    assert(gate.rejections(static_cast<lumina_reason>(reason)) == seen[reason]);
    refused += seen[reason];
  }
  assert(refused == sent);
}

// Kills and resets while orders go through: what was sent is what passed, and the last word holds.
void test_kill_and_reset_while_sending() {
  RiskGate gate({.max_daily_loss_units = 1'000'000});
  std::atomic<bool> done{false};
  std::thread controller([&] {
    for (std::uint32_t round = 1; round <= kRounds / 10; ++round) {
      gate.kill(round);
      assert(gate.killed() == round);
      (void)gate.rejections(LUMINA_REASON_RISK_KILLED);
      (void)gate.loss_reached();
      gate.reset();
    }
    done.store(true, std::memory_order_release);
  });
  std::uint64_t passed = 0, refused = 0;
  for (std::uint64_t id = 1; !done.load(std::memory_order_acquire); ++id) {
    const lumina_reason reason = gate.check(id, {LUMINA_SELL, LUMINA_LIMIT, 7, 1}, {0, 14, 0});
    assert(reason == LUMINA_REASON_NONE || reason == LUMINA_REASON_RISK_KILLED);
    ++(reason == LUMINA_REASON_NONE ? passed : refused);
    gate.on_end(id);
  }
  controller.join();
  assert(gate.rejections(LUMINA_REASON_RISK_KILLED) == refused && gate.killed() == 0);
  assert(gate.check(1, {LUMINA_SELL, LUMINA_LIMIT, 7, 1}, {0, 14, 0}) == LUMINA_REASON_NONE);
  (void)passed;
}

}  // namespace

int main() {
  test_limits_change_whole();
  test_kill_and_reset_while_sending();
  return 0;
}
