// The venue's orders by id, as each view of a tape knows them: what an update by id means for one price level, and the
// priority stamp that goes with it (SEMANTICS T1a, T3, T4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "lumina/book/order_book.hpp"
#include "lumina/feed/level_map.hpp"
#include "lumina/feed/update.hpp"
#include "lumina/types.hpp"

namespace lumina::feed {

// What an update of an order does to one level; at most two of them an update, a replace's cancel and add.
struct OrderStep {
  Kind kind;
  Side side;  // of the level; of a trade the aggressor
  std::int32_t price_ticks;
  std::int32_t change_lots;  // signed; of a trade its size
  std::uint16_t flags;       // kReplace, or none
  std::uint64_t order_id;
  std::uint64_t stamp;  // of what leaves; an add's is given when its row is written

  bool operator==(const OrderStep& other) const noexcept {
    return kind == other.kind && side == other.side && price_ticks == other.price_ticks &&
           change_lots == other.change_lots && flags == other.flags && order_id == other.order_id;
  }
};

struct IdCounts {
  std::int64_t unknown_ids = 0;    // an order that was never seen, or has gone
  std::int64_t duplicate_ids = 0;  // an add of an order that is there: the old one is cancelled first
  std::int64_t overfills = 0;      // more taken than was left: the order closes
  std::int64_t clipped = 0;        // more taken than the level held (seeded sources)
};

// One book serves both views until an update comes that is for one of them only.
class OrderViews {
 public:
  // seeded: levels may hold orders from before the data, which unknown ids then mean.
  explicit OrderViews(bool seeded) : seeded_(seeded) {}

  bool together() const noexcept { return !local_; }
  // From here on the views differ.
  void part() {
    if (local_) return;
    local_.emplace(exch_);
    local_stamps_ = exch_stamps_;
  }

  const OrderBook& book(int view) const noexcept { return view == kLocalView && local_ ? *local_ : exch_; }
  const IdCounts& counts() const noexcept { return counts_; }

  // Applies an update to one view's book (to the one of both while they are together). The updates are counted once,
  // with the exchange's view where they are for both: count says whether here.
  const std::vector<OrderStep>& apply(const Update& update, int view, bool count) {
    steps_.clear();
    OrderBook& book = own(view);
    const OrderBook::Handle handle = book.find(update.order_id);
    const bool known = handle != OrderBook::kNoOrder;
    if (update.is(Kind::add)) {
      if (known) {
        counts_.duplicate_ids += count;
        leave(book, view, handle, Kind::cancel, 0);
      }
      join(book, update, update.flags & kReplace);
    } else if (!known) {
      if (update.flags & kIfThere) {  // what refills an order that has just been filled comes as its modification
        if (update.kind == kModify && update.qty_lots > 0) join(book, update, kReplace);
        return steps_;
      }
      counts_.unknown_ids += count;
      unknown(book, update);
    } else if (update.kind == kModify) {
      modify(book, view, handle, update);
    } else {
      const std::int32_t left = book.order(handle).qty_lots;
      const bool whole = update.is(Kind::cancel);
      counts_.overfills += count && !whole && update.qty_lots > left;
      const auto lots = static_cast<std::int32_t>(whole ? left : std::min<std::int64_t>(update.qty_lots, left));
      take(book, view, handle, update.is(Kind::reduce) && lots == left ? Kind::cancel : static_cast<Kind>(update.kind),
           lots, update.flags & kReplace);
    }
    return steps_;
  }

  // The add of this order has been written under a number.
  void stamp(int view, std::uint64_t order_id, std::uint64_t number) {
    const OrderBook::Handle handle = book(view).find(order_id);
    std::vector<std::uint64_t>& stamps = this->stamps(view);
    if (handle >= stamps.size()) stamps.resize(std::max<std::size_t>(handle + 1, stamps.size() * 2));
    stamps[handle] = number;
  }
  // Priority stamp of an order that is there, else 0.
  std::uint64_t stamp_of(int view, std::uint64_t order_id) const noexcept {
    const OrderBook::Handle handle = book(view).find(order_id);
    return handle == OrderBook::kNoOrder ? 0 : (view == kLocalView && local_ ? local_stamps_ : exch_stamps_)[handle];
  }

  // Ids of all orders of a side, best price first, then by priority.
  void ids_of(int view, Side side, std::vector<std::uint64_t>& out) const {
    const OrderBook& book = this->book(view);
    for (std::int32_t price = book.best(side); OrderBook::is_price(price); price = book.behind(side, price))
      for (OrderBook::Handle h = book.first(side, price); h != OrderBook::kNoOrder; h = book.next(h))
        out.push_back(book.order(h).id);
  }

  void clipped() noexcept { ++counts_.clipped; }

 private:
  OrderBook& own(int view) noexcept { return view == kLocalView && local_ ? *local_ : exch_; }
  std::vector<std::uint64_t>& stamps(int view) noexcept {
    return view == kLocalView && local_ ? local_stamps_ : exch_stamps_;
  }

  void join(OrderBook& book, const Update& update, std::uint16_t replace) {
    const auto side = static_cast<Side>(update.side);
    const auto lots = static_cast<std::int32_t>(update.qty_lots);
    book.add(update.order_id, side, update.price_ticks, lots);
    steps_.push_back({Kind::add, side, update.price_ticks, lots, replace, update.order_id, 0});
  }

  void leave(OrderBook& book, int view, OrderBook::Handle handle, Kind kind, std::uint16_t replace) {
    take(book, view, handle, kind, book.order(handle).qty_lots, replace);
  }

  void take(OrderBook& book, int view, OrderBook::Handle handle, Kind kind, std::int32_t lots, std::uint16_t replace) {
    const Order& order = book.order(handle);
    const std::uint64_t id = order.id;
    steps_.push_back({kind, order.side(), order.price_ticks, -lots, replace, id, stamps(view)[handle]});
    book.reduce(id, lots);
  }

  void modify(OrderBook& book, int view, OrderBook::Handle handle, const Update& update) {
    const Order& order = book.order(handle);
    const bool stays = order.price_ticks == update.price_ticks && order.side() == static_cast<Side>(update.side) &&
                       update.qty_lots <= order.qty_lots && !(update.flags & kReplace);
    if (!stays) {
      leave(book, view, handle, Kind::cancel, kReplace);
      if (update.qty_lots > 0) join(book, update, kReplace);
    } else if (update.qty_lots < order.qty_lots) {
      const auto lots = static_cast<std::int32_t>(order.qty_lots - update.qty_lots);
      take(book, view, handle, update.qty_lots ? Kind::reduce : Kind::cancel, lots, 0);
    }
  }

  // An order from before the data has no stamp; what it takes is clipped to its level by whoever writes the row.
  void unknown(OrderBook& book, const Update& update) {
    const bool told = update.side <= static_cast<std::uint8_t>(Side::sell) && update.qty_lots > 0;
    if (!told) return;
    const auto side = static_cast<Side>(update.side);
    const auto lots = static_cast<std::int32_t>(update.qty_lots);
    if (update.kind == kModify) {
      join(book, update, 0);
    } else if (seeded_) {
      steps_.push_back({static_cast<Kind>(update.kind), side, update.price_ticks, -lots, 0, update.order_id, 0});
    } else if (update.is(Kind::execute)) {
      steps_.push_back({Kind::trade, opposite(side), update.price_ticks, lots, 0, update.order_id, 0});
    }
  }

  bool seeded_;
  OrderBook exch_;                                         // of both views while they are together
  std::optional<OrderBook> local_;                         // of the strategy's view since they parted
  std::vector<std::uint64_t> exch_stamps_, local_stamps_;  // by handle
  std::vector<OrderStep> steps_;
  IdCounts counts_;
};

}  // namespace lumina::feed
