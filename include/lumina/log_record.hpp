// A message of the log in binary: when, which format, the arguments; and how it becomes text.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace lumina {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// As it stands in a line, between time and channel.
inline std::string_view level_prefix(LogLevel level) noexcept {
  constexpr std::string_view kNames[] = {"Z debug ", "Z info  ", "Z warn  ", "Z error "};
  return kNames[static_cast<std::size_t>(level) & 3];
}

// What is the same in all messages of one place in the code. `text` is a literal; each {} in it is an argument.
struct LogFormat {
  LogLevel level = LogLevel::info;
  std::string_view text;

  constexpr LogFormat() = default;
  constexpr LogFormat(LogLevel level_, const char* text_) : level(level_), text(text_) {}
  constexpr std::size_t places() const noexcept {
    std::size_t n = 0;
    for (std::size_t at = text.find("{}"); at != std::string_view::npos; at = text.find("{}", at + 2)) ++n;
    return n;
  }
};

namespace detail {

enum class LogKind : std::uint8_t { integer, natural, real, boolean, character, text };

inline constexpr std::size_t kLogText = 32;  // a byte for the length, the rest for text

template <class T>
constexpr LogKind log_kind() noexcept {
  using Plain = std::remove_cv_t<T>;
  if constexpr (std::is_enum_v<Plain>) {
    return log_kind<std::underlying_type_t<Plain>>();
  } else if constexpr (std::is_same_v<Plain, bool>) {
    return LogKind::boolean;
  } else if constexpr (std::is_same_v<Plain, char>) {
    return LogKind::character;
  } else if constexpr (std::is_integral_v<Plain>) {
    static_assert(sizeof(Plain) <= 8, "integers of a log message have 64 bits at most");
    return std::is_signed_v<Plain> ? LogKind::integer : LogKind::natural;
  } else if constexpr (std::is_floating_point_v<Plain>) {
    return LogKind::real;
  } else {
    static_assert(std::is_convertible_v<const T&, std::string_view>, "a log message takes numbers, enums and text");
    return LogKind::text;
  }
}

constexpr std::size_t log_size(LogKind kind) noexcept { return kind == LogKind::text ? kLogText : 8; }

// The kinds of one list of arguments, ended by their number.
struct LogKinds {
  const LogKind* kinds;
  std::size_t n;
};

template <class... Args>
struct LogKindsOf {
  static constexpr std::array<LogKind, sizeof...(Args) + 1> kKinds = {log_kind<Args>()..., LogKind::integer};
  static constexpr LogKinds kAll = {kKinds.data(), sizeof...(Args)};
};

}  // namespace detail

struct alignas(64) LogRecord {
  static constexpr std::size_t kPayload = 104;

  std::uint64_t ticks;
  const LogFormat* format;
  const detail::LogKinds* kinds;
  char payload[kPayload];

  template <class... Args>
  void set(std::uint64_t ticks_, const LogFormat& format_, const Args&... args) noexcept {
    static_assert((std::size_t{0} + ... + detail::log_size(detail::log_kind<Args>())) <= kPayload,
                  "the arguments of a log message take more than 104 bytes");
    ticks = ticks_;
    format = &format_;
    kinds = &detail::LogKindsOf<Args...>::kAll;
    [[maybe_unused]] char* at = payload;
    (put(at, args), ...);
  }

  // The text of the format with the arguments in its places. Bytes of a text that would break the line are '?'.
  void append_to(std::string& out) const {
    std::string_view rest = format->text;
    const char* at = payload;
    for (std::size_t i = 0; i < kinds->n; ++i) {
      const std::size_t place = rest.find("{}");
      out += rest.substr(0, place);
      rest = place == std::string_view::npos ? std::string_view{} : rest.substr(place + 2);
      if (place == std::string_view::npos) out += ' ';  // more arguments than places
      append(out, kinds->kinds[i], at);
      at += detail::log_size(kinds->kinds[i]);
    }
    out += rest;
  }

 private:
  template <class T>
  static void put(char*& at, const T& value) noexcept {
    constexpr detail::LogKind kKind = detail::log_kind<T>();
    if constexpr (kKind == detail::LogKind::text) {
      const std::string_view text = view(value);
      const std::size_t kept = std::min(text.size(), detail::kLogText - 1);
      *at = static_cast<char>(kept == text.size() ? kept : detail::kLogText);  // kLogText: there was more
      if (kept) std::memcpy(at + 1, text.data(), kept);
    } else if constexpr (kKind == detail::LogKind::real) {
      const auto wide = static_cast<double>(value);
      std::memcpy(at, &wide, 8);
    } else if constexpr (kKind == detail::LogKind::integer) {
      const auto wide = static_cast<std::int64_t>(value);
      std::memcpy(at, &wide, 8);
    } else {
      const auto wide = static_cast<std::uint64_t>(value);
      std::memcpy(at, &wide, 8);
    }
    at += detail::log_size(kKind);
  }

  template <class T>
  static std::string_view view(const T& text) noexcept {
    if constexpr (std::is_pointer_v<T>) {
      if (text == nullptr) return "(null)";
      return {text, strnlen(text, detail::kLogText)};
    } else {
      return text;
    }
  }

  static void append(std::string& out, detail::LogKind kind, const char* at) {
    char digits[32];
    std::to_chars_result end{digits, {}};
    std::uint64_t word;
    switch (kind) {
      case detail::LogKind::integer: {
        std::int64_t value;
        std::memcpy(&value, at, 8);
        end = std::to_chars(digits, digits + sizeof(digits), value);
        break;
      }
      case detail::LogKind::real: {
        double value;
        std::memcpy(&value, at, 8);
        end = std::to_chars(digits, digits + sizeof(digits), value);
        break;
      }
      case detail::LogKind::natural:
        std::memcpy(&word, at, 8);
        end = std::to_chars(digits, digits + sizeof(digits), word);
        break;
      case detail::LogKind::boolean:
        std::memcpy(&word, at, 8);
        out += word ? "true" : "false";
        break;
      case detail::LogKind::character:
        std::memcpy(&word, at, 8);
        out += printable(static_cast<char>(word));
        break;
      case detail::LogKind::text: {
        const auto size = static_cast<unsigned char>(*at);
        const std::size_t kept = std::min<std::size_t>(size, detail::kLogText - 1);
        for (std::size_t i = 1; i <= kept; ++i) out += printable(at[i]);
        if (size > kept) out += "...";
        break;
      }
    }
    out.append(digits, end.ptr);
  }
  static char printable(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c; }
};
static_assert(sizeof(LogRecord) == 128 && std::is_trivially_copyable_v<LogRecord>);

}  // namespace lumina
