// A histogram of latencies: logarithmic buckets, each split into equal parts, so that a value is known to a stated
// relative error over the whole range of 64 bits. Recording is O(1) and allocates nothing; histograms of several
// threads or runs add up. One owner thread; others read copies.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lumina {

__extension__ using Int128 = __int128;

// What a latency model is made from (LatencyModel::empirical): values, strictly increasing, and how often each came.
struct EmpiricalCounts {
  std::vector<std::int64_t> ns;
  std::vector<std::uint64_t> counts;
};

class Histogram {
 public:
  static constexpr int kMinPrecisionBits = 1;
  static constexpr int kMaxPrecisionBits = 14;

  // Values below 2^(precision_bits + 1) are exact; above, a bucket's width is at most its lower end / 2^precision_bits.
  // 8 * (64 - precision_bits) * 2^precision_bits bytes: 57 kB at 7 bits, of which those in use are touched.
  explicit Histogram(int precision_bits = 7)
      : bits_(checked(precision_bits)), buckets_(static_cast<std::size_t>(64 - bits_) << bits_) {}

  // False, and nothing recorded but the refusal, where the value is negative.
  bool record(std::int64_t value, std::uint64_t times = 1) noexcept {
    if (value < 0) [[unlikely]] {
      negatives_ += times;
      return false;
    }
    if (times == 0) return true;
    buckets_[index(static_cast<std::uint64_t>(value))] += times;
    count_ += times;
    sum_ += static_cast<Int128>(value) * times;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
    return true;
  }

  // For a loop that should have taken a sample each expected_interval and was held up by the one of `value`: records
  // also the samples that were not taken in that time, value - k * expected_interval for k = 1, 2, ... down to
  // expected_interval (coordinated omission). At most as many steps as there are buckets.
  bool record_corrected(std::int64_t value, std::int64_t expected_interval) noexcept {
    if (!record(value)) return false;
    if (expected_interval <= 0 || value / expected_interval < 2) return true;
    const std::int64_t missing = value / expected_interval - 1;
    const std::int64_t least = value - missing * expected_interval;
    for (std::int64_t k = 1; k <= missing;) {
      // all missing values of one bucket at once, largest first
      const std::int64_t highest = value - k * expected_interval;
      const std::size_t at = index(static_cast<std::uint64_t>(highest));
      const std::int64_t last = std::min(missing, (value - lower(at)) / expected_interval);
      buckets_[at] += static_cast<std::uint64_t>(last - k + 1);
      k = last + 1;
    }
    count_ += static_cast<std::uint64_t>(missing);
    sum_ += (static_cast<Int128>(value - expected_interval) + least) * missing / 2;
    min_ = std::min(min_, least);
    return true;
  }

  // Adds what another histogram of the same precision recorded; throws std::invalid_argument on another precision.
  void merge(const Histogram& other) {
    if (other.bits_ != bits_) {
      throw std::invalid_argument("precision_bits " + std::to_string(other.bits_) + " of the other histogram is not " +
                                  std::to_string(bits_));
    }
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    negatives_ += other.negatives_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  void reset() noexcept {
    std::fill(buckets_.begin(), buckets_.end(), 0);
    count_ = negatives_ = 0;
    sum_ = 0;
    min_ = std::numeric_limits<std::int64_t>::max();
    max_ = -1;
  }

  int precision_bits() const noexcept { return bits_; }
  // What a value is known to, as a fraction of it.
  double relative_error() const noexcept { return std::ldexp(1.0, -bits_); }
  std::uint64_t count() const noexcept { return count_; }
  // Values that were refused.
  std::uint64_t negatives() const noexcept { return negatives_; }
  // Exact; 0 of an empty histogram.
  std::int64_t min() const noexcept { return count_ ? min_ : 0; }
  std::int64_t max() const noexcept { return count_ ? max_ : 0; }
  Int128 sum() const noexcept { return sum_; }
  double mean() const noexcept { return count_ ? static_cast<double>(sum_) / static_cast<double>(count_) : 0.0; }

  // Upper end of the bucket that holds the rank-th smallest value, rank in 1 .. count, but no more than max(): never
  // below that value, and above it by relative_error() at most. 0 of an empty histogram.
  std::int64_t value_at_rank(std::uint64_t rank) const noexcept {
    if (count_ == 0) return 0;
    rank = std::clamp<std::uint64_t>(rank, 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = index(static_cast<std::uint64_t>(min_));; ++i) {
      seen += buckets_[i];
      if (seen >= rank) return std::min(upper(i), max_);
    }
  }

  // value_at_rank of the smallest rank that is percent of the count or more, percent in [0, 100] (others are taken to
  // the nearer end). The product is taken to 50 bits: 99.9 of 1000 values is the 999th, whatever 99.9 is in binary.
  std::int64_t percentile(double percent) const noexcept {
    if (!(percent > 0)) return min();  // the smallest is known exactly
    if (percent >= 100) return max();
    const double rank = percent * static_cast<double>(count_) / 100;
    return value_at_rank(static_cast<std::uint64_t>(std::ceil(rank - std::ldexp(rank, -50))));
  }

  // Buckets, in order of their values. Two histograms of one precision have the same ones.
  std::size_t buckets() const noexcept { return buckets_.size(); }
  std::uint64_t bucket_count(std::size_t i) const noexcept { return buckets_[i]; }
  std::size_t index(std::uint64_t value) const noexcept {
    const int shift = std::max(static_cast<int>(std::bit_width(value)) - bits_ - 1, 0);
    return (static_cast<std::size_t>(shift) << bits_) + static_cast<std::size_t>(value >> shift);
  }
  std::int64_t lower(std::size_t i) const noexcept {
    const std::size_t shift = std::max<std::size_t>(i >> bits_, 1) - 1;
    return static_cast<std::int64_t>((i - (shift << bits_)) << shift);
  }
  std::int64_t upper(std::size_t i) const noexcept {
    const std::size_t shift = std::max<std::size_t>(i >> bits_, 1) - 1;
    return lower(i) + static_cast<std::int64_t>((std::uint64_t{1} << shift) - 1);
  }

  // The buckets in use as values and counts: each bucket by its middle, inside [min(), max()], which is within half of
  // relative_error() of what was recorded.
  EmpiricalCounts to_empirical() const {
    EmpiricalCounts out;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] == 0) continue;
      out.ns.push_back(std::clamp(lower(i) + (upper(i) - lower(i)) / 2, min_, max_));
      out.counts.push_back(buckets_[i]);
    }
    return out;
  }

  // Puts back what was saved of a histogram: counts of its buckets and the facts that they do not hold. Throws
  // std::invalid_argument where these contradict each other. Replaces what is recorded.
  void restore(const std::vector<std::size_t>& at, const std::vector<std::uint64_t>& counts, std::int64_t min,
               std::int64_t max, Int128 sum, std::uint64_t negatives) {
    if (at.size() != counts.size()) {
      throw std::invalid_argument("buckets has " + std::to_string(at.size()) + " values and counts " +
                                  std::to_string(counts.size()));
    }
    Histogram made(bits_);
    Int128 least = 0, most = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (at[i] >= buckets_.size() || (i && at[i] <= at[i - 1])) {
        throw std::invalid_argument("buckets[" + std::to_string(i) + "] = " + std::to_string(at[i]) +
                                    " is not above the one before and below " + std::to_string(buckets_.size()));
      }
      if (counts[i] == 0 || __builtin_add_overflow(made.count_, counts[i], &made.count_)) {
        throw std::invalid_argument("counts[" + std::to_string(i) + "] = " + std::to_string(counts[i]) +
                                    " is 0 or takes the count beyond 2^64 - 1");
      }
      made.buckets_[at[i]] = counts[i];
      least += static_cast<Int128>(lower(at[i])) * counts[i];
      most += static_cast<Int128>(upper(at[i])) * counts[i];
    }
    if (!at.empty()) {
      if (min < 0 || max < min || index(static_cast<std::uint64_t>(min)) != at.front() ||
          index(static_cast<std::uint64_t>(max)) != at.back()) {
        throw std::invalid_argument("min " + std::to_string(min) + " and max " + std::to_string(max) +
                                    " are not in the first and the last bucket");
      }
      made.min_ = min;
      made.max_ = max;
    }
    if (sum < least || sum > most) throw std::invalid_argument("sum is not one that these counts can have");
    made.sum_ = sum;
    made.negatives_ = negatives;
    *this = std::move(made);
  }

 private:
  static int checked(int precision_bits) {
    if (precision_bits < kMinPrecisionBits || precision_bits > kMaxPrecisionBits) {
      throw std::invalid_argument("precision_bits " + std::to_string(precision_bits) + " is not in [" +
                                  std::to_string(kMinPrecisionBits) + ", " + std::to_string(kMaxPrecisionBits) + "]");
    }
    return precision_bits;
  }

  int bits_;
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t negatives_ = 0;
  Int128 sum_ = 0;
  std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ = -1;
};

}  // namespace lumina
