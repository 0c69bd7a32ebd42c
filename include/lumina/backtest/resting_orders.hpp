// Our resting orders in the queues of a recorded market: who stands ahead, whose queue is not known, and which rows
// concern us at all (SEMANTICS F1, F4, F5, F9). Orders have our prices, the recorded market its own; the impact shift
// is the difference.
//
// On L2 a model says what a level's change did to the queue ahead, on L3 the stamps tell it; there nothing is ever
// unknown but where the source shows a window of levels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lumina/backtest/own_book.hpp"
#include "lumina/backtest/queue_model.hpp"
#include "lumina/backtest/recorded_market.hpp"
#include "lumina/backtest/taken_liquidity.hpp"
#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

class RestingOrders {
 public:
  RestingOrders(const QueueModel& queue, const TapeView& tape)
      : queue_(queue), by_order_(tape.by_order), freezes_(!tape.by_order || tape.depth_limit > 0) {}

  OwnSide& side(Side side) noexcept { return own_[static_cast<unsigned>(side)]; }
  bool empty() const noexcept { return own_[0].empty() && own_[1].empty(); }
  // Nothing of ours that a row could touch.
  bool idle() const noexcept { return empty() && taken_.empty(); }
  const TakenLiquidity& taken() const noexcept { return taken_; }
  bool any_unseen() const noexcept { return any_unseen_; }
  std::int32_t recorded(std::int32_t price_ticks) const noexcept { return price_ticks - shift_; }
  std::int32_t shift_ticks() const noexcept { return shift_; }

  // Can a change touch our orders or what we took? One on a level of ours; or, of the other side, at or through our
  // best. May say yes too often, never no wrongly.
  bool concern(const Event& row) const noexcept {
    const unsigned s = row.side & 1u;
    const bool reaches = s ? row.price_ticks <= best_[0] : row.price_ticks >= best_[1];
    return reaches | filter_[s].test(row.price_ticks);
  }
  // Is a recorded price of the other side, or a print, at or through our best order of the side?
  bool reached(Side side, std::int32_t price) const noexcept {
    return !DepthBook::better(side, price, best_[static_cast<unsigned>(side)]);
  }

  // A level changed. covered: it was wiped or rebuilt, which tells nothing of the queue.
  void on_level(const Event& row, const DepthBook::Step& step, bool covered) {
    const auto s = static_cast<Side>(row.side & 1u);
    const std::int32_t price = row.price_ticks;
    if (!filter_[static_cast<unsigned>(s)].test(price)) return;
    covered &= freezes_;
    OwnSide& orders = side(s);
    double floor = 0.0;  // a later order is never ahead of an earlier one
    for (std::size_t i = first_at(s, price); i < orders.size() && recorded(orders[i].price_ticks) == price; ++i) {
      Resting& order = orders[i];
      if (order.blocked() || covered) {
        if (step.after > 0) {
          order.front = std::min(order.front, static_cast<double>(step.after));
          order.frozen = order.unseen = false;
        } else if (covered) {
          order.frozen = true;
        }
      } else if (by_order_) {
        const bool ahead = row.qty_lots < 0 && row.stamp < order.number;
        order.front = std::clamp(order.front + (ahead ? row.qty_lots : 0), 0.0, std::max<double>(step.after, 0.0));
      } else {
        order.front = queue_.after_depth(order.front, step.before, std::max(step.after, 0), step.printed);
      }
      order.front = floor = std::max(order.front, floor);
    }
    if (taken_.changed(row, by_order_ ? row.stamp : 0)) refresh();
  }

  // Lots of a print that reach an order in its queue, given what our orders ahead of it took.
  static std::int32_t reach(const Resting& order, std::int32_t print_lots, std::int32_t given) noexcept {
    return static_cast<std::int32_t>(std::max(print_lots - std::ceil(order.front - 1e-9) - given, 0.0));
  }
  double after_trade(const Resting& order, std::int32_t print_lots, double displayed) const noexcept {
    return queue_.after_trade(order.front, print_lots, displayed);
  }

  // Joins the queue of its level. displayed counts where the level is shown, otherwise the queue is unknown.
  const Resting& rest(Side s, std::uint64_t order_id, std::int32_t price_ticks, std::int32_t open_lots, bool shown,
                      std::int32_t displayed, std::uint64_t number) {
    OwnSide& orders = side(s);
    const std::size_t at =
        orders.insert({order_id, price_ticks, open_lots, shown ? displayed : kUnknownFront, number, false, !shown});
    Resting& order = orders[at];
    if (at > 0 && orders[at - 1].price_ticks == price_ticks) {  // behind an own order
      const Resting& ahead = orders[at - 1];
      order.front = std::max(order.front, ahead.front);
      order.frozen = ahead.frozen;
      order.unseen |= ahead.unseen;
    }
    any_unseen_ |= order.unseen;
    came(s, at);
    return order;
  }

  void erase(Side s, std::size_t at) {
    side(s).erase(at);
    went(1);
  }
  // So many orders have nothing open any more.
  void erase_filled(std::size_t count) {
    std::size_t left = count;
    for (OwnSide& orders : own_) left -= orders.erase_filled(left);
    went(count);
  }
  // Takes lots of what stands in a level without being known as orders, or of one order of it, of which so much is
  // left.
  void take(Side quotes, std::int32_t price, std::int32_t lots, std::uint64_t stamp = 0, std::int32_t left = 0) {
    taken_.add(quotes, price, lots, stamp, left);
    filter_[static_cast<unsigned>(quotes)].add(price);
  }
  // Takes lots from the head of a level.
  void take_first(Side quotes, std::int32_t price, std::int32_t lots, const RecordedMarket& market) {
    if (!by_order_) {
      take(quotes, price, lots);
      return;
    }
    market.queue(quotes, price, level_queue_);
    for (const RecordedMarket::QueuedOrder& order : level_queue_) {
      const std::int32_t part = std::min(order.lots - taken_.of(quotes, price, order.stamp), lots);
      if (part <= 0) continue;
      take(quotes, price, part, order.stamp, order.lots);
      if ((lots -= part) == 0) break;
    }
  }
  void set_shift(std::int32_t shift_ticks) {
    if (shift_ticks == shift_) return;
    shift_ = shift_ticks;
    refresh();
  }

  // ---- queues whose length is not known (F5) -----------------------------------------------------------------

  void freeze_all() noexcept {
    if (!freezes_) return;
    for (OwnSide& orders : own_)
      for (Resting& order : orders) order.frozen = true;
  }

  // A snapshot has ended: what it shows, or shows to be absent, is known again.
  void thaw_shown(const RecordedMarket& market) {
    for (const Side s : {Side::buy, Side::sell}) {
      for (std::size_t i = 0; i < side(s).size(); ++i)
        if (side(s)[i].blocked() && market.shown(s, recorded(side(s)[i].price_ticks))) thaw(s, i, market);
    }
  }

  // An event has ended: levels come into the window and leave it.
  void judge_unseen(const RecordedMarket& market) {
    any_unseen_ = false;
    for (const Side s : {Side::buy, Side::sell}) {
      for (std::size_t i = 0; i < side(s).size(); ++i) {
        Resting& order = side(s)[i];
        if (order.frozen) continue;
        const std::int32_t price = recorded(order.price_ticks);
        if (!order.unseen) {
          order.unseen = market.left_window(s, price);
        } else if (market.shown(s, price)) {
          thaw(s, i, market);
        }
        any_unseen_ |= order.unseen;
      }
    }
  }

 private:
  void thaw(Side s, std::size_t i, const RecordedMarket& market) {
    Resting& order = side(s)[i];
    order.front = std::min(order.front, static_cast<double>(market.book().qty(s, recorded(order.price_ticks))));
    if (i > 0 && side(s)[i - 1].price_ticks == order.price_ticks)  // not ahead of the own order before it
      order.front = std::max(order.front, side(s)[i - 1].front);
    order.frozen = order.unseen = false;
  }

  // Index of the first order at a recorded price; the number of orders if there is none.
  std::size_t first_at(Side s, std::int32_t price) noexcept {
    const OwnSide& orders = side(s);
    std::size_t i = slot_[static_cast<unsigned>(s)][price & kSlotMask];
    if (i < orders.size() && recorded(orders[i].price_ticks) == price &&
        (i == 0 || orders[i - 1].price_ticks != orders[i].price_ticks)) [[likely]]
      return i;
    i = orders.first_at(price + shift_);
    return i < orders.size() && recorded(orders[i].price_ticks) == price ? i : orders.size();
  }

  // The filter may name a price too many, and a slot may be off: with many orders both are made anew only when that
  // has happened often enough.
  static constexpr std::size_t kFew = 64;

  void came(Side s, std::size_t at) noexcept {
    if (own_[0].size() + own_[1].size() <= kFew) return refresh();
    const std::int32_t price = recorded(side(s)[at].price_ticks);
    filter_[static_cast<unsigned>(s)].add(price);
    find_best();
  }
  void went(std::size_t count) noexcept {
    const std::size_t left = own_[0].size() + own_[1].size();
    if (left <= kFew || (gone_ += count) * 8 > left) return refresh();
    find_best();
  }
  void find_best() noexcept {
    for (unsigned s = 0; s < 2; ++s) {
      const std::int32_t best = own_[s].best();
      best_[s] = DepthBook::is_price(best) ? recorded(best) : best;
    }
  }

  // What concerns us has changed.
  void refresh() noexcept {
    gone_ = 0;
    for (unsigned s = 0; s < 2; ++s) {
      filter_[s].clear();
      for (std::size_t i = own_[s].size(); i-- > 0;) {
        const std::int32_t price = recorded(own_[s][i].price_ticks);
        filter_[s].add(price);
        slot_[s][price & kSlotMask] = static_cast<std::uint8_t>(i);
      }
    }
    find_best();
    for (const TakenLiquidity::Part& part : taken_.parts())
      filter_[static_cast<unsigned>(part.side)].add(part.price_ticks);
  }

  static constexpr std::int32_t kSlotMask = 63;

  QueueModel queue_;
  bool by_order_, freezes_;
  std::vector<RecordedMarket::QueuedOrder> level_queue_;
  OwnSide own_[2] = {OwnSide(Side::buy), OwnSide(Side::sell)};
  TakenLiquidity taken_;
  PriceFilter filter_[2];
  std::int32_t best_[2] = {DepthBook::kNoBid, DepthBook::kNoAsk};  // of ours, recorded coordinates
  std::uint8_t slot_[2][kSlotMask + 1] = {};                       // where a price's first order probably is
  std::int32_t shift_ = 0;
  std::size_t gone_ = 0;  // orders that left since the filter was made
  bool any_unseen_ = false;
};

}  // namespace lumina
