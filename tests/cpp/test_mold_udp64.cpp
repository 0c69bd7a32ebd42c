// MoldUDP64 packets: cut at every byte, counted, in order, twice, with holes, of another session, ended.
#undef NDEBUG
#include <cassert>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "lumina/feed/mold_udp64.hpp"

using namespace lumina::feed;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes packet(std::uint64_t sequence, const std::vector<std::string>& messages, int count = -1,
             const std::string& session = "SESSION  1") {
  Bytes out(session.begin(), session.end());
  const auto number = [&](std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  number(sequence, 8);
  number(count < 0 ? messages.size() : static_cast<unsigned>(count), 2);
  for (const std::string& message : messages) {
    number(message.size(), 2);
    out.insert(out.end(), message.begin(), message.end());
  }
  return out;
}

struct Seen {
  std::vector<std::uint64_t> sequences;
  std::vector<std::string> messages;
};

MoldTracker::Packet take(MoldTracker& tracker, const Bytes& bytes, Seen& seen) {
  const MoldTracker::Packet found = tracker.look(bytes.data(), bytes.size());
  if (found.status == MoldStatus::ok)
    MoldTracker::each(found, bytes.data(), [&](std::uint64_t sequence, const std::uint8_t* p, std::size_t size) {
      seen.sequences.push_back(sequence);
      seen.messages.emplace_back(reinterpret_cast<const char*>(p), size);
    });
  return found;
}

void cut_at_every_byte() {
  const Bytes whole = packet(7, {"abc", "", "defg"});
  for (std::size_t size = 0; size <= whole.size() + 1; ++size) {
    auto exact = std::make_unique<std::uint8_t[]>(size);
    std::memcpy(exact.get(), whole.data(), std::min(size, whole.size()));
    MoldTracker tracker;
    const MoldStatus status = tracker.look(exact.get(), size).status;
    if (size < MoldHeader::kSize)
      assert(status == MoldStatus::short_header);
    else if (size < whole.size())
      assert(status == MoldStatus::cut_block);
    else
      assert(status == (size == whole.size() ? MoldStatus::ok : MoldStatus::trailing_bytes));
    assert(tracker.started() == (status == MoldStatus::ok));
  }
}

void order_gaps_and_duplicates() {
  MoldTracker tracker;
  Seen seen;
  assert(take(tracker, packet(10, {"a", "b"}), seen).missing == 0);
  assert(take(tracker, packet(12, {"c"}), seen).missing == 0);
  // the other line's copies, one of them longer than what was seen
  assert(take(tracker, packet(10, {"a", "b"}), seen).duplicate == 2);
  assert(take(tracker, packet(12, {"c", "d"}), seen).duplicate == 1);
  assert(take(tracker, packet(17, {"h"}), seen).missing == 3);
  assert((seen.sequences == std::vector<std::uint64_t>{10, 11, 12, 13, 17}));
  assert((seen.messages == std::vector<std::string>{"a", "b", "c", "d", "h"}));
  // a heartbeat tells what comes next, and so what was lost
  assert(take(tracker, packet(18, {}), seen).missing == 0);
  assert(take(tracker, packet(20, {}), seen).missing == 2);
  assert(!tracker.ended() && tracker.next_sequence() == 20);
  assert(take(tracker, packet(20, {}, 0xFFFF), seen).header.ends());
  assert(tracker.ended() && seen.sequences.size() == 5);
  assert(tracker.packets() == 6 && tracker.heartbeats() == 2 && tracker.gaps() == 2);
  assert(tracker.missing() == 5 && tracker.duplicates() == 3);
}

void sessions() {
  MoldTracker tracker;
  Seen seen;
  take(tracker, packet(1, {"a"}), seen);
  assert(take(tracker, packet(1, {"b"}, -1, "SESSION  2"), seen).status == MoldStatus::other_session);
  assert(tracker.next_sequence() == 2 && seen.messages.size() == 1);
  tracker.reset();
  assert(take(tracker, packet(5, {"b"}, -1, "SESSION  2"), seen).missing == 0);
  assert(tracker.next_sequence() == 6);
}

void sequences_at_the_ends() {
  MoldTracker tracker;
  Seen seen;
  assert(take(tracker, packet(~0ull, {"a"}), seen).status == MoldStatus::bad_sequence);
  assert(take(tracker, packet(~0ull - 1, {"a"}), seen).status == MoldStatus::ok);
  assert(tracker.next_sequence() == ~0ull);
  // wiped numbers are not followed, and nothing of theirs is a copy
  for (int i = 0; i < 3; ++i) assert(take(tracker, packet(0, {"z"}), seen).duplicate == 0);
  assert(seen.messages.size() == 4);
  // a count over what is there
  assert(take(tracker, packet(1, {"a"}, 2), seen).status == MoldStatus::cut_block);
  assert(take(tracker, packet(1, {"a"}, 0), seen).status == MoldStatus::trailing_bytes);
}

}  // namespace

int main() {
  cut_at_every_byte();
  order_gaps_and_duplicates();
  sessions();
  sequences_at_the_ends();
}
