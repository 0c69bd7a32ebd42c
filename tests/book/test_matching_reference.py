"""The matching engine event by event and order by order against the reference, and what must hold of any venue."""

import os
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.matching_engine import FOK, MODES
from reference.matching_engine import MatchingEngine as Reference
from reference.matching_worlds import (
    WORLDS,
    Operations,
    apply_to,
    as_event,
    assert_same_book,
    assert_same_touch,
    messages,
    queues,
)
from reference.vocabulary import BUY, CONTINUOUS, HALT, IOC, LIMIT, MARKET, POST_ONLY, SELL

import lumina
from lumina import MatchingEngine

OPERATIONS = 4_000_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 120_000
MAX_ID = 2**64 - 1
FAR = 2**30

SEEN = {
    *((kind, "none") for kind in ("traded", "rested", "reduced", "replaced")),
    *(("rejected", reason) for reason in ("halted", "price_band", "unknown_id", "duplicate_id", "invalid")),
    *(("rejected", reason) for reason in ("post_only", "fill_or_kill")),
    ("cancelled", "requested"),
    ("killed", "remainder"),
}
SEEN_OF_MODE = {
    "cancel_newest": {("killed", "self_match")},
    "cancel_oldest": {("cancelled", "self_match")},
    "cancel_both": {("killed", "self_match"), ("cancelled", "self_match")},
    "reject": {("rejected", "self_match")},
}


class Batches:
    """An engine that takes the same operations many at a time; phase and band are no messages and end a batch."""

    def __init__(self, mode, rng):
        self.engine = MatchingEngine(self_trade=mode)
        self.rng = rng
        self.operations, self.want = [], []

    def add(self, operation, events):
        if operation[0] in ("phase", "band"):
            self.flush()
            apply_to(self.engine, operation)
            return
        self.want += [(len(self.operations), event) for event in events]
        self.operations.append(operation)

    def flush(self):
        rows = self.engine.apply(messages(self.operations, self.rng)).tolist()
        assert [(row[5], as_event(row)) for row in rows] == self.want
        self.operations, self.want = [], []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("world", WORLDS)
def test_event_by_event_against_the_reference(world, mode):
    """Events and touch after every operation; all queues after every few. A second engine takes them in batches."""
    seed = f"{world} {mode}"
    if OPERATIONS > 120_000:
        seed += str(random.SystemRandom().getrandbits(64))
    rng = random.Random(seed)
    want, single, batched = Reference(mode), MatchingEngine(self_trade=mode), Batches(mode, rng)
    operations = Operations(WORLDS[world], rng, want)
    seen = Counter()
    check = 0
    for done in range(OPERATIONS // (len(WORLDS) * len(MODES))):
        operation = operations.draw()
        events = apply_to(want, operation)
        assert apply_to(single, operation) == events, (seed, done, operation)
        assert_same_touch(single, want)
        batched.add(operation, events)
        seen.update((event.kind, event.reason) for event in events)
        if done == check:
            check += rng.randrange(1, 200)
            batched.flush()
            assert_same_book(single, want)
            assert_same_book(batched.engine, want)
    assert set(seen) == SEEN | SEEN_OF_MODE[mode]


ID = st.one_of(st.integers(0, 6), st.just(MAX_ID))
SIDE = st.sampled_from([BUY, SELL])
PRICE = st.one_of(st.integers(98, 103), st.integers(98, 103), st.sampled_from([-FAR - 1, -FAR, FAR, FAR + 1, 90_000]))
LOTS = st.one_of(st.integers(1, 4), st.integers(1, 4), st.sampled_from([0, -1, 2**31 - 1]))
OWNER = st.integers(0, 2)
BAND = st.sampled_from([None, (99, 102), (100, 100), (101, 200), (-FAR, FAR - 1)])
SUBMIT = st.tuples(
    st.just("submit"), ID, SIDE, PRICE, LOTS, st.sampled_from([LIMIT, LIMIT, LIMIT, POST_ONLY, IOC, MARKET, FOK]), OWNER
)
OPERATION = st.one_of(
    SUBMIT,
    SUBMIT,
    SUBMIT,
    st.tuples(st.just("cancel"), ID),
    st.tuples(st.just("replace"), ID, ID, PRICE, LOTS, st.sampled_from([LIMIT, LIMIT, POST_ONLY, FOK])),
    st.tuples(st.just("mass_cancel"), OWNER, st.sampled_from([BUY, SELL, None])),
    st.tuples(st.just("phase"), st.sampled_from([CONTINUOUS, CONTINUOUS, HALT])),
    st.tuples(st.just("band"), BAND),
)


@given(st.sampled_from(MODES), st.lists(OPERATION, max_size=60))
def test_any_few_operations(mode, operations):
    want, single, batched = Reference(mode), MatchingEngine(self_trade=mode), Batches(mode, random.Random(0))
    for operation in operations:
        events = apply_to(want, operation)
        assert apply_to(single, operation) == events
        assert_same_book(single, want)
        batched.add(operation, events)
    batched.flush()
    assert_same_book(batched.engine, want)


class Witness:
    """What the events tell, and that they may: makers from the front of the best price, nobody with oneself."""

    def __init__(self):
        self.sides = {BUY: {}, SELL: {}}  # price -> [[id, lots, owner], ...]
        self.band = None

    def queue_of(self, event, order_id):
        queue = self.sides[event.side][event.price]
        return queue, next(order for order in queue if order[0] == order_id)

    def leave(self, side, order_id):
        """By search: a replaced order's old price is not told."""
        for price, queue in list(self.sides[side].items()):
            for order in queue:
                if order[0] == order_id:
                    queue.remove(order)
                    if not queue:
                        del self.sides[side][price]
                    return order
        raise AssertionError(order_id)

    def best(self, side, inside):
        prices = [price for price in self.sides[side] if inside is None or inside[0] <= price <= inside[1]]
        return max(prices) if side == BUY else min(prices)

    def see(self, event, market):
        if event.kind == "traded":
            queue, maker = self.queue_of(event, event.maker_id)
            assert queue[0] is maker and event.price == self.best(event.side, self.band if market else None)
            assert event.owner == maker[2] and (event.owner != event.taker_owner or event.owner == 0)
            maker[1] -= event.lots
            assert event.lots > 0 and event.left == maker[1] >= 0
            if maker[1] == 0:
                self.leave(event.side, event.maker_id)
        elif event.kind == "rested":
            assert event.lots == event.left > 0
            order = [event.maker_id, event.lots, event.owner]
            self.sides[event.side].setdefault(event.price, []).append(order)
        elif event.kind == "cancelled":
            assert self.queue_of(event, event.maker_id)[1] == [event.maker_id, event.lots, event.owner]
            self.leave(event.side, event.maker_id)
        elif event.kind == "reduced":
            _, order = self.queue_of(event, event.maker_id)
            assert 0 < event.lots <= order[1]
            order[:2] = event.taker_id, event.lots
        elif event.kind == "replaced":
            assert self.leave(event.side, event.maker_id)[2] == event.owner

    def assert_tells(self, engine):
        for side in (BUY, SELL):
            told = {
                price: [(order_id, lots) for order_id, lots, _ in queue] for price, queue in self.sides[side].items()
            }
            assert told == dict(queues(engine, side))
        bid, ask = engine.best_bid, engine.best_ask
        assert bid is None or ask is None or bid[0] < ask[0]


def assert_lawful(operation, events, phase, before, after):
    """What holds of the events of one operation whatever else rests."""
    name, *arguments = operation
    kinds = [event.kind for event in events]
    if "rejected" in kinds:
        assert len(events) == 1 and before == after
        return
    if phase == HALT:
        assert set(kinds) <= {"cancelled"}
    if name == "mass_cancel":
        assert all(event.owner == arguments[0] != 0 and arguments[1] in (None, event.side) for event in events)
    if name not in ("submit", "replace") or "reduced" in kinds:
        return
    if name == "submit":
        order_id, side, price, lots, how, _ = arguments
    else:
        _, order_id, price, lots, how = arguments
        assert kinds[0] == "replaced" and kinds.count("replaced") == 1
        side = events[0].side
    taken = [event for event in events if event.kind == "traded"]
    ends = [event for event in events if event.kind in ("rested", "killed")]
    assert sum(event.lots for event in taken + ends) == lots and len(ends) <= 1
    assert all(event.taker_id == order_id and event.side != side for event in taken)
    if how != MARKET:
        assert all(event.price <= price if side == BUY else event.price >= price for event in taken)
    if how == POST_ONLY:
        assert not taken and kinds[-1] == "rested"
    if how == FOK:
        assert not ends
    if how in (IOC, MARKET):
        assert "rested" not in kinds


@pytest.mark.parametrize("kind", [Reference, MatchingEngine], ids=["reference", "compiled"])
@given(mode=st.sampled_from(MODES), operations=st.lists(OPERATION, max_size=60))
def test_what_holds_of_any_venue(kind, mode, operations):
    """By the events alone: they tell the whole book, lots are neither made nor lost, rejections change nothing."""
    engine, witness = kind(self_trade=mode), Witness()
    phase = CONTINUOUS
    for operation in operations:
        before = [queues(engine, side) for side in (BUY, SELL)]
        events = apply_to(engine, operation)
        after = [queues(engine, side) for side in (BUY, SELL)]
        if operation[0] == "phase":
            phase = operation[1]
        if operation[0] == "band":
            witness.band = operation[1]
        market = operation[0] == "submit" and operation[5] == MARKET
        for event in events:
            witness.see(event, market)
        witness.assert_tells(engine)
        assert_lawful(operation, events, phase, before, after)


def test_a_large_book_in_batches():
    """Enough orders that batches fetch ahead: too many for the reference, so single operations are the measure."""
    rng = random.Random(7)
    single, batched = MatchingEngine(), Batches("cancel_newest", rng)
    sides = [rng.randrange(2) for _ in range(60_000)]
    build = [
        ("submit", order_id, side, rng.randrange(1001, 1400) * (1 if side == SELL else -1), 5, LIMIT, order_id % 50)
        for order_id, side in enumerate(sides)
    ]
    asked = []
    for new_id in range(60_000, 80_000):
        old_id, price, lots = rng.randrange(new_id), rng.randrange(-1400, 1400), rng.randrange(1, 40)
        asked.append(
            rng.choice([
                ("cancel", old_id),
                ("replace", old_id, new_id, price, lots, LIMIT),
                ("submit", new_id, rng.randrange(2), price, lots, rng.choice((LIMIT, IOC, MARKET, FOK)), new_id % 50),
            ])
        )  # fmt: skip
    for operations in (build, asked):
        for start in range(0, len(operations), 999):
            for operation in operations[start : start + 999]:
                batched.add(operation, apply_to(single, operation))
            batched.flush()
    for side in (BUY, SELL):
        assert queues(single, side) == queues(batched.engine, side)
    assert len(single) > 30_000


# What a message may say that a method does not let through


def test_messages_that_are_none():
    engine = MatchingEngine()
    engine.submit(1, BUY, 100, 5, LIMIT, 7)
    rows = messages([("cancel", 1), ("mass_cancel", 7, 3), ("cancel", 1)])
    rows["kind"][0] = 4
    rows.flags.writeable = False
    told = [(row[5], as_event(row)) for row in engine.apply(rows).tolist()]
    assert [(index, event.kind, event.reason) for index, event in told] == [
        (0, "rejected", "invalid"),
        (1, "rejected", "invalid"),
        (2, "cancelled", "requested"),
    ]
    assert told[0][1].taker_id == 1
    nothing = engine.apply(rows[:0])
    assert nothing.shape == (0,) and nothing.dtype == lumina.MATCH_EVENT


def test_a_level_holds_less_than_2_to_the_20_orders():
    engine = MatchingEngine()
    full = 2**20 - 1
    rows = messages([("submit", 0, BUY, 100, 1, LIMIT, 0)]).repeat(full)
    rows["order_id"] = range(full)
    assert len(engine.apply(rows)) == len(engine) == full
    assert apply_to(engine, ("submit", full, BUY, 100, 1, LIMIT, 0))[0].reason == "invalid"
    assert [event.kind for event in apply_to(engine, ("replace", 5, 6, 100, 1, LIMIT))] == ["rejected"]  # 6 rests
    assert [event.kind for event in apply_to(engine, ("replace", 5, full, 100, 1, LIMIT))] == ["reduced"]


def test_a_replace_at_a_full_level_takes_its_old_order_out_first():
    engine = MatchingEngine()
    huge = 2**31 - 1
    for order_id in range(2048):
        engine.submit(order_id, BUY, 100, huge)
    engine.submit(2048, BUY, 100, 2000)
    told = apply_to(engine, ("replace", 2048, 2048, 100, 2047, LIMIT))  # the level comes to hold 2^42 - 1
    assert [event.kind for event in told] == ["replaced", "rested"]
    assert engine.queue_ahead(2048) == 2048 * huge


def test_a_band_of_every_price_reads_as_it_was_set():
    engine = MatchingEngine()
    engine.band = (-FAR, FAR)
    assert engine.band == (-FAR, FAR)
