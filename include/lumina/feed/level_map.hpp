// Price levels of one side in both views, for the code that makes and checks tapes. Ordered walks and exact
// lookups over any price range; the engine's book is another, faster one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "lumina/types.hpp"

namespace lumina::feed {

inline constexpr int kExchView = 0;
inline constexpr int kLocalView = 1;
inline constexpr std::int32_t kNoPrice = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int32_t kMaxPriceTicks = 1 << 30;

struct Level {
  std::int64_t qty_lots[2] = {0, 0};  // by view
  std::int32_t printed_lots = 0;      // exchange view: printed since the level's last row
  std::uint8_t printed = 0;           // bit per view: printed at since the level's last row
};

// Pages of 64 levels, kept sorted by price; a small direct-mapped table remembers where pages are, so a lookup
// near the touch costs one compare. Memory grows with the prices seen and is bounded by kMaxPages.
class LevelMap {
 public:
  static constexpr std::size_t kMaxPages = std::size_t{1} << 18;

  explicit LevelMap(Side side) : buy_(side == Side::buy) {}

  // The level, made if need be; nullptr when the map is full.
  Level* at(std::int32_t price_ticks) {
    const std::int32_t id = price_ticks >> kShift;
    Hint& hint = hints_[static_cast<std::uint32_t>(id) % kHints];
    if (hint.page == nullptr || hint.id != id) {
      Page* page = find_or_make(id);
      if (page == nullptr) return nullptr;
      hint = {id, page};
    }
    return &hint.page->levels[price_ticks & kMask];
  }

  // To be told of each quantity above zero, so that best() finds it.
  void seen(std::int32_t price_ticks, int view) noexcept {
    if (best_[view] == kNoPrice || better(price_ticks, best_[view])) best_[view] = price_ticks;
  }

  // Best price with quantity in a view, or kNoPrice. Amortised over the levels that emptied.
  std::int32_t best(int view) noexcept {
    std::int32_t price = best_[view];
    if (price == kNoPrice) return kNoPrice;
    auto it = lower_bound(price >> kShift);
    if (buy_) {
      for (;;) {
        for (int i = price & kMask; i >= 0; --i) {
          if ((*it)->levels[i].qty_lots[view] != 0) return best_[view] = ((*it)->id << kShift) + i;
        }
        if (it == pages_.begin()) break;
        --it;
        price = ((*it)->id << kShift) + kMask;
      }
    } else {
      for (; it != pages_.end(); ++it, price = 0) {
        for (int i = price & kMask; i <= kMask; ++i) {
          if ((*it)->levels[i].qty_lots[view] != 0) return best_[view] = ((*it)->id << kShift) + i;
        }
      }
    }
    return best_[view] = kNoPrice;
  }

  bool better(std::int32_t a, std::int32_t b) const noexcept { return buy_ ? a > b : a < b; }

  // Calls visit(price_ticks, level) for every level that holds quantity in any view of the mask, from the best on.
  template <class Visit>
  void for_each(std::uint16_t views, Visit&& visit) {
    const auto walk = [&](Page& page, int i) {
      Level& level = page.levels[i];
      if (((views & kExch) && level.qty_lots[kExchView] != 0) || ((views & kLocal) && level.qty_lots[kLocalView] != 0))
        visit((page.id << kShift) + i, level);
    };
    if (buy_) {
      for (auto it = pages_.rbegin(); it != pages_.rend(); ++it)
        for (int i = kMask; i >= 0; --i) walk(**it, i);
    } else {
      for (auto& page : pages_)
        for (int i = 0; i <= kMask; ++i) walk(*page, i);
    }
  }

 private:
  static constexpr int kShift = 6;
  static constexpr int kMask = 63;
  static constexpr std::size_t kHints = 256;

  struct Page {
    std::int32_t id;
    std::array<Level, kMask + 1> levels{};
  };
  struct Hint {
    std::int32_t id = 0;
    Page* page = nullptr;
  };
  using Pages = std::vector<std::unique_ptr<Page>>;

  Pages::iterator lower_bound(std::int32_t id) {
    return std::lower_bound(pages_.begin(), pages_.end(), id,
                            [](const std::unique_ptr<Page>& page, std::int32_t x) { return page->id < x; });
  }

  Page* find_or_make(std::int32_t id) {
    auto it = lower_bound(id);
    if (it != pages_.end() && (*it)->id == id) return it->get();
    if (pages_.size() >= kMaxPages) return nullptr;
    auto page = std::make_unique<Page>();
    page->id = id;
    return pages_.insert(it, std::move(page))->get();
  }

  bool buy_;
  std::int32_t best_[2] = {kNoPrice, kNoPrice};  // at or better than the best level that holds quantity
  Pages pages_;
  std::array<Hint, kHints> hints_{};
};

}  // namespace lumina::feed
