// Checks of a strategy's parameters: one line that names parameter, value and bound.
#pragma once

#include <cstdio>
#include <stdexcept>

namespace lumina::detail {

inline void require(bool ok, const char* name, double value, const char* bound) {
  if (ok) return;
  char message[200];
  std::snprintf(message, sizeof message, "%s = %.15g: must be %s", name, value, bound);
  throw std::invalid_argument(message);
}

}  // namespace lumina::detail
