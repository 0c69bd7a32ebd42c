"""What a backtest can be told about latency, queues, risk and impact. Each is checked when made."""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lumina.data.instrument import Instrument
from lumina.errors import ConfigError
from lumina.risk import DAY_NS, RiskLimits

LatencySpec = int | Mapping[str, Any]

_REQUESTS = ("new", "cancel", "replace")
_MAX_NS = 10**15
_MAX_MONEY = 2**63 - 1


def _bounded(name: str, value: Any, low: float, high: float, *, whole: bool = False, above: bool = False) -> Any:
    kind = "a whole number" if whole else "a number"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or (whole and value != int(value)):
        raise ConfigError(f"{name} = {value!r}: must be {kind}")
    if not (low < value if above else low <= value) or not value <= high:
        bound = f"above {low:g}" if above else f"at least {low:g}"
        raise ConfigError(f"{name} = {value!r}: must be {bound} and at most {high:g}")
    return int(value) if whole else float(value)


def _model(name: str, spec: LatencySpec) -> dict[str, Any]:
    if not isinstance(spec, Mapping):
        return {"model": "constant", "ns": _bounded(name, spec, 0, _MAX_NS, whole=True)}
    kind = spec.get("model", "constant")
    known = {"constant": {"model", "ns"}, "lognormal": {"model", "median_ns", "sigma", "min_ns"},
             "empirical": {"model", "ns", "counts"}}  # fmt: skip
    if kind not in known:
        raise ConfigError(f"{name}.model = {kind!r}: must be one of {', '.join(known)}")
    for key in spec:
        if key not in known[kind]:
            raise ConfigError(f"{name}.{key}: unknown for model {kind}; known: {', '.join(sorted(known[kind]))}")
    if kind == "constant":
        return {"model": kind, "ns": _bounded(f"{name}.ns", spec.get("ns", 0), 0, _MAX_NS, whole=True)}
    if kind == "empirical":
        ns, counts = list(spec.get("ns", ())), list(spec.get("counts", ()))
        if not ns or len(ns) != len(counts):
            raise ConfigError(f"{name}: ns has {len(ns)} values and counts {len(counts)}: both the same, at least 1")
        return {"model": kind, "ns": ns, "counts": counts}
    median = _bounded(f"{name}.median_ns", spec.get("median_ns"), 1, _MAX_NS, whole=True)
    return {
        "model": kind,
        "median_ns": median,
        "sigma": _bounded(f"{name}.sigma", spec.get("sigma"), 0, 10),
        "min_ns": _bounded(f"{name}.min_ns", spec.get("min_ns", 0), 0, median, whole=True),
    }


def _per_action(name: str, spec: LatencySpec, actions: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    if not isinstance(spec, Mapping) or "model" in spec:
        return {action: _model(name, spec) for action in actions}
    for key in spec:
        if key not in actions:
            raise ConfigError(f"{name}.{key}: unknown action; known: {', '.join(actions)}")
    return {action: _model(f"{name}.{action}", spec.get(action, 0)) for action in actions}


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
    tick_to_trade: LatencySpec = 0
    entry: LatencySpec = 0
    response: LatencySpec = 0

    def __post_init__(self) -> None:
        self.resolved()

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
        _bounded("n", self.n, 0, 100, above=True)


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
        for name, most in (("max_order_lots", 2**40), ("max_position_lots", 2**40), ("max_open_orders", 2**40),
                           ("max_messages", 2**20), ("duplicate_window_ns", _MAX_NS)):  # fmt: skip
            if getattr(self, name) is not None:
                _bounded(name, getattr(self, name), 1, most, whole=True)
        for name in ("max_notional", "max_daily_loss"):
            if getattr(self, name) is not None:
                _bounded(name, getattr(self, name), 0, 9e6 * 1e3, above=True)
        if self.price_band is not None:
            _bounded("price_band", self.price_band, 1e-9, 1e6)
        _bounded("message_window_ns", self.message_window_ns, 1, _MAX_NS, whole=True)
        _bounded("day_start_ns", self.day_start_ns, 0, DAY_NS - 1, whole=True)
        if not isinstance(self.refuse_self_cross, bool):
            raise ConfigError(f"refuse_self_cross = {self.refuse_self_cross!r}: must be True or False")

    def limits(self, instrument: Instrument) -> RiskLimits:
        """The same in the integer money of an instrument."""
        scale = 10**12 if instrument.inverse else 10**9

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
        _bounded("sigma_daily", self.sigma_daily, 0, 100)
        _bounded("volume_daily", self.volume_daily, 0, 1e300, above=True)
        _bounded("y", self.y, 0, 1000)
        _bounded("step_ns", self.step_ns, 1, _MAX_NS, whole=True)
        if not self.weights or len(self.weights) != len(self.taus_s):
            raise ConfigError(
                f"weights has {len(self.weights)} values and taus_s {len(self.taus_s)}; both need the same, at least 1"
            )
        for weight in self.weights:
            _bounded("weights", weight, 0, 1000)
        for tau in self.taus_s:
            _bounded("taus_s", tau, 0, math.inf, above=True)


SELF_TRADE = ("cancel_newest", "cancel_oldest", "cancel_both", "reject")
