"""MBP-10, MBP-1, quotes and trades as updates: prints, and levels as absolute totals."""

import heapq
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import NO_PRICE as NO_TICKS
from lumina.data.databento.events import SIDES, Batch, Steps
from lumina.data.databento.records import CLEAR, NO_PRICE, SCHEMAS, TRADE, WITH_QUOTE
from lumina.data.decimals import OUT
from lumina.data.kinds import Flag, Kind, Side

# Order of what one record says; the quote of a TBBO record is the one that the trade met.
_BEFORE, _PRINT, _AFTER = 0, 1, 2


class _Found:
    """Updates of a batch as arrays, by place of their record and order within it."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[np.int64], ...]] = []

    def add(self, at: NDArray[np.int64], rank: int, kind: int, side: object, ticks: object, lots: object) -> None:
        self._parts.append(
            tuple(np.broadcast_to(np.asarray(one, np.int64), at.shape) for one in (at, rank, kind, side, ticks, lots))
        )

    def updates(self, batch: Batch, hidden: NDArray[np.bool_]) -> NDArray[np.void]:
        at, rank, kind, side, ticks, lots = (np.concatenate(columns) for columns in zip(*self._parts, strict=True))
        order = np.lexsort((rank, at))
        out = batch.updates(at[order])
        out["kind"], out["side"], out["price_ticks"], out["qty_lots"] = (
            column[order] for column in (kind, side, ticks, lots)
        )
        out["flags"][(out["kind"] == Kind.TRADE) & hidden[at[order]]] |= np.uint16(Flag.HIDDEN)
        return out


class Levels:
    """Turns whole events of a schema with `levels` a side into updates; 0 levels: prints only."""

    def __init__(self, schema: str, steps: Steps, counts: "Counter[str]") -> None:
        self._steps, self._counts = steps, counts
        self._prints_only = schema == "trades"
        self._rank = _BEFORE if schema in WITH_QUOTE else _AFTER
        n = SCHEMAS[schema]
        self._sides: tuple[_Touch | _Window, ...] = ()
        if n:
            make = _Touch if n == 1 else _Window
            self._sides = make(Side.BUY, n), make(Side.SELL, n)

    def push(self, batch: Batch) -> NDArray[np.void]:
        """Updates of a batch of events."""
        records = batch.records
        if not len(records):
            return batch.updates(np.empty(0, np.int64))
        found = _Found()
        action = records["action"]

        def place(i: int) -> str:
            return batch.where(int(records["row"][i]))

        prints = np.flatnonzero((action == TRADE) & (records["size"] > 0))
        side = SIDES[records["side"][prints]]
        ticks, between = self._steps.print_ticks(records["price"][prints], side, lambda i: place(int(prints[i])))
        lots = self._steps.lots(records["size"][prints], np.ones(len(prints), bool), lambda i: place(int(prints[i])))
        fits = (ticks != OUT) & (lots != OUT)
        self._steps.left_out["prints"] += int(np.count_nonzero(~fits))
        prints, side, ticks, lots, between = prints[fits], side[fits], ticks[fits], lots[fits], between[fits]
        found.add(prints, _PRINT, Kind.TRADE, side, ticks, lots)
        hidden = np.zeros(len(records), bool)
        hidden[prints] = between
        self._counts["prints"] += len(prints)
        self._counts["records_of_size_0"] += int(np.count_nonzero((action == TRADE) & (records["size"] == 0)))

        clear = action == CLEAR
        if self._sides:
            found.add(np.flatnonzero(clear), _BEFORE, Kind.CLEAR, Side.NONE, NO_TICKS, 0)
        for one, name in zip(self._sides, ("bid", "ask"), strict=False):
            price, size = records[f"{name}_px"], records[f"{name}_sz"]
            there = (price != NO_PRICE) & (size > 0)

            def level(i: int, width: int = price.shape[1]) -> str:
                return f"{place(i // width)}: level {i % width}"

            ticks, lots = self._steps.ticks(price, there, level), self._steps.lots(size, there, level)
            fits = (ticks != OUT) & (lots != OUT)
            self._steps.left_out["levels"] += int(np.count_nonzero(~fits))
            one.push(
                ticks,
                lots,
                there & fits,
                clear,
                found,
                self._rank,
            )
        return found.updates(batch, hidden)


class _Touch:
    """Best price of a side: a BBO row where it changes, a CLEAR where there is none."""

    def __init__(self, side: Side, levels: int) -> None:
        self._side = side
        self._last = (0, 0)

    def push(
        self,
        ticks: NDArray[np.int64],
        lots: NDArray[np.int64],
        there: NDArray[np.bool_],
        clear: NDArray[np.bool_],
        found: _Found,
        rank: int,
    ) -> None:
        ticks, lots = np.where(there, ticks, 0)[:, 0], np.where(there, lots, 0)[:, 0]
        last_ticks, last_lots = np.append(self._last[0], ticks[:-1]), np.append(self._last[1], lots[:-1])
        # after a clear the side is empty, whatever it was
        last_ticks, last_lots = np.where(clear, 0, last_ticks), np.where(clear, 0, last_lots)
        changed = (ticks != last_ticks) | (lots != last_lots)
        quote, none = np.flatnonzero(changed & (lots > 0)), np.flatnonzero(changed & (lots == 0))
        found.add(quote, rank, Kind.BBO, self._side, ticks[quote], lots[quote])
        found.add(none, rank, Kind.CLEAR, self._side, NO_TICKS, 0)
        self._last = int(ticks[-1]), int(lots[-1])


class _Window:
    """Some best levels of a side: what changed, and what has gone.

    A level that others have pushed out of the window is out of sight, not gone (SEMANTICS F5): nothing is said about
    it until the window reaches it again.
    """

    def __init__(self, side: Side, levels: int) -> None:
        self._side, self._levels = side, levels
        self._worse = -1 if side == Side.BUY else 1  # direction away from the touch
        self._ticks, self._lots = np.zeros(levels, np.int64), np.zeros(levels, np.int64)
        self._hidden: list[int] = []  # levels out of sight, a heap: the best, in units of _worse, first

    def push(
        self,
        ticks: NDArray[np.int64],
        lots: NDArray[np.int64],
        there: NDArray[np.bool_],
        clear: NDArray[np.bool_],
        found: _Found,
        rank: int,
    ) -> None:
        ticks, lots = np.where(there, ticks, 0), np.where(there, lots, 0)
        before_ticks = np.concatenate([self._ticks[None], ticks[:-1]])
        before_lots = np.concatenate([self._lots[None], lots[:-1]])
        # the same prices: only quantities can have changed
        moved = ((ticks != before_ticks) | ((lots == 0) != (before_lots == 0))).any(axis=1) | clear
        row, column = np.nonzero((lots != before_lots) & ~moved[:, None])
        found.add(row, rank, Kind.CHANGE, self._side, ticks[row, column], lots[row, column])
        at: list[int] = []
        changes: list[tuple[int, int]] = []
        for i in np.flatnonzero(moved).tolist():
            n = len(changes)
            before = {} if clear[i] else _book(before_ticks[i], before_lots[i])
            if clear[i]:
                self._hidden.clear()
            self._move(before, _book(ticks[i], lots[i]), changes)
            at += [i] * (len(changes) - n)
        if changes:
            prices, totals = np.array(changes, np.int64).T
            found.add(np.array(at, np.int64), rank, Kind.CHANGE, self._side, prices, totals)
        self._ticks, self._lots = ticks[-1], lots[-1]

    def _move(self, before: dict[int, int], now: dict[int, int], changes: list[tuple[int, int]]) -> None:
        worse, hidden = self._worse, self._hidden
        # a side that does not fill the window shows all that there is
        edge = max(price * worse for price in now) if len(now) == self._levels else None
        for price in before:
            if price not in now:
                if edge is None or price * worse < edge:
                    changes.append((price, 0))
                else:
                    heapq.heappush(hidden, price * worse)
        while hidden and (edge is None or hidden[0] <= edge):
            price = heapq.heappop(hidden) * worse
            if price not in now:
                changes.append((price, 0))
        changes += [(price, lots) for price, lots in now.items() if before.get(price) != lots]


def _book(ticks: NDArray[np.int64], lots: NDArray[np.int64]) -> dict[int, int]:
    return {price: n for price, n in zip(ticks.tolist(), lots.tolist(), strict=True) if n}
