"""Matching orders: in batches, and one by one from Python."""

import numpy as np
import pytest

import lumina

ROWS = 100_000
LIVE = 5_000


@pytest.fixture(scope="module")
def rows():
    """Orders near one price, one in twelve crosses it; from LIVE on each follows the cancel of an earlier one."""
    rng = np.random.default_rng(1)
    rows = np.zeros(ROWS, lumina.MATCH_MESSAGE)
    rows["side"] = rng.integers(0, 2, ROWS)
    distance = np.where(rng.random(ROWS) < 1 / 12, -1, np.minimum(rng.geometric(0.1, ROWS), 200))
    rows["price_ticks"] = np.where(rows["side"] == 0, 10_000 - distance, 10_000 + distance)
    rows["qty_lots"] = 10
    rows["order_id"] = np.arange(1, ROWS + 1)
    cancels = np.arange(2 * LIVE, ROWS, 2)
    rows["kind"][cancels] = lumina.MatchKind.CANCEL
    rows["order_id"][cancels] = cancels - rng.integers(0, LIVE, len(cancels)) * 2
    return rows


def test_apply(benchmark, rows):
    def run():
        return lumina.MatchingEngine(2 * LIVE).apply(rows)

    events = benchmark(run)
    assert (events["kind"] == lumina.MatchEventKind.TRADED).sum() > ROWS // 50
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_row"] = benchmark.stats["median"] / ROWS * 1e9


def test_submit_and_cancel(benchmark, rows):
    engine = lumina.MatchingEngine()
    engine.apply(rows)

    def run():
        engine.submit(ROWS + 1, "buy", 9_000, 1)
        engine.cancel(ROWS + 1)

    benchmark.pedantic(run, rounds=100, iterations=100)
