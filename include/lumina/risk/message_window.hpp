// When messages left: how many in a window that slides with them. Exact, and one look for any rate.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lumina/huge_array.hpp"

namespace lumina {

class MessageWindow {
 public:
  // Rates of up to `messages` a window can be asked for. Throws std::bad_alloc.
  explicit MessageWindow(std::size_t messages) : times_(std::bit_ceil(std::max<std::size_t>(messages, 1))) {}

  // Times never go back.
  void sent(std::int64_t now_ns) noexcept { times_[sent_++ & (times_.size() - 1)] = now_ns; }

  // Whether at least `messages` (1 to capacity()) left in (now - window, now].
  bool reached(std::int64_t messages, std::int64_t window_ns, std::int64_t now_ns) const noexcept {
    const auto n = static_cast<std::uint64_t>(messages);
    if (sent_ < n) return false;
    const std::int64_t at = times_[(sent_ - n) & (times_.size() - 1)];
    return static_cast<std::uint64_t>(now_ns) - static_cast<std::uint64_t>(at) < static_cast<std::uint64_t>(window_ns);
  }

  std::size_t capacity() const noexcept { return times_.size(); }

 private:
  HugeArray<std::int64_t> times_;  // a ring
  std::uint64_t sent_ = 0;
};

}  // namespace lumina
