// Captures of any bytes, in pieces of any size: every frame and datagram is inside what was given, the same bytes in
// other pieces are the same frames, and the whole way through MoldUDP64 and ITCH ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "lumina/feed/itch_reader.hpp"
#include "lumina/feed/pcap.hpp"

using namespace lumina::feed;

namespace {

void require(bool what) {
  if (!what) std::abort();
}

// A digest of all frames, and the status that ended them.
std::uint64_t walk(const std::uint8_t* data, std::size_t size, std::size_t piece) {
  PcapReader reader;
  std::vector<std::uint8_t> held;
  std::uint64_t digest = 14695981039346656037u;
  const auto mix = [&](std::uint64_t value) { digest = (digest ^ value) * 1099511628211u; };
  for (std::size_t from = 0; from < size; from += piece) {
    held.insert(held.end(), data + from, data + std::min(size, from + piece));
    std::size_t at = 0;
    for (;;) {
      CapturedFrame frame{};
      const PcapReader::Step step = reader.next(held.data() + at, held.size() - at, frame);
      if (step.status == PcapStatus::need_more) break;
      if (step.status != PcapStatus::ok) {
        mix(static_cast<std::uint64_t>(step.status));
        return digest;
      }
      at += step.used;
      require(at <= held.size());
      if (frame.data == nullptr) continue;
      require(frame.data >= held.data() && frame.data + frame.size <= held.data() + at);
      mix(static_cast<std::uint64_t>(frame.ts_ns));
      for (std::size_t i = 0; i < frame.size; ++i) mix(frame.data[i]);
      Datagram datagram{};
      const std::uint8_t* end = frame.data + frame.size;
#ifdef SEEDED_BUG  // more is believed to be there than was captured
      frame.size += 8;
#endif
      if (read_datagram(frame.data, frame.size, datagram) == DatagramStatus::ok)
        require(datagram.data >= frame.data && datagram.data + datagram.size <= end);
    }
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return digest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = 1 + 8u * data[0];
  ++data;
  --size;
  require(walk(data, size, piece) == walk(data, size, size + 1));
  itch::look_at_capture(data, size);
  itch::ReaderConfig config;
  config.mark_gaps = piece % 16 == 1;
  itch::Reader reader(config, {});
  reader.begin(true, 0, true, false);
  for (std::size_t at = 0; at < size; at += piece)
    if (!reader.feed(data + at, std::min(piece, size - at))) return 0;
  reader.end();
  Datagram datagram{};
  read_datagram(data, size, datagram);
  return 0;
}
