// The strategy's own knowledge of its orders and positions: what it asked for, what it was told, and what that
// means for pre-trade risk (SEMANTICS O2). Nothing here knows what the exchange holds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/backtest/orders.hpp"
#include "lumina/risk.hpp"
#include "lumina/types.hpp"

namespace lumina {

class Desk {
 public:
  void add(const lumina_instrument& info, const RiskGate& gate) { books_.push_back({info, gate, 0, {}}); }

  const lumina_instrument* instrument(std::uint32_t i) const noexcept {
    return i < books_.size() ? &books_[i].info : nullptr;
  }
  std::int64_t position(std::uint32_t i) const noexcept { return i < books_.size() ? books_[i].position_lots : 0; }

  // A new order, as decided.
  std::uint64_t open(OrderStore& orders, const lumina_order_request& request, std::int64_t now_ns) {
    OwnOrder order{};
    OrderRecord& record = order.record;
    record.tag = request.tag;
    record.decision_ts_ns = now_ns;
    record.queue_ahead_lots = std::numeric_limits<double>::quiet_NaN();
    record.price_ticks = request.price_ticks;
    record.qty_lots = request.qty_lots;
    record.instrument = request.instrument;
    record.side = request.side;
    record.type = request.type;
    record.state = LUMINA_SUBMITTED;
    order.view = {0,
                  request.tag,
                  request.price_ticks,
                  request.qty_lots,
                  0,
                  request.instrument,
                  request.side,
                  request.type,
                  LUMINA_SUBMITTED,
                  0,
                  0};
    const std::uint64_t id = orders.add(order).record.order_id;
    if (request.instrument < books_.size()) books_[request.instrument].open.push_back(id);
    return id;
  }

  void asked(RequestKind kind, OwnOrder& order) noexcept {
    ++(kind == RequestKind::cancel ? order.cancels : order.replaces);
    mark_pending(order);
  }

  // A new order or replacement passed risk and left.
  void sent(const Request& request, OwnOrder& order) {
    if (request.kind == RequestKind::submit) {
      order.sent = true;
    } else {
      in_flight_.push_back({request.order_id, request.qty_lots});
    }
  }

  bool needs_prices(std::uint32_t i) const noexcept {
    const RiskLimits& limits = books_[i].gate.limits();
    return limits.price_band > 0 || limits.max_notional_units > 0;
  }

  // state brings the prices; position and open orders are filled in here.
  lumina_reason check(const Request& request, const OwnOrder& order, OrderStore& orders, RiskGate::State state) const {
    const Book& book = books_[order.view.instrument];
    state.position_lots = book.position_lots;
    if (book.gate.limits().max_position_lots > 0) {
      for (const std::uint64_t id : book.open) {
        const OwnOrder& other = orders.at(id);
        if (&other != &order && other.sent && other.view.side == order.view.side)
          state.open_same_side_lots += open_lots(other.view);
      }
    }
    const lumina_order& view = order.view;
    std::int64_t lots = request.qty_lots;
    if (request.kind == RequestKind::replace) {
      if (view.state >= LUMINA_FILLED) return LUMINA_REASON_NONE;  // the exchange will say that it is too late
      if (lots >= 1 && lots <= view.filled_lots) return LUMINA_REASON_NONE;  // closes the order
      lots = std::min<std::int64_t>(lots, lots - view.filled_lots);
    }
    return book.gate.check({view.side, view.type, request.price_ticks, lots}, state);
  }

  // A report has come back. Returns the order that it is about, if there is one.
  const OwnOrder* learn(const Report& report, OwnOrder* order) {
    if (!order) return nullptr;
    lumina_order& view = order->view;
    switch (report.kind) {
      case LUMINA_EV_ACK:
        view.state = LUMINA_RESTING;
        break;
      case LUMINA_EV_FILL:
        view.filled_lots += report.qty_lots;
        view.state = report.leaves_lots ? LUMINA_PARTLY_FILLED : LUMINA_FILLED;
        books_[view.instrument].position_lots += report.side == LUMINA_BUY ? report.qty_lots : -report.qty_lots;
        break;
      case LUMINA_EV_CANCELLED:
        view.state = LUMINA_CANCELLED;
        if (report.reason == LUMINA_REASON_REQUESTED) answered(order->cancels);
        break;
      case LUMINA_EV_CANCEL_REJECT:
        answered(order->cancels);
        break;
      case LUMINA_EV_REJECT:
        view.state = LUMINA_REJECTED;
        break;
      case LUMINA_EV_REPLACED:
        view.price_ticks = report.price_ticks;
        view.qty_lots = report.qty_lots;
        if (!report.leaves_lots) view.state = LUMINA_CANCELLED;
        [[fallthrough]];
      case LUMINA_EV_REPLACE_REJECT:
        answered(order->replaces);
        if (report.reason < LUMINA_REASON_INVALID || report.reason > LUMINA_REASON_RISK_POSITION)
          landed(report.order_id);  // what risk refused never left
        break;
      default:
        break;
    }
    mark_pending(*order);
    if (view.state >= LUMINA_FILLED && view.instrument < books_.size())
      std::erase(books_[view.instrument].open, report.order_id);
    return order;
  }

  std::int32_t open_orders(OrderStore& orders, std::uint32_t i, std::uint8_t side, lumina_order* out,
                           std::int32_t capacity) const {
    if (i >= books_.size()) return 0;
    std::int32_t n = 0;
    for (const std::uint64_t id : books_[i].open) {
      const lumina_order& view = orders.at(id).view;
      if (side != LUMINA_NONE && view.side != side) continue;
      if (n < capacity) out[n] = view;
      ++n;
    }
    return n;
  }

 private:
  struct Book {
    lumina_instrument info;
    RiskGate gate;
    std::int64_t position_lots;
    std::vector<std::uint64_t> open;  // oldest first
  };
  struct InFlight {
    std::uint64_t order_id;
    std::int32_t qty_lots;
  };

  static void answered(std::uint8_t& count) noexcept { count -= count > 0; }
  static void mark_pending(OwnOrder& order) noexcept {
    order.view.pending = static_cast<std::uint8_t>((order.cancels ? 1 : 0) | (order.replaces ? 2 : 0));
  }

  // The largest quantity that may still come to be open: totals of replaces in flight count (O2).
  std::int64_t open_lots(const lumina_order& view) const noexcept {
    std::int32_t total = view.qty_lots;
    for (const InFlight& replace : in_flight_)
      if (replace.order_id == view.order_id) total = std::max(total, replace.qty_lots);
    return std::max(total - view.filled_lots, 0);
  }
  // The oldest replacement of the order that left has been answered by the exchange.
  void landed(std::uint64_t order_id) {
    const auto at = std::find_if(in_flight_.begin(), in_flight_.end(),
                                 [=](const InFlight& replace) { return replace.order_id == order_id; });
    if (at != in_flight_.end()) in_flight_.erase(at);
  }

  std::vector<Book> books_;
  std::vector<InFlight> in_flight_;  // replaces that left and were not answered
};

}  // namespace lumina
