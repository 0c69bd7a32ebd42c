"""Market statistics: a market of seven events worked out by hand, known processes, and the command."""

import json
import math

import numpy as np
import pytest

from lumina.errors import DataError
from lumina.research import market_statistics
from lumina.research.cli import main
from lumina.research.market_reference import STATISTICS, compare
from lumina.research.market_statistics import autocorrelation, kurtosis, regression

BUY, SELL = 1 << 29, 1 << 28
NS = 10**9


def play(market, step_s):
    """Touches behind the events, bid / ask:

    step 0   99 x 5 / 100 x 3    mid  99.5
    step 1   99 x 7 / 100 x 3    mid  99.5   bid added, flow +2
    step 2   99 x 7 / 101 x 6    mid 100     buy of 3, flow +3
    step 4   99 x 7 / 100 x 4    mid  99.5   ask added, flow -4
    step 6   98 x 6 / 100 x 4    mid  99     sell of 9 at 99 and 98, flow -7
    step 8   99 x 1 / 100 x 4    mid  99.5   bid added, flow +1
    step 10  the same            an ask at 101 is added
    """
    at = lambda step: setattr(market, "ts", NS + step * step_s * NS)  # noqa: E731
    at(0)
    market.add(BUY, 98, 8)
    market.add(BUY, 99, 5)
    market.add(SELL, 100, 3)
    market.add(SELL, 101, 6)
    at(1)
    market.add(BUY, 99, 2)
    at(2)
    market.take(BUY, 3, 100)
    at(4)
    market.add(SELL, 100, 4)
    at(6)
    market.take(SELL, 9, 98)
    at(8)
    market.add(BUY, 99, 1)
    at(10)
    market.add(SELL, 101, 1)
    return market.array()


@pytest.fixture
def played(market, load_rows):
    return lambda step_s: load_rows(play(market, step_s))


@pytest.mark.parametrize("level", ["L3", "L2"])
def test_by_hand_a_step_a_second(played, level):
    tape = played(1)
    found = market_statistics(tape if level == "L3" else tape.to_l2())
    assert found.seconds == 10
    assert (found.events_per_s, found.trades_per_s, found.traded_lots_per_s) == (0.6, 0.2, 1.2)
    assert found.spread_ticks == pytest.approx(1.4)
    assert found.spread_shares == pytest.approx((0.6, 0.4, 0))
    assert found.best_queue_lots == pytest.approx(4.8)  # (4 + 5 + 2 * (6.5 + 5.5 + 5 + 2.5)) / 10
    assert found.effective_half_spread_ticks == pytest.approx(0.5)  # the second sell price does not count
    # changes over 1 s: 0 .5 0 -.5 0 -.5 0 .5 0 0
    assert found.volatility_ticks[0] == pytest.approx(math.sqrt(0.1))
    assert found.kurtosis[0] == pytest.approx(2.5)
    assert found.return_acf == pytest.approx(0)
    assert found.sign_acf[0] == pytest.approx(-1)
    assert found.ofi_r2[0] == pytest.approx(7.5**2 / 76.5)
    assert found.trade_imbalance_r2[0] == pytest.approx(36 / 86.4)
    assert found.response_ticks[0] == pytest.approx(0.5)
    # imbalances 3/13 2/10 2/8 3/11 4/10 from low to high are of steps 2 6 0 4 1
    assert found.up_probability == (0, 1, 1, 0, 1)


def test_by_hand_a_step_ten_seconds(played):
    found = market_statistics(played(10))
    assert found.volatility_ticks[2] == pytest.approx(math.sqrt(0.1 / 10))
    assert found.ofi_r2[1] == pytest.approx(7.5**2 / 76.5)
    assert found.ofi_slope == pytest.approx(7.5 / 76.5 * 2 * 4.8)
    assert found.trade_imbalance_r2[1] == pytest.approx(36 / 86.4)
    # absolute changes 0 .5 0 .5 0 .5 0 .5 0 0, mean .2, variance .06; at lag 5 four pairs of 0 and .5, one of 0 and 0
    assert found.absolute_return_acf[1] == pytest.approx((4 * -0.06 + 0.04) / 5 / 0.06)
    # after 60 s only the buy is within the tape: the mid is back
    assert found.response_ticks == pytest.approx((0.5, 0.5, 0))


def test_by_hand_a_step_a_minute(played):
    found = market_statistics(played(60))
    assert found.daily_volatility_percent == pytest.approx(100 * math.sqrt(0.1 * 390) / 99.5)
    assert found.kurtosis[3] == pytest.approx(2.5)


def test_what_is_too_short_is_not_a_number(played):
    found = market_statistics(played(1))
    assert math.isnan(found.volatility_ticks[4])
    assert math.isnan(found.response_ticks[1])
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert said["volatility_ticks"][4] is None
    assert next(entry for entry in compare([found]) if entry["name"].endswith("after 60 s"))["mean"] is None


def test_time_with_one_side_counts_for_no_spread(market, load_rows):
    """99 / 100 for 2 s, then 2 s without asks, then 99 / 103 for 1 s: no change of the mid across the gap."""
    market.ts = NS
    market.add(BUY, 99, 1)
    market.add(SELL, 100, 1)
    market.ts = 3 * NS
    market.take(BUY, 1, 100)
    market.ts = 5 * NS
    market.add(SELL, 103, 1)
    market.ts = 6 * NS
    market.add(SELL, 104, 1)
    found = market_statistics(load_rows(market.array()))
    assert found.spread_ticks == pytest.approx((2 * 1 + 1 * 4) / 3)
    assert found.spread_shares == pytest.approx((2 / 3, 0, 1 / 3))
    assert found.volatility_ticks[0] == 0
    assert found.seconds == 5


def test_no_two_sides_is_an_error(market, load_rows):
    market.ts = NS
    market.add(BUY, 99, 1)
    with pytest.raises(DataError, match="no time with two sides"):
        market_statistics(load_rows(market.array()))


def test_known_processes():
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(200_000)
    assert kurtosis(noise) == pytest.approx(3, abs=4 * math.sqrt(24 / 200_000))
    assert kurtosis(rng.choice([-1.0, 1.0], 100_000)) == pytest.approx(1, abs=1e-3)
    series = np.empty_like(noise)
    series[0] = noise[0]
    for i in range(1, len(noise)):
        series[i] = 0.6 * series[i - 1] + noise[i]
    for lag in (1, 3):
        assert autocorrelation(series, lag) == pytest.approx(0.6**lag, abs=0.015)
    slope, r2 = regression(series, 2 * series + 2.5 * rng.standard_normal(len(series)))  # variances 6.25 and 6.25
    assert slope == pytest.approx(2, abs=0.025)
    assert r2 == pytest.approx(0.5, abs=0.01)


def test_the_mark_is_beyond_four_deviations(played):
    found = market_statistics(played(1))
    entries = {entry["name"]: entry for entry in compare([found, found])}
    assert len(entries) == len(STATISTICS) == 45
    assert entries["spread, ticks"] == {
        "name": "spread, ticks", "mean": pytest.approx(1.4), "sd": pytest.approx(0), "reference": 1.089,
        "reference_sd": 0.0015, "beyond": True,
    }  # fmt: skip
    assert not entries["kurtosis of changes, 300 s"]["beyond"]


def test_command(played, tmp_path, capsys):
    played(1).save(tmp_path / "market.lumina")
    path = str(tmp_path / "market.lumina")
    assert main(["market", path]) == 0
    out = capsys.readouterr().out
    for text in ("market of MARKET", "effective half spread", "beyond 4 sd", "0.5935"):
        assert text in out
    assert main(["market", path, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["sessions"][0]["events_per_s"] == 0.6
    assert main(["market", path, "--seed", "3"]) == 2
    assert "--seed: of the embedded market" in capsys.readouterr().err
