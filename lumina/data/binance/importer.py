"""Raw Binance streams (spot, USD-M, coin-M) as a collector records them: depth diffs, REST snapshot, trades.

A line is `local_ns json`, the JSON a `{"stream": ..., "data": ...}` message or a bare REST snapshot. Rows come from
depth and trades; bookTicker lines only check the book.
"""

import zlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import MESSAGE_END, REPLACE_BOOK
from lumina.data.binance.lines import GZIP_MAGIC, Line, pairs, read_lines
from lumina.data.binance.market import Market, aggregated, look, symbol_of
from lumina.data.binance.owner import agrees, id_of, is_near, joins
from lumina.data.binance.prints import Prints
from lumina.data.binance.sync import Diff, Levels, Resync, Snapshot, Sync
from lumina.data.decimals import OUT, BadNumber, Grid, OffGrid
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number, exact, text
from lumina.data.kinds import Flag, Kind, Side
from lumina.data.messages import Messages
from lumina.data.pipeline import Pipeline
from lumina.data.source import COUNTED_WINDOW_NS, VENUE_TERMS, Chunk, Clocks, HashedFile, Progress, Reading, Source
from lumina.data.tape import Tape
from lumina.errors import DataError, argument

_BATCH = 1 << 15  # updates
# How a futures trade that met no order of the book is marked.
_OFF_BOOK = ("INSURANCE_FUND", "ADL")


def sniff(head: bytes, path: Path) -> bool:
    """A line that begins with 19 digits and an object, plain or gzip."""
    if head.startswith(GZIP_MAGIC):
        try:
            head = zlib.decompressobj(31).decompress(head, 4096)
        except zlib.error:
            return False
    return head[:19].isdigit() and head[19:21] == b" {"


def read(
    paths: Sequence[Path],
    *,
    instrument: Instrument | None = None,
    symbol: str | None = None,
    tick_size: Number | None = None,
    lot_size: Number | None = None,
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    gaps: str = "error",
    out_of_range: str = "drop",
    round_lots: bool = False,
    round_prices: bool = False,
    counted_window_ns: int = COUNTED_WINDOW_NS,
    progress: Progress | None = None,
) -> "BinanceSource":
    """Importer of raw Binance recordings; several files are one recording, in order of time.

    Parameters
    ----------
    instrument : Instrument, optional
        Otherwise made from the streams: symbol, inverse and contract size from the market; `tick_size` and
        `lot_size` as given, or the largest step that divides the numbers at the head of the first file (the
        provenance says so).
    symbol : str, optional
        Needed where the recording holds several.
    clock, min_latency_ns
        `clock="shift"` adds one constant to local times, so that the smallest latency is `min_latency_ns`.
    gaps : {"error", "mark"}
        What a gap in the update ids is: an error, or a GAP row after which the next snapshot sets the book right.
    counted_window_ns : int
        Window of the COUNTED rule (SEMANTICS F6), 0 = off.
    out_of_range, round_lots, round_prices
        See `lumina.data.fit.Fit`; what it did is in the provenance.
    progress : callable, optional
        Called with (bytes read, bytes in all).
    """
    if gaps not in ("error", "mark"):
        raise DataError(f"option {argument('gaps')} = {gaps!r} is neither error nor mark")
    if counted_window_ns < 0:
        raise DataError(f"option {argument('counted_window_ns')} = {counted_window_ns} must be 0 or more")
    clocks = Clocks(clock, min_latency_ns)
    fit = Fit(out_of_range, round_lots, round_prices)
    market = look(paths[0], instrument.symbol if instrument else symbol)
    inferred = {}
    if instrument is None:
        sizes = []
        for name, given, texts in (("tick_size", tick_size, market.prices), ("lot_size", lot_size, market.quantities)):
            try:
                step = fit.step(name, texts) if given is None else exact(given, name)
                fit.check(name, step, texts)
            except DataError as error:
                raise DataError(f"{paths[0]}: {error}") from None
            if given is None:
                inferred[name] = f"{text(step)} from {len(texts)} numbers at the head of {paths[0].name}"
            sizes.append(step)
        try:
            instrument = market.instrument(sizes[0], sizes[1], maker_fee, taker_fee)
        except DataError as error:
            raise DataError(f"{paths[0]}: {error}") from None
    return BinanceSource(paths, instrument, market, inferred, clocks, fit, gaps == "mark", counted_window_ns, progress)


def messages(paths: Sequence[Path], **options: Any) -> tuple[Tape, NDArray[np.void]]:
    """The tape with the place and the touch of each depth message.

    Returns
    -------
    Tape
    ndarray
        One row a depth message and view copy, in tape order: `tag` its last update id, `rows` the number of tape rows
        up to and with it, `views` its flags, and best bid and ask after it in that view (the exchange's where both),
        in ticks and lots; ticks -2**31 where a side is empty.
    """
    source = read([Path(path) for path in paths], **options)
    source.message_ends = []
    tape = Tape.from_source(source)
    return tape, np.concatenate(source.message_ends or [np.empty(0, MESSAGE_END)])


class BinanceSource(Source):
    """Importer of one recording; see `read`."""

    told = VENUE_TERMS

    def __init__(
        self,
        paths: Sequence[Path],
        instrument: Instrument,
        market: Market,
        inferred: dict[str, str],
        clocks: Clocks,
        fit: Fit,
        mark_gaps: bool,
        window_ns: int,
        progress: Progress | None,
    ) -> None:
        super().__init__(paths)
        self.instrument = instrument
        self.counted_window_ns = window_ns
        self.message_ends: list[NDArray[np.void]] | None = None
        self._market, self._inferred, self._clocks, self._progress = market, inferred, clocks, progress
        self._sync = Sync(market.spot, mark_gaps)
        self._fit = fit
        self._prices, self._lots = fit.grids(instrument)
        self._out = Messages()
        self._counts: Counter[str] = Counter()
        self._unused: Counter[str] = Counter()
        self._quotes = _Quotes()
        self._prints = Prints(market.aggregated is not False)
        self._nobodys: list[Line] = []  # snapshots without a symbol that may be ours
        self._low_ns, self._high_ns = 2**63, -(2**63)

    def rows(self) -> Iterator[Chunk]:
        pipeline = Pipeline(self.name, file_order=False, counted_window_ns=self.counted_window_ns)
        files: list[dict[str, Any]] = []
        tick = Reading(self.paths, self._progress)

        before = 0
        for path in self.paths:
            if path != self.paths[0] and (told := aggregated(path, self._market.symbol)) is not None:
                self._prints.aggregated = told
            file = HashedFile(path, tick)
            try:
                for line in read_lines(file):
                    if line.number == 1 and line.local_ts_ns < before:
                        raise DataError(
                            f"{line.where()}: local time {line.local_ts_ns} is below {before} of the file "
                            "before; remedy: give the files in order of time"
                        )
                    before = line.local_ts_ns
                    self._take(line)
                    if len(self._out) >= _BATCH:
                        yield from self._compared(pipeline, pipeline.push(self._out.take()))
                files.append(file.record())
            finally:
                file.close()
        if not self._sync.synced:
            others = sum(n for what, n in self._unused.items() if what.startswith("snapshots")) + len(self._nobodys)
            belongs = (
                f" that belongs to {self._market.symbol}: of {others} without a symbol none has an update id within "
                "its updates, and prices and levels like theirs"
            )
            raise DataError(
                f"{self.paths[0]}: no snapshot in {len(self.paths)} file(s){belongs if others else ''}; remedy: give "
                "the files from the one with the REST snapshot on"
            )
        yield from self._compared(pipeline, pipeline.push(self._out.take()))
        yield from self._compared(pipeline, pipeline.finish())
        self.clock = self._clocks.finish()
        self.provenance = {
            "importer": "binance",
            "market": self._market.name,
            "files": files,
            "inferred": self._inferred,
            "messages": {**self._sync.counts, **dict(sorted(self._counts.items()))},
            **self._fit.record(),
            "unused": dict(sorted(self._unused.items())),
            **pipeline.record(),
            "compared": {"bookTicker": self._quotes.record()},
        }

    def _compared(self, pipeline: Pipeline, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks, the touch after each depth message held against the venue's own."""
        for chunk in chunks:
            ends = pipeline.message_ends()
            self._quotes.compare(ends[(ends["views"] & Flag.EXCH) != 0])
            if self.message_ends is not None:
                self.message_ends.append(ends)
            yield chunk

    def _take(self, line: Line) -> None:
        stream = line.stream
        if stream not in ("snapshot", "depth", "trade", "aggTrade", "bookTicker"):
            self._unused[f"{stream or 'unknown'} messages"[:60]] += 1
            return
        if stream == "snapshot":
            named = line.data.get("symbol", self._market.symbol)
        else:
            named = symbol_of(line)
        if named != self._market.symbol:
            self._unused[f"{stream} messages of other symbols"] += 1
        elif stream == "trade":
            if self._prints.takes_trade(line):
                self._trade(line)
            else:
                self._unused["trade messages that aggTrade messages told before"] += 1
        elif stream == "aggTrade":
            if self._prints.takes_aggregate(line):
                self._counts["aggregated"] += 1
                self._trade(line)
            else:
                self._unused["aggTrade messages (trade messages tell the same)"] += 1
        elif stream == "depth":
            self._diff(line)
        elif stream == "bookTicker":
            self._counts["book_tickers"] += 1
            self._quotes.add(line.update_id("u"), self._level(line, "b", "B"), self._level(line, "a", "A"))
        elif "symbol" in line.data or not self._market.several:
            self._own_snapshot(line)
        elif self._sync.wants_snapshot and self._is_near(line):
            # the update that decides whose it is may be still to come
            self._nobodys.append(line)
            self._decide(None)
        else:
            self._unused["snapshots of other symbols, or later ones"] += 1

    def _own_snapshot(self, line: Line) -> None:
        """A snapshot that names the symbol, or of a recording of one symbol: but what is far from it is not its own."""
        if "symbol" in line.data or (self._is_near(line) and agrees(line, self._sync.lines())):
            self._snapshot(line)
        else:
            self._unused["snapshots of other symbols"] += 1

    def _is_near(self, line: Line) -> bool:
        return self._market.price is None or is_near(line, self._market.price)

    def _decide(self, update: Line | None) -> None:
        """Which of the snapshots without a symbol is ours, now that the stream has come to their ids."""
        lines = [*self._sync.lines(), *([] if update is None else [update])]
        reached = lines[-1].update_id("u") if lines else -1
        left = []
        for snapshot in self._nobodys:
            if id_of(snapshot) > reached:
                left.append(snapshot)
            elif self._sync.wants_snapshot and joins(snapshot, lines) and agrees(snapshot, lines):
                # nobody knew before the update that decides
                snapshot.local_ts_ns = max(snapshot.local_ts_ns, update.local_ts_ns if update is not None else 0)
                self._snapshot(snapshot)
            else:
                self._unused["snapshots of other symbols, or later ones"] += 1
        self._nobodys = left if self._sync.wants_snapshot else []

    def _trade(self, line: Line) -> None:
        data = line.data
        kind = data.get("X", "MARKET")
        if kind == "NA" or data.get("q") == "0":
            self._unused["trades of nothing"] += 1  # the venue sends them; they move nothing
            return
        maker = data.get("m")
        if not isinstance(maker, bool):
            raise line.refuse("m", "is missing" if maker is None else f"{maker!r} is neither true nor false")
        side = Side.SELL if maker else Side.BUY
        flag = Flag.OFFBOOK if kind in _OFF_BOOK else Flag(0)
        try:
            price = self._number(line, "p", self._prices)
        except OffGrid:
            # between ticks: hidden, and away from the mid
            exact_ticks = exact(data["p"], "p") / self.instrument.tick_size
            price = int(exact_ticks // 1) if maker else -int(-exact_ticks // 1)
            flag |= Flag.HIDDEN
        lots = self._number_or_refuse(line, "q", self._lots)
        if price <= 0 or lots <= 0:
            raise line.refuse("p" if price <= 0 else "q", f"{data['p' if price <= 0 else 'q']!r} must be above 0")
        if OUT in (price, lots):
            self._fit.left_out["prints"] += 1
            return
        self._counts["trades"] += 1
        exch_ts_ns = line.time_ns("T")
        self._watch(line, exch_ts_ns)
        self._out.begin(exch_ts_ns, line.local_ts_ns)
        self._out.add(Kind.TRADE, side, price, lots, flag)

    def _diff(self, line: Line) -> None:
        first, last = line.update_id("U"), line.update_id("u")
        previous = -1 if self._market.spot else line.update_id("pu")
        if last < first:
            raise line.refuse("u", f"{last} is below U {first}")
        if self._nobodys:
            self._decide(line)
        diff = Diff(line, line.time_ns("T", "E"), first, last, previous, self._levels(line, "b", "a"))
        for item in self._sync.diff(diff):
            self._put(item, Flag.EXCH | Flag.LOCAL)

    def _snapshot(self, line: Line) -> None:
        exch_ts_ns = line.time_ns("T", "E") if "T" in line.data or "E" in line.data else self._guess_time(line)
        snapshot = Snapshot(line, exch_ts_ns, line.update_id("lastUpdateId"), self._levels(line, "bids", "asks"))
        for item in self._sync.snapshot(snapshot):
            self._resync(item)

    def _guess_time(self, line: Line) -> int:
        # Spot snapshots carry no time: that of the last diff that they cover, else the local one less the latency.
        covered = [diff.exch_ts_ns for diff in self._sync.waiting if diff.last <= line.update_id("lastUpdateId")]
        return covered[-1] if covered else line.local_ts_ns - self._market.latency_ns

    def _resync(self, item: Resync) -> None:
        """The first snapshot at its place in the exchange's view; in the local one the book that was known then."""
        snapshot, line = item.snapshot, item.snapshot.line
        self._watch(line, snapshot.exch_ts_ns)
        if not item.diffs or not item.fresh:
            self._book(snapshot.exch_ts_ns, line.local_ts_ns, item.merged(), 0, Flag.EXCH | Flag.LOCAL)
            return
        self._book(snapshot.exch_ts_ns, line.local_ts_ns, snapshot.levels, 0, Flag.EXCH)
        for diff in item.diffs:
            self._put(diff, Flag.EXCH)
        last = item.diffs[-1]
        self._watch(line, last.exch_ts_ns)
        self._book(last.exch_ts_ns, line.local_ts_ns, item.merged(), last.last, Flag.LOCAL)

    def _book(self, exch_ts_ns: int, local_ts_ns: int, levels: Levels, tag: int, views: Flag) -> None:
        self._out.begin(exch_ts_ns, local_ts_ns, tag, views)
        self._out.add(Kind.SNAPSHOT_BEGIN, lots=REPLACE_BOOK)
        self._out.levels(Side.BUY, levels[0])
        self._out.levels(Side.SELL, levels[1])
        self._out.add(Kind.SNAPSHOT_END)

    def _put(self, diff: Diff, views: Flag) -> None:
        self._watch(diff.line, diff.exch_ts_ns)
        self._out.begin(diff.exch_ts_ns, diff.line.local_ts_ns, diff.last, views)
        if diff.gap:
            self._out.add(Kind.GAP)
        self._out.levels(Side.BUY, diff.levels[0])
        self._out.levels(Side.SELL, diff.levels[1])

    def _watch(self, line: Line, exch_ts_ns: int) -> None:
        latency = line.local_ts_ns - exch_ts_ns
        if latency < self._low_ns or latency > self._high_ns:
            self._low_ns, self._high_ns = min(latency, self._low_ns), max(latency, self._high_ns)
            self._clocks.watch(latency, line.where, latency, line.where)

    def _levels(self, line: Line, bid_field: str, ask_field: str) -> Levels:
        prices, lots = self._prices, self._lots
        out = prices.out + lots.out
        field = bid_field
        try:
            bids = [(prices[level[0]], lots[level[1]]) for level in pairs(line, bid_field)]
            field = ask_field
            asks = [(prices[level[0]], lots[level[1]]) for level in pairs(line, ask_field)]
        except (BadNumber, TypeError) as error:
            raise line.refuse(field, error) from None
        if any(not price for price, _ in bids) or any(not price for price, _ in asks):
            raise line.refuse("price", "0 must be above 0")
        if prices.out + lots.out != out:
            return self._fit.levels(bids), self._fit.levels(asks)
        return bids, asks

    def _level(self, line: Line, price: str, quantity: str) -> tuple[int, int]:
        return self._number_or_refuse(line, price, self._prices), self._number_or_refuse(line, quantity, self._lots)

    def _number(self, line: Line, field: str, grid: Grid) -> int:
        value = line.data.get(field)
        if not isinstance(value, str):
            raise line.refuse(field, "is missing" if value is None else f"{value!r} is not a decimal in quotes")
        try:
            return grid[value]
        except OffGrid:
            raise
        except BadNumber as error:
            raise line.refuse(field, error) from None

    def _number_or_refuse(self, line: Line, field: str, grid: Grid) -> int:
        try:
            return self._number(line, field, grid)
        except OffGrid as error:
            raise line.refuse(field, error) from None


class _Quotes:
    """The venue's own best bid and offer, against the touch after each depth message."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, tuple[int, int, int, int]]] = deque()
        self._last: tuple[int, tuple[int, int, int, int]] | None = None
        self._compared = self._equal = self._same_id = 0

    def add(self, update_id: int, bid: tuple[int, int], ask: tuple[int, int]) -> None:
        self._waiting.append((update_id, (*bid, *ask)))

    def compare(self, ends: NDArray[np.void]) -> None:
        """Touches in order of update id. They come late enough for every quote up to their id to be here."""
        for end in ends.tolist():
            tag, _, bid_lots, ask_lots, bid, ask, *_ = end
            while self._waiting and self._waiting[0][0] <= tag:
                self._last = self._waiting.popleft()
            if self._last is not None:
                self._compared += 1
                self._equal += self._last[1] == (bid, bid_lots, ask, ask_lots)
                self._same_id += self._last[0] == tag

    def record(self) -> dict[str, int]:
        return {"of": self._compared, "equal": self._equal, "same_id": self._same_id}
