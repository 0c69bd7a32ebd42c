// Times the pool and its peers in alternation: one of the live blocks of 32 bytes is given back and another one taken,
// in random order.
//
//     pool_bench LIVE PAIRS RUNS
//
// Prints one JSON object a run: per contender the nanoseconds of a pair. All blocks that are live at the end must be
// apart from one another.
#include <algorithm>
#include <boost/pool/pool.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory_resource>
#include <random>
#include <utility>
#include <vector>

#include "lumina/memory_pool.hpp"

namespace {

struct Block {
  std::uint64_t values[3];
  std::uint32_t next;
  std::uint32_t generation;
};
constexpr std::size_t kBytes = sizeof(Block);
static_assert(kBytes == 32);

// Each contender: take() and give(), of handles or pointers, and the address of what is taken.
struct Lumina {
  using Taken = std::uint32_t;
  lumina::MemoryPool<Block> pool;
  Taken take() { return pool.allocate(); }
  void give(Taken taken) { pool.release(taken); }
  std::uintptr_t address(Taken taken) { return reinterpret_cast<std::uintptr_t>(&pool[taken]); }
};
struct Pointers {
  using Taken = void*;
  std::uintptr_t address(Taken taken) { return reinterpret_cast<std::uintptr_t>(taken); }
};
struct Boost : Pointers {
  boost::pool<> pool{kBytes};
  void* take() { return pool.malloc(); }
  void give(void* taken) { pool.free(taken); }
};
struct Malloc : Pointers {
  void* take() { return std::malloc(kBytes); }
  void give(void* taken) { std::free(taken); }
};
struct Pmr : Pointers {
  std::pmr::unsynchronized_pool_resource pool;
  void* take() { return pool.allocate(kBytes, 8); }
  void give(void* taken) { pool.deallocate(taken, kBytes, 8); }
};

template <class Contender>
double pair_ns(const std::vector<std::uint32_t>& order, std::size_t live, std::size_t pairs) {
  Contender contender;
  std::vector<typename Contender::Taken> taken(live);
  for (auto& one : taken) one = contender.take();
  std::size_t at = 0;
  const auto some = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      auto& one = taken[order[at++ & (order.size() - 1)]];
      contender.give(one);
      one = contender.take();
    }
  };
  some(pairs / 10);
  const auto start = std::chrono::steady_clock::now();
  some(pairs);
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;

  std::vector<std::uintptr_t> addresses;
  for (const auto& one : taken) addresses.push_back(contender.address(one));
  std::sort(addresses.begin(), addresses.end());
  for (std::size_t i = 1; i < live; ++i)
    if (addresses[i] - addresses[i - 1] < kBytes) {
      std::fputs("two live blocks overlap\n", stderr);
      std::exit(1);
    }
  for (const auto& one : taken) contender.give(one);
  return elapsed.count() / static_cast<double>(pairs);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t live = argc == 4 ? std::strtoull(argv[1], nullptr, 10) : 0;
  const std::size_t pairs = argc == 4 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (live < 1 || pairs < 10) {
    std::fputs("pool_bench LIVE PAIRS RUNS\n", stderr);
    return 1;
  }
  std::mt19937_64 random(1);
  std::vector<std::uint32_t> order(std::size_t{1} << 18);
  for (auto& one : order) one = static_cast<std::uint32_t>(random() % live);
  const std::pair<const char*, std::function<double()>> contenders[] = {
      {"lumina", [&] { return pair_ns<Lumina>(order, live, pairs); }},
      {"boost", [&] { return pair_ns<Boost>(order, live, pairs); }},
      {"malloc", [&] { return pair_ns<Malloc>(order, live, pairs); }},
      {"pmr", [&] { return pair_ns<Pmr>(order, live, pairs / 4); }}};
  for (int run = std::atoi(argv[3]); run > 0; --run) {
    const char* separator = "{";
    for (const auto& [name, measure] : contenders) {
      std::printf("%s\"%s\": %.3f", separator, name, measure());
      separator = ", ";
    }
    std::puts("}");
    std::fflush(stdout);
  }
}
