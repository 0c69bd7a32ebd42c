// Puts venue messages, recorded in the order of their receipt, into one sequence that is sorted by exchange time in
// the exchange's view and by receipt in the strategy's (SEMANTICS T4): messages on which both orders agree stay
// whole, the others become an exchange-only and a local-only copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lumina/feed/update.hpp"

namespace lumina::feed {

// At one exchange time the exchange's view shows snapshots first, then prints, then the depth that they caused (F6);
// or, for sources that tell what each order did, things in the order of the file.
//
// Memory is bounded by what arrives within the span of a row's latency field (4.29 s): a message older than that
// could not be written, so what lies further back in exchange time is final. Pushing a message that is older still
// is the caller's error; it checks latencies.
class Sequencer {
 public:
  explicit Sequencer(bool file_order = false) : file_order_(file_order) {}

  // A message is a run of updates up to one with kEnd, all of one exchange time, local time and view mask. Local
  // times do not go back among messages of the strategy's view.
  void push(const Update& update) {
    if (!open_) {
      messages_.push_back(
          {update.exch_ts_ns, updates_.size(), 0, rank(update), static_cast<std::uint16_t>(update.flags & kBothViews)});
      min_latency_ns_ = std::min(min_latency_ns_, update.local_ts_ns - update.exch_ts_ns);
      if (update.flags & kLocal) now_ns_ = std::max(now_ns_, update.local_ts_ns);
    }
    updates_.push_back(update);
    ++messages_.back().count;
    open_ = !update.ends();
  }

  // Hands every message that is final (all of them when `all`) to sink(update), the views set in its flags.
  template <class Sink>
  void release(bool all, Sink&& sink) {
    std::size_t n = messages_.size() - (open_ ? 1 : 0);
    const std::int64_t horizon = all || n == 0 ? std::numeric_limits<std::int64_t>::max()
                                               : now_ns_ - min_latency_ns_ - std::numeric_limits<std::uint32_t>::max();
    order_.resize(n);
    position_.resize(n);
    for (std::size_t i = 0; i < n; ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
      const Message &x = messages_[a], &y = messages_[b];
      if (x.exch_ts_ns != y.exch_ts_ns) return x.exch_ts_ns < y.exch_ts_ns;
      return x.rank != y.rank ? x.rank < y.rank : a < b;
    });
    for (std::size_t i = 0; i < n; ++i) position_[order_[i]] = i;
    std::size_t done = 0;
    for (std::size_t i = 0, last = 0; i < n; ++i) {
      last = std::max(last, position_[i]);
      if (last != i) continue;  // what was received up to here is not yet what happened up to here
      if (messages_[order_[i]].exch_ts_ns >= horizon) break;
      component(done, i + 1, sink);
      done = i + 1;
    }
    const std::size_t used = done == messages_.size() ? updates_.size() : messages_[done].first;
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(done));
    updates_.erase(updates_.begin(), updates_.begin() + static_cast<std::ptrdiff_t>(used));
    for (Message& message : messages_) message.first -= used;
  }

  bool open() const noexcept { return open_; }
  std::int64_t split_messages() const noexcept { return split_; }

 private:
  struct Message {
    std::int64_t exch_ts_ns;
    std::size_t first, count;
    std::uint8_t rank;
    std::uint16_t views;
  };

  std::uint8_t rank(const Update& update) const noexcept {
    return file_order_ || update.is(Kind::snapshot_begin) ? 0 : update.is(Kind::trade) ? 1 : 2;
  }

  // Messages [first, last) in order of receipt are the same set as those places in order of happening.
  template <class Sink>
  void component(std::size_t first, std::size_t last, Sink&& sink) {
    if (last - first == 1) return emit(first, kBothViews, sink);
    keep_heaviest(first, last);
    std::size_t happened = first, received = first;
    const auto exchange_copies = [&](std::size_t until) {
      for (; happened < until; ++happened)
        if (!kept_[order_[happened] - first]) emit(order_[happened], kExch, sink);
    };
    const auto local_copies = [&](std::size_t until) {
      for (; received < until; ++received)
        if (!kept_[received - first]) emit(received, kLocal, sink);
    };
    for (std::size_t i = first; i < last; ++i) {
      if (!kept_[i - first]) continue;
      exchange_copies(position_[i]);
      local_copies(i);
      emit(i, kBothViews, sink);
    }
    exchange_copies(last);
    local_copies(last);
    for (std::size_t i = first; i < last; ++i) split_ += !kept_[i - first] && messages_[i].views == kBothViews;
  }

  // Chooses the messages that stay whole: the increasing subsequence with most updates (a Fenwick tree of maxima).
  void keep_heaviest(std::size_t first, std::size_t last) {
    const std::size_t n = last - first;
    kept_.assign(n, false);
    tree_.assign(n + 1, {0, kNobody});
    before_.assign(n, kNobody);
    Best top{0, kNobody};
    for (std::size_t i = 0; i < n; ++i) {
      const Message& message = messages_[first + i];
      if (message.views != kBothViews) continue;
      const std::size_t place = position_[first + i] - first;
      Best best{0, kNobody};
      for (std::size_t k = place; k > 0; k &= k - 1)
        if (tree_[k].weight > best.weight) best = tree_[k];
      before_[i] = best.message;
      best = {best.weight + message.count, i};
      for (std::size_t k = place + 1; k <= n; k += k & (~k + 1))
        if (best.weight > tree_[k].weight) tree_[k] = best;
      if (best.weight > top.weight) top = best;
    }
    for (std::size_t i = top.message; i != kNobody; i = before_[i]) kept_[i] = true;
  }

  template <class Sink>
  void emit(std::size_t message, std::uint16_t views, Sink&& sink) {
    const Message& m = messages_[message];
    views &= m.views;
    if (views == 0) return;
    for (std::size_t i = m.first; i < m.first + m.count; ++i) {
      Update update = updates_[i];
      update.flags = static_cast<std::uint16_t>((update.flags & ~kBothViews) | views);
      sink(update);
    }
  }

  static constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();
  struct Best {
    std::size_t weight;
    std::size_t message;
  };

  bool file_order_;
  std::vector<Update> updates_;
  std::vector<Message> messages_;
  std::vector<std::size_t> order_, position_, before_;
  std::vector<bool> kept_;
  std::vector<Best> tree_;
  std::int64_t min_latency_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t now_ns_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t split_ = 0;
  bool open_ = false;
};

}  // namespace lumina::feed
