// The bytes of an ITCH file (length and message) or of a packet capture (MoldUDP64), as they come, to the updates of
// the stocks that are read. What is wrong is told with its offset; nothing after it is looked at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lumina/feed/itch.hpp"
#include "lumina/feed/itch_translator.hpp"
#include "lumina/feed/mold_udp64.hpp"
#include "lumina/feed/pcap.hpp"

namespace lumina::feed::itch {

enum class Fault : std::uint8_t {
  none,
  refused,       // Problem in detail
  bad_length,    // value bytes, bound is the type's length
  unknown_type,  // value is the type, no letter
  after_end,     // something follows the end of the session
  cut_file,      // value bytes are left that are no whole record
  capture,       // PcapStatus in detail
  link,          // value is the type of link
  mold,          // MoldStatus in detail
  gap,           // value messages are missing before sequence bound
};

struct Failure {
  Fault fault = Fault::none;
  std::uint8_t detail = 0;
  char type = 0;
  std::uint64_t offset = 0;  // in the file's content, of the message, or of the packet that holds it
  std::uint64_t value = 0, bound = 0;
};

struct ReaderConfig {
  TranslatorConfig translator;
  bool only_one = false;   // no stock was named, and there must be one
  bool mark_gaps = false;  // lost messages are a GAP, not a fault
  std::uint16_t port = 0;  // of the datagrams to read; 0 = all
};

class Reader {
 public:
  struct Counts {
    std::array<std::uint64_t, 256> messages{};  // by type, of all stocks
    std::uint64_t frames = 0, datagrams = 0, other_frames = 0, other_ports = 0, fragments = 0, cut_frames = 0;
  };
  // Smallest and largest of local - exchange time of what was emitted since take_latency().
  struct Latency {
    bool any = false;
    std::int64_t low = 0, high = 0;
    std::uint64_t low_offset = 0, high_offset = 0;
  };

  Reader(ReaderConfig config, const std::vector<Stock>& stocks)
      : config_(config), translator_(config.translator, stocks, config.only_one) {}

  // Starts a file; `capture`: it is one, else it is frames.
  void begin(bool capture, std::int64_t midnight_ns, bool new_day, bool trade_sides) {
    capture_ = capture;
    offset_ = 0;
    ended_ = false;
    rest_.clear();
    pcap_ = PcapReader();
    if (new_day) tracker_.reset();
    translator_.begin(midnight_ns, new_day);
    translator_.set_trade_sides(trade_sides);
  }

  // Takes the next bytes; appends to updates() and symbols(). False: see failure().
  bool feed(const std::uint8_t* data, std::size_t size) {
    rest_.insert(rest_.end(), data, data + size);
    const std::size_t used = capture_ ? packets(rest_.data(), rest_.size()) : frames(rest_.data(), rest_.size());
    offset_ += used;
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(used));
    return failure_.fault == Fault::none;
  }

  // The file has ended.
  bool end() {
    if (failure_.fault == Fault::none && !rest_.empty()) fail(Fault::cut_file, 0, rest_.size());
    return failure_.fault == Fault::none;
  }

  const Failure& failure() const noexcept { return failure_; }
  const Counts& counts() const noexcept { return counts_; }
  const Translator& translator() const noexcept { return translator_; }
  const MoldTracker& tracker() const noexcept { return tracker_; }
  std::vector<Update>& updates() noexcept { return updates_; }
  std::vector<std::uint32_t>& symbols() noexcept { return symbols_; }
  Latency take_latency() noexcept { return std::exchange(latency_, Latency{}); }

 private:
  void fail(Fault fault, std::size_t at, std::uint64_t value = 0, std::uint64_t bound = 0, std::uint8_t detail = 0,
            char type = 0) noexcept {
    failure_ = {fault, detail, type, offset_ + at, value, bound};
  }

  std::size_t frames(const std::uint8_t* data, std::size_t size) {
    return walk_frames(data, size, [&](const std::uint8_t* p, std::size_t length) {
      const auto at = static_cast<std::size_t>(p - data) - 2;
      if (ended_)
        fail(Fault::after_end, at);
      else if (length == 0)
        ended_ = true;
      else
        message(p, length, at, Translator::kOneClock);
      return failure_.fault == Fault::none;
    });
  }

  std::size_t packets(const std::uint8_t* data, std::size_t size) {
    std::size_t at = 0;
    for (;;) {
      CapturedFrame frame{};
      const PcapReader::Step step = pcap_.next(data + at, size - at, frame);
      if (step.status == PcapStatus::need_more) return at;
      if (step.status != PcapStatus::ok) {
        fail(Fault::capture, at, 0, 0, static_cast<std::uint8_t>(step.status));
        return at;
      }
      if (frame.data != nullptr && !packet(frame, at)) return at;
      at += step.used;
    }
  }

  bool packet(const CapturedFrame& frame, std::size_t at) {
    ++counts_.frames;
    if (frame.link != PcapReader::kEthernet) {
      fail(Fault::link, at, frame.link);
      return false;
    }
    Datagram datagram{};
    switch (read_datagram(frame.data, frame.size, datagram)) {
      case DatagramStatus::ok:
        break;
      case DatagramStatus::other:
        ++counts_.other_frames;
        return true;
      case DatagramStatus::fragment:
        ++counts_.fragments;
        return true;
      case DatagramStatus::cut:
        ++counts_.cut_frames;
        return true;
    }
    if (config_.port != 0 && datagram.destination_port != config_.port) {
      ++counts_.other_ports;
      return true;
    }
    ++counts_.datagrams;
    const MoldTracker::Packet mold = tracker_.look(datagram.data, datagram.size);
    if (mold.status != MoldStatus::ok) {
      fail(Fault::mold, at, datagram.destination_port, 0, static_cast<std::uint8_t>(mold.status));
      return false;
    }
    if (mold.missing != 0) {
      if (!config_.mark_gaps) {
        fail(Fault::gap, at, mold.missing, mold.header.sequence);
        return false;
      }
      translator_.gap();
    }
    MoldTracker::each(mold, datagram.data, [&](std::uint64_t, const std::uint8_t* p, std::size_t length) {
      if (failure_.fault == Fault::none) message(p, length, at, frame.ts_ns);
    });
    return failure_.fault == Fault::none;
  }

  void message(const std::uint8_t* p, std::size_t length, std::size_t at, std::int64_t local_ts_ns) {
    const Status status = check(p, length);
    if (status != Status::ok) [[unlikely]] {
      const bool letter = length != 0 && ((p[0] >= 'A' && p[0] <= 'Z') || (p[0] >= 'a' && p[0] <= 'z'));
      if (status == Status::unknown_type && letter)
        ++counts_.messages[p[0]];  // the venue adds types now and then
      else if (length == 0 || status == Status::bad_length)
        fail(Fault::bad_length, at, length, length != 0 ? kLength[p[0]] : 0, 0, static_cast<char>(length ? p[0] : 0));
      else
        fail(Fault::unknown_type, at, p[0]);
      return;
    }
    ++counts_.messages[p[0]];
    const Refusal refusal = translator_.take(p, local_ts_ns, [&](std::uint32_t symbol, const Update& update) {
      updates_.push_back(update);
      symbols_.push_back(symbol);
      if (local_ts_ns != Translator::kOneClock) watch(update.local_ts_ns - update.exch_ts_ns, offset_ + at);
    });
    if (refusal.problem != Problem::none)
      fail(Fault::refused, at, refusal.value, refusal.bound, static_cast<std::uint8_t>(refusal.problem), refusal.type);
  }

  void watch(std::int64_t latency, std::uint64_t offset) noexcept {
    if (!latency_.any || latency < latency_.low) latency_.low = latency, latency_.low_offset = offset;
    if (!latency_.any || latency > latency_.high) latency_.high = latency, latency_.high_offset = offset;
    latency_.any = true;
  }

  ReaderConfig config_;
  Translator translator_;
  MoldTracker tracker_;
  PcapReader pcap_;
  bool capture_ = false, ended_ = false;
  std::uint64_t offset_ = 0;  // of rest_ in the file's content
  std::vector<std::uint8_t> rest_;
  std::vector<Update> updates_;
  std::vector<std::uint32_t> symbols_;
  Failure failure_;
  Counts counts_;
  Latency latency_;
};

// Does content that begins so look like ITCH frames? Its first three whole messages, or all of a shorter file, must fit
// their types.
inline bool looks_like_frames(const std::uint8_t* data, std::size_t size) noexcept {
  std::size_t messages = 0;
  bool bad = false;
  const std::size_t used = walk_frames(data, size, [&](const std::uint8_t* p, std::size_t length) {
    bad = check(p, length) != Status::ok && length != 0;
    messages += length != 0;
    return !bad && messages < 3;
  });
  return !bad && (messages >= 3 || (messages >= 1 && used == size));
}

// The first packet of a capture, and whether one of those that `data` holds has a datagram of ITCH messages.
struct CaptureLook {
  bool itch = false;
  bool timed = false;
  std::int64_t first_ns = 0;
};
inline CaptureLook look_at_capture(const std::uint8_t* data, std::size_t size) noexcept {
  CaptureLook look;
  PcapReader reader;
  for (std::size_t at = 0;;) {
    CapturedFrame frame{};
    const PcapReader::Step step = reader.next(data + at, size - at, frame);
    if (step.status != PcapStatus::ok) return look;
    at += step.used;
    if (frame.data == nullptr) continue;
    if (!look.timed) look.first_ns = frame.ts_ns;
    look.timed = true;
    Datagram datagram{};
    if (frame.link != PcapReader::kEthernet || read_datagram(frame.data, frame.size, datagram) != DatagramStatus::ok)
      continue;
    MoldTracker tracker;
    const MoldTracker::Packet mold = tracker.look(datagram.data, datagram.size);
    if (mold.status != MoldStatus::ok) continue;
    bool all = mold.header.messages() > 0;
    MoldTracker::each(mold, datagram.data, [&](std::uint64_t, const std::uint8_t* p, std::size_t length) {
      all &= check(p, length) == Status::ok;
    });
    if (all) {
      look.itch = true;
      return look;
    }
  }
}

}  // namespace lumina::feed::itch
