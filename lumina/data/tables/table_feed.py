"""Rows of CSV files as updates: what a row of one level, print or order says, and where messages end."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import MODIFY, NO_PRICE, REPLACE_BOOK, UPDATE
from lumina.data.decimals import OUT, BadNumber, Grid, OffGrid, decimal
from lumina.data.instrument import Instrument
from lumina.data.kinds import BOTH_VIEWS, MAX_PRICE_TICKS, Flag, Kind, Side
from lumina.data.source import MAX_LATENCY_NS, MAX_LOTS
from lumina.data.tables.recording import Feed, Opener, Options
from lumina.data.tables.table import Cached, Cells, Chunk, Words, chunks
from lumina.errors import DataError, argument

_MAX_HELD = 1 << 22  # rows of one message
_IGNORE = 255

SIDES = {
    **dict.fromkeys(("buy", "b", "bid", "bids"), int(Side.BUY)),
    **dict.fromkeys(("sell", "s", "ask", "a", "asks", "offer"), int(Side.SELL)),
    **dict.fromkeys(("none", "n", "unknown", ""), int(Side.NONE)),
}
KINDS = {
    "change": int(Kind.CHANGE),
    "bbo": int(Kind.BBO),
    "trade": int(Kind.TRADE),
    "clear": int(Kind.CLEAR),
    "gap": int(Kind.GAP),
    "add": int(Kind.ADD),
    "reduce": int(Kind.REDUCE),
    "cancel": int(Kind.CANCEL),
    "execute": int(Kind.EXECUTE),
    "modify": MODIFY,
    "ignore": _IGNORE,
}
SNAPSHOT = {"true": 1, "false": 0, "1": 1, "0": 0}
# What a row of a kind must have.
_SIDED = (Kind.CHANGE, Kind.BBO, Kind.ADD, MODIFY)
_PRICED = (*_SIDED, Kind.TRADE)
_COUNTED = (Kind.ADD, Kind.REDUCE, Kind.EXECUTE)
_NAMED = (Kind.ADD, Kind.REDUCE, Kind.CANCEL, Kind.EXECUTE, MODIFY)


@dataclass(frozen=True)
class Form:
    """What the columns of a file are.

    Attributes
    ----------
    columns : mapping
        Our names (time, local_time, symbol, side, price, quantity, kind, order_id, is_snapshot; of rows with all
        levels bid_price_1, bid_quantity_1, ask_price_1, ..., trade_price, trade_quantity, trade_side) to the file's.
    time, local : Cells
        Of the time columns.
    kind : int
        Of all rows, where no column says it.
    sides, kinds, snapshot : Cells
        Words of these columns.
    depth : int
        Levels of a row; 0 where a row has one.
    change : bool
        Quantities of levels are changes, not totals.
    aggressor_from_quotes : bool
        Prints in rows with all levels say no side: it is that of the quote before that they meet.
    """

    columns: Mapping[str, str]
    time: Cells
    local: Cells
    kind: int = Kind.CHANGE
    sides: Cells = field(default_factory=lambda: Words(SIDES))
    kinds: Cells = field(default_factory=lambda: Words(KINDS))
    snapshot: Cells = field(default_factory=lambda: Words(SNAPSHOT))
    depth: int = 0
    change: bool = False
    aggressor_from_quotes: bool = False
    delimiter: str = ","
    header: bool = True

    def number_columns(self, what: str) -> list[str]:
        """Columns of the file that hold a `price` or `quantity` of the book, or else of prints."""
        names = [f"{side}_{what}_{i + 1}" for side in ("bid", "ask") for i in range(self.depth)] or [what]
        return [self.columns[name] for name in names if name in self.columns]


class TableFeed(Feed):
    """Base: files of one form, in order of time."""

    def __init__(
        self, name: str, paths: Sequence[Path], form: Form, instrument: Instrument, options: Options, symbol: str | None
    ) -> None:
        self.name, self.paths, self.counts = name, list(paths), Counter()
        self._form, self._clocks, self._symbol = form, options.clocks, symbol
        self._tick = instrument.tick_size
        self._fit = options.fit
        self._prices, self._lots = self._fit.grids(instrument)
        self._local_ns, self._exch_ns = 0, 0

    def updates(self, opener: Opener) -> Generator[NDArray[np.void], None, None]:
        for path in self.paths:
            with opener(path) as file:
                for chunk in chunks(file, self._form.delimiter, self._form.header):
                    mine = self._mine(chunk)
                    if len(mine):
                        self.counts["rows"] += len(mine)
                        yield self._take(mine)
            yield self._end()
        if not self.counts["rows"]:
            raise DataError(f"{self.paths[0]}: no row{f' of {self._symbol}' if self._symbol else ''}")

    @abstractmethod
    def _take(self, chunk: Chunk) -> NDArray[np.void]:
        """Updates that rows of the instrument become."""

    def _end(self) -> NDArray[np.void]:
        return np.empty(0, UPDATE)

    def _mine(self, chunk: Chunk) -> Chunk:
        column = self._form.columns.get("symbol")
        if column is None or self._symbol is None:
            return chunk
        texts = chunk.texts(column)
        if set(texts) == {self._symbol}:
            return chunk
        kept = [i for i, text in enumerate(texts) if text == self._symbol]
        self.counts["rows of other symbols"] += len(texts) - len(kept)
        return chunk.select(kept)

    def _times(self, chunk: Chunk) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Exchange and local time of each row; the local ones do not go back."""
        columns = self._form.columns
        exch = chunk.numbers(columns["time"], self._form.time)
        if "local_time" not in columns:
            local, name = exch, columns["time"]
        else:
            name = columns["local_time"]
            local = chunk.numbers(name, self._form.local)
            none = (exch == 0) | (exch == local)
            if none.any():
                self.counts["rows without an exchange time of their own"] += int(np.count_nonzero(none))
                exch = np.where(none, local, exch)
        back = np.flatnonzero(np.diff(local, prepend=self._local_ns) < 0)
        if len(back):
            i = int(back[0])
            before = int(local[i - 1]) if i else self._local_ns
            raise chunk.refuse(
                i, name, f"{local[i]} ns is below {before} ns of the row before; remedy: sort by the time of receipt"
            )
        self._local_ns = int(local[-1])
        return exch, local

    def _forward(self, exch: NDArray[np.int64]) -> NDArray[np.int64]:
        """Exchange times of messages of one book: their order counts, a clock that goes back does not undo it."""
        out = np.maximum(np.maximum.accumulate(exch), self._exch_ns)
        self.counts["exchange_time_back"] += int(np.count_nonzero(out > exch))
        self._exch_ns = int(out[-1])
        return out

    def _watch(self, exch: NDArray[np.int64], local: NDArray[np.int64], where: Callable[[int], str]) -> None:
        latency = local - exch
        low, high = int(np.argmin(latency)), int(np.argmax(latency))
        self._clocks.watch(int(latency[low]), lambda: where(low), int(latency[high]), lambda: where(high))

    def _print_prices(
        self, chunk: Chunk, column: str, trade: NDArray[np.bool_], side: NDArray[np.int64], blank: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Prices in ticks, and which prints lie between ticks: those go away from the mid."""
        hidden = np.zeros(len(chunk), bool)
        try:
            return chunk.numbers(column, self._prices, blank), hidden
        except DataError:
            out = np.zeros(len(chunk), np.int64)
            for i, text in enumerate(chunk.texts(column)):
                try:
                    out[i] = self._prices[text or "0" if blank else text]
                except OffGrid as error:
                    if not trade[i]:
                        raise chunk.refuse(i, column, error) from None
                    exact = decimal(text) / self._tick
                    ticks = -int(-exact // 1) if side[i] == Side.BUY else int(exact // 1)
                    out[i] = ticks if abs(ticks) <= MAX_PRICE_TICKS else self._prices.over(text)
                    hidden[i] = True
                except BadNumber as error:
                    raise chunk.refuse(i, column, error) from None
            return out, hidden

    def _refuse_unpriced(
        self, chunk: Chunk, column: str, priced: NDArray[np.bool_], ticks: NDArray[np.int64], bound: str
    ) -> None:
        """Refuse rows that need a price and have none: 0 is one where prices may be negative, blank is not."""
        bad = np.flatnonzero(priced & (ticks == 0))
        if len(bad) and self._prices.signed:
            bound = "is missing"
            texts = chunk.texts(column)
            bad = bad[[not texts[i].strip() for i in bad.tolist()]]
        if len(bad):
            raise chunk.refuse(int(bad[0]), column, bound)


class RowFeed(TableFeed):
    """A row is one level, print or order; rows of equal times are one message."""

    def __init__(
        self, name: str, paths: Sequence[Path], form: Form, instrument: Instrument, options: Options, symbol: str | None
    ) -> None:
        super().__init__(name, paths, form, instrument, options, symbol)
        self._held, self._held_snapshot = np.empty(0, UPDATE), np.empty(0, bool)
        self._in_snapshot = self._seen_snapshot = False
        self._totals: dict[tuple[int, int], int] = {}
        self._path, self._place = self.paths[0], "line"
        self._mixed = "kind" in form.columns
        self._ids = Cached(_id, 1)
        if form.change and "is_snapshot" in form.columns:
            raise DataError(
                f"option {argument('quantity')} = 'change' does not go with a column is_snapshot, whose rows are totals"
            )

    def _take(self, chunk: Chunk) -> NDArray[np.void]:
        columns, form = self._form.columns, self._form
        self._path, self._place = chunk.path, chunk.place
        exch, local = self._times(chunk)
        kind = chunk.numbers(columns["kind"], form.kinds) if self._mixed else np.full(len(chunk), form.kind, np.int64)
        side = chunk.numbers(columns["side"], form.sides) if "side" in columns else np.full(len(chunk), Side.NONE)
        trade = kind == Kind.TRADE
        price, hidden = self._print_prices(chunk, columns["price"], trade, side, self._mixed)
        lots = self._quantities(chunk)
        out = np.zeros(len(chunk), UPDATE)
        if "order_id" in columns:
            out["order_id"] = chunk.numbers(columns["order_id"], self._ids, blank=True)
        if self._mixed or form.kind in _NAMED:
            self._check_orders(chunk, kind, lots, out["order_id"])
        keep = kind != _IGNORE
        keep &= ~(trade & (lots == 0))
        self._leave_out(chunk, kind, price, lots, keep)
        self._check(chunk, kind, side, price, lots)
        if form.change:
            self._add_up(chunk, kind, side, price, lots)
        out["exch_ts_ns"], out["local_ts_ns"], out["kind"], out["side"] = exch, local, kind, side
        out["price_ticks"], out["qty_lots"] = price, lots
        out["price_ticks"][(kind == Kind.CLEAR) & (price == 0)] = NO_PRICE
        out["qty_lots"][(kind == Kind.CLEAR) | (kind == Kind.GAP)] = 0
        out["flags"] = np.uint16(BOTH_VIEWS) | hidden * np.uint16(Flag.HIDDEN)
        out["tag"] = chunk.lines  # until the messages are made
        self.counts["hidden prints"] += int(np.count_nonzero(hidden))
        snapshot = np.zeros(len(chunk), bool)
        if "is_snapshot" in columns:
            snapshot = chunk.numbers(columns["is_snapshot"], form.snapshot) != 0
            if not self._seen_snapshot:
                first = int(np.argmax(snapshot)) if snapshot.any() else len(chunk)
                keep[:first] = False
                self.counts["rows before the first snapshot"] += first
                self._seen_snapshot = first < len(chunk)
        if not keep.all():
            self.counts["rows ignored"] += int(np.count_nonzero(kind == _IGNORE))
            self.counts["trades of nothing"] += int(np.count_nonzero(trade & (lots == 0)))
            out, snapshot = out[keep], snapshot[keep]
        return self._messages(np.concatenate([self._held, out]), np.concatenate([self._held_snapshot, snapshot]))

    def _leave_out(
        self,
        chunk: Chunk,
        kind: NDArray[np.int64],
        price: NDArray[np.int64],
        lots: NDArray[np.int64],
        keep: NDArray[np.bool_],
    ) -> None:
        """Make what is out of range nothing, in place: rows not kept, levels that leave, orders that end."""
        far, big = price >= OUT, np.abs(lots) >= OUT
        out = far | big
        if not out.any():
            return
        if self._form.change and (big & ~far & (kind == Kind.CHANGE)).any():
            i = int(np.argmax(big & ~far & (kind == Kind.CHANGE)))
            raise chunk.refuse(i, self._form.columns["quantity"], "a change that is out of range cannot be left out")
        left_out = self._fit.left_out
        for name, kinds in (("levels", (Kind.CHANGE, Kind.BBO)), ("prints", (Kind.TRADE,)), ("orders", _NAMED)):
            # what ends an order needs no price
            mine = out & np.isin(kind, kinds) & (big | (kind != Kind.CANCEL) & (kind != Kind.REDUCE)) & keep
            left_out[name] += int(np.count_nonzero(mine))
        gone = out & (kind == Kind.BBO)
        kind[gone | far & (kind == Kind.CLEAR)] = Kind.CLEAR
        kind[out & (kind == MODIFY)] = Kind.CANCEL
        keep &= ~(far & (kind == Kind.CHANGE) | out & np.isin(kind, (Kind.TRADE, Kind.ADD)))
        keep &= ~(big & np.isin(kind, (Kind.REDUCE, Kind.EXECUTE)))
        price[far | gone] = np.where(kind[far | gone] == Kind.CLEAR, NO_PRICE, 1)
        lots[big] = np.where(keep[big], 0, 1)

    def updates(self, opener: Opener) -> Generator[NDArray[np.void], None, None]:
        yield from super().updates(opener)
        if "is_snapshot" in self._form.columns and not self._seen_snapshot:
            raise DataError(f"{self.paths[0]}: no row of a snapshot; remedy: begin with the file in which it is")

    def _end(self) -> NDArray[np.void]:
        return self._messages(self._held, self._held_snapshot, final=True)

    def _quantities(self, chunk: Chunk) -> NDArray[np.int64]:
        cells: Cells = _signed(self._lots) if self._form.change else self._lots
        return chunk.numbers(self._form.columns["quantity"], cells, self._mixed)

    def _check(
        self,
        chunk: Chunk,
        kind: NDArray[np.int64],
        side: NDArray[np.int64],
        price: NDArray[np.int64],
        lots: NDArray[np.int64],
    ) -> None:
        columns = self._form.columns
        bad = np.isin(kind, _SIDED) & (side == Side.NONE)
        if bad.any():
            raise chunk.refuse(int(np.argmax(bad)), columns.get("side", "side"), "this row needs a side")
        bad = np.isin(kind, _PRICED) & ~((kind == Kind.TRADE) & (lots == 0))
        self._refuse_unpriced(chunk, columns["price"], bad, price, "must be above 0")

    def _check_orders(
        self, chunk: Chunk, kind: NDArray[np.int64], lots: NDArray[np.int64], ids: NDArray[np.uint64]
    ) -> None:
        columns = self._form.columns
        bad = np.isin(kind, _NAMED) & (ids == 0)
        if bad.any():
            raise chunk.refuse(int(np.argmax(bad)), columns.get("order_id", "order_id"), "this row needs an order id")
        bad = np.isin(kind, _COUNTED) & (lots == 0)
        if bad.any():
            raise chunk.refuse(int(np.argmax(bad)), columns["quantity"], "must be above 0")

    def _add_up(
        self,
        chunk: Chunk,
        kind: NDArray[np.int64],
        side: NDArray[np.int64],
        price: NDArray[np.int64],
        lots: NDArray[np.int64],
    ) -> None:
        """Changes of levels become totals, in place."""
        totals = self._totals
        for i in np.flatnonzero(kind == Kind.CHANGE).tolist():
            key = int(side[i]), int(price[i])
            total = totals.get(key, 0) + int(lots[i])
            if not 0 <= total <= MAX_LOTS:
                held = totals.get(key, 0)
                raise chunk.refuse(
                    i, self._form.columns["quantity"], f"a change of {lots[i]} lots where {held} are leaves {total}"
                )
            totals[key] = total
            lots[i] = total
            if not total:
                del totals[key]

    def _messages(
        self, updates: NDArray[np.void], snapshot: NDArray[np.bool_], final: bool = False
    ) -> NDArray[np.void]:
        """Whole messages, snapshots marked; the last one is held until it is known to be whole."""
        if not len(updates):
            return updates
        same = snapshot[1:] == snapshot[:-1]
        for name in ("exch_ts_ns", "local_ts_ns"):
            same &= updates[name][1:] == updates[name][:-1]
        starts = np.concatenate([[0], np.flatnonzero(~same) + 1])
        cut = len(updates) if final else int(starts[-1])
        self._held, self._held_snapshot = updates[cut:], snapshot[cut:]
        if len(self._held) > _MAX_HELD:
            raise DataError(f"{self._path}: {self._place} {self._held['tag'][0]}: over {_MAX_HELD} rows of one time")
        if not final:
            starts = starts[:-1]
        if not len(starts):
            return updates[:0]
        updates, lengths = updates[:cut].copy(), np.diff([*starts, cut])
        exch, local, told = updates["exch_ts_ns"][starts], updates["local_ts_ns"][starts], snapshot[starts]
        if self._clocks.repair is None:
            # a snapshot may carry the time of the book's last change, long ago
            late = told & (local - exch > MAX_LATENCY_NS)
            self.counts["snapshots dated by their receipt"] += int(np.count_nonzero(late))
            exch = np.where(late, local, exch)
        if self._mixed or self._form.kind != Kind.TRADE:
            exch = self._forward(exch)
        lines = updates["tag"][starts]
        self._watch(exch, local, lambda i: f"{self._path}: {self._place} {lines[i]}")
        updates["exch_ts_ns"] = np.repeat(exch, lengths)
        updates["tag"] = 0
        begun = told & ~np.concatenate([[self._in_snapshot], told[:-1]])
        self._in_snapshot = bool(told[-1])
        ends = starts + lengths
        updates["flags"][ends[~begun] - 1] |= np.uint16(Flag.END)
        self.counts["messages"] += len(starts)
        if not begun.any():
            return updates
        self.counts["snapshots"] += int(np.count_nonzero(begun))
        marks = np.zeros((int(np.count_nonzero(begun)), 2), UPDATE)
        for name, values in (("exch_ts_ns", exch), ("local_ts_ns", local)):
            marks[name] = values[begun, None]
        marks["kind"] = [Kind.SNAPSHOT_BEGIN, Kind.SNAPSHOT_END]
        marks["side"], marks["qty_lots"] = Side.NONE, [REPLACE_BOOK, 0]
        marks["flags"] = [BOTH_VIEWS, BOTH_VIEWS | Flag.END]
        places = np.stack([starts[begun], ends[begun]], axis=1)
        return np.insert(updates, places.ravel(), marks.ravel())


def _signed(grid: Grid) -> Cells:
    return Cached(lambda text: -grid[text[1:]] if text.startswith("-") else grid[text])


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise BadNumber(text[:60], "is no whole number within 63 bits; remedy: number the orders")
    return int(text)
