// The order-by-order book: what each operation does, and the whole book against ordered maps and lists, state by state.
#undef NDEBUG
#include <algorithm>
#include <cassert>
#include <functional>
#include <list>
#include <map>
#include <random>
#include <unordered_map>
#include <vector>

#include "lumina/book/order_book.hpp"
#include "lumina/book/order_books.hpp"

using lumina::OrderBook;
using lumina::Side;
using Result = OrderBook::Result;

namespace {

constexpr std::int32_t kMaxPrice = 1 << 30;

// The same rules with the standard library's containers.
struct Reference {
  struct Entry {
    std::uint64_t id;
    Side side;
    int price, lots;
  };
  using Queue = std::list<Entry>;
  std::map<int, Queue> levels[2];
  std::unordered_map<std::uint64_t, Queue::iterator> ids;

  void join(std::uint64_t id, Side side, int price, int lots) {
    Queue& queue = levels[static_cast<int>(side)][price];
    ids[id] = queue.insert(queue.end(), Entry{id, side, price, lots});
  }
  void leave(std::uint64_t id) {
    const Queue::iterator it = ids.at(id);
    auto& side = levels[static_cast<int>(it->side)];
    Queue& queue = side.at(it->price);
    const int price = it->price;
    queue.erase(it);
    if (queue.empty()) side.erase(price);
    ids.erase(id);
  }
  Result add(std::uint64_t id, Side side, int price, int lots) {
    if (lots <= 0) return Result::bad_quantity;
    if (price < -kMaxPrice || price > kMaxPrice) return Result::bad_price;
    if (ids.contains(id)) return Result::duplicate_id;
    join(id, side, price, lots);
    return Result::ok;
  }
  Result take(std::uint64_t id, int lots) {
    if (lots <= 0) return Result::bad_quantity;
    if (!ids.contains(id)) return Result::unknown_id;
    const int left = ids[id]->lots;
    if (lots < left) {
      ids[id]->lots -= lots;
    } else {
      leave(id);
    }
    return lots > left ? Result::overfill : Result::ok;
  }
  Result cancel(std::uint64_t id) {
    if (!ids.contains(id)) return Result::unknown_id;
    leave(id);
    return Result::ok;
  }
  Result replace(std::uint64_t old_id, std::uint64_t new_id, int price, int lots) {
    if (lots <= 0) return Result::bad_quantity;
    if (price < -kMaxPrice || price > kMaxPrice) return Result::bad_price;
    if (!ids.contains(old_id)) return Result::unknown_id;
    if (new_id != old_id && ids.contains(new_id)) return Result::duplicate_id;
    const Side side = ids[old_id]->side;
    leave(old_id);
    join(new_id, side, price, lots);
    return Result::ok;
  }
};

void check_equal(const OrderBook& book, const Reference& want) {
  assert(book.size() == want.ids.size());
  for (const Side side : {Side::buy, Side::sell}) {
    const auto& levels = want.levels[static_cast<int>(side)];
    std::vector<int> prices;
    for (const auto& [price, queue] : levels) prices.push_back(price);
    if (side == Side::buy) std::reverse(prices.begin(), prices.end());
    std::int32_t price = book.best(side);
    for (const int wanted : prices) {
      assert(price == wanted);
      std::int64_t ahead = 0;
      OrderBook::Handle handle = book.first(side, price);
      for (const Reference::Entry& entry : levels.at(price)) {
        const lumina::Order& order = book.order(handle);
        assert(order.id == entry.id && order.qty_lots == entry.lots && order.price_ticks == price &&
               order.side() == side);
        assert(book.find(entry.id) == handle && book.queue_ahead(entry.id) == ahead);
        ahead += entry.lots;
        handle = book.next(handle);
      }
      assert(handle == OrderBook::kNoOrder);
      assert(book.qty(side, price) == ahead && book.count(side, price) == levels.at(price).size());
      price = book.behind(side, price);
    }
    assert(price == OrderBook::none(side));
  }
}

using Draw = std::function<std::uint64_t(std::mt19937_64&)>;

void compare(unsigned seed, const Draw& new_id, const Draw& draw_price, int operations) {
  std::mt19937_64 random(seed);
  OrderBook book, copy;
  Reference want;
  std::vector<std::uint64_t> known{0, ~std::uint64_t{0}};
  std::uint64_t failures = 0;
  for (int i = 0; i < operations; ++i) {
    const auto price = static_cast<std::int32_t>(draw_price(random));
    const int lots = random() % 64 == 0 ? -static_cast<int>(random() % 2) : 1 + static_cast<int>(random() % 20);
    const std::uint64_t fresh = random() % 50 == 0 ? known[random() % known.size()] : new_id(random);
    const std::uint64_t id = known[known.size() - 1 - random() % std::min<std::size_t>(known.size(), 400)];
    const auto side = static_cast<Side>(random() % 2);
    Result got, wanted;
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        got = book.add(fresh, side, price, lots);
        wanted = want.add(fresh, side, price, lots);
        known.push_back(fresh);
        break;
      case 3:
        got = book.reduce(id, lots);
        wanted = want.take(id, lots);
        break;
      case 4:
        got = book.execute(id, lots);
        wanted = want.take(id, lots);
        break;
      case 5:
      case 6:
        got = book.cancel(id);
        wanted = want.cancel(id);
        break;
      default: {
        const std::uint64_t to = random() % 3 == 0 ? id : fresh;
        got = book.replace(id, to, price, lots);
        wanted = want.replace(id, to, price, lots);
        known.push_back(to);
      }
    }
    assert(got == wanted);
    failures += got != Result::ok;
    assert(book.counts().total() == failures);
    if (i % 997 == 0) check_equal(book, want);
    if (i % 9973 == 0) copy = book;  // the copy lives on by itself
  }
  check_equal(book, want);
  const OrderBook kept = book;
  book.clear();
  check_equal(book, Reference{});
  check_equal(kept, want);
  assert(book.add(1, Side::buy, 5, 5) == Result::ok && book.best(Side::buy) == 5);
}

void results() {
  OrderBook book;
  assert(book.best(Side::buy) == OrderBook::kNoBid && book.best(Side::sell) == OrderBook::kNoAsk);
  assert(book.find(7) == OrderBook::kNoOrder && book.queue_ahead(7) == -1);
  assert(book.add(7, Side::buy, 100, 10) == Result::ok);
  assert(book.add(8, Side::buy, 100, 5) == Result::ok);
  assert(book.queue_ahead(8) == 10);
  assert(book.add(7, Side::sell, 101, 10) == Result::duplicate_id);
  assert(book.add(9, Side::none, 101, 10) == Result::bad_message);
  assert(book.add(9, Side::sell, 101, 0) == Result::bad_quantity);
  assert(book.add(9, Side::sell, kMaxPrice + 1, 1) == Result::bad_price);
  assert(book.add(9, Side::buy, -kMaxPrice - 1, 1) == Result::bad_price);
  assert(book.reduce(9, 1) == Result::unknown_id && book.cancel(9) == Result::unknown_id);
  assert(book.reduce(7, -1) == Result::bad_quantity);
  assert(book.reduce(7, 4) == Result::ok && book.queue_ahead(8) == 6 && book.qty(Side::buy, 100) == 11);
  assert(book.execute(7, 6) == Result::ok && book.find(7) == OrderBook::kNoOrder && book.queue_ahead(8) == 0);
  assert(book.execute(8, 6) == Result::overfill && book.size() == 0);
  assert(book.best(Side::buy) == OrderBook::kNoBid);
  assert(book.add(1, Side::sell, 50, 5) == Result::ok && book.add(2, Side::sell, 50, 6) == Result::ok);
  const auto tag = book.order(book.find(1)).generation;
  assert(book.replace(1, 1, 50, 7) == Result::ok && book.queue_ahead(1) == 6 && book.queue_ahead(2) == 0);
  assert(book.order(book.find(1)).generation != tag);
  assert(book.replace(1, 2, 50, 7) == Result::duplicate_id && book.replace(3, 4, 50, 7) == Result::unknown_id);
  assert(book.replace(1, 4, 49, 1) == Result::ok && book.best(Side::sell) == 49 && book.find(1) == 0);
  lumina::OrderMessage message{};
  message.kind = 77;
  assert(book.apply(message) == Result::bad_message);
  const OrderBook::Counts& counts = book.counts();
  assert(counts.unknown_ids == 3 && counts.duplicate_ids == 2 && counts.overfills == 1 && counts.bad_prices == 2 &&
         counts.bad_quantities == 2 && counts.bad_messages == 2);
}

// A level holds less than 2^42 lots; what would be more is refused, and the book stays.
void a_level_has_a_bound() {
  OrderBook book;
  std::uint64_t id = 0;
  while (book.add(++id, Side::buy, 1, INT32_MAX) == Result::ok) assert(id <= 2049);
  assert(id == 2049 && book.count(Side::buy, 1) == 2048 && book.qty(Side::buy, 1) == 2048 * std::int64_t{INT32_MAX});
  assert(book.add(id, Side::sell, 2, 1) == Result::ok && book.replace(1, 1, 1, INT32_MAX) == Result::bad_quantity);
  assert(book.queue_ahead(1) == 0);
}

// The ladder grows with the book and follows the touch; nothing is lost on the way.
void the_market_moves() {
  OrderBook book;
  Reference want;
  std::uint64_t id = 0;
  for (int step = 0; step < 60000; ++step) {
    const int mid = step * 40 - 1000000;
    const int away = 1 + static_cast<int>(id * 2654435761u % 3000);
    const Side side = static_cast<Side>(step % 2);
    const int price = side == Side::buy ? mid - away : mid + away;
    ++id;
    assert(book.add(id, side, price, 3) == want.add(id, side, price, 3));
    if (id > 2000) assert(book.cancel(id - 2000) == want.cancel(id - 2000));
    if (step % 3001 == 0) check_equal(book, want);
  }
  check_equal(book, want);
}

// Ids that share no block cost memory by their number.
void memory_is_bounded() {
  const std::uint32_t count = 20000;
  std::mt19937_64 random(1);
  for (const std::uint64_t step : {0u, 1u, 64u, 1000u, 4096u, 1u << 20}) {
    std::vector<std::uint64_t> ids(count);
    for (std::uint32_t i = 0; i < count; ++i) ids[i] = step ? i * step : random();
    lumina::IdMap map;
    const auto locate = [&](std::uint32_t i) {
      return map.locate(ids[i], [&](std::uint32_t handle) { return ids[handle - 1] == ids[i]; });
    };
    for (std::uint32_t i = 0; i < count; ++i) map.insert(locate(i), i + 1);
    assert(map.size() == count && map.bytes() <= count * 64);
    for (std::uint32_t i = 0; i < count; i += 3) map.erase(locate(i));
    for (std::uint32_t i = 0; i < count; ++i) assert(locate(i).handle == (i % 3 ? i + 1 : 0));
  }
}

// Several books that share ids against one book each: a message that names an order finds its book. The sink hears of
// each message once, and what it hears adds up to the books.
struct Totals : lumina::OrderSink {
  std::map<std::pair<int, int>, std::int64_t> lots;  // by book and side
  std::size_t calls = 0;
  void move(const lumina::Order& order, std::int64_t change) { lots[{order.group, order.side_}] += change; }
  void added(Handle, const lumina::Order& order) { ++calls, move(order, order.qty_lots); }
  void reduced(Handle, const lumina::Order& order, std::int32_t taken, lumina::Kind) { ++calls, move(order, -taken); }
  void replaced(Handle, const lumina::Order& before, const lumina::Order& after) {
    ++calls, move(before, -before.qty_lots), move(after, after.qty_lots);
  }
  void failed(Result result) { calls += result != Result::overfill; }
};

void many_books() {
  constexpr std::size_t kBooks = 5;
  std::mt19937_64 random(3);
  lumina::OrderBooks books(kBooks);
  std::vector<Reference> want(kBooks);
  std::unordered_map<std::uint64_t, std::size_t> owner;
  std::vector<lumina::OrderMessage> messages(300000);
  std::uint64_t last = 0, failures = 0;
  for (auto& message : messages) {
    message = {};
    constexpr std::uint8_t kinds[] = {2, 2, 2, 2, 3, 4, 5, lumina::kReplaceOrder};
    message.kind = kinds[random() % 8];
    message.order_id = message.kind == 2 ? ++last : last - random() % std::min<std::uint64_t>(last + 1, 20000);
    message.book = static_cast<std::uint16_t>(random() % (kBooks + 1));  // one too many
    message.side = random() % 2;
    message.price_ticks = 1000 + static_cast<int>(random() % 300);
    message.qty_lots = 1 + static_cast<int>(random() % 9);
    const auto it = owner.find(message.order_id);
    Result result = Result::unknown_id;
    if (message.kind == 2) {
      result = Result::bad_message;
      if (message.book < kBooks) {
        result = want[message.book].add(message.order_id, static_cast<Side>(message.side), message.price_ticks,
                                        message.qty_lots);
        owner[message.order_id] = message.book;
      }
    } else if (it != owner.end()) {
      Reference& book = want[it->second];
      if (message.kind == lumina::kReplaceOrder) {
        message.new_id = ++last;
        result = book.replace(message.order_id, message.new_id, message.price_ticks, message.qty_lots);
        if (result == Result::ok) owner[message.new_id] = it->second;
      } else {
        result = message.kind == 4 ? book.cancel(message.order_id) : book.take(message.order_id, message.qty_lots);
      }
    }
    failures += result != Result::ok;
  }
  Totals totals;
  for (std::size_t i = 0; i < messages.size(); i += 1000) books.on_batch(&messages[i], 1000, totals);
  assert(totals.calls == messages.size() && books.counts().total() == failures);
  std::size_t size = 0;
  for (std::size_t b = 0; b < kBooks; ++b) {
    size += want[b].ids.size();
    const lumina::PriceLevels& levels = books.levels(static_cast<std::uint16_t>(b));
    for (const Side side : {Side::buy, Side::sell}) {
      std::int64_t lots = 0;
      std::size_t orders = 0;
      for (auto price = levels.best(side); OrderBook::is_price(price); price = levels.behind(side, price)) {
        auto handle = levels.find(side, price)->head;
        for (const Reference::Entry& entry : want[b].levels[static_cast<int>(side)].at(price)) {
          assert(books.order(handle).id == entry.id && books.order(handle).qty_lots == entry.lots);
          assert(books.order(handle).group == b && books.find(entry.id) == handle);
          handle = books.next(handle), lots += entry.lots, ++orders;
        }
        assert(handle == OrderBook::kNoOrder);
      }
      assert((totals.lots[{static_cast<int>(b), static_cast<int>(side)}] == lots));
      for (const auto& [price, queue] : want[b].levels[static_cast<int>(side)]) orders -= queue.size();
      assert(orders == 0);
    }
  }
  assert(books.size() == size && size > lumina::detail::OrderStore::kFetchFrom);  // so many that batches fetch ahead
}

}  // namespace

int main() {
  results();
  a_level_has_a_bound();
  the_market_moves();
  memory_is_bounded();
  many_books();
  std::uint64_t counter = 1;
  const Draw sequence = [&](auto&) { return counter++; };
  const Draw any = [](auto& random) { return random(); };
  const Draw clusters = [](auto& random) { return (random() % 8) << 50 | (random() % 4000) * (random() % 3 ? 1 : 64); };
  const Draw near = [](auto& random) { return 900 + random() % 200; };
  const Draw wild = [](auto& random) {
    switch (random() % 4) {
      case 0:
        return random() % 400000 - 200000;
      case 1:
        return random();
      case 2:
        return (random() % 2 ? kMaxPrice : -kMaxPrice) + random() % 3 - 1;
      default:
        return 900 + random() % 200;
    }
  };
  unsigned seed = 0;
  for (const Draw* ids : {&sequence, &any, &clusters})
    for (const Draw* prices : {&near, &wild}) compare(++seed, *ids, *prices, 60000);
}
