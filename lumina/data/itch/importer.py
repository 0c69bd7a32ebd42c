"""NASDAQ TotalView-ITCH 5.0 (BX and PSX too): files of length and message, and captures of its MoldUDP64 datagrams.

Every message becomes orders by id. Times are the venue's, ns since midnight in New York, so the day must be known.
"""

from collections.abc import Iterator, Sequence
from datetime import date as Date
from pathlib import Path

from lumina._core._itch import is_capture_file, is_frames, look_at
from lumina.data.calendar import Calendar
from lumina.data.compressed import head as unpacked
from lumina.data.instrument import Instrument, Number
from lumina.data.itch.recording import Options, Recording
from lumina.data.itch.split_files import split as split
from lumina.data.pipeline import Pipeline
from lumina.data.source import VENUE_TERMS, Chunk, Clocks, Progress, Source

__all__ = ["read", "sniff", "split"]


def sniff(head: bytes, path: Path) -> bool:
    """Frames whose lengths fit their types, or a capture with a datagram of such messages; packed or not."""
    content = unpacked(head)
    if is_capture_file(content):
        return look_at(content)[1]
    return is_frames(content)


def read(
    paths: Sequence[Path],
    *,
    symbol: str | None = None,
    date: str | Date | None = None,
    instrument: Instrument | None = None,
    tick_size: Number = "0.01",
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    session: str | None = None,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    gaps: str = "error",
    odd_prices: str = "error",
    out_of_range: str = "drop",
    port: int = 0,
    order_ids: bool = False,
    progress: Progress | None = None,
) -> Source:
    """Importer of one stock; several files are one recording, parts of a day or days, in order of time.

    Parameters
    ----------
    symbol : str, optional
        Needed where the files hold several (`split` reads many in one pass).
    date : str or date, optional
        The trading day, YYYY-MM-DD, of all files. Otherwise a file's name says it (MMDDYYYY, YYYYMMDD, or SMMDDYY-v50),
        or a capture's first packet.
    instrument : Instrument, optional
        Otherwise `symbol`, `tick_size` in USD, lots of one share, and the fees.
    session : str, optional
        Phases from a calendar (`us_equity`) instead of the feed's system events; halts are the feed's in any case.
    clock, min_latency_ns
        `clock="shift"` adds one constant to local times, so that the smallest latency is `min_latency_ns`. Local time
        is a capture's own; a file has one clock, and latency 0.
    gaps : {"error", "mark"}
        What missing MoldUDP64 messages are: an error, or a GAP row.
    odd_prices : {"error", "drop"}
        What orders between ticks are: an error, or left out and counted.
    out_of_range : {"drop", "error"}
        What orders and prints beyond 2^30 ticks are: left out and counted, or an error.
    port : int
        UDP port that a capture's datagrams are sent to; 0 = all.
    order_ids : bool
        Keep the order reference numbers beside the tape.
    progress : callable, optional
        Called with (bytes read, bytes in all).
    """
    calendar = None if session is None else Calendar.parse(session)
    if instrument is not None:
        symbol, tick_size = instrument.symbol, instrument.tick_size
    options = Options(date, tick_size, calendar is None, gaps, odd_prices, out_of_range, port)
    clocks = Clocks(clock, min_latency_ns)
    wanted = [] if symbol is None else [symbol]
    recording = Recording(paths, wanted, options, clocks, only_one=symbol is None, progress=progress)
    return _Source(paths, recording, instrument, (tick_size, maker_fee, taker_fee), clocks, calendar, order_ids)


class _Source(Source):
    told = VENUE_TERMS

    def __init__(
        self,
        paths: Sequence[Path],
        recording: Recording,
        instrument: Instrument | None,
        terms: tuple[Number, Number, Number],
        clocks: Clocks,
        calendar: Calendar | None,
        order_ids: bool,
    ) -> None:
        super().__init__(paths)
        self._recording, self._clocks, self._terms = recording, clocks, terms
        self._given = instrument
        self._pipeline = Pipeline(self.name, ordered=not recording.captured, order_ids=order_ids, calendar=calendar)

    def rows(self) -> Iterator[Chunk]:
        for piece in self._recording.pieces():
            self._name()
            yield from self._pipeline.push(piece.updates)
        self._name()
        yield from self._pipeline.finish()
        self.clock = self._clocks.finish()
        self.provenance = {
            "importer": "itch",
            **self._recording.record(),
            **self._pipeline.record(),
            "orders": self._pipeline.order_record(),
        }

    def _name(self) -> None:
        tick_size, maker_fee, taker_fee = self._terms
        self.instrument = self._given or Instrument(
            self._recording.symbols[0], tick_size, 1, settlement="USD", maker_fee=maker_fee, taker_fee=taker_fee
        )
