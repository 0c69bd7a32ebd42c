"""Many stocks of an ITCH recording into a tape each, in one pass over its files."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date as Date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import UPDATE
from lumina.data.calendar import Calendar
from lumina.data.in_place import put_in_place
from lumina.data.instrument import Instrument, Number
from lumina.data.itch.recording import Options, Recording
from lumina.data.kinds import Flag, Kind
from lumina.data.pipeline import Pipeline
from lumina.data.source import VENUE_TERMS, Chunk, Clocks, Progress, Source
from lumina.data.tape import PathLike, write_source
from lumina.errors import DataError, argument

SUFFIX = ".lumina"
# Updates that are held for all stocks together, before they go to their files.
_HELD = 1 << 20
_BLOCK = 1 << 16


def split(
    paths: Sequence[PathLike],
    folder: PathLike,
    symbols: Sequence[str] | None = None,
    *,
    date: str | Date | None = None,
    tick_size: Number = "0.01",
    maker_fee: Number | None = None,
    taker_fee: Number | None = None,
    session: str | None = None,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    gaps: str = "error",
    odd_prices: str = "error",
    out_of_range: str = "drop",
    port: int = 0,
    order_ids: bool = False,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write a tape for each stock; the files are read once.

    The pass leaves the updates of each stock in a file of its own (48 bytes an order message, in `folder`, gone
    afterwards), of which one is open at a time; then stock after stock is resolved. Memory does not grow with the
    files, but with the live orders.

    Parameters
    ----------
    paths : sequence of path
        Of one recording, in order of time.
    folder : path
        Made where it is missing; tapes are `SYMBOL.lumina` in it. All of them appear, or none.
    symbols : sequence of str, optional
        The stocks; default all. Those without an order or trade get no tape.
    **options
        As of `lumina.data.itch.read`, of all stocks.

    Returns
    -------
    dict
        Path of each tape by symbol.

    Raises
    ------
    DataError
        As `lumina.data.itch.read`, and where a symbol is in none of the files.
    """
    given = {"maker_fee": maker_fee, "taker_fee": taker_fee}
    fees: dict[str, Any] = {name: fee for name, fee in given.items() if fee is not None}
    calendar = None if session is None else Calendar.parse(session)
    clocks = Clocks(clock, min_latency_ns)
    options = Options(date, tick_size, calendar is None, gaps, odd_prices, out_of_range, port)
    files = [Path(path) for path in paths]
    if not files:
        raise DataError("no file to read")
    if symbols is not None and not symbols:
        raise DataError(f"option {argument('symbols')}: names no stock")
    recording = Recording(files, symbols or (), options, clocks, progress=progress)
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".split.", dir=target) as work:
            spools = _spool(recording, Path(work))
            shared = {"importer": "itch", **recording.record(), "split": len(spools)}
            repair = clocks.finish()
            written = {}
            for symbol, spool in sorted(spools.items()):
                terms = Instrument(symbol, tick_size, 1, settlement="USD", **fees)
                pipeline = Pipeline(symbol, ordered=not recording.captured, order_ids=order_ids, calendar=calendar)
                written[symbol] = spool.with_suffix(".tape")
                source = _Spooled(files, spool, terms, pipeline, shared, repair)
                source.given = fees
                write_source(source, written[symbol])
                spool.unlink()
            aside = Path(work) / "former"
            aside.mkdir()
            put_in_place({path: target / f"{symbol}{SUFFIX}" for symbol, path in written.items()}, aside)
    except OSError as error:
        raise DataError(f"{error.filename or target}: cannot be written: {error.strerror}") from None
    return {symbol: target / f"{symbol}{SUFFIX}" for symbol in written}


def _spool(recording: Recording, work: Path) -> dict[str, Path]:
    """Each stock's updates in a file, of those that have an order or a trade."""
    held: dict[int, list[NDArray[np.void]]] = {}
    count = 0
    traded: set[int] = set()

    def flush() -> None:
        for symbol, parts in held.items():
            with open(work / str(symbol), "ab") as file:
                for part in parts:
                    file.write(part.view(np.uint8).data)
        held.clear()

    for updates, symbols in recording.pieces():
        order = np.argsort(symbols, kind="stable")
        updates, symbols = updates[order], symbols[order]
        starts = np.flatnonzero(np.r_[True, symbols[1:] != symbols[:-1]])
        for start, end in zip(starts, np.r_[starts[1:], len(symbols)], strict=True):
            part = updates[start:end]
            held.setdefault(int(symbols[start]), []).append(part)
            if (part["kind"] < Kind.CLEAR).any():
                traded.add(int(symbols[start]))
        count += len(updates)
        if count >= _HELD:
            flush()
            count = 0
    flush()
    names = recording.symbols
    for symbol in traded:
        name = names[symbol]
        if not name.isascii() or not name.isprintable() or "/" in name or "\\" in name or name.startswith("."):
            raise DataError(f"stock {name!r} cannot be the name of a file; remedy: name the {argument('symbols')}")
    return {names[symbol]: work / str(symbol) for symbol in traded}


class _Spooled(Source):
    """The updates of one stock, from its file."""

    told = VENUE_TERMS

    def __init__(
        self,
        paths: Sequence[Path],
        spool: Path,
        instrument: Instrument,
        pipeline: Pipeline,
        shared: dict[str, Any],
        clock: dict[str, Any],
    ) -> None:
        super().__init__(paths)
        self.name = instrument.symbol
        self.instrument = instrument
        self.clock = clock
        self._spool, self._pipeline, self._shared = spool, pipeline, shared

    def rows(self) -> Iterator[Chunk]:
        left = np.empty(0, UPDATE)
        with open(self._spool, "rb") as file:
            while len(block := np.frombuffer(file.read(_BLOCK * UPDATE.itemsize), UPDATE)):
                updates = np.concatenate([left, block])
                # whole messages only
                cut = int(np.flatnonzero(updates["flags"] & Flag.END)[-1]) + 1
                left = updates[cut:]
                yield from self._pipeline.push(updates[:cut])
        yield from self._pipeline.finish()
        self.provenance = {
            **self._shared,
            **self._pipeline.record(),
            "orders": self._pipeline.order_record(),
        }
