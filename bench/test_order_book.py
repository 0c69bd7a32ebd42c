"""Applying order messages to the order book: in batches, and one by one from Python."""

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


def test_apply(benchmark, rows):
    def run():
        book = lumina.OrderBook(2 * LIVE)
        return book.apply(rows)

    counts = benchmark(run)
    assert not any(counts.values())
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_row"] = benchmark.stats["median"] / ROWS * 1e9


def test_queue_ahead(benchmark, rows):
    book = lumina.OrderBook()
    book.apply(rows)
    price = book.best_bid[0]
    last = int(book.orders(price, "buy")[0][-1])
    benchmark.pedantic(lambda: book.queue_ahead(last), rounds=100, iterations=1000)
