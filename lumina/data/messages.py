"""Venue messages collected into one array of updates for the sequencer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import UPDATE
from lumina.data.kinds import BOTH_VIEWS, Flag, Kind, Side

_NO_FLAG = Flag(0)


class Messages:
    """Messages of one or more updates each; `take` returns them, ends marked, and starts anew."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._heads: list[tuple[int, int, int, int]] = []  # exchange time, local time, tag, views
        self._starts: list[int] = []
        self._kinds: list[int] = []
        self._sides: list[int] = []
        self._prices: list[int] = []
        self._lots: list[int] = []
        self._flags: list[tuple[int, int]] = []  # (update, flag)
        self._orders: list[tuple[int, int]] = []  # (update, the venue's order id)

    def __len__(self) -> int:
        return len(self._kinds)

    def begin(self, exch_ts_ns: int, local_ts_ns: int, tag: int = 0, views: Flag = BOTH_VIEWS) -> None:
        """Start a message; one that gets no update is none."""
        self._heads.append((exch_ts_ns, local_ts_ns, tag, int(views)))
        self._starts.append(len(self._kinds))

    def add(
        self,
        kind: int,
        side: Side = Side.NONE,
        price_ticks: int = 0,
        lots: int = 0,
        flag: Flag = _NO_FLAG,
        order_id: int = 0,
    ) -> None:
        """Add an update to the message; `kind` is a Kind, or MODIFY of `lumina._core._resolver`."""
        if flag:
            self._flags.append((len(self._kinds), int(flag)))
        if order_id:
            self._orders.append((len(self._kinds), order_id))
        self._kinds.append(kind)
        self._sides.append(side)
        self._prices.append(price_ticks)
        self._lots.append(lots)

    def levels(self, side: Side, levels: Sequence[tuple[int, int]]) -> None:
        """Add the new totals of levels, as (price in ticks, lots)."""
        self._kinds += [Kind.CHANGE] * len(levels)
        self._sides += [side] * len(levels)
        self._prices += [price for price, _ in levels]
        self._lots += [lots for _, lots in levels]

    def take(self) -> NDArray[np.void]:
        """The messages as an array of UPDATE."""
        out = np.zeros(len(self._kinds), UPDATE)
        if len(out):
            counts = np.diff([*self._starts, len(out)])
            heads = np.repeat(np.array(self._heads, np.int64), counts, axis=0)
            out["exch_ts_ns"], out["local_ts_ns"], out["tag"], out["flags"] = heads.T
            out["kind"], out["side"] = self._kinds, self._sides
            out["price_ticks"], out["qty_lots"] = self._prices, self._lots
            out["flags"][np.cumsum(counts)[counts > 0] - 1] |= np.uint16(Flag.END)
            for update, flag in self._flags:
                out["flags"][update] |= flag
            if self._orders:
                updates, ids = zip(*self._orders, strict=True)
                out["order_id"][list(updates)] = np.array(ids, np.uint64)
        self._clear()
        return out
