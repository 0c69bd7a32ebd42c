// The processor's own counter, unconverted: the time stamp counter on x86-64, the virtual counter on aarch64,
// CLOCK_MONOTONIC elsewhere. What a hot path stamps with; Clock turns it into ns.
#pragma once

#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace lumina {

inline std::int64_t clock_ns(clockid_t id) noexcept {
  timespec now{};
  clock_gettime(id, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// May be taken a few ns earlier or later than where it stands: neighbouring instructions can overtake it.
inline std::uint64_t read_ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t ticks;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return static_cast<std::uint64_t>(clock_ns(CLOCK_MONOTONIC));
#endif
}

// At the start of what is measured: after all earlier instructions, before all later ones.
inline std::uint64_t read_ticks_begin() noexcept {
#if defined(__x86_64__)
  _mm_lfence();  // waits for everything before it
  const std::uint64_t ticks = __rdtsc();
  _mm_lfence();  // nothing after it starts earlier
  return ticks;
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");  // as lfence
  const std::uint64_t ticks = read_ticks();
  asm volatile("isb" ::: "memory");
  return ticks;
#else
  return read_ticks();
#endif
}

// At its end: rdtscp waits for earlier instructions by itself, which is cheaper than a fence before it.
inline std::uint64_t read_ticks_end() noexcept {
#if defined(__x86_64__)
  unsigned core;
  const std::uint64_t ticks = __rdtscp(&core);
  _mm_lfence();
  return ticks;
#else
  return read_ticks_begin();
#endif
}

// Whether the processor says that its counter runs at one rate in every state of power, and has rdtscp.
inline bool ticks_are_invariant() noexcept {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool rdtscp = __get_cpuid(0x80000001, &a, &b, &c, &d) && (d & (1u << 27));
  return rdtscp && __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8));
#elif defined(__aarch64__)
  return true;  // by the architecture
#else
  return false;
#endif
}

}  // namespace lumina
