// What other threads do to a gate at work: limits are never seen in part, a kill holds.
#undef NDEBUG
#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <thread>

#include "lumina/risk.hpp"

using lumina::Published;
using lumina::RiskGate;
using lumina::RiskLimits;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kRounds = 5'000;
#else
constexpr std::uint64_t kRounds = 100'000;
#endif

// Twelve words that belong together, as the rules are.
void test_no_value_is_torn() {
  using Words = std::array<std::uint64_t, 12>;
  const auto words_of = [](std::uint64_t first) {
    Words words;
    for (std::uint64_t i = 0; i < words.size(); ++i) words[i] = first + i;
    return words;
  };
  Published<Words> published(words_of(0));
  // the writer goes on until the reader has taken enough, however the two are scheduled
  std::atomic<bool> enough{false};
  std::thread writer([&] {
    for (std::uint64_t round = 1; !enough.load(std::memory_order_relaxed); ++round) {
      published.store(words_of(round * 100));
      // at every pace: without a pause the reader is overtaken nearly always, with one hardly ever
      const std::uint64_t pause = round % 2048 < 512 ? 0 : round % 2048;
      for (std::uint64_t i = 0; i < pause && !enough.load(std::memory_order_relaxed); ++i) {
      }
    }
  });
  Words words = words_of(0);
  std::uint64_t version = 0;
  for (std::uint64_t taken = 0; taken < kRounds / 5;) {
    const std::uint64_t before = version;
    const bool whole = published.load(words, version);
    assert(whole ? version >= before : version == before);
    assert(words[0] == version * 100);
    for (std::uint64_t i = 0; i < words.size(); ++i) assert(words[i] == words[0] + i);
    taken += version != before;
    if (version == before) std::this_thread::yield();  // on one core the writer's turn
  }
  enough.store(true, std::memory_order_relaxed);
  writer.join();
}

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
    const lumina_reason reason = gate.check(1, {LUMINA_BUY, LUMINA_LIMIT, 1, 20}, {0, 0, 0});
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
  test_no_value_is_torn();
  test_limits_change_whole();
  test_kill_and_reset_while_sending();
  return 0;
}
