"""Writes a run to a folder: all of it or nothing."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina._core._types import NO_MID
from lumina.data.in_place import put_in_place
from lumina.errors import ConfigError
from lumina.report.statistics import FILL_CAUSES, money, signs

if TYPE_CHECKING:
    from lumina.backtester.result import Result

ARRAYS = ("fills", "orders", "order_events", "equity", "markout_mid2")
FILES = ("config.yaml", "summary.json", "fills.csv", "report.png", *(f"{name}.npy" for name in ARRAYS))
"""Everything that a run writes; a folder that holds nothing else is a former run and may be replaced."""

_PART = ".run."  # a folder that a run which was killed has left


def check_folder(out: str | Path) -> None:
    """Refuse, before the run, a folder that cannot be written or that holds something else.

    Raises
    ------
    ConfigError : naming the folder and what is in the way
    """
    folder = Path(out)
    try:
        if (folder.is_symlink() or folder.exists()) and not folder.is_dir():
            raise ConfigError(f"{folder}: is there already and is no folder")
        if folder.is_dir():
            names = {entry.name for entry in folder.iterdir() if not entry.name.startswith(_PART)}
            if foreign := sorted(names - set(FILES)):
                raise ConfigError(f"{folder}: holds {foreign[0]}, which is no file of a run: name another folder")
            if folders := sorted(name for name in names if not (folder / name).is_file()):
                raise ConfigError(f"{folder}: {folders[0]} is no file: name another folder")
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        prefix, inside = _beside(folder)
        with tempfile.TemporaryDirectory(prefix=prefix, dir=inside):
            pass
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {(error.strerror or str(error)).lower()}") from None


def write(out: str | Path, config: str, result: Result, summary: dict[str, Any], picture: bool, title: str) -> None:
    """Write a run into a folder, under another name until it is complete.

    Parameters
    ----------
    out : the folder; the files of a former run in it are replaced, all or none, and keep their modes
    config : the resolved configuration as YAML
    result, summary : of the run
    picture : whether to draw report.png
    title : of the picture
    """
    folder = Path(out).absolute()
    prefix, inside = _beside(folder)
    part = Path(tempfile.mkdtemp(prefix=prefix, dir=inside))
    try:
        (part / "config.yaml").write_text(config, encoding="utf-8")
        (part / "summary.json").write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        for name in ARRAYS:
            np.save(part / f"{name}.npy", getattr(result, name), allow_pickle=False)
        write_fills(part / "fills.csv", result)
        if picture:
            from lumina.report import picture as drawing

            drawing.draw(result, part / "report.png", title=title)
        if folder.exists():
            check_folder(folder)  # somebody may have put something there meanwhile
            new = {path: folder / path.name for path in sorted(part.iterdir())}
            aside = part / "former"
            aside.mkdir()
            put_in_place(new, aside, [folder / name for name in FILES if not (part / name).exists()])
        else:
            umask = os.umask(0)
            os.umask(umask)
            part.chmod(0o777 & ~umask)
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _beside(folder: Path) -> tuple[str, Path]:
    """How the folder that a run is written to first is named, and where: in one that is there, which may be a mount."""
    return (_PART, folder) if folder.is_dir() else (f".{folder.name}.", folder.absolute().parent)


def write_fills(path: str | Path, result: Result) -> None:
    """Fills as CSV in a trader's units: UTC times, prices and quantities in the instrument's, money in currency.

    Costs are negative, as in the summary; a markout is signed ticks a lot, empty where the data ended before.
    """
    fills = result.fills
    utc = np.datetime_as_string(fills["ts_ns"].astype("datetime64[ns]"), "ns")
    learned = np.datetime_as_string(fills["report_ts_ns"].astype("datetime64[ns]"), "ns")
    horizons = [f"markout_{horizon / 1e9:g}s_ticks" for horizon in result.markouts_ns]
    moved = signs(fills["side"])[:, None] * (result.markout_mid2 / 2 - fills["price_ticks"][:, None])
    known = result.markout_mid2 != NO_MID
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["time_utc", "report_time_utc", "symbol", "order_id", "side", "role", "cause", "price", "quantity", "mid",
             "cash", "fee", "impact", "spread_capture", "position", "queue_ahead", "shift_ticks", *horizons]
        )  # fmt: skip
        for row, fill in enumerate(fills):
            instrument = result.instruments[fill["instrument"]]
            writer.writerow(
                [
                    f"{utc[row]}Z",
                    f"{learned[row]}Z",
                    instrument.symbol,
                    fill["order_id"],
                    ("buy", "sell")[fill["side"]],
                    ("taker", "maker")[fill["maker"]],
                    FILL_CAUSES[fill["cause"]],
                    instrument.price(fill["price_ticks"]),
                    instrument.qty(fill["qty_lots"]),
                    float(int(fill["mid2_ticks"]) * instrument.tick_size / 2),
                    money(fill["cash_units"], instrument),
                    money(-fill["fee_units"], instrument),
                    money(-fill["impact_units"], instrument),
                    money(fill["spread_capture_units"], instrument),
                    instrument.qty(fill["position_lots"]),
                    float(fill["queue_ahead_lots"]) * float(instrument.lot_size),
                    fill["shift_ticks"],
                    *(value if there else "" for value, there in zip(moved[row], known[row], strict=True)),
                ]
            )
