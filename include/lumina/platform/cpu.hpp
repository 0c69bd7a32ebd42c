// Which vector instructions the kernels use: the best that this CPU and its operating system have, or what the
// environment says in LUMINA_SIMD=scalar|avx2|avx512.
#pragma once

#include <cstdint>
#include <cstdlib>  // getenv
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(__x86_64__)
#define LUMINA_X86_64 1
#else
#define LUMINA_X86_64 0
#endif

namespace lumina {

// In order: each level has all that the ones before it have.
enum class SimdLevel : std::uint8_t { scalar, avx2, avx512 };

constexpr std::string_view simd_name(SimdLevel level) noexcept {
  return level == SimdLevel::avx512 ? "avx512" : level == SimdLevel::avx2 ? "avx2" : "scalar";
}

// The best level of this machine: avx2 with FMA, avx512 with its foundation (AVX-512F) alone.
inline SimdLevel best_simd_level() noexcept {
#if LUMINA_X86_64
  if (__builtin_cpu_supports("avx512f")) return SimdLevel::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return SimdLevel::avx2;
#endif
  return SimdLevel::scalar;
}

// The level that `wanted` names; the best one for an empty text. Throws std::invalid_argument for a name that is
// none, and for a level above `best`.
inline SimdLevel choose_simd_level(std::string_view wanted, SimdLevel best) {
  if (wanted.empty()) return best;
  for (const SimdLevel level : {SimdLevel::scalar, SimdLevel::avx2, SimdLevel::avx512}) {
    if (wanted != simd_name(level)) continue;
    if (level > best)
      throw std::invalid_argument("LUMINA_SIMD=" + std::string(wanted) + ": this CPU has no " + std::string(wanted) +
                                  ", its best level is " + std::string(simd_name(best)));
    return level;
  }
  throw std::invalid_argument("LUMINA_SIMD=" + std::string(wanted) + " is not scalar, avx2 or avx512");
}

// The level in use, settled by the first call that succeeds. Throws as choose_simd_level does.
inline SimdLevel simd_level() {
  static const SimdLevel level = [] {
    const char* wanted = std::getenv("LUMINA_SIMD");
    return choose_simd_level(wanted ? wanted : "", best_simd_level());
  }();
  return level;
}

}  // namespace lumina
