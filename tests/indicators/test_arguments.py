"""What the functions take, what they give, and what they refuse."""

import numpy as np
import pytest

from lumina import indicators

X = np.random.default_rng(3).normal(size=100)
ROLLING = [
    indicators.rolling_mean,
    indicators.rolling_std,
    indicators.rolling_zscore,
    indicators.rolling_min,
    indicators.rolling_max,
]
ONE = {
    "ema": lambda x, **out: indicators.ema(x, 0.2, **out),
    **{f.__name__: lambda x, f=f, **out: f(x, 12, **out) for f in ROLLING},
    "cumulative_vwap": lambda x, **out: indicators.vwap(x, x, cumulative=True, **out),
    "imbalance": lambda x, **out: indicators.imbalance(x, x[::-1], **out),
    "weighted_mid": lambda x, **out: indicators.weighted_mid(x, x[::-1], x, x, **out),
    "ofi": lambda x, **out: indicators.ofi(x, x[::-1], x, x, **out),
}
each = pytest.mark.parametrize("function", ONE.values(), ids=ONE)


def unaligned(x):
    raw = np.zeros(x.nbytes + 1, np.uint8)
    moved = raw[1:].view(x.dtype)
    moved[:] = x
    assert not moved.flags.aligned
    return moved


@each
def test_any_layout_gives_the_same(function):
    want = function(X)
    spread = np.zeros(3 * len(X))[::3]
    spread[:] = X
    backwards = X[::-1].copy()[::-1]
    read_only = X.copy()
    read_only.flags.writeable = False
    for x in (spread, backwards, read_only, unaligned(X), X.astype(">f8"), X.tolist(), memoryview(X)):
        np.testing.assert_array_equal(function(np.asarray(x)), want)


@each
def test_float32_computes_in_double(function):
    x = X.astype(np.float32)
    result = function(x)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, function(x.astype(np.float64)).astype(np.float32))


@each
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int8, np.uint16, np.uint64])
def test_integers_are_taken_as_double(function, dtype):
    x = np.arange(100).astype(dtype)
    result = function(x)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, function(x.astype(float)))


def test_mixed_types_give_double():
    single = X.astype(np.float32)
    result = indicators.imbalance(single, X)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, indicators.imbalance(single.astype(float), X))


@each
def test_out(function):
    want = function(X)
    out = np.empty(len(X))
    assert function(X, out=out) is out
    np.testing.assert_array_equal(out, want)
    spread = np.zeros(2 * len(X))[::2]
    assert function(X, out=spread) is spread
    np.testing.assert_array_equal(spread, want)
    moved = unaligned(np.zeros(len(X)))
    function(X, out=moved)
    np.testing.assert_array_equal(moved, want)


@each
def test_out_may_overlap(function):
    want = function(X)
    for shift in (0, 1, 5):
        memory = np.zeros(len(X) + shift)
        x, out = memory[: len(X)], memory[shift:]
        x[:] = X
        np.testing.assert_array_equal(function(x, out=out), want)


@each
def test_out_is_checked(function):
    with pytest.raises(TypeError, match="out has dtype float32, the result has float64"):
        function(X, out=np.empty(len(X), np.float32))
    with pytest.raises(ValueError, match=r"out has shape \(99,\), the result has \(100,\)"):
        function(X, out=np.empty(99))
    read_only = np.empty(len(X))
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="out is read-only"):
        function(X, out=read_only)
    with pytest.raises(TypeError, match="out is list"):
        function(X, out=[0.0] * 100)


def test_out_of_one_number():
    with pytest.raises(ValueError, match="out is for cumulative=True"):
        indicators.vwap(X, X, out=np.empty(len(X)))


@pytest.mark.parametrize("dtype", [bool, complex, np.float16, np.longdouble, object, "U1", "M8[ns]"])
def test_types_that_are_refused(dtype):
    with pytest.raises(TypeError, match=r"x has dtype .*, not float64, float32 or an integer"):
        indicators.ema(np.zeros(3, dtype), 0.5)


def test_shapes_that_are_refused():
    with pytest.raises(ValueError, match="x has 2 dimensions, not 1"):
        indicators.rolling_mean(np.zeros((2, 2)), 1)
    with pytest.raises(ValueError, match="x has 0 dimensions"):
        indicators.realised_variance(1.0)
    with pytest.raises(ValueError, match=r"qty has shape \(3,\), price has \(2,\)"):
        indicators.vwap(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match=r"ask_qty has shape \(2, 3\), bid_qty has \(3, 2\)"):
        indicators.imbalance(np.zeros((3, 2)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"ask_qty has shape \(3,\), bid_qty has \(3, 1\)"):
        indicators.imbalance(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ValueError, match="bid_qty has 3 dimensions, not 1 or 2"):
        indicators.imbalance(np.zeros((1, 1, 1)), np.zeros((1, 1, 1)))


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.0000001, float("nan"), float("inf")])
def test_alpha_is_bounded(alpha):
    with pytest.raises(ValueError, match=r"alpha .* is not in \(0, 1\]"):
        indicators.ema(X, alpha)


@pytest.mark.parametrize("function", ROLLING)
def test_window_is_bounded(function):
    for window in (0, -1, 2**62, 2**80):
        with pytest.raises(ValueError, match=f"window {window} is not in"):
            function(X, window)
    with pytest.raises(ValueError, match=r"window = 2.5: must be a whole number"):
        function(X, 2.5)
    with pytest.raises(TypeError, match="window = '2'"):
        function(X, "2")
    assert np.isnan(function(X, 101)).all()
    assert np.isnan(function(X, 2**61)).all()
    assert function(np.empty(0), 5).shape == (0,)


def test_ddof_is_bounded():
    for ddof in (-1, 5):
        with pytest.raises(ValueError, match=f"ddof {ddof} is not in 0 .. window - 1 = 4"):
            indicators.rolling_std(X, 5, ddof=ddof)


def test_levels_are_bounded():
    rows = np.ones((4, 3))
    for levels in (0, 4, -1):
        with pytest.raises(ValueError, match=f"levels {levels} is not in 1 .. 3"):
            indicators.imbalance(rows, rows, levels)
    with pytest.raises(ValueError, match=r"levels 2 is not in 1 .. 1"):
        indicators.imbalance(np.ones(4), np.ones(4), 2)


def test_weights_are_checked():
    rows = np.ones((4, 3))
    with pytest.raises(ValueError, match=r"weights has shape \(3,\), not one a level, \(2,\)"):
        indicators.imbalance(rows, rows, 2, weights=[1, 2, 3])
    with pytest.raises(ValueError, match="not all finite"):
        indicators.imbalance(rows, rows, weights=[1, np.nan, 3])
    with pytest.raises(ValueError, match="weights need quantities of several levels"):
        indicators.imbalance(np.ones(4), np.ones(4), weights=[1])
