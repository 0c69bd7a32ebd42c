// How a thread waits for a ring: four ways, and the place where it sleeps.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <thread>

#include "lumina/platform/futex.hpp"

namespace lumina {

inline constexpr std::size_t kRingLine = 128;  // two lines of 64, which processors fetch as a pair

// spin: a bare loop, the quickest answer, on a core of its own; pause: with the processor's hint, which leaves room to
// a sibling; yield: pauses, then lets other threads run; park: pauses, then sleeps until woken. All that use a ring
// wait in the way that it was created with, because only for `park` is anybody woken. A call that comes out of a run of
// items to find no more pauses once before it looks again and returns, with spin for some 50 ns, with the others for
// some 400: a single message is answered as quickly by all, a stream of them is carried faster the longer the pause.
// SpscLatencyRing, and producers of a Disruptor, look again at once.
enum class Wait : std::uint32_t { spin = 0, pause = 1, yield = 2, park = 3 };

enum class RingStatus : std::uint8_t { ok, timeout, closed };

using detail::kNoTimeout;

namespace detail {

inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// The time given to the other side by a thread that comes out of a run of items to find no more, or no more room: who
// looks again at once takes the lines away that the next item is being written to, and so slows both down to a line's
// travel an item. A single item is no run: a thread that waits for one after the other is not kept from it.
inline void step_back(Wait wait) noexcept {
  constexpr std::uint32_t kSpinPauses = 4, kPauses = 32;  // some 50 and 400 ns on the processors of 2023
  for (std::uint32_t i = wait == Wait::spin ? kSpinPauses : kPauses; i > 0; --i) relax();
}

// For a thread that has its side to itself and stopped at position `at`, before that at `stopped_at`: whether it was
// time to step back, and so to look again. Positions of neighbours are `step` apart.
inline bool stepped_back(Wait wait, std::uint64_t at, std::uint64_t& stopped_at, std::uint64_t step = 1) noexcept {
  const bool run = at - stopped_at > step;
  stopped_at = at;
  if (run) step_back(wait);
  return run;
}

// Waiters count themselves in before they look once more and sleep; a notifier publishes before it looks at the count.
class alignas(kRingLine) WaitPoint {
 public:
  // After what is waited for has been published. The read is a read-modify-write with acquire and release: it stands
  // either before a waiter's own in the order of `waiters_`, and the waiter then sees what was published, or after it,
  // and the waiter is woken. A plain load could be done before the publishing store, and a wake-up be lost.
  void notify() noexcept {
    if (waiters_.fetch_add(0, std::memory_order_acq_rel) != 0) [[unlikely]]
      wake();
  }
  // Release: a waiter that reads the new epoch sees what was published before, and does not sleep on it.
  void wake() noexcept {
    epoch_.fetch_add(1, std::memory_order_release);
    futex_wake_all(epoch_);
  }

  // Returns once ready() holds, somebody woke this thread, or the time is over.
  template <class Ready>
  void sleep(Ready&& ready, std::chrono::nanoseconds timeout) noexcept {
    waiters_.fetch_add(1, std::memory_order_acq_rel);                   // with notify()
    const std::uint32_t seen = epoch_.load(std::memory_order_acquire);  // with wake()
    if (!ready()) futex_wait(epoch_, seen, timeout);
    waiters_.fetch_sub(1, std::memory_order_relaxed);  // too late only costs a needless wake-up
  }

 private:
  std::atomic<std::uint32_t> epoch_{0};
  std::atomic<std::uint32_t> waiters_{0};
};

// Whether ready() came to hold before the time was over.
template <class Ready>
bool wait_until_ready(Wait wait, WaitPoint& point, std::chrono::nanoseconds timeout, Ready&& ready) noexcept {
  using Clock = std::chrono::steady_clock;
  constexpr std::uint32_t kPauses = 1000;  // some tens of microseconds, before the kernel is asked
  if (ready()) return true;
  if (timeout <= std::chrono::nanoseconds::zero()) return false;
  const bool forever = timeout == kNoTimeout;
  const Clock::time_point begin = forever ? Clock::time_point{} : Clock::now();
  for (std::uint32_t turn = 1;; ++turn) {
    std::chrono::nanoseconds left = kNoTimeout;
    if (!forever && (turn % 64 == 0 || turn > kPauses)) {
      left = timeout - (Clock::now() - begin);
      if (left <= std::chrono::nanoseconds::zero()) return ready();
    }
    if (wait == Wait::pause || (wait != Wait::spin && turn <= kPauses))
      relax();
    else if (wait == Wait::yield)
      std::this_thread::yield();
    else if (wait == Wait::park)
      point.sleep(ready, left);
    if (ready()) return true;
    if (turn == std::numeric_limits<std::uint32_t>::max()) turn = kPauses;
  }
}

}  // namespace detail
}  // namespace lumina
