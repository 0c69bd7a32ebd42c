// The frame of a market-making strategy: when to quote, on what view of the market, for which instruments.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <vector>

#include "lumina/strategy/abi.h"
#include "lumina/strategy/quoter.hpp"
#include "lumina/strategy/quotes.hpp"

namespace lumina {

// What a model decides on.
struct MarketView {
  lumina_ctx* ctx;
  std::uint32_t instrument;
  lumina_level bid;  // the touch, own quantity excluded
  lumina_level ask;
  double inventory;         // position in orders
  double max_inventory;     // its limit in orders
  std::int64_t elapsed_ns;  // since the start of the run
  double quote_life_s;      // time between two decisions; 0 where no timer sets it
};

// Volume imbalance (bid - ask) / (bid + ask) over the top levels, -1 to 1.
inline constexpr int kMaxImbalanceLevels = 32;
inline double book_imbalance(const MarketView& view, int levels) noexcept {
  double bid_lots = view.bid.qty_lots;
  double ask_lots = view.ask.qty_lots;
  if (levels > 1) {
    lumina_level side[kMaxImbalanceLevels];
    const auto total = [&](std::uint8_t which) noexcept {
      double lots = 0.0;
      const int n = view.ctx->depth(view.ctx, view.instrument, which, side, levels);
      for (int i = 0; i < n; ++i) lots += side[i].qty_lots;
      return lots;
    };
    bid_lots = total(LUMINA_BUY);
    ask_lots = total(LUMINA_SELL);
  }
  const double lots = bid_lots + ask_lots;
  return lots > 0.0 ? (bid_lots - ask_lots) / lots : 0.0;
}

// A strategy that quotes every instrument of the run around a model's distances from the mid. The model has a
// struct Params with validate(), and `quotes::Distances distances(const MarketView&) const noexcept` in ticks.
// It quotes on its timer, on own fills and, if asked, on changes of the touch; it does nothing while the book
// has no valid mid, and holds no orders outside continuous trading. The constructor throws
// std::invalid_argument; START resets everything, so one object serves many runs.
template <class Model>
class MarketMaker {
 public:
  MarketMaker(const typename Model::Params& model, const QuoterParams& quoter)
      : model_((model.validate(), model)), params_((quoter.validate(), quoter)) {
    strategy_.abi_version = LUMINA_ABI_VERSION;
    strategy_.wake_mask = LUMINA_WAKE_REPORT | LUMINA_WAKE_MARKER;
    if (quoter.wake_on_bbo) strategy_.wake_mask |= LUMINA_WAKE_BBO;
    strategy_.interval_ns = quoter.interval_ns;
    strategy_.on_event = &on_event;
    strategy_.user = this;
  }
  MarketMaker(const MarketMaker&) = delete;
  MarketMaker& operator=(const MarketMaker&) = delete;

  const lumina_strategy* strategy() const noexcept { return &strategy_; }

 private:
  struct Instrument {
    Quoter quoter;
    double max_inventory;  // orders
    bool continuous = true;
  };

  static void on_event(lumina_ctx* ctx, const lumina_event* event) noexcept {
    static_cast<MarketMaker*>(ctx->user)->handle(ctx, *event);
  }

  void handle(lumina_ctx* ctx, const lumina_event& event) noexcept {
    switch (event.kind) {
      case LUMINA_EV_TIMER:
        for (std::uint32_t i = 0; i < instruments_.size(); ++i) quote(ctx, i);
        return;
      case LUMINA_EV_START:
        start(ctx, event.ts_ns);
        return;
      case LUMINA_EV_STOP:
      case LUMINA_EV_FUNDING:
      case LUMINA_EV_GAP:
        return;
      default:
        break;
    }
    if (event.instrument >= instruments_.size()) return;
    Instrument& instrument = instruments_[event.instrument];
    if (event.kind == LUMINA_EV_BBO) {
      quote(ctx, event.instrument);
    } else if (event.kind == LUMINA_EV_STATUS) {
      instrument.continuous = event.value == 0;
      if (!instrument.continuous) instrument.quoter.cancel_all(ctx);
    } else if (event.kind >= LUMINA_EV_ACK && event.kind <= LUMINA_EV_REPLACE_REJECT) {
      instrument.quoter.report(event);
      // A fill changes what is wanted. Other reports do not, and answering a rejection at once would not
      // end where latencies are 0.
      if (event.kind == LUMINA_EV_FILL) quote(ctx, event.instrument);
    }
  }

  void start(lumina_ctx* ctx, std::int64_t ts_ns) noexcept {
    start_ns_ = ts_ns;
    try {
      instruments_.clear();
      instruments_.reserve(ctx->instrument_count);
      for (std::uint32_t i = 0; i < ctx->instrument_count; ++i) {
        const std::int32_t lots = order_lots(*ctx->instrument(ctx, i));
        const std::int64_t limit = params_.max_position_lots ? params_.max_position_lots : 10LL * lots;
        detail::require(limit >= lots, "max_position_lots", static_cast<double>(limit), "at least the order size");
        instruments_.push_back({Quoter(params_, i, lots, limit, ctx->instrument(ctx, i)->inverse != 0),
                                static_cast<double>(limit) / lots});
      }
    } catch (const std::exception& error) {
      instruments_.clear();
      ctx->stop(ctx, 1, error.what());
    }
  }

  std::int32_t order_lots(const lumina_instrument& instrument) const {
    if (params_.order_qty == 0.0) return params_.order_lots;
    const double lots = params_.order_qty / instrument.lot_size;
    const double whole = std::round(lots);
    char bound[120];
    std::snprintf(bound, sizeof bound, "a whole number of lots of %.15g (%.32s)", instrument.lot_size,
                  instrument.symbol);
    detail::require(whole >= 1.0 && whole <= 2147483647.0 && std::fabs(lots - whole) <= 1e-6 * whole, "order_qty",
                    params_.order_qty, bound);
    return static_cast<std::int32_t>(whole);
  }

  void quote(lumina_ctx* ctx, std::uint32_t i) noexcept {
    Instrument& instrument = instruments_[i];
    if (!instrument.continuous) return;
    MarketView view{ctx, i, ctx->best(ctx, i, LUMINA_BUY), ctx->best(ctx, i, LUMINA_SELL), 0.0, 0.0, 0, 0.0};
    if (view.bid.qty_lots <= 0 || view.ask.qty_lots <= 0 || view.bid.price_ticks >= view.ask.price_ticks) return;
    const std::int64_t position = ctx->position(ctx, i);
    view.inventory = static_cast<double>(position) / instrument.quoter.order_lots();
    view.max_inventory = instrument.max_inventory;
    view.elapsed_ns = ctx->now_ns - start_ns_;
    view.quote_life_s = static_cast<double>(params_.interval_ns) * 1e-9;
    const double mid = 0.5 * (static_cast<double>(view.bid.price_ticks) + view.ask.price_ticks);
    const quotes::Distances distances = model_.distances(view);
    instrument.quoter.quote(ctx, {view.bid.price_ticks, view.ask.price_ticks}, position, mid - distances.bid,
                            mid + distances.ask);
  }

  Model model_;
  QuoterParams params_;
  lumina_strategy strategy_{};
  std::int64_t start_ns_ = 0;
  std::vector<Instrument> instruments_;
};

}  // namespace lumina
