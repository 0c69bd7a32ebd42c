// An asynchronous log: the hot path writes a time stamp, the address of a static format and the arguments as bytes to
// a ring; a thread of the logger formats and writes. Bounded: what finds no room is dropped, counted and reported.
//
//   lumina::Logger logger("run.log");
//   lumina::LogChannel& log = logger.channel("strategy");  // one for each thread that writes
//   LUMINA_LOG(log, info, "order {} at {}", id, price);
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "lumina/log_record.hpp"
#include "lumina/platform/affinity.hpp"
#include "lumina/platform/clock.hpp"
#include "lumina/ring/spsc_ring.hpp"

namespace lumina {

struct LoggerOptions {
  std::size_t capacity = 4096;               // records of 128 bytes for each channel, a power of two
  LogLevel level = LogLevel::info;           // below it, nothing is recorded
  int core_id = -1;                          // of the logger's thread; -1: anywhere
  std::chrono::nanoseconds nap{50'000};      // of the logger's thread, when there was nothing to do
  ClockSource source = best_clock_source();  // of time stamps
};

// The end that one thread writes to. Owned by its logger, before whose close() the writing must end.
class LogChannel {
 public:
  LogChannel(std::string name, const LoggerOptions& options)
      : ring_(options.capacity),
        name_(std::move(name)),
        level_(options.level),
        counter_(options.source == ClockSource::counter) {}

  // False where there was no room: the message is lost and counted. Use LUMINA_LOG, which checks that there are as
  // many arguments as the format has places. The format must outlive the logger.
  template <class... Args>
  bool write(const LogFormat& format, const Args&... args) noexcept {
    if (format.level < level_) return true;
    const std::span<LogRecord> room = ring_.claim(1);
    if (room.empty()) [[unlikely]] {
      // this thread is the only one that writes it, others look
      dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return false;
    }
    room[0].set(stamp(), format, args...);
    ring_.publish(1);
    return true;
  }

  // Messages that found no room so far.
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  const std::string& name() const noexcept { return name_; }

 private:
  friend class Logger;

  std::uint64_t stamp() const noexcept {
    return counter_ ? read_ticks() : static_cast<std::uint64_t>(clock_ns(CLOCK_REALTIME));
  }

  SpscRing<LogRecord> ring_;
  const std::string name_;
  const LogLevel level_;
  const bool counter_;
  std::uint64_t reported_ = 0;  // of the dropped ones: the logger's thread
  alignas(kRingLine) std::atomic<std::uint64_t> dropped_{0};
};

class Logger {
 public:
  // Appends to a file. Throws std::system_error where it cannot be opened, std::invalid_argument for a capacity that
  // is no power of two.
  explicit Logger(const std::string& path, const LoggerOptions& options = {}) : Logger(opened(path), true, options) {}
  // To a descriptor that stays the caller's.
  explicit Logger(int descriptor, const LoggerOptions& options = {}) : Logger(descriptor, false, options) {}
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger() { close(); }

  // A channel for one writing thread, until the logger ends. Allocates; not for the hot path.
  LogChannel& channel(std::string name) {
    auto made = std::make_unique<LogChannel>(std::move(name), options_);
    const std::lock_guard lock(mutex_);
    return *channels_.emplace_back(std::move(made));
  }

  // Returns when all that this thread wrote before is with the kernel. Not for the hot path.
  void flush() noexcept {
    if (closed_) return;
    // Release: the logger's thread, which acquires it, sees what was written to the rings before.
    const std::uint64_t ticket = wanted_.fetch_add(1, std::memory_order_release) + 1;
    for (;;) {
      const std::uint64_t done = done_.load(std::memory_order_acquire);  // acquire: the file is as the thread left it
      if (done >= ticket) return;
      done_.wait(done, std::memory_order_acquire);
    }
  }

  // Writes all that is in the channels, and what was dropped, and ends the thread. Nobody may write any more.
  void close() noexcept {
    if (std::exchange(closed_, true)) return;
    stop_.store(true, std::memory_order_release);  // release: the last messages are seen with it
    thread_->join();
    if (owned_) ::close(descriptor_);
  }

  // Messages lost for want of room, in all channels.
  std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& each : channels_) sum += each->dropped();
    return sum;
  }
  // Lines that were given to the kernel, or lost because it refused them; after flush() or close().
  std::uint64_t lines() const noexcept { return lines_.load(std::memory_order_relaxed); }
  std::uint64_t write_errors() const noexcept { return write_errors_.load(std::memory_order_relaxed); }
  // What came of LoggerOptions::core_id.
  const PinReport& pinning() const noexcept { return thread_->report(); }

 private:
  static constexpr std::size_t kBuffer = 1 << 16;
  static constexpr std::int64_t kRecalibrateNs = 1'000'000'000;

  Logger(int descriptor, bool owned, const LoggerOptions& options)
      : options_(options), descriptor_(descriptor), owned_(owned), clock_(options.source, 1'000'000, CLOCK_REALTIME) {
    if (options_.capacity == 0 || (options_.capacity & (options_.capacity - 1))) {
      if (owned_) ::close(descriptor_);
      throw std::invalid_argument("capacity " + std::to_string(options_.capacity) + " is no power of two");
    }
    options_.source = clock_.source();
    buffer_.reserve(2 * kBuffer);
    thread_ = std::make_unique<PinnedThread>(options_.core_id, [this] { run(); });
  }

  static int opened(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), path);
    return descriptor;
  }

  void run() {
    std::int64_t calibrated_ns = clock_.now_ns();
    for (;;) {
      // Both are read before the rings, so that what was written before them is in this round. Acquire: with close()
      // and flush().
      const bool last = stop_.load(std::memory_order_acquire);
      const std::uint64_t wanted = wanted_.load(std::memory_order_acquire);
      const bool worked = drain();
      if (!worked || last || wanted != done_.load(std::memory_order_relaxed)) put_out();
      done_.store(wanted, std::memory_order_release);  // release: with flush()
      done_.notify_all();
      if (last) return;
      if (const std::int64_t now = clock_.now_ns(); now - calibrated_ns > kRecalibrateNs) {
        clock_.recalibrate();
        calibrated_ns = now;
      }
      if (!worked) std::this_thread::sleep_for(options_.nap);
    }
  }

  // Each channel once: at most what it can hold, so that a writer that does not stop keeps no other waiting.
  bool drain() {
    bool worked = false;
    for (std::size_t i = 0;; ++i) {
      LogChannel* channel = nullptr;
      {
        const std::lock_guard lock(mutex_);
        if (i >= channels_.size()) break;
        channel = channels_[i].get();
      }
      std::size_t left = options_.capacity;
      while (left) {
        const std::span<const LogRecord> records = channel->ring_.peek(std::min<std::size_t>(left, 256));
        if (records.empty()) break;
        for (const LogRecord& record : records) line(*channel, record);
        channel->ring_.release(records.size());
        left -= records.size();
        worked = true;
      }
      const std::uint64_t dropped = channel->dropped();
      if (dropped != channel->reported_) {
        prefix(clock_.now_ns(), LogLevel::warning, channel->name());
        buffer_ += std::to_string(dropped - channel->reported_) + " messages dropped: no room\n";
        finish_line();
        channel->reported_ = dropped;
      }
    }
    return worked;
  }

  void line(const LogChannel& channel, const LogRecord& record) {
    prefix(clock_.at_ns(record.ticks), record.format->level, channel.name());
    record.append_to(buffer_);
    buffer_ += '\n';
    finish_line();
  }
  void finish_line() {
    lines_.fetch_add(1, std::memory_order_relaxed);  // a count, nothing else is told by it
    if (buffer_.size() >= kBuffer) put_out();
  }

  // 2026-11-27T06:49:34.123456789Z info  strategy
  void prefix(std::int64_t ns, LogLevel level, const std::string& name) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t second = ns / kSecond;
    if (second != prefix_second_) {
      const std::time_t time = second;
      std::tm day{};
      gmtime_r(&time, &day);
      char text[32];
      prefix_.assign(text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &day));
      prefix_second_ = second;
    }
    char digits[9];
    std::int64_t rest = ns % kSecond;
    for (int i = 8; i >= 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
    buffer_ += prefix_;
    buffer_.append(digits, 9);
    buffer_ += level_prefix(level);
    buffer_ += name;
    buffer_ += ' ';
  }

  void put_out() noexcept {
    const char* at = buffer_.data();
    std::size_t left = buffer_.size();
    while (left) {
      const ssize_t n = ::write(descriptor_, at, left);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {  // a full disk does not stop the logger
        write_errors_.fetch_add(1, std::memory_order_relaxed);
        break;
      }
      at += n;
      left -= static_cast<std::size_t>(n);
    }
    buffer_.clear();
  }

  LoggerOptions options_;
  const int descriptor_;
  const bool owned_;
  Clock clock_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<LogChannel>> channels_;
  std::string buffer_, prefix_;
  std::int64_t prefix_second_ = -1;
  bool closed_ = false;  // the owner's
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> wanted_{0}, done_{0};
  std::atomic<std::uint64_t> lines_{0}, write_errors_{0};
  std::unique_ptr<PinnedThread> thread_;  // last: it uses all of the above
};

}  // namespace lumina

// LUMINA_LOG(channel, info, "order {} at {}", id, price): a place {} for each argument, checked by the compiler.
// Arguments are numbers, bool, char, enums and text, of which the first 31 bytes are kept; 104 bytes in all, a number
// takes 8 and a text 32. False where the message was dropped.
#define LUMINA_LOG(channel, severity, text, ...)                                                             \
  ([](auto& lumina_channel, const auto&... lumina_args) noexcept {                                           \
    static constexpr ::lumina::LogFormat lumina_format{::lumina::LogLevel::severity, text};                  \
    static_assert(lumina_format.places() == sizeof...(lumina_args), "as many arguments as the text has {}"); \
    return lumina_channel.write(lumina_format, lumina_args...);                                              \
  }((channel)__VA_OPT__(, ) __VA_ARGS__))
