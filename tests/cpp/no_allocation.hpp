// Aborts the program when a thread that is armed calls the allocator or maps memory: malloc and its family (which
// operator new calls), free of anything, mmap, mremap and munmap, from whatever library. For one source file a program.
//
// Where the sanitizers bring their own allocator, and in a program linked statically, GUARDED_ALLOCATION is not
// defined, and nothing is watched.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>

#if defined(GUARDED_ALLOCATION)
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#endif

namespace no_allocation {

inline thread_local bool armed = false;

// While one lives, this thread must not allocate.
class Armed {
 public:
  Armed() noexcept { armed = true; }
  ~Armed() { armed = false; }
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;
};

#if defined(GUARDED_ALLOCATION)
inline void refuse(const char* what) noexcept {
  if (!armed) [[likely]]
    return;
  armed = false;
  static constexpr char kText[] = "called while armed: ";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kText, sizeof kText - 1);
  written = write(STDERR_FILENO, what, std::strlen(what));
  written = write(STDERR_FILENO, "\n", 1);
  std::abort();
}
#endif

}  // namespace no_allocation

#if defined(GUARDED_ALLOCATION)
extern "C" {
// glibc's own, under the names that it keeps for this.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) noexcept {
  no_allocation::refuse("malloc");
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  no_allocation::refuse("calloc");
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  no_allocation::refuse("realloc");
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  no_allocation::refuse("memalign");
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  no_allocation::refuse("aligned_alloc");
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  no_allocation::refuse("posix_memalign");
  void* const made = __libc_memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *memory = made;
  return 0;
}
void free(void* memory) noexcept {
  if (memory != nullptr) no_allocation::refuse("free");
  __libc_free(memory);
}

void* mmap(void* address, std::size_t length, int protection, int flags, int descriptor, off_t offset) noexcept {
  no_allocation::refuse("mmap");
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, length, protection, flags, descriptor, offset));
}
int munmap(void* address, std::size_t length) noexcept {
  no_allocation::refuse("munmap");
  return static_cast<int>(syscall(SYS_munmap, address, length));
}
void* mremap(void* address, std::size_t length, std::size_t new_length, int flags, ...) noexcept {
  no_allocation::refuse("mremap");
  va_list rest;
  va_start(rest, flags);
  void* const wanted = flags & MREMAP_FIXED ? va_arg(rest, void*) : nullptr;
  va_end(rest);
  return reinterpret_cast<void*>(syscall(SYS_mremap, address, length, new_length, flags, wanted));
}
}
#endif
