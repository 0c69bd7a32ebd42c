// Tape rows as they come into being: the open event of each view, ends of events, and the numbers of the exchange's
// rows that priority stamps are made of (SEMANTICS T1a, T4, T6).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/feed/level_map.hpp"
#include "lumina/types.hpp"

namespace lumina::feed {

constexpr std::uint16_t view_mask(int view) noexcept { return view == kExchView ? kExch : kLocal; }

// Where a tagged message ended and the touch that it left in the (first) view that it belongs to.
struct MessageEnd {
  std::uint64_t tag;
  std::int64_t rows;  // rows of the tape up to and with this message
  std::int64_t bid_lots, ask_lots;
  std::int32_t bid_ticks, ask_ticks;  // kNoPrice: none
  std::uint32_t views;
  std::uint32_t reserved;
};
static_assert(sizeof(MessageEnd) == 48);

// Rows are appended to; the first ready() of them are final and may be read and dropped. Not thread safe.
class RowWriter {
 public:
  explicit RowWriter(bool order_ids) : keep_ids_(order_ids) {}

  bool is_open(int view) const noexcept { return open_[view].on; }
  std::int64_t event_ts_ns(int view) const noexcept { return open_[view].exch_ts_ns; }
  void open(int view, std::int64_t exch_ts_ns) { open_[view] = {true, exch_ts_ns, kNone, false}; }
  std::uint16_t open_views() const noexcept {
    return static_cast<std::uint16_t>((open_[0].on ? kExch : 0) | (open_[1].on ? kLocal : 0));
  }

  // The number that the next row of the exchange's view gets, from 1.
  std::uint64_t next_number() const noexcept { return exch_rows_ + 1; }

  void append(const Event& row, std::uint64_t order_id) {
    const std::uint16_t views = row.flags & kBothViews;
    for (int v = 0; v < 2; ++v) {
      if (!(views & view_mask(v)) || !open_[v].half) continue;
      open_[v].half = false;
      end_in_one(open_[v].row, 1 - v);  // this view's event goes on
    }
    for (int v = 0; v < 2; ++v)
      if (views & view_mask(v)) open_[v].row = rows_.size();
    exch_rows_ += (views & kExch) != 0;
    rows_.push_back(row);
    if (keep_ids_) ids_.push_back(order_id);
  }

  // Sets kEnd on the last row of the open event in each view of the mask. A row that ends an event in one of its
  // views only becomes two; while the other view may still end there too, it waits.
  void close(std::uint16_t views) {
    for (int v = 0; v < 2; ++v) {
      Open& own = open_[v];
      Open& other = open_[1 - v];
      if (!(views & view_mask(v)) || !own.on) continue;
      const std::size_t row = own.row;
      const bool other_ended_here = own.half;
      own.on = own.half = false;
      if (row == kNone) continue;
      const bool shared = rows_[row].flags & view_mask(1 - v);
      if (!shared || other_ended_here) {
        rows_[row].flags |= kEnd;
      } else if (other.on && other.row == row) {
        other.half = true;
      } else {
        end_in_one(row, v);
      }
    }
  }

  // A view that fell silent holds rows back only so long.
  void bound_held_rows() {
    if (rows_.size() <= kMaxHeld || ready() >= rows_.size() / 2) return;
    const int v = open_[0].on && (!open_[1].on || open_[0].row < open_[1].row) ? 0 : 1;
    close(view_mask(v));
  }

  const Event* rows() const noexcept { return rows_.data(); }
  // The venue's order ids beside rows(), 0 where a row is about no order; null unless they are kept.
  const std::uint64_t* order_ids() const noexcept { return keep_ids_ ? ids_.data() : nullptr; }
  std::size_t ready() const noexcept {
    std::size_t n = rows_.size();
    for (const Open& open : open_)
      if (open.on && open.row != kNone) n = std::min(n, open.row);
    return n;
  }
  void drop(std::size_t n) {
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(n));
    if (keep_ids_) ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(n));
    taken_ += n;
    for (Open& open : open_)
      if (open.on && open.row != kNone) open.row -= n;
  }

  void note_end(MessageEnd end) {
    end.rows = static_cast<std::int64_t>(taken_ + rows_.size());
    ends_.push_back(end);
  }
  std::vector<MessageEnd>& message_ends() noexcept { return ends_; }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kMaxHeld = std::size_t{1} << 20;

  struct Open {
    bool on = false;
    std::int64_t exch_ts_ns = 0;
    std::size_t row = kNone;  // last row of the event in this view
    bool half = false;        // the other view's event ended at this row
  };

  void end_in_one(std::size_t row, int view) {
    split(row, view_mask(view));
    rows_[row].flags |= kEnd;
  }

  // The row keeps the views of the mask, a copy after it gets the others.
  void split(std::size_t row, std::uint16_t views) {
    Event copy = rows_[row];
    copy.flags = static_cast<std::uint16_t>(copy.flags & ~views);
    rows_[row].flags = static_cast<std::uint16_t>(rows_[row].flags & ~(kBothViews & ~views));
    const auto behind = static_cast<std::ptrdiff_t>(row) + 1;
    rows_.insert(rows_.begin() + behind, copy);
    if (keep_ids_) ids_.insert(ids_.begin() + behind, ids_[row]);
    for (int v = 0; v < 2; ++v) {
      Open& open = open_[v];
      if (open.on && open.row != kNone && (open.row > row || (open.row == row && (copy.flags & view_mask(v)))))
        ++open.row;
    }
    for (auto end = ends_.rbegin(); end != ends_.rend() && end->rows > static_cast<std::int64_t>(taken_ + row); ++end)
      ++end->rows;
  }

  bool keep_ids_;
  std::vector<Event> rows_;
  std::vector<std::uint64_t> ids_;
  std::size_t taken_ = 0;
  std::uint64_t exch_rows_ = 0;
  Open open_[2];
  std::vector<MessageEnd> ends_;
};

}  // namespace lumina::feed
