// The small text files that the kernel shows its state in, below a root that tests can choose.
#pragma once

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace lumina {

// Without space at either end; empty where there is no such file or it cannot be read.
inline std::string read_text(const std::string& root, const std::string& path) {
  std::ifstream file(root + "/" + path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") + 1 - first);
}

inline std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

inline std::optional<std::int64_t> read_integer(const std::string& root, const std::string& path) {
  return parse_integer(read_text(root, path));
}

}  // namespace lumina
