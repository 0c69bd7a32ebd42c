"""The limits of docs/risk.md in a backtest: each by hand, and all of them against the reference on random orders."""

import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import core_runner
from reference import scenario_kit as k
from reference.options import Instrument
from reference.risk_gate import DAY_NS
from reference.risk_gate import RiskGate as Reference
from reference.tapes import MS, random_tape
from reference.vocabulary import (
    ACKNOWLEDGED,
    BUY,
    CANCELLED,
    FILLED,
    IOC,
    POST_ONLY,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    REQUEST_CANCEL,
    REQUEST_NEW,
    REQUEST_REPLACE,
)

import lumina
from lumina import Reason


def backtest(tape, strategy, risk, **options):
    terms = Instrument(maker_fee_e9=options.pop("maker_fee_e9", 0), taker_fee_e9=options.pop("taker_fee_e9", 0))
    options = {"latency": lumina.Latency.none(), **options}
    return lumina.backtest(lumina.Tape(tape, core_runner.instrument_of(terms)), strategy, risk=risk, **options)


def refused(risk, *steps, tape=None, **options):
    """{order id: reasons} of what risk refused in a run over a book 99/101; times in ns."""
    tape = k.tape(k.book(), k.tick(1000)) if tape is None else tape
    result = backtest(tape, k.Script(steps), risk, **options)
    out = {}
    for row in result.order_events:
        if Reason(row["reason"]).name.startswith("RISK_"):
            out.setdefault(int(row["order_id"]), []).append(Reason(row["reason"]))
    return out


def test_open_orders():
    risk = lumina.Risk(max_open_orders=2)
    steps = ((150, k.buy(98, 1)), (151, k.sell(103, 1)), (152, k.buy(97, 1)), (153, k.replace(1, 97, 1)),
             (154, k.cancel(2)), (160, k.buy(97, 2)), (161, k.sell(104, 1)))  # fmt: skip
    assert refused(risk, *steps) == {3: [Reason.RISK_OPEN_ORDERS], 5: [Reason.RISK_OPEN_ORDERS]}
    # a cancel that the exchange has not answered yet leaves the order open
    late = {"latency": lumina.Latency(response=8)}
    assert set(refused(risk, *steps, **late)) == {3, 4, 5}


def test_message_rate():
    risk = lumina.Risk(max_messages=3, message_window_ns=100)
    steps = ((150, k.buy(98, 1)), (160, k.replace(1, 97, 1)), (170, k.cancel(1)), (171, k.cancel(1)),
             (249, k.buy(98, 1)), (260, k.buy(98, 1)), (270, k.buy(98, 1)))  # fmt: skip
    # at 249: 150 to 171 are four; at 260: 170 and 171 and none at 249; at 270: 171 and 260
    assert refused(risk, *steps) == {2: [Reason.RISK_MESSAGE_RATE]}
    replaced = (*steps[:4], (200, k.replace(1, 98, 1)))
    assert refused(risk, *replaced) == {}  # of an order known to be closed: the exchange says too late
    replaced = (*steps[:2], (161, k.cancel(9)), (200, k.replace(1, 98, 1)))
    assert refused(risk, *replaced) == {1: [Reason.RISK_MESSAGE_RATE]}


def test_daily_loss_until_the_next_day():
    # bought at 101, marked at 100: a lot loses 1
    down = k.event(300, k.bid(99, -10), k.bid(98, -20), k.bid(97, 10), k.ask(101, -10), k.ask(102, -20), k.ask(103, 10))
    tape = k.tape(k.book(), k.tick(200), down, k.tick(2 * DAY_NS))
    steps = ((150, k.buy(101, 5)), (160, k.buy(95, 1)), (170, k.sell(101, 5)), (180, k.sell(103, 1)),
             (DAY_NS - 1, k.buy(90, 1)), (DAY_NS, k.buy(91, 1)))  # fmt: skip
    loss = Reason.RISK_DAILY_LOSS
    assert refused(lumina.Risk(max_daily_loss=5), *steps, tape=tape) == {2: [loss], 4: [loss], 5: [loss]}
    assert refused(lumina.Risk(max_daily_loss=5.000000001), *steps, tape=tape) == {}
    # 505 of value at 1e-3 is .505 more
    assert refused(lumina.Risk(max_daily_loss=5.505), *steps, tape=tape, taker_fee_e9=10**6)[2] == [loss]
    assert refused(lumina.Risk(max_daily_loss=5.505000001), *steps, tape=tape, taker_fee_e9=10**6) == {}
    later = lumina.Risk(max_daily_loss=5, day_start_ns=100)
    assert refused(later, *steps, tape=tape) == {2: [loss], 4: [loss], 5: [loss], 6: [loss]}


def test_duplicates():
    risk = lumina.Risk(duplicate_window_ns=50)
    steps = ((150, k.buy(98, 1)), (160, k.buy(98, 1)), (161, k.buy(98, 2)), (162, k.sell(98, 1, POST_ONLY)),
             (163, k.cancel(1)), (199, k.buy(98, 1, IOC)), (200, k.buy(98, 1)))  # fmt: skip
    assert refused(risk, *steps) == {2: [Reason.RISK_DUPLICATE], 5: [Reason.RISK_DUPLICATE]}


def test_self_cross():
    risk = lumina.Risk(refuse_self_cross=True)
    steps = ((150, k.sell(103, 1)), (151, k.buy(102, 1)), (152, k.buy(103, 1)), (153, k.market(BUY, 1)),
             (154, k.buy(98, 1)), (155, k.replace(5, 104, 1)), (156, k.cancel(1)),
             (157, k.replace(5, 104, 1)))  # fmt: skip
    cross = Reason.RISK_SELF_CROSS
    assert refused(risk, *steps) == {3: [cross], 4: [cross], 5: [cross]}


def test_a_rejection_is_named_in_the_summary():
    tape = k.tape(k.book(), k.tick(1000))
    result = backtest(tape, k.Script(((150, k.buy(98, 1)), (151, k.buy(98, 1)))), lumina.Risk(duplicate_window_ns=50))
    assert result.summary()["order_flow"]["rejected_by_reason"] == {"risk_duplicate": 1}


class Trader:
    """Random requests; replaces only of orders that it knows to be open, so that the log tells what the gate knew."""

    interval_ns = MS // 2

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def on_timer(self, ctx, event):
        rng = self.rng
        for _ in range(rng.randrange(4)):
            orders = [order for order in ctx.orders(0) if order.state in (1, 2)]
            kind = rng.random()
            if orders and kind < 0.25:
                ctx.replace(rng.choice(orders).order_id, rng.randrange(95, 107), rng.randrange(1, 9))
            elif orders and kind < 0.45:
                ctx.cancel(rng.choice(orders).order_id)
            else:
                ctx.submit(side=rng.randrange(2), price_ticks=rng.randrange(95, 107), qty_lots=rng.randrange(1, 5),
                           type=rng.choice((0, 0, 1, 2, 3)))  # fmt: skip


def told_by_the_log(result, limits):
    """What the reference would have answered, and what the run did: (order, reason) for each request but cancels."""
    gate = Reference(limits, orders=10**6, messages=2**20, recent=65_536)
    happenings = []
    for i, row in enumerate(result.order_events):
        by_risk = row["ts_ns"] == row["report_ts_ns"] and row["action"] in (REJECTED, REPLACE_REJECTED)
        if not by_risk:  # reports come before what is sent at their instant
            happenings.append((int(row["report_ts_ns"]), row["action"] <= REQUEST_REPLACE, i, row))
    want, types = [], {}
    for now, _, _, row in sorted(happenings, key=lambda happening: happening[:3]):
        e = SimpleNamespace(**{name: int(row[name]) for name in row.dtype.names})
        if e.action == REQUEST_NEW:
            types[e.order_id] = e.side
            reason = gate.check(e.order_id, e.side, e.type, e.price_ticks, e.qty_lots, now)
            want.append((e.order_id, reason))
        elif e.action == REQUEST_REPLACE:
            want.append((e.order_id, gate.check_replace(e.order_id, e.price_ticks, e.qty_lots, now)))
        elif e.action == REQUEST_CANCEL:
            gate.count_cancel(now)
        elif e.action == FILLED:
            gate.on_fill(e.order_id, e.side, e.price_ticks, e.qty_lots, now)
        elif e.action == REPLACED:
            gate.on_replaced(e.order_id, e.price_ticks, e.qty_lots)
        elif e.action == REPLACE_REJECTED:
            gate.on_replace_rejected(e.order_id)
        elif e.action in (CANCELLED, REJECTED):
            gate.on_end(e.order_id)
        else:
            assert e.action in (ACKNOWLEDGED, 8)
    refused = [
        (int(row["order_id"]), Reason(row["reason"]).name.lower())
        for row in result.order_events
        if row["action"] in (REJECTED, REPLACE_REJECTED) and row["ts_ns"] == row["report_ts_ns"]
    ]
    return [answer for answer in want if answer[1] != "none"], refused


def some_risk(rng):
    return lumina.Risk(
        max_position_lots=rng.choice((None, 8)),
        max_open_orders=rng.choice((None, 3, 6)),
        max_messages=rng.choice((None, 4, 8)),
        message_window_ns=rng.choice((MS, 5 * MS)),
        duplicate_window_ns=rng.choice((None, 2 * MS)),
        refuse_self_cross=rng.choice((False, True)),
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_the_engine_refuses_what_the_reference_refuses(seed):
    rng = random.Random(seed)
    risk = some_risk(rng)
    latency = lumina.Latency(tick_to_trade=0, entry=rng.choice((MS, 3 * MS)), response=rng.choice((MS, 2 * MS)))
    result = backtest(random_tape([seed, 0], 40, 4, 0.0, start_ms=0), Trader(seed), risk, latency=latency)
    want, got = told_by_the_log(result, risk.limits(core_runner.instrument_of(Instrument())))
    assert got == want


def test_every_reason_is_met_by_the_random_orders():
    seen = set()
    for seed in range(40):
        risk = some_risk(random.Random(seed))
        tape = random_tape([seed, 0], 40, 4, 0.0, start_ms=0)
        result = backtest(tape, Trader(seed), risk, latency=lumina.Latency(tick_to_trade=0, entry=MS, response=MS))
        seen |= {Reason(reason).name for reason in result.order_events["reason"]}
    assert seen >= {"RISK_POSITION", "RISK_OPEN_ORDERS", "RISK_MESSAGE_RATE", "RISK_DUPLICATE", "RISK_SELF_CROSS"}


@pytest.mark.parametrize("name", ["max_notional", "max_daily_loss"])
def test_money_beyond_the_accounts_is_refused(name):
    with pytest.raises(lumina.LuminaError, match=f"{name} = 1e-10: must be at least 1e-09"):
        refused(lumina.Risk(**{name: 1e-10}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_open_orders": 0}, "max_open_orders = 0: must be a whole number in \\[1, "),
        ({"max_messages": 2**21}, r"max_messages = 2097152: must be a whole number in \[1, 1048576\]"),
        ({"message_window_ns": 0}, "message_window_ns = 0: must be a whole number in \\[1, "),
        ({"max_daily_loss": 0}, "max_daily_loss = 0: must be a number in \\(0, 9e"),
        ({"day_start_ns": -1}, "day_start_ns = -1: must be a whole number in \\[0, "),
        ({"duplicate_window_ns": 0.5}, "duplicate_window_ns = 0.5: must be a whole number"),
        ({"refuse_self_cross": "yes"}, "refuse_self_cross = 'yes': must be True or False"),
    ],
)
def test_wrong_limits_are_refused(arguments, message):
    with pytest.raises(lumina.LuminaError, match=message):
        lumina.Risk(**arguments)
