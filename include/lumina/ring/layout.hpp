// What all rings share: a header that says what the memory holds, checked by whoever attaches to it. Nothing in a
// ring's memory is an address, so that processes can map it where they like.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "lumina/platform/shared_memory.hpp"
#include "lumina/ring/wait.hpp"

namespace lumina {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

enum class RingKind : std::uint32_t { spsc = 1, spsc_latency = 2, mpmc = 3, disruptor = 4 };

// A ring's items are copied as bytes, and may be read by another process.
template <class T>
concept RingItem = std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>;

struct RingOptions {
  Wait wait = Wait::yield;
  // Text about the items that the header keeps for whoever attaches; Python puts the dtype there.
  std::string_view item_type = {};
  // Position of the first item: tests put it near the end of the counter.
  std::uint64_t first = 0;
};

// One page at the start of the memory. The magic number is written last.
struct RingHeader {
  static constexpr std::uint64_t kMagic = 0x31474E4952'4D554Cull;  // "LUMRING1"
  static constexpr std::uint32_t kVersion = 2;
  static constexpr std::size_t kText = 4096 - 64;

  std::atomic<std::uint64_t> magic;
  std::uint32_t version;
  RingKind kind;
  std::uint64_t capacity;
  std::uint64_t item_size;
  std::uint64_t stride;  // from slot to slot
  std::uint64_t bytes;   // of the whole
  Wait wait;
  std::uint32_t text_size;
  std::uint64_t reserved;
  char text[kText];
};
static_assert(sizeof(RingHeader) == 4096 && offsetof(RingHeader, text) == 64);

namespace detail {

inline constexpr std::size_t kMaxRingCapacity = std::size_t{1} << 30;
inline constexpr std::size_t kMaxRingItem = std::size_t{1} << 20;
inline constexpr std::size_t kMaxRingBytes = std::size_t{1} << 40;

// Release: whoever sees the cursor or sequence that is stored sees the item, or the free slot, behind it. The seeded
// bug lets tests show that they would notice if it did not.
#ifdef LUMINA_SEEDED_BUG
inline constexpr std::memory_order kPublish = std::memory_order_relaxed;
#else
inline constexpr std::memory_order kPublish = std::memory_order_release;
#endif

inline constexpr std::size_t round_up(std::size_t value, std::size_t to) noexcept { return (value + to - 1) / to * to; }

// Where a kind of ring has its parts: header, control, (laps of the disruptor), slots.
struct RingLayout {
  RingKind kind;
  std::size_t capacity;
  std::size_t item_size;
  std::size_t stride;
  std::size_t slots;  // offset
  std::size_t bytes;
  Wait wait = Wait::yield;

  RingLayout(RingKind of, std::size_t capacity_, std::size_t item_size_, std::size_t stride_, std::size_t control,
             std::size_t extra_per_slot = 0)
      : kind(of), capacity(capacity_), item_size(item_size_), stride(stride_) {
    if (capacity < 2 || capacity > kMaxRingCapacity || !std::has_single_bit(capacity)) {
      std::string text = "capacity " + std::to_string(capacity) + " is not a power of two in 2 .. 2^30";
      if (capacity < kMaxRingCapacity)
        text += "; the next is " + std::to_string(std::bit_ceil(std::max(capacity, std::size_t{2})));
      throw std::invalid_argument(text);
    }
    if (item_size == 0 || item_size > kMaxRingItem)
      throw std::invalid_argument("item size " + std::to_string(item_size) + " is not in 1 .. 2^20 bytes");
    slots = round_up(sizeof(RingHeader) + control + extra_per_slot * capacity, 4096);
    bytes = slots + stride * capacity;
    if (bytes > kMaxRingBytes)
      throw std::invalid_argument("a ring of " + std::to_string(capacity) + " items of " + std::to_string(item_size) +
                                  " bytes is larger than 2^40 bytes");
  }
};

// The memory of a ring, whose header has been written or checked.
class RingMemory {
 public:
  RingMemory(const RingMemory&) = delete;
  RingMemory& operator=(const RingMemory&) = delete;

  std::size_t capacity() const noexcept { return mask_ + 1; }
  Wait wait() const noexcept { return wait_; }
  // To hand the ring to somebody who attaches to it in this process.
  SharedMemory view() const noexcept { return SharedMemory::view(memory_.data(), memory_.size()); }
  int fd() const noexcept { return memory_.fd(); }
  std::string_view item_type() const noexcept {
    const RingHeader& header = *at<RingHeader>(0);
    return {header.text, std::min<std::size_t>(header.text_size, RingHeader::kText)};
  }

 protected:
  // Creates: the memory must be zero. The caller fills in the rest and calls ready().
  RingMemory(SharedMemory memory, const RingLayout& layout, const RingOptions& options)
      : mask_(layout.capacity - 1), wait_(options.wait), memory_(std::move(memory)) {
    if (memory_.size() < layout.bytes)
      throw std::invalid_argument("memory of " + std::to_string(memory_.size()) + " bytes is too small for a ring of " +
                                  std::to_string(layout.bytes));
    if (options.item_type.size() > RingHeader::kText)
      throw std::invalid_argument("item type of " + std::to_string(options.item_type.size()) +
                                  " bytes is longer than " + std::to_string(RingHeader::kText));
    RingHeader& header = *new (memory_.data()) RingHeader;
    header.version = RingHeader::kVersion;
    header.kind = layout.kind;
    header.capacity = layout.capacity;
    header.item_size = layout.item_size;
    header.stride = layout.stride;
    header.bytes = layout.bytes;
    header.wait = options.wait;
    header.text_size = static_cast<std::uint32_t>(options.item_type.size());
    std::copy(options.item_type.begin(), options.item_type.end(), header.text);
  }
  // Attaches to memory whose header has been checked.
  RingMemory(SharedMemory memory, const RingLayout& layout)
      : mask_(layout.capacity - 1), wait_(layout.wait), memory_(std::move(memory)) {}

  // Release: whoever reads the magic number finds the rest written.
  void ready() noexcept { at<RingHeader>(0)->magic.store(RingHeader::kMagic, std::memory_order_release); }

  template <class Part>
  Part* at(std::size_t offset) const noexcept {
    return reinterpret_cast<Part*>(static_cast<char*>(memory_.data()) + offset);
  }

  const std::uint64_t mask_;
  const Wait wait_;

 private:
  SharedMemory memory_;
};

}  // namespace detail

// The header of memory that holds a ring; throws std::invalid_argument where it does not, or is cut short.
inline const RingHeader& ring_header(const SharedMemory& memory) {
  if (memory.size() < sizeof(RingHeader))
    throw std::invalid_argument("memory of " + std::to_string(memory.size()) + " bytes holds no ring");
  const RingHeader& header = *static_cast<const RingHeader*>(memory.data());
  // Acquire: with ready().
  if (header.magic.load(std::memory_order_acquire) != RingHeader::kMagic)
    throw std::invalid_argument("the memory holds no ring, or one that is not finished");
  if (header.version != RingHeader::kVersion)
    throw std::invalid_argument("the ring has version " + std::to_string(header.version) + ", this library " +
                                std::to_string(RingHeader::kVersion));
  if (header.bytes > memory.size())
    throw std::invalid_argument("the ring is cut short: " + std::to_string(memory.size()) + " of " +
                                std::to_string(header.bytes) + " bytes");
  if (header.wait > Wait::park || header.text_size > RingHeader::kText)
    throw std::invalid_argument("the ring's header is damaged");
  return header;
}

namespace detail {

// The layout of a ring to attach to, which must be as make_layout(capacity) says.
template <class MakeLayout>
RingLayout checked_layout(const SharedMemory& memory, MakeLayout make_layout) {
  const RingHeader& header = ring_header(memory);
  // worked out from one read of the capacity: another process may write to the header meanwhile
  RingLayout layout = make_layout(static_cast<std::size_t>(header.capacity));
  if (header.kind != layout.kind)
    throw std::invalid_argument("the ring is of kind " + std::to_string(static_cast<unsigned>(header.kind)) + ", not " +
                                std::to_string(static_cast<unsigned>(layout.kind)));
  if (header.item_size != layout.item_size)
    throw std::invalid_argument("the ring's items have " + std::to_string(header.item_size) + " bytes, not " +
                                std::to_string(layout.item_size));
  if (header.stride != layout.stride || header.bytes != layout.bytes)
    throw std::invalid_argument("the ring's slots are laid out for another alignment of its items");
  layout.wait = header.wait;
  if (layout.bytes > memory.size() || layout.wait > Wait::park) throw std::invalid_argument("the ring is damaged");
  return layout;
}

}  // namespace detail
}  // namespace lumina
