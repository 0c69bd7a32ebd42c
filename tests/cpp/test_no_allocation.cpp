// The hot path calls no allocator and maps no memory, with functions in place of malloc, calloc, realloc, free, mmap
// and their like that abort: a whole trading loop from its first message to its last, on one thread and on two, and the
// backtest's engine over a recorded and over a reacting market in the second half of a run. Outside are what is made
// before, the logger's own thread, and of the backtest the first half, while its queues grow to what is live, and what
// the end of a run does. Children that do allocate must abort.
#include "no_allocation.hpp"

#undef NDEBUG
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "live_loop.hpp"
#include "lumina/backtest/recorded_engine.hpp"
#include "lumina/backtest/simulated_engine.hpp"

using namespace lumina;
using live_loop::DownRing;
using live_loop::Trader;
using live_loop::UpRing;
using live_loop::Venue;
using no_allocation::Armed;

namespace {

// Everything that is made before the loop starts.
struct Loop {
  // A book places its ladder of prices when it sees the first one: that is part of the start.
  explicit Loop(std::uint64_t seed) : venue(down, up, seed) { trader.drain(); }

  Logger logger{"/dev/null"};
  DownRing down{1 << 7};  // short, so that the trader is never far behind
  UpRing up{1 << 8};
  Venue venue;
  Trader trader{down, up, logger.channel("trader")};

  void check(int steps) const {
    // the trader's book is the venue's, without ours
    const MatchingEngine& theirs = venue.engine();
    const OrderBook& ours = trader.order_book();
    std::size_t orders = 0;
    for (const Side side : {Side::buy, Side::sell}) {
      for (std::int32_t price = theirs.best(side); theirs.is_price(price); price = theirs.behind(side, price)) {
        MatchingEngine::Handle mine = ours.first(side, price);
        for (auto handle = theirs.first(side, price); handle != theirs.kNoOrder; handle = theirs.next(handle)) {
          const Order& order = theirs.order(handle);
          if (order.id & live_loop::kOwnId) continue;
          assert(mine != ours.kNoOrder && ours.order(mine).id == order.id &&
                 ours.order(mine).qty_lots == order.qty_lots);
          mine = ours.next(mine);
          ++orders;
        }
        assert(mine == ours.kNoOrder && trader.depth().qty(side, price) == ours.qty(side, price));
      }
    }
    assert(orders == ours.size() && orders > 20);
    assert(trader.position() == venue.own_position() && trader.fills() == venue.own_fills());
    assert(trader.fills() > static_cast<unsigned>(steps) / 1000 && trader.refused() > 10);
    assert(trader.decided().count() == trader.sent() && venue.answered().count() <= trader.sent());
    assert(trader.sent() > static_cast<unsigned>(steps) / 100);
  }
};

void alternate(Loop& loop, int steps) {
  const Armed armed;
  for (int i = 0; i < steps; ++i) {
    loop.venue.step();
    loop.trader.drain();
  }
}

void on_one_thread(int steps) {
  Loop loop(1);
  alternate(loop, steps);
  loop.check(steps);
}

void on_two_threads(int steps) {
  Loop loop(2);
  std::atomic<int> ready{0};
  const auto meet = [&] {
    ready.fetch_add(1, std::memory_order_acq_rel);
    while (ready.load(std::memory_order_acquire) != 2) std::this_thread::yield();
  };
  std::thread trader([&] {
    meet();
    const Armed armed;
    loop.trader.run();
  });
  meet();
  {
    const Armed armed;
    for (int i = 0; i < steps; ++i) loop.venue.step();
    loop.down.close();
  }
  trader.join();
  loop.check(steps);
}

// ---- the backtest: only where its calls are watched, for it is long to compile ------------------------------------

#if defined(GUARDED_ALLOCATION)
// In front of a strategy: arms the thread while the strategy's clock is in [from, to).
struct ArmedStrategy {
  const lumina_strategy* inner;
  std::int64_t from_ns, to_ns;
  std::uint64_t watched = 0;  // callbacks while armed
  lumina_strategy strategy{inner->abi_version, inner->wake_mask, inner->interval_ns, on_event, this};

  static void on_event(lumina_ctx* ctx, const lumina_event* event) {
    auto& self = *static_cast<ArmedStrategy*>(ctx->user);
    no_allocation::armed = event->ts_ns >= self.from_ns && event->ts_ns < self.to_ns && event->kind != LUMINA_EV_STOP;
    self.watched += no_allocation::armed;
    ctx->user = self.inner->user;
    self.inner->on_event(ctx, event);
    ctx->user = &self;
  }
};

constexpr std::int64_t kSecond = 1'000'000'000;

QuoterParams quoting() {
  QuoterParams params;
  params.max_position_lots = 20;
  params.levels = 2;
  params.interval_ns = kSecond / 10;
  params.wake_on_bbo = true;
  return params;
}

template <class Source>
InstrumentSetup<Source> traded(const Source& source) {
  InstrumentSetup<Source> setup{};
  setup.source = source;
  setup.contract = ContractValue(false, 1'000'003, 7);
  setup.queue = QueueModel(QueueModelKind::power3, 3.0);
  setup.ledger.equity_interval_ns = kSecond;
  setup.ledger.markouts_ns = {kSecond / 10, kSecond};
  setup.risk = {.max_order_lots = 10, .max_notional_units = 0, .price_band = 0.1, .max_position_lots = 10};
  return setup;
}

// The engine in the second half of a run, when its queues have the size that they need.
template <class Engine, class Source>
void backtest(const Source& source, std::int64_t first_ns, std::int64_t length_ns) {
  MarketMaker<AvellanedaStoikov> maker(AvellanedaStoikov::Params{.gamma = 0.01, .sigma = 1.0, .k = 2.0}, quoting());
  ArmedStrategy armed{maker.strategy(), first_ns + length_ns / 2, first_ns + length_ns};
  EngineOptions options;
  options.entry.submit = options.entry.cancel = options.entry.replace = LatencyModel::constant(kSecond / 1000);
  options.response.fill = LatencyModel::lognormal(kSecond / 1000, 0.5, 0, 3, 1);
  Engine engine({traded(source)}, options, &armed.strategy);
  while (!engine.run(kSecond)) {
  }
  no_allocation::armed = false;
  assert(engine.error() == 0 && !engine.overflow());
  assert(armed.watched > 5000 && engine.log().fills.size() > 200);
}

void backtests() {
  MarketSource source{{}, 5};
  source.parameters.length_ns = 1200 * kSecond;
  backtest<SimulatedEngine>(source, 0, source.parameters.length_ns);

  EmbeddedMarket market(source.parameters, source.seed);
  MarketOwner nobody;
  while (!market.ended()) market.step(nobody);
  const std::vector<Event>& rows = market.rows();
  backtest<RecordedEngine>(TapeView{rows.data(), rows.size(), 9000, 11'000, 0}, 0, source.parameters.length_ns);
}

// ---- does the guard see it? --------------------------------------------------------------------------------------

void* volatile kept = nullptr;  // so that no call is left out

struct Misdeed {
  const char* caught_as;
  void (*commit)();
};

constexpr Misdeed kMisdeeds[] = {
    {"malloc", [] { kept = std::malloc(8); }},
    {"calloc", [] { kept = std::calloc(1, 8); }},
    {"realloc", [] { kept = std::realloc(kept, 16); }},
    {"free", [] { std::free(kept); }},
    {"aligned_alloc", [] { kept = std::aligned_alloc(64, 64); }},
    {"malloc", [] { kept = new int(1); }},
    {"aligned_alloc", [] { kept = ::operator new(64, std::align_val_t{64}); }},
    {"malloc", [] { kept = std::make_unique<std::string>(100, 'x').release(); }},
    {"mmap", [] { kept = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"mmap", [] { kept = HugeArray<char>(lumina::kHugePage).data(); }},
    {"aligned_alloc", [] { OrderBook().add(1, Side::buy, 100, 1); }},
};

// What a child says on its standard error, and how it ends.
struct Ended {
  int status;
  std::string said;
};
Ended child(void (*commit)()) {
  int ends[2];
  [[maybe_unused]] const int made = pipe(ends);
  assert(made == 0);
  const pid_t pid = fork();
  assert(pid >= 0);
  if (pid == 0) {
    dup2(ends[1], STDERR_FILENO);
    Loop loop(1);
    alternate(loop, 1000);
    kept = std::malloc(8);
    no_allocation::armed = true;
    commit();
    no_allocation::armed = false;
    alternate(loop, 1000);
    _exit(0);
  }
  close(ends[1]);
  Ended ended{};
  char text[256];
  for (ssize_t n; (n = read(ends[0], text, sizeof text)) > 0;) ended.said.append(text, static_cast<std::size_t>(n));
  close(ends[0]);
  [[maybe_unused]] const pid_t waited = waitpid(pid, &ended.status, 0);
  assert(waited == pid);
  return ended;
}

void misdeeds_are_seen() {
  const Ended good = child([] {});
  assert(WIFEXITED(good.status) && WEXITSTATUS(good.status) == 0 && good.said.empty());
  for (const Misdeed& misdeed : kMisdeeds) {
    const Ended ended = child(misdeed.commit);
    assert(WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGABRT);
    assert(ended.said == std::string("called while armed: ") + misdeed.caught_as + "\n");
  }
}

#endif

}  // namespace

int main() {
  constexpr int kSteps = 50'000;
#if defined(GUARDED_ALLOCATION)
  misdeeds_are_seen();  // first: a process with threads should not fork
  backtests();
#else
  std::puts("without its guard: a sanitizer's allocator, or linked statically");
#endif
  on_one_thread(kSteps);
  on_two_threads(kSteps);
}
