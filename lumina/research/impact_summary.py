"""What the differences between twins amount to: impact by size, its decay, and the power law."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lumina.research.impact import Impact


def summarise(measured: Impact) -> dict[str, Any]:
    """The summary of a measurement, JSON values.

    Returns
    -------
    dict
        `options`; `market`: `daily_ticks` (volatility of a session), `daily_lots` (its volume) and `horizon_lots` (of
        the others within the horizon), all of the runs without us. `sizes`: one dict a size:

        - `lots`, `children`, `filled_lots` (mean), `share`: of all volume within the horizon.
        - `ticks`, `ticks_se`: impact at the end of the horizon; `bought`, `sold`: of either side alone.
        - `daily`: the same in daily volatilities; `y`: that over the square root of the share of the daily volume, a
          constant where the square-root law holds.
        - `local_exponent`, `local_exponent_se`: between the size before and this one.
        - `paid`, `paid_se`: mean price of the metaorder against the mid at its start, ticks.
        - `path`: `at_s` after the start, `ticks`, `ticks_se`.

        `fit`: `exponent`, `exponent_se`, `factor` (ticks of one lot), `sizes` that it rests on; None where there are
        fewer than two. What cannot be known is None.
    """
    options = measured.options
    end = measured.at_s.index(options["horizon_s"])
    sigma, volume = measured.daily_ticks, measured.daily_lots
    horizon_lots = float(measured.base_lots.mean())
    ticks, errors = measured.ticks, measured.ticks_se
    fit = measured.fit()
    entries = []
    for i, lots in enumerate(measured.sizes):
        filled = float(measured.filled[:, i].mean())
        local, local_se = _local(measured, i, end)
        daily = ticks[i, end] / sigma if sigma else None
        paid = measured.paid[:, i].mean(1)
        entries.append({
            "lots": lots, "children": measured.children[i], "filled_lots": filled,
            "share": filled / (filled + horizon_lots) if filled else None,
            "ticks": float(ticks[i, end]), "ticks_se": float(errors[i, end]),
            "bought": float(measured.moved[:, i, 0, end].mean()), "sold": float(measured.moved[:, i, 1, end].mean()),
            "daily": daily, "y": daily / math.sqrt(lots / volume) if daily is not None and volume else None,
            "local_exponent": local, "local_exponent_se": local_se,
            "paid": float(paid.mean()), "paid_se": float(paid.std(ddof=1) / math.sqrt(len(paid))),
            "path": [
                {"at_s": at, "ticks": float(ticks[i, j]), "ticks_se": float(errors[i, j])}
                for j, at in enumerate(measured.at_s)
            ],
        })  # fmt: skip
    return {
        "options": options,
        "market": {"daily_ticks": sigma, "daily_lots": volume, "horizon_lots": horizon_lots},
        "sizes": entries,
        "fit": None if fit is None else {**asdict(fit), "sizes": list(fit.sizes)},
    }


def _local(measured: Impact, i: int, end: int) -> tuple[float | None, float | None]:
    from lumina.research.impact import power_law

    if i == 0:
        return None, None
    two = slice(i - 1, i + 1)
    fit = power_law(measured.sizes[two], np.asarray(measured.moved[:, two, :, end].mean(2)))
    return (None, None) if fit is None else (fit.exponent, fit.exponent_se)
