// The strategy's own knowledge of its orders and positions: what it asked for, what it was told, and what that
// means for pre-trade risk (SEMANTICS O2). Nothing here knows what the exchange holds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "lumina/backtest/orders.hpp"
#include "lumina/risk.hpp"
#include "lumina/types.hpp"

namespace lumina {

class Desk {
 public:
  void add(const lumina_instrument& info, const RiskLimits& limits, const ContractValue& contract) {
    books_.push_back({info, contract, std::make_unique<RiskGate>(limits, contract, room_for(limits)), 0, 0});
  }

  const lumina_instrument* instrument(std::uint32_t i) const noexcept {
    return i < books_.size() ? &books_[i].info : nullptr;
  }
  std::int64_t position(std::uint32_t i) const noexcept {
    return i < books_.size() ? books_[i].gate->position_lots() : 0;
  }
  RiskGate& gate(std::uint32_t i) noexcept { return *books_[i].gate; }

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
    if (request.instrument < books_.size()) link(orders, books_[request.instrument], id);
    return id;
  }

  void asked(RequestKind kind, OwnOrder& order) noexcept {
    ++(kind == RequestKind::cancel ? order.cancels : order.replaces);
    mark_pending(order);
  }

  // The verdict of risk on a new order or replacement, which then leaves.
  lumina_reason send(const Request& request, OwnOrder& order, const RiskGate::Market& market) {
    const lumina_order& view = order.view;
    RiskGate& gate = *books_[view.instrument].gate;
    if (gate.full()) gate.reserve(2 * gate.capacity());  // a backtest has room for any number
    const RiskGate::Order asked{view.side, view.type, request.price_ticks, request.qty_lots};
    if (request.kind == RequestKind::replace) {
      // not open, but not known to be closed: refused at this instant, or overtaken by the replace
      if (view.state < LUMINA_FILLED && !gate.is_open(request.order_id))
        return gate.check_unsent_replace(asked, market);
      return gate.check_replace(request.order_id, asked.price_ticks, asked.qty_lots, market);
    }
    return gate.check(request.order_id, asked, market);
  }

  // A report has come back. Returns the order that it is about, if there is one.
  const OwnOrder* learn(OrderStore& orders, const Report& report, const RiskGate::Market& market) {
    OwnOrder* const order = orders.find(report.order_id);
    if (!order) return nullptr;
    const bool was_open = order->view.state < LUMINA_FILLED;
    lumina_order& view = order->view;
    RiskGate* const gate = view.instrument < books_.size() ? books_[view.instrument].gate.get() : nullptr;
    switch (report.kind) {
      case LUMINA_EV_ACK:
        view.state = LUMINA_RESTING;
        break;
      case LUMINA_EV_FILL:
        view.filled_lots += report.qty_lots;
        view.state = report.leaves_lots ? LUMINA_PARTLY_FILLED : LUMINA_FILLED;
        gate->on_fill(report.order_id, report.side, report.price_ticks, report.qty_lots, fee_of(report), market);
        break;
      case LUMINA_EV_CANCELLED:
        view.state = LUMINA_CANCELLED;
        gate->on_end(report.order_id);
        if (report.reason == LUMINA_REASON_REQUESTED) answered(order->cancels);
        break;
      case LUMINA_EV_CANCEL_REJECT:
        answered(order->cancels);
        break;
      case LUMINA_EV_REJECT:
        view.state = LUMINA_REJECTED;
        if (gate) gate->on_end(report.order_id);
        break;
      case LUMINA_EV_REPLACED:
        view.price_ticks = report.price_ticks;
        view.qty_lots = report.qty_lots;
        if (!report.leaves_lots) view.state = LUMINA_CANCELLED;
        gate->on_replaced(report.order_id, report.price_ticks, report.qty_lots);
        answered(order->replaces);
        break;
      case LUMINA_EV_REPLACE_REJECT:
        // what risk refused never left, and what is unknown overtook its own order: the gate did not count either
        if (gate && !is_risk_reason(report.reason) && report.reason != LUMINA_REASON_UNKNOWN_ORDER)
          gate->on_replace_rejected(report.order_id);
        answered(order->replaces);
        break;
      default:
        break;
    }
    mark_pending(*order);
    if (was_open && view.state >= LUMINA_FILLED && view.instrument < books_.size())
      unlink(orders, books_[view.instrument], *order);
    return order;
  }

  std::int32_t open_orders(OrderStore& orders, std::uint32_t i, std::uint8_t side, lumina_order* out,
                           std::int32_t capacity) const {
    if (i >= books_.size()) return 0;
    std::int32_t n = 0;
    for (std::uint64_t id = books_[i].oldest; id != 0; id = orders.at(id).newer) {
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
    ContractValue contract;
    std::unique_ptr<RiskGate> gate;
    std::uint64_t oldest, newest;  // open orders, linked through OwnOrder
  };

  static void link(OrderStore& orders, Book& book, std::uint64_t id) noexcept {
    orders.at(id).older = book.newest;
    (book.newest ? orders.at(book.newest).newer : book.oldest) = id;
    book.newest = id;
  }
  static void unlink(OrderStore& orders, Book& book, OwnOrder& order) noexcept {
    (order.older ? orders.at(order.older).newer : book.oldest) = order.newer;
    (order.newer ? orders.at(order.newer).older : book.newest) = order.older;
    order.older = order.newer = 0;
  }

  static RiskCapacity room_for(const RiskLimits& limits) noexcept {
    constexpr std::size_t recent = 65'536;
    return {64, static_cast<std::size_t>(std::max<std::int64_t>(limits.max_messages, 1)),
            limits.duplicate_window_ns > 0 ? recent : 1};
  }

  // As the accounts charge it.
  std::int64_t fee_of(const Report& report) const noexcept {
    const Book& book = books_[report.instrument];
    const std::int64_t rate = report.flags & LUMINA_EVF_MAKER ? book.info.maker_fee_e9 : book.info.taker_fee_e9;
    return rate == 0 ? 0
                     : static_cast<std::int64_t>(
                           fee(rate, book.contract.value(std::int64_t{report.price_ticks} * 2, report.qty_lots)));
  }
  static void answered(std::uint8_t& count) noexcept { count -= count > 0; }
  static void mark_pending(OwnOrder& order) noexcept {
    order.view.pending = static_cast<std::uint8_t>((order.cancels ? 1 : 0) | (order.replaces ? 2 : 0));
  }

  std::vector<Book> books_;
};

}  // namespace lumina
