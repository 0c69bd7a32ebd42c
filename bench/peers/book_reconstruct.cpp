// Times order-by-order books on a stream of messages, in alternation, and checks that all end with the same books.
//
//     book_reconstruct STREAM RUNS [BATCH]
//
// STREAM: see stream.hpp; types A add, D cancel, X reduce, E execute, U replace. Prints one JSON object a run: per
// contender the mean time of a message, and percentiles of a second pass that reads the clock after each message.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "book_std.hpp"
#include "lumina/book/order_book.hpp"
#include "lumina/book/order_books.hpp"
#include "stream.hpp"

namespace {

using lumina::OrderMessage;
using lumina::Side;
using namespace bench;

struct Stream {
  std::vector<OrderMessage> messages;
  std::size_t warm = 0, books = 0, live = 0;
};

std::uint8_t kind_of(char type) {
  switch (type) {
    case 'A':
      return static_cast<std::uint8_t>(lumina::Kind::add);
    case 'X':
      return static_cast<std::uint8_t>(lumina::Kind::reduce);
    case 'D':
      return static_cast<std::uint8_t>(lumina::Kind::cancel);
    case 'E':
      return static_cast<std::uint8_t>(lumina::Kind::execute);
    case 'U':
      return lumina::kReplaceOrder;
    default:
      fail(std::string("message of unknown type ") + type);
  }
}

Stream read_stream(const char* path) {
  const RawStream raw = read_raw(path);
  Stream stream{{}, raw.header.warm, raw.header.books, 0};
  reserve(stream.messages, raw.messages.size());
  for (const RawMessage& message : raw.messages)
    stream.messages.push_back({message.order_id, message.new_id, message.price, static_cast<std::int32_t>(message.qty),
                               kind_of(message.type), message.side, message.book, 0});
  return stream;
}

// Reads the clock once a message.
struct Clock : lumina::OrderSink, Ticker {
  using Ticker::Ticker;
  void added(Handle, const lumina::Order&) noexcept { tick(); }
  void reduced(Handle, const lumina::Order&, std::int32_t, lumina::Kind) noexcept { tick(); }
  void replaced(Handle, const lumina::Order&, const lumina::Order&) noexcept { tick(); }
};

// Every level and order of all books, from the front: two books are equal where these are.
using State = std::vector<std::uint64_t>;
template <class Levels, class Next>
void dump_side(State& state, const Levels& levels, Side side, const Next& order) {
  for (std::int32_t price = levels.best(side); lumina::DepthBook::is_price(price); price = levels.behind(side, price)) {
    const lumina::QueueLevel& level = *levels.find(side, price);
    state.insert(state.end(), {static_cast<std::uint64_t>(price), static_cast<std::uint64_t>(level.qty_lots()),
                               static_cast<std::uint64_t>(level.count())});
    for (std::uint32_t handle = level.head; handle != 0; handle = order(handle).next)
      state.insert(state.end(), {order(handle).id, static_cast<std::uint64_t>(order(handle).qty_lots)});
  }
}
State dump(const lumina::OrderBooks& books) {
  State state;
  for (std::size_t book = 0; book < books.books(); ++book)
    for (const Side side : {Side::buy, Side::sell})
      dump_side(state, books.levels(static_cast<std::uint16_t>(book)), side,
                [&](std::uint32_t handle) -> const lumina::Order& { return books.order(handle); });
  return state;
}
State dump(const lumina::OrderBook& book) {
  State state;
  for (const Side side : {Side::buy, Side::sell})
    for (std::int32_t price = book.best(side); book.is_price(price); price = book.behind(side, price)) {
      state.insert(state.end(), {static_cast<std::uint64_t>(price), static_cast<std::uint64_t>(book.qty(side, price)),
                                 static_cast<std::uint64_t>(book.count(side, price))});
      for (auto handle = book.first(side, price); handle != book.kNoOrder; handle = book.next(handle))
        state.insert(state.end(), {book.order(handle).id, static_cast<std::uint64_t>(book.order(handle).qty_lots)});
    }
  return state;
}
State dump(const peer::StdBooks& books, std::size_t count) {
  State state;
  for (std::size_t book = 0; book < count; ++book)
    for (unsigned side = 0; side < 2; ++side)
      for (const auto& [key, level] : books.levels(book, side)) {
        state.insert(state.end(), {static_cast<std::uint64_t>(side == 0 ? -key : key),
                                   static_cast<std::uint64_t>(level.qty_lots), level.queue.size()});
        for (const auto& order : level.queue)
          state.insert(state.end(), {order.id, static_cast<std::uint64_t>(order.qty_lots)});
      }
  return state;
}

struct Measured {
  double ns, p50, p99, p999;
  State state;
};

// plain(messages, count) and clocked(messages, count, clock) apply to a book that make() made.
template <class Make, class Plain, class Clocked, class Dump>
Measured measure(const Stream& stream, double scale, const Make& make, const Plain& plain, const Clocked& clocked,
                 const Dump& dump_of) {
  const OrderMessage* const timed = stream.messages.data() + stream.warm;
  const std::size_t count = stream.messages.size() - stream.warm;
  Measured measured{};
  {
    auto book = make();
    plain(*book, stream.messages.data(), stream.warm);
    const double from = seconds();
    plain(*book, timed, count);
    measured.ns = (seconds() - from) * 1e9 / static_cast<double>(count);
    measured.state = dump_of(*book);
  }
  auto book = make();
  plain(*book, stream.messages.data(), stream.warm);
  Clock clock(count + 1);
  clocked(*book, timed, count, clock);
  if (clock.took.size() != count) fail("a message was refused");
  measured.p50 = clock.percentile(0.5, scale);
  measured.p99 = clock.percentile(0.99, scale);
  measured.p999 = clock.percentile(0.999, scale);
  return measured;
}

// Messages come in batches, as from a socket or a block of a file.
template <class Book, class Sink>
void in_batches(Book& book, const OrderMessage* messages, std::size_t count, std::size_t batch, Sink& sink) {
  for (std::size_t i = 0; i < count; i += batch) book.on_batch(messages + i, std::min(batch, count - i), sink);
}

template <class Book, class Make>
void lumina_runs(const Stream& stream, double scale, std::size_t batch, const Make& make, Measured& batched,
                 Measured& single) {
  const auto dump_of = [](const Book& book) { return dump(book); };
  batched = measure(
      stream, scale, make,
      [&](Book& book, const OrderMessage* messages, std::size_t count) {
        lumina::OrderSink none;
        in_batches(book, messages, count, batch, none);
      },
      [&](Book& book, const OrderMessage* messages, std::size_t count, Clock& clock) {
        clock.last = ticks();
        in_batches(book, messages, count, batch, clock);
      },
      dump_of);
  single = measure(
      stream, scale, make,
      [](Book& book, const OrderMessage* messages, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) book.apply(messages[i]);
      },
      [](Book& book, const OrderMessage* messages, std::size_t count, Clock& clock) {
        clock.last = ticks();
        for (std::size_t i = 0; i < count; ++i) book.apply(messages[i], clock);
      },
      dump_of);
}

void print(const char* name, const Measured& m, const char* end) {
  std::printf("\"%s\": {\"ns\": %.3f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}%s", name, m.ns, m.p50, m.p99,
              m.p999, end);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) fail("usage: book_reconstruct STREAM RUNS [BATCH]");
  const Stream stream = read_stream(argv[1]);
  const int runs = std::atoi(argv[2]);
  const auto batch = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 256);
  if (runs < 1 || batch < 1) fail("RUNS and BATCH are at least 1");
  const double scale = ns_per_tick();
  std::size_t live = 0;
  for (int run = 0; run < runs; ++run) {
    Measured batched, single;
    const Measured peer = measure(
        stream, scale, [&] { return std::make_unique<peer::StdBooks>(stream.books, std::size_t{1} << 18); },
        [](peer::StdBooks& books, const OrderMessage* messages, std::size_t count) {
          for (std::size_t i = 0; i < count; ++i) books.apply(messages[i]);
        },
        [](peer::StdBooks& books, const OrderMessage* messages, std::size_t count, Clock& clock) {
          clock.last = ticks();
          for (std::size_t i = 0; i < count; ++i) {
            books.apply(messages[i]);
            clock.tick();
          }
        },
        [&](const peer::StdBooks& books) {
          live = books.size();
          return dump(books, stream.books);
        });
    if (stream.books == 1) {
      lumina_runs<lumina::OrderBook>(
          stream, scale, batch, [] { return std::make_unique<lumina::OrderBook>(); }, batched, single);
    } else {
      lumina_runs<lumina::OrderBooks>(
          stream, scale, batch, [&] { return std::make_unique<lumina::OrderBooks>(stream.books); }, batched, single);
    }
    if (batched.state != peer.state || single.state != peer.state) fail("the final books differ");
    std::printf("{\"messages\": %zu, \"books\": %zu, \"live\": %zu, ", stream.messages.size() - stream.warm,
                stream.books, live);
    print("batch", batched, ", ");
    print("single", single, ", ");
    print("std", peer, "}\n");
    std::fflush(stdout);
  }
}
