// The rings for items whose size is known at run time only: what Python uses. The memory is that of the ring of a type
// of the same size, so that SpscRing<T>(ring.view()) in C++ or Cython takes part in a ring that Python made.
#pragma once

#include "lumina/ring/disruptor.hpp"
#include "lumina/ring/mpmc_ring.hpp"
#include "lumina/ring/spsc_ring.hpp"

namespace lumina {

// Slots in a row of the ring's memory.
struct ByteSpan {
  char* data = nullptr;
  std::size_t count = 0;
};

class SpscBytes : public detail::SpscCursors {
 public:
  SpscBytes(SharedMemory memory, std::size_t capacity, std::size_t item_size, const RingOptions& options)
      : SpscCursors(std::move(memory), layout(capacity, item_size), options), size_(item_size) {
    ready();
  }
  explicit SpscBytes(SharedMemory memory)
      : SpscBytes(memory, static_cast<std::size_t>(ring_header(memory).item_size)) {}
  static std::size_t bytes(std::size_t capacity, std::size_t item_size) { return layout(capacity, item_size).bytes; }

  std::size_t item_size() const noexcept { return size_; }
  ByteSpan claim(std::size_t n) noexcept {
    const std::uint64_t at = tail();
    return {slot(at), std::min(room(at, n), to_end(at))};
  }
  void publish(std::size_t n) noexcept { commit(tail() + n); }
  ByteSpan peek(std::size_t n) noexcept {
    const std::uint64_t at = head();
    return {slot(at), std::min(items(at, n), to_end(at))};
  }
  void release(std::size_t n) noexcept { consume(head() + n); }

  std::size_t try_push(const char* from, std::size_t n) noexcept {
    const std::uint64_t at = tail();
    n = room(at, n);
    if (n == 0) return 0;
    const std::size_t first = std::min(n, to_end(at));
    std::memcpy(slot(at), from, first * size_);
    std::memcpy(slots_, from + first * size_, (n - first) * size_);
    commit(at + n);
    return n;
  }
  std::size_t try_pop(char* to, std::size_t n) noexcept {
    const std::uint64_t at = head();
    n = items(at, n);
    if (n == 0) return 0;
    const std::size_t first = std::min(n, to_end(at));
    std::memcpy(to, slot(at), first * size_);
    std::memcpy(to + first * size_, slots_, (n - first) * size_);
    consume(at + n);
    return n;
  }

 private:
  static detail::RingLayout layout(std::size_t capacity, std::size_t item_size) {
    return {RingKind::spsc, capacity, item_size, item_size, kControl};
  }
  SpscBytes(SharedMemory& memory, std::size_t item_size)
      : SpscBytes(detail::checked_layout(memory, [=](std::size_t capacity) { return layout(capacity, item_size); }),
                  memory) {}
  SpscBytes(const detail::RingLayout& layout, SharedMemory& memory)
      : SpscCursors(std::move(memory), layout), size_(layout.item_size) {}

  char* slot(std::uint64_t at) const noexcept { return slots_ + static_cast<std::size_t>(at & mask_) * size_; }
  std::size_t to_end(std::uint64_t at) const noexcept { return capacity() - static_cast<std::size_t>(at & mask_); }

  const std::size_t size_;
};

namespace detail {

// As MpmcSlots of a type with an alignment of at most eight.
struct MpmcByteSlots {
  static std::size_t stride_of(std::size_t item_size) noexcept { return 8 + round_up(item_size, 8); }
  std::atomic<std::uint64_t>& sequence(std::size_t i) const noexcept {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(from + i * stride);
  }
  char* item(std::size_t i) const noexcept { return from + i * stride + 8; }
  char* const from;
  const std::size_t stride;
};

}  // namespace detail

class MpmcBytes : public detail::MpmcCursors<detail::MpmcByteSlots> {
 public:
  MpmcBytes(SharedMemory memory, std::size_t capacity, std::size_t item_size, const RingOptions& options)
      : MpmcCursors(std::move(memory), layout(capacity, item_size), options), size_(item_size) {
    ready();
  }
  explicit MpmcBytes(SharedMemory memory)
      : MpmcBytes(memory, static_cast<std::size_t>(ring_header(memory).item_size)) {}
  static std::size_t bytes(std::size_t capacity, std::size_t item_size) { return layout(capacity, item_size).bytes; }

  std::size_t item_size() const noexcept { return size_; }
  std::size_t try_push(const char* from, std::size_t n) noexcept {
    const detail::MpmcTicket ticket = claim(n);
    forwards(ticket, [&](std::size_t slot, std::size_t i) { std::memcpy(slots_.item(slot), from + i * size_, size_); });
    if (ticket.count) publish(ticket);
    return ticket.count;
  }
  std::size_t try_pop(char* to, std::size_t n) noexcept {
    const detail::MpmcTicket ticket = claim_items(n);
    forwards(ticket, [&](std::size_t slot, std::size_t i) { std::memcpy(to + i * size_, slots_.item(slot), size_); });
    if (ticket.count) release(ticket);
    return ticket.count;
  }

 private:
  static detail::RingLayout layout(std::size_t capacity, std::size_t item_size) {
    return MpmcCursors::layout(capacity, item_size, detail::MpmcByteSlots::stride_of(item_size));
  }
  MpmcBytes(SharedMemory& memory, std::size_t item_size)
      : MpmcBytes(detail::checked_layout(memory, [=](std::size_t capacity) { return layout(capacity, item_size); }),
                  memory) {}
  MpmcBytes(const detail::RingLayout& layout, SharedMemory& memory)
      : MpmcCursors(std::move(memory), layout), size_(layout.item_size) {}

  const std::size_t size_;
};

class DisruptorBytes : public detail::DisruptorCursors {
 public:
  DisruptorBytes(SharedMemory memory, std::size_t capacity, std::size_t item_size, const RingOptions& options)
      : DisruptorCursors(std::move(memory), layout(capacity, item_size), options), size_(item_size) {}
  explicit DisruptorBytes(SharedMemory memory)
      : DisruptorBytes(memory, static_cast<std::size_t>(ring_header(memory).item_size)) {}
  static std::size_t bytes(std::size_t capacity, std::size_t item_size) { return layout(capacity, item_size).bytes; }

  std::size_t item_size() const noexcept { return size_; }
  std::size_t try_push(const char* from, std::size_t n) noexcept {
    std::uint64_t position;
    const std::size_t count = claim(n, position);
    if (count == 0) return 0;
    std::memcpy(slots_ + index(position) * size_, from, count * size_);
    publish(position, count);
    return count;
  }
  ByteSpan peek(std::uint32_t id, std::size_t n) noexcept {
    const std::size_t at = index(next(id));
    return {slots_ + at * size_, available(id, std::min(n, capacity() - at))};
  }
  void release(std::uint32_t id, std::size_t n) noexcept { DisruptorCursors::release(id, n); }
  std::size_t try_pop(std::uint32_t id, char* to, std::size_t n) noexcept {
    const ByteSpan events = peek(id, n);
    if (events.count == 0) return 0;
    std::memcpy(to, events.data, events.count * size_);
    release(id, events.count);
    return events.count;
  }

 private:
  DisruptorBytes(SharedMemory& memory, std::size_t item_size)
      : DisruptorBytes(
            detail::checked_layout(memory, [=](std::size_t capacity) { return layout(capacity, item_size); }), memory) {
  }
  DisruptorBytes(const detail::RingLayout& layout, SharedMemory& memory)
      : DisruptorCursors(std::move(memory), layout), size_(layout.item_size) {}

  const std::size_t size_;
};

}  // namespace lumina
