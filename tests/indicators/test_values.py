"""Numbers that were worked out by hand."""

import math

import numpy as np
import pytest

from lumina import indicators

BID_PRICE, BID_QTY = np.array([[100.00, 99.99, 99.98]]), np.array([[5.0, 8.0, 12.0]])
ASK_PRICE, ASK_QTY = np.array([[100.02, 100.03, 100.04]]), np.array([[3.0, 6.0, 9.0]])
NAN = math.nan


def same(result, want):
    np.testing.assert_array_equal(result, np.array(want, float))


def test_imbalance_of_the_touch():
    assert indicators.imbalance(BID_QTY, ASK_QTY, levels=1)[0] == 0.25
    assert indicators.imbalance(BID_QTY[:, 0], ASK_QTY[:, 0])[0] == 0.25


def test_imbalance_of_levels():
    assert indicators.imbalance(BID_QTY, ASK_QTY)[0] == pytest.approx(0.162790697674, abs=1e-12)


def test_imbalance_with_weights():
    weights = np.exp(-0.5 * np.arange(3))
    assert indicators.imbalance(BID_QTY, ASK_QTY, weights=weights)[0] == pytest.approx(0.178251555255, abs=1e-12)


def test_weighted_mid():
    book = [side[:, 0] for side in (BID_PRICE, BID_QTY, ASK_PRICE, ASK_QTY)]
    assert indicators.weighted_mid(*book)[0] == pytest.approx(100.0125, abs=1e-12)


def test_weighted_mid_of_levels_is_vamp():
    assert indicators.weighted_mid(BID_PRICE, BID_QTY, ASK_PRICE, ASK_QTY, 3)[0] == pytest.approx(
        100.013488372, abs=1e-9
    )


def test_ofi():
    states = [
        (100.00, 5, 100.02, 3),
        (100.00, 7, 100.02, 3),
        (100.01, 2, 100.02, 3),
        (100.01, 2, 100.02, 1),
        (100.01, 2, 100.03, 6),
        (100.00, 7, 100.03, 6),
    ]
    same(indicators.ofi(*np.array(states).T), [NAN, 2, 2, 2, 1, -2])


def test_vwap():
    price, qty = [10.0, 11.0, 13.0], [1.0, 3.0, 0.5]
    assert indicators.vwap(price, qty) == 49.5 / 4.5
    same(indicators.vwap(price, qty, cumulative=True), [10, 10.75, 11])


def test_realised_variance():
    assert indicators.realised_variance([1.0, 3.0, 2.0, 2.0, -1.0]) == 4 + 1 + 0 + 9
    assert indicators.realised_variance([5.0]) == indicators.realised_variance(np.empty(0)) == 0


def test_ema():
    same(indicators.ema([8.0, 4.0, 2.0, 10.0], 0.5), [8, 6, 4, 7])
    same(indicators.ema([8.0, 4.0, 2.0], 1.0), [8, 4, 2])


def test_ema_steps_over_nan():
    x = [NAN, NAN, 8.0, NAN, 4.0, *[4.0] * 20, NAN]
    result = indicators.ema(x, 0.5)
    same(result[:5], [NAN, NAN, 8, 8, 6])
    assert result[-1] == result[-2]


def test_ema_of_infinities():
    x = [1.0, math.inf, 5.0, -math.inf, 3.0, 1.0]
    same(indicators.ema(x, 0.5), [1, math.inf, math.inf, NAN, 3, 2])


def test_ema_of_another_indicator():
    x = np.arange(40.0)
    mean = indicators.rolling_mean(x, 5)
    assert np.isnan(indicators.ema(mean, 0.3)[:4]).all()
    np.testing.assert_array_equal(indicators.ema(mean, 0.3)[4:], indicators.ema(mean[4:], 0.3))


def test_rolling():
    x = [1.0, 5.0, 3.0, NAN, 2.0, 8.0, 2.0]
    same(indicators.rolling_mean(x, 2), [NAN, 3, 4, NAN, NAN, 5, 5])
    same(indicators.rolling_min(x, 2), [NAN, 1, 3, NAN, NAN, 2, 2])
    same(indicators.rolling_max(x, 2), [NAN, 5, 5, NAN, NAN, 8, 8])
    same(indicators.rolling_std(x, 2), [NAN, 2, 1, NAN, NAN, 3, 3])
    same(indicators.rolling_zscore(x, 2), [NAN, 1, -1, NAN, NAN, 1, -1])


def test_an_infinity_leaves_the_window():
    x = [1.0, math.inf, 3.0, 5.0]
    same(indicators.rolling_mean(x, 2), [NAN, math.inf, math.inf, 4])
    same(indicators.rolling_max(x, 2), [NAN, math.inf, math.inf, 5])
    same(indicators.rolling_std(x, 2), [NAN, NAN, NAN, 1])
    same(indicators.rolling_std(x, 1), [0, NAN, 0, 0])


def test_ddof():
    assert indicators.rolling_std([1.0, 2.0, 3.0, 4.0], 4, ddof=1)[3] == pytest.approx(math.sqrt(5 / 3), rel=1e-15)
    assert indicators.rolling_zscore([1.0, 2.0, 3.0, 4.0], 4, ddof=1)[3] == pytest.approx(
        1.5 / math.sqrt(5 / 3), rel=1e-15
    )


@pytest.mark.parametrize("window", [1, 7, 20, 33, 100])
def test_of_a_constant(window):
    x = np.full(500, 100.01)
    std = indicators.rolling_std(x, window)[window - 1 :]
    assert (std == 0).all()
    assert np.isnan(indicators.rolling_zscore(x, window)).all()
    assert (indicators.rolling_max(x, window)[window - 1 :] == 100.01).all()


def test_zero_denominators():
    assert np.isnan(indicators.imbalance([0.0], [0.0])[0])
    assert np.isnan(indicators.weighted_mid([1.0], [0.0], [2.0], [0.0])[0])
    assert math.isnan(indicators.vwap([1.0], [0.0]))
    assert math.isnan(indicators.vwap(np.empty(0), np.empty(0)))
    same(indicators.vwap([1.0, 3.0, 5.0], [0.0, 2.0, 2.0], cumulative=True), [NAN, 3, 4])
    same(indicators.imbalance([3.0, 0.0], [0.0, 3.0]), [1, -1])


def test_nan_in_the_book():
    touch = np.array([[1.0, 2, 3, 4]] * 6)
    for column in range(4):
        states = touch.copy()
        states[2, column] = NAN
        assert np.isnan(indicators.ofi(*states.T)).tolist() == [True, False, True, True, False, False]
        assert np.isnan(indicators.weighted_mid(*states.T)).tolist() == [False, False, True, False, False, False]
