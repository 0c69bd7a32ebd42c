"""What becomes of rows whose price or quantity fits no row of a tape: levels leave, prints and orders are left out."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import MODIFY, NO_PRICE, SNAPSHOT_LEVEL
from lumina.data.kinds import Flag, Kind

_ORDERS = (Kind.ADD, Kind.CANCEL, MODIFY, Kind.EXECUTE)


class OutOfRange:
    """Leaves out, and counts. An order is left out with all that follows of it, in each view for itself."""

    def __init__(self, left_out: "Counter[str]") -> None:
        self._left_out = left_out
        self._orders: dict[int, set[int]] = {Flag.EXCH: set(), Flag.LOCAL: set()}

    def leave_out(self, updates: NDArray[np.void], far: NDArray[np.bool_], big: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Change updates in place, and say which of them remain.

        Parameters
        ----------
        updates : ndarray of UPDATE
            Of which price, or quantity, is not set where `far`, or `big`.
        """
        kept = np.ones(len(updates), bool)
        out = far | big
        if not out.any() and not any(self._orders.values()):
            return kept
        kind = updates["kind"]
        level = np.isin(kind, (Kind.CHANGE, SNAPSHOT_LEVEL))
        kept[level & far | (kind == Kind.TRADE) & out] = False
        updates["qty_lots"][level & big] = 0  # a level whose total is not known leaves
        quote = (kind == Kind.BBO) & out
        self._left_out["levels"] += int(np.count_nonzero(level & out | quote))
        self._left_out["prints"] += int(np.count_nonzero((kind == Kind.TRADE) & out))
        whole = quote | (kind == Kind.CLEAR) & far
        kind[whole] = Kind.CLEAR
        updates["price_ticks"][whole], updates["qty_lots"][whole] = NO_PRICE, 0
        self._leave_orders(updates, out, kept)
        return kept

    def _leave_orders(self, updates: NDArray[np.void], out: NDArray[np.bool_], kept: NDArray[np.bool_]) -> None:
        kind, ids = updates["kind"], updates["order_id"]
        held = np.array(sorted(set().union(*self._orders.values())), np.uint64)
        order = np.isin(kind, _ORDERS)
        mine = np.flatnonzero(order & (out | np.isin(ids, np.append(held, ids[order & out]))))
        for i in mine.tolist():
            views = [left for view, left in self._orders.items() if updates["flags"][i] & view]
            order_id = int(ids[i])
            left = any(order_id in orders for orders in views)
            ends = kind[i] == Kind.CANCEL
            if kind[i] == Kind.ADD and not out[i]:
                left, ends = False, True  # another order of that id
            elif kind[i] == Kind.CANCEL and not left:
                updates["price_ticks"][i] = 1  # the order is known by its id
            elif kind[i] == MODIFY and not left:
                kind[i], updates["qty_lots"][i], updates["price_ticks"][i] = Kind.CANCEL, 0, 1
            else:
                kept[i] = False
            begins = not left and bool(out[i]) and kind[i] != Kind.EXECUTE and not ends
            self._left_out["orders"] += begins and bool(updates["flags"][i] & Flag.EXCH)
            for orders in views:
                if ends:
                    orders.discard(order_id)
                elif begins:
                    orders.add(order_id)
