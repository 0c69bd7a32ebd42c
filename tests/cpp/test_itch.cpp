// ITCH 5.0 messages written byte by byte, every field read back; lengths that are wrong; frames cut at every byte.
#undef NDEBUG
#include <cassert>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "lumina/feed/itch.hpp"

using namespace lumina::feed;

namespace {

using Bytes = std::vector<std::uint8_t>;

// Big-endian fields one after the other.
struct Writer {
  Bytes bytes;
  Writer& text(const std::string& value) {
    bytes.insert(bytes.end(), value.begin(), value.end());
    return *this;
  }
  Writer& number(std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return *this;
  }
};

constexpr std::uint64_t kTs = 0x0123'4567'89AB;

Writer header(char type) { return Writer{}.text({type}).number(0x1122, 2).number(0x3344, 2).number(kTs, 6); }

void same_header(const itch::Header& m) { assert(m.locate == 0x1122 && m.tracking == 0x3344 && m.ts_ns == kTs); }

constexpr std::uint64_t kId = 0x0102'0304'0506'0708, kNewId = 0x1112'1314'1516'1718, kMatch = 0x2122'2324'2526'2728;

// Takes one type only, and counts.
template <class Message>
struct Only {
  Message message{};
  int seen = 0;
  void on(const Message& m) {
    message = m;
    ++seen;
  }
};

template <class Message>
Message decoded(const Writer& writer) {
  // an allocation of exactly the message, so that a sanitizer sees a byte too far
  const std::size_t size = writer.bytes.size();
  auto exact = std::make_unique<std::uint8_t[]>(size);
  std::memcpy(exact.get(), writer.bytes.data(), size);
  Only<Message> sink;
  assert(itch::decode(exact.get(), size, sink) == itch::Status::ok);
  assert(sink.seen == 1);
  same_header(sink.message);
  for (std::size_t length = 0; length <= size + 1; ++length) {
    if (length == size) continue;
    auto other = std::make_unique<std::uint8_t[]>(length);
    std::memcpy(other.get(), exact.get(), std::min(length, size));
    assert(itch::decode(other.get(), length, sink) == itch::Status::bad_length);
  }
  assert(sink.seen == 1);
  return sink.message;
}

void every_field_of_every_message() {
  assert(decoded<itch::SystemEvent>(header('S').text("Q")).event == 'Q');
  const auto directory = decoded<itch::StockDirectory>(header('R')
                                                           .text("ARL     ")
                                                           .text("N")
                                                           .text("D")
                                                           .number(100, 4)
                                                           .text("Y")
                                                           .text("C")
                                                           .text("Z ")
                                                           .text("P")
                                                           .text("N")
                                                           .text("N")
                                                           .text("1")
                                                           .text("Y")
                                                           .number(7, 4)
                                                           .text("N"));
  assert(directory.stock == itch::stock_of("ARL") && directory.market_category == 'N');
  assert(directory.financial_status == 'D' && directory.round_lot == 100 && directory.round_lots_only == 'Y');
  assert(directory.classification == 'C' && directory.authenticity == 'P' && directory.etp == 'Y');
  const auto action = decoded<itch::TradingAction>(header('H').text("ARL     ").text("P").text(" ").text("LUDP"));
  assert(action.stock == itch::stock_of("ARL") && action.state == 'P');
  for (const char type : {'A', 'F'}) {
    Writer writer = header(type).number(kId, 8).text("S").number(300, 4).text("ABCDEFGH").number(123456, 4);
    if (type == 'F') writer.text("NSDQ");
    const auto add = decoded<itch::AddOrder>(writer);
    assert(add.order_id == kId && add.side == 'S' && add.shares == 300 && add.price == 123456);
    assert(add.stock == itch::stock_of("ABCDEFGH"));
  }
  const auto executed = decoded<itch::OrderExecuted>(header('E').number(kId, 8).number(5, 4).number(kMatch, 8));
  assert(executed.order_id == kId && executed.shares == 5 && executed.match == kMatch);
  const auto at_price = decoded<itch::OrderExecutedWithPrice>(
      header('C').number(kId, 8).number(5, 4).number(kMatch, 8).text("N").number(99, 4));
  assert(at_price.order_id == kId && at_price.shares == 5 && at_price.match == kMatch);
  assert(at_price.printable == 'N' && at_price.price == 99);
  const auto cancel = decoded<itch::OrderCancel>(header('X').number(kId, 8).number(5, 4));
  assert(cancel.order_id == kId && cancel.shares == 5);
  assert(decoded<itch::OrderDelete>(header('D').number(kId, 8)).order_id == kId);
  const auto replace =
      decoded<itch::OrderReplace>(header('U').number(kId, 8).number(kNewId, 8).number(5, 4).number(99, 4));
  assert(replace.order_id == kId && replace.new_order_id == kNewId && replace.shares == 5 && replace.price == 99);
  const auto trade = decoded<itch::Trade>(
      header('P').number(kId, 8).text("B").number(5, 4).text("ARL     ").number(99, 4).number(kMatch, 8));
  assert(trade.order_id == kId && trade.side == 'B' && trade.shares == 5 && trade.price == 99);
  assert(trade.stock == itch::stock_of("ARL") && trade.match == kMatch);
  const auto cross = decoded<itch::CrossTrade>(
      header('Q').number(1ull << 40, 8).text("ARL     ").number(99, 4).number(kMatch, 8).text("C"));
  assert(cross.shares == 1ull << 40 && cross.stock == itch::stock_of("ARL") && cross.price == 99);
  assert(cross.match == kMatch && cross.type == 'C');
  assert(decoded<itch::BrokenTrade>(header('B').number(kMatch, 8)).match == kMatch);
  const auto imbalance = decoded<itch::Imbalance>(header('I')
                                                      .number(1, 8)
                                                      .number(2, 8)
                                                      .text("S")
                                                      .text("ARL     ")
                                                      .number(3, 4)
                                                      .number(4, 4)
                                                      .number(5, 4)
                                                      .text("O")
                                                      .text("L"));
  assert(imbalance.paired_shares == 1 && imbalance.imbalance_shares == 2 && imbalance.direction == 'S');
  assert(imbalance.stock == itch::stock_of("ARL") && imbalance.far_price == 3 && imbalance.near_price == 4);
  assert(imbalance.reference_price == 5 && imbalance.cross_type == 'O' && imbalance.variation == 'L');
  const auto interest = decoded<itch::RetailInterest>(header('N').text("ARL     ").text("A"));
  assert(interest.stock == itch::stock_of("ARL") && interest.interest == 'A');
  // the rest, by length
  const std::pair<char, std::size_t> others[] = {{'Y', 20}, {'L', 26}, {'V', 35}, {'W', 12},
                                                 {'K', 28}, {'J', 35}, {'h', 21}, {'O', 48}};
  for (const auto& [type, size] : others) {
    Writer writer = header(type);
    writer.bytes.resize(size, 'x');
    const auto other = decoded<itch::Other>(writer);
    assert(other.type == type && other.size == size);
  }
}

void a_type_is_known_or_not() {
  int known = 0;
  Only<itch::Other> sink;
  for (int type = 0; type < 256; ++type) {
    Bytes bytes(itch::kMaxLength, static_cast<std::uint8_t>(type));
    known += itch::kLength[static_cast<std::size_t>(type)] != 0;
    if (itch::kLength[static_cast<std::size_t>(type)] == 0)
      assert(itch::decode(bytes.data(), bytes.size(), sink) == itch::Status::unknown_type);
  }
  assert(known == 23);
  assert(itch::decode(nullptr, 0, sink) == itch::Status::bad_length);
}

void frames_cut_at_every_byte() {
  Writer file;
  const Bytes one = header('S').text("O").bytes, two = header('D').number(kId, 8).bytes;
  file.number(one.size(), 2).bytes.insert(file.bytes.end(), one.begin(), one.end());
  file.number(two.size(), 2).bytes.insert(file.bytes.end(), two.begin(), two.end());
  const std::size_t first = 2 + one.size(), both = first + 2 + two.size();
  assert(file.bytes.size() == both);
  for (std::size_t size = 0; size <= both; ++size) {
    auto cut = std::make_unique<std::uint8_t[]>(size);
    std::memcpy(cut.get(), file.bytes.data(), size);
    Only<itch::SystemEvent> events;
    Only<itch::OrderDelete> deletes;
    const std::size_t used = itch::walk_frames(cut.get(), size, [&](const std::uint8_t* p, std::size_t length) {
      return itch::decode(p, length, events) == itch::Status::ok &&
             itch::decode(p, length, deletes) == itch::Status::ok;
    });
    assert(used == (size < first ? 0 : size < both ? first : both));
    assert(events.seen == (size >= first) && deletes.seen == (size >= both));
  }
}

}  // namespace

int main() {
  assert(itch::stock_of("A") == 0x4120'2020'2020'2020);
  every_field_of_every_message();
  a_type_is_known_or_not();
  frames_cut_at_every_byte();
}
