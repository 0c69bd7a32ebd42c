// Virtual orders of one lot in a recorded market, and the quantity ahead of each: exact by the stamps of an L3 tape
// (SEMANTICS F1, F2), or as queue models put it from the L2 tape of the same market (F4). Probes are independent: none
// sees another, and none takes anything.
//
// A probe fills as an own order of the engine would: by a print or execution that reaches it in its queue, by one
// through its price, or by an opposite quote that stands at or through its price when an event ends. What the engine
// would freeze (F5) ends a probe instead: a clear, a snapshot, a gap, the end of continuous trading, or its level's
// leaving the window of a depth-limited source. There is nothing exact to compare with from then on.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "lumina/backtest/queue_model.hpp"
#include "lumina/backtest/recorded_market.hpp"
#include "lumina/book/depth_book.hpp"
#include "lumina/types.hpp"

namespace lumina::research {

// What is asked: an order at the level-th displayed price of the side (0 the touch), from ts_ns on, behind all rows of
// that time, until until_ns.
struct Probe {
  std::int64_t ts_ns;
  std::int64_t until_ns;
  std::int32_t level;
  std::int32_t side;  // Side
};

// The front wanted behind all rows at or before ts_ns.
struct ProbeSample {
  std::int64_t ts_ns;
  std::uint32_t probe;
  std::uint32_t slot;  // where the answer goes
};

enum class ProbeEnd : std::uint8_t { open = 0, not_placed, filled, expired, interrupted };

// What became of a probe, but for its fronts and fills.
struct ProbeOutcome {
  std::int64_t end_ts_ns = 0;      // of the end below; 0 while open
  std::int64_t emptied_ts_ns = 0;  // first end of an event at which nothing recorded stood at its level; 0: none
  std::int32_t price_ticks = 0;
  std::int32_t queue_lots = 0;  // ahead at placement
  ProbeEnd end = ProbeEnd::open;
  std::uint8_t reserved[7] = {};
};
static_assert(sizeof(Probe) == 24 && sizeof(ProbeSample) == 16 && sizeof(ProbeOutcome) == 32);

// One pass over a tape for all probes. An L3 tape has one column, the exact one; an L2 tape one for each model.
class ProbeRun {
 public:
  static constexpr double kNotResting = -1.0;

  ProbeRun(const TapeView& tape, std::span<const QueueModel> models, std::span<const Probe> probes, std::uint32_t slots)
      : market_(tape),
        last_ts_ns_(market_.last_ts_ns()),
        tape_end_(tape.rows + tape.count),
        models_(models.begin(), models.end()),
        probes_(probes.begin(), probes.end()),
        columns_(tape.by_order ? 1 : models.size()),
        slots_(slots),
        outcomes_(probes.size()),
        numbers_(probes.size()),
        open_columns_(probes.size()),
        fronts_(probes.size() * columns_, kNotResting),
        samples_(probes.size() * slots * columns_, kNotResting),
        fill_ts_ns_(probes.size() * columns_, 0) {
    if (tape.by_order != models.empty()) throw std::invalid_argument("an L2 tape needs models, an L3 tape none");
    for (const Probe& probe : probes)
      if (probe.level < 0 || probe.side < 0 || probe.side > 1 || probe.until_ns < probe.ts_ns)
        throw std::invalid_argument("a probe has a side 0 or 1, a level from 0 and ends after it began");
  }

  void run(std::span<const ProbeSample> samples) {
    struct Task {
      std::int64_t ts_ns;
      std::uint32_t what;  // 0 place, 1 sample, 2 end: in this order at one time
      std::uint32_t probe, slot;
    };
    std::vector<Task> tasks;
    tasks.reserve(2 * probes_.size() + samples.size());
    for (std::uint32_t i = 0; i < probes_.size(); ++i) {
      tasks.push_back({probes_[i].ts_ns, 0, i, 0});
      tasks.push_back({probes_[i].until_ns, 2, i, 0});
    }
    for (const ProbeSample& sample : samples) {
      if (sample.probe >= probes_.size() || sample.slot >= slots_)
        throw std::invalid_argument("sample of probe " + std::to_string(sample.probe) + ", slot " +
                                    std::to_string(sample.slot) + ": there is no such");
      tasks.push_back({sample.ts_ns, 1, sample.probe, sample.slot});
    }
    std::sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) {
      return a.ts_ns != b.ts_ns ? a.ts_ns < b.ts_ns : a.what != b.what ? a.what < b.what : a.probe < b.probe;
    });
    for (const Task& task : tasks) {
      advance(task.ts_ns);
      const bool data_ended = task.ts_ns > last_ts_ns_;
      if (task.what == 0) {
        place(task.probe, data_ended);
      } else if (task.what == 1) {
        sample(task.probe, task.slot);
      } else if (outcomes_[task.probe].end == ProbeEnd::open) {
        end(task.probe, task.ts_ns, data_ended ? ProbeEnd::interrupted : ProbeEnd::expired);
        unlist(task.probe);
      }
    }
  }

  std::size_t columns() const noexcept { return columns_; }
  const std::vector<ProbeOutcome>& outcomes() const noexcept { return outcomes_; }
  // By probe, slot, column; kNotResting where the probe was not in the market.
  const std::vector<double>& samples() const noexcept { return samples_; }
  // By probe and column; 0 where it did not fill.
  const std::vector<std::int64_t>& fill_ts_ns() const noexcept { return fill_ts_ns_; }

 private:
  // Prices of a side as keys that grow away from the opposite side.
  static std::int64_t key(Side side, std::int32_t price) noexcept {
    return side == Side::buy ? -std::int64_t{price} : std::int64_t{price};
  }
  using Lines = std::map<std::int64_t, std::vector<std::uint32_t>>;
  Lines& lines(Side side) noexcept { return lines_[static_cast<unsigned>(side)]; }

  void advance(std::int64_t ts_ns) {
    market_.replay(
        ts_ns, tape_end_, [this](const Event& row, const DepthBook::Step& step) { on_change(row, step); },
        [this](const Event& row) { on_print(row); }, [this](const Event& row) { on_marker(row); },
        [this](const Event& row) {
          if (row.flags & kEnd) end_event(row.exch_ts_ns);
          return false;
        });
    // replay returns behind the last row of this time, or at the end of the tape
  }

  // ---- rows ------------------------------------------------------------------------------------------------------

  void on_change(const Event& row, const DepthBook::Step& step) {
    const auto side = static_cast<Side>(row.side & 1u);
    Lines& lines = this->lines(side);
    if (lines.empty()) return;
    const bool executed = row.kind == static_cast<std::uint8_t>(Kind::execute);
    if (executed && market_.continuous()) fill_through(side, row.price_ticks, row.exch_ts_ns);
    const auto line = lines.find(key(side, row.price_ticks));
    if (line == lines.end()) return;
    if (step.after <= 0) emptied_.push_back(row);
    if (!models_.empty()) {
      for (const std::uint32_t i : line->second) {
        double* const fronts = &fronts_[i * columns_];
        for (std::size_t m = 0; m < columns_; ++m)
          fronts[m] = models_[m].after_depth(fronts[m], step.before, std::max(step.after, 0), step.printed);
      }
      return;
    }
    if (executed && market_.continuous()) {  // whoever stands ahead of the order that was hit would have been hit
      remove_if(lines, line, [&](std::uint32_t i) {
        if (numbers_[i] > row.stamp) return false;
        fill(i, 0, row.exch_ts_ns);
        return true;
      });
    }
    const auto again = lines.find(key(side, row.price_ticks));
    if (again == lines.end()) return;
    const bool moves = row.qty_lots < 0 && (!executed || market_.continuous());
    for (const std::uint32_t i : again->second) {
      const double ahead = moves && row.stamp < numbers_[i] ? row.qty_lots : 0;
      fronts_[i] = std::clamp(fronts_[i] + ahead, 0.0, std::max<double>(step.after, 0.0));
    }
  }

  void on_print(const Event& row) {
    if (row.side == static_cast<std::uint8_t>(Side::none) || row.flags & kOffBook || !market_.continuous()) return;
    const Side side = opposite(static_cast<Side>(row.side));
    if (lines(side).empty()) return;
    fill_through(side, row.price_ticks, row.exch_ts_ns);
    const auto line = lines(side).find(key(side, row.price_ticks));
    if (models_.empty() || line == lines(side).end() || !market_.moves_queue(row)) return;
    const double displayed = market_.book().qty(side, row.price_ticks);
    remove_if(lines(side), line, [&](std::uint32_t i) {
      double* const fronts = &fronts_[i * columns_];
      for (std::size_t m = 0; m < columns_; ++m) {
        if (row.qty_lots - std::ceil(fronts[m] - 1e-9) > 0) fill(i, m, row.exch_ts_ns);
        fronts[m] = models_[m].after_trade(fronts[m], row.qty_lots, displayed);
      }
      return open_columns_[i] == 0;
    });
  }

  void on_marker(const Event& row) {
    switch (static_cast<Kind>(row.kind)) {
      case Kind::status:
        market_.set_phase(static_cast<Phase>(row.qty_lots));
        if (market_.continuous()) return;
        break;
      case Kind::snapshot_end:
        in_snapshot_ = false;
        return;
      case Kind::snapshot_begin:
        in_snapshot_ = true;
        break;
      case Kind::clear:
      case Kind::gap:
        break;
      default:
        return;
    }
    for (Lines& lines : lines_) {
      for (const auto& [price, line] : lines)
        for (const std::uint32_t i : line) end(i, row.exch_ts_ns, ProbeEnd::interrupted);
      lines.clear();
    }
  }

  void end_event(std::int64_t ts_ns) {
    for (const Side side : {Side::buy, Side::sell}) {
      Lines& lines = this->lines(side);
      if (lines.empty()) continue;
      if (market_.continuous()) {  // an opposite quote at or through a price
        const std::int32_t quote = market_.book().best(opposite(side));
        if (DepthBook::is_price(quote)) fill_better(side, key(side, quote) + 1, ts_ns);
      }
      if (market_.depth_limit()) leave_window(side, ts_ns);
    }
    for (const Event& row : emptied_) {
      const auto side = static_cast<Side>(row.side & 1u);
      const auto line = lines(side).find(key(side, row.price_ticks));
      if (line == lines(side).end() || market_.book().qty(side, row.price_ticks) > 0) continue;
      for (const std::uint32_t i : line->second)
        if (outcomes_[i].emptied_ts_ns == 0) outcomes_[i].emptied_ts_ns = ts_ns;
    }
    emptied_.clear();
  }

  void leave_window(Side side, std::int64_t ts_ns) {
    Lines& lines = this->lines(side);
    while (!lines.empty()) {
      const auto line = std::prev(lines.end());
      const auto price = static_cast<std::int32_t>(side == Side::buy ? -line->first : line->first);
      if (!market_.left_window(side, price)) return;
      for (const std::uint32_t i : line->second) end(i, ts_ns, ProbeEnd::interrupted);
      lines.erase(line);
    }
  }

  // ---- probes ----------------------------------------------------------------------------------------------------

  void place(std::uint32_t i, bool data_ended) {
    const Probe& probe = probes_[i];
    ProbeOutcome& outcome = outcomes_[i];
    const auto side = static_cast<Side>(probe.side);
    const DepthBook& book = market_.book();
    std::int32_t price = book.best(side);
    for (std::int32_t level = 0; level < probe.level && DepthBook::is_price(price); ++level)
      price = book.behind(side, price);
    if (data_ended || !market_.continuous() || in_snapshot_ || !DepthBook::is_price(price) || book.mid2() == kNoMid ||
        market_.left_window(side, price)) {
      end(i, probe.ts_ns, ProbeEnd::not_placed);
      return;
    }
    outcome.price_ticks = price;
    outcome.queue_lots = book.qty(side, price);
    numbers_[i] = market_.next_number();
    open_columns_[i] = static_cast<std::uint32_t>(columns_);
    std::fill_n(&fronts_[i * columns_], columns_, outcome.queue_lots);
    lines(side)[key(side, price)].push_back(i);
  }

  void sample(std::uint32_t i, std::uint32_t slot) {
    const ProbeEnd end = outcomes_[i].end;
    // the models' fronts are asked for as long as the exact order rests, also where all have filled already
    if (end == ProbeEnd::open || (end == ProbeEnd::filled && !models_.empty()))
      std::copy_n(&fronts_[i * columns_], columns_, &samples_[(i * slots_ + slot) * columns_]);
  }

  void fill(std::uint32_t i, std::size_t column, std::int64_t ts_ns) {
    std::int64_t& filled = fill_ts_ns_[i * columns_ + column];
    if (filled) return;
    filled = ts_ns;
    if (--open_columns_[i] == 0) end(i, ts_ns, ProbeEnd::filled);
  }

  void fill_through(Side side, std::int32_t price, std::int64_t ts_ns) { fill_better(side, key(side, price), ts_ns); }
  void fill_better(Side side, std::int64_t below, std::int64_t ts_ns) {
    Lines& lines = this->lines(side);
    while (!lines.empty() && lines.begin()->first < below) {
      for (const std::uint32_t i : lines.begin()->second)
        for (std::size_t column = 0; column < columns_; ++column) fill(i, column, ts_ns);
      lines.erase(lines.begin());
    }
  }

  void end(std::uint32_t i, std::int64_t ts_ns, ProbeEnd how) noexcept {
    outcomes_[i].end = how;
    outcomes_[i].end_ts_ns = ts_ns;
  }

  void unlist(std::uint32_t i) {
    const auto side = static_cast<Side>(probes_[i].side);
    const auto line = lines(side).find(key(side, outcomes_[i].price_ticks));
    if (line != lines(side).end()) remove_if(lines(side), line, [i](std::uint32_t other) { return other == i; });
  }
  template <class Gone>
  static void remove_if(Lines& lines, Lines::iterator line, Gone&& gone) {
    std::erase_if(line->second, gone);
    if (line->second.empty()) lines.erase(line);
  }

  RecordedMarket market_;
  std::int64_t last_ts_ns_;
  const Event* tape_end_;
  std::vector<QueueModel> models_;
  std::vector<Probe> probes_;
  std::size_t columns_;
  std::uint32_t slots_;
  bool in_snapshot_ = false;

  Lines lines_[2];              // probes that rest, by price
  std::vector<Event> emptied_;  // levels of probes without quantity, of the event so far
  std::vector<ProbeOutcome> outcomes_;
  std::vector<std::uint64_t> numbers_;  // of the row that comes next at placement (T1a)
  std::vector<std::uint32_t> open_columns_;
  std::vector<double> fronts_, samples_;
  std::vector<std::int64_t> fill_ts_ns_;
};

}  // namespace lumina::research
