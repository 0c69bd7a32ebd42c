// NASDAQ TotalView-ITCH 5.0: one message of bytes becomes one struct, handed to a sink. Nothing is allocated; the
// length is checked against the type before a field is read. BX and PSX use the same messages.
//
// A sink is any object with `on(const AddOrder&)`, `on(const OrderDelete&)` and so on; a type that it has no overload
// for costs nothing. decode() is a switch over the type that the compiler flattens into the sink.
//
// Source: Nasdaq TotalView-ITCH 5.0 specification. Prices have four implied decimals, times are ns since midnight in
// New York, stocks eight letters padded with spaces.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lumina/feed/big_endian.hpp"

namespace lumina::feed::itch {

enum class Status : std::uint8_t { ok, bad_length, unknown_type };

// Bytes of a message by its type; 0 = no such type.
inline constexpr std::array<std::uint8_t, 256> kLength = [] {
  std::array<std::uint8_t, 256> length{};
  length['S'] = 12;  // system event
  length['R'] = 39;  // stock directory
  length['H'] = 25;  // stock trading action
  length['Y'] = 20;  // short sale price test (Reg SHO)
  length['L'] = 26;  // market participant position
  length['V'] = 35;  // market-wide circuit breaker levels
  length['W'] = 12;  // market-wide circuit breaker status
  length['K'] = 28;  // IPO quoting period
  length['J'] = 35;  // LULD auction collar
  length['h'] = 21;  // operational halt
  length['A'] = 36;  // add order
  length['F'] = 40;  // add order with attribution
  length['E'] = 31;  // order executed
  length['C'] = 36;  // order executed with price
  length['X'] = 23;  // order cancel
  length['D'] = 19;  // order delete
  length['U'] = 35;  // order replace
  length['P'] = 44;  // trade, non-cross
  length['Q'] = 40;  // cross trade
  length['B'] = 19;  // broken trade
  length['I'] = 50;  // net order imbalance
  length['N'] = 20;  // retail price improvement
  length['O'] = 48;  // direct listing with capital raise
  return length;
}();
inline constexpr std::size_t kMinLength = 12;
inline constexpr std::size_t kMaxLength = 50;
inline constexpr std::uint64_t kDayNs = 86'400'000'000'000;

// Eight letters as one number, the first in the highest byte, so that order is the alphabet's.
using Stock = std::uint64_t;

constexpr Stock stock_of(const char* text) noexcept {
  Stock stock = 0;
  for (int i = 0; i < 8; ++i) {
    stock = stock << 8 | static_cast<unsigned char>(*text ? *text : ' ');
    if (*text) ++text;
  }
  return stock;
}

struct Header {
  std::uint64_t ts_ns;     // since midnight; 48 bits, so it may be beyond a day
  std::uint16_t locate;    // the stock's number of the day; 0 for the whole market
  std::uint16_t tracking;  // internal to the venue
};

struct SystemEvent : Header {
  char event;  // O, S, Q, M, E, C: start of messages, system, market hours; end of market hours, system, messages
};
struct StockDirectory : Header {
  Stock stock;
  std::uint32_t round_lot;
  char market_category, financial_status, round_lots_only, classification;
  char authenticity;  // P live, T test
  char etp;           // Y: an exchange-traded product
};
struct TradingAction : Header {
  Stock stock;
  char state;  // H halted, P paused, Q quotation only, T trading
};
struct AddOrder : Header {  // A and F: the attribution is left out
  std::uint64_t order_id;
  Stock stock;
  std::uint32_t shares;
  std::uint32_t price;
  char side;  // B, S
};
struct OrderExecuted : Header {
  std::uint64_t order_id;
  std::uint64_t match;
  std::uint32_t shares;
};
struct OrderExecutedWithPrice : Header {
  std::uint64_t order_id;
  std::uint64_t match;
  std::uint32_t shares;
  std::uint32_t price;
  char printable;  // N: counted elsewhere, as in a cross
};
struct OrderCancel : Header {
  std::uint64_t order_id;
  std::uint32_t shares;  // taken away
};
struct OrderDelete : Header {
  std::uint64_t order_id;
};
struct OrderReplace : Header {
  std::uint64_t order_id;  // of the old order, whose side the new one has
  std::uint64_t new_order_id;
  std::uint32_t shares;
  std::uint32_t price;
};
struct Trade : Header {  // against a hidden order
  std::uint64_t order_id;
  Stock stock;
  std::uint64_t match;
  std::uint32_t shares;
  std::uint32_t price;
  char side;  // of the resting order; since 2014-07-14 always B, whatever it was
};
struct CrossTrade : Header {
  std::uint64_t shares;
  Stock stock;
  std::uint64_t match;
  std::uint32_t price;
  char type;  // O open, C close, H halt or IPO
};
struct BrokenTrade : Header {
  std::uint64_t match;
};
struct Imbalance : Header {
  std::uint64_t paired_shares;
  std::uint64_t imbalance_shares;
  Stock stock;
  std::uint32_t far_price, near_price, reference_price;
  char direction;  // B, S, N, O
  char cross_type;
  char variation;
};
struct RetailInterest : Header {
  Stock stock;
  char interest;  // B, S, A, N
};
struct Other : Header {  // the types that have no struct: Y, L, V, W, K, J, h, O
  const std::uint8_t* data;
  std::size_t size;
  char type;
};

// The header of a message whose length was found right.
inline void load_header(const std::uint8_t* p, Header& header) noexcept {
  header.locate = load_big<std::uint16_t>(p + 1);
  header.tracking = load_big<std::uint16_t>(p + 3);
  header.ts_ns = load_big<std::uint64_t>(p + 3) & 0xFFFF'FFFF'FFFF;
}

inline Status check(const std::uint8_t* p, std::size_t size) noexcept {
  if (size == 0) return Status::bad_length;
  const std::size_t length = kLength[p[0]];
  if (length == 0) return Status::unknown_type;
  return size == length ? Status::ok : Status::bad_length;
}

namespace detail {

inline void load(const std::uint8_t* p, SystemEvent& m) noexcept { m.event = static_cast<char>(p[11]); }
inline void load(const std::uint8_t* p, StockDirectory& m) noexcept {
  m.stock = load_big<Stock>(p + 11);
  m.market_category = static_cast<char>(p[19]);
  m.financial_status = static_cast<char>(p[20]);
  m.round_lot = load_big<std::uint32_t>(p + 21);
  m.round_lots_only = static_cast<char>(p[25]);
  m.classification = static_cast<char>(p[26]);
  m.authenticity = static_cast<char>(p[29]);
  m.etp = static_cast<char>(p[33]);
}
inline void load(const std::uint8_t* p, TradingAction& m) noexcept {
  m.stock = load_big<Stock>(p + 11);
  m.state = static_cast<char>(p[19]);
}
inline void load(const std::uint8_t* p, AddOrder& m) noexcept {
  m.order_id = load_big<std::uint64_t>(p + 11);
  m.side = static_cast<char>(p[19]);
  m.shares = load_big<std::uint32_t>(p + 20);
  m.stock = load_big<Stock>(p + 24);
  m.price = load_big<std::uint32_t>(p + 32);
}
inline void load(const std::uint8_t* p, OrderExecuted& m) noexcept {
  m.order_id = load_big<std::uint64_t>(p + 11);
  m.shares = load_big<std::uint32_t>(p + 19);
  m.match = load_big<std::uint64_t>(p + 23);
}
inline void load(const std::uint8_t* p, OrderExecutedWithPrice& m) noexcept {
  m.order_id = load_big<std::uint64_t>(p + 11);
  m.shares = load_big<std::uint32_t>(p + 19);
  m.match = load_big<std::uint64_t>(p + 23);
  m.printable = static_cast<char>(p[31]);
  m.price = load_big<std::uint32_t>(p + 32);
}
inline void load(const std::uint8_t* p, OrderCancel& m) noexcept {
  m.order_id = load_big<std::uint64_t>(p + 11);
  m.shares = load_big<std::uint32_t>(p + 19);
}
inline void load(const std::uint8_t* p, OrderDelete& m) noexcept { m.order_id = load_big<std::uint64_t>(p + 11); }
inline void load(const std::uint8_t* p, OrderReplace& m) noexcept {
  m.order_id = load_big<std::uint64_t>(p + 11);
  m.new_order_id = load_big<std::uint64_t>(p + 19);
  m.shares = load_big<std::uint32_t>(p + 27);
  m.price = load_big<std::uint32_t>(p + 31);
}
inline void load(const std::uint8_t* p, Trade& m) noexcept {
  m.order_id = load_big<std::uint64_t>(p + 11);
  m.side = static_cast<char>(p[19]);
  m.shares = load_big<std::uint32_t>(p + 20);
  m.stock = load_big<Stock>(p + 24);
  m.price = load_big<std::uint32_t>(p + 32);
  m.match = load_big<std::uint64_t>(p + 36);
}
inline void load(const std::uint8_t* p, CrossTrade& m) noexcept {
  m.shares = load_big<std::uint64_t>(p + 11);
  m.stock = load_big<Stock>(p + 19);
  m.price = load_big<std::uint32_t>(p + 27);
  m.match = load_big<std::uint64_t>(p + 31);
  m.type = static_cast<char>(p[39]);
}
inline void load(const std::uint8_t* p, BrokenTrade& m) noexcept { m.match = load_big<std::uint64_t>(p + 11); }
inline void load(const std::uint8_t* p, Imbalance& m) noexcept {
  m.paired_shares = load_big<std::uint64_t>(p + 11);
  m.imbalance_shares = load_big<std::uint64_t>(p + 19);
  m.direction = static_cast<char>(p[27]);
  m.stock = load_big<Stock>(p + 28);
  m.far_price = load_big<std::uint32_t>(p + 36);
  m.near_price = load_big<std::uint32_t>(p + 40);
  m.reference_price = load_big<std::uint32_t>(p + 44);
  m.cross_type = static_cast<char>(p[48]);
  m.variation = static_cast<char>(p[49]);
}
inline void load(const std::uint8_t* p, RetailInterest& m) noexcept {
  m.stock = load_big<Stock>(p + 11);
  m.interest = static_cast<char>(p[19]);
}
inline void load(const std::uint8_t* p, Other& m) noexcept {
  m.data = p;
  m.size = kLength[p[0]];
  m.type = static_cast<char>(p[0]);
}

template <class Message, class Sink>
inline void deliver(const std::uint8_t* p, Sink& sink) {
  if constexpr (requires(const Message& m) { sink.on(m); }) {
    Message message;
    load_header(p, message);
    load(p, message);
    sink.on(message);
  }
}

}  // namespace detail

// Decodes one message whose length check() found right.
template <class Sink>
inline void decode_checked(const std::uint8_t* p, Sink& sink) {
  switch (p[0]) {
    case 'A':
    case 'F':
      return detail::deliver<AddOrder>(p, sink);
    case 'D':
      return detail::deliver<OrderDelete>(p, sink);
    case 'U':
      return detail::deliver<OrderReplace>(p, sink);
    case 'E':
      return detail::deliver<OrderExecuted>(p, sink);
    case 'X':
      return detail::deliver<OrderCancel>(p, sink);
    case 'C':
      return detail::deliver<OrderExecutedWithPrice>(p, sink);
    case 'P':
      return detail::deliver<Trade>(p, sink);
    case 'Q':
      return detail::deliver<CrossTrade>(p, sink);
    case 'B':
      return detail::deliver<BrokenTrade>(p, sink);
    case 'I':
      return detail::deliver<Imbalance>(p, sink);
    case 'S':
      return detail::deliver<SystemEvent>(p, sink);
    case 'R':
      return detail::deliver<StockDirectory>(p, sink);
    case 'H':
      return detail::deliver<TradingAction>(p, sink);
    case 'N':
      return detail::deliver<RetailInterest>(p, sink);
    default:
      return detail::deliver<Other>(p, sink);
  }
}

// Decodes one message; the sink hears of it only where the status is ok.
template <class Sink>
inline Status decode(const std::uint8_t* p, std::size_t size, Sink& sink) {
  const Status status = check(p, size);
  if (status == Status::ok) decode_checked(p, sink);
  return status;
}

// A file is frames of a big-endian u16 length and so many bytes; a length of 0 ends the session (BinaryFILE).
// Calls message(bytes, size) for each whole frame and returns the bytes done with; message returns false to stop
// before its frame.
template <class Message>
inline std::size_t walk_frames(const std::uint8_t* data, std::size_t size, Message&& message) {
  std::size_t at = 0;
  while (size - at >= 2) {
    const std::size_t length = load_big<std::uint16_t>(data + at);
    if (size - at - 2 < length || !message(data + at + 2, length)) break;
    at += 2 + length;
  }
  return at;
}

}  // namespace lumina::feed::itch
