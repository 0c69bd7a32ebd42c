// A queue from several producers to several consumers that compete: each item goes to one of them.
#pragma once

#include <cstring>
#include <span>

#include "lumina/ring/layout.hpp"

namespace lumina {
namespace detail {

// Positions count in steps of two, so that the lowest bit of `tail` can say "closed". The sequence in a slot is the
// position that it is free for, or that of the item in it + 1: both sides write to it, so that a slot's line moves
// whole to the side that needs it next. (Where consumers only read it and tell elsewhere what they emptied, the line
// stays with both, and the next producer waits for the consumer's copy to be given up at each: measured 37 ns a line,
// which no prefetch hides.)
struct MpmcControl {
  alignas(kRingLine) std::atomic<std::uint64_t> tail;  // the next ticket of producers
  std::atomic<std::uint64_t> full_at;                  // where one of them last found no room
  alignas(kRingLine) std::atomic<std::uint64_t> head;  // the next ticket of consumers
  std::atomic<std::uint64_t> empty_at;                 // where one of them last found no item
  WaitPoint items;
  WaitPoint room;
};

// Consecutive slots that one thread has, none of them elsewhere.
struct MpmcTicket {
  std::uint64_t position = 0;
  std::size_t count = 0;
};

// The protocol over slots of a size that the compiler knows or not. Slots has sequence(i) and a constructor from an
// address and a stride.
template <class Slots>
class MpmcCursors : public RingMemory {
 public:
  // Anybody may close, at any time: what was claimed before is still delivered, later pushes are refused.
  void close() noexcept {
    // Release: with the acquire of whoever finds the ring closed, who then knows what this thread did before.
    control_->tail.fetch_or(kClosed, std::memory_order_release);
    if (wait_ == Wait::park) {
      control_->items.wake();
      control_->room.wake();
    }
  }
  // Acquire: with close().
  bool closed() const noexcept { return (control_->tail.load(std::memory_order_acquire) & kClosed) != 0; }
  // Closed, and consumers have tickets for all that was pushed.
  bool drained() const noexcept {
    const std::uint64_t tail = control_->tail.load(std::memory_order_acquire);  // with close()
    return (tail & kClosed) != 0 && control_->head.load(std::memory_order_relaxed) == (tail & ~kClosed);
  }
  // A moment's value, of tickets.
  std::size_t size() const noexcept {
    const std::uint64_t head = control_->head.load(std::memory_order_acquire);  // before the tail, never beyond it
    const std::uint64_t tail = control_->tail.load(std::memory_order_relaxed) & ~kClosed;
    return std::min(static_cast<std::size_t>((tail - head) / kStep), capacity());
  }

  RingStatus wait_items(std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    const auto ready = [&] { return has_item() || drained(); };
    if (!wait_until_ready(wait_, control_->items, timeout, ready)) return RingStatus::timeout;
    return drained() ? RingStatus::closed : RingStatus::ok;
  }
  RingStatus wait_room(std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    const auto ready = [&] { return has_room() || closed(); };
    if (!wait_until_ready(wait_, control_->room, timeout, ready)) return RingStatus::timeout;
    return closed() ? RingStatus::closed : RingStatus::ok;
  }

 protected:
  static constexpr std::uint64_t kClosed = 1;
  static constexpr std::uint64_t kFull = 1;
  static constexpr std::uint64_t kStep = 2;

  static RingLayout layout(std::size_t capacity, std::size_t item_size, std::size_t stride) {
    return {RingKind::mpmc, capacity, item_size, stride, sizeof(MpmcControl)};
  }
  MpmcCursors(SharedMemory memory, const RingLayout& layout, const RingOptions& options)
      : RingMemory(std::move(memory), layout, options),
        control_(new (at<char>(sizeof(RingHeader))) MpmcControl{}),
        slots_(at<char>(layout.slots), layout.stride) {
    const std::uint64_t first = options.first * kStep;
    for (std::atomic<std::uint64_t>* cursor :
         {&control_->tail, &control_->full_at, &control_->head, &control_->empty_at})
      cursor->store(first, std::memory_order_relaxed);
    for (std::size_t i = 0; i < capacity(); ++i) {
      const std::uint64_t position = first + i * kStep;
      sequence(position).store(position, std::memory_order_relaxed);
    }
  }
  MpmcCursors(SharedMemory memory, const RingLayout& layout)
      : RingMemory(std::move(memory), layout),
        control_(at<MpmcControl>(sizeof(RingHeader))),
        slots_(at<char>(layout.slots), layout.stride) {}

  std::size_t index(std::uint64_t position) const noexcept {
    return static_cast<std::size_t>(position / kStep & mask_);
  }

  // Tickets for at most n slots in a row that are free, or full; none without waiting for another thread.
  [[gnu::always_inline]] MpmcTicket claim(std::size_t n) const noexcept {
    return take(control_->tail, control_->full_at, n, 0);
  }
  [[gnu::always_inline]] MpmcTicket claim_items(std::size_t n) const noexcept {
    return take(control_->head, control_->empty_at, n, kFull);
  }

  // The items of the ticket are written. The last first: a consumer that finds the first finds them all, and does not
  // take the lines away while they are being written.
  [[gnu::always_inline]] void publish(MpmcTicket ticket) const noexcept {
    backwards(ticket, [&](std::size_t slot, std::size_t i) {
      // release: the item is written
      slots_.sequence(slot).store(ticket.position + i * kStep + kFull, kPublish);
    });
    if (wait_ == Wait::park) [[unlikely]]
      control_->items.notify();
  }
  // The items of the ticket have been read.
  [[gnu::always_inline]] void release(MpmcTicket ticket) const noexcept {
    const std::uint64_t next = ticket.position + capacity() * kStep;
    backwards(ticket, [&](std::size_t slot, std::size_t i) {
      slots_.sequence(slot).store(next + i * kStep, std::memory_order_release);  // release: the slot has been read
    });
    if (wait_ == Wait::park) [[unlikely]]
      control_->room.notify();
  }

  // each(slot, i) for the i-th slot of the ticket, in order.
  template <class Each>
  void forwards(MpmcTicket ticket, const Each& each) const noexcept {
    const std::size_t from = index(ticket.position), first = std::min(ticket.count, capacity() - from);
    for (std::size_t i = 0; i < first; ++i) each(from + i, i);
    for (std::size_t i = first; i < ticket.count; ++i) each(i - first, i);
  }
  template <class Each>
  void backwards(MpmcTicket ticket, const Each& each) const noexcept {
    const std::size_t from = index(ticket.position);
    if (ticket.count == 1) return each(from, 0);
    const std::size_t first = std::min(ticket.count, capacity() - from);
    for (std::size_t i = ticket.count; i-- > first;) each(i - first, i);
    for (std::size_t i = first; i-- > 0;) each(from + i, i);
  }

  MpmcControl* const control_;
  const Slots slots_;

 private:
  std::atomic<std::uint64_t>& sequence(std::uint64_t position) const noexcept {
    return slots_.sequence(index(position));
  }

  // Whether it was time to step back, and so to look again.
  bool stepped_back(std::uint64_t position, std::atomic<std::uint64_t>& stopped_at) const noexcept {
    const std::uint64_t before = stopped_at.load(std::memory_order_relaxed);
    if (before == position) return false;
    stopped_at.store(position, std::memory_order_relaxed);
    if (position - before <= kStep) return false;
    step_back(wait_);
    return true;
  }

  // How many slots in a row from `position` on, at most n, are free for it, or full.
  std::size_t in_a_row(std::uint64_t position, std::size_t n, std::uint64_t full) const noexcept {
    n = std::min(n, capacity());
    const std::size_t from = index(position), first = std::min(n, capacity() - from);
    // acquire: as in is()
    const auto fits = [&](std::size_t slot, std::size_t i) {
      return slots_.sequence(slot).load(std::memory_order_acquire) == position + i * kStep + full;
    };
    std::size_t i = 0;
    while (i < first && fits(from + i, i)) ++i;
    if (i == first)
      while (i < n && fits(i - first, i)) ++i;
    return i;
  }
  bool is(std::uint64_t position, std::uint64_t full) const noexcept {
    // acquire: with release(), or publish()
    return sequence(position).load(std::memory_order_acquire) == position + full;
  }

  // Inlined by force, so that it is known where only one slot is asked for.
  [[gnu::always_inline]] MpmcTicket take(std::atomic<std::uint64_t>& cursor, std::atomic<std::uint64_t>& stopped_at,
                                         std::size_t n, std::uint64_t full) const noexcept {
    std::uint64_t position = cursor.load(std::memory_order_relaxed);
    for (;;) {
      if (position & kClosed) return {};
      const std::size_t count = n == 1 ? is(position, full) : in_a_row(position, n, full);
      if (count == 0) {
        // not free or full yet, unless others took it meanwhile: then the cursor has moved, and the acquire above shows
        // it
        const std::uint64_t now = cursor.load(std::memory_order_relaxed);
        if (now == position && !stepped_back(position, stopped_at)) return {};
        position = now;
        continue;
      }
      // Relaxed: tickets carry no data, the sequences do.
      if (cursor.compare_exchange_weak(position, position + count * kStep, std::memory_order_relaxed,
                                       std::memory_order_relaxed))
        return {position, count};
    }
  }
  bool has_item() const noexcept {
    const std::uint64_t head = control_->head.load(std::memory_order_relaxed);
    return static_cast<std::int64_t>(sequence(head).load(std::memory_order_relaxed) - head) > 0;
  }
  bool has_room() const noexcept {
    const std::uint64_t tail = control_->tail.load(std::memory_order_relaxed) & ~kClosed;
    return static_cast<std::int64_t>(sequence(tail).load(std::memory_order_relaxed) - tail) >= 0;
  }
};

// Slots of a type: the sequence, then the item.
template <class T>
struct MpmcSlots {
  struct Slot {
    std::atomic<std::uint64_t> sequence;
    T item;
  };
  MpmcSlots(char* from, std::size_t) noexcept : slots(reinterpret_cast<Slot*>(from)) {}
  std::atomic<std::uint64_t>& sequence(std::size_t i) const noexcept { return slots[i].sequence; }
  Slot* const slots;
};

}  // namespace detail

// Bounded; no allocation after construction; any thread may call anything. First in, first out by ticket. A thread that
// stops between claim() and publish() holds up those behind it; the functions that copy do not stop there.
template <RingItem T>
class alignas(kRingLine) MpmcRing : public detail::MpmcCursors<detail::MpmcSlots<T>> {
  using Slots = detail::MpmcSlots<T>;
  using Base = detail::MpmcCursors<Slots>;

 public:
  using Ticket = detail::MpmcTicket;

  // In memory of this process. Throws std::invalid_argument for a capacity that is no power of two.
  explicit MpmcRing(std::size_t capacity, const RingOptions& options = {})
      : MpmcRing(SharedMemory::anonymous(bytes(capacity)), capacity, options) {}
  // In memory that other processes attach to; it must be zero and have bytes(capacity).
  MpmcRing(SharedMemory memory, std::size_t capacity, const RingOptions& options = {})
      : Base(std::move(memory), layout(capacity), options) {
    this->ready();
  }
  // Attaches to such a ring. Throws std::invalid_argument where the memory does not hold one of this type.
  explicit MpmcRing(SharedMemory memory) : MpmcRing(detail::checked_layout(memory, layout), memory) {}

  static std::size_t bytes(std::size_t capacity) { return layout(capacity).bytes; }

  // False where the ring is full or closed.
  bool try_push(const T& item) noexcept {
    const Ticket ticket = claim(1);
    if (ticket.count == 0) return false;
    this->item(ticket, 0) = item;
    publish({ticket.position, 1});  // one, as the compiler then knows
    return true;
  }
  // As many in a row as there is room for, under one ticket; the number is returned.
  std::size_t try_push(std::span<const T> items) noexcept {
    const Ticket ticket = claim(items.size());
    this->forwards(ticket, [&](std::size_t slot, std::size_t i) { this->slots_.slots[slot].item = items[i]; });
    if (ticket.count) publish(ticket);
    return ticket.count;
  }
  // Waits for room; false where the ring is closed.
  bool push(const T& item) noexcept {
    while (!try_push(item))
      if (this->wait_room() == RingStatus::closed) return false;
    return true;
  }
  // All, in as few tickets as room allows, or those that were in time where the ring is closed; the number is returned.
  std::size_t push(std::span<const T> items) noexcept {
    std::size_t done = 0;
    while (done < items.size()) {
      const std::size_t n = try_push(items.subspan(done));
      done += n;
      if (n == 0 && this->wait_room() == RingStatus::closed) break;
    }
    return done;
  }
  // In place: a ticket for at most n free slots, to be written by item() and then published, whatever happens.
  Ticket claim(std::size_t n) noexcept { return Base::claim(n); }
  void publish(Ticket ticket) noexcept { Base::publish(ticket); }

  // False where no item is there: drained() tells whether more can come.
  bool try_pop(T& item) noexcept {
    const Ticket ticket = claim_items(1);
    if (ticket.count == 0) return false;
    item = this->item(ticket, 0);
    release({ticket.position, 1});
    return true;
  }
  // As many in a row as there are, under one ticket; the number is returned.
  std::size_t try_pop(std::span<T> out) noexcept {
    const Ticket ticket = claim_items(out.size());
    this->forwards(ticket, [&](std::size_t slot, std::size_t i) { out[i] = this->slots_.slots[slot].item; });
    if (ticket.count) release(ticket);
    return ticket.count;
  }
  // Waits for an item; false where the ring is closed and nothing is left for this thread.
  bool pop(T& item) noexcept {
    while (!try_pop(item))
      if (this->wait_items() == RingStatus::closed) return false;
    return true;
  }
  // Waits for at least one; 0 where the ring is closed and nothing is left.
  std::size_t pop(std::span<T> out) noexcept {
    for (;;) {
      const std::size_t n = try_pop(out);
      if (n != 0 || out.empty() || this->wait_items() == RingStatus::closed) return n;
    }
  }
  // In place: a ticket for at most n items, to be read by item() and then released, whatever happens.
  Ticket claim_items(std::size_t n) noexcept { return Base::claim_items(n); }
  void release(Ticket ticket) noexcept { Base::release(ticket); }

  T& item(Ticket ticket, std::size_t i) noexcept {
    return this->slots_.slots[this->index(ticket.position + i * Base::kStep)].item;
  }

 private:
  static detail::RingLayout layout(std::size_t capacity) {
    return Base::layout(capacity, sizeof(T), sizeof(typename Slots::Slot));
  }
  MpmcRing(const detail::RingLayout& layout, SharedMemory& memory) : Base(std::move(memory), layout) {}
};

}  // namespace lumina
