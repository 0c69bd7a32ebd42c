"""Tapes of one instrument, end to end: the days of a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import NO_PRICE
from lumina._core._types import EVENT
from lumina.data.kinds import BOTH_VIEWS, LAST_BOOK_KIND, Flag, Kind, Side
from lumina.data.source import Chunk, Progress, Source
from lumina.data.tape import Tape
from lumina.errors import DataError

_BLOCK_ROWS = 1 << 18


def join(paths: Sequence[Path], *, progress: Progress | None = None) -> Source:
    """Tape files in order of time as one recording.

    Where a tape ends and another follows, what is left of its book leaves: a CLEAR and a row for each order (L3) or
    level (L2), dated as the next tape begins. Own orders and the position go on. Each tape keeps the constant by which
    its clock was shifted, in the provenance; rows that one constant dates before the last ones of another are received
    with these, and counted.

    Raises
    ------
    DataError
        Where instrument, level or depth limit differ, or a tape begins before the one before it ends.
    """
    return _Source(paths, progress)


class _Source(Source):
    def __init__(self, paths: Sequence[Path], progress: Progress | None) -> None:
        super().__init__(paths)
        self._tapes = [Tape.open(path) for path in paths]
        first = self._tapes[0]
        self.instrument, self.depth_limit = first.instrument, first.depth_limit
        self.counted_window_ns = max(tape.counted_window_ns for tape in self._tapes)
        self._progress = progress
        for path, tape in zip(paths[1:], self._tapes[1:], strict=True):
            for name, wanted, found in (
                ("instrument", first.instrument, tape.instrument),
                ("level", first.level, tape.level),
                ("depth_limit", first.depth_limit, tape.depth_limit),
                ("order ids", first.order_ids is not None, tape.order_ids is not None),
            ):
                if wanted != found:
                    raise DataError(f"{path}: {name} {found} is not {wanted} of {paths[0].name}; tapes join as one run")

    def rows(self) -> Iterator[Chunk]:
        total = sum(map(len, self._tapes))
        done, exch_rows = 0, 0
        last_exch_ns, last_local_ns, last_name = -(2**63), -(2**63), ""
        left = _Left()
        cautions: list[list[str]] = []
        for path, tape in zip(self.paths, self._tapes, strict=True):
            exch_ns, local_ns = tape.header["exch_ts_ns"], tape.header["local_ts_ns"]
            if exch_ns[0] < last_exch_ns:
                raise DataError(
                    f"{path}: begins at {exch_ns[0]} ns, before {last_name} ends at {last_exch_ns}; remedy: give the "
                    "tapes in order of time"
                )
            if done:
                closing = left.closing(exch_ns[0], max(last_local_ns, exch_ns[0]))
                exch_rows += int(np.count_nonzero(closing["flags"] & Flag.EXCH))
                ids = None if tape.order_ids is None else np.zeros(len(closing), np.uint64)
                yield Chunk(closing, ids)
                left = _Left()
            before, late = exch_rows, 0
            for start in range(0, len(tape), _BLOCK_ROWS):
                block = slice(start, start + _BLOCK_ROWS)
                rows = tape.events[block].copy()
                if local_ns[0] < last_local_ns:
                    late += _receive_from(rows, last_local_ns)
                rows["stamp"][rows["stamp"] != 0] += np.uint64(before)
                exch_rows += int(np.count_nonzero(rows["flags"] & Flag.EXCH))
                left.push(rows)
                done += len(rows)
                yield Chunk(rows, None if tape.order_ids is None else np.array(tape.order_ids[block]))
                if self._progress is not None:
                    self._progress(done * EVENT.itemsize, total * EVENT.itemsize)
            early_ns = last_local_ns - local_ns[0]
            caution = (
                f"{late:,} rows of {path.name} are dated up to {early_ns:,} ns before the last of {last_name} was "
                "received: they are received with it"
            )
            cautions.append([caution] if late else [])
            last_exch_ns, last_local_ns, last_name = exch_ns[1], max(last_local_ns, local_ns[1]), path.name
        # the constants are in the rows already
        self.clock = {"repair": "none"}
        self.provenance = {
            "importer": "join",
            "tapes": [
                {"name": path.name, "rows": len(tape), "clock": tape.clock, **tape.provenance}
                | ({"cautions": [*tape.provenance.get("cautions", ()), *more]} if more else {})
                for path, tape, more in zip(self.paths, self._tapes, cautions, strict=True)
            ],
        }


def _receive_from(rows: NDArray[np.void], ns: int) -> int:
    """Let no local row be received before `ns`; how many would have been.

    The latency fits: no row is older than the one received at `ns`.
    """
    behind = ns - (rows["exch_ts_ns"] + rows["latency_ns"])
    late = ((rows["flags"] & Flag.LOCAL) != 0) & (behind > 0)
    rows["latency_ns"] += np.where(late, behind, 0).astype(np.uint32)
    return int(np.count_nonzero(late))


class _Left:
    """What is in the book of each view after the rows so far: lots by (side, price, stamp)."""

    _KEY = np.dtype([("side", "u1"), ("price_ticks", "<i4"), ("stamp", "<u8")])

    def __init__(self) -> None:
        self._keys = [np.empty(0, self._KEY), np.empty(0, self._KEY)]
        self._lots = [np.empty(0, np.int64), np.empty(0, np.int64)]

    def push(self, rows: NDArray[np.void]) -> None:
        """Apply rows."""
        book = rows[rows["kind"] <= LAST_BOOK_KIND]
        for view, flag in enumerate((Flag.EXCH, Flag.LOCAL)):
            mine = book[(book["flags"] & flag) != 0]
            keys = np.empty(len(mine), self._KEY)
            for name in self._KEY.names or ():
                keys[name] = mine[name]
            keys, place = np.unique(np.concatenate([self._keys[view], keys]), return_inverse=True)
            lots = np.zeros(len(keys), np.int64)
            np.add.at(lots, place, np.concatenate([self._lots[view], mine["qty_lots"].astype(np.int64)]))
            self._keys[view], self._lots[view] = keys[lots != 0], lots[lots != 0]

    def closing(self, exch_ts_ns: int, local_ts_ns: int) -> NDArray[np.void]:
        """An event in which all of it leaves."""
        same = np.array_equal(self._keys[0], self._keys[1]) and np.array_equal(self._lots[0], self._lots[1])
        events = [
            self._event(view, exch_ts_ns, local_ts_ns, flags)
            for view, flags in (((0, BOTH_VIEWS),) if same else ((0, Flag.EXCH), (1, Flag.LOCAL)))
        ]
        return np.concatenate(events)

    def _event(self, view: int, exch_ts_ns: int, local_ts_ns: int, flags: Flag) -> NDArray[np.void]:
        keys, lots = self._keys[view], self._lots[view]
        out = np.zeros(len(keys) + 1, EVENT)
        out["exch_ts_ns"], out["latency_ns"], out["flags"] = exch_ts_ns, local_ts_ns - exch_ts_ns, flags
        out["kind"][0], out["side"][0], out["price_ticks"][0] = Kind.CLEAR, Side.NONE, NO_PRICE
        body = out[1:]
        for name in self._KEY.names or ():
            body[name] = keys[name]
        body["qty_lots"] = -lots
        # an order leaves; what stood there without one is a change
        body["kind"] = np.where((keys["stamp"] != 0) & (lots > 0), Kind.CANCEL, Kind.CHANGE)
        out["flags"][-1] |= Flag.END
        return out
