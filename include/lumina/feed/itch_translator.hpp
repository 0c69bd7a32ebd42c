// ITCH messages of one day to the updates of a resolver, for the stocks that were asked for: what an order was is
// remembered for replaces and executions at a price of their own, the market's and the stock's state become phases.
// One message is one event.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lumina/feed/itch.hpp"
#include "lumina/feed/resolver.hpp"
#include "lumina/types.hpp"

namespace lumina::feed::itch {

// What a message says that cannot be used. `value` and `bound` of a Refusal by problem: see each.
enum class Problem : std::uint8_t {
  none,
  between_ticks,    // price (of 0.0001), units of a tick
  price_bound,      // price (of 0.0001), largest number of ticks
  quantity_bound,   // shares, largest number of lots
  no_quantity,      // -
  bad_side,         // the letter
  bad_printable,    // the letter
  bad_time,         // ns since midnight
  time_back,        // ns since midnight, that of the message before
  other_stock,      // stock, the stock that has this locate
  several_stocks,   // stock, the stock before; nobody said which one is wanted
  no_market_hours,  // ns since midnight; the day has system events, and none said that the market opened
};

struct Refusal {
  Problem problem = Problem::none;
  char type = 0;
  std::uint64_t value = 0, bound = 0;
};

struct TranslatorConfig {
  std::uint32_t tick_units = 100;  // 0.0001 of the currency in a tick
  bool system_phases = true;  // phases from system events; otherwise only halts and quotation-only stocks change it
  bool drop_odd = false;      // leave out orders that are between ticks
  bool drop_far = true;       // leave out orders and prints beyond the bound of prices
  bool trade_sides = false;   // the side of a trade (P) means something: before 2014-07-14
};

// Not thread safe. Memory: the live orders of the stocks that are read, and 1 MiB for the locates.
class Translator {
 public:
  static constexpr std::uint32_t kNobody = 0xFFFFFFFF;
  // A stamp may be this much below the one before it; it is raised to that one, and counted.
  static constexpr std::uint64_t kMaxBackNs = 1'000'000'000;
  static constexpr std::uint64_t kOpenNs = 34'201'000'000'000;  // 09:30:01: the market has opened by then

  struct Counts {
    std::uint64_t odd_orders = 0, far_orders = 0, far_prints = 0, odd_executions = 0, unknown_replaced = 0,
                  unknown_executed = 0, trades_of_nothing = 0, raised_times = 0;
  };

  // stocks: those to read, none = all of them; only_one: all of them, and there must be one.
  Translator(TranslatorConfig config, const std::vector<Stock>& stocks, bool only_one)
      : config_(config), all_(stocks.empty()), only_one_(only_one), locates_(kFewLocates) {
    for (const Stock stock : stocks) add(stock);
  }

  // The messages that follow are of this day (ns of its midnight); a new day has new orders and locates.
  void begin(std::int64_t midnight_ns, bool new_day) {
    midnight_ns_ = midnight_ns;
    if (!new_day) return;
    orders_.clear();
    locates_.assign(locates_.size(), Locate{});
    hours_ = Hours::unknown;
    last_ns_ = 0;
    for (Symbol& symbol : symbols_) {
      symbol.wipe = symbol.seen;
      symbol.locate = -1;
      symbol.state = 'T';
    }
  }
  void set_trade_sides(bool on) noexcept { config_.trade_sides = on; }

  // Messages were lost before the next one.
  void gap() noexcept {
    for (Symbol& symbol : symbols_) symbol.gap = symbol.seen;
    gaps_waiting_ = true;
  }

  // One message whose length check() found right. local_ts_ns: of its receipt, kOneClock for the venue's own time.
  // emit(symbol, update) takes the updates; the last of a message carries kEnd.
  static constexpr std::int64_t kOneClock = std::numeric_limits<std::int64_t>::min();
  template <class Emit>
  Refusal take(const std::uint8_t* p, std::int64_t local_ts_ns, Emit&& emit) {
    const std::uint16_t locate = load_big<std::uint16_t>(p + 1);
    if (locate >= locates_.size()) [[unlikely]]
      locates_.resize(kLocates);
    const std::uint32_t reader = locates_[locate].symbol;
    // nearly all messages of a day are of other stocks
    if (reader == kSkip && p[0] != 'S') return check_stock(p);
    Handler<Emit> handler{*this, emit, local_ts_ns, 0, static_cast<char>(p[0]), {}};
    if (!handler.begin(p)) return handler.refusal;
    decode_checked(p, handler);
    return handler.refusal;
  }

  const Counts& counts() const noexcept { return counts_; }
  std::size_t symbols() const noexcept { return symbols_.size(); }
  Stock stock(std::size_t symbol) const noexcept { return symbols_[symbol].stock; }
  bool seen(std::size_t symbol) const noexcept { return symbols_[symbol].seen; }
  // The stocks of the day that are not read.
  std::vector<Stock> others() const {
    std::vector<Stock> out;
    for (const Locate& locate : locates_)
      if (locate.symbol == kSkip) out.push_back(locate.stock);
    return out;
  }

 private:
  static constexpr std::size_t kFewLocates = 1024, kLocates = 65536;
  static constexpr std::uint32_t kUnknown = 0xFFFFFFFF, kSkip = 0xFFFFFFFE;
  static constexpr std::uint32_t kMaxShares = std::numeric_limits<std::int32_t>::max();

  enum class Hours : std::uint8_t { unknown, before, open, after };
  struct Locate {
    Stock stock = 0;
    std::uint32_t symbol = kUnknown;
  };
  struct Symbol {
    Stock stock;
    std::int32_t locate = -1;
    char state = 'T';
    Phase phase = Phase::continuous;  // as last told
    bool seen = false;                // on any day
    bool wipe = false;                // the orders of the day before are to go
    bool gap = false;
  };
  struct Order {
    std::int32_t price_ticks;
    std::uint32_t lots;
    std::uint32_t symbol;
    Side side;
    bool dropped;
  };
  struct Print {  // the price of a print
    std::int32_t ticks;
    unsigned flag;  // kHidden where it is between ticks
    bool far;       // beyond the bound of prices: to be left out
  };

  void add(Stock stock) {
    index_.emplace(stock, static_cast<std::uint32_t>(symbols_.size()));
    symbols_.push_back(Symbol{stock});
  }

  static Stock stock_at(const std::uint8_t* p) noexcept {
    switch (p[0]) {
      case 'R':
      case 'H':
        return load_big<Stock>(p + 11);
      case 'A':
      case 'F':
      case 'P':
        return load_big<Stock>(p + 24);
      case 'Q':
        return load_big<Stock>(p + 19);
      default:
        return 0;
    }
  }
  Refusal check_stock(const std::uint8_t* p) const noexcept {
    const Stock stock = stock_at(p), known = locates_[load_big<std::uint16_t>(p + 1)].stock;
    if (stock != 0 && stock != known) return {Problem::other_stock, static_cast<char>(p[0]), stock, known};
    return {};
  }

  template <class Emit>
  struct Handler {
    Translator& self;
    Emit& emit;
    std::int64_t local_ts_ns;
    std::int64_t exch_ts_ns;
    char type;
    Refusal refusal;
    std::uint32_t who = kNobody;

    void refuse(Problem problem, std::uint64_t value = 0, std::uint64_t bound = 0) noexcept {
      refusal = {problem, type, value, bound};
    }

    // Time and stock of the message; false where it is refused or of no stock that is read.
    bool begin(const std::uint8_t* p) {
      if (type == 'S') return time(p);
      const std::uint16_t locate = load_big<std::uint16_t>(p + 1);
      Locate& at = self.locates_[locate];
      if (const Stock stock = stock_at(p); stock != 0) {
        if (at.symbol == kUnknown) {
          if (!bind(at, locate, stock)) return false;
        } else if (at.stock != stock) {
          refuse(Problem::other_stock, stock, at.stock);
          return false;
        }
      }
      if (at.symbol >= kSkip) return false;
      who = at.symbol;
      if (!time(p)) return false;
      if (self.config_.system_phases && self.hours_ == Hours::before && self.last_ns_ >= kOpenNs) {
        refuse(Problem::no_market_hours, self.last_ns_);
        return false;
      }
      return true;
    }

    bool bind(Locate& at, std::uint16_t locate, Stock stock) {
      auto found = self.index_.find(stock);
      if (found == self.index_.end() && self.all_) {
        if (self.only_one_ && !self.symbols_.empty()) {
          refuse(Problem::several_stocks, stock, self.symbols_.front().stock);
          return false;
        }
        self.add(stock);
        found = self.index_.find(stock);
      }
      at.stock = stock;
      at.symbol = found == self.index_.end() ? kSkip : found->second;
      if (at.symbol != kSkip) {
        self.symbols_[at.symbol].locate = locate;
        self.symbols_[at.symbol].seen = true;
      }
      return true;
    }

    bool time(const std::uint8_t* p) {
      std::uint64_t ns = load_big<std::uint64_t>(p + 3) & 0xFFFF'FFFF'FFFF;
      if (ns >= kDayNs) {
        refuse(Problem::bad_time, ns);
        return false;
      }
      if (ns < self.last_ns_) {
        if (self.last_ns_ - ns > kMaxBackNs) {
          refuse(Problem::time_back, ns, self.last_ns_);
          return false;
        }
        ++self.counts_.raised_times;
        ns = self.last_ns_;
      }
      self.last_ns_ = ns;
      exch_ts_ns = self.midnight_ns_ + static_cast<std::int64_t>(ns);
      if (local_ts_ns == kOneClock) local_ts_ns = exch_ts_ns;
      // what waits for the stock's next message comes before it
      if (self.gaps_waiting_) {
        for (std::uint32_t symbol = 0; symbol < self.symbols_.size(); ++symbol)
          if (std::exchange(self.symbols_[symbol].gap, false)) put(symbol, Kind::gap, Side::none, 0, 0, 0, kEnd);
        self.gaps_waiting_ = false;
      }
      if (who != kNobody) {
        if (std::exchange(self.symbols_[who].wipe, false)) put(who, Kind::clear, Side::none, kNoPrice, 0, 0, kEnd);
        phase(who);
      }
      return true;
    }

    void put(std::uint32_t symbol, Kind kind, Side side, std::int32_t price_ticks, std::int64_t lots, std::uint64_t id,
             unsigned flags = 0) {
      Update update{};
      update.exch_ts_ns = exch_ts_ns;
      update.local_ts_ns = local_ts_ns;
      update.qty_lots = lots;
      update.order_id = id;
      update.price_ticks = price_ticks;
      update.kind = static_cast<std::uint8_t>(kind);
      update.side = static_cast<std::uint8_t>(side);
      update.flags = static_cast<std::uint16_t>(flags | kBothViews);
      emit(symbol, update);
    }

    void phase(std::uint32_t symbol) {
      Symbol& one = self.symbols_[symbol];
      const bool closed = self.config_.system_phases && (self.hours_ == Hours::before || self.hours_ == Hours::after);
      const Phase now = one.state == 'H' || one.state == 'P' ? Phase::halt
                        : one.state == 'Q' || closed         ? Phase::auction
                                                             : Phase::continuous;
      if (now == one.phase) return;
      one.phase = now;
      put(symbol, Kind::status, Side::none, 0, static_cast<std::int64_t>(now), 0, kEnd);
    }

    void on(const SystemEvent& m) {
      switch (m.event) {
        case 'O':
        case 'S':
          if (self.hours_ == Hours::unknown) self.hours_ = Hours::before;
          break;
        case 'Q':
          self.hours_ = Hours::open;
          break;
        case 'M':
        case 'E':
        case 'C':
          self.hours_ = Hours::after;
          break;
        default:
          break;
      }
      // every stock that this day has named hears of it
      for (std::uint32_t symbol = 0; symbol < self.symbols_.size(); ++symbol)
        if (self.symbols_[symbol].locate >= 0) phase(symbol);
    }

    void on(const TradingAction& m) {
      self.symbols_[who].state = m.state;
      phase(who);
    }

    bool lots(std::uint64_t shares) {
      if (shares == 0) refuse(Problem::no_quantity);
      if (shares > kMaxShares) refuse(Problem::quantity_bound, shares, kMaxShares);
      return shares != 0 && shares <= kMaxShares;
    }

    // A resting order's price; false where it is refused or the order is to be left out.
    bool level(std::uint32_t price, std::int32_t& ticks, bool& dropped) {
      const std::uint32_t unit = self.config_.tick_units;
      const bool between = price % unit != 0;
      const bool far = price / unit > static_cast<std::uint32_t>(kMaxPriceTicks);
      dropped = between || far;
      if (between && !self.config_.drop_odd) {
        refuse(Problem::between_ticks, price, unit);
        return false;
      }
      if (far && !self.config_.drop_far) {
        refuse(Problem::price_bound, price, static_cast<std::uint64_t>(kMaxPriceTicks));
        return false;
      }
      self.counts_.odd_orders += between;
      self.counts_.far_orders += far && !between;
      ticks = static_cast<std::int32_t>(dropped ? 0 : price / unit);
      return true;
    }

    // A print between ticks goes away from the mid: a seller's down, a buyer's up. False where it is refused.
    bool print(std::uint32_t price, Side aggressor, Print& out) {
      const std::uint32_t unit = self.config_.tick_units;
      const bool between = price % unit != 0;
      out.flag = between ? unsigned{kHidden} : 0u;
      const std::uint32_t ticks = price / unit + (between && aggressor == Side::buy ? 1u : 0u);
      out.far = ticks > static_cast<std::uint32_t>(kMaxPriceTicks);
      if (out.far && !self.config_.drop_far) {
        refuse(Problem::price_bound, price, static_cast<std::uint64_t>(kMaxPriceTicks));
        return false;
      }
      self.counts_.far_prints += out.far;
      out.ticks = static_cast<std::int32_t>(ticks);
      return true;
    }

    Order* find(std::uint64_t id) {
      const auto found = self.orders_.find(id);
      return found == self.orders_.end() || found->second.symbol != who ? nullptr : &found->second;
    }
    void shrink(std::uint64_t id, Order& order, std::uint32_t shares) {
      if (shares >= order.lots)
        self.orders_.erase(id);
      else
        order.lots -= shares;
    }

    void on(const AddOrder& m) {
      if (m.side != 'B' && m.side != 'S') return refuse(Problem::bad_side, static_cast<unsigned char>(m.side));
      if (!lots(m.shares)) return;
      Order order{0, m.shares, who, m.side == 'B' ? Side::buy : Side::sell, false};
      if (!level(m.price, order.price_ticks, order.dropped)) return;
      self.orders_[m.order_id] = order;
      if (!order.dropped) put(who, Kind::add, order.side, order.price_ticks, m.shares, m.order_id, kEnd);
    }

    void on(const OrderExecuted& m) {
      if (!lots(m.shares)) return;
      Order* order = find(m.order_id);
      if (order == nullptr) {
        ++self.counts_.unknown_executed;
        return put(who, Kind::execute, Side::none, 0, m.shares, m.order_id, kEnd);
      }
      if (order->dropped)
        ++self.counts_.odd_executions;
      else
        put(who, Kind::execute, order->side, order->price_ticks, m.shares, m.order_id, kEnd);
      shrink(m.order_id, *order, m.shares);
    }

    void on(const OrderExecutedWithPrice& m) {
      if (m.printable != 'Y' && m.printable != 'N')
        return refuse(Problem::bad_printable, static_cast<unsigned char>(m.printable));
      if (!lots(m.shares)) return;
      Order* order = find(m.order_id);
      if (order != nullptr && order->dropped) {
        ++self.counts_.odd_executions;
        return shrink(m.order_id, *order, m.shares);
      }
      if (order == nullptr) ++self.counts_.unknown_executed;
      const Side side = order != nullptr ? order->side : Side::none;
      Print at{};
      if (!print(m.price, opposite_or_none(side), at)) return;
      if (order != nullptr && m.printable == 'Y' && at.flag == 0 && at.ticks == order->price_ticks) {
        put(who, Kind::execute, side, at.ticks, m.shares, m.order_id, kEnd);
      } else {
        const unsigned off_book = m.printable == 'N' ? unsigned{kOffBook} : 0u;
        if (!at.far) put(who, Kind::trade, opposite_or_none(side), at.ticks, m.shares, 0, off_book | at.flag);
        put(who, Kind::reduce, side, order != nullptr ? order->price_ticks : 0, m.shares, m.order_id, kEnd);
      }
      if (order != nullptr) shrink(m.order_id, *order, m.shares);
    }

    void on(const OrderCancel& m) {
      if (!lots(m.shares)) return;
      Order* order = find(m.order_id);
      if (order == nullptr) return put(who, Kind::reduce, Side::none, 0, m.shares, m.order_id, kEnd);
      if (!order->dropped) put(who, Kind::reduce, order->side, order->price_ticks, m.shares, m.order_id, kEnd);
      shrink(m.order_id, *order, m.shares);
    }

    void on(const OrderDelete& m) {
      Order* order = find(m.order_id);
      if (order == nullptr) return put(who, Kind::cancel, Side::none, 0, 0, m.order_id, kEnd);
      if (!order->dropped) put(who, Kind::cancel, order->side, order->price_ticks, order->lots, m.order_id, kEnd);
      self.orders_.erase(m.order_id);
    }

    void on(const OrderReplace& m) {
      if (!lots(m.shares)) return;
      Order* found = find(m.order_id);
      if (found == nullptr) {  // which side the new order is on nobody knows
        ++self.counts_.unknown_replaced;
        return put(who, Kind::cancel, Side::none, 0, 0, m.order_id, kEnd);
      }
      const Order old = *found;
      Order order{0, m.shares, who, old.side, false};
      if (!level(m.price, order.price_ticks, order.dropped)) return;
      self.orders_.erase(m.order_id);
      self.orders_[m.new_order_id] = order;
      const unsigned both = old.dropped || order.dropped ? kEnd : kReplace;
      if (!old.dropped) put(who, Kind::cancel, old.side, old.price_ticks, old.lots, m.order_id, both);
      if (!order.dropped) put(who, Kind::add, order.side, order.price_ticks, m.shares, m.new_order_id, both | kEnd);
    }

    void on(const Trade& m) {
      if (m.shares == 0) {
        ++self.counts_.trades_of_nothing;
        return;
      }
      if (m.side != 'B' && m.side != 'S') return refuse(Problem::bad_side, static_cast<unsigned char>(m.side));
      if (!lots(m.shares)) return;
      const Side aggressor = m.side == 'S' ? Side::buy : self.config_.trade_sides ? Side::sell : Side::none;
      Print at{};
      if (!print(m.price, aggressor, at)) return;
      if (!at.far) put(who, Kind::trade, aggressor, at.ticks, m.shares, 0, kHidden | kEnd);
    }

    void on(const CrossTrade& m) {
      if (m.shares == 0) {  // a cross that matched nothing
        ++self.counts_.trades_of_nothing;
        return;
      }
      if (!lots(m.shares)) return;
      Print at{};
      if (!print(m.price, Side::none, at)) return;
      if (!at.far)
        put(who, Kind::trade, Side::none, at.ticks, static_cast<std::int64_t>(m.shares), 0, kOffBook | kEnd | at.flag);
    }

    static Side opposite_or_none(Side side) noexcept { return side == Side::none ? side : opposite(side); }
  };

  TranslatorConfig config_;
  bool all_, only_one_;
  bool gaps_waiting_ = false;
  Hours hours_ = Hours::unknown;
  std::int64_t midnight_ns_ = 0;
  std::uint64_t last_ns_ = 0;
  std::vector<Symbol> symbols_;
  std::unordered_map<Stock, std::uint32_t> index_;
  std::vector<Locate> locates_;
  std::unordered_map<std::uint64_t, Order> orders_;
  Counts counts_;
};

}  // namespace lumina::feed::itch
