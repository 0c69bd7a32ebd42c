// Memory that is there when it is needed: locked, touched beforehand, on huge pages where there are some. What the
// machine refuses is reported.
#pragma once

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <utility>

#include "lumina/platform/files.hpp"
#include "lumina/platform/huge_pages.hpp"
#include "lumina/platform/topology.hpp"

namespace lumina {

enum class Pages : std::uint8_t { hugetlb, transparent, base };

// Writes to each page of [memory, memory + bytes) what it holds, so that none is missing later. Not for memory that
// another thread writes to.
inline void prefault(void* memory, std::size_t bytes) noexcept {
  auto* const at = static_cast<volatile char*>(memory);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (std::size_t i = 0; i < bytes; i += page) at[i] = at[i];
  if (bytes) at[bytes - 1] = at[bytes - 1];
}

// Bytes of [memory, memory + bytes) that are on huge pages now, by /proc/self/smaps: whole mappings are counted, cut
// to `bytes`. Slow; for reports.
inline std::size_t bytes_on_huge_pages(const void* memory, std::size_t bytes) {
  const auto from = reinterpret_cast<std::uintptr_t>(memory), to = from + bytes;
  std::istringstream lines(read_text("/", "proc/self/smaps"));
  std::uintptr_t first = 0, last = 0;
  std::size_t found = 0;
  for (std::string line; std::getline(lines, line);) {
    unsigned long long a = 0, b = 0, kb = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &a, &b) == 2) {
      first = a;
      last = b;
    } else if (first < to && last > from &&
               (std::sscanf(line.c_str(), "AnonHugePages: %llu kB", &kb) == 1 ||
                std::sscanf(line.c_str(), "Private_Hugetlb: %llu kB", &kb) == 1)) {
      found += static_cast<std::size_t>(kb) * 1024;
    }
  }
  return std::min(found, bytes);
}

// Zeroed memory from the kernel, touched, on the best pages to be had: reserved huge pages, else transparent ones,
// else small ones. pages() says which it became. Owns the memory.
class PageBlock {
 public:
  PageBlock() = default;
  // Throws std::bad_alloc where there is no memory of any kind.
  explicit PageBlock(std::size_t bytes) {
    if (bytes == 0) return;
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    size_ = (bytes + kHugePage - 1) & ~(kHugePage - 1);
    if (map_hugetlb()) return;
    data_ = map_for_huge_pages(size_);
    prefault(data_, size_);
    pages_ = bytes_on_huge_pages(data_, size_) >= size_ ? Pages::transparent : Pages::base;
  }
  PageBlock(PageBlock&& other) noexcept { *this = std::move(other); }
  PageBlock& operator=(PageBlock&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(pages_, other.pages_);
    return *this;
  }
  ~PageBlock() {
    if (data_) munmap(data_, size_);
  }

  void* data() const noexcept { return data_; }
  // Whole huge pages, whatever it is on.
  std::size_t size() const noexcept { return size_; }
  Pages pages() const noexcept { return pages_; }

 private:
  static constexpr int kHugeShift = 21 << 26;  // MAP_HUGE_2MB, of a header that not every libc has

  // A limit of the cgroup lets the mapping be made and kills who touches it: what is not there at once is not taken.
  bool map_hugetlb() noexcept {
    void* const memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | kHugeShift | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return false;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    for (std::size_t at = 0; at < size_; at += kHugePage) {
      unsigned char present = 0;
      if (mincore(static_cast<char*>(memory) + at, page, &present) != 0 || !(present & 1)) {
        munmap(memory, size_);
        return false;
      }
    }
    data_ = memory;
    pages_ = Pages::hugetlb;
    return true;
  }

  void* data_ = nullptr;
  std::size_t size_ = 0;
  Pages pages_ = Pages::base;
};

struct LockReport {
  bool current = false;           // what was mapped is locked
  bool future = false;            // and so is all that will be
  int error = 0;                  // errno, where anything was refused
  std::int64_t locked_bytes = 0;  // of the whole process, by the kernel
  std::int64_t limit_bytes = -1;  // memlock; -1: none

  explicit operator bool() const noexcept { return current; }
  std::string message() const {
    if (current && future) return "all memory is locked, now and later";
    const std::string limit = "the memlock limit is " + std::to_string(limit_bytes) + " bytes: ulimit -l unlimited";
    if (current) return "memory is locked, but not what is mapped later: " + limit;
    return "memory is not locked: " + std::string(std::strerror(error)) +
           (limit_bytes >= 0 ? "; " + limit : std::string());
  }
};

namespace detail {

// In a frame of its own, so that the stack goes so deep once.
[[gnu::noinline]] inline void touch_stack() noexcept {
  char deep[256 * 1024];
  prefault(deep, sizeof(deep));
}

inline bool may_lock_anything(const rlimit& limit) {
  if (limit.rlim_cur == RLIM_INFINITY) return true;
  const std::string capabilities = status_field(thread_status("/"), "CapEff");
  constexpr unsigned long long kIpcLock = 1ull << 14;
  return (std::strtoull(capabilities.c_str(), nullptr, 16) & kIpcLock) != 0;
}

}  // namespace detail

// Locks all memory of the process and touches 256 kB of the calling thread's stack. All that is mapped becomes
// resident: also arrays that were reserved and not used yet. Later mappings are locked only where no limit can make
// them fail for it.
inline LockReport lock_memory() {
  LockReport report;
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur != RLIM_INFINITY) report.limit_bytes = static_cast<std::int64_t>(limit.rlim_cur);
  detail::touch_stack();
  if (detail::may_lock_anything(limit)) {
    report.future = report.current = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    if (!report.current) report.error = errno;
  }
  if (!report.current) {
    report.current = mlockall(MCL_CURRENT) == 0;
    report.error = report.current ? 0 : errno;
  }
  const std::string locked = detail::status_field(detail::thread_status("/"), "VmLck");
  report.locked_bytes = std::strtoll(locked.c_str(), nullptr, 10) * 1024;
  return report;
}

inline bool unlock_memory() noexcept { return munlockall() == 0; }

}  // namespace lumina
