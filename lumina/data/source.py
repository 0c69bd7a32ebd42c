"""What an importer is: a stream of resolved rows, and what it says about them when the stream has ended."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lumina.data import archive
from lumina.data.instrument import Instrument
from lumina.errors import DataError, argument

MAX_LATENCY_NS = 2**32 - 1
MAX_LOTS = 2**31 - 1
# A print whose depth change came first trails it by milliseconds; a longer window takes cancellations for it.
COUNTED_WINDOW_NS = 10_000_000
# Contract terms that a file of market data seldom tells.
TERMS = ("multiplier", "inverse", "settlement", "maker_fee", "taker_fee")
# Those of them that are clear where the venue is known.
VENUE_TERMS = ("multiplier", "inverse", "settlement")
# Called with (bytes read, bytes in all) now and then.
Progress = Callable[[int, int], None]
_BLOCK_ROWS = 1 << 20


@dataclass
class Clocks:
    """The clock rules of SEMANTICS T5 and T1: latency >= 0 and within 32 bits, or one constant added to local time.

    `watch` takes raw latencies (local - exchange, ns) with the place they were found at; `finish` gives the constant.
    """

    repair: str | None
    min_latency_ns: int | None
    low: tuple[int, str] | None = field(default=None, init=False)
    high: tuple[int, str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.repair not in (None, "none", "shift"):
            raise DataError(f"option {argument('clock')} = {self.repair!r} is neither none nor shift")
        self.repair = None if self.repair == "none" else self.repair
        if self.repair is None and self.min_latency_ns is not None:
            raise DataError(f"option {argument('min_latency_ns')} needs {argument('clock', 'shift')}")
        if self.repair == "shift" and (self.min_latency_ns is None or not 0 <= self.min_latency_ns <= MAX_LATENCY_NS):
            raise DataError(
                f"option {argument('clock', 'shift')} needs {argument('min_latency_ns')} between 0 and "
                f"{MAX_LATENCY_NS}, got {self.min_latency_ns}"
            )

    def watch(self, low_ns: int, low_at: Callable[[], str], high_ns: int, high_at: Callable[[], str]) -> None:
        """Latencies between `low_ns` and `high_ns` were seen; the callables say where."""
        if self.low is None or low_ns < self.low[0]:
            if self.repair is None and low_ns < 0:
                raise DataError(
                    f"{low_at()}: latency {low_ns} ns is below 0, local time runs behind exchange time; "
                    f"remedy: {argument('clock', 'shift')} with the {argument('min_latency_ns')} that is plausible"
                )
            self.low = (low_ns, low_at())
        if self.high is None or high_ns > self.high[0]:
            self.high = (high_ns, high_at())
            if self.repair is None and high_ns > MAX_LATENCY_NS:
                raise self._too_long(high_ns)
        if self.repair == "shift" and self.high[0] - self.low[0] > MAX_LATENCY_NS:
            raise self._too_long(self.high[0] - self.low[0])

    def finish(self) -> dict[str, Any]:
        """The clock record of the tape."""
        if self.repair is None or self.low is None or self.high is None or self.min_latency_ns is None:
            return {"repair": "none"}
        shift = self.min_latency_ns - self.low[0]
        if self.high[0] + shift > MAX_LATENCY_NS:
            raise self._too_long(self.high[0] + shift)
        return {"repair": "shift", "shift_ns": shift, "min_latency_ns": self.min_latency_ns}

    def _too_long(self, latency_ns: int) -> DataError:
        where = self.high[1] if self.high else "clock"
        return DataError(
            f"{where}: latency {latency_ns} ns does not fit a row, bound {MAX_LATENCY_NS} ns (4.29 s); remedy: cut the "
            f"recording there, or if the local clock is off, {argument('clock', 'shift')} with "
            f"{argument('min_latency_ns')}"
        )


class Chunk(NamedTuple):
    """Rows of a tape, dtype lumina.EVENT, and the venue's order id of each, where they are kept."""

    rows: NDArray[np.void]
    order_ids: NDArray[np.uint64] | None = None


class Source(ABC):
    """Base of the importers.

    `rows()` streams tape rows in chunks whose latency is modulo 2**32 and not yet shifted. `instrument` is known with
    the first chunk, everything else when the stream has ended. `repair` then applies the clock's constant.

    Attributes
    ----------
    told, given : collection of str
        Which of `TERMS` the data or their venue tell, and which the user gave; all others are assumed.
    """

    instrument: Instrument
    depth_limit: int = 0
    counted_window_ns: int = 0
    told: Collection[str] = ()
    given: Collection[str] = ()

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        self.name = self.paths[0].name
        self.provenance: dict[str, Any] = {}
        self.clock: dict[str, Any] = {"repair": "none"}

    @abstractmethod
    def rows(self) -> Iterator[Chunk]:
        """The rows in chunks of bounded size, all of them with order ids or none; to be run through once."""

    def record(self) -> dict[str, Any]:
        """The provenance, with the contract terms that are assumed."""
        terms = self.instrument.to_dict()
        told = {name for name in self.told if terms[name] != ""}
        assumed = {name: terms[name] for name in TERMS if name not in told and name not in self.given}
        return {**self.provenance, **({"assumed": assumed} if assumed else {})}

    def judge(self, header: Mapping[str, Any]) -> None:  # noqa: B027
        """Refuse, with a DataError, rows whose figures in the tape's header say that they cannot be right."""

    def repair(self, rows: NDArray[np.void]) -> None:
        """Add the clock's constant to the latency of all rows, in place."""
        shift = self.clock.get("shift_ns", 0) % 2**32
        if shift:
            for start in range(0, len(rows), _BLOCK_ROWS):
                rows["latency_ns"][start : start + _BLOCK_ROWS] += np.uint32(shift)


class Reading:
    """Tells whoever asked for progress how far the files of a source are read; called with the bytes of a read."""

    def __init__(self, paths: Sequence[Path], progress: Progress | None) -> None:
        self._progress, self._done, self._total = progress, 0, total_bytes(paths)

    def __call__(self, n: int) -> None:
        self._done += n
        if self._progress is not None:
            self._progress(self._done, self._total)


class HashedFile:
    """A binary file that is hashed while it is read to its end, and reports progress."""

    def __init__(self, path: Path, tick: Callable[[int], None] | None = None) -> None:
        try:
            self.file: BinaryIO = archive.open_file(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        self.path = path
        self._digest = hashlib.sha256()
        self._size = 0
        self._tick = tick

    def read(self, n: int = -1) -> bytes:
        """Read as a file does."""
        data = self.file.read(n)
        self._digest.update(data)
        self._size += len(data)
        if self._tick is not None:
            self._tick(len(data))
        return data

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def record(self) -> dict[str, Any]:
        """Name, size and checksum of the whole file, for the provenance."""
        while self.read(1 << 20):
            pass
        return {"name": self.path.name, "bytes": self._size, "sha256": self._digest.hexdigest()}


def total_bytes(paths: Sequence[Path]) -> int:
    """Size of the files together; DataError where one cannot be read."""
    total = 0
    for path in paths:
        try:
            if path.is_dir():
                raise DataError(f"{path}: is a folder, not a file")
            total += archive.size(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    return total
