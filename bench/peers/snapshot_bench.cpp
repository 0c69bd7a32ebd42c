// Times publishing a value to readers in other threads: alone, and with a reader that reads all the time on the next
// core; and counts how often that reader had to try again.
//
//     snapshot_bench BYTES STORES RUNS
//
// Prints one JSON object a run: nanoseconds of a store, and tries in vain among a hundred of the reader's. The floor
// copies the value to one place and protects nothing.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "lumina/seqlock.hpp"
#include "two_cores.hpp"

namespace {

using namespace bench;

template <std::size_t kWords>
using Words = std::array<std::uint64_t, kWords>;

template <std::size_t kWords>
struct Floor {
  alignas(64) Words<kWords> place{};
  std::atomic<std::uint64_t> count{0};
  void store(const Words<kWords>& words) {
    place = words;
    count.store(words[0], std::memory_order_release);
  }
};
template <std::size_t kWords>
using Lock = lumina::SequenceLock<kWords>;
template <std::size_t kWords>
struct Slots {
  lumina::RotatingSlots slots{kWords};
  void store(const Words<kWords>& words) { slots.store(words.data()); }
  bool try_load(Words<kWords>& words) const { return slots.try_load(words.data()); }
};

// The median over blocks, so that one in which the thread lost its core does not count.
template <std::size_t kWords, class Cell>
double store_ns(Cell& cell, std::size_t stores) {
  constexpr std::size_t kBlock = 4096;
  std::vector<double> blocks;
  Words<kWords> words;
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < kWords; ++i) words[i] = i;
  while (n < stores) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t k = 0; k < kBlock; ++k, ++n) {
      for (std::size_t i = 0; i < kWords; i += 7) words[i] = n + i;
      std::atomic_signal_fence(std::memory_order_seq_cst);  // the words are as in memory: none is left out
      cell.store(words);
    }
    const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
    blocks.push_back(elapsed.count() / kBlock);
  }
  std::nth_element(blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(blocks.size() / 2), blocks.end());
  return blocks[blocks.size() / 2];
}

template <std::size_t kWords, class Cell>
void contended(const char* name, std::size_t stores) {
  Cell cell;
  std::atomic<bool> started{false}, stop{false};
  double in_vain = 0;
  std::thread reader([&] {
    pin(1);
    Words<kWords> words{};
    std::uint64_t tries = 0, failed = 0;
    started = true;
    while (!stop.load(std::memory_order_relaxed)) {
      ++tries;
      if (!cell.try_load(words)) ++failed;
    }
    in_vain = 100.0 * static_cast<double>(failed) / static_cast<double>(std::max<std::uint64_t>(tries, 1));
  });
  while (!started) std::this_thread::yield();
  const double ns = store_ns<kWords>(cell, stores);
  stop = true;
  reader.join();
  std::printf(", \"%s_contended\": %.3f, \"%s_in_vain\": %.3f", name, ns, name, in_vain);
}

template <std::size_t kWords>
void run(std::size_t stores) {
  Floor<kWords> floor;
  Lock<kWords> lock;
  Slots<kWords> slots;
  std::printf("{\"floor\": %.3f", store_ns<kWords>(floor, stores));
  std::printf(", \"slots\": %.3f", store_ns<kWords>(slots, stores));
  std::printf(", \"lock\": %.3f", store_ns<kWords>(lock, stores));
  contended<kWords, Slots<kWords>>("slots", stores);
  contended<kWords, Lock<kWords>>("lock", stores);
  std::puts("}");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("snapshot_bench BYTES STORES RUNS");
  const std::string bytes = argv[1];
  const std::size_t stores = std::strtoull(argv[2], nullptr, 10);
  find_cores();
  pin(0);
  for (int left = std::atoi(argv[3]); left > 0; --left) {
    if (bytes == "48") {
      run<6>(stores);
    } else if (bytes == "160") {
      run<20>(stores);
    } else if (bytes == "320") {
      run<40>(stores);
    } else {
      fail("BYTES are 48, 160 or 320");
    }
  }
}
