// The others in the embedded market: when the next of them acts and what he does, given the book. Limit orders and
// cancellations come at rates that depend on the queue and on a fair value, market orders from a Hawkes process whose
// signs come from long metaorders; the fair value learns from trades. One stream of random numbers a purpose, so that
// two runs of one seed stay close to each other until something of ours parts them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "lumina/market/activity.hpp"
#include "lumina/market/parameters.hpp"
#include "lumina/random.hpp"
#include "lumina/types.hpp"

namespace lumina {

// What the flow looks at; neither side is ever empty.
template <class T>
concept FlowBook = requires(const T& book, Side side, std::int32_t price) {
  { book.best(side) } -> std::convertible_to<std::int32_t>;
  { book.qty(side, price) } -> std::convertible_to<std::int64_t>;         // all lots of the level
  { book.others_qty(side, price) } -> std::convertible_to<std::int64_t>;  // less ours, which nobody else can cancel
};

class OrderFlow {
 public:
  enum class Act : std::uint8_t { limit, cancel, market };
  struct Action {
    Act act;
    Side side;
    std::int32_t price_ticks;  // of limit and cancel
    std::int32_t lots;         // of market
    std::uint64_t pick;        // of cancel: which of the others' orders of the level, from the front
  };

  OrderFlow(const MarketParameters& parameters, std::uint64_t seed)
      : p_(parameters),
        activity_(parameters, Random(seed, 0)),
        clock_(seed, 1),
        choice_(seed, 2),
        value_(seed, 3),
        orders_(seed, 4),
        fair_(parameters.start_price - 0.5),
        end_s_(static_cast<double>(parameters.length_ns) * 1e-9) {
    for (Metaorder& metaorder : metaorders_) renew(metaorder);
  }

  // The book stands: time begins.
  template <FlowBook Book>
  void start(const Book& book) {
    wait_ = exponential();
    rate(book);
    schedule();
  }

  // When the next one acts; kNever past the end of what is simulated.
  std::int64_t next_ts_ns() const noexcept { return next_ns_; }
  double fair_value_ticks() const noexcept { return fair_; }

  // That time has come. Whoever calls carries the action out, tells of a trade, and then calls done.
  template <FlowBook Book>
  Action act(const Book& book) {
    pass(wait_ / total_);
    now_s_ = next_s_;
    fair_ += p_.value_volatility * std::sqrt(drift_tau_) * value_.normal();
    drift_tau_ = 0;
    return choose(book, choice_.uniform() * total_);
  }
  template <FlowBook Book>
  void done(const Book& book) {
    wait_ = exponential();
    rate(book);
    schedule();
  }

  // A market order of somebody, or an order of ours, traded so many lots on arrival. What it says of the fair value
  // grows with them, less than in proportion: with the sign alone the impact of a long order would be linear in the
  // number of its parts, whatever they weigh.
  void traded(Side aggressor, std::int32_t lots) noexcept {
    const double sign = aggressor == Side::buy ? 1 : -1;
    const double weight = std::pow(lots / p_.value_lots, p_.value_exponent);
    double expected = 0;
    for (int i = 0; i < 2; ++i) {
      excitement_[i] += p_.excitation[i] * p_.excitation_decay[i];
      expected += p_.memory_weight[i] * memory_[i];
      memory_[i] = p_.memory_decay[i] * memory_[i] + (1 - p_.memory_decay[i]) * weight * sign;
    }
    fair_ += p_.value_impact * (weight * sign - p_.value_memory * expected);
  }

  // Something of ours changed the book at ts_ns, which is not past next_ts_ns; an order of ours on traded_side
  // traded so many lots on arrival, or 0. What is left of the waiting time stays, at the new rates: exact, and it draws
  // nothing.
  template <FlowBook Book>
  void disturbed(std::int64_t ts_ns, const Book& book, Side traded_side, std::int32_t traded_lots) {
    const double at_s = std::clamp(static_cast<double>(ts_ns - p_.start_ns) * 1e-9, now_s_, std::max(now_s_, next_s_));
    const double tau = activity_.operational(now_s_, at_s);
    wait_ = std::max(wait_ - tau * total_, 0.0);
    pass(tau);
    now_s_ = at_s;
    if (traded_lots) traded(traded_side, traded_lots);
    rate(book);
    schedule();
  }

 private:
  static constexpr int kDistances = MarketParameters::kDistances;
  struct Metaorder {
    double left;
    Side side;
  };

  double exponential() noexcept { return -std::log(1 - clock_.uniform()); }
  // Lomax with scale one.
  static double lomax(Random& random, double shape) noexcept { return std::pow(1 - random.uniform(), -1 / shape) - 1; }

  // Operational time goes by.
  void pass(double tau) noexcept {
    drift_tau_ += tau;
    for (int i = 0; i < 2; ++i) excitement_[i] *= std::exp(-p_.excitation_decay[i] * tau);
  }

  void schedule() {
    next_s_ = activity_.after(now_s_, wait_ / total_, end_s_);
    next_ns_ = next_s_ > end_s_ ? std::numeric_limits<std::int64_t>::max()
                                : p_.start_ns + static_cast<std::int64_t>(std::ceil(next_s_ * 1e9));
  }

  // What everybody does a second of operational time, held until something happens.
  template <FlowBook Book>
  void rate(const Book& book) {
    const std::int32_t bid = book.best(Side::buy), ask = book.best(Side::sell);
    const std::int32_t spread = ask - bid;
    const double mid = 0.5 * (static_cast<double>(bid) + ask);
    skew_ = std::clamp(fair_ - mid, -p_.max_skew, p_.max_skew);
    const double limit = std::exp(p_.limit_skew * skew_), cancel = std::exp(-p_.cancel_skew * skew_);
    total_ = 0;
    for (int s = 0; s < 2; ++s) {
      const auto side = static_cast<Side>(s);
      const std::int32_t far = s ? bid : ask, step = s ? 1 : -1;
      const double limit_factor = s ? 1 / limit : limit, cancel_factor = s ? 1 / cancel : cancel;
      for (int i = 0; i < kDistances; ++i) {
        const double inside = i + 1 < spread ? p_.inside_factor : 1;
        limit_[s][i] = p_.limit_rate[i] * inside * limit_factor;
        cancel_[s][i] =
            p_.cancel_rate[i] * cancel_factor * static_cast<double>(book.others_qty(side, far + step * (i + 1)));
        total_ += limit_[s][i] + cancel_[s][i];
      }
    }
    const double excited = p_.market_rate + excitement_[0] + excitement_[1];
    total_ += excited * std::exp(-p_.spread_damping * (spread - 1));
  }

  template <FlowBook Book>
  Action choose(const Book& book, double at) {
    for (int s = 0; s < 2; ++s) {
      const auto side = static_cast<Side>(s);
      const std::int32_t far = book.best(opposite(side)), step = s ? 1 : -1;
      for (int i = 0; i < kDistances; ++i) {
        if ((at -= limit_[s][i]) < 0) return {Act::limit, side, far + step * (i + 1), 1, 0};
      }
      for (int i = 0; i < kDistances; ++i) {
        if ((at -= cancel_[s][i]) >= 0) continue;
        const std::int32_t price = far + step * (i + 1);
        const auto lots = static_cast<std::uint64_t>(book.others_qty(side, price));
        return {Act::cancel, side, price, 1, choice_.below(lots)};
      }
    }
    return market_order(book);
  }

  template <FlowBook Book>
  Action market_order(const Book& book) {
    const Side side = sign();
    const Side quotes = opposite(side);
    const double drawn = std::floor(p_.size_scale * lomax(orders_, p_.size_tail) + 1);
    auto lots = static_cast<std::int32_t>(std::min<double>(p_.max_lots, drawn));
    const std::int64_t best = book.qty(quotes, book.best(quotes));
    const double cut = orders_.uniform();
    if (lots > best && cut < p_.cut_share) lots = static_cast<std::int32_t>(best);
    return {Act::market, side, 0, lots, 0};
  }

  Side sign() noexcept {
    if (orders_.uniform() < p_.metaorder_share) {
      Metaorder& metaorder = metaorders_[orders_.below(kMetaorders)];
      const Side side = metaorder.side;
      if ((metaorder.left -= 1) <= 0) renew(metaorder);
      return side;
    }
    return orders_.uniform() < 1 / (1 + std::exp(-p_.sign_skew * skew_)) ? Side::buy : Side::sell;
  }
  void renew(Metaorder& metaorder) noexcept {
    metaorder.left = 1 + lomax(orders_, p_.metaorder_tail);
    metaorder.side = orders_.below(2) ? Side::sell : Side::buy;
  }

  static constexpr std::uint64_t kMetaorders = 3;

  MarketParameters p_;
  Activity activity_;
  Random clock_, choice_, value_, orders_;
  Metaorder metaorders_[kMetaorders];

  double fair_;
  double memory_[2] = {}, excitement_[2] = {};
  double drift_tau_ = 0;  // since the fair value last moved

  double now_s_ = 0, next_s_ = 0, end_s_;  // from the open
  double wait_ = 0;                        // to the next action, times the total rate
  std::int64_t next_ns_ = 0;

  double limit_[2][kDistances], cancel_[2][kDistances];
  double total_ = 1, skew_ = 0;
};

}  // namespace lumina
