"""What the statistics of the embedded market's default are, session by session, and how sessions compare with it.

The reference is of 8 sessions of 6.5 h from another implementation of the same model: mean and standard deviation
between sessions. Where only a range of standard deviations is known, its lower end stands for all.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lumina.research.market_statistics import MarketStatistics

BOUND_SD = 4.0


@dataclass(frozen=True)
class Statistic:
    """One number of `MarketStatistics`: `place` counts where the field holds several."""

    field: str
    place: int | None
    label: str
    mean: float
    sd: float

    def of(self, session: MarketStatistics) -> float:
        """Its value."""
        value = getattr(session, self.field)
        return float(value if self.place is None else value[self.place])


def _several(field: str, label: str, points: str, means: Sequence[float], sds: Sequence[float]) -> list[Statistic]:
    names = points.split(", ")
    if len(sds) == 1:
        sds = [*sds] * len(means)
    return [
        Statistic(field, i, f"{label} {name}", mean, sd)
        for i, (name, mean, sd) in enumerate(zip(names, means, sds, strict=True))
    ]


STATISTICS = (
    Statistic("events_per_s", None, "events/s", 71.6, 15.2),
    Statistic("trades_per_s", None, "trades/s", 1.85, 0.37),
    Statistic("traded_lots_per_s", None, "traded lots/s", 5.08, 1.05),
    Statistic("spread_ticks", None, "spread, ticks", 1.089, 0.0015),
    *_several("spread_shares", "share of time at", "1 tick, 2 ticks, 3 or more",
              (0.9195, 0.0734, 0.0072), (0.0012, 0.0007, 0.0005)),
    Statistic("best_queue_lots", None, "best queue, lots", 7.01, 0.30),
    Statistic("effective_half_spread_ticks", None, "effective half spread, ticks", 0.5935, 0.0012),
    Statistic("daily_volatility_percent", None, "daily volatility, %", 0.952, 0.089),
    *_several("kurtosis", "kurtosis of changes,", "1 s, 5 s, 10 s, 60 s, 300 s",
              (12.7, 7.2, 6.2, 6.2, 4.7), (1.9, 0.9, 0.9, 2.3, 1.6)),
    *_several("volatility_ticks", "volatility, ticks/sqrt(s),", "1 s, 5 s, 10 s, 60 s, 300 s",
              (0.640, 0.622, 0.618, 0.623, 0.592), (0.06,)),
    Statistic("return_acf", None, "acf of 1 s changes, lag 1", -0.044, 0.013),
    *_several("absolute_return_acf", "acf of absolute 10 s changes, lag", "1, 5, 10, 30, 60",
              (0.246, 0.157, 0.123, 0.082, 0.059), (0.05,)),
    *_several("sign_acf", "acf of trade signs, lag", "1, 3, 10, 30, 100, 300",
              (0.164, 0.139, 0.090, 0.051, 0.028, 0.018), (0.0085,)),
    *_several("ofi_r2", "R^2 on order-flow imbalance,", "1 s, 10 s",
              (0.365, 0.679), (0.033, 0.032)),
    Statistic("ofi_slope", None, "slope on it, 10 s, x 2 x depth", 0.675, 0.020),
    *_several("trade_imbalance_r2", "R^2 on trade imbalance,", "1 s, 10 s",
              (0.194, 0.236), (0.013, 0.021)),
    *_several("up_probability", "P(next move up), imbalance quintile", "1, 2, 3, 4, 5",
              (0.225, 0.368, 0.498, 0.625, 0.766), (0.03,)),
    *_several("response_ticks", "response, ticks, after", "1 s, 10 s, 60 s",
              (0.320, 0.416, 0.491), (0.013, 0.030, 0.26)),
)  # fmt: skip


def compare(sessions: Sequence[MarketStatistics]) -> list[dict[str, Any]]:
    """Every statistic over sessions beside the reference, as JSON values.

    Returns
    -------
    list of dict
        `name`, `mean`, `sd` between sessions (None for one session), `reference`, `reference_sd`; `beyond`: the mean is
        more than 4 reference standard deviations away. A statistic that a session lacks is None, and not `beyond`.
    """
    entries = []
    for statistic in STATISTICS:
        values = [statistic.of(session) for session in sessions]
        mean = statistics.fmean(values)
        known = math.isfinite(mean)
        sd = statistics.stdev(values) if known and len(values) > 1 else None
        entries.append({
            "name": statistic.label, "mean": mean if known else None, "sd": sd,
            "reference": statistic.mean, "reference_sd": statistic.sd,
            "beyond": known and abs(mean - statistic.mean) > BOUND_SD * statistic.sd,
        })  # fmt: skip
    return entries
