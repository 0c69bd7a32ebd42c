// The market maker of backtest.py, as a strategy behind the C ABI; backtest_hftbacktest.py makes the same decisions.
//
// Every interval: five bids and five asks of ten lots, two ticks apart, post-only. The inner prices are 1.5 ticks
// from the mid less position / 25 ticks, never better than the touch, on even ticks. Resting orders off the grid are
// cancelled, missing ones sent; a side quotes nothing at a position of 500 lots its way. In 1/50 ticks all of this
// is exact in integers. STOP writes what the run did, and the book at its end, into the report.
#include <algorithm>
#include <cstdint>

#include "lumina/strategy/abi.h"

extern "C" {

struct grid_mm_report {
  int64_t steps;
  int64_t submits;
  int64_t cancels;
  int32_t level_count[2];
  lumina_level levels[2][512];
};

static grid_mm_report report;

static void write_book(lumina_ctx *ctx) {
  for (uint8_t side : {LUMINA_BUY, LUMINA_SELL}) {
    report.level_count[side] = ctx->depth(ctx, 0, side, report.levels[side], 512);
  }
}

struct grid_side {
  int32_t away;   // direction of worse prices
  int32_t top;    // inner price, ticks
  int32_t count;  // levels wanted
  bool there[5];  // an open order, of either side, has the level's price

  int32_t level_of(int32_t price_ticks) const {
    const int32_t distance = (price_ticks - top) * away;
    return distance >= 0 && distance < 2 * count && distance % 2 == 0 ? distance / 2 : -1;
  }
};

static void quote(lumina_ctx *ctx, grid_side (&sides)[2]) {
  lumina_order orders[64];
  const int32_t open = std::min(ctx->orders(ctx, 0, LUMINA_NONE, orders, 64), 64);
  for (int32_t i = 0; i < open; ++i) {
    const lumina_order &order = orders[i];
    for (grid_side &side : sides) {
      const int32_t level = side.level_of(order.price_ticks);
      if (level >= 0) side.there[level] = true;
    }
    const bool acknowledged = order.state == LUMINA_RESTING || order.state == LUMINA_PARTLY_FILLED;
    if (sides[order.side].level_of(order.price_ticks) < 0 && acknowledged && order.pending == 0) {
      ctx->cancel(ctx, order.order_id);
      ++report.cancels;
    }
  }
  for (uint8_t side : {LUMINA_BUY, LUMINA_SELL}) {
    for (int32_t level = 0; level < sides[side].count; ++level) {
      if (sides[side].there[level]) continue;
      lumina_order_request request = {};
      request.price_ticks = sides[side].top + 2 * level * sides[side].away;
      request.qty_lots = 10;
      request.side = side;
      request.type = LUMINA_POST_ONLY;
      ctx->submit(ctx, &request);
      ++report.submits;
    }
  }
}

void grid_mm_on_event(lumina_ctx *ctx, const lumina_event *event) {
  if (event->kind == LUMINA_EV_START) report = {};
  if (event->kind == LUMINA_EV_STOP) write_book(ctx);
  if (event->kind != LUMINA_EV_TIMER) return;
  ++report.steps;
  const lumina_level bid = ctx->best(ctx, 0, LUMINA_BUY);
  const lumina_level ask = ctx->best(ctx, 0, LUMINA_SELL);
  if (bid.qty_lots == 0 || ask.qty_lots == 0) return;
  const int64_t position = ctx->position(ctx, 0);
  const int64_t reservation = 25 * (int64_t{bid.price_ticks} + ask.price_ticks) - 2 * position;
  const int64_t bid_50th = std::min<int64_t>(reservation - 75, 50 * int64_t{bid.price_ticks});
  const int64_t ask_50th = std::max<int64_t>(reservation + 75, 50 * int64_t{ask.price_ticks});
  grid_side sides[2] = {{-1, static_cast<int32_t>(2 * (bid_50th / 100)), position < 500 ? 5 : 0, {}},
                        {1, static_cast<int32_t>(2 * ((ask_50th + 99) / 100)), position > -500 ? 5 : 0, {}}};
  quote(ctx, sides);
}

// The same replay without a market maker, for the book at its end.
void final_book_on_event(lumina_ctx *ctx, const lumina_event *event) {
  if (event->kind == LUMINA_EV_START) report = {};
  if (event->kind == LUMINA_EV_STOP) write_book(ctx);
}

const grid_mm_report *grid_mm_result() { return &report; }

}  // extern "C"
