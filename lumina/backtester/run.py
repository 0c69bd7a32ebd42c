"""`lumina.backtest`: tapes and a strategy in, a `Result` out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from os import PathLike
from typing import Any

from lumina._core._engine import Run
from lumina._core._python_strategy import PythonStrategy
from lumina._core._types import EQUITY
from lumina.backtester import strategy_object
from lumina.backtester.options import MOST_MARKOUTS, QUEUE_MODELS, SELF_TRADE, SPAN_NS, Impact, Latency, Queue, Risk
from lumina.backtester.result import Result, digest
from lumina.data.instrument import Instrument, Number
from lumina.data.notes import without_assumed
from lumina.data.tape import Tape
from lumina.errors import ConfigError, DataError, StrategyError
from lumina.market import EmbeddedMarket
from lumina.numeric import whole

_MOST_SAMPLES = 1 << 25  # of the equity grid: 2.4 GB
_SLICE_NS = 50_000_000  # how long the engine goes on before progress and Ctrl-C are looked at


def backtest(
    tape: Tape | EmbeddedMarket | Sequence[Tape] | Sequence[EmbeddedMarket],
    strategy: Any = None,
    *,
    latency: Latency | None = None,
    queue: Queue | None = None,
    risk: Risk | None = None,
    impact: Impact | None = None,
    self_trade: str = "cancel_newest",
    seed: int = 0,
    equity_interval_ns: int = 1_000_000_000,
    markouts_ns: Sequence[int] = (1_000_000_000, 10_000_000_000, 60_000_000_000),
    maker_fee: Number | None = None,
    taker_fee: Number | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Trade a strategy through recorded markets, or through embedded ones that react to it.

    Parameters
    ----------
    tape : Tape or EmbeddedMarket, or a sequence of one kind
        One an instrument; the first is instrument 0. In an embedded market orders are real orders of its matching
        engine: `queue` says nothing there, and `impact` is refused.
    strategy : optional
        An object with a `capsule` (`lumina.strategies`, or one's own Cython), such a capsule, or a plain Python object
        with any of `on_start`, `on_timer`, `on_trade`, `on_book`, `on_bbo`, `on_level`, `on_fill`, `on_report`, ...
        and `interval_ns`. None replays the tapes.
    latency, queue, risk, impact : optional
        See the classes; None is their defaults, those of the command: 10 us to decide, 1 ms there and 1 ms back, the
        power3 queue (exact on L3), no limits, no impact. `Latency.none()` is no latency.
    self_trade : {"cancel_newest", "cancel_oldest", "cancel_both", "reject"}
        When an own order would meet another.
    seed : int
        Of everything random, in [0, 2^64).
    equity_interval_ns : int
        Grid of `Result.equity`, ns; 0 keeps only the last sample.
    markouts_ns : sequence of int
        Horizons behind each fill, ns.
    maker_fee, taker_fee : optional
        Instead of the instrument's; a fraction of the value, positive is a cost.
    progress : callable, optional
        Called about 20 times a second with (rows done, rows), of embedded markets with (ns simulated, ns).

    Returns
    -------
    Result
        Where Ctrl-C (KeyboardInterrupt) stopped the run, what was reached, with `interrupted` set; where an account
        would have overflown, with `failure` too.

    Raises
    ------
    ConfigError, DataError
        Naming what is out of bounds, or the tape's file that was changed.
    StrategyError
        A strategy stopped the run with an error; an exception of a Python strategy is raised as it is.
    """
    markets = _markets(tape)
    for name, given in (("latency", latency), ("queue", queue), ("risk", risk), ("impact", impact)):
        _check_kind(name, given)
    latency, queue, risk = latency or Latency(), queue or Queue(), risk or Risk()
    _check_markets(markets, impact)
    if self_trade not in SELF_TRADE:
        raise ConfigError(f"self_trade = {self_trade!r}: must be one of {', '.join(SELF_TRADE)}")
    seed = whole("seed", seed, 0, 2**64 - 1)
    equity_interval_ns = int(SPAN_NS.check("equity_interval_ns", equity_interval_ns))
    horizons = _horizons(markouts_ns)
    _check_grid(markets, equity_interval_ns)
    fees = {name for name, fee in (("maker_fee", maker_fee), ("taker_fee", taker_fee)) if fee is not None}
    for market in markets:
        if isinstance(market, Tape):
            market.verify()
    instruments = tuple(_with_fees(market.instrument, maker_fee, taker_fee) for market in markets)
    setups = [
        _terms(instrument, queue, risk) | _source(market)
        for market, instrument in zip(markets, instruments, strict=True)
    ]
    options = {
        "latency": latency.resolved(),
        "impact": None if impact is None else asdict(impact),
        "self_trade": SELF_TRADE.index(self_trade),
        "seed": seed,
        "equity_interval_ns": equity_interval_ns,
        "markouts_ns": horizons,
    }
    if progress is not None and not callable(progress):
        raise ConfigError(f"progress = {progress!r}: must be a function of (done, all), or None")
    capsule, python = strategy_object.made(strategy)
    with strategy_object.alone(strategy, capsule, python):
        try:
            run = Run(setups, options, capsule, python is not None)
        except ValueError as error:
            raise ConfigError(str(error)) from None
        wall_s, interrupted = _drive(run, python, progress and _meter(run, markets, progress))
    if run.error is not None:
        raise StrategyError(f"the strategy stopped the run: {run.error[1] or f'error {run.error[0]}'}")
    arrays = run.results()
    equity = arrays["equity"]
    return Result(
        fills=arrays["fills"],
        orders=arrays["orders"],
        order_events=arrays["order_events"],
        equity=equity[equity.argsort(order=("ts_ns", "instrument"), kind="stable")] if len(markets) > 1 else equity,
        markout_mid2=arrays["markout_mid2"],
        markouts_ns=horizons,
        digest=digest(arrays["order_events"], arrays["fills"]),
        events=run.rows_done,
        wall_s=wall_s,
        instruments=instruments,
        final=arrays["final"],
        interrupted=interrupted or run.overflow,
        failure=_overflow(instruments) if run.overflow else "",
        options={
            "latency": asdict(latency),
            "queue": asdict(queue),
            "risk": asdict(risk),
            "impact": None if impact is None else asdict(impact),
            "self_trade": self_trade,
            "seed": seed,
        },
        provenance=[_provenance(market, fees) for market in markets],
    )


def _overflow(instruments: tuple[Instrument, ...]) -> str:
    digits = max(instrument.money_digits for instrument in instruments)
    return (
        f"an account would have gone beyond 64 bits, {2**63 / 10**digits:.3g} of the settlement currency, and the run "
        f"ended there: use smaller quantities, or an instrument with money_digits below {digits}"
    )


def _provenance(market: Tape | EmbeddedMarket, given: set[str]) -> dict[str, Any]:
    if isinstance(market, EmbeddedMarket):
        return {**market.provenance, "level": "L3"}
    unverified = {} if market.verified else {"verified": False}
    return without_assumed(market.facts, given) | unverified


def _meter(run: Run, markets: list[Any], progress: Callable[[int, int], None]) -> Callable[[], None]:
    """Tells how far the run is, in the unit that its markets have."""
    if isinstance(markets[0], Tape):
        rows = sum(len(tape) for tape in markets)
        return lambda: progress(run.rows_done, rows)
    first = min(market.start_ns for market in markets)
    length = max(market.start_ns + market.length_ns for market in markets) - first
    return lambda: progress(min(max(run.reached_ts_ns - first, 0), length), length)


def _drive(run: Run, python: PythonStrategy | None, tell: Callable[[], None] | None) -> tuple[float, bool]:
    started = time.perf_counter()
    interrupted = False
    try:
        while not run.run(_SLICE_NS):
            if tell:
                tell()
    except KeyboardInterrupt:
        run.interrupt()
        interrupted = True
    failure = None if python is None else python.failure
    if isinstance(failure, KeyboardInterrupt):
        interrupted = True
    elif failure is not None:
        raise failure
    if tell:
        tell()
    return time.perf_counter() - started, interrupted


def _markets(tape: Any) -> list[Any]:
    if isinstance(tape, Tape | EmbeddedMarket):
        return [tape]
    if isinstance(tape, str | bytes | PathLike) or not isinstance(tape, Iterable):
        hint = "" if not isinstance(tape, str | PathLike) else f": lumina.load({str(tape)!r}) makes one"
        raise DataError(f"tape 0 is a {type(tape).__name__}, not a lumina.Tape or lumina.EmbeddedMarket{hint}")
    return list(tape)


def _check_markets(markets: list[Any], impact: Impact | None) -> None:
    if not markets:
        raise DataError("no tape to trade on")
    for i, market in enumerate(markets):
        if not isinstance(market, Tape | EmbeddedMarket):
            raise DataError(f"tape {i} is a {type(market).__name__}, not a lumina.Tape or lumina.EmbeddedMarket")
        if isinstance(market, Tape) != isinstance(markets[0], Tape):
            raise DataError(
                f"tape {i} is a {type(market).__name__}, tape 0 a {type(markets[0]).__name__}: recorded and embedded "
                "markets do not mix in a run; EmbeddedMarket.record() makes a tape"
            )
    if impact is not None and isinstance(markets[0], EmbeddedMarket):
        raise ConfigError("impact: an embedded market reacts by itself; the impact model is for recorded tapes")


_KINDS: dict[str, tuple[type, str]] = {
    "latency": (Latency, "Latency(entry=1_000_000, response=1_000_000)"),
    "queue": (Queue, "Queue(model='power3')"),
    "risk": (Risk, "Risk(max_position_lots=100)"),
    "impact": (Impact, "Impact(sigma_daily=0.02, volume_daily=1e6)"),
}


def _check_kind(name: str, given: Any) -> None:
    kind, example = _KINDS[name]
    if given is not None and not isinstance(given, kind):
        raise ConfigError(f"{name} = {given!r}: must be a lumina.{kind.__name__}, such as {example}, or None")


def _check_grid(markets: list[Any], interval_ns: int) -> None:
    first = min(_span(market)[0] for market in markets)
    last = max(_span(market)[1] for market in markets)
    rows = len(markets) * ((last - first) // interval_ns) if interval_ns else 0
    if rows > _MOST_SAMPLES:
        least = -(-len(markets) * (last - first) // _MOST_SAMPLES)
        raise ConfigError(
            f"equity_interval_ns = {interval_ns}: {rows:,} samples over {(last - first) / 1e9:,.0f} s would take "
            f"{rows * EQUITY.itemsize / 1e9:,.0f} GB, at most {_MOST_SAMPLES:,} are kept: at least {least:,} ns, or 0 "
            "for the last sample alone"
        )


def _span(market: Tape | EmbeddedMarket) -> tuple[int, int]:
    if isinstance(market, EmbeddedMarket):
        return market.start_ns, market.start_ns + market.length_ns
    times = market.events["exch_ts_ns"]
    return (int(times[0]), int(times[-1])) if len(times) else (0, 0)


def _horizons(markouts_ns: Any) -> tuple[int, ...]:
    if isinstance(markouts_ns, str) or not isinstance(markouts_ns, Iterable):
        raise ConfigError(f"markouts_ns = {markouts_ns!r}: must be a sequence of times in ns, such as (1_000_000_000,)")
    horizons = tuple(int(SPAN_NS.check("markouts_ns", horizon)) for horizon in markouts_ns)
    if len(horizons) > MOST_MARKOUTS:
        raise ConfigError(f"markouts_ns has {len(horizons)} times, at most {MOST_MARKOUTS} can be had")
    return horizons


def _with_fees(instrument: Instrument, maker_fee: Number | None, taker_fee: Number | None) -> Instrument:
    if maker_fee is None and taker_fee is None:
        return instrument
    terms = instrument.to_dict()
    terms["maker_fee"] = terms["maker_fee"] if maker_fee is None else maker_fee
    terms["taker_fee"] = terms["taker_fee"] if taker_fee is None else taker_fee
    return Instrument.from_dict(terms)


def _source(market: Tape | EmbeddedMarket) -> dict[str, Any]:
    if isinstance(market, EmbeddedMarket):
        return {"market": market.spec}
    return {
        "events": market.events,
        "lo_ticks": market.min_price_ticks,
        "hi_ticks": market.max_price_ticks,
        "depth_limit": market.depth_limit,
        "by_order": market.level == "L3",
        "order_ids": market.order_ids,
    }


def _terms(instrument: Instrument, queue: Queue, risk: Risk) -> dict[str, Any]:
    return {
        "tick_size": float(instrument.tick_size),
        "lot_size": float(instrument.lot_size),
        "multiplier": float(instrument.multiplier),
        "inverse": instrument.inverse,
        "maker_fee_e9": instrument.maker_fee_e9,
        "taker_fee_e9": instrument.taker_fee_e9,
        "symbol": instrument.symbol,
        "unit_num": instrument.unit_num,
        "unit_den": instrument.unit_den,
        "queue": QUEUE_MODELS.index(queue.model),
        "queue_n": float(queue.n),
        "queue_unit": float(instrument.lot_size) if queue.unit == "base" else 1.0,
        "exact_back": queue.exact_back,
        "risk": risk.limits(instrument),
    }
