// Times the rings and their peers between two pinned threads, in alternation, and checks that all messages arrived.
//
//     ring_bench CASE MESSAGES RUNS
//
// Prints one JSON object a run: per contender million messages a second, or of the round trips the nanoseconds of one.
#include <atomic_queue/atomic_queue.h>
#include <concurrentqueue/concurrentqueue.h>
#pragma GCC diagnostic ignored "-Wstringop-overflow"  // of the peers' headers

#include <readerwriterqueue/readerwriterqueue.h>

#include <algorithm>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <xenium/vyukov_bounded_queue.hpp>

#include "lumina/ring_buffer.hpp"
#include "two_cores.hpp"

namespace {

using namespace bench;

constexpr std::size_t kCapacity = 4096;
constexpr std::size_t kBatch = 32;

template <std::size_t Bytes>
struct Payload {
  std::uint64_t words[Bytes / 8];
};

// Each contender: try_push(items, n) and try_pop(items, n) of at most n, as many as moved.
template <class T, template <class> class Ring, lumina::Wait Way = lumina::Wait::spin>
struct Lumina {
  Ring<T> ring{kCapacity, {.wait = Way}};
  std::size_t try_push(const T* items, std::size_t n) {
    if (n == 1) return ring.try_push(*items);
    if constexpr (requires { ring.try_push(std::span<const T>(items, n)); })
      return ring.try_push(std::span<const T>(items, n));
    else
      return 0;
  }
  std::size_t try_pop(T* items, std::size_t n) {
    if (n == 1) return ring.try_pop(*items);
    if constexpr (requires { ring.try_pop(std::span<T>(items, n)); })
      return ring.try_pop(std::span<T>(items, n));
    else
      return 0;
  }
};
template <class T>
using Spsc = Lumina<T, lumina::SpscRing>;
template <class T>
using Latency = Lumina<T, lumina::SpscLatencyRing>;
template <class T>
using Mpmc = Lumina<T, lumina::MpmcRing>;
// They step back for longer where the ring is empty.
template <class T>
using SpscPause = Lumina<T, lumina::SpscRing, lumina::Wait::pause>;
template <class T>
using MpmcPause = Lumina<T, lumina::MpmcRing, lumina::Wait::pause>;

template <class T>
struct ReaderWriter {
  moodycamel::ReaderWriterQueue<T> queue{kCapacity};
  std::size_t try_push(const T* items, std::size_t) { return queue.try_enqueue(*items); }
  std::size_t try_pop(T* items, std::size_t) { return queue.try_dequeue(*items); }
};

template <class T>
struct BoostSpsc {
  boost::lockfree::spsc_queue<T, boost::lockfree::capacity<kCapacity>> queue;
  std::size_t try_push(const T* items, std::size_t n) { return n == 1 ? queue.push(*items) : queue.push(items, n); }
  std::size_t try_pop(T* items, std::size_t n) { return n == 1 ? queue.pop(*items) : queue.pop(items, n); }
};

template <class T>
struct AtomicSpsc {
  atomic_queue::AtomicQueue2<T, kCapacity, true, true, false, true> queue;
  std::size_t try_push(const T* items, std::size_t) { return queue.try_push(*items); }
  std::size_t try_pop(T* items, std::size_t) { return queue.try_pop(*items); }
};

// With tokens; it is not bounded as the others are, so memory for more than the capacity is there from the start.
template <class T>
struct Concurrent {
  moodycamel::ConcurrentQueue<T> queue{4 * kCapacity};
  moodycamel::ProducerToken producer{queue};
  moodycamel::ConsumerToken consumer{queue};
  std::size_t try_push(const T* items, std::size_t n) {
    if (n == 1) return queue.try_enqueue(producer, *items);
    return queue.try_enqueue_bulk(producer, items, n) ? n : 0;
  }
  std::size_t try_pop(T* items, std::size_t n) {
    return n == 1 ? queue.try_dequeue(consumer, *items) : queue.try_dequeue_bulk(consumer, items, n);
  }
};

template <class T>
struct Xenium {
  xenium::vyukov_bounded_queue<T> queue{kCapacity};
  std::size_t try_push(const T* items, std::size_t) { return queue.try_push(*items); }
  std::size_t try_pop(T* items, std::size_t) { return queue.try_pop(*items); }
};

// Pinned before they start, and yielding until both have: two spinning threads on one core would never meet.
struct Start {
  std::atomic<int> there{0};
  void meet() {
    there.fetch_add(1);
    while (there.load() < 2) std::this_thread::yield();
  }
};

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

using Clock = std::chrono::steady_clock;

// Median over blocks, here and below: a block in which a thread was put off the core does not count.
template <template <class> class Queue, std::size_t Bytes, std::size_t Batch>
double throughput(std::size_t messages) {
  using T = Payload<Bytes>;
  auto queue = std::make_unique<Queue<T>>();
  Start start;
  messages -= messages % Batch;
  std::thread producer([&] {
    pin(0);
    T items[Batch] = {};
    start.meet();
    for (std::size_t i = 0; i < messages; i += Batch) {
      for (std::size_t k = 0; k < Batch; ++k) items[k].words[Bytes / 8 - 1] = i + k;
      for (std::size_t done = 0; done < Batch;) done += queue->try_push(items + done, Batch - done);
    }
  });
  pin(1);
  T items[Batch];
  constexpr std::size_t kBlock = 16384;
  std::uint64_t sum = 0;
  std::vector<double> rates;
  rates.reserve(messages / kBlock + 1);
  start.meet();
  auto begin = Clock::now();
  std::size_t done = 0;
  for (std::size_t counted = 0; done < messages;) {
    const std::size_t n = queue->try_pop(items, Batch);
    for (std::size_t k = 0; k < n; ++k) sum += items[k].words[Bytes / 8 - 1];
    done += n;
    if (done - counted < kBlock && done < messages) continue;
    const auto now = Clock::now();
    const std::chrono::duration<double, std::micro> took = now - begin;
    rates.push_back(static_cast<double>(done - counted) / took.count());
    begin = now;
    counted = done;
  }
  producer.join();
  if (sum != messages * (messages - 1) / 2) fail("messages are missing");
  return median(rates);
}

constexpr std::size_t kTrips = 100;  // a block

template <template <class> class Queue, std::size_t Bytes>
double round_trip(std::size_t messages) {
  using T = Payload<Bytes>;
  auto there = std::make_unique<Queue<T>>(), back = std::make_unique<Queue<T>>();
  Start start;
  const std::size_t blocks = messages / kTrips;
  std::thread echo([&] {
    pin(0);
    T item{};
    start.meet();
    for (std::size_t i = 0; i < blocks * kTrips; ++i) {
      while (!there->try_pop(&item, 1)) {
      }
      while (!back->try_push(&item, 1)) {
      }
    }
  });
  pin(1);
  std::vector<double> times(blocks);
  T item{};
  start.meet();
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < kTrips; ++i) {
      item.words[Bytes / 8 - 1] = i;
      while (!there->try_push(&item, 1)) {
      }
      while (!back->try_pop(&item, 1)) {
      }
      if (item.words[Bytes / 8 - 1] != i) fail("a message is not the one sent");
    }
    const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
    times[block] = took.count() / kTrips;
  }
  echo.join();
  return median(times);
}

// Two plain words that the threads hand to and fro: what the machine allows.
double round_trip_floor(std::size_t messages) {
  struct alignas(128) Word {
    std::atomic<std::uint64_t> value{0};
  };
  struct Words {
    Word there, back;
  };
  auto words = std::make_unique<Words>();
  Start start;
  std::thread echo([&] {
    pin(0);
    start.meet();
    for (std::uint64_t i = 1; i <= messages / kTrips * kTrips; ++i) {
      while (words->there.value.load(std::memory_order_acquire) != i) {
      }
      words->back.value.store(i, std::memory_order_release);
    }
  });
  pin(1);
  std::vector<double> times(messages / kTrips);
  start.meet();
  std::uint64_t i = 0;
  for (double& time : times) {
    const auto begin = Clock::now();
    for (const std::uint64_t end = i + kTrips; i < end;) {
      words->there.value.store(++i, std::memory_order_release);
      while (words->back.value.load(std::memory_order_acquire) != i) {
      }
    }
    const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
    time = took.count() / kTrips;
  }
  echo.join();
  return median(times);
}

using Contenders = std::vector<std::pair<const char*, std::function<double(std::size_t)>>>;

template <std::size_t Bytes>
Contenders single() {
  return {{"lumina", throughput<Spsc, Bytes, 1>},
          {"lumina_pause", throughput<SpscPause, Bytes, 1>},
          {"lumina_latency", throughput<Latency, Bytes, 1>},
          {"readerwriterqueue", throughput<ReaderWriter, Bytes, 1>},
          {"boost", throughput<BoostSpsc, Bytes, 1>},
          {"atomic_queue", throughput<AtomicSpsc, Bytes, 1>}};
}
template <std::size_t Bytes>
Contenders trips() {
  return {{"floor", round_trip_floor},
          {"lumina", round_trip<Spsc, Bytes>},
          {"lumina_pause", round_trip<SpscPause, Bytes>},
          {"lumina_latency", round_trip<Latency, Bytes>},
          {"readerwriterqueue", round_trip<ReaderWriter, Bytes>},
          {"boost", round_trip<BoostSpsc, Bytes>},
          {"atomic_queue", round_trip<AtomicSpsc, Bytes>}};
}
template <std::size_t Bytes>
Contenders batches() {
  return {{"lumina", throughput<Spsc, Bytes, kBatch>},
          {"lumina_pause", throughput<SpscPause, Bytes, kBatch>},
          {"boost", throughput<BoostSpsc, Bytes, kBatch>},
          {"readerwriterqueue", throughput<ReaderWriter, Bytes, 1>},
          {"boost_single", throughput<BoostSpsc, Bytes, 1>}};
}
template <std::size_t Bytes, std::size_t Batch>
Contenders competing() {
  Contenders contenders{{"lumina", throughput<Mpmc, Bytes, Batch>},
                        {"lumina_pause", throughput<MpmcPause, Bytes, Batch>},
                        {"concurrentqueue", throughput<Concurrent, Bytes, Batch>}};
  if (Batch == 1) contenders.push_back({"xenium", throughput<Xenium, Bytes, 1>});
  return contenders;
}
Contenders competing_trips() {
  return {{"floor", round_trip_floor},
          {"lumina", round_trip<Mpmc, 8>},
          {"lumina_pause", round_trip<MpmcPause, 8>},
          {"concurrentqueue", round_trip<Concurrent, 8>},
          {"xenium", round_trip<Xenium, 8>}};
}

Contenders contenders_of(const std::string& name) {
  if (name == "spsc_8b") return single<8>();
  if (name == "spsc_64b") return single<64>();
  if (name == "spsc_rtt_8b") return trips<8>();
  if (name == "spsc_rtt_56b") return trips<56>();
  if (name == "spsc_rtt_64b") return trips<64>();
  if (name == "spsc_batch_8b") return batches<8>();
  if (name == "spsc_batch_64b") return batches<64>();
  if (name == "mpmc_1p1c") return competing<8, 1>();
  if (name == "mpmc_rtt_8b") return competing_trips();
  if (name == "mpmc_1p1c_64b") return competing<64, 1>();
  if (name == "mpmc_batch_1p1c") return competing<8, kBatch>();
  if (name == "mpmc_batch_1p1c_64b") return competing<64, kBatch>();
  fail("no case of name " + name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("ring_bench CASE MESSAGES RUNS");
  find_cores();
  const Contenders contenders = contenders_of(argv[1]);
  const std::size_t messages = std::strtoull(argv[2], nullptr, 10);
  if (messages < kTrips) fail("MESSAGES is below " + std::to_string(kTrips));
  for (int run = std::atoi(argv[3]); run > 0; --run) {
    const char* separator = "{";
    for (const auto& [name, measure] : contenders) {
      std::printf("%s\"%s\": %.3f", separator, name, measure(messages));
      separator = ", ";
    }
    std::puts("}");
    std::fflush(stdout);
  }
}
