"""Orders by id become rows with priority stamps (SEMANTICS T1a, T3, T4), against a plain book of dicts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina._core._resolver import IF_THERE, MODIFY, NO_PRICE, REPLACE_BOOK, Resolver, Sequencer
from lumina.data.kinds import Flag, Kind, Side
from lumina.data.validate import validate_rows

BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE
E, L, END, REPLACE = Flag.EXCH, Flag.LOCAL, Flag.END, Flag.REPLACE
BOTH = E | L


def resolve(updates, **config):
    resolver = Resolver(**config)
    rows = np.concatenate([resolver.push(updates), resolver.finish()])
    return rows, resolver


def told(rows):
    return [
        (Kind(kind).name.lower(), int(price), int(qty), int(stamp))
        for kind, price, qty, stamp in zip(
            rows["kind"], rows["price_ticks"], rows["qty_lots"], rows["stamp"], strict=True
        )
    ]


def orders(make_updates, *updates):
    """(kind, order id, side, price, lots[, flags]), a message each, one ns apart."""
    return make_updates(
        *(
            (i, i, kind, side, price, lots, BOTH | END | (more[0] if more else 0), order_id)
            for i, (kind, order_id, side, price, lots, *more) in enumerate(updates)
        )
    )


def test_T1a_stamps_are_the_numbers_of_the_rows_that_gave_priority(make_updates):
    rows, resolver = resolve(
        orders(
            make_updates,
            (Kind.ADD, 7, BUY, 100, 5),
            (Kind.ADD, 8, BUY, 100, 3),
            (Kind.REDUCE, 7, NONE, 0, 2),
            (Kind.EXECUTE, 7, NONE, 0, 1),
            (MODIFY, 8, BUY, 100, 1),  # shrinks in place
            (MODIFY, 7, BUY, 100, 6),  # grows: leaves and joins
            (Kind.CANCEL, 8, NONE, 0, 0),
            (Kind.EXECUTE, 7, NONE, 0, 6),
        )
    )
    assert told(rows) == [
        ("add", 100, 5, 1),
        ("add", 100, 3, 2),
        ("reduce", 100, -2, 1),
        ("execute", 100, -1, 1),
        ("reduce", 100, -2, 2),
        ("cancel", 100, -2, 1),
        ("add", 100, 6, 7),
        ("cancel", 100, -1, 2),
        ("execute", 100, -6, 7),
    ]
    assert [bool(flags & REPLACE) for flags in rows["flags"]] == [i in (5, 6) for i in range(9)]
    assert not any(resolver.counts.values())


def test_T3_a_modification_that_moves_or_is_told_to_lose_priority_is_a_cancel_and_an_add(make_updates):
    rows, _ = resolve(
        orders(
            make_updates,
            (Kind.ADD, 1, SELL, 100, 5),
            (MODIFY, 1, SELL, 101, 5),
            (MODIFY, 1, SELL, 101, 5, REPLACE),
            (MODIFY, 1, SELL, 101, 5),
        )
    )
    assert told(rows)[1:] == [("cancel", 100, -5, 1), ("add", 101, 5, 3), ("cancel", 101, -5, 3), ("add", 101, 5, 5)]


def test_what_is_wrong_with_ids_is_counted(make_updates):
    rows, resolver = resolve(
        orders(
            make_updates,
            (Kind.REDUCE, 5, NONE, 0, 1),  # never seen
            (Kind.EXECUTE, 5, BUY, 100, 4),  # never seen, but a print
            (Kind.ADD, 1, BUY, 100, 5),
            (Kind.ADD, 1, BUY, 101, 2),  # twice
            (Kind.EXECUTE, 1, NONE, 0, 9),  # more than is left
            (Kind.CANCEL, 1, NONE, 0, 0),  # gone
            (Kind.CANCEL, 1, NONE, 0, 0, IF_THERE),  # gone, and that is fine
        )
    )
    assert told(rows) == [
        ("trade", 100, 4, 0),
        ("add", 100, 5, 2),
        ("cancel", 100, -5, 2),
        ("add", 101, 2, 4),
        ("execute", 101, -2, 4),
    ]
    assert rows["side"][0] == SELL  # the aggressor
    assert resolver.counts == {"unknown_ids": 3, "duplicate_ids": 1, "overfills": 1, "clipped": 0}


def test_orders_from_before_the_data_have_stamp_0_and_take_what_the_level_holds(make_updates):
    rows, resolver = resolve(
        orders(
            make_updates,
            (Kind.CHANGE, 0, SELL, 100, 10),  # the seed
            (Kind.EXECUTE, 44, SELL, 100, 4),
            (Kind.ADD, 45, SELL, 100, 3),
            (Kind.CANCEL, 46, SELL, 100, 12),  # 9 are left
            (Kind.CHANGE, 0, SELL, 100, 8),
        ),
        seeded=True,
    )
    assert told(rows) == [
        ("change", 100, 10, 0),
        ("execute", 100, -4, 0),
        ("add", 100, 3, 3),
        ("cancel", 100, -9, 0),
        ("change", 100, 8, 0),
    ]
    assert resolver.counts == {"unknown_ids": 2, "duplicate_ids": 0, "overfills": 0, "clipped": 1}


def test_an_iceberg_refills_at_the_end_of_the_queue(make_updates):
    rows, resolver = resolve(
        orders(
            make_updates,
            (Kind.ADD, 1, BUY, 100, 5),
            (Kind.EXECUTE, 1, NONE, 0, 5),
            (MODIFY, 1, BUY, 100, 5, IF_THERE),
        )
    )
    assert told(rows) == [("add", 100, 5, 1), ("execute", 100, -5, 1), ("add", 100, 5, 3)]
    assert rows["flags"][2] & REPLACE
    assert not any(resolver.counts.values())


def test_T1a_a_snapshot_is_the_difference_by_order_id(make_updates):
    start = [(0, 0, Kind.ADD, BUY, 100, lots, BOTH | END, i) for i, lots in ((1, 5), (2, 4), (3, 3), (4, 2))]
    snapshot = [
        (9, 9, Kind.SNAPSHOT_BEGIN, NONE, 0, REPLACE_BOOK, BOTH),
        (9, 9, Kind.ADD, BUY, 100, 4, BOTH, 2),  # as it was
        (9, 9, Kind.ADD, BUY, 100, 1, BOTH, 3),  # smaller: keeps its place
        (9, 9, Kind.ADD, BUY, 101, 2, BOTH, 4),  # moved
        (9, 9, Kind.ADD, SELL, 103, 7, BOTH, 9),  # new; 1 is gone
        (9, 9, Kind.SNAPSHOT_END, NONE, 0, 0, BOTH | END),
    ]
    rows, resolver = resolve(make_updates(*start, *snapshot))
    assert told(rows)[4:] == [
        ("snapshot_begin", 0, 0, 0),
        ("cancel", 100, -5, 1),
        ("reduce", 100, -2, 3),
        ("cancel", 100, -2, 4),
        ("add", 101, 2, 9),
        ("add", 103, 7, 10),
        ("snapshot_end", 0, 0, 0),
    ]
    assert not any(resolver.counts.values())


def test_a_clear_cancels_order_by_order_best_first(make_updates):
    adds = [
        (0, 0, Kind.ADD, side, price, 1, BOTH | END, i)
        for i, (side, price) in enumerate(((BUY, 99), (BUY, 100), (BUY, 100), (SELL, 102)), 1)
    ]
    rows, _ = resolve(make_updates(*adds, (5, 5, Kind.CLEAR, BUY, NO_PRICE, 0, BOTH | END)))
    assert told(rows)[4:] == [
        ("clear", NO_PRICE, 0, 0),
        ("cancel", 100, -1, 2),
        ("cancel", 100, -1, 3),
        ("cancel", 99, -1, 1),
    ]


def test_ids_stand_beside_the_rows(make_updates):
    updates = make_updates(
        (0, 0, Kind.ADD, BUY, 100, 5, BOTH | END, 2**64 - 1),
        (1, 1, Kind.TRADE, SELL, 99, 5, BOTH | END),
        (2, 2, MODIFY, BUY, 101, 5, BOTH | END, 2**64 - 1),
    )
    resolver = Resolver(order_ids=True)
    resolver.push(updates)
    ids = resolver.take_ids()
    resolver.finish()
    assert [*ids, *resolver.take_ids()] == [2**64 - 1, 0, 2**64 - 1, 2**64 - 1]
    assert Resolver().take_ids() is None


# ---- random streams against a book of dicts ------------------------------------------------------------------


class SlowBook:
    """Queues of [id, left] by (side, price), oldest first."""

    def __init__(self):
        self.queues = {}

    def find(self, order_id):
        for level, queue in self.queues.items():
            for order in queue:
                if order[0] == order_id:
                    return level, order
        return None, None

    def take(self, level, order, lots):
        order[1] -= lots
        if order[1] <= 0:
            self.queues[level].remove(order)

    def join(self, order_id, side, price, lots):
        self.queues.setdefault((side, price), []).append([order_id, lots])

    def apply(self, kind, order_id, side, price, lots, flags):
        level, order = self.find(order_id)
        if kind == Kind.CLEAR:
            self.queues = {key: [] if side in (NONE, key[0]) else queue for key, queue in self.queues.items()}
        elif kind == Kind.ADD:
            if order:
                self.take(level, order, order[1])
            self.join(order_id, side, price, lots)
        elif kind == MODIFY:
            if order and level == (side, price) and lots <= order[1] and not flags & REPLACE:
                self.take(level, order, order[1] - lots)
            else:
                if order:
                    self.take(level, order, order[1])
                if lots:
                    self.join(order_id, side, price, lots)
        elif order:
            self.take(level, order, order[1] if kind == Kind.CANCEL else min(lots, order[1]))

    def snapshot(self, adds):
        # what stays keeps its place, and moves or grows to the end in the snapshot's order
        named = {add[1] for add in adds}
        for queue in self.queues.values():
            queue[:] = [order for order in queue if order[0] in named]
        for add in adds:
            self.apply(MODIFY, *add[1:])

    def state(self):
        return {level: [lots for _, lots in queue] for level, queue in self.queues.items() if queue}


def queues_of(rows, view):
    """Queues of lots by (side, price) that the rows of a view leave, read off the stamps alone."""
    live, number = {}, 0
    for row in rows:
        number += bool(row["flags"] & E)
        if not row["flags"] & view or row["kind"] > Kind.EXECUTE:
            continue
        stamp, level, lots = int(row["stamp"]), (int(row["side"]), int(row["price_ticks"])), int(row["qty_lots"])
        if row["kind"] == Kind.ADD:
            if view == E:
                assert stamp == number
            assert stamp not in live
            live[stamp] = [level, lots]
        else:
            assert live[stamp][0] == level
            live[stamp][1] += lots
            assert live[stamp][1] >= 0
            if live[stamp][1] == 0:
                del live[stamp]
    out = {}
    for _, (level, lots) in sorted(live.items()):
        out.setdefault(level, []).append(lots)
    return out


ids = st.integers(1, 6)
update = st.one_of(
    st.tuples(st.sampled_from([Kind.ADD, Kind.ADD, MODIFY]), ids, st.sampled_from([BUY, SELL]), st.integers(98, 101),
              st.integers(1, 9), st.sampled_from([0, 0, REPLACE])),
    st.tuples(st.sampled_from([Kind.REDUCE, Kind.EXECUTE]), ids, st.just(NONE), st.just(0), st.integers(1, 9),
              st.just(0)),
    st.tuples(st.just(Kind.CANCEL), ids, st.just(NONE), st.just(0), st.just(0), st.just(0)),
    st.tuples(st.just(Kind.CLEAR), st.just(0), st.sampled_from([BUY, SELL, NONE]), st.just(NO_PRICE), st.just(0),
              st.just(0)),
)  # fmt: skip
snapshot = st.lists(
    st.tuples(st.just(Kind.ADD), ids, st.sampled_from([BUY, SELL]), st.integers(98, 101), st.integers(1, 9),
              st.just(0)),
    max_size=5, unique_by=lambda add: add[1],
).map(
    lambda adds: [(Kind.SNAPSHOT_BEGIN, 0, NONE, 0, REPLACE_BOOK, 0), *adds, (Kind.SNAPSHOT_END, 0, NONE, 0, 0, 0)]
)  # fmt: skip
messages = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 8), st.one_of(st.lists(update, min_size=1, max_size=4), snapshot)),
    min_size=1,
    max_size=30,
)


@given(drawn=messages, cut=st.integers(1, 40))
def test_random_orders_leave_the_queues_of_each_view(make_updates, drawn, cut):
    updates, received, local = [], [], 1000
    for wait, latency, parts in drawn:
        local += wait
        received.append((local - latency, parts))
        for i, (kind, order_id, side, price, lots, flags) in enumerate(parts):
            end = END if i == len(parts) - 1 else 0
            updates.append((local - latency, local, kind, side, price, lots, BOTH | end | flags, order_id))
    array = make_updates(*updates)
    sequencer, resolver, chunks, start = Sequencer(True), Resolver(), [], 0
    ends = np.flatnonzero(array["flags"] & END) + 1
    for end in [*ends[::cut], len(array)]:
        chunks.append(resolver.push(sequencer.push(array[start:end])))
        start = end
    chunks += [resolver.push(sequencer.finish()), resolver.finish()]
    rows = np.concatenate(chunks)
    if len(rows):
        assert validate_rows(rows).ok
    happened = sorted(received, key=lambda message: message[0])  # stable: ties in order of the file
    for view, order in ((E, happened), (L, received)):
        book = SlowBook()
        for _, parts in order:
            if parts[0][0] == Kind.SNAPSHOT_BEGIN:
                book.snapshot(parts[1:-1])
                continue
            for part in parts:
                book.apply(*part)
        found = queues_of(rows, view) if view == E else totals(rows, L)
        assert found == (book.state() if view == E else {k: sum(v) for k, v in book.state().items()})


def totals(rows, view):
    out = {}
    for row in rows[((rows["flags"] & view) != 0) & (rows["kind"] <= Kind.EXECUTE)]:
        level = int(row["side"]), int(row["price_ticks"])
        out[level] = out.get(level, 0) + int(row["qty_lots"])
    return {level: lots for level, lots in out.items() if lots}


@pytest.mark.parametrize("kind", [Kind.ADD, Kind.REDUCE, Kind.EXECUTE])
def test_orders_of_nothing_are_refused(make_updates, kind):
    with pytest.raises(ValueError, match="quantity out of bounds"):
        Resolver().push(make_updates((0, 0, kind, BUY, 100, 0, BOTH | END, 1)))
