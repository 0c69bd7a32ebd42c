// A few tape rows through the depth book, from the headers alone:
//   g++ -std=c++20 -I "$(python -c 'import lumina; print(lumina.get_include())')" top_of_book.cpp
#include <cstdio>

#include "lumina/book/depth_book.hpp"

int main() {
  using namespace lumina;
  constexpr auto change = static_cast<std::uint8_t>(Kind::change);
  constexpr auto buy = static_cast<std::uint8_t>(Side::buy), sell = static_cast<std::uint8_t>(Side::sell);
  // time, stamp, latency, price, quantity change, kind, side, flags
  const Event rows[] = {
      {1000, 0, 50, 9999, 12, change, buy, kBothViews | kEnd},
      {1000, 0, 50, 10001, 7, change, sell, kBothViews | kEnd},
      {2000, 0, 50, 9999, -12, change, buy, kBothViews | kEnd},
      {2000, 0, 50, 9998, 30, change, buy, kBothViews | kEnd},
  };
  DepthBook book;
  for (const Event& row : rows) {
    book.apply(row, kLocal);
    if (book.empty(Side::buy) || book.empty(Side::sell)) continue;
    const std::int32_t bid = book.best(Side::buy), ask = book.best(Side::sell);
    std::printf("%lld ns: %d @ %d | %d @ %d\n", static_cast<long long>(row.local_ts_ns()), book.qty(Side::buy, bid),
                bid, book.qty(Side::sell, ask), ask);
  }
}
