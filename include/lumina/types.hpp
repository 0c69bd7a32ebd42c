// The vocabulary of Lumina: the resolved tape row, its kinds and flags, and the rows of the order and
// fill log. Plain structs of fixed size, the same bytes in C++, in numpy and on disk.
//
// Units are in the names: _ns nanoseconds since the epoch, _ticks multiples of the instrument's tick size,
// _lots multiples of its lot size, _units integer money (1e-9 of the settlement currency, 1e-12 of the coin
// for inverse contracts).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "lumina/strategy/abi.h"  // sides, order types, states and reasons are shared with the C ABI

namespace lumina {

enum class Side : std::uint8_t { buy = LUMINA_BUY, sell = LUMINA_SELL, none = LUMINA_NONE };

constexpr Side opposite(Side side) noexcept { return static_cast<Side>(static_cast<std::uint8_t>(side) ^ 1u); }

// No mid, or no price, in half ticks: a value of its own, as 0 is a price (SEMANTICS T1b).
inline constexpr std::int64_t kNoMid = std::numeric_limits<std::int64_t>::min();

// What a tape row is. The kinds up to execute change the level at their price by qty_lots (signed); the
// others leave every book as it is.
enum class Kind : std::uint8_t {
  change = 0,          // L2: a level changed by qty_lots; 0 closes the printed quantity of the level
  bbo = 1,             // the touch changed by qty_lots (from a best-bid-offer message)
  add = 2,             // L3: an order joined the level
  reduce = 3,          // L3: an order shrank in place
  cancel = 4,          // L3: an order left
  execute = 5,         // L3: a resting order was hit; prints and reduces in one row; side = resting
  trade = 6,           // a print of qty_lots that changes no book; side = aggressor, or none
  clear = 7,           // marker: the side (none = both) was wiped; the changes follow as rows
  snapshot_begin = 8,  // marker
  snapshot_end = 9,    // marker
  gap = 10,            // marker: the source lost messages here
  status = 11,         // qty_lots = a Phase
  funding = 12,        // qty_lots = rate in 1e-9 of the position's value
};
inline constexpr std::uint8_t kLastBookKind = static_cast<std::uint8_t>(Kind::execute);
inline constexpr std::uint8_t kLastKind = static_cast<std::uint8_t>(Kind::funding);

// Trading phase, carried by status rows. A tape is continuous until a status row says otherwise.
enum class Phase : std::uint8_t { continuous = 0, halt = 1, auction = 2 };

// What happens when an arriving order meets one of the same owner.
enum class SelfTrade : std::uint8_t {
  cancel_newest = 0,  // the rest of the arriving order is cancelled
  cancel_oldest = 1,  // the resting order is cancelled, the arriving one goes on
  cancel_both = 2,
  reject = 3,  // the arriving order is refused whole, before any fill
};

// Row flags. A row with kEnd closes its event in every view whose flag it carries.
enum Flag : std::uint16_t {
  kExch = 1,      // part of the exchange's view, ordered by exch_ts_ns
  kLocal = 2,     // part of the strategy's view, ordered by local time
  kEnd = 4,       // last row of its event
  kHidden = 8,    // print against hidden quantity: fills only through its price
  kOffBook = 16,  // print away from the book: moves and fills nothing
  kCounted = 32,  // print whose depth change came earlier: fills only through its price
  kReplace = 64,  // cancel and add of one replace that lost priority
};
inline constexpr std::uint16_t kBothViews = kExch | kLocal;

// One resolved row of a tape: one change of one price level, with everything the engine needs already
// looked up. Two to a cache line.
struct Event {
  std::int64_t exch_ts_ns;
  std::uint64_t stamp;       // L3 priority stamp: sequence number of the row that gave the order its priority; 0 on L2
  std::uint32_t latency_ns;  // local time = exch_ts_ns + latency_ns
  std::int32_t price_ticks;
  std::int32_t qty_lots;
  std::uint8_t kind;  // Kind
  std::uint8_t side;  // Side
  std::uint16_t flags;

  std::int64_t local_ts_ns() const noexcept { return exch_ts_ns + latency_ns; }
  bool changes_book() const noexcept { return kind <= kLastBookKind; }
};
static_assert(sizeof(Event) == 32 && alignof(Event) == 8 && std::is_trivially_copyable_v<Event>);
static_assert(offsetof(Event, stamp) == 8 && offsetof(Event, latency_ns) == 16 && offsetof(Event, price_ticks) == 20 &&
              offsetof(Event, qty_lots) == 24 && offsetof(Event, kind) == 28 && offsetof(Event, side) == 29 &&
              offsetof(Event, flags) == 30);

// What happened to an order, one row a happening: the order log. The digest of a run covers these rows
// and the Fill rows, byte for byte.
enum class OrderAction : std::uint8_t {
  request_new = 0,  // the strategy decided; ts_ns = decision time (strategy clock)
  request_cancel = 1,
  request_replace = 2,
  acknowledged = 3,  // ts_ns = exchange time for everything below, report_ts_ns = strategy clock
  rejected = 4,      // by the exchange, or by risk (then ts_ns = report_ts_ns = time of sending)
  filled = 5,        // in full or in part: leaves_lots tells
  cancelled = 6,
  replaced = 7,
  cancel_rejected = 8,
  replace_rejected = 9,
};

struct OrderEvent {
  std::int64_t ts_ns;
  std::int64_t report_ts_ns;  // when the strategy learns of it; of a request the time of sending
  std::uint64_t order_id;
  std::int32_t price_ticks;
  std::int32_t qty_lots;     // of a request the total asked for, of a fill the filled quantity, else the order's total
  std::int32_t leaves_lots;  // open quantity afterwards
  std::uint32_t instrument;
  std::uint8_t action;  // OrderAction
  std::uint8_t side;    // Side
  std::uint8_t type;    // lumina_order_type
  std::uint8_t reason;  // lumina_reason
  std::uint32_t reserved;
};
static_assert(sizeof(OrderEvent) == 48 && std::is_trivially_copyable_v<OrderEvent>);

// Why a fill happened.
enum class FillCause : std::uint8_t {
  taker = 0,    // our order met liquidity on arrival
  at = 1,       // a print at our price reached us in the queue (on L3: an execution behind us)
  through = 2,  // a print through our price
  cross = 3,    // a recorded opposite quote came to or through our price
  shift = 4,    // the impact overlay moved the market through our order
};

struct Fill {
  std::int64_t ts_ns;         // exchange time
  std::int64_t report_ts_ns;  // when the strategy learns of it
  std::uint64_t order_id;
  std::int32_t price_ticks;           // our price, impact shift included
  std::int32_t qty_lots;              // always positive
  std::int64_t mid2_ticks;            // bid + ask in ticks that the fill is marked at (A2); recorded coordinates
  std::int64_t cash_units;            // signed cash change
  std::int64_t fee_units;             // positive is a cost
  std::int64_t impact_units;          // cost charged by the impact model
  std::int64_t spread_capture_units;  // cash change + V(mid, after) - V(mid, before)
  std::int64_t position_lots;         // after the fill
  double queue_ahead_lots;            // quantity ahead just before the fill; 0 for takers, inf when unknown
  std::int32_t shift_ticks;           // impact shift at the fill
  std::uint32_t instrument;
  std::uint8_t side;   // Side
  std::uint8_t maker;  // 1 maker, 0 taker
  std::uint8_t cause;  // FillCause
  std::uint8_t reserved;
  std::uint32_t reserved2;
};
static_assert(sizeof(Fill) == 104 && std::is_trivially_copyable_v<Fill>);

// One row an order, in order of id. Times are 0 where the thing never happened.
struct OrderRecord {
  std::uint64_t order_id;
  std::uint64_t tag;            // the strategy's own mark
  std::int64_t decision_ts_ns;  // strategy clock
  std::int64_t sent_ts_ns;      // strategy clock, after tick-to-trade
  std::int64_t arrival_ts_ns;   // exchange clock
  std::int64_t ack_ts_ns;       // strategy clock
  std::int64_t close_ts_ns;     // exchange clock
  double queue_ahead_lots;   // at acceptance (at the last one, for a replace that lost priority); NaN if never resting
  std::int32_t level_lots;   // displayed at our price at acceptance
  std::int32_t price_ticks;  // the last accepted
  std::int32_t qty_lots;     // total, the last accepted
  std::int32_t filled_lots;
  std::uint32_t instrument;
  std::uint8_t side;    // Side
  std::uint8_t type;    // lumina_order_type
  std::uint8_t state;   // lumina_order_state
  std::uint8_t reason;  // lumina_reason of the close or rejection
};
static_assert(sizeof(OrderRecord) == 88 && std::is_trivially_copyable_v<OrderRecord>);

// Accounts of one instrument at one instant of the equity grid, exchange clock.
// pnl = spread_capture + inventory - fees - impact - funding, exact.
struct EquitySample {
  std::int64_t ts_ns;
  std::int64_t mid2_ticks;  // last valid mid, bid + ask in ticks; kNoMid before the first
  std::int64_t position_lots;
  std::int64_t spread_capture_units;
  std::int64_t inventory_units;
  std::int64_t fees_units;
  std::int64_t impact_units;
  std::int64_t funding_units;
  std::int32_t shift_ticks;
  std::uint32_t instrument;
};
static_assert(sizeof(EquitySample) == 72 && std::is_trivially_copyable_v<EquitySample>);

}  // namespace lumina
