"""hftbacktest's row, and a tape written as such rows."""

import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import NO_PRICE
from lumina._core._tape_check import LevelTotals
from lumina.data.grid import from_grid
from lumina.data.kinds import Flag, Kind, Side
from lumina.data.tape_file import TemporaryFile
from lumina.errors import DataError

if TYPE_CHECKING:
    from lumina.data.tape import PathLike, Tape

ROW = np.dtype(
    [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ]
)
DEPTH, TRADE, CLEAR, SNAPSHOT, BBO = 1, 2, 3, 4, 5
ADD, CANCEL, MODIFY_ORDER, FILL = 10, 11, 12, 13
EXCH, LOCAL, BUY, SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28
_CHUNK_ROWS = 1 << 18
_EV = {Kind.CHANGE: DEPTH, Kind.BBO: BBO, Kind.TRADE: TRADE, Kind.CLEAR: CLEAR}


def write(tape: "Tape", path: "PathLike") -> dict[str, int]:
    """Write a tape as hftbacktest rows.

    Level changes become totals; a row whose level differs between the views becomes two. The format has no word for
    gaps, status, funding, ends of events and prints' flags: an OFFBOOK print is written without a side, the others
    are left out.

    Parameters
    ----------
    tape : Tape
        Of level L2.
    path : path
        `.npz` (compressed) or `.npy`.

    Returns
    -------
    dict
        `rows` written, and the number of rows left out by kind (lower case).
    """
    target = Path(path)
    if tape.level != "L2":
        raise DataError(f"{target}: a tape of level {tape.level} has no level rows; this version writes L2")
    if target.suffix not in (".npz", ".npy"):
        raise DataError(f"{target}: the name must end in .npz or .npy")
    left_out: Counter[str] = Counter()
    n = sum(map(len, _chunks(tape, left_out)))
    if n == 0:
        raise DataError(f"{target}: no row of the tape has a form in this format")
    with TemporaryFile(target) as part:
        if target.suffix == ".npy":
            _write_npy(part.file, tape, n)
        else:
            with zipfile.ZipFile(part.file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                with archive.open("data.npy", "w", force_zip64=True) as member:
                    _write_npy(member, tape, n)
        part.commit()
    return {"rows": n, **left_out}


def _write_npy(file: Any, tape: "Tape", n: int) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(ROW), "fortran_order": False, "shape": (n,)}
    np.lib.format.write_array_header_1_0(file, header)
    for rows in _chunks(tape, Counter()):
        file.write(rows.view(np.uint8).data)


def _chunks(tape: "Tape", left_out: "Counter[str]") -> Iterator[NDArray[np.void]]:
    totals = LevelTotals()
    inside = [False, False]  # between the markers of a snapshot, by view
    for start in range(0, len(tape), _CHUNK_ROWS):
        events = tape.events[start : start + _CHUNK_ROWS]
        exch_lots, local_lots = totals.push(events)
        yield _rows(tape, events, exch_lots, local_lots, inside, left_out)


def _rows(
    tape: "Tape",
    events: NDArray[np.void],
    exch_lots: NDArray[np.int64],
    local_lots: NDArray[np.int64],
    inside: list[bool],
    left_out: "Counter[str]",
) -> NDArray[np.void]:
    kind, flags = events["kind"], events["flags"]
    exch, local = (flags & Flag.EXCH) != 0, (flags & Flag.LOCAL) != 0
    snapshot = np.zeros(len(events), bool)
    for view, mask in enumerate((exch, local)):
        step = (kind == Kind.SNAPSHOT_BEGIN).astype(np.int64) - (kind == Kind.SNAPSHOT_END)
        depth = np.cumsum(np.where(mask, step, 0)) + inside[view]
        inside[view] = bool(depth[-1] > 0)
        snapshot |= mask & (depth > 0)
    ev = np.zeros(len(events), np.uint64)
    for one, code in _EV.items():
        ev[kind == one] = code
    ev[(kind == Kind.CHANGE) & snapshot] = SNAPSHOT
    for value, count in zip(*np.unique(kind[ev == 0], return_counts=True), strict=True):
        if value not in (Kind.SNAPSHOT_BEGIN, Kind.SNAPSHOT_END):
            left_out[Kind(int(value)).name.lower()] += int(count)
    sided = (flags & Flag.OFFBOOK) == 0
    ev |= ((events["side"] == Side.BUY) & sided) * np.uint64(BUY)
    ev |= ((events["side"] == Side.SELL) & sided) * np.uint64(SELL)

    book = kind <= Kind.BBO
    lots = np.where(book, np.where(exch, exch_lots, local_lots), events["qty_lots"])
    twice = book & exch & local & (exch_lots != local_lots) & (ev != 0)
    take = np.repeat(np.arange(len(events)), np.where(ev != 0, 1 + twice, 0))
    copy = np.zeros(len(take), bool)
    copy[1:] = take[1:] == take[:-1]
    first = np.zeros(len(take), bool)
    first[:-1] = copy[1:]

    out = np.zeros(len(take), ROW)
    out["ev"] = ev[take] | (exch[take] & ~copy) * np.uint64(EXCH) | (local[take] & ~first) * np.uint64(LOCAL)
    out["exch_ts"] = events["exch_ts_ns"][take]
    out["local_ts"] = out["exch_ts"] + events["latency_ns"][take]
    ticks = events["price_ticks"][take]
    out["px"] = from_grid(ticks, tape.instrument.tick_size)
    out["px"][(kind[take] == Kind.CLEAR) & (ticks == NO_PRICE)] = np.nan
    out["qty"] = from_grid(np.where(copy, local_lots[take], lots[take]), tape.instrument.lot_size)
    out["qty"][kind[take] == Kind.CLEAR] = 0.0
    return out
