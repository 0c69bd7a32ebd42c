"""Against rational arithmetic, on ordinary and on unkind series."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from indicators import unkind
from reference import indicators as reference

from lumina import indicators

EPSILON = 2.0**-53
SERIES = unkind.series()
FINITE = {name: x for name, x in SERIES.items() if np.isfinite(x).all()}
ROLLING = ("mean", "std", "zscore", "min", "max")


def largest(x, window):
    """Greatest absolute value of each window, infinite where one is not finite."""
    return np.array([np.abs(x[max(0, i - window + 1) : i + 1]).max(initial=0) for i in range(len(x))])


def spread(x, window):
    """Greatest distance of the elements of each window."""
    return np.array([np.ptp(x[max(0, i - window + 1) : i + 1]) for i in range(len(x))])


def expected(name, x, window):
    """Exact results and how far from them a result may be: the bounds that the documentation states.

    A deviation is as good as the differences that it is made of.
    """
    want = np.array(getattr(reference, f"rolling_{name}")(x.tolist(), window), float)
    roundings = 4 + window / 8
    with np.errstate(invalid="ignore", over="ignore"):
        if name == "mean":
            bound = 2 * roundings * EPSILON * largest(x, window)
        elif name == "std":
            bound = 4 * roundings * EPSILON * spread(x, window)
        elif name == "zscore":
            std = np.array(reference.rolling_std(x.tolist(), window), float)
            bound = 8 * roundings * EPSILON * (spread(x, window) / std) * (1 + np.abs(want))
        else:
            bound = np.zeros(len(x))
    return want, bound + 5e-324 * (name not in ("min", "max"))


def check(result, want, bound):
    np.testing.assert_array_equal(np.isnan(result), np.isnan(want))
    finite = np.isfinite(want)
    np.testing.assert_array_equal(result[~finite], want[~finite])
    assert (np.abs(result[finite] - want[finite]) <= bound[finite]).all()


def check_rolling(name, x, window):
    check(getattr(indicators, f"rolling_{name}")(x, window), *expected(name, x, window))


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize("name", ROLLING)
def test_rolling(name, series):
    if name in ("std", "zscore") and series == "denormal":
        return  # its squares vanish: test_deviations_beyond_the_range
    for window in (1, 2, 3, 5, 6, 8, 12, 20, 23, 31, 33, 46, 100, 130):
        check_rolling(name, SERIES[series], window)


@pytest.mark.parametrize("name", ROLLING)
def test_rolling_at_every_length(name):
    x = SERIES["offset"]
    for window in (1, 4, 7, 8, 9, 20, 33, 64):
        want, bound = expected(name, x, window)
        for n in unkind.LENGTHS:
            check(getattr(indicators, f"rolling_{name}")(x[:n], window), want[:n], bound[:n])


def test_deviations_beyond_the_range():
    assert (indicators.rolling_std(SERIES["denormal"], 20)[19:] == 0).all()
    assert np.isnan(indicators.rolling_std(SERIES["large"] * 1e10, 20)).all()


number = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 0.1])


@given(
    arrays.arrays(np.float64, st.integers(0, 90), elements=number),
    st.integers(1, 95),
    st.sampled_from(["mean", "min", "max"]),
)
def test_rolling_of_anything(x, window, name):
    check_rolling(name, x, window)


@given(
    arrays.arrays(np.float64, st.integers(2, 90), elements=st.integers(-1000, 1000).map(lambda k: k / 16)),
    st.integers(2, 95),
    st.sampled_from(["std", "zscore"]),
    st.sampled_from([0.0, 2.0**40]),
)
def test_deviations_do_not_see_an_offset(x, window, name, offset):
    """x + offset is exact, so the results must be the same, bit by bit."""
    check_rolling(name, x, window)
    function = getattr(indicators, f"rolling_{name}")
    np.testing.assert_array_equal(function(x + offset, window), function(x, window))


@pytest.mark.parametrize("alpha", [1.0, 0.9, 2 / 21, 1e-3])
@pytest.mark.parametrize("series", [name for name in SERIES if "infinite" not in name])
def test_ema(series, alpha):
    x = SERIES[series]
    result = indicators.ema(x, alpha)
    want = np.array(reference.ema(x.tolist(), alpha))
    np.testing.assert_array_equal(np.isnan(result), np.isnan(want))
    # an error of one step fades as the elements do
    bound = 16 * EPSILON / alpha * np.fmax.accumulate(np.abs(x)) + 5e-324 * 100 / alpha
    here = ~np.isnan(want)
    assert (np.abs(result - want)[here] <= bound[here]).all()


def test_ema_at_every_length():
    x = SERIES["offset"]
    want = reference.ema(x.tolist(), 0.25)
    for n in unkind.LENGTHS:
        np.testing.assert_allclose(indicators.ema(x[:n], 0.25), want[:n], rtol=1e-15)


@pytest.mark.parametrize("series", FINITE)
def test_cumulative_vwap(series):
    rng = np.random.default_rng(5)
    price, qty = FINITE[series], rng.integers(0, 9, 130) / 4.0
    want = reference.cumulative_vwap(price.tolist(), qty.tolist())
    result = indicators.vwap(price, qty, cumulative=True)
    bound = 16 * EPSILON * np.maximum.accumulate(np.abs(price)) + 1e-323
    assert (np.isnan(result) == np.isnan(want)).all()
    assert (np.abs(result - want) <= bound)[~np.isnan(want)].all()
    for n in range(1, 131):
        total = indicators.vwap(price[:n], qty[:n])
        assert abs(total - want[n - 1]) <= bound[n - 1] or (math.isnan(total) and math.isnan(want[n - 1]))


@pytest.mark.parametrize("series", [name for name in FINITE if name != "large"])
def test_realised_variance(series):
    x = FINITE[series]
    for n in unkind.LENGTHS:
        want = reference.realised_variance(x[:n].tolist())
        assert indicators.realised_variance(x[:n]) == pytest.approx(want, rel=1e-15, abs=1e-300)


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 30])
@pytest.mark.parametrize("levels", [1, 2, 5, 10])
def test_of_several_levels(rows, levels):
    rng = np.random.default_rng(7)
    bid_price, ask_price = 1e4 - rng.random((rows, 10)), 1e4 + rng.random((rows, 10))
    bid_qty, ask_qty = rng.integers(0, 3, (2, rows, 10)).astype(float)
    weights = np.exp(-0.5 * np.arange(levels))
    cut = [side[:, :levels].tolist() for side in (bid_price, bid_qty, ask_price, ask_qty)]
    close = {"rtol": 1e-14, "atol": 1e-15}
    result = indicators.imbalance(bid_qty, ask_qty, levels)
    np.testing.assert_allclose(result, reference.imbalance(cut[1], cut[3], [1] * levels), **close)
    result = indicators.imbalance(bid_qty, ask_qty, levels, weights=weights)
    np.testing.assert_allclose(result, reference.imbalance(cut[1], cut[3], weights.tolist()), **close)
    result = indicators.weighted_mid(bid_price, bid_qty, ask_price, ask_qty, levels)
    np.testing.assert_allclose(result, reference.weighted_mid(*cut), **close)


def test_of_the_touch():
    for n in unkind.LENGTHS:
        book = unkind.book(SERIES["ticks"][:n])
        lists = [side.tolist() for side in book]
        rows = [[[value] for value in side] for side in lists]
        np.testing.assert_array_equal(
            indicators.imbalance(book[1], book[3]), np.array(reference.imbalance(rows[1], rows[3], [1]), float)
        )
        np.testing.assert_allclose(
            indicators.weighted_mid(*book), np.array(reference.weighted_mid(*rows), float), rtol=4e-16
        )


@pytest.mark.parametrize("series", ["ticks", "nan", "constant"])
def test_ofi(series):
    for n in unkind.LENGTHS:
        book = unkind.book(SERIES[series][:n])
        want = np.array(reference.ofi(*(side.tolist() for side in book)), float)
        np.testing.assert_array_equal(indicators.ofi(*book), want)


def test_a_long_series_does_not_drift():
    x = 1e6 + np.random.default_rng(9).normal(size=1_000_003).cumsum()
    windows = np.lib.stride_tricks.sliding_window_view(x, 20)[-1000:]
    exact = [math.fsum(window) / 20 for window in windows]
    np.testing.assert_allclose(indicators.rolling_mean(x, 20)[-1000:], exact, rtol=4 * EPSILON)
    qty = np.ones(len(x))
    want = math.fsum(x) / len(x)
    assert indicators.vwap(x, qty) == pytest.approx(want, rel=4 * EPSILON)
    assert indicators.vwap(x, qty, cumulative=True)[-1] == pytest.approx(want, rel=4 * EPSILON)
    steps = np.diff(x)
    assert indicators.realised_variance(x) == pytest.approx(math.fsum(steps * steps), rel=40 * EPSILON)
