// A pool of records whose size is known at run time, as those of Python: so many and no more, one beside the other,
// each with a handle that ends when the record is released. No call of the allocator after the start. One owner thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "lumina/huge_array.hpp"
#include "lumina/memory_pool.hpp"

namespace lumina {

class RecordPool {
 public:
  // Index below, generation above; never 0.
  using Handle = std::uint64_t;
  static constexpr Handle kNone = 0;
  static constexpr std::size_t kMaxCapacity = std::size_t{1} << 31;
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 40;

  RecordPool(std::size_t capacity, std::size_t record_size) : record_size_(record_size) {
    if (capacity == 0 || capacity > kMaxCapacity)
      throw std::invalid_argument("capacity " + std::to_string(capacity) + " is not in 1 .. 2^31");
    if (record_size == 0 || record_size > kMaxBytes / capacity)
      throw std::invalid_argument(std::to_string(capacity) + " records of " + std::to_string(record_size) +
                                  " bytes are not in 1 .. 2^40 bytes");
    slots_.reserve(capacity);
    records_ = HugeArray<Chunk>((capacity * record_size + sizeof(Chunk) - 1) / sizeof(Chunk));
  }

  // A record that nobody has, as it was left (zeros at first); kNone where all are taken.
  Handle acquire() noexcept {
    if (slots_.size() == slots_.capacity()) [[unlikely]]
      return kNone;
    const auto [index, generation] = slots_.tag(slots_.allocate());
    return std::uint64_t{generation} << 32 | index;
  }
  // False, and nothing is done, where the handle names no record that is taken.
  bool release(Handle handle) noexcept {
    if (!alive(handle)) return false;
    slots_.release(index_of(handle));
    return true;
  }
  bool alive(Handle handle) noexcept {
    return slots_.find({index_of(handle), static_cast<std::uint32_t>(handle >> 32)}) != nullptr;
  }
  // nullptr where it is not alive.
  void* find(Handle handle) noexcept { return alive(handle) ? data() + row(handle) * record_size_ : nullptr; }

  // Where a live handle's record is among all, from 0.
  static std::size_t row(Handle handle) noexcept { return index_of(handle) - 1; }
  // All records, taken or not.
  char* data() noexcept { return reinterpret_cast<char*>(records_.data()); }
  std::size_t record_size() const noexcept { return record_size_; }
  std::size_t capacity() const noexcept { return slots_.capacity(); }
  std::size_t size() const noexcept { return slots_.size(); }

 private:
  struct Slot {
    std::uint32_t next;
    std::uint32_t generation;
  };
  // What records are aligned to as a whole.
  struct alignas(64) Chunk {
    std::byte bytes[64];
  };
  static std::uint32_t index_of(Handle handle) noexcept { return static_cast<std::uint32_t>(handle); }

  std::size_t record_size_;
  MemoryPool<Slot> slots_;
  HugeArray<Chunk> records_;
};

}  // namespace lumina
