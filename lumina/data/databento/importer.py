"""Databento's files: DBN (versions 1 to 3) and CSV, plain or zstd, of the schemas MBO, MBP-10, MBP-1, TBBO, trades,
and the quotes of intervals and of consolidated books (BBO, CMBP-1, CBBO).

MBO makes an L3 tape, the others L2; a tape of trades holds prints only. Exchange time is `ts_event`, local time
`ts_recv`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lumina.data import compressed
from lumina.data.calendar import Calendar
from lumina.data.databento import csv_files, dbn
from lumina.data.databento.events import Events, Steps
from lumina.data.databento.levels import Levels
from lumina.data.databento.orders import Orders
from lumina.data.databento.records import SAMPLED, SCHEMAS, Recording, Selection, Times, check_schema
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number
from lumina.data.pipeline import Pipeline
from lumina.data.source import VENUE_TERMS, Chunk, Clocks, HashedFile, Progress, Reading, Source
from lumina.errors import DataError, argument


def sniff(head: bytes, path: Path) -> bool:
    """DBN, or a header of the vendor's CSV, plain or zstd."""
    head = compressed.head(head)
    return head.startswith(dbn.MAGIC) or csv_files.is_header(head[: head.find(b"\n") + 1].rstrip())


def _start(path: Path) -> bytes:
    file = HashedFile(path)
    try:
        return next((piece for piece in compressed.pieces(file) if piece), b"")
    finally:
        file.close()


def read(
    paths: Sequence[Path],
    *,
    instrument: Instrument | None = None,
    definition: str | Path | None = None,
    symbol: str | None = None,
    instrument_id: int | None = None,
    publisher_id: int | None = None,
    schema: str | None = None,
    tick_size: Number | None = None,
    lot_size: Number = 1,
    multiplier: Number | None = None,
    settlement: str | None = None,
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    session: str | None = None,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    out_of_range: str = "drop",
    order_ids: bool = False,
    progress: Progress | None = None,
) -> Source:
    """Importer of Databento's files; several files are one recording, in order of time.

    Parameters
    ----------
    instrument, or definition, or tick_size
        Needed: market data do not carry the tick. `definition` is a DBN file of the schema of that name; what is given
        beside it counts more. `multiplier` defaults to 1.
    symbol, instrument_id
        Needed where a file holds several instruments; the symbol is the one that the file's metadata map, or the
        column `symbol`.
    publisher_id : int, optional
        Needed where a file holds the books of several publishers.
    schema : str, optional
        What the files must be: mbo, mbp-10, mbp-1, tbbo, trades, bbo-1s, bbo-1m, cmbp-1, tcbbo, cbbo-1s or cbbo-1m; CSV
        does not tell `tbbo` from `mbp-1`, which is the default.
    session : str, optional
        Hours of continuous trading, see `lumina.data.calendar.Calendar.parse`; auction between them.
    clock, min_latency_ns
        `clock="shift"` adds one constant to local times, so that the smallest latency is `min_latency_ns`.
    out_of_range : {"drop", "error"}
        See `lumina.data.fit.Fit`; an order is left out with all that follows of it. Sizes are whole, and so are lots.
    order_ids : bool
        Keep the venue's order ids of MBO beside the tape.
    progress : callable, optional
        Called with (bytes read, bytes in all).
    """
    if schema is not None and schema not in SCHEMAS:
        raise DataError(f"option {argument('schema')} = {schema!r} is none of {', '.join(SCHEMAS)}")
    if order_ids and schema not in (None, "mbo"):
        raise DataError(f"option {argument('order_ids')}: records of {schema} have no order ids")
    for path in paths:
        found = dbn.schema_of(path) if _start(path).startswith(dbn.MAGIC) else csv_files.schema_of(path)
        check_schema(path, found)
    terms: dict[str, Any] = {}
    if instrument is None:
        if definition is not None:
            terms = dbn.definition(Path(definition), symbol, instrument_id)
        given = {"tick_size": tick_size, "multiplier": multiplier, "settlement": settlement, "symbol": symbol}
        terms |= {name: value for name, value in given.items() if value is not None}
        terms |= {"lot_size": lot_size, "maker_fee": maker_fee, "taker_fee": taker_fee}
        if "tick_size" not in terms:
            raise DataError(
                f"{paths[0]}: market data do not carry the tick; remedy: {argument('tick_size')}, or "
                f"{argument('definition')}, a DBN file of definitions"
            )
        symbol = terms.pop("symbol", None)
    return _Source(
        paths,
        instrument,
        terms,
        Selection(symbol, instrument_id, publisher_id),
        schema,
        None if session is None else Calendar.parse(session),
        Clocks(clock, min_latency_ns),
        order_ids,
        progress,
        Fit(out_of_range, signed=True),
        defined=definition is not None,
    )


class _Source(Source):
    def __init__(
        self,
        paths: Sequence[Path],
        instrument: Instrument | None,
        terms: dict[str, Any],
        selection: Selection,
        schema: str | None,
        calendar: Calendar | None,
        clocks: Clocks,
        order_ids: bool,
        progress: Progress | None,
        fit: Fit,
        *,
        defined: bool,
    ) -> None:
        super().__init__(paths)
        self._given, self._terms, self._selection, self._schema = instrument, terms, selection, schema
        self._calendar, self._clocks, self._order_ids, self._progress = calendar, clocks, order_ids, progress
        self._counts: Counter[str] = Counter()
        self._fit = fit
        # definitions tell the terms; without them it is known that no venue here has inverse contracts
        self.told = VENUE_TERMS if defined else ("inverse",)

    def rows(self) -> Iterator[Chunk]:
        n = 0
        for chunk in self._chunks():
            n += len(chunk.rows)
            yield chunk
        if n == 0:
            raise DataError(
                f"{self.name}: {self._counts['records']} records and no row: they are about orders from before the "
                "file; remedy: give the files from the one with a snapshot on"
            )

    def _chunks(self) -> Iterator[Chunk]:
        pipeline = Pipeline(self.name, order_ids=self._order_ids, calendar=self._calendar)
        files: list[dict[str, Any]] = []
        tick = Reading(self.paths, self._progress)

        events: Events | None = None
        reader: Orders | Levels | None = None
        for path in self.paths:
            file = HashedFile(path, tick)
            try:
                recording = self._look(file)
                for records in recording.chunks:
                    self._counts["records"] += len(records)
                    picked = self._selection.pick(records, recording)
                    if not len(picked):
                        continue
                    if events is None or reader is None:
                        events, reader = self._begin(recording)
                    yield from pipeline.push(reader.push(events.push(picked, recording.where)))
                self._selection.finish(recording)
                if events is not None and reader is not None:
                    yield from pipeline.push(reader.push(events.finish(recording.where)))
                files.append(file.record())
            finally:
                file.close()
        yield from pipeline.finish()
        self.clock = self._clocks.finish()
        orders = {"orders": pipeline.order_record()} if self._schema == "mbo" else {}
        cautions = []
        if undated := self._counts["dated_by_receipt"]:
            cautions.append(f"{undated:,} records from before the session are dated by their receipt")
        if self._schema in SAMPLED:
            cautions.append(
                f"quotes at the end of intervals ({self._schema}): what happened between them, prints too, is not in "
                "the file; latency is 0"
            )
        unused = {
            "records of other instruments or publishers": self._selection.skipped,
            **{name.removesuffix(" skipped"): n for name, n in self._counts.items() if name.endswith(" skipped")},
            "records of size 0": self._counts["records_of_size_0"],
        }
        self._counts["other_instruments"] = self._selection.skipped
        self.provenance = {
            "importer": "databento",
            "schema": self._schema,
            "files": files,
            "counts": {name: n for name, n in sorted(self._counts.items()) if n},
            "unused": {name: n for name, n in unused.items() if n},
            **({"cautions": cautions} if cautions else {}),
            **orders,
            **self._fit.record(),
            **pipeline.record(),
        }

    def _look(self, file: HashedFile) -> Recording:
        if _start(file.path).startswith(dbn.MAGIC):
            recording = dbn.read(file, self._counts)
        else:
            recording = csv_files.read(file, self._schema)
        if self._schema is None:
            self._schema = recording.schema
        if recording.schema != self._schema:
            raise DataError(f"{file.path}: records are {recording.schema}, not {self._schema}")
        self._selection.settle(recording)
        return recording

    def _begin(self, recording: Recording) -> tuple[Events, Orders | Levels]:
        """What the first file says decides for all."""
        schema = recording.schema
        if self._order_ids and schema != "mbo":
            raise DataError(
                f"{self.paths[0]}: records of {schema} have no order ids; remedy: leave {argument('order_ids')} out"
            )
        name = self._selection.symbol or self.paths[0].name.split(".")[0]
        self.instrument = self._given or Instrument(name, **self._terms)
        self.depth_limit = SCHEMAS[schema]
        steps = Steps(self.instrument, self._fit)
        events = Events(schema, Times(self._clocks, self._counts), self._counts)
        if schema == "mbo":
            return events, Orders(steps, self._counts)
        return events, Levels(schema, steps, self._counts)
