"""LOBSTER's files: levels from the orderbook rows, a window of limited depth; priorities from the messages.

A message is `time, type, id, size, price, direction`, and row i of the orderbook is the book after message i. There is
one clock: latency is 0.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date as Date
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import MESSAGE_END, NO_PRICE, REPLACE_BOOK, UPDATE
from lumina.data import archive, compressed
from lumina.data.calendar import Calendar
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number
from lumina.data.kinds import BOTH_VIEWS, MAX_PRICE_TICKS, Flag, Kind, Phase, Side
from lumina.data.lobster import text as lobster_text
from lumina.data.lobster.days import Day, days, unpacked
from lumina.data.lobster.text import COLUMNS, Table, refuse
from lumina.data.lobster.window import EMPTY, Book, Changes, Effect, Window
from lumina.data.messages import Messages
from lumina.data.notes import TOLERATED, counted, percent
from lumina.data.pipeline import Pipeline
from lumina.data.source import MAX_LOTS, VENUE_TERMS, Chunk, HashedFile, Progress, Reading, Source
from lumina.data.tape import Tape
from lumina.errors import DataError, argument

__all__ = ["messages", "read", "sniff"]

ADD, REDUCE, CANCEL, EXECUTE, HIDDEN, CROSS, HALT = range(1, 8)
_TYPES = {ADD: "adds", REDUCE: "reduces", CANCEL: "deletes", EXECUTE: "executions"}
_TYPES |= {HIDDEN: "hidden executions", CROSS: "crosses", HALT: "halts"}
_KINDS = np.array(
    [255, Kind.ADD, Kind.REDUCE, Kind.CANCEL, Kind.EXECUTE, Kind.TRADE, Kind.TRADE, Kind.STATUS], np.uint8
)
# price of a halt message, + 1
_PHASES = np.array([Phase.HALT, Phase.AUCTION, Phase.CONTINUOUS])
_SCALE = 10_000  # prices are dollars times this
_NO_LEVEL = 9_999_999_999
_FAR = f"is over 2^30 ticks; remedy: {argument('out_of_range', 'drop')}"


def sniff(head: bytes, path: Path) -> bool:
    """A name of LOBSTER's, or a line that is a message; plain, compressed, or in an archive."""
    if archive.is_archive(path) and any(map(lobster_text.name_of, archive.members(path))):
        return True
    return bool(lobster_text.name_of(path)) or lobster_text.is_message(compressed.head(head))


def read(
    paths: Sequence[Path],
    *,
    instrument: Instrument | None = None,
    symbol: str | None = None,
    date: str | Date | None = None,
    tick_size: Number = "0.01",
    lot_size: Number = 1,
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    orderbook: bool = True,
    seed: str | PathLike[str] | None = None,
    out_of_range: str = "drop",
    session: str | None = None,
    order_ids: bool = False,
    progress: Progress | None = None,
) -> "LobsterSource":
    """Importer of LOBSTER's files, plain or compressed; several days are one recording, each with a book of its own.

    Parameters
    ----------
    paths
        Message files in order of time; their orderbook files too, or they are found beside them by name. Zip archives
        of both, and files in them (`ARCHIVE.zip/NAME`).
    instrument : Instrument, optional
        Otherwise in US dollars, of `tick_size`, `lot_size` shares and the symbol in the file name.
    date : str or datetime.date, optional
        Where the file name does not tell it. Times are seconds after midnight in New York.
    orderbook : bool
        False: levels from the messages alone, for files of many levels.
    seed : path, optional
        With `orderbook=False`: the first row of this orderbook file, of the same first message, is the book at the
        start.
    out_of_range : {"drop", "error"}
        What a price over 2^30 ticks is: its orders, prints and levels are left out and counted, or an error.
    session : str, optional
        Calendar of the sessions, as `us_equity`.
    order_ids : bool
        Keep the venue's order ids beside the rows.
    progress : callable, optional
        Called with (bytes read, bytes in all).

    Raises
    ------
    DataError
        Naming file, line and column of what is wrong.
    """
    files, others = unpacked([Path(path) for path in paths], symbol if instrument is None else instrument.symbol)
    if not orderbook:
        # as they are shipped, both stand in one archive
        files = [path for path in files if path in paths or lobster_text.name_of(path).get("kind") != "orderbook"]
    found = days(files, orderbook, date)
    if seed is not None and (orderbook or len(found) > 1):
        raise DataError(f"{seed}: option {argument('seed')} is for one day with {argument('orderbook', 'false')}")
    if instrument is None:
        name = symbol or found[0].symbol
        if not name:
            raise DataError(
                f"{found[0].messages}: the name does not tell the symbol; remedy: give {argument('symbol')}"
            )
        instrument = Instrument(name, tick_size, lot_size, 1, False, "USD", maker_fee, taker_fee)
    start = None if seed is None else Path(seed)
    source = LobsterSource(found, instrument, start, Fit(out_of_range), session, order_ids, progress)
    source.other_files = others
    return source


def messages(paths: Sequence[Path], **options: Any) -> tuple[Tape, NDArray[np.void]]:
    """The tape with the place and the touch of each message.

    Returns
    -------
    Tape
    ndarray
        One row a message: `tag` its number from 1, `rows` the number of tape rows up to and with it, and best bid and
        ask after it, in ticks and lots; ticks -2**31 where a side is empty.
    """
    source = read(paths, **options)
    source.message_ends = []
    tape = Tape.from_source(source)
    return tape, np.concatenate(source.message_ends or [np.empty(0, MESSAGE_END)])


class LobsterSource(Source):
    """Importer of the days of one symbol; see `read`."""

    told = VENUE_TERMS
    other_files = 0  # of archives, that are none of LOBSTER's

    def __init__(
        self,
        found: list[Day],
        instrument: Instrument,
        seed: Path | None,
        fit: Fit,
        session: str | None,
        order_ids: bool,
        progress: Progress | None,
    ) -> None:
        files = [file for day in found for file in (day.messages, day.book) if file is not None]
        super().__init__([*files, *([] if seed is None else [seed])])
        self.instrument, self.fit = instrument, fit
        self.depth_limit = found[0].levels
        self.message_ends: list[NDArray[np.void]] | None = None
        self._days, self._seed, self._order_ids, self._progress = found, seed, order_ids, progress
        self._calendar = None if session is None else Calendar.parse(session)
        self._price_step = instrument.tick_size * _SCALE
        self._counts: Counter[str] = Counter()
        self._levels: Counter[str] = Counter()
        self._files: list[dict[str, Any]] = []
        self._number = 0  # of messages so far

    def rows(self) -> Iterator[Chunk]:
        pipeline = Pipeline(self.name, ordered=True, seeded=True, order_ids=self._order_ids, calendar=self._calendar)
        tick = Reading(self.paths, self._progress)

        for i, day in enumerate(self._days):
            reader = _Day(day, self, tick, first=i == 0, seed=self._seed)
            try:
                for updates in reader.updates():
                    yield from self._ended(pipeline, pipeline.push(updates, reader.where))
                self._files += reader.record()
            finally:
                reader.close()
            self._counts += reader.counts
            self._levels += reader.window.counts
        yield from self._ended(pipeline, pipeline.finish())
        self.provenance = {
            "importer": "lobster",
            "files": self._files,
            "levels": self.depth_limit,
            "messages": dict(sorted(self._counts.items())),
            "orderbook": dict(sorted(self._levels.items())),
            "orders": pipeline.order_record(),
            **self._checks(pipeline.order_record()["unknown_ids"]),
            **self.fit.record(),
            **counted("unused", {"other files of the archive": self.other_files}),
            **pipeline.record(),
        }

    def judge(self, header: Mapping[str, Any]) -> None:
        events, crossed = header["continuous_events"], header["crossed_events"]
        if self._alone and crossed > TOLERATED * events:
            raise DataError(
                f"{self.name}: no sound book is to be had from these messages alone: it would be crossed at "
                f"{percent(crossed, events)} of {events:,} events, because orders beyond {self._limit} are not told; "
                "remedy: the orderbook file of the same download"
            )

    @property
    def _alone(self) -> bool:
        return any(day.book is None for day in self._days)

    @property
    def _limit(self) -> str:
        return f"level {self._days[0].levels}" if self._days[0].levels else "the depth of the download"

    def _checks(self, unknown: int) -> dict[str, Any]:
        messages = sum(self._counts[name] for name in _TYPES.values())
        if self._alone:
            text = (
                f"levels are those of the messages alone, of {messages:,}, {unknown:,} about orders that they did not "
                f"tell: orders beyond {self._limit} are missing"
            )
            return {"cautions": [text]}
        explained = max(messages - self._levels["corrected_rows"], 0)
        return {"compared": {"rows of the orderbook file": {"of": messages, "equal": explained}}}

    def _ended(self, pipeline: Pipeline, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            if self.message_ends is not None:
                self.message_ends.append(pipeline.message_ends())
            yield chunk

    def number(self, n: int) -> NDArray[np.uint64]:
        """Numbers of the next n messages, 0 where nobody asks for them."""
        first, self._number = self._number + 1, self._number + n
        return np.arange(first, first + n, dtype=np.uint64) * np.uint64(self.message_ends is not None)

    def ticks(self, prices: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Whole ticks below prices, and what is over."""
        return self._divide(prices, self._price_step)

    def lots(self, sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Whole lots of sizes, and what is over."""
        return self._divide(sizes, self.instrument.lot_size)

    @staticmethod
    def _divide(values: NDArray[np.int64], step: Fraction) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        # bounds are checked after this: what would not fit 63 bits here is beyond any of them
        low = (2**62) // step.denominator
        return np.divmod(np.clip(values, -low, low) * step.denominator, step.numerator)


class _Day:
    """The updates of one day, chunk by chunk."""

    def __init__(self, day: Day, source: LobsterSource, tick: Any, first: bool, seed: Path | None) -> None:
        self.counts: Counter[str] = Counter()
        self._day, self._source, self._first = day, source, first
        self._last_ns = -1
        self._tick = float(source.instrument.tick_size)
        self._left: dict[int, int] = {}  # what each order has left, as the resolver knows it
        self._places: NDArray[np.int64] = np.empty(0, np.int64)
        self._open: list[HashedFile] = []
        self._messages = Table(self._file(day.messages, tick), COLUMNS, True)
        self._books = None
        self._seed = None
        if day.book is not None:
            self._books = Table(self._file(day.book, tick), 4 * day.levels, False)
        elif seed is not None:
            columns = lobster_text.columns(seed)
            if columns % 4:
                raise DataError(f"{seed}: line 1: has {columns} columns; an orderbook has 4 a level")
            self._seed = Table(self._file(seed, tick), columns, False)
        self.window = Window(day.levels if self._seed is None else columns // 4)

    def _file(self, path: Path, tick: Any) -> HashedFile:
        self._open.append(HashedFile(path, tick))
        return self._open[-1]

    def close(self) -> None:
        for file in self._open:
            file.close()

    def record(self) -> list[dict[str, Any]]:
        if self._messages.rounded:
            self.counts["rounded times"] = self._messages.rounded
        return [file.record() for file in self._open]

    def where(self, index: int) -> str:
        """Place of an update of the last chunk."""
        return f"{self._day.messages}: line {self._places[index] + 1}"

    def updates(self) -> Iterator[NDArray[np.void]]:
        if self._books is None:
            for rows in self._messages.chunks():
                yield from self._chunk(self._messages.row - len(rows), rows, None)
            return
        for levels in self._books.chunks():
            rows = self._messages.take(len(levels))
            start = self._books.row - len(levels)
            if len(rows) < len(levels):
                raise self._uneven(self._day.messages, start + len(rows), self._books.path)
            yield from self._chunk(start, rows, self._book(self._books.path, start, levels))
        if len(self._messages.take(1)):
            raise self._uneven(self._books.path, self._books.row, self._day.messages)

    def _uneven(self, short: Path, rows: int, long: Path) -> DataError:
        return DataError(f"{short}: ends after {rows} lines, {long.name} has more; remedy: files of the same download")

    def _chunk(self, start: int, rows: NDArray[np.int64], books: dict[Side, Book] | None) -> Iterator[NDArray[np.void]]:
        updates, effect = self._message(start, rows)
        changes = None
        if start == 0:
            first = books
            if self._seed is not None:
                first = self._book(self._seed.path, 0, self._seed.take(1))
            levels = None if first is None else self.window.start(first, effect)
            yield self._begin(int(updates["exch_ts_ns"][0]), levels)
        if books is not None:
            effect = effect._replace(unsure=self._unsure(rows))
            changes = self.window.follow(books, effect)
        out, message = _merge(updates, changes)
        self._places = start + message
        yield out

    def _begin(self, ts_ns: int, levels: Changes | None) -> NDArray[np.void]:
        """The day's first event: the book of the day before is gone, and this is what there was before a message."""
        out = Messages()
        out.begin(ts_ns, ts_ns)
        if not self._first:
            out.add(Kind.CLEAR, price_ticks=NO_PRICE)
        if levels is not None:
            out.add(Kind.SNAPSHOT_BEGIN, lots=REPLACE_BOOK)
            for side, price, lots in zip(
                levels.side.tolist(), levels.price_ticks.tolist(), levels.lots.tolist(), strict=True
            ):
                out.add(Kind.CHANGE, side, price, lots)
            out.add(Kind.SNAPSHOT_END)
        updates = out.take()
        self._places = np.zeros(len(updates), np.int64)
        return updates

    def _message(self, start: int, rows: NDArray[np.int64]) -> tuple[NDArray[np.void], Effect]:
        """Messages as one update each, and their effect on the levels."""
        path = self._day.messages
        time_ns, type_, ids, size, price, direction = rows.T
        before = np.concatenate([[self._last_ns], time_ns[:-1]])
        refuse(path, start, time_ns < before, lambda i: f"time {time_ns[i]} ns is below {before[i]} of the line before")
        self._last_ns = int(time_ns[-1])
        refuse(path, start, (type_ < ADD) | (type_ > HALT), lambda i: f"type {type_[i]} is unknown; known are 1 to 7")
        refuse(path, start, ids < -1, lambda i: f"id {ids[i]} is below 0")
        halt, cross, hidden = type_ == HALT, type_ == CROSS, type_ == HIDDEN
        order = type_ <= EXECUTE
        refuse(
            path,
            start,
            ~halt & ~cross & (np.abs(direction) != 1),
            lambda i: f"direction {direction[i]} is neither 1 nor -1",
        )
        refuse(path, start, halt & (np.abs(price) > 1), lambda i: f"price {price[i]} of a halt is none of -1, 0 and 1")
        refuse(path, start, ~halt & ~cross & (size < 1), lambda i: f"size {size[i]} is below 1")
        ticks, over = self._source.ticks(price)
        refuse(path, start, order & (over != 0), lambda i: self._off_tick(price[i]))
        buyer = hidden & (direction < 0)  # the aggressor is opposite to the resting order
        ticks = np.where(halt, 0, ticks + ((over != 0) & buyer))
        refuse(path, start, ~halt & (price < 1), lambda i: f"price {price[i]} is out of bounds")
        far = ~halt & (ticks > MAX_PRICE_TICKS)
        if not self._source.fit.drop:
            refuse(path, start, far, lambda i: f"price {price[i]} {_FAR}")
        ticks = np.where(far, 0, ticks)
        self._source.fit.left_out["orders"] += int(np.count_nonzero(far & (type_ == ADD)))
        self._source.fit.left_out["prints"] += int(np.count_nonzero(far & (hidden | cross)))
        lots, over = self._source.lots(size)
        refuse(path, start, ~halt & (over != 0), lambda i: self._off_lot(size[i]))
        refuse(path, start, lots > MAX_LOTS, lambda i: f"size {size[i]} is over {MAX_LOTS} lots")

        out = np.zeros(len(rows), UPDATE)
        out["exch_ts_ns"] = out["local_ts_ns"] = self._day.midnight_ns + time_ns
        out["kind"] = _KINDS[type_]
        out["flags"] = BOTH_VIEWS
        out["flags"][hidden] |= np.uint16(Flag.HIDDEN)
        out["flags"][cross] |= np.uint16(Flag.OFFBOOK)
        resting = np.where(direction > 0, Side.BUY, Side.SELL).astype(np.uint8)
        out["side"] = np.where(halt | cross, Side.NONE, np.where(hidden, 1 - resting, resting))
        out["price_ticks"] = ticks
        out["qty_lots"] = np.where(halt, _PHASES[np.where(halt, price, 0) + 1], lots)
        out["order_id"][order] = ids[order]
        out["tag"] = self._source.number(len(rows))
        for code, n in zip(*np.unique(type_, return_counts=True), strict=True):
            self.counts[_TYPES[int(code)]] += int(n)
        nothing = cross & (lots == 0)
        if nothing.any():
            self.counts["crosses of nothing"] += int(np.count_nonzero(nothing))
            out["kind"][nothing] = 255
        out["kind"][far] = 255  # a message has the price of its order: nothing of it is left
        change = np.where(order & ~far, np.where(type_ == ADD, lots, -lots), 0)
        return out, Effect(resting, ticks, change, np.zeros(len(rows), np.bool_))

    def _off_tick(self, price: int) -> str:
        return (
            f"price {price} is no multiple of tick_size {self._tick:g}; remedy: a finer {argument('tick_size')}, as "
            "0.0001"
        )

    def _off_lot(self, size: int) -> str:
        return (
            f"size {size} is no multiple of lot_size {float(self._source.instrument.lot_size):g}; remedy: "
            f"{argument('lot_size')} 1"
        )

    def _unsure(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Where the resolver knows an order with another quantity than the message: it changed out of sight."""
        left, out = self._left, np.zeros(len(rows), np.bool_)
        orders = np.flatnonzero(rows[:, 1] <= EXECUTE)
        for i, (type_, order_id, size) in zip(orders.tolist(), rows[orders, 1:4].tolist(), strict=True):
            known = left.get(order_id)
            if type_ == ADD:
                out[i] = known is not None
                left[order_id] = size
            elif known is not None:
                if size < known and type_ != CANCEL:
                    left[order_id] = known - size
                else:
                    out[i] = size != known
                    del left[order_id]
        return out

    def _book(self, path: Path, start: int, rows: NDArray[np.int64]) -> dict[Side, Book]:
        """The levels of each side, best first."""
        out = {}
        for side, name, column, sign in ((Side.SELL, "ask", 0, 1), (Side.BUY, "bid", 2, -1)):

            def wrong(found: Any, what: str, name: str = name) -> None:
                refuse(path, start, found.any(1), lambda i: f"{name} levels: {what}")

            price, size = rows[:, column::4], rows[:, column + 1 :: 4]
            ticks, over = self._source.ticks(price)
            none = (size == 0) | (np.abs(price) == _NO_LEVEL)
            far = ~none & (ticks > MAX_PRICE_TICKS)
            if not self._source.fit.drop:
                wrong(far, f"a price {_FAR}")
            none |= far
            self._source.fit.left_out["levels"] += int(np.count_nonzero(far))
            wrong(
                ~none & (over != 0), f"a price is no multiple of tick_size {float(self._source.instrument.tick_size):g}"
            )
            lots, over = self._source.lots(size)
            wrong(~none & (price < 1), "a price is out of bounds")
            wrong(
                ~none & ((size < 1) | (over != 0) | (lots > MAX_LOTS)),
                "a size is no whole number of lots, or out of bounds",
            )
            rank = np.where(none, EMPTY, ticks * sign)
            wrong((rank[:, 1:] <= rank[:, :-1]) & ~none[:, 1:], "not sorted, best first")
            out[side] = Book(rank, np.where(none, 0, lots))
        return out


def _merge(updates: NDArray[np.void], changes: Changes | None) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Messages with the changes after each, ends marked; and the message of each update."""
    message = np.arange(len(updates))
    if changes is not None and len(changes.message):
        extra = updates[changes.message].copy()
        extra["kind"], extra["flags"], extra["order_id"] = Kind.CHANGE, BOTH_VIEWS, 0
        extra["side"], extra["price_ticks"], extra["qty_lots"] = changes.side, changes.price_ticks, changes.lots
        message = np.concatenate([message, changes.message])
        order = np.argsort(message, kind="stable")
        updates, message = np.concatenate([updates, extra])[order], message[order]
    kept = updates["kind"] != 255
    updates, message = updates[kept], message[kept]
    if len(updates):
        updates["flags"][np.append(message[1:] != message[:-1], True)] |= np.uint16(Flag.END)
    return updates, message
