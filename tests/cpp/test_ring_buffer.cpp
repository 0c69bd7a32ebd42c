// The rings: each against a std::deque in one thread, with sequence and checksum between threads and processes, at the
// end of the counters, closed in all ways, and attached to memory that holds something else.
//
//     test_ring_buffer [MESSAGES]      of each run between threads
#undef NDEBUG
#include <sys/wait.h>

#include <bit>
#include <cassert>
#include <cstdlib>
#include <deque>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "lumina/ring_buffer.hpp"

namespace {

using lumina::Disruptor;
using lumina::MpmcRing;
using lumina::RingOptions;
using lumina::RingStatus;
using lumina::SharedMemory;
using lumina::SpscLatencyRing;
using lumina::SpscRing;
using lumina::Wait;

constexpr std::uint64_t kStarts[] = {0, (std::uint64_t{1} << 32) - 5, (std::uint64_t{1} << 31) - 5,
                                     (std::uint64_t{1} << 63) - 5, std::uint64_t(-5)};
constexpr Wait kWaits[] = {Wait::spin, Wait::pause, Wait::yield, Wait::park};

// An item whose words depend on one another: a torn or early read is seen.
struct Message {
  std::uint64_t words[7];

  static Message of(std::uint64_t producer, std::uint64_t sequence) noexcept {
    Message message;
    message.words[0] = producer << 56 | sequence;
    for (std::size_t i = 1; i < 7; ++i) message.words[i] = message.words[i - 1] * 0x9E3779B97F4A7C15ull + i;
    return message;
  }
  std::uint64_t producer() const noexcept { return words[0] >> 56; }
  std::uint64_t sequence() const noexcept { return words[0] << 8 >> 8; }
  void check() const noexcept {
    for (std::size_t i = 1; i < 7; ++i) assert(words[i] == words[i - 1] * 0x9E3779B97F4A7C15ull + i);
  }
};

// What one thread received: each producer's messages in order; all of them, or some.
struct Received {
  std::uint64_t next[2] = {0, 0};
  std::uint64_t count = 0;
  std::uint64_t sum = 0;

  void take(const Message& message, bool all) noexcept {
    message.check();
    std::uint64_t& expected = next[message.producer()];
    assert(all ? message.sequence() == expected : message.sequence() >= expected);
    expected = message.sequence() + 1;
    ++count;
    sum += message.words[0];
  }
};

std::uint64_t sum_of(std::uint64_t producer, std::uint64_t n) { return n * (producer << 56) + n * (n - 1) / 2; }

template <class Error, class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// Random operations of a queue, singly and in batches, against a deque.
template <template <class> class Ring>
void against_a_deque(std::uint64_t first, bool in_place) {
  Ring<std::uint64_t> ring(16, {.first = first});
  std::deque<std::uint64_t> want;
  std::mt19937_64 random(first + 1);
  std::uint64_t value = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint64_t> items(random() % 20);
    const bool full = want.size() == 16;
    switch (random() % (in_place ? 6 : 4)) {
      case 0:
        assert(ring.try_push(value) == !full);
        if (!full) want.push_back(value++);
        break;
      case 1: {
        std::uint64_t out = 0;
        assert(ring.try_pop(out) == !want.empty());
        if (!want.empty()) {
          assert(out == want.front());
          want.pop_front();
        }
        break;
      }
      case 2: {
        for (std::uint64_t& item : items) item = value++;
        const std::size_t n = ring.try_push(std::span<const std::uint64_t>(items));
        assert(n == std::min(items.size(), 16 - want.size()));
        want.insert(want.end(), items.begin(), items.begin() + static_cast<std::ptrdiff_t>(n));
        break;
      }
      case 3: {
        const std::size_t n = ring.try_pop(std::span(items));
        assert(n == std::min(items.size(), want.size()));
        for (std::size_t k = 0; k < n; ++k, want.pop_front()) assert(items[k] == want.front());
        break;
      }
      case 4:
        if constexpr (requires { ring.peek(1); }) {
          const auto slots = ring.claim(items.size());
          assert(slots.size() <= 16 - want.size() && (full || items.empty() || !slots.empty()));
          const std::size_t some = slots.empty() ? 0 : random() % (slots.size() + 1);
          for (std::size_t k = 0; k < some; ++k) want.push_back(slots[k] = value++);
          ring.publish(some);
        } else {
          const auto ticket = ring.claim(items.size());
          assert(ticket.count == std::min(items.size(), 16 - want.size()));
          for (std::size_t k = 0; k < ticket.count; ++k) want.push_back(ring.item(ticket, k) = value++);
          if (ticket.count) ring.publish(ticket);
        }
        break;
      default:
        if constexpr (requires { ring.peek(1); }) {
          const auto seen = ring.peek(items.size());
          assert(seen.size() <= want.size() && (want.empty() || items.empty() || !seen.empty()));
          for (std::size_t k = 0; k < seen.size(); ++k) assert(seen[k] == want[k]);
          const std::size_t some = seen.empty() ? 0 : random() % (seen.size() + 1);
          want.erase(want.begin(), want.begin() + static_cast<std::ptrdiff_t>(some));
          ring.release(some);
        } else {
          const auto ticket = ring.claim_items(items.size());
          assert(ticket.count == std::min(items.size(), want.size()));
          for (std::size_t k = 0; k < ticket.count; ++k, want.pop_front()) assert(ring.item(ticket, k) == want.front());
          if (ticket.count) ring.release(ticket);
        }
    }
    assert(ring.size() == want.size() && !ring.drained());
  }
  ring.close();
  assert(ring.closed() && !ring.try_push(1) && !ring.push(1) && ring.wait_room() == RingStatus::closed);
  std::uint64_t out = 0;
  for (; !want.empty(); want.pop_front()) assert(!ring.drained() && ring.pop(out) && out == want.front());
  assert(ring.drained() && !ring.pop(out) && ring.wait_items() == RingStatus::closed);
}

void latency_against_a_deque(std::uint64_t first) {
  SpscLatencyRing<Message> ring(8, {.first = first});
  std::deque<std::uint64_t> want;
  std::mt19937_64 random(first + 1);
  Message out;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    if (random() % 2) {
      assert(ring.try_push(Message::of(0, i)) == (want.size() < 8));
      if (want.size() < 8) want.push_back(i);
    } else {
      assert(ring.try_pop(out) == !want.empty());
      if (want.empty()) continue;
      out.check();
      assert(out.sequence() == want.front());
      want.pop_front();
    }
  }
  ring.close();
  assert(!ring.try_push(out));
  for (; !want.empty(); want.pop_front()) assert(!ring.drained() && ring.pop(out) && out.sequence() == want.front());
  assert(ring.drained() && !ring.pop(out));
}

// Two consumers and one that follows them, each against its own deque.
void disruptor_against_deques(std::uint64_t first) {
  Disruptor<std::uint64_t> ring(16, {.first = first});
  for (std::uint64_t i = 0; i < 16; ++i) assert(ring.try_push(i));
  assert(!ring.try_push(16));  // nobody is there, and the ring is full
  std::vector<Disruptor<std::uint64_t>::Consumer> consumers;
  consumers.push_back(ring.consumer());
  consumers.push_back(ring.consumer());
  consumers.push_back(ring.consumer(consumers[0].bit() | consumers[1].bit()));
  std::deque<std::uint64_t> want[3];  // of those who joined now
  std::mt19937_64 random(first + 1);
  std::uint64_t value = 100;
  const auto most = [&] { return std::max({want[0].size(), want[1].size(), want[2].size()}); };
  for (int i = 0; i < 30000; ++i) {
    std::vector<std::uint64_t> items(random() % 20);
    const std::size_t who = random() % 4;
    if (who == 3) {
      for (std::uint64_t& item : items) item = value++;
      const std::size_t n = ring.try_push(std::span<const std::uint64_t>(items));
      assert(n <= 16 - most() && (n > 0 || items.empty() || most() == 16));
      for (auto& queue : want) queue.insert(queue.end(), items.begin(), items.begin() + static_cast<std::ptrdiff_t>(n));
      continue;
    }
    // the third has those that the first two are done with
    const std::size_t held = who == 2 ? std::max(want[0].size(), want[1].size()) : 0;
    const auto seen = consumers[who].peek(items.size());
    assert(seen.size() <= want[who].size() - held);
    assert(!seen.empty() || items.empty() || want[who].size() == held);
    for (std::size_t k = 0; k < seen.size(); ++k) assert(seen[k] == want[who][k]);
    const std::size_t some = seen.empty() ? 0 : random() % (seen.size() + 1);
    want[who].erase(want[who].begin(), want[who].begin() + static_cast<std::ptrdiff_t>(some));
    consumers[who].release(some);
  }
  // who leaves holds nobody back: the third now waits for the second only, then for nobody
  ring.close();
  assert(!ring.try_push(1) && ring.wait_room() == RingStatus::closed);
  consumers.erase(consumers.begin());
  std::uint64_t out;
  for (const std::size_t who : {1, 2}) {
    for (; !want[who].empty(); want[who].pop_front()) assert(consumers[who - 1].pop(out) && out == want[who].front());
    assert(consumers[who - 1].drained() && !consumers[who - 1].pop(out));
  }
}

template <class Ring>
void from_one_to_one(std::uint64_t messages, Wait wait, std::size_t batch) {
  Ring ring(64, {.wait = wait, .first = std::uint64_t(-1000)});
  std::thread producer([&] {
    std::vector<Message> items;
    for (std::uint64_t i = 0; i < messages;) {
      if constexpr (requires { ring.try_push(std::span<const Message>()); }) {
        if (batch > 1) {
          items.clear();
          for (std::size_t k = 0; k < batch && i < messages; ++k) items.push_back(Message::of(0, i++));
          assert(ring.push(std::span<const Message>(items)) == items.size());
          continue;
        }
      }
      assert(ring.push(Message::of(0, i++)));
    }
    ring.close();
  });
  Received received;
  std::vector<Message> items(batch);
  if constexpr (requires { ring.pop(std::span(items)); }) {
    while (const std::size_t n = ring.pop(std::span(items)))
      for (std::size_t k = 0; k < n; ++k) received.take(items[k], true);
  } else {
    while (ring.pop(items[0])) received.take(items[0], true);
  }
  producer.join();
  assert(received.count == messages && received.sum == sum_of(0, messages) && ring.drained());
}

void in_place_from_one_to_one(std::uint64_t messages, Wait wait) {
  SpscRing<Message> ring(64, {.wait = wait});
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < messages;) {
      const auto slots = ring.claim(std::min<std::uint64_t>(9, messages - i));
      for (Message& slot : slots) slot = Message::of(0, i++);
      if (slots.empty())
        ring.wait_room();
      else
        ring.publish(slots.size());
    }
    ring.close();
  });
  Received received;
  while (ring.wait_items() != RingStatus::closed) {
    const auto seen = ring.peek(11);
    for (const Message& message : seen) received.take(message, true);
    ring.release(seen.size());
  }
  producer.join();
  assert(received.count == messages && received.sum == sum_of(0, messages));
}

void among_competing(std::uint64_t messages, Wait wait, std::size_t batch) {
  MpmcRing<Message> ring(64, {.wait = wait, .first = std::uint64_t(-1000)});
  Received received[2];
  std::deque<std::thread> producers, consumers;
  for (std::uint64_t p = 0; p < 2; ++p) {
    producers.emplace_back([&, p] {
      std::vector<Message> items;
      for (std::uint64_t i = 0; i < messages;) {
        items.clear();
        for (std::size_t k = 0; k < batch && i < messages; ++k) items.push_back(Message::of(p, i++));
        assert(batch == 1 ? ring.push(items[0]) : ring.push(std::span<const Message>(items)) == items.size());
      }
    });
    consumers.emplace_back([&, p] {
      std::vector<Message> items(batch);
      while (const std::size_t n = batch == 1 ? ring.pop(items[0]) : ring.pop(std::span(items)))
        for (std::size_t k = 0; k < n; ++k) received[p].take(items[k], false);
    });
  }
  for (std::thread& thread : producers) thread.join();
  ring.close();
  for (std::thread& thread : consumers) thread.join();
  assert(received[0].count + received[1].count == 2 * messages && ring.drained());
  assert(received[0].sum + received[1].sum == sum_of(0, messages) + sum_of(1, messages));
}

// Closed by a third while producers push: what a producer was told is in, is in.
void closed_in_the_middle(Wait wait) {
  MpmcRing<std::uint64_t> ring(8, {.wait = wait});
  std::atomic<std::uint64_t> pushed{0}, popped{0};
  std::deque<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      while (ring.push(1)) ++pushed;
    });
    threads.emplace_back([&] {
      for (std::uint64_t item; ring.pop(item);) ++popped;
    });
  }
  while (pushed < 1000) std::this_thread::yield();
  ring.close();
  for (std::thread& thread : threads) thread.join();
  assert(pushed == popped);
}

// Two producers, two consumers, and one that comes after both: it finds what they wrote about each event.
void to_all(std::uint64_t messages, Wait wait) {
  Disruptor<Message> ring(64, {.wait = wait, .first = std::uint64_t(-1000)});
  auto first = ring.consumer(), second = ring.consumer(), last = ring.consumer(first.bit() | second.bit());
  std::vector<std::uint64_t> notes[2] = {std::vector<std::uint64_t>(64), std::vector<std::uint64_t>(64)};
  std::deque<std::thread> producers, consumers;
  for (std::uint64_t p = 0; p < 2; ++p)
    producers.emplace_back([&, p] {
      std::vector<Message> items;
      for (std::uint64_t i = 0; i < messages;) {
        items.clear();
        for (std::size_t k = 0; k < 1 + p * 6 && i < messages; ++k) items.push_back(Message::of(p, i++));
        assert(ring.push(std::span<const Message>(items)) == items.size());
      }
    });
  const auto consume = [&](Disruptor<Message>::Consumer& consumer, auto see) {
    Received received;
    while (consumer.wait_items() != RingStatus::closed) {
      const auto seen = consumer.peek(10);
      for (const Message& message : seen) {
        see(message, received.count);
        received.take(message, true);
      }
      consumer.release(seen.size());
    }
    assert(received.count == 2 * messages && received.sum == sum_of(0, messages) + sum_of(1, messages));
  };
  consumers.emplace_back(
      [&] { consume(first, [&](const Message& m, std::uint64_t i) { notes[0][i % 64] = m.words[6]; }); });
  consumers.emplace_back(
      [&] { consume(second, [&](const Message& m, std::uint64_t i) { notes[1][i % 64] = m.words[6]; }); });
  consumers.emplace_back([&] {
    consume(last, [&](const Message& m, std::uint64_t i) {
      assert(notes[0][i % 64] == m.words[6] && notes[1][i % 64] == m.words[6]);
    });
  });
  for (std::thread& thread : producers) thread.join();
  ring.close();
  for (std::thread& thread : consumers) thread.join();
}

// Consumers come and go while a producer runs; each sees an unbroken run of events.
void coming_and_going(std::uint64_t messages, Wait wait) {
  Disruptor<Message> ring(16, {.wait = wait});
  auto stays = ring.consumer();
  std::deque<std::thread> threads;
  threads.emplace_back([&] {
    for (std::uint64_t i = 0; i < messages; ++i) ring.push(Message::of(0, i));
    ring.close();
  });
  threads.emplace_back([&] {
    Received received;
    for (Message message; stays.pop(message);) received.take(message, true);
    assert(received.count == messages);
  });
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      while (!ring.closed()) {
        auto guest = ring.consumer(stays.bit());
        Message message;
        std::uint64_t next = 0;
        for (int i = 0; i < 50 && guest.pop(message); ++i) {
          message.check();
          assert(i == 0 || message.sequence() == next);
          next = message.sequence() + 1;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
}

void waiting() {
  using std::chrono::nanoseconds;
  for (const Wait wait : kWaits) {
    SpscRing<int> ring(2, {.wait = wait});
    assert(ring.wait_items(nanoseconds(1000)) == RingStatus::timeout &&
           ring.wait_room(nanoseconds(0)) == RingStatus::ok);
    assert(ring.push(1) && ring.push(2) && ring.wait_room(nanoseconds(100000)) == RingStatus::timeout);
    assert(ring.wait_items(nanoseconds(0)) == RingStatus::ok);
    // a producer that waits for room learns that the consumer has gone
    std::thread producer([&] { assert(!ring.push(3)); });
    ring.close();
    producer.join();

    MpmcRing<int> other(2, {.wait = wait});
    assert(other.wait_items(nanoseconds(1000)) == RingStatus::timeout);
    std::thread consumer([&] {
      int item;
      assert(!other.pop(item));
    });
    other.close();
    consumer.join();
  }
}

// One process writes, another reads what it attached to, at another address.
template <class Ring, class Attach>
void between_processes(std::uint64_t messages, SharedMemory memory, Attach attach) {
  Ring ring(std::move(memory), 64, {.wait = Wait::park});
  const pid_t child = fork();
  if (child == 0) {
    Ring mine(attach(ring));
    Message message;
    std::uint64_t sequence = 0;
    for (; mine.pop(message); ++sequence) {
      message.check();
      if (message.sequence() != sequence) _exit(1);
    }
    _exit(sequence == messages && mine.wait() == Wait::park ? 0 : 2);
  }
  for (std::uint64_t i = 0; i < messages; ++i) assert(ring.push(Message::of(0, i)));
  ring.close();
  int status = 0;
  assert(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void shared_memory(std::uint64_t messages) {
  const std::string name = "lumina-test-" + std::to_string(getpid());
  const auto by_name = [&](auto&) { return SharedMemory::attach(name); };
  const auto by_fd = [](auto& ring) { return SharedMemory::from_fd(dup(ring.fd())); };
  between_processes<SpscRing<Message>>(messages, SharedMemory::create(name, SpscRing<Message>::bytes(64)), by_name);
  assert(has(error_of<std::system_error>([&] { SharedMemory::create(name, 4096); }), "File exists"));
  SharedMemory::unlink(name);
  assert(has(error_of<std::system_error>([&] { SharedMemory::attach(name); }), name.c_str()));
  between_processes<MpmcRing<Message>>(messages, SharedMemory::memfd(MpmcRing<Message>::bytes(64)), by_fd);
  using Latency = SpscLatencyRing<Message>;
  const std::string path = "/tmp/" + name;
  between_processes<Latency>(messages, SharedMemory::create_file(path, Latency::bytes(64)),
                             [&](auto&) { return SharedMemory::attach_file(path); });
  ::unlink(path.c_str());

  // two processes see every event, one of them after the other
  Disruptor<Message> ring(SharedMemory::memfd(Disruptor<Message>::bytes(64)), 64, {.wait = Wait::park});
  auto here = ring.consumer();
  const pid_t child = fork();
  if (child == 0) {
    Disruptor<Message> mine(SharedMemory::from_fd(dup(ring.fd())));
    auto there = mine.consumer(here.bit());
    Received received;
    for (Message message; there.pop(message);) received.take(message, true);
    _exit(received.count == messages ? 0 : 1);
  }
  std::thread producer([&] {
    while (std::popcount(ring.consumers()) < 2) std::this_thread::yield();
    for (std::uint64_t i = 0; i < messages; ++i) assert(ring.push(Message::of(0, i)));
    ring.close();
  });
  Received received;
  for (Message message; here.pop(message);) received.take(message, true);
  producer.join();
  int status = 0;
  assert(received.count == messages);
  assert(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void refusals() {
  using Invalid = std::invalid_argument;
  assert(has(error_of<Invalid>([] { SpscRing<int>(100); }),
             "capacity 100 is not a power of two in 2 .. 2^30; the next is 128"));
  assert(
      has(error_of<Invalid>([] { MpmcRing<int>(0); }), "capacity 0 is not a power of two in 2 .. 2^30; the next is 2"));
  assert(has(error_of<Invalid>([] { Disruptor<int>(std::size_t(1) << 31); }), "is not a power of two in 2 .. 2^30"));
  struct Large {
    char bytes[1 << 21];
  };
  assert(has(error_of<Invalid>([] { SpscRing<Large>(2); }), "item size 2097152 is not in 1 .. 2^20 bytes"));
  assert(
      has(error_of<Invalid>([] { SpscRing<int> ring(SharedMemory::anonymous(4096), 4); }), "too small for a ring of"));

  SpscRing<int> ring(4, {.item_type = "int"});
  assert(ring.item_type() == "int");
  assert(ring.push(7));
  SpscRing<int> again(ring.view());
  int item = 0;
  assert(again.pop(item) && item == 7 && ring.size() == 0);
  assert(has(error_of<Invalid>([&] { SpscRing<long> other(ring.view()); }), "items have 4 bytes, not 8"));
  assert(has(error_of<Invalid>([&] { MpmcRing<int> other(ring.view()); }), "of kind 1, not 3"));
  assert(
      has(error_of<Invalid>([&] { SpscRing<int> other(SharedMemory::view(ring.view().data(), 4096)); }), "cut short"));
  assert(has(error_of<Invalid>([] { SpscRing<int> other(SharedMemory::anonymous(8192)); }), "holds no ring"));
  assert(
      has(error_of<Invalid>([] { SpscRing<int> other(SharedMemory::anonymous(100)); }), "of 100 bytes holds no ring"));
  // a header that lies
  auto& header = *static_cast<lumina::RingHeader*>(ring.view().data());
  for (const std::uint64_t capacity : {std::uint64_t{8}, std::uint64_t{3}, std::uint64_t{1} << 40}) {
    header.capacity = capacity;
    assert(error_of<Invalid>([&] { SpscRing<int> other(ring.view()); }) != "nothing");
  }
  header.capacity = 4;
  header.version = 9;
  assert(has(error_of<Invalid>([&] { SpscRing<int> other(ring.view()); }), "version 9, this library 2"));
  for (const char* name : {"", "a/b", "../a", ".a"})
    assert(has(error_of<std::system_error>([&] { SharedMemory::create(name, 4096); }), "is not one word"));

  Disruptor<int> all(4);
  assert(has(error_of<Invalid>([&] { all.consumer(1); }), "a consumer to come after is not there"));
  std::vector<Disruptor<int>::Consumer> consumers;
  for (int i = 0; i < 32; ++i) consumers.push_back(all.consumer());
  assert(has(error_of<std::length_error>([&] { all.consumer(); }), "at most 32 consumers"));
}

}  // namespace

int main(int argc, char** argv) {
  const char* count = argc > 1 ? argv[1] : std::getenv("LUMINA_RING_MESSAGES");
  const std::uint64_t messages = count ? std::strtoull(count, nullptr, 10) : 20000;
  for (const std::uint64_t first : kStarts) {
    against_a_deque<SpscRing>(first, true);
    against_a_deque<MpmcRing>(first, true);
    latency_against_a_deque(first);
    disruptor_against_deques(first);
  }
  refusals();
  waiting();
  for (const Wait wait : {Wait::yield, Wait::park}) {
    for (const std::size_t batch : {1, 7, 100}) {
      from_one_to_one<SpscRing<Message>>(messages, wait, batch);
      among_competing(messages, wait, batch);
    }
    from_one_to_one<SpscLatencyRing<Message>>(messages, wait, 1);
    in_place_from_one_to_one(messages, wait);
    closed_in_the_middle(wait);
    to_all(messages, wait);
    coming_and_going(messages, wait);
  }
  shared_memory(messages);
}
