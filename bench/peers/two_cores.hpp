// Two threads, each on a core of its own: what the programs that time something between threads share.
#pragma once

#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "lumina/platform/affinity.hpp"

namespace bench {

[[noreturn]] inline void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

inline int cores[2];

inline void find_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) fail("sched_getaffinity failed");
  int found = 0;
  for (int core = 0; core < CPU_SETSIZE && found < 2; ++core)
    if (CPU_ISSET(core, &set)) cores[found++] = core;
  if (found < 2) fail("two cores are needed");
}

inline void pin(int side) {
  if (!lumina::pin_thread_to_core(cores[side])) fail("a thread cannot be pinned");
}

}  // namespace bench
