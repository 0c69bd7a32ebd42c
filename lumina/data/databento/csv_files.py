"""The vendor's CSV as records: plain or zstd, prices as decimals or in 1e-9, times as ISO 8601 or in ns.

The names of the header decide; columns that are not known are left aside, and so is their order.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumina.data import compressed
from lumina.data.databento.records import (
    NO_PRICE,
    NOTHING,
    OTHER_RTYPES,
    RTYPES,
    SAMPLED,
    SCHEMAS,
    Recording,
    check_schema,
    gather,
    record_dtype,
)
from lumina.data.databento.text_columns import Columns
from lumina.data.source import HashedFile
from lumina.errors import DataError

_NEEDED = ("action", "side", "price", "size")
_MARKS = ("ts_event", "rtype", "publisher_id", "instrument_id")
_MAX_COLUMNS = 500
_ACTIONS, _SIDES = b"ACMRTFN", b"BAN"
_DECIMALS = 9


def is_header(line: bytes) -> bool:
    """Does a first line name the columns that every schema of the vendor's has?"""
    names = line.rstrip(b"\r").split(b",")
    return all(name.encode() in names for name in _MARKS)


def schema_of(path: Path) -> str:
    """What the header and the first row say that the records are."""
    file = HashedFile(path)
    try:
        first = next(_blocks(file), b"")
    finally:
        file.close()
    header, _, rest = first.partition(b"\n")
    return _schema(path, header, rest, None)


def _schema(path: Path, header: bytes, rest: bytes, wanted: str | None) -> str:
    if not is_header(header):
        raise DataError(f"{path}: line 1: is no header with {', '.join((*_MARKS, *_NEEDED))}")
    names = header.decode("ascii", "replace").split(",")
    row = rest.partition(b"\n")[0].decode("ascii", "replace").split(",")
    rtype = dict(zip(names, row, strict=False)).get("rtype", "")
    number = int(rtype) if rtype.isascii() and rtype.isdigit() and len(rtype) < 4 else -1
    if number in OTHER_RTYPES:
        return OTHER_RTYPES[number]
    if "bid_px_09" in names:
        return "mbp-10"
    if "bid_px_00" in names:
        # tbbo has the type of mbp-1 in most files
        found = next((schema for schema, rtypes in RTYPES.items() if number in rtypes and number > 1), "mbp-1")
        return "tbbo" if found == "mbp-1" and wanted == "tbbo" else found
    return "mbo" if "order_id" in names else "trades" if "action" in names else "of an unknown kind"


def read(file: HashedFile, schema: str | None) -> Recording:
    """Look into a file; `schema` says what the header cannot: that `mbp-1` is `tbbo`."""
    lines = _blocks(file)
    first = next(lines, b"")
    header, _, rest = first.partition(b"\n")
    found = _schema(file.path, header, rest, schema)
    check_schema(file.path, found)
    names = header.decode("ascii", "replace").split(",")
    for name in ("ts_recv", *_NEEDED[1:]) if found in SAMPLED else _NEEDED:
        if name not in names:
            raise DataError(f"{file.path}: line 1: column {name} of {found} is missing")
    if len(names) > _MAX_COLUMNS or len(set(names)) < len(names):
        raise DataError(f"{file.path}: line 1: {len(names)} columns, some of them twice or more than {_MAX_COLUMNS}")
    symbols: dict[int, str] = {}
    return Recording(
        found,
        symbols,
        False,
        _records(file, names, found, rest, lines, symbols),
        lambda row: f"{file.path}: line {row + 2}" if row >= 0 else str(file.path),
    )


def _records(
    file: HashedFile, names: list[str], schema: str, first: bytes, blocks: Iterator[bytes], symbols: dict[int, str]
) -> Iterator[NDArray[np.void]]:
    levels = SCHEMAS[schema]
    fields = [f"{name}_{level:02d}" for level in range(levels) for name in ("bid_px", "ask_px", "bid_sz", "ask_sz")]
    for name in fields + (["order_id"] if schema == "mbo" else []):
        if name not in names:
            raise DataError(f"{file.path}: line 1: column {name} of {schema} is missing")
    pretty: bool | None = None
    row, block = 0, first
    while True:
        if block:
            columns = Columns(file.path, row + 2, names, block)
            if pretty is None:
                pretty = _has_decimals(columns, names)
            out = _block(columns, names, schema, pretty)
            out["row"] = np.arange(row, row + len(out))
            _name(columns, names, out["instrument_id"], symbols)
            row += len(out)
            yield out
        try:
            block = next(blocks)
        except StopIteration:
            return


def _blocks(file: HashedFile) -> Iterator[bytes]:
    for block in gather(compressed.blocks(file)):
        whole = block if block.endswith(b"\n") else block + b"\n"
        yield whole.replace(b"\r\n", b"\n")


def _block(columns: Columns, names: list[str], schema: str, pretty: bool) -> NDArray[np.void]:
    levels = SCHEMAS[schema]
    out = np.zeros(len(columns), record_dtype(levels))

    def price(name: str) -> NDArray[np.int64]:
        return columns.decimals(name, _DECIMALS, NO_PRICE) if pretty else columns.signed(name, NO_PRICE)

    if schema not in SAMPLED:
        out["ts_event"] = _times(columns, "ts_event")
    out["ts_recv"] = _times(columns, "ts_recv") if "ts_recv" in names else out["ts_event"]
    if schema in SAMPLED:
        # the book when the interval ended; the event's time is that of the last trade
        out["ts_event"], out["action"] = out["ts_recv"], NOTHING
    else:
        out["action"] = columns.codes("action", _ACTIONS)
    out["side"] = columns.codes("side", _SIDES)
    out["price"] = price("price")
    out["size"] = columns.unsigned("size", 0, 2**32 - 1)
    out["publisher_id"] = columns.unsigned("publisher_id", bound=2**16 - 1)
    out["instrument_id"] = columns.unsigned("instrument_id", bound=2**32 - 1)
    if "flags" in names:
        out["flags"] = columns.unsigned("flags", bound=255)
    if schema == "mbo":
        out["order_id"] = columns.unsigned("order_id", 0)
    for level in range(levels):
        for side in ("bid", "ask"):
            out[f"{side}_px"][:, level] = price(f"{side}_px_{level:02d}")
            out[f"{side}_sz"][:, level] = columns.unsigned(f"{side}_sz_{level:02d}", 0, 2**32 - 1)
    return out


def _has_decimals(columns: Columns, names: list[str]) -> bool:
    """Are prices decimals? In 1e-9 they have no point."""
    fields = ["price", *(name for name in names if name.startswith(("bid_px", "ask_px")))]
    return any("." in columns.text(name, row) for row in range(len(columns)) for name in fields)


def _times(columns: Columns, name: str) -> NDArray[np.int64]:
    if len(columns) and columns.text(name, 0).isdigit():
        return columns.unsigned(name, bound=2**63 - 1).astype(np.int64)
    return columns.times(name)


def _name(columns: Columns, names: list[str], ids: NDArray[np.uint32], symbols: dict[int, str]) -> None:
    if "symbol" not in names or not len(ids):
        return
    new = [ids[0]] if (ids == ids[0]).all() else np.unique(ids)
    for id_ in new:
        if int(id_) not in symbols and (text := columns.text("symbol", int(np.argmax(ids == id_)))):
            symbols[int(id_)] = text
