// What an order would meet on arrival, worked out before anything happens: recorded levels less what we took
// (F9), and own orders in their queue (F10). The plan is judged first (post-only, self-trade), then carried out.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "lumina/backtest/own_book.hpp"
#include "lumina/backtest/taken_liquidity.hpp"
#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina {

class TakerPlan {
 public:
  struct Step {
    std::uint64_t own_id;      // 0: a recorded level
    std::int32_t price_ticks;  // recorded coordinates
    std::int32_t lots;
  };

  // limit in recorded coordinates, worse than any price for a market order; quotes is our side of the orders met.
  void make(const DepthBook& book, std::int32_t depth_limit, OwnSide& quotes, const TakenLiquidity& taken, Side side,
            std::int32_t limit, std::int32_t lots, SelfTrade self_trade, std::int32_t shift_ticks) {
    steps_.clear();
    stopped_by_own_ = false;
    const Side other = opposite(side);
    std::int32_t level = book.best(other);
    std::int32_t used = 0;  // of this level, by this plan
    std::int32_t rank = 1;
    for (std::size_t k = 0; lots > 0;) {
      const bool have_own = k < quotes.size();
      const std::int32_t own = have_own ? quotes[k].price_ticks - shift_ticks : DepthBook::none(other);
      const bool own_first = have_own && (!DepthBook::is_price(level) || !DepthBook::better(other, level, own));
      const std::int32_t price = own_first ? own : level;
      if (!DepthBook::is_price(price) || DepthBook::better(other, limit, price)) return;
      std::int32_t reach = price == level ? book.qty(other, level) : 0;
      if (own_first) reach = static_cast<std::int32_t>(std::min<double>(reach, std::ceil(quotes[k].front - 1e-9)));
      const std::int32_t take = std::min(reach - taken.at(other, price) - used, lots);
      if (take > 0) {
        steps_.push_back({0, price, take});
        used += take;
        lots -= take;
      }
      if (!own_first) {
        level = rank++ == depth_limit ? DepthBook::none(other) : book.behind(other, level);
        used = 0;
      } else if (lots > 0) {
        steps_.push_back({quotes[k].order_id, price, 0});
        if (self_trade != SelfTrade::cancel_oldest) {
          stopped_by_own_ = true;
          return;
        }
        ++k;
      }
    }
  }

  const std::vector<Step>& steps() const noexcept { return steps_; }
  bool stopped_by_own() const noexcept { return stopped_by_own_; }

 private:
  std::vector<Step> steps_;
  bool stopped_by_own_ = false;
};

}  // namespace lumina
