"""Slow and plain references that the tests of the data layer share."""

import numpy as np
import pytest

import lumina
from lumina import Flag, Kind, Side
from lumina._core._resolver import UPDATE


class SlowBook:
    """Absolute quantities in a dict, by side and price."""

    def __init__(self):
        self.levels = {}

    def set(self, side, price, qty):
        self.levels.pop((side, price), None)
        if qty:
            self.levels[side, price] = qty

    def clear(self, side, last=None):
        """Wipe a side (NONE = both) from the best through a price."""
        for own, price in list(self.levels):
            if side not in (own, Side.NONE):
                continue
            if last is None or (price >= last if own == Side.BUY else price <= last):
                del self.levels[own, price]

    def bbo(self, side, price, qty):
        self.clear(side, price + 1 if side == Side.BUY else price - 1)
        self.set(side, price, qty)

    def best(self, side):
        prices = [price for own, price in self.levels if own == side]
        if not prices:
            return None
        price = max(prices) if side == Side.BUY else min(prices)
        return price, self.levels[side, price]


def replay(events, view):
    """Book of one view after each of its events, by adding up changes."""
    totals, states = {}, [{}]
    for row in events.tolist():
        _, _, _, price, qty, kind, side, flags = row
        if not flags & view:
            continue
        if kind <= Kind.EXECUTE:
            total = totals.get((side, price), 0) + qty
            assert total >= 0
            totals[side, price] = total
        if flags & Flag.END:
            states.append({key: qty for key, qty in totals.items() if qty})
    return states


def totals(events, view):
    """Book of one view after all of its rows."""
    out = {}
    for _, _, _, price, qty, kind, side, flags in events.tolist():
        if flags & view and kind <= Kind.EXECUTE:
            out[side, price] = out.get((side, price), 0) + qty
    return {key: qty for key, qty in out.items() if qty}


@pytest.fixture(scope="session")
def slow():
    """SlowBook, replay(events, view) and totals(events, view)."""

    class Slow:
        Book = SlowBook
        replay = staticmethod(replay)
        totals = staticmethod(totals)

    return Slow


@pytest.fixture(scope="session")
def make_updates():
    """updates((exch, local, kind, side, price, qty, flags[, order_id]), ...) as an array of UPDATE."""

    def make(*rows):
        out = np.zeros(len(rows), UPDATE)
        for i, (exch, local, kind, side, price, qty, flags, *order_id) in enumerate(rows):
            out[i] = (exch, local, qty, 0, price, kind, side, flags, *(order_id or [0]))
        return out

    return make


@pytest.fixture(scope="session")
def make_events():
    """events((exch, latency, price, qty, kind, side, flags), ...) as tape rows."""

    def make(*rows):
        out = np.zeros(len(rows), lumina.EVENT)
        for i, (exch, latency, price, qty, kind, side, flags) in enumerate(rows):
            out[i] = (exch, 0, latency, price, qty, kind, side, flags)
        return out

    return make


@pytest.fixture(scope="session")
def instrument():
    return lumina.Instrument("TEST", "0.1", "0.001")
