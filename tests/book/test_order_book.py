"""The order-by-order book: its operations by hand, and state by state against the reference book."""

import os
import random
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.order_book import COUNTS
from reference.order_book import OrderBook as Reference

import lumina
from lumina import Kind, OrderBook, Side

MAX_ID = 2**64 - 1
FAR = 2**30
OPERATIONS = 2_400_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 200_000


def messages(*rows):
    """ORDER_MESSAGE rows from (kind, order_id, new_id, side, price, lots)."""
    out = np.zeros(len(rows), lumina.ORDER_MESSAGE)
    for name, column in zip(
        ("kind", "order_id", "new_id", "side", "price_ticks", "qty_lots"), zip(*rows, strict=True), strict=True
    ):
        out[name] = np.array(column, out.dtype[name])
    return out


def assert_same_book(book, want):
    """All levels, all queues in order, and each order's place."""
    assert len(book) == len(want.orders)
    levels = max(len(want.queues[Side.BUY]), len(want.queues[Side.SELL])) + 1
    for side, rows in zip((Side.BUY, Side.SELL), book.depth(levels), strict=True):
        assert list(map(tuple, rows.tolist())) == want.depth(side)
        for price in want.queues[side]:
            ids, lots = book.orders(price, side)
            queue = want.queue(side, price)
            assert list(zip(ids.tolist(), lots.tolist(), strict=True)) == queue
            for order_id in (queue[0][0], queue[-1][0]):
                assert book.queue_ahead(order_id) == want.queue_ahead(order_id)


def assert_same_touch(book, want):
    assert book.best_bid == want.best(Side.BUY)
    assert book.best_ask == want.best(Side.SELL)
    assert book.counts == want.counts


class Ids:
    """Ids of one temper: new ones, and ones that were given out before."""

    def __init__(self, temper, rng):
        self.rng = rng
        self.last = 0
        self.recent = [0, MAX_ID]
        self.fresh = getattr(self, temper)

    def sequence(self):
        self.last += 1
        return self.last

    def steps(self):
        self.last += self.rng.choice((1, 64, 1000, 4096))
        return self.last

    def anything(self):
        return self.rng.getrandbits(64)

    def ends(self):
        return self.rng.choice((self.rng.randrange(40), MAX_ID - self.rng.randrange(40)))

    def clusters(self):
        return (self.rng.randrange(8) << 50) | self.rng.randrange(3000)

    def new(self):
        value = self.fresh() if self.rng.random() > 0.03 else self.rng.choice(self.recent)
        self.recent.append(value)
        if len(self.recent) > 1200:
            del self.recent[:600]
        return value

    def old(self):
        return self.recent[-self.rng.randrange(1, min(len(self.recent), 300))]


class Prices:
    def __init__(self, temper, rng):
        self.rng = rng
        self.mid = 1000
        self.draw = getattr(self, temper)

    def near(self, side):
        return self.mid + (1 if side else -1) * int(self.rng.expovariate(0.2)) + self.rng.randrange(3)

    def drifting(self, side):
        self.mid += self.rng.randrange(60)
        return self.near(side) + (self.rng.randrange(-3000, 3000) if self.rng.random() < 0.2 else 0)

    def wild(self, side):
        kind = self.rng.random()
        if kind < 0.5:
            return self.near(side)
        if kind < 0.8:
            return self.rng.randrange(-200_000, 200_000)
        if kind < 0.9:
            return self.rng.choice((-FAR, FAR)) + self.rng.randrange(-2, 3)
        return self.rng.randrange(-(2**31), 2**31)


def random_operation(rng, ids, prices, live=()):
    """(kind, order_id, new_id, side, price, lots), often one that fails. Where much is live more leave."""
    crowded = len(live) > 60
    adds = 20 if crowded else 45
    kind = rng.choices((Kind.ADD, Kind.CANCEL, Kind.REDUCE, Kind.EXECUTE, OrderBook.REPLACE), (adds, 25, 10, 10, 10))[0]
    side = rng.randrange(2)
    lots = rng.randrange(1, 30) if rng.random() > 0.02 else rng.choice((0, -1, -(2**31), 2**31 - 1))
    order_id = ids.new() if kind == Kind.ADD else ids.old()
    if crowded and kind == Kind.CANCEL and rng.random() < 0.8:
        order_id = next(islice(live, rng.randrange(len(live)), None))
    new_id = 0
    if kind == OrderBook.REPLACE:
        new_id = order_id if rng.random() < 0.2 else ids.new()
    return int(kind), order_id, new_id, side, prices.draw(side), lots


def apply_to(book, operation):
    kind, order_id, new_id, side, price, lots = operation
    if kind == Kind.ADD:
        return book.add(order_id, side, price, lots)
    if kind == Kind.CANCEL:
        return book.cancel(order_id)
    if kind == OrderBook.REPLACE:
        return book.replace(order_id, new_id, price, lots)
    return (book.reduce if kind == Kind.REDUCE else book.execute)(order_id, lots)


WORLDS = [(i, p) for i in ("sequence", "steps", "anything", "ends", "clusters") for p in ("near", "drifting", "wild")]


@pytest.mark.parametrize(("id_temper", "price_temper"), WORLDS)
def test_state_by_state_against_the_reference(id_temper, price_temper):
    """Result, counts and touch after every operation; all queues after every few. A second book takes the same
    operations in batches."""
    seed = f"{id_temper} {price_temper}"
    if OPERATIONS > 200_000:
        seed += str(random.SystemRandom().getrandbits(64))
    rng = random.Random(seed)
    ids, prices = Ids(id_temper, rng), Prices(price_temper, rng)
    single, batched, want = OrderBook(), OrderBook(), Reference()
    done = 0
    while done < OPERATIONS // len(WORLDS):
        operations = [random_operation(rng, ids, prices, want.orders) for _ in range(rng.randrange(1, 120))]
        for operation in operations:
            assert apply_to(single, operation) == apply_to(want, operation), (seed, operation)
            assert_same_touch(single, want)
        before = batched.counts
        told = batched.apply(messages(*operations))
        assert told == {name: count - before[name] for name, count in want.counts.items()}
        assert_same_touch(batched, want)
        assert_same_book(single, want)
        assert_same_book(batched, want)
        done += len(operations)
    assert all(want.counts[name] > 0 for name in COUNTS.values() if name != "bad_prices" or price_temper == "wild")


def test_a_large_book_in_batches_against_the_reference():
    """Enough live orders that batches fetch ahead."""
    rng = random.Random(7)
    ids, prices = Ids("sequence", rng), Prices("near", rng)
    book, want = OrderBook(), Reference()
    build = [(int(Kind.ADD), 10**6 + i, 0, i % 2, 1000 + i % 400 * (1 if i % 2 else -1), 5) for i in range(50_000)]
    for rows in (build, [random_operation(rng, ids, prices) for _ in range(20_000)]):
        for operation in rows:
            apply_to(want, operation)
        for start in range(0, len(rows), 999):
            book.apply(messages(*rows[start : start + 999]))
        assert_same_touch(book, want)
        assert_same_book(book, want)


OPERATION = st.tuples(
    st.sampled_from([*map(int, (Kind.ADD, Kind.ADD, Kind.REDUCE, Kind.CANCEL, Kind.EXECUTE)), OrderBook.REPLACE]),
    st.one_of(st.integers(0, 6), st.just(MAX_ID)),
    st.one_of(st.integers(0, 6), st.just(MAX_ID)),
    st.integers(0, 1),
    st.one_of(st.integers(98, 103), st.sampled_from([-FAR - 1, -FAR, FAR, FAR + 1, 90_000, -90_000])),
    st.one_of(st.integers(1, 4), st.sampled_from([0, -1, 2**31 - 1])),
)


@given(st.lists(OPERATION, max_size=60))
def test_any_few_operations(operations):
    book, want = OrderBook(), Reference()
    for operation in operations:
        assert apply_to(book, operation) == apply_to(want, operation)
        assert_same_touch(book, want)
        assert_same_book(book, want)
        for order_id in (0, 3, MAX_ID):
            assert book.queue_ahead(order_id) == want.queue_ahead(order_id)
    batched = OrderBook()
    if operations:
        batched.apply(messages(*operations))
    assert_same_book(batched, want)


def test_a_day_by_hand():
    book = OrderBook()
    assert book.best_bid is None and book.best_ask is None and len(book) == 0
    assert book.add(1, "buy", 100, 10) == "ok"
    assert book.add(2, "buy", 100, 20) == "ok"
    assert book.add(3, Side.SELL, 102, 5) == "ok"
    assert (book.best_bid, book.best_ask) == ((100, 30), (102, 5))
    assert book.queue_ahead(2) == 10
    assert book.execute(1, 4) == "ok" and book.queue_ahead(2) == 6
    assert book.replace(1, 4, 100, 6) == "ok"  # to the end of the queue
    ids, lots = book.orders(100)
    assert ids.tolist() == [2, 4] and lots.tolist() == [20, 6]
    assert ids.dtype == np.uint64 and lots.dtype == np.int64
    assert book.order(4) == ("buy", 100, 6) and book.order(1) is None
    assert 4 in book and 1 not in book and book.queue_ahead(1) is None
    bids, asks = book.depth(5)
    assert bids.tolist() == [[100, 26, 2]] and asks.tolist() == [[102, 5, 1]]
    assert book.add(5, "sell", 100, 1) == "ok"  # a locked book is a book
    assert book.orders(100)[0].tolist() == [2, 4, 5] and book.orders(100, "sell")[0].tolist() == [5]
    assert book.cancel(9) == "unknown_id" and book.add(2, "buy", 1, 1) == "duplicate_id"
    assert book.reduce(3, 6) == "overfill" and book.best_ask == (100, 1)
    assert book.counts == {
        "unknown_ids": 1,
        "duplicate_ids": 1,
        "overfills": 1,
        "bad_prices": 0,
        "bad_quantities": 0,
        "bad_messages": 0,
    }
    book.clear()
    assert len(book) == 0 and book.best_bid is None and book.counts["overfills"] == 1


def test_apply_counts_messages_that_are_none():
    book = OrderBook()
    rows = messages(
        (Kind.ADD, 1, 0, 0, 5, 5), (Kind.ADD, 2, 0, 2, 5, 5), (Kind.TRADE, 1, 0, 0, 5, 5), (99, 1, 0, 0, 5, 5)
    )
    rows.flags.writeable = False
    assert book.apply(rows)["bad_messages"] == 3
    assert book.apply(rows[:0]) == dict.fromkeys(book.counts, 0)
    assert len(book) == 1


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda b: b.add(-1, "buy", 1, 1), ValueError, "order_id -1 is not in [0, 2^64)"),
        (lambda b: b.add(2**64, "buy", 1, 1), ValueError, "order_id 18446744073709551616 is not in"),
        (lambda b: b.add(1, "bid", 1, 1), ValueError, "side 'bid' is neither 'buy' (0) nor 'sell' (1)"),
        (lambda b: b.add(1, Side.NONE, 1, 1), ValueError, "is neither 'buy' (0) nor 'sell' (1)"),
        (lambda b: b.add(1, "buy", 2**31, 1), ValueError, "price_ticks 2147483648 is not in [-2147483648, 2147483647]"),
        (lambda b: b.reduce(1, 2**31), ValueError, "qty_lots 2147483648 is not in [-2147483648, 2147483647]"),
        (lambda b: b.cancel(1.5), ValueError, "order_id = 1.5: must be a whole number"),
        (lambda b: b.depth(0), ValueError, "n 0 is below 1"),
        (lambda b: b.orders(1, "x"), ValueError, "side 'x' is neither"),
        (lambda b: OrderBook(-1), ValueError, "orders -1 is not in [0, 4294967294]"),
        (lambda b: b.apply(np.zeros(2, lumina.EVENT)), ValueError, "Buffer dtype mismatch"),
    ],
)
def test_bad_arguments_are_named(call, error, text):
    with pytest.raises(error) as caught:
        call(OrderBook())
    assert text in str(caught.value)
