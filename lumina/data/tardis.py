"""Tardis CSV files: incremental_book_L2, book_snapshot_5 and 25, quotes, and trades, times in microseconds.

The header says which of them a file is. Files of one recording are joined by local time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lumina.data.contracts import inverse_contract
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number
from lumina.data.kinds import Kind
from lumina.data.source import COUNTED_WINDOW_NS, VENUE_TERMS, HashedFile, Progress, Source
from lumina.data.tables.recording import Feed, Options, Recording, Terms
from lumina.data.tables.table import Chunk, chunks, table_names, times
from lumina.data.tables.table_feed import Form, RowFeed, TableFeed
from lumina.data.tables.window_feed import WindowFeed
from lumina.errors import DataError, argument

_HEAD = ["exchange", "symbol", "timestamp", "local_timestamp"]
_HEAD_ROWS = 20_000
_LEVEL = re.compile(r"(ask|bid)s\[([0-9]{1,3})\]\.(price|amount)", re.ASCII)
_TIMES = {"time": "timestamp", "local_time": "local_timestamp", "symbol": "symbol"}
_ROW = {**_TIMES, "side": "side", "price": "price", "quantity": "amount"}


def sniff(head: bytes, path: Path) -> bool:
    """The four columns that every such file begins with, plain or compressed."""
    return table_names(head, path)[:4] == _HEAD


def read(
    paths: Sequence[Path],
    *,
    instrument: Instrument | None = None,
    symbol: str | None = None,
    tick_size: Number | None = None,
    lot_size: Number | None = None,
    multiplier: Number | None = None,
    inverse: bool | None = None,
    settlement: str | None = None,
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    out_of_range: str = "drop",
    round_lots: bool = False,
    round_prices: bool = False,
    session: str | None = None,
    counted_window_ns: int = COUNTED_WINDOW_NS,
    progress: Progress | None = None,
) -> Source:
    """Importer of Tardis files; several are one recording, in any order: days of one kind, trades beside a book.

    Parameters
    ----------
    instrument : Instrument, optional
        Otherwise made from the terms given. `tick_size` and `lot_size` default to the largest step that divides the
        numbers at the heads of the files (the provenance says so). Coin-margined contracts of a known venue are
        inverse, with their contract size and coin, see `lumina.data.contracts`; other terms not given are assumed.
    symbol : str, optional
        Needed where a file holds several.
    clock, min_latency_ns
        `clock="shift"` adds one constant to local times, so that the smallest latency is `min_latency_ns`.
    session : str, optional
        Hours of continuous trading, see `lumina.data.calendar`.
    counted_window_ns : int
        Window of the COUNTED rule (SEMANTICS F6), 0 = off.
    out_of_range, round_lots, round_prices
        See `lumina.data.fit.Fit`; what it did is in the provenance.
    progress : callable, optional
        Called with (bytes read, bytes in all).
    """
    options = Options(
        clock,
        min_latency_ns,
        counted_window_ns,
        session,
        progress,
        fit=Fit(out_of_range, round_lots, round_prices, signed=True),
    )
    heads = [_look(path) for path in paths]
    wanted = instrument.symbol if instrument is not None else symbol
    symbol = _symbol(heads, wanted)
    heads.sort(key=lambda head: head.first_ns)
    books = sorted({head.kind for head in heads} - {"trades"})
    if len(books) > 1:
        raise DataError(f"{heads[0].path}: the files tell the book as {' and as '.join(books)}; remedy: give one kind")
    inferred: dict[str, str] = {}
    # what is given counts; who says that a contract is linear says that the venue's terms are not its
    known = inverse_contract(heads[0].exchange, symbol) if inverse is not False else None
    if instrument is None:
        if multiplier is None:
            multiplier = known.multiplier if known else 1
        if settlement is None:
            settlement = known.settlement if known else ""
        inverse = bool(inverse or known)
        terms = Terms(symbol, tick_size, lot_size, multiplier, inverse, settlement, maker_fee, taker_fee)
        # prints may lie between the ticks of the book
        prices = set().union(*(head.numbers("price", symbol) for head in heads if not books or head.kind in books))
        quantities = set().union(*(head.numbers("quantity", symbol) for head in heads))
        instrument, inferred = terms.instrument(
            prices, quantities, f"the head of {', '.join(p.name for p in paths)}", options.fit
        )
    feeds: list[Feed] = []
    for kind in ("trades", *books):
        own = [head for head in heads if head.kind == kind]
        if own:
            feed: type[TableFeed] = WindowFeed if own[0].form.depth else RowFeed
            files = [head.path for head in own]
            feeds.append(feed(kind, files, own[0].form, instrument, options, symbol))
    facts = {"importer": "tardis", "exchange": heads[0].exchange, "inferred": inferred}
    depth = max(head.form.depth for head in heads)
    source = Recording(paths, instrument, feeds, options, facts, depth_limit=depth)
    source.told = VENUE_TERMS if known else ()
    return source


@dataclass
class _Head:
    path: Path
    kind: str
    form: Form
    chunk: Chunk
    first_ns: int

    @property
    def exchange(self) -> str:
        return self.chunk.texts("exchange")[0]

    @property
    def symbols(self) -> set[str]:
        return set(self.chunk.texts("symbol"))

    def numbers(self, what: str, symbol: str) -> set[str]:
        """Texts of the symbol's prices or quantities."""
        mine = self.chunk.select([i for i, name in enumerate(self.chunk.texts("symbol")) if name == symbol])
        texts = (text for column in self.form.number_columns(what) for text in mine.texts(column))
        return {text for text in texts if text}


def _look(path: Path) -> _Head:
    file = HashedFile(path)
    try:
        chunk = next(chunks(file), None)
    finally:
        file.close()
    if chunk is None:
        raise DataError(f"{path}: the file has a header and no rows")
    kind, form = _form(path, chunk.names)
    first = chunk.select([0]).numbers("local_timestamp", form.local)
    return _Head(path, kind, form, chunk.select(range(min(len(chunk), _HEAD_ROWS))), int(first[0]))


def _form(path: Path, names: Sequence[str]) -> tuple[str, Form]:
    for name in _HEAD:
        if name not in names:
            raise DataError(f"{path}: line 1: no column {name}: not a Tardis file")
    us = times("us")
    rest = set(names) - set(_HEAD)
    if rest == {"is_snapshot", "side", "price", "amount"}:
        return "book", Form({**_ROW, "is_snapshot": "is_snapshot"}, us, us)
    if rest == {"id", "side", "price", "amount"}:
        # liquidations have the same columns and are no prints of their own
        if "liquidations" in path.name:
            raise DataError(f"{path}: liquidations are among the trades already; remedy: give trades")
        return "trades", Form(_ROW, us, us, Kind.TRADE)
    if rest == {"ask_amount", "ask_price", "bid_price", "bid_amount"}:
        levels = {f"{side}_{ours}_1": f"{side}_{what}" for side in ("bid", "ask") for ours, what in _WHATS}
        return "quotes", Form({**_TIMES, **levels}, us, us, depth=1)
    found = [_LEVEL.fullmatch(name) for name in rest]
    depth = len(rest) // 4
    levels = {
        f"{side}_{ours}_{i + 1}": f"{side}s[{i}].{what}"
        for side in ("bid", "ask")
        for ours, what in _WHATS
        for i in range(depth)
    }
    if depth and all(found) and set(levels.values()) == rest:
        return f"book_snapshot_{depth}", Form({**_TIMES, **levels}, us, us, depth=depth)
    raise DataError(
        f"{path}: line 1: columns {', '.join(sorted(rest))[:200]} are of no kind that is read: incremental_book_L2, "
        "book_snapshot_5, book_snapshot_25, quotes, trades"
    )


_WHATS = (("price", "price"), ("quantity", "amount"))


def _symbol(heads: Sequence[_Head], wanted: str | None) -> str:
    if wanted is not None:
        return wanted
    found = set().union(*(head.symbols for head in heads))
    if len(found) > 1:
        raise DataError(f"{heads[0].path}: holds {', '.join(sorted(found))[:400]}; remedy: give {argument('symbol')}")
    return found.pop()
