// Probes by hand: the same small market order by order and as levels, and random tapes under every model.
#undef NDEBUG
#include <cassert>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <vector>

#include "lumina/research/queue_probe.hpp"

using lumina::Event;
using lumina::Kind;
using lumina::QueueModel;
using lumina::QueueModelKind;
using lumina::Side;
using lumina::TapeView;
using lumina::research::Probe;
using lumina::research::ProbeEnd;
using lumina::research::ProbeRun;
using lumina::research::ProbeSample;

namespace {

constexpr std::uint16_t kAlone = lumina::kBothViews | lumina::kEnd;

Event row(std::int64_t ts_ns, Kind kind, Side side, std::int32_t price, std::int32_t lots, std::uint64_t stamp = 0) {
  return {ts_ns, stamp, 0, price, lots, static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(side), kAlone};
}

TapeView view(const std::vector<Event>& rows, bool by_order) {
  TapeView tape;
  tape.rows = rows.data();
  tape.count = rows.size();
  tape.lo_ticks = 0;
  tape.hi_ticks = 200;
  tape.by_order = by_order;
  return tape;
}

const std::vector<Probe> kOne = {{2, 100, 0, 0}};
const std::vector<ProbeSample> kTimes = {{3, 0, 0}, {4, 0, 1}, {5, 0, 2}, {6, 0, 3}};

// 10 and 20 ahead; 5 join behind; 5 of those ahead go; the 10 are hit; the 15 are hit, and one behind.
void exact() {
  const std::vector<Event> rows = {
      row(1, Kind::add, Side::buy, 99, 10, 1),      row(1, Kind::add, Side::sell, 101, 9, 2),
      row(1, Kind::add, Side::buy, 99, 20, 3),      row(3, Kind::add, Side::buy, 99, 5, 4),
      row(4, Kind::reduce, Side::buy, 99, -5, 3),   row(5, Kind::execute, Side::buy, 99, -10, 1),
      row(7, Kind::execute, Side::buy, 99, -15, 3), row(8, Kind::execute, Side::buy, 99, -1, 4),
      row(200, Kind::add, Side::sell, 101, 1, 9),
  };
  ProbeRun run(view(rows, true), {}, kOne, 4);
  run.run(kTimes);
  assert(run.columns() == 1);
  assert((run.samples() == std::vector<double>{30, 25, 15, 15}));
  assert(run.fill_ts_ns()[0] == 8 && run.outcomes()[0].end == ProbeEnd::filled);
  assert(run.outcomes()[0].queue_lots == 30 && run.outcomes()[0].price_ticks == 99);
}

void by_model() {
  const std::vector<Event> rows = {
      row(1, Kind::change, Side::buy, 99, 30),    row(1, Kind::change, Side::sell, 101, 9),
      row(3, Kind::change, Side::buy, 99, 5),     row(4, Kind::change, Side::buy, 99, -7),
      row(5, Kind::trade, Side::sell, 99, 10),    row(5, Kind::change, Side::buy, 99, -10),
      row(7, Kind::trade, Side::sell, 99, 16),    row(7, Kind::change, Side::buy, 99, -16),
      row(200, Kind::change, Side::sell, 101, 1),
  };
  const std::vector<QueueModel> models = {QueueModel(QueueModelKind::risk_averse, 1),
                                          QueueModel(QueueModelKind::power, 1)};
  ProbeRun run(view(rows, false), models, kOne, 4);
  run.run(kTimes);
  // 7 of 35 go: none of them ahead, or 30 parts of 35; then 10 ahead are hit
  assert((run.samples() == std::vector<double>{30, 30, 28, 24, 18, 14, 18, 14}));
  // 16 reach whoever has 14 ahead
  assert(run.fill_ts_ns()[0] == 0 && run.fill_ts_ns()[1] == 7);
  assert(run.outcomes()[0].end == ProbeEnd::expired && run.outcomes()[0].end_ts_ns == 100);
}

// A price that the market runs through, an opposite quote that comes to it, and a gap.
void other_ends() {
  for (const bool by_order : {true, false}) {
    const std::vector<QueueModel> models(by_order ? 0 : 1);
    const auto end_of = [&](std::vector<Event> more) {
      std::vector<Event> rows = {row(1, Kind::change, Side::buy, 99, 30), row(1, Kind::change, Side::sell, 101, 9)};
      rows.insert(rows.end(), more.begin(), more.end());
      rows.push_back(row(200, Kind::change, Side::sell, 101, 1));
      ProbeRun run(view(rows, by_order), models, kOne, 1);
      run.run({});
      return std::pair(run.outcomes()[0].end, run.fill_ts_ns()[0]);
    };
    assert(end_of({row(5, Kind::trade, Side::sell, 98, 1)}) == std::pair(ProbeEnd::filled, std::int64_t{5}));
    assert(end_of({row(5, Kind::change, Side::sell, 99, 1)}) == std::pair(ProbeEnd::filled, std::int64_t{5}));
    assert(end_of({row(5, Kind::gap, Side::none, 0, 0)}) == std::pair(ProbeEnd::interrupted, std::int64_t{0}));
    assert(end_of({row(5, Kind::trade, Side::buy, 101, 1)}) == std::pair(ProbeEnd::expired, std::int64_t{0}));
  }
}

// Whatever comes: fronts between nothing and the level, and what is asked wrongly is refused.
void random_levels(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Event> rows;
  std::int32_t lots[2][3] = {};
  for (std::int64_t ts = 1; ts < 3000; ++ts) {
    const unsigned side = random() % 2, level = random() % 3;
    const std::int32_t price = side ? 101 + static_cast<std::int32_t>(level) : 99 - static_cast<std::int32_t>(level);
    std::int32_t change = static_cast<std::int32_t>(random() % 40) - 18;
    change = std::max(change, -lots[side][level]);
    if (change < 0 && random() % 2) rows.push_back(row(ts, Kind::trade, side ? Side::buy : Side::sell, price, -change));
    lots[side][level] += change;
    rows.push_back(row(ts, Kind::change, static_cast<Side>(side), price, change));
  }
  std::vector<Probe> probes;
  std::vector<ProbeSample> samples;
  for (std::uint32_t i = 0; i < 400; ++i) {
    const std::int64_t ts = random() % 2500;
    probes.push_back({ts, ts + 300, static_cast<std::int32_t>(random() % 3), static_cast<std::int32_t>(random() % 2)});
    samples.push_back({ts + static_cast<std::int64_t>(random() % 320), i, 0});
  }
  const std::vector<QueueModel> models = {QueueModel(QueueModelKind::risk_averse, 1), QueueModel(),
                                          QueueModel(QueueModelKind::log2, 1, 1, true)};
  ProbeRun run(view(rows, false), models, probes, 1);
  run.run(samples);
  std::size_t seen = 0, filled = 0;
  for (std::size_t i = 0; i < probes.size(); ++i)
    for (std::size_t m = 0; m < 3; ++m) {
      const double front = run.samples()[i * 3 + m];
      assert(front == ProbeRun::kNotResting || front >= 0);
      assert(front <= run.samples()[i * 3]);  // nobody puts more ahead than the one who lets nobody leave
      seen += front >= 0;
      filled += run.fill_ts_ns()[i * 3 + m] > 0;
    }
  assert(seen > 300 && filled > 100);
}

template <class Call>
void refused(Call call) {
  bool threw = false;
  try {
    call();
  } catch (const std::invalid_argument&) {
    threw = true;
  }
  assert(threw);
}

void wrong_questions() {
  const std::vector<Event> rows = {row(1, Kind::change, Side::buy, 99, 30)};
  const std::vector<QueueModel> models(1);
  refused([&] { ProbeRun(view(rows, true), models, kOne, 1); });
  refused([&] { ProbeRun(view(rows, false), {}, kOne, 1); });
  for (const Probe probe : {Probe{5, 4, 0, 0}, Probe{5, 6, -1, 0}, Probe{5, 6, 0, 2}}) {
    const std::vector<Probe> probes = {probe};
    refused([&] { ProbeRun(view(rows, true), {}, probes, 1); });
  }
  for (const ProbeSample sample : {ProbeSample{3, 1, 0}, ProbeSample{3, 0, 1}}) {
    const std::vector<ProbeSample> samples = {sample};
    refused([&] { ProbeRun(view(rows, true), {}, kOne, 1).run(samples); });
  }
}

}  // namespace

int main() {
  exact();
  by_model();
  other_ends();
  for (unsigned seed = 0; seed < 20; ++seed) random_levels(seed);
  wrong_questions();
}
