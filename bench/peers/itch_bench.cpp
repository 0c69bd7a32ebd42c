// Times ITCH 5.0 on a day that it makes itself: the framing alone, decoding, decoding into the books of every stock,
// and the importer's way to the updates of one stock.
//
//     itch_bench MESSAGES STOCKS RUNS
//
// The day: a directory of the stocks, then order messages by the mix of the order-book benchmarks (46% add, 41% delete,
// 3% cancel in part, 6% execute, 4% replace; 1% of the messages are hidden trades beside), about 100 live orders a
// stock. Half of the messages are of a sixteenth of the stocks; times, prices and quantities are random, of one seed.
// Prints one JSON object a run, in which every number is ns of the thread's time a message. Each pass checks its work
// against what the generator knows: sums of the fields, orders and lots that are left.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

#include "lumina/book/order_books.hpp"
#include "lumina/feed/itch.hpp"
#include "lumina/feed/itch_reader.hpp"

namespace {

namespace itch = lumina::feed::itch;
using lumina::OrderMessage;

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::exit(1);
}

struct Sums {
  std::uint64_t messages = 0, ids = 0, shares = 0, prices = 0;
  bool operator==(const Sums&) const = default;
};

struct Day {
  std::vector<std::uint8_t> bytes;
  Sums sums;
  std::uint64_t live = 0, live_shares = 0, of_first = 0;
};

// A generator of its own state: fast, and the same everywhere.
struct Random {
  std::uint64_t state;
  std::uint64_t operator()() noexcept {
    std::uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  std::uint64_t below(std::uint64_t n) noexcept { return (*this)() % n; }
};

class Generator {
 public:
  Generator(std::uint64_t messages, std::uint16_t stocks) : stocks_(stocks), random_{7} {
    day_.bytes.reserve(messages * 34);
    for (std::uint16_t locate = 1; locate <= stocks; ++locate) {
      begin('R', locate);
      stock(locate);
      fill("NN\0\0\0dNCZ PNN1N\0\0\0\0N", 20);
      end();
      books_.push_back({{}, 1000 + static_cast<std::uint32_t>(random_.below(30000))});
    }
    for (std::uint64_t i = stocks; i < messages; ++i) order();
    for (const Book& book : books_) {
      day_.live += book.orders.size();
      for (const Order& order : book.orders) day_.live_shares += order.shares;
    }
  }
  Day take() { return std::move(day_); }

 private:
  struct Order {
    std::uint64_t id;
    std::uint32_t shares;
    std::uint32_t price;
    char side;
  };
  struct Book {
    std::vector<Order> orders;
    std::uint32_t mid;
  };
  static constexpr std::size_t kLive = 100;

  void order() {
    const std::uint64_t few = std::max(1, stocks_ / 16);
    const auto locate = static_cast<std::uint16_t>(1 + (random_() & 1 ? random_.below(few) : random_.below(stocks_)));
    Book& book = books_[locate - 1u];
    const std::uint64_t roll = random_.below(100);
    if (roll == 99) return trade(locate, book);
    if (book.orders.size() < kLive / 2 || (book.orders.size() < 2 * kLive && roll < 46)) return add(locate, book);
    Order& chosen = book.orders[random_.below(book.orders.size())];
    if (roll < 52 && chosen.shares > 100) return reduce('E', locate, chosen);
    if (roll < 55 && chosen.shares > 100) return reduce('X', locate, chosen);
    if (roll < 60) return replace(locate, book, chosen);
    begin('D', locate);
    number(chosen.id, 8);
    end();
    day_.sums.ids += chosen.id;
    chosen = book.orders.back();
    book.orders.pop_back();
  }

  Order make(Book& book, char side) {
    if (random_.below(50) == 0) book.mid += random_() & 1 ? 1 : -1;
    const auto away = static_cast<std::uint32_t>(1 + random_.below(1 + random_.below(40)));
    return {id_ += 1 + random_.below(3), 100 * static_cast<std::uint32_t>(1 + random_.below(5)),
            100 * (side == 'B' ? book.mid - away : book.mid + away), side};
  }
  void add(std::uint16_t locate, Book& book) {
    const Order order = make(book, random_() & 1 ? 'B' : 'S');
    begin('A', locate);
    number(order.id, 8);
    number(static_cast<std::uint64_t>(order.side), 1);
    number(order.shares, 4);
    stock(locate);
    number(order.price, 4);
    end();
    count(order.id, order.shares, order.price);
    book.orders.push_back(order);
  }
  void reduce(char type, std::uint16_t locate, Order& order) {
    begin(type, locate);
    number(order.id, 8);
    number(100, 4);
    if (type == 'E') number(++match_, 8);
    end();
    order.shares -= 100;
    count(order.id, 100, 0);
  }
  void replace(std::uint16_t locate, Book& book, Order& order) {
    const Order after = make(book, order.side);
    begin('U', locate);
    number(order.id, 8);
    number(after.id, 8);
    number(after.shares, 4);
    number(after.price, 4);
    end();
    count(order.id + after.id, after.shares, after.price);
    order = after;
  }
  void trade(std::uint16_t locate, const Book& book) {
    begin('P', locate);
    number(0, 8);
    number('B', 1);
    number(100, 4);
    stock(locate);
    number(100 * book.mid, 4);
    number(++match_, 8);
    end();
    count(0, 100, 100 * book.mid);
  }

  void begin(char type, std::uint16_t locate) {
    day_.of_first += locate == 1;
    frame_ = day_.bytes.size();
    number(0, 2);
    number(static_cast<std::uint64_t>(type), 1);
    number(locate, 2);
    number(0, 2);
    number(ns_ += random_.below(5000), 6);
  }
  void end() {
    const std::size_t size = day_.bytes.size() - frame_ - 2;
    day_.bytes[frame_ + 1] = static_cast<std::uint8_t>(size);
    ++day_.sums.messages;
  }
  void count(std::uint64_t ids, std::uint64_t shares, std::uint64_t price) {
    day_.sums.ids += ids;
    day_.sums.shares += shares;
    day_.sums.prices += price;
  }
  void number(std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) day_.bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void fill(const char* text, std::size_t size) { day_.bytes.insert(day_.bytes.end(), text, text + size); }
  void stock(std::uint16_t locate) {
    char name[9];
    std::snprintf(name, sizeof name, "S%-7u", locate);
    fill(name, 8);
  }

  std::uint16_t stocks_;
  Random random_;
  Day day_;
  std::vector<Book> books_;
  std::size_t frame_ = 0;
  std::uint64_t id_ = 0, match_ = 0, ns_ = 34'200'000'000'000;
};

// Every field of the order messages, so that nothing of their decoding is left out.
struct Summing {
  Sums sums;
  void on(const itch::AddOrder& m) { take(m.order_id, m.shares, m.price); }
  void on(const itch::OrderExecuted& m) { take(m.order_id, m.shares, 0); }
  void on(const itch::OrderExecutedWithPrice& m) { take(m.order_id, m.shares, m.price); }
  void on(const itch::OrderCancel& m) { take(m.order_id, m.shares, 0); }
  void on(const itch::OrderDelete& m) { take(m.order_id, 0, 0); }
  void on(const itch::OrderReplace& m) { take(m.order_id + m.new_order_id, m.shares, m.price); }
  void on(const itch::Trade& m) { take(m.order_id, m.shares, m.price); }
  void take(std::uint64_t ids, std::uint64_t shares, std::uint64_t price) {
    sums.ids += ids;
    sums.shares += shares;
    sums.prices += price;
  }
};

// Into the books of all stocks, by locate, in batches.
struct Booking {
  explicit Booking(std::size_t stocks) : books(stocks + 1) { batch.reserve(kBatch); }
  static constexpr std::size_t kBatch = 256;
  lumina::OrderBooks books;
  std::vector<OrderMessage> batch;

  void on(const itch::AddOrder& m) {
    put(lumina::Kind::add, m.order_id, 0, m.price / 100, m.shares, m.side == 'B' ? 0 : 1, m.locate);
  }
  void on(const itch::OrderExecuted& m) { put(lumina::Kind::execute, m.order_id, 0, 0, m.shares); }
  void on(const itch::OrderExecutedWithPrice& m) { put(lumina::Kind::execute, m.order_id, 0, 0, m.shares); }
  void on(const itch::OrderCancel& m) { put(lumina::Kind::reduce, m.order_id, 0, 0, m.shares); }
  void on(const itch::OrderDelete& m) { put(lumina::Kind::cancel, m.order_id, 0, 0, 0); }
  void on(const itch::OrderReplace& m) {
    put(static_cast<lumina::Kind>(lumina::kReplaceOrder), m.order_id, m.new_order_id, m.price / 100, m.shares);
  }
  void put(lumina::Kind kind, std::uint64_t id, std::uint64_t new_id, std::uint32_t price, std::uint32_t shares,
           std::uint8_t side = 0, std::uint16_t locate = 0) {
    batch.push_back({id, new_id, static_cast<std::int32_t>(price), static_cast<std::int32_t>(shares),
                     static_cast<std::uint8_t>(kind), side, locate, 0});
    if (batch.size() == kBatch) flush();
  }
  void flush() {
    books.on_batch(batch.data(), batch.size());
    batch.clear();
  }
};

// Of this thread alone: one core, whoever else is on the machine.
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Work>
double ns_per_message(const Day& day, Work&& work) {
  const double start = cpu_ns();
  work();
  return (cpu_ns() - start) / static_cast<double>(day.sums.messages);
}

double walk(const Day& day) {
  std::uint64_t messages = 0, bytes = 0;
  const double ns = ns_per_message(day, [&] {
    itch::walk_frames(day.bytes.data(), day.bytes.size(), [&](const std::uint8_t* p, std::size_t size) {
      ++messages;
      bytes += size + p[0];
      return true;
    });
  });
  if (messages != day.sums.messages || bytes == 0) fail("the walk saw other messages");
  return ns;
}

double parse(const Day& day) {
  Summing sink;
  const double ns = ns_per_message(day, [&] {
    itch::walk_frames(day.bytes.data(), day.bytes.size(), [&](const std::uint8_t* p, std::size_t size) {
      ++sink.sums.messages;
      return itch::decode(p, size, sink) == itch::Status::ok;
    });
  });
  if (sink.sums != day.sums) fail("the decoder saw other messages");
  return ns;
}

double book(const Day& day, std::size_t stocks) {
  Booking sink(stocks);
  const double ns = ns_per_message(day, [&] {
    itch::walk_frames(day.bytes.data(), day.bytes.size(), [&](const std::uint8_t* p, std::size_t size) {
      return itch::decode(p, size, sink) == itch::Status::ok;
    });
    sink.flush();
  });
  std::uint64_t shares = 0;
  for (std::size_t i = 1; i <= stocks; ++i) {
    const lumina::PriceLevels& levels = sink.books.levels(static_cast<std::uint16_t>(i));
    for (const lumina::Side side : {lumina::Side::buy, lumina::Side::sell})
      for (std::int32_t price = levels.best(side); lumina::DepthBook::is_price(price);
           price = levels.behind(side, price))
        shares += static_cast<std::uint64_t>(levels.find(side, price)->qty_lots());
  }
  if (sink.books.size() != day.live || shares != day.live_shares) fail("the books hold other orders");
  return ns;
}

double select(const Day& day, std::uint64_t& updates) {
  itch::Reader reader({}, {itch::stock_of("S1")});
  reader.begin(false, 0, true, false);
  updates = 0;
  const double ns = ns_per_message(day, [&] {
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    for (std::size_t at = 0; at < day.bytes.size(); at += kPiece) {
      if (!reader.feed(day.bytes.data() + at, std::min(kPiece, day.bytes.size() - at))) fail("the reader refused");
      updates += reader.updates().size();
      reader.updates().clear();
      reader.symbols().clear();
    }
  });
  if (updates < day.of_first / 2) fail("the reader saw other messages");
  return ns;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("itch_bench MESSAGES STOCKS RUNS");
  const auto messages = std::strtoull(argv[1], nullptr, 10), stocks = std::strtoull(argv[2], nullptr, 10);
  if (stocks < 1 || stocks > 60000 || messages < stocks) fail("1 to 60000 stocks, and as many messages at least");
  const Day day = Generator(messages, static_cast<std::uint16_t>(stocks)).take();
  for (long run = std::atol(argv[3]); run > 0; --run) {
    std::uint64_t updates = 0;
    const double floor = walk(day), parsed = parse(day), booked = book(day, stocks), selected = select(day, updates);
    std::printf(
        "{\"messages\": %llu, \"bytes\": %zu, \"live\": %llu, \"itch_walk\": %.3f, \"itch_parse\": %.3f, "
        "\"itch_book\": %.3f, \"itch_select\": %.3f}\n",
        static_cast<unsigned long long>(day.sums.messages), day.bytes.size(), static_cast<unsigned long long>(day.live),
        floor, parsed, booked, selected);
    std::fflush(stdout);
  }
}
