"""Bybit's public files: order book of 500 levels (JSON lines) and trades (CSV), plain or packed.

A book's exchange time is `cts`, the matching engine's, its local time `ts`, when the venue published it: the files
know no receiver. Prints have one time only, which is both.
"""

import json
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import REPLACE_BOOK
from lumina.data import compressed
from lumina.data.contracts import inverse_contract
from lumina.data.decimals import BadNumber
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number
from lumina.data.kinds import Kind, Side
from lumina.data.messages import Messages
from lumina.data.source import COUNTED_WINDOW_NS, VENUE_TERMS, HashedFile, Progress, Source
from lumina.data.tables.recording import Feed, Opener, Options, Recording, Terms
from lumina.data.tables.table import chunks, names_of, times
from lumina.data.tables.table_feed import Form, RowFeed
from lumina.errors import DataError, argument

_BATCH = 1 << 15  # updates
_HEAD_LINES = 200
_HEAD_ROWS = 20_000
_BOOK = re.compile(rb'\{\s*"topic"\s*:\s*"orderbook\.')
_TOPIC = re.compile(r"orderbook\.([0-9]{1,4})\.(.{1,50})", re.ASCII)
# Contracts and pairs whose name tells what they settle in; PERP is settled in USDC.
_LINEAR = re.compile(r"[A-Z0-9]+?(USDT|USDC|PERP)(?:-[0-9A-Z]+)?", re.ASCII)
# Of derivatives (time in seconds) and of spot (in milliseconds).
_TRADES = {"timestamp", "symbol", "side", "size", "price"}, {"id", "timestamp", "price", "volume", "side"}

Levels = list[tuple[int, int]]


def sniff(head: bytes, path: Path) -> bool:
    """A JSON line with an order book topic, or the header of a trade file; plain or packed."""
    head = compressed.head(head)
    return _BOOK.match(head) is not None or _trades(names_of(head)) is not None


def read(
    paths: Sequence[Path],
    *,
    instrument: Instrument | None = None,
    symbol: str | None = None,
    tick_size: Number | None = None,
    lot_size: Number | None = None,
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    gaps: str = "error",
    out_of_range: str = "drop",
    round_lots: bool = False,
    round_prices: bool = False,
    counted_window_ns: int = COUNTED_WINDOW_NS,
    progress: Progress | None = None,
) -> Source:
    """Importer of Bybit's files; several are one recording: books in order of time, and trades.

    Parameters
    ----------
    instrument : Instrument, optional
        Otherwise made from the files: a symbol that ends in USD is inverse, a contract of one dollar. `tick_size`
        and `lot_size` default to the largest step that divides the numbers at the heads of the files (the provenance
        says so).
    symbol : str, optional
        For trades of spot alone, which do not tell it.
    clock, min_latency_ns
        `clock="shift"` adds one constant to local times, so that the smallest latency is `min_latency_ns`.
    gaps : {"error", "mark"}
        What a gap in the update ids is: an error, or a GAP row after which the next snapshot sets the book right.
    counted_window_ns : int
        Window of the COUNTED rule (SEMANTICS F6), 0 = off.
    out_of_range, round_lots, round_prices
        See `lumina.data.fit.Fit`; what it did is in the provenance.
    progress : callable, optional
        Called with (bytes read, bytes in all).
    """
    if gaps not in ("error", "mark"):
        raise DataError(f"option {argument('gaps')} = {gaps!r} is neither error nor mark")
    fit = Fit(out_of_range, round_lots, round_prices)
    options = Options(clock, min_latency_ns, counted_window_ns, None, progress, fit=fit)
    prices: set[str] = set()
    quantities: set[str] = set()
    names = set() if symbol is None else {symbol}
    books: list[Path] = []
    trades: list[tuple[int, Path, Form]] = []
    depth = 0
    for path in paths:
        form = _form(path)
        if form is None:
            books.append(path)
            depth = max(depth, _look(path, names, prices, quantities))
            continue
        trades.append((_look_at_trades(path, form, names, prices, quantities), path, form))
    if instrument is not None:
        names = {instrument.symbol}
    if len(names) != 1:
        found = f"tells of {', '.join(sorted(names))}" if names else "does not tell the symbol"
        raise DataError(f"{paths[0]}: the recording {found}; remedy: give files of one symbol, or {argument('symbol')}")
    symbol = names.pop()
    inferred: dict[str, str] = {}
    if instrument is None:
        known = inverse_contract("bybit", symbol)
        linear = _LINEAR.fullmatch(symbol)
        settlement = known.settlement if known else linear[1].replace("PERP", "USDC") if linear else ""
        multiplier = known.multiplier if known else 1
        terms = Terms(symbol, tick_size, lot_size, multiplier, known is not None, settlement, maker_fee, taker_fee)
        where = f"the head of {', '.join(path.name for path in paths)}"
        instrument, inferred = terms.instrument(prices, quantities, where, options.fit)
    feeds: list[Feed] = []
    if trades:
        trades.sort(key=lambda one: one[0])
        form = trades[0][2]
        if any(one[2].columns != form.columns for one in trades):
            raise DataError(f"{paths[0]}: trades of spot and of derivatives are no one recording")
        files = [path for _, path, _ in trades]
        feeds.append(RowFeed("trades", files, form, instrument, options, symbol))
    if books:
        feeds.append(_Book(books, instrument, options, symbol, gaps == "mark"))
    facts = {"importer": "bybit", "inferred": inferred, "local_time": "the venue's ts: no receiver's clock"}
    source = Recording(paths, instrument, feeds, options, facts, depth_limit=depth)
    source.told = VENUE_TERMS
    return source


def _trades(names: Sequence[str]) -> Form | None:
    for columns, unit, quantity in ((_TRADES[0], "s", "size"), (_TRADES[1], "ms", "volume")):
        if columns <= set(names):
            ours = {"time": "timestamp", "side": "side", "price": "price", "quantity": quantity}
            symbol = {"symbol": "symbol"} if "symbol" in columns else {}
            return Form({**ours, **symbol}, times(unit), times(unit), Kind.TRADE)
    return None


def _form(path: Path) -> Form | None:
    """The form of a trade file; None of a book."""
    file = HashedFile(path)
    try:
        head = next(compressed.pieces(file), b"")
    finally:
        file.close()
    form = _trades(names_of(head))
    if form is None and not head.lstrip().startswith(b"{"):
        raise DataError(f"{path}: line 1: neither a JSON object nor the header of Bybit's trades")
    return form


def _look_at_trades(path: Path, form: Form, names: set[str], prices: set[str], quantities: set[str]) -> int:
    """First time of a trade file; its symbols and numbers are added."""
    file = HashedFile(path)
    try:
        chunk = next(chunks(file), None)
    finally:
        file.close()
    if chunk is None:
        raise DataError(f"{path}: the file has a header and no rows")
    if "symbol" in form.columns:
        names.update(chunk.texts(form.columns["symbol"]))
    head = chunk.select(range(min(len(chunk), _HEAD_ROWS)))
    prices.update(head.texts(form.columns["price"]))
    quantities.update(head.texts(form.columns["quantity"]))
    return int(chunk.select([0]).numbers(form.columns["time"], form.time)[0])


def _look(path: Path, names: set[str], prices: set[str], quantities: set[str]) -> int:
    """Depth of a book file; its symbols and numbers are added."""
    depth = 0
    file = HashedFile(path)
    try:
        for line in _lines(file):
            if line.number > _HEAD_LINES:
                break
            names.add(line.symbol)
            depth = max(depth, line.depth)
            for field in ("b", "a"):
                prices.update(price for price, _ in line.pairs(field))
                quantities.update(quantity for _, quantity in line.pairs(field))
    finally:
        file.close()
    return depth


class _Line:
    """One message, its numbers as texts."""

    __slots__ = ("data", "depth", "message", "number", "path", "symbol")

    def __init__(self, path: Path, number: int, text: bytes) -> None:
        self.path, self.number = path, number
        try:
            self.message: Any = _DECODER.decode(text.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}: line {number}: not JSON: {error}") from None
        if not isinstance(self.message, dict):
            raise DataError(f"{path}: line {number}: a JSON {type(self.message).__name__}, not an object")
        topic = self.message.get("topic")
        match = _TOPIC.fullmatch(topic) if isinstance(topic, str) else None
        if match is None:
            raise self.refuse("topic", f"{str(topic)[:60]!r} is no orderbook.DEPTH.SYMBOL")
        self.depth, self.symbol = int(match[1]), match[2]
        self.data: Any = self.message.get("data")
        if not isinstance(self.data, dict):
            raise self.refuse("data", "is not an object")

    def where(self) -> str:
        return f"{self.path}: line {self.number}"

    def refuse(self, field: str, why: object) -> DataError:
        return DataError(f"{self.where()}: field {field}: {why}")

    def integer(self, source: dict[str, Any], field: str, bound: int) -> int:
        text = source.get(field)
        if not (isinstance(text, _Number) and text.isdigit() and len(text) < 20 and int(text) <= bound):
            why = "is missing" if text is None else f"{str(text)[:60]!r} is no whole number from 0 to {bound}"
            raise self.refuse(field, why)
        return int(text)

    def pairs(self, field: str) -> list[list[str]]:
        """Levels as [price, quantity] texts."""
        levels = self.data.get(field)
        if not isinstance(levels, list):
            raise self.refuse(field, "is missing" if levels is None else "is no list")
        for level in levels:
            if not (isinstance(level, list) and len(level) == 2 and all(isinstance(text, str) for text in level)):
                raise self.refuse(field, f"{str(level)[:60]} is not [price, quantity]")
        return levels


class _Number(str):
    """A number of JSON that is not in quotes, as it stands there."""

    __slots__ = ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_no_constant)
_MAX_MS = 9_000_000_000_000  # in ns within 63 bits


def _lines(file: HashedFile) -> Iterator[_Line]:
    number = 0
    for block in compressed.blocks(file):
        for text in block.splitlines():
            number += 1
            if text.strip():
                yield _Line(file.path, number, text)


class _Book(Feed):
    """Snapshots and the changes that follow them without a gap in the ids."""

    def __init__(
        self, paths: Sequence[Path], instrument: Instrument, options: Options, symbol: str, mark_gaps: bool
    ) -> None:
        self.name, self.paths, self.counts = "book", list(paths), Counter()
        self._clocks, self._symbol, self._mark_gaps = options.clocks, symbol, mark_gaps
        self._fit = options.fit
        self._prices, self._lots = self._fit.grids(instrument)
        self._out = Messages()
        self._last_id: int | None = None  # None: no snapshot yet
        self._exch_ns = self._local_ns = 0

    def updates(self, opener: Opener) -> Generator[NDArray[np.void], None, None]:
        for path in self.paths:
            with opener(path) as file:
                for line in _lines(file):
                    self._take(line)
                    if len(self._out) >= _BATCH:
                        yield self._out.take()
        if self._last_id is None:
            raise DataError(f"{self.paths[0]}: no snapshot of {self._symbol}; remedy: begin with the file that has it")
        yield self._out.take()

    def _take(self, line: _Line) -> None:
        if line.symbol != self._symbol:
            self.counts["messages of other symbols"] += 1
            return
        kind = line.message.get("type")
        if kind not in ("snapshot", "delta"):
            raise line.refuse("type", f"{str(kind)[:60]!r} is neither snapshot nor delta")
        update_id = line.integer(line.data, "u", 2**63 - 1)
        # after a restart of its service the venue begins at 1, with the whole book
        fresh = kind == "snapshot" or update_id == 1
        if self._last_id is None and not fresh:
            self.counts["changes before the first snapshot"] += 1
            return
        exch_ns, local_ns = self._times(line)
        gap = not fresh and self._last_id is not None and update_id != self._last_id + 1
        if gap and not self._mark_gaps:
            raise line.refuse(
                "u",
                f"{update_id} does not follow {self._last_id}: updates are missing; remedy: "
                f"{argument('gaps', 'mark')} writes a GAP row and goes on",
            )
        self._last_id = update_id
        bids, asks = self._levels(line, "b"), self._levels(line, "a")
        self._out.begin(exch_ns, local_ns)
        if gap:
            self.counts["gaps"] += 1
            self._out.add(Kind.GAP)
        self.counts["snapshots" if fresh else "changes"] += 1
        if fresh:
            self._out.add(Kind.SNAPSHOT_BEGIN, lots=REPLACE_BOOK)
        self._out.levels(Side.BUY, bids)
        self._out.levels(Side.SELL, asks)
        if fresh:
            self._out.add(Kind.SNAPSHOT_END)

    def _times(self, line: _Line) -> tuple[int, int]:
        local_ns = line.integer(line.message, "ts", _MAX_MS) * 1_000_000
        if local_ns < self._local_ns:
            raise line.refuse(
                "ts",
                f"{local_ns} ns is below {self._local_ns} ns of the message before; remedy: files in order of time",
            )
        own = line.integer(line.message, "cts", _MAX_MS) * 1_000_000 if "cts" in line.message else local_ns
        self.counts["messages without cts"] += "cts" not in line.message
        # ids give the order in which levels changed; a clock that goes back must not undo it
        self.counts["exchange_time_back"] += own < self._exch_ns
        self._exch_ns, self._local_ns = max(own, self._exch_ns), local_ns
        latency = local_ns - self._exch_ns
        self._clocks.watch(latency, line.where, latency, line.where)
        return self._exch_ns, local_ns

    def _levels(self, line: _Line, field: str) -> Levels:
        prices, lots = self._prices, self._lots
        out = prices.out + lots.out
        try:
            levels = [(prices[price], lots[quantity]) for price, quantity in line.pairs(field)]
        except BadNumber as error:
            raise line.refuse(field, error) from None
        if any(not price for price, _ in levels):
            raise line.refuse(field, "a price of 0 must be above 0")
        return levels if prices.out + lots.out == out else self._fit.levels(levels)
