"""Writes what every indicator makes of the unkind series to a file: `python all_results.py FILE.npz`."""

import importlib.util
import sys
from pathlib import Path

import numpy as np

from lumina import indicators

_spec = importlib.util.spec_from_file_location("unkind", Path(__file__).with_name("unkind.py"))
assert _spec is not None
assert _spec.loader is not None
unkind = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(unkind)


def one_by_one(x):
    yield from (indicators.ema(x, alpha) for alpha in (1.0, 0.3, 1e-5))
    for window in unkind.WINDOWS:
        yield indicators.rolling_mean(x, window)
        yield indicators.rolling_min(x, window)
        yield indicators.rolling_max(x, window)
        yield indicators.rolling_std(x, window, ddof=window > 1)
        yield indicators.rolling_zscore(x, window)
    yield np.array([indicators.realised_variance(x), indicators.vwap(x, x)])
    yield indicators.vwap(x, np.abs(x), cumulative=True)
    book = unkind.book(x)
    yield indicators.ofi(*book)
    yield indicators.weighted_mid(*book)
    yield indicators.imbalance(*book[1::2])


def results():
    with np.errstate(all="ignore"):
        for x in unkind.series().values():
            for kind in (np.float64, np.float32):
                whole = x.astype(kind)
                yield from one_by_one(whole)
                yield from one_by_one(np.repeat(whole, 3)[1::3])
        long = np.random.default_rng(4).normal(size=20_000).cumsum()
        yield from one_by_one(long)
        yield indicators.rolling_std(long, 5000)
        read_only = unkind.series()["offset"]
        read_only.flags.writeable = False
        for n in unkind.LENGTHS:
            for start in (0, 1):
                yield indicators.ema(read_only[start:n], 0.1)
                for window in (1, 5, 20, 33):
                    yield indicators.rolling_mean(read_only[start:n], window)
                    yield indicators.rolling_zscore(read_only[start:n], window)
                yield np.array([indicators.realised_variance(read_only[start:n])])


if __name__ == "__main__":
    np.savez(sys.argv[1], SIMD=np.array(indicators.SIMD), **{f"{i:06}": r for i, r in enumerate(results())})
