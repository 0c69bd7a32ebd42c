from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBE: np.dtype[Any]
SAMPLE: np.dtype[Any]
OUTCOME: np.dtype[Any]
ENDS: tuple[str, ...]

def follow(
    events: NDArray[Any],
    lo_ticks: int,
    hi_ticks: int,
    depth_limit: int,
    by_order: bool,
    models: list[tuple[str, float, float, bool]],
    probes: NDArray[Any],
    samples: NDArray[Any],
    slots: int,
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.int64]]:
    """Virtual orders over one tape, lumina/research/queue_probe.hpp.

    An L3 tape (`by_order`) takes no models and has one column, the exact queue; an L2 tape has a column for each of
    `models`, (name, n, unit in base units a lot, exact_back).

    Returns
    -------
    outcomes : OUTCOME, shape (probes,)
    fronts : float64, shape (probes, slots, columns)
        Lots ahead when each sample was taken, -1 where it was not, or the probe was not in the market.
    fill_ts_ns : int64, shape (probes, columns)
        Exchange time of the fill, 0 where there was none.
    """
