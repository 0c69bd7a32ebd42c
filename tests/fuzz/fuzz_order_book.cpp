// Operations decoded from bytes, on the order-by-order book and on ordered maps; any difference is a crash.
#include <cstdint>
#include <cstdlib>
#include <list>
#include <map>
#include <vector>

#include "lumina/book/order_book.hpp"

using lumina::OrderBook;
using lumina::OrderMessage;
using lumina::Side;
using Result = OrderBook::Result;

namespace {

constexpr std::int32_t kMaxPrice = 1 << 30;

void check(bool holds) {
  if (!holds) std::abort();
}

struct Model {
  struct Entry {
    std::uint64_t id;
    std::int32_t lots;
  };
  using Queue = std::list<Entry>;
  struct Where {
    unsigned side;
    std::int32_t price;
    Queue::iterator entry;
  };
  std::map<std::int32_t, Queue> levels[2];
  std::map<std::uint64_t, Where> ids;

  void join(std::uint64_t id, unsigned side, std::int32_t price, std::int32_t lots) {
    Queue& queue = levels[side][price];
    ids[id] = {side, price, queue.insert(queue.end(), Entry{id, lots})};
  }
  void leave(std::uint64_t id) {
    const Where where = ids.at(id);
    Queue& queue = levels[where.side].at(where.price);
    queue.erase(where.entry);
    if (queue.empty()) levels[where.side].erase(where.price);
    ids.erase(id);
  }
  static bool off(std::int32_t price) { return price < -kMaxPrice || price > kMaxPrice; }
  bool full(unsigned side, std::int32_t price, std::int32_t lots) {
    const auto it = levels[side].find(price);
    if (it == levels[side].end()) return false;
    std::int64_t sum = lots;
    for (const Entry& entry : it->second) sum += entry.lots;
    return sum >= std::int64_t{1} << 42;
  }

  Result apply(const OrderMessage& m) {
    switch (m.kind) {
      case static_cast<std::uint8_t>(lumina::Kind::add):
        if (m.side > 1) return Result::bad_message;
        if (m.qty_lots <= 0) return Result::bad_quantity;
        if (off(m.price_ticks)) return Result::bad_price;
        if (ids.contains(m.order_id)) return Result::duplicate_id;
        if (full(m.side, m.price_ticks, m.qty_lots)) return Result::bad_quantity;
        join(m.order_id, m.side, m.price_ticks, m.qty_lots);
        return Result::ok;
      case static_cast<std::uint8_t>(lumina::Kind::reduce):
      case static_cast<std::uint8_t>(lumina::Kind::execute): {
        if (m.qty_lots <= 0) return Result::bad_quantity;
        const auto it = ids.find(m.order_id);
        if (it == ids.end()) return Result::unknown_id;
        const std::int32_t left = it->second.entry->lots;
        if (m.qty_lots < left) {
          it->second.entry->lots -= m.qty_lots;
        } else {
          leave(m.order_id);
        }
        return m.qty_lots > left ? Result::overfill : Result::ok;
      }
      case static_cast<std::uint8_t>(lumina::Kind::cancel):
        if (!ids.contains(m.order_id)) return Result::unknown_id;
        leave(m.order_id);
        return Result::ok;
      case lumina::kReplaceOrder: {
        if (m.qty_lots <= 0) return Result::bad_quantity;
        if (off(m.price_ticks)) return Result::bad_price;
        if (!ids.contains(m.order_id)) return Result::unknown_id;
        if (m.new_id != m.order_id && ids.contains(m.new_id)) return Result::duplicate_id;
        const unsigned side = ids.at(m.order_id).side;
        if (full(side, m.price_ticks, m.qty_lots)) return Result::bad_quantity;
        leave(m.order_id);
        join(m.new_id, side, m.price_ticks, m.qty_lots);
        return Result::ok;
      }
      default:
        return Result::bad_message;
    }
  }
};

void compare(const OrderBook& book, const Model& model) {
  check(book.size() == model.ids.size());
  for (const Side side : {Side::buy, Side::sell}) {
    const auto& levels = model.levels[static_cast<unsigned>(side)];
    std::int32_t price = book.best(side);
    const auto visit = [&](std::int32_t wanted, const Model::Queue& queue) {
      check(price == wanted);
      std::int64_t sum = 0;
      OrderBook::Handle handle = book.first(side, price);
      for (const Model::Entry& entry : queue) {
        const lumina::Order& order = book.order(handle);
        check(order.id == entry.id && order.qty_lots == entry.lots && order.price_ticks == price &&
              order.side() == side && book.find(entry.id) == handle && book.queue_ahead(entry.id) == sum);
        sum += entry.lots;
        handle = book.next(handle);
      }
      check(handle == OrderBook::kNoOrder && book.qty(side, price) == sum && book.count(side, price) == queue.size());
      price = book.behind(side, price);
    };
    if (side == Side::buy) {
      for (auto it = levels.rbegin(); it != levels.rend(); ++it) visit(it->first, it->second);
    } else {
      for (auto it = levels.begin(); it != levels.end(); ++it) visit(it->first, it->second);
    }
    check(price == OrderBook::none(side));
  }
}

struct Bytes {
  const std::uint8_t* at;
  const std::uint8_t* end;
  std::uint64_t take(unsigned bytes) {
    std::uint64_t value = 0;
    for (; bytes && at != end; --bytes) value = value << 8 | *at++;
    return value;
  }
};

// Ids and prices are small numbers most of the time, so that operations meet; any value is possible.
std::uint64_t id_of(Bytes& bytes, unsigned form) {
  const std::uint64_t low = bytes.take(1);
  switch (form & 3) {
    case 0:
    case 1:
      return low % 32;
    case 2:
      return ~low;
    default:
      return low | bytes.take(7) << 8;
  }
}

OrderMessage message_of(Bytes& bytes) {
  const auto form = static_cast<unsigned>(bytes.take(1));
  constexpr std::uint8_t kinds[] = {2, 2, 2, 3, 4, 5, lumina::kReplaceOrder, 99};
  OrderMessage message{};
  message.kind = kinds[form & 7];
  message.side = static_cast<std::uint8_t>((form >> 3 & 1) + (form == 0xE2 ? 1 : 0));
  message.order_id = id_of(bytes, form >> 4);
  if (message.kind == lumina::kReplaceOrder) message.new_id = id_of(bytes, form >> 5);
  const auto near = static_cast<std::int32_t>(bytes.take(1));
  message.price_ticks = near < 224 ? near % 16 : static_cast<std::int32_t>(bytes.take(4));
  const auto lots = static_cast<std::int32_t>(bytes.take(1));
  message.qty_lots = lots < 240 ? lots % 8 : static_cast<std::int32_t>(bytes.take(4));
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes{data, data + size};
  OrderBook book, batched;
  Model model;
  std::vector<OrderMessage> messages;
  std::uint64_t failures = 0;
  while (bytes.at != bytes.end) {
    messages.push_back(message_of(bytes));
    Result result = book.apply(messages.back());
#if defined(SEEDED_BUG)
    // an order that trades its last three lots stays
    if (messages.back().kind == 5 && messages.back().qty_lots == 3 && result == Result::ok &&
        book.find(messages.back().order_id) == OrderBook::kNoOrder)
      book.add(messages.back().order_id, Side::buy, 1, 3);
#endif
    check(result == model.apply(messages.back()));
    failures += result != Result::ok;
    check(book.counts().total() == failures);
    check(book.best(Side::buy) == (model.levels[0].empty() ? OrderBook::kNoBid : model.levels[0].rbegin()->first));
    check(book.best(Side::sell) == (model.levels[1].empty() ? OrderBook::kNoAsk : model.levels[1].begin()->first));
    if (messages.size() % 16 == 0) compare(book, model);
  }
  compare(book, model);
  batched.on_batch(messages.data(), messages.size());
  compare(batched, model);
  compare(OrderBook(batched), model);
  return 0;
}
