// What threads may know of a book that another thread moves: its touch, and its best levels, as they were after some
// message. The writer never waits, whatever readers do; what they get is of one moment and whole.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "lumina/book/depth_book.hpp"
#include "lumina/book/price_levels.hpp"
#include "lumina/seqlock.hpp"
#include "lumina/types.hpp"

namespace lumina {

// Best bid and offer; where there is none the price is DepthBook::none(side) and there are no lots.
struct BookTouch {
  std::uint64_t sequence = 0;  // messages that the book had taken
  std::int64_t ts_ns = 0;      // what the writer said with them
  std::int32_t bid_ticks = DepthBook::kNoBid;
  std::int32_t ask_ticks = DepthBook::kNoAsk;
  std::int64_t bid_lots = 0;
  std::int64_t ask_lots = 0;
  std::uint32_t bid_orders = 0;
  std::uint32_t ask_orders = 0;
};
static_assert(sizeof(BookTouch) == 48);

struct BookLevel {
  std::int32_t price_ticks = 0;
  std::uint32_t orders = 0;
  std::int64_t qty_lots = 0;
};
static_assert(sizeof(BookLevel) == 16);

// The best levels of both sides, in words as they are published. The touch is in the first of them.
class BookTop {
 public:
  static constexpr std::size_t kMaxLevels = 4096;
  static constexpr std::size_t kTouchWords = 7;

  static constexpr std::size_t words_of(std::size_t levels) noexcept { return kHead + kLevel * 2 * levels; }

  // Room for so many levels a side.
  explicit BookTop(std::size_t levels) : room_(levels) {
    if (levels == 0 || levels > kMaxLevels)
      throw std::invalid_argument("levels " + std::to_string(levels) + " is not in 1 .. 4096");
    words_.resize(words_of(levels));
  }

  std::size_t room() const noexcept { return room_; }
  std::uint64_t sequence() const noexcept { return words_[0]; }
  std::int64_t ts_ns() const noexcept { return static_cast<std::int64_t>(words_[1]); }
  // Levels that there are, at most room().
  std::size_t levels(Side side) const noexcept {
    return static_cast<std::uint32_t>(words_[2] >> (side == Side::buy ? 0 : 32));
  }
  // i below levels(side), 0 is the best.
  BookLevel level(Side side, std::size_t i) const noexcept {
    const std::size_t at = place(side, i);
    return std::bit_cast<BookLevel>(std::array{words_[at], words_[at + 1]});
  }
  BookTouch touch() const noexcept { return touch_of(words_.data()); }
  // From the first kTouchWords words.
  static BookTouch touch_of(const std::uint64_t* words) noexcept {
    BookTouch touch;
    touch.sequence = words[0];
    touch.ts_ns = static_cast<std::int64_t>(words[1]);
    if (static_cast<std::uint32_t>(words[2])) {
      const auto bid = std::bit_cast<BookLevel>(std::array{words[kHead], words[kHead + 1]});
      touch.bid_ticks = bid.price_ticks;
      touch.bid_lots = bid.qty_lots;
      touch.bid_orders = bid.orders;
    }
    if (words[2] >> 32) {
      const auto ask = std::bit_cast<BookLevel>(std::array{words[kHead + kLevel], words[kHead + kLevel + 1]});
      touch.ask_ticks = ask.price_ticks;
      touch.ask_lots = ask.qty_lots;
      touch.ask_orders = ask.orders;
    }
    return touch;
  }

  std::uint64_t* words() noexcept { return words_.data(); }
  const std::uint64_t* words() const noexcept { return words_.data(); }

  void stamp(std::uint64_t sequence, std::int64_t ts_ns) noexcept {
    words_[0] = sequence;
    words_[1] = static_cast<std::uint64_t>(ts_ns);
  }
  // Takes all levels from the book.
  void gather(const PriceLevels& book, Side side) noexcept { gather(book, side, 0); }
  // To be told of each price at which the book has changed; false where that is behind the levels held.
  bool update(const PriceLevels& book, Side side, std::int32_t price) noexcept {
    const std::size_t there = levels(side);
    std::size_t i = 0;
    while (i < there && DepthBook::better(side, price_at(side, i), price)) ++i;
    if (i == room_) return false;
    const QueueLevel* const level = i < there && price_at(side, i) == price ? book.find(side, price) : nullptr;
    if (level) {
      put(side, i, price, *level);
    } else {
      gather(book, side, i);
    }
    return true;
  }

 private:
  static constexpr std::size_t kHead = 3;
  static constexpr std::size_t kLevel = sizeof(BookLevel) / sizeof(std::uint64_t);
  static_assert(kTouchWords == kHead + 2 * kLevel);

  static std::size_t place(Side side, std::size_t i) noexcept {
    return kHead + kLevel * (2 * i + (side == Side::buy ? 0 : 1));
  }
  std::int32_t price_at(Side side, std::size_t i) const noexcept { return level(side, i).price_ticks; }
  void put(Side side, std::size_t i, std::int32_t price, const QueueLevel& level) noexcept {
    const auto words =
        std::bit_cast<std::array<std::uint64_t, kLevel>>(BookLevel{price, level.count(), level.qty_lots()});
    words_[place(side, i)] = words[0];
    words_[place(side, i) + 1] = words[1];
  }
  // The first i levels are as in the book.
  void gather(const PriceLevels& book, Side side, std::size_t i) noexcept {
    std::int32_t price = i ? book.behind(side, price_at(side, i - 1)) : book.best(side);
    for (; i < room_ && DepthBook::is_price(price); price = book.behind(side, price))
      put(side, i++, price, *book.find(side, price));
    words_[2] = side == Side::buy ? (words_[2] >> 32 << 32 | i) : (words_[2] << 32 >> 32 | std::uint64_t{i} << 32);
  }

  std::size_t room_;
  std::vector<std::uint64_t> words_;
};

// Where a writer publishes and any number of threads read. An empty book until something is published.
class BookSnapshots {
 public:
  // Of so many levels a side.
  explicit BookSnapshots(std::size_t levels) : levels_(levels), slots_(BookTop::words_of(BookTop(levels).room())) {
    publish_touch(BookTouch{});
  }

  std::size_t levels() const noexcept { return levels_; }

  // The writer's, wait-free. top has as many levels.
  void publish(const BookTop& top) noexcept {
    publish_touch(top.touch());
    slots_.store(top.words());
  }

  // The best levels that were published last. top has as many levels. Lock-free (RotatingSlots).
  void load(BookTop& top) const noexcept { slots_.load(top.words()); }
  bool try_load(BookTop& top) const noexcept { return slots_.try_load(top.words()); }

  // The touch that was published last: one cache line. Lock-free: while the writer leaves it half written the one
  // before is taken from the slots. One thread never sees an older touch after a newer one: when one is being written
  // the slots have the one before, and what is in the slots was here before.
  BookTouch touch() const noexcept {
    SequenceLock<kTouch>::Words words;
    for (unsigned i = 0; i < kTries; ++i)
      if (touch_.try_load(words)) [[likely]]
        return std::bit_cast<BookTouch>(words);
    std::uint64_t first[BookTop::kTouchWords];
    slots_.load(first, BookTop::kTouchWords);
    return BookTop::touch_of(first);
  }

 private:
  static constexpr std::size_t kTouch = sizeof(BookTouch) / sizeof(std::uint64_t);
  static constexpr unsigned kTries = 64;  // a store takes a few ns

  void publish_touch(const BookTouch& touch) noexcept {
    touch_.store(std::bit_cast<SequenceLock<kTouch>::Words>(touch));
  }

  const std::size_t levels_;
  SequenceLock<kTouch> touch_;
  RotatingSlots slots_;
};

}  // namespace lumina
