"""Tables of any vendor, CSV or Parquet: rows of levels, prints or orders, or rows with all levels.

Format `csv`. Columns with an obvious name need no map; times say their unit by their length.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from datetime import date as Date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lumina.data.csv.columns import Columns, obvious, resolve
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number
from lumina.data.kinds import Kind
from lumina.data.source import COUNTED_WINDOW_NS, HashedFile, Progress, Source
from lumina.data.tables.aggressor import Quotes
from lumina.data.tables.recording import Feed, Options, Recording, Terms
from lumina.data.tables.table import (
    UNITS,
    Cells,
    Chunk,
    Words,
    chunks,
    table_names,
    times,
    times_of_day,
    unit_of,
    unit_of_day,
)
from lumina.data.tables.table_feed import KINDS, SIDES, SNAPSHOT, Form, RowFeed
from lumina.data.tables.window_feed import WindowFeed
from lumina.errors import DataError, argument

_HEAD_ROWS = 20_000
_TIMES = ("time", "local_time")
_ROWS = {"book": Kind.CHANGE, "trades": Kind.TRADE}


def sniff(head: bytes, path: Path) -> bool:
    """A header whose names are obvious and tell what its rows are; plain or packed."""
    names = table_names(head, path)
    try:
        columns = obvious(names)
        return "time" in columns and _kind(path, columns, None) is not None
    except DataError:
        return False


def read(
    paths: Sequence[Path],
    *,
    columns: Mapping[str, str | int] | str | None = None,
    rows: str | None = None,
    quantity: str = "absolute",
    values: Mapping[str, Mapping[str, str]] | str | None = None,
    time_unit: Mapping[str, str] | str | None = None,
    time_zone: str | None = None,
    date: str | None = None,
    aggressor: str | None = None,
    delimiter: str = ",",
    header: bool = True,
    instrument: Instrument | None = None,
    symbol: str | None = None,
    tick_size: Number | None = None,
    lot_size: Number | None = None,
    multiplier: Number = 1,
    inverse: bool = False,
    settlement: str = "",
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    out_of_range: str = "drop",
    round_lots: bool = False,
    round_prices: bool = False,
    session: str | None = None,
    counted_window_ns: int = COUNTED_WINDOW_NS,
    order_ids: bool = False,
    progress: Progress | None = None,
) -> Source:
    """Importer of CSV files; several of equal columns are one recording in order of time, and prints beside a book.

    Parameters
    ----------
    columns : mapping or str, optional
        Our names to the file's (or to numbers from 1 where it has no header); also as `time=ts,price=px`. Ours are
        time, local_time, symbol; of a row of one thing side, price, quantity, kind, order_id, is_snapshot; of a row
        with all levels `bid_price_{i}`, `bid_quantity_{i}`, `ask_price_{i}`, `ask_quantity_{i}` (with `{i}` in the
        file's name too: `bid_price_{i}=bid{i}p`, from 0 or 1), trade_price, trade_quantity, trade_side.
    rows : str, optional
        `book` or `trades`: what a row of side, price and quantity is, where no column says it. Of several files
        one word for all, or `book,trades`, one for each.
    quantity : {"absolute", "change"}
        Whether levels tell their total or what was added to it.
    values : mapping or str, optional
        The file's words to ours, by our column: `{"side": {"1": "buy", "2": "sell"}}`, or `side.1=buy,side.2=sell`.
        Sides are buy, sell, none (of a print the aggressor's); kinds change, bbo, trade, clear, gap, add, reduce,
        cancel, execute, modify, ignore; is_snapshot true and false.
    time_unit : {"s", "ms", "us", "ns", "iso"} or mapping, optional
        Of all times, or of each column: `{"time": "iso", "local_time": "ms"}`, also as `time=iso,local_time=ms`. What
        is not given is told from the first row, each column by itself.
    time_zone : str, optional
        Of `iso` times that do not say theirs, and of `date`; UTC. A local time that does not exist, or is told twice,
        because clocks change is an error.
    date : str, optional
        YYYY-MM-DD, where times are of a day: since its midnight in `time_unit`, or texts as 09:30:00.123.
    aggressor : {"quotes"}, optional
        Prints that tell no side are given that of the quote that they meet: at the ask or above a buyer's, at the bid
        or below a seller's. The quotes are those before the print: of the row before where rows have all levels and
        a print, otherwise of the book's files.
    delimiter, header
        Of the file.
    instrument, symbol, tick_size, lot_size, ...
        The contract; tick and lot default to the largest step that divides the numbers at the heads of the files
        (the provenance says so), the symbol to the file's, or to its name.
    clock, min_latency_ns
        `clock="shift"` adds one constant to local times, so that the smallest latency is `min_latency_ns`.
    session : str, optional
        Hours of continuous trading, see `lumina.data.calendar`.
    counted_window_ns : int
        Window of the COUNTED rule (SEMANTICS F6), 0 = off.
    order_ids : bool
        Keep the order ids beside the tape.
    out_of_range, round_lots, round_prices
        See `lumina.data.fit.Fit`; what it did is in the provenance.
    progress : callable, optional
        Called with (bytes read, bytes in all).

    Notes
    -----
    Without local_time there is one clock: both times are equal. Rows of equal times are one event; a row with all
    levels is one by itself. One file's rows stay in their order; between a file of prints and one of a book, prints
    come first at one time.
    """
    options = Options(
        clock,
        min_latency_ns,
        counted_window_ns,
        session,
        progress,
        order_ids,
        Fit(out_of_range, round_lots, round_prices, signed=True),
    )
    for name, value, known in (
        ("quantity", quantity, ("absolute", "change")),
        ("aggressor", aggressor, (None, "quotes")),
    ):
        if value not in known:
            raise DataError(
                f"option {argument(name)} = {value!r} is none of {', '.join(str(one) for one in known if one)}"
            )
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise DataError(f"option {argument('delimiter')} = {delimiter!r} must be one character, and no quote")
    words = _words(values)
    units = _units(time_unit)
    zone = _zone(time_zone)
    day = _day(date)
    heads = [_look(path, delimiter, header) for path in paths]
    forms: list[Form] = []
    given = _map(columns)
    for path, head, own_rows in zip(paths, heads, _rows(rows, len(paths)), strict=True):
        # what another file has need not be in this one
        others = {name for other in heads if other is not head for name in other.names} - set(head.names)
        found = resolve(path, head.names, {ours: name for ours, name in given.items() if name not in others})
        forms.append(_form(path, head, found, own_rows, units, zone, day, words))
    change, quotes = quantity == "change", aggressor == "quotes"
    forms = [
        replace(form, delimiter=delimiter, header=header, change=change, aggressor_from_quotes=quotes) for form in forms
    ]
    if instrument is not None:
        symbol = instrument.symbol
    told = {name for form, head in zip(forms, heads, strict=True) for name in _symbols(form, head)}
    if symbol is None and len(told) > 1:
        raise DataError(f"{paths[0]}: holds {', '.join(sorted(told))[:400]}; remedy: give {argument('symbol')}")
    symbol = symbol or next(iter(told), paths[0].name.split(".")[0])
    inferred: dict[str, str] = {}
    if instrument is None:
        terms = Terms(symbol, tick_size, lot_size, multiplier, inverse, settlement, maker_fee, taker_fee)
        where = f"the head of {', '.join(path.name for path in paths)}"
        instrument, inferred = terms.instrument(
            _numbers(forms, heads, "price", symbol), _numbers(forms, heads, "quantity", symbol), where, options.fit
        )
    feeds = _feeds(paths, forms, instrument, options, symbol)
    facts: dict[str, Any] = {
        "importer": "csv",
        "columns": dict(forms[-1].columns),
        "inferred": inferred,
        **({"aggressor": "of the quote that the print met"} if aggressor else {}),
    }
    books = [feed for feed in feeds if feed.name != "trades"]
    if quotes and not books:
        raise DataError(f"{paths[0]}: {argument('aggressor', 'quotes')} needs a book beside the prints")
    one_clock = all("local_time" not in form.columns for form in forms)
    return Recording(
        paths,
        instrument,
        feeds,
        options,
        facts,
        depth_limit=max(form.depth for form in forms),
        file_order=len(feeds) == 1,
        ordered=one_clock and len(feeds) == 1,
        quotes=Quotes(feeds[0].counts) if quotes and "levels" not in {feed.name for feed in feeds[:1]} else None,
    )


def _feeds(
    paths: Sequence[Path], forms: Sequence[Form], instrument: Instrument, options: Options, symbol: str
) -> list[Feed]:
    """Files of one form are one feed; prints first."""
    groups: dict[str, list[tuple[Path, Form]]] = {}
    for path, form in zip(paths, forms, strict=True):
        name = "levels" if form.depth else "orders" if "kind" in form.columns else "book"
        groups.setdefault("trades" if form.kind == Kind.TRADE else name, []).append((path, form))
    books = [name for name in groups if name != "trades"]
    if len(books) > 1:
        raise DataError(f"{paths[0]}: the files tell the book as {' and as '.join(books)}; remedy: give one kind")
    feeds: list[Feed] = []
    for name in sorted(groups, key=lambda name: name != "trades"):
        form = groups[name][0][1]
        for path, other in groups[name]:
            if other.columns != form.columns:
                raise DataError(f"{path}: has other columns than {groups[name][0][0].name}")
        feed = WindowFeed if form.depth else RowFeed
        feeds.append(feed(name, [path for path, _ in groups[name]], form, instrument, options, symbol))
    return feeds


def _look(path: Path, delimiter: str, header: bool) -> Chunk:
    file = HashedFile(path)
    try:
        chunk = next(chunks(file, delimiter, header), None)
    finally:
        file.close()
    if chunk is None:
        raise DataError(f"{path}: the file has a header and no rows")
    return chunk.select(range(min(len(chunk), _HEAD_ROWS)))


def _form(
    path: Path,
    head: Chunk,
    columns: Columns,
    rows: str | None,
    units: Mapping[str, str],
    zone: tzinfo,
    day: Date | None,
    words: Mapping[str, Mapping[str, int]],
) -> Form:
    if "time" not in columns:
        raise DataError(
            f"{path}: line 1: no column is obviously the time; remedy: option {argument('columns')}, time=NAME of "
            f"{_list(head.names)}"
        )
    kind = _kind(path, columns, rows)
    if kind is None:
        raise DataError(
            f"{path}: rows of side, price and quantity may be levels or prints; remedy: option {argument('rows')}, "
            "book or trades"
        )
    time = _times(head, columns["time"], units.get("time"), zone, day)
    local = _times(head, columns["local_time"], units.get("local_time"), zone, day) if "local_time" in columns else time
    depth = sum(name.startswith("bid_price_") for name in columns)
    return Form(
        columns,
        time,
        local,
        kind,
        Words({**SIDES, **words.get("side", {})}),
        Words({**KINDS, **words.get("kind", {})}),
        Words({**SNAPSHOT, **words.get("is_snapshot", {})}),
        depth,
    )


def _times(head: Chunk, column: str, unit: str | None, zone: tzinfo, day: Date | None) -> Cells:
    # an exchange time of 0 is none, and tells nothing
    texts = head.texts(column)
    row = next((i for i, text in enumerate(texts) if text.strip("0.")), 0)
    unit = unit or (unit_of(texts[row]) if day is None else unit_of_day(texts))
    if unit is None:
        raise head.refuse(
            row,
            column,
            f"{texts[row][:60]!r} does not tell its unit; remedy: {argument('time_unit')}, or {argument('date')}",
        )
    return times(unit, zone) if day is None else times_of_day(unit, day, zone)


def _day(text: str | None) -> Date | None:
    try:
        return None if text is None else Date.fromisoformat(str(text))
    except ValueError:
        raise DataError(f"option {argument('date')} = {text!r} is no date YYYY-MM-DD") from None


def _units(given: Mapping[str, str] | str | None) -> dict[str, str]:
    """The unit of each time column that has one given."""
    if isinstance(given, str):
        units = dict.fromkeys(_TIMES, given) if "=" not in given else _map(given, "time_unit")
    else:
        units = dict(given or {})
    for column, unit in units.items():
        if column not in _TIMES:
            raise DataError(f"option {argument('time_unit')}: {column!r} is none of {', '.join(_TIMES)}")
        if unit not in (*UNITS, "iso"):
            raise DataError(f"option {argument('time_unit')} = {unit!r} is none of {', '.join((*UNITS, 'iso'))}")
    return units


def _kind(path: Path, columns: Columns, rows: str | None) -> Kind | None:
    """What rows are where no column says so; None where that is open. DataError where columns are missing."""
    if any(name.startswith("bid_price_") for name in columns):
        if ("trade_price" in columns) != ("trade_quantity" in columns):
            raise DataError(f"{path}: trade_price and trade_quantity go together")
        return Kind.CHANGE
    needed = ["price", "quantity"]
    if "kind" not in columns and rows != "trades":
        needed.append("side")
    for name in needed:
        if name not in columns:
            raise DataError(
                f"{path}: line 1: no column is obviously the {name}; remedy: option {argument('columns')}, {name}=NAME"
            )
    if "kind" in columns or "is_snapshot" in columns:
        return Kind.CHANGE
    return None if rows is None else _ROWS[rows]


def _symbols(form: Form, head: Chunk) -> set[str]:
    return set(head.texts(form.columns["symbol"])) if "symbol" in form.columns else set()


def _numbers(forms: Sequence[Form], heads: Sequence[Chunk], what: str, symbol: str) -> set[str]:
    """Texts of prices or quantities; prices of prints only where there are no others, for they may lie between."""
    books = [form.kind != Kind.TRADE for form in forms]
    out: set[str] = set()
    for form, head, book in zip(forms, heads, books, strict=True):
        if what == "price" and not book and any(books):
            continue
        mine = head
        if "symbol" in form.columns:
            names = head.texts(form.columns["symbol"])
            mine = head.select([i for i, name in enumerate(names) if name == symbol])
        out.update(text.removeprefix("-") for column in form.number_columns(what) for text in mine.texts(column))
    return out - {""}


def _rows(rows: str | None, files: int) -> list[str | None]:
    """What the rows of each file are."""
    if rows is None:
        return [None] * files
    kinds = [kind.strip() for kind in rows.split(",")]
    for kind in kinds:
        if kind not in _ROWS:
            raise DataError(f"option {argument('rows')}: {kind!r} is none of {', '.join(_ROWS)}")
    if len(kinds) not in (1, files):
        raise DataError(f"option {argument('rows')} = {rows!r} tells of {len(kinds)} files, and {files} were given")
    return [*kinds] * files if len(kinds) == 1 else [*kinds]


def _map(columns: Mapping[str, str | int] | str | None, option: str = "columns") -> dict[str, str]:
    if columns is None:
        return {}
    if isinstance(columns, str):
        pairs = [part.partition("=") for part in columns.split(",")]
        if not all(ours and equals and theirs for ours, equals, theirs in pairs):
            raise DataError(f"option {argument(option)} = {columns!r} is no list of ours=theirs, with commas between")
        return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
    return {str(ours): str(theirs) for ours, theirs in columns.items()}


_KNOWN: dict[str, Mapping[str, int]] = {"side": SIDES, "kind": KINDS, "is_snapshot": SNAPSHOT}
_PAIR = re.compile(r"([a-z_]+)\.([^=,]*)=([^=,]+)")


def _words(values: Mapping[str, Mapping[str, str]] | str | None) -> dict[str, dict[str, int]]:
    """The file's words to numbers, by our column."""
    given: dict[str, dict[str, str]] = {}
    if isinstance(values, str):
        for part in values.split(","):
            match = _PAIR.fullmatch(part.strip())
            if match is None:
                raise DataError(f"option {argument('values')}: {part!r} is not column.word=ours, as side.B=buy")
            given.setdefault(match[1], {})[match[2]] = match[3]
    elif values is not None:
        given = {str(column): {str(k): str(v) for k, v in words.items()} for column, words in values.items()}
    out: dict[str, dict[str, int]] = {}
    for column, words in given.items():
        known = _KNOWN.get(column)
        if known is None:
            raise DataError(f"option {argument('values')}: {column!r} is none of {', '.join(_KNOWN)}")
        for theirs, ours in words.items():
            if ours.lower() not in known:
                raise DataError(
                    f"option {argument('values')}: {column}: {ours!r} is none of {', '.join(filter(None, known))}"
                )
            out.setdefault(column, {})[theirs] = known[ours.lower()]
    return out


def _zone(name: str | None) -> tzinfo:
    try:
        return UTC if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DataError(
            f"option {argument('time_zone')} = {name!r} is unknown here; remedy: a name such as Asia/Seoul"
        ) from None


def _list(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 300 else text[:300] + " ..."
