// A pool of one type: 32-bit indices instead of pointers, a free list inside the free slots, one contiguous array
// that doubles. No call of the allocator once it has grown to what is live. One owner thread.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <type_traits>

#include "lumina/huge_array.hpp"

namespace lumina {

// What a pool can hold: plain values that lend it two fields. `next` is the pool's while the slot is free and the
// owner's while it is taken; `generation` is the pool's, odd while the slot is taken, else 0.
template <class T>
concept Poolable = std::is_trivially_copyable_v<T> && requires(T& slot) {
  { slot.next } -> std::same_as<std::uint32_t&>;
  { slot.generation } -> std::same_as<std::uint32_t&>;
};

template <Poolable T>
class MemoryPool {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNull = 0;  // never handed out
  static constexpr std::size_t kMaxSize = 0xFFFFFFFEu;

  // An index that knows when its slot was released, even if somebody else has it now.
  struct Tag {
    Index index = kNull;
    std::uint32_t generation = 0;
  };

  explicit MemoryPool(std::size_t capacity = 0) { reserve(capacity); }

  // A slot that nobody has, its fields as they were left. May move all slots: references end, indices stay.
  // Throws std::bad_alloc, or std::length_error beyond kMaxSize.
  Index allocate() {
    Index index = free_;
    if (index != kNull) [[likely]] {
      free_ = slots_[index].next;
    } else {
      if (used_ >= slots_.size()) [[unlikely]]
        reserve(used_ + std::max<std::size_t>(used_, kFirst) - 1);
      index = used_++;
    }
    slots_[index].generation = next_generation();
    return index;
  }

  // The slot must be taken.
  void release(Index index) noexcept {
    T& slot = slots_[index];
    slot.generation = 0;
    slot.next = free_;
    free_ = index;
    ++ended_;
  }

  // Tags of the slot end as if it had been released and taken again.
  void renew(Index index) noexcept {
    slots_[index].generation = next_generation();
    ++ended_;
  }

  T& operator[](Index index) noexcept { return slots_[index]; }
  const T& operator[](Index index) const noexcept { return slots_[index]; }

  // The slot that the next allocate() takes, if there is one already: to prefetch it.
  const T* peek() const noexcept { return slots_.data() + (free_ != kNull ? free_ : used_); }
  bool alive(Index index) const noexcept { return index < used_ && (slots_[index].generation & 1u); }
  Tag tag(Index index) const noexcept { return {index, slots_[index].generation}; }
  // The slot, or nullptr if it was released since the tag was taken. Generations of the pool repeat after 2^31.
  T* find(Tag tag) noexcept {
    return alive(tag.index) && slots_[tag.index].generation == tag.generation ? &slots_[tag.index] : nullptr;
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(begun_ - ended_); }
  // So many can be taken at once before the memory grows.
  std::size_t capacity() const noexcept { return slots_.size() ? slots_.size() - 1 : 0; }
  // Indices handed out so far are below this.
  Index end() const noexcept { return used_; }
  void reserve(std::size_t capacity) {
    if (capacity > kMaxSize) throw std::length_error("MemoryPool: more than 2^32 - 2 slots");
    if (capacity > this->capacity()) slots_.grow(capacity + 1);
  }

 private:
  static constexpr std::size_t kFirst = 64;

  // One counter for all slots: a slot is only written when it comes and goes, and nothing waits for memory that the
  // cache does not have. Two counters instead of a size, for each is half as long a chain of additions.
  Index next_generation() noexcept { return static_cast<Index>(++begun_ << 1 | 1); }

  HugeArray<T> slots_;
  Index free_ = kNull;
  Index used_ = 1;
  std::uint64_t begun_ = 0;  // taken or renewed, so often
  std::uint64_t ended_ = 0;  // released or renewed
};

}  // namespace lumina
