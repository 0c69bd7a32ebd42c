"""The engine against the slow reference that was written from docs/semantics.md alone: same worlds, same everything."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import core_runner
from reference import engine as reference
from reference.options import Risk
from reference.strategies import RandomStrategy
from reference.vocabulary import BUY, EV_STOP, LIMIT, SELL
from reference.worlds import worlds


def same_money(worlds_):
    """One kind of contract a world: the notional limit is one number for all instruments."""
    tapes, instruments, options, seed = worlds_
    first = instruments[0]
    alike = [
        dataclasses.replace(i, inverse=first.inverse, unit_num=first.unit_num, unit_den=first.unit_den)
        for i in instruments
    ]
    return tapes, alike, options, seed


def assert_same(name, want, got):
    assert len(got) == len(want), name
    for field in want.dtype.names:
        if want.dtype[field].kind == "f":
            np.testing.assert_allclose(got[field], want[field], rtol=1e-9, err_msg=f"{name}.{field}")
        elif field == "impact_units":  # a closed form in doubles, rounded up: the last unit is free
            assert (np.abs(got[field] - want[field]) <= len(want)).all(), f"{name}.{field}"
        else:
            np.testing.assert_array_equal(got[field], want[field], err_msg=f"{name}.{field}")


@pytest.mark.parametrize("levels", [("L2",), ("L3",), ("L2", "L3")], ids="+".join)
@given(data=st.data())
def test_engine_and_reference_agree_field_by_field(levels, data):
    world = data.draw(worlds(levels=levels).map(same_money))
    agree(world, lambda: RandomStrategy(world[3]))


class Ladder(RandomStrategy):
    """First of all seventy orders far away, then thirty around the touch: with so many the exchange keeps only what it
    must up to date."""

    def on_event(self, ctx, ev):
        if self.ids:
            super().on_event(ctx, ev)
        elif ctx.best(0, BUY)[1] and ev.kind != EV_STOP:
            touch = ctx.best(0, BUY)[0]
            for i in range(100):
                side = (BUY, SELL)[i % 2]
                away = 20 + i if i < 70 else i % 5
                price = touch - away if side == BUY else touch + 2 + away
                self.ids.append(ctx.submit(instrument=0, side=side, type=LIMIT, price_ticks=price, qty_lots=1 + i % 3))


@pytest.mark.parametrize("levels", [("L2",), ("L3",)], ids="+".join)
@given(data=st.data())
@settings(max_examples=25)
def test_with_a_hundred_own_orders(levels, data):
    tapes, instruments, options, seed = data.draw(worlds(levels=levels, max_instruments=1).filter(is_long))
    options = dataclasses.replace(options, risk=Risk())  # others would refuse most of them
    agree((tapes, instruments, options, seed), lambda: Ladder(seed, max_requests=300))


def is_long(world):
    return len(world[0][0]) > 60


def agree(world, make_strategy):
    tapes, instruments, options, _ = world
    one, two = make_strategy(), make_strategy()
    want = reference.run(tapes, instruments, one, options)
    got = core_runner.run(tapes, instruments, two, options)
    assert two.seen == one.seen
    for name in ("order_events", "fills", "orders", "equity"):
        assert_same(name, getattr(want, name), getattr(got, name))
    np.testing.assert_array_equal(got.markout_mid2, want.markout_mid2)
    for ours, theirs in zip(got.final, want.final, strict=True):
        assert {key: ours[key] for key in theirs} == theirs
