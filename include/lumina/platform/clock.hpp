// Time in ns from the processor's counter: calibrated against the kernel's clock, never going back, kept near that
// clock by recalibrate(). Where the counter is not to be trusted, the kernel's clock itself. One owner thread;
// copies are clocks of their own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "lumina/platform/files.hpp"
#include "lumina/platform/ticks.hpp"

namespace lumina {

// Ticks to ns as a product and a shift: ns = ticks * multiplier / 2^shift, rounded down. The product has 128 bits, so
// that no difference of two 64-bit counters overflows it.
class TickScale {
 public:
  static constexpr int kShift = 52;
  static constexpr double kMostNsPerTick = 2000;  // 0.5 MHz

  TickScale() = default;  // a tick is a ns
  explicit TickScale(double ns_per_tick) {
    if (!valid(ns_per_tick)) {
      throw std::invalid_argument("ns_per_tick " + std::to_string(ns_per_tick) + " is not in [0.01, 2000]");
    }
    multiplier_ = static_cast<std::uint64_t>(std::ldexp(ns_per_tick, kShift) + 0.5);
  }
  static bool valid(double ns_per_tick) noexcept { return ns_per_tick >= 0.01 && ns_per_tick <= kMostNsPerTick; }

  std::int64_t ns(std::int64_t ticks) const noexcept {
    __extension__ using Wide = __int128;
    return static_cast<std::int64_t>((static_cast<Wide>(ticks) * multiplier_) >> kShift);
  }
  double ns_per_tick() const noexcept { return std::ldexp(static_cast<double>(multiplier_), -kShift); }

 private:
  std::uint64_t multiplier_ = std::uint64_t{1} << kShift;
};

enum class ClockSource : std::uint8_t { counter, kernel };

// The counter, if the processor calls it invariant and the kernel has not found it unstable.
inline ClockSource best_clock_source(const std::string& root = "/") {
  if (!ticks_are_invariant()) return ClockSource::kernel;
#if defined(__x86_64__)
  const std::string sources = read_text(root, "sys/devices/system/clocksource/clocksource0/available_clocksource");
  if (!sources.empty() && sources.find("tsc") == std::string::npos) return ClockSource::kernel;
#else
  (void)root;
#endif
  return ClockSource::counter;
}

class Clock {
 public:
  // The same moment by the counter and by the kernel, give or take half_width ticks: the narrowest of several pairs.
  struct Sample {
    std::uint64_t ticks;
    std::int64_t ns;
    std::uint64_t half_width;
  };
  struct Correction {
    std::int64_t offset_ns = 0;  // kernel's clock - this one, found now
    double drift_ppm = 0;        // rate of the kernel's clock against this one's since the last time
    bool stepped = false;        // it was too far behind to catch up smoothly
  };

  // Behind by more than this: the clock jumps forward. Less, or ahead: its rate changes.
  static constexpr std::int64_t kStepNs = 1'000'000;

  // Calibrates for calibration_ns, busy, and again at each recalibrate(). id is CLOCK_MONOTONIC, or CLOCK_REALTIME for
  // ns since 1970. Throws std::invalid_argument on an interval outside [1e5, 1e10] ns.
  explicit Clock(ClockSource source, std::int64_t calibration_ns = 10'000'000, clockid_t id = CLOCK_MONOTONIC)
      : source_(source), id_(id) {
    if (calibration_ns < kLeastIntervalNs || calibration_ns > 10'000'000'000) {
      throw std::invalid_argument("calibration_ns " + std::to_string(calibration_ns) + " is not in [100000, 1e10]");
    }
    if (source_ == ClockSource::kernel) return;
    const Sample first = sample();
    Sample second = first;
    while (second.ns - first.ns < calibration_ns) second = sample();
    const double rate = static_cast<double>(second.ns - first.ns) / static_cast<double>(second.ticks - first.ticks);
    if (!TickScale::valid(rate)) {
      source_ = ClockSource::kernel;
      return;
    }
    scale_ = TickScale(rate);
    rate_error_ =
        static_cast<double>(first.half_width + second.half_width) / static_cast<double>(second.ticks - first.ticks);
    set(second, second.ns);
  }
  explicit Clock(std::int64_t calibration_ns = 10'000'000, clockid_t id = CLOCK_MONOTONIC)
      : Clock(best_clock_source(), calibration_ns, id) {}

  // What this thread got before is never more than what it gets now.
  std::int64_t now_ns() const noexcept { return source_ == ClockSource::counter ? at_ns(read_ticks()) : clock_ns(id_); }
  // Nothing before it is still running, nothing after it has begun.
  std::int64_t now_ns_ordered() const noexcept {
    return source_ == ClockSource::counter ? at_ns(read_ticks_begin()) : clock_ns(id_);
  }
  // What this clock stamps with: the counter, or ns of the kernel's clock.
  std::uint64_t ticks() const noexcept {
    return source_ == ClockSource::counter ? read_ticks() : static_cast<std::uint64_t>(clock_ns(id_));
  }
  // The time of a stamp; also of one before the last calibration.
  std::int64_t at_ns(std::uint64_t ticks) const noexcept {
    return base_ns_ + scale_.ns(static_cast<std::int64_t>(ticks - base_ticks_));
  }
  // Of a difference of two stamps.
  std::int64_t elapsed_ns(std::uint64_t from, std::uint64_t to) const noexcept {
    return scale_.ns(static_cast<std::int64_t>(to - from));
  }

  // Compares with the kernel's clock and corrects: the rate is measured since the last time and bent so that the
  // offset is gone after as long again. Off the hot path, each second or so: the longer since the last time, the more
  // exact the rate. Too soon for a measure (under 100 us), it changes nothing.
  Correction recalibrate() {
    if (source_ == ClockSource::kernel) return {};
    return correct(sample());
  }
  // The same with a sample taken by the caller, who has not asked for the time since.
  Correction correct(const Sample& now) {
    Correction made;
    const std::int64_t interval = now.ns - kernel_ns_;
    const auto passed = static_cast<std::int64_t>(now.ticks - base_ticks_);
    const std::int64_t mine = at_ns(now.ticks);
    made.offset_ns = now.ns - mine;
    if (passed <= 0 || made.offset_ns > kStepNs) {  // the counter was set back, or the machine was elsewhere
      made.stepped = true;
      set(now, std::max(now.ns, base_ns_));
      return made;
    }
    const double rate = static_cast<double>(interval) / static_cast<double>(passed);
    if (interval < kLeastIntervalNs || !TickScale::valid(rate)) return made;
    made.drift_ppm = (rate / scale_.ns_per_tick() - 1) * 1e6;
    // by a thousandth at most, but where it is far ahead by up to a half: it may slow down, never stop or go back
    const double most = made.offset_ns < -kStepNs ? 0.5 : 0.001;
    const double bend = std::clamp(static_cast<double>(made.offset_ns) / static_cast<double>(interval), -most, 0.001);
    rate_error_ = static_cast<double>(half_width_ + now.half_width) / static_cast<double>(passed);
    set(now, mine);
    scale_ = TickScale(rate * (1 + bend));
    return made;
  }

  Sample sample() const noexcept {
    Sample best{};
    std::uint64_t narrowest = std::numeric_limits<std::uint64_t>::max();
    for (int i = 0; i < 16; ++i) {
      const std::uint64_t before = read_ticks_begin();
      const std::int64_t ns = clock_ns(id_);
      const std::uint64_t width = read_ticks_end() - before;
      if (width >= narrowest) continue;
      narrowest = width;
      best = {before + width / 2, ns, width / 2 + 1};
    }
    return best;
  }

  struct Granularity {
    double ns_per_tick;
    std::int64_t step_ns;  // the least difference of two readings that was not 0
    double read_ns;        // what one reading takes, on average
  };
  Granularity granularity(int readings = 10'000) const noexcept {
    readings = std::max(readings, 2);
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    const std::int64_t start = now_ns();
    std::int64_t last = start;
    for (int i = 0; i < readings; ++i) {
      const std::int64_t now = now_ns();
      if (now > last) least = std::min(least, now - last);
      last = now;
    }
    if (last == start) least = 0;
    return {scale_.ns_per_tick(), least, static_cast<double>(last - start) / readings};
  }

  ClockSource source() const noexcept { return source_; }
  // Counts a second.
  double frequency_hz() const noexcept { return 1e9 / scale_.ns_per_tick(); }
  // By how much it may have been off the kernel's clock when it was last set, apart from what it had to catch up.
  std::int64_t error_ns() const noexcept {
    return source_ == ClockSource::counter ? scale_.ns(static_cast<std::int64_t>(half_width_)) + 1 : 0;
  }
  // By how much its rate may be off, as a fraction, where the kernel's own rate does not change.
  double rate_error() const noexcept { return rate_error_; }

 private:
  static constexpr std::int64_t kLeastIntervalNs = 100'000;

  void set(const Sample& at, std::int64_t ns) noexcept {
    base_ticks_ = at.ticks;
    base_ns_ = ns;
    kernel_ns_ = at.ns;
    half_width_ = at.half_width;
  }

  ClockSource source_;
  clockid_t id_;
  TickScale scale_;
  std::uint64_t base_ticks_ = 0;
  std::int64_t base_ns_ = 0;
  std::int64_t kernel_ns_ = 0;  // the kernel's clock at base_ticks_
  std::uint64_t half_width_ = 0;
  double rate_error_ = 0;
};

}  // namespace lumina
