// A 64-ary bitmap over a range of ticks: which levels of a ladder hold quantity, and the nearest one above or
// below in three steps. Three tiers span 262,144 ticks; a larger range scans the words of the top tier.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lumina {

class PriceBitmap {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFu;

  PriceBitmap() = default;
  explicit PriceBitmap(std::uint32_t bits)
      : tier0_((bits + 63) / 64), tier1_((tier0_.size() + 63) / 64), tier2_((tier1_.size() + 63) / 64) {}

  bool test(std::uint32_t i) const noexcept { return (tier0_[i >> 6] >> (i & 63)) & 1; }

  // The upper tiers change only when a word of 64 ticks becomes empty or stops being so.
  [[gnu::always_inline]] void assign(std::uint32_t i, bool on) noexcept {
    const std::uint64_t before = tier0_[i >> 6];
    const std::uint64_t after = (before & ~(std::uint64_t{1} << (i & 63))) | (std::uint64_t{on} << (i & 63));
    tier0_[i >> 6] = after;
    if ((before == 0) != (after == 0)) [[unlikely]]
      lift(i >> 6, after != 0);
  }

  // Lowest set bit at or above i; kNone if there is none.
  std::uint32_t at_or_above(std::uint32_t i) const noexcept {
    std::uint32_t w = i >> 6;
    if (w >= tier0_.size()) return kNone;
    if (const std::uint64_t m = tier0_[w] & (~std::uint64_t{0} << (i & 63))) return low(w, m);
    std::uint32_t w1 = w >> 6;
    if (const std::uint64_t m = tier1_[w1] & above(w & 63)) return low_word(low(w1, m));
    std::uint32_t w2 = w1 >> 6;
    if (const std::uint64_t m = tier2_[w2] & above(w1 & 63)) return low_word1(low(w2, m));
    for (++w2; w2 < tier2_.size(); ++w2)
      if (tier2_[w2]) return low_word1(low(w2, tier2_[w2]));
    return kNone;
  }

  // Highest set bit at or below i; kNone if there is none.
  std::uint32_t at_or_below(std::uint32_t i) const noexcept {
    std::uint32_t w = i >> 6;
    if (const std::uint64_t m = tier0_[w] & (~std::uint64_t{0} >> (63 - (i & 63)))) return high(w, m);
    std::uint32_t w1 = w >> 6;
    if (const std::uint64_t m = tier1_[w1] & below(w & 63)) return high_word(high(w1, m));
    std::uint32_t w2 = w1 >> 6;
    if (const std::uint64_t m = tier2_[w2] & below(w1 & 63)) return high_word1(high(w2, m));
    while (w2-- > 0)
      if (tier2_[w2]) return high_word1(high(w2, tier2_[w2]));
    return kNone;
  }

 private:
  static std::uint64_t above(std::uint32_t bit) noexcept { return bit == 63 ? 0 : ~std::uint64_t{0} << (bit + 1); }
  static std::uint64_t below(std::uint32_t bit) noexcept { return (std::uint64_t{1} << bit) - 1; }
  static std::uint32_t low(std::uint32_t w, std::uint64_t m) noexcept {
    return w << 6 | static_cast<std::uint32_t>(std::countr_zero(m));
  }
  static std::uint32_t high(std::uint32_t w, std::uint64_t m) noexcept {
    return w << 6 | (63u - static_cast<std::uint32_t>(std::countl_zero(m)));
  }
  std::uint32_t low_word(std::uint32_t w) const noexcept { return low(w, tier0_[w]); }
  std::uint32_t low_word1(std::uint32_t w1) const noexcept { return low_word(low(w1, tier1_[w1])); }
  std::uint32_t high_word(std::uint32_t w) const noexcept { return high(w, tier0_[w]); }
  std::uint32_t high_word1(std::uint32_t w1) const noexcept { return high_word(high(w1, tier1_[w1])); }

  [[gnu::noinline]] void lift(std::uint32_t word, bool on) noexcept {
    const std::uint32_t word1 = word >> 6;
    const std::uint64_t before = tier1_[word1];
    set_bit(tier1_, word, on);
    if ((before == 0) != (tier1_[word1] == 0)) set_bit(tier2_, word1, on);
  }
  static void set_bit(std::vector<std::uint64_t>& tier, std::uint32_t i, bool on) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (i & 63);
    tier[i >> 6] = on ? tier[i >> 6] | bit : tier[i >> 6] & ~bit;
  }

  std::vector<std::uint64_t> tier0_, tier1_, tier2_;
};

}  // namespace lumina
