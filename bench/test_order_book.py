"""Applying order messages to the order book in batches, with and without snapshots for readers; asking it."""

import numpy as np
import pytest

import lumina

ROWS = 100_000
LIVE = 5_000


@pytest.fixture(scope="module")
def rows():
    """Adds near one price; from LIVE on each add follows the cancel of one of the last 2 * LIVE orders."""
    rng = np.random.default_rng(1)
    rows = np.zeros(ROWS, lumina.ORDER_MESSAGE)
    rows["side"] = rng.integers(0, 2, ROWS)
    distance = np.minimum(rng.geometric(0.1, ROWS), 200)
    rows["price_ticks"] = np.where(rows["side"] == 0, 10_000 - distance, 10_000 + distance)
    rows["qty_lots"] = 10
    live, next_id = [], 1
    for i in range(ROWS):
        if len(live) >= LIVE and i % 2:
            rows[i]["kind"] = lumina.Kind.CANCEL
            at = rng.integers(0, len(live))
            rows[i]["order_id"], live[at] = live[at], live[-1]
            live.pop()
        else:
            rows[i]["kind"] = lumina.Kind.ADD
            rows[i]["order_id"] = next_id
            live.append(next_id)
            next_id += 1
    return rows


@pytest.mark.parametrize(
    "options",
    [{}, {"snapshots": 5, "publish": "batch"}, {"snapshots": 1}, {"snapshots": 5}, {"snapshots": 20}],
    ids=["plain", "batch-5", "change-1", "change-5", "change-20"],
)
def test_apply(benchmark, rows, options):
    """Plain, and publishing snapshots of so many levels, at the end or whenever they change."""

    def run():
        book = lumina.OrderBook(2 * LIVE, **options)
        return book.apply(rows)

    counts = benchmark(run)
    assert not any(counts.values())
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_row"] = benchmark.stats["median"] / ROWS * 1e9


@pytest.mark.parametrize("levels", [1, 5])
def test_snapshot(benchmark, rows, levels):
    book = lumina.OrderBook(snapshots=5)
    book.apply(rows)
    snapshot = benchmark.pedantic(lambda: book.snapshot(levels), rounds=100, iterations=1000)
    assert len(snapshot.bids) == levels


def test_queue_ahead(benchmark, rows):
    book = lumina.OrderBook()
    book.apply(rows)
    price = book.best_bid[0]
    last = int(book.orders(price, "buy")[0][-1])
    benchmark.pedantic(lambda: book.queue_ahead(last), rounds=100, iterations=1000)
