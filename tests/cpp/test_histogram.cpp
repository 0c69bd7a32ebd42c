// The histogram against a sorted list of the same values: counts, percentiles to the stated error, correction of
// coordinated omission against the loop spelled out, merging, saving, and use as a latency model.
#undef NDEBUG
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "lumina/backtest/latency_model.hpp"
#include "lumina/histogram.hpp"

using lumina::Histogram;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

template <class Call>
bool refuses(Call call) {
  try {
    call();
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

// Values of every magnitude, those around powers of two among them.
std::int64_t draw(std::mt19937_64& random) {
  const std::uint64_t value = random() >> (1 + random() % 63);
  switch (random() % 4) {
    case 0:
      return static_cast<std::int64_t>(std::bit_floor(value));
    case 1:
      return static_cast<std::int64_t>(std::bit_floor(value) - (value > 0));
    default:
      return static_cast<std::int64_t>(value);
  }
}

void bucket_bounds() {
  for (int bits = 1; bits <= 14; ++bits) {
    const Histogram h(bits);
    assert(h.buckets() == static_cast<std::size_t>(64 - bits) << bits);
    assert(h.lower(0) == 0 && h.upper(h.buckets() - 1) == kMost);
    for (std::size_t i = 0; i < h.buckets(); ++i) {
      const std::int64_t low = h.lower(i), high = h.upper(i);
      assert(h.index(static_cast<std::uint64_t>(low)) == i && h.index(static_cast<std::uint64_t>(high)) == i);
      assert(i == 0 || low == h.upper(i - 1) + 1);
      assert(high - low <= low >> bits);
    }
  }
  assert(refuses([] { Histogram(0); }) && refuses([] { Histogram(15); }));
}

void against_a_sorted_list(int bits) {
  std::mt19937_64 random(static_cast<std::uint64_t>(bits));
  Histogram h(bits), left(bits), right(bits);
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t value = draw(random);
    values.push_back(value);
    assert(h.record(value) && (i % 3 ? left : right).record(value));
  }
  std::sort(values.begin(), values.end());
  lumina::Int128 sum = 0;
  for (const std::int64_t value : values) sum += value;
  left.merge(right);
  for (const Histogram* each : {&h, &left}) {
    assert(each->count() == values.size() && each->min() == values.front() && each->max() == values.back());
    assert(each->sum() == sum);
    for (std::size_t rank = 1; rank <= values.size(); rank += 61) {
      const std::int64_t exact = values[rank - 1], got = each->value_at_rank(rank);
      assert(got >= exact && got - exact <= exact >> bits);
    }
  }
}

void percentiles() {
  Histogram h(10);
  for (std::int64_t i = 1; i <= 1000; ++i) h.record(i);  // exact below 2^11
  assert(h.percentile(0) == 1 && h.percentile(0.01) == 1 && h.percentile(0.1) == 1 && h.percentile(0.11) == 2);
  assert(h.percentile(50) == 500 && h.percentile(99) == 990 && h.percentile(99.9) == 999 && h.percentile(100) == 1000);
  assert(h.percentile(-1) == 1 && h.percentile(101) == 1000);
  // every tenth of a percent, whatever its binary form
  for (int i = 1; i <= 1000; ++i) assert(h.percentile(i / 10.0) == i);
  assert(h.mean() == 500.5);
  const Histogram empty;
  assert(empty.percentile(50) == 0 && empty.min() == 0 && empty.max() == 0 && empty.mean() == 0);
}

void correction() {
  std::mt19937_64 random(3);
  Histogram got(5), want(5);
  for (int i = 0; i < 3000; ++i) {
    const std::int64_t value = static_cast<std::int64_t>(random() % 100000);
    const std::int64_t interval = static_cast<std::int64_t>(random() % 3000) - 5;
    assert(got.record_corrected(value, interval));
    want.record(value);
    if (interval > 0) {
      for (std::int64_t missing = value - interval; missing >= interval; missing -= interval) want.record(missing);
    }
  }
  assert(got.count() == want.count() && got.sum() == want.sum() && got.min() == want.min() && got.max() == want.max());
  for (std::size_t i = 0; i < got.buckets(); ++i) assert(got.bucket_count(i) == want.bucket_count(i));
  // a loop over these would not end
  Histogram far;
  far.record_corrected(kMost, 1);
  assert(far.count() == static_cast<std::uint64_t>(kMost) && far.min() == 1 && far.max() == kMost);
  assert(far.percentile(50) >= kMost / 2 && far.percentile(50) - kMost / 2 <= kMost >> 8);
}

void refusals() {
  Histogram h;
  assert(!h.record(-1) && !h.record_corrected(-5, 1) && h.negatives() == 2 && h.count() == 0);
  assert(h.record(7, 0) && h.count() == 0 && h.max() == 0);
  assert(refuses([&] { h.merge(Histogram(8)); }));
  h.record(7);
  h.reset();
  assert(h.count() == 0 && h.negatives() == 0 && h.bucket_count(7) == 0 && h.max() == 0);
}

void saved_and_put_back() {
  Histogram h;
  for (const std::int64_t value : {3, 1000, 1001, 123456789}) h.record(value);
  std::vector<std::size_t> at;
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < h.buckets(); ++i) {
    if (h.bucket_count(i) == 0) continue;
    at.push_back(i);
    counts.push_back(h.bucket_count(i));
  }
  Histogram other;
  other.restore(at, counts, h.min(), h.max(), h.sum(), 2);
  assert(other.count() == 4 && other.sum() == h.sum() && other.max() == 123456789 && other.negatives() == 2);
  assert(other.value_at_rank(2) == h.value_at_rank(2));
  assert(refuses([&] { other.restore(at, {1}, 3, 123456789, h.sum(), 0); }));
  assert(refuses([&] { other.restore(at, counts, 4, 123456789, h.sum(), 0); }));
  assert(refuses([&] { other.restore(at, counts, 3, 1, h.sum(), 0); }));
  assert(refuses([&] { other.restore(at, counts, 3, 123456789, h.sum() * 2, 0); }));
  assert(refuses([&] { other.restore({5, 5}, {1, 1}, 5, 5, 10, 0); }));
  assert(refuses([&] { other.restore({1u << 30}, {1}, 5, 5, 5, 0); }));
  assert(refuses([&] { other.restore({5, 6}, {~std::uint64_t{0}, 1}, 5, 6, 0, 0); }));
  assert(other.count() == 4);
  other.restore({}, {}, 0, 0, 0, 0);
  assert(other.count() == 0);
}

void a_latency_model() {
  Histogram h;
  for (int i = 0; i < 300; ++i) h.record(2'000'000);
  for (int i = 0; i < 100; ++i) h.record(50);
  const lumina::EmpiricalCounts measured = h.to_empirical();
  assert((measured.counts == std::vector<std::uint64_t>{100, 300}));
  assert(measured.ns[0] == 50 && measured.ns[1] <= 2'000'000);  // inside [min, max]
  assert(2'000'000 - measured.ns[1] <= 2'000'000 >> 8);
  auto model = lumina::LatencyModel::empirical(measured.ns, measured.counts, 1, 0);
  int small = 0;
  for (int i = 0; i < 40000; ++i) small += model.sample() == 50;
  assert(small > 10000 - 5 * 87 && small < 10000 + 5 * 87);  // five standard errors
}

}  // namespace

int main() {
  bucket_bounds();
  for (const int bits : {1, 7, 14}) against_a_sorted_list(bits);
  percentiles();
  correction();
  refusals();
  saved_and_put_back();
  a_latency_model();
}
