"""Writes a synthetic L3 tape, in the row layout of hftbacktest, for trying things without recorded data.

    python examples/make_orders_tape.py orders.npy --rows 300000

Single orders join, shrink, move, leave and are hit in the order of their queues; a market order writes for each order
that it meets a print, a fill, and the cancel or modification that is left of the order. It has none of a real market's
information: a strategy that earns on it has shown nothing.
"""

from __future__ import annotations

import argparse
from collections import OrderedDict

import numpy as np
from make_tape import BUY, EXCH, LOCAL, ROW, SELL, START_NS, TRADE
from numpy.typing import NDArray

ADD, CANCEL, MODIFY, FILL = 10, 11, 12, 13
TICK_SIZE, LOT_SIZE = 0.25, 1.0
START_TICKS = 20_000
LEVELS = 60  # a side at the start, and how far from the touch orders join
LIVE = 4000  # orders that the market tends to


class Market:
    """Queues by side and price, and the rows that say how they came to be."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.queues: dict[tuple[int, int], OrderedDict[int, int]] = {}  # (side, ticks) -> order id -> lots
        self.where: dict[int, tuple[int, int]] = {}
        self.ids: list[int] = []  # of live orders and of some that have gone
        self.best = {BUY: START_TICKS, SELL: START_TICKS + 1}
        self.rows: list[tuple[int, int, int, int, int]] = []  # kind and side, ticks, lots, order id, message
        self.message = self.last_id = 0
        for distance in range(LEVELS):
            for side, away in ((BUY, -1), (SELL, 1)):
                for lots in rng.integers(1, 20, 6).tolist():
                    self.join(side, self.best[side] + away * distance, lots)

    def write(self, kind: int, side: int, ticks: int, lots: int, order_id: int) -> None:
        self.rows.append((kind | side, ticks, lots, order_id, self.message))

    def join(self, side: int, ticks: int, lots: int) -> None:
        self.last_id += 1
        self.queues.setdefault((side, ticks), OrderedDict())[self.last_id] = lots
        self.where[self.last_id] = side, ticks
        self.ids.append(self.last_id)
        if (ticks - self.best[side]) * (1 if side == BUY else -1) > 0:
            self.best[side] = ticks
        self.write(ADD, side, ticks, lots, self.last_id)

    def drop(self, order_id: int, lots: int) -> None:
        side, ticks = level = self.where.pop(order_id)
        queue = self.queues[level]
        del queue[order_id]
        self.write(CANCEL, side, ticks, lots, order_id)
        if not queue:
            del self.queues[level]
        while (side, self.best[side]) not in self.queues:
            self.best[side] += -1 if side == BUY else 1

    def take(self, aggressor: int, lots: int) -> None:
        side = SELL if aggressor == BUY else BUY
        for _ in range(8):
            queue = self.queues[side, self.best[side]]
            order_id, there = next(iter(queue.items()))
            taken, ticks = min(there, lots), self.best[side]
            self.write(TRADE, aggressor, ticks, taken, 0)
            self.write(FILL, side, ticks, taken, order_id)
            if taken == there:
                self.drop(order_id, taken)
            else:
                queue[order_id] = there - taken
                self.write(MODIFY, side, ticks, there - taken, order_id)
            lots -= taken
            if not lots:
                return

    def pick(self) -> int:
        """A live order, the younger ones oftener."""
        if len(self.ids) > 4 * len(self.where) + 100:
            self.ids = [order_id for order_id in self.ids if order_id in self.where]
        while True:
            order_id = self.ids[-1 - int(len(self.ids) * self.rng.random() ** 2)]
            if order_id in self.where:
                return order_id

    def step(self) -> None:
        """One message."""
        self.message += 1
        what, which = self.rng.random(2)
        drift = (START_TICKS - self.best[BUY]) / (20 * LEVELS)
        lots = 1 + int(self.rng.lognormal(1.0, 1.0))
        side = BUY if which < 0.5 + drift else SELL
        away = -1 if side == BUY else 1
        wide = self.best[SELL] - self.best[BUY] > 1
        if what < 0.04:
            self.take(side, 3 * lots)
        elif what < 0.09:
            order_id = self.pick()
            level = self.where[order_id]
            there = self.queues[level][order_id]
            if there > 1:  # shrinks in place
                self.queues[level][order_id] = there - 1
                self.write(MODIFY, *level, there - 1, order_id)
        elif what < 0.09 + 0.45 * min(len(self.where) / LIVE, 1.2) and len(self.where) > 8 * LEVELS:
            order_id = self.pick()
            level = self.where[order_id]
            self.drop(order_id, self.queues[level][order_id])
        elif wide and what > 0.75:
            self.join(side, self.best[side] - away, lots)
        else:
            self.join(side, self.best[side] + away * min(int(self.rng.geometric(0.2)) - 1, LEVELS), lots)


def make_orders_tape(count: int, seed: int = 1, messages_per_s: float = 800.0) -> NDArray[np.void]:
    """A synthetic tape.

    Parameters
    ----------
    count : number of rows
    seed : of the generator; the same seed gives the same tape
    messages_per_s : mean rate

    Returns
    -------
    array of dtype `ROW`, shape (count,): prices in quote currency, quantities in contracts, times in ns
    """
    rng = np.random.default_rng(seed)
    market = Market(rng)
    while len(market.rows) < count + 40:
        market.step()
    kinds, ticks, lots, ids, messages = (np.array(column) for column in zip(*market.rows[:count], strict=True))
    exch_ts = START_NS + np.cumsum(rng.exponential(1e9 / messages_per_s, messages[-1] + 1)).astype(np.int64)
    latency = (20_000 + rng.lognormal(np.log(60_000.0), 0.4, len(exch_ts))).astype(np.int64)
    local_ts = np.maximum.accumulate(exch_ts + latency)
    tape = np.zeros(count, ROW)
    tape["ev"] = kinds.astype(np.uint64) | np.uint64(EXCH | LOCAL)
    tape["exch_ts"], tape["local_ts"] = exch_ts[messages], local_ts[messages]
    tape["px"], tape["qty"], tape["order_id"] = ticks * TICK_SIZE, lots * LOT_SIZE, ids
    return tape


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="file to write, .npy")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 1000 <= options.rows <= 100_000_000:
        parser.error(f"--rows {options.rows} is not between 1000 and 100000000")
    np.save(options.path, make_orders_tape(options.rows, options.seed))
    print(f"{options.path}: {options.rows} rows, tick {TICK_SIZE}, lot {LOT_SIZE:g}")


if __name__ == "__main__":
    main()
