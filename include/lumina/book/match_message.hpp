// What goes into the matching engine, and what it tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lumina/book/order.hpp"
#include "lumina/types.hpp"

namespace lumina {

enum class OrderType : std::uint8_t {
  limit = LUMINA_LIMIT,
  post_only = LUMINA_POST_ONLY,  // refused if it would meet a resting order
  ioc = LUMINA_IOC,              // what is not filled at once is cancelled
  market = LUMINA_MARKET,        // the same, without a limit
  fok = 4,                       // refused if it cannot be filled whole at once
};

// Why a message was refused, or why an order left.
enum class MatchReason : std::uint8_t {
  none,
  requested,
  remainder,  // of an ioc or market order
  self_match,
  post_only,
  fill_or_kill,
  halted,
  price_band,
  unknown_id,
  duplicate_id,
  invalid,  // side, type, quantity or price out of range, or a level would hold 2^42 lots or 2^20 orders
};

struct NewOrder {
  std::uint64_t id;
  std::int32_t price_ticks;  // ignored of a market order
  std::int32_t qty_lots;
  std::uint16_t owner;  // 0 is nobody
  Side side;
  OrderType type;
};

enum class MatchKind : std::uint8_t { submit, cancel, replace, mass_cancel };

// One request. Fields that the kind does not need are ignored: all but the id of a cancel, side and owner of a replace,
// all but owner and side (none is both) of a mass cancel.
struct MatchMessage {
  std::uint64_t order_id;
  std::uint64_t new_id;  // of a replace
  std::int32_t price_ticks;
  std::int32_t qty_lots;  // of a replace what shall be open afterwards
  std::uint8_t kind;      // MatchKind
  std::uint8_t side;      // Side
  std::uint16_t owner;
  std::uint8_t type;  // OrderType
  std::uint8_t reserved;
  std::uint16_t reserved2 = 0;

  std::uint16_t group() const noexcept { return owner; }
};
static_assert(sizeof(MatchMessage) == 32 && alignof(MatchMessage) == 8 && std::is_trivially_copyable_v<MatchMessage>);
static_assert(offsetof(MatchMessage, price_ticks) == 16 && offsetof(MatchMessage, kind) == 24 &&
              offsetof(MatchMessage, owner) == 26 && offsetof(MatchMessage, type) == 28);

// What happens, in that order. Derive and hide what is of interest; the calls are inlined. The book is as after what
// is told, and is not to be changed from here.
struct MatchSink {
  using Handle = std::uint32_t;
  // The resting order as it is after the trade, at its price; it left where nothing is left of it.
  void traded(Handle, const Order& /*maker*/, const NewOrder& /*taker*/, std::int32_t /*lots*/) noexcept {}
  // The order joined the end of its level.
  void rested(Handle, const Order&) noexcept {}
  // A resting order left, with what was left of it: requested or self_match.
  void cancelled(Handle, const Order&, MatchReason) noexcept {}
  // The rest of an order that arrived is gone: remainder or self_match.
  void killed(const NewOrder& /*taker*/, std::int32_t /*lots*/, MatchReason) noexcept {}
  // A replace left the order at its place, with another quantity or id.
  void reduced(Handle, const Order& /*before*/, const Order& /*after*/) noexcept {}
  // A replace took the order out; what comes of the new one follows.
  void replaced(Handle, const Order& /*before*/, const NewOrder& /*now*/) noexcept {}
  // A message about this order was refused.
  void rejected(std::uint64_t /*id*/, MatchReason) noexcept {}
  // A message of a batch has had its effect; all that it caused was told before.
  void applied(const MatchMessage&) noexcept {}
};

}  // namespace lumina
