"""Makes a stream of orders for `matching.cpp`, from the standard library alone.

    python bench/peers/make_match_stream.py OUT [--messages 400000] [--live 20000] [--seed 1]

One book in continuous trading: passive orders at a distance from the touch with a long tail, orders that take the front
of the other side, cancels of mostly recent orders, replaces to a new price. Ids count up. The warm-up builds the book;
`--messages` follow it. The header holds the totals of the trades over all messages; the bytes are a function of the
arguments.
"""

from __future__ import annotations

import argparse
import random
import struct
from collections import deque
from pathlib import Path

HEADER = struct.Struct("<8sQQI12xQQQ")
MESSAGE = struct.Struct("<QQiIHcB4x")
MID = 16_384
RANGE = 1_500  # ticks from the touch


class Market:
    def __init__(self, live: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.target = live
        self.orders: dict[int, list[int]] = {}  # id -> [side, price, lots left]
        self.recent: deque[int] = deque(maxlen=4096)
        self.queues: tuple[dict[int, dict[int, None]], dict[int, dict[int, None]]] = ({}, {})  # price -> ids in order
        self.best = [MID - 1, MID + 1]
        self.last_id = 0
        self.trades = self.notional = self.makersum = 0
        self.rows: list[bytes] = []

    def emit(self, kind: bytes, order_id: int, new_id: int, order: list[int]) -> None:
        self.rows.append(MESSAGE.pack(order_id, new_id, order[1], order[2], 0, kind, order[0]))

    def join(self, order_id: int, order: list[int]) -> None:
        side, price, _ = order
        self.orders[order_id] = order
        self.queues[side].setdefault(price, {})[order_id] = None
        self.recent.append(order_id)
        self.best[side] = max(self.best[0], price) if side == 0 else min(self.best[1], price)

    def leave(self, order_id: int) -> None:
        side, price, _ = self.orders.pop(order_id)
        queue = self.queues[side][price]
        del queue[order_id]
        if not queue:
            del self.queues[side][price]
            if price == self.best[side] and self.queues[side]:
                self.best[side] = max(self.queues[0]) if side == 0 else min(self.queues[1])

    def passive(self, side: int) -> list[int]:
        """An order that meets nothing: behind the touch of its side, at it, or one tick inside the spread."""
        distance = min(int(self.random.paretovariate(0.85)) - 1, RANGE)
        if self.random.random() < 0.1:
            distance = -1
        price = self.best[side] + (distance if side else -distance)
        price = max(price, self.best[0] + 1) if side else min(price, self.best[1] - 1)
        return [side, price, 100 * min(1 + int(self.random.expovariate(0.6)), 20)]

    def take(self, side: int) -> None:
        """An order of some of the lots in front of the other side; what its limit does not reach rests."""
        other = self.queues[1 - side]
        if not other:
            return
        price = self.best[1 - side]
        makers = list(other[price])[: self.random.choice((1, 1, 1, 2, 4))]
        lots = sum(self.orders[maker][2] for maker in makers)
        if self.random.random() < 0.3:
            lots = self.random.randrange(1, lots + 1)
        elif self.random.random() < 0.05:
            lots += 100
        self.last_id += 1
        self.emit(b"L", self.last_id, 0, [side, price, lots])
        for maker in list(other[price]):
            traded = min(lots, self.orders[maker][2])
            lots -= traded
            self.trades += 1
            self.notional += traded * price
            self.makersum += traded * maker
            self.orders[maker][2] -= traded
            if self.orders[maker][2] == 0:
                self.leave(maker)
            if lots == 0:
                return
        self.join(self.last_id, [side, price, lots])

    def pick(self) -> int:
        """A live order, more likely a recent one."""
        for _ in range(6):
            order_id = self.recent[-int(len(self.recent) ** self.random.random())]
            if order_id in self.orders:
                return order_id
        return next(iter(self.orders))

    def step(self) -> None:
        rng = self.random
        short = len(self.orders) < self.target
        kind = rng.choices("LDTU", (60 if short else 36, 34 if short else 48, 4, 4))[0]
        side = rng.randrange(2)
        if kind == "L" or len(self.orders) < 10:
            self.last_id += 1
            order = self.passive(side)
            self.emit(b"L", self.last_id, 0, order)
            self.join(self.last_id, order)
        elif kind == "T":
            self.take(side)
        else:
            order_id = self.pick()
            order = self.orders[order_id]
            self.leave(order_id)
            if kind == "D":
                self.emit(b"D", order_id, 0, order)
                return
            self.last_id += 1
            order = self.passive(order[0])
            self.emit(b"U", order_id, self.last_id, order)
            self.join(self.last_id, order)


def make(path: Path, messages: int, live: int, seed: int) -> None:
    market = Market(live, seed)
    while len(market.orders) < live * 0.9:
        market.step()
    warm = len(market.rows)
    while len(market.rows) < warm + messages:
        market.step()
    with path.open("wb") as file:
        totals = (market.trades, market.notional, market.makersum % 2**64)
        file.write(HEADER.pack(b"L3FLOW1\0", len(market.rows), warm, 1, *totals))
        file.writelines(market.rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--messages", type=int, default=400_000, help="after the warm-up")
    parser.add_argument("--live", type=int, default=20_000, help="live orders")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.messages < 1 or options.live < 1:
        parser.error("--messages and --live are at least 1")
    make(options.out, options.messages, options.live, options.seed)


if __name__ == "__main__":
    main()
