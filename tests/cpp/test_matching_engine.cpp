// The matching engine: each rule by hand, event by event.
#undef NDEBUG
#include <cassert>
#include <cstdio>
#include <string>
#include <vector>

#include "lumina/book/matching_engine.hpp"

using lumina::MatchingEngine;
using lumina::MatchKind;
using lumina::MatchMessage;
using lumina::MatchReason;
using lumina::NewOrder;
using lumina::Order;
using lumina::OrderType;
using lumina::SelfTrade;
using lumina::Side;

namespace {

constexpr std::int32_t kFar = 1 << 30;
constexpr Side kBuy = Side::buy, kSell = Side::sell;

std::string text(std::initializer_list<std::int64_t> numbers) {
  std::string out;
  for (const std::int64_t number : numbers) (out += ' ') += std::to_string(number);
  return out;
}
const char* name(MatchReason reason) {
  constexpr const char* names[] = {"none",   "requested",  "remainder",  "self_match",   "post_only", "fill_or_kill",
                                   "halted", "price_band", "unknown_id", "duplicate_id", "invalid"};
  return names[static_cast<int>(reason)];
}
std::int64_t id_of(const Order& order) { return static_cast<std::int64_t>(order.id); }
std::int64_t id_of(const NewOrder& order) { return static_cast<std::int64_t>(order.id); }

// What was told since the last look, one line an event.
struct Told : lumina::MatchSink {
  std::vector<std::string> lines;
  const MatchingEngine* engine = nullptr;

  void traded(Handle handle, const Order& maker, const NewOrder& taker, std::int32_t lots) {
    assert(engine->find(maker.id) == (maker.qty_lots ? handle : engine->kNoOrder));
    lines.push_back("traded" + text({id_of(maker), id_of(taker), lots, maker.price_ticks, maker.qty_lots}));
  }
  void rested(Handle handle, const Order& order) {
    assert(engine->find(order.id) == handle);
    lines.push_back("rested" + text({id_of(order), order.price_ticks, order.qty_lots}));
  }
  void cancelled(Handle, const Order& order, MatchReason reason) {
    assert(engine->find(order.id) == engine->kNoOrder);
    lines.push_back("cancelled" + text({id_of(order), order.qty_lots}) + " " + name(reason));
  }
  void killed(const NewOrder& taker, std::int32_t lots, MatchReason reason) {
    lines.push_back("killed" + text({id_of(taker), lots}) + " " + name(reason));
  }
  void reduced(Handle handle, const Order& before, const Order& after) {
    assert(engine->find(after.id) == handle);
    lines.push_back("reduced" + text({id_of(before), before.qty_lots, id_of(after), after.qty_lots}));
  }
  void replaced(Handle, const Order& before, const NewOrder& now) {
    lines.push_back("replaced" + text({id_of(before), before.qty_lots, id_of(now), now.price_ticks, now.qty_lots}));
  }
  void rejected(std::uint64_t id, MatchReason reason) {
    lines.push_back("rejected" + text({static_cast<std::int64_t>(id)}) + " " + name(reason));
  }
};

struct Venue {
  MatchingEngine engine;
  Told told;

  explicit Venue(SelfTrade self_trade = SelfTrade::cancel_newest) : engine(0, self_trade) { told.engine = &engine; }
  Venue(const Venue& other) : engine(other.engine), told(other.told) { told.engine = &engine; }

  Venue& order(std::uint64_t id, Side side, std::int32_t price, std::int32_t lots, OrderType type = OrderType::limit,
               std::uint16_t owner = 0) {
    engine.submit({id, price, lots, owner, side, type}, told);
    return *this;
  }
  Venue& owned(std::uint64_t id, std::uint16_t owner, Side side, std::int32_t price, std::int32_t lots,
               OrderType type = OrderType::limit) {
    return order(id, side, price, lots, type, owner);
  }
  Venue& replace(std::uint64_t id, std::uint64_t new_id, std::int32_t price, std::int32_t lots,
                 OrderType type = OrderType::limit) {
    engine.replace(id, new_id, price, lots, type, told);
    return *this;
  }
  // The lines since the last look are these.
  void tells(const std::vector<std::string>& wanted) {
    if (told.lines != wanted) {
      for (const auto& line : told.lines) std::fprintf(stderr, "told    %s\n", line.c_str());
      for (const auto& line : wanted) std::fprintf(stderr, "wanted  %s\n", line.c_str());
      assert(false);
    }
    told.lines.clear();
  }
  void forget() { told.lines.clear(); }
  // The queue of a price, ids and lots from the front.
  void queue(Side side, std::int32_t price, const std::vector<std::pair<std::uint64_t, int>>& wanted) const {
    auto handle = engine.first(side, price);
    std::int64_t lots = 0;
    for (const auto& [id, left] : wanted) {
      assert(handle != engine.kNoOrder && engine.order(handle).id == id && engine.order(handle).qty_lots == left);
      assert(engine.queue_ahead(id) == lots);
      lots += left;
      handle = engine.next(handle);
    }
    assert(handle == engine.kNoOrder);
    assert(engine.qty(side, price) == lots && engine.count(side, price) == wanted.size());
  }
};

void price_then_time() {
  Venue venue;
  venue.order(1, kSell, 101, 5).order(2, kSell, 100, 3).order(3, kSell, 100, 4).order(4, kSell, 102, 9);
  venue.tells({"rested 1 101 5", "rested 2 100 3", "rested 3 100 4", "rested 4 102 9"});
  venue.order(5, kBuy, 101, 9);  // the rest of 1 keeps its place in front of 6
  venue.tells({"traded 2 5 3 100 0", "traded 3 5 4 100 0", "traded 1 5 2 101 3"});
  venue.order(6, kSell, 101, 1).forget();
  venue.queue(kSell, 101, {{1, 3}, {6, 1}});
  venue.order(7, kBuy, 101, 10);  // what is left rests; the price of 4 is too high
  venue.tells({"traded 1 7 3 101 0", "traded 6 7 1 101 0", "rested 7 101 6"});
  venue.order(8, kSell, 90, 6);  // at the maker's price
  venue.tells({"traded 7 8 6 101 0"});
  assert(venue.engine.best(kBuy) == MatchingEngine::kNoBid && venue.engine.best(kSell) == 102);
  assert(venue.engine.size() == 1);
}

void types() {
  Venue venue;
  venue.order(1, kSell, 100, 5).order(2, kSell, 105, 5).forget();
  venue.order(3, kBuy, 99, 4, OrderType::ioc);
  venue.tells({"killed 3 4 remainder"});
  venue.order(4, kBuy, 100, 7, OrderType::ioc);
  venue.tells({"traded 1 4 5 100 0", "killed 4 2 remainder"});
  venue.order(5, kBuy, -kFar - 5, 7, OrderType::market);  // whatever its price says
  venue.tells({"traded 2 5 5 105 0", "killed 5 2 remainder"});
  venue.order(6, kBuy, 0, 7, OrderType::market);
  venue.tells({"killed 6 7 remainder"});
  venue.order(7, kSell, 100, 5, OrderType::post_only).order(8, kSell, 101, 5);
  venue.tells({"rested 7 100 5", "rested 8 101 5"});
  venue.order(9, kBuy, 100, 1, OrderType::post_only).order(9, kBuy, 99, 1, OrderType::post_only);
  venue.tells({"rejected 9 post_only", "rested 9 99 1"});
  venue.order(10, kBuy, 100, 6, OrderType::fok).order(10, kBuy, 101, 11, OrderType::fok);
  venue.tells({"rejected 10 fill_or_kill", "rejected 10 fill_or_kill"});
  venue.order(10, kBuy, 101, 10, OrderType::fok);
  venue.tells({"traded 7 10 5 100 0", "traded 8 10 5 101 0"});
  venue.order(11, kSell, 99, 2, OrderType::market).order(12, kSell, 1, 1, OrderType::fok);
  venue.tells({"traded 9 11 1 99 0", "killed 11 1 remainder", "rejected 12 fill_or_kill"});
}

// The first check that fails names the reason.
void checks_in_order() {
  Venue venue(SelfTrade::reject);
  venue.owned(1, 7, kSell, 100, 5).forget();
  venue.engine.set_band(90, 110);
  venue.engine.set_phase(lumina::Phase::halt);
  venue.order(1, Side::none, 100, 1).order(1, static_cast<Side>(9), 100, 1);
  venue.order(1, kBuy, 100, 0).order(1, kBuy, 100, -1).order(1, kBuy, kFar + 1, 1).order(1, kBuy, -kFar - 1, 1);
  venue.order(1, kBuy, 100, 1, static_cast<OrderType>(5));
  venue.tells(std::vector<std::string>(7, "rejected 1 invalid"));
  venue.order(1, kBuy, 111, 1);
  venue.tells({"rejected 1 halted"});
  venue.engine.set_phase(lumina::Phase::continuous);
  venue.order(1, kBuy, 111, 1).order(1, kBuy, 89, 1);
  venue.tells({"rejected 1 price_band", "rejected 1 price_band"});
  venue.owned(1, 7, kBuy, 100, 9, OrderType::post_only).owned(2, 7, kBuy, 100, 9, OrderType::post_only);
  venue.tells({"rejected 1 duplicate_id", "rejected 2 post_only"});
  venue.owned(2, 7, kBuy, 100, 9, OrderType::fok).owned(2, 8, kBuy, 100, 9, OrderType::fok);
  venue.tells({"rejected 2 self_match", "rejected 2 fill_or_kill"});
  venue.order(2, kBuy, 111, 1, OrderType::market);  // a market order has no price
  venue.tells({"traded 1 2 1 100 4"});
  venue.engine.clear_band();
  venue.order(3, kBuy, -kFar, 1).order(4, kSell, kFar, 1);
  venue.tells({"rested 3 -1073741824 1", "rested 4 1073741824 1"});
}

void the_band() {
  Venue venue;
  venue.order(1, kSell, 95, 1).order(2, kSell, 100, 2).order(3, kSell, 111, 3).order(4, kBuy, 94, 4).forget();
  venue.engine.set_band(96, 110);
  venue.order(5, kBuy, 0, 9, OrderType::market);  // neither below the band nor above
  venue.tells({"traded 2 5 2 100 0", "killed 5 7 remainder"});
  venue.order(6, kSell, 0, 9, OrderType::market);
  venue.tells({"killed 6 9 remainder"});
  venue.order(7, kBuy, 110, 2);  // reaches below the band
  venue.tells({"traded 1 7 1 95 0", "rested 7 110 1"});
  for (const auto& [low, high] : {std::pair{INT32_MIN, -kFar - 1}, {kFar + 1, INT32_MAX}}) {
    venue.engine.set_band(low, high);
    venue.order(8, kBuy, 0, 1, OrderType::market).order(8, kSell, 0, 1, OrderType::market).order(8, kBuy, 100, 1);
    venue.tells({"killed 8 1 remainder", "killed 8 1 remainder", "rejected 8 price_band"});
  }
  venue.engine.set_band(INT32_MIN, INT32_MAX);
  venue.order(8, kBuy, 0, 4, OrderType::market).order(9, kSell, 0, 6, OrderType::market);
  venue.tells({"traded 3 8 3 111 0", "killed 8 1 remainder", "traded 7 9 1 110 0", "traded 4 9 4 94 0",
               "killed 9 1 remainder"});
  bool thrown = false;
  try {
    venue.engine.set_band(2, 1);
  } catch (const std::invalid_argument&) {
    thrown = true;
  }
  assert(thrown);
}

// 5 lots of another, 4 own, 3 of another at 100; 2 own at 101; 6 of another at 102.
Venue own_orders(SelfTrade self_trade) {
  Venue venue(self_trade);
  venue.owned(1, 1, kSell, 100, 5).owned(2, 7, kSell, 100, 4).owned(3, 2, kSell, 100, 3);
  venue.owned(4, 7, kSell, 101, 2).owned(5, 0, kSell, 102, 6).forget();
  return venue;
}

void self_trades() {
  for (const SelfTrade mode :
       {SelfTrade::cancel_newest, SelfTrade::cancel_oldest, SelfTrade::cancel_both, SelfTrade::reject}) {
    Venue venue = own_orders(mode);
    venue.owned(6, 7, kBuy, 102, 5);  // filled before it meets its own
    venue.tells({"traded 1 6 5 100 0"});
    venue.owned(7, 0, kBuy, 100, 1).owned(8, 8, kBuy, 100, 1);  // nobody's and others' trade
    venue.tells({"traded 2 7 1 100 3", "traded 2 8 1 100 2"});
    venue.owned(9, 0, kBuy, 102, 6).forget();  // 2 own, 3, 1 of 4 are gone: one own left at 101
    venue.queue(kSell, 101, {{4, 1}});
    venue.owned(10, 0, kBuy, 102, 2);  // nobody's order does not meet nobody's as its own
    venue.tells({"traded 4 10 1 101 0", "traded 5 10 1 102 5"});
  }
  const auto meets = [](SelfTrade mode, OrderType type, std::int32_t lots) {
    Venue venue = own_orders(mode);
    venue.owned(6, 7, kBuy, 102, lots, type);
    return venue;
  };
  Venue newest = meets(SelfTrade::cancel_newest, OrderType::limit, 9);
  newest.tells({"traded 1 6 5 100 0", "killed 6 4 self_match"});
  newest.queue(kSell, 100, {{2, 4}, {3, 3}});
  Venue oldest = meets(SelfTrade::cancel_oldest, OrderType::limit, 15);
  oldest.tells({"traded 1 6 5 100 0", "cancelled 2 4 self_match", "traded 3 6 3 100 0", "cancelled 4 2 self_match",
                "traded 5 6 6 102 0", "rested 6 102 1"});
  Venue both = meets(SelfTrade::cancel_both, OrderType::limit, 9);
  both.tells({"traded 1 6 5 100 0", "cancelled 2 4 self_match", "killed 6 4 self_match"});
  both.queue(kSell, 100, {{3, 3}});
  Venue refused = meets(SelfTrade::reject, OrderType::ioc, 6);
  refused.tells({"rejected 6 self_match"});
  refused.queue(kSell, 100, {{1, 5}, {2, 4}, {3, 3}});

  // fill or kill: others' lots in priority, up to an own order or over it
  meets(SelfTrade::cancel_newest, OrderType::fok, 6).tells({"rejected 6 fill_or_kill"});
  meets(SelfTrade::cancel_both, OrderType::fok, 6).tells({"rejected 6 fill_or_kill"});
  meets(SelfTrade::cancel_newest, OrderType::fok, 5).tells({"traded 1 6 5 100 0"});
  meets(SelfTrade::reject, OrderType::fok, 99).tells({"rejected 6 self_match"});
  meets(SelfTrade::cancel_oldest, OrderType::fok, 15).tells({"rejected 6 fill_or_kill"});
  Venue fill = meets(SelfTrade::cancel_oldest, OrderType::fok, 8);
  fill.tells({"traded 1 6 5 100 0", "cancelled 2 4 self_match", "traded 3 6 3 100 0"});
  fill.queue(kSell, 101, {{4, 2}});  // behind the fill: stays
}

void cancels() {
  Venue venue;
  venue.order(1, kBuy, 100, 5).order(2, kBuy, 100, 6).forget();
  venue.engine.set_phase(lumina::Phase::halt);
  assert(venue.engine.cancel(1, venue.told) == MatchReason::none);
  assert(venue.engine.cancel(1, venue.told) == MatchReason::unknown_id);
  venue.tells({"cancelled 1 5 requested", "rejected 1 unknown_id"});
  venue.queue(kBuy, 100, {{2, 6}});
}

void replaces() {
  Venue venue(SelfTrade::reject);
  venue.owned(1, 7, kBuy, 100, 5).order(2, kBuy, 100, 6).owned(3, 7, kSell, 103, 4).order(4, kSell, 105, 4).forget();
  venue.replace(1, 9, 100, 3).replace(9, 9, 100, 3);  // shrinks in place, takes the new id
  venue.tells({"reduced 1 5 9 3", "reduced 9 3 9 3"});
  venue.queue(kBuy, 100, {{9, 3}, {2, 6}});
  assert(venue.engine.find(1) == venue.engine.kNoOrder);
  venue.replace(9, 1, 100, 4);  // grows: to the end
  venue.tells({"replaced 9 3 1 100 4", "rested 1 100 4"});
  venue.queue(kBuy, 100, {{2, 6}, {1, 4}});
  venue.replace(2, 2, 101, 6);
  venue.tells({"replaced 2 6 2 101 6", "rested 2 101 6"});
  venue.replace(2, 2, 100, 6).forget();
  venue.queue(kBuy, 100, {{1, 4}, {2, 6}});

  // refused, each leaves the order at its place
  venue.engine.set_band(90, 110);
  venue.engine.set_phase(lumina::Phase::halt);
  venue.replace(99, 1, 100, 0).replace(1, 1, kFar + 1, 1).replace(1, 1, 100, 1, OrderType::ioc);
  venue.replace(1, 1, 100, 1);
  venue.tells({"rejected 99 invalid", "rejected 1 invalid", "rejected 1 invalid", "rejected 1 halted"});
  venue.engine.set_phase(lumina::Phase::continuous);
  venue.replace(99, 1, 200, 1).replace(1, 2, 200, 1).replace(1, 2, 103, 1, OrderType::post_only);
  venue.replace(1, 1, 103, 1, OrderType::post_only).replace(1, 1, 103, 1);
  venue.tells({"rejected 99 unknown_id", "rejected 1 price_band", "rejected 1 duplicate_id", "rejected 1 post_only",
               "rejected 1 self_match"});
  venue.queue(kBuy, 100, {{1, 4}, {2, 6}});
  venue.replace(2, 5, 105, 5);  // nobody's meets 3 and 4
  venue.tells({"replaced 2 6 5 105 5", "traded 3 5 4 103 0", "traded 4 5 1 105 3"});
  venue.replace(1, 6, 106, 5, OrderType::limit);
  venue.tells({"replaced 1 4 6 106 5", "traded 4 6 3 105 0", "rested 6 106 2"});
  assert(MatchingEngine::owner(venue.engine.order(venue.engine.find(6))) == 7);

  Venue newest;
  newest.owned(1, 7, kBuy, 100, 5).owned(3, 7, kSell, 103, 4).forget();
  newest.replace(1, 2, 103, 5);  // accepted: the old one is gone, and so is the new one
  newest.tells({"replaced 1 5 2 103 5", "killed 2 5 self_match"});
  assert(newest.engine.size() == 1);
}

void mass_cancels() {
  const auto venue_of_two = [] {
    Venue venue;
    venue.owned(1, 7, kBuy, 99, 1).owned(2, 7, kBuy, 100, 2).owned(3, 8, kBuy, 100, 3).owned(4, 7, kBuy, 100, 4);
    venue.owned(5, 7, kSell, 102, 5).owned(6, 7, kSell, 101, 6).owned(7, 0, kSell, 101, 7);
    venue.owned(8, 7, kSell, 500000, 8).owned(9, 7, kBuy, -500000, 9);
    venue.forget();
    venue.engine.set_phase(lumina::Phase::halt);
    return venue;
  };
  Venue all = venue_of_two();
  assert(all.engine.mass_cancel(0, Side::none, all.told) == 0);
  assert(all.engine.mass_cancel(7, Side::none, all.told) == 7);
  all.tells({"cancelled 2 2 requested", "cancelled 4 4 requested", "cancelled 1 1 requested", "cancelled 9 9 requested",
             "cancelled 6 6 requested", "cancelled 5 5 requested", "cancelled 8 8 requested"});
  all.queue(kBuy, 100, {{3, 3}});
  all.queue(kSell, 101, {{7, 7}});
  Venue bids = venue_of_two();
  assert(bids.engine.mass_cancel(7, kBuy, bids.told) == 4 && bids.engine.size() == 5);
  assert(bids.engine.mass_cancel(7, kSell, bids.told) == 3 && bids.engine.mass_cancel(9, Side::none, bids.told) == 0);
}

// Far prices are in an ordered map whose levels go with their last order.
void a_sweep_over_far_levels() {
  Venue venue;
  venue.order(1, kSell, 0, 1).order(2, kSell, 300000, 2).order(3, kSell, 300000, 3).order(4, kSell, kFar, 4).forget();
  venue.order(5, kBuy, 300000, 4);
  venue.tells({"traded 1 5 1 0 0", "traded 2 5 2 300000 0", "traded 3 5 1 300000 2"});
  venue.order(6, kBuy, kFar, 9);
  venue.tells({"traded 3 6 2 300000 0", "traded 4 6 4 1073741824 0", "rested 6 1073741824 3"});
  venue.order(7, kSell, -kFar, 4);
  venue.tells({"traded 6 7 3 1073741824 0", "rested 7 -1073741824 1"});
}

// A level holds less than 2^42 lots.
void a_full_level() {
  Venue venue;
  std::uint64_t id = 0;
  while (id < 2048) venue.order(++id, kBuy, 5, INT32_MAX);
  venue.order(++id, kBuy, 5, 2048).forget();  // 2^42 - 2048 + 2048 would be one too many
  assert(venue.engine.qty(kBuy, 5) == 2048LL * INT32_MAX);
  venue.order(id, kBuy, 5, 2047).order(id + 1, kBuy, 5, 1).order(id + 1, kBuy, 6, 1);
  venue.tells({"rested 2049 5 2047", "rejected 2050 invalid", "rested 2050 6 1"});
  venue.replace(2050, 2051, 5, 1);  // its order stays
  venue.tells({"rejected 2050 invalid"});
  venue.queue(kBuy, 6, {{2050, 1}});
}

void messages() {
  const auto message = [](MatchKind kind, std::uint64_t id, Side side, std::int32_t price, std::int32_t lots,
                          std::uint16_t owner = 0, OrderType type = OrderType::limit, std::uint64_t new_id = 0) {
    return MatchMessage{id,
                        new_id,
                        price,
                        lots,
                        static_cast<std::uint8_t>(kind),
                        static_cast<std::uint8_t>(side),
                        owner,
                        static_cast<std::uint8_t>(type),
                        {}};
  };
  const MatchMessage batch[] = {
      message(MatchKind::submit, 1, kSell, 100, 5, 3),
      message(MatchKind::submit, 2, kBuy, 100, 2, 0, OrderType::ioc),
      message(MatchKind::replace, 1, kBuy, 101, 3, 9, OrderType::limit, 4),  // keeps side and owner
      message(static_cast<MatchKind>(4), 5, kBuy, 1, 1),
      message(MatchKind::mass_cancel, 6, static_cast<Side>(3), 1, 1, 3),
      message(MatchKind::mass_cancel, 6, Side::none, 1, 1, 3),
      message(MatchKind::cancel, 4, kBuy, 1, 1),
  };
  struct Counting : Told {
    std::size_t done = 0;
    void applied(const MatchMessage&) { ++done; }
  };
  Venue venue;
  Counting counting;
  counting.engine = &venue.engine;
  venue.engine.on_batch(batch, std::size(batch), counting);
  assert(counting.done == std::size(batch));
  venue.told.lines = counting.lines;
  const std::vector<std::string> wanted = {"rested 1 100 5",          "traded 1 2 2 100 3",   "replaced 1 3 4 101 3",
                                           "rested 4 101 3",          "rejected 5 invalid",   "rejected 6 invalid",
                                           "cancelled 4 3 requested", "rejected 4 unknown_id"};
  venue.tells(wanted);
  for (const MatchMessage& each : batch) venue.engine.apply(each, venue.told);
  venue.tells(wanted);
}

}  // namespace

int main() {
  price_then_time();
  types();
  checks_in_order();
  the_band();
  self_trades();
  cancels();
  replaces();
  mass_cancels();
  a_sweep_over_far_levels();
  a_full_level();
  messages();
}
