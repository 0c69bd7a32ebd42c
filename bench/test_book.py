"""Applying rows to the depth book: a block of rows, and reading the touch."""

import numpy as np
import pytest

import lumina

ROWS = 100_000


@pytest.fixture(scope="module")
def rows():
    """Changes that keep 200 levels a side around one price, most of them near the touch."""
    rng = np.random.default_rng(1)
    rows = np.zeros(ROWS, lumina.EVENT)
    rows["side"] = rng.integers(0, 2, ROWS)
    distance = np.minimum(rng.geometric(0.1, ROWS), 200)
    rows["price_ticks"] = np.where(rows["side"] == 0, 100_000 - distance, 100_000 + distance)
    # up and down again at each level, so that no quantity falls below zero
    order = np.lexsort((np.arange(ROWS), rows["price_ticks"]))
    sign = np.ones(ROWS, np.int32)
    starts = np.flatnonzero(np.diff(rows["price_ticks"][order], prepend=-1))
    rank = np.arange(ROWS) - np.repeat(starts, np.diff(np.append(starts, ROWS)))
    sign[order] = np.where(rank % 2 == 0, 1, -1)
    rows["qty_lots"] = 10 * sign
    rows["flags"] = 7
    return rows


def test_apply(benchmark, rows):
    book = lumina.DepthBook(99_000, 101_000)
    benchmark(book.apply, rows)
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_row"] = benchmark.stats["median"] / ROWS * 1e9


def test_read_the_touch(benchmark, rows):
    book = lumina.DepthBook(99_000, 101_000)
    book.apply(rows[: ROWS // 2])
    benchmark.pedantic(lambda: book.best_bid, rounds=100, iterations=1000)
