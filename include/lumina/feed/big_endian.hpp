// Big-endian loads from bytes at any address, as network protocols have them. The caller has checked the bounds.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace lumina::feed {

template <class T>
inline T load_native(const std::uint8_t* p) noexcept {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

inline std::uint16_t swap_bytes(std::uint16_t value) noexcept { return __builtin_bswap16(value); }
inline std::uint32_t swap_bytes(std::uint32_t value) noexcept { return __builtin_bswap32(value); }
inline std::uint64_t swap_bytes(std::uint64_t value) noexcept { return __builtin_bswap64(value); }

template <class T>
inline T load_big(const std::uint8_t* p) noexcept {
  const T value = load_native<T>(p);
  return std::endian::native == std::endian::little ? swap_bytes(value) : value;
}

}  // namespace lumina::feed
