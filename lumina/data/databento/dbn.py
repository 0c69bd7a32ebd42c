"""DBN files (versions 1 to 3, plain or zstd) as records, and definitions of instruments.

The vendor's library reads the metadata and the definitions. Records of market data have had one layout in all
versions: they are read as arrays.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumina.data import compressed
from lumina.data.databento.records import (
    NOTHING,
    OTHER_RTYPES,
    PRICE_SCALE,
    RTYPES,
    SAMPLED,
    SCHEMAS,
    Recording,
    check_schema,
    gather,
    record_dtype,
    some,
)
from lumina.data.source import HashedFile
from lumina.errors import DataError, argument

MAGIC = b"DBN"
_VERSIONS = (1, 2, 3)
_MAX_METADATA = 1 << 26
_CHUNK = 1 << 16  # records
_UNITS = 4  # a record's length is told in units of 4 bytes
_HEADER = 16
# Records that a live capture holds beside the data.
_ASIDE = {rtype: OTHER_RTYPES[rtype] for rtype in (18, 19, 21, 22, 23, 24)}
_NO_NUMBER = (2**31 - 1, 2**63 - 1)


def layout(schema: str, ts_out: bool = False) -> np.dtype[np.void]:
    """A record of a schema as it stands in the file."""
    fields: list[Any] = [
        ("length", "u1"),
        ("rtype", "u1"),
        ("publisher_id", "<u2"),
        ("instrument_id", "<u4"),
        ("ts_event", "<u8"),
    ]
    if schema == "mbo":
        fields += [("order_id", "<u8"), ("price", "<i8"), ("size", "<u4"), ("flags", "u1"), ("channel_id", "u1")]
        fields += [("action", "u1"), ("side", "u1")]
    else:
        # of quotes at intervals the action is reserved, and what stands for ts_in_delta
        fields += [("price", "<i8"), ("size", "<u4"), ("action", "u1"), ("side", "u1"), ("flags", "u1")]
        fields += [("depth", "u1")]
    fields += [("ts_recv", "<u8"), ("ts_in_delta", "<i4"), ("sequence", "<u4")]
    # the third of a consolidated level is the publisher that has it
    for level in range(SCHEMAS[schema]):
        for name, type_ in (("px", "<i8"), ("sz", "<u4"), ("ct", "<u4")):
            fields += [(f"{side}_{name}_{level:02d}", type_) for side in ("bid", "ask")]
    return np.dtype([*fields, *([("ts_out", "<u8")] if ts_out else [])])


def read(file: HashedFile, counts: "Counter[str]") -> Recording:
    """Look into a file of market data; DataError where it is none."""
    stream = _Stream(file)
    metadata = stream.metadata()
    schema = _schema(metadata)
    check_schema(file.path, schema)
    return Recording(
        schema,
        _symbols(file.path, metadata),
        str(metadata.stype_in) in ("continuous", "parent"),
        (_common(schema, raw, rows) for rows, raw in stream.records(schema, metadata.ts_out, counts)),
        lambda row: f"{file.path}: record {row}" if row >= 0 else str(file.path),
    )


def schema_of(path: Path) -> str:
    """What the metadata say that the records are."""
    file = HashedFile(path)
    try:
        return _schema(_Stream(file).metadata())
    finally:
        file.close()


def _schema(metadata: Any) -> str:
    return str(metadata.schema) if metadata.schema is not None else "of several kinds"


def raw_records(file: HashedFile) -> Iterator[NDArray[np.void]]:
    """The records of a file as they stand in it, in chunks of `layout`."""
    stream = _Stream(file)
    metadata = stream.metadata()
    for _, raw in stream.records(str(metadata.schema), metadata.ts_out, Counter()):
        yield raw


def definition(path: Path, symbol: str | None, instrument_id: int | None) -> dict[str, Any]:
    """Terms of an instrument from a file of definitions, as `Instrument` takes them.

    Tick from `min_price_increment`, multiplier from `contract_multiplier` or else `unit_of_measure_qty`, settlement
    from `currency`. Of several definitions of the instrument the last holds.

    Raises
    ------
    DataError
        Where it is no such file, or the instrument is not in it.
    """
    library = _library(path)
    file = HashedFile(path)
    found: dict[str, Any] | None = None
    names: dict[str, None] = {}
    try:
        stream = _Stream(file)
        metadata = stream.metadata()
        if str(metadata.schema) != "definition":
            raise DataError(f"{path}: records are {metadata.schema}, not definitions")
        decoder = library.DBNDecoder()
        for data in stream.all():
            for record in _decode(path, decoder, data):
                if not isinstance(record, library.InstrumentDefMsg):
                    continue
                names[record.raw_symbol] = None
                if symbol in (None, record.raw_symbol) and instrument_id in (None, record.instrument_id):
                    found = _terms(path, record)
        if decoder.buffer():
            raise DataError(f"{path}: cut inside a record")
    finally:
        file.close()
    if symbol is None and instrument_id is None and len(names) > 1:
        raise DataError(
            f"{path}: defines {len(names)} instruments ({some(names)}); remedy: {argument('symbol')}, one of them"
        )
    if found is None:
        wanted = f"instrument_id {instrument_id}" if symbol is None else f"symbol {symbol!r}"
        raise DataError(f"{path}: has no definition of {wanted}; it has {some(names) or 'none'}")
    return found


class _Stream:
    """The bytes of a file: metadata, then records."""

    def __init__(self, file: HashedFile) -> None:
        self._path = file.path
        self._pieces = compressed.pieces(file)
        self._head = b""
        self._rest = b""

    def metadata(self) -> Any:
        """The metadata as the vendor's library reads them."""
        library = _library(self._path)
        head = self._take(8)
        if not head.startswith(MAGIC):
            raise DataError(f"{self._path}: begins with {head[:4]!r}, not with DBN")
        if len(head) < 8:
            raise DataError(f"{self._path}: cut in the metadata")
        if head[3] not in _VERSIONS:
            raise DataError(f"{self._path}: DBN version {head[3]}; those that are read are 1 to {_VERSIONS[-1]}")
        length = int.from_bytes(head[4:8], "little")
        if length > _MAX_METADATA:
            raise DataError(f"{self._path}: metadata of {length} bytes, bound {_MAX_METADATA}")
        body = self._take(length)
        if len(body) < length:
            raise DataError(f"{self._path}: cut in the metadata")
        self._head = head + body
        with _vendor_errors(self._path):
            return library.Metadata.decode(self._head)

    def all(self) -> Iterator[bytes]:
        """Metadata and records as they stand."""
        yield self._head
        yield self._rest
        yield from self._pieces

    def records(
        self, schema: str, ts_out: bool, counts: "Counter[str]"
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.void]]]:
        """Places and records of the schema, in chunks; what stands between them is counted."""
        dtype = layout(schema, ts_out)
        rtypes = RTYPES[schema]
        row = 0
        for piece in gather(chain([b""], self._pieces)):
            data = self._rest + piece
            done = 0
            while len(data) - done >= dtype.itemsize:
                n = min((len(data) - done) // dtype.itemsize, _CHUNK) if data[done + 1] in rtypes else 1
                raw = np.frombuffer(data, dtype, n, done)
                alike = np.isin(raw["rtype"], rtypes) & (raw["length"] == dtype.itemsize // _UNITS)
                if not alike.all():
                    n = int(np.argmin(alike))
                    raw = raw[:n]
                if n:
                    yield np.arange(row, row + n), raw
                    row, done = row + n, done + n * dtype.itemsize
                    continue
                size = self._aside(data[done : done + 2], row, dtype, schema, counts)
                if len(data) - done < size:
                    break
                row, done = row + 1, done + size
            self._rest = data[done:]
        if self._rest:
            raise DataError(f"{self._path}: record {row}: cut after {len(self._rest)} bytes")

    def _aside(self, head: bytes, row: int, dtype: np.dtype[np.void], schema: str, counts: "Counter[str]") -> int:
        """Size of a record that is none of the schema."""
        size, rtype = head[0] * _UNITS, head[1]
        if rtype not in _ASIDE or size < _HEADER:
            raise DataError(
                f"{self._path}: record {row}: type {rtype} of {size} bytes is none of {schema} "
                f"(type {RTYPES[schema][0]} of {dtype.itemsize} bytes)"
            )
        counts[f"{_ASIDE[rtype]} records skipped"] += 1
        return size

    def _take(self, n: int) -> bytes:
        parts, have = [self._rest], len(self._rest)
        while have < n and (piece := next(self._pieces, b"")):
            parts.append(piece)
            have += len(piece)
        data = b"".join(parts)
        self._rest = data[n:]
        return data[:n]


def _library(path: Path) -> Any:
    try:
        import databento_dbn
    except ImportError:
        raise DataError(
            f"{path}: DBN files need the package databento-dbn; remedy: pip install 'lumina-hft[databento]'"
        ) from None
    return databento_dbn


@contextmanager
def _vendor_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        # what the library calls a panic is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise DataError(f"{path}: broken DBN: {error}") from None


def _decode(path: Path, decoder: Any, data: bytes) -> list[Any]:
    with _vendor_errors(path):
        decoder.write(data)
        return list(decoder.decode())


def _symbols(path: Path, metadata: Any) -> dict[int, str]:
    """Symbols by instrument id, from whichever way the file maps them."""
    out: dict[int, str] = {}
    for name, intervals in metadata.mappings.items():
        for interval in intervals:
            there = str(interval["symbol"])
            known = re.fullmatch("[0-9]{1,10}", there), re.fullmatch("[0-9]{1,10}", name)
            if not any(known):
                continue
            id_, symbol = (int(there), name) if known[0] else (int(name), there)
            if out.setdefault(id_, symbol) != symbol:
                raise DataError(f"{path}: instrument_id {id_} is {out[id_]} and later {symbol}; remedy: a file a day")
    return out


def _common(schema: str, raw: NDArray[np.void], rows: NDArray[np.int64]) -> NDArray[np.void]:
    """Records in the form that all files share."""
    levels = SCHEMAS[schema]
    out = np.zeros(len(raw), record_dtype(levels))
    out["row"] = rows
    for name in ("ts_event", "ts_recv"):
        out[name] = raw[name].astype(np.int64)  # what is no time, 2^64 - 1, becomes -1
    for name in ("price", "instrument_id", "size", "publisher_id", "flags", "action", "side"):
        out[name] = raw[name]
    if schema == "mbo":
        out["order_id"] = raw["order_id"]
    if schema in SAMPLED:
        # the book when the interval ended; the event's time is that of the last trade
        out["ts_event"], out["action"] = out["ts_recv"], NOTHING
    for level in range(levels):
        for name in ("bid_px", "ask_px", "bid_sz", "ask_sz"):
            out[name][:, level] = raw[f"{name}_{level:02d}"]
    return out


def _terms(path: Path, record: Any) -> dict[str, Any]:
    tick = int(record.min_price_increment)
    if tick in _NO_NUMBER or tick <= 0:
        raise DataError(
            f"{path}: the definition of {record.raw_symbol} has no tick; remedy: give {argument('tick_size')}"
        )
    multiplier = Fraction(1)
    if record.contract_multiplier not in (*_NO_NUMBER, 0):
        multiplier = Fraction(record.contract_multiplier)
    elif record.unit_of_measure_qty not in (*_NO_NUMBER, 0):
        multiplier = Fraction(record.unit_of_measure_qty, PRICE_SCALE)
    return {
        "symbol": record.raw_symbol,
        "tick_size": Fraction(tick, PRICE_SCALE),
        "multiplier": multiplier,
        "settlement": record.currency,
    }
