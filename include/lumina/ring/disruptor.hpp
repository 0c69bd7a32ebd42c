// A ring where each consumer sees every event: several producers, up to 32 consumers, which may follow one another.
#pragma once

#include <cstring>
#include <span>

#include "lumina/ring/layout.hpp"

namespace lumina {
namespace detail {

inline constexpr std::size_t kMaxConsumers = 32;

// Positions count in steps of two, so that the lowest bit of `claimed` can say "closed".
struct DisruptorControl {
  struct Consumer {
    alignas(kRingLine) std::atomic<std::uint64_t> next;  // events before it are done with: the consumer writes
    std::atomic<std::uint32_t> after;                    // consumers that come first, a bit each
    alignas(kRingLine) std::uint64_t seen;               // events before it may be read: the consumer's alone
    std::uint64_t empty_at;                              // where it last found none
  };
  alignas(kRingLine) std::atomic<std::uint64_t> claimed;  // the next position of producers
  alignas(kRingLine) std::atomic<std::uint64_t> gate;     // all consumers are here or further
  alignas(kRingLine) std::atomic<std::uint32_t> joined;   // consumers, a bit each
  std::atomic<std::uint32_t> taken;                       // their places, taken before they join
  WaitPoint items;
  WaitPoint room;
  Consumer consumers[kMaxConsumers];
};

// Claiming, publishing and following, without the slots. After the control come the laps: for each slot the lap of the
// event that is published in it.
class DisruptorCursors : public RingMemory {
 public:
  // Anybody may close, at any time: what was claimed before is still delivered, later pushes are refused.
  void close() noexcept {
    // Release: with the acquire of whoever finds the ring closed, who then knows what this thread did before.
    control_->claimed.fetch_or(kClosed, std::memory_order_release);
    if (wait_ == Wait::park) {
      control_->items.wake();
      control_->room.wake();
    }
  }
  bool closed() const noexcept { return (control_->claimed.load(std::memory_order_acquire) & kClosed) != 0; }
  std::uint32_t consumers() const noexcept { return control_->joined.load(std::memory_order_relaxed); }

  // A consumer joins and sees what is claimed from now on, each event after the consumers of the mask `after` are done
  // with it. Waits for producers between claim() and publish(). Throws std::length_error where there are 32 already,
  // std::invalid_argument where one of `after` is not there.
  std::uint32_t join(std::uint32_t after = 0) {
    if ((after & ~consumers()) != 0) throw std::invalid_argument("a consumer to come after is not there");
    std::uint32_t taken = control_->taken.load(std::memory_order_relaxed);
    std::uint32_t id;
    do {
      id = static_cast<std::uint32_t>(std::countr_one(taken));
      if (id == kMaxConsumers) throw std::length_error("a disruptor has at most 32 consumers");
      // Acquire: with leave() of the consumer that had the place before.
    } while (!control_->taken.compare_exchange_weak(taken, taken | (1u << id), std::memory_order_acquire,
                                                    std::memory_order_relaxed));
    // Until it is known where it starts, it holds producers back to where they may go anyway.
    control_->consumers[id].next.store(control_->gate.load(std::memory_order_acquire), std::memory_order_relaxed);
    // Acquire and release: with find_gate(), which either counts this consumer, or what it saw is claimed by now.
    control_->joined.fetch_or(1u << id, std::memory_order_acq_rel);
    DisruptorControl::Consumer& consumer = control_->consumers[id];
    const std::uint64_t start = control_->claimed.load(std::memory_order_relaxed) & ~kClosed;
    // Who claimed before and has not published yet still writes: nobody may claim these slots anew till then.
    for (std::uint64_t back = capacity(); back > 0; --back) {
      const std::uint64_t position = start - back * kStep;
      // Acquire: with publish(), passed on to producers by `next`.
      while (static_cast<std::int32_t>(lap(position).load(std::memory_order_acquire) - lap_of(position)) < 0)
        std::this_thread::yield();
    }
    consumer.after.store(after, std::memory_order_relaxed);
    consumer.seen = consumer.empty_at = start;
    consumer.next.store(start, std::memory_order_release);  // release: see above
    if (wait_ == Wait::park) control_->room.notify();
    return id;
  }
  // The consumer holds nobody back any more. Also for the consumer of a process that died.
  void leave(std::uint32_t id) noexcept {
    for (DisruptorControl::Consumer& other : control_->consumers)
      other.after.fetch_and(~(1u << id), std::memory_order_relaxed);
    // Release: it has read what it has read before its slots are written again, and its place is taken anew.
    control_->joined.fetch_and(~(1u << id), std::memory_order_acq_rel);
    control_->taken.fetch_and(~(1u << id), std::memory_order_release);
    if (wait_ == Wait::park) {
      control_->items.notify();
      control_->room.notify();
    }
  }

  // Closed, and the consumer has done with all.
  bool drained(std::uint32_t id) const noexcept {
    const std::uint64_t claimed = control_->claimed.load(std::memory_order_acquire);  // with close()
    return (claimed & kClosed) != 0 && next(id) == (claimed & ~kClosed);
  }
  // Events that the consumer has before it, published or not; a moment's value.
  std::size_t behind(std::uint32_t id) const noexcept {
    // Acquire: the claimed that is read next is not older.
    const std::uint64_t next = control_->consumers[id].next.load(std::memory_order_acquire);
    return static_cast<std::size_t>((control_->claimed.load(std::memory_order_relaxed) - next) / kStep);
  }

  RingStatus wait_items(std::uint32_t id, std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    const auto ready = [&] { return look(id, 1) != 0 || drained(id); };
    if (!wait_until_ready(wait_, control_->items, timeout, ready)) return RingStatus::timeout;
    return drained(id) ? RingStatus::closed : RingStatus::ok;
  }
  RingStatus wait_room(std::chrono::nanoseconds timeout = kNoTimeout) const noexcept {
    const auto ready = [&] {
      const std::uint64_t claimed = control_->claimed.load(std::memory_order_acquire);
      return (claimed & kClosed) != 0 || free(claimed, find_gate()) != 0;
    };
    if (!wait_until_ready(wait_, control_->room, timeout, ready)) return RingStatus::timeout;
    return closed() ? RingStatus::closed : RingStatus::ok;
  }

 protected:
  static constexpr std::uint64_t kClosed = 1;
  static constexpr std::uint64_t kStep = 2;

  static RingLayout layout(std::size_t capacity, std::size_t item_size) {
    return {RingKind::disruptor,
            capacity,
            item_size,
            item_size,
            sizeof(DisruptorControl),
            sizeof(std::atomic<std::uint32_t>)};
  }
  DisruptorCursors(SharedMemory memory, const RingLayout& layout, const RingOptions& options)
      : RingMemory(std::move(memory), layout, options),
        control_(new (at<char>(sizeof(RingHeader))) DisruptorControl{}),
        laps_(at<std::atomic<std::uint32_t>>(sizeof(RingHeader) + sizeof(DisruptorControl))),
        slots_(at<char>(layout.slots)),
        lap_shift_(static_cast<std::uint32_t>(std::countr_zero(layout.capacity)) + 1) {
    const std::uint64_t first = options.first * kStep;
    control_->claimed.store(first, std::memory_order_relaxed);
    control_->gate.store(first, std::memory_order_relaxed);
    for (std::uint64_t i = 0; i < capacity(); ++i)
      lap(first + i * kStep).store(lap_of(first + i * kStep) - 1, std::memory_order_relaxed);
    ready();
  }
  DisruptorCursors(SharedMemory memory, const RingLayout& layout)
      : RingMemory(std::move(memory), layout),
        control_(at<DisruptorControl>(sizeof(RingHeader))),
        laps_(at<std::atomic<std::uint32_t>>(sizeof(RingHeader) + sizeof(DisruptorControl))),
        slots_(at<char>(layout.slots)),
        lap_shift_(static_cast<std::uint32_t>(std::countr_zero(layout.capacity)) + 1) {}

  std::size_t index(std::uint64_t position) const noexcept {
    return static_cast<std::size_t>(position / kStep & mask_);
  }

  // At most n positions in a row, fewer at the end of the memory; none where the ring is full or closed.
  std::size_t claim(std::size_t n, std::uint64_t& position) const noexcept {
    position = control_->claimed.load(std::memory_order_relaxed);
    for (;;) {
      if (position & kClosed) return 0;
      // Acquire: with the store below, of a gate that another producer found.
      std::size_t count = free(position, control_->gate.load(std::memory_order_acquire));
      if (count < n) {
        const std::uint64_t gate = find_gate();
        control_->gate.store(gate, std::memory_order_release);  // release: passes on what consumers released
        count = free(position, gate);
      }
      count = std::min({count, n, capacity() - index(position)});
      if (count == 0) {
        const std::uint64_t now = control_->claimed.load(std::memory_order_relaxed);
        if (now == position) return 0;
        position = now;
        continue;
      }
      // Relaxed: positions carry no data, gate and laps do.
      if (control_->claimed.compare_exchange_weak(position, position + count * kStep, std::memory_order_relaxed,
                                                  std::memory_order_relaxed))
        return count;
    }
  }
  // The last first: a consumer that finds the first finds them all.
  void publish(std::uint64_t position, std::size_t n) const noexcept {
    for (std::size_t i = n; i-- > 0;)
      lap(position + i * kStep).store(lap_of(position + i * kStep), kPublish);  // release: the event is written
    if (wait_ == Wait::park) [[unlikely]]
      control_->items.notify();
  }

  std::uint64_t next(std::uint32_t id) const noexcept {  // the consumer's own
    return control_->consumers[id].next.load(std::memory_order_relaxed);
  }
  // Events that the consumer may read, at most n. It steps back once where a run of them ends.
  std::size_t available(std::uint32_t id, std::size_t n) const noexcept {
    const std::size_t there = look(id, n);
    if (there != 0 || n == 0) [[likely]]
      return there;
    return stepped_back(wait_, next(id), control_->consumers[id].empty_at, kStep) ? look(id, n) : 0;
  }
  void release(std::uint32_t id, std::size_t n) const noexcept {
    // Release: the events have been read; consumers behind see what this one wrote elsewhere.
    control_->consumers[id].next.store(next(id) + n * kStep, std::memory_order_release);
    if (wait_ == Wait::park) [[unlikely]] {
      control_->room.notify();
      control_->items.notify();
    }
  }

  DisruptorControl* const control_;
  std::atomic<std::uint32_t>* const laps_;
  char* const slots_;
  const std::uint32_t lap_shift_;

 private:
  // Events that the consumer may read now, at most n.
  std::size_t look(std::uint32_t id, std::size_t n) const noexcept {
    DisruptorControl::Consumer& consumer = control_->consumers[id];
    const std::uint64_t at = next(id);
    std::uint64_t seen = consumer.seen;
    if (const std::uint32_t after = consumer.after.load(std::memory_order_relaxed); after == 0) {
      n = std::min(n, capacity());
      // Acquire: with publish().
      while ((seen - at) / kStep < n && lap(seen).load(std::memory_order_acquire) == lap_of(seen)) seen += kStep;
    } else if ((seen - at) / kStep < n) {
      std::uint64_t least = at + capacity() * kStep;
      for (std::uint32_t rest = after; rest != 0; rest &= rest - 1) {
        // Acquire: with release(); they have done with the event, and saw it published.
        const std::uint64_t theirs = control_->consumers[std::countr_zero(rest)].next.load(std::memory_order_acquire);
        if (ahead(least, theirs)) least = theirs;
      }
      if (ahead(least, seen)) seen = least;
    }
    consumer.seen = seen;
    return std::min(static_cast<std::size_t>((seen - at) / kStep), n);
  }
  static bool ahead(std::uint64_t a, std::uint64_t b) noexcept { return static_cast<std::int64_t>(a - b) > 0; }
  std::atomic<std::uint32_t>& lap(std::uint64_t position) const noexcept { return laps_[index(position)]; }
  std::uint32_t lap_of(std::uint64_t position) const noexcept {
    return static_cast<std::uint32_t>(position >> lap_shift_);
  }
  // Slots that may be claimed from a position on. A position that others have left behind has none.
  std::size_t free(std::uint64_t position, std::uint64_t gate) const noexcept {
    const std::uint64_t used = (position - gate) / kStep;
    return used < capacity() ? capacity() - static_cast<std::size_t>(used) : 0;
  }
  // Where the last consumer is. Without consumers the gate stays, and the ring fills up.
  std::uint64_t find_gate() const noexcept {
    std::uint32_t joined = control_->joined.load(std::memory_order_acquire);  // with leave()
    for (;;) {
      std::uint64_t gate = control_->gate.load(std::memory_order_acquire);  // with claim()
      bool any = false;
      for (std::uint32_t rest = joined; rest != 0; rest &= rest - 1) {
        // Acquire: with release().
        const std::uint64_t theirs = control_->consumers[std::countr_zero(rest)].next.load(std::memory_order_acquire);
        if (!any || ahead(gate, theirs)) gate = theirs;
        any = true;
      }
      // Acquire and release: see join(). Who joined while this looked is looked at too.
      const std::uint32_t now = control_->joined.fetch_or(0, std::memory_order_acq_rel);
      if (now == joined) return gate;
      joined = now;
    }
  }
};

}  // namespace detail

// Bounded; no allocation after construction. Producers: push, claim, publish, from any thread. Each Consumer belongs to
// one thread at a time. Consumers join before the events that they are to see; while there are none the ring fills up.
template <RingItem T>
class alignas(kRingLine) Disruptor : public detail::DisruptorCursors {
 public:
  // Slots to be written in place, then published, whatever happens: those behind wait for them.
  struct Claim {
    std::uint64_t position = 0;
    std::span<T> items;
  };

  class Consumer {
   public:
    // Leaves when it ends; the disruptor must outlive it. `after` has the bits of the consumers that come first.
    explicit Consumer(Disruptor& ring, std::uint32_t after = 0) : ring_(&ring), id_(ring.join(after)) {}
    Consumer(Consumer&& other) noexcept : ring_(std::exchange(other.ring_, nullptr)), id_(other.id_) {}
    Consumer& operator=(Consumer&& other) noexcept {
      std::swap(ring_, other.ring_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Consumer() {
      if (ring_) ring_->leave(id_);
    }

    std::uint32_t bit() const noexcept { return 1u << id_; }
    std::uint32_t id() const noexcept { return id_; }

    // Events to be read in place, at most n, fewer at the end of the memory; kept until release().
    std::span<const T> peek(std::size_t n) noexcept {
      const std::size_t at = ring_->index(ring_->next(id_));
      return {ring_->slots() + at, ring_->available(id_, std::min(n, ring_->capacity() - at))};
    }
    // The first n of what was seen are done with.
    void release(std::size_t n) noexcept { ring_->DisruptorCursors::release(id_, n); }
    bool try_pop(T& item) noexcept {
      if (ring_->available(id_, 1) == 0) return false;
      item = ring_->slots()[ring_->index(ring_->next(id_))];
      release(1);
      return true;
    }
    // As many as there are, fewer at the end of the memory; the number is returned.
    std::size_t try_pop(std::span<T> out) noexcept {
      const std::span<const T> events = peek(out.size());
      if (events.empty()) return 0;
      std::memcpy(static_cast<void*>(out.data()), events.data(), events.size_bytes());
      release(events.size());
      return events.size();
    }
    // Waits for an event; false where the ring is closed and all were seen.
    bool pop(T& item) noexcept {
      while (!try_pop(item))
        if (wait_items() == RingStatus::closed) return false;
      return true;
    }
    // Waits for at least one; 0 where the ring is closed and all were seen.
    std::size_t pop(std::span<T> out) noexcept {
      for (;;) {
        const std::size_t n = try_pop(out);
        if (n != 0 || out.empty() || wait_items() == RingStatus::closed) return n;
      }
    }
    RingStatus wait_items(std::chrono::nanoseconds timeout = kNoTimeout) noexcept {
      return ring_->wait_items(id_, timeout);
    }
    bool drained() const noexcept { return ring_->drained(id_); }

   private:
    Disruptor* ring_;
    std::uint32_t id_;
  };

  // In memory of this process. Throws std::invalid_argument for a capacity that is no power of two.
  explicit Disruptor(std::size_t capacity, const RingOptions& options = {})
      : Disruptor(SharedMemory::anonymous(bytes(capacity)), capacity, options) {}
  // In memory that other processes attach to; it must be zero and have bytes(capacity).
  Disruptor(SharedMemory memory, std::size_t capacity, const RingOptions& options = {})
      : DisruptorCursors(std::move(memory), layout(capacity), options) {}
  // Attaches to such a ring. Throws std::invalid_argument where the memory does not hold one of this type.
  explicit Disruptor(SharedMemory memory) : Disruptor(detail::checked_layout(memory, layout), memory) {}

  static std::size_t bytes(std::size_t capacity) { return layout(capacity).bytes; }

  Consumer consumer(std::uint32_t after = 0) { return Consumer(*this, after); }

  // False where the ring is full or closed.
  bool try_push(const T& item) noexcept { return try_push(std::span<const T>(&item, 1)) == 1; }
  // As many as there is room for in a row; the number is returned.
  std::size_t try_push(std::span<const T> items) noexcept {
    const Claim claimed = claim(items.size());
    if (claimed.items.empty()) return 0;
    std::memcpy(static_cast<void*>(claimed.items.data()), items.data(), claimed.items.size_bytes());
    publish(claimed);
    return claimed.items.size();
  }
  // Waits for room; false where the ring is closed.
  bool push(const T& item) noexcept { return push(std::span<const T>(&item, 1)) == 1; }
  // All, or those that were in time where the ring is closed; the number is returned.
  std::size_t push(std::span<const T> items) noexcept {
    std::size_t done = 0;
    while (done < items.size()) {
      const std::size_t n = try_push(items.subspan(done));
      done += n;
      if (n == 0 && wait_room() == RingStatus::closed) break;
    }
    return done;
  }
  // At most n slots, fewer at the end of the memory; none where the ring is full or closed.
  Claim claim(std::size_t n) noexcept {
    Claim claimed;
    const std::size_t count = DisruptorCursors::claim(n, claimed.position);
    claimed.items = {slots() + index(claimed.position), count};
    return claimed;
  }
  void publish(const Claim& claimed) noexcept { DisruptorCursors::publish(claimed.position, claimed.items.size()); }

 private:
  static detail::RingLayout layout(std::size_t capacity) { return DisruptorCursors::layout(capacity, sizeof(T)); }
  Disruptor(const detail::RingLayout& layout, SharedMemory& memory) : DisruptorCursors(std::move(memory), layout) {}

  T* slots() const noexcept { return reinterpret_cast<T*>(slots_); }
};

}  // namespace lumina
