// A queue from one producer thread to one consumer thread, of this process or of two.
#pragma once

#include <cstring>
#include <span>

#include "lumina/ring/layout.hpp"

namespace lumina {
namespace detail {

// The two cursors count items since the start and wrap at 2^64; each side writes its own line, and looks at the other's
// only when the value it saw last leaves no room.
struct SpscControl {
  alignas(kRingLine) std::atomic<std::uint64_t> tail;  // items pushed: the producer writes
  alignas(kRingLine) std::uint64_t head_seen;          // the producer's alone, and where it last found no room
  std::uint64_t full_at;
  alignas(kRingLine) std::atomic<std::uint64_t> head;  // items popped: the consumer writes
  alignas(kRingLine) std::uint64_t tail_seen;          // the consumer's alone, and where it last found no item
  std::uint64_t empty_at;
  alignas(kRingLine) std::atomic<std::uint32_t> closed;
  WaitPoint items;
  WaitPoint room;
};

// Cursors, waiting and closing, without the slots.
class SpscCursors : public RingMemory {
 public:
  // Either side may close, once; the producer after its last item, so that the consumer gets all. Items pushed from
  // then on are refused.
  void close() noexcept {
    control_->closed.store(1, std::memory_order_release);  // release: the consumer that reads it sees every item
    if (wait_ == Wait::park) {
      control_->items.wake();
      control_->room.wake();
    }
  }
  // Relaxed: tells nothing about items; who must know whether all were popped asks drained().
  bool closed() const noexcept { return control_->closed.load(std::memory_order_relaxed) != 0; }
  // Consumer: closed, and nothing left.
  bool drained() const noexcept {
    // Acquire, in this order: with close(), the tail that is read next is the last.
    return control_->closed.load(std::memory_order_acquire) != 0 && size() == 0;
  }
  // A moment's value for anybody but the two sides.
  std::size_t size() const noexcept {
    const std::uint64_t head = control_->head.load(std::memory_order_acquire);  // before the tail, never beyond it
    return std::min(static_cast<std::size_t>(control_->tail.load(std::memory_order_relaxed) - head), capacity());
  }

  // Consumer: until there are items.
  RingStatus wait_items(std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    const std::uint64_t head = control_->head.load(std::memory_order_relaxed);  // own
    const auto ready = [&] {
      // Acquire of closed: the tail that drained() reads afterwards is the last.
      return control_->tail.load(std::memory_order_relaxed) != head ||
             control_->closed.load(std::memory_order_acquire) != 0;
    };
    if (!wait_until_ready(wait_, control_->items, timeout, ready)) return RingStatus::timeout;
    return control_->tail.load(std::memory_order_relaxed) != head ? RingStatus::ok : RingStatus::closed;
  }
  // Producer: until there is room.
  RingStatus wait_room(std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    const std::uint64_t tail = control_->tail.load(std::memory_order_relaxed);  // own
    const auto ready = [&] { return tail - control_->head.load(std::memory_order_relaxed) <= mask_ || closed(); };
    if (!wait_until_ready(wait_, control_->room, timeout, ready)) return RingStatus::timeout;
    return closed() ? RingStatus::closed : RingStatus::ok;
  }

 protected:
  static constexpr std::size_t kControl = sizeof(SpscControl);

  SpscCursors(SharedMemory memory, const RingLayout& layout, const RingOptions& options)
      : RingMemory(std::move(memory), layout, options),
        control_(new (at<char>(sizeof(RingHeader))) SpscControl{}),
        slots_(at<char>(layout.slots)) {
    control_->tail.store(options.first, std::memory_order_relaxed);
    control_->head.store(options.first, std::memory_order_relaxed);
    control_->head_seen = control_->tail_seen = control_->full_at = control_->empty_at = options.first;
  }
  SpscCursors(SharedMemory memory, const RingLayout& layout)
      : RingMemory(std::move(memory), layout),
        control_(at<SpscControl>(sizeof(RingHeader))),
        slots_(at<char>(layout.slots)) {}

  std::uint64_t tail() const noexcept { return control_->tail.load(std::memory_order_relaxed); }  // producer: own
  std::uint64_t head() const noexcept { return control_->head.load(std::memory_order_relaxed); }  // consumer: own

  // Free slots from tail on, at most n; 0 once closed.
  std::size_t room(std::uint64_t tail, std::size_t n) const noexcept {
    std::size_t free = capacity() - static_cast<std::size_t>(tail - control_->head_seen);
    if (free < n) {
      do {
        // Acquire: the consumer has read the slots that it gives back before they are written again.
        control_->head_seen = control_->head.load(std::memory_order_acquire);
        free = std::min(capacity() - static_cast<std::size_t>(tail - control_->head_seen), capacity());
      } while (free == 0 && stepped_back(wait_, tail, control_->full_at));
    }
    return closed() ? 0 : std::min(free, n);
  }
  // Items from head on, at most n.
  std::size_t items(std::uint64_t head, std::size_t n) const noexcept {
    std::size_t there = static_cast<std::size_t>(control_->tail_seen - head);
    if (there < n) {
      do {
        control_->tail_seen = control_->tail.load(std::memory_order_acquire);  // acquire: with commit()
        there = std::min(static_cast<std::size_t>(control_->tail_seen - head), capacity());
      } while (there == 0 && stepped_back(wait_, head, control_->empty_at));
    }
    return std::min(there, n);
  }
  void commit(std::uint64_t tail) const noexcept {
    control_->tail.store(tail, kPublish);  // release: the items before it are written
    if (wait_ == Wait::park) [[unlikely]]
      control_->items.notify();
  }
  void consume(std::uint64_t head) const noexcept {
    control_->head.store(head, std::memory_order_release);  // release: the slots before it have been read
    if (wait_ == Wait::park) [[unlikely]]
      control_->room.notify();
  }

  SpscControl* const control_;
  char* const slots_;
};

}  // namespace detail

// Bounded, first in, first out; no allocation after construction. A function that takes or gives several items moves
// both cursors once. Producer: push, claim, publish; consumer: pop, peek, release; anybody: close, size.
template <RingItem T>
class alignas(kRingLine) SpscRing : public detail::SpscCursors {
 public:
  // In memory of this process. Throws std::invalid_argument for a capacity that is no power of two.
  explicit SpscRing(std::size_t capacity, const RingOptions& options = {})
      : SpscRing(SharedMemory::anonymous(bytes(capacity)), capacity, options) {}
  // In memory that other processes attach to; it must be zero and have bytes(capacity).
  SpscRing(SharedMemory memory, std::size_t capacity, const RingOptions& options = {})
      : SpscCursors(std::move(memory), layout(capacity), options) {
    ready();
  }
  // Attaches to such a ring. Throws std::invalid_argument where the memory does not hold one of this type.
  explicit SpscRing(SharedMemory memory) : SpscRing(detail::checked_layout(memory, layout), memory) {}

  static std::size_t bytes(std::size_t capacity) { return layout(capacity).bytes; }

  // False where the ring is full or closed.
  bool try_push(const T& item) noexcept {
    const std::uint64_t at = tail();
    if (room(at, 1) == 0) [[unlikely]]
      return false;
    slot(at) = item;
    commit(at + 1);
    return true;
  }
  // As many as there is room for; the number is returned.
  std::size_t try_push(std::span<const T> items) noexcept {
    const std::uint64_t at = tail();
    const std::size_t n = room(at, items.size());
    if (n == 0) return 0;
    const std::size_t first = std::min(n, to_end(at));
    copy(&slot(at), items.data(), first);
    if (n > first) copy(&slot(at + first), items.data() + first, n - first);
    commit(at + n);
    return n;
  }
  // Waits for room; false where the ring is closed.
  bool push(const T& item) noexcept {
    while (!try_push(item))
      if (wait_room() == RingStatus::closed) return false;
    return true;
  }
  // All, or where the ring is closed meanwhile, those that were in time; the number is returned.
  std::size_t push(std::span<const T> items) noexcept {
    std::size_t done = 0;
    while (done < items.size()) {
      const std::size_t n = try_push(items.subspan(done));
      done += n;
      if (n == 0 && wait_room() == RingStatus::closed) break;
    }
    return done;
  }
  // Slots to be written in place, at most n, fewer at the end of the memory; the consumer sees them after publish().
  std::span<T> claim(std::size_t n) noexcept {
    const std::uint64_t at = tail();
    return {&slot(at), std::min(room(at, n), to_end(at))};
  }
  // The first n of what was claimed.
  void publish(std::size_t n) noexcept { commit(tail() + n); }

  // False where the ring is empty: drained() tells whether more can come.
  bool try_pop(T& item) noexcept {
    const std::uint64_t at = head();
    if (items(at, 1) == 0) [[unlikely]]
      return false;
    item = slot(at);
    consume(at + 1);
    return true;
  }
  // As many as there are; the number is returned.
  std::size_t try_pop(std::span<T> out) noexcept {
    const std::uint64_t at = head();
    const std::size_t n = items(at, out.size());
    if (n == 0) return 0;
    const std::size_t first = std::min(n, to_end(at));
    copy(out.data(), &slot(at), first);
    if (n > first) copy(out.data() + first, &slot(at + first), n - first);
    consume(at + n);
    return n;
  }
  // Waits for an item; false where the ring is closed and empty.
  bool pop(T& item) noexcept {
    while (!try_pop(item))
      if (wait_items() == RingStatus::closed) return false;
    return true;
  }
  // Waits for at least one; 0 where the ring is closed and empty.
  std::size_t pop(std::span<T> out) noexcept {
    for (;;) {
      const std::size_t n = try_pop(out);
      if (n != 0 || out.empty() || wait_items() == RingStatus::closed) return n;
    }
  }
  // Items to be read in place, at most n, fewer at the end of the memory; theirs until release().
  std::span<const T> peek(std::size_t n) noexcept {
    const std::uint64_t at = head();
    return {&slot(at), std::min(items(at, n), to_end(at))};
  }
  // The first n of what was seen.
  void release(std::size_t n) noexcept { consume(head() + n); }

 private:
  static detail::RingLayout layout(std::size_t capacity) {
    return {RingKind::spsc, capacity, sizeof(T), sizeof(T), kControl};
  }
  SpscRing(const detail::RingLayout& layout, SharedMemory& memory) : SpscCursors(std::move(memory), layout) {}

  T& slot(std::uint64_t at) const noexcept { return reinterpret_cast<T*>(slots_)[at & mask_]; }
  std::size_t to_end(std::uint64_t at) const noexcept { return capacity() - static_cast<std::size_t>(at & mask_); }
  static void copy(T* to, const T* from, std::size_t n) noexcept {
    std::memcpy(static_cast<void*>(to), from, n * sizeof(T));
  }
};

}  // namespace lumina
