"""From a configuration to a result: the one place where the main job meets data, strategies and engine."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina.errors import ConfigError, DataError

if TYPE_CHECKING:
    from lumina.backtester.config import Config
    from lumina.backtester.result import Result
    from lumina.data import Tape
    from lumina.market import EmbeddedMarket
    from lumina.report.statistics import Array

Progress = Callable[[int, int], None]

_LATENCY_CHUNKS, _LATENCY_ROWS = 64, 1024


@dataclasses.dataclass(frozen=True)
class Watch:
    """What a caller wants to hear while the job goes: (done, total) of the loading in bytes, of the replay in rows, of
    an embedded market in simulated ns."""

    loading: Progress | None = None
    loaded: Callable[[Tape | EmbeddedMarket], None] | None = None
    replaying: Progress | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A finished run, with what the summary wants beside the result.

    Attributes
    ----------
    result : Result
    reached : how far the run came, for a message
    feed_latency_ns : int64 array, a sample of the latencies of the market data
    limit_lots : position limit of risk or strategy, whichever is less; None without one
    """

    result: Result
    reached: str
    feed_latency_ns: Array
    limit_lots: int | None


def run(config: Config, watch: Watch | None = None) -> Outcome:
    """Load the data, make the strategy, run.

    Raises
    ------
    LuminaError
        One line that names file, key or row, value and bound.
    """
    import lumina

    watch = watch or Watch()
    strategy = make_strategy(config)
    options = engine_options(config)
    market = embedded_market(config) if config["data"]["path"] is None else load_tape(config, watch.loading)
    if watch.loaded:
        watch.loaded(market)
    report, engine = config["report"], config["engine"]
    result = lumina.backtest(
        market,
        strategy,
        **options,
        self_trade=engine["self_trade"],
        seed=engine["seed"],
        equity_interval_ns=round(report["equity_interval_s"] * 1e9),
        markouts_ns=tuple(round(horizon * 1e9) for horizon in report["markouts_s"]),
        progress=watch.replaying,
    )
    return Outcome(result, _reached(result, market), _sampled_latency(market), _position_limit(config, strategy))


def embedded_market(config: Config) -> EmbeddedMarket:
    """The embedded market as the configuration has it, under the contract terms that it gives."""
    import lumina

    if config["impact"]["enabled"]:
        raise config.error(
            "impact.enabled", "an embedded market reacts by itself; the impact model is for recorded data"
        )
    settings = config["market"]
    try:
        market = lumina.EmbeddedMarket(settings["seed"], settings["hours"], **settings["parameters"])
    except ConfigError as error:
        key = "market.hours" if str(error).startswith("hours") else "market.parameters"
        raise config.error(key, str(error)) from None
    except TypeError:
        names = ", ".join(sorted(settings["parameters"]))
        raise config.error("market.parameters", f"{names}: not all of these are of the flow") from None
    named = {name: config["data"][name] for name in ("symbol", "tick_size", "lot_size")}
    terms = {name: value for name, value in (named | _terms(config)).items() if value is not None}
    return market.with_instrument(lumina.Instrument(**{**market.instrument.to_dict(), **terms})) if terms else market


def make_strategy(config: Config) -> Any:
    """The strategy that the configuration names."""
    from lumina import strategies

    params = {name: value for name, value in config["strategy"].items() if name != "name"}
    try:
        return strategies.create(config["strategy"]["name"], params)
    except ConfigError as error:
        # blame the parameter that the message speaks of, so that the line names its file or --set
        blamed = next((name for name in params if re.search(rf"\b{re.escape(name)}\b", str(error))), "name")
        raise config.error(f"strategy.{blamed}", str(error)) from None


def engine_options(config: Config) -> dict[str, Any]:
    """Keyword arguments of `lumina.backtest` for latency, queue, risk, impact and fees."""
    import lumina

    impact = dict(config["impact"])
    enabled = impact.pop("enabled")
    impact["step_ns"] = impact.pop("step_ms") * 1_000_000
    impact["weights"], impact["taus_s"] = tuple(impact["weights"]), tuple(impact["taus_s"])
    sections = (
        ("latency", lumina.Latency, config["latency"]),
        ("queue", lumina.Queue, config["queue"]),
        ("risk", lumina.Risk, config["risk"]),
        ("impact", lumina.Impact, impact if enabled else None),
    )
    options: dict[str, Any] = {}
    for section, kind, fields in sections:
        try:
            options[section] = None if fields is None else kind(**fields)
        except ConfigError as error:
            raise config.error(section, str(error)) from None
    options["maker_fee"] = config["instrument"]["maker_fee"]
    options["taker_fee"] = config["instrument"]["taker_fee"]
    return options


def load_tape(config: Config, progress: Progress | None = None) -> Tape:
    """The tape that the configuration names, its instrument overruled where the configuration says so."""
    import lumina

    data = config["data"]
    options = {name: data[name] for name in ("symbol", "tick_size", "lot_size") if data[name] is not None}
    if data["clock"] == "shift":
        options |= {"clock": "shift", "min_latency_ns": data["min_latency_ns"]}
    if data["gaps"] != "error":
        options["gaps"] = data["gaps"]
    options |= data["options"]
    try:
        if _is_tape(data["path"]):
            tape = lumina.load(data["path"], progress=progress)
            _check_same(config, tape)
        else:
            tape = lumina.load(data["path"], data["format"], **options, progress=progress)
    except FileNotFoundError as error:
        raise config.error("data.path", f"{error.filename}: no such file") from None
    terms = {name: value for name, value in _terms(config).items() if value is not None}
    return tape.with_terms(**terms) if terms else tape


def _terms(config: Config) -> dict[str, Any]:
    return {name: config["instrument"][name] for name in ("multiplier", "inverse", "settlement", "money_digits")}


def _reached(result: Result, market: Tape | EmbeddedMarket) -> str:
    from lumina.market import EmbeddedMarket

    if not isinstance(market, EmbeddedMarket):
        return f"{result.events:,} of {len(market):,} events replayed"
    done = int(result.equity["ts_ns"][-1]) - market.start_ns
    return f"{done / 60e9:.1f} of {market.length_ns / 60e9:.1f} minutes simulated"


def _is_tape(path: str | list[str]) -> bool:
    from lumina.data.tape_file import is_tape

    if isinstance(path, list):
        return False
    try:
        with open(path, "rb") as file:
            return is_tape(file.read(4096))
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None


def _check_same(config: Config, tape: Tape) -> None:
    # a converted tape takes no importer's options; what the configuration says of it must be so
    terms = tape.instrument.to_dict()
    for name in ("symbol", "tick_size", "lot_size"):
        wanted = config["data"][name]
        if wanted is None:
            continue
        same = wanted == terms[name] if name == "symbol" else float(wanted) == float(getattr(tape.instrument, name))
        if not same:
            raise config.error(f"data.{name}", f"{wanted} but the tape {config['data']['path']} has {terms[name]}")


def _sampled_latency(market: Tape | EmbeddedMarket) -> Array:
    from lumina.market import EmbeddedMarket

    if isinstance(market, EmbeddedMarket):
        return np.array([market.feed_latency_ns])
    # whole pages of the mapped file here and there, not a row of every page
    events = market.events
    sample = events
    if len(events) > _LATENCY_CHUNKS * _LATENCY_ROWS:
        starts = np.linspace(0, len(events) - _LATENCY_ROWS, _LATENCY_CHUNKS).astype(np.int64)
        sample = np.concatenate([events[start : start + _LATENCY_ROWS] for start in starts])
    local = 2  # Flag.LOCAL
    found: Array = sample["latency_ns"][(sample["flags"] & local) != 0].astype(np.int64)
    return found


def _position_limit(config: Config, strategy: Any) -> int | None:
    params = getattr(strategy, "params", {})
    own = params.get("max_position_lots")
    if own is None and params.get("order_lots") and params.get("order_qty") is None:
        own = 10 * params["order_lots"]  # the market makers' default
    limits = [limit for limit in (config["risk"]["max_position_lots"], own) if limit is not None]
    return min(limits) if limits else None
