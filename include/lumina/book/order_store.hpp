// What one order book and many books of one feed share: the orders, the map of their ids, and the operations on them.
// OrderBook and OrderBooks say which levels an order is on.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "lumina/book/id_map.hpp"
#include "lumina/book/order.hpp"
#include "lumina/book/price_levels.hpp"
#include "lumina/memory_pool.hpp"
#include "lumina/types.hpp"

namespace lumina {

enum class OrderResult : std::uint8_t {
  ok,
  unknown_id,
  duplicate_id,
  overfill,      // more was taken than was left: the order is closed
  bad_price,     // beyond +-2^30 ticks
  bad_quantity,  // not positive, or the level would hold 2^42 lots or 2^20 orders
  bad_message,   // a kind that is none, an add without side, a book that is none
};

// Operations by result; all but overfills left the book as it was.
struct OrderCounts {
  std::uint64_t unknown_ids = 0;
  std::uint64_t duplicate_ids = 0;
  std::uint64_t overfills = 0;
  std::uint64_t bad_prices = 0;
  std::uint64_t bad_quantities = 0;
  std::uint64_t bad_messages = 0;

  std::uint64_t total() const noexcept {
    return unknown_ids + duplicate_ids + overfills + bad_prices + bad_quantities + bad_messages;
  }
};

// What a batch tells of each message. Derive and hide what is of interest; the calls are inlined.
struct OrderSink {
  using Handle = std::uint32_t;
  void added(Handle, const Order&) noexcept {}
  // lots were taken; the order is as after that, closed where nothing is left. kind: reduce, cancel or execute.
  void reduced(Handle, const Order&, std::int32_t /*lots*/, Kind) noexcept {}
  // The order before and after; it keeps its handle.
  void replaced(Handle, const Order& /*before*/, const Order& /*after*/) noexcept {}
  // Anything but ok, overfills after their `reduced`.
  void failed(OrderResult) noexcept {}
};

namespace detail {

// Where the levels of an order are. by_book is nullptr where there is no such book.
template <class T>
concept LevelShelf = requires(const T& shelf, const Order& order, std::uint16_t book) {
  { shelf.of(order) } -> std::same_as<PriceLevels&>;
  { shelf.by_book(book) } -> std::same_as<PriceLevels*>;
};

class OrderStore {
 public:
  using Handle = std::uint32_t;
  using Result = OrderResult;
  static constexpr Handle kNoOrder = MemoryPool<Order>::kNull;

  explicit OrderStore(std::size_t orders) : orders_(orders), ids_(orders) {}

  template <class Sink>
  Result add(PriceLevels& levels, std::uint16_t book, std::uint64_t id, Side side, std::int32_t price,
             std::int32_t lots, Sink& sink) {
    if (static_cast<std::uint8_t>(side) > 1) [[unlikely]]
      return fail(Result::bad_message, sink);
    if (lots <= 0) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    if (!PriceLevels::in_range(price)) [[unlikely]]
      return fail(Result::bad_price, sink);
    if (find(id) != kNoOrder) [[unlikely]]
      return fail(Result::duplicate_id, sink);
    QueueLevel& level = levels.make(side, price);
    if (!level.has_room(lots)) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    const Handle handle = orders_.allocate();
    ids_.insert(id, handle);
    Order& order = orders_[handle];
    order.id = id;
    order.price_ticks = price;
    order.qty_lots = lots;
    order.book = book;
    order.side_ = static_cast<std::uint8_t>(side);
    link(levels, level, handle, order);
    sink.added(handle, order);
    return Result::ok;
  }

  // Takes lots from an order: a reduce or an execute.
  template <LevelShelf Shelf, class Sink>
  Result take(std::uint64_t id, std::int32_t lots, Kind kind, const Shelf& shelf, Sink& sink) noexcept {
    if (lots <= 0) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    const Handle handle = find(id);
    if (handle == kNoOrder) [[unlikely]]
      return fail(Result::unknown_id, sink);
    Order& order = orders_[handle];
    PriceLevels& levels = shelf.of(order);
    if (lots < order.qty_lots) {
      order.qty_lots -= lots;
      levels.of(order.side(), order.price_ticks).total -= QueueLevel::lots(lots);
      sink.reduced(handle, order, lots, kind);
      return Result::ok;
    }
    const bool overfill = lots > order.qty_lots;
    close(levels, handle, order, kind, sink);
    return overfill ? fail(Result::overfill, sink) : Result::ok;
  }

  template <LevelShelf Shelf, class Sink>
  Result cancel(std::uint64_t id, const Shelf& shelf, Sink& sink) noexcept {
    const Handle handle = find(id);
    if (handle == kNoOrder) [[unlikely]]
      return fail(Result::unknown_id, sink);
    Order& order = orders_[handle];
    close(shelf.of(order), handle, order, Kind::cancel, sink);
    return Result::ok;
  }

  template <LevelShelf Shelf, class Sink>
  Result replace(std::uint64_t old_id, std::uint64_t new_id, std::int32_t price, std::int32_t lots,
                 const Shelf& shelf, Sink& sink) {
    if (lots <= 0) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    if (!PriceLevels::in_range(price)) [[unlikely]]
      return fail(Result::bad_price, sink);
    const Handle handle = find(old_id);
    if (handle == kNoOrder) [[unlikely]]
      return fail(Result::unknown_id, sink);
    if (new_id != old_id && find(new_id) != kNoOrder) [[unlikely]]
      return fail(Result::duplicate_id, sink);
    Order& order = orders_[handle];
    PriceLevels& levels = shelf.of(order);
    const Side side = order.side();
    // of a level that the order is on already this asks for a little more room than it needs
    if (const QueueLevel* to = levels.find(side, price); to && !to->has_room(lots)) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    const Order before = order;
    unlink(levels, order);
    if (new_id != old_id) {
      ids_.erase(old_id, handle);
      ids_.insert(new_id, handle);
      order.id = new_id;
    }
    order.price_ticks = price;
    order.qty_lots = lots;
    orders_.renew(handle);
    link(levels, levels.make(side, price), handle, order);
    sink.replaced(handle, before, order);
    return Result::ok;
  }

  template <LevelShelf Shelf, class Sink>
  Result apply(const OrderMessage& message, const Shelf& shelf, Sink& sink) {
    switch (message.kind) {
      case static_cast<std::uint8_t>(Kind::add):
        if (PriceLevels* levels = shelf.by_book(message.book)) [[likely]]
          return add(*levels, message.book, message.order_id, static_cast<Side>(message.side), message.price_ticks,
                     message.qty_lots, sink);
        return fail(Result::bad_message, sink);
      case static_cast<std::uint8_t>(Kind::reduce):
      case static_cast<std::uint8_t>(Kind::execute):
        return take(message.order_id, message.qty_lots, static_cast<Kind>(message.kind), shelf, sink);
      case static_cast<std::uint8_t>(Kind::cancel):
        return cancel(message.order_id, shelf, sink);
      case kReplaceOrder:
        return replace(message.order_id, message.new_id, message.price_ticks, message.qty_lots, shelf, sink);
      default:
        return fail(Result::bad_message, sink);
    }
  }

  // Messages in order. What a message needs is fetched while those before it are applied, in three steps, because
  // each tells the address of the next: the slot of its id, the order, the order's level and neighbours. What a
  // message in between changes makes a fetch useless, never wrong.
  template <LevelShelf Shelf, class Sink>
  void on_batch(const OrderMessage* messages, std::size_t count, const Shelf& shelf, Sink& sink) {
    if (orders_.size() < kPrefetchFrom) {
      for (std::size_t i = 0; i < count; ++i) apply(messages[i], shelf, sink);
      return;
    }
    for (std::size_t i = 0; i < std::min(kSlotsAhead, count); ++i) fetch_slots(messages[i]);
    for (std::size_t i = 0; i < std::min(kOrdersAhead, count); ++i) fetch_order(messages[i], shelf);
    for (std::size_t i = 0; i < count; ++i) {
      if (i + kSlotsAhead < count) fetch_slots(messages[i + kSlotsAhead]);
      if (i + kOrdersAhead < count) fetch_order(messages[i + kOrdersAhead], shelf);
      if (i + kLevelsAhead < count) fetch_level(messages[i + kLevelsAhead], shelf);
      apply(messages[i], shelf, sink);
    }
  }

  Handle find(std::uint64_t id) const noexcept {
    return ids_.find(id, [&](Handle handle) { return orders_[handle].id == id; });
  }

  template <class Sink>
  Result fail(Result result, Sink& sink) noexcept {
    count(result);
    sink.failed(result);
    return result;
  }

  // Forgets all orders; the levels are the caller's to clear. Counts stay.
  void clear() noexcept {
    for (Handle handle = 1; handle < orders_.end(); ++handle)
      if (orders_.alive(handle)) orders_.release(handle);
    ids_.clear();
  }

  const MemoryPool<Order>& orders() const noexcept { return orders_; }
  const IdMap& ids() const noexcept { return ids_; }
  const OrderCounts& counts() const noexcept { return counts_; }
  void reserve(std::size_t orders) {
    orders_.reserve(orders);
    ids_.reserve(orders);
  }

 private:
  // Below so many live orders all is in the near caches, and fetching ahead costs more than it saves.
  static constexpr std::size_t kPrefetchFrom = 4096;
  static constexpr std::size_t kSlotsAhead = 12;
  static constexpr std::size_t kOrdersAhead = 8;
  static constexpr std::size_t kLevelsAhead = 4;

  static bool is_add(const OrderMessage& message) noexcept {
    return message.kind == static_cast<std::uint8_t>(Kind::add);
  }
  void fetch_slots(const OrderMessage& message) const noexcept {
    __builtin_prefetch(ids_.slot(message.order_id), 1);
    if (message.kind == kReplaceOrder) __builtin_prefetch(ids_.slot(message.new_id), 1);
  }
  template <LevelShelf Shelf>
  void fetch_order(const OrderMessage& message, const Shelf& shelf) const noexcept {
    if (is_add(message)) {
      if (const PriceLevels* levels = shelf.by_book(message.book))
        __builtin_prefetch(levels->line(static_cast<Side>(message.side), message.price_ticks), 1);
    } else {
      __builtin_prefetch(&orders_[ids_.likely(message.order_id)], 1);
    }
  }
  template <LevelShelf Shelf>
  void fetch_level(const OrderMessage& message, const Shelf& shelf) const noexcept {
    if (is_add(message)) return;
    const Order& order = orders_[ids_.likely(message.order_id)];
    __builtin_prefetch(shelf.of(order).line(order.side(), order.price_ticks), 1);
    __builtin_prefetch(&orders_[order.prev], 1);
    __builtin_prefetch(&orders_[order.next], 1);
  }

  [[gnu::noinline, gnu::cold]] void count(Result result) noexcept {
    counts_.unknown_ids += result == Result::unknown_id;
    counts_.duplicate_ids += result == Result::duplicate_id;
    counts_.overfills += result == Result::overfill;
    counts_.bad_prices += result == Result::bad_price;
    counts_.bad_quantities += result == Result::bad_quantity;
    counts_.bad_messages += result == Result::bad_message;
  }

  // To the end of the queue.
  void link(PriceLevels& levels, QueueLevel& level, Handle handle, Order& order) noexcept {
    order.prev = level.tail;
    order.next = kNoOrder;
    if (level.empty()) {
      level.head = handle;
      levels.filled(order.side(), order.price_ticks);
    } else {
      orders_[level.tail].next = handle;
    }
    level.tail = handle;
    level.total += QueueLevel::order(order.qty_lots);
  }

  void unlink(PriceLevels& levels, const Order& order) noexcept {
    QueueLevel& level = levels.of(order.side(), order.price_ticks);
    if (order.prev != kNoOrder) {
      orders_[order.prev].next = order.next;
    } else {
      level.head = order.next;
    }
    if (order.next != kNoOrder) {
      orders_[order.next].prev = order.prev;
    } else {
      level.tail = order.prev;
    }
    level.total -= QueueLevel::order(order.qty_lots);
    if (level.empty()) levels.emptied(order.side(), order.price_ticks);
  }

  template <class Sink>
  void close(PriceLevels& levels, Handle handle, Order& order, Kind kind, Sink& sink) noexcept {
    unlink(levels, order);
    ids_.erase(order.id, handle);
    const std::int32_t lots = order.qty_lots;
    order.qty_lots = 0;
    sink.reduced(handle, order, lots, kind);
    orders_.release(handle);
  }

  MemoryPool<Order> orders_;
  IdMap ids_;
  OrderCounts counts_;
};

}  // namespace detail
}  // namespace lumina
