// A set of logical CPUs by number, as the kernel writes it ("0-3,8") and as its calls take it.
#pragma once

#include <sched.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace lumina {

class CpuSet {
 public:
  static constexpr int kMaxCpus = 8192;  // the most that Linux can be built for

  CpuSet() = default;
  CpuSet(std::initializer_list<int> cpus) {
    for (const int cpu : cpus) insert(cpu);
  }

  // The kernel's list format, "0-3,8"; empty text is the empty set. Nothing where it is not such a list, as the
  // "(null)" that some kernels print for none.
  static std::optional<CpuSet> parse(std::string_view text) noexcept {
    CpuSet set;
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      std::string_view part = text.substr(0, comma);
      int first = 0, last = 0;
      if (!take(part, first)) return {};
      last = first;
      if (!part.empty()) {
        if (part.front() != '-') return {};
        part.remove_prefix(1);
        if (!take(part, last) || !part.empty()) return {};
      }
      if (last < first) return {};
      for (int cpu = first; cpu <= last; ++cpu) set.insert(cpu);
      if (comma == text.size()) break;
      text.remove_prefix(comma + 1);
      if (text.empty()) return {};
    }
    return set;
  }

  static constexpr bool valid(int cpu) noexcept { return cpu >= 0 && cpu < kMaxCpus; }
  // Numbers that no kernel has are left out.
  void insert(int cpu) noexcept {
    if (valid(cpu)) words_[word(cpu)] |= bit(cpu);
  }
  void erase(int cpu) noexcept {
    if (valid(cpu)) words_[word(cpu)] &= ~bit(cpu);
  }
  bool contains(int cpu) const noexcept { return valid(cpu) && (words_[word(cpu)] & bit(cpu)); }
  bool empty() const noexcept { return *this == CpuSet{}; }
  int size() const noexcept {
    int n = 0;
    for (const unsigned long each : words_) n += std::popcount(each);
    return n;
  }
  std::vector<int> cpus() const {
    std::vector<int> out;
    for (int cpu = 0; cpu < kMaxCpus; ++cpu) {
      if (contains(cpu)) out.push_back(cpu);
    }
    return out;
  }
  std::string to_string() const {
    std::string out;
    for (int cpu = 0; cpu < kMaxCpus; ++cpu) {
      if (!contains(cpu)) continue;
      const int first = cpu;
      while (contains(cpu + 1)) ++cpu;
      // appended piece by piece: GCC 12 warns falsely of a text put before a temporary
      if (!out.empty()) out += ',';
      out += std::to_string(first);
      if (cpu > first) (out += '-') += std::to_string(cpu);
    }
    return out;
  }

  CpuSet& operator&=(const CpuSet& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  CpuSet& operator|=(const CpuSet& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  CpuSet& operator-=(const CpuSet& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  friend CpuSet operator&(CpuSet a, const CpuSet& b) noexcept { return a &= b; }
  friend CpuSet operator|(CpuSet a, const CpuSet& b) noexcept { return a |= b; }
  friend CpuSet operator-(CpuSet a, const CpuSet& b) noexcept { return a -= b; }
  bool operator==(const CpuSet&) const = default;

  // For sched_setaffinity and its like: a cpu_set_t is an array of such words, of any length.
  cpu_set_t* native() noexcept { return reinterpret_cast<cpu_set_t*>(words_.data()); }
  const cpu_set_t* native() const noexcept { return reinterpret_cast<const cpu_set_t*>(words_.data()); }
  static constexpr std::size_t native_size() noexcept { return sizeof(words_); }

 private:
  static constexpr int kWordBits = 8 * sizeof(unsigned long);
  static constexpr std::size_t word(int cpu) noexcept { return static_cast<std::size_t>(cpu / kWordBits); }
  static constexpr unsigned long bit(int cpu) noexcept { return 1ul << (cpu % kWordBits); }

  static bool take(std::string_view& text, int& cpu) noexcept {
    if (text.empty() || text.front() < '0' || text.front() > '9') return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
    if (error != std::errc{} || !valid(cpu)) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
  }

  std::array<unsigned long, kMaxCpus / kWordBits> words_{};
};

}  // namespace lumina
