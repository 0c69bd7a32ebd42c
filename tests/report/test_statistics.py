"""The statistics of the report against numbers from the papers and from paper and pencil."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina._core._types import FILL, NO_MID, ORDER, ORDER_EVENT
from lumina.data import Instrument
from lumina.report import statistics

LINEAR = Instrument("BTCUSDT", "0.1", "0.001", settlement="USDT")
INVERSE = Instrument("BTCUSD_PERP", "0.1", "1", multiplier=100, inverse=True, settlement="BTC")


def fills(*rows):
    """(ts_ns, side, price_ticks, qty_lots, mid2_ticks) each; positions follow."""
    made = np.zeros(len(rows), FILL)
    names = ("ts_ns", "side", "price_ticks", "qty_lots", "mid2_ticks")
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        made[name] = column
    made["position_lots"] = np.cumsum((1 - 2 * made["side"].astype(int)) * made["qty_lots"])
    made["maker"] = 1
    return made


def test_max_drawdown_is_the_reference():
    assert statistics.max_drawdown([0, 5, 3, 8, 2, 1, 6, 12, 9, 4, 10]) == 8


def test_max_drawdown_of_nothing_and_of_a_rise_is_zero():
    assert statistics.max_drawdown([]) == 0
    assert statistics.max_drawdown([-3, 1, 4]) == 0


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=60))
def test_max_drawdown_is_the_worst_pair(curve):
    worst = max(curve[i] - curve[j] for i in range(len(curve)) for j in range(i, len(curve)))
    assert statistics.max_drawdown(curve) == worst


def test_probabilistic_sharpe_is_the_reference():
    assert statistics.probabilistic_sharpe(0.1, 250, -0.5, 6) == pytest.approx(0.9370978833, abs=1e-10)


def test_deflated_sharpe_is_the_reference():
    best, deflated = statistics.deflated_sharpe(2.5 / math.sqrt(250), 1250, -3, 10, trials=100, variance=0.5 / 250)
    assert best == pytest.approx(0.113172, abs=1e-6)
    assert deflated == pytest.approx(0.900397, abs=1e-6)


def test_sharpe_is_mean_over_sample_deviation():
    assert statistics.sharpe([1, 2, 3, 4]) == pytest.approx(2.5 / math.sqrt(5 / 3))
    assert math.isnan(statistics.sharpe([2, 2, 2]))


def test_moments_of_a_known_sample():
    # 0 and 10 with probabilities .9 and .1: skewness (1 - 2p) / sqrt(p q), kurtosis 3 + (1 - 6 p q) / (p q)
    skewness, kurtosis = statistics.moments([0] * 9 + [10])
    assert skewness == pytest.approx(0.8 / 0.3)
    assert kurtosis == pytest.approx(3 + 0.46 / 0.09)


def test_period_pnl_takes_complete_periods_only():
    ts_ns = np.array([0, 10, 20, 30, 40, 55])
    pnl = np.array([0, 3, 4, 8, 5, 100])
    assert statistics.period_pnl(ts_ns, pnl, 20).tolist() == [4, 1]


def test_markout_is_quantity_weighted_and_signed():
    # a buy of 1 at 100 and a sale of 3 at 104 around a mid of 102; the mid goes to 103, then 105
    made = fills((0, 0, 100, 1, 204), (1, 1, 104, 3, 204))
    found = statistics.markout(made, np.array([206, 210]), LINEAR)
    assert found["fills"] == 2
    assert found["markout_ticks"] == (1 * 3 + 3 * -1) / 4
    assert found["adverse_selection_ticks"] == (1 * 1 + 3 * -3) / 4
    assert found["realised_spread_ticks"] == 0
    assert found["markout"] == 0
    at_fill = statistics.markout(made, made["mid2_ticks"], LINEAR)
    assert at_fill["markout_ticks"] == 2
    assert at_fill["markout"] == pytest.approx(8 * 0.1 * 0.001, abs=1e-18)


def test_markout_leaves_out_fills_after_whose_horizon_the_data_ended():
    made = fills((0, 0, 100, 1, 204), (1, 1, 104, 3, 204))
    alone = statistics.markout(made, np.array([206, NO_MID]), LINEAR)
    assert (alone["markout_ticks"], alone["realised_spread_ticks"]) == (3, 6)
    assert statistics.markout(made, np.array([NO_MID, NO_MID]), LINEAR) == {
        "fills": 0, "markout_ticks": None, "markout": None, "adverse_selection_ticks": None,
        "realised_spread_ticks": None,
    }  # fmt: skip


def test_inverse_contracts_gain_in_coin():
    # 5 contracts of 100 USD bought at 50,000 and worth 60,000: 500 / 50000 - 500 / 60000 BTC
    gain = statistics.value_change(INVERSE, np.array([5]), np.array([500_000.0]), np.array([600_000.0]))
    assert gain[0] == pytest.approx(500 / 50_000 - 500 / 60_000, abs=1e-15)
    assert statistics.notional(INVERSE, np.array([5.0]), np.array([500_000.0]))[0] == pytest.approx(0.01, abs=1e-15)


def test_notional_of_a_linear_contract():
    assert statistics.notional(LINEAR, np.array([10.0]), np.array([618_000.0]))[0] == pytest.approx(618.0)


def test_inventory_is_weighted_by_time():
    # flat for 10, +2 for 30, -1 for 60
    made = fills((10, 0, 100, 2, 200), (40, 1, 100, 3, 200))
    found = statistics.inventory(made, 0, 100, limit_lots=2)
    assert found["mean"] == pytest.approx(0 * 0.1 + 2 * 0.3 - 1 * 0.6)
    assert found["std"] == pytest.approx(math.sqrt(4 * 0.3 + 1 * 0.6))
    assert (found["min"], found["max"], found["max_abs"]) == (-1, 2, 2)
    assert found["time_flat"] == pytest.approx(0.1)
    assert found["time_at_limit"] == pytest.approx(0.3)
    assert (found["p05"], found["p95"]) == (-1, 2)


def test_inventory_of_no_fills_is_flat():
    found = statistics.inventory(np.zeros(0, FILL), 0, 100)
    assert (found["mean"], found["std"], found["time_flat"], found["time_at_limit"]) == (0, 0, 1, None)


def test_fill_ratios_count_what_was_accepted():
    orders = np.zeros(4, ORDER)
    orders["state"] = [3, 4, 4, 5]  # filled, cancelled after 1 of 4, cancelled, rejected
    orders["qty_lots"] = [5, 4, 1, 90]
    orders["filled_lots"] = [5, 1, 0, 0]
    log = np.zeros(9, ORDER_EVENT)
    log["action"] = [0, 0, 0, 0, 3, 1, 2, 5, 4]
    found = statistics.fill_ratios(orders, log, np.zeros(2, FILL))
    assert found == {"by_quantity": 0.6, "by_order": 2 / 3, "rejected": 1, "requests": 6, "order_to_trade": 3.0}


def test_fill_ratios_of_nothing():
    found = statistics.fill_ratios(np.zeros(0, ORDER), np.zeros(0, ORDER_EVENT), np.zeros(0, FILL))
    assert found["by_quantity"] is None
    assert found["order_to_trade"] is None


@given(st.lists(st.tuples(st.integers(-5, 25), st.integers(0, 10)), max_size=12))
def test_covered_counts_each_instant_once(spans):
    start = np.array([at for at, _ in spans], dtype=np.int64)
    end = np.array([at + length for at, length in spans], dtype=np.int64)
    instants = {t for at, length in spans for t in range(at, at + length) if 0 <= t < 20}
    assert statistics.covered(start, end, 0, 20) == pytest.approx(len(instants) / 20)


def test_percentiles_are_named():
    found = statistics.percentiles(np.arange(101))
    assert found == {"p50": 50, "p90": 90, "p99": 99, "p99.9": pytest.approx(99.9), "max": 100, "n": 101}
    assert statistics.percentiles(np.empty(0)) is None
