// Real-time scheduling, for who asks for it: SCHED_FIFO, and what the kernel's throttling makes of it.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "lumina/platform/files.hpp"

namespace lumina {

// Of each period, real-time threads may run so long; a thread that spins is stopped for the rest.
struct RtThrottling {
  std::int64_t runtime_us = -1;
  std::int64_t period_us = 0;
  bool known = false;  // whether the kernel says it

  bool throttled() const noexcept { return known && runtime_us >= 0 && runtime_us < period_us; }
  std::int64_t stopped_us_per_second() const noexcept {
    return throttled() ? (period_us - runtime_us) * 1'000'000 / period_us : 0;
  }
};

inline RtThrottling rt_throttling(const std::string& root = "/") {
  const auto runtime = read_integer(root, "proc/sys/kernel/sched_rt_runtime_us");
  const auto period = read_integer(root, "proc/sys/kernel/sched_rt_period_us");
  RtThrottling found;
  found.known = runtime && period && *period > 0;
  if (found.known) {
    found.runtime_us = *runtime;
    found.period_us = *period;
  }
  return found;
}

struct FifoReport {
  bool fifo = false;  // the thread is SCHED_FIFO at this priority, read back
  int priority = 0;
  int error = 0;  // errno
  RtThrottling throttling;

  explicit operator bool() const noexcept { return fifo; }
  std::string message() const {
    if (!fifo) {
      const std::string what = "SCHED_FIFO priority " + std::to_string(priority) + ": ";
      if (error == EINVAL) return what + "must be from 1 to 99";
      if (error == EPERM) return what + "refused: needs CAP_SYS_NICE or an rtprio limit that high";
      return what + "refused: " + std::strerror(error);
    }
    std::string text = "SCHED_FIFO at priority " + std::to_string(priority);
    if (const std::int64_t stopped = throttling.stopped_us_per_second()) {
      text += "; a thread that spins is stopped for " + std::to_string(stopped) +
              " us each second: sysctl kernel.sched_rt_runtime_us=-1";
    }
    return text;
  }
};

// The calling thread, before everything of priority below. Pin it first: on a core that others need, a thread that
// spins at real-time priority stops them.
inline FifoReport set_fifo_priority(int priority) {
  FifoReport report;
  report.priority = priority;
  report.throttling = rt_throttling();
  sched_param wanted{};
  wanted.sched_priority = priority;
  report.error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted);
  if (report.error) return report;
  int policy = 0;
  sched_param got{};
  report.error = pthread_getschedparam(pthread_self(), &policy, &got);
  report.fifo = report.error == 0 && policy == SCHED_FIFO && got.sched_priority == priority;
  return report;
}

// Back to what threads are by default.
inline bool set_normal_scheduling() noexcept {
  const sched_param none{};
  return pthread_setschedparam(pthread_self(), SCHED_OTHER, &none) == 0;
}

}  // namespace lumina
