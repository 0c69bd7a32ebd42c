"""Makes a stream of order messages for `book_reconstruct.cpp`, from the standard library alone.

    python bench/peers/make_orders_stream.py OUT [--messages 400000] [--live 20000] [--books 1] [--seed 1]

Books whose touch wanders by ticks: adds at a distance from the touch with a long tail, cancels and reductions of mostly
recent orders, executions of the front of the best queue, replaces to a new price. Ids count up over all books. The
warm-up builds the books; `--messages` follow it. The bytes are a function of the arguments.
"""

from __future__ import annotations

import argparse
import random
import struct
from collections import deque
from pathlib import Path

HEADER = struct.Struct("<8sQQI36x")
MESSAGE = struct.Struct("<QQiIHcB4x")
MID = 16_384
RANGE = 8_000  # ticks from the touch


class Book:
    """Live orders of one book: by id, in order of age, and by price."""

    def __init__(self) -> None:
        self.orders: dict[int, list[int]] = {}  # id -> [side, price, lots left]
        self.recent: deque[int] = deque(maxlen=4096)
        self.queues: tuple[dict[int, deque[int]], dict[int, deque[int]]] = ({}, {})
        self.mid = MID

    def join(self, order_id: int, side: int, price: int, lots: int) -> None:
        self.orders[order_id] = [side, price, lots]
        self.queues[side].setdefault(price, deque()).append(order_id)
        self.recent.append(order_id)

    def front(self, side: int) -> int | None:
        """The oldest live order at the best price; closed ones are dropped on the way."""
        queues = self.queues[side]
        price = self.mid - 1 if side == 0 else self.mid + 1
        for _ in range(40):
            queue = queues.get(price)
            while queue:
                if queue[0] in self.orders and self.orders[queue[0]][1] == price:
                    return queue[0]
                queue.popleft()
            price += -1 if side == 0 else 1
        return None


class Market:
    def __init__(self, books: int, live: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.books = [Book() for _ in range(books)]
        self.weights = [1 / (rank + 1) ** 0.9 for rank in range(books)]
        total = sum(self.weights)
        self.targets = [max(50, int(live * weight / total)) for weight in self.weights]
        self.last_id = 0
        self.rows: list[bytes] = []

    def emit(self, kind: bytes, book: int, order_id: int, new_id: int, order: list[int], lots: int) -> None:
        side, price, _ = order
        self.rows.append(MESSAGE.pack(order_id, new_id, price, lots, book, kind, side))

    def passive_price(self, book: Book, side: int) -> int:
        distance = 1 + min(int(self.random.paretovariate(0.85)) - 1, RANGE)
        return book.mid - distance if side == 0 else book.mid + distance

    def lots(self) -> int:
        return 100 * min(1 + int(self.random.expovariate(0.6)), 20)

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def pick(self, book: Book) -> int | None:
        """A live order, more likely a recent one."""
        for _ in range(6):
            if book.recent:
                back = int(len(book.recent) ** self.random.random())
                order_id = book.recent[-back]
                if order_id in book.orders:
                    return order_id
        return next(iter(book.orders), None)

    def step(self, number: int) -> None:
        book, rng = self.books[number], self.random
        book.mid = max(MID - 1000, min(MID + 1000, book.mid + rng.choice((-1, 0, 0, 0, 0, 0, 0, 1))))
        short = len(book.orders) < self.targets[number]
        kind = rng.choices("ADXEU", (60 if short else 36, 34 if short else 48, 3, 6, 4))[0]
        side = rng.randrange(2)
        if kind == "A" or not book.orders:
            order = [side, self.passive_price(book, side), self.lots()]
            order_id = self.new_id()
            book.join(order_id, *order)
            self.emit(b"A", number, order_id, 0, order, order[2])
            return
        chosen = book.front(side) if kind == "E" else self.pick(book)
        if chosen is None:
            return
        order = book.orders[chosen]
        if kind == "D":
            self.emit(b"D", number, chosen, 0, order, order[2])
            del book.orders[chosen]
        elif kind == "U":
            del book.orders[chosen]
            order = [order[0], self.passive_price(book, order[0]), self.lots()]
            order_id = self.new_id()
            book.join(order_id, *order)
            self.emit(b"U", number, chosen, order_id, order, order[2])
        else:
            lots = order[2] if kind == "E" and rng.random() < 0.7 else rng.randrange(1, order[2] + 1)
            if kind == "X" and lots == order[2]:
                return
            self.emit(kind.encode(), number, chosen, 0, order, lots)
            order[2] -= lots
            if order[2] == 0:
                del book.orders[chosen]


def make(path: Path, messages: int, live: int, books: int, seed: int) -> None:
    market = Market(books, live, seed)
    numbers = range(books)
    while sum(len(book.orders) for book in market.books) < live * 0.9:
        for number in market.random.choices(numbers, market.weights, k=1000):
            market.step(number)
    warm = len(market.rows)
    while len(market.rows) < warm + messages:
        market.step(market.random.choices(numbers, market.weights)[0])
    with path.open("wb") as file:
        file.write(HEADER.pack(b"L3FLOW1\0", len(market.rows), warm, books))
        file.writelines(market.rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--messages", type=int, default=400_000, help="after the warm-up")
    parser.add_argument("--live", type=int, default=20_000, help="live orders in all books")
    parser.add_argument("--books", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.messages < 1 or options.live < 1 or not 1 <= options.books <= 65_536:
        parser.error("--messages and --live are at least 1, --books 1 to 65536")
    make(options.out, options.messages, options.live, options.books, options.seed)


if __name__ == "__main__":
    main()
