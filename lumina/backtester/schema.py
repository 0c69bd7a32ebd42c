"""What a configuration of the backtester may say: every section and key with its type, default, bound, unit and
comment, in the order of the file. The one list behind validation, `config/backtest.yaml` and the resolved
configuration beside each result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lumina.backtester.checks import (
    Check,
    boolean,
    bounded,
    choice,
    decimal,
    integer,
    latency,
    listing,
    number,
    optional,
    paths,
    scalars,
    text,
)
from lumina.backtester.options import MOST_MARKOUTS, SPAN_NS


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the configuration: dotted name, default, check, unit ("" where there is none), comment."""

    name: str
    default: Any
    check: Check
    unit: str
    comment: str


SECTIONS: dict[str, str] = {
    "data": "What is replayed. A converted tape is resolved already: of these keys it needs the path only.",
    "market": "The embedded market, which is traded in where no data is named (docs/embedded-market.md).",
    "instrument": "What the tape says of the instrument, overruled; null keeps the tape's.",
    "strategy": "Which strategy, and its parameters by name (docs/strategies.md explains them).",
    "latency": "How long messages take: a constant in ns; {model: lognormal, median_ns: , sigma: , min_ns: };\n"
    "a measured histogram {model: empirical, ns: [], counts: []}; or one of these for each action:\n"
    "{new: , cancel: , replace: }, for response {..., fill: } too.",
    "queue": "Where our orders stand in the queue of a price level.",
    "risk": "Pre-trade limits of each instrument; null is no limit (docs/risk.md explains them).",
    "impact": "What our own taking does to the market: square-root impact that decays.",
    "engine": "Rules of the run.",
    "report": "What is measured and written.",
}

FREE_SECTIONS = ("strategy",)
"""Sections that take further keys, checked by whoever they are for."""

_ORDER_ACTIONS = ("new", "cancel", "replace")

KEYS: tuple[Key, ...] = (
    Key(
        "data.path",
        None,
        optional(paths),
        "",
        "file to replay, or a list of files to join in order; ${NAME} is that environment variable; null is the "
        "embedded market",
    ),
    Key("data.format", "auto", text, "", "what the file is; auto looks at its name and first bytes"),
    Key(
        "data.clock",
        "none",
        choice("none", "shift"),
        "",
        "none refuses a local time before the exchange's; shift adds one constant to the local clock",
    ),
    Key(
        "data.min_latency_ns",
        None,
        optional(integer(0, 2**32 - 1)),
        "ns",
        "least latency after a shift; needed with it",
    ),
    Key(
        "data.gaps",
        "error",
        choice("error", "mark"),
        "",
        "a gap in the recording is an error, or is marked in the tape",
    ),
    Key("data.symbol", None, optional(text), "", "instrument to take from a file with several; also names the tape"),
    Key("data.tick_size", None, optional(decimal()), "quote currency", "null takes the file's"),
    Key("data.lot_size", None, optional(decimal()), "base units or contracts", "null takes the file's"),
    Key("data.options", {}, scalars, "", "further options of the format's importer, by name"),
    Key("market.seed", 1, integer(0, 2**64 - 1), "", "another seed is another day"),
    Key("market.hours", 1.0, number(1 / 3600, 24), "h", "simulated, from the open of a session of 6.5 h"),
    Key("market.parameters", {}, scalars, "", "of the order flow, by name"),
    Key("instrument.maker_fee", None, optional(decimal(positive=False)), "of the value", "a rebate is negative"),
    Key("instrument.taker_fee", None, optional(decimal(positive=False)), "of the value", "a rebate is negative"),
    Key("instrument.multiplier", None, optional(decimal()), "", "value of one unit of quantity"),
    Key("instrument.inverse", None, optional(boolean), "", "true: margined and settled in the coin"),
    Key("instrument.settlement", None, optional(text), "", "currency of the P&L"),
    Key(
        "instrument.money_digits",
        None,
        optional(integer(0, 12)),
        "",
        "decimals of the accounts; fewer than 9 for yen and won (12 of an inverse contract)",
    ),
    Key("strategy.name", "avellaneda_stoikov", text, "", "which strategy"),
    Key("latency.feed", 0, latency(()), "ns", "added to the latency that the tape recorded"),
    Key("latency.tick_to_trade", 10_000, latency(_ORDER_ACTIONS), "ns", "from our decision to the sending"),
    Key("latency.entry", 1_000_000, latency(_ORDER_ACTIONS), "ns", "from the sending to the exchange"),
    Key("latency.response", 1_000_000, latency((*_ORDER_ACTIONS, "fill")), "ns", "from the exchange back to us"),
    Key(
        "queue.model",
        "power3",
        choice("risk_averse", "power", "power2", "power3", "log", "log2"),
        "",
        "chance that a cancellation was behind us; not asked where single orders are recorded",
    ),
    Key("queue.n", 3.0, bounded("queue.n"), "", "exponent of the power models"),
    Key("queue.unit", "base", choice("base", "lots"), "", "unit of the log models: base units, or lots"),
    Key("queue.exact_back", False, boolean, "", "count traded lots as gone from behind us"),
    Key("risk.max_order_lots", None, optional(bounded("risk.max_order_lots")), "lots", "largest single order"),
    Key(
        "risk.max_notional",
        None,
        optional(bounded("risk.max_notional")),
        "quote currency",
        "largest value of a single order",
    ),
    Key(
        "risk.price_band",
        None,
        optional(bounded("risk.price_band")),
        "of the mid",
        "0.05 refuses prices over 5% away",
    ),
    Key(
        "risk.max_position_lots",
        None,
        optional(bounded("risk.max_position_lots")),
        "lots",
        "largest position either way if every open order filled",
    ),
    Key("risk.max_open_orders", None, optional(bounded("risk.max_open_orders")), "orders", "most orders open at once"),
    Key(
        "risk.max_messages",
        None,
        optional(bounded("risk.max_messages")),
        "messages",
        "most orders, replaces and cancels in any window; cancels count, and always pass",
    ),
    Key("risk.message_window_ns", 1_000_000_000, bounded("risk.message_window_ns"), "ns", "length of that window"),
    Key(
        "risk.max_daily_loss",
        None,
        optional(bounded("risk.max_daily_loss")),
        "settlement currency",
        "a loss of so much, at the mid and after fees, lets only pass what reduces the position, until the next day",
    ),
    Key("risk.day_start_ns", 0, bounded("risk.day_start_ns"), "ns", "when a day begins, after midnight UTC"),
    Key(
        "risk.duplicate_window_ns",
        None,
        optional(bounded("risk.duplicate_window_ns")),
        "ns",
        "no second order of one side, price and quantity within it",
    ),
    Key(
        "risk.refuse_self_cross",
        False,
        boolean,
        "",
        "true refuses an order that would meet an own one; false leaves it to engine.self_trade",
    ),
    Key("impact.enabled", False, boolean, "", ""),
    Key("impact.y", 0.8, bounded("impact.y"), "", "strength; 0.5 to 1 is usual"),
    Key("impact.sigma_daily", 0.02, bounded("impact.sigma_daily"), "of the price", "volatility of a day"),
    Key(
        "impact.volume_daily",
        None,
        optional(bounded("impact.volume_daily")),
        "base units",
        "volume of a day; needed when enabled",
    ),
    Key(
        "impact.weights",
        [0.3, 0.3, 0.2, 0.2],
        listing(bounded("impact.weights"), 8),
        "",
        "of the decay times, summing to 1",
    ),
    Key(
        "impact.taus_s",
        [10.0, 100.0, 1000.0, float("inf")],
        listing(bounded("impact.taus_s"), 8),
        "s",
        "decay times; .inf is permanent",
    ),
    Key("impact.step_ms", 100, integer(1, 10**9), "ms", "how often the decay is evaluated"),
    Key(
        "engine.self_trade",
        "cancel_newest",
        choice("cancel_newest", "cancel_oldest", "cancel_both", "reject"),
        "",
        "when an order of ours would meet another of ours",
    ),
    Key("engine.seed", 0, integer(0, 2**64 - 1), "", "of everything random; the same seed gives the same run"),
    Key(
        "report.equity_interval_s",
        1.0,
        number(0, SPAN_NS.high / 1e9),
        "s",
        "between samples of the equity curve; 0 keeps the last alone",
    ),
    Key(
        "report.markouts_s",
        [1.0, 10.0, 60.0],
        listing(number(0, SPAN_NS.high / 1e9), MOST_MARKOUTS, least=0),
        "s",
        "times after a fill at which the mid is compared",
    ),
    Key("report.days_per_year", 365, integer(1, 366), "days", "trading days; 252 for most equities"),
    Key(
        "report.capital",
        None,
        optional(number(above=0)),
        "settlement currency",
        "for the return and the turnover; null leaves them out",
    ),
    Key(
        "report.picture",
        "auto",
        choice("auto", "on", "off"),
        "",
        "report.png beside the results; auto draws it where matplotlib is installed",
    ),
    Key("report.out", None, optional(text), "", "new folder for the results; null writes none"),
)

_NAMES = frozenset(key.name for key in KEYS)


def in_configuration(name: str, value: str) -> str:
    """`data.clock: shift`: an argument of `lumina.load` as a key of the configuration."""
    key = next((f"{head}.{name}" for head in ("data", "instrument") if f"{head}.{name}" in _NAMES), None)
    return f"{key or f'data.options.{name}'}{f': {value}' if value else ''}"
