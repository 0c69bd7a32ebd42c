"""Lines of a Bitstamp log: `local_ms kind json`, plain or compressed, with errors that name file, line and field."""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from lumina.data import compressed
from lumina.data.decimals import BadNumber
from lumina.data.source import HashedFile
from lumina.errors import DataError

_CACHE = 1 << 20
_MAX_MS = 9_000_000_000_000  # in ns within 63 bits
_NUMBER = re.compile(r"[0-9]{1,24}(?:\.[0-9]{1,24})?(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)
# Trades are written as doubles with 17 digits: this near to a step, in steps, is that step.
_NOISE = Fraction(1, 1000)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


# numbers stay texts
_DECODER = json.JSONDecoder(parse_float=str, parse_constant=_no_constant)


class Steps(dict[Any, int]):
    """Steps of a number, as a text or an integer: `steps["236.47"]`; what was looked up is remembered.

    Raises BadNumber where it is none, or between two steps.
    """

    def __init__(self, step: Fraction) -> None:
        super().__init__()
        self.step = step

    def __missing__(self, value: object) -> int:
        text = str(value) if type(value) is int else value
        if not isinstance(text, str) or _NUMBER.fullmatch(text) is None:
            raise BadNumber(value, "is missing" if value is None else "is no number of 0 or more")
        steps = Fraction(text) / self.step
        near = round(steps)
        if abs(steps - near) > _NOISE:
            raise BadNumber(value, f"is no multiple of {float(self.step):g}")
        if len(self) >= _CACHE:
            self.clear()
        self[value] = near
        return near


class Line:
    """One line: where it stands, when it was received, what it says."""

    __slots__ = ("data", "kind", "local_ts_ns", "number", "path")

    def __init__(self, path: Path, number: int, local_ts_ns: int, kind: str, data: dict[str, Any]) -> None:
        self.path, self.number = path, number
        self.local_ts_ns, self.kind, self.data = local_ts_ns, kind, data

    def refuse(self, field: str, text: object) -> DataError:
        """Error about a field."""
        return DataError(f"{self.path}: line {self.number}: field {field}: {text}")

    def integer(self, field: str, low: int, high: int) -> int:
        """An integer field within bounds."""
        value = self.data.get(field)
        if type(value) is not int or not low <= value <= high:
            said = "is missing" if value is None else f"{value!r} is no integer from {low} to {high}"
            raise self.refuse(field, said)
        return value

    def count(self, field: str, steps: Steps, low: int, high: int) -> int:
        """A number field in whole steps within bounds."""
        try:
            value = steps[self.data.get(field)]
        except BadNumber as error:
            raise self.refuse(field, error) from None
        if not low <= value <= high:
            raise self.refuse(field, f"{self.data[field]!r} is not from {low} to {high} steps of {float(steps.step):g}")
        return value

    def levels(self, field: str, prices: Steps, amounts: Steps) -> list[tuple[int, int]]:
        """The levels of a snapshot's side, as (price, amount)."""
        levels = self.data.get(field)
        if not isinstance(levels, list):
            raise self.refuse(field, "is missing" if levels is None else f"is no list but a {type(levels).__name__}")
        try:
            return [(prices[price], amounts[amount]) for price, amount in levels]
        except (BadNumber, TypeError, ValueError) as error:
            raise self.refuse(field, error if isinstance(error, BadNumber) else "is not [price, amount]s") from None


def read_lines(file: HashedFile) -> Iterator[Line]:
    """All lines of one file, in order of local time."""
    number = before = 0
    for block in compressed.blocks(file):
        for text in block.splitlines():
            number += 1
            line = _parse(file.path, number, text)
            if line.local_ts_ns < before:
                raise DataError(
                    f"{file.path}: line {number}: local time {line.local_ts_ns // 1_000_000} is below that of the line "
                    "before; remedy: sort the log by local time"
                )
            before = line.local_ts_ns
            yield line
    if number == 0:
        raise DataError(f"{file.path}: the file is empty")


def _parse(path: Path, number: int, text: bytes) -> Line:
    head, _, rest = text.partition(b" ")
    if not (head.isdigit() and len(head) == 13 and int(head) <= _MAX_MS):
        shown = head[:40].decode("ascii", "replace")
        raise DataError(f"{path}: line {number}: local time {shown!r} is not 13 digits of milliseconds")
    kind, _, body = rest.partition(b" ")
    try:
        data = _DECODER.decode(body.decode("utf-8").strip())
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: line {number}: not JSON: {error}") from None
    if not isinstance(data, dict):
        raise DataError(f"{path}: line {number}: a JSON {type(data).__name__}, not an object")
    return Line(path, number, int(head) * 1_000_000, kind.decode("ascii", "replace"), data)
