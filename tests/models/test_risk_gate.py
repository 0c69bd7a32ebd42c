"""The risk gate operation by operation against the reference, and what must hold of it whatever happens."""

import os
import random
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from reference.risk_gate import DAY_NS
from reference.risk_gate import RiskGate as Reference
from reference.vocabulary import BUY, MARKET, SELL

from lumina import Instrument, Reason, RiskGate, RiskLimits

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ROOM = {"orders": 6, "messages": 8, "recent": 8}
STRICT = {
    "max_order_lots": (3, 8), "max_notional_units": (400 * 10**7, 900 * 10**7), "price_band": (0.05, 0.1),
    "max_position_lots": (5, 20), "max_open_orders": (2, 4), "max_messages": (2, 8),
    "max_daily_loss_units": (10**8, 10**9), "duplicate_window_ns": (50, 1000), "refuse_self_cross": (True,),
}  # fmt: skip
INSTRUMENTS = {
    False: (Instrument("LINEAR", "0.01", "1"), Fraction(10**7)),
    True: (Instrument("INVERSE", "1", "1", inverse=True), Fraction(10**12)),
}


class Pair:
    """The gate and its reference, told the same; the answers must agree."""

    def __init__(self, limits, inverse=False):
        instrument, unit = INSTRUMENTS[inverse]
        self.gate = RiskGate(limits, instrument, **ROOM)
        self.reference = Reference(limits, unit, inverse, **ROOM)
        self.now = 3 * DAY_NS - 2_000
        self.mid2 = None

    def check(self, order_id, side, type, price, lots, reference2=None):
        market = {"mid2_ticks": self.mid2, "reference2_ticks": reference2}
        got = self.gate.check(order_id, side, price, lots, type=type, now_ns=self.now, **market)
        want = self.reference.check(order_id, side, type, price, lots, self.now, self.mid2, reference2)
        assert got.name.lower() == want
        return got

    def replace(self, order_id, price, total):
        got = self.gate.check_replace(order_id, price, total, now_ns=self.now, mid2_ticks=self.mid2)
        assert got.name.lower() == self.reference.check_replace(order_id, price, total, self.now, self.mid2)
        return got

    def cancel(self):
        self.gate.count_cancel(self.now)
        self.reference.count_cancel(self.now)

    def fill(self, order_id, side, price, lots, fee, mid2):
        self.gate.on_fill(order_id, side, price, lots, now_ns=self.now, fee_units=fee, mid2_ticks=mid2)
        self.reference.on_fill(order_id, side, price, lots, self.now, fee, mid2)

    def mark(self):
        self.gate.mark(self.mid2, now_ns=self.now)
        self.reference.mark(self.mid2, self.now)

    def both(self, name, *args):
        getattr(self.gate, name)(*args)
        getattr(self.reference, name)(*args)

    def some_open(self, pick):
        """An open order by number, None without any."""
        orders = list(self.reference.open.values())
        return orders[pick % len(orders)] if orders else None

    def assert_same(self):
        gate, reference = self.gate, self.reference
        assert gate.position_lots == reference.position
        assert gate.open_orders == len(reference.open)
        assert [gate.open_lots(side) for side in (BUY, SELL)] == [reference.open_lots(side) for side in (BUY, SELL)]
        assert gate.day_pnl_units == reference.pnl()
        assert (gate.killed, gate.loss_reached) == (reference.killed, reference.loss_reached)
        assert {reason.name.lower(): count for reason, count in gate.rejections.items()} == reference.rejections


def some_limits(rng):
    chosen = {name: rng.choice(values) for name, values in STRICT.items() if rng.random() < 0.3}
    return RiskLimits(**chosen, message_window_ns=rng.choice((1, 100, 1000)), day_start_ns=rng.choice((0, 0, 500)))


limits = st.builds(some_limits, st.randoms(use_true_random=False))
ids, picks, sides, lots = st.integers(1, 9), st.integers(0, 8), st.sampled_from((BUY, SELL)), st.integers(0, 9)
prices = st.integers(90, 110) | st.sampled_from((0, -1, 2**31 - 1, 2**31, 1 - 2**31, -(2**31)))
mids = st.none() | st.integers(180, 220)


class Machine(RuleBasedStateMachine):
    @initialize(limits=limits, inverse=st.booleans(), held=st.integers(-5, 5))
    def start(self, limits, inverse, held):
        self.pair = Pair(limits, inverse)
        if held:
            self.pair.both("hold", held, 200)

    @rule(order_id=ids, side=sides, type=st.integers(0, 3), price=prices, lots=lots, reference2=mids)
    def send(self, order_id, side, type, price, lots, reference2):
        self.pair.check(order_id, side, type, price, lots, reference2)

    @rule(order_id=ids, price=prices, total=lots)
    def replace(self, order_id, price, total):
        self.pair.replace(order_id, price, total)

    @rule()
    def cancel(self):
        self.pair.cancel()

    @rule(pick=picks, price=st.integers(90, 110), lots=st.integers(1, 9), fee=st.integers(-(10**7), 10**7), mid2=mids)
    def fill(self, pick, price, lots, fee, mid2):
        if order := self.pair.some_open(pick):
            most = max(order.total - order.filled, 1)
            self.pair.fill(order.order_id, order.side, price, min(lots, most), fee, mid2)

    @rule(side=sides, price=st.integers(90, 110), lots=st.integers(1, 9))
    def fill_of_an_order_unknown_to_the_gate(self, side, price, lots):
        self.pair.fill(77, side, price, lots, 0, None)

    @rule(pick=picks, accepted=st.booleans())
    def answer_a_replace(self, pick, accepted):
        if order := self.pair.some_open(pick):
            if accepted and order.in_flight:
                self.pair.both("on_replaced", order.order_id, *order.in_flight[0])
            else:
                self.pair.both("on_replace_rejected", order.order_id)

    @rule(order_id=ids)
    def end(self, order_id):
        self.pair.both("on_end", order_id)

    @rule(ns=st.sampled_from((-5, 1, 1, 10, 100, 1_000, DAY_NS)), mid2=mids)
    def pass_time(self, ns, mid2):
        self.pair.now += ns
        self.pair.mid2 = mid2
        self.pair.mark()

    @rule(limits=limits)
    def set_limits(self, limits):
        self.pair.both("set_limits", limits)

    @rule(reason=st.integers(1, 5))
    def kill(self, reason):
        self.pair.both("kill", reason)

    @rule()
    def reset(self):
        self.pair.both("reset")
        self.pair.mark()  # takes effect at the owner's next call

    @invariant()
    def agree(self):
        if hasattr(self, "pair"):
            self.pair.assert_same()


Machine.TestCase.settings = settings(max_examples=2_000 if LONG else 60, stateful_step_count=60, deadline=None)
TestAgainstTheReference = Machine.TestCase


@pytest.mark.parametrize("inverse", [False, True])
def test_many_operations(inverse):
    rng = random.Random(1 + inverse)
    seen = set()
    for _ in range(200 if LONG else 20):
        pair = Pair(some_limits(rng), inverse)
        for _ in range(300):
            kind = rng.random()
            order = pair.some_open(rng.randrange(9))
            if kind < 0.45:
                kind = rng.choice((0, 0, 0, 1, 2, MARKET))
                reference2 = rng.choice((0, 200))
                seen.add(pair.check(rng.randrange(1, 10), rng.randrange(2), kind, rng.randrange(88, 112),
                                    rng.randrange(0, 10), reference2))  # fmt: skip
            elif kind < 0.6:
                seen.add(pair.replace(order.order_id if order else 1, rng.randrange(88, 112), rng.randrange(0, 10)))
            elif kind < 0.65:
                pair.cancel()
            elif kind < 0.75 and order:
                pair.fill(order.order_id, order.side, rng.randrange(95, 106), max(1, order.total // 2), 10**6, None)
            elif kind < 0.82 and order and order.in_flight:
                pair.both("on_replaced", order.order_id, *order.in_flight[0])
            elif kind < 0.85 and order:
                pair.both(rng.choice(("on_end", "on_replace_rejected")), order.order_id)
            elif kind < 0.97:
                pair.now += rng.choice((0, 1, 20, 300, 1_500, DAY_NS // 3))
                pair.mid2 = rng.choice((None, rng.randrange(190, 211)))
            elif kind < 0.98:
                pair.both("set_limits", some_limits(rng))
            else:
                pair.both(*rng.choice((("kill", 4), ("reset",), ("reset",))))
                pair.mark()
            pair.assert_same()
    assert seen == {r for r in Reason if r.name.startswith("RISK_")} | {Reason.NONE, Reason.INVALID}


def test_cancels_pass_and_count_under_every_limit():
    gate = RiskGate(RiskLimits(max_messages=1, max_open_orders=1, max_order_lots=1, max_daily_loss_units=1))
    assert gate.check(1, "buy", 100, 1, now_ns=0) is Reason.NONE
    gate.kill()
    for _ in range(100):
        gate.count_cancel(now_ns=1)
    gate.reset()
    assert gate.check(2, "buy", 100, 1, now_ns=10**9) is Reason.RISK_OPEN_ORDERS
    gate.on_end(1)
    assert gate.check(2, "buy", 100, 1, now_ns=10**9) is Reason.RISK_MESSAGE_RATE
    assert gate.check(2, "buy", 100, 1, now_ns=10**9 + 1) is Reason.NONE


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_order_lots": 0}, ValueError, r"max_order_lots = 0: must be in \[1, 9223372036854775807\]"),
        ({"max_open_orders": 1.5}, ValueError, "max_open_orders = 1.5: must be a whole number"),
        ({"max_messages": True}, TypeError, "max_messages = True: must be a whole number"),
        ({"message_window_ns": 0}, ValueError, r"message_window_ns = 0: must be in \[1, "),
        ({"message_window_ns": None}, TypeError, "message_window_ns = None: must be a whole number"),
        ({"day_start_ns": DAY_NS}, ValueError, r"day_start_ns = 86400000000000: must be in \[0, 86399999999999\]"),
        ({"duplicate_window_ns": 2**60 + 1}, ValueError, "duplicate_window_ns = 1152921504606846977"),
        ({"price_band": float("nan")}, ValueError, r"price_band = nan: must be in \[1e-9, 1e6\]"),
        ({"price_band": "1%"}, TypeError, "price_band = '1%': must be a number"),
        ({"refuse_self_cross": 1}, TypeError, "refuse_self_cross = 1: must be True or False"),
    ],
)
def test_wrong_limits_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        RiskLimits(**arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: RiskGate(orders=0), r"room for orders 0 is not in \[1, 67108864\]"),
        (lambda g: RiskGate(RiskLimits(max_messages=9), messages=8), "max_messages 9 is above the gate's 8"),
        (lambda g: g.set_limits(RiskLimits(max_messages=65_537)), "max_messages 65537 is above the gate's 65536"),
        (lambda g: g.check(1, "bid", 100, 1, now_ns=0), "side 'bid'"),
        (lambda g: g.check(1, "buy", 100, 1, type="fok", now_ns=0), "type 'fok' is none of limit, post_only"),
        (lambda g: g.check(1, "buy", 100, 1, now_ns=-1), "now_ns -1 is below 0"),
        (lambda g: g.check(1, "buy", 100, 1, now_ns=0, mid2_ticks=2**40), "mid2_ticks 1099511627776 is not in"),
        (lambda g: g.on_fill(1, "buy", 100, 0, now_ns=0), "qty_lots 0 is not in"),
        (lambda g: g.hold(5, None), "a position needs a mid2"),
        (lambda g: g.kill(0), "reason 0 says that the gate is open"),
        (lambda g: g.kill(1.5), "reason = 1.5: must be a whole number"),
        (lambda g: g.kill(2**32), r"reason 4294967296 is not in \[0, 4294967295\]"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, message):
    gate = RiskGate()
    with pytest.raises(ValueError, match=message):
        call(gate)
    assert (gate.open_orders, gate.position_lots, gate.rejections) == (0, 0, {})


def test_refused_limits_leave_the_old_ones():
    old = RiskLimits(max_order_lots=3)
    gate = RiskGate(old)
    with pytest.raises(ValueError, match="max_messages"):
        gate.set_limits(RiskLimits(max_messages=10**6))
    assert gate.limits is old
    assert gate.check(1, "buy", 100, 4, now_ns=0) is Reason.RISK_QUANTITY


def test_a_position_held_from_before_has_made_nothing():
    gate = RiskGate(RiskLimits(max_daily_loss_units=10**9), INSTRUMENTS[False][0])
    gate.hold(-7, 200)
    assert (gate.position_lots, gate.day_pnl_units) == (-7, 0)
    gate.mark(202, now_ns=1)
    assert gate.day_pnl_units == -7 * 10**7
