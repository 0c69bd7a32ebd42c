"""Snapshots of the order book: each the reference book of its sequence, also while another thread applies messages."""

import random
import re
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.order_book import OrderBook as Reference

import lumina
from lumina import Kind, OrderBook, Side

LEVELS = 4
MESSAGES = 6000


def top_of(book):
    """The best levels of a reference book, as lists."""
    return [[list(level) for level in book.depth(side)[:LEVELS]] for side in (Side.BUY, Side.SELL)]


def lists(snapshot):
    return [snapshot.bids.tolist(), snapshot.asks.tolist()]


def apply_to(book, kind, order_id, new_id, side, price, lots):
    if kind == Kind.ADD:
        return book.add(order_id, side, price, lots)
    if kind == Kind.CANCEL:
        return book.cancel(order_id)
    if kind == OrderBook.REPLACE:
        return book.replace(order_id, new_id, price, lots)
    return (book.reduce if kind == Kind.REDUCE else book.execute)(order_id, lots)


@pytest.fixture(scope="module")
def stream():
    """Messages near one price, some refused, and the top of the reference book before and after each."""
    rng = random.Random(3)
    rows, book, last = np.zeros(MESSAGES, lumina.ORDER_MESSAGE), Reference(), 0
    states = [top_of(book)]
    for row in rows:
        live = list(book.orders) or [1]
        adds = 8 if len(live) < 60 else 1
        kind = rng.choices((Kind.ADD, Kind.CANCEL, Kind.REDUCE, Kind.EXECUTE, OrderBook.REPLACE), (adds, 2, 1, 1, 2))[0]
        side, order_id = rng.randrange(2), rng.choice(live)
        if kind == Kind.ADD:
            order_id = last = last + 1
        new_id = 0
        if kind == OrderBook.REPLACE:
            new_id = last = last + 1
        price = 1000 + (1 if side else -1) * int(rng.expovariate(0.2))
        fields = (int(kind), order_id, new_id, side, price, rng.randrange(12))
        apply_to(book, *fields)
        for name, value in zip(
            ("kind", "order_id", "new_id", "side", "price_ticks", "qty_lots"), fields, strict=True
        ):
            row[name] = value
        states.append(top_of(book))
    assert sum(book.counts.values()) > 100
    return rows, states


@pytest.mark.parametrize(("publish", "batch"), [("change", MESSAGES), ("change", 100), ("batch", 20)])
def test_a_thread_reads_while_another_writes(stream, publish, batch):
    """Rounds of the same messages until enough snapshots were taken in their midst."""
    rows, states = stream
    in_the_midst = set()
    for _ in range(2000):
        book = OrderBook(snapshots=LEVELS, publish=publish)

        def write(book=book):
            for start in range(0, MESSAGES, batch):
                book.apply(rows[start : start + batch], ts_ns=start + 1)

        writer = threading.Thread(target=write)
        writer.start()
        last = last_touch = 0
        while last < MESSAGES:
            snapshot = book.snapshot()
            assert snapshot.sequence >= last
            last = snapshot.sequence
            assert lists(snapshot) == states[last]
            assert snapshot.ts_ns == (last - 1) // batch * batch + 1 if last else snapshot.ts_ns == 0
            touch = book.snapshot(1)
            assert touch.sequence >= max(last, last_touch)
            last_touch = touch.sequence
            assert lists(touch) == [side[:1] for side in states[last_touch]]
            if last not in (0, MESSAGES):
                in_the_midst.add(last)
                assert publish == "change" or last % batch == 0
        writer.join()
        assert lists(book.snapshot()) == states[-1]
        if len(in_the_midst) >= 20:
            return
    pytest.fail(f"only {len(in_the_midst)} snapshots in the midst of the messages")


def test_nothing_else_is_allowed_meanwhile(stream):
    rows, _ = stream
    many = np.tile(rows, 50)
    calls = (len, OrderBook.clear, lambda b: b.best_bid, lambda b: b.add(1, 0, 1, 1), lambda b: 1 in b)
    refused, told = 0, set()
    while refused < len(calls):
        book = OrderBook()
        writer = threading.Thread(target=book.apply, args=(many,))
        writer.start()
        while writer.is_alive() and refused < len(calls):
            try:
                calls[refused](book)
            except RuntimeError as error:
                told.add(str(error))
                refused += 1
        writer.join()
    assert told == {"another thread applies messages to the book: only snapshot() may be called meanwhile"}


OPERATION = st.tuples(
    st.sampled_from([*map(int, (Kind.ADD, Kind.ADD, Kind.ADD, Kind.REDUCE, Kind.CANCEL)), OrderBook.REPLACE]),
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(0, 1),
    st.one_of(st.integers(95, 105), st.sampled_from([90_000, -90_000])),
    st.integers(0, 4),
)


@given(st.lists(st.one_of(OPERATION, st.just("clear")), max_size=80), st.sampled_from(["change", "batch"]))
def test_operation_by_operation(operations, publish):
    single, want = OrderBook(snapshots=LEVELS), Reference()
    batched = OrderBook(snapshots=LEVELS, publish=publish)
    sequence = 0
    for operation in operations:
        if operation == "clear":
            single.clear()
            batched.clear()
            want = Reference()
        else:
            sequence += 1
            apply_to(want, *operation)
            apply_to(single, *operation)
            row = np.zeros(1, lumina.ORDER_MESSAGE)
            for name, value in zip(
                ("kind", "order_id", "new_id", "side", "price_ticks", "qty_lots"), operation, strict=True
            ):
                row[name] = value
            batched.apply(row)
        for book in (single, batched):
            snapshot = book.snapshot()
            assert (lists(snapshot), snapshot.sequence) == (top_of(want), sequence)
            for n in (1, 2):
                assert lists(book.snapshot(levels=n)) == [side[:n] for side in top_of(want)]


def test_a_snapshot_by_hand():
    book = OrderBook(snapshots=2)
    assert book.snapshot().bids.shape == book.snapshot(1).asks.shape == (0, 3)
    book.add(1, "buy", 100, 5)
    book.add(2, "buy", 100, 7)
    book.add(3, "buy", 98, 1)
    book.add(4, "buy", 97, 1)
    book.add(5, "sell", -3, 2)
    snapshot = book.snapshot()
    assert isinstance(snapshot, lumina.BookSnapshot)
    assert snapshot.bids.dtype == np.int64
    assert snapshot.bids.tolist() == [[100, 12, 2], [98, 1, 1]] and snapshot.asks.tolist() == [[-3, 2, 1]]
    assert (snapshot.sequence, snapshot.ts_ns) == (5, 0)
    bids, asks = book.depth(2)
    assert snapshot.bids.tolist() == bids.tolist() and snapshot.asks.tolist() == asks.tolist()
    book.cancel(5)
    assert snapshot.asks.tolist() == [[-3, 2, 1]]  # it stays what it was
    assert book.snapshot(1).asks.shape == (0, 3) and book.snapshot(1).sequence == 6


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: OrderBook(snapshots=-1), "snapshots -1 is not in [0, 4096]"),
        (lambda: OrderBook(snapshots=4097), "snapshots 4097 is not in [0, 4096]"),
        (lambda: OrderBook(snapshots=1, publish="often"), "publish 'often' is neither 'change' nor 'batch'"),
        (lambda: OrderBook().snapshot(), r"the book keeps no snapshots: OrderBook(snapshots=LEVELS)"),
        (lambda: OrderBook(snapshots=3).snapshot(4), "levels 4 is not in [1, 3]"),
        (lambda: OrderBook(snapshots=3).snapshot(0), "levels 0 is not in [1, 3]"),
    ],
)
def test_refusals(call, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        call()
