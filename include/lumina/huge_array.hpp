// An array of plain values that starts as zeros, can be copied, and asks for huge pages where it is large: the memory
// under the pool, the id map and the price ladders. Untouched pages cost nothing.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "lumina/platform/huge_pages.hpp"

namespace lumina {

template <class T>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  HugeArray() = default;
  explicit HugeArray(std::size_t size) : data_(allocate(size)), size_(size) {}
  HugeArray(const HugeArray& other) : HugeArray(other.size_) { copy_from(other); }
  HugeArray(HugeArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  HugeArray& operator=(HugeArray other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~HugeArray() { release(data_, size_); }

  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

  // Grows to size; what is new is zero. References into the array end.
  void grow(std::size_t size) {
    HugeArray larger(size);
    larger.copy_from(*this);
    *this = std::move(larger);
  }
  void zero() noexcept {
    if (size_) std::memset(static_cast<void*>(data_), 0, size_ * sizeof(T));
  }

 private:
  void copy_from(const HugeArray& other) noexcept {
    if (other.size_) std::memcpy(static_cast<void*>(data_), other.data_, other.size_ * sizeof(T));
  }

  static T* allocate(std::size_t size) {
    if (size == 0) return nullptr;
    if (size > std::size_t(-1) / 2 / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes = size * sizeof(T);
#if defined(__linux__)
    if (bytes >= kHugePage) {  // below it the memory comes from calloc
      return static_cast<T*>(map_for_huge_pages(round_up(bytes)));
    }
#endif
    if constexpr (alignof(T) > alignof(std::max_align_t)) {
      void* memory = std::aligned_alloc(alignof(T), bytes);
      if (memory == nullptr) throw std::bad_alloc();
      return static_cast<T*>(std::memset(memory, 0, bytes));
    } else {
      void* memory = std::calloc(bytes, 1);
      if (memory == nullptr) throw std::bad_alloc();
      return static_cast<T*>(memory);
    }
  }

  static void release(T* data, std::size_t size) noexcept {
    if (data == nullptr) return;
#if defined(__linux__)
    if (size * sizeof(T) >= kHugePage) {
      munmap(static_cast<void*>(data), round_up(size * sizeof(T)));
      return;
    }
#endif
    std::free(static_cast<void*>(data));
  }

  // To whole pages of 64 kB, the largest base page in use.
  static constexpr std::size_t round_up(std::size_t bytes) noexcept { return (bytes + 0xFFFF) & ~std::size_t{0xFFFF}; }

  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace lumina
