// Captures written by hand: both byte orders and resolutions of pcap, pcapng with its options, frames with and without
// VLAN tags; and every cut and many changed bytes of each, which must be told and never followed.
#undef NDEBUG
#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lumina/feed/pcap.hpp"

using namespace lumina::feed;

namespace {

using Bytes = std::vector<std::uint8_t>;

struct Writer {
  bool big;
  Bytes bytes;
  Writer& number(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * (big ? size - 1 - i : i))));
    return *this;
  }
  Writer& raw(const Bytes& value) {
    bytes.insert(bytes.end(), value.begin(), value.end());
    return *this;
  }
};

Bytes udp(const std::string& payload, int tags = 0, int ip_options = 0, std::size_t padding = 0) {
  Writer w{true, {}};
  w.number(0x0100'5E36'0C6F, 6).number(0xD4AF'F7CB'20D5, 6);
  for (int i = 0; i < tags; ++i) w.number(i ? 0x8100 : 0x88A8, 2).number(141, 2);
  w.number(0x0800, 2).number(0x45u + static_cast<unsigned>(ip_options), 1).number(0, 1);
  w.number(28 + 4u * static_cast<unsigned>(ip_options) + payload.size(), 2).number(0, 2).number(0x4000, 2);
  w.number(64, 1).number(17, 1).number(0, 2).number(0xC0A80102, 4).number(0xE9360C6F, 4);
  for (int i = 0; i < ip_options; ++i) w.number(0x01010101, 4);
  w.number(1111, 2).number(26400, 2).number(8 + payload.size(), 2).number(0, 2);
  w.bytes.insert(w.bytes.end(), payload.begin(), payload.end());
  w.bytes.resize(w.bytes.size() + padding, 0xEE);
  return w.bytes;
}

std::string payload_of(const Bytes& frame, DatagramStatus want = DatagramStatus::ok) {
  auto exact = std::make_unique<std::uint8_t[]>(frame.size());
  std::copy(frame.begin(), frame.end(), exact.get());
  Datagram out{};
  const DatagramStatus status = read_datagram(exact.get(), frame.size(), out);
  assert(status == want);
  if (status != DatagramStatus::ok) return {};
  assert(out.source == 0xC0A80102 && out.destination == 0xE9360C6F);
  assert(out.source_port == 1111 && out.destination_port == 26400);
  return std::string(reinterpret_cast<const char*>(out.data), out.size);
}

void datagrams() {
  for (int tags = 0; tags <= 4; ++tags)
    for (int options : {0, 1, 10}) assert(payload_of(udp("hello", tags, options, 13)) == "hello");
  assert(payload_of(udp("")).empty());
  payload_of(udp("hello", 5), DatagramStatus::other);
  // of every cut there is less than the headers say
  const Bytes whole = udp("hello", 1);
  for (std::size_t size = 0; size < whole.size(); ++size)
    payload_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), DatagramStatus::cut);
  const auto changed = [](std::size_t at, std::uint8_t value) {
    Bytes frame = udp("hello");
    frame[at] = value;
    return frame;
  };
  payload_of(changed(12, 0x86), DatagramStatus::other);     // another protocol
  payload_of(changed(14, 0x65), DatagramStatus::other);     // no IPv4
  payload_of(changed(14, 0x44), DatagramStatus::other);     // a header of 16 bytes
  payload_of(changed(14, 0x4F), DatagramStatus::cut);       // one of 60
  payload_of(changed(23, 6), DatagramStatus::other);        // TCP
  payload_of(changed(17, 27), DatagramStatus::cut);         // no room for UDP
  payload_of(changed(17, 34), DatagramStatus::cut);         // more than there is
  payload_of(changed(20, 0x20), DatagramStatus::fragment);  // more to come
  payload_of(changed(21, 1), DatagramStatus::fragment);     // an offset
  payload_of(changed(39, 7), DatagramStatus::cut);          // UDP shorter than its header
  payload_of(changed(39, 14), DatagramStatus::cut);         // longer than IP says
}

struct Packet {
  std::int64_t ts_ns;
  Bytes data;
  bool operator==(const Packet&) const = default;
};

// All packets, and how it ended, of bytes that come in pieces of a size.
PcapStatus read(const Bytes& bytes, std::size_t piece, std::vector<Packet>& out) {
  PcapReader reader;
  Bytes held;
  for (std::size_t from = 0; from < bytes.size(); from += piece) {
    const std::size_t to = std::min(bytes.size(), from + piece);
    held.insert(held.end(), bytes.begin() + static_cast<std::ptrdiff_t>(from),
                bytes.begin() + static_cast<std::ptrdiff_t>(to));
    auto exact = std::make_unique<std::uint8_t[]>(held.size());
    std::memcpy(exact.get(), held.data(), held.size());
    std::size_t at = 0;
    for (;;) {
      CapturedFrame frame{};
      const PcapReader::Step step = reader.next(exact.get() + at, held.size() - at, frame);
      if (step.status == PcapStatus::need_more) break;
      if (step.status != PcapStatus::ok) return step.status;
      at += step.used;
      assert(at <= held.size());
      if (frame.data != nullptr) {
        out.push_back({frame.ts_ns, Bytes(frame.data, frame.data + frame.size)});
      }
    }
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return held.empty() ? PcapStatus::ok : PcapStatus::need_more;
}

const Bytes kOne = {1, 2, 3, 4, 5}, kTwo = {};

Bytes pcap(bool big, bool nano) {
  Writer w{big, {}};
  w.number(nano ? 0xA1B23C4D : 0xA1B2C3D4, 4).number(2, 2).number(4, 2).number(0, 8).number(65535, 4).number(1, 4);
  w.number(1'700'000'000, 4).number(123'456, 4).number(kOne.size(), 4).number(99, 4).raw(kOne);
  w.number(4'000'000'000, 4).number(7, 4).number(0, 4).number(0, 4);
  return w.bytes;
}

Bytes block(bool big, std::uint32_t type, const Writer& body) {
  Writer w{big, {}};
  const std::size_t padded = (body.bytes.size() + 3) / 4 * 4;
  w.number(type, 4).number(padded + 12, 4).raw(body.bytes);
  w.bytes.resize(8 + padded);
  return w.number(padded + 12, 4).bytes;
}

Bytes pcapng(bool big, int resolution, std::uint64_t time, std::int64_t offset = 0) {
  Writer file{big, {}};
  file.raw(block(big, 0x0A0D0D0A, Writer{big, {}}.number(0x1A2B3C4D, 4).number(1, 2).number(0, 2).number(~0ull, 8)));
  Writer interface{big, {}};
  interface.number(1, 2).number(0, 2).number(0, 4);
  interface.number(2, 2).number(3, 2).number(0x616263, 3).number(0, 1);  // a name
  if (resolution >= 0) interface.number(9, 2).number(1, 2).number(static_cast<unsigned>(resolution), 1).number(0, 3);
  if (offset) interface.number(14, 2).number(8, 2).number(static_cast<std::uint64_t>(offset), 8);
  interface.number(0, 4);
  file.raw(block(big, 1, interface));
  file.raw(block(big, 5, Writer{big, {}}.number(0, 4)));  // statistics
  file.raw(block(big, 6,
                 Writer{big, {}}
                     .number(0, 4)
                     .number(time >> 32, 4)
                     .number(time & 0xFFFFFFFF, 4)
                     .number(5, 4)
                     .number(5, 4)
                     .raw(kOne)));
  return file.bytes;
}

void captures() {
  for (const bool big : {false, true}) {
    for (const bool nano : {false, true}) {
      const std::vector<Packet> want = {{1'700'000'000'000'000'000 + (nano ? 123'456 : 123'456'000), kOne},
                                        {4'000'000'000'000'000'000 + (nano ? 7 : 7'000), kTwo}};
      for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
        std::vector<Packet> found;
        assert(read(pcap(big, nano), piece, found) == PcapStatus::ok && found == want);
      }
    }
    const std::int64_t second = 1'000'000'000;
    const std::uint64_t day = 1'700'000'000;
    const std::vector<std::pair<Bytes, std::int64_t>> files = {
        {pcapng(big, -1, day * 1'000'000 + 5), static_cast<std::int64_t>(day) * second + 5'000},
        {pcapng(big, 9, day * 1'000'000'000 + 5), static_cast<std::int64_t>(day) * second + 5},
        {pcapng(big, 0, day), static_cast<std::int64_t>(day) * second},
        {pcapng(big, 10, day * 10'000'000'000 + 59), static_cast<std::int64_t>(day) * second + 5},
        {pcapng(big, 0x80 | 20, (day << 20) + (1 << 19)), static_cast<std::int64_t>(day) * second + second / 2},
        {pcapng(big, 6, 5'000'000, 1'000), 1'005 * second},
    };
    for (const auto& [file, ts_ns] : files)
      for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) {
        std::vector<Packet> found;
        assert(read(file, piece, found) == PcapStatus::ok);
        assert((found == std::vector<Packet>{{ts_ns, kOne}}));
      }
  }
}

PcapStatus status_of(Bytes bytes, std::size_t at, std::vector<std::uint8_t> values) {
  for (const std::uint8_t value : values) bytes[at++] = value;
  std::vector<Packet> found;
  return read(bytes, 1000, found);
}

void what_is_wrong_is_told() {
  const Bytes file = pcap(true, false);
  assert(status_of(file, 0, {0}) == PcapStatus::bad_magic);
  assert(status_of(file, 5, {3}) == PcapStatus::bad_version);
  assert(status_of(file, 28, {0, 0x0F, 0x42, 0x40}) == PcapStatus::bad_record);  // a million us
  assert(status_of(file, 32, {0, 4, 0, 1}) == PcapStatus::bad_record);           // 2^18 + 1 bytes
  assert(status_of(file, 32, {0, 4, 0, 0}) == PcapStatus::need_more);
  const Bytes next = pcapng(true, 9, 1);
  assert(status_of(next, 8, {9}) == PcapStatus::bad_magic);
  assert(status_of(next, 13, {2}) == PcapStatus::bad_version);
  assert(status_of(next, 7, {25}) == PcapStatus::bad_record);             // no multiple of 4
  assert(status_of(next, 4, {0, 0x40, 0, 4}) == PcapStatus::bad_record);  // over 2^22
  assert(status_of(next, 27, {24}) == PcapStatus::bad_record);            // lengths differ
  assert(status_of(next, 31, {3}) == PcapStatus::untimed_packet);
  assert(status_of(next, 31, {0x77}) == PcapStatus::bad_interface);  // the description is another block
  const std::size_t resolution = 28 + 8 + 8 + 8 + 4;
  assert(next[resolution] == 9);
  assert(status_of(next, resolution, {19}) == PcapStatus::bad_record);
  assert(status_of(next, resolution, {0x80 | 64}) == PcapStatus::bad_record);
  assert(status_of(next, resolution - 1, {200}) == PcapStatus::bad_record);  // an option longer than its block
  std::vector<Packet> found;
  assert(read(pcapng(true, 0, 1ull << 40), 1000, found) == PcapStatus::bad_record);
  assert(read(pcapng(true, 0, 1, -5), 1000, found) == PcapStatus::bad_record);
}

void cuts_and_changed_bytes_are_not_followed() {
  std::mt19937 random(1);
  for (const Bytes& file : {pcap(false, true), pcap(true, false), pcapng(false, 9, 77), pcapng(true, 6, 77)}) {
    for (std::size_t size = 0; size <= file.size(); ++size) {
      std::vector<Packet> found;
      const PcapStatus status =
          read(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)), 1000, found);
      assert(status == PcapStatus::ok || status == PcapStatus::need_more);
    }
    for (int i = 0; i < 20000; ++i) {
      Bytes other = file;
      for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
        other[random() % other.size()] = static_cast<std::uint8_t>(random());
      std::vector<Packet> found;
      read(other, 1 + random() % 200, found);
      assert(found.size() <= other.size());
    }
  }
}

}  // namespace

int main() {
  datagrams();
  captures();
  what_is_wrong_is_told();
  cuts_and_changed_bytes_are_not_followed();
}
