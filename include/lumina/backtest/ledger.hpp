// What a run is worth while it goes: fills into accounts, marks on the equity grid, markouts behind fills, and the
// impact shift between the recorded market and our prices (SEMANTICS A1, A2, I1, I2). One instrument.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lumina/backtest/accounting.hpp"
#include "lumina/backtest/impact.hpp"
#include "lumina/backtest/orders.hpp"
#include "lumina/types.hpp"

namespace lumina {

struct LedgerOptions {
  std::uint32_t instrument = 0;
  double lot_size = 1.0;  // base units, the impact model's
  std::int64_t maker_fee_e9 = 0;
  std::int64_t taker_fee_e9 = 0;
  std::int64_t equity_interval_ns = 0;    // 0: no grid, only the last sample
  std::vector<std::int64_t> markouts_ns;  // horizons
  std::optional<TransientImpact> impact;
};

class Ledger {
 public:
  struct FillNow {
    std::int64_t ts_ns;
    std::int64_t report_ts_ns;
    std::uint64_t order_id;
    std::int32_t price_ticks;
    std::int32_t qty_lots;
    std::int64_t mid2;  // last valid mid of the recorded market
    double queue_ahead;
    Side side;
    bool maker;
    FillCause cause;
  };
  // From its time on, the shift that held; the strategy's view lags behind the exchange's.
  struct ShiftChange {
    std::int64_t ts_ns;
    std::int32_t shift_ticks;
  };

  Ledger(ContractValue contract, LedgerOptions options, RunLog& log)
      : options_(std::move(options)), account_(contract), log_(&log), due_(options_.markouts_ns.size()) {}

  // The equity grid spans the run, markouts and impact the tape.
  void start(std::int64_t run_first_ns, std::int64_t run_last_ns, std::int64_t tape_last_ns) {
    run_last_ns_ = run_last_ns;
    tape_last_ns_ = tape_last_ns;
    if (const std::int64_t step = options_.equity_interval_ns; step > 0) {
      next_sample_ns_ = (run_first_ns / step + 1) * step;
      equity_.reserve(static_cast<std::size_t>((run_last_ns - run_first_ns) / step) + 2);
    }
    schedule();
  }

  std::int32_t shift_ticks() const noexcept { return shift_; }
  const std::vector<ShiftChange>& shifts() const noexcept { return shifts_; }
  std::int64_t next_shift_ts_ns() const noexcept { return next_shift_ns_; }
  std::int64_t next_probe_ts_ns() const noexcept { return next_probe_ns_; }
  const std::vector<EquitySample>& equity() const noexcept { return equity_; }
  const Account& account() const noexcept { return account_; }

  void fill(const FillNow& now) {
    const bool marked = now.mid2 != kNoMid;
    const std::int32_t own_recorded = now.price_ticks - shift_;
    std::int64_t impact = 0;
    if (now.maker && marked && (now.side == Side::buy ? shift_ < 0 : shift_ > 0)) {  // the shift favours us
      const ContractValue& contract = account_.contract();
      const Int128 gain = contract.value(std::int64_t{now.price_ticks} * 2, now.qty_lots) -
                          contract.value(std::int64_t{own_recorded} * 2, now.qty_lots);
      impact = static_cast<std::int64_t>(gain < 0 ? -gain : gain);
    }
    const std::int64_t mid2 = marked ? now.mid2 : std::int64_t{own_recorded} * 2;
    const Account::FillEffect effect =
        account_.on_fill(now.side, now.price_ticks, now.qty_lots, mid2,
                         now.maker ? options_.maker_fee_e9 : options_.taker_fee_e9, impact);
    if (overflowed()) return;  // not booked, and no row
    log_->fills.push_back({now.ts_ns, now.report_ts_ns, now.order_id, now.price_ticks, now.qty_lots, mid2,
                           effect.cash_units, effect.fee_units, effect.impact_units, effect.spread_capture_units,
                           effect.position_lots, now.queue_ahead, shift_, options_.instrument,
                           static_cast<std::uint8_t>(now.side), now.maker, static_cast<std::uint8_t>(now.cause), 0, 0});
    const std::size_t row = log_->fills.size() - 1;
    log_->markout_mid2.resize((row + 1) * due_.size(), kNoMid);
    for (std::size_t h = 0; h < due_.size(); ++h) {
      const std::int64_t at = now.ts_ns + options_.markouts_ns[h];
      if (at > tape_last_ns_) continue;
      due_[h].push({at, row});
      next_probe_ns_ = std::min(next_probe_ns_, at);
    }
  }

  void funding(std::int64_t rate_e9, std::int64_t mid2) noexcept {
    account_.funding(rate_e9, mid2);
    overflowed();
  }

  // A taker order of ours took lots: charges it on its last fill and pushes the market. True if the shift moved.
  bool push(Side side, std::int32_t lots, std::int64_t mid2, std::int64_t ts_ns) {
    if (!options_.impact || log_->overflow) return false;
    TransientImpact& impact = *options_.impact;
    impact.decay_to(ts_ns);
    const double qty = lots * options_.lot_size;
    const double charge_lots = impact.push(side == Side::buy ? qty : -qty) / options_.lot_size;
    if (mid2 != kNoMid) {
      const std::int64_t charge = account_.contract().cost(mid2, charge_lots);
      account_.charge_impact(charge);
      if (!overflowed()) log_->fills.back().impact_units += charge;
    }
    return reshift(ts_ns, mid2, ts_ns + 1);  // the market events of this instant came before it
  }

  // Re-evaluates the shift at an instant of the grid or after a push. True if it moved.
  bool reshift(std::int64_t ts_ns, std::int64_t mid2) { return reshift(ts_ns, mid2, ts_ns); }

  // The instant has come: everything at or before ts_ns has happened.
  void probe(std::int64_t ts_ns, std::int64_t mid2) {
    for (std::size_t h = 0; h < due_.size(); ++h)
      while (!due_[h].empty() && due_[h].front().ts_ns <= ts_ns)
        log_->markout_mid2[due_[h].pop().fill * due_.size() + h] = mid2;
    if (next_sample_ns_ <= ts_ns) {
      sample(ts_ns, mid2);
      next_sample_ns_ += options_.equity_interval_ns;
    }
    schedule();
  }

  void end_of_tape() noexcept { next_shift_ns_ = kNever; }

  // The run is over: what is due by now, and the last sample.
  void finish(std::int64_t ts_ns, std::int64_t mid2) {
    next_sample_ns_ = kNever;
    probe(ts_ns, mid2);
    sample(ts_ns, mid2);
  }

 private:
  bool overflowed() noexcept { return log_->overflow |= account_.overflow(); }

  bool reshift(std::int64_t ts_ns, std::int64_t mid2, std::int64_t from_ns) {
    TransientImpact& impact = *options_.impact;
    impact.decay_to(ts_ns);
    const std::int64_t next = impact.active() ? impact.next_grid(ts_ns) : kNever;
    next_shift_ns_ = next <= tape_last_ns_ ? next : kNever;
    // A fraction of the mid's size (T1b).
    const double mid = mid2 == kNoMid ? 0.0 : std::fabs(static_cast<double>(mid2)) / 2;
    const auto shift = static_cast<std::int32_t>(std::nearbyint(impact.relative() * mid));
    if (shift == shift_) return false;
    shift_ = shift;
    shifts_.push_back({from_ns, shift});
    return true;
  }

  struct Due {
    std::int64_t ts_ns;
    std::size_t fill;
  };

  void schedule() noexcept {
    if (next_sample_ns_ >= run_last_ns_) next_sample_ns_ = kNever;  // the end has a sample of its own
    next_probe_ns_ = next_sample_ns_;
    for (const Fifo<Due>& due : due_)
      if (!due.empty()) next_probe_ns_ = std::min(next_probe_ns_, due.front().ts_ns);
  }

  void sample(std::int64_t ts_ns, std::int64_t mid2) {
    account_.mark(mid2);
    overflowed();
    const Account::Totals totals = account_.totals();
    equity_.push_back({ts_ns, mid2, account_.position_lots(), totals.spread_capture_units, totals.inventory_units,
                       totals.fees_units, totals.impact_units, totals.funding_units, shift_, options_.instrument});
  }

  LedgerOptions options_;
  Account account_;
  RunLog* log_;
  std::int32_t shift_ = 0;
  std::vector<ShiftChange> shifts_;
  std::vector<EquitySample> equity_;
  std::vector<Fifo<Due>> due_;  // per horizon; fills come in order of time, so each is sorted
  std::int64_t run_last_ns_ = 0, tape_last_ns_ = 0;
  std::int64_t next_sample_ns_ = kNever, next_probe_ns_ = kNever, next_shift_ns_ = kNever;
};

}  // namespace lumina
