// ITCH files of any bytes: the decoder against the table of lengths, and the whole way to tape rows of every stock, in
// pieces of any size. The first byte chooses the options, the second the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "lumina/feed/itch_reader.hpp"
#include "lumina/feed/resolver.hpp"

using namespace lumina::feed;

namespace {

void require(bool what) {
  if (!what) std::abort();
}

// Every type, so that every field is loaded.
struct Everything {
  std::uint64_t sum = 0;
  template <class Message>
  void on(const Message& m) {
    sum += m.ts_ns + m.locate;
    if constexpr (requires { m.price; }) sum += m.price;
    if constexpr (requires { m.match; }) sum += m.match;
    if constexpr (requires { m.data; }) sum += m.data[m.size - 1];
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint8_t options = data[0];
  const std::size_t piece = 1 + data[1];
  data += 2;
  size -= 2;

  Everything sink;
  const itch::Status status = itch::decode(data, size, sink);
  require((status == itch::Status::ok) == (size != 0 && itch::kLength[data[0]] == size));
  itch::looks_like_frames(data, size);
#ifdef SEEDED_BUG  // a length that nobody checked
  if (size >= itch::kMinLength) itch::decode_checked(data, sink);
#endif

  itch::ReaderConfig config;
  config.translator.tick_units = options & 1 ? 1 : 100;
  config.translator.system_phases = options & 2;
  config.translator.drop_odd = options & 4;
  config.translator.drop_far = options & 64;
  config.only_one = options & 8;
  itch::Reader reader(config, {});
  std::optional<Resolver> resolver;  // its books are large: not in every run
  if (options & 128) resolver.emplace(ResolverConfig{.seeded = bool(options & 16), .order_ids = true});
  for (const int day : {0, 1}) {
    reader.begin(false, day * std::int64_t{86'400'000'000'000}, day == 0 || options & 32, options & 64);
    for (std::size_t at = 0; at < size; at += piece) {
      if (!reader.feed(data + at, std::min(piece, size - at))) {
        require(reader.failure().offset <= size);
        return 0;
      }
      require(reader.updates().size() == reader.symbols().size());
      for (std::size_t i = 0; i < reader.updates().size(); ++i) {
        require(reader.symbols()[i] < reader.translator().symbols());
        // one stock's rows: a message is an event, and nothing of it is refused
        if (!resolver || reader.symbols()[i] != 0) continue;
        const ResolveStatus resolved = resolver->push(reader.updates()[i]);
        require(resolved == ResolveStatus::ok || resolved == ResolveStatus::level_range);
        if (resolved != ResolveStatus::ok) return 0;
      }
      reader.updates().clear();
      reader.symbols().clear();
      if (resolver) resolver->drop(resolver->ready());
    }
    if (!reader.end()) return 0;
  }
  return 0;
}
