"""Small order-by-order markets, as rows and as what they mean order by order."""

import numpy as np
import pytest

import lumina
from lumina.data.hftbacktest.rows import BUY, EXCH, LOCAL, ROW, SELL, TRADE

ADD, CANCEL, MODIFY, FILL = 10, 11, 12, 13
NS = 1_000_000_000


class Market:
    """A book with price-time priority that writes down what happens, in rows that hftbacktest reads."""

    def __init__(self):
        self.levels = {BUY: {}, SELL: {}}  # price -> [[id, lots], ...] in order of priority
        self.rows, self.ts, self.next_id = [], 0, 1

    def row(self, kind, side, price, lots, order_id):
        self.rows.append((kind | side | EXCH | LOCAL, self.ts, self.ts, price, lots, order_id, 0, 0))

    def add(self, side, price, lots):
        self.levels[side].setdefault(price, []).append([self.next_id, lots])
        self.row(ADD, side, price, lots, self.next_id)
        self.next_id += 1

    def orders(self, side):
        return [(price, order) for price, queue in self.levels[side].items() for order in queue]

    def drop(self, side, price, order):
        self.levels[side][price].remove(order)
        if not self.levels[side][price]:
            del self.levels[side][price]

    def cancel(self, side, price, order):
        self.drop(side, price, order)
        self.row(CANCEL, side, price, order[1], order[0])

    def modify(self, side, price, order, to_price, lots):
        if to_price == price and lots <= order[1]:
            order[1] = lots
        else:
            self.drop(side, price, order)
            self.levels[side].setdefault(to_price, []).append([order[0], lots])
        self.row(MODIFY, side, to_price, lots, order[0])

    def best(self, side):
        return (max if side == BUY else min)(self.levels[side], default=None)

    def take(self, side, lots, limit):
        """An order of `side` meets the other one up to its limit; what is left rests."""
        other = SELL if side == BUY else BUY
        while lots and (price := self.best(other)) is not None and (price <= limit if side == BUY else price >= limit):
            order = self.levels[other][price][0]
            hit = min(lots, order[1])
            self.row(TRADE, side, price, hit, 0)
            self.row(FILL, other, price, hit, order[0])
            lots -= hit
            order[1] -= hit
            if order[1]:
                self.row(MODIFY, other, price, order[1], order[0])
            else:
                self.drop(other, price, order)
                self.row(CANCEL, other, price, hit, order[0])
        if lots:
            self.add(side, limit, lots)

    def array(self):
        return np.array(self.rows, ROW)


def random_market(seed, events, step_ns=NS // 4):
    rng = np.random.default_rng(seed)
    market = Market()
    for price in range(1, 7):
        for _ in range(4):
            market.add(BUY, 100 - price, int(rng.integers(1, 9)))
            market.add(SELL, 100 + price, int(rng.integers(1, 9)))
    for _ in range(events):
        market.ts += int(rng.integers(1, 2 * step_ns))
        for _ in range(int(rng.integers(1, 4))):  # some events are of several changes
            side = int(rng.choice([BUY, SELL]))
            away = -1 if side == BUY else 1
            touch, opposite = market.best(side), market.best(SELL if side == BUY else BUY)
            resting = market.orders(side)
            what = rng.random()
            if touch is None or opposite is None or (what < 0.5 and len(resting) < 40):
                inner = opposite + away if opposite is not None else (touch if touch is not None else 100)
                market.add(side, inner + away * int(rng.integers(0, 5)), int(rng.integers(1, 9)))
            elif what < 0.75 and len(resting) > 6:
                market.cancel(side, *resting[int(rng.integers(len(resting)))])
            elif what < 0.83:
                price, order = resting[int(rng.integers(len(resting)))]
                lots = int(rng.integers(1, 9))
                moves = rng.random() < 0.3 and (opposite - (price - away)) * away < 0
                market.modify(side, price, order, price - away if moves else price, lots)
            else:
                market.take(side, int(rng.integers(1, 16)), opposite - away * int(rng.integers(0, 2)))
    return market.array()


@pytest.fixture(scope="session")
def market_rows():
    """random_market(seed, events): rows of hftbacktest, price in ticks and quantity in lots."""
    return random_market


@pytest.fixture
def load_rows(tmp_path):
    """Rows as a tape, tick and lot 1."""

    def load(rows):
        np.save(tmp_path / "market.npy", rows)
        return lumina.load(tmp_path / "market.npy", tick_size="1", lot_size="1", symbol="MARKET")

    return load


@pytest.fixture
def market():
    """An empty Market."""
    return Market()
