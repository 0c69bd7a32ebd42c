// What one order book, many books of one feed and a matching engine share: the orders, the map of their ids, and the
// operations on them. OrderBook and OrderBooks say which levels an order is on; MatchingEngine works with the places of
// ids that these operations are made of.
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

// Where the levels of an order are. by_book is nullptr where there is no such book,
// clamped is then any.
template <class T>
concept LevelShelf = requires(const T& shelf, const Order& order, std::uint16_t book) {
  { shelf.of(order) } -> std::same_as<PriceLevels&>;
  { shelf.clamped(book) } -> std::same_as<const PriceLevels&>;
  { shelf.by_book(book) } -> std::same_as<PriceLevels*>;
};

class OrderStore {
 public:
  using Handle = std::uint32_t;
  using Result = OrderResult;
  using Key = IdMap::Key;
  static constexpr Handle kNoOrder = MemoryPool<Order>::kNull;

  // Batches fetch ahead from so many live orders on. Below it all is in the second-level cache: with 20,000 live orders
  // fetching costs 2 ns of 24, with 99,000 in a hundred books it saves half (Zen 4, 1 MB of that cache).
  static constexpr std::size_t kFetchFrom = std::size_t{1} << 15;

  explicit OrderStore(std::size_t orders) : orders_(orders), ids_(orders) {}

  template <class Sink>
  [[gnu::always_inline]] Result add(PriceLevels& levels, std::uint16_t group, Key key, Side side, std::int32_t price,
                                    std::int32_t lots, Sink& sink) {
    if (static_cast<std::uint8_t>(side) > 1) [[unlikely]]
      return fail(Result::bad_message, sink);
    if (lots <= 0) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    if (!PriceLevels::in_range(price)) [[unlikely]]
      return fail(Result::bad_price, sink);
    const IdMap::Place place = locate(key);
    if (place.handle != kNoOrder) [[unlikely]]
      return fail(Result::duplicate_id, sink);
    QueueLevel& level = levels.make(side, price);
    if (!level.has_room(lots)) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    const Handle handle = join(levels, level, place, group, key.id, side, price, lots);
    sink.added(handle, orders_[handle]);
    return Result::ok;
  }

  // Takes lots from an order: a reduce or an execute.
  template <LevelShelf Shelf, class Sink>
  Result take(Key key, std::int32_t lots, Kind kind, const Shelf& shelf, Sink& sink) noexcept {
    if (lots <= 0) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    const IdMap::Place place = locate(key);
    if (place.handle == kNoOrder) [[unlikely]]
      return fail(Result::unknown_id, sink);
    Order& order = orders_[place.handle];
    PriceLevels& levels = shelf.of(order);
    if (lots < order.qty_lots) {
      shrink(levels.of(order.side(), order.price_ticks), order, lots);
      sink.reduced(place.handle, order, lots, kind);
      return Result::ok;
    }
    const bool overfill = lots > order.qty_lots;
    close(levels, place, kind, sink);
    return overfill ? fail(Result::overfill, sink) : Result::ok;
  }

  template <LevelShelf Shelf, class Sink>
  [[gnu::always_inline]] Result cancel(Key key, const Shelf& shelf, Sink& sink) noexcept {
    const IdMap::Place place = locate(key);
    if (place.handle == kNoOrder) [[unlikely]]
      return fail(Result::unknown_id, sink);
    close(shelf.of(orders_[place.handle]), place, Kind::cancel, sink);
    return Result::ok;
  }

  template <LevelShelf Shelf, class Sink>
  [[gnu::noinline]] Result replace(Key old_key, Key new_key, std::int32_t price, std::int32_t lots, const Shelf& shelf,
                                   Sink& sink) {
    if (lots <= 0) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    if (!PriceLevels::in_range(price)) [[unlikely]]
      return fail(Result::bad_price, sink);
    const IdMap::Place place = locate(old_key);
    const Handle handle = place.handle;
    if (handle == kNoOrder) [[unlikely]]
      return fail(Result::unknown_id, sink);
    const IdMap::Place new_place = locate(new_key);
    if (new_key.id != old_key.id && new_place.handle != kNoOrder) [[unlikely]]
      return fail(Result::duplicate_id, sink);
    Order& order = orders_[handle];
    PriceLevels& levels = shelf.of(order);
    const Side side = order.side();
    // of a level that the order is on already this asks for a little more room than it needs
    if (const QueueLevel* to = levels.find(side, price); to && !to->has_room(lots)) [[unlikely]]
      return fail(Result::bad_quantity, sink);
    const Order before = order;
    unlink(levels, order);
    rename(place, new_place, new_key.id);
    order.price_ticks = price;
    order.qty_lots = lots;
    orders_.renew(handle);
    link(levels, levels.make(side, price), handle, order);
    sink.replaced(handle, before, order);
    return Result::ok;
  }

  template <LevelShelf Shelf, class Sink>
  Result apply(const OrderMessage& message, const Shelf& shelf, Sink& sink) {
    return apply(message, Key(message.order_id), shelf, sink);
  }
  template <LevelShelf Shelf, class Sink>
  Result apply(const OrderMessage& message, Key key, const Shelf& shelf, Sink& sink) {
    // most messages are adds or cancels: no more than two guesses for these
    if (message.kind == static_cast<std::uint8_t>(Kind::add)) {
      if (PriceLevels* levels = shelf.by_book(message.book)) [[likely]]
        return add(*levels, message.book, key, static_cast<Side>(message.side), message.price_ticks, message.qty_lots,
                   sink);
      return fail(Result::bad_message, sink);
    }
    if (message.kind == static_cast<std::uint8_t>(Kind::cancel)) return cancel(key, shelf, sink);
    if (message.kind == kReplaceOrder)
      return replace(key, message.new_id, message.price_ticks, message.qty_lots, shelf, sink);
    if (message.kind == static_cast<std::uint8_t>(Kind::reduce) ||
        message.kind == static_cast<std::uint8_t>(Kind::execute))
      return take(key, message.qty_lots, static_cast<Kind>(message.kind), shelf, sink);
    return fail(Result::bad_message, sink);
  }

  // Messages in order, the fastest way.
  template <LevelShelf Shelf, class Sink>
  void on_batch(const OrderMessage* messages, std::size_t count, const Shelf& shelf, Sink& sink) {
    each(messages, count, shelf, [&](const OrderMessage& message, Key key) { this->apply(message, key, shelf, sink); });
  }

  // Calls apply(message, key) for each message in order. What a message needs is fetched while those before it are
  // applied, in three steps, because each tells the address of the next: the line of its id, the order, the order's
  // level and neighbours. What a message in between changes makes a fetch useless, never wrong.
  template <class Message, LevelShelf Shelf, class Apply>
  void each(const Message* messages, std::size_t count, const Shelf& shelf, const Apply& apply) {
    if (orders_.size() < kFetchFrom) {
      for (std::size_t i = 0; i < count; ++i) {
        fetch_message(messages, i + kRead);
        apply(messages[i], Key(messages[i].order_id));
      }
      return;
    }
    Key keys[kRing];
    Handle handles[kRing] = {};
    for (std::size_t i = 0; i < count + 3 * kAhead; ++i) {
      fetch_message(messages, i + kRead);
      if (i < count) fetch_line(messages[i].order_id, keys[i % kRing]);
      if (i - kAhead < count) fetch_order(keys[(i - kAhead) % kRing], handles[(i - kAhead) % kRing]);
      if (i - 2 * kAhead < count) fetch_level(messages[i - 2 * kAhead], handles[(i - 2 * kAhead) % kRing], shelf);
      if (i - 3 * kAhead < count) apply(messages[i - 3 * kAhead], keys[(i - 3 * kAhead) % kRing]);
    }
  }

  // What the operations are made of. A place is of an id that is free (join, the new one of rename) or that rests.
  [[gnu::always_inline]] IdMap::Place locate(Key key) const noexcept {
    return ids_.locate(key, [&](Handle handle) { return orders_[handle].id == key.id; });
  }
  // To the end of the level of side and price, which must have room.
  [[gnu::always_inline]] Handle join(PriceLevels& levels, QueueLevel& level, const IdMap::Place& place,
                                     std::uint16_t group, std::uint64_t id, Side side, std::int32_t price,
                                     std::int32_t lots) {
    const Handle handle = orders_.allocate();
    ids_.insert(place, handle);
    Order& order = orders_[handle];
    order.id = id;
    order.price_ticks = price;
    order.qty_lots = lots;
    order.group = group;
    order.side_ = static_cast<std::uint8_t>(side);
    link(levels, level, handle, order);
    return handle;
  }
  // Ahead of a trade with a resting order, kNoOrder too: the line of its id, which the trade will need.
  [[gnu::always_inline]] void fetch(Handle handle) const noexcept {
    __builtin_prefetch(ids_.line(Key(orders_[handle].id)), 1);
  }
  // lots are fewer than the order has.
  [[gnu::always_inline]] static void shrink(QueueLevel& level, Order& order, std::int32_t lots) noexcept {
    order.qty_lots -= lots;
    level.total -= QueueLevel::lots(lots);
  }
  void rename(const IdMap::Place& place, const IdMap::Place& new_place, std::uint64_t new_id) {
    Order& order = orders_[place.handle];
    if (new_id == order.id) return;
    ids_.erase(place);
    ids_.insert(new_place, place.handle);
    order.id = new_id;
  }
  // The order leaves. tell(order, emptied) hears of it, and whether its level went with it, before the handle is free
  // for another one.
  template <class Tell>
  [[gnu::always_inline]] void close(PriceLevels& levels, const IdMap::Place& place, const Tell& tell) {
    Order& order = orders_[place.handle];
    const bool emptied = unlink(levels, order);
    ids_.erase(place);
    tell(order, emptied);
    orders_.release(place.handle);
  }

  Handle find(std::uint64_t id) const noexcept { return locate(id).handle; }

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
  MemoryPool<Order>& orders() noexcept { return orders_; }
  const IdMap& ids() const noexcept { return ids_; }
  const OrderCounts& counts() const noexcept { return counts_; }
  void reserve(std::size_t orders) {
    orders_.reserve(orders);
    ids_.reserve(orders);
  }

 private:
  // From one step to the next, in messages.
  static constexpr std::size_t kAhead = 8;
  static constexpr std::size_t kRing = 32;
  static_assert(kRing > 3 * kAhead);
  // The processor's own read-ahead ends at each page of 4 KB, a hundred messages: there it is helped out.
  static constexpr std::size_t kRead = 16;

  // No branch on the kind in these: it is not to be guessed, and a fetch of what is not needed costs less. Inlined by
  // force: GCC drops the call of a function that does nothing but prefetch.
  // i may be beyond the messages: to fetch what is not there does nothing.
  template <class Message>
  [[gnu::always_inline]] static void fetch_message(const Message* messages, std::size_t i) noexcept {
    __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(messages) + i * sizeof(Message)));
  }
  [[gnu::always_inline]] void fetch_line(std::uint64_t id, Key& key) const noexcept {
    key = Key(id);
    __builtin_prefetch(ids_.line(key), 1);
  }
  [[gnu::always_inline]] void fetch_order(Key key, Handle& handle) const noexcept {
    handle = ids_.likely(key);
    __builtin_prefetch(&orders_[handle], 1);
  }
  // Of an add, which has no order yet, the level is the message's.
  template <class Message, LevelShelf Shelf>
  [[gnu::always_inline]] void fetch_level(const Message& message, Handle handle, const Shelf& shelf) const noexcept {
    const Order& order = orders_[handle];
    const auto pick = [handle](auto a, auto b) {
      return choose(handle != kNoOrder, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b));
    };
    const PriceLevels& levels = shelf.clamped(static_cast<std::uint16_t>(pick(order.group, message.group())));
    __builtin_prefetch(levels.line(static_cast<Side>(pick(order.side_, message.side)),
                                   static_cast<std::int32_t>(pick(order.price_ticks, message.price_ticks))),
                       1);
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

  // Links are written without asking whether there is a neighbour: order 0 is nobody's and takes what is meant for
  // none, and a branch that follows the place in a queue is guessed wrong every other time.

  // first ? a : b, and never a branch.
  static std::uint32_t choose(bool first, std::uint32_t a, std::uint32_t b) noexcept {
    return b ^ ((a ^ b) & (0u - static_cast<std::uint32_t>(first)));
  }

  // To the end of the queue.
  [[gnu::always_inline]] void link(PriceLevels& levels, QueueLevel& level, Handle handle, Order& order) noexcept {
    order.prev = level.tail;
    order.next = kNoOrder;
    orders_[level.tail].next = handle;
    level.head = choose(level.head != kNoOrder, level.head, handle);
    level.tail = handle;
    if (level.empty()) levels.filled(order.side(), order.price_ticks);
    level.total += QueueLevel::order(order.qty_lots);
  }

  // Was it the last one of its level?
  [[gnu::always_inline]] bool unlink(PriceLevels& levels, const Order& order) noexcept {
    QueueLevel& level = levels.of(order.side(), order.price_ticks);
    const Handle prev = order.prev, next = order.next;
    orders_[prev].next = next;
    orders_[next].prev = prev;
    level.head = choose(prev != kNoOrder, level.head, next);
    level.tail = choose(next != kNoOrder, level.tail, prev);
    level.total -= QueueLevel::order(order.qty_lots);
    const bool emptied = level.empty();
    if (emptied) levels.emptied(order.side(), order.price_ticks);
    return emptied;
  }

  template <class Sink>
  [[gnu::always_inline]] void close(PriceLevels& levels, const IdMap::Place& place, Kind kind, Sink& sink) noexcept {
    close(levels, place, [&](Order& order, bool) {
      const std::int32_t lots = order.qty_lots;
      order.qty_lots = 0;
      sink.reduced(place.handle, order, lots, kind);
    });
  }

  MemoryPool<Order> orders_;
  IdMap ids_;
  OrderCounts counts_;
};

}  // namespace detail
}  // namespace lumina
