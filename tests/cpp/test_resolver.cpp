// The resolver without Python, as the live handler uses it: messages in, rows out as soon as they are final.
#include <cassert>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "lumina/feed/resolver.hpp"
#include "lumina/feed/sequencer.hpp"
#include "lumina/feed/tape_check.hpp"

using lumina::Event;
using lumina::kBothViews;
using lumina::kEnd;
using lumina::kExch;
using lumina::Kind;
using lumina::Side;
using namespace lumina::feed;

namespace {

Update level(std::int64_t ts_ns, Side side, std::int32_t price, std::int64_t qty, std::uint16_t flags = kEnd) {
  return {ts_ns,
          ts_ns + 1,
          qty,
          0,
          price,
          static_cast<std::uint8_t>(Kind::change),
          static_cast<std::uint8_t>(side),
          static_cast<std::uint16_t>(kBothViews | flags)};
}

void rows_are_ready_when_their_event_ends() {
  Resolver resolver({});
  assert(resolver.push(level(1, Side::buy, 100, 5, 0)) == ResolveStatus::ok);
  assert(resolver.push(level(1, Side::sell, 101, 5, 0)) == ResolveStatus::ok);
  assert(resolver.ready() == 1);                                             // the last one may yet get the end
  assert(resolver.push(level(1, Side::sell, 101, 5)) == ResolveStatus::ok);  // changes nothing, and ends the event
  assert(resolver.ready() == 2);
  assert(!(resolver.rows()[0].flags & kEnd) && (resolver.rows()[1].flags & kEnd));
  resolver.drop(2);
  assert(resolver.ready() == 0);
  assert(resolver.best(Side::buy, kExchView) == 100 && resolver.best(Side::sell, kLocalView) == 101);
}

void refused_updates_change_nothing() {
  Resolver resolver({});
  assert(resolver.push(level(1, Side::none, 100, 5)) == ResolveStatus::bad_side);
  assert(resolver.push(level(1, Side::buy, 100, -5)) == ResolveStatus::bad_quantity);
  assert(resolver.push(level(1, Side::buy, kMaxPriceTicks + 1, 5)) == ResolveStatus::bad_price);
  Update update = level(1, Side::buy, 100, 5);
  update.flags = kEnd;
  assert(resolver.push(update) == ResolveStatus::no_view);
  update = level(1, Side::buy, 100, 5);
  update.kind = 13;
  assert(resolver.push(update) == ResolveStatus::bad_kind);
  assert(resolver.ready() == 0);
  assert(resolver.push(level(2, Side::buy, 100, 5)) == ResolveStatus::ok && resolver.ready() == 1);
}

void scattered_prices_are_bounded() {
  Resolver resolver({});
  ResolveStatus status = ResolveStatus::ok;
  std::size_t n = 0;
  for (; status == ResolveStatus::ok; ++n) status = resolver.push(level(1, Side::buy, static_cast<int>(n) * 64, 1));
  assert(status == ResolveStatus::level_range && n == LevelMap::kMaxPages + 1);
}

void best_level_is_found_on_both_sides_of_zero() {
  LevelMap bids(Side::buy), asks(Side::sell);
  for (const std::int32_t price : {-200, -65, -64, -1, 0, 63, 64, 5000}) {
    for (LevelMap* map : {&bids, &asks}) {
      map->at(price)->qty_lots[kLocalView] = 1;
      map->seen(price, kLocalView);
    }
  }
  assert(bids.best(kLocalView) == 5000 && asks.best(kLocalView) == -200);
  assert(bids.best(kExchView) == kNoPrice);
  bids.at(5000)->qty_lots[kLocalView] = 0;
  bids.at(64)->qty_lots[kLocalView] = 0;
  assert(bids.best(kLocalView) == 63);
  for (const std::int32_t price : {-200, -65, -64, -1, 0, 63, 64}) asks.at(price)->qty_lots[kLocalView] = 0;
  assert(asks.best(kLocalView) == 5000);
  asks.at(5000)->qty_lots[kLocalView] = 0;
  assert(asks.best(kLocalView) == kNoPrice);
}

void a_sequenced_stream_is_a_sound_tape() {
  Sequencer sequencer;
  Resolver resolver({10, false});
  std::vector<Event> tape;
  const auto release = [&](bool all) {
    sequencer.release(all, [&](const Update& update) { assert(resolver.push(update) == ResolveStatus::ok); });
    tape.insert(tape.end(), resolver.rows(), resolver.rows() + resolver.ready());
    resolver.drop(resolver.ready());
  };
  std::uint32_t seed = 1;
  const auto random = [&seed](std::uint32_t n) { return (seed = seed * 1664525u + 1013904223u) / 65536u % n; };
  for (std::int64_t local = 100; local < 30'000; local += random(3)) {
    Update update =
        level(local - random(9), random(2) ? Side::buy : Side::sell, 100 + static_cast<int>(random(9)), random(5));
    update.local_ts_ns = local;
    sequencer.push(update);
    if (random(64) == 0) release(false);  // in batches, as importers do
  }
  release(true);
  resolver.finish();
  tape.insert(tape.end(), resolver.rows(), resolver.rows() + resolver.ready());
  TapeCheck check;
  check_tape(tape.data(), tape.size(), 0, kMaxPriceTicks, check);
  for (const Finding& finding : check.findings) assert(finding.count == 0);
  assert(tape.size() > 10'000 && check.exch_rows > 10'000 && check.local_rows > 10'000);
}

}  // namespace

int main() {
  rows_are_ready_when_their_event_ends();
  refused_updates_change_nothing();
  scattered_prices_are_bounded();
  best_level_is_found_on_both_sides_of_zero();
  a_sequenced_stream_is_a_sound_tape();
  std::puts("resolver: ok");
}
