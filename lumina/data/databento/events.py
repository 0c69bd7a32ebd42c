"""Records of a venue's stream as whole events, on the grid of ticks and lots."""

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import UPDATE
from lumina.data.databento.records import (
    CANCEL,
    CLEAR,
    FILL,
    LAST,
    MAYBE_BAD,
    MODIFY,
    NO_PRICE,
    PRICE_SCALE,
    SCHEMAS,
    SINGLE,
    SNAPSHOT,
    TOP,
    TRADE,
    Times,
    record_dtype,
)
from lumina.data.decimals import OUT
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, text
from lumina.data.kinds import BOTH_VIEWS, MAX_PRICE_TICKS, Flag, Side
from lumina.data.source import MAX_LOTS
from lumina.errors import DataError, argument

Where = Callable[[int], str]
_MAX_EVENT = 1 << 21  # records
SIDES = np.full(256, Side.NONE, np.uint8)
SIDES[ord("B")], SIDES[ord("A")] = Side.BUY, Side.SELL


class Events:
    """Cuts a stream into whole events.

    An event ends at the flag for it, a snapshot where something else follows. Where records of one event have
    different times, each time is a message of its own (SEMANTICS T6).

    Parameters
    ----------
    schema : str
        Of some schemas each record is an event (`SINGLE`).
    times : Times
    counts : Counter
        What was found, for the provenance.
    """

    def __init__(self, schema: str, times: Times, counts: "Counter[str]") -> None:
        self._rest = np.empty(0, record_dtype(SCHEMAS[schema]))
        self._single, self._orders = schema in SINGLE, schema == "mbo"
        self._times, self._counts = times, counts

    def push(self, records: NDArray[np.void], where: Where) -> "Batch":
        """The events that are whole now."""
        records = np.concatenate([self._rest, records]) if len(self._rest) else records
        ends = self._ends(records)
        places = np.flatnonzero(ends)
        cut = int(places[-1]) + 1 if len(places) else 0
        if len(records) - cut > _MAX_EVENT:
            raise DataError(
                f"{where(int(records['row'][cut]))}: no end of the event (flag {LAST}) within {_MAX_EVENT} records"
            )
        self._rest = records[cut:].copy()
        return Batch(records[:cut], ends[:cut], self._times, self._counts, where, self._orders)

    def finish(self, where: Where) -> "Batch":
        """What is left at the end of a file."""
        records, self._rest = self._rest, self._rest[:0]
        ends = self._ends(records)
        if len(records) and not ends[-1]:
            ends[-1] = True
            self._counts["unfinished_events"] += int(not records["flags"][-1] & (SNAPSHOT | LAST))
        return Batch(records, ends, self._times, self._counts, where, self._orders)

    def _ends(self, records: NDArray[np.void]) -> NDArray[np.bool_]:
        if self._single or not len(records):
            return np.ones(len(records), bool)
        flags, action = records["flags"], records["action"]
        snapshot, last = (flags & SNAPSHOT) != 0, (flags & LAST) != 0
        follows = snapshot[1:]
        anew = (action[1:] == CLEAR) | (last[:-1] & (records["ts_recv"][1:] != records["ts_recv"][:-1]))
        # some venues flag each record of a trade: it goes on to its fills, and these to what leaves the book
        filled = action[1:] == FILL
        goes_on = np.where(action[:-1] == TRADE, filled, filled | (action[1:] == CANCEL) | (action[1:] == MODIFY))
        goes_on &= self._opens_trade(action[:-1]) & (records["ts_event"][1:] == records["ts_event"][:-1])
        ends = np.empty(len(records), bool)
        ends[:-1] = np.where(snapshot[:-1], ~follows | anew, (last[:-1] & ~goes_on) | follows)
        ends[-1] = last[-1] and not snapshot[-1] and not self._opens_trade(action[-1:])[0]
        return ends

    def _opens_trade(self, action: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return np.asarray(self._orders & ((action == TRADE) | (action == FILL)))


class Batch:
    """Whole events: records, their times, and the message that each belongs to."""

    def __init__(
        self,
        records: NDArray[np.void],
        ends: NDArray[np.bool_],
        times: Times,
        counts: "Counter[str]",
        where: Where,
        orders: bool,
    ) -> None:
        self.records, self.ends, self.where = records, ends, where
        if not len(records):
            return
        flags = records["flags"]
        if orders and (flags & TOP).any():
            i = int(np.argmax((flags & TOP) != 0))
            raise DataError(
                f"{where(int(records['row'][i]))}: flag {TOP}, top of book only, is no single order; remedy: mbp-1"
            )
        counts["maybe_bad_book"] += int(np.count_nonzero(flags & MAYBE_BAD))
        counts["events"] += int(np.count_nonzero(ends))
        self.exch, local = times.of(records, where)
        starts = np.empty(len(records), bool)
        starts[0] = True
        apart = self.exch[1:] != self.exch[:-1]
        starts[1:] = ends[:-1] | apart
        counts["split_events"] += int(np.count_nonzero(apart & ~ends[:-1]))
        self.message = np.cumsum(starts) - 1
        # a message is there when all of it was received
        last = np.append(np.flatnonzero(starts)[1:] - 1, len(records) - 1)
        self.local = local[last][self.message]

    def __len__(self) -> int:
        return len(self.records)

    def updates(self, at: NDArray[np.int64]) -> NDArray[np.void]:
        """Empty updates for records at places that do not fall: times and flags, the ends marked."""
        out = np.zeros(len(at), UPDATE)
        if len(at):
            out["exch_ts_ns"], out["local_ts_ns"] = self.exch[at], self.local[at]
            out["flags"] = int(BOTH_VIEWS)
            message = self.message[at]
            out["flags"][np.append(message[1:] != message[:-1], True)] |= np.uint16(Flag.END)
        return out


class Steps:
    """Prices in 1e-9 and sizes onto the grid of an instrument; what is out of range is `OUT` where `fit` drops it."""

    def __init__(self, instrument: Instrument, fit: Fit) -> None:
        self._instrument, self._drop, self.left_out = instrument, fit.drop, fit.left_out
        tick = instrument.tick_size * PRICE_SCALE
        if tick.denominator != 1:
            raise DataError(
                f"instrument {instrument.symbol}: tick_size {text(instrument.tick_size)} is no multiple of 1e-9, "
                "in which the prices are"
            )
        if instrument.lot_size.denominator != 1:
            raise DataError(
                f"instrument {instrument.symbol}: lot_size {text(instrument.lot_size)} is no whole number; sizes are"
            )
        self._tick, self._lot = int(tick), int(instrument.lot_size)

    def ticks(
        self, prices: NDArray[np.int64], there: NDArray[np.bool_], place: Callable[[int], str]
    ) -> NDArray[np.int64]:
        """Ticks of the prices that are `there`, 0 elsewhere; `place` names an entry of the flattened array."""
        ticks, rest = np.divmod(np.where(there, prices, 0), self._tick)
        return self._bound(ticks, there & (rest != 0), prices, place)

    def print_ticks(
        self, prices: NDArray[np.int64], sides: NDArray[np.uint8], place: Callable[[int], str]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Ticks of prints, those between two ticks rounded away from the mid, and which these are."""
        ticks, rest = np.divmod(np.where(prices == NO_PRICE, 0, prices), self._tick)
        between = rest != 0
        ticks += between & (sides == Side.BUY)
        ticks = self._bound(ticks, prices == NO_PRICE, prices, place)
        return ticks, np.asarray(between & (ticks != OUT))

    def lots(
        self, sizes: NDArray[np.uint32], there: NDArray[np.bool_], place: Callable[[int], str]
    ) -> NDArray[np.int64]:
        """Lots of the sizes that are `there`, 0 elsewhere."""
        lots, rest = np.divmod(np.where(there, sizes.astype(np.int64), 0), self._lot)
        for bad, why in (
            (rest != 0, f"is no multiple of lot_size {self._lot}; remedy: a {argument('lot_size')} that divides it"),
            (
                (lots > MAX_LOTS) & ~np.bool_(self._drop),
                f"is over 2^31 - 1 lots; remedy: option {argument('out_of_range', 'drop')}",
            ),
        ):
            if bad.any():
                i = int(np.argmax(bad))
                raise DataError(f"{place(i)}: size {sizes.flat[i]} {why}")
        return np.where(lots > MAX_LOTS, OUT, lots)

    def _bound(
        self,
        ticks: NDArray[np.int64],
        off: NDArray[np.bool_],
        prices: NDArray[np.int64],
        place: Callable[[int], str],
    ) -> NDArray[np.int64]:
        far = np.abs(ticks) > MAX_PRICE_TICKS
        size = text(self._instrument.tick_size)
        for bad, why in (
            (off & (prices == NO_PRICE), "is none"),
            (off, f"is no multiple of tick_size {size}; remedy: a {argument('tick_size')} that divides it"),
            (
                far & ~np.bool_(self._drop),
                f"is over 2^30 ticks of {size}; remedy: option {argument('out_of_range', 'drop')}",
            ),
            ((ticks < 1) & (ticks != 0) & self._instrument.inverse, "of an inverse contract is below one tick"),
        ):
            if bad.any():
                i = int(np.argmax(bad))
                raise DataError(f"{place(i)}: price {prices.flat[i] / PRICE_SCALE:.9f} {why}")
        return np.where(far, OUT, ticks)
