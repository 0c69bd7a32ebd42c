// MoldUDP64 packets of any bytes, several after each other: each message is inside its packet, and none of a sequence
// comes twice.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lumina/feed/mold_udp64.hpp"

using namespace lumina::feed;

namespace {

void require(bool what) {
  if (!what) std::abort();
}

}  // namespace

// A byte says how long the next packet is; its 20 bytes of header are cut out of what follows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  MoldTracker tracker;
  std::uint64_t next = 0, duplicates = 0;
  while (size > 0) {
    const std::size_t length = std::min<std::size_t>(data[0], size - 1);
    const std::uint8_t* packet = data + 1;
    data += 1 + length;
    size -= 1 + length;
    const MoldTracker::Packet found = tracker.look(packet, length);
    if (found.status == MoldStatus::other_session) {
      tracker.reset();
      next = duplicates = 0;
      continue;
    }
#ifdef SEEDED_BUG  // a packet that was found cut is used
    if (found.status != MoldStatus::ok && found.status != MoldStatus::cut_block) continue;
#else
    if (found.status != MoldStatus::ok) continue;
#endif
    require(found.duplicate <= found.header.messages());
    duplicates += found.duplicate;
    std::uint64_t seen = 0;
    MoldTracker::each(found, packet, [&](std::uint64_t sequence, const std::uint8_t* p, std::size_t bytes) {
      require(p >= packet && p + bytes <= packet + length);
      if (found.header.sequence != 0) {
        require(sequence >= next);
        next = sequence + 1;
      }
      ++seen;
    });
    require(seen + found.duplicate == found.header.messages());
    require(tracker.duplicates() == duplicates);
  }
  return 0;
}
