// The queue of one producer and one consumer for the shortest way of a single message: its sequence stands beside it in
// the slot, so that message and news travel in one line.
#pragma once

#include "lumina/ring/spsc_ring.hpp"

namespace lumina {

// Up to 56 bytes of payload take one line of 64; larger ones several. SpscRing carries more messages a second, and
// batches; this one answers sooner where a message is larger than a few words. Same rules as SpscRing.
template <RingItem T>
class alignas(kRingLine) SpscLatencyRing : public detail::RingMemory {
  // A slot is within one line, or starts one.
  static constexpr std::size_t kPacked = std::max(sizeof(std::uint64_t), alignof(T)) + sizeof(T);
  static constexpr std::size_t kStride = kPacked <= 64 ? std::bit_ceil(kPacked) : detail::round_up(kPacked, 64);

  struct alignas(std::min<std::size_t>(kStride, 64)) Slot {
    std::atomic<std::uint64_t> sequence;  // one more than the position of the item that it holds
    T item;
  };

 public:
  explicit SpscLatencyRing(std::size_t capacity, const RingOptions& options = {})
      : SpscLatencyRing(SharedMemory::anonymous(bytes(capacity)), capacity, options) {}
  SpscLatencyRing(SharedMemory memory, std::size_t capacity, const RingOptions& options = {})
      : SpscLatencyRing(std::move(memory), layout(capacity), options) {}
  explicit SpscLatencyRing(SharedMemory memory) : SpscLatencyRing(detail::checked_layout(memory, layout), memory) {}

  static std::size_t bytes(std::size_t capacity) { return layout(capacity).bytes; }

  bool try_push(const T& item) noexcept {
    const std::uint64_t at = control_->tail;
    if (at - control_->head_seen > mask_) [[unlikely]] {
      // Acquire: the consumer has read the slots that it gives back before they are written again.
      control_->head_seen = control_->head.load(std::memory_order_acquire);
      if (at - control_->head_seen > mask_) return false;
    }
    if (closed()) [[unlikely]]
      return false;
    Slot& slot = slots_[at & mask_];
    slot.item = item;
    control_->tail = at + 1;
    slot.sequence.store(at + 1, detail::kPublish);  // release: the item is written
    if (wait_ == Wait::park) [[unlikely]]
      control_->items.notify();
    return true;
  }
  bool push(const T& item) noexcept {
    while (!try_push(item))
      if (wait_room() == RingStatus::closed) return false;
    return true;
  }

  bool try_pop(T& item) noexcept {
    const std::uint64_t at = control_->head.load(std::memory_order_relaxed);  // own
    Slot& slot = slots_[at & mask_];
    if (slot.sequence.load(std::memory_order_acquire) != at + 1) return false;  // acquire: with try_push()
    item = slot.item;
    control_->head.store(at + 1, std::memory_order_release);  // release: the slot has been read
    if (wait_ == Wait::park) [[unlikely]]
      control_->room.notify();
    return true;
  }
  bool pop(T& item) noexcept {
    while (!try_pop(item))
      if (wait_items() == RingStatus::closed) return false;
    return true;
  }

  void close() noexcept {
    control_->closed.store(1, std::memory_order_release);  // release: the consumer that reads it sees every item
    if (wait_ == Wait::park) {
      control_->items.wake();
      control_->room.wake();
    }
  }
  bool closed() const noexcept { return control_->closed.load(std::memory_order_relaxed) != 0; }
  // Consumer: closed, and nothing left. Acquire: with close(), the sequence that is read next is the last.
  bool drained() const noexcept { return control_->closed.load(std::memory_order_acquire) != 0 && !has_item(); }

  RingStatus wait_items(std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    // Acquire: as in drained().
    const auto ready = [&] { return has_item() || control_->closed.load(std::memory_order_acquire) != 0; };
    if (!detail::wait_until_ready(wait_, control_->items, timeout, ready)) return RingStatus::timeout;
    return has_item() ? RingStatus::ok : RingStatus::closed;
  }
  RingStatus wait_room(std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    const auto ready = [&] {
      return control_->tail - control_->head.load(std::memory_order_relaxed) <= mask_ || closed();
    };
    if (!detail::wait_until_ready(wait_, control_->room, timeout, ready)) return RingStatus::timeout;
    return closed() ? RingStatus::closed : RingStatus::ok;
  }

 private:
  struct Control {
    alignas(kRingLine) std::uint64_t tail;  // the producer's alone: the consumer reads the slots
    std::uint64_t head_seen;                // the producer's alone
    alignas(kRingLine) std::atomic<std::uint64_t> head;
    alignas(kRingLine) std::atomic<std::uint32_t> closed;
    detail::WaitPoint items;
    detail::WaitPoint room;
  };

  static detail::RingLayout layout(std::size_t capacity) {
    return {RingKind::spsc_latency, capacity, sizeof(T), sizeof(Slot), sizeof(Control)};
  }
  SpscLatencyRing(SharedMemory memory, const detail::RingLayout& layout, const RingOptions& options)
      : RingMemory(std::move(memory), layout, options),
        control_(new (at<char>(sizeof(RingHeader))) Control{}),
        slots_(at<Slot>(layout.slots)) {
    control_->tail = control_->head_seen = options.first;
    control_->head.store(options.first, std::memory_order_relaxed);
    // as if the lap before had been popped
    for (std::uint64_t i = 0; i < capacity(); ++i) {
      const std::uint64_t at = options.first + i;
      slots_[at & mask_].sequence.store(at + 1 - capacity(), std::memory_order_relaxed);
    }
    ready();
  }
  SpscLatencyRing(const detail::RingLayout& layout, SharedMemory& memory)
      : RingMemory(std::move(memory), layout),
        control_(at<Control>(sizeof(RingHeader))),
        slots_(at<Slot>(layout.slots)) {}

  bool has_item() const noexcept {
    const std::uint64_t at = control_->head.load(std::memory_order_relaxed);
    return slots_[at & mask_].sequence.load(std::memory_order_relaxed) == at + 1;
  }

  Control* const control_;
  Slot* const slots_;
};

}  // namespace lumina
