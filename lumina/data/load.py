"""Files of any known format into a tape."""

import importlib
import inspect
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from lumina.data import archive
from lumina.data.instrument import Instrument
from lumina.data.join import join
from lumina.data.source import TERMS, Source, total_bytes
from lumina.data.tape import PathLike, Tape, write_source
from lumina.data.tape_file import is_tape
from lumina.errors import DataError, argument
from lumina.numeric import flag, whole

# A new importer is a module or folder beside this one with `sniff(head, path)` and `read(paths, **options)`, and a
# line here.
# csv is the last: it takes any header that it understands.
IMPORTERS = ("binance", "bitstamp", "bybit", "databento", "hftbacktest", "itch", "lobster", "tardis", "csv")
# Those of them that have `split(paths, folder, symbols, **options)`.
SPLITTERS = ("itch",)

# Options of importers that are whole numbers, and those that are switches.
_WHOLE = ("min_latency_ns", "counted_window_ns", "instrument_id", "publisher_id", "port")
_SWITCHES = ("inverse", "order_ids", "orderbook", "header", "round_lots", "round_prices")

Paths = PathLike | Iterable[PathLike]
_SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"
_HEAD_BYTES = 1 << 18  # of a compressed file that may be a single block of zstd


def load(path: Paths, format: str = "auto", **options: Any) -> Tape:
    """Read market data as a tape.

    Parameters
    ----------
    path : path or list of paths
        A tape or several, or the files of one recording, in order of time: the days of one run.
    format : str
        `tape`, the name of an importer, or `auto` where the file says what it is.
    **options
        The importer's own: see `read` of the module of its name, `lumina.data.binance.read`.

    Raises
    ------
    DataError
        Naming file, line or row, field and value of what is wrong.
    """
    paths = _paths(path)
    if _format(paths, format) == "tape" and len(paths) == 1:
        return _open(paths[0], options)
    return Tape.from_source(_source(paths, format, options))


def convert(path: Paths, out: PathLike, format: str = "auto", **options: Any) -> Tape:
    """Like `load`, but streamed into a tape file; a failure leaves no file behind."""
    paths = _paths(path)
    if _format(paths, format) == "tape" and len(paths) == 1:
        tape = _open(paths[0], options)
        tape.save(out)
        return Tape.open(out)
    target = Path(out)
    # of an archive's file, the archive is the input
    inputs = [place for source in paths for place in (source, *source.parents) if place.is_file()]
    if any(target.exists() and target.samefile(source) for source in inputs):
        raise DataError(f"{target}: the output is one of the inputs")
    return write_source(_source(paths, format, options), target)


def split(
    path: Paths, folder: PathLike, symbols: Sequence[str] | None = None, format: str = "auto", **options: Any
) -> dict[str, Path]:
    """Read files of many instruments once, and write a tape for each into a folder.

    Parameters
    ----------
    path, format, **options
        As of `load`; the format must be one of `SPLITTERS`.
    folder : path
        Made where it is missing.
    symbols : sequence of str, optional
        The instruments; default all.

    Returns
    -------
    dict
        Path of each tape by symbol.
    """
    paths = _paths(path)
    name = _format(paths, format)
    if name not in SPLITTERS:
        raise DataError(f"format {name} cannot be split; known are {', '.join(SPLITTERS)}")
    run = _importer(name).split
    options = _checked(name, run, options)
    tapes: dict[str, Path] = run(paths, folder, symbols, **options)
    return tapes


def format_of(path: PathLike) -> str:
    """Name of a file's format by its first bytes and name: `tape`, or the importer that reads it."""
    return _format(_paths(path), "auto")


def _paths(path: Paths) -> list[Path]:
    try:
        paths = [Path(path)] if isinstance(path, (str, os.PathLike)) else [Path(one) for one in path]
    except TypeError:
        raise DataError(f"path = {path!r}: must be a path, or a sequence of paths") from None
    if not paths:
        raise DataError("no file to read")
    total_bytes(paths)
    return paths


def _open(path: Path, options: dict[str, Any]) -> Tape:
    _source([path], "tape", options)  # refuses what a tape does not take
    return Tape.open(path)


def _importer(name: str) -> ModuleType:
    return importlib.import_module(f"lumina.data.{name}")


def _format(paths: list[Path], format: str) -> str:
    if format != "auto":
        if format not in ("tape", *IMPORTERS):
            raise DataError(f"format {format!r} is unknown; known are tape, {', '.join(IMPORTERS)}")
        return format
    try:
        with archive.open_file(paths[0]) as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise DataError(f"{paths[0]}: cannot be read: {error.strerror}") from None
    if not head:
        raise DataError(f"{paths[0]}: the file is empty")
    if is_tape(head):
        return "tape"
    if head.startswith(_SEVEN_ZIP):
        raise DataError(f"{paths[0]}: is a 7z archive; remedy: unpack it")
    for name in IMPORTERS:
        if _importer(name).sniff(head, paths[0]):
            return name
    raise DataError(
        f"{paths[0]}: the file does not say what it is; remedy: {argument('format')}, one of tape, "
        f"{', '.join(IMPORTERS)}"
    )


def _source(paths: list[Path], format: str, options: dict[str, Any]) -> Source:
    name = _format(paths, format)
    read = join if name == "tape" else _importer(name).read
    options = _checked(name, read, options)
    source = read(paths, **options)
    assert isinstance(source, Source)
    whole = name == "tape" or options.get("instrument") is not None
    source.given = [term for term in TERMS if whole or options.get(term) is not None]
    return source


def _checked(name: str, function: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """The options, numbers and switches as Python's own; bounds are the importer's."""
    known = [key for key, found in inspect.signature(function).parameters.items() if found.kind == found.KEYWORD_ONLY]
    shown = [key for key in known if key != "instrument"]  # its terms are there too, which commands have as well
    out = {}
    for key, value in options.items():
        if key not in known:
            raise DataError(f"format {name} has no option {argument(key)}; it has {', '.join(map(argument, shown))}")
        out[key] = _option(key, value)
    return out


def _option(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _WHOLE:
        return whole(f"option {argument(name)}", value, -(2**63), 2**63 - 1, error=DataError)
    if name in _SWITCHES:
        return flag(f"option {argument(name)}", value, error=DataError)
    if name == "instrument" and not isinstance(value, Instrument):
        raise DataError(f"option instrument = {value!r}: must be a lumina.Instrument, or None")
    if name == "progress" and not callable(value):
        raise DataError(f"option progress = {value!r}: must be a function of (bytes done, bytes in all), or None")
    return value
