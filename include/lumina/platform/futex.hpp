// Sleeping on a 32-bit word until somebody changes it, also between processes that share its memory.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <ctime>

namespace lumina::detail {

inline constexpr std::chrono::nanoseconds kNoTimeout = std::chrono::nanoseconds::max();

// Sleeps while the word is `seen`, at most for `timeout`. May return early: the caller looks again. std::atomic::wait
// will not do: it has no timeout, and libstdc++ wakes within one process only.
inline void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen,
                       std::chrono::nanoseconds timeout) noexcept {
  timespec time{};
  time.tv_sec = static_cast<time_t>(timeout.count() / 1'000'000'000);
  time.tv_nsec = static_cast<long>(timeout.count() % 1'000'000'000);
  static_assert(sizeof(word) == sizeof(seen));
  syscall(SYS_futex, &word, FUTEX_WAIT, seen, timeout == kNoTimeout ? nullptr : &time, nullptr, 0);
}

inline void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace lumina::detail
