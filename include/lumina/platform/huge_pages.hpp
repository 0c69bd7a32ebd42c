// Memory from the kernel that huge pages fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace lumina {

inline constexpr std::size_t kHugePage = std::size_t{1} << 21;

#if defined(__linux__)
// Zeroed, untouched, aligned for huge pages, which the kernel is asked for. bytes are whole pages; given back by
// munmap. Throws std::bad_alloc.
inline void* map_for_huge_pages(std::size_t bytes) {
  // one huge page more than asked for, so that an aligned range is inside; the rest is given back
  void* const whole = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) throw std::bad_alloc();
  char* const start = static_cast<char*>(whole);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(start) & (kHugePage - 1);
  if (before) munmap(start, before);
  munmap(start + before + bytes, kHugePage - before);
  (void)madvise(start + before, bytes, MADV_HUGEPAGE);  // advice: small pages are as correct
  return start + before;
}
#endif

}  // namespace lumina
