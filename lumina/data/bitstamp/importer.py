"""Bitstamp's order log, as a collector of its live feed writes it: `local_ms kind json`.

The log has no time of events but the collector's: the `datetime` of an order is when it was created, in seconds, also
on its deletion. So there is one clock, the local one, and latency is 0.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from lumina._core._book import DepthBook
from lumina._core._resolver import MODIFY
from lumina.data import compressed
from lumina.data.bitstamp.lines import Line, Steps, read_lines
from lumina.data.bitstamp.match import Item, Matcher, Was
from lumina.data.calendar import Calendar
from lumina.data.decimals import OUT
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number
from lumina.data.kinds import MAX_PRICE_TICKS, Kind, Side
from lumina.data.messages import Messages
from lumina.data.pipeline import Pipeline
from lumina.data.source import MAX_LOTS, Chunk, HashedFile, Progress, Reading, Source
from lumina.errors import DataError, argument

_BATCH = 1 << 15  # updates
_WAIT_NS = 500_000_000
_UNIT = Fraction(1, 10**8)  # of an amount
_MAX_AMOUNT = 10**18
_LEVELS = 20
# Orders at a level, each rounded down to a lot, together lose at most so many lots.
_ROUNDING = 16
_KINDS = ("order_created", "order_changed", "order_deleted", "trade", "order_book")
_LINE = re.compile(rb"\d{13} (order_created|order_changed|order_deleted|trade|order_book) \{")
_SIDES = (Side.BUY, Side.SELL)


def sniff(head: bytes, path: Path) -> bool:
    """A line that begins with 13 digits, one of the kinds and an object, plain or compressed."""
    return _LINE.match(compressed.head(head)) is not None


def read(
    paths: Sequence[Path],
    *,
    instrument: Instrument | None = None,
    symbol: str = "BTCUSD",
    tick_size: Number = "0.01",
    lot_size: Number = "0.000001",
    settlement: str = "USD",
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    snapshots: str = "resync",
    out_of_range: str = "drop",
    session: str | None = None,
    order_ids: bool = False,
    progress: Progress | None = None,
) -> "BitstampSource":
    """Importer of a Bitstamp order log; several files are one recording, in order of time.

    Parameters
    ----------
    instrument : Instrument, optional
        Otherwise made of the terms given; the log names none. Amounts have 8 decimals and a row 31 bits: with the
        default lot an order may have 2,147 coins, and each is rounded down to a lot.
    snapshots : {"resync", "check"}
        The log shows the best 20 levels now and then. The first makes the book of orders from before the log. "resync":
        where two in a row find a level the same lots off, it is set right. "check": they are only compared.
    out_of_range : {"drop", "error"}
        See `lumina.data.fit.Fit`; an order is left out with all that follows of it.
    session, order_ids, progress
        As in `lumina.data.lobster.read`.

    Raises
    ------
    DataError
        Naming file, line and field of what is wrong.
    """
    if snapshots not in ("resync", "check"):
        raise DataError(f"option {argument('snapshots')} = {snapshots!r} is neither resync nor check")
    if instrument is None:
        instrument = Instrument(symbol, tick_size, lot_size, 1, False, settlement, maker_fee, taker_fee)
    return BitstampSource(paths, instrument, snapshots == "resync", session, order_ids, progress, Fit(out_of_range))


class BitstampSource(Source):
    """Importer of one recording; see `read`."""

    depth_limit = _LEVELS
    # the log names no market
    told = ("multiplier", "inverse")

    def __init__(
        self,
        paths: Sequence[Path],
        instrument: Instrument,
        resync: bool,
        session: str | None,
        order_ids: bool,
        progress: Progress | None,
        fit: Fit,
    ) -> None:
        super().__init__(paths)
        self.instrument = instrument
        self._progress = progress
        calendar = None if session is None else Calendar.parse(session)
        self._pipeline = Pipeline(self.name, ordered=True, seeded=True, order_ids=order_ids, calendar=calendar)
        self._prices, self._amounts = Steps(instrument.tick_size), Steps(_UNIT)
        self._per_lot = _UNIT / instrument.lot_size
        self._matcher = Matcher(_WAIT_NS)
        self._out = Messages()
        self._counts: Counter[str] = Counter()
        self._fit = fit
        self._left_out: set[int] = set()  # live orders that fit no row
        self._snapshots = _Snapshots(resync, _ROUNDING if _UNIT % instrument.lot_size else 0)
        self._waiting: dict[Item, tuple[dict[int, int], dict[int, int]]] = {}

    def rows(self) -> Iterator[Chunk]:
        files: list[dict[str, Any]] = []
        tick = Reading(self.paths, self._progress)

        before = 0
        for path in self.paths:
            file = HashedFile(path, tick)
            try:
                for line in read_lines(file):
                    if line.local_ts_ns < before:
                        raise DataError(
                            f"{path}: line 1: local time {line.local_ts_ns // 1_000_000} is below that of the file "
                            "before; remedy: give the files in order of time"
                        )
                    before = line.local_ts_ns
                    for item in self._take(line):
                        yield from self._write(item)
                files.append(file.record())
            finally:
                file.close()
        for item in self._matcher.finish():
            yield from self._write(item)
        yield from self._flush()
        yield from self._pipeline.finish()
        unused = {
            **{f"{what[7:]} messages": n for what, n in sorted(self._counts.items()) if what.startswith("other: ")},
            "amounts below a lot": self._counts["amounts below a lot"],
        }
        self.provenance = {
            "importer": "bitstamp",
            "files": files,
            "unused": {what: n for what, n in unused.items() if n},
            "messages": dict(sorted(self._counts.items())),
            "trades": dict(sorted(self._matcher.counts.items())),
            "order_book": dict(self._snapshots.counts),
            "orders": self._pipeline.order_record(),
            **self._fit.record(),
            **self._pipeline.record(),
        }

    # ---- a line in ---------------------------------------------------------------------------------------------

    def _take(self, line: Line) -> Iterator[Item]:
        self._counts[line.kind if line.kind in _KINDS else f"other: {line.kind}"[:40]] += 1
        if line.kind == "order_book":
            item = Item(line.local_ts_ns, Was.SNAPSHOT)
            self._waiting[item] = (self._levels(line, "bids"), self._levels(line, "asks"))
            return self._matcher.snapshot(item)
        if line.kind not in _KINDS:
            return iter(())
        price = line.count("price", self._prices, 1, OUT if self._fit.drop else MAX_PRICE_TICKS)
        amount = line.count("amount", self._amounts, 0, _MAX_AMOUNT)
        if self._lots(amount) > MAX_LOTS and not self._fit.drop:
            raise line.refuse(
                "amount",
                f"{line.data['amount']!r} is over 2^31 - 1 lots; remedy: option {argument('out_of_range', 'drop')}",
            )
        if line.kind == "trade":
            return self._matcher.traded(Item(line.local_ts_ns, Was.PRINT, 0, Side.NONE, price, 0, amount))
        item = Item(
            line.local_ts_ns,
            Was.ARRIVAL,
            line.integer("id", 1, 2**63 - 1),
            _SIDES[line.integer("order_type", 0, 1)],
            price,
            0,
            amount,
        )
        if line.kind == "order_created":
            return self._matcher.created(item)
        item.was = Was.DELETE if line.kind == "order_deleted" else Was.CHANGE
        released = self._matcher.changed(item)
        self._counts["deletes of orders from before the log"] += item.old and line.kind == _KINDS[2]
        return released

    def _levels(self, line: Line, field: str) -> dict[int, int]:
        levels = {price: self._lots(amount) for price, amount in line.levels(field, self._prices, self._amounts)}
        return {price: lots for price, lots in levels.items() if price <= MAX_PRICE_TICKS and lots <= MAX_LOTS}

    def _lots(self, amount: int) -> int:
        return amount * self._per_lot.numerator // self._per_lot.denominator

    # ---- an item out -------------------------------------------------------------------------------------------

    def _write(self, item: Item) -> Iterator[Chunk]:
        if item.was == Was.SNAPSHOT:
            yield from self._flush()
            changes = self._snapshots.compare(self._waiting.pop(item))
            if changes:
                self._out.begin(item.ts_ns, item.ts_ns)
                for side, price, lots in changes:
                    self._out.add(Kind.CHANGE, side, price, lots)
                yield from self._flush()
            return
        lots, order = self._lots(item.after), item.order_id
        before = None if item.before is None else self._lots(item.before)
        self._out.begin(item.ts_ns, item.ts_ns)
        if self._leave_out(item, lots, before):
            return
        if item.was == Was.ARRIVAL:
            self._add(Kind.ADD, item, lots)
        elif item.was == Was.FILL:
            assert before is not None
            self._add(Kind.EXECUTE, item, before - lots)
        elif item.was == Was.CHANGE:
            if lots:
                self._out.add(MODIFY, item.side, item.price_ticks, lots, order_id=order)
            elif before:
                self._out.add(Kind.CANCEL, item.side, item.price_ticks, before, order_id=order)
        elif item.was == Was.DELETE:
            if before != 0:
                self._out.add(Kind.CANCEL, item.side, item.price_ticks, before or lots, order_id=order)
        elif item.was == Was.PRINT:
            self._add(Kind.TRADE, item, lots)
        if len(self._out) >= _BATCH:
            yield from self._flush()

    def _leave_out(self, item: Item, lots: int, before: int | None) -> bool:
        """Is the item out of range, or about an order that was?"""
        order, left = item.order_id, self._left_out
        out = item.price_ticks > MAX_PRICE_TICKS or lots > MAX_LOTS
        if item.was == Was.PRINT:
            self._fit.left_out["prints"] += out
            return out
        if order in left:
            if item.was == Was.FILL and before is not None and item.price_ticks <= MAX_PRICE_TICKS:
                # the trade happened, and nobody of the book was in it
                self._out.add(Kind.TRADE, Side(1 - item.side), item.price_ticks, min(before - lots, MAX_LOTS))
            if item.was == Was.DELETE or not lots:
                left.discard(order)
            return True
        if not out or item.was in (Was.DELETE, Was.NOTHING):
            return out
        self._fit.left_out["orders"] += 1
        left.add(order)
        if item.was == Was.CHANGE and before:
            self._out.add(Kind.CANCEL, item.side, min(item.price_ticks, MAX_PRICE_TICKS), before, order_id=order)
        return True

    def _add(self, kind: Kind, item: Item, lots: int) -> None:
        if lots > 0:
            self._out.add(kind, item.side, item.price_ticks, lots, order_id=item.order_id)
        else:
            self._counts["amounts below a lot"] += 1

    def _flush(self) -> Iterator[Chunk]:
        for chunk in self._pipeline.push(self._out.take()):
            self._snapshots.book.apply(chunk.rows, view="exchange")
            yield chunk


class _Snapshots:
    """The venue's best levels against the tape's book at the same place of the log."""

    def __init__(self, resync: bool, tolerance: int) -> None:
        self.book = DepthBook()
        self.counts = Counter(snapshots=0, equal=0, corrected_levels=0)
        self._resync, self._tolerance = resync, tolerance
        self._off: dict[tuple[Side, int], int] | None = None  # lots that levels were off at the last one

    def compare(self, levels: tuple[dict[int, int], dict[int, int]]) -> list[tuple[Side, int, int]]:
        """Levels to be set, as (side, price in ticks, lots)."""
        off: dict[tuple[Side, int], int] = {}
        equal = True
        for side, shown in zip(_SIDES, levels, strict=True):
            if not shown:
                continue
            touch, worst = (max(shown), min(shown)) if side == Side.BUY else (min(shown), max(shown))
            held = self._held(side, worst if len(shown) >= _LEVELS else None)
            for price in shown.keys() | held.keys():
                lots = shown.get(price, 0) - held.get(price, 0)
                if abs(lots) > self._tolerance or (price in shown) != (price in held):
                    off[side, price] = lots
            equal &= (side, touch) not in off and touch == next(iter(held))
        first, last = self._off is None, self._off or {}
        self._off = off
        if not first:
            self.counts["snapshots"] += 1
            self.counts["equal"] += equal
            if not self._resync:
                return []
            off = {level: lots for level, lots in off.items() if last.get(level) == lots}
            self.counts["corrected_levels"] += len(off)
        return [(side, price, levels[side].get(price, 0)) for side, price in sorted(off)]

    def _held(self, side: Side, worst: int | None) -> dict[int, int]:
        """The tape's levels of a side, best first, to the worst price that the snapshot shows (None: all)."""
        n = 4 * _LEVELS
        while True:
            levels = self.book.depth(n)[side].tolist()
            inside = [
                (price, lots)
                for price, lots in levels
                if worst is None or (price >= worst if side == Side.BUY else price <= worst)
            ]
            if len(levels) < n or len(inside) < len(levels):
                return dict(inside)
            n *= 2
