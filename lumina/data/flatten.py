"""An order-by-order tape as the level tape that a feed of the same market would show."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumina.data.kinds import BOTH_VIEWS, LAST_BOOK_KIND, Flag, Kind, Side
from lumina.errors import DataError

if TYPE_CHECKING:
    from lumina.data.tape import Tape

PER = ("event", "row")


def flatten(tape: "Tape", per: str) -> tuple[NDArray[np.void], dict[str, Any]]:
    """Rows of `Tape.to_l2`, and their provenance.

    It counts the executions, the changes that went into a later one of their level and event (`netted_rows`), and those
    that came to nothing and that no print asks for (`silent_rows`).
    """
    if tape.level != "L3":
        raise DataError(f"{tape!r}: an L2 tape is one already; to_l2 takes an L3 tape, whose rows are orders")
    if per not in PER:
        raise DataError(f"per = {per!r}: must be one of {', '.join(PER)}")
    executed, rows = _as_levels(tape.events)
    netted, silent = 0, 0
    if per == "event":
        before = len(rows)
        rows, silent = _net(rows)
        netted = before - len(rows) - silent
    return rows, {
        "importer": "to_l2",
        "per": per,
        "executions": executed,
        "netted_rows": netted,
        "silent_rows": silent,
        "from": {"rows": len(tape), **tape.provenance},
    }


def _as_levels(events: NDArray[np.void]) -> tuple[int, NDArray[np.void]]:
    """Row for row: an execution is a print and then the change of its level, every other order row a change."""
    printed = (events["kind"] == Kind.EXECUTE) & (events["qty_lots"] < 0)
    at = np.repeat(np.arange(len(events)), 1 + printed)
    rows = events[at]
    first = np.zeros(len(rows), bool)
    first[np.flatnonzero(printed) + np.arange(np.count_nonzero(printed))] = True
    rows["kind"][(rows["kind"] >= Kind.ADD) & (rows["kind"] <= Kind.EXECUTE)] = Kind.CHANGE
    rows["stamp"] = 0
    rows["flags"] &= np.uint16(0xFFFF ^ Flag.REPLACE)
    rows["kind"][first] = Kind.TRADE
    rows["side"][first] ^= 1  # the aggressor
    rows["qty_lots"][first] *= -1
    rows["flags"][first] &= np.uint16(0xFFFF ^ Flag.END)
    return int(np.count_nonzero(printed)), rows


def _net(rows: NDArray[np.void]) -> tuple[NDArray[np.void], int]:
    """One change a level and event, where the last of them stood; how many changes of nothing went.

    Rows between which a marker stands or an event of either view ends stay apart, and so do all of a level and event
    that is not the same in both views. So a row that ends an event is the last of its group, and no level falls below
    what it was row for row.
    """
    change = rows["kind"] == Kind.CHANGE
    ends = (rows["flags"] & Flag.END) != 0
    parts = ~change & (rows["kind"] != Kind.TRADE)
    stretch = np.cumsum(parts) + np.concatenate(([0], np.cumsum(ends)[:-1]))
    at = np.flatnonzero(change)
    if not len(at):
        return rows, 0
    at = at[np.lexsort((at, rows["price_ticks"][at], rows["side"][at], stretch[at]))]
    starts = _starts(stretch[at], rows["side"][at], rows["price_ticks"][at])
    size = np.diff(starts, append=len(at))
    last = at[starts + size - 1]
    views = rows["flags"][at] & BOTH_VIEWS
    alike = np.minimum.reduceat(views, starts) == np.maximum.reduceat(views, starts)

    out, keep = rows.copy(), np.ones(len(rows), bool)
    keep[at[np.repeat(alike, size)]] = False
    keep[last[alike]] = True
    out["qty_lots"][last[alike]] = np.add.reduceat(rows["qty_lots"][at].astype(np.int64), starts)[alike]
    out = out[keep]
    # a level that is as it was is not sent, unless a print waits for it; the end of an event stays where it is
    silent = (out["kind"] == Kind.CHANGE) & (out["qty_lots"] == 0) & ((out["flags"] & Flag.END) == 0)
    silent &= ~_printed_before(out)
    return out[~silent], int(np.count_nonzero(silent))


def _printed_before(rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Was the level of a change printed at since its change before?"""
    trade = (rows["kind"] == Kind.TRADE) & (rows["side"] <= Side.SELL)
    at = np.flatnonzero(trade | (rows["kind"] <= LAST_BOOK_KIND))
    side = rows["side"][at] ^ trade[at]  # the resting side
    order = np.lexsort((at, rows["price_ticks"][at], side))
    at, side = at[order], side[order]
    same = np.ones(len(at), bool)
    same[_starts(side, rows["price_ticks"][at])] = False
    printed = np.zeros(len(rows), bool)
    printed[at[1:]] = same[1:] & trade[at[:-1]]
    return printed


def _starts(*columns: NDArray[np.generic]) -> NDArray[np.intp]:
    """Where in sorted columns another value begins."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(new)
