"""CSV and Parquet files in columns: chunks of rows with errors that name line, column and value."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from fractions import Fraction
from io import BufferedReader
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lumina.data.compressed import blocks
from lumina.data.compressed import head as compressed_head
from lumina.data.decimals import BadNumber, column
from lumina.data.source import HashedFile
from lumina.data.tables.parquet import batches, column_names, is_parquet
from lumina.errors import DataError, argument

_CHUNK = 1 << 20  # bytes
_MAX_COLUMNS = 4096
_CACHE = 1 << 16
_FEW = 8
_DECIMAL = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,12}))?", re.ASCII)
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(.{0,6})", re.ASCII)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?", re.ASCII)
_DAY_NS = 25 * 3600 * 10**9  # of the night that has an hour twice
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# ns of a unit, and the digits that times of our days have in it
UNITS = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}
_DIGITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}


class Cells(Protocol):
    """Texts of a column to whole numbers; BadNumber where one is none."""

    def __getitem__(self, text: str, /) -> int: ...

    def many(self, texts: Sequence[str], /) -> NDArray[np.int64] | None:
        """All of them at once, or None: one by one."""


class Chunk:
    """Consecutive rows of a file, in columns."""

    def __init__(
        self, path: Path, lines: NDArray[np.int64], columns: Mapping[str, Sequence[str]], place: str = "line"
    ) -> None:
        self.path, self.lines, self._columns = path, lines, columns
        self.place = place

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self._columns)

    def texts(self, name: str) -> Sequence[str]:
        """Fields of a column."""
        return self._columns[name]

    def numbers(self, column: str, cells: Cells, blank: bool = False) -> NDArray[np.int64]:
        """Fields of a column as whole numbers, an empty one as 0 where `blank`; DataError at the first that is none."""
        texts = [text or "0" for text in self.texts(column)] if blank else self.texts(column)
        # remembered texts are quick, new ones are not
        if len(set(texts)) > len(texts) // _FEW:
            found = cells.many(texts)
            if found is not None:
                return found
        try:
            return np.fromiter(map(cells.__getitem__, texts), np.int64, len(texts))
        except BadNumber:
            for i, text in enumerate(texts):
                try:
                    cells[text]
                except BadNumber as error:
                    raise self.refuse(i, column, error) from None
            raise

    def where(self, row: int) -> str:
        """Place of a row, for an error."""
        return f"{self.path}: {self.place} {self.lines[row]}"

    def refuse(self, row: int, column: str, why: object) -> DataError:
        """Error about a field."""
        return DataError(f"{self.where(row)}: column {column}: {why}")

    def select(self, keep: Iterable[int]) -> "Chunk":
        """Some of the rows; the lines of errors are those of the file still."""
        kept = list(keep)
        columns = {name: [texts[i] for i in kept] for name, texts in self._columns.items()}
        return Chunk(self.path, self.lines[kept], columns, self.place)


def chunks(file: HashedFile, delimiter: str = ",", header: bool = True) -> Iterator[Chunk]:
    """Rows of a Parquet file, or of a text of one line each, plain or compressed.

    Without a header the columns are named 1, 2, ...

    Raises
    ------
    DataError
        Where a line has another number of fields than the first, or is no text.
    """
    if isinstance(file.file, BufferedReader) and is_parquet(file.file.peek(4)):
        yield from _parquet_chunks(file)
        return
    names: list[str] = []
    line = 1
    for block in blocks(file):
        for part in _parts(block):
            rows = _rows(file.path, line, part, delimiter)
            first = line
            line += part.count(b"\n")
            if not names and rows:
                names = [name.strip() for name in rows[0]] if header else [str(i + 1) for i in range(len(rows[0]))]
                _check_names(file.path, names)
                if header:
                    rows, first = rows[1:], first + 1
            if not rows:
                continue
            width = len(names)
            if set(map(len, rows)) != {width}:
                bad = next(i for i, row in enumerate(rows) if len(row) != width)
                raise DataError(f"{file.path}: line {first + bad}: has {len(rows[bad])} fields, the first has {width}")
            yield Chunk(
                file.path, np.arange(first, first + len(rows)), dict(zip(names, zip(*rows, strict=True), strict=True))
            )
    if not names:
        raise DataError(f"{file.path}: the file is empty")


def _parquet_chunks(file: HashedFile) -> Iterator[Chunk]:
    first = 1
    for columns in batches(file):
        names = list(columns)
        _check_names(file.path, names)
        n = len(columns[names[0]]) if names else 0
        if n:
            yield Chunk(file.path, np.arange(first, first + n), columns, "row")
        first += n


def table_names(head: bytes, path: Path) -> list[str]:
    """Names of the columns of a table that begins with `head`, plain, packed or Parquet; none where it is none."""
    return column_names(path) if is_parquet(head) else names_of(compressed_head(head))


def names_of(head: bytes, delimiter: str = ",") -> list[str]:
    """Names in the first line of a text; none where it is no text."""
    line = head.partition(b"\n")[0]
    try:
        return [name.strip() for name in next(csv.reader([line.decode("utf-8-sig")], delimiter=delimiter), [])]
    except (UnicodeDecodeError, csv.Error):
        return []


def _parts(block: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(block):
        end = len(block) if len(block) - start <= _CHUNK else block.rfind(b"\n", start, start + _CHUNK) + 1
        end = end or block.find(b"\n", start) + 1 or len(block)
        yield block[start:end]
        start = end


def _rows(path: Path, line: int, part: bytes, delimiter: str) -> list[list[str]]:
    nul = part.find(b"\0")
    if nul >= 0:
        at = line + part.count(b"\n", 0, nul)
        raise DataError(f"{path}: line {at}: is no text: byte 0x00")
    try:
        lines = part.decode("utf-8-sig" if line == 1 else "utf-8").split("\n")
    except UnicodeDecodeError as error:
        at = line + part.count(b"\n", 0, error.start)
        raise DataError(f"{path}: line {at}: is no text: byte {part[error.start]:#04x}") from None
    # blank lines may stand at the end
    while lines and not lines[-1].strip("\r"):
        lines.pop()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise DataError(f"{path}: line {line + reader.line_num - 1}: {error}") from None
    if len(rows) != len(lines):
        raise DataError(f"{path}: lines {line} to {line + len(lines) - 1}: a field has a line break in it")
    return rows


def _check_names(path: Path, names: Sequence[str]) -> None:
    if len(names) > _MAX_COLUMNS:
        raise DataError(f"{path}: line 1: has {len(names)} fields, bound {_MAX_COLUMNS}")
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise DataError(f"{path}: line 1: names column {twice[:60]!r} twice")


class Cached(dict[str, int]):
    """Numbers that a function makes of texts; what was looked up is remembered."""

    def __init__(self, read: Callable[[str], int], scale: int | None = None) -> None:
        super().__init__()
        self._read, self._scale = read, scale

    def __missing__(self, text: str) -> int:
        value = self._read(text)
        if not -(2**63) < value < 2**63:
            raise BadNumber(text[:60], "is not within 63 bits")
        if len(self) >= _CACHE:
            self.clear()
        self[text] = value
        return value

    def many(self, texts: Sequence[str]) -> NDArray[np.int64] | None:
        """Of plain decimals that are multiplied by a scale, all at once."""
        return None if self._scale is None else column(texts, Fraction(self._scale))


def times(unit: str, zone: tzinfo = UTC) -> Cells:
    """Times since 1970 in `s`, `ms`, `us` or `ns`, or `iso` texts (in `zone` where they do not say theirs), as ns."""
    if unit == "iso":
        return Cached(lambda text: _iso(text, zone))
    scale = UNITS[unit]

    def read(text: str) -> int:
        match = _DECIMAL.fullmatch(text)
        if match is None:
            raise BadNumber(text[:60], f"is no time in {unit}")
        places = match[2] or ""
        units: int = 10 ** len(places)
        if int(match[1] + places) * scale % units:
            raise BadNumber(text[:60], "is finer than a nanosecond")
        return int(match[1] + places) * scale // units

    return Cached(read, scale)


def _iso(text: str, zone: tzinfo) -> int:
    match = _ISO.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        day, clock, fraction, offset = match.groups("")
        at = datetime.fromisoformat(f"{day}T{clock}{offset.replace('Z', '+00:00')}")
    except ValueError:
        raise BadNumber(text, "is no time such as 2024-01-31 09:30:00.123") from None
    since = (at if at.tzinfo else _local(text, at, zone)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + int(fraction.ljust(9, "0"))


def _local(text: str, at: datetime, zone: tzinfo) -> datetime:
    """A local time of which there is one, and not none or two as in nights when clocks change."""
    out = at.replace(tzinfo=zone)
    if zone is UTC or out.utcoffset() == out.replace(fold=1).utcoffset():
        return out
    exists = out.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at
    raise BadNumber(
        text,
        f"{'is told twice' if exists else 'does not exist'} in {zone}, where clocks change then; remedy: times with "
        f"their offset, as +01:00, or option {argument('time_zone')}, of a zone where they do not",
    )


def times_of_day(unit: str, day: date, zone: tzinfo = UTC) -> Cells:
    """Times since midnight of a day in `zone`: in `s`, `ms`, `us` or `ns`, or `iso` texts as 09:30:00.123; as ns."""
    if unit == "iso":
        return Cached(lambda text: _iso(f"{day} {text}", zone))
    since = datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH
    midnight_ns = (since.days * 86_400 + since.seconds) * 10**9
    cells = times(unit)

    def read(text: str) -> int:
        ns = cells[text]
        if ns >= _DAY_NS:
            raise BadNumber(text[:60], f"{unit} are over a day of 25 hours; remedy: option {argument('time_unit')}")
        return midnight_ns + ns

    return Cached(read)


def unit_of_day(texts: Sequence[str]) -> str | None:
    """The unit that times since midnight seem to be in: the first in which the largest is within a day."""
    if any(_CLOCK.fullmatch(text) for text in texts):
        return "iso"
    matches = [_DECIMAL.fullmatch(text) for text in texts]
    most = max((int(match[1]) for match in matches if match), default=None)
    return None if most is None else next((unit for unit in UNITS if most * UNITS[unit] < _DAY_NS), None)


def unit_of(text: str) -> str | None:
    """The unit that a time seems to be in."""
    if _ISO.fullmatch(text):
        return "iso"
    match = _DECIMAL.fullmatch(text)
    return _DIGITS.get(len(match[1])) if match else None


class Words(Cached):
    """Words of a column, whatever their case; others are refused, naming those known."""

    def __init__(self, words: Mapping[str, int]) -> None:
        known = {word.lower(): value for word, value in words.items()}

        def read(text: str) -> int:
            if text.lower() not in known:
                raise BadNumber(text[:60], f"is none of {', '.join(filter(None, known))}")
            return known[text.lower()]

        super().__init__(read)
