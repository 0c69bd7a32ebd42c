// The clock: conversion against exact arithmetic, never back, near the kernel's clock within its stated error, and
// what recalibration does to made-up moments.
#undef NDEBUG
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <stdexcept>

#include "lumina/platform/clock.hpp"

using lumina::Clock;
using lumina::ClockSource;
using lumina::TickScale;

namespace {

// 2.5 GHz is 2/5 ns a tick, 25 MHz 40, 1 GHz 1: the exact results are known in integers.
void conversion() {
  struct Rate {
    double ns_per_tick;
    std::int64_t num, den;
  };
  std::mt19937_64 random(1);
  for (const Rate& rate : {Rate{0.4, 2, 5}, Rate{40, 40, 1}, Rate{1, 1, 1}, Rate{0.3125, 5, 16}, Rate{2000, 2000, 1}}) {
    const TickScale scale(rate.ns_per_tick);
    for (int i = 0; i < 100000; ++i) {
      // up to 73 years of ns either way
      auto ticks = static_cast<std::int64_t>(random() >> (1 + random() % 60));
      if (rate.num > rate.den) ticks /= 2 * rate.num;
      if (i % 2) ticks = -ticks;
      const __int128 product = static_cast<__int128>(ticks) * rate.num;
      const auto exact = static_cast<std::int64_t>(product / rate.den - (product % rate.den < 0));
      // the rate is rounded to a double and then to 52 bits behind the point
      const auto within = static_cast<std::int64_t>(std::ldexp(std::fabs(static_cast<double>(ticks)), -52)) + 1;
      assert(std::llabs(scale.ns(ticks) - exact) <= within);
    }
    assert(scale.ns(0) == 0);
  }
  assert(TickScale().ns(123) == 123 && TickScale().ns(-123) == -123);
  assert(TickScale(1).ns(std::numeric_limits<std::int64_t>::max()) == std::numeric_limits<std::int64_t>::max());
  for (const double bad : {0.0, -1.0, 0.001, 2001.0, std::nan("")}) {
    bool refused = false;
    try {
      TickScale scale(bad);
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    assert(refused);
  }
}

void against_the_kernel(ClockSource source, clockid_t id) {
  Clock clock(source, 2'000'000, id);
  const std::int64_t start = lumina::clock_ns(CLOCK_MONOTONIC);
  std::int64_t last = clock.now_ns();
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 20000; ++i) {
      const std::int64_t before = lumina::clock_ns(id);
      const std::int64_t now = i % 2 ? clock.now_ns_ordered() : clock.now_ns();
      const std::int64_t after = lumina::clock_ns(id);
      assert(now >= last);
      last = now;
      // its rate was known to rate_error, and both the kernel's rate and the correction may change by a thousandth
      const double passed = static_cast<double>(lumina::clock_ns(CLOCK_MONOTONIC) - start) + 2e6;
      const double bound = static_cast<double>(clock.error_ns()) + passed * (clock.rate_error() + 0.002) + 1000;
      assert(static_cast<double>(before - now) <= bound && static_cast<double>(now - after) <= bound);
    }
    const Clock::Correction made = clock.recalibrate();
    assert(source == ClockSource::counter || (made.offset_ns == 0 && made.drift_ppm == 0 && !made.stepped));
    assert(clock.now_ns() >= last);
  }
}

// A clock that was made to believe in 4 ticks a ns, and has settled there.
struct Made {
  Clock clock{ClockSource::counter, 100'000};
  Clock::Sample base = clock.sample();
  Made() {
    clock.correct(base);
    base = {base.ticks + 4'000'000'000u, base.ns + 1'000'000'000, 10};  // 4 ticks a ns, whatever the machine's rate
    clock.correct(base);
    for (int i = 0; i < 1000; ++i) settle();  // half a second of what it is ahead in each
  }
  Clock::Correction at(std::int64_t ticks, std::int64_t ns) {
    base = {base.ticks + static_cast<std::uint64_t>(ticks), base.ns + ns, 10};
    return clock.correct(base);
  }
  void settle() { at(4'000'000'000, 1'000'000'000); }
};

void corrections() {
  Made made;
  assert(std::llabs(made.at(4'000'000'000, 1'000'000'000).offset_ns) <= 1);
  assert(std::fabs(made.clock.frequency_hz() - 4e9) < 100);
  // the kernel's clock runs 100 ppm fast for a second: found, and made good in the next
  Clock::Correction drift = made.at(4'000'000'000, 1'000'100'000);
  assert(std::llabs(drift.offset_ns - 100'000) <= 2 && std::fabs(drift.drift_ppm - 100) < 0.1 && !drift.stepped);
  drift = made.at(4'000'000'000, 1'000'100'000);
  assert(std::llabs(drift.offset_ns) <= 30 && std::fabs(drift.drift_ppm + 100) < 0.1);
  made.settle();
  made.settle();
  made.settle();
  // no jump where it is corrected: the moment of the sample is what it was
  const std::uint64_t ticks = made.base.ticks + 4'000'000'000u;
  const std::int64_t before = made.clock.at_ns(ticks);
  made.at(4'000'000'000, 1'000'400'000);
  assert(made.clock.at_ns(ticks) == before && made.clock.at_ns(ticks + 4) >= before);
  made.settle();
  made.settle();
  // far behind: it jumps
  const Clock::Correction step = made.at(4'000'000'000, 5'000'000'000);
  assert(step.stepped && made.clock.at_ns(made.base.ticks) == made.base.ns);
  // far ahead: it slows down to half, and still goes forward
  const std::int64_t ahead = made.clock.at_ns(made.base.ticks);
  const Clock::Correction slow = made.at(4'000'000'000, 500'000'000);
  assert(slow.offset_ns < -499'000'000 && !slow.stepped);
  std::int64_t last = ahead;
  for (std::uint64_t i = 1; i < 1000; ++i) {
    const std::int64_t now = made.clock.at_ns(made.base.ticks + i * 1000);
    assert(now > last);
    last = now;
  }
  // too soon for a measure
  const double frequency = made.clock.frequency_hz();
  made.at(100, 90);
  assert(made.clock.frequency_hz() == frequency);
  // the counter began again at 0
  const std::int64_t least = made.clock.at_ns(made.base.ticks) - 1'000'000'000;
  made.base.ticks = 0;
  assert(made.at(1, 1'000'000'000).stepped && made.clock.at_ns(1) >= least);
}

void ordered_reads() {
  const std::uint64_t one = lumina::read_ticks_begin();
  const std::uint64_t two = lumina::read_ticks_end();
  assert(two >= one);
  const Clock clock(ClockSource::kernel);
  const Clock::Granularity grain = clock.granularity();
  assert(grain.ns_per_tick == 1 && grain.step_ns >= 1 && grain.read_ns > 0);
  assert(clock.elapsed_ns(5, 12) == 7);
}

}  // namespace

int main() {
  conversion();
  for (const clockid_t id : {CLOCK_MONOTONIC, CLOCK_REALTIME}) {
    against_the_kernel(ClockSource::kernel, id);
    if (lumina::best_clock_source() == ClockSource::counter) against_the_kernel(ClockSource::counter, id);
  }
  if (lumina::ticks_are_invariant()) corrections();
  ordered_reads();
  assert(lumina::best_clock_source("/nonexistent") ==
         (lumina::ticks_are_invariant() ? ClockSource::counter : ClockSource::kernel));
  bool refused = false;
  try {
    Clock clock(99'999);
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  assert(refused);
}
