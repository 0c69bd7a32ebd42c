"""Statistics of a run: functions over the arrays of a result, numpy and nothing else.

Money stays in integer units (of 1e-9 of the settlement currency, 1e-12 of the coin for inverse contracts, or of
what the instrument's `money_digits` say)
until `money` turns it into a float. Times are ns since the epoch, prices ticks, quantities lots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lumina._core._types import NO_MID

if TYPE_CHECKING:
    from lumina.data.instrument import Instrument

Array = npt.NDArray[Any]

FILL_CAUSES = ("taker", "at", "through", "cross", "shift")
"""Names of the fill causes, by the value of `FILL["cause"]`."""

_REQUESTS = (0, 1, 2)  # OrderAction: request_new, request_cancel, request_replace
STATE_REJECTED = 5
_EULER_GAMMA = 0.5772156649015329


def money(units: int | float | np.integer, instrument: Instrument) -> float:
    """Integer money of an instrument's accounts as a number of its settlement currency."""
    return int(units) / instrument.money_scale


def pnl_units(equity: Array) -> Array:
    """P&L of each row of an equity array, exact.

    Parameters
    ----------
    equity : array of EQUITY

    Returns
    -------
    int64 array, money units: ``spread_capture + inventory - fees - impact - funding``.
    """
    total: Array = (
        equity["spread_capture_units"]
        + equity["inventory_units"]
        - equity["fees_units"]
        - equity["impact_units"]
        - equity["funding_units"]
    )
    return total


def drawdown(curve: npt.ArrayLike) -> Array:
    """How far each point of an equity curve lies below the highest one so far (>= 0, currency)."""
    values = np.asarray(curve, dtype=float)
    below: Array = np.maximum.accumulate(values) - values
    return below


def max_drawdown(curve: npt.ArrayLike) -> float:
    """Largest fall of an equity curve from a peak to a later point, in currency; 0 of an empty curve."""
    values = np.asarray(curve)
    return float(drawdown(values).max()) if values.size else 0.0


def signs(side: Array) -> Array:
    """+1 for buys, -1 for sells, as int64."""
    return 1 - 2 * side.astype(np.int64)


def value_change(instrument: Instrument, lots: Array, from_price: Array, to_price: Array) -> Array:
    """Gain of signed positions between two prices, in settlement currency.

    Parameters
    ----------
    lots : signed positions
    from_price, to_price : prices in ticks; halves are fine

    Returns
    -------
    float64 array: ``lots * (to - from)`` at the value of a lot and tick; of an inverse contract
    ``lots * (1 / from - 1 / to)``.
    """
    if instrument.inverse:
        moved: Array = 1.0 / from_price - 1.0 / to_price
    else:
        moved = to_price - from_price
    gain: Array = lots * moved * _unit_value(instrument)
    return gain


def notional(instrument: Instrument, lots: Array, price: Array) -> Array:
    """Traded value of fills in settlement currency, always positive."""
    traded: Array = (lots / price if instrument.inverse else lots * np.abs(price)) * _unit_value(instrument)
    return traded


def _unit_value(instrument: Instrument) -> float:
    # one lot at one tick (inverse: divided by the price in ticks), in settlement currency
    return money(1, instrument) * instrument.unit_num / instrument.unit_den


def markout(fills: Array, mid2_later: Array, instrument: Instrument) -> dict[str, float | int | None]:
    """How the market stood some time after the fills.

    Parameters
    ----------
    fills : array of FILL, one instrument
    mid2_later : int64, shape (n_fills,)
        Bid + ask in ticks at fill time + horizon, exchange clock; `lumina.NO_MID` where there is none.

    Returns
    -------
    dict
        ``fills`` counted, ``markout_ticks`` = sum s q (mid(t+h) - price) / sum q, ``markout`` the same sum in
        currency, ``adverse_selection_ticks`` = sum s q (mid(t+h) - mid(t)) / sum q (negative: the market went
        against us), ``realised_spread_ticks`` = 2 markout_ticks. None where no fill has such a mid.
    """
    known = mid2_later != NO_MID
    later = mid2_later[known] / 2.0
    if not later.size:
        return {
            "fills": 0,
            "markout_ticks": None,
            "markout": None,
            "adverse_selection_ticks": None,
            "realised_spread_ticks": None,
        }
    lots = signs(fills["side"][known]) * fills["qty_lots"][known]
    total = float(np.abs(lots).sum())
    price = fills["price_ticks"][known].astype(float)
    at_fill = fills["mid2_ticks"][known] / 2.0
    ticks = float((lots * (later - price)).sum()) / total
    return {
        "fills": len(later),
        "markout_ticks": ticks,
        "markout": float(value_change(instrument, lots, price, later).sum()),
        "adverse_selection_ticks": float((lots * (later - at_fill)).sum()) / total,
        "realised_spread_ticks": 2.0 * ticks,
    }


def period_pnl(ts_ns: Array, pnl: Array, period_ns: int) -> Array:
    """P&L of each complete period since the first sample.

    Parameters
    ----------
    ts_ns : int64, ascending
    pnl : cumulative P&L at these times, any number type
    period_ns : length of a period

    Returns
    -------
    array, one entry a complete period: the change between the last samples at or before its two ends.
    """
    if ts_ns.size < 2:
        return np.empty(0)
    edges = np.arange(ts_ns[0], ts_ns[-1] + 1, period_ns)
    return np.diff(pnl[np.searchsorted(ts_ns, edges, side="right") - 1])


def moments(values: npt.ArrayLike) -> tuple[float, float]:
    """Skewness and kurtosis (3 for a normal) of a sample, by population moments."""
    x = np.asarray(values, dtype=float)
    x = x - x.mean()
    variance = (x**2).mean()
    return float((x**3).mean() / variance**1.5), float((x**4).mean() / variance**2)


def sharpe(values: npt.ArrayLike) -> float:
    """Mean over standard deviation (n - 1) of P&L per period: the Sharpe ratio of one period.

    Multiply by the square root of the periods in a year. NaN where the P&L never varied.
    """
    x = np.asarray(values, dtype=float)
    deviation = x.std(ddof=1)
    return float(x.mean() / deviation) if deviation > 0 else math.nan


def probabilistic_sharpe(ratio: float, n: int, skewness: float, kurtosis: float, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio exceeds a benchmark (Bailey and Lopez de Prado, 2012).

    ``ratio`` and ``benchmark`` are per period, not annualised; ``n`` periods; kurtosis of a normal is 3.
    """
    deviation = math.sqrt(1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio)
    return NormalDist().cdf((ratio - benchmark) * math.sqrt(n - 1) / deviation)


def deflated_sharpe(
    ratio: float, n: int, skewness: float, kurtosis: float, trials: int, variance: float
) -> tuple[float, float]:
    """Sharpe ratio that the best of many worthless trials would show, and the probability of beating it.

    Parameters
    ----------
    ratio, n, skewness, kurtosis : as in `probabilistic_sharpe`
    trials : how many variants were tried, at least 2
    variance : of the Sharpe ratios (per period) over the trials

    Returns
    -------
    (expected best of the trials, deflated Sharpe ratio). Bailey and Lopez de Prado (2014).
    """
    inverse = NormalDist().inv_cdf
    best = math.sqrt(variance) * (
        (1.0 - _EULER_GAMMA) * inverse(1.0 - 1.0 / trials) + _EULER_GAMMA * inverse(1.0 - 1.0 / (trials * math.e))
    )
    return best, probabilistic_sharpe(ratio, n, skewness, kurtosis, best)


def time_weighted(ts_ns: Array, values: Array, start_ns: int, end_ns: int, before: float = 0) -> tuple[Array, Array]:
    """A step function as values and weights: ``values[i]`` holds from ``ts_ns[i]`` on, ``before`` until then.

    Returns
    -------
    (values, shape (n + 1,); their shares of the time between start and end, summing to 1)
    """
    edges = np.clip(np.concatenate(([start_ns], ts_ns, [end_ns])), start_ns, end_ns)
    spans = np.diff(edges).astype(float)
    total = spans.sum()
    weights = spans / total if total > 0 else np.append(np.zeros(len(ts_ns)), 1.0)
    return np.concatenate(([before], values)), weights


def inventory(fills: Array, start_ns: int, end_ns: int, limit_lots: int | None = None) -> dict[str, float | None]:
    """Time-weighted inventory of one instrument, in lots.

    Parameters
    ----------
    fills : array of FILL, in order of time
    start_ns, end_ns : of the run, exchange clock
    limit_lots : position limit for ``time_at_limit``, or None

    Returns
    -------
    dict: ``mean``, ``std``, ``min``, ``max`` (of the signed position), ``max_abs``, ``p05``, ``p95`` (quantiles by
    time), ``time_flat`` and ``time_at_limit`` (shares of time).
    """
    values, weights = time_weighted(fills["ts_ns"], fills["position_lots"], start_ns, end_ns)
    mean = float((values * weights).sum())
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])

    def quantile(p: float) -> float:
        return float(values[order[min(int(np.searchsorted(cumulative, p)), len(order) - 1)]])

    return {
        "mean": mean,
        "std": math.sqrt(max(0.0, float((values.astype(float) ** 2 * weights).sum()) - mean * mean)),
        "min": float(values.min()),
        "max": float(values.max()),
        "max_abs": float(np.abs(values).max()),
        "p05": quantile(0.05),
        "p95": quantile(0.95),
        "time_flat": float(weights[values == 0].sum()),
        "time_at_limit": None if limit_lots is None else float(weights[np.abs(values) >= limit_lots].sum()),
    }


def fill_ratios(orders: Array, order_events: Array, fills: Array) -> dict[str, float | int | None]:
    """How much of what was ordered was filled.

    Returns
    -------
    dict
        ``by_quantity`` = filled / ordered lots and ``by_order`` = orders with a fill / orders, both over orders that
        were not rejected; ``rejected`` orders; ``requests`` = new + replace + cancel; ``order_to_trade`` =
        requests / fills. None where the divisor is 0.
    """
    accepted = orders["state"] != STATE_REJECTED
    count = int(accepted.sum())
    filled = orders["filled_lots"][accepted]
    ordered = int(orders["qty_lots"][accepted].sum(dtype=np.int64))
    requests = int(np.isin(order_events["action"], _REQUESTS).sum())
    return {
        "by_quantity": int(filled.sum(dtype=np.int64)) / ordered if ordered else None,
        "by_order": int((filled > 0).sum()) / count if count else None,
        "rejected": len(orders) - count,
        "requests": requests,
        "order_to_trade": requests / len(fills) if len(fills) else None,
    }


def covered(start_ns: Array, end_ns: Array, from_ns: int, to_ns: int) -> float:
    """Share of the time between two instants that a set of intervals covers, overlaps counted once."""
    if to_ns <= from_ns or not len(start_ns):
        return 0.0
    order = np.argsort(start_ns, kind="stable")
    start = np.clip(start_ns[order], from_ns, to_ns)
    end = np.maximum.accumulate(np.clip(end_ns[order], from_ns, to_ns))
    previous = np.concatenate(([from_ns], end[:-1]))
    return float(np.maximum(0, end - np.maximum(start, previous)).sum() / (to_ns - from_ns))


def percentiles(values: Array, points: Sequence[float] = (50, 90, 99, 99.9)) -> dict[str, float | int] | None:
    """Percentiles and maximum of a sample; None of an empty one. Keys p50, p90, p99, p99.9, max, n."""
    if not len(values):
        return None
    found = np.percentile(values, points)
    return {
        **{f"p{p:g}": float(v) for p, v in zip(points, found, strict=True)},
        "max": float(values.max()),
        "n": len(values),
    }
