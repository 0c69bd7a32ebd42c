// What a matching engine told, one row an event, the same bytes in C++ and in numpy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "lumina/book/match_message.hpp"
#include "lumina/book/order.hpp"
#include "lumina/types.hpp"

namespace lumina {

enum class MatchEventKind : std::uint8_t { traded, rested, cancelled, killed, reduced, replaced, rejected };

struct MatchEvent {
  std::uint64_t maker_id;  // the resting order; 0 of killed and rejected
  std::uint64_t taker_id;  // the order that arrived, the new id of reduced and replaced, the id that was refused
  std::int32_t price_ticks;
  std::int32_t qty_lots;
  std::int32_t left_lots;  // what rests of the maker afterwards
  std::uint32_t message;   // which one of its batch
  std::uint16_t owner;     // of the maker
  std::uint16_t taker_owner;
  std::uint8_t kind;    // MatchEventKind
  std::uint8_t reason;  // MatchReason
  std::uint8_t side;    // of the maker, of killed of the taker, of rejected none
  std::uint8_t reserved;
};
static_assert(sizeof(MatchEvent) == 40 && alignof(MatchEvent) == 8 && std::is_trivially_copyable_v<MatchEvent>);
static_assert(offsetof(MatchEvent, price_ticks) == 16 && offsetof(MatchEvent, message) == 28 &&
              offsetof(MatchEvent, owner) == 32 && offsetof(MatchEvent, kind) == 36 &&
              offsetof(MatchEvent, side) == 38);

// A MatchSink that keeps all. Throws std::bad_alloc.
class MatchLog : public MatchSink {
 public:
  void traded(Handle, const Order& maker, const NewOrder& taker, std::int32_t lots) {
    put(MatchEventKind::traded, MatchReason::none, maker, taker.id, taker.owner, maker.price_ticks, lots,
        maker.qty_lots);
  }
  void rested(Handle, const Order& order) {
    put(MatchEventKind::rested, MatchReason::none, order, 0, 0, order.price_ticks, order.qty_lots, order.qty_lots);
  }
  void cancelled(Handle, const Order& order, MatchReason reason) {
    put(MatchEventKind::cancelled, reason, order, 0, 0, order.price_ticks, order.qty_lots, 0);
  }
  void killed(const NewOrder& taker, std::int32_t lots, MatchReason reason) {
    events_.push_back({0, taker.id, taker.price_ticks, lots, 0, message_, 0, taker.owner,
                       static_cast<std::uint8_t>(MatchEventKind::killed), static_cast<std::uint8_t>(reason),
                       static_cast<std::uint8_t>(taker.side), 0});
  }
  void reduced(Handle, const Order& before, const Order& after) {
    put(MatchEventKind::reduced, MatchReason::none, before, after.id, after.group, after.price_ticks, after.qty_lots,
        after.qty_lots);
  }
  void replaced(Handle, const Order& before, const NewOrder& now) {
    put(MatchEventKind::replaced, MatchReason::none, before, now.id, now.owner, now.price_ticks, now.qty_lots, 0);
  }
  void rejected(std::uint64_t id, MatchReason reason) {
    events_.push_back({0, id, 0, 0, 0, message_, 0, 0, static_cast<std::uint8_t>(MatchEventKind::rejected),
                       static_cast<std::uint8_t>(reason), static_cast<std::uint8_t>(Side::none), 0});
  }
  void applied(const MatchMessage&) noexcept { ++message_; }

  const std::vector<MatchEvent>& events() const noexcept { return events_; }
  void clear() noexcept {
    events_.clear();
    message_ = 0;
  }

 private:
  void put(MatchEventKind kind, MatchReason reason, const Order& maker, std::uint64_t taker_id,
           std::uint16_t taker_owner, std::int32_t price, std::int32_t lots, std::int32_t left) {
    events_.push_back({maker.id, taker_id, price, lots, left, message_, maker.group, taker_owner,
                       static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(reason), maker.side_, 0});
  }

  std::vector<MatchEvent> events_;
  std::uint32_t message_ = 0;
};

}  // namespace lumina
