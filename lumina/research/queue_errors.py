"""The queue models of L2 data against the exact queue, which an L3 tape of the same market tells.

Virtual orders of one lot (probes) are placed at random into the recorded market. How much stands ahead of each is
followed exactly by the priority stamps of the L3 tape (SEMANTICS F1, F2), and by every model on the L2 tape that a
level feed would have shown of it (`Tape.to_l2`, F4). The differences are what a backtest on L2 data gets wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._models import QUEUE_MODELS
from lumina._core._queue_probe import ENDS, PROBE, SAMPLE, follow
from lumina.data.flatten import PER
from lumina.data.kinds import Flag, Kind, Phase
from lumina.errors import ConfigError, DataError, argument
from lumina.numeric import real, whole

if TYPE_CHECKING:
    from lumina.data.tape import Tape

MAX_PROBES = 200_000
_NS = 1_000_000_000
_NOT_PLACED, _FILLED, _EXPIRED = (ENDS.index(name) for name in ("not placed", "filled", "expired"))


@dataclass(frozen=True)
class Model:
    """A queue model as `lumina.Queue` describes it."""

    model: str
    n: float = 3.0
    exact_back: bool = False

    def __post_init__(self) -> None:
        if self.model not in QUEUE_MODELS:
            raise ConfigError(f"model = {self.model!r}: must be one of {', '.join(QUEUE_MODELS)}")

    @property
    def label(self) -> str:
        """Name for tables."""
        power = f" n={self.n:g}" if self.model.startswith("power") else ""
        return f"{self.model}{power}{', exact back' if self.exact_back else ''}"


_FORMS = (
    ("risk_averse", 3.0),
    *((name, n) for name in ("power", "power2", "power3") for n in (1.0, 2.0, 3.0)),
    ("log", 3.0),
    ("log2", 3.0),
)
MODELS = (
    *(Model(name, n) for name, n in _FORMS),
    *(Model(name, n, exact_back=True) for name, n in _FORMS if name != "risk_averse"),
)


@dataclass(frozen=True)
class QueueErrors:
    """Fronts and fills of every probe, exact and by model; `summary()` says what they amount to.

    Arrays go by probe, in order of time. `fronts` of a time are those behind all rows of that time; where the exact
    queue has no answer they are -1: the probe was never placed, has filled, expired or was interrupted, or nothing
    recorded stood at its level any more (from then on every model says 0, as it must).

    Attributes
    ----------
    symbol : str
    options : dict
        As given to `queue_errors`.
    models : tuple of Model
    at_s : tuple of float
        Times after placement of the fronts, seconds; the last column of `exact` and `predicted` is another, that just
        before the row that fills the probe exactly.
    ts_ns, side, level, price_ticks, queue_lots : ndarray, shape (n,)
        Placement, exchange time; the level is counted in displayed prices from the touch, `queue_lots` stood ahead.
    end : ndarray of uint8, shape (n,)
        Index into `lumina.research.queue_errors.ENDS`.
    exact : ndarray of float64, shape (n, len(at_s) + 1)
        Lots ahead.
    predicted : ndarray of float64, shape (n, len(at_s) + 1, len(models))
    fill_ts_ns : ndarray of int64, shape (n,)
        Exchange time of the exact fill, 0 where there was none within the horizon.
    predicted_fill_ts_ns : ndarray of int64, shape (n, len(models))
    emptied_ts_ns : ndarray of int64, shape (n,)
        When nothing recorded stood at the level any more; 0: never.
    trading_s : float
        Seconds that probes were drawn from.
    """

    symbol: str
    options: dict[str, Any]
    models: tuple[Model, ...]
    at_s: tuple[float, ...]
    ts_ns: NDArray[np.int64]
    side: NDArray[np.int32]
    level: NDArray[np.int32]
    price_ticks: NDArray[np.int32]
    queue_lots: NDArray[np.int32]
    end: NDArray[np.uint8]
    exact: NDArray[np.float64]
    predicted: NDArray[np.float64]
    fill_ts_ns: NDArray[np.int64]
    predicted_fill_ts_ns: NDArray[np.int64]
    emptied_ts_ns: NDArray[np.int64]
    trading_s: float

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Probes that found their level."""
        return np.asarray(self.end != _NOT_PLACED)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Probes of which it is known whether they fill within the horizon."""
        return np.asarray((self.end == _FILLED) | (self.end == _EXPIRED))

    def summary(self) -> dict[str, Any]:
        """Errors of each model with standard errors, as JSON values; see `lumina.research.queue_summary`."""
        from lumina.research.queue_summary import summarise

        return summarise(self)


def queue_errors(
    tape: Tape,
    *,
    probes: int = 4000,
    seed: int = 0,
    levels: int = 3,
    horizon_s: float = 300.0,
    at_s: Sequence[float] = (1.0, 10.0, 60.0),
    unit: str = "base",
    per: str = "event",
    models: Sequence[Model] = MODELS,
) -> QueueErrors:
    """Measure the queue models on an L3 tape.

    Parameters
    ----------
    tape : Tape
        L3, with continuous trading for longer than the horizon.
    probes : int
        Virtual orders, at times uniform over continuous trading (less the horizon at its end, and pauses longer than
        it), on a random side, at a random one of the nearest `levels` displayed prices.
    seed : int
    levels : int
    horizon_s : float
        How long a probe rests unless it fills.
    at_s : sequence of float
        Times after placement at which fronts are compared, up to the horizon, rising.
    unit : {"base", "lots"}
        Unit of the log models, as in `lumina.Queue`.
    per : {"event", "row"}
        What the models see, as in `Tape.to_l2`.
    models : sequence of Model

    Raises
    ------
    DataError
        Where the tape is L2, shows fewer levels, or is nowhere in continuous trading for long enough.
    ConfigError
        Naming the option, its value and bound.
    """
    probes = whole(argument("probes"), probes, 1, MAX_PROBES)
    seed = whole(argument("seed"), seed, 0, 2**63 - 1)
    levels = whole(argument("levels"), levels, 1, 100)
    horizon_s = real(argument("horizon_s"), horizon_s, 0.001, 86_400)
    at_s = _times(at_s, horizon_s)
    _check(unit, per, models)
    if tape.level != "L3":
        raise DataError(f"{tape!r}: the exact queue needs an L3 tape, whose rows are orders")
    if 0 < tape.depth_limit < levels:
        raise DataError(f"{tape!r}: shows {tape.depth_limit} levels a side, below {argument('levels')} = {levels}")
    horizon_ns = round(horizon_s * _NS)
    spans = _spans(tape, horizon_ns)
    asked = _draw(spans, probes, levels, horizon_ns, seed)
    flat = tape.to_l2(per=per)

    at_ns = [round(at * _NS) for at in at_s]
    slots = len(at_s) + 1
    fixed = np.empty(probes * len(at_ns), SAMPLE)
    fixed["probe"] = np.repeat(np.arange(probes), len(at_ns))
    fixed["slot"] = np.tile(np.arange(len(at_ns)), probes)
    fixed["ts_ns"] = asked["ts_ns"][fixed["probe"]] + np.tile(at_ns, probes)
    _, _, fills = _follow(tape, [], asked, fixed[:0], slots)
    filled = np.flatnonzero(fills[:, 0])
    last = np.empty(len(filled), SAMPLE)
    last["probe"], last["slot"], last["ts_ns"] = filled, len(at_ns), fills[filled, 0] - 1
    samples = np.concatenate((fixed, last))

    outcomes, exact, fills = _follow(tape, [], asked, samples, slots)
    lot = float(tape.instrument.lot_size) if unit == "base" else 1.0
    forms = [(model.model, model.n, lot, model.exact_back) for model in models]
    flat_outcomes, predicted, predicted_fills = _follow(flat, forms, asked, samples, slots)
    for name in ("price_ticks", "queue_lots"):  # both saw the same levels
        assert np.array_equal(outcomes[name], flat_outcomes[name]), name

    emptied = outcomes["emptied_ts_ns"]
    taken_at = np.zeros((probes, slots), np.int64)
    taken_at[samples["probe"], samples["slot"]] = samples["ts_ns"]
    exact = exact[:, :, 0]
    exact[(emptied[:, None] > 0) & (taken_at >= emptied[:, None])] = -1
    predicted[exact < 0] = -1
    return QueueErrors(
        symbol=tape.instrument.symbol,
        options={
            "probes": probes, "seed": seed, "levels": levels, "horizon_s": float(horizon_s), "at_s": list(at_s),
            "unit": unit, "per": per,
        },
        models=tuple(models),
        at_s=at_s,
        ts_ns=asked["ts_ns"],
        side=asked["side"],
        level=asked["level"],
        price_ticks=outcomes["price_ticks"],
        queue_lots=outcomes["queue_lots"],
        end=outcomes["end"],
        exact=exact,
        predicted=predicted,
        fill_ts_ns=fills[:, 0],
        predicted_fill_ts_ns=predicted_fills,
        emptied_ts_ns=emptied,
        trading_s=float((spans[:, 1] - spans[:, 0]).sum()) / _NS,
    )  # fmt: skip


def _times(at_s: Sequence[float], horizon_s: float) -> tuple[float, ...]:
    try:
        times = tuple(real(argument("at_s"), at, 0, 86_400, above=True) for at in at_s)
    except TypeError:
        raise ConfigError(f"{argument('at_s')} = {at_s!r}: must be a sequence of times in s, such as (1, 10)") from None
    if not times or list(times) != sorted(set(times)) or times[-1] > horizon_s:
        raise ConfigError(
            f"{argument('at_s')} = {list(times)}: must rise, above 0 and up to {argument('horizon_s')} = {horizon_s:g}"
        )
    return times


def _check(unit: str, per: str, models: Sequence[Model]) -> None:
    if unit not in ("base", "lots"):
        raise ConfigError(f"{argument('unit')} = {unit!r}: must be one of base, lots")
    if per not in PER:
        raise ConfigError(f"{argument('per')} = {per!r}: must be one of {', '.join(PER)}")
    if not models:
        raise ConfigError("models: none given")


def _follow(
    tape: Tape, models: list[tuple[str, float, float, bool]], probes: Any, samples: Any, slots: int
) -> tuple[Any, NDArray[np.float64], NDArray[np.int64]]:
    by_order = not models
    low, high = tape.min_price_ticks, tape.max_price_ticks
    return follow(tape.events, low, high, tape.depth_limit, by_order, models, probes, samples, slots)


def _spans(tape: Tape, horizon_ns: int) -> NDArray[np.int64]:
    """(from, to) of the times at which a probe may begin: trading goes on from there for the horizon."""
    exchange = (tape.events["flags"] & Flag.EXCH) != 0
    times = tape.events["exch_ts_ns"][exchange]
    if not len(times):
        raise DataError(f"{tape!r}: has no rows in the exchange's view")
    status = np.flatnonzero(exchange & (tape.events["kind"] == Kind.STATUS))
    # (time, order at one time, trading?): status rows, and rows that nothing follows for longer than the horizon
    marks = [(int(times[0]), 0, True), (int(times[-1]), 2, False)]
    marks += [(int(row["exch_ts_ns"]), 0, int(row["qty_lots"]) == Phase.CONTINUOUS) for row in tape.events[status]]
    pauses = np.flatnonzero(np.diff(times) > horizon_ns)
    resumes = {int(times[i]): int(times[i + 1]) for i in pauses}
    marks += [(at, 1, False) for at in resumes]
    spans: list[tuple[int, int]] = []
    begin: int | None = None
    trading = False
    for at, order, on in sorted(marks, key=lambda mark: mark[:2]):
        if begin is not None and not on:
            spans.append((begin, at - horizon_ns))
            begin = None
        if order == 0:
            trading = on
            begin = at if on and begin is None else begin
        elif order == 1 and trading:
            begin = resumes[at]
    out = np.array([span for span in spans if span[1] > span[0]], np.int64).reshape(-1, 2)
    if not len(out):
        raise DataError(
            f"{tape!r}: is nowhere in continuous trading for longer than {argument('horizon_s')} = "
            f"{horizon_ns / _NS:g}; remedy: a shorter horizon"
        )
    return out


def _draw(spans: NDArray[np.int64], probes: int, levels: int, horizon_ns: int, seed: int) -> NDArray[np.void]:
    rng = np.random.default_rng(seed)
    length = spans[:, 1] - spans[:, 0]
    behind = np.cumsum(length)
    at = np.sort(rng.integers(0, int(behind[-1]), probes))
    span = np.searchsorted(behind, at, side="right")
    out = np.empty(probes, PROBE)
    out["ts_ns"] = spans[span, 0] + at - (behind[span] - length[span])
    out["until_ns"] = out["ts_ns"] + horizon_ns
    out["side"] = rng.integers(0, 2, probes)
    out["level"] = rng.integers(0, levels, probes)
    return out
