// An order's whole life in one place: its log row, what the exchange holds, and what the strategy knows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/types.hpp"

namespace lumina {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// First in, first out over one vector that is reused: no allocation once it has grown to twice what is in it at once,
// and none at all for a few.
template <class T>
class Fifo {
 public:
  Fifo() { items_.reserve(64); }

  bool empty() const noexcept { return head_ == items_.size(); }
  std::size_t size() const noexcept { return items_.size() - head_; }
  T& front() noexcept { return items_[head_]; }
  const T& front() const noexcept { return items_[head_]; }
  void push(const T& item) {
    make_room();
    items_.push_back(item);
  }
  // Behind every item whose key is not above; the items are sorted by key.
  template <class Key>
  void insert(const T& item, Key key) {
    make_room();
    auto at = items_.end();
    while (at != items_.begin() + static_cast<std::ptrdiff_t>(head_) && key(*(at - 1)) > key(item)) --at;
    items_.insert(at, item);
  }
  T pop() {
    const T item = items_[head_++];
    if (empty()) {
      items_.clear();
      head_ = 0;
    }
    return item;
  }

 private:
  // Where the memory is full, what was popped makes way if that is half of it or more.
  void make_room() {
    if (items_.size() < items_.capacity() || head_ * 2 < items_.size()) return;
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
};

enum class RequestKind : std::uint8_t { submit = 0, cancel = 1, replace = 2 };

// A request on its way: first to the moment of sending, then to the exchange.
struct Request {
  std::int64_t ts_ns;  // of sending, then of arrival
  std::uint64_t order_id;
  std::int32_t price_ticks;
  std::int32_t qty_lots;
  std::uint32_t instrument;
  RequestKind kind;
};

// A report on its way back. kind is a lumina_event_kind.
struct Report {
  std::int64_t ts_ns;  // when the strategy learns of it
  std::int64_t exch_ts_ns;
  std::uint64_t order_id;
  std::int32_t price_ticks;
  std::int32_t qty_lots;
  std::int32_t leaves_lots;
  std::uint32_t instrument;
  std::uint8_t kind;
  std::uint8_t side;
  std::uint8_t reason;
  std::uint8_t flags;
};

struct OwnOrder {
  OrderRecord record{};  // price, quantity, filled and state as the exchange has them
  lumina_order view{};   // the same from the reports that the strategy has received
  bool accepted = false;
  bool closed = false;       // at the exchange
  std::uint8_t cancels = 0;  // asked for and not answered
  std::uint8_t replaces = 0;
  std::uint64_t older = 0, newer = 0;  // neighbours among the open orders of the instrument; 0: none
};

// All orders of a run; ids are 1, 2, 3, ... in order of submission.
class OrderStore {
 public:
  OwnOrder& add(const OwnOrder& order) {
    orders_.push_back(order);
    OwnOrder& added = orders_.back();
    added.record.order_id = added.view.order_id = orders_.size();
    return added;
  }
  OwnOrder* find(std::uint64_t id) noexcept { return id - 1 < orders_.size() ? &orders_[id - 1] : nullptr; }
  OwnOrder& at(std::uint64_t id) noexcept { return orders_[id - 1]; }
  const std::vector<OwnOrder>& all() const noexcept { return orders_; }

  // See RunLog::reserve.
  void reserve(std::size_t rows) { orders_.reserve(std::min<std::size_t>(rows / 32, std::size_t{1} << 18)); }

 private:
  std::vector<OwnOrder> orders_;
};

// What a run leaves behind, in the order in which it happened.
struct RunLog {
  std::vector<OrderEvent> order_events;
  std::vector<Fill> fills;
  bool overflow = false;                   // of an account: the run ends where it happened
  std::vector<std::int64_t> markout_mid2;  // [fill][horizon], kNoMid where the data ended before

  // Address space for a run over so many rows: it costs nothing until it is written, and saves moving the log as it
  // grows.
  void reserve(std::size_t rows, std::size_t horizons) {
    const std::size_t likely = std::min<std::size_t>(rows / 8, std::size_t{1} << 20);
    order_events.reserve(likely);
    fills.reserve(likely / 4);
    markout_mid2.reserve(likely / 4 * horizons);
  }

  void record(OrderAction action, std::int64_t ts_ns, std::int64_t report_ts_ns, const OrderRecord& order,
              std::int32_t price_ticks, std::int32_t qty_lots, std::int32_t leaves_lots, std::uint8_t reason) {
    order_events.push_back({ts_ns, report_ts_ns, order.order_id, price_ticks, qty_lots, leaves_lots, order.instrument,
                            static_cast<std::uint8_t>(action), order.side, order.type, reason, 0});
  }
};

}  // namespace lumina
