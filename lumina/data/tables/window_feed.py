"""Rows that show the best levels of both sides at once, as updates of the levels in the window."""

from bisect import bisect_right, insort
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import NO_PRICE, UPDATE
from lumina.data.decimals import OUT
from lumina.data.instrument import Instrument
from lumina.data.kinds import BOTH_VIEWS, Flag, Kind, Side
from lumina.data.tables.recording import Options
from lumina.data.tables.table import Chunk
from lumina.data.tables.table_feed import Form, TableFeed

# Updates, and the row that each belongs to.
_Part = tuple[NDArray[np.intp], NDArray[np.void]]
_ABSENT = 2**40  # a key behind every price


class WindowFeed(TableFeed):
    """A row is a message: a print if it has one, then the totals of all levels that it shows.

    A level that is gone from within the window gets a zero; one that the window moved away from gets none
    (SEMANTICS F5). One level a side becomes best bids and offers.
    """

    def __init__(
        self, name: str, paths: Sequence[Path], form: Form, instrument: Instrument, options: Options, symbol: str | None
    ) -> None:
        super().__init__(name, paths, form, instrument, options, symbol)
        self._windows = (_Window(Side.BUY, form.depth), _Window(Side.SELL, form.depth))

    def _take(self, chunk: Chunk) -> NDArray[np.void]:
        exch, local = self._times(chunk)
        exch = self._forward(exch)
        self._watch(exch, local, chunk.where)
        levels = [self._levels(chunk, window) for window in self._windows]
        parts: list[_Part] = []
        if "trade_price" in self._form.columns:
            parts.append(self._prints(chunk, levels))
        for window, (keys, lots) in zip(self._windows, levels, strict=True):
            parts += window.updates(keys, lots)
        rows = np.concatenate([part[0] for part in parts])
        order = np.argsort(rows, kind="stable")
        rows, out = rows[order], np.concatenate([part[1] for part in parts])[order]
        out["exch_ts_ns"], out["local_ts_ns"] = exch[rows], local[rows]
        last = np.ones(len(rows), bool)
        last[:-1] = rows[1:] != rows[:-1]
        out["flags"][last] |= np.uint16(Flag.END)
        self.counts["messages"] += int(np.count_nonzero(last))
        return out

    def _levels(self, chunk: Chunk, window: "_Window") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Keys (prices, growing away from the touch) and lots of a side, [row, level]; absent levels at the end."""
        side, columns = window.name, self._form.columns
        prices = np.empty((len(chunk), window.depth), np.int64)
        lots = np.empty_like(prices)
        for i in range(window.depth):
            prices[:, i] = chunk.numbers(columns[f"{side}_price_{i + 1}"], self._prices, blank=True)
            lots[:, i] = chunk.numbers(columns[f"{side}_quantity_{i + 1}"], self._lots, blank=True)
            self._refuse_unpriced(
                chunk,
                columns[f"{side}_price_{i + 1}"],
                lots[:, i] > 0,
                prices[:, i],
                "must be above 0 where the level has a quantity",
            )
        shown = lots > 0
        out = shown & ((prices >= OUT) | (lots >= OUT))
        if out.any():
            self._fit.left_out["levels"] += int(np.count_nonzero(out))
            order = np.argsort(out, axis=1, kind="stable")
            prices, lots = np.take_along_axis(prices, order, 1), np.take_along_axis(lots, order, 1)
            shown = np.take_along_axis(shown & ~out, order, 1)
        keys = np.where(shown, prices * window.sign, _ABSENT)
        bad = np.argwhere(shown[:, 1:] & (keys[:, 1:] <= keys[:, :-1]))
        if len(bad):
            row, i = bad[0].tolist()
            raise chunk.refuse(row, columns[f"{side}_price_{i + 2}"], "is no worse than the level before it")
        return keys, lots

    def _prints(self, chunk: Chunk, levels: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> _Part:
        columns = self._form.columns
        lots = chunk.numbers(columns["trade_quantity"], self._lots, blank=True)
        trade = lots > 0
        side = np.full(len(chunk), Side.NONE, np.int64)
        if "trade_side" in columns:
            # rows without a print have no side worth reading
            some = np.flatnonzero(trade).tolist()
            side[some] = chunk.select(some).numbers(columns["trade_side"], self._form.sides)
        price, hidden = self._print_prices(chunk, columns["trade_price"], trade, side, True)
        out_of_range = trade & ((price >= OUT) | (lots >= OUT))
        self._fit.left_out["prints"] += int(np.count_nonzero(out_of_range))
        trade &= ~out_of_range
        self._refuse_unpriced(chunk, columns["trade_price"], trade, price, "must be above 0 where a quantity traded")
        if self._form.aggressor_from_quotes:
            bid, ask = (
                np.concatenate([[window.best], keys[:-1, 0]])
                for window, (keys, _) in zip(self._windows, levels, strict=True)
            )
            side[(price >= ask) & (ask != _ABSENT)] = Side.BUY
            side[(-price >= bid) & (bid != _ABSENT)] = Side.SELL
            self.counts["prints between the quotes"] += int(np.count_nonzero(trade & (side == Side.NONE)))
        self.counts["trades"] += int(np.count_nonzero(trade))
        self.counts["hidden prints"] += int(np.count_nonzero(hidden & trade))
        rows = np.flatnonzero(trade)
        out = _updates(len(rows), Kind.TRADE)
        out["side"], out["price_ticks"], out["qty_lots"] = side[rows], price[rows], lots[rows]
        out["flags"] |= hidden[rows] * np.uint16(Flag.HIDDEN)
        return rows, out


class _Window:
    """A side of the window from row to row."""

    def __init__(self, side: Side, depth: int) -> None:
        self.side, self.depth = side, depth
        self.sign, self.name = (-1, "bid") if side == Side.BUY else (1, "ask")
        self._keys = np.full(depth, _ABSENT, np.int64)
        self._behind: list[int] = []  # sorted keys of levels that the window moved away from

    @property
    def best(self) -> int:
        """Key of the best level of the last row."""
        return int(self._keys[0])

    def updates(self, keys: NDArray[np.int64], lots: NDArray[np.int64]) -> list[_Part]:
        """Updates with the rows that they belong to: first the levels that are gone, then those shown."""
        before = np.concatenate([self._keys[None], keys[:-1]])
        self._keys = keys[-1]
        rows, levels = np.nonzero(keys != _ABSENT)
        shown = _updates(len(rows), Kind.BBO if self.depth == 1 else Kind.CHANGE, self.side)
        shown["price_ticks"], shown["qty_lots"] = keys[rows, levels] * self.sign, lots[rows, levels]
        if self.depth == 1:
            gone_rows = np.flatnonzero((keys[:, 0] == _ABSENT) & (before[:, 0] != _ABSENT))
            gone = _updates(len(gone_rows), Kind.CLEAR, self.side)
            gone["price_ticks"] = NO_PRICE
            return [(gone_rows, gone), (rows, shown)]
        moved = np.flatnonzero((keys != before).any(axis=1))
        found: list[tuple[int, int]] = []
        for row, now, then in zip(moved.tolist(), keys[moved].tolist(), before[moved].tolist(), strict=True):
            found += [(row, key) for key in self._move(now, then)]
        places = np.array(found, np.int64).reshape(-1, 2)
        gone = _updates(len(found), Kind.CHANGE, self.side)
        gone["price_ticks"] = places[:, 1] * self.sign
        return [(places[:, 0].astype(np.intp), gone), (rows, shown)]

    def _move(self, now: list[int], then: list[int]) -> list[int]:
        """Keys of the levels known before that the window shows to be gone."""
        worst, shown = now[-1], set(now)  # of a window that is not full, all that it does not show is gone
        gone = []
        for key in then:
            if key not in shown and key != _ABSENT:
                if key <= worst:
                    gone.append(key)
                else:
                    insort(self._behind, key)
        reached = bisect_right(self._behind, worst)
        gone += [key for key in self._behind[:reached] if key not in shown]
        del self._behind[:reached]
        return gone


def _updates(n: int, kind: Kind = Kind.CHANGE, side: Side = Side.NONE) -> NDArray[np.void]:
    out = np.zeros(n, UPDATE)
    out["kind"], out["side"], out["flags"] = kind, side, np.uint16(BOTH_VIEWS)
    return out
