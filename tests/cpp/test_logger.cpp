// The logger: every message in order from two threads at once, drops counted and reported, flush, shutdown, formats.
#undef NDEBUG
#include <unistd.h>

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "lumina/logger.hpp"

using lumina::LogChannel;
using lumina::Logger;
using lumina::LoggerOptions;

namespace {

class TempFile {
 public:
  TempFile() {
    char name[] = "/tmp/lumina-log-XXXXXX";
    const int descriptor = mkstemp(name);
    assert(descriptor >= 0);
    ::close(descriptor);
    path = name;
  }
  ~TempFile() { std::remove(path.c_str()); }
  // Lines without their times, which are checked for their form and never to go back within a channel.
  std::vector<std::string> lines() const {
    std::ifstream file(path);
    std::vector<std::string> found;
    std::map<std::string, std::string> last;
    for (std::string line; std::getline(file, line);) {
      constexpr std::size_t kTime = sizeof("2026-11-27T06:49:34.123456789Z") - 1;
      assert(line.size() > kTime && line[10] == 'T' && line[19] == '.' && line[kTime - 1] == 'Z');
      std::istringstream words(line.substr(kTime));
      std::string level, channel;
      words >> level >> channel;
      const std::string time = line.substr(0, kTime);
      if (line.find("dropped") == std::string::npos) {
        assert(last[channel] <= time);
        last[channel] = time;
      }
      found.push_back(line.substr(kTime + 1));
    }
    return found;
  }

  std::string path;
};

enum class Side : std::uint8_t { buy, sell };

void formats() {
  const TempFile file;
  {
    Logger logger(file.path);
    LogChannel& log = logger.channel("x");
    const std::string owned = "text of a string";
    const char* missing = nullptr;
    assert(LUMINA_LOG(log, info, "plain"));
    assert(LUMINA_LOG(log, warning, "{} {} {}", -1, 2u, 0.1));
    assert(LUMINA_LOG(log, error, "[{}|{}|{}]", true, 'c', Side::sell));
    assert(LUMINA_LOG(log, info, "{}{}", std::numeric_limits<std::int64_t>::min(), ~std::uint64_t{0}));
    assert(LUMINA_LOG(log, info, "{}, {}; {}", "literal", owned, missing));
    assert(LUMINA_LOG(log, info, "{}", "0123456789012345678901234567890"));   // 31
    assert(LUMINA_LOG(log, info, "{}", "01234567890123456789012345678901"));  // 32
    assert(LUMINA_LOG(log, info, "{}", std::string_view("a\nb\x7f")));
    assert(LUMINA_LOG(log, debug, "below the level"));
    assert(LUMINA_LOG(log, info, "{}{}{}{}{}{}{}{}{}{}{}{}{}", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
    static const lumina::LogFormat by_hand(lumina::LogLevel::info, "{} and {}");
    assert(log.write(by_hand, 1));
    assert(log.write(by_hand, 1, 2, 3));
  }
  const std::vector<std::string> want = {
      "info  x plain",
      "warn  x -1 2 0.1",
      "error x [true|c|1]",
      "info  x -922337203685477580818446744073709551615",
      "info  x literal, text of a string; (null)",
      "info  x 0123456789012345678901234567890",
      "info  x 0123456789012345678901234567890...",
      "info  x a?b?",
      "info  x 12345678910111213",
      "info  x 1 and {}",
      "info  x 1 and 2 3",
  };
  assert(file.lines() == want);
}

// Two threads write at once, each to its channel, and wait where there is no room.
void two_threads_in_order(lumina::ClockSource source) {
  constexpr int kEach = 50'000;
  const TempFile file;
  LoggerOptions options;
  options.capacity = 256;
  options.source = source;
  Logger logger(file.path, options);
  const auto write = [&](const char* name) {
    LogChannel& log = logger.channel(name);
    for (int i = 0; i < kEach; ++i) {
      while (!LUMINA_LOG(log, info, "{} {}", i, 7 * static_cast<std::int64_t>(i))) std::this_thread::yield();
    }
  };
  std::thread one(write, "one"), two(write, "two");
  one.join();
  two.join();
  logger.close();
  std::map<std::string, int> next;
  std::uint64_t lost = 0;
  const std::vector<std::string> lines = file.lines();
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string level, channel, what, rest;
    long long value = 0;
    words >> level >> channel;
    if (level == "warn") {  // a full ring, tried again: the messages themselves are all there
      words >> value;
      lost += static_cast<std::uint64_t>(value);
      continue;
    }
    long long i = -1;
    words >> i >> value;
    assert(i == next[channel]++ && value == 7 * i);
  }
  assert(next["one"] == kEach && next["two"] == kEach);
  assert(lost == logger.dropped() && logger.lines() == lines.size() && logger.write_errors() == 0);
}

// A pipe that nobody reads holds up the logger's thread: the ring fills, and what is too much is lost and said.
void drops_are_counted() {
  int ends[2];
  assert(pipe(ends) == 0);
  LoggerOptions options;
  options.capacity = 1024;
  std::string text;
  constexpr int kMessages = 20'000;  // far beyond the pipe's 64 kB, the buffer and the ring
  std::uint64_t taken = 0, lost = 0;
  {
    Logger logger(ends[1], options);
    LogChannel& log = logger.channel("busy");
    for (int i = 0; i < kMessages; ++i) (LUMINA_LOG(log, info, "{}", i) ? taken : lost) += 1;
    assert(taken + lost == kMessages && lost == log.dropped() && lost == logger.dropped() && taken >= 1024);
    std::thread reader([&] {
      char block[4096];
      for (ssize_t n; (n = read(ends[0], block, sizeof(block))) > 0;) text.append(block, static_cast<std::size_t>(n));
    });
    logger.close();
    ::close(ends[1]);
    reader.join();
  }
  ::close(ends[0]);
  std::istringstream lines(text);
  std::uint64_t seen = 0, said = 0;
  long long last = -1;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string time, level, channel;
    long long value = 0;
    words >> time >> level >> channel >> value;
    if (level == "warn") {
      assert(line.ends_with(" messages dropped: no room"));
      said += static_cast<std::uint64_t>(value);
    } else {
      assert(value > last);
      last = value;
      ++seen;
    }
  }
  assert(lost > 0 && seen == taken && said == lost);
}

void flush_and_close() {
  const TempFile file;
  LoggerOptions options;
  options.core_id = 8191;  // there is none: the thread runs unpinned, and says so
  Logger logger(file.path, options);
  assert(logger.pinning().status == lumina::PinStatus::not_usable);
  LogChannel& log = logger.channel("x");
  for (int i = 1; i <= 20; ++i) {
    LUMINA_LOG(log, info, "{}", i);
    logger.flush();
    assert(file.lines().size() == static_cast<std::size_t>(i));
  }
  LUMINA_LOG(log, info, "last");
  logger.close();
  logger.close();
  logger.flush();
  assert(file.lines().back() == "info  x last" && logger.lines() == 21);
  // appended
  Logger again(file.path);
  LUMINA_LOG(again.channel("y"), info, "more");
  again.close();
  assert(file.lines().size() == 22);
}

void refusals() {
  bool refused = false;
  try {
    Logger logger("/nonexistent/log");
  } catch (const std::system_error&) {
    refused = true;
  }
  assert(refused);
  refused = false;
  try {
    LoggerOptions options;
    options.capacity = 1000;
    Logger logger(1, options);
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  assert(refused);
  Logger logger(-1);  // nothing can be written to it, and nobody is held up
  LUMINA_LOG(logger.channel("x"), info, "lost");
  logger.close();
  assert(logger.write_errors() == 1);
}

}  // namespace

int main() {
  formats();
  two_threads_in_order(lumina::best_clock_source());
  two_threads_in_order(lumina::ClockSource::kernel);
  drops_are_counted();
  flush_and_close();
  refusals();
}
