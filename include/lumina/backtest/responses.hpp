// The way back from the exchange: every report is logged, gets its latency and joins one first-in first-out
// session (SEMANTICS O2), so that an acknowledgement is never overtaken by its fills.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "lumina/backtest/latency_model.hpp"
#include "lumina/backtest/orders.hpp"

namespace lumina {

struct ResponseLatency {
  LatencyModel submit, cancel, replace, fill;
};

class Responses {
 public:
  Responses(ResponseLatency latency, RunLog& log) : latency_(std::move(latency)), log_(log) {}

  Fifo<Report>& queue() noexcept { return queue_; }

  std::int64_t acknowledged(const OrderRecord& order, std::int64_t ts_ns) {
    return post(OrderAction::acknowledged, LUMINA_EV_ACK, latency_.submit, order, ts_ns, order.price_ticks,
                order.qty_lots, order.qty_lots, LUMINA_REASON_NONE);
  }
  void rejected(const OrderRecord& order, lumina_reason reason, std::int64_t ts_ns) {
    post(OrderAction::rejected, LUMINA_EV_REJECT, latency_.submit, order, ts_ns, order.price_ticks, order.qty_lots, 0,
         reason);
  }
  std::int64_t filled(const OrderRecord& order, std::int32_t price_ticks, std::int32_t qty_lots,
                      std::int32_t leaves_lots, bool maker, std::int64_t ts_ns) {
    return post(OrderAction::filled, LUMINA_EV_FILL, latency_.fill, order, ts_ns, price_ticks, qty_lots, leaves_lots,
                LUMINA_REASON_NONE, maker ? LUMINA_EVF_MAKER : 0);
  }
  void cancelled(const OrderRecord& order, lumina_reason reason, std::int64_t ts_ns) {
    post(OrderAction::cancelled, LUMINA_EV_CANCELLED, latency_.cancel, order, ts_ns, order.price_ticks, order.qty_lots,
         0, reason);
  }
  void replaced(const OrderRecord& order, const Request& request, std::int32_t leaves_lots, lumina_reason reason) {
    post(OrderAction::replaced, LUMINA_EV_REPLACED, latency_.replace, order, request.ts_ns, request.price_ticks,
         request.qty_lots, leaves_lots, reason);
  }
  // A cancel or replace that changed nothing; order is null for an id that was never sent.
  void refuse(const Request& request, const OwnOrder* order, lumina_reason reason) {
    OrderRecord none{};
    none.order_id = request.order_id;
    none.side = LUMINA_NONE;
    const OrderRecord& record = order ? order->record : none;
    const bool open = order && order->accepted && !order->closed;
    const bool cancel = request.kind == RequestKind::cancel;
    post(cancel ? OrderAction::cancel_rejected : OrderAction::replace_rejected,
         cancel ? LUMINA_EV_CANCEL_REJECT : LUMINA_EV_REPLACE_REJECT, cancel ? latency_.cancel : latency_.replace,
         record, request.ts_ns, record.price_ticks, record.qty_lots, open ? record.qty_lots - record.filled_lots : 0,
         reason);
  }

 private:
  std::int64_t post(OrderAction action, std::uint8_t kind, LatencyModel& latency, const OrderRecord& order,
                    std::int64_t ts_ns, std::int32_t price_ticks, std::int32_t qty_lots, std::int32_t leaves_lots,
                    lumina_reason reason, std::uint8_t flags = 0) {
    last_ns_ = std::max(last_ns_, ts_ns + latency.sample());
    const auto why = static_cast<std::uint8_t>(reason);
    log_.record(action, ts_ns, last_ns_, order, price_ticks, qty_lots, leaves_lots, why);
    queue_.push({last_ns_, ts_ns, order.order_id, price_ticks, qty_lots, leaves_lots, order.instrument, kind,
                 order.side, why, flags});
    return last_ns_;
  }

  ResponseLatency latency_;
  RunLog& log_;
  Fifo<Report> queue_;
  std::int64_t last_ns_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace lumina
