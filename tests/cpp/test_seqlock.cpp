// Values under a sequence lock and in rotating slots: whole, of one moment, never older than what was seen before,
// with the writer's other memory as it was when it stored them.
//
//     test_seqlock [STORES]      of each run between threads
#undef NDEBUG
#include <atomic>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lumina/seqlock.hpp"

namespace {

using lumina::RotatingSlots;
using lumina::SequenceLock;

constexpr unsigned kReaders = 2;

// Both kinds alike: store(words), load(words).
template <std::size_t kWords>
struct Locked {
  SequenceLock<kWords> lock;
  void store(const std::uint64_t* words) {
    typename SequenceLock<kWords>::Words value;
    std::memcpy(value.data(), words, sizeof(value));
    lock.store(value);
  }
  void load(std::uint64_t* words) const {
    const auto value = lock.load();
    std::memcpy(words, value.data(), sizeof(value));
  }
};
template <std::size_t kWords>
struct Rotating {
  RotatingSlots slots{kWords};
  void store(const std::uint64_t* words) { slots.store(words); }
  void load(std::uint64_t* words) const { slots.load(words); }
};

// word[i] == word[0] + i, and word[0] counts the stores. Beside each the writer leaves a plain number, which readers of
// the store may read: the sanitizer sees whether a store orders the memory before it.
template <class Cell, std::size_t kWords>
void between_threads(std::uint64_t stores) {
  Cell cell;
  std::vector<std::uint64_t> beside(stores + 1);
  std::atomic<unsigned> started{0};
  const auto read = [&] {
    std::uint64_t words[kWords], last = 0;
    ++started;
    while (last < stores) {
      cell.load(words);
      if (words[0] == 0) {
        for (std::size_t i = 0; i < kWords; ++i) assert(words[i] == 0);
        continue;
      }
      for (std::size_t i = 0; i < kWords; ++i) assert(words[i] == words[0] + i);
      assert(words[0] >= last && words[0] <= stores);
      if (words[0] == last) std::this_thread::yield();  // to the writer, where there are few cores
      last = words[0];
      assert(beside[last] == last * 3);
    }
  };
  std::vector<std::thread> readers;
  for (unsigned i = 0; i < kReaders; ++i) readers.emplace_back(read);
  while (started < kReaders) std::this_thread::yield();
  std::uint64_t words[kWords];
  for (std::uint64_t n = 1; n <= stores; ++n) {
    for (std::size_t i = 0; i < kWords; ++i) words[i] = n + i;
    beside[n] = n * 3;
    cell.store(words);
    if (n % 64 == 0) std::this_thread::yield();  // to the readers
  }
  for (std::thread& reader : readers) reader.join();
}

void alone() {
  RotatingSlots slots(20);
  std::uint64_t words[20], out[20];
  slots.load(out);
  for (const std::uint64_t word : out) assert(word == 0);
  for (std::uint64_t n = 1; n < 100; ++n) {
    for (std::uint64_t i = 0; i < 20; ++i) words[i] = n * 1000 + i;
    slots.store(words);
    assert(slots.try_load(out) && std::memcmp(words, out, sizeof(out)) == 0);
  }
  SequenceLock<6> lock;
  assert(lock.load() == SequenceLock<6>::Words{});
  lock.store({1, 2, 3, 4, 5, 6});
  lock.store({7, 2, 3, 4, 5, 6});
  SequenceLock<6>::Words value;
  assert(lock.try_load(value) && value == (SequenceLock<6>::Words{7, 2, 3, 4, 5, 6}));
  for (const std::size_t bad : {std::size_t{0}, RotatingSlots::kMaxWords + 1}) {
    bool refused = false;
    try {
      RotatingSlots none(bad);
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    assert(refused);
  }
}
static_assert(sizeof(SequenceLock<6>) == 64);

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t stores = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50000;
  alone();
  between_threads<Locked<6>, 6>(stores);
  between_threads<Rotating<6>, 6>(stores);
  between_threads<Rotating<20>, 20>(stores);
  between_threads<Rotating<43>, 43>(stores);
}
