"""The cases of core.py that time indicators: Lumina against the packages that one would take from PyPI.

Each runs in this process on the same contiguous doubles; Lumina writes to an array it is given (`out`), and so do the
peers that can. A case is a function at a number of elements, `ema_1e4`; without the number it is at a million. Windows
are of 20 elements. All contenders of a case must agree before they are timed, then they take turns.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

PACKAGES = {"talib": "TA-Lib", "bottleneck": "bottleneck", "polars": "polars", "pandas": "pandas", "scipy": "scipy"}
UNIT = "ns/element"
SIZES = {"1e4": 10_000, "": 1_000_000, "5e6": 5_000_000}
WINDOW, ALPHA, LEVELS = 20, 0.1, 10
SECONDS = 0.02  # at least, of one timing
Contenders = dict[str, Callable[[], Any]]


def prices(n: int) -> np.ndarray:
    return 1e4 + np.random.default_rng(1).normal(size=n).cumsum()


def quantities(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 100, n).astype(float)


def ema(n: int) -> Contenders:
    import pandas
    import polars
    import scipy.signal
    import talib

    from lumina import indicators

    x = prices(n)
    frame, column = pandas.Series(x), polars.Series(x)
    return {
        "lumina": partial(indicators.ema, x, ALPHA, out=np.empty(n)),
        "TA-Lib": lambda: talib.EMA(x, round(2 / ALPHA) - 1),
        "scipy": lambda: scipy.signal.lfilter([ALPHA], [1, ALPHA - 1], x, zi=[(1 - ALPHA) * x[0]])[0],
        "polars": lambda: column.ewm_mean(alpha=ALPHA, adjust=False),
        "pandas": lambda: frame.ewm(alpha=ALPHA, adjust=False).mean(),
    }


def rolling_mean(n: int) -> Contenders:
    import bottleneck
    import talib

    from lumina import indicators

    x = prices(n)
    return {
        "lumina": partial(indicators.rolling_mean, x, WINDOW, out=np.empty(n)),
        "bottleneck": lambda: bottleneck.move_mean(x, WINDOW),
        "TA-Lib": lambda: talib.SMA(x, WINDOW),
    }


def rolling_std(n: int) -> Contenders:
    import bottleneck
    import talib

    from lumina import indicators

    x = prices(n)
    return {
        "lumina": partial(indicators.rolling_std, x, WINDOW, out=np.empty(n)),
        "bottleneck": lambda: bottleneck.move_std(x, WINDOW),
        "TA-Lib": lambda: talib.STDDEV(x, WINDOW),
    }


def rolling_zscore(n: int) -> Contenders:
    import bottleneck

    from lumina import indicators

    x = prices(n)
    out = np.empty(n)

    def peer() -> np.ndarray:
        np.subtract(x, bottleneck.move_mean(x, WINDOW), out=out)
        return np.divide(out, bottleneck.move_std(x, WINDOW), out=out)

    return {
        "lumina": partial(indicators.rolling_zscore, x, WINDOW, out=np.empty(n)),
        "bottleneck": lambda: (x - bottleneck.move_mean(x, WINDOW)) / bottleneck.move_std(x, WINDOW),
        "the same, out": peer,
    }


def rolling_max(n: int, kind: str) -> Contenders:
    import bottleneck
    import talib

    from lumina import indicators

    ramp = np.arange(float(n))
    x = {
        "random": np.random.default_rng(1).normal(size=n),
        "rising": ramp,
        "falling": -ramp,
        "sawtooth": -(ramp % (WINDOW + 1)),
    }[kind]
    return {
        "lumina": partial(indicators.rolling_max, x, WINDOW, out=np.empty(n)),
        "TA-Lib": lambda: talib.MAX(x, WINDOW),
        "bottleneck": lambda: bottleneck.move_max(x, WINDOW),
    }


def microprice(n: int) -> Contenders:
    import polars

    from lumina import indicators

    bid = prices(n)
    ask, bid_qty, ask_qty = bid + 1.0, quantities(n, 2), quantities(n, 3)
    out, other = np.empty(n), np.empty(n)
    columns = [polars.Series(values) for values in (bid, bid_qty, ask, ask_qty)]

    def peer() -> np.ndarray:
        np.multiply(bid, ask_qty, out=out)
        np.multiply(ask, bid_qty, out=other)
        np.add(out, other, out=out)
        np.add(bid_qty, ask_qty, out=other)
        return np.divide(out, other, out=out)

    def polars_peer() -> Any:
        b, bq, a, aq = columns
        return (b * aq + a * bq) / (bq + aq)

    return {
        "lumina": partial(indicators.weighted_mid, bid, bid_qty, ask, ask_qty, out=np.empty(n)),
        "numpy": lambda: (bid * ask_qty + ask * bid_qty) / (bid_qty + ask_qty),
        "the same, out": peer,
        "polars": polars_peer,
    }


def cumulative_vwap(n: int) -> Contenders:
    import polars

    from lumina import indicators

    price, qty = prices(n), quantities(n, 2)
    columns = polars.Series(price), polars.Series(qty)
    return {
        "lumina": partial(indicators.vwap, price, qty, cumulative=True, out=np.empty(n)),
        "numpy": lambda: np.cumsum(price * qty) / np.cumsum(qty),
        "polars": lambda: (columns[0] * columns[1]).cum_sum() / columns[1].cum_sum(),
    }


def vwap(n: int) -> Contenders:
    import polars

    from lumina import indicators

    price, qty = prices(n), quantities(n, 2)
    columns = polars.Series(price), polars.Series(qty)
    return {
        "lumina": lambda: indicators.vwap(price, qty),
        "numpy": lambda: price.dot(qty) / qty.sum(),
        "polars": lambda: columns[0].dot(columns[1]) / columns[1].sum(),
    }


def imbalance(n: int) -> Contenders:
    """n is of quantities a side: rows of LEVELS."""
    from lumina import indicators

    rows = n // LEVELS
    bids, asks = (quantities(rows * LEVELS, seed).reshape(rows, LEVELS) for seed in (2, 3))

    def peer() -> np.ndarray:
        bid, ask = bids.sum(axis=1), asks.sum(axis=1)
        return (bid - ask) / (bid + ask)

    return {"lumina": partial(indicators.imbalance, bids, asks, out=np.empty(rows)), "numpy": peer}


def realised_variance(n: int) -> Contenders:
    from lumina import indicators

    x = np.log(prices(n))

    def peer() -> Any:
        steps = np.diff(x)
        return steps.dot(steps)

    return {
        "lumina": lambda: indicators.realised_variance(x),
        "numpy": lambda: np.square(np.diff(x)).sum(),
        "numpy, dot": peer,
    }


FUNCTIONS: dict[str, Callable[[int], Contenders]] = {
    "ema": ema,
    "rolling_mean": rolling_mean,
    "rolling_std": rolling_std,
    "rolling_zscore": rolling_zscore,
    "rolling_max": partial(rolling_max, kind="random"),
    **{f"rolling_max_{kind}": partial(rolling_max, kind=kind) for kind in ("rising", "falling", "sawtooth")},
    "microprice": microprice,
    "cumulative_vwap": cumulative_vwap,
    "vwap": vwap,
    "imbalance": imbalance,
    "realised_variance": realised_variance,
}
# case -> function and elements
CASES = {
    f"{name}_{size}".rstrip("_"): (function, n) for name, function in FUNCTIONS.items() for size, n in SIZES.items()
}


def check_packages() -> None:
    missing = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        sys.exit(f"the cases of indicators need {' '.join(missing)}: pip install '.[peers]'; --case chooses others")


def check_same_work(case: str, contenders: Contenders) -> None:
    want = np.asarray(contenders["lumina"]())
    for name, call in contenders.items():
        got = np.asarray(call())
        # TA-Lib starts its average with a mean: a thousand elements later nothing is left of it. The deviations of
        # bottleneck drift: after five million elements the fifth digit is wrong.
        if not np.allclose(got[1000:] if got.ndim else got, want[1000:] if want.ndim else want, rtol=1e-6, atol=1e-3):
            sys.exit(f"{case}: {name} gives other results")


def time_once(call: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def measure(cases: list[str], runs: int) -> tuple[dict[str, Any], list[str]]:
    """Results by case, and the lines of the table. The ratio is to the fastest peer, run by run."""
    results: dict[str, Any] = {}
    table = [f"{'case':<28}{'by':<14}{'median':>9}{'min':>9}{'max':>9}   {UNIT}"]
    for case in cases:
        function, n = CASES[case]
        contenders = function(n)
        check_same_work(case, contenders)
        print(f"{case}: {runs} runs", file=sys.stderr, flush=True)
        calls = {name: max(1, int(SECONDS / max(time_once(call, 1), 1e-9))) for name, call in contenders.items()}
        timed: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(runs):
            for name, call in contenders.items():
                timed[name].append(time_once(call, calls[name]) / n * 1e9)
        medians = {name: statistics.median(figures) for name, figures in timed.items()}
        peer = min((name for name in contenders if name != "lumina"), key=medians.__getitem__)
        for name, figures in timed.items():
            ratios = [theirs / ours for theirs, ours in zip(figures, timed["lumina"], strict=True)]
            times = "" if name == "lumina" else f"   lumina {statistics.median(ratios):.2f}x"
            line = f"{case:<28}{name:<14}{medians[name]:>9.3f}{min(figures):>9.3f}{max(figures):>9.3f}"
            table.append(line + times)
            if name == peer:
                ratio = statistics.median(ratios)
        results[case] = {"lumina": medians["lumina"], "peer": medians[peer], "unit": UNIT, "ratio": ratio}
        results[case]["peer_name"] = peer
    return results, table
