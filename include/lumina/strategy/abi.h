/* The strategy interface: one C ABI for strategies in C++, Cython, numba and Python.
 *
 * A strategy is a lumina_strategy: a callback and what it wants to be woken for. The engine calls it with a
 * context (functions to read the book and to send orders) and one run-time event. The same table serves a
 * recorded tape, a synthetic market and a live session. Callbacks never throw and never need the GIL.
 *
 * Prices are in ticks, quantities in lots, times in ns on the strategy's clock unless the name says exch.
 */
#ifndef LUMINA_STRATEGY_ABI_H
#define LUMINA_STRATEGY_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a struct below changes; the engine refuses another version. */
#define LUMINA_ABI_VERSION 1u
/* Name of the PyCapsule that carries a lumina_strategy pointer. */
#define LUMINA_STRATEGY_CAPSULE "lumina.strategy.v1"

enum lumina_side { LUMINA_BUY = 0, LUMINA_SELL = 1, LUMINA_NONE = 2 };

enum lumina_order_type {
  LUMINA_LIMIT = 0,
  LUMINA_POST_ONLY = 1, /* rejected if it would meet liquidity on arrival */
  LUMINA_IOC = 2,       /* fills what it meets up to its limit, the rest is cancelled */
  LUMINA_MARKET = 3     /* no limit; price_ticks is ignored */
};

enum lumina_order_state {
  LUMINA_SUBMITTED = 0, /* sent or about to be sent, not acknowledged */
  LUMINA_RESTING = 1,
  LUMINA_PARTLY_FILLED = 2,
  LUMINA_FILLED = 3,
  LUMINA_CANCELLED = 4,
  LUMINA_REJECTED = 5
};

enum lumina_reason {
  LUMINA_REASON_NONE = 0,
  LUMINA_REASON_REQUESTED = 1,   /* cancelled because the strategy asked */
  LUMINA_REASON_REMAINDER = 2,   /* rest of a market or IOC order */
  LUMINA_REASON_BEYOND_BOOK = 3, /* limit beyond the worst displayed opposite level */
  LUMINA_REASON_SELF_MATCH = 4,  /* would have met an own order */
  LUMINA_REASON_END_OF_DATA = 5,
  LUMINA_REASON_POST_ONLY = 6,      /* would have met liquidity */
  LUMINA_REASON_NOT_CONTINUOUS = 7, /* halt or auction */
  LUMINA_REASON_UNKNOWN_ORDER = 8,  /* never sent, or rejected */
  LUMINA_REASON_TOO_LATE = 9,       /* accepted once, closed now */
  LUMINA_REASON_INVALID = 10,       /* quantity, price, side, type or instrument out of range */
  LUMINA_REASON_RISK_QTY = 11,      /* pre-trade risk, see lumina/risk.hpp */
  LUMINA_REASON_RISK_NOTIONAL = 12,
  LUMINA_REASON_RISK_PRICE_BAND = 13,
  LUMINA_REASON_RISK_POSITION = 14,
  LUMINA_REASON_REDUCED = 15, /* closed by a replace to a total at or below the filled quantity */
  LUMINA_REASON_RISK_OPEN_ORDERS = 16,
  LUMINA_REASON_RISK_MESSAGE_RATE = 17,
  LUMINA_REASON_RISK_DAILY_LOSS = 18,
  LUMINA_REASON_RISK_DUPLICATE = 19,
  LUMINA_REASON_RISK_SELF_CROSS = 20,
  LUMINA_REASON_RISK_KILLED = 21
};

enum lumina_event_kind {
  LUMINA_EV_START = 0,   /* once, before anything else; ts_ns = first exchange time of the run */
  LUMINA_EV_LEVEL = 1,   /* one level changed: qty_lots the change, level_lots what it holds now */
  LUMINA_EV_TRADE = 2,   /* a print: side = aggressor */
  LUMINA_EV_BOOK = 3,    /* once a market event that changed the book, after all of its rows */
  LUMINA_EV_BBO = 4,     /* once a market event that changed best price or quantity of either side */
  LUMINA_EV_STATUS = 5,  /* value = lumina::Phase */
  LUMINA_EV_FUNDING = 6, /* value = rate in 1e-9 */
  LUMINA_EV_GAP = 7,
  LUMINA_EV_TIMER = 8, /* value = timer id; 0 is the periodic one */
  /* own reports; leaves_lots == 0 says that the order is closed */
  LUMINA_EV_ACK = 9,
  LUMINA_EV_REJECT = 10,
  LUMINA_EV_FILL = 11,
  LUMINA_EV_CANCELLED = 12,
  LUMINA_EV_REPLACED = 13,
  LUMINA_EV_CANCEL_REJECT = 14,
  LUMINA_EV_REPLACE_REJECT = 15,
  LUMINA_EV_STOP = 16 /* once, at the end of the run; requests are refused */
};

/* What a strategy is woken for besides START, STOP and timers; combine with |. */
enum lumina_wake {
  LUMINA_WAKE_LEVEL = 1,
  LUMINA_WAKE_TRADE = 2,
  LUMINA_WAKE_BOOK = 4,
  LUMINA_WAKE_BBO = 8,
  LUMINA_WAKE_MARKER = 16, /* STATUS, FUNDING and GAP */
  LUMINA_WAKE_REPORT = 32  /* own reports */
};

enum lumina_event_flag {
  LUMINA_EVF_MAKER = 1,   /* FILL: we were the maker */
  LUMINA_EVF_HIDDEN = 2,  /* TRADE */
  LUMINA_EVF_OFFBOOK = 4, /* TRADE */
  LUMINA_EVF_END = 8      /* last callback of this market event */
};

typedef struct lumina_event {
  int64_t ts_ns;      /* strategy's clock */
  int64_t exch_ts_ns; /* when it happened at the exchange; of a timer, ts_ns */
  uint64_t order_id;  /* own reports; of LEVEL and TRADE the venue's, where the tape carries ids; else 0 */
  uint64_t tag;       /* own reports: the order's tag */
  int64_t value;      /* TIMER, STATUS, FUNDING; of LEVEL what happened to an order, a lumina::Kind */
  int32_t price_ticks;
  int32_t qty_lots;
  int32_t level_lots;
  int32_t leaves_lots;
  uint32_t instrument;
  uint8_t kind;   /* lumina_event_kind */
  uint8_t side;   /* lumina_side */
  uint8_t reason; /* lumina_reason */
  uint8_t flags;  /* lumina_event_flag */
} lumina_event;

typedef struct lumina_level {
  int32_t price_ticks;
  int32_t qty_lots; /* 0: there is no such level */
} lumina_level;

typedef struct lumina_order_request {
  uint64_t tag; /* free for the strategy; comes back in every report */
  uint32_t instrument;
  int32_t price_ticks;
  int32_t qty_lots;
  uint8_t side; /* lumina_side */
  uint8_t type; /* lumina_order_type */
  uint8_t reserved[2];
} lumina_order_request;

/* An own order as the strategy knows it: reports received so far, not what the exchange holds. */
typedef struct lumina_order {
  uint64_t order_id;
  uint64_t tag;
  int32_t price_ticks;
  int32_t qty_lots; /* total */
  int32_t filled_lots;
  uint32_t instrument;
  uint8_t side;    /* lumina_side */
  uint8_t type;    /* lumina_order_type */
  uint8_t state;   /* lumina_order_state */
  uint8_t pending; /* requests in flight: 1 cancel, 2 replace */
  uint32_t reserved;
} lumina_order;

typedef struct lumina_instrument {
  double tick_size;  /* quote currency */
  double lot_size;   /* base currency or contracts */
  double multiplier; /* value of one unit of quantity: price * qty * multiplier (linear), qty * multiplier / price
                        (inverse) */
  int64_t maker_fee_e9;
  int64_t taker_fee_e9;
  uint8_t inverse;
  uint8_t reserved[7];
  char symbol[32];
} lumina_instrument;

typedef struct lumina_ctx lumina_ctx;

struct lumina_ctx {
  uint32_t abi_version;
  uint32_t instrument_count;
  int64_t now_ns; /* strategy's clock */
  void *user;     /* the strategy's own, from lumina_strategy.user */
  void *engine;   /* private */
  int32_t error;  /* not 0 stops the run; raised to the caller with error_message */
  char error_message[244];

  const lumina_instrument *(*instrument)(lumina_ctx *ctx, uint32_t instrument);

  /* Depth as of the last market event seen. Own quantity is not in it. */
  lumina_level (*best)(lumina_ctx *ctx, uint32_t instrument, uint8_t side);
  int32_t (*level)(lumina_ctx *ctx, uint32_t instrument, uint8_t side, int32_t price_ticks);
  /* Best first, as deep as the source shows; returns how many of at most capacity levels were written. */
  int32_t (*depth)(lumina_ctx *ctx, uint32_t instrument, uint8_t side, lumina_level *out, int32_t capacity);

  int64_t (*position)(lumina_ctx *ctx, uint32_t instrument); /* lots, from the fills reported so far */

  /* Open orders of the instrument, oldest first; LUMINA_NONE for both sides. Returns how many there are, and
   * writes at most capacity of them. */
  int32_t (*orders)(lumina_ctx *ctx, uint32_t instrument, uint8_t side, lumina_order *out, int32_t capacity);

  /* Returns the new order's id, never 0. What is wrong with the request comes back as a REJECT. */
  uint64_t (*submit)(lumina_ctx *ctx, const lumina_order_request *request);
  void (*cancel)(lumina_ctx *ctx, uint64_t order_id);
  /* qty_lots is the new total, fills included. */
  void (*replace)(lumina_ctx *ctx, uint64_t order_id, int32_t price_ticks, int32_t qty_lots);

  /* One TIMER event with value = id at ts_ns, or now if that has passed. */
  void (*set_timer)(lumina_ctx *ctx, int64_t ts_ns, int64_t id);
  /* Ends the run after this callback; an error code other than 0 is raised with the message. */
  void (*stop)(lumina_ctx *ctx, int32_t error, const char *message);
};

typedef void (*lumina_on_event)(lumina_ctx *ctx, const lumina_event *event);

typedef struct lumina_strategy {
  uint32_t abi_version; /* LUMINA_ABI_VERSION */
  uint32_t wake_mask;   /* lumina_wake */
  int64_t interval_ns;  /* periodic TIMER with id 0 at first exchange time + k * interval; 0 none */
  lumina_on_event on_event;
  void *user;
} lumina_strategy;

#ifdef __cplusplus
}
static_assert(sizeof(lumina_event) == 64, "one cache line");
static_assert(sizeof(lumina_order) == 40 && sizeof(lumina_order_request) == 24 && sizeof(lumina_level) == 8, "");
#endif

#endif
