"""Which of LOBSTER's files belong together, and the day that they are of."""

import re
from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lumina.data import archive
from lumina.data.lobster import text as lobster_text
from lumina.errors import DataError, argument

ZONE = "America/New_York"
_ENDINGS = (".csv", ".csv.gz", ".csv.zst", ".csv.xz")


class Day(NamedTuple):
    """One day's files; without `book` levels come from the messages alone."""

    messages: Path
    book: Path | None
    levels: int  # of the book; of the file name where there is none, 0 = unknown
    midnight_ns: int
    symbol: str  # empty where the name does not tell


def unpacked(paths: Sequence[Path], symbol: str | None) -> tuple[list[Path], int]:
    """The files, of an archive those that it holds, and how many of these are none of LOBSTER's.

    Of an archive with several symbols those of the one that is wanted.

    Raises
    ------
    DataError
        Where an archive holds no such file, or of a day the files of several depths.
    """
    out: list[Path] = []
    others = 0
    for path in paths:
        if not archive.is_archive(path):
            out.append(path)
            continue
        members = archive.members(path)
        named = [member for member in members if lobster_text.name_of(member)]
        found = named or [member for member in members if ".csv" in member.suffixes]
        others += len(members) - len(found)
        if not found:
            raise DataError(f"{path}: holds {len(members)} files, and none is a message or orderbook file of LOBSTER")
        held = sorted({lobster_text.name_of(one)["symbol"] for one in named})
        if symbol is not None and len(held) > 1:
            if symbol not in held:
                raise DataError(f"{path}: holds no file of {symbol}; it holds {', '.join(held)}")
            found = [one for one in found if lobster_text.name_of(one)["symbol"] == symbol]
        out += _one_depth(path, found)
    return out, others


def _one_depth(path: Path, members: list[Path]) -> list[Path]:
    names = [(member, name) for member in members if (name := lobster_text.name_of(member))]
    for what in ("symbol", "levels"):
        held = sorted({name[what] for _, name in names}, key=lambda text: (len(text), text))
        if len(held) > 1:
            example = next(member for member, name in names if name["kind"] == "message" and name[what] == held[-1])
            choice = f"{argument('symbol')}, or " if what == "symbol" else ""
            raise DataError(
                f"{path}: holds files of {len(held)} {what if what == 'levels' else 'symbols'} ({', '.join(held)}); "
                f"remedy: {choice}the path of one message file inside it, as {example}"
            )
    return members


def days(paths: Sequence[Path], with_books: bool, date: str | Date | None) -> list[Day]:
    """Pair message and orderbook files, given in any order; days in order of the message files.

    Raises
    ------
    DataError
        Where an orderbook is missing, belongs to no message file, or a date is unknown or not after the one before.
    """
    messages, books = [], []
    for path in paths:
        columns = lobster_text.columns(path)
        if columns == lobster_text.COLUMNS:
            messages.append(path)
        elif columns % 4 == 0 and columns // 4 <= lobster_text.MAX_LEVELS:
            books.append((path, columns // 4))
        else:
            raise DataError(
                f"{path}: line 1: has {columns} columns; a LOBSTER message has {lobster_text.COLUMNS}, an orderbook 4 "
                f"a level, up to {lobster_text.MAX_LEVELS} levels"
            )
    if not messages:
        messages = [_beside(book, "orderbook", "message") for book, _ in books]
    if not with_books and books:
        raise DataError(
            f"{books[0][0]}: is an orderbook, and {argument('orderbook', 'false')}; remedy: give it as "
            f"{argument('seed')}"
        )
    if books and len(books) != len(messages):
        raise DataError(
            f"{paths[0]}: {len(messages)} message files and {len(books)} orderbooks; remedy: one of each a day"
        )
    if with_books and not books:
        found = [_beside(path, "message", "orderbook") for path in messages]
        books = [(book, lobster_text.columns(book) // 4) for book in found]

    out: list[Day] = []
    for i, path in enumerate(messages):
        name = lobster_text.name_of(path)
        midnight_ns = _midnight_ns(path, date if date is not None else name.get("date"))
        if out and midnight_ns <= out[-1].midnight_ns:
            raise DataError(f"{path}: is of no day after {out[-1].messages.name}; remedy: give days in order of time")
        book, levels = books[i] if books else (None, int(name.get("levels", 0)))
        if book is not None:
            other = lobster_text.name_of(book)
            if name and other and (name["symbol"], name["date"]) != (other["symbol"], other["date"]):
                raise DataError(f"{book}: is of another symbol or date than {path.name}")
        out.append(Day(path, book, levels, midnight_ns, name.get("symbol", "")))
    wrong = next((day for day in out if (day.symbol, day.levels) != (out[0].symbol, out[0].levels)), None)
    if wrong is not None:
        raise DataError(
            f"{wrong.messages}: is {wrong.symbol} of {wrong.levels} levels, and {out[0].messages.name} "
            f"{out[0].symbol} of {out[0].levels}"
        )
    return out


def _beside(path: Path, kind: str, wanted: str) -> Path:
    """The orderbook of a message file, or the other way round, by its name."""
    stem = re.sub(r"\.csv(\.\w+)?$", "", path.name)
    other = re.sub(rf"_{kind}(?=_\d+$)", f"_{wanted}", stem)
    ending = path.name[len(stem) :]
    if other != stem:
        for candidate in (ending, *_ENDINGS):
            if archive.is_file(found := path.with_name(other + candidate)):
                return found
    if kind == "orderbook":
        raise DataError(f"{path}: is an orderbook, and no message file is beside it by its name; remedy: give its path")
    levels = lobster_text.name_of(path).get("levels")
    limit = f", and not those of {levels} levels only" if levels else ""
    raise DataError(
        f"{path}: no orderbook file beside it by its name; remedy: give its path too. {argument('orderbook', 'false')} "
        f"takes levels from the messages alone, which is right only where they tell the orders of all levels{limit}"
    )


def _midnight_ns(path: Path, date: str | Date | None) -> int:
    if date is None:
        raise DataError(f"{path}: the name does not tell the date; remedy: give {argument('date')} (YYYY-MM-DD)")
    try:
        day = Date.fromisoformat(str(date))
        return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).timestamp()) * 1_000_000_000
    except ZoneInfoNotFoundError:
        raise DataError(f"{path}: the system knows no time zone {ZONE}; remedy: pip install tzdata") from None
    except (ValueError, OverflowError):
        raise DataError(f"{path}: date {date!r} is not YYYY-MM-DD") from None
