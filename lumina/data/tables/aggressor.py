"""The side of prints that tell none, from the quotes that they met."""

import heapq
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import MODIFY, NO_PRICE
from lumina.data.kinds import Kind, Side

_FIELDS = ["kind", "side", "price_ticks", "qty_lots", "order_id"]


class Quotes:
    """Best bid and offer of a stream of updates, for its prints.

    A print at the ask or above is a buyer's, at the bid or below a seller's; between the quotes, or where there are
    none, it stays without a side.
    """

    def __init__(self, counts: "Counter[str]") -> None:
        self._counts = counts
        self._sides = {Side.BUY: _Levels(-1), Side.SELL: _Levels(1)}
        self._orders: dict[int, tuple[int, int, int]] = {}  # side, price, lots

    def give_sides(self, updates: NDArray[np.void]) -> NDArray[np.void]:
        """The updates, in order of receipt, their prints with a side where the quotes before tell it."""
        out = updates.copy()
        found: list[tuple[int, int]] = []
        for i, (kind, side, price, lots, order_id) in enumerate(updates[_FIELDS].tolist()):
            if kind == Kind.TRADE:
                if side == Side.NONE:
                    found.append((i, self._side(price)))
            else:
                self._apply(kind, side, price, lots, order_id)
        for i, side in found:
            out["side"][i] = side
            self._counts["between the quotes" if side == Side.NONE else "from the quotes"] += 1
        return out

    def _side(self, price: int) -> int:
        bid, ask = self._sides[Side.BUY].best, self._sides[Side.SELL].best
        if ask is not None and price >= ask:
            return int(Side.BUY)
        return int(Side.SELL if bid is not None and price <= bid else Side.NONE)

    def _apply(self, kind: int, side: int, price: int, lots: int, order_id: int) -> None:
        if kind in (Kind.CHANGE, Kind.BBO):
            levels = self._sides[Side(side)]
            if kind == Kind.BBO:
                levels.clear(price)
            levels.set(price, lots)
        elif kind in (Kind.CLEAR, Kind.SNAPSHOT_BEGIN):
            through = price if kind == Kind.CLEAR and price != NO_PRICE else None
            for one, levels in self._sides.items():
                if side in (Side.NONE, one):
                    levels.clear(through)
            if through is None:
                self._orders = {
                    name: order for name, order in self._orders.items() if side not in (Side.NONE, order[0])
                }
        elif kind in (Kind.ADD, Kind.REDUCE, Kind.CANCEL, Kind.EXECUTE, MODIFY):
            self._order(kind, side, price, lots, order_id)

    def _order(self, kind: int, side: int, price: int, lots: int, order_id: int) -> None:
        before = self._orders.pop(order_id, None)
        if before is not None:
            levels = self._sides[Side(before[0])]
            levels.set(before[1], levels.lots.get(before[1], 0) - before[2])
            if kind in (Kind.REDUCE, Kind.EXECUTE):
                side, price, lots = before[0], before[1], before[2] - lots
        elif kind != Kind.ADD:
            return
        if kind != Kind.CANCEL and lots > 0:
            self._orders[order_id] = (side, price, lots)
            levels = self._sides[Side(side)]
            levels.set(price, levels.lots.get(price, 0) + lots)


class _Levels:
    """Totals of a side by price, and the best of them."""

    def __init__(self, sign: int) -> None:
        self._sign = sign  # direction away from the touch
        self.lots: dict[int, int] = {}
        self._heap: list[int] = []  # keys of prices, some of levels that are gone

    @property
    def best(self) -> int | None:
        while self._heap and self._heap[0] * self._sign not in self.lots:
            heapq.heappop(self._heap)
        return self._heap[0] * self._sign if self._heap else None

    def set(self, price: int, lots: int) -> None:
        if lots <= 0:
            self.lots.pop(price, None)
            return
        if price not in self.lots:
            heapq.heappush(self._heap, price * self._sign)
        self.lots[price] = lots

    def clear(self, through: int | None) -> None:
        """Take the levels from the best through a price; None takes all."""
        if through is None:
            self.lots.clear()
            self._heap.clear()
        while (best := self.best) is not None and through is not None and (best - through) * self._sign <= 0:
            del self.lots[best]
