// A range of memory: of this process alone, or shared with others by name, by file or by descriptor.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

namespace lumina {

// Owns its mapping, not the name: what was created stays until unlink() or, of a file, until somebody deletes it. All
// functions that make one throw std::system_error, which names what failed. New memory is zero, and faulted in, so that
// the first messages meet no page faults.
class SharedMemory {
 public:
  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        mapped_(std::exchange(other.mapped_, false)),
        fd_(std::exchange(other.fd_, -1)) {}
  SharedMemory& operator=(SharedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(mapped_, other.mapped_);
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~SharedMemory() {
    if (mapped_) munmap(data_, size_);
    if (fd_ >= 0) ::close(fd_);
  }

  // Of this process; in huge pages where the kernel has them.
  static SharedMemory anonymous(std::size_t size) {
    return SharedMemory(-1, size, MAP_PRIVATE | MAP_ANONYMOUS, "anonymous memory");
  }
  // Without a name: children inherit it, and fd() can be sent to another process.
  static SharedMemory memfd(std::size_t size) {
    return sized(memfd_create("lumina", MFD_CLOEXEC), size, "memfd_create");
  }
  // A new object in /dev/shm; it is an error if there is one of that name, which is one component such as "quotes".
  static SharedMemory create(const std::string& name, std::size_t size) {
    const std::string path = checked(name);
    try {
      return sized(shm_open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), size, "shared memory " + name);
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::file_exists) shm_unlink(path.c_str());
      throw;
    }
  }
  static SharedMemory attach(const std::string& name) {
    return whole(shm_open(checked(name).c_str(), O_RDWR | O_CLOEXEC, 0), "shared memory " + name);
  }
  static void unlink(const std::string& name) {
    if (shm_unlink(checked(name).c_str()) != 0) fail("shared memory " + name);
  }
  // The same over a file, for example in hugetlbfs.
  static SharedMemory create_file(const std::string& path, std::size_t size) {
    return sized(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), size, path);
  }
  static SharedMemory attach_file(const std::string& path) {
    return whole(open(path.c_str(), O_RDWR | O_CLOEXEC), path);
  }
  // Takes the descriptor over.
  static SharedMemory from_fd(int fd) { return whole(fd, "descriptor " + std::to_string(fd)); }
  // Memory that another object owns and that outlives this one.
  static SharedMemory view(void* data, std::size_t size) noexcept {
    SharedMemory memory;
    memory.data_ = data;
    memory.size_ = size;
    return memory;
  }

  void* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  int fd() const noexcept { return fd_; }  // -1 where there is none

 private:
  static constexpr std::size_t kHugePage = std::size_t{1} << 21;

  [[noreturn]] static void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  static std::string checked(const std::string& name) {
    if (name.empty() || name.size() > 200 || name.find('/') != std::string::npos || name[0] == '.')
      throw std::system_error(EINVAL, std::generic_category(),
                              "shared memory name '" + name.substr(0, 200) + "' is not one word of 1 to 200 bytes");
    return "/" + name;
  }

  SharedMemory(int fd, std::size_t size, int flags, const std::string& what) : size_(size), fd_(fd) {
    const std::size_t align = fd < 0 && size >= kHugePage ? kHugePage : 0;
    void* map = size > std::size_t(-1) / 2
                    ? (errno = ENOMEM, MAP_FAILED)
                    : mmap(nullptr, size + align, PROT_READ | PROT_WRITE, flags | (align ? 0 : MAP_POPULATE), fd, 0);
    if (map == MAP_FAILED) {
      const int error = errno;
      if (fd >= 0) ::close(std::exchange(fd_, -1));
      errno = error;
      fail(what + " of " + std::to_string(size) + " bytes");
    }
    char* from = static_cast<char*>(map);
    if (align) {  // a huge page more than asked for, so that an aligned range is inside; the rest is given back
      const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
      size_ = (size + page - 1) & ~(page - 1);
      const std::size_t before = -reinterpret_cast<std::size_t>(from) & (kHugePage - 1);
      const std::size_t mapped = (size + align + page - 1) & ~(page - 1);
      if (before) munmap(from, before);
      if (mapped > before + size_) munmap(from + before + size_, mapped - before - size_);
      from += before;
      (void)madvise(from, size_, MADV_HUGEPAGE);  // advice: small pages are as correct
      for (std::size_t at = 0; at < size_; at += page) static_cast<volatile char*>(from)[at] = 0;
    }
    data_ = from;
    mapped_ = true;
  }

  // A descriptor of a new object, which gets its size; its memory is reserved, so that a full /dev/shm is an error here
  // and no signal later.
  static SharedMemory sized(int fd, std::size_t size, const std::string& what) {
    if (fd < 0) fail(what);
    const int error = size > std::size_t(-1) / 2 ? ENOMEM : posix_fallocate(fd, 0, static_cast<off_t>(size));
    if (error != 0) {
      ::close(fd);
      errno = error;
      fail(what + " of " + std::to_string(size) + " bytes");
    }
    return SharedMemory(fd, size, MAP_SHARED, what);
  }
  static SharedMemory whole(int fd, const std::string& what) {
    if (fd < 0) fail(what);
    struct stat status;
    const int error = fstat(fd, &status) != 0 ? errno : status.st_size <= 0 ? EINVAL : 0;
    if (error != 0) {
      ::close(fd);
      errno = error;
      fail(what);
    }
    return SharedMemory(fd, static_cast<std::size_t>(status.st_size), MAP_SHARED, what);
  }

  void* data_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;
  int fd_ = -1;
};

}  // namespace lumina
