// What a log message costs the thread that writes it; and the same message formatted at once.
#include <cstdio>

#include "lumina/logger.hpp"

namespace {

lumina::LoggerOptions options() {
  lumina::LoggerOptions made;
  made.capacity = 1 << 14;
  return made;
}

struct State {
  lumina::Logger logger{"/dev/null", options()};
  lumina::LogChannel& channel = logger.channel("bench");
};
State* state = nullptr;
char line[128];

}  // namespace

extern "C" {

// Before each round: all that was written is out.
void log_begin() {
  if (state == nullptr) state = new State;
  state->logger.flush();
}
// Messages that found room.
long log_messages(long n) {
  long taken = 0;
  for (long i = 0; i < n; ++i)
    taken += LUMINA_LOG(state->channel, info, "order {} at {} for {}", i, 0.25 * static_cast<double>(i), 7);
  return taken;
}
long format_messages(long n) {
  long size = 0;
  for (long i = 0; i < n; ++i) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    size += std::snprintf(line, sizeof(line), "%ld.%09ld order %ld at %g for %d\n", static_cast<long>(now.tv_sec),
                          now.tv_nsec, i, 0.25 * static_cast<double>(i), 7);
  }
  return size;
}
void log_end() {
  delete state;
  state = nullptr;
}
}
