// What the embedded market is made of: rates a second of operational time, times in seconds, prices in ticks, sizes in
// lots. The defaults give the statistics that docs/embedded-market.md tells.
#pragma once

#include <cstdint>

namespace lumina {

struct MarketParameters {
  static constexpr int kDistances = 8;  // ticks from the opposite best that flow acts at

  std::int64_t start_ns = 0;                    // open of the session
  std::int64_t length_ns = 23'400'000'000'000;  // how much of it is simulated
  double session_s = 23'400;                    // open to close; shapes the activity of the day
  std::int64_t feed_latency_ns = 100'000;       // from the exchange to whoever listens

  // Activity: the clock of the flow runs a(t) times as fast as that on the wall.
  double activity_sd[2] = {0.7, 0.6};
  double activity_tau_s[2] = {60, 1800};
  double open_activity = 1.5, close_activity = 0.9, edge_tau_s = 1800;

  // Limit orders and cancellations, one lot each.
  double limit_rate[kDistances] = {2.6, 3.2, 2.4, 1.9, 1.6, 1.4, 1.2, 1.1};   // a side
  double inside_factor = 1.5;                                                 // where they narrow the spread
  double limit_skew = 0.35;                                                   // a tick of fair value off the mid
  double cancel_rate[kDistances] = {.22, .16, .13, .11, .10, .09, .08, .08};  // a lot resting
  double cancel_skew = 0.6;
  double max_skew = 4;  // ticks

  // Market orders: a Hawkes process with two memories.
  double market_rate = 0.5;
  double spread_damping = 0.3;  // a tick of spread above one
  double excitation[2] = {0.40, 0.30};
  double excitation_decay[2] = {10, 0.3};
  double metaorder_share = 0.8, metaorder_tail = 1.3;
  double sign_skew = 2;
  double size_scale = 2, size_tail = 1.3, cut_share = 0.85;
  std::int32_t max_lots = 60;

  // Fair value.
  double value_volatility = 0.42;  // ticks a root second
  double value_impact = 0.25;      // ticks a trade of value_lots; of others in proportion to lots^value_exponent
  double value_exponent = 0.3, value_lots = 2.02;
  double value_memory = 0.8;  // how much of a trade's sign was to be expected
  double memory_weight[2] = {0.6, 0.4};
  double memory_decay[2] = {0.9, 0.99};

  // The book at the open, and what stands at a price that nobody has seen before, once the price comes within reach.
  std::int32_t start_price = 10'000;  // best ask
  std::int32_t start_levels = 39, start_lots = 8, start_step = 2;
  std::int32_t fresh_lots = 5, fresh_distance = 60;
};

}  // namespace lumina
