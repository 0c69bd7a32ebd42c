// The ladder book against ordered maps, state by state, with prices inside, outside and around the ladder.
#undef NDEBUG
#include <cassert>
#include <map>
#include <random>

#include "lumina/book/depth_book.hpp"

using lumina::DepthBook;
using lumina::Side;

namespace {

using Levels = std::map<int, int>;

void walk(const DepthBook& book, const Levels& bids, const Levels& asks) {
  int price = book.best(Side::buy);
  for (auto it = bids.rbegin(); it != bids.rend(); ++it) {
    assert(price == it->first);
    price = book.behind(Side::buy, price);
  }
  assert(price == DepthBook::kNoBid);
  price = book.best(Side::sell);
  for (const auto& [want, qty] : asks) {
    assert(price == want);
    price = book.behind(Side::sell, price);
  }
  assert(price == DepthBook::kNoAsk);
}

void compare(DepthBook book, bool wild, unsigned seed) {
  std::mt19937 random(seed);
  Levels levels[2];
  for (int i = 0; i < 200000; ++i) {
    const unsigned s = random() % 2;
    const int price = wild && random() % 4 == 0 ? static_cast<int>(random() % 400000) - 200000
                                                : static_cast<int>(900 + random() % 200);
    const auto it = levels[s].find(price);
    const int had = it == levels[s].end() ? 0 : it->second;
    const int has = random() % 3 == 0 ? 0 : static_cast<int>(random() % 50);
    assert(book.change(static_cast<Side>(s), price, has - had) == had);
    if (has) {
      levels[s][price] = has;
    } else {
      levels[s].erase(price);
    }
    assert(book.best(Side::buy) == (levels[0].empty() ? DepthBook::kNoBid : levels[0].rbegin()->first));
    assert(book.best(Side::sell) == (levels[1].empty() ? DepthBook::kNoAsk : levels[1].begin()->first));
    assert(book.worst(Side::buy) == (levels[0].empty() ? DepthBook::kNoBid : levels[0].begin()->first));
    assert(book.worst(Side::sell) == (levels[1].empty() ? DepthBook::kNoAsk : levels[1].rbegin()->first));
    if (i % 500 == 0) walk(book, levels[0], levels[1]);
  }
}

}  // namespace

int main() {
  compare(DepthBook(), false, 1);
  compare(DepthBook(900, 1100), false, 2);
  compare(DepthBook(0, 100), false, 3);
  compare(DepthBook(0, 100), true, 4);
  compare(DepthBook(-500000, 500000), true, 5);
  compare(DepthBook(), true, 6);
}
