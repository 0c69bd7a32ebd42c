// The peer of the order-by-order book: what a careful programmer writes with the standard library. A map of levels, a
// list a level, a hash map of ids to list nodes; room is reserved, nothing is looked up twice, and a replace takes its
// list node and its hash node along instead of freeing and making them. Messages must be valid: nothing is checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lumina/book/order.hpp"

namespace peer {

class StdBooks {
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
    std::uint16_t book;
    std::uint8_t side;
    Levels::iterator level;
  };

  StdBooks(std::size_t books, std::size_t orders) : levels_(books) { ids_.reserve(orders); }

  void apply(const lumina::OrderMessage& message) {
    switch (message.kind) {
      case static_cast<std::uint8_t>(lumina::Kind::add): {
        const auto level = at(message.book, message.side, message.price_ticks);
        Queue& queue = level->second.queue;
        queue.push_back({message.order_id, message.qty_lots, message.book, message.side, level});
        level->second.qty_lots += message.qty_lots;
        ids_.emplace(message.order_id, std::prev(queue.end()));
        break;
      }
      case static_cast<std::uint8_t>(lumina::Kind::cancel):
        close(ids_.find(message.order_id));
        break;
      case lumina::kReplaceOrder: {
        auto node = ids_.extract(message.order_id);
        Order& order = *node.mapped();
        const auto from = order.level;
        const auto to = at(order.book, order.side, message.price_ticks);
        from->second.qty_lots -= order.qty_lots;
        to->second.queue.splice(to->second.queue.end(), from->second.queue, node.mapped());
        to->second.qty_lots += message.qty_lots;
        if (from->second.queue.empty()) levels_[order.book][order.side].erase(from);
        order.id = message.new_id;
        order.qty_lots = message.qty_lots;
        order.level = to;
        node.key() = message.new_id;
        ids_.insert(std::move(node));
        break;
      }
      default: {  // reduce, execute
        const auto it = ids_.find(message.order_id);
        Order& order = *it->second;
        if (message.qty_lots >= order.qty_lots) {
          close(it);
        } else {
          order.qty_lots -= message.qty_lots;
          order.level->second.qty_lots -= message.qty_lots;
        }
      }
    }
  }

  const Levels& levels(std::size_t book, unsigned side) const { return levels_[book][side]; }
  std::size_t size() const { return ids_.size(); }

 private:
  using Ids = std::unordered_map<std::uint64_t, Queue::iterator>;

  Levels::iterator at(std::uint16_t book, std::uint8_t side, std::int32_t price) {
    return levels_[book][side].try_emplace(side == 0 ? -price : price).first;
  }
  void close(Ids::iterator it) {
    const Queue::iterator order = it->second;
    const auto level = order->level;
    level->second.qty_lots -= order->qty_lots;
    Levels& side = levels_[order->book][order->side];
    level->second.queue.erase(order);
    if (level->second.queue.empty()) side.erase(level);
    ids_.erase(it);
  }

  struct Sides {
    Levels side[2];
    Levels& operator[](unsigned s) { return side[s]; }
    const Levels& operator[](unsigned s) const { return side[s]; }
  };
  std::vector<Sides> levels_;
  Ids ids_;
};

}  // namespace peer
