// A resting order of the order-by-order book, and the messages that move it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lumina/types.hpp"

namespace lumina {

// Two to a cache line. The links are the book's.
struct Order {
  std::uint64_t id;
  std::int32_t price_ticks;
  std::int32_t qty_lots;  // what is left
  std::uint32_t prev;     // towards the front of the queue; 0 is the front
  std::uint32_t next;
  std::uint32_t generation;  // odd while the order lives (MemoryPool)
  std::uint16_t group;       // in OrderBooks the book, in MatchingEngine the owner; 0 in OrderBook
  std::uint8_t side_;
  std::uint8_t reserved;

  Side side() const noexcept { return static_cast<Side>(side_); }
};
static_assert(sizeof(Order) == 32 && alignof(Order) == 8 && std::is_trivially_copyable_v<Order>);

// Kind of an OrderMessage beside add, reduce, cancel and execute of Kind: order_id leaves and new_id joins the end of
// the queue at the price and quantity of the message, on the same side.
inline constexpr std::uint8_t kReplaceOrder = 34;

// What a venue says about one order. Fields that the kind does not need are ignored: the side and price of anything
// but an add (a replace has a price), the quantity of a cancel.
struct OrderMessage {
  std::uint64_t order_id;
  std::uint64_t new_id;
  std::int32_t price_ticks;
  std::int32_t qty_lots;
  std::uint8_t kind;
  std::uint8_t side;
  std::uint16_t book;  // of OrderBooks
  std::uint32_t reserved;

  std::uint16_t group() const noexcept { return book; }
};
static_assert(sizeof(OrderMessage) == 32 && alignof(OrderMessage) == 8 && std::is_trivially_copyable_v<OrderMessage>);
static_assert(offsetof(OrderMessage, price_ticks) == 16 && offsetof(OrderMessage, kind) == 24 &&
              offsetof(OrderMessage, book) == 26);

}  // namespace lumina
