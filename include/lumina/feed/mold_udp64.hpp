// MoldUDP64: what a datagram of a multicast feed holds, and whether it is the next one. A downstream packet is a
// header (session 10 bytes, sequence u64, count u16, big-endian) and count blocks of u16 length and message. Count 0
// is a heartbeat, whose sequence is the next one to come; count 0xFFFF ends the session.
//
// Source: Nasdaq MoldUDP64 protocol specification.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lumina/feed/big_endian.hpp"

namespace lumina::feed {

enum class MoldStatus : std::uint8_t {
  ok,
  short_header,    // fewer than 20 bytes
  cut_block,       // a message reaches beyond the datagram
  trailing_bytes,  // something follows the last message
  bad_sequence,    // a sequence that no session reaches: it would pass 2^64
  other_session,   // the session is not the tracker's
};

struct MoldHeader {
  static constexpr std::size_t kSize = 20;
  static constexpr std::uint16_t kEndOfSession = 0xFFFF;

  std::array<char, 10> session;
  std::uint64_t sequence;  // of the first message; 0 where whoever took the packets wiped it
  std::uint16_t count;

  bool ends() const noexcept { return count == kEndOfSession; }
  std::uint16_t messages() const noexcept { return ends() ? std::uint16_t{0} : count; }
};

// Reads and checks the whole packet before anything of it is used.
inline MoldStatus read_mold(const std::uint8_t* data, std::size_t size, MoldHeader& header) noexcept {
  if (size < MoldHeader::kSize) return MoldStatus::short_header;
  std::memcpy(header.session.data(), data, header.session.size());
  header.sequence = load_big<std::uint64_t>(data + 10);
  header.count = load_big<std::uint16_t>(data + 18);
  if (header.sequence > ~std::uint64_t{0} - header.messages()) return MoldStatus::bad_sequence;
  std::size_t at = MoldHeader::kSize;
  for (unsigned i = 0; i < header.messages(); ++i) {
    if (size - at < 2) return MoldStatus::cut_block;
    const std::size_t length = load_big<std::uint16_t>(data + at);
    if (size - at - 2 < length) return MoldStatus::cut_block;
    at += 2 + length;
  }
  return at == size ? MoldStatus::ok : MoldStatus::trailing_bytes;
}

// Follows the sequence numbers of one session. Of packets that come twice, as on the lines A and B of a feed, each
// message is passed on once.
class MoldTracker {
 public:
  struct Packet {
    MoldStatus status;
    std::uint64_t missing;    // messages lost just before this packet
    std::uint32_t duplicate;  // messages at its start that were seen already
    MoldHeader header;
  };

  // Looks at a packet, without its messages. A session that is not ours is refused: reset() first.
  Packet look(const std::uint8_t* data, std::size_t size) noexcept {
    Packet packet{};
    packet.status = read_mold(data, size, packet.header);
    if (packet.status != MoldStatus::ok) return packet;
    const MoldHeader& header = packet.header;
    if (started_ && header.session != session_) {
      packet.status = MoldStatus::other_session;
      return packet;
    }
    session_ = header.session;
    started_ = true;
    ended_ |= header.ends();
    ++(header.count == 0 ? heartbeats_ : packets_);
    if (header.sequence == 0) return packet;  // wiped: nothing to follow
    const std::uint64_t end = header.sequence + header.messages();
    if (next_ == 0) next_ = header.sequence;
    if (header.sequence > next_) {
      packet.missing = header.sequence - next_;
      missing_ += packet.missing;
      ++gaps_;
    } else {
      const std::uint64_t seen = std::min<std::uint64_t>(next_ - header.sequence, header.messages());
      packet.duplicate = static_cast<std::uint32_t>(seen);
      duplicates_ += seen;
    }
    next_ = std::max(next_, end);
    return packet;
  }

  // Calls message(sequence, bytes, size) for each message of a packet that look() found ok, after its duplicates.
  template <class Message>
  static void each(const Packet& packet, const std::uint8_t* data, Message&& message) {
    std::size_t at = MoldHeader::kSize;
    for (std::uint32_t i = 0; i < packet.header.messages(); ++i) {
      const std::size_t length = load_big<std::uint16_t>(data + at);
      if (i >= packet.duplicate) message(packet.header.sequence + i, data + at + 2, length);
      at += 2 + length;
    }
  }

  void reset() noexcept { *this = MoldTracker(); }

  bool started() const noexcept { return started_; }
  bool ended() const noexcept { return ended_; }
  const std::array<char, 10>& session() const noexcept { return session_; }
  std::uint64_t next_sequence() const noexcept { return next_; }  // 0 before the first
  std::uint64_t packets() const noexcept { return packets_; }
  std::uint64_t heartbeats() const noexcept { return heartbeats_; }
  std::uint64_t gaps() const noexcept { return gaps_; }
  std::uint64_t missing() const noexcept { return missing_; }
  std::uint64_t duplicates() const noexcept { return duplicates_; }

 private:
  std::array<char, 10> session_{};
  std::uint64_t next_ = 0;
  std::uint64_t packets_ = 0, heartbeats_ = 0, gaps_ = 0, missing_ = 0, duplicates_ = 0;
  bool started_ = false, ended_ = false;
};

}  // namespace lumina::feed
