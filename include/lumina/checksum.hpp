// A checksum as fast as memory: tells whether bytes are the ones that were written, not whether somebody forged them.
//
// Each 16 bytes are multiplied into one of eight sums, both halves of the 128-bit product folded: a changed bit changes
// its sum but for one chance in 2^64, and so does a changed order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lumina {
namespace detail {

inline std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace detail

// In cache 1.4 ns a row of 32 bytes; GCC's vectors make it 2.2.
#if defined(__GNUC__) && !defined(__clang__)
[[gnu::optimize("no-tree-vectorize", "no-tree-slp-vectorize")]]
#endif
inline std::uint64_t checksum64(const void* data, std::size_t size) noexcept {
  constexpr std::size_t kLanes = 8, kBlock = 16 * kLanes;
  constexpr std::uint64_t kKeys[kLanes] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
                                           0xd6e8feb86659fd93, 0xa0761d6478bd642f, 0xe7037ed1a0b428db,
                                           0x8ebc6af09c88c6e3, 0x589965cc75374cc3};
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint64_t sums[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) sums[i] = kKeys[i] ^ (size + i);
  const auto mix = [&](const unsigned char* from, std::size_t lane) {
    std::uint64_t low, high;
    std::memcpy(&low, from, 8);
    std::memcpy(&high, from + 8, 8);
    // A step that ends in 0 would swallow what follows: the sum before it stays in, turned.
    sums[lane] = detail::fold_product(low ^ kKeys[lane], high ^ sums[lane]) + (sums[lane] << 1 | sums[lane] >> 63);
  };
  std::size_t left = size;
  for (; left >= kBlock; at += kBlock, left -= kBlock)
#pragma GCC unroll 8
    for (std::size_t lane = 0; lane < kLanes; ++lane) mix(at + 16 * lane, lane);
  unsigned char rest[kBlock] = {};
  if (left) std::memcpy(rest, at, left);
  std::uint64_t result = size;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    mix(rest + 16 * lane, lane);
    result = detail::fold_product(result ^ kKeys[lane], sums[lane] | 1) ^ sums[lane];
  }
  return result;
}

}  // namespace lumina
