// Snapshots of the order book: after every message as the book says, level by level; and from other threads each the
// book of its sequence, never going back.
//
//     test_snapshot [MESSAGES]      between threads
#undef NDEBUG
#include <atomic>
#include <cassert>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lumina/book/order_book.hpp"
#include "lumina/book/snapshot_publisher.hpp"

namespace {

using lumina::BookLevel;
using lumina::BookSnapshots;
using lumina::BookTop;
using lumina::BookTouch;
using lumina::Kind;
using lumina::OrderBook;
using lumina::OrderMessage;
using lumina::Side;
using lumina::SnapshotPublisher;

constexpr Side kSides[] = {Side::buy, Side::sell};

// Orders near one price, some far from it, and messages that are refused.
std::vector<OrderMessage> some_messages(std::size_t count, unsigned seed, int width) {
  std::mt19937 random(seed);
  std::vector<OrderMessage> messages;
  std::vector<std::uint64_t> live{1};  // about: some have been taken whole, or were never added
  std::uint64_t last = 1;
  for (std::size_t i = 0; i < count; ++i) {
    OrderMessage message{};
    const auto kind = static_cast<unsigned>(random() % 10);
    message.side = random() % 2;
    const auto range = static_cast<unsigned>(random() % 50 ? width : 90000);
    const int distance = static_cast<int>(random() % range) - static_cast<int>(i % 3);
    message.price_ticks = 1000 + (message.side ? distance : -distance);
    message.qty_lots = i % 40 ? static_cast<int>(random() % 12) + 1 : 0;  // 0 is refused
    std::uint64_t& old = live[random() % live.size()];
    message.order_id = old;
    if (kind < 4 && live.size() < 80) {
      message.kind = static_cast<std::uint8_t>(Kind::add);
      if (random() % 30) live.push_back(message.order_id = ++last);
    } else if (kind < 6) {
      message.kind = static_cast<std::uint8_t>(Kind::cancel);
      old = live.back();
      if (live.size() > 1) live.pop_back();
    } else if (kind < 8) {
      message.kind = static_cast<std::uint8_t>(kind == 6 ? Kind::reduce : Kind::execute);
    } else {
      message.kind = lumina::kReplaceOrder;
      if (random() % 3) old = ++last;
      message.new_id = old;
    }
    if (random() % 200 == 0) message.kind = 99;
    messages.push_back(message);
  }
  return messages;
}

bool same(const BookLevel& a, const BookLevel& b) {
  return a.price_ticks == b.price_ticks && a.orders == b.orders && a.qty_lots == b.qty_lots;
}

std::vector<BookLevel> levels_of(const OrderBook& book, Side side, std::size_t room) {
  std::vector<BookLevel> levels;
  for (std::int32_t price = book.best(side); OrderBook::is_price(price) && levels.size() < room;
       price = book.behind(side, price))
    levels.push_back({price, book.count(side, price), book.qty(side, price)});
  return levels;
}

void assert_top(const BookTop& top, Side side, const std::vector<BookLevel>& want) {
  assert(top.levels(side) == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) assert(same(top.level(side, i), want[i]));
}

void assert_touch(const BookTouch& touch, const std::vector<BookLevel>& bids, const std::vector<BookLevel>& asks) {
  const BookLevel bid = bids.empty() ? BookLevel{OrderBook::kNoBid, 0, 0} : bids[0];
  const BookLevel ask = asks.empty() ? BookLevel{OrderBook::kNoAsk, 0, 0} : asks[0];
  assert(same({touch.bid_ticks, touch.bid_orders, touch.bid_lots}, bid));
  assert(same({touch.ask_ticks, touch.ask_orders, touch.ask_lots}, ask));
}

void message_by_message(std::size_t levels, int width) {
  OrderBook book;
  BookSnapshots snapshots(levels);
  SnapshotPublisher publisher(book, snapshots);
  BookTop top(levels);
  std::uint64_t sequence = 0, published = 0, kept = 0;
  std::vector<BookLevel> before[2];
  for (const OrderMessage& message : some_messages(30000, static_cast<unsigned>(levels), width)) {
    ++sequence;
    publisher.at(static_cast<std::int64_t>(sequence * 10));
    book.apply(message, publisher);
    const std::vector<BookLevel> want[2] = {levels_of(book, Side::buy, levels), levels_of(book, Side::sell, levels)};
    snapshots.load(top);
    for (const Side side : kSides) assert_top(top, side, want[static_cast<int>(side)]);
    assert_touch(top.touch(), want[0], want[1]);
    assert_touch(snapshots.touch(), want[0], want[1]);
    assert(snapshots.touch().sequence == top.sequence() &&
           top.ts_ns() == static_cast<std::int64_t>(top.sequence()) * 10);
    // what leaves the levels as they are is published only where its order is among them
    bool changed = false;
    for (int s = 0; s < 2; ++s) {
      changed |= before[s].size() != want[s].size();
      for (std::size_t i = 0; !changed && i < want[s].size(); ++i) changed |= !same(before[s][i], want[s][i]);
      before[s] = want[s];
    }
    assert(top.sequence() == sequence || !changed);
    (top.sequence() == sequence ? published : kept) += 1;
  }
  assert(published > 500 && kept > 1000);
  publisher.publish();
  snapshots.load(top);
  assert(top.sequence() == sequence);
  book.clear();
  publisher.renew(0);
  snapshots.load(top);
  assert(top.levels(Side::buy) == 0 && top.levels(Side::sell) == 0 && top.sequence() == sequence);
  assert(snapshots.touch().bid_ticks == OrderBook::kNoBid && snapshots.touch().ask_ticks == OrderBook::kNoAsk);
}

void between_threads(std::size_t count, bool each_change) {
  constexpr std::size_t kLevels = 5, kBatch = 50;
  const std::vector<OrderMessage> messages = some_messages(count, 7, 12);
  std::vector<std::vector<BookLevel>> want[2];
  OrderBook first;
  for (std::size_t i = 0;; ++i) {
    for (const Side side : kSides) want[static_cast<int>(side)].push_back(levels_of(first, side, kLevels));
    if (i == count) break;
    first.apply(messages[i]);
  }

  OrderBook book;
  BookSnapshots snapshots(kLevels);
  std::atomic<unsigned> started{0};
  const auto read = [&] {
    BookTop top(kLevels);
    std::uint64_t last = 0, last_touch = 0;
    ++started;
    while (last < count || last_touch < count) {
      snapshots.load(top);
      assert(top.sequence() >= last && top.sequence() <= count);
      if (top.sequence() == last) std::this_thread::yield();
      last = top.sequence();
      for (const Side side : kSides) assert_top(top, side, want[static_cast<int>(side)][last]);
      const BookTouch touch = snapshots.touch();
      assert(touch.sequence >= last_touch && touch.sequence >= last && touch.sequence <= count);
      last_touch = touch.sequence;
      assert_touch(touch, want[0][last_touch], want[1][last_touch]);
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back(read);
  while (started < 2) std::this_thread::yield();
  SnapshotPublisher publisher(book, snapshots);
  for (std::size_t at = 0; at < count; at += kBatch) {
    if (each_change) {
      book.on_batch(messages.data() + at, kBatch, publisher);
      publisher.publish();
    } else {
      book.on_batch(messages.data() + at, kBatch);
      publisher.renew(kBatch);
    }
    if (at % 500 == 0) std::this_thread::yield();  // to the readers
  }
  for (std::thread& reader : readers) reader.join();
}

void refusals() {
  for (const std::size_t bad : {std::size_t{0}, BookTop::kMaxLevels + 1}) {
    bool refused = false;
    try {
      BookSnapshots none(bad);
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    assert(refused);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) / 50 * 50 : 20000;
  for (const std::size_t levels : {1, 2, 10})
    for (const int width : {8, 60}) message_by_message(levels, width);
  for (const bool each_change : {true, false}) between_threads(count, each_change);
  refusals();
}
