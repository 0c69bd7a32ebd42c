// The peer of the matching engine: what a careful programmer writes with the standard library. A map of levels a side,
// a list a level, a hash map of ids to list nodes; room is reserved, nothing is looked up twice, a replace that loses
// its place takes its nodes along. Limit orders of one instrument, without owners; messages must be valid: nothing is
// checked.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <unordered_map>
#include <utility>

#include "lumina/book/match_message.hpp"

namespace peer {

class StdMatching {
 public:
  struct Order;
  using Queue = std::list<Order>;
  struct Level {
    Queue queue;
    std::int64_t qty_lots = 0;
  };
  using Levels = std::map<std::int32_t, Level>;  // by price, bids by the negative of theirs: the best is first
  struct Order {
    std::uint64_t id;
    std::int32_t qty_lots;
    std::uint8_t side;
    Levels::iterator level;
  };

  explicit StdMatching(std::size_t orders) { ids_.reserve(orders); }

  // traded(maker's id, price, lots) is called for each trade.
  template <class Traded>
  void apply(const lumina::MatchMessage& message, const Traded& traded) {
    switch (static_cast<lumina::MatchKind>(message.kind)) {
      case lumina::MatchKind::submit: {
        if (const std::int32_t left = match(message.side, message.price_ticks, message.qty_lots, traded)) {
          const auto level = at(message.side, message.price_ticks);
          level->second.queue.push_back({message.order_id, left, message.side, level});
          level->second.qty_lots += left;
          ids_.emplace(message.order_id, std::prev(level->second.queue.end()));
        }
        break;
      }
      case lumina::MatchKind::cancel: {
        const auto it = ids_.find(message.order_id);
        const Queue::iterator order = it->second;
        ids_.erase(it);
        close(order);
        break;
      }
      case lumina::MatchKind::replace:
        replace(message, traded);
        break;
      default:
        break;
    }
  }

  const Levels& levels(unsigned side) const { return levels_[side]; }
  std::size_t size() const { return ids_.size(); }

 private:
  using Ids = std::unordered_map<std::uint64_t, Queue::iterator>;

  static std::int32_t key(unsigned side, std::int32_t price) { return side == 0 ? -price : price; }
  Levels::iterator at(unsigned side, std::int32_t price) { return levels_[side].try_emplace(key(side, price)).first; }

  void close(Queue::iterator order) {
    const auto level = order->level;
    const unsigned side = order->side;
    level->second.qty_lots -= order->qty_lots;
    level->second.queue.erase(order);
    if (level->second.queue.empty()) levels_[side].erase(level);
  }

  // Trades of an order that arrives; what is left.
  template <class Traded>
  std::int32_t match(unsigned side, std::int32_t price, std::int32_t left, const Traded& traded) {
    Levels& others = levels_[side ^ 1];
    const std::int32_t limit = key(side ^ 1, price);
    while (left > 0 && !others.empty() && others.begin()->first <= limit) {
      Level& level = others.begin()->second;
      const std::int32_t at = key(side ^ 1, others.begin()->first);
      while (left > 0 && !level.queue.empty()) {
        Order& maker = level.queue.front();
        const std::int32_t lots = std::min(left, maker.qty_lots);
        traded(maker.id, at, lots);
        left -= lots;
        level.qty_lots -= lots;
        maker.qty_lots -= lots;
        if (maker.qty_lots > 0) break;
        ids_.erase(maker.id);
        level.queue.pop_front();
      }
      if (level.queue.empty()) others.erase(others.begin());
    }
    return left;
  }

  template <class Traded>
  void replace(const lumina::MatchMessage& message, const Traded& traded) {
    auto node = ids_.extract(message.order_id);
    const Queue::iterator order = node.mapped();
    const auto from = order->level;
    const unsigned side = order->side;
    order->id = message.new_id;
    node.key() = message.new_id;
    if (key(side, message.price_ticks) == from->first && message.qty_lots <= order->qty_lots) {
      from->second.qty_lots -= order->qty_lots - message.qty_lots;
      order->qty_lots = message.qty_lots;
      ids_.insert(std::move(node));
      return;
    }
    Queue taken;
    taken.splice(taken.end(), from->second.queue, order);
    from->second.qty_lots -= order->qty_lots;
    if (from->second.queue.empty()) levels_[side].erase(from);
    order->qty_lots = match(side, message.price_ticks, message.qty_lots, traded);
    if (order->qty_lots == 0) return;
    order->level = at(side, message.price_ticks);
    order->level->second.qty_lots += order->qty_lots;
    order->level->second.queue.splice(order->level->second.queue.end(), taken);
    ids_.insert(std::move(node));
  }

  Levels levels_[2];
  Ids ids_;
};

}  // namespace peer
