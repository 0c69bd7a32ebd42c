"""The embedded market against its reference, and against the slow generator of tests/reference."""

import os

import numpy as np
import pytest

import lumina
from lumina.research import market_statistics
from lumina.research.cli import main
from lumina.research.market_reference import STATISTICS, compare
from lumina.research.market_statistics import statistics_of_touches
from tests.reference import embedded_market as slow

long = pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "long", reason="minutes: HYPOTHESIS_PROFILE=long")

# What a session settles, with half-widths well above its sampling error.
SESSION = {
    "spread, ticks": 0.012, "share of time at 1 tick": 0.010, "share of time at 2 ticks": 0.009,
    "share of time at 3 or more": 0.003, "effective half spread, ticks": 0.012, "best queue, lots": 0.7,
    "acf of trade signs, lag 1": 0.07, "R^2 on order-flow imbalance, 10 s": 0.2,
    "P(next move up), imbalance quintile 1": 0.12, "P(next move up), imbalance quintile 5": 0.12,
}  # fmt: skip


def by_label(statistics):
    return {statistic.label: (statistic.of(statistics), statistic.mean) for statistic in STATISTICS}


def check_session(statistics):
    found = by_label(statistics)
    for name, width in SESSION.items():
        value, reference = found[name]
        assert value == pytest.approx(reference, abs=width), name
    # whatever the activity; market orders come in clusters, and their sizes have a heavy tail
    assert statistics.trades_per_s / statistics.events_per_s == pytest.approx(1.85 / 71.6, rel=0.2)
    assert statistics.traded_lots_per_s / statistics.trades_per_s == pytest.approx(5.08 / 1.85, rel=0.2)


def test_a_session_of_the_embedded_market():
    check_session(market_statistics(lumina.EmbeddedMarket(seed=1, hours=6.5).record()))


def test_the_command_runs_sessions(capsys):
    assert main(["market", "--sessions", "2", "--hours", "0.1", "--seed", "3"]) == 0
    out = capsys.readouterr().out
    assert "embedded market, 2 sessions of 0.1 h, seeds 3 to 4" in out
    assert main(["market", "--sessions", "0"]) == 2
    assert "--sessions 0: must be between 1 and 10000" in capsys.readouterr().err


@long
def test_eight_sessions_are_within_four_deviations():
    sessions = [market_statistics(lumina.EmbeddedMarket(seed=seed, hours=6.5).record()) for seed in range(1, 9)]
    assert [entry for entry in compare(sessions) if entry["mean"] is None or entry["beyond"]] == []


@long
def test_the_slow_generator_is_the_same_market():
    """Two sessions of each. Those of the reference are eight: two may lie further apart than four of its deviations."""
    slow_sessions = [statistics_of_touches(slow.EmbeddedMarket(s).run(), slow.SESSION_S * slow.NS) for s in (1, 2)]
    for session in slow_sessions:
        check_session(session)
    fast = [market_statistics(lumina.EmbeddedMarket(seed=seed, hours=6.5).record()) for seed in (1, 2)]
    for statistic in STATISTICS:
        means = [np.mean([statistic.of(session) for session in sessions]) for sessions in (slow_sessions, fast)]
        assert abs(means[0] - means[1]) < 6 * statistic.sd, statistic.label
