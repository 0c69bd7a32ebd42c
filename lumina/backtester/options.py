"""What a backtest can be told about latency, queues, risk and impact. Each is checked when made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from lumina.data.instrument import Instrument
from lumina.errors import ConfigError
from lumina.numeric import flag, is_number, real, whole
from lumina.risk import DAY_NS, RiskLimits

LatencySpec = int | Mapping[str, Any]

_REQUESTS = ("new", "cancel", "replace")
_MAX_MONEY = 2**63 - 1


class Bound(NamedTuple):
    """The closed interval of a number, open below where `above`; whole numbers where `is_whole`."""

    low: float
    high: float
    is_whole: bool = False
    above: bool = False

    def check(self, name: str, value: Any) -> Any:
        """The number as Python's own; a ConfigError names `name`, value and bound."""
        if self.is_whole:
            return whole(name, value, int(self.low), int(self.high))
        return real(name, value, self.low, self.high, above=self.above)


NS = Bound(0, 10**15, True)
"""A latency: up to eleven days."""

SPAN_NS = Bound(0, 2**62, True)
"""Between samples of the equity curve, and from a fill to its markout."""

MOST_MARKOUTS = 64

BOUNDS = {
    "queue.n": Bound(0, 100, above=True),
    "risk.max_order_lots": Bound(1, 2**40, True),
    "risk.max_notional": Bound(0, 9e9, above=True),
    "risk.price_band": Bound(1e-9, 1e6),
    "risk.max_position_lots": Bound(1, 2**40, True),
    "risk.max_open_orders": Bound(1, 2**40, True),
    "risk.max_messages": Bound(1, 2**20, True),
    "risk.message_window_ns": Bound(1, 2**60, True),
    "risk.max_daily_loss": Bound(0, 9e9, above=True),
    "risk.day_start_ns": Bound(0, DAY_NS - 1, True),
    "risk.duplicate_window_ns": Bound(1, 2**60, True),
    "impact.sigma_daily": Bound(0, 100),
    "impact.volume_daily": Bound(0, 1e300, above=True),
    "impact.y": Bound(0, 1000),
    "impact.weights": Bound(0, 1000),
    "impact.taus_s": Bound(0, math.inf, above=True),
    "impact.step_ns": Bound(1, 10**15, True),
}
"""Of every number that the configuration and these classes both take, by section and key."""


def _number(owner: Any, name: str, bound: Bound) -> None:
    """Checks a number of a dataclass and keeps it as Python's own; None stays where it is the default."""
    value = getattr(owner, name)
    if value is None and type(owner).__dataclass_fields__[name].default is None:
        return
    object.__setattr__(owner, name, bound.check(name, value))


_NEEDED = {"constant": ("ns",), "lognormal": ("median_ns", "sigma"), "empirical": ("ns", "counts")}
_LOGNORMAL = '{"model": "lognormal", "median_ns": 200_000, "sigma": 0.3}'


def _model(name: str, spec: LatencySpec) -> dict[str, Any]:
    if not isinstance(spec, Mapping):
        given: Any = spec  # whatever its type says
        if not is_number(given) and not isinstance(given, str):
            raise ConfigError(f"{name} = {given!r}: must be a whole number of ns, or a mapping such as {_LOGNORMAL}")
        return {"model": "constant", "ns": NS.check(name, spec)}
    kind = spec.get("model", "constant")
    known = {"constant": {"model", "ns"}, "lognormal": {"model", "median_ns", "sigma", "min_ns"},
             "empirical": {"model", "ns", "counts"}}  # fmt: skip
    if not isinstance(kind, str) or kind not in known:
        raise ConfigError(f"{name}.model = {kind!r}: must be one of {', '.join(known)}")
    for key in spec:
        if key not in known[kind]:
            raise ConfigError(f"{name}.{key}: unknown for model {kind}; known: {', '.join(sorted(known[kind]))}")
    for key in _NEEDED[kind]:
        if key not in spec:
            raise ConfigError(f"{name}.{key}: is missing")
    if kind == "constant":
        return {"model": kind, "ns": NS.check(f"{name}.ns", spec["ns"])}
    if kind == "empirical":
        for key in ("ns", "counts"):
            if isinstance(spec.get(key, ()), str) or not isinstance(spec.get(key, ()), Iterable):
                raise ConfigError(f"{name}.{key} = {spec[key]!r}: must be a sequence of whole numbers")
        ns = [NS.check(f"{name}.ns", value) for value in spec.get("ns", ())]
        counts = [whole(f"{name}.counts", value, 0, 2**53) for value in spec.get("counts", ())]
        if not ns or len(ns) != len(counts):
            raise ConfigError(f"{name}: ns has {len(ns)} values and counts {len(counts)}: both the same, at least 1")
        if not any(counts):
            raise ConfigError(f"{name}.counts: must not all be 0")
        return {"model": kind, "ns": ns, "counts": counts}
    median = whole(f"{name}.median_ns", spec.get("median_ns"), 1, int(NS.high))
    return {
        "model": kind,
        "median_ns": median,
        "sigma": real(f"{name}.sigma", spec.get("sigma"), 0, 10),
        "min_ns": whole(f"{name}.min_ns", spec.get("min_ns", 0), 0, median),
    }


def _per_action(name: str, spec: LatencySpec, actions: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    if not isinstance(spec, Mapping) or "model" in spec:
        return {action: _model(name, spec) for action in actions}
    for key in spec:
        if key not in actions:
            raise ConfigError(f"{name}.{key}: unknown action; known: {', '.join(actions)}")
    for action in actions:
        if action not in spec:
            raise ConfigError(f"{name}.{action}: is missing (give every action: {', '.join(actions)})")
    return {action: _model(f"{name}.{action}", spec[action]) for action in actions}


@dataclass(frozen=True)
class Latency:
    """The four latencies of SEMANTICS O2, ns.

    Each is a constant, or `{"model": "lognormal", "median_ns": ..., "sigma": ..., "min_ns": ...}`, or
    `{"model": "empirical", "ns": [...], "counts": [...]}` (a measured histogram); all but `feed` may be given per
    action: `{"new": ..., "cancel": ..., "replace": ...}`, of `response` also `"fill"`.

    Parameters
    ----------
    feed
        Added to the tape's own latency, first in first out.
    tick_to_trade
        From a decision to its sending; does not block.
    entry
        From sending to the exchange; requests stay in order.
    response
        From the exchange to the strategy; reports stay in order.

    Raises
    ------
    ConfigError
        Naming field, value and bound.
    """

    feed: LatencySpec = 0
    tick_to_trade: LatencySpec = 10_000
    entry: LatencySpec = 1_000_000
    response: LatencySpec = 1_000_000

    def __post_init__(self) -> None:
        self.resolved()

    @classmethod
    def none(cls) -> Latency:
        """No latency but the tape's own: what happens, happens at once."""
        return cls(feed=0, tick_to_trade=0, entry=0, response=0)

    def resolved(self) -> dict[str, Any]:
        """Every model spelled out, by latency and action."""
        return {
            "feed": _model("feed", self.feed),
            "tick_to_trade": _per_action("tick_to_trade", self.tick_to_trade, _REQUESTS),
            "entry": _per_action("entry", self.entry, _REQUESTS),
            "response": _per_action("response", self.response, (*_REQUESTS, "fill")),
        }


QUEUE_MODELS = ("risk_averse", "power", "power2", "power3", "log", "log2")


@dataclass(frozen=True)
class Queue:
    """How a queue moves when a level shrinks without a print (SEMANTICS F4). On L3 tapes queues are exact instead.

    Parameters
    ----------
    model : {"risk_averse", "power", "power2", "power3", "log", "log2"}
        Probability that a cancelled lot stood behind us.
    n : float
        Exponent of the power models.
    unit : {"base", "lots"}
        Unit of the log models: base units (lots x lot size), or lots.
    exact_back : bool
        Take printed lots out of what stands behind us (the published form leaves them in).
    """

    model: str = "power3"
    n: float = 3.0
    unit: str = "base"
    exact_back: bool = False

    def __post_init__(self) -> None:
        if self.model not in QUEUE_MODELS:
            raise ConfigError(f"model = {self.model!r}: must be one of {', '.join(QUEUE_MODELS)}")
        if self.unit not in ("base", "lots"):
            raise ConfigError(f"unit = {self.unit!r}: must be one of base, lots")
        _number(self, "n", BOUNDS["queue.n"])
        object.__setattr__(self, "exact_back", flag("exact_back", self.exact_back))


@dataclass(frozen=True)
class Risk:
    """Pre-trade limits, judged when an order is sent; None is off.

    Parameters
    ----------
    max_order_lots : int, optional
        Largest order, lots.
    max_notional : float, optional
        Largest value of one order, settlement currency.
    price_band : float, optional
        Largest distance of a limit price from the mid that the strategy sees, as a fraction of it.
    max_position_lots : int, optional
        Largest absolute position if every open order of the side were filled, lots.
    max_open_orders : int, optional
        Most orders open at once.
    max_messages : int, optional
        Most new orders, replaces and cancels in any window of `message_window_ns`, at most 2^20; cancels always pass.
    message_window_ns : int
        ns.
    max_daily_loss : float, optional
        A loss of so much since the day began, at the mid that the strategy sees and after fees, lets only what reduces
        the position pass until the next day, settlement currency.
    day_start_ns : int
        When a day begins, ns after midnight UTC.
    duplicate_window_ns : int, optional
        A new order of the side, price and quantity of one sent within so many ns is refused.
    refuse_self_cross : bool
        Refuse an order that would meet an own one (without it the exchange's `self_trade` decides).

    Notes
    -----
    Each instrument is judged by itself. docs/risk.md has the rules.
    """

    max_order_lots: int | None = None
    max_notional: float | None = None
    price_band: float | None = None
    max_position_lots: int | None = None
    max_open_orders: int | None = None
    max_messages: int | None = None
    message_window_ns: int = 1_000_000_000
    max_daily_loss: float | None = None
    day_start_ns: int = 0
    duplicate_window_ns: int | None = None
    refuse_self_cross: bool = False

    def __post_init__(self) -> None:
        for name, bound in BOUNDS.items():
            if name.startswith("risk."):
                _number(self, name.removeprefix("risk."), bound)
        object.__setattr__(self, "refuse_self_cross", flag("refuse_self_cross", self.refuse_self_cross))

    def limits(self, instrument: Instrument) -> RiskLimits:
        """The same in the integer money of an instrument."""
        scale = instrument.money_scale

        def units(name: str) -> int | None:
            money = getattr(self, name)
            if money is None:
                return None
            amount = int(Fraction(str(money)) * scale)
            if not 1 <= amount <= _MAX_MONEY:
                raise ConfigError(f"{name} = {money}: must be at least {1 / scale} and at most {_MAX_MONEY // scale}")
            return amount

        def whole(name: str) -> int | None:
            value = getattr(self, name)
            return None if value is None else int(value)

        return RiskLimits(
            max_order_lots=whole("max_order_lots"),
            max_notional_units=units("max_notional"),
            price_band=self.price_band,
            max_position_lots=whole("max_position_lots"),
            max_open_orders=whole("max_open_orders"),
            max_messages=whole("max_messages"),
            message_window_ns=int(self.message_window_ns),
            max_daily_loss_units=units("max_daily_loss"),
            day_start_ns=int(self.day_start_ns),
            duplicate_window_ns=whole("duplicate_window_ns"),
            refuse_self_cross=self.refuse_self_cross,
        )


@dataclass(frozen=True)
class Impact:
    """Square-root impact of our own taker orders, transient (SEMANTICS I1 and I2).

    Parameters
    ----------
    sigma_daily : float
        Daily volatility as a fraction (0.02 is 2%).
    volume_daily : float
        Daily volume, base units.
    y : float
        The square-root law's prefactor, about 0.5 to 1.
    weights, taus_s : tuple of float
        Shares of the impact and the times after which they decay, s; infinite is permanent.
    step_ns : int
        Grid on which the shift is re-evaluated, ns of exchange time.
    """

    sigma_daily: float
    volume_daily: float
    y: float = 0.8
    weights: tuple[float, ...] = (0.3, 0.3, 0.2, 0.2)
    taus_s: tuple[float, ...] = (10.0, 100.0, 1000.0, math.inf)
    step_ns: int = 100_000_000

    def __post_init__(self) -> None:
        for name in ("sigma_daily", "volume_daily", "y", "step_ns"):
            _number(self, name, BOUNDS[f"impact.{name}"])
        for name in ("weights", "taus_s"):
            values = getattr(self, name)
            if isinstance(values, str) or not isinstance(values, Iterable):
                raise ConfigError(f"{name} = {values!r}: must be a sequence of numbers")
            checked = tuple(BOUNDS[f"impact.{name}"].check(name, value) for value in values)
            object.__setattr__(self, name, checked)
        if not self.weights or len(self.weights) != len(self.taus_s):
            raise ConfigError(
                f"weights has {len(self.weights)} values and taus_s {len(self.taus_s)}; both need the same, at least 1"
            )


SELF_TRADE = ("cancel_newest", "cancel_oldest", "cancel_both", "reject")
