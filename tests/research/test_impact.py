"""Emergent impact: the estimator on made-up differences whose law is known, and a small run of the market."""

import json
import math
import struct

import numpy as np
import pytest

from lumina import EmbeddedMarket, Side, backtest
from lumina.errors import ConfigError
from lumina.research import impact, impact_picture, impact_tables, power_law
from lumina.research.cli import main
from lumina.research.impact import _Metaorder

SIZES = (10, 30, 100, 300, 1000)
SMALL = {"sizes": (20, 80), "horizon_s": 60, "twins": 6, "warmup_s": 60, "child_lots": 1}


@pytest.fixture(scope="module")
def measured():
    return impact(**SMALL)


# ---- the fit ----


def test_an_exact_power_law():
    fit = power_law(SIZES, np.tile(0.25 * np.array(SIZES) ** 0.6, (5, 1)))
    assert fit.exponent == pytest.approx(0.6, abs=1e-12)
    assert fit.factor == pytest.approx(0.25, rel=1e-12)
    assert fit.exponent_se == pytest.approx(0, abs=1e-9)
    assert fit.sizes == SIZES


def test_two_sizes_by_hand():
    """Means 2 and 8 at 10 and 1000: ln 4 / ln 100. Errors .2 and .4, independent: relative .1 and .05."""
    # a twin each way: deviations +-d have the variance d^2 * 4/3 and the error d / sqrt(3) of the mean of four
    low, high = 0.2 * math.sqrt(3), 0.4 * math.sqrt(3)
    samples = np.array([[2 + low, 8 + high], [2 + low, 8 - high], [2 - low, 8 + high], [2 - low, 8 - high]])
    fit = power_law((10, 1000), samples)
    assert fit.exponent == pytest.approx(math.log(4) / math.log(100), abs=1e-12)
    assert fit.exponent_se == pytest.approx(math.hypot(0.1, 0.05) / math.log(100), abs=1e-12)


def test_sizes_count_by_their_errors():
    rng = np.random.default_rng(2)
    samples = 0.3 * np.array(SIZES) ** 0.7 + rng.normal(0, 1, (40, 5)) * [0.3, 3, 0.5, 8, 2]
    error = samples.std(0, ddof=1) / math.sqrt(40)
    mean = samples.mean(0)
    exponent, factor = np.polyfit(np.log(SIZES), np.log(mean), 1, w=mean / error)
    fit = power_law(SIZES, samples)
    assert fit.sizes == SIZES
    assert fit.exponent == pytest.approx(exponent, rel=1e-9)
    assert fit.factor == pytest.approx(math.exp(factor), rel=1e-9)


def test_what_the_sizes_share_does_not_count():
    """A twin that doubles everything says nothing of the exponent."""
    factor = np.array([0.9, 1.0, 1.1, 1.0])
    fit = power_law(SIZES, np.outer(factor, np.array(SIZES) ** 0.5))
    assert fit.exponent == pytest.approx(0.5, abs=1e-12)
    assert fit.exponent_se == pytest.approx(0, abs=1e-7)


def test_the_standard_error_is_the_spread_of_the_estimate():
    rng = np.random.default_rng(5)
    truth = 0.3 * np.array(SIZES) ** 0.55
    fits = [power_law(SIZES, truth + rng.normal(0, 1.5, (60, 5))) for _ in range(400)]
    exponents = np.array([fit.exponent for fit in fits])
    assert exponents.mean() == pytest.approx(0.55, abs=0.01)
    assert np.median([fit.exponent_se for fit in fits]) == pytest.approx(exponents.std(), rel=0.15)


def test_sizes_within_their_errors_are_left_out():
    rng = np.random.default_rng(1)
    samples = 0.3 * np.array(SIZES) ** 0.5 + rng.normal(0, 0.1, (50, 5))
    samples[:, 0] = rng.normal(0, 1, 50)
    assert power_law(SIZES, samples).sizes == SIZES[1:]
    assert power_law(SIZES, rng.normal(-1, 0.1, (50, 5))) is None
    assert power_law(SIZES[:2], samples[:, :2]) is None


# ---- the experiment ----


def test_children_are_even_in_size_and_time():
    market = EmbeddedMarket(seed=2, hours=0.05)
    result = backtest(market, _Metaorder(market.start_ns + 60 * 10**9, 80 * 10**9, Side.BUY, 10, 4))
    assert list(result.orders["qty_lots"]) == [2, 3, 2, 3]
    assert [int(ts - market.start_ns) // 10**9 for ts in result.orders["sent_ts_ns"]] == [70, 90, 110, 130]
    assert result.fills["qty_lots"].sum() == 10


def test_a_small_run(measured):
    assert measured.children == (20, 80)
    assert measured.at_s == (15, 30, 45, 60, 75, 90, 120)
    assert measured.moved.shape == (6, 2, 2, 7)
    assert (measured.filled == np.array([20, 80])[:, None]).all()
    bought_and_sold = measured.moved.mean(0)[:, :, 3]
    assert (bought_and_sold > 0).all()
    end = measured.ticks[:, 3]
    assert 0.5 < end[0] < end[1] < 15
    assert (measured.paid.mean((0, 2)) > 0.5).all()  # half a spread at least
    assert 40 < measured.daily_ticks < 250


def test_the_differences_are_those_of_whole_runs(measured):
    market = EmbeddedMarket(3, 180 / 3600, open_activity=0, close_activity=0)
    start = market.start_ns + 60 * 10**9
    alone, sold = (
        backtest(market, strategy, equity_interval_ns=15 * 10**9).equity["mid2_ticks"] / 2
        for strategy in (None, _Metaorder(start, 60 * 10**9, Side.SELL, 80, 80))
    )
    expected = [alone[i] - sold[i] for i in (4, 5, 6, 7, 8, 9, 11)]  # sample i is (i + 1) * 15 s after the open
    assert list(measured.moved[2, 1, 1]) == expected
    assert list(measured.base_mid[2]) == list(alone[3::4])
    assert (alone[:4] == sold[:4]).all()


def test_workers_change_nothing(measured):
    again = impact(**SMALL, workers=2)
    for name in ("moved", "paid", "filled", "base_mid", "base_lots"):
        assert (getattr(again, name) == getattr(measured, name)).all()


def test_progress_and_a_pace():
    told = []
    found = impact((2, 50), horizon_s=8, twins=2, pace_s=1, warmup_s=10, progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    assert found.children == (2, 8)
    assert found.options["child_lots"] is None


def test_the_market_can_be_another():
    """Without fair value in it, and no metaorders of others, nothing remembers our trades for long."""
    found = impact((60,), horizon_s=60, twins=4, warmup_s=30, value_impact=0.0)
    assert found.options["parameters"]["value_impact"] == 0
    assert abs(found.ticks[0, -1]) < 1.5


# ---- what is said of it ----


def test_summary_and_tables(measured):
    summary = json.loads(json.dumps(measured.summary(), allow_nan=False))
    size = summary["sizes"][1]
    assert size["ticks"] == pytest.approx((size["bought"] + size["sold"]) / 2)
    assert size["daily"] == pytest.approx(size["ticks"] / summary["market"]["daily_ticks"])
    assert size["y"] == pytest.approx(size["daily"] * math.sqrt(summary["market"]["daily_lots"] / 80))
    assert size["local_exponent"] == pytest.approx(math.log(size["ticks"] / summary["sizes"][0]["ticks"]) / math.log(4))
    assert summary["fit"]["exponent"] == pytest.approx(size["local_exponent"])  # of two sizes
    assert [point["at_s"] for point in size["path"]] == list(measured.at_s)
    assert impact_tables.tables(summary)


def test_the_command(tmp_path, capsys):
    ask = ["impact", "--sizes", "20,80", "--horizon", "40", "--twins", "3", "--workers", "1"]
    assert main([*ask, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [size["lots"] for size in summary["sizes"]] == [20, 80]
    assert main([*ask, "--child-lots", "10"]) == 0
    out = capsys.readouterr().out
    for text in ("market orders of 10 lots over 40 s", "local", "daily volatility", "80 s"):
        assert text in out
    assert max(map(len, out.splitlines())) <= 180


def test_a_picture(measured, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
    impact_picture.draw(measured, tmp_path / "impact.png")
    head = (tmp_path / "impact.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (impact_picture.WIDTH_PX, impact_picture.HEIGHT_PX)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"sizes": (30, 10)}, r"sizes = \[30, 10\]: must rise"),
        ({"sizes": ()}, r"sizes = \[\]: must rise"),
        ({"horizon_s": 30}, "horizon_s = 30: must be a multiple of 4"),
        ({"twins": 1}, r"twins = 1: must be a whole number in \[2, "),
        ({"pace_s": 0}, "pace_s = 0: must be"),
        ({"warmup_s": 0}, "warmup_s = 0: must be"),
        ({"horizon_s": 11_600}, "horizon_s = 11600: must be"),
        ({"horizon_s": math.inf}, "horizon_s = inf: must be a whole number"),
        ({"twins": math.nan}, "twins = nan: must be a whole number"),
        ({"seed": "1"}, "seed = '1': must be a whole number, not a text"),
        ({"sizes": 10}, r"sizes = 10: must be a sequence of lots, such as \(10, 100\)"),
        ({"sizes": (1.5, 3)}, r"sizes = 1\.5: must be a whole number"),
        ({"value_impact": -1}, "value_impact = -1: must be"),
    ],
)
def test_errors_name_argument_value_and_bound(options, says):
    with pytest.raises(ConfigError, match=says):
        impact(**options)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sizes", "many"], "--sizes many: must be whole numbers"),
        (["--twins", "0"], "twins = 0: must be"),
        (["--pace", "3", "--child-lots", "3"], "not allowed with"),
    ],
)
def test_errors_of_the_command_are_one_line(capsys, arguments, says):
    assert main(["impact", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
    assert captured.err.count("\n") == 1
