"""Lines of a raw Binance recording: `local_ns json`, plain or gzip, with errors that name file and line."""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from lumina.data.decimals import BadNumber, decimal
from lumina.data.source import HashedFile
from lumina.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
_MAX_LINE = 1 << 24
_MAX_MS = 9_000_000_000_000  # in ns within 63 bits


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class Line:
    """One line: where it stands, when it was received, what it says."""

    __slots__ = ("data", "local_ts_ns", "number", "path", "stream")

    def __init__(self, path: Path, number: int, local_ts_ns: int, stream: str, data: dict[str, Any]) -> None:
        self.path, self.number = path, number
        self.local_ts_ns, self.stream, self.data = local_ts_ns, stream, data

    def where(self) -> str:
        """Place for an error."""
        return f"{self.path}: line {self.number}"

    def refuse(self, field: str, text: object) -> DataError:
        """Error about a field."""
        return DataError(f"{self.where()}: field {field}: {text}")

    def integer(self, field: str, low: int, high: int) -> int:
        """An integer field within bounds."""
        value = self.data.get(field)
        if type(value) is not int or not low <= value <= high:
            said = "is missing" if value is None else f"{value!r} is no integer from {low} to {high}"
            raise self.refuse(field, said)
        return value

    def time_ns(self, *fields: str) -> int:
        """The first of the millisecond fields that is there, in ns."""
        for field in fields:
            if field in self.data:
                return self.integer(field, 1, _MAX_MS) * 1_000_000
        raise self.refuse(fields[-1], "is missing")

    def update_id(self, field: str) -> int:
        """An id of an update."""
        return self.integer(field, 0, 2**63 - 1)


def pairs(line: Line, field: str) -> list[list[str]]:
    """Levels of a message, as [price, quantity] texts."""
    levels = line.data.get(field)
    if not isinstance(levels, list):
        raise line.refuse(field, "is missing" if levels is None else f"is no list but a {type(levels).__name__}")
    for level in levels:
        if not isinstance(level, list) or len(level) < 2:
            raise line.refuse(field, f"{level!r} is not [price, quantity]")
    return levels


def number(line: Line, field: str, value: str) -> Fraction:
    """A number of a level; no market of the venue has one below 0."""
    try:
        number = decimal(value)
    except BadNumber as error:
        raise line.refuse(field, error) from None
    if number < 0:
        raise line.refuse(field, f"{value!r} is negative")
    return number


def read_lines(file: HashedFile) -> Iterator[Line]:
    """All lines of one file. Text after a line of another form is an error, as is a cut or corrupt gzip stream."""
    number, before = 0, 0
    try:
        for text in _raw(file):
            number += 1
            line = parse(file.path, number, text)
            if line.local_ts_ns < before:
                raise DataError(
                    f"{line.where()}: local time {line.local_ts_ns} is below {before} of the line before; remedy: "
                    "sort the recording by local time"
                )
            before = line.local_ts_ns
            yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{file.path}: line {number + 1}: broken gzip stream: {error}") from None
    if number == 0:
        raise DataError(f"{file.path}: the file is empty")


def parse(path: Path, number: int, text: bytes) -> Line:
    """One line; DataError where it is not `local_ns json`."""
    head, _, body = text.partition(b" ")
    if not (head.isdigit() and len(head) == 19):
        shown = head[:40].decode("ascii", "replace").strip()
        raise DataError(f"{path}: line {number}: local time {shown!r} is not 19 digits of nanoseconds")
    local_ts_ns = int(head)
    if local_ts_ns >= 2**63:
        raise DataError(f"{path}: line {number}: local time {local_ts_ns} is over 2^63 - 1 ns")
    try:
        message = _DECODER.decode(body.decode("utf-8").strip())
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: line {number}: not JSON: {error}") from None
    if not isinstance(message, dict):
        raise DataError(f"{path}: line {number}: a JSON {type(message).__name__}, not an object")
    if "stream" not in message:
        return Line(path, number, local_ts_ns, "snapshot" if "lastUpdateId" in message else "", message)
    stream, data = message["stream"], message.get("data")
    if not isinstance(stream, str) or not isinstance(data, dict):
        raise DataError(f"{path}: line {number}: field data: is not an object")
    return Line(path, number, local_ts_ns, stream.partition("@")[2].partition("@")[0] or stream, data)


def _raw(file: HashedFile) -> Iterator[bytes]:
    magic = file.file.peek(2)[:2] if isinstance(file.file, io.BufferedReader) else b""
    source: Any = gzip.GzipFile(fileobj=cast(BinaryIO, file)) if magic == GZIP_MAGIC else _Buffered(file.read)
    while text := source.readline(_MAX_LINE + 1):
        if len(text) > _MAX_LINE:
            raise DataError(f"{file.path}: a line has over {_MAX_LINE} bytes")
        yield text


class _Buffered:
    """readline over a read function."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read, self._rest = read, b""
        self._lines: list[bytes] = []

    def readline(self, limit: int) -> bytes:
        while not self._lines:
            data = self._read(1 << 20)
            if not data:
                rest, self._rest = self._rest, b""
                return rest
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._lines = [line + b"\n" for line in reversed(lines)]
            if len(self._rest) >= limit:
                return self._rest
        return self._lines.pop()
