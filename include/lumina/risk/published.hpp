// A small value that one thread changes while another reads it on its hot path. Both are wait-free: the writer fills
// the next of four slots and then says which one is new; a reader that is overtaken while it copies keeps what it has.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lumina {

template <class T>
class Published {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 8 == 0);

 public:
  explicit Published(const T& first) noexcept { write(slots_[0], first); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // One writer at a time.
  void store(const T& value) noexcept {
    const std::uint64_t next = version_.load(std::memory_order_relaxed) + 1;
    write(slots_[next % kSlots], value);
    // release: who reads the new version reads the words of its slot
    version_.store(next, std::memory_order_release);
  }

  // Of the newest value. Relaxed: it only says that there is something to load.
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_relaxed); }

  // The newest value and its version. False, with both as they were, if the writer published three more meanwhile.
  bool load(T& value, std::uint64_t& version) const noexcept {
    // acquire: pairs with the store of the version
    const std::uint64_t at = version_.load(std::memory_order_acquire);
    const Words words = read(slots_[at % kSlots]);
    // The writer comes back to this slot after it has published at + 3, and who reads a word of that round sees (by
    // the words' own release and acquire) at + 3 here. Relaxed: an acquire load before it holds it in its place.
    if (version_.load(std::memory_order_relaxed) > at + (kSlots - 2)) return false;
    value = std::bit_cast<T>(words);
    version = at;
    return true;
  }

 private:
  static constexpr std::size_t kSlots = 4;
  static constexpr std::size_t kWords = sizeof(T) / 8;
  using Words = std::array<std::uint64_t, kWords>;
  struct alignas(64) Slot {
    std::array<std::atomic<std::uint64_t>, kWords> words{};
  };

  // Word by word and atomic, for a plain copy would be a race. Release and acquire: see load.
  static void write(Slot& slot, const T& value) noexcept {
    const auto words = std::bit_cast<Words>(value);
    for (std::size_t i = 0; i < kWords; ++i) slot.words[i].store(words[i], std::memory_order_release);
  }
  static Words read(const Slot& slot) noexcept {
    Words words;
    for (std::size_t i = 0; i < kWords; ++i) words[i] = slot.words[i].load(std::memory_order_acquire);
    return words;
  }

  alignas(64) std::atomic<std::uint64_t> version_{0};
  std::array<Slot, kSlots> slots_{};
};

}  // namespace lumina
