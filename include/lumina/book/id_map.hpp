// From a venue's 64-bit order id to a 32-bit handle. Ids come nearly in sequence at most venues and as anything at
// others, so four neighbouring ids share a cache line and sixteen such lines stay together, and a mixing hash says
// where: a sequence walks memory line by line, and arbitrary ids cost memory by their number, not by their spread.
//
// One table of cache lines with seven entries each. A line that is full passes on to the next one and counts what it
// passed on, so that a search ends where nothing was. An entry is a handle and 31 bits that mark the id; the id itself
// is the order's, and is compared there, on the cache line that the caller needs next.
//
// Inlined by force here, in PriceLevels and in OrderStore is what every message needs: in a large program the
// compiler's budget would make calls of it, which cost a message one eighth of its time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "lumina/huge_array.hpp"

namespace lumina {

class IdMap {
 public:
  static constexpr std::uint32_t kNone = 0;  // no handle

  // An id and its mark, from which its place follows; made ahead where ids are known ahead.
  struct Key {
    std::uint64_t id = 0;
    std::uint32_t mark = 0;
    Key() = default;
    Key(std::uint64_t of) noexcept : id(of), mark(mark_of(of)) {}
  };

  // Where an id is, or that it is not in the map. Ends with the next insert, erase or clear.
  struct Place {
    std::uint32_t handle;  // kNone where the id is not in the map
    std::uint32_t mark;
    std::size_t line;
    unsigned entry;
  };

  explicit IdMap(std::size_t ids = 0) : lines_(lines_for(ids)) { set_shift(); }

  // same(handle) tells whether the handle's id is this one.
  template <class Same>
  [[gnu::always_inline]] Place locate(Key key, const Same& same) const noexcept {
    const std::uint32_t mark = key.mark;
    for (std::size_t at = home(mark);; at = next(at)) {
      const Line& line = lines_[at];
      for (unsigned found = line.find(mark); found; found &= found - 1) {
        const auto entry = static_cast<unsigned>(std::countr_zero(found));
        if (same(line.handles[entry])) [[likely]]
          return {line.handles[entry], mark, at, entry};
      }
      if (line.passed_on == 0) [[likely]]
        return {kNone, mark, 0, 0};
    }
  }

  // Of an id that locate did not find. Throws std::bad_alloc.
  [[gnu::always_inline]] void insert(const Place& place, std::uint32_t handle) {
    if (size_ >= limit_) [[unlikely]]
      grow();
    put(place.mark, handle);
    ++size_;
  }

  // Of an id that locate found.
  [[gnu::always_inline]] void erase(const Place& place) noexcept {
    lines_[place.line].marks[place.entry] = 0;
    for (std::size_t at = home(place.mark); at != place.line; at = next(at)) --lines_[at].passed_on;
    --size_;
  }

  void clear() noexcept {
    lines_.zero();
    size_ = 0;
  }
  void reserve(std::size_t ids) {
    while (ids > limit_) grow();
  }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return lines_.size() * sizeof(Line); }

  // Ahead of a search: the line to fetch, and then the handle that it most likely finds there.
  const void* line(Key key) const noexcept { return &lines_[home(key.mark)]; }
  std::uint32_t likely(Key key) const noexcept {
    const Line& line = lines_[home(key.mark)];
    return line.handles[std::countr_zero(line.find(key.mark) | 1u << kEntries)];  // no branch
  }

 private:
  static std::uint32_t mark_of(std::uint64_t id) noexcept {
    const unsigned __int128 product =
        static_cast<unsigned __int128>((id >> 6) ^ 0x2D358DCCAA6C78A5u) * 0x9E3779B97F4A7C15u;
    const auto hash = static_cast<std::uint64_t>(product >> 64 ^ product);
    // 25 bits say which block of lines, 4 which of its lines, 2 which of the four ids; 1 is never nothing. The line is
    // turned by the hash: ids in steps of 64 or 1000 use all lines too.
    return static_cast<std::uint32_t>(hash >> 32) >> 7 << 7 |
           static_cast<std::uint32_t>((((id >> 2) ^ hash) & 15) << 3 | (id & 3) << 1 | 1);
  }

  static constexpr unsigned kEntries = 7;

  struct alignas(64) Line {
    std::uint32_t marks[kEntries];        // 0 is free
    std::uint32_t passed_on;              // ids whose home is this line, or that came by, and that are further on
    std::uint32_t handles[kEntries + 1];  // the last is kNone

    // A bit for each entry with this mark.
    unsigned find(std::uint32_t mark) const noexcept {
#if defined(__SSE2__)
      const __m128i wanted = _mm_set1_epi32(static_cast<int>(mark));
      const auto* const words = reinterpret_cast<const __m128i*>(this);
      const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(words), wanted);
      const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(words + 1), wanted);
      return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(low)) |
                                   (_mm_movemask_ps(_mm_castsi128_ps(high)) & 7) << 4);
#else
      unsigned found = 0;
      for (unsigned i = 0; i < kEntries; ++i) found |= unsigned{marks[i] == mark} << i;
      return found;
#endif
    }
  };
  static_assert(sizeof(Line) == 64);

  static constexpr std::size_t kBlock = 16;      // lines
  static constexpr std::size_t kFirst = 4;       // blocks
  static constexpr std::size_t kIdsPerLine = 3;  // on average at most; few lines then pass an id on

  static std::size_t lines_for(std::size_t ids) noexcept {
    return kBlock * std::max(kFirst, std::bit_ceil(ids / (kBlock * kIdsPerLine) + 1));
  }
  std::size_t home(std::uint32_t mark) const noexcept { return (mark >> shift_) * kBlock + (mark >> 3) % kBlock; }
  std::size_t next(std::size_t line) const noexcept { return (line + 1) & (lines_.size() - 1); }

  [[gnu::always_inline]] void put(std::uint32_t mark, std::uint32_t handle) noexcept {
    for (std::size_t at = home(mark);; at = next(at)) {
      Line& line = lines_[at];
      if (const unsigned free = line.find(0)) [[likely]] {
        const auto entry = static_cast<unsigned>(std::countr_zero(free));
        line.marks[entry] = mark;
        line.handles[entry] = handle;
        return;
      }
      ++line.passed_on;
    }
  }

  [[gnu::noinline]] void grow() {
    HugeArray<Line> old(lines_.size() * 2);
    std::swap(old, lines_);
    set_shift();
    for (std::size_t at = 0; at < old.size(); ++at)
      for (unsigned entry = 0; entry < kEntries; ++entry)
        if (old[at].marks[entry]) put(old[at].marks[entry], old[at].handles[entry]);
  }
  void set_shift() noexcept {
    shift_ = 32u - static_cast<unsigned>(std::countr_zero(lines_.size() / kBlock));
    limit_ = lines_.size() * kIdsPerLine;
  }

  HugeArray<Line> lines_;
  unsigned shift_ = 0;
  std::size_t size_ = 0;
  std::size_t limit_ = 0;
};

}  // namespace lumina
