// How long a thread that only reads the clock is held up: interrupts, the scheduler, the hypervisor, power states.
#pragma once

#include <cstdint>

#include "lumina/histogram.hpp"
#include "lumina/platform/clock.hpp"

namespace lumina {

// Gaps between consecutive readings of the clock for duration_ns, in ns, by the thread that calls; the first ones, in
// which code and memory are fetched, are left out.
inline Histogram measure_jitter(const Clock& clock, std::int64_t duration_ns) {
  constexpr int kWarmUp = 1000;
  Histogram gaps;
  std::uint64_t last = clock.ticks();
  for (int i = 0; i < kWarmUp; ++i) {
    const std::uint64_t now = clock.ticks();
    gaps.record(clock.elapsed_ns(last, now));
    last = now;
  }
  gaps.reset();
  const std::uint64_t start = last = clock.ticks();
  while (clock.elapsed_ns(start, last) < duration_ns) {
    const std::uint64_t now = clock.ticks();
    gaps.record(clock.elapsed_ns(last, now));
    last = now;
  }
  return gaps;
}

}  // namespace lumina
