// The exchange side over the embedded market: our orders are real orders in its matching engine, and the others react
// to them. There is no queue model and no impact overlay: both emerge.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lumina/backtest/exchange_side.hpp"
#include "lumina/backtest/ledger.hpp"
#include "lumina/backtest/orders.hpp"
#include "lumina/backtest/queue_model.hpp"
#include "lumina/backtest/responses.hpp"
#include "lumina/market/embedded_market.hpp"
#include "lumina/types.hpp"

namespace lumina {

struct MarketSource {
  MarketParameters parameters;
  std::uint64_t seed = 0;
};

class SimulatedExchange : public ExchangeSide<SimulatedExchange> {
 public:
  SimulatedExchange(const MarketSource& source, const QueueModel&, SelfTrade self_trade, Ledger ledger,
                    OrderStore& orders, Responses& responses)
      : ExchangeSide(source.parameters.start_ns + source.parameters.length_ns, std::move(ledger), orders, responses),
        market_(source.parameters, source.seed, self_trade),
        mid2_(market_.others_mid2()) {}

  std::int64_t first_ts_ns() const noexcept { return market_.first_ts_ns(); }
  std::int64_t reached_ts_ns() const noexcept { return std::min(market_.next_ts_ns(), last_ts_ns_); }
  std::size_t rows_done() const noexcept { return market_.rows_made(); }
  std::size_t rows_expected() const noexcept {
    return static_cast<std::size_t>((last_ts_ns_ - first_ts_ns()) / 10'000'000);  // the order of magnitude
  }
  lumina_level touch(Side side) const noexcept { return market_.others_touch(side); }
  EmbeddedMarket& source() noexcept { return market_; }

  // What the strategy sees is made as the clock moves.
  bool watching() const noexcept { return !closed_; }
  std::int64_t next_ts_ns() const noexcept { return std::min(market_.next_ts_ns(), last_ts_ns_ + 1); }

 private:
  friend ExchangeSide<SimulatedExchange>;

  // Told by the market of what becomes of our orders.
  struct Owner : MarketOwner {
    SimulatedExchange& exchange;
    explicit Owner(SimulatedExchange& e) : exchange(e) {}

    void filled(std::uint64_t id, std::int32_t price, std::int32_t lots, bool maker) {
      exchange.confirm();
      OwnOrder& order = exchange.orders_.at(id);
      exchange.book_fill(order, static_cast<Side>(order.record.side), price, lots, maker,
                         maker ? FillCause::at : FillCause::taker, 0.0, exchange.now_ns_, exchange.mid2_);
    }
    void rested(std::uint64_t id) {
      exchange.confirm();
      OwnOrder& order = exchange.orders_.at(id);
      const auto ahead = exchange.market_.others_qty(static_cast<Side>(order.record.side), order.record.price_ticks);
      exchange.ExchangeSide::rested(order, static_cast<double>(ahead), static_cast<std::int32_t>(ahead));
    }
    void cancelled(std::uint64_t id, MatchReason reason) { gone(id, reason_of(reason)); }
    void beyond_book(std::uint64_t id) { gone(id, LUMINA_REASON_BEYOND_BOOK); }
    void gone(std::uint64_t id, lumina_reason reason) {
      exchange.confirm();
      exchange.close_order(exchange.orders_.at(id), reason, exchange.now_ns_);
    }
  };

  static lumina_reason reason_of(MatchReason reason) noexcept {
    switch (reason) {
      case MatchReason::none:
        return LUMINA_REASON_NONE;
      case MatchReason::requested:
        return LUMINA_REASON_REQUESTED;
      case MatchReason::remainder:
        return LUMINA_REASON_REMAINDER;
      case MatchReason::self_match:
        return LUMINA_REASON_SELF_MATCH;
      case MatchReason::post_only:
        return LUMINA_REASON_POST_ONLY;
      case MatchReason::halted:
        return LUMINA_REASON_NOT_CONTINUOUS;
      default:
        return LUMINA_REASON_INVALID;
    }
  }

  void begin(std::size_t budget) noexcept { budget_ = budget; }

  bool run(std::int64_t limit_ns) {
    Owner owner(*this);
    for (; !market_.ended() && market_.next_ts_ns() <= limit_ns; --budget_) {
      if (budget_ == 0) return false;
      if (market_.has_own_orders()) {
        look();  // before the event
        now_ns_ = market_.next_ts_ns();
      }
      market_.step(owner);
      if (take_reported()) return false;
    }
    return true;
  }

  std::int64_t mid2() {
    look();
    return mid2_;
  }
  void look() noexcept {
    if (const std::int64_t mid2 = market_.others_mid2(); mid2 != kNoMid) mid2_ = mid2;
  }
  void on_shift(std::int64_t) noexcept {}

  void open_ids(std::vector<std::uint64_t>& ids) const {
    for (const std::uint64_t id : market_.own_ids()) ids.push_back(id);
  }
  void cancel_resting(OwnOrder& order, lumina_reason reason, std::int64_t ts_ns) {
    MarketOwner nobody;
    market_.cancel(ts_ns, order.record.order_id, static_cast<Side>(order.record.side), nobody);
    close_order(order, reason, ts_ns);
  }
  static lumina_reason phase_reason() noexcept { return LUMINA_REASON_NONE; }

  void arrive_new(OwnOrder& order) {
    const OrderRecord& record = order.record;
    look();
    arriving_ = &order;
    Owner owner(*this);
    const MatchReason reason =
        market_.submit(now_ns_, record.order_id, static_cast<Side>(record.side), static_cast<OrderType>(record.type),
                       record.price_ticks, record.qty_lots, owner);
    if (reason != MatchReason::none) {
      arriving_ = nullptr;
      reject(order, reason_of(reason));
    }
  }

  void arrive_replace(const Request& request, OwnOrder& order) {
    const OrderRecord& record = order.record;
    const auto side = static_cast<Side>(record.side);
    Owner owner(*this);
    if (request.qty_lots <= record.filled_lots) {
      MarketOwner nobody;
      market_.cancel(now_ns_, record.order_id, side, nobody);
      replaced_away(order, request);
      return;
    }
    look();
    arriving_ = &order;
    replacing_ = &request;
    const MatchReason reason = market_.replace(now_ns_, record.order_id, side, record.type == LUMINA_POST_ONLY,
                                               request.price_ticks, request.qty_lots - record.filled_lots, owner);
    if (reason == MatchReason::none) {
      confirm();  // shrunk in place
    } else {
      arriving_ = nullptr;
      responses_.refuse(request, &order, reason_of(reason));
    }
    replacing_ = nullptr;
  }

  // The order that came is accepted: said before anything that follows from it.
  void confirm() {
    OwnOrder* order = std::exchange(arriving_, nullptr);
    if (!order) return;
    if (replacing_) {
      replaced(*order, *replacing_, replacing_->qty_lots - order->record.filled_lots);
    } else {
      acknowledge(*order);
    }
  }

  EmbeddedMarket market_;
  std::int64_t mid2_;  // last valid
  std::size_t budget_ = 0;
  OwnOrder* arriving_ = nullptr;
  const Request* replacing_ = nullptr;
};

}  // namespace lumina
