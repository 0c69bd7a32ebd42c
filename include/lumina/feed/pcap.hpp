// Packet captures: the frames of a pcap or pcapng file as its bytes arrive, and the UDP datagram of an Ethernet frame.
// Every length is checked before it is followed; nothing is allocated.
//
// Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; IEEE 802.1Q, RFC 791, RFC 768.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lumina/feed/big_endian.hpp"

namespace lumina::feed {

enum class PcapStatus : std::uint8_t {
  ok,
  need_more,       // the next record is not whole yet
  bad_magic,       // neither pcap nor pcapng
  bad_version,     // of the file, not 2.x (pcap) or 1.x (pcapng)
  bad_record,      // a length or a time beyond what is plausible
  bad_interface,   // a packet of an interface that was not described, or over 64 interfaces
  untimed_packet,  // a pcapng block that holds a packet and no time that is understood
};

struct CapturedFrame {
  const std::uint8_t* data;  // nullptr: the step was no packet
  std::size_t size;
  std::int64_t ts_ns;  // of the capture, since the epoch
  std::uint32_t link;  // type of link, kEthernet or another
};

class PcapReader {
 public:
  static constexpr std::uint32_t kEthernet = 1;
  static constexpr std::size_t kMaxPacket = std::size_t{1} << 18;  // the most that capturing programs write
  static constexpr std::size_t kMaxBlock = std::size_t{1} << 22;
  static constexpr std::size_t kMaxInterfaces = 64;

  struct Step {
    PcapStatus status;
    std::size_t used;  // bytes done with
  };

  // Does a file that begins so claim to be a capture? Needs 4 bytes.
  static bool is_capture(const std::uint8_t* data, std::size_t size) noexcept {
    if (size < 4) return false;
    const std::uint32_t magic = load_big<std::uint32_t>(data);
    return magic == kBlockHeader || classic(magic) || classic(swap_bytes(magic));
  }

  // One step: the file's header, a packet, or a block that is no packet. `data` begins where the last step ended.
  Step next(const std::uint8_t* data, std::size_t size, CapturedFrame& frame) noexcept {
    frame.data = nullptr;
    switch (format_) {
      case Format::unknown:
        return start(data, size);
      case Format::pcap:
        return record(data, size, frame);
      default:
        return block(data, size, frame);
    }
  }

 private:
  enum class Format : std::uint8_t { unknown, pcap, pcapng };
  static constexpr std::uint32_t kMicro = 0xA1B2C3D4, kNano = 0xA1B23C4D;
  static constexpr std::uint32_t kBlockHeader = 0x0A0D0D0A, kByteOrder = 0x1A2B3C4D;
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::uint64_t kMaxSeconds = std::uint64_t{1} << 33;  // year 2242

  struct Interface {
    std::uint32_t link;
    std::uint8_t resolution;  // as if_tsresol: a power of ten, or of two with the high bit
    std::int64_t offset_s;
  };

  static bool classic(std::uint32_t magic) noexcept { return magic == kMicro || magic == kNano; }

  template <class T>
  T load(const std::uint8_t* p) const noexcept {
    const T value = load_big<T>(p);
    return big_ ? value : swap_bytes(value);
  }

  Step start(const std::uint8_t* data, std::size_t size) noexcept {
    if (size < 4) return {PcapStatus::need_more, 0};
    const std::uint32_t magic = load_big<std::uint32_t>(data);
    if (magic == kBlockHeader) {
      format_ = Format::pcapng;
      return {PcapStatus::ok, 0};
    }
    big_ = classic(magic);
    const std::uint32_t native = big_ ? magic : swap_bytes(magic);
    if (!classic(native)) return {PcapStatus::bad_magic, 0};
    if (size < 24) return {PcapStatus::need_more, 0};
    if (load<std::uint16_t>(data + 4) != 2) return {PcapStatus::bad_version, 0};
    nano_ = native == kNano;
    link_ = load<std::uint32_t>(data + 20) & 0xFFFF;  // the rest says how long the frame check sequence is
    format_ = Format::pcap;
    return {PcapStatus::ok, 24};
  }

  Step record(const std::uint8_t* data, std::size_t size, CapturedFrame& frame) const noexcept {
    if (size < 16) return {PcapStatus::need_more, 0};
    const std::uint32_t fraction = load<std::uint32_t>(data + 4);
    const std::size_t length = load<std::uint32_t>(data + 8);
    if (length > kMaxPacket || fraction >= (nano_ ? 1'000'000'000u : 1'000'000u)) return {PcapStatus::bad_record, 0};
    if (size - 16 < length) return {PcapStatus::need_more, 0};
    const std::int64_t seconds = load<std::uint32_t>(data);
    frame = {data + 16, length, seconds * kSecond + std::int64_t{fraction} * (nano_ ? 1 : 1000), link_};
    return {PcapStatus::ok, 16 + length};
  }

  Step block(const std::uint8_t* data, std::size_t size, CapturedFrame& frame) noexcept {
    if (size < 12) return {PcapStatus::need_more, 0};
    if (load_big<std::uint32_t>(data) == kBlockHeader) {  // reads the same in both byte orders
      big_ = load_big<std::uint32_t>(data + 8) == kByteOrder;
      if (load<std::uint32_t>(data + 8) != kByteOrder) return {PcapStatus::bad_magic, 0};
    }
    const std::uint32_t type = load<std::uint32_t>(data);
    const std::size_t length = load<std::uint32_t>(data + 4);
    if (length < 12 || length % 4 != 0 || length > kMaxBlock) return {PcapStatus::bad_record, 0};
    if (size < length) return {PcapStatus::need_more, 0};
    if (load<std::uint32_t>(data + length - 4) != length) return {PcapStatus::bad_record, 0};
    const std::uint8_t* body = data + 8;
    const std::size_t left = length - 12;
    PcapStatus status = PcapStatus::ok;
    switch (type) {
      case kBlockHeader:
        status = section(body, left);
        break;
      case 1:
        status = describe(body, left);
        break;
      case 2:  // the obsolete packet block
      case 3:  // the simple one
        status = PcapStatus::untimed_packet;
        break;
      case 6:
        status = packet(body, left, frame);
        break;
      default:
        break;
    }
    return {status, status == PcapStatus::ok ? length : 0};
  }

  PcapStatus section(const std::uint8_t* body, std::size_t left) noexcept {
    if (left < 16) return PcapStatus::bad_record;
    if (load<std::uint16_t>(body + 4) != 1) return PcapStatus::bad_version;
    interfaces_ = 0;
    return PcapStatus::ok;
  }

  PcapStatus describe(const std::uint8_t* body, std::size_t left) noexcept {
    if (left < 8) return PcapStatus::bad_record;
    if (interfaces_ == kMaxInterfaces) return PcapStatus::bad_interface;
    Interface one{load<std::uint16_t>(body), 6, 0};
    std::size_t at = 8;
    while (left - at >= 4) {
      const unsigned code = load<std::uint16_t>(body + at);
      const std::size_t length = load<std::uint16_t>(body + at + 2);
      at += 4;
      if (code == 0) break;
      if (left - at < length) return PcapStatus::bad_record;
      if (code == 9 && length == 1) one.resolution = body[at];
      if (code == 14 && length == 8) one.offset_s = static_cast<std::int64_t>(load<std::uint64_t>(body + at));
      at += (length + 3) / 4 * 4;
      if (at > left) return PcapStatus::bad_record;
    }
    const unsigned power = one.resolution & 0x7F;
    if (power > (one.resolution & 0x80 ? 63u : 18u)) return PcapStatus::bad_record;
    if (one.offset_s < 0 || one.offset_s > static_cast<std::int64_t>(kMaxSeconds)) return PcapStatus::bad_record;
    interface_[interfaces_++] = one;
    return PcapStatus::ok;
  }

  PcapStatus packet(const std::uint8_t* body, std::size_t left, CapturedFrame& frame) const noexcept {
    if (left < 20) return PcapStatus::bad_record;
    const std::uint32_t index = load<std::uint32_t>(body);
    if (index >= interfaces_) return PcapStatus::bad_interface;
    const Interface& from = interface_[index];
    const std::uint64_t time = std::uint64_t{load<std::uint32_t>(body + 4)} << 32 | load<std::uint32_t>(body + 8);
    const std::size_t length = load<std::uint32_t>(body + 12);
    if (length > kMaxPacket || left - 20 < length) return PcapStatus::bad_record;
    const unsigned power = from.resolution & 0x7F;
    std::uint64_t unit = 1;
    if (from.resolution & 0x80)
      unit <<= power;
    else
      for (unsigned i = 0; i < power; ++i) unit *= 10;
    const std::uint64_t seconds = time / unit;
    if (seconds > kMaxSeconds - static_cast<std::uint64_t>(from.offset_s)) return PcapStatus::bad_record;
    const auto fraction = static_cast<std::int64_t>(static_cast<unsigned __int128>(time % unit) * kSecond / unit);
    frame = {body + 20, length, (static_cast<std::int64_t>(seconds) + from.offset_s) * kSecond + fraction, from.link};
    return PcapStatus::ok;
  }

  Format format_ = Format::unknown;
  bool big_ = false, nano_ = false;
  std::uint32_t link_ = 0;
  std::size_t interfaces_ = 0;
  std::array<Interface, kMaxInterfaces> interface_{};
};

enum class DatagramStatus : std::uint8_t {
  ok,
  other,     // another protocol than IPv4 and UDP
  fragment,  // a part of a datagram
  cut,       // the capture holds less than the headers say
};

struct Datagram {
  const std::uint8_t* data;
  std::size_t size;
  std::uint32_t source, destination;  // IPv4 addresses
  std::uint16_t source_port, destination_port;
};

// The UDP datagram of an Ethernet frame, behind up to four VLAN tags. Checksums are not looked at.
inline DatagramStatus read_datagram(const std::uint8_t* frame, std::size_t size, Datagram& out) noexcept {
  constexpr std::uint16_t kIpv4 = 0x0800, kVlan = 0x8100, kServiceVlan = 0x88A8;
  if (size < 14) return DatagramStatus::cut;
  std::size_t at = 12;
  std::uint16_t type = load_big<std::uint16_t>(frame + at);
  for (int tags = 0; type == kVlan || type == kServiceVlan; ++tags) {
    if (tags == 4) return DatagramStatus::other;
    at += 4;
    if (size < at + 2) return DatagramStatus::cut;
    type = load_big<std::uint16_t>(frame + at);
  }
  if (type != kIpv4) return DatagramStatus::other;
  const std::uint8_t* ip = frame + at + 2;
  std::size_t left = size - at - 2;
  if (left < 20) return DatagramStatus::cut;
  const std::size_t header = (ip[0] & 0xFu) * 4u;
  if (ip[0] >> 4 != 4 || header < 20) return DatagramStatus::other;
  if (ip[9] != 17) return DatagramStatus::other;
  const std::size_t total = load_big<std::uint16_t>(ip + 2);
  if (total > left || total < header + 8) return DatagramStatus::cut;
  if (load_big<std::uint16_t>(ip + 6) & 0x3FFF) return DatagramStatus::fragment;  // more to come, or an offset
  left = total - header;  // what follows is padding of the frame
  const std::uint8_t* udp = ip + header;
  const std::size_t length = load_big<std::uint16_t>(udp + 4);
  if (length < 8 || length > left) return DatagramStatus::cut;
  out.source = load_big<std::uint32_t>(ip + 12);
  out.destination = load_big<std::uint32_t>(ip + 16);
  out.source_port = load_big<std::uint16_t>(udp);
  out.destination_port = load_big<std::uint16_t>(udp + 2);
  out.data = udp + 8;
  out.size = length - 8;
  return DatagramStatus::ok;
}

}  // namespace lumina::feed
