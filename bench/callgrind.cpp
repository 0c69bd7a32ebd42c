// One hot path, so many times, for callgrind.py to count its instructions: CASE COUNT. What a case makes first does not
// depend on COUNT, so that the difference of two counts is the operations alone. Without arguments, the cases.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "lumina/backtest/recorded_engine.hpp"
#include "lumina/book/matching_engine.hpp"
#include "lumina/book/order_book.hpp"
#include "lumina/histogram.hpp"
#include "lumina/indicators.hpp"
#include "lumina/logger.hpp"
#include "lumina/market/embedded_market.hpp"
#include "lumina/memory_pool.hpp"
#include "lumina/random.hpp"
#include "lumina/ring_buffer.hpp"
#include "lumina/risk.hpp"
#include "lumina/strategy/avellaneda_stoikov.hpp"
#include "lumina/strategy/market_maker.hpp"

using namespace lumina;

namespace {

constexpr std::size_t kMost = 1 << 15;  // operations for which there is data
constexpr std::size_t kBatch = 32;

template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

// ---- rings: an item in and out again, in one thread ----------------------------------------------------------------

template <class Ring>
void ring_single(std::size_t n) {
  Ring ring(1024);
  std::uint64_t out = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    ring.try_push(i);
    ring.try_pop(out);
    keep(out);
  }
}
template <class Ring>
void ring_batch(std::size_t n) {
  Ring ring(1024);
  std::uint64_t items[kBatch] = {};
  for (std::size_t i = 0; i < n; i += kBatch) {
    ring.try_push(std::span<const std::uint64_t>(items));
    keep(ring.try_pop(std::span<std::uint64_t>(items)));
  }
}
void disruptor_single(std::size_t n) {
  Disruptor<std::uint64_t> ring(1024);
  Disruptor<std::uint64_t>::Consumer consumer(ring);
  std::uint64_t out = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    ring.try_push(i);
    consumer.try_pop(out);
    keep(out);
  }
}
void disruptor_batch(std::size_t n) {
  Disruptor<std::uint64_t> ring(1024);
  Disruptor<std::uint64_t>::Consumer consumer(ring);
  std::uint64_t items[kBatch] = {};
  for (std::size_t i = 0; i < n; i += kBatch) {
    ring.try_push(std::span<const std::uint64_t>(items));
    keep(consumer.try_pop(std::span<std::uint64_t>(items)));
  }
}

// ---- books ---------------------------------------------------------------------------------------------------------

// Orders of a market with 20,000 resting ones: passive orders near the touch with a long tail, orders that take the
// front of the other side, cancels and replaces of mostly recent orders. What a feed would say of them, too.
struct Stream : MatchSink {
  static constexpr std::size_t kLive = 20'000;

  std::vector<MatchMessage> warm, messages;
  std::vector<OrderMessage> feed_warm, feed;

  Stream() : engine_(2 * kLive) {
    while (engine_.size() < kLive) put(passive());
    warm.swap(messages);
    feed_warm.swap(feed);
    while (messages.size() < kMost || feed.size() < kMost) act();
  }

  void traded(Handle, const Order& maker, const NewOrder&, std::int32_t lots) { tell(Kind::execute, maker, lots); }
  void rested(Handle, const Order& order) { tell(Kind::add, order, order.qty_lots); }
  void cancelled(Handle, const Order& order, MatchReason) { tell(Kind::cancel, order, order.qty_lots); }
  void reduced(Handle, const Order& before, const Order& after) {
    if (before.qty_lots > after.qty_lots) tell(Kind::reduce, before, before.qty_lots - after.qty_lots);
  }
  void replaced(Handle, const Order& before, const NewOrder&) { tell(Kind::cancel, before, before.qty_lots); }

 private:
  MatchMessage message(MatchKind kind, std::uint64_t id, std::int32_t price, std::int32_t lots, unsigned side) {
    return {id, id, price, lots, static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(side), 0, 0, {}};
  }
  std::int32_t touch(unsigned side) const {
    const std::int32_t price = engine_.best(static_cast<Side>(side));
    return MatchingEngine::is_price(price) ? price : (side ? 16'385 : 16'384);
  }
  std::int32_t behind(unsigned side) {
    const double tail = std::pow(random_.uniform() + 1e-6, -1 / 0.85) - 1;
    const auto away = static_cast<std::int32_t>(tail > 1500 ? 1500 : tail);
    return touch(side) + (side ? away : -away);
  }
  MatchMessage passive() {
    const unsigned side = random_.below(2) ? 1 : 0;
    return message(MatchKind::submit, ++last_id_, behind(side), static_cast<std::int32_t>(1 + random_.below(100)),
                   side);
  }
  std::uint64_t recent() {
    for (;;) {
      const std::uint64_t back = random_.below(random_.below(4) ? 4096 : last_id_);
      const std::uint64_t id = last_id_ - back % last_id_;
      if (engine_.find(id) != MatchingEngine::kNoOrder) return id;
    }
  }
  void act() {
    const std::uint64_t what = random_.below(100);
    if (what < 46) {
      put(passive());
    } else if (what < 54) {
      const unsigned side = random_.below(2) ? 1 : 0;
      put(message(MatchKind::submit, ++last_id_, touch(side ^ 1), static_cast<std::int32_t>(1 + random_.below(150)),
                  side));
    } else if (what < 93) {
      put(message(MatchKind::cancel, recent(), 0, 0, 0));
    } else {
      const std::uint64_t id = recent();
      const Order& order = engine_.order(engine_.find(id));
      put(message(MatchKind::replace, id, behind(order.side_), static_cast<std::int32_t>(1 + random_.below(100)), 0));
    }
  }
  void put(const MatchMessage& one) {
    messages.push_back(one);
    engine_.on_batch(&one, 1, *this);
  }
  void tell(Kind kind, const Order& order, std::int32_t lots) {
    feed.push_back({order.id, 0, order.price_ticks, lots, static_cast<std::uint8_t>(kind), order.side_, 0, 0});
  }

  MatchingEngine engine_;
  Random random_{1, 0};
  std::uint64_t last_id_ = 0;
};

void matching(std::size_t n) {
  const Stream stream;
  MatchingEngine engine(2 * Stream::kLive);
  MatchSink none;
  engine.on_batch(stream.warm.data(), stream.warm.size(), none);
  engine.on_batch(stream.messages.data(), n, none);
  keep(engine.size());
}
void order_book(std::size_t n) {
  const Stream stream;
  OrderBook book(2 * Stream::kLive);
  book.on_batch(stream.feed_warm.data(), stream.feed_warm.size());
  book.on_batch(stream.feed.data(), n);
  if (book.counts().total()) std::abort();
}

// ---- small parts ---------------------------------------------------------------------------------------------------

void pool(std::size_t n) {
  MemoryPool<Order> orders(1024);
  for (int i = 0; i < 512; ++i) keep(orders.allocate());
  for (std::size_t i = 0; i < n; ++i) {
    const auto index = orders.allocate();
    keep(index);
    orders.release(index);
  }
}

// An order is judged, and its end reported.
void risk(std::size_t n) {
  RiskGate gate({.max_order_lots = 100,
                 .max_notional_units = 50'000'000,
                 .price_band = 0.1,
                 .max_position_lots = 150,
                 .max_open_orders = 10,
                 .max_messages = 1000,
                 .message_window_ns = 100,
                 .max_daily_loss_units = 1'000'000,
                 .duplicate_window_ns = 4,
                 .refuse_self_cross = true},
                ContractValue(false, 10, 1));
  for (std::size_t i = 0; i < n; ++i) {
    const RiskGate::Order order{LUMINA_BUY, LUMINA_LIMIT, static_cast<std::int64_t>(9990 + i % 8), 5};
    if (gate.check(i, order, {static_cast<std::int64_t>(i), 20'000, 20'000}) != LUMINA_REASON_NONE) std::abort();
    gate.on_end(i);
  }
}

void histogram(std::size_t n) {
  Histogram histogram;
  for (std::size_t i = 0; i < n; ++i) histogram.record(static_cast<std::int64_t>(i * 2654435761u % 1'000'000));
  keep(histogram.count());
}

void logger(std::size_t n) {
  LoggerOptions options;
  options.capacity = kMost;
  LogChannel channel("bench", options);
  for (std::size_t i = 0; i < n; ++i) LUMINA_LOG(channel, info, "fill of {} lots at {}, fee {}", i, 9990, 0.25);
  if (channel.dropped()) std::abort();
}

// A market maker whose touch moves a tick at each look: two replaces and their reports a step.
struct Quoting {
  lumina_ctx ctx{};
  lumina_instrument info{};
  std::uint64_t last_id = 0;
  std::uint64_t sent[8] = {};
  lumina_event events[8] = {};
  std::size_t count = 0;
  std::int32_t mid = 10'000;

  Quoting() {
    info.lot_size = info.tick_size = 1;
    ctx.abi_version = LUMINA_ABI_VERSION;
    ctx.instrument_count = 1;
    ctx.engine = this;
    ctx.instrument = [](lumina_ctx* c, std::uint32_t) -> const lumina_instrument* { return &self(c).info; };
    ctx.best = [](lumina_ctx* c, std::uint32_t, std::uint8_t side) -> lumina_level {
      return {self(c).mid + (side ? 1 : -1), side ? 7 : 9};
    };
    ctx.position = [](lumina_ctx*, std::uint32_t) -> std::int64_t { return 0; };
    ctx.submit = [](lumina_ctx* c, const lumina_order_request* request) -> std::uint64_t {
      self(c).answer(LUMINA_EV_ACK, ++self(c).last_id, request->side, request->tag, request->qty_lots);
      self(c).sent[self(c).last_id & 7] = request->side;
      return self(c).last_id;
    };
    ctx.replace = [](lumina_ctx* c, std::uint64_t id, std::int32_t, std::int32_t lots) {
      self(c).answer(LUMINA_EV_REPLACED, id, static_cast<std::uint8_t>(self(c).sent[id & 7]), 0, lots);
    };
    ctx.cancel = [](lumina_ctx*, std::uint64_t) { std::abort(); };
    ctx.stop = [](lumina_ctx*, std::int32_t, const char*) { std::abort(); };
  }
  static Quoting& self(lumina_ctx* c) { return *static_cast<Quoting*>(c->engine); }
  void answer(std::uint8_t kind, std::uint64_t id, std::uint8_t side, std::uint64_t tag, std::int32_t lots) {
    lumina_event& event = events[count++];
    event.kind = kind;
    event.order_id = id;
    event.side = side;
    event.tag = tag;
    event.qty_lots = event.leaves_lots = lots;
  }
};

void strategy(std::size_t n) {
  MarketMaker<AvellanedaStoikov> maker(AvellanedaStoikov::Params{}, QuoterParams{});
  Quoting market;
  market.ctx.user = maker.strategy()->user;
  const auto call = [&](const lumina_event& event) { maker.strategy()->on_event(&market.ctx, &event); };
  lumina_event start{}, timer{};
  start.kind = LUMINA_EV_START;
  timer.kind = LUMINA_EV_TIMER;
  call(start);
  for (std::size_t i = 0; i < n; ++i) {
    market.mid += i & 4 ? 1 : -1;
    market.ctx.now_ns += 100'000'000;
    call(timer);
    for (std::size_t k = 0; k < market.count; ++k) call(market.events[k]);
    market.count = 0;
  }
  keep(market.last_id);
}

// ---- backtest ------------------------------------------------------------------------------------------------------

void backtest(std::size_t n, const lumina_strategy* strategy) {
  MarketParameters parameters;
  parameters.length_ns = 3'600'000'000'000;
  EmbeddedMarket market(parameters, 1);
  MarketOwner nobody;
  while (market.rows().size() < 2 * kMost) market.step(nobody);
  InstrumentSetup<TapeView> setup{};
  setup.source = {market.rows().data(), n, 9000, 11'000, 0, true, market.order_ids().data()};
  setup.info.lot_size = setup.info.tick_size = 1;
  setup.contract = ContractValue(false, 1, 1);
  EngineOptions options;
  options.entry.submit = options.entry.cancel = options.entry.replace = LatencyModel::constant(1'000'000);
  RecordedEngine engine({setup}, options, strategy);
  while (!engine.run(1'000'000'000'000)) {
  }
  keep(engine.rows_done());
}
void backtest_replay(std::size_t n) { backtest(n, nullptr); }
void backtest_market_maker(std::size_t n) {
  MarketMaker<AvellanedaStoikov> maker(AvellanedaStoikov::Params{}, QuoterParams{});
  backtest(n, maker.strategy());
}

// ---- indicators: elements, doubles, windows of 20 ------------------------------------------------------------------

template <class Of>
void indicator(std::size_t n, const Of& of) {
  std::vector<double> x(kMost), out(kMost);
  Random random(1, 0);
  for (double& value : x) value = 100 + random.normal();
  of(indicators::Indicators<double>::best(), x.data(), n, out.data());
  keep(out[n - 1]);
}
using Kernels = indicators::Indicators<double>;

struct Case {
  std::string_view name;
  void (*run)(std::size_t);
};

constexpr Case kCases[] = {
    {"spsc_ring", ring_single<SpscRing<std::uint64_t>>},
    {"spsc_ring_batch", ring_batch<SpscRing<std::uint64_t>>},
    {"spsc_latency_ring", ring_single<SpscLatencyRing<std::uint64_t>>},
    {"mpmc_ring", ring_single<MpmcRing<std::uint64_t>>},
    {"mpmc_ring_batch", ring_batch<MpmcRing<std::uint64_t>>},
    {"disruptor", disruptor_single},
    {"disruptor_batch", disruptor_batch},
    {"order_book", order_book},
    {"matching", matching},
    {"pool", pool},
    {"risk", risk},
    {"histogram", histogram},
    {"logger", logger},
    {"strategy", strategy},
    {"backtest_replay", backtest_replay},
    {"backtest_market_maker", backtest_market_maker},
    {"ema",
     [](std::size_t n) {
       indicator(n, [](Kernels f, const double* x, std::size_t m, double* out) { f.ema(x, m, 0.05, out); });
     }},
    {"rolling_mean",
     [](std::size_t n) {
       indicator(
           n, [](Kernels f, const double* x, std::size_t m, double* out) { f.rolling_mean(x, m, 20, nullptr, out); });
     }},
    {"rolling_std",
     [](std::size_t n) {
       indicator(
           n, [](Kernels f, const double* x, std::size_t m, double* out) { f.rolling_std(x, m, 20, 0, nullptr, out); });
     }},
    {"rolling_zscore",
     [](std::size_t n) {
       indicator(n, [](Kernels f, const double* x, std::size_t m, double* out) {
         f.rolling_zscore(x, m, 20, 0, nullptr, out);
       });
     }},
    {"rolling_max",
     [](std::size_t n) {
       indicator(n,
                 [](Kernels f, const double* x, std::size_t m, double* out) { f.rolling_max(x, m, 20, nullptr, out); });
     }},
    {"weighted_mid",
     [](std::size_t n) {
       indicator(n, [](Kernels f, const double* x, std::size_t m, double* out) { f.weighted_mid(x, x, x, x, m, out); });
     }},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    for (const Case& one : kCases) std::printf("%.*s\n", static_cast<int>(one.name.size()), one.name.data());
    return 0;
  }
  const std::size_t n = std::strtoull(argv[2], nullptr, 10);
  for (const Case& one : kCases) {
    if (one.name != argv[1] || n == 0 || n > kMost) continue;
    one.run(n);
    return 0;
  }
  std::fprintf(stderr, "no case %s, or a count that is not in 1 to %zu\n", argv[1], kMost);
  return 2;
}
