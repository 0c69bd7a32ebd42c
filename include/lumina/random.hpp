// Random numbers that are the same in every process: xoshiro256++ (Blackman and Vigna, 2021), seeded from
// (seed, stream) by splitmix64. Not for secrets.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace lumina {

class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t state) noexcept : state_(state) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

class Random {
 public:
  // Streams of one seed are independent for every practical purpose: give each consumer a stream of its own,
  // so that one consumer's draws never move another's.
  constexpr Random(std::uint64_t seed, std::uint64_t stream) noexcept {
    SplitMix64 mix(SplitMix64(seed).next() ^ SplitMix64(~stream).next());
    for (std::uint64_t& word : state_) word = mix.next();
  }
  // The generator's raw state; not all zero.
  constexpr Random(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept : state_{a, b, c, d} {}

  constexpr std::uint64_t bits() noexcept {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, 1), 53 bits.
  constexpr double uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  // Uniform in [0, bound), without bias (Lemire, 2019); bound >= 1.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    Wide product = Wide{bits()} * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold) product = Wide{bits()} * bound;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  // Standard normal, by Marsaglia's polar method; pairs come from one draw.
  double normal() noexcept {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double u = 0, v = 0, s = 0;
    do {
      u = 2 * uniform() - 1;
      v = 2 * uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s == 0);
    const double scale = std::sqrt(-2 * std::log(s) / s);
    spare_ = v * scale;
    has_spare_ = true;
    return u * scale;
  }

 private:
  std::uint64_t state_[4]{};
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace lumina
