"""LOBSTER's files as integers: no header, commas, one line a message. Nothing passes through a float."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumina.data import compressed
from lumina.data.source import HashedFile
from lumina.errors import DataError

COLUMNS = 6  # time, type, id, size, price, direction
MAX_LEVELS = 1000
_DIGITS = 18
_LINE = re.compile(rb"\d{1,5}(\.\d{1,9})?,[1-9],-?\d+,\d+,-?\d+,-?1")
_NAME = re.compile(r"(?P<symbol>[^/]+?)_(?P<date>\d{4}-\d\d-\d\d)_(?:.*_)?(?P<kind>message|orderbook)_(?P<levels>\d+)")
_COMMA, _NEWLINE, _DOT, _MINUS, _ZERO = b",\n.-0"


def name_of(path: Path) -> dict[str, str]:
    """Symbol, date, kind and levels, where the name is LOBSTER's; else nothing."""
    match = _NAME.match(path.name)
    return match.groupdict() if match else {}


def is_message(head: bytes) -> bool:
    """Is the first line of a file a message?"""
    return _LINE.fullmatch(head.partition(b"\n")[0].rstrip(b"\r")) is not None


def columns(path: Path) -> int:
    """Columns of the first line of a file."""
    file = HashedFile(path)
    try:
        block = next(compressed.blocks(file), b"")
    finally:
        file.close()
    if not block:
        raise DataError(f"{path}: the file is empty")
    return block.partition(b"\n")[0].count(b",") + 1


class Table:
    """The lines of one file as rows of int64, taken as many at a time as wanted.

    Parameters
    ----------
    file : HashedFile
    columns : int
        Of each line.
    times : bool
        The first column is seconds with a fraction, and becomes ns. Some files carry the noise of a double beyond the
        ninth digit: it is rounded away, and counted in `rounded`.
    """

    def __init__(self, file: HashedFile, columns: int, times: bool) -> None:
        self.path = file.path
        self.row = 0  # of the next one, from 0
        self.rounded = 0
        self._columns, self._times = columns, times
        self._read = 0
        self._blocks = compressed.blocks(file)
        self._rest = np.empty((0, columns), np.int64)

    def chunks(self) -> Iterator[NDArray[np.int64]]:
        """The rows, in chunks as they come."""
        while len(rows := self._rest if len(self._rest) else self._more()):
            self._rest = rows[:0]
            self.row += len(rows)
            yield rows

    def take(self, n: int) -> NDArray[np.int64]:
        """The next n rows, or what is left."""
        parts, have = [self._rest], len(self._rest)
        while have < n and len(more := self._more()):
            parts.append(more)
            have += len(more)
        rows = np.concatenate(parts)
        self._rest = rows[n:]
        self.row += min(n, have)
        return rows[:n]

    def _more(self) -> NDArray[np.int64]:
        for block in self._blocks:
            rows = self._parse(block.replace(b"\r\n", b"\n"))
            self._read += len(rows)
            return rows
        return self._rest[:0]

    def _parse(self, block: bytes) -> NDArray[np.int64]:
        if not block.endswith(b"\n"):
            block += b"\n"
        text = np.frombuffer(block, np.uint8)
        newline = text == _NEWLINE
        ends = np.flatnonzero(newline | (text == _COMMA))
        n = int(np.count_nonzero(newline))
        if len(ends) != n * self._columns or not newline[ends[self._columns - 1 :: self._columns]].all():
            raise self._shape(block)
        starts = np.empty_like(ends)
        starts[0], starts[1:] = 0, ends[:-1] + 1
        shape = (n, self._columns)
        out = np.empty(shape, np.int64)
        bad = np.zeros(shape, np.bool_)
        first = int(self._times)
        if first:
            out[:, 0], bad[:, 0], rounded = _times(text, starts[:: self._columns], ends[:: self._columns])
            self.rounded += rounded
        wanted = np.s_[:, first:]
        out[wanted], bad[wanted] = _integers(text, starts.reshape(shape)[wanted], ends.reshape(shape)[wanted])
        if bad.any():
            at = int(np.argmax(bad))
            row, column = divmod(at, self._columns)
            shown = block[starts[at] : ends[at]][:40].decode("ascii", "replace")
            what = "seconds with up to 18 digits of fraction" if column < first else "an integer of up to 18 digits"
            raise DataError(f"{self.path}: line {self._read + row + 1}: column {column + 1}: {shown!r} is not {what}")
        return out

    def _shape(self, block: bytes) -> DataError:
        lines = block.split(b"\n")
        row = next(i for i, line in enumerate(lines) if line.count(b",") + 1 != self._columns)
        return DataError(
            f"{self.path}: line {self._read + row + 1}: has {lines[row].count(b',') + 1} columns, not {self._columns}"
        )


def _integers(
    text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Value of each field, and which are no integers."""
    minus = text[starts] == _MINUS
    first = starts + minus
    length = ends - first
    bad = (length < 1) | (length > _DIGITS)
    value = np.zeros(starts.shape, np.int64)
    for place in range(min(int(length.max(initial=0)), _DIGITS)):
        inside = length > place
        # uint8 wraps below zero, so that one bound is enough; a newline follows each field
        digit = text[np.minimum(first + place, ends)] - np.uint8(_ZERO)
        bad |= inside & (digit > 9)
        value = np.where(inside, value * 10 + digit, value)
    return np.where(minus, -value, value), bad


def _times(
    text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], int]:
    """Nanoseconds of each field, which are none, and how many were rounded. The fraction is padded on the right."""
    dots = np.flatnonzero(text == _DOT)
    row = np.searchsorted(ends, dots)
    inside = (row < len(ends)) & (dots >= starts[np.minimum(row, len(ends) - 1)])
    row, dots = row[inside], dots[inside]
    point = ends.copy()
    point[row] = dots
    places = np.maximum(ends - point - 1, 0)
    # two points in a field leave one in the part before the last
    whole, bad = _integers(text, starts, point)
    fraction, wrong = _integers(text, np.minimum(point + 1, ends), ends)
    given = point < ends
    bad |= (given & wrong) | (text[starts] == _MINUS) | (text[np.minimum(point + 1, ends)] == _MINUS) | (whole > 10**6)
    places = np.where(given, np.minimum(places, _DIGITS), 0)
    unit = np.int64(10) ** np.maximum(places - 9, 0)
    ns, noise = np.divmod(fraction, unit)
    ns = ns * np.int64(10) ** np.maximum(9 - places, 0) + (2 * noise >= unit) * (unit > 1)
    return whole * 1_000_000_000 + np.where(given, ns, 0), bad, int(np.count_nonzero(noise[given]))


def refuse(path: Path, row: int, bad: NDArray[np.bool_], text: Callable[[int], str]) -> None:
    """Raise about the first bad row of a chunk that begins at `row`."""
    if bad.any():
        at = int(np.argmax(bad))
        raise DataError(f"{path}: line {row + at + 1}: {text(at)}")
