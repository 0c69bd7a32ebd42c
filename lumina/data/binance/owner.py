"""Whose a REST snapshot is that names no symbol: ids, prices and quantities of the snapshot against a depth stream."""

from collections.abc import Sequence
from fractions import Fraction

from lumina.data.binance.lines import Line, number, pairs

# A snapshot's mid this many times the price of a stream, or less than one such part, is of another symbol.
_FAR = 2
# Of so many levels that the stream set before the snapshot, half must be as they were set.
_LEVELS = 5
_LOOKED_AT = 50  # updates before the snapshot
# The two names of a side: in a snapshot, in an update.
_SIDES = (("bids", "b"), ("asks", "a"))


def is_near(snapshot: Line, price: Fraction) -> bool:
    """Is the mid of a snapshot near a price? One without levels is near any."""
    best = [number(snapshot, name, levels[0][0]) for name, _ in _SIDES if (levels := pairs(snapshot, name))]
    return not best or price < _FAR * sum(best) / len(best) < _FAR * _FAR * price


def id_of(snapshot: Line) -> int:
    """The update that it shows the book after."""
    return snapshot.update_id("lastUpdateId")


def joins(snapshot: Line, updates: Sequence[Line]) -> bool:
    """Does the id of a snapshot lie within the updates of a stream, in order: in one of them, or where the first joins?

    All symbols of a futures market number their updates from one counter, so that the id of another symbol's snapshot
    mostly falls between two updates.
    """
    last = id_of(snapshot)
    for update in updates:
        first = update.update_id("U")
        if last < first:
            break
        if last <= update.update_id("u"):
            return True
    else:
        return False
    if update is not updates[0]:
        return False
    return last == (update.update_id("pu") if "pu" in update.data else first - 1)


def agrees(snapshot: Line, updates: Sequence[Line]) -> bool:
    """Are levels that a stream set before a snapshot so in it? True, too, where there are too few to tell."""
    last = id_of(snapshot)
    before = [update for update in updates if update.update_id("u") <= last][-_LOOKED_AT:]
    of = equal = 0
    for name, short in _SIDES:
        shown = {number(snapshot, name, price): number(snapshot, name, qty) for price, qty, *_ in pairs(snapshot, name)}
        if not shown:
            continue
        low, high = min(shown), max(shown)
        told = {
            number(update, short, price): number(update, short, qty)
            for update in before
            for price, qty, *_ in pairs(update, short)
        }
        # that a level is absent says nothing: a foreign snapshot lacks nearly all of them
        levels = {price: qty for price, qty in told.items() if qty and low <= price <= high}
        of += len(levels)
        equal += sum(shown.get(price) == qty for price, qty in levels.items())
    return of < _LEVELS or 2 * equal >= of
