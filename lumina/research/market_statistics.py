"""What a market is like: the statistics by which the embedded market is judged, of any tape.

All are of the exchange's view. An *event* is what an END flag closes. A *trade* is an event with executions: one market
order. Time before the first event with two sides in continuous trading does not count; times at which a side is empty,
the book crossed or trading interrupted are left out of everything that needs a mid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._touch_history import touch_history
from lumina.errors import DataError

if TYPE_CHECKING:
    from lumina.data.tape import Tape

HORIZONS_S = (1, 5, 10, 60, 300)
FLOW_HORIZONS_S = (1, 10)
RESPONSE_S = (1, 10, 60)
ABSOLUTE_LAGS = (1, 5, 10, 30, 60)
SIGN_LAGS = (1, 3, 10, 30, 100, 300)
DAY_S = 23_400  # that a daily figure is scaled to: 6.5 h of trading
_NS = 1_000_000_000
_QUINTILES = (0.2, 0.4, 0.6, 0.8)

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MarketStatistics:
    """Statistics of one tape. NaN where the tape is too short for one.

    Attributes
    ----------
    seconds : float
        From the first event with two sides to the last row.
    events_per_s, trades_per_s, traded_lots_per_s : float
        After that first event.
    spread_ticks : float
        Time-weighted mean.
    spread_shares : tuple of float
        Shares of the time at 1, at 2, and at 3 or more ticks.
    best_queue_lots : float
        Time-weighted mean of both sides' best level.
    effective_half_spread_ticks : float
        Mean over trades of sign x (price of the first execution - mid before the trade).
    daily_volatility_percent : float
        Of 60 s changes of the mid, scaled by the square root of time to 6.5 h, in % of the time-weighted mean mid.
    kurtosis : tuple of float
        Of changes of the mid over 1, 5, 10, 60, 300 s (calendar grid from the start); 3 for a normal distribution.
    volatility_ticks : tuple of float
        Standard deviation of the same changes over the square root of their horizon, ticks per sqrt(s).
    return_acf : float
        Autocorrelation of 1 s changes at lag 1.
    absolute_return_acf : tuple of float
        Autocorrelation of absolute 10 s changes at lags 1, 5, 10, 30, 60.
    sign_acf : tuple of float
        Autocorrelation of trade signs at lags of 1, 3, 10, 30, 100, 300 trades.
    ofi_r2 : tuple of float
        R^2 of the change of the mid on order-flow imbalance over 1 and 10 s (Cont, Kukanov and Stoikov 2014: the sum of
        `1{Pb>=Pb'}qb - 1{Pb<=Pb'}qb' - 1{Pa<=Pa'}qa + 1{Pa>=Pa'}qa'` over events, primed the event before).
    ofi_slope : float
        Slope of the 10 s regression, ticks a lot, x 2 x `best_queue_lots`. 1 where levels are constant.
    trade_imbalance_r2 : tuple of float
        R^2 on signed traded lots over 1 and 10 s.
    up_probability : tuple of float
        Probability that the mid's next move is up, by quintile over events of (bid lots - ask lots) / (bid + ask lots).
    response_ticks : tuple of float
        Mean over trades of sign x (mid 1, 10, 60 s after the trade - mid before it).
    """

    seconds: float
    events_per_s: float
    trades_per_s: float
    traded_lots_per_s: float
    spread_ticks: float
    spread_shares: tuple[float, ...]
    best_queue_lots: float
    effective_half_spread_ticks: float
    daily_volatility_percent: float
    kurtosis: tuple[float, ...]
    volatility_ticks: tuple[float, ...]
    return_acf: float
    absolute_return_acf: tuple[float, ...]
    sign_acf: tuple[float, ...]
    ofi_r2: tuple[float, ...]
    ofi_slope: float
    trade_imbalance_r2: tuple[float, ...]
    up_probability: tuple[float, ...]
    response_ticks: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON values, None for NaN."""
        return {name: _json(value) for name, value in asdict(self).items()}


def market_statistics(tape: Tape) -> MarketStatistics:
    """Measure a tape.

    Parameters
    ----------
    tape : Tape
        L3, or L2 with prints whose aggressor is known; others lack what needs the sign of a trade.

    Raises
    ------
    DataError
        No event leaves two sides in continuous trading, or nothing comes after it.
    """
    touches = touch_history(tape.events, tape.min_price_ticks, tape.max_price_ticks)
    return statistics_of_touches(touches, int(tape.events["exch_ts_ns"][-1]) if len(tape) else 0)


def statistics_of_touches(touches: NDArray[np.void], end_ns: int) -> MarketStatistics:
    """The same of rows of TOUCH (`lumina._core._touch_history`), which end at a time."""
    quoted = np.flatnonzero(touches["quoted"])
    if not len(quoted) or end_ns <= touches["ts_ns"][quoted[0]]:
        raise DataError("market statistics: no time with two sides in continuous trading")
    touches = touches[quoted[0] :]
    path = _Path(touches, end_ns)
    seconds = (end_ns - path.start_ns) / _NS
    after = touches[1:]
    traded = after["traded_lots"] > 0
    queue = path.mean((touches["bid_lots"] + touches["ask_lots"].astype(np.float64)) / 2)
    changes = {h: np.diff(path.grid(h)) for h in sorted({*HORIZONS_S, *FLOW_HORIZONS_S})}
    deviations = {h: _deviation(changes[h]) for h in HORIZONS_S}
    ofi = {h: regression(path.sums(_imbalance_of_events(path), h), changes[h]) for h in FLOW_HORIZONS_S}
    signed = touches["sign"] * touches["traded_lots"].astype(np.float64)
    spread = touches["ask_ticks"] - touches["bid_ticks"]
    trades = np.flatnonzero((touches["sign"][1:] != 0) & path.quoted[:-1]) + 1
    signs = touches["sign"].astype(np.float64)
    before = path.mid[trades - 1]
    return MarketStatistics(
        seconds=seconds,
        events_per_s=int(np.count_nonzero(after["acted"])) / seconds,
        trades_per_s=int(np.count_nonzero(traded)) / seconds,
        traded_lots_per_s=int(after["traded_lots"].sum()) / seconds,
        spread_ticks=path.mean(spread),
        spread_shares=tuple(path.mean(where) for where in (spread == 1, spread == 2, spread >= 3)),
        best_queue_lots=queue,
        effective_half_spread_ticks=_mean(signs[trades] * (touches["trade_ticks"][trades] - before)),
        daily_volatility_percent=100 * deviations[60] * math.sqrt(DAY_S / 60) / path.mean(path.mid),
        kurtosis=tuple(kurtosis(changes[h]) for h in HORIZONS_S),
        volatility_ticks=tuple(deviations[h] / math.sqrt(h) for h in HORIZONS_S),
        return_acf=autocorrelation(changes[1], 1),
        absolute_return_acf=tuple(autocorrelation(np.abs(changes[10]), lag) for lag in ABSOLUTE_LAGS),
        sign_acf=tuple(autocorrelation(signs[signs != 0], lag) for lag in SIGN_LAGS),
        ofi_r2=tuple(r2 for _, r2 in ofi.values()),
        ofi_slope=ofi[10][0] * 2 * queue,
        trade_imbalance_r2=tuple(regression(path.sums(signed, h), changes[h])[1] for h in FLOW_HORIZONS_S),
        up_probability=_up_probability(path),
        response_ticks=tuple(
            _mean(signs[trades] * (path.at(touches["ts_ns"][trades] + h * _NS) - before)) for h in RESPONSE_S
        ),
    )


class _Path:
    """The mid as a step function of time, NaN where there is none."""

    def __init__(self, touches: NDArray[np.void], end_ns: int) -> None:
        self.touches, self.end_ns = touches, end_ns
        self.ts_ns = np.ascontiguousarray(touches["ts_ns"])
        self.start_ns = int(self.ts_ns[0])
        self.quoted = touches["quoted"] != 0
        mid = (touches["bid_ticks"] + touches["ask_ticks"].astype(np.float64)) / 2
        self.mid: _Floats = np.where(self.quoted, mid, np.nan)
        self._held = np.where(self.quoted, np.diff(self.ts_ns, append=end_ns), 0).astype(np.float64)

    def mean(self, values: NDArray[Any]) -> float:
        """Time-weighted."""
        return float(self._held[self.quoted] @ values[self.quoted].astype(np.float64) / self._held.sum())

    def at(self, ts_ns: NDArray[np.int64]) -> _Floats:
        """Behind all events of the times; NaN after the end."""
        mid = self.mid[np.searchsorted(self.ts_ns, ts_ns, side="right") - 1]
        return np.where(ts_ns <= self.end_ns, mid, np.nan)

    def grid(self, horizon_s: int) -> _Floats:
        return self.at(np.arange(self.start_ns, self.end_ns + 1, horizon_s * _NS))

    def sums(self, values: _Floats, horizon_s: int) -> _Floats:
        """Of what happened after each point of the grid up to and with the next one."""
        step = horizon_s * _NS
        intervals = (self.end_ns - self.start_ns) // step
        place = (self.ts_ns - self.start_ns - 1) // step
        inside = (place >= 0) & (place < intervals)
        return np.bincount(place[inside], values[inside], minlength=intervals).astype(np.float64)


def kurtosis(values: _Floats) -> float:
    """Fourth moment about the mean over the squared second; NaN entries are left out."""
    values = values[np.isfinite(values)]
    away = values - values.mean() if len(values) else values
    second = _mean(away**2)
    return _mean(away**4) / second**2 if second > 0 else math.nan


def autocorrelation(values: _Floats, lag: int) -> float:
    """Mean product of deviations from the common mean at a lag, over their mean square; NaN entries are left out."""
    if len(values) <= lag:
        return math.nan
    away = values - _mean(values)
    square = _mean(away**2)
    return _mean(away[lag:] * away[:-lag]) / square if square > 0 else math.nan


def regression(x: _Floats, y: _Floats) -> tuple[float, float]:
    """Slope and R^2 of y on x with a constant; pairs with a NaN are left out."""
    both = np.isfinite(x) & np.isfinite(y)
    if np.count_nonzero(both) < 3:
        return math.nan, math.nan
    x, y = x[both] - x[both].mean(), y[both] - y[both].mean()
    xx, xy, yy = float(x @ x), float(x @ y), float(y @ y)
    return (xy / xx, xy * xy / (xx * yy)) if xx > 0 and yy > 0 else (math.nan, math.nan)


def _imbalance_of_events(path: _Path) -> _Floats:
    """Order-flow imbalance of each event against the one before, 0 where one of them has no touch."""
    touches = path.touches
    bid, ask = touches["bid_ticks"], touches["ask_ticks"]
    bid_lots, ask_lots = touches["bid_lots"].astype(np.float64), touches["ask_lots"].astype(np.float64)
    flow = np.zeros(len(touches))
    flow[1:] = (
        (bid[1:] >= bid[:-1]) * bid_lots[1:]
        - (bid[1:] <= bid[:-1]) * bid_lots[:-1]
        - (ask[1:] <= ask[:-1]) * ask_lots[1:]
        + (ask[1:] >= ask[:-1]) * ask_lots[:-1]
    )
    flow[1:] *= path.quoted[1:] & path.quoted[:-1]
    return flow


def _up_probability(path: _Path) -> tuple[float, ...]:
    touches, mid = path.touches[path.quoted], path.mid[path.quoted]
    moves = np.flatnonzero(np.diff(mid)) + 1  # events that moved the mid
    bins = len(_QUINTILES) + 1
    if not len(moves):
        return (math.nan,) * bins
    following = np.searchsorted(moves, np.arange(moves[-1]), side="right")
    up = (np.diff(mid)[moves - 1] > 0)[following]
    bid, ask = (touches[name][: moves[-1]].astype(np.float64) for name in ("bid_lots", "ask_lots"))
    imbalance = (bid - ask) / (bid + ask)
    place = np.searchsorted(np.quantile(imbalance, _QUINTILES), imbalance, side="right")
    count = np.bincount(place, minlength=bins)
    ups = np.bincount(place, up, minlength=bins)
    return tuple(float(u / n) if n else math.nan for u, n in zip(ups, count, strict=True))


def _mean(values: _Floats) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else math.nan


def _deviation(values: _Floats) -> float:
    values = values[np.isfinite(values)]
    return float(values.std()) if len(values) > 1 else math.nan


def _json(value: float | Sequence[float]) -> Any:
    if isinstance(value, Sequence):
        return [_json(entry) for entry in value]
    return value if math.isfinite(value) else None
