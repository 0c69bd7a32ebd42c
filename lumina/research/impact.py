"""What a metaorder of ours does to the price of the embedded market, where impact is nobody's formula: it happens.

A seed is a twin: the same market is run without us, with a metaorder that buys, and with one that sells. The flow of
the others draws from streams of its own for each purpose, so the three stay close to each other, and the differences of
their mids are what the metaorder did and little else. Signed and averaged over both sides and many twins they are the
impact; how it grows with size is the exponent.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._abi import ORDER_TYPES
from lumina.backtester.run import backtest
from lumina.errors import ConfigError, argument
from lumina.market import EmbeddedMarket
from lumina.numeric import whole

MAX_TWINS, MAX_LOTS = 1_000_000, 1_000_000
STATIONARY = {"open_activity": 0.0, "close_activity": 0.0}
_NS = 1_000_000_000
_SIDES = (1, -1)  # of Side.BUY and Side.SELL, in the order of lumina.Side
_RETURN_S = 60  # of the changes that the volatility comes from

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """`impact = factor * lots ** exponent`, least squares of the logarithms."""

    exponent: float
    exponent_se: float
    factor: float
    sizes: tuple[int, ...]  # that it rests on: those whose impact is beyond two standard errors


@dataclass(frozen=True)
class Impact:
    """Differences between twins; `summary()` says what they amount to.

    Attributes
    ----------
    options : dict
        As given to `impact`, with the parameters of the market.
    sizes : tuple of int
        Of the metaorders, lots.
    children : tuple of int
        Market orders that each was sent as.
    at_s : tuple of int
        Times after the start of the metaorder, s; `horizon_s` is one of them.
    moved : ndarray of float64, shape (twins, len(sizes), 2, len(at_s))
        Mid less that of the run without us, ticks, times the sign of the metaorder; bought, then sold.
    paid : ndarray of float64, shape (twins, len(sizes), 2)
        Mean price against the mid at the start, ticks, as a cost.
    filled : ndarray of int64, shape (twins, len(sizes), 2)
        Lots.
    base_mid : ndarray of float64, shape (twins, n)
        Mids of the run without us every minute from its open, ticks.
    base_lots : ndarray of int64, shape (twins,)
        What was traded within the horizon without us.
    """

    options: dict[str, Any]
    sizes: tuple[int, ...]
    children: tuple[int, ...]
    at_s: tuple[int, ...]
    moved: Floats
    paid: Floats
    filled: NDArray[np.int64]
    base_mid: Floats
    base_lots: NDArray[np.int64]

    @property
    def daily_ticks(self) -> float:
        """Volatility of a session: that of the changes over a minute, scaled by the square root of time."""
        changes = np.diff(self.base_mid, axis=1)
        return float(np.sqrt((changes**2).mean() * self.options["session_s"] / _RETURN_S))

    @property
    def daily_lots(self) -> float:
        """Volume of a session."""
        return float(self.base_lots.mean() * self.options["session_s"] / self.options["horizon_s"])

    @property
    def ticks(self) -> Floats:
        """Mean impact by size and time, ticks, shape (len(sizes), len(at_s))."""
        return np.asarray(self.moved.mean((0, 2)))

    @property
    def ticks_se(self) -> Floats:
        """Standard errors of `ticks`, by twins."""
        return np.asarray(self.moved.mean(2).std(0, ddof=1) / math.sqrt(len(self.moved)))

    def fit(self) -> Fit | None:
        """The power law of the impact at the end of the horizon; None with fewer than two sizes to rest on."""
        end = self.at_s.index(self.options["horizon_s"])
        return power_law(self.sizes, np.asarray(self.moved[:, :, :, end].mean(2)))

    def summary(self) -> dict[str, Any]:
        """Impact, decay and fit as JSON values; see `lumina.research.impact_summary`."""
        from lumina.research.impact_summary import summarise

        return summarise(self)


def power_law(sizes: Sequence[int], samples: Floats) -> Fit | None:
    """Least squares of log(mean of the samples) on log(size), weighted by the errors of the means.

    Parameters
    ----------
    sizes : sequence of int, above 0
    samples : ndarray, shape (n, len(sizes))
        One row a twin. What the sizes of a twin have in common counts in the standard error of the exponent.

    Returns
    -------
    Fit or None
        None where fewer than two sizes have a mean beyond two standard errors.
    """
    n = len(samples)
    cov = np.atleast_2d(np.cov(samples, rowvar=False)) / n
    mean, error = samples.mean(0), np.sqrt(np.diag(cov))
    used = np.flatnonzero(mean > 2 * error)
    if len(used) < 2:
        return None
    mean, cov = mean[used], cov[np.ix_(used, used)]
    x, y = np.log(np.asarray(sizes, float)[used]), np.log(mean)
    weight = mean**2 / np.maximum(np.diag(cov), 1e-12 * mean**2)  # of a logarithm
    weight /= weight.sum()
    off = x - weight @ x
    slope = weight * off / (weight @ off**2)  # exponent = slope @ y
    exponent = float(slope @ y)
    return Fit(
        exponent,
        math.sqrt(max(float(slope @ (cov / np.outer(mean, mean)) @ slope), 0.0)),
        float(np.exp(weight @ y - exponent * (weight @ x))),
        tuple(sizes[i] for i in used.tolist()),
    )


def impact(
    sizes: Sequence[int] = (10, 30, 100, 300, 1000),
    *,
    horizon_s: int = 600,
    twins: int = 200,
    seed: int = 1,
    pace_s: int = 10,
    child_lots: int | None = None,
    warmup_s: int = 300,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    **parameters: Any,
) -> Impact:
    """Measure the impact of metaorders in the embedded market.

    Each is sent as equal market orders, evenly over the horizon, the first half an interval after its start. The mids
    are compared a quarter, half and three quarters through it, at its end, and up to one horizon later.

    Parameters
    ----------
    sizes : sequence of int
        Lots, rising.
    horizon_s : int
        Over which each is traded, s; a multiple of 4.
    twins : int
        Seeds, at least 2.
    seed : int
        The first of them.
    pace_s : int
        There are `horizon_s // pace_s` market orders, or as many as the metaorder has lots if those are fewer.
    child_lots : int, optional
        The market orders have this size instead, but for what does not divide; 3 is about what the others send.
    warmup_s : int
        Between the open and the metaorders, s.
    workers : int
        Processes. A script that asks for more than one must be importable (`if __name__ == "__main__"`).
    progress : callable, optional
        Called with (twins done, twins).
    **parameters
        Of `EmbeddedMarket`. Unless they say otherwise activity has no shape of the day: it is stationary, so that the
        time of the metaorder does not matter.

    Returns
    -------
    Impact

    Raises
    ------
    ConfigError
        Naming argument, value and bound.
    """
    sizes = _sizes(sizes)
    horizon_s = whole(argument("horizon_s"), horizon_s, 4, 11_520)
    if horizon_s % 4:
        raise ConfigError(f"{argument('horizon_s')} = {horizon_s}: must be a multiple of 4")
    twins = whole(argument("twins"), twins, 2, MAX_TWINS)
    seed = whole(argument("seed"), seed, 0, 2**63)
    pace_s = whole(argument("pace_s"), pace_s, 1, 11_520)
    child_lots = None if child_lots is None else whole(argument("child_lots"), child_lots, 1, MAX_LOTS)
    warmup_s = whole(argument("warmup_s"), warmup_s, 1, 7_200)
    workers = whole(argument("workers"), workers, 1, 256)
    length_s = warmup_s + 2 * horizon_s
    parameters = STATIONARY | parameters
    market = EmbeddedMarket(seed, length_s / 3600, **parameters)
    at_s = tuple(round(horizon_s * share) for share in (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2))
    pace = max(horizon_s // pace_s, 1)
    counts = tuple(min(size, -(-size // child_lots) if child_lots else pace) for size in sizes)
    plan = _Plan(market.hours, parameters, sizes, counts, warmup_s, horizon_s, at_s)
    runs = []
    for run in _each(plan, range(seed, seed + twins), workers):
        runs.append(run)
        if progress:
            progress(len(runs), twins)
    moved, paid, filled, base_mid, base_lots = (np.array(part) for part in zip(*runs, strict=True))
    return Impact(
        options={
            "horizon_s": horizon_s, "twins": twins, "seed": seed, "pace_s": None if child_lots else pace_s,
            "child_lots": child_lots, "warmup_s": warmup_s, "session_s": market.parameters["session_s"],
            "parameters": market.provenance["parameters"],
        },
        sizes=sizes, children=counts, at_s=at_s,
        moved=moved, paid=paid, filled=filled, base_mid=base_mid, base_lots=base_lots,
    )  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """What is done with every seed."""

    hours: float
    parameters: dict[str, Any]
    sizes: tuple[int, ...]
    children: tuple[int, ...]
    warmup_s: int
    horizon_s: int
    at_s: tuple[int, ...]

    def run(self, seed: int) -> tuple[Floats, Floats, NDArray[np.int64], Floats, int]:
        """The parts of `Impact` that a twin has."""
        market = EmbeddedMarket(seed, self.hours, **self.parameters)
        step_s = math.gcd(_RETURN_S, self.warmup_s, *self.at_s)
        start = self.warmup_s // step_s - 1  # the first sample is a step after the open
        at = start + np.array(self.at_s) // step_s
        watch = _Watch(market.start_ns + self.warmup_s * _NS, self.horizon_s * _NS)
        base = _run(market, watch, step_s).equity["mid2_ticks"] / 2
        moved = np.empty((len(self.sizes), len(_SIDES), len(at)))
        paid = np.empty(moved.shape[:2])
        filled = np.empty(moved.shape[:2], np.int64)
        for i, (size, children) in enumerate(zip(self.sizes, self.children, strict=True)):
            for side, sign in enumerate(_SIDES):
                metaorder = _Metaorder(watch.start_ns, watch.length_ns, side, size, children)
                result = _run(market, metaorder, step_s)
                moved[i, side] = sign * (result.equity["mid2_ticks"][at] / 2 - base[at])
                lots = result.fills["qty_lots"].astype(np.int64)
                filled[i, side] = lots.sum()
                paid[i, side] = sign * ((result.fills["price_ticks"] @ lots) / max(lots.sum(), 1) - base[start])
        return moved, paid, filled, base[_RETURN_S // step_s - 1 :: _RETURN_S // step_s], watch.lots


class _Watch:
    """Trades nothing and counts what the others trade."""

    def __init__(self, start_ns: int, length_ns: int) -> None:
        self.start_ns, self.length_ns, self.lots = start_ns, length_ns, 0

    def on_trade(self, _ctx: Any, event: Any) -> None:
        if 0 <= event.exch_ts_ns - self.start_ns < self.length_ns:
            self.lots += event.qty_lots


class _Metaorder:
    """Market orders of about the same size, evenly in time."""

    def __init__(self, start_ns: int, length_ns: int, side: int, lots: int, children: int) -> None:
        self.start_ns, self.length_ns, self.side, self.lots, self.children = start_ns, length_ns, side, lots, children
        self.sent = 0

    def on_start(self, ctx: Any, _event: Any) -> None:
        self._wait(ctx)

    def on_timer(self, ctx: Any, _event: Any) -> None:
        before, self.sent = self.sent, self.sent + 1
        lots = self.lots * self.sent // self.children - self.lots * before // self.children
        ctx.submit(side=self.side, qty_lots=lots, type=ORDER_TYPES["MARKET"])
        if self.sent < self.children:
            self._wait(ctx)

    def _wait(self, ctx: Any) -> None:
        ctx.set_timer(self.start_ns + self.length_ns * (2 * self.sent + 1) // (2 * self.children))


def _run(market: EmbeddedMarket, strategy: object, step_s: int) -> Any:
    result = backtest(market, strategy, equity_interval_ns=step_s * _NS, markouts_ns=())
    if result.interrupted:
        raise KeyboardInterrupt
    return result


def _each(plan: _Plan, seeds: range, workers: int) -> Iterator[Any]:
    if workers == 1:
        yield from map(plan.run, seeds)
        return
    # Workers leave Ctrl-C to us: what they are at is finished, what they were to do is not begun.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, ignore) as pool:
        try:
            yield from pool.map(plan.run, seeds, chunksize=min(4, -(-len(seeds) // workers)))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    try:
        checked = tuple(whole(argument("sizes"), size, 1, MAX_LOTS) for size in sizes)
    except TypeError:
        raise ConfigError(f"{argument('sizes')} = {sizes!r}: must be a sequence of lots, such as (10, 100)") from None
    if not checked or not all(low < high for low, high in pairwise(checked)):
        raise ConfigError(f"{argument('sizes')} = {list(checked)}: must rise, from 1 to at most {MAX_LOTS} lots")
    return checked
