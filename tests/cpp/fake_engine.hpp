// A context for strategies under test: a book that the test sets, requests that it records, and an exchange
// that answers when the test says so. Fills and rejections are the test's to give.
#pragma once

#undef NDEBUG
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "lumina/strategy/abi.h"

struct Request {
  enum Kind { submit, cancel, replace } kind;
  std::uint64_t order_id;
  std::uint8_t side;
  std::int32_t price;
  std::int32_t lots;
  std::int64_t ts_ns;
  bool operator==(const Request&) const = default;
};

class FakeEngine {
 public:
  struct Order {
    std::uint64_t tag;
    std::uint8_t side;
    std::int32_t price, total, filled;
    bool accepted;
  };

  explicit FakeEngine(const lumina_strategy* strategy, std::uint32_t instruments = 1)
      : strategy_(strategy), positions(instruments) {
    std::memset(&ctx, 0, sizeof ctx);
    ctx.abi_version = LUMINA_ABI_VERSION;
    ctx.instrument_count = instruments;
    ctx.user = strategy->user;
    ctx.engine = this;
    ctx.instrument = [](lumina_ctx* c, std::uint32_t) { return const_cast<const lumina_instrument*>(&self(c).info); };
    ctx.best = [](lumina_ctx* c, std::uint32_t, std::uint8_t side) { return self(c).levels[side][0]; };
    ctx.depth = [](lumina_ctx* c, std::uint32_t, std::uint8_t side, lumina_level* out, std::int32_t capacity) {
      const auto& all = self(c).levels[side];
      const auto n = std::min<std::int32_t>(capacity, static_cast<std::int32_t>(all.size()));
      std::copy_n(all.begin(), n, out);
      return n;
    };
    ctx.position = [](lumina_ctx* c, std::uint32_t i) { return self(c).positions[i]; };
    ctx.submit = [](lumina_ctx* c, const lumina_order_request* r) {
      FakeEngine& e = self(c);
      assert(r->type == LUMINA_POST_ONLY && r->qty_lots > 0);
      const std::uint64_t id = ++e.last_id_;
      e.orders[id] = {r->tag, r->side, r->price_ticks, r->qty_lots, 0, false};
      e.instrument_of[id] = r->instrument;
      e.record({Request::submit, id, r->side, r->price_ticks, r->qty_lots, c->now_ns});
      return id;
    };
    ctx.cancel = [](lumina_ctx* c, std::uint64_t id) {
      FakeEngine& e = self(c);
      e.record({Request::cancel, id, e.orders.at(id).side, 0, 0, c->now_ns});
    };
    ctx.replace = [](lumina_ctx* c, std::uint64_t id, std::int32_t price, std::int32_t lots) {
      FakeEngine& e = self(c);
      assert(lots > e.orders.at(id).filled);
      e.record({Request::replace, id, e.orders.at(id).side, price, lots, c->now_ns});
    };
    ctx.stop = [](lumina_ctx* c, std::int32_t error, const char* message) {
      c->error = error;
      std::strncpy(c->error_message, message, sizeof c->error_message - 1);
    };
    info.tick_size = 0.1;
    info.lot_size = 0.001;
    std::strcpy(info.symbol, "TEST");
  }
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  void touch(std::int32_t bid, std::int32_t ask, std::int32_t bid_lots = 10, std::int32_t ask_lots = 10) {
    levels[LUMINA_BUY].assign(1, {bid, bid_lots});
    levels[LUMINA_SELL].assign(1, {ask, ask_lots});
  }

  void start(std::int64_t ts_ns = 0) {
    ctx.now_ns = ts_ns;
    send(make(LUMINA_EV_START));
  }
  void timer(std::int64_t step_ns = 100'000'000) {
    ctx.now_ns += step_ns;
    send(make(LUMINA_EV_TIMER));
  }
  void bbo() { send(make(LUMINA_EV_BBO)); }
  void status(std::int64_t phase) {
    lumina_event event = make(LUMINA_EV_STATUS);
    event.value = phase;
    send(event);
  }

  // The exchange accepts the oldest request in flight and its report arrives.
  void accept_next() {
    const Request r = in_flight.front();
    in_flight.pop_front();
    const auto it = orders.find(r.order_id);
    if (it == orders.end()) return report(r.order_id, LUMINA_EV_CANCEL_REJECT, 0, LUMINA_REASON_TOO_LATE);
    Order& order = it->second;
    if (r.kind != Request::cancel && meets_own_order(r)) {
      ++own_crosses;
      in_flight.push_front(r);
      return reject_next(LUMINA_REASON_POST_ONLY);
    }
    if (r.kind == Request::submit) {
      order.accepted = true;
      report(r.order_id, LUMINA_EV_ACK, order.total);
    } else if (r.kind == Request::replace && r.lots > order.filled) {
      order.price = r.price;
      order.total = r.lots;
      report(r.order_id, LUMINA_EV_REPLACED, order.total - order.filled);
    } else {
      close(r.order_id, LUMINA_EV_CANCELLED, LUMINA_REASON_REQUESTED);
    }
  }
  void accept_all() {
    while (!in_flight.empty()) accept_next();
  }
  void reject_next(std::uint8_t reason) {
    const Request r = in_flight.front();
    in_flight.pop_front();
    if (r.kind == Request::submit) return close(r.order_id, LUMINA_EV_REJECT, reason);
    const Order& order = orders.at(r.order_id);
    report(r.order_id, r.kind == Request::cancel ? LUMINA_EV_CANCEL_REJECT : LUMINA_EV_REPLACE_REJECT,
           order.total - order.filled, reason);
  }
  void fill(std::uint64_t id, std::int32_t lots) {
    Order& order = orders.at(id);
    assert(order.accepted && lots <= order.total - order.filled);
    order.filled += lots;
    positions[instrument_of[id]] += order.side == LUMINA_BUY ? lots : -lots;
    lumina_event event = about(id, LUMINA_EV_FILL);
    event.qty_lots = lots;
    event.leaves_lots = order.total - order.filled;
    event.flags = LUMINA_EVF_MAKER;
    if (event.leaves_lots == 0) orders.erase(id);
    send(event);
  }

  // Requests since the last call.
  std::vector<Request> take() { return std::exchange(log_, {}); }
  // Price of the only order of a side, as accepted.
  std::int32_t price(std::uint8_t side) const {
    std::int32_t result = -1;
    for (const auto& [id, order] : orders) {
      if (order.side != side) continue;
      assert(result == -1);
      result = order.price;
    }
    return result;
  }
  std::uint64_t id(std::uint8_t side) const {
    for (const auto& [id, order] : orders) {
      if (order.side == side) return id;
    }
    return 0;
  }

  lumina_ctx ctx;
  lumina_instrument info{};
  std::vector<lumina_level> levels[2] = {{{0, 0}}, {{0, 0}}};
  std::map<std::uint64_t, Order> orders;
  std::map<std::uint64_t, std::uint32_t> instrument_of;
  std::deque<Request> in_flight;
  int own_crosses = 0;  // requests that would have met an own order, and were refused

 private:
  static FakeEngine& self(lumina_ctx* c) { return *static_cast<FakeEngine*>(c->engine); }

  bool meets_own_order(const Request& r) const {
    return std::ranges::any_of(orders, [&](const auto& item) {
      const Order& other = item.second;
      return other.accepted && other.side != r.side &&
             (r.side == LUMINA_BUY ? r.price >= other.price : r.price <= other.price);
    });
  }
  void record(const Request& r) {
    log_.push_back(r);
    in_flight.push_back(r);
  }
  void send(lumina_event event) {
    event.ts_ns = event.exch_ts_ns = ctx.now_ns;
    strategy_->on_event(&ctx, &event);
  }
  static lumina_event make(std::uint8_t kind) {
    lumina_event event;
    std::memset(&event, 0, sizeof event);
    event.kind = kind;
    return event;
  }
  lumina_event about(std::uint64_t id, std::uint8_t kind) {
    lumina_event event = make(kind);
    event.order_id = id;
    event.instrument = instrument_of[id];
    const auto it = orders.find(id);
    if (it == orders.end()) return event;
    event.tag = it->second.tag;
    event.side = it->second.side;
    event.price_ticks = it->second.price;
    event.qty_lots = it->second.total;
    return event;
  }
  void report(std::uint64_t id, std::uint8_t kind, std::int32_t leaves, std::uint8_t reason = LUMINA_REASON_NONE) {
    lumina_event event = about(id, kind);
    event.leaves_lots = leaves;
    event.reason = reason;
    send(event);
  }
  void close(std::uint64_t id, std::uint8_t kind, std::uint8_t reason) {
    report(id, kind, 0, reason);
    orders.erase(id);
  }

  const lumina_strategy* strategy_;
  std::uint64_t last_id_ = 0;
  std::vector<Request> log_;

 public:
  std::vector<std::int64_t> positions;
};
