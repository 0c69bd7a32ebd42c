// From a venue's 64-bit order id to a 32-bit handle. Ids come nearly in sequence at most venues and as anything at
// others, so blocks of 64 neighbouring ids are placed by a mixing hash and stay together inside: a sequence walks
// cache lines one after the other, and arbitrary ids cost memory by their number, not by their spread.
//
// One table, open addressing. A collision moves on by a whole block, so that two full blocks at one place become two
// blocks side by side. An entry is 8 bytes, a handle and 32 bits of the hash; the id itself is the order's, and is
// compared there, on the cache line that the caller needs next.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "lumina/huge_array.hpp"

namespace lumina {

class IdMap {
 public:
  static constexpr std::uint32_t kNone = 0;  // no handle

  explicit IdMap(std::size_t ids = 0) : table_(capacity_for(ids)) { set_capacity(); }

  // The handle of id, or kNone. same(handle) tells whether the handle's id is this one.
  template <class Same>
  std::uint32_t find(std::uint64_t id, const Same& same) const noexcept {
    const std::uint32_t hash = mix(id);
    std::size_t i = home(hash, id);
    for (std::size_t left = mask_; left < kEnd; left -= kBlock) {
      const Entry entry = table_[i];
      if (entry.handle == kNone) return kNone;
      if (entry.hash == hash && same(entry.handle)) [[likely]]
        return entry.handle;
      i = next(i);
    }
    return kNone;
  }

  // id must not be in the map. Throws std::bad_alloc.
  void insert(std::uint64_t id, std::uint32_t handle) {
    if ((size_ + 1) * kSpread > table_.size()) [[unlikely]]
      grow();
    while (!place(id, handle)) grow();
    ++size_;
  }

  // id must be in the map with this handle.
  void erase(std::uint64_t id, std::uint32_t handle) noexcept {
    const std::uint32_t hash = mix(id);
    std::size_t hole = home(hash, id);
    while (table_[hole].handle != handle) hole = next(hole);
    // entries behind the hole move up unless that would put them before their home
    const std::size_t first = hole, offset = hole % kBlock;
    for (std::size_t i = next(hole); i != first && table_[i].handle != kNone; i = next(i)) {
      const std::size_t from = block(table_[i].hash) + offset;
      if (((i - from) & mask_) >= ((i - hole) & mask_)) {
        table_[hole] = table_[i];
        hole = i;
      }
    }
    table_[hole] = Entry{};
    --size_;
  }

  void clear() noexcept {
    table_.zero();
    size_ = 0;
  }
  void reserve(std::size_t ids) {
    while (capacity_for(ids) > table_.size()) grow();
  }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return table_.size() * sizeof(Entry); }

  // Where a search for id starts: to prefetch it, and then to read the handle that is likely its own.
  const void* slot(std::uint64_t id) const noexcept { return &table_[home(mix(id), id)]; }
  std::uint32_t likely(std::uint64_t id) const noexcept { return table_[home(mix(id), id)].handle; }

 private:
  struct Entry {
    std::uint32_t handle;
    std::uint32_t hash;
  };
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kFirst = 1024;
  static constexpr std::size_t kSpread = 2;  // at least so many entries an id
  static constexpr std::size_t kProbes = 64;
  static constexpr std::size_t kEnd = ~std::size_t{0} / 2;

  static std::size_t capacity_for(std::size_t ids) noexcept { return std::max(kFirst, std::bit_ceil(ids * kSpread)); }
  static std::uint32_t mix(std::uint64_t id) noexcept {
    const unsigned __int128 product =
        static_cast<unsigned __int128>((id / kBlock) ^ 0x2D358DCCAA6C78A5u) * 0x9E3779B97F4A7C15u;
    return static_cast<std::uint32_t>((product >> 64 ^ product) >> 32);
  }
  std::size_t block(std::uint32_t hash) const noexcept { return (hash >> shift_) * kBlock; }
  // The place inside the block is the id's own, turned by the hash: ids in steps of 64 or 1000 fill blocks too.
  std::size_t home(std::uint32_t hash, std::uint64_t id) const noexcept { return block(hash) + ((id ^ hash) % kBlock); }
  std::size_t next(std::size_t i) const noexcept { return (i + kBlock) & mask_; }

  // False where the table must grow first: no room at this place of the blocks, or a long way to it although the
  // table is small. Ids made to collide cost time, and at most 64 * 2 entries each.
  bool place(std::uint64_t id, std::uint32_t handle) noexcept {
    const std::uint32_t hash = mix(id);
    const std::size_t blocks = table_.size() / kBlock;
    std::size_t i = home(hash, id);
    for (std::size_t probes = 0; table_[i].handle != kNone; i = next(i))
      if (++probes == blocks || (probes >= kProbes && blocks <= size_)) return false;
    table_[i] = {handle, hash};
    return true;
  }

  void grow() {
    HugeArray<Entry> old(table_.size() * 2);
    std::swap(old, table_);
    set_capacity();
    while (!refill(old)) {
      table_ = HugeArray<Entry>(table_.size() * 2);
      set_capacity();
    }
  }
  // An entry keeps its offset and its hash, so its id is not needed.
  bool refill(const HugeArray<Entry>& old) noexcept {
    for (std::size_t from = 0; from < old.size(); ++from) {
      if (old[from].handle == kNone) continue;
      std::size_t i = block(old[from].hash) + from % kBlock;
      for (std::size_t left = table_.size() / kBlock; table_[i].handle != kNone; i = next(i))
        if (--left == 0) return false;
      table_[i] = old[from];
    }
    return true;
  }
  void set_capacity() noexcept {
    mask_ = table_.size() - 1;
    shift_ = 32u - static_cast<unsigned>(std::countr_zero(table_.size() / kBlock));
  }

  HugeArray<Entry> table_;
  std::size_t mask_ = 0;
  unsigned shift_ = 0;
  std::size_t size_ = 0;
};

}  // namespace lumina
