// Publishes the best levels of an order-by-order book to readers in other threads: after each message that changes them
// where it is the sink of the batch, or once in a while by renew(). The book itself knows nothing of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lumina/book/order_store.hpp"
#include "lumina/book/queue_book.hpp"
#include "lumina/book/snapshot.hpp"

namespace lumina {

// Of the book's writer. Book and snapshots must outlive it. Two ways, a batch each:
//
//     publisher.at(ts_ns); book.on_batch(messages, count, publisher); publisher.publish();   // at every change
//     publisher.at(ts_ns); book.on_batch(messages, count); publisher.renew(count);           // once
class SnapshotPublisher : public OrderSink {
 public:
  // Publishes the book as it is.
  SnapshotPublisher(const QueueBook& book, BookSnapshots& snapshots)
      : book_(book), snapshots_(snapshots), top_(snapshots.levels()) {
    renew(0);
  }

  // The time that goes with what is published from now on.
  void at(std::int64_t ts_ns) noexcept { ts_ns_ = ts_ns; }
  // What the sink knows, changed or not.
  void publish() noexcept {
    top_.stamp(sequence_, ts_ns_);
    snapshots_.publish(top_);
  }
  // The book as it is, after so many messages that the sink was not told of.
  void renew(std::uint64_t messages) noexcept {
    sequence_ += messages;
    for (const Side side : {Side::buy, Side::sell}) top_.gather(book_.levels(), side);
    publish();
  }

  void added(Handle, const Order& order) noexcept { moved(order.side(), order.price_ticks); }
  void reduced(Handle, const Order& order, std::int32_t, Kind) noexcept { moved(order.side(), order.price_ticks); }
  void replaced(Handle, const Order& before, const Order& after) noexcept {
    const bool left = top_.update(book_.levels(), before.side(), before.price_ticks);
    const bool joined = top_.update(book_.levels(), after.side(), after.price_ticks);
    ++sequence_;
    if (left || joined) publish();
  }
  // An overfill was told of by reduced.
  void failed(OrderResult result) noexcept { sequence_ += result != OrderResult::overfill; }

 private:
  void moved(Side side, std::int32_t price) noexcept {
    ++sequence_;
    if (top_.update(book_.levels(), side, price)) publish();
  }

  const QueueBook& book_;
  BookSnapshots& snapshots_;
  BookTop top_;
  std::uint64_t sequence_ = 0;
  std::int64_t ts_ns_ = 0;
};

}  // namespace lumina
