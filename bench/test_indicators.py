"""Indicators over ten thousand elements, which the caches hold, written to an array of the caller's."""

import numpy as np
import pytest

from lumina import indicators

N = 10_000
RNG = np.random.default_rng(1)
PRICE = 1e4 + RNG.normal(size=N).cumsum()
BID_QTY, ASK_QTY = RNG.integers(1, 100, (2, N)).astype(float)
BIDS, ASKS = RNG.integers(1, 100, (2, N // 10, 10)).astype(float)
CALLS = {
    "ema": lambda out: indicators.ema(PRICE, 0.1, out=out),
    "rolling_mean": lambda out: indicators.rolling_mean(PRICE, 20, out=out),
    "rolling_std": lambda out: indicators.rolling_std(PRICE, 20, out=out),
    "rolling_zscore": lambda out: indicators.rolling_zscore(PRICE, 20, out=out),
    "rolling_min": lambda out: indicators.rolling_min(PRICE, 20, out=out),
    "rolling_max": lambda out: indicators.rolling_max(PRICE, 20, out=out),
    "rolling_std_of_500": lambda out: indicators.rolling_std(PRICE, 500, out=out),
    "cumulative_vwap": lambda out: indicators.vwap(PRICE, BID_QTY, cumulative=True, out=out),
    "weighted_mid": lambda out: indicators.weighted_mid(PRICE, BID_QTY, PRICE + 1, ASK_QTY, out=out),
    "ofi": lambda out: indicators.ofi(PRICE, BID_QTY, PRICE + 1, ASK_QTY, out=out),
    "vwap": lambda out: indicators.vwap(PRICE, BID_QTY),
    "realised_variance": lambda out: indicators.realised_variance(PRICE),
    "imbalance": lambda out: indicators.imbalance(BIDS, ASKS, out=out[: N // 10]),
}


@pytest.mark.parametrize("name", CALLS)
def test_indicator(benchmark, name):
    call, out = CALLS[name], np.empty(N)
    result = benchmark(call, out)
    assert np.isfinite(np.atleast_1d(result)[-1:]).all()
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_element"] = benchmark.stats["median"] / N * 1e9
