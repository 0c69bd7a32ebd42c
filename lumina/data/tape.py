"""The tape: one instrument's rows, in memory or mapped from a file, and how they came about."""

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lumina._core._types import EVENT
from lumina.data import tape_file
from lumina.data.instrument import Instrument
from lumina.data.notes import COUNTS, Note, notes, without_assumed
from lumina.data.validate import Report, require, validate_rows
from lumina.errors import DataError
from lumina.numeric import whole

if TYPE_CHECKING:
    from lumina.data.source import Source

PathLike = str | os.PathLike[str]
NO_REPAIR = {"repair": "none"}
# What a header tells of its rows, and must be so.
_RANGES = ("price_ticks", "exch_ts_ns", "local_ts_ns", "latency_ns", "level")


class Tape:
    """Resolved rows of one instrument (SEMANTICS T1 to T6), validated when made.

    Parameters
    ----------
    events : ndarray of lumina.EVENT, shape (n,)
        Kept without a copy where contiguous, and made read-only for whoever reads it here.
    instrument : Instrument
    provenance : mapping, optional
        Where the rows come from; JSON values.
    clock : mapping, optional
        The repair of the clocks: `{"repair": "none"}` or `{"repair": "shift", "shift_ns": ..., "min_latency_ns": ...}`.
    depth_limit : int
        Levels a side that the source shows; 0 = all of them.
    order_ids : ndarray of uint64, shape (n,), optional
        The venue's order ids beside the rows.
    counted_window_ns : int
        Window in which the importer looked for the depth change of a print (COUNTED, SEMANTICS F6).

    Raises
    ------
    DataError
        Naming row, field, value and bound of the first violation.
    """

    def __init__(
        self,
        events: ArrayLike,
        instrument: Instrument,
        *,
        provenance: Mapping[str, Any] | None = None,
        clock: Mapping[str, Any] | None = None,
        depth_limit: int = 0,
        order_ids: ArrayLike | None = None,
        counted_window_ns: int = 0,
    ) -> None:
        rows = np.asarray(events)
        if rows.dtype != EVENT or rows.ndim != 1:
            raise DataError(f"tape: events are {rows.dtype} of shape {rows.shape}, not a row of lumina.EVENT")
        rows = np.ascontiguousarray(rows)
        ids = None if order_ids is None else _ids(order_ids)
        if ids is not None and ids.shape != rows.shape:
            raise DataError(f"tape: order_ids has shape {ids.shape}, events {rows.shape}")
        depth_limit = whole("tape: depth_limit", depth_limit, 0, 2**31 - 1, error=DataError)
        counted_window_ns = whole("tape: counted_window_ns", counted_window_ns, 0, 2**62, error=DataError)
        report = validate_rows(rows, inverse=instrument.inverse)
        require(report, "tape")
        header = make_header(
            instrument,
            report.figures,
            provenance=dict(provenance or {}),
            clock=dict(clock or NO_REPAIR),
            depth_limit=depth_limit,
            counted_window_ns=counted_window_ns,
        )
        self._set(header, rows, ids, None)

    def _set(
        self, header: dict[str, Any], rows: NDArray[np.void], ids: NDArray[np.uint64] | None, path: Path | None
    ) -> None:
        self._header = header
        self._instrument = Instrument.from_dict(header["instrument"])
        self._events = rows.view()
        self._events.flags.writeable = False
        self._order_ids = None if ids is None else ids.view()
        if self._order_ids is not None:
            self._order_ids.flags.writeable = False
        self._path = path
        self._believed = True

    @classmethod
    def open(cls, path: PathLike, *, verify: bool = True) -> "Tape":
        """Map a tape file, read-only and without a copy. Header and sizes are checked here, rows before a run.

        Parameters
        ----------
        path : path of the file
        verify : bool
            `lumina.backtest` verifies the rows before it runs, once for a file as it is (`Tape.verify`). False skips
            that, and the summary of a run says so.

        Raises
        ------
        DataError
            Where the file is no tape, of another version, cut, or its header is broken.
        """
        where = Path(path)
        header, rows, ids = tape_file.read_tape(where)
        tape = cls.__new__(cls)
        try:
            _check_header(header, len(rows))
            tape._set(header, rows, ids, where)
            tape._believed = verify
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where}: broken header: {error!r}") from None
        except DataError as error:
            raise DataError(f"{where}: broken header: {error}") from None
        return tape

    @classmethod
    def from_source(cls, source: "Source") -> "Tape":
        """All rows of an importer, in memory."""
        chunks, ids = [], []
        for chunk in source.rows():
            if len(chunk.rows):
                chunks.append(chunk.rows)
                if chunk.order_ids is not None:
                    ids.append(chunk.order_ids)
        rows = np.concatenate(chunks) if chunks else np.empty(0, EVENT)
        chunks.clear()
        source.repair(rows)
        tape = cls(
            rows,
            source.instrument,
            provenance=source.record(),
            clock=source.clock,
            depth_limit=source.depth_limit,
            order_ids=np.concatenate(ids) if ids else None,
            counted_window_ns=source.counted_window_ns,
        )
        source.judge(tape.header)
        return tape

    def with_instrument(self, instrument: Instrument) -> "Tape":
        """The same rows, not copied, under other contract terms, all of which count as given.

        Raises
        ------
        DataError
            Where the terms turn linear into inverse or back and the rows do not allow it.
        """
        return self._under(instrument, set(instrument.to_dict()))

    def with_terms(self, **terms: Any) -> "Tape":
        """The same rows, not copied, where some contract terms are others: `tape.with_terms(multiplier=50)`.

        Raises
        ------
        DataError
            As `with_instrument`, and where an instrument has no such term.
        """
        known = [field.name for field in dataclasses.fields(self._instrument)]
        if unknown := sorted(terms.keys() - set(known)):
            raise DataError(f"instrument: key {unknown[0]!r} is unknown; it has {', '.join(known)}")
        # by way of the dict, so that money digits that nobody gave follow `inverse`
        return self._under(Instrument.from_dict({**self._instrument.to_dict(), **terms}), set(terms))

    def _under(self, instrument: Instrument, given: set[str]) -> "Tape":
        if instrument.inverse != self._instrument.inverse:
            require(validate_rows(self._events, inverse=instrument.inverse), "tape")
        tape = type(self).__new__(type(self))
        terms = {
            "instrument": instrument.to_dict(),
            "provenance": without_assumed(self._header["provenance"], given),
        }
        tape._set({**self._header, **terms}, self._events, self._order_ids, self._path)
        tape._believed = self._believed
        return tape

    @property
    def events(self) -> NDArray[np.void]:
        """The rows, dtype lumina.EVENT, read-only."""
        return self._events

    @property
    def instrument(self) -> Instrument:
        """The contract terms."""
        return self._instrument

    @property
    def order_ids(self) -> NDArray[np.uint64] | None:
        """The venue's order ids, one a row, or None."""
        return self._order_ids

    @property
    def path(self) -> Path | None:
        """The file that is mapped, or None."""
        return self._path

    @property
    def header(self) -> dict[str, Any]:
        """Everything that the file's header says, as JSON values (a copy)."""
        return dict(self._header)

    @property
    def provenance(self) -> dict[str, Any]:
        """Source files, their sizes and checksums, and what the importer decided."""
        return dict(self._header["provenance"])

    @property
    def clock(self) -> dict[str, Any]:
        """The repair of the clocks (SEMANTICS T5)."""
        return dict(self._header["clock"])

    @property
    def facts(self) -> dict[str, Any]:
        """What a result keeps of where its rows come from: provenance, clock, level, and figures for `notes`."""
        counts = {name: self._header[name] for name in COUNTS if name in self._header}
        return {**self._header["provenance"], "clock": self.clock, "level": self.level, **counts}

    @property
    def notes(self) -> list[Note]:
        """What to know before a run is believed: repairs, what was left out or assumed, the share of crossed books."""
        return notes(self.facts)

    @property
    def level(self) -> str:
        """`L3` where rows are orders, else `L2`."""
        return str(self._header["level"])

    @property
    def depth_limit(self) -> int:
        """Levels a side that the source shows; 0 = all."""
        return int(self._header["depth_limit"])

    @property
    def counted_window_ns(self) -> int:
        """Window of the COUNTED rule, 0 where it was off."""
        return int(self._header["counted_window_ns"])

    @property
    def min_price_ticks(self) -> int:
        """Lowest price of a level or trade."""
        return int(self._header["price_ticks"][0])

    @property
    def max_price_ticks(self) -> int:
        """Highest price of a level or trade."""
        return int(self._header["price_ticks"][1])

    def __reduce__(self) -> tuple[Any, ...]:
        """A tape of a file travels as its path and checksum, one in memory as its rows."""
        if self._path is None:
            return _unpickled, (self._header, np.asarray(self._events), self._order_ids)
        return _reopened, (str(self._path.absolute()), self._header, self._believed)

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        return f"<Tape {self._instrument.symbol} {self.level}, {len(self)} rows>"

    @property
    def verified(self) -> bool:
        """False where the file was opened with `verify=False`: nobody has compared its rows with its checksums."""
        return self._believed

    def verify(self) -> None:
        """Compare rows and order ids of a file with the checksums in its header, once for the file as it is on disk.

        Not again in this process while inode, size and times of change stand. Nothing is done for a tape in memory, or
        one opened with `verify=False`.

        Raises
        ------
        DataError
            The file was changed.
        """
        if self._path is None or not self._believed:
            return
        state = _state(self._path)
        if state is not None and state in _verified:
            return
        header = self._header
        if "rows_checksum" in header:
            for what, checksum, values in (
                ("rows", header["rows_checksum"], self._events),
                ("order ids", header["ids_checksum"], self._order_ids),
            ):
                if values is not None and (found := tape_file.quick_checksum(values)) != checksum:
                    raise DataError(f"{self._path}: its {what} were changed: {found}, written as {checksum}")
        elif (found := tape_file.checksum(self._events)) != header["checksum"]:  # of an earlier version
            raise DataError(f"{self._path}: its rows were changed: {found}, written as {header['checksum']}")
        if state is not None and state == _state(self._path):
            _verified.add(state)

    def validate(self) -> Report:
        """Check every row, and of a file that its header tells the truth about them."""
        header = self._header
        report = validate_rows(self._events, inverse=self._instrument.inverse, price_ticks=tuple(header["price_ticks"]))
        wrong = [
            f"header: {name} {header[name]} but the rows have {report.figures[name]}"
            for name in (*_RANGES, *COUNTS)
            if header.get(name, report.figures[name]) != report.figures[name]
        ]
        if "checksum" in header and (found := tape_file.checksum(self._events)) != header["checksum"]:
            wrong.insert(0, f"header: checksum {header['checksum']} but the rows have {found}")
        wanted = header.get("ids_checksum")
        if wanted and self._order_ids is not None and (found := tape_file.quick_checksum(self._order_ids)) != wanted:
            wrong.append(f"header: checksum {wanted} but the order ids have {found}")
        return Report(report.violations, report.figures, tuple(wrong))

    def save(self, path: PathLike) -> None:
        """Write a tape file; an older file of the name is replaced at once or not at all."""
        target = Path(path)
        header = {**self._header, **_checksums(self._events, self._order_ids)}
        with tape_file.TemporaryFile(target) as part:
            offset = tape_file.rows_offset(header)
            part.file.seek(offset)
            part.file.write(self._events.view(np.uint8).data)
            ids_offset = 0
            if self._order_ids is not None:
                ids_offset = tape_file.write_order_ids(part.file, self._order_ids, offset, len(self))
            tape_file.write_header(part.file, header, offset, len(self), ids_offset)
            part.commit()

    def to_l2(self, *, per: str = "event") -> "Tape":
        """What a level feed of the same market would have shown of an L3 tape.

        An execution becomes a print and a change of its level, each other row of an order a change; stamps and order
        ids go. Times, views and events stay, and so does what each level holds after each event.

        Parameters
        ----------
        per : {"event", "row"}
            `event`: one change a level and event, as a venue sends levels after a message, behind the event's prints;
            a level that is as it was is left out, unless it was printed at. `row`: a change for each row of an order.

        Raises
        ------
        DataError
            Where the tape is L2 already, or `per` unknown.
        """
        from lumina.data.flatten import flatten

        rows, provenance = flatten(self, per)
        return type(self)(rows, self._instrument, provenance=provenance, clock=self.clock, depth_limit=self.depth_limit)

    def to_hftbacktest(self, path: PathLike) -> dict[str, int]:
        """Write the rows as hftbacktest's npz or npy; see `lumina.data.hftbacktest.write`."""
        from lumina.data import hftbacktest

        return hftbacktest.write(self, path)


def _ids(order_ids: ArrayLike) -> NDArray[np.uint64]:
    """Order ids, whole numbers from 0 to 2^64 - 1 of whatever type."""
    given = np.asarray(order_ids)
    if given.dtype.kind in "ui" and (given.size == 0 or given.min() >= 0):
        return np.ascontiguousarray(given, np.uint64)
    wrong = [
        i for i, one in enumerate(given.ravel().tolist()) if one != one or not (0 <= one < 2**64 and one == int(one))
    ]
    if wrong:
        one = given.ravel()[wrong[0]]
        raise DataError(f"tape: order_ids[{wrong[0]}] = {one!r}: must be a whole number from 0 to 2^64 - 1")
    return np.ascontiguousarray(given, np.uint64)


def make_header(instrument: Instrument, figures: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """Header of a tape from its instrument, the figures of its rows and what the importer says."""
    return {
        "format": "lumina.tape",
        "level": figures["level"],
        "instrument": instrument.to_dict(),
        **fields,
        "rows": figures["rows"],
        **{name: figures[name] for name in (*_RANGES, *COUNTS)},
    }


def write_source(source: "Source", path: PathLike) -> Tape:
    """Stream an importer's rows into a tape file and open it; memory is bounded by the importer's chunks.

    Raises
    ------
    DataError
        Where the source or its rows are wrong; nothing is left behind.
    """
    target = Path(path)
    with tape_file.TemporaryFile(target) as part, tempfile.TemporaryFile(dir=target.parent) as ids:
        offset, rows = 0, 0
        for chunk in source.rows():
            if not len(chunk.rows):
                continue
            if not offset:
                offset = tape_file.rows_offset({"room": "." * (4096 + 512 * len(source.paths))})
                part.file.seek(offset)
            part.file.write(chunk.rows.view(np.uint8).data)
            if chunk.order_ids is not None:
                ids.write(np.ascontiguousarray(chunk.order_ids, "<u8").data)
            rows += len(chunk.rows)
        if not rows:
            raise DataError(f"{source.name}: no rows")
        part.file.flush()
        events = tape_file.map_rows(part.file, offset, rows, writable=True)
        source.repair(events)
        report = validate_rows(events, inverse=source.instrument.inverse)
        require(report, source.name)
        header = make_header(
            source.instrument,
            report.figures,
            provenance=source.record(),
            clock=source.clock,
            depth_limit=source.depth_limit,
            counted_window_ns=source.counted_window_ns,
        )
        source.judge(header)
        ids_offset = tape_file.append_order_ids(part.file, ids, offset, rows) if ids.tell() else 0
        part.file.flush()
        header |= _checksums(events, np.memmap(part.path, "<u8", "r", ids_offset, (rows,)) if ids_offset else None)
        del events
        tape_file.write_header(part.file, header, offset, rows, ids_offset)
        part.commit()
    return Tape.open(target)


def _reopened(path: str, header: dict[str, Any], believed: bool) -> Tape:
    """The tape of a pickle, from its file; another file of that name is refused."""
    tape = Tape.open(path, verify=believed)
    if tape._header["checksum"] != header["checksum"]:
        raise DataError(f"{path}: is another tape than the one that was pickled, of {header['checksum']}")
    tape._set(header, tape._events, tape._order_ids, tape._path)
    tape._believed = believed
    return tape


def _unpickled(header: dict[str, Any], rows: NDArray[np.void], ids: NDArray[np.uint64] | None) -> Tape:
    tape = Tape.__new__(Tape)
    tape._set(header, rows, ids, None)
    return tape


_verified: set[tuple[int, ...]] = set()  # files as they were when their rows were compared


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes when a file does; None where it is gone, so that nothing is known of it."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _checksums(events: NDArray[np.void], order_ids: NDArray[np.uint64] | None) -> dict[str, Any]:
    return {
        "checksum": tape_file.checksum(events),
        "rows_checksum": tape_file.quick_checksum(events),
        "ids_checksum": None if order_ids is None else tape_file.quick_checksum(order_ids),
    }


def _check_header(header: Mapping[str, Any], rows: int) -> None:
    if header["rows"] != rows:
        raise ValueError(f"rows {header['rows']} in the JSON, {rows} in the head")
    for name in ("price_ticks", "exch_ts_ns", "local_ts_ns", "latency_ns"):
        low, high = header[name]
        if not (isinstance(low, int) and isinstance(high, int) and low <= high):
            raise ValueError(f"{name} {header[name]}")
    for name, kind in (
        ("provenance", dict),
        ("clock", dict),
        ("depth_limit", int),
        ("counted_window_ns", int),
        ("checksum", str),
    ):
        if not isinstance(header[name], kind):
            raise TypeError(f"{name} {header[name]!r}")
    # tapes written before these were counted are without them
    for name in COUNTS:
        if not isinstance(header.get(name, 0), int):
            raise TypeError(f"{name} {header[name]!r}")
    if header["level"] not in ("L2", "L3"):
        raise ValueError(f"level {header['level']!r}")
