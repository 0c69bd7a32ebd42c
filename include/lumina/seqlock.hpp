// The last value of one writer, for any number of readers that never hold it up: one value under a sequence lock, or
// eight that the writer goes round. A value is so many words of 64 bits.
//
// Writing is wait-free: a fixed number of stores, whatever readers do. A torn value is never returned. A reader of
// RotatingSlots is lock-free: it tries again only where the writer has published seven times more since it began. A
// reader of a SequenceLock finds it taken while a value is written: it waits for the writer there, should that thread
// lose its core in the midst of it, unless it has something else to do when try_load() says no.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#if defined(__SANITIZE_THREAD__)
#define LUMINA_SEQLOCK_WITHOUT_FENCES 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LUMINA_SEQLOCK_WITHOUT_FENCES 1
#endif
#endif

namespace lumina {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

namespace detail {

// Words of a value are atomic, since they may be read while they are written; a plain copy would be a data race. They
// are relaxed and fences order them all at once. The thread sanitizer knows no fences: for it each word is ordered by
// itself, which is as correct and slower. The seeded bug lets tests show that they would notice if nothing were.
#if defined(LUMINA_SEEDED_BUG)
inline constexpr std::memory_order kWordStore = std::memory_order_relaxed, kWordLoad = std::memory_order_relaxed,
                                   kVersionStore = std::memory_order_relaxed;
inline void fence_before_words() noexcept {}
inline void fence_after_words() noexcept {}
#elif defined(LUMINA_SEQLOCK_WITHOUT_FENCES)
inline constexpr std::memory_order kWordStore = std::memory_order_release, kWordLoad = std::memory_order_acquire,
                                   kVersionStore = std::memory_order_release;
inline void fence_before_words() noexcept {}
inline void fence_after_words() noexcept {}
#else
// Release: whoever sees the new version sees the words.
inline constexpr std::memory_order kWordStore = std::memory_order_relaxed, kWordLoad = std::memory_order_relaxed,
                                   kVersionStore = std::memory_order_release;
// Release: whoever sees one of the words that follow sees, after the other fence, that they were being written.
inline void fence_before_words() noexcept { std::atomic_thread_fence(std::memory_order_release); }
// Acquire: with it; the version is read again after the words.
inline void fence_after_words() noexcept { std::atomic_thread_fence(std::memory_order_acquire); }
#endif

using AtomicWord = std::atomic<std::uint64_t>;

// In place of a version while words are written. Versions end before it.
inline constexpr std::uint64_t kBeingWritten = ~std::uint64_t{0};

inline void write_words(AtomicWord& version, AtomicWord* words, const std::uint64_t* from, std::size_t count,
                        std::uint64_t next) noexcept {
  // Release: who finds a value being written sees all that its writer did before.
  version.store(kBeingWritten, kVersionStore);
  fence_before_words();
#pragma GCC unroll 8  // atomic words are not made vectors of: 320 bytes in 9 to 14 ns instead of 22 (Zen 4)
  for (std::size_t i = 0; i < count; ++i) words[i].store(from[i], kWordStore);
  version.store(next, kVersionStore);
}

// Were the words whole, and of that version?
inline bool read_words(const AtomicWord& version, const AtomicWord* words, std::uint64_t* to, std::size_t count,
                       std::uint64_t wanted) noexcept {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < count; ++i) to[i] = words[i].load(kWordLoad);
  fence_after_words();
  return version.load(std::memory_order_relaxed) == wanted;
}

}  // namespace detail

// One value of kWords words, the first seven in one cache line with its version: a read is one miss. Readers of a value
// that is written all the time starve from about 160 bytes on. Zeros until the first store.
template <std::size_t kWords>
class alignas(64) SequenceLock {
 public:
  using Words = std::array<std::uint64_t, kWords>;

  SequenceLock() = default;
  SequenceLock(const SequenceLock&) = delete;
  SequenceLock& operator=(const SequenceLock&) = delete;

  // The writer's.
  void store(const Words& words) noexcept {
    const std::uint64_t version = version_.load(std::memory_order_relaxed) + 1;
    detail::write_words(version_, words_.data(), words.data(), kWords, version);
  }
  // False where the value was being written, or was written meanwhile; words is then worth nothing.
  bool try_load(Words& words) const noexcept {
    const std::uint64_t version = version_.load(std::memory_order_acquire);  // acquire: the words are read after it
    return version != detail::kBeingWritten &&
           detail::read_words(version_, words_.data(), words.data(), kWords, version);
  }
  Words load() const noexcept {
    Words words;
    while (!try_load(words)) {
    }
    return words;
  }

 private:
  detail::AtomicWord version_{0};
  std::array<detail::AtomicWord, kWords> words_{};
};

// The last eight values of so many words, of which readers take the newest: while they read it the writer is in others.
// Zeros until the first store.
class RotatingSlots {
 public:
  static constexpr std::size_t kSlots = 8;
  static constexpr std::size_t kMaxWords = std::size_t{1} << 20;

  explicit RotatingSlots(std::size_t words) : count_(words), lines_((words + 1 + kInLine - 1) / kInLine) {
    if (words == 0 || words > kMaxWords)
      throw std::invalid_argument("words " + std::to_string(words) + " is not in 1 .. 2^20");
    memory_ = std::make_unique<Line[]>(kSlots * lines_);
  }

  std::size_t words() const noexcept { return count_; }
  // How often was stored, to see whether there is something new. Relaxed: try_load orders the words.
  std::uint64_t version() const noexcept { return latest_.load(std::memory_order_relaxed); }

  // The writer's. words are as many as the slots have.
  void store(const std::uint64_t* words) noexcept {
    const std::uint64_t version = latest_.load(std::memory_order_relaxed) + 1;
    detail::AtomicWord* const slot = this->slot(version);
    detail::write_words(slot[0], slot + 1, words, count_, version);
    latest_.store(version, detail::kVersionStore);  // release: whoever is sent to the slot finds it written
  }
  // The first count words. False where the writer went once round meanwhile; words is then worth nothing.
  bool try_load(std::uint64_t* words, std::size_t count) const noexcept {
    const std::uint64_t version = latest_.load(std::memory_order_acquire);  // with store
    const detail::AtomicWord* const slot = this->slot(version);
    // acquire: the words are read after it
    return slot[0].load(std::memory_order_acquire) == version &&
           detail::read_words(slot[0], slot + 1, words, count, version);
  }
  bool try_load(std::uint64_t* words) const noexcept { return try_load(words, count_); }
  void load(std::uint64_t* words, std::size_t count) const noexcept {
    while (!try_load(words, count)) {
    }
  }
  void load(std::uint64_t* words) const noexcept { load(words, count_); }

 private:
  static constexpr std::size_t kInLine = 8;
  struct alignas(64) Line {
    detail::AtomicWord words[kInLine] = {};
  };

  detail::AtomicWord* slot(std::uint64_t version) const noexcept { return memory_[version % kSlots * lines_].words; }

  const std::size_t count_;
  const std::size_t lines_;  // of a slot
  std::unique_ptr<Line[]> memory_;
  // Apart from what does not change: the pair of lines that is fetched together.
  alignas(128) detail::AtomicWord latest_{0};
};

}  // namespace lumina
