"""The levels of LOBSTER's orderbook rows against those that its messages make, and what must be said to agree."""

import heapq
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lumina.data.kinds import Side

# Rank of a level: its price on the ask side, less its price on the bid side, so that the best has the lowest.
_SIGN = {Side.BUY: -1, Side.SELL: 1}
EMPTY = 2**40
_UNSURE = -1


class Book(NamedTuple):
    """Levels of one side after each message, shape (n, levels): rank and lots, rank `EMPTY` where there is none."""

    rank: NDArray[np.int64]
    lots: NDArray[np.int64]


class Effect(NamedTuple):
    """What messages do to the book, one each: side, price, and the change of their level (0: none).

    `unsure` marks those where the resolver may do something else: it knows the order with another quantity.
    """

    side: NDArray[np.uint8]
    price_ticks: NDArray[np.int64]
    change_lots: NDArray[np.int64]
    unsure: NDArray[np.bool_]


class Changes(NamedTuple):
    """Level totals to be said after messages, in order of message."""

    message: NDArray[np.int64]
    side: NDArray[np.uint8]
    price_ticks: NDArray[np.int64]
    lots: NDArray[np.int64]


class Window:
    """Mirror of one day's tape: it knows which levels the rows so far made, and finds what differs from the next rows.

    Only rows that the message before them does not explain are looked at one by one.
    """

    def __init__(self, levels: int) -> None:
        self.counts: Counter[str] = Counter()
        self._levels = levels
        self._sides = {side: _Side(side, levels, self.counts) for side in (Side.BUY, Side.SELL)}

    def start(self, first: dict[Side, Book], effect: Effect) -> Changes:
        """The book before the first message, from the row after it."""
        return _changes([found for side, own in self._sides.items() for found in own.start(first[side], effect)])

    def follow(self, books: dict[Side, Book], effect: Effect) -> Changes:
        """What the rows say beyond the messages."""
        return _changes([found for side, own in self._sides.items() for found in own.follow(books[side], effect)])


def _changes(found: list[tuple[int, Side, int, int]]) -> Changes:
    found.sort(key=lambda change: change[0])
    table = np.array(found, np.int64).reshape(-1, 4)
    side = table[:, 1].astype(np.uint8)
    return Changes(table[:, 0], side, table[:, 2] * np.where(side == Side.BUY, -1, 1), table[:, 3])


class _Side:
    def __init__(self, side: Side, levels: int, counts: "Counter[str]") -> None:
        self._side, self._sign, self._levels, self._counts = side, _SIGN[side], levels, counts
        self._rank = np.full((1, levels), EMPTY, np.int64)
        self._lots = np.zeros((1, levels), np.int64)
        # ranks of levels that left the window, or never were in it, and may still hold something
        self._beyond: list[int] = []

    def start(self, first: Book, effect: Effect) -> list[tuple[int, Side, int, int]]:
        levels = {rank: lots for rank, lots in zip(*(part[0].tolist() for part in first), strict=True) if rank < EMPTY}
        change = int(effect.change_lots[0])
        if effect.side[0] == self._side and change:
            rank = int(effect.price_ticks[0]) * self._sign
            if change < 0 or rank in levels:
                levels[rank] = levels.get(rank, 0) - change
        kept = sorted(rank for rank, lots in levels.items() if lots > 0)[: self._levels]
        self._rank[0, : len(kept)] = kept
        self._lots[0, : len(kept)] = [levels[rank] for rank in kept]
        return [(0, self._side, rank, levels[rank]) for rank in kept]

    def follow(self, book: Book, effect: Effect) -> list[tuple[int, Side, int, int]]:
        rank = np.concatenate([self._rank, book.rank[:-1]])
        lots = np.concatenate([self._lots, book.lots[:-1]])
        self._rank, self._lots = book.rank[-1:].copy(), book.lots[-1:].copy()

        own = (effect.side == self._side) & (effect.change_lots != 0)
        at = np.where(own, effect.price_ticks * self._sign, -EMPTY)
        place = (rank < at[:, None]).sum(axis=1)
        n, column = np.arange(len(rank)), np.arange(self._levels)
        inside = np.minimum(place, self._levels - 1)
        there = own & (place < self._levels) & (rank[n, inside] == at)
        total = np.where(there, lots[n, inside], 0) + effect.change_lots
        joins = own & ~there & (effect.change_lots > 0)
        goes = there & (total <= 0)

        # the row that the message makes of the one before
        moved = column + (goes[:, None] & (column >= place[:, None])) - (joins[:, None] & (column > place[:, None]))
        after = np.take_along_axis(np.pad(rank, ((0, 0), (0, 1)), constant_values=EMPTY), moved, 1)
        amount = np.take_along_axis(np.pad(lots, ((0, 0), (0, 1))), moved, 1)
        put = n[(there & ~goes) | (joins & (place < self._levels))]
        after[put, place[put]], amount[put, place[put]] = at[put], total[put]

        differs = effect.unsure | ((after != book.rank) | (amount != book.lots)).any(axis=1)
        # what a new level pushes out of the window, or a level that arrives beyond it
        falls_out = joins & (rank[:, -1] < EMPTY)
        outer = np.where(place == self._levels, at, rank[:, -1])
        out: list[tuple[int, Side, int, int]] = []
        for message in np.flatnonzero(differs | falls_out).tolist():
            fell = int(outer[message]) if falls_out[message] else EMPTY
            if not differs[message]:
                heapq.heappush(self._beyond, fell)
                continue
            made = dict(zip(after[message].tolist(), amount[message].tolist(), strict=True))
            made.setdefault(fell, _UNSURE)
            corrected = self._counts["corrected_levels"]
            if effect.unsure[message]:
                made = dict.fromkeys([*made, int(at[message])] if own[message] else made, _UNSURE)
            made.pop(EMPTY, None)
            new = dict(zip(book.rank[message].tolist(), book.lots[message].tolist(), strict=True))
            self._agree(message, made, new, bool(goes[message]), out)
            self._counts["corrected_rows"] += self._counts["corrected_levels"] > corrected
        return out

    def _agree(
        self, message: int, made: dict[int, int], new: dict[int, int], gone: bool, out: list[tuple[int, Side, int, int]]
    ) -> None:
        """What makes the tape's levels those of the row; a level beyond the row's last is left as it is."""
        shown_to = EMPTY if EMPTY in new else max(new)
        new.pop(EMPTY, None)
        for key, lots in made.items():
            if key > shown_to:
                heapq.heappush(self._beyond, key)
            elif key not in new:
                out.append((message, self._side, key, 0))
                self._counts["corrected_levels"] += lots != _UNSURE
        while self._beyond and self._beyond[0] <= shown_to:
            key = heapq.heappop(self._beyond)
            if key not in new:
                out.append((message, self._side, key, 0))
        last = max(new, default=None)
        for key, lots in new.items():
            before = made.get(key)
            if before != lots:
                out.append((message, self._side, key, lots))
                if before != _UNSURE:
                    # one level more is seen where one has gone
                    refilled = gone and before is None and key == last
                    self._counts["refilled_levels" if refilled else "corrected_levels"] += 1
