"""What a backtest can be told about latency, queues, risk and impact. Each is checked when made."""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lumina.errors import ConfigError

LatencySpec = int | Mapping[str, Any]

_REQUESTS = ("new", "cancel", "replace")
_MAX_NS = 10**15


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
    """

    max_order_lots: int | None = None
    max_notional: float | None = None
    price_band: float | None = None
    max_position_lots: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_order_lots", "max_position_lots"):
            if getattr(self, name) is not None:
                _bounded(name, getattr(self, name), 1, 2**40, whole=True)
        if self.max_notional is not None:
            _bounded("max_notional", self.max_notional, 0, 9e6 * 1e3, above=True)
        if self.price_band is not None:
            _bounded("price_band", self.price_band, 1e-9, 1e6)


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
