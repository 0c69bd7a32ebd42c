// Times matching engines on a stream of orders, in alternation, and checks that all make the same trades and end with
// the same book.
//
//     matching STREAM RUNS [BATCH]
//
// STREAM: see stream.hpp; types L a limit order, D cancel, U replace, of one book. There a replace always loses its
// place, and here not at the same price: such a one is a cancel and a new order. The totals in the header, if there
// are any, must come out. Prints one JSON object a run: per contender the mean time of a message, and percentiles of a
// second pass that reads the clock after each message.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lumina/book/matching_engine.hpp"
#include "match_std.hpp"
#include "stream.hpp"

namespace {

using lumina::MatchKind;
using lumina::MatchMessage;
using lumina::Side;
using namespace bench;

struct Totals {
  std::uint64_t trades = 0, notional = 0, makersum = 0;
  void add(std::uint64_t maker, std::int32_t price, std::int32_t lots) noexcept {
    ++trades;
    notional += static_cast<std::uint64_t>(price) * static_cast<std::uint64_t>(lots);
    makersum += maker * static_cast<std::uint64_t>(lots);
  }
  bool operator==(const Totals&) const = default;
};

struct Stream {
  std::vector<MatchMessage> messages;
  std::size_t warm = 0, live = 0;
  Totals totals;
};

Stream read_stream(const char* path) {
  const RawStream raw = read_raw(path);
  if (raw.header.books != 1) fail(std::string(path) + ": matching is of one book");
  Stream stream;
  stream.totals = {raw.header.trades, raw.header.notional, raw.header.makersum};
  const auto twice = std::count_if(raw.messages.begin(), raw.messages.end(), [](auto& m) { return m.type == 'U'; });
  reserve(stream.messages, raw.messages.size() + static_cast<std::size_t>(twice));
  std::unordered_map<std::uint64_t, std::int32_t> prices;
  for (std::size_t i = 0; i < raw.messages.size(); ++i) {
    const RawMessage& from = raw.messages[i];
    if (i == raw.header.warm) stream.warm = stream.messages.size();
    MatchMessage message{};
    message.order_id = from.order_id;
    message.new_id = from.new_id;
    message.price_ticks = from.price;
    message.qty_lots = static_cast<std::int32_t>(from.qty);
    message.side = from.side;
    const auto put = [&](MatchKind kind, std::uint64_t id) {
      message.kind = static_cast<std::uint8_t>(kind);
      message.order_id = id;
      stream.messages.push_back(message);
    };
    switch (from.type) {
      case 'L':
        put(MatchKind::submit, from.order_id);
        prices[from.order_id] = from.price;
        break;
      case 'D':
        put(MatchKind::cancel, from.order_id);
        prices.erase(from.order_id);
        break;
      case 'U':
        if (prices[from.order_id] == from.price) {
          put(MatchKind::cancel, from.order_id);
          put(MatchKind::submit, from.new_id);
        } else {
          put(MatchKind::replace, from.order_id);
        }
        prices.erase(from.order_id);
        prices[from.new_id] = from.price;
        break;
      default:
        fail(std::string("message of unknown type ") + from.type);
    }
  }
  return stream;
}

struct Trades : lumina::MatchSink, Totals {
  std::uint64_t refused = 0;
  void traded(Handle, const lumina::Order& maker, const lumina::NewOrder&, std::int32_t lots) noexcept {
    add(maker.id, maker.price_ticks, lots);
  }
  void rejected(std::uint64_t, lumina::MatchReason) noexcept { ++refused; }
};
struct Clocked : Trades, Ticker {
  using Ticker::Ticker;
  void applied(const MatchMessage&) noexcept { tick(); }
};

// Every level and order from the front: two books are equal where these are.
using State = std::vector<std::uint64_t>;
State dump(const lumina::MatchingEngine& engine) {
  State state;
  for (const Side side : {Side::buy, Side::sell})
    for (std::int32_t price = engine.best(side); engine.is_price(price); price = engine.behind(side, price)) {
      state.insert(state.end(), {static_cast<std::uint64_t>(price), static_cast<std::uint64_t>(engine.qty(side, price)),
                                 static_cast<std::uint64_t>(engine.count(side, price))});
      for (auto handle = engine.first(side, price); handle != engine.kNoOrder; handle = engine.next(handle))
        state.insert(state.end(), {engine.order(handle).id, static_cast<std::uint64_t>(engine.order(handle).qty_lots)});
    }
  return state;
}
State dump(const peer::StdMatching& engine) {
  State state;
  for (unsigned side = 0; side < 2; ++side)
    for (const auto& [key, level] : engine.levels(side)) {
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

// plain(engine, messages, count, trades) and clocked(...) apply to an engine that make() made.
template <class Make, class Plain, class ClockedRun>
Measured measure(const Stream& stream, double scale, const Make& make, const Plain& plain, const ClockedRun& clocked) {
  const MatchMessage* const timed = stream.messages.data() + stream.warm;
  const std::size_t count = stream.messages.size() - stream.warm;
  Measured measured{};
  {
    auto engine = make();
    Trades trades;
    plain(*engine, stream.messages.data(), stream.warm, trades);
    const double from = seconds();
    plain(*engine, timed, count, trades);
    measured.ns = (seconds() - from) * 1e9 / static_cast<double>(count);
    measured.state = dump(*engine);
    if (trades.refused) fail("a message was refused");
    if (stream.totals.trades && static_cast<const Totals&>(trades) != stream.totals)
      fail("the trades are not the stream's");
  }
  auto engine = make();
  Clocked clock(count + 1);
  Trades none;
  plain(*engine, stream.messages.data(), stream.warm, none);
  clock.last = ticks();
  clocked(*engine, timed, count, clock);
  measured.p50 = clock.percentile(0.5, scale);
  measured.p99 = clock.percentile(0.99, scale);
  measured.p999 = clock.percentile(0.999, scale);
  return measured;
}

void print(const char* name, const Measured& m, const char* end) {
  std::printf("\"%s\": {\"ns\": %.3f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}%s", name, m.ns, m.p50, m.p99,
              m.p999, end);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) fail("usage: matching STREAM RUNS [BATCH]");
  Stream stream = read_stream(argv[1]);
  const int runs = std::atoi(argv[2]);
  const auto batch = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 256);
  if (runs < 1 || batch < 1) fail("RUNS and BATCH are at least 1");
  const double scale = ns_per_tick();
  using lumina::MatchingEngine;
  const auto make = [] { return std::make_unique<MatchingEngine>(); };
  const auto batches = [&](MatchingEngine& engine, const MatchMessage* messages, std::size_t count, auto& sink) {
    for (std::size_t i = 0; i < count; i += batch) engine.on_batch(messages + i, std::min(batch, count - i), sink);
  };
  const auto singly = [](MatchingEngine& engine, const MatchMessage* messages, std::size_t count, auto& sink) {
    for (std::size_t i = 0; i < count; ++i) {
      engine.apply(messages[i], sink);
      sink.applied(messages[i]);
    }
  };
  const auto peers = [](peer::StdMatching& engine, const MatchMessage* messages, std::size_t count, auto& sink) {
    for (std::size_t i = 0; i < count; ++i) {
      engine.apply(messages[i],
                   [&](std::uint64_t maker, std::int32_t price, std::int32_t lots) { sink.add(maker, price, lots); });
      sink.applied(messages[i]);
    }
  };
  for (int run = 0; run < runs; ++run) {
    const Measured peer =
        measure(stream, scale, [] { return std::make_unique<peer::StdMatching>(std::size_t{1} << 18); }, peers, peers);
    const Measured batched = measure(stream, scale, make, batches, batches);
    const Measured single = measure(stream, scale, make, singly, singly);
    if (batched.state != peer.state || single.state != peer.state) fail("the final books differ");
    stream.live = 0;
    {
      MatchingEngine engine;
      Trades trades;
      batches(engine, stream.messages.data(), stream.messages.size(), trades);
      stream.live = engine.size();
    }
    std::printf("{\"messages\": %zu, \"books\": 1, \"live\": %zu, \"trades\": %llu, ",
                stream.messages.size() - stream.warm, stream.live,
                static_cast<unsigned long long>(stream.totals.trades));
    print("batch", batched, ", ");
    print("single", single, ", ");
    print("std", peer, "}\n");
    std::fflush(stdout);
  }
}
