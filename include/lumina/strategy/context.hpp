// The strategy ABI's function table over any engine that has these members:
//
//   info(i) book(i) shift_ticks(i)      an instrument, what the strategy has seen of it, and the shift of that view
//   window(i)                           levels a side that its source shows: what lies behind is not seen (F5)
//   position(i) open_orders(i, ...)     its own knowledge
//   submit(request) cancel(id) replace(id, price, qty) set_timer(ts, id) stop(error, message)
#pragma once

#include <algorithm>
#include <cstdint>

#include "lumina/book/depth_book.hpp"
#include "lumina/strategy/abi.h"
#include "lumina/types.hpp"

namespace lumina {

template <class Engine>
lumina_ctx make_context(Engine& engine, std::uint32_t instrument_count, void* user) {
  lumina_ctx context{};
  context.abi_version = LUMINA_ABI_VERSION;
  context.instrument_count = instrument_count;
  context.user = user;
  context.engine = &engine;
  context.instrument = [](lumina_ctx* c, std::uint32_t i) -> const lumina_instrument* {
    return i < c->instrument_count ? static_cast<Engine*>(c->engine)->info(i) : nullptr;
  };
  context.best = [](lumina_ctx* c, std::uint32_t i, std::uint8_t side) -> lumina_level {
    if (i >= c->instrument_count || side > LUMINA_SELL) return {0, 0};
    auto& self = *static_cast<Engine*>(c->engine);
    const DepthBook& book = self.book(i);
    const std::int32_t price = book.best(static_cast<Side>(side));
    if (!DepthBook::is_price(price)) return {0, 0};
    return {price + self.shift_ticks(i), book.qty(static_cast<Side>(side), price)};
  };
  context.level = [](lumina_ctx* c, std::uint32_t i, std::uint8_t side, std::int32_t price) -> std::int32_t {
    if (i >= c->instrument_count || side > LUMINA_SELL) return 0;
    auto& self = *static_cast<Engine*>(c->engine);
    const DepthBook& book = self.book(i);
    const auto which = static_cast<Side>(side);
    const std::int32_t recorded = price - self.shift_ticks(i), window = self.window(i);
    const std::int32_t lots = book.qty(which, recorded);
    return lots && window < kAllLevels && book.better_levels(which, recorded, window) == window ? 0 : lots;
  };
  context.depth = [](lumina_ctx* c, std::uint32_t i, std::uint8_t side, lumina_level* out,
                     std::int32_t capacity) -> std::int32_t {
    if (i >= c->instrument_count || side > LUMINA_SELL) return 0;
    auto& self = *static_cast<Engine*>(c->engine);
    const DepthBook& book = self.book(i);
    const std::int32_t shift = self.shift_ticks(i);
    const auto which = static_cast<Side>(side);
    const std::int32_t most = std::min(capacity, self.window(i));
    std::int32_t n = 0;
    for (std::int32_t price = book.best(which); n < most && DepthBook::is_price(price);
         price = book.behind(which, price))
      out[n++] = {price + shift, book.qty(which, price)};
    return n;
  };
  context.position = [](lumina_ctx* c, std::uint32_t i) -> std::int64_t {
    return i < c->instrument_count ? static_cast<Engine*>(c->engine)->position(i) : 0;
  };
  context.orders = [](lumina_ctx* c, std::uint32_t i, std::uint8_t side, lumina_order* out,
                      std::int32_t capacity) -> std::int32_t {
    return i < c->instrument_count ? static_cast<Engine*>(c->engine)->open_orders(i, side, out, capacity) : 0;
  };
  context.submit = [](lumina_ctx* c, const lumina_order_request* request) -> std::uint64_t {
    return static_cast<Engine*>(c->engine)->submit(*request);
  };
  context.cancel = [](lumina_ctx* c, std::uint64_t id) { static_cast<Engine*>(c->engine)->cancel(id); };
  context.replace = [](lumina_ctx* c, std::uint64_t id, std::int32_t price, std::int32_t qty) {
    static_cast<Engine*>(c->engine)->replace(id, price, qty);
  };
  context.set_timer = [](lumina_ctx* c, std::int64_t ts, std::int64_t id) {
    static_cast<Engine*>(c->engine)->set_timer(ts, id);
  };
  context.stop = [](lumina_ctx* c, std::int32_t error, const char* message) {
    static_cast<Engine*>(c->engine)->stop(error, message);
  };
  return context;
}

}  // namespace lumina
