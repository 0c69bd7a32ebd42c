// Streams of order messages in files, and clocks: what the C++ programs of the peer benchmarks share.
//
// A stream is a header of 64 bytes and messages of 32, packed and little endian as below.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace bench {

struct Header {
  char magic[8];                 // "L3FLOW1"
  std::uint64_t messages, warm;  // warm: so many of the messages build the books and are not timed
  std::uint32_t books, reserved[3];
  std::uint64_t trades, notional,
      makersum;  // of a stream to match: over all trades the number, lots * price, lots * id of the maker
};
static_assert(sizeof(Header) == 64);

struct RawMessage {
  std::uint64_t order_id, new_id;
  std::int32_t price;
  std::uint32_t qty;
  std::uint16_t book;
  char type;
  std::uint8_t side;
  std::uint32_t time;  // since the message before
};
static_assert(sizeof(RawMessage) == 32);

struct RawStream {
  Header header;
  std::vector<RawMessage> messages;
};

[[noreturn]] inline void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

inline RawStream read_raw(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  RawStream stream;
  if (!file || std::fread(&stream.header, sizeof(Header), 1, file) != 1 ||
      std::memcmp(stream.header.magic, "L3FLOW1", 8) != 0)
    fail(std::string(path) + ": no such stream, or not one");
  stream.messages.resize(stream.header.messages);
  if (std::fread(stream.messages.data(), sizeof(RawMessage), stream.messages.size(), file) != stream.messages.size())
    fail(std::string(path) + ": ends early");
  std::fclose(file);
  if (stream.header.warm >= stream.messages.size() || stream.header.books == 0)
    fail(std::string(path) + ": nothing to time");
  return stream;
}

// Room for n messages, in huge pages where the system gives them: what is timed is the books, which all read the
// messages, and not the walk through a page table every hundred messages.
template <class Message>
void reserve(std::vector<Message>& messages, std::size_t n) {
  constexpr std::uintptr_t kPage = std::uintptr_t{1} << 21;
  messages.reserve(n);
  const auto from = (reinterpret_cast<std::uintptr_t>(messages.data()) + kPage - 1) / kPage * kPage;
  const auto to = reinterpret_cast<std::uintptr_t>(messages.data() + n) / kPage * kPage;
  if (from < to) (void)madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
}

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}
inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline double ns_per_tick() {
  const double from = seconds();
  const std::uint64_t first = ticks();
  while (seconds() < from + 0.05) {
  }
  return (seconds() - from) * 1e9 / static_cast<double>(ticks() - first);
}

// The time of each message: the clock is read once after it.
struct Ticker {
  std::vector<std::uint32_t> took;
  std::uint64_t last = ticks();
  explicit Ticker(std::size_t messages) { took.reserve(messages); }
  void tick() noexcept {
    const std::uint64_t now = ticks();
    took.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(now - last, UINT32_MAX)));
    last = now;
  }
  double percentile(double p, double scale) {
    const auto at = took.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(took.size() - 1));
    std::nth_element(took.begin(), at, took.end());
    return *at * scale;
  }
};

}  // namespace bench
