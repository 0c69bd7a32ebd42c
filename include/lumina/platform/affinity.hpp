// Threads on cores: pinning, verified; threads that start pinned; and which cores to take. What the machine refuses
// is reported, never thrown.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "lumina/platform/topology.hpp"

namespace lumina {

enum class PinStatus : std::uint8_t {
  pinned,
  not_usable,  // no such core, offline, or outside the cpuset: see `usable`
  refused,     // by the kernel: see `error`
  elsewhere,   // accepted, but the thread was found running elsewhere
};

struct PinReport {
  PinStatus status = PinStatus::refused;
  int core_id = -1;
  int running_on = -1;  // after pinning; -1 where it is another thread that was pinned
  int error = 0;        // errno
  CpuSet usable;        // what could be asked for; only where `status` is not `pinned`

  explicit operator bool() const noexcept { return status == PinStatus::pinned; }
  std::string message() const {
    const std::string core = "core " + std::to_string(core_id);
    switch (status) {
      case PinStatus::pinned:
        return "pinned to " + core;
      case PinStatus::not_usable:
        return core + " is not usable: it must be one of " + usable.to_string();
      case PinStatus::refused:
        return core + ": refused: " + std::strerror(error);
      case PinStatus::elsewhere:
        break;
    }
    return core + ": accepted, but the thread runs on " + std::to_string(running_on);
  }
};

namespace detail {

inline PinReport pin_failed(int core_id, int error) {
  PinReport report;
  report.core_id = core_id;
  report.error = error;
  report.usable = discover_topology().usable();
  report.status = report.usable.empty() || report.usable.contains(core_id) ? PinStatus::refused : PinStatus::not_usable;
  return report;
}

// Whether the thread's mask is this core alone, and where it runs if it is the calling one.
inline PinReport verify_pinned(int core_id, pthread_t thread) noexcept {
  PinReport report;
  report.core_id = core_id;
  CpuSet mask;
  report.error = pthread_getaffinity_np(thread, CpuSet::native_size(), mask.native());
  if (report.error) return report;
  if (pthread_equal(thread, pthread_self())) report.running_on = sched_getcpu();
  const bool here = mask == CpuSet{core_id} && (report.running_on == -1 || report.running_on == core_id);
  report.status = here ? PinStatus::pinned : PinStatus::elsewhere;
  return report;
}

}  // namespace detail

// Pins a thread, and looks whether it is. Pin before other threads spin at real-time priority.
inline PinReport pin_thread_to_core(int core_id, pthread_t thread) {
  if (!CpuSet::valid(core_id)) return detail::pin_failed(core_id, EINVAL);
  const CpuSet only{core_id};
  // EINVAL: none of the mask is online and in the cpuset
  if (const int error = pthread_setaffinity_np(thread, CpuSet::native_size(), only.native())) {
    return detail::pin_failed(core_id, error);
  }
  return detail::verify_pinned(core_id, thread);
}
// The calling thread.
inline PinReport pin_thread_to_core(int core_id) { return pin_thread_to_core(core_id, pthread_self()); }

// A thread that never ran anywhere but on its core; joined at the end. Where the core is refused it runs unpinned, as
// the report says. A core_id below 0 asks for none.
class PinnedThread {
 public:
  PinnedThread() = default;
  // Throws std::system_error where there can be no thread at all.
  template <class Call>
  PinnedThread(int core_id, Call call) {
    auto body = std::make_unique<std::function<void()>>(std::move(call));
    if (core_id >= 0 && CpuSet::valid(core_id)) {
      pthread_attr_t attributes;
      pthread_attr_init(&attributes);
      const CpuSet only{core_id};
      pthread_attr_setaffinity_np(&attributes, CpuSet::native_size(), only.native());
      const int error = pthread_create(&thread_, &attributes, run, body.get());
      pthread_attr_destroy(&attributes);
      if (error == 0) {
        (void)body.release();  // run() owns it now
        running_ = true;
        report_ = detail::verify_pinned(core_id, thread_);
        return;
      }
      report_ = detail::pin_failed(core_id, error);
    } else if (core_id >= 0) {
      report_ = detail::pin_failed(core_id, EINVAL);
    }
    if (const int error = pthread_create(&thread_, nullptr, run, body.get())) {
      throw std::system_error(error, std::generic_category(), "PinnedThread");
    }
    (void)body.release();
    running_ = true;
  }
  PinnedThread(const PinnedThread&) = delete;
  PinnedThread& operator=(const PinnedThread&) = delete;
  ~PinnedThread() { join(); }

  void join() noexcept {
    if (std::exchange(running_, false)) pthread_join(thread_, nullptr);
  }
  const PinReport& report() const noexcept { return report_; }

 private:
  static void* run(void* body) {
    std::unique_ptr<std::function<void()>> own(static_cast<std::function<void()>*>(body));
    (*own)();
    return nullptr;
  }

  pthread_t thread_{};
  bool running_ = false;
  PinReport report_;
};

struct CoreChoice {
  std::vector<int> cores;  // fewer than asked for where there are not so many
  int isolated = 0;        // so many of them are
  int shared = 0;          // so many share their physical core with another one of them
  int l3_groups = 0;       // that they spread over; 1 is best
  CpuSet keep_idle;        // SMT siblings of the chosen: what runs there slows them down
};

// Cores for n threads that talk to each other, in order of preference: as many as there are; on physical cores of
// their own; isolated; behind one level-3 cache; tickless; not CPU 0, where the kernel has its chores.
// From topology.usable() without `except`, on one NUMA node unless that is -1.
inline CoreChoice choose_cores(const Topology& topology, int n, int numa_node = -1, const CpuSet& except = {}) {
  std::vector<const LogicalCpu*> candidates;
  const CpuSet usable = topology.usable() - except;
  for (const LogicalCpu& cpu : topology.cpus) {
    if (usable.contains(cpu.id) && (numa_node == -1 || cpu.numa_node == numa_node)) candidates.push_back(&cpu);
  }
  const auto rank = [&](const LogicalCpu* cpu) {
    return std::tuple(!topology.isolated.contains(cpu->id), !topology.nohz_full.contains(cpu->id),
                      cpu->siblings.contains(0), cpu->id);
  };
  std::sort(candidates.begin(), candidates.end(), [&](auto* a, auto* b) { return rank(a) < rank(b); });

  // first one of each physical core, then their siblings; behind one cache, or anywhere
  const auto choose = [&](const CpuSet* within) {
    CoreChoice choice;
    CpuSet taken, busy = except;
    for (const bool share : {false, true}) {
      for (const LogicalCpu* cpu : candidates) {
        if (static_cast<int>(choice.cores.size()) >= n) break;
        if (within && !within->contains(cpu->id)) continue;
        if (taken.contains(cpu->id) || (!share && !(cpu->siblings & busy).empty())) continue;
        taken.insert(cpu->id);
        busy.insert(cpu->id);
        choice.cores.push_back(cpu->id);
      }
    }
    std::vector<CpuSet> caches;
    for (const int id : choice.cores) {
      const LogicalCpu* cpu = topology.find(id);
      choice.isolated += topology.isolated.contains(id);
      choice.shared += (cpu->siblings & busy).size() > 1;
      choice.keep_idle |= cpu->siblings - taken;
      if (std::find(caches.begin(), caches.end(), cpu->shared_l3) == caches.end()) caches.push_back(cpu->shared_l3);
    }
    choice.keep_idle &= topology.online;
    choice.l3_groups = static_cast<int>(caches.size());
    return choice;
  };
  const auto cost = [](const CoreChoice& choice) {
    return std::tuple(-static_cast<int>(choice.cores.size()), choice.shared, -choice.isolated, choice.l3_groups);
  };
  CoreChoice best = choose(nullptr);
  std::vector<CpuSet> tried;
  for (const LogicalCpu* cpu : candidates) {
    if (std::find(tried.begin(), tried.end(), cpu->shared_l3) != tried.end()) continue;
    tried.push_back(cpu->shared_l3);
    CoreChoice choice = choose(&cpu->shared_l3);
    if (cost(choice) < cost(best)) best = std::move(choice);
  }
  return best;
}

}  // namespace lumina
