"""hftbacktest's rows (npy, npz), read and written.

Rows of 64 bytes, `ev u8, exch_ts i8, local_ts i8, px f8, qty f8, order_id u8, ival i8, fval f8`, times in ns. The low
byte of `ev` is the kind, the high bits are the views and the side. Quantities of depth rows are level totals. Kinds 10
to 13 tell single orders: a fill changes no book by itself, the cancel or modify of the order follows it.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import IF_THERE, MODIFY, NO_PRICE, SNAPSHOT_LEVEL, UPDATE
from lumina.data.fit import Fit
from lumina.data.hftbacktest.out_of_range import OutOfRange
from lumina.data.hftbacktest.rows import (
    ADD,
    BBO,
    BUY,
    CANCEL,
    CLEAR,
    DEPTH,
    EXCH,
    FILL,
    LOCAL,
    MODIFY_ORDER,
    ROW,
    SELL,
    SNAPSHOT,
    TRADE,
)
from lumina.data.hftbacktest.rows import write as write
from lumina.data.instrument import Instrument, Number
from lumina.data.kinds import MAX_PRICE_TICKS, Flag, Kind, Side
from lumina.data.pipeline import Pipeline
from lumina.data.source import COUNTED_WINDOW_NS, MAX_LOTS, Chunk, Clocks, HashedFile, Progress, Reading, Source
from lumina.errors import DataError, argument

__all__ = ["ROW", "read", "sniff", "write"]

_CHUNK_ROWS = 1 << 16
_MAX_EVENT_ROWS = 1 << 22

_KINDS = np.full(256, 255, np.uint8)
for _ev, _kind in (
    (DEPTH, Kind.CHANGE),
    (TRADE, Kind.TRADE),
    (CLEAR, Kind.CLEAR),
    (SNAPSHOT, SNAPSHOT_LEVEL),
    (BBO, Kind.BBO),
    (ADD, Kind.ADD),
    (CANCEL, Kind.CANCEL),
    (MODIFY_ORDER, MODIFY),
    (FILL, Kind.EXECUTE),
):
    _KINDS[_ev] = _kind


def sniff(head: bytes, path: Path) -> bool:
    """An npy file of these rows, or an npz."""
    if head.startswith(b"\x93NUMPY"):
        return b"'exch_ts'" in head and b"'local_ts'" in head
    return head.startswith(b"PK\x03\x04") and path.suffix == ".npz"


def read(
    paths: Sequence[Path],
    *,
    instrument: Instrument | None = None,
    symbol: str | None = None,
    tick_size: Number | None = None,
    lot_size: Number | None = None,
    multiplier: Number = 1,
    inverse: bool = False,
    settlement: str = "",
    maker_fee: Number = 0,
    taker_fee: Number = 0,
    clock: str | None = None,
    min_latency_ns: int | None = None,
    counted_window_ns: int = COUNTED_WINDOW_NS,
    out_of_range: str = "drop",
    round_lots: bool = False,
    round_prices: bool = False,
    order_ids: bool = False,
    progress: Progress | None = None,
) -> Source:
    """Importer of hftbacktest's rows, L2 and L3; several files are one recording.

    Parameters
    ----------
    instrument, or tick_size and lot_size
        Needed: the files do not carry them. `symbol` defaults to the file's stem; the rest as in `Instrument`.
    clock, min_latency_ns
        `clock="shift"` adds one constant to local times, so that the smallest latency is `min_latency_ns`.
    counted_window_ns : int
        Window of the COUNTED rule (SEMANTICS F6), 0 = off.
    out_of_range, round_lots, round_prices
        See `lumina.data.fit.Fit`; what it did is in the provenance. An order is left out with all that follows of it.
    order_ids : bool
        Keep the order ids of L3 rows beside the tape.
    progress : callable, optional
        Called with (bytes read, bytes in all).
    """
    if instrument is None:
        for name, value in (("tick_size", tick_size), ("lot_size", lot_size)):
            if value is None:
                raise DataError(f"{paths[0]}: hftbacktest rows do not carry {name}; remedy: give {argument(name)}")
        assert tick_size is not None and lot_size is not None
        instrument = Instrument(
            symbol or paths[0].name.split(".")[0],
            tick_size,
            lot_size,
            multiplier,
            inverse,
            settlement,
            maker_fee,
            taker_fee,
        )
    fit = Fit(out_of_range, round_lots, round_prices, signed=True)
    return _Source(paths, instrument, Clocks(clock, min_latency_ns), counted_window_ns, order_ids, progress, fit)


class _Source(Source):
    def __init__(
        self,
        paths: Sequence[Path],
        instrument: Instrument,
        clocks: Clocks,
        window_ns: int,
        order_ids: bool,
        progress: Progress | None,
        fit: Fit,
    ) -> None:
        super().__init__(paths)
        if window_ns < 0:
            raise DataError(f"option {argument('counted_window_ns')} = {window_ns} must be 0 or more")
        self.instrument = instrument
        self.counted_window_ns = window_ns
        self._clocks = clocks
        self._order_ids = order_ids
        self._progress = progress
        self._fit = fit
        self._prices, self._lots = fit.grids(instrument)
        self._out_of_range = OutOfRange(fit.left_out)
        self._last: dict[int, int] = {}

    def rows(self) -> Iterator[Chunk]:
        pipeline = Pipeline(
            self.name,
            ordered=True,
            counted_window_ns=self.counted_window_ns,
            runs_are_events=True,
            order_ids=self._order_ids,
        )
        files: list[dict[str, Any]] = []
        hidden = rows_in = 0
        tick = Reading(self.paths, self._progress)

        for path in self.paths:
            file = HashedFile(path, tick)
            try:
                start = 0
                for rows in _whole_events(_chunks(path, file)):
                    updates, fits = self._updates(path, start, rows)
                    updates = updates[fits]
                    places = np.flatnonzero(fits)
                    if len(updates):
                        hidden += int(np.count_nonzero(updates["flags"] & Flag.HIDDEN))
                        kept = _fold_fills(rows[fits], updates)
                        yield from pipeline.push(updates[kept], _places(path, places[kept] + start))
                    start += len(rows)
                rows_in += start
                files.append(file.record())
            finally:
                file.close()
        yield from pipeline.finish()
        self.clock = self._clocks.finish()
        self.provenance = {
            "importer": "hftbacktest",
            "files": files,
            "rows": rows_in,
            "hidden_prints": hidden,
            **self._fit.record(),
            **pipeline.record(),
            **({"orders": orders} if any((orders := pipeline.order_record()).values()) else {}),
        }

    def _updates(self, path: Path, start: int, rows: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
        """Rows as venue updates, one each, and which of them fit a tape; DataError names the row."""

        def refuse(bad: NDArray[np.bool_], text: Callable[[int], str]) -> None:
            if bad.any():
                i = int(np.argmax(bad))
                raise DataError(f"{path}: row {start + i}: {text(i)}")

        def wrong(field: str) -> Callable[[int, str], DataError]:
            return lambda i, text: DataError(f"{path}: row {start + i}: {field} {text}")

        ev = rows["ev"]
        code = (ev & 0xFF).astype(np.uint8)
        kind = _KINDS[code]
        refuse(kind == 255, lambda i: f"ev kind {code[i]} is unknown; known are 1 to 5 and 10 to 13")
        buy, sell = (ev & BUY) != 0, (ev & SELL) != 0
        exch, local = (ev & EXCH) != 0, (ev & LOCAL) != 0
        refuse(~(exch | local), lambda i: f"ev {int(ev[i]):#x} has neither the exchange nor the local flag")
        order = code >= ADD
        sided = (code == DEPTH) | (code == SNAPSHOT) | (code == BBO) | order
        refuse((buy & sell) | (sided & ~(buy | sell)), lambda i: f"ev {int(ev[i]):#x} must have one side")

        out = np.zeros(len(rows), UPDATE)
        side = np.full(len(rows), Side.NONE, np.uint8)
        side[buy] = Side.BUY
        side[sell] = Side.SELL
        trade, clear = code == TRADE, code == CLEAR
        px = rows["px"]
        empty = (code == BBO) & ~np.isfinite(px) & (rows["qty"] == 0)  # no quote on this side
        kind[empty] = Kind.CLEAR
        whole = clear & ~np.isfinite(px) | empty | clear & (side == Side.NONE)
        priced = ~whole
        tick = self.instrument.tick_size
        refuse(priced & ~np.isfinite(px), lambda i: f"px {px[i]} of kind {code[i]} is no price")
        ticks, between = self._fit.floats(
            np.where(priced, px, 0.0), self._prices, trade & ~np.bool_(self._fit.round_prices), wrong("px")
        )
        far = np.abs(ticks) > MAX_PRICE_TICKS
        ticks[far] = 0
        if self.instrument.inverse:
            refuse((ticks < 1) & priced & ~far, lambda i: f"px {px[i]} of an inverse contract is below one tick")
        # a print between ticks goes away from the mid: a seller's down, a buyer's up
        between &= ~far
        if between.any():
            exact = px / float(tick)
            ticks = np.where(between & sell, np.floor(exact), np.where(between & buy, np.ceil(exact), ticks))

        qty = np.where(clear | empty | (code == CANCEL), 0.0, rows["qty"])
        some = trade | (code == ADD) | (code == FILL)
        refuse(
            ~(qty >= 0) | ~np.isfinite(qty) | (some & ~(qty > 0)),
            lambda i: f"qty {qty[i]} of kind {code[i]} is below the bound {'> 0' if some[i] else '0'}",
        )
        lots, _ = self._fit.floats(qty, self._lots, np.zeros(len(rows), bool), wrong("qty"))
        big = lots > MAX_LOTS
        lots[big] = 0

        out["exch_ts_ns"], out["local_ts_ns"] = rows["exch_ts"], rows["local_ts"]
        out["price_ticks"] = ticks
        out["price_ticks"][whole] = NO_PRICE
        out["qty_lots"] = lots
        out["kind"], out["side"] = kind, side
        out["order_id"][order] = rows["order_id"][order]
        out["flags"] = exch * np.uint16(Flag.EXCH) | local * np.uint16(Flag.LOCAL) | between * np.uint16(Flag.HIDDEN)
        self._check_times(path, start, rows, ((EXCH, exch, "exch_ts"), (LOCAL, local, "local_ts")))
        return out, self._out_of_range.leave_out(out, far, big)

    def _check_times(self, path: Path, start: int, rows: NDArray[np.void], views: Any) -> None:
        latency = rows["local_ts"] - rows["exch_ts"]
        low, high = int(np.argmin(latency)), int(np.argmax(latency))
        self._clocks.watch(
            int(latency[low]),
            lambda: f"{path}: row {start + low}",
            int(latency[high]),
            lambda: f"{path}: row {start + high}",
        )
        for view, mask, name in views:
            times = rows[name] if mask.all() else rows[name][mask]
            if not len(times):
                continue
            before = self._last.get(view)
            back = np.flatnonzero(times[1:] < times[:-1])
            if before is not None and times[0] < before:
                i, bound = 0, before
            elif len(back):
                i, bound = int(back[0]) + 1, times[back[0]]
            else:
                self._last[view] = times[-1]
                continue
            row = start + int(np.flatnonzero(mask)[i])
            raise DataError(
                f"{path}: row {row}: {name} {times[i]} is below {bound} of the row before in its view; remedy: sort "
                "each view by its time, and let rows where they conflict stand twice, one copy a view"
            )


def _places(path: Path, rows: NDArray[np.intp]) -> Callable[[int], str]:
    return lambda i: f"{path}: row {rows[i]}"


def _fold_fills(rows: NDArray[np.void], updates: NDArray[np.void]) -> NDArray[np.bool_]:
    """Make of trade, fill and cancel or modify one execution; say which updates remain.

    A print keeps what the fills up to the next print of its views and exchange time do not explain. The cancel or
    modify behind a fill says what the fill left: nothing, where that is what it was.
    """
    kept = np.ones(len(rows), bool)
    fills = updates["kind"] == Kind.EXECUTE
    if not fills.any():
        return kept
    views = updates["flags"] & (Flag.EXCH | Flag.LOCAL)
    trade = updates["kind"] == Kind.TRADE
    first = trade.copy()
    first[0] = True
    first[1:] |= (rows["exch_ts"][1:] != rows["exch_ts"][:-1]) | (views[1:] != views[:-1])
    starts = np.flatnonzero(first)
    explained = np.add.reduceat(np.where(fills, updates["qty_lots"], 0), starts)
    prints = trade[starts]
    at = starts[prints]
    updates["qty_lots"][at] = np.maximum(updates["qty_lots"][at] - explained[prints], 0)
    kept[at] = updates["qty_lots"][at] > 0
    after = np.flatnonzero(fills[:-1]) + 1
    same = (rows["order_id"][after] == rows["order_id"][after - 1]) & (views[after] == views[after - 1])
    after = after[same & (rows["exch_ts"][after] == rows["exch_ts"][after - 1])]
    filled = after[(updates["kind"][after] == Kind.CANCEL) & (rows["qty"][after] == rows["qty"][after - 1])]
    kept[filled] = False
    # a zero left by a modify closes, too, what the fill closed already
    updates["flags"][after] |= np.uint16(IF_THERE)
    return kept


def _whole_events(chunks: Iterator[NDArray[np.void]]) -> Iterator[NDArray[np.void]]:
    """The same rows, cut between exchange times where a chunk has several."""
    held: list[NDArray[np.void]] = []
    for rows in chunks:
        changes = np.flatnonzero(rows["exch_ts"][1:] != rows["exch_ts"][:-1])
        cut = int(changes[-1]) + 1 if len(changes) else 0
        if cut:
            yield np.concatenate([*held, rows[:cut]])
            held = []
        held.append(rows[cut:])
        if sum(map(len, held)) > _MAX_EVENT_ROWS:
            yield np.concatenate(held)
            held = []
    if held:
        yield np.concatenate(held)


def _chunks(path: Path, file: HashedFile) -> Iterator[NDArray[np.void]]:
    """Rows of an npy, or of the one array of an npz, in chunks."""
    if path.suffix != ".npz":
        yield from _npy(path, file)
        return
    try:
        with zipfile.ZipFile(file.file) as archive:
            names = archive.namelist()
            if len(names) != 1 and "data.npy" not in names:
                raise DataError(f"{path}: holds {len(names)} arrays and none is named data")
            with archive.open("data.npy" if "data.npy" in names else names[0]) as member:
                yield from _npy(path, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(f"{path}: broken npz: {error}") from None
    file.file.seek(0)


def _npy(path: Path, file: HashedFile | IO[bytes]) -> Iterator[NDArray[np.void]]:
    try:
        version = np.lib.format.read_magic(file)
        # typed in some releases of numpy, untyped in others
        header: Any = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            header = np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
    except ValueError as error:
        raise DataError(f"{path}: not an npy array: {error}") from None
    if dtype != ROW or len(shape) != 1:
        raise DataError(f"{path}: an array of {dtype} and shape {shape}, not hftbacktest rows {ROW.names}")
    if shape[0] == 0:
        raise DataError(f"{path}: the array has no rows")
    left = int(shape[0])
    while left:
        want = min(left, _CHUNK_ROWS) * ROW.itemsize
        data = file.read(want)
        while len(data) < want and (more := file.read(want - len(data))):
            data += more
        if len(data) < want:
            raise DataError(f"{path}: cut at row {shape[0] - left + len(data) // ROW.itemsize} of {shape[0]}")
        left -= want // ROW.itemsize
        yield np.frombuffer(data, ROW)
