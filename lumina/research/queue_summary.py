"""What the errors of the queue models amount to: bias, size, fills, each with a standard error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._queue_probe import ENDS

if TYPE_CHECKING:
    from lumina.research.queue_errors import QueueErrors

MIN_BLOCKS = 5  # below this there are no standard errors
_RESAMPLES = 1000
_NS = 1e9

Floats = NDArray[np.float64]


class _Blocks:
    """Block bootstrap: probes that rest at one time see one market, so stretches of time are drawn, not probes."""

    def __init__(self, ts_ns: NDArray[np.int64], block_ns: int, seed: int) -> None:
        _, self._block = np.unique((ts_ns - ts_ns.min()) // block_ns if len(ts_ns) else ts_ns, return_inverse=True)
        self.count = int(self._block.max()) + 1 if len(ts_ns) else 0
        if self.count >= MIN_BLOCKS:
            rng = np.random.default_rng(seed)
            self._weights = rng.multinomial(self.count, np.full(self.count, 1 / self.count), _RESAMPLES)

    def ratio(self, above: Floats, below: Floats) -> tuple[Floats, Floats | None]:
        """sum(above) / sum(below) over the probes, and its resamples where there are blocks enough.

        Both have the probes as their first axis; nan where there is nothing below.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            value = above.sum(0) / below.sum(0)
            if self.count < MIN_BLOCKS:
                return value, None
            tops, bottoms = (self._weights @ self._sums(part) for part in (above, below))
            return value, tops / bottoms

    def _sums(self, values: Floats) -> Floats:
        out = np.zeros((self.count, *values.shape[1:]))
        np.add.at(out, self._block, values)
        return out


def summarise(errors: QueueErrors) -> dict[str, Any]:
    """The summary of a measurement, JSON values.

    Returns
    -------
    dict
        `probes`: how many were asked, placed, filled, and so on, blocks of time, quantity ahead at placement.
        `split_at_s`: the time of the splits and of the ranking. `models`: one dict a model, in the order asked:

        - `front`: at each time (`at_s`, or "fill": just before the exact fill) `n`, `bias` (mean of predicted - exact),
          `mae`, `rmse` in lots, `relative` (mean of |predicted - exact| / ahead at placement), standard errors `*_se`.
        - `mae_over_best`, `mae_over_best_se`: at `split_at_s`, against the model with the smallest MAE, from the same
          resamples, so that what the models share cancels.
        - `fills`: within the horizon `both`, `model_only`, `exact_only`, `neither`; `precision` = both / (both +
          model_only), `recall` = both / (both + exact_only); of both, the share the model fills `early`, at the
          `same_time` and `late`, and `time_error_s` (mean; negative is early) and its `median`.
        - `by_level`, `by_queue`: `n`, `bias`, `mae` at `split_at_s` by level, and by thirds of the quantity ahead at
          placement (`from_lots`, `to_lots`).

        What cannot be known is None.
    """
    placed = errors.placed
    split = min(1, len(errors.at_s) - 1)
    blocks = _Blocks(errors.ts_ns, round(errors.options["horizon_s"] * _NS), errors.options["seed"])
    fronts = [_front(errors, slot, blocks) for slot in range(len(errors.at_s) + 1)]
    over, over_se = _over_best(errors, split, blocks)
    fills = _fills(errors, blocks)
    by_level = [
        ({"level": level}, _split(errors, split, placed & (errors.level == level)))
        for level in range(errors.options["levels"])
    ]
    by_queue = _by_queue(errors, split)
    models = []
    for m, model in enumerate(errors.models):
        models.append(
            {
                "model": model.model,
                "n": model.n,
                "exact_back": model.exact_back,
                "label": model.label,
                "front": [
                    {"at_s": at, **_column(front, m)} for at, front in zip([*errors.at_s, "fill"], fronts, strict=True)
                ],
                "mae_over_best": _number(over[m]),
                "mae_over_best_se": _number(None if over_se is None else over_se[m]),
                "fills": _column(fills, m),
                "by_level": [{**name, **_column(part, m)} for name, part in by_level],
                "by_queue": [{**name, **_column(part, m)} for name, part in by_queue],
            }
        )
    ends = {name.replace(" ", "_"): int(np.count_nonzero(errors.end == i)) for i, name in enumerate(ENDS)}
    ends.pop("open")
    return {
        "symbol": errors.symbol,
        "options": errors.options,
        "probes": {
            "placed": int(np.count_nonzero(placed)),
            **ends,
            "emptied": int(np.count_nonzero(errors.emptied_ts_ns)),
            "trading_s": errors.trading_s,
            "blocks": blocks.count,
            "queue_lots": [_number(q) for q in _quantiles(errors.queue_lots[placed], (0.25, 0.5, 0.75))],
        },
        "split_at_s": errors.at_s[split],
        "models": models,
    }


def without_exact_back(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary for people: variants with exact_back are left out where their plain form is there.

    `exact_back_gap` says by how many lots they change an MAE at most; None where none was left out.
    """
    plain = {(m["model"], m["n"]): m for m in summary["models"] if not m["exact_back"]}
    kept, gaps = [], []
    for model in summary["models"]:
        twin = plain.get((model["model"], model["n"]))
        if twin is None or not model["exact_back"]:
            kept.append(model)
            continue
        pairs = zip(model["front"], twin["front"], strict=True)
        gaps += [abs(one["mae"] - other["mae"]) for one, other in pairs if one["n"]]
    return {**summary, "models": kept, "exact_back_gap": max(gaps, default=None)}


def _number(value: Any) -> Any:
    """A JSON value; None for what is not a finite number."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if value is not None and np.isfinite(value) else None


def _column(parts: dict[str, Any], m: int) -> dict[str, Any]:
    return {name: _number(value[m] if isinstance(value, np.ndarray) else value) for name, value in parts.items()}


def _quantiles(values: NDArray[Any], at: tuple[float, ...]) -> Floats:
    return np.quantile(values, at, method="lower") if len(values) else np.full(len(at), np.nan)


def _error(errors: QueueErrors, slot: int) -> tuple[NDArray[np.bool_], Floats]:
    """Which probes have an exact front at this time, and every model's error, 0 where there is none."""
    known = errors.exact[:, slot] >= 0
    return known, np.where(known[:, None], errors.predicted[:, slot] - errors.exact[:, slot, None], 0.0)


def _front(errors: QueueErrors, slot: int, blocks: _Blocks) -> dict[str, Any]:
    known, error = _error(errors, slot)
    ones = known[:, None].astype(float)
    ahead = np.maximum(errors.queue_lots, 1)[:, None]
    out: dict[str, Any] = {"n": int(np.count_nonzero(known))}
    for name, above in (("bias", error), ("mae", np.abs(error)), ("rmse", error**2), ("relative", abs(error) / ahead)):
        value, resamples = blocks.ratio(above, ones)
        root: Callable[[Floats], Floats] = np.sqrt if name == "rmse" else np.asarray
        out[name] = root(value)
        out[f"{name}_se"] = None if resamples is None else np.std(root(resamples), axis=0)
    return out


def _over_best(errors: QueueErrors, slot: int, blocks: _Blocks) -> tuple[Floats, Floats | None]:
    known, error = _error(errors, slot)
    value, resamples = blocks.ratio(np.abs(error), known[:, None].astype(float))
    best = int(np.argmin(np.where(np.isnan(value), np.inf, value)))
    return value - value[best], None if resamples is None else np.std(resamples - resamples[:, best, None], axis=0)


def _fills(errors: QueueErrors, blocks: _Blocks) -> dict[str, Any]:
    known = errors.known[:, None]
    exact, predicted = errors.fill_ts_ns[:, None] > 0, errors.predicted_fill_ts_ns > 0
    both, only_model, only_exact = known & exact & predicted, known & ~exact & predicted, known & exact & ~predicted
    gap = np.where(both, (errors.predicted_fill_ts_ns - errors.fill_ts_ns[:, None]) / _NS, 0.0)
    out: dict[str, Any] = {
        "both": both.sum(0),
        "model_only": only_model.sum(0),
        "exact_only": only_exact.sum(0),
        "neither": (known & ~exact & ~predicted).sum(0),
    }
    for name, above, below in (
        ("precision", both, both | only_model),
        ("recall", both, both | only_exact),
        ("early", both & (gap < 0), both),
        ("same_time", both & (gap == 0), both),
        ("late", both & (gap > 0), both),
        ("time_error_s", gap, both),
    ):
        out[name], resamples = blocks.ratio(above.astype(float), below.astype(float))
        out[f"{name}_se"] = None if resamples is None else np.nanstd(resamples, axis=0)
    out["median"] = np.array(
        [np.median(gap[both[:, m], m]) if both[:, m].any() else np.nan for m in range(gap.shape[1])]
    )
    return out


def _split(errors: QueueErrors, slot: int, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    known, error = _error(errors, slot)
    chosen = chosen & known
    count = int(np.count_nonzero(chosen))
    if not count:
        nothing = np.full(len(errors.models), np.nan)
        return {"n": 0, "bias": nothing, "mae": nothing}
    return {"n": count, "bias": error[chosen].mean(0), "mae": np.abs(error[chosen]).mean(0)}


def _by_queue(errors: QueueErrors, slot: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    queue = errors.queue_lots
    if not errors.placed.any():
        return []
    low, high = (int(q) for q in _quantiles(queue[errors.placed], (1 / 3, 2 / 3)))
    first, last = int(queue[errors.placed].min()), int(queue[errors.placed].max())
    out = []
    for start, stop in ((first, low), (low + 1, high), (high + 1, last)):
        if start <= stop:
            chosen = errors.placed & (queue >= start) & (queue <= stop)
            out.append(({"from_lots": start, "to_lots": stop}, _split(errors, slot, chosen)))
    return out
