"""What a run is given and what it returns."""
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from lumina._core._types import EQUITY, FILL, ORDER, ORDER_EVENT

ACTIONS = ("new", "cancel", "replace", "fill")


@dataclass(frozen=True)
class Instrument:
    """unit_num / unit_den: units of one lot at one tick (inverse: at price 1 tick, value = that * lots / price)."""

    unit_num: int = 1_000_000_000
    unit_den: int = 1
    inverse: bool = False
    maker_fee_e9: int = 0
    taker_fee_e9: int = 0
    lot_size: float = 1.0
    depth_limit: int = 0
    decimals: tuple = ("1", "1", "1")  # tick size, lot size, multiplier, where unit_num and unit_den come from


@dataclass(frozen=True)
class Risk:
    """None is off. `max_notional_units` in the instrument's money, `price_band` relative to the mid."""

    max_order_lots: int | None = None
    max_notional_units: int | None = None
    price_band: float | None = None
    max_position_lots: int | None = None


@dataclass(frozen=True)
class Options:
    """Latencies are ns: one number, or one an action. queue and impact: keyword arguments of those classes."""

    feed_ns: int = 0
    tick_to_trade_ns: int = 0
    entry_ns: int | dict = 0
    response_ns: int | dict = 0
    queue: dict | None = None
    impact: dict | None = None
    risk: Risk = field(default_factory=Risk)
    self_trade: str = "cancel_newest"
    equity_interval_ns: int = 1_000_000_000
    markouts_ns: tuple = (1_000_000_000, 10_000_000_000, 60_000_000_000)

    def entry(self, action):
        return self.entry_ns[action] if isinstance(self.entry_ns, dict) else self.entry_ns

    def response(self, action):
        return self.response_ns[action] if isinstance(self.response_ns, dict) else self.response_ns


def structured(rows, dtype):
    """Dicts to a structured array; `reserved` fields are 0, every other field must be there."""
    out = np.zeros(len(rows), dtype)
    names = [n for n in dtype.names if not n.startswith("reserved")]
    for i, row in enumerate(rows):
        for name in names:
            out[i][name] = row[name]
    return out


@dataclass
class ReferenceResult:
    order_events: np.ndarray
    fills: np.ndarray
    orders: np.ndarray
    equity: np.ndarray
    markout_mid2: np.ndarray
    markouts_ns: tuple
    final: list
    accounts: list  # accounting.Account of each instrument, for checks of the identity

    @classmethod
    def build(cls, log, fills, records, equity, markout, options, final, accounts):
        shape = (len(fills), len(options.markouts_ns))
        return cls(
            structured(log, ORDER_EVENT), structured(fills, FILL), structured(records, ORDER),
            structured(equity, EQUITY), np.array(markout, np.int64).reshape(shape), tuple(options.markouts_ns),
            final, accounts,
        )  # fmt: skip


def instrument_from(tick_size="1", lot_size="1", multiplier="1", inverse=False, **more):
    """The exact unit of a contract from its decimals: linear money is 1e-9, inverse 1e-12 of the coin."""
    tick, lot, mult = Fraction(tick_size), Fraction(lot_size), Fraction(multiplier)
    unit = lot * mult / tick * 10**12 if inverse else tick * lot * mult * 10**9
    return Instrument(
        unit.numerator, unit.denominator, inverse, lot_size=float(lot), decimals=(tick_size, lot_size, multiplier),
            **more
    )
