"""Columns of delimited text as arrays: numbers, times and names of many lines at once, exactly.

For text without quotes, where each line has the same number of fields.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumina.errors import DataError

_COMMA, _NEWLINE, _MINUS, _DOT, _ZERO = b",\n-.0"
_MAX_DIGITS = 19
_INT64_MAX = 2**63 - 1
_DATE_AND_TIME = len("2025-07-17T07:05:09")


class Columns:
    """A block of whole lines, cut into fields.

    Parameters
    ----------
    path, first_line
        For errors: the file, and the number of the block's first line, from 1.
    names : sequence of str
        Of the columns.
    block : bytes
        Ends with a newline.
    """

    def __init__(self, path: Path, first_line: int, names: Sequence[str], block: bytes) -> None:
        self._path, self._line, self._names = path, first_line, list(names)
        self._bytes = np.frombuffer(block, np.uint8)
        marks = np.flatnonzero((self._bytes == _COMMA) | (self._bytes == _NEWLINE))
        width = len(self._names)
        ends = marks[: len(marks) // width * width].reshape(-1, width)
        newlines = self._bytes[ends] == _NEWLINE
        if len(marks) % width or not newlines[:, -1].all() or newlines[:, :-1].any():
            self._refuse_shape(block)
        self._ends = ends
        self._starts = np.empty_like(ends)
        self._starts[:, 1:] = ends[:, :-1] + 1
        self._starts[0, 0] = 0
        self._starts[1:, 0] = ends[:-1, -1] + 1

    def __len__(self) -> int:
        return len(self._ends)

    def text(self, name: str, row: int) -> str:
        """One field."""
        start, end = self._span(name)
        return self._bytes[start[row] : end[row]].tobytes().decode("utf-8", "replace")

    def refuse(self, name: str, row: int, why: str) -> DataError:
        """What is wrong with a field, as an error that names it."""
        return DataError(f"{self._path}: line {self._line + row}: {name} {self.text(name, row)[:40]!r} {why}")

    def unsigned(self, name: str, empty: int | None = None, bound: int = 2**64 - 1) -> NDArray[np.uint64]:
        """Whole numbers from 0 to a bound; `empty` where nothing stands there (None: an error)."""
        start, end = self._span(name)
        values, bad = self._digits(start, end)
        # the 20th digit does not fit for sure
        for row in np.flatnonzero(bad | (end - start > _MAX_DIGITS)).tolist():
            text = self.text(name, row)
            if text == "" and empty is not None:
                values[row] = empty
            elif text.isascii() and text.isdigit() and int(text[:30]) < 2**64 and len(text) <= 30:
                values[row] = int(text)
            else:
                raise self.refuse(name, row, f"is no whole number from 0 to {bound}")
        if (values > np.uint64(bound)).any():
            row = int(np.argmax(values > np.uint64(bound)))
            raise self.refuse(name, row, f"is no whole number from 0 to {bound}")
        return values

    def signed(self, name: str, empty: int | None = None) -> NDArray[np.int64]:
        """Whole numbers of 64 bits."""
        start, end = self._span(name)
        blank = start == end
        minus = self._at(start, ~blank) == _MINUS
        values, bad = self._digits(start + minus, end)
        bad |= (end - start - minus > _MAX_DIGITS) | (values > np.uint64(_INT64_MAX))
        return self._signed(name, values, minus, blank, bad, empty, "is no whole number of 64 bits")

    def decimals(self, name: str, places: int, empty: int | None = None) -> NDArray[np.int64]:
        """Decimal numbers times 10^places, with no more than that many places."""
        start, end = self._span(name)
        blank = start == end
        minus = self._at(start, ~blank) == _MINUS
        start = start + minus
        dot = end.copy()
        for i in range(int((end - start).max(initial=0))):
            here = self._at(start + i, start + i < end) == _DOT
            dot = np.where(here & (dot == end), start + i, dot)
        fraction = np.minimum(dot + 1, end)
        count = end - fraction
        whole, bad = self._digits(start, dot)
        part, worse = self._digits(fraction, end, blank=True)
        most = _MAX_DIGITS - 1 - places
        bad |= worse | (count > places) | (dot - start > most) | ((dot < end) & (count == 0))
        scale = np.array([10 ** (places - i) for i in range(places + 1)], np.uint64)
        values = whole * np.uint64(10**places) + part * scale[np.clip(count, 0, places)]
        why = f"is no decimal number of up to {most} digits and {places} places"
        return self._signed(name, values, minus, blank, bad, empty, why)

    def codes(self, name: str, allowed: bytes) -> NDArray[np.uint8]:
        """Fields of one character out of `allowed`."""
        start, end = self._span(name)
        values = self._at(start, end > start)
        bad = (end - start != 1) | ~np.isin(values, np.frombuffer(allowed, np.uint8))
        if bad.any():
            raise self.refuse(name, int(np.argmax(bad)), f"is none of {', '.join(allowed.decode())}")
        return values

    def times(self, name: str) -> NDArray[np.int64]:
        """ISO 8601 times of UTC, ns since 1970: `2025-07-17T07:05:09.035793433Z`, up to 9 places."""
        start, end = self._span(name)
        bad = end - start <= _DATE_AND_TIME
        # what is too short is read all the same, and refused below
        chars = self._bytes[np.minimum(start[:, None] + np.arange(_DATE_AND_TIME), len(self._bytes) - 1)]
        for at, marks in ((4, b"-"), (7, b"-"), (10, b"T "), (13, b":"), (16, b":")):
            bad |= ~np.isin(chars[:, at], np.frombuffer(marks, np.uint8))

        def number(at: int, n: int) -> NDArray[np.int64]:
            digits = chars[:, at : at + n] - np.uint8(_ZERO)
            np.logical_or(bad, (digits > 9).any(axis=1), out=bad)
            return np.asarray(digits @ 10 ** np.arange(n - 1, -1, -1), np.int64)

        year, month, day = number(0, 4), number(5, 2), number(8, 2)
        hour, minute, second = number(11, 2), number(14, 2), number(17, 2)
        # zone: Z or +00:00
        zulu = self._at(end - 1, ~bad) == ord("Z")
        tail = end - np.where(zulu, 1, 6)
        for i, char in enumerate(b"+00:00"):
            bad |= ~zulu & (self._at(tail + i, ~bad & ~zulu) != char)
        dotted = self._at(start + 19, ~bad & (tail > start + 19)) == _DOT
        count = np.where(bad, 0, tail - start - 19 - dotted)
        bad |= (dotted & ((count < 1) | (count > 9))) | (~dotted & (count != 0))
        count = np.clip(np.where(bad, 0, count), 0, 9)
        part, worse = self._digits(start + 20, start + 20 + count, blank=True)
        bad |= worse | (month < 1) | (month > 12) | (hour > 23) | (minute > 59) | (second > 59) | (year < 1970)
        bad |= (year > 2261) | (day < 1)
        month = np.clip(month, 1, 12)
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
        bad |= day > lengths[month - 1] + (leap & (month == 2))
        if bad.any():
            raise self.refuse(name, int(np.argmax(bad)), "is no time YYYY-MM-DDTHH:MM:SS.fffffffffZ")
        months = (year - 1970) * 12 + month - 1
        days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1
        scale = np.array([10 ** (9 - i) for i in range(10)], np.int64)
        seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        return np.asarray(seconds * 10**9 + part.astype(np.int64) * scale[count], np.int64)

    def _span(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        column = self._names.index(name)
        return self._starts[:, column], self._ends[:, column]

    def _at(self, places: NDArray[np.int64], there: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Bytes at places, 0 where there are none."""
        return self._bytes[places * there] * there

    def _digits(
        self, start: NDArray[np.int64], end: NDArray[np.int64], blank: bool = False
    ) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Numbers of up to 19 digits, and where there is none; nothing at all is 0 where it may be `blank`."""
        width = end - start
        values = np.zeros(len(start), np.uint64)
        bad = np.zeros(len(start), bool) if blank else width < 1
        for i in range(min(int(width.max(initial=0)), _MAX_DIGITS)):
            inside = i < width
            digit = self._at(start + i, inside) - np.uint8(_ZERO)
            bad |= inside & (digit > 9)
            values = np.where(inside, values * np.uint64(10) + digit, values)
        return values, bad

    def _signed(
        self,
        name: str,
        values: NDArray[np.uint64],
        minus: NDArray[np.bool_],
        blank: NDArray[np.bool_],
        bad: NDArray[np.bool_],
        empty: int | None,
        why: str,
    ) -> NDArray[np.int64]:
        if empty is not None:
            bad &= ~blank
        if bad.any():
            raise self.refuse(name, int(np.argmax(bad)), why)
        out = np.where(minus, -values.astype(np.int64), values.astype(np.int64))
        return out if empty is None else np.where(blank, empty, out)

    def _refuse_shape(self, block: bytes) -> None:
        for i, line in enumerate(block.split(b"\n")[:-1]):
            if line.count(b",") + 1 != len(self._names):
                raise DataError(
                    f"{self._path}: line {self._line + i}: has {line.count(b',') + 1} fields, the header "
                    f"{len(self._names)}"
                )
        raise DataError(f"{self._path}: line {self._line}: cut")
