"""The files of an ITCH recording: which day each is of, its content through the parser, and what is wrong in words."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from datetime import date as Date
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from lumina._core._itch import LENGTHS, ItchError, ItchReader, is_capture_file, look_at, stock_text
from lumina.data.compressed import head as unpacked
from lumina.data.compressed import pieces
from lumina.data.instrument import Number, exact, text
from lumina.data.notes import counted
from lumina.data.source import Clocks, HashedFile, Progress, Reading
from lumina.errors import DataError, argument

# NASDAQ, BX and PSX write ns since midnight in New York.
ZONE = "America/New_York"
# Since this day the side of a trade message is always B.
SIDELESS_FROM = Date(2014, 7, 14)
_HEAD_BYTES = 1 << 16
_PRICE_UNITS = 10_000
_MAX_UNITS = 2**31
_DIGITS = re.compile(r"(?<![0-9])[0-9]{8}(?![0-9])", re.ASCII)
_OLD_NAME = re.compile(r"(?<![0-9A-Za-z])S([0-9]{2})([0-9]{2})([0-9]{2})-v", re.ASCII)
_SYMBOL = re.compile(r"[!-~]{1,8}", re.ASCII)

# Messages that make rows, and what the others are.
_USED = frozenset("SRHAFECXDUPQ")
_UNUSED = {
    "Y": "short sale restriction",
    "L": "market participant",
    "V": "circuit breaker level",
    "W": "circuit breaker",
    "K": "IPO quoting",
    "J": "auction collar",
    "h": "operational halt",
    "B": "broken trade",
    "I": "imbalance",
    "N": "retail interest",
    "O": "direct listing",
}

_TEXTS = {
    "bad_length": "message {type!r} has {value} bytes, its length is {bound}",
    "unknown_type": "message type {value} is no letter; known are " + " ".join(sorted(LENGTHS)),
    "after_end": "bytes follow the end of the session",
    "cut_file": "the file is cut: {value} bytes are left that are no whole message",
    "between_ticks": "message {type!r}: price {price} is no multiple of tick_size {tick}; remedy: "
    f"{argument('tick_size', '0.0001')}, or {argument('odd_prices', 'drop')} to leave such orders out",
    "price_bound": "message {type!r}: price {price} is over {bound} ticks of {tick}; remedy: "
    f"{argument('out_of_range', 'drop')} to leave such orders out",
    "quantity_bound": "message {type!r}: {value} shares are over the bound {bound}",
    "no_quantity": "message {type!r}: 0 shares must be above 0",
    "bad_side": "message {type!r}: side {letter!r} is neither B nor S",
    "bad_printable": "message {type!r}: printable flag {letter!r} is neither Y nor N",
    "bad_time": "message {type!r}: {value} ns since midnight are over a day",
    "time_back": "message {type!r}: {value} ns since midnight are below {bound} of the message before; remedy: give "
    "the files in order of time, one session a file",
    "other_stock": "message {type!r}: stock {stock!r} under the locate of {other!r}",
    "several_stocks": "holds {other!r} and {stock!r}, perhaps more; remedy: give " + argument("symbol"),
    "no_market_hours": "the day has system events, and by {value} ns since midnight none said that the market opened "
    f"(S, Q); remedy: {argument('session', 'us_equity')} takes the hours from a calendar",
    "bad_magic": "is neither pcap nor pcapng here",
    "bad_version": "has a version that is unknown (known are pcap 2.x and pcapng 1.x)",
    "bad_record": "broken record: a length or a time is not plausible",
    "bad_interface": "packet of an interface that is not described",
    "untimed_packet": "a packet without a time that is known",
    "link": "link type {value} is not Ethernet (1)",
    "short_header": "datagram to port {value} is too short for MoldUDP64",
    "cut_block": "datagram to port {value} is no MoldUDP64: a message reaches beyond it; remedy for a capture that "
    f"holds other traffic: {argument('port')}",
    "trailing_bytes": "datagram to port {value} is no MoldUDP64: something follows its messages; remedy for a capture "
    f"that holds other traffic: {argument('port')}",
    "bad_sequence": "datagram to port {value} has a sequence beyond 2^64",
    "other_session": "datagram to port {value} is of another MoldUDP64 session; remedy: "
    f"{argument('port')} for one of the feeds",
    "gap": "{value} messages are missing before sequence {bound}; remedy: "
    f"{argument('gaps', 'mark')} goes on with a GAP row",
}


@dataclass(frozen=True)
class Options:
    """What `read` and `split` have in common; see `lumina.data.itch.read`."""

    date: str | Date | None
    tick_size: Number
    system_phases: bool
    gaps: str
    odd_prices: str
    out_of_range: str
    port: int

    def __post_init__(self) -> None:
        if self.gaps not in ("error", "mark"):
            raise DataError(f"option {argument('gaps')} = {self.gaps!r} is neither error nor mark")
        if self.odd_prices not in ("error", "drop"):
            raise DataError(f"option {argument('odd_prices')} = {self.odd_prices!r} is neither error nor drop")
        if self.out_of_range not in ("drop", "error"):
            raise DataError(f"option {argument('out_of_range')} = {self.out_of_range!r} is neither drop nor error")
        if isinstance(self.port, bool) or not isinstance(self.port, int) or not 0 <= self.port <= 65535:
            raise DataError(f"option {argument('port')} = {self.port!r} is no number from 0 to 65535")

    @property
    def tick_units(self) -> int:
        """Price units of 0.0001 in a tick."""
        units = exact(self.tick_size, "tick_size") * _PRICE_UNITS
        if units.denominator != 1 or not 0 < units < _MAX_UNITS:
            raise DataError(
                f"option {argument('tick_size')} = {self.tick_size} is no multiple of 0.0001 below {_MAX_UNITS / 1e4:g}"
            )
        return int(units)

    @property
    def given_date(self) -> Date | None:
        """The option `date`."""
        if self.date is None or isinstance(self.date, Date):
            return self.date
        try:
            return Date.fromisoformat(str(self.date))
        except ValueError:
            raise DataError(f"option {argument('date')} = {self.date!r} is no date YYYY-MM-DD") from None


class Day(NamedTuple):
    """Of one file: its trading day and where that is said, and whether it is a capture."""

    day: Date
    said_by: str
    capture: bool


class Piece(NamedTuple):
    """Updates of whole messages, and whose each is (an index into `Recording.symbols`)."""

    updates: NDArray[np.void]
    symbols: NDArray[np.uint32]


class Recording:
    """Files of one recording through one parser; `pieces()` is to be run through once.

    Parameters
    ----------
    paths
        In order of time.
    symbols
        Those to read; none = all.
    only_one
        All, and there must be one.
    options
        See there.
    clocks
        Watch the captures' latencies.
    progress
        Called with (bytes read, bytes in all).
    """

    def __init__(
        self,
        paths: Sequence[Path],
        symbols: Sequence[str],
        options: Options,
        clocks: Clocks,
        *,
        only_one: bool = False,
        progress: Progress | None = None,
    ) -> None:
        for symbol in symbols:
            if not isinstance(symbol, str) or _SYMBOL.fullmatch(symbol) is None:
                raise DataError(f"option {argument('symbol')}: {symbol!r} is no stock of 1 to 8 letters without spaces")
        self._paths = list(paths)
        self._options = options
        self._clocks = clocks
        self._progress = progress
        self._midnight = _midnights()
        self._reader = ItchReader(
            [symbol.encode() for symbol in dict.fromkeys(symbols)],
            options.tick_units,
            only_one=only_one,
            system_phases=options.system_phases,
            drop_odd=options.odd_prices == "drop",
            drop_far=options.out_of_range == "drop",
            mark_gaps=options.gaps == "mark",
            port=options.port,
        )
        self.days = [self._day(path) for path in self._paths]
        for path, before, now in zip(self._paths[1:], self.days, self.days[1:], strict=False):
            if now.day < before.day:
                raise DataError(f"{path}: {now.day} is before {before.day}; remedy: give the files in order of time")
        self._files: list[dict[str, Any]] = []

    @property
    def captured(self) -> bool:
        """Is any file a capture, with a clock of its own?"""
        return any(day.capture for day in self.days)

    @property
    def symbols(self) -> list[str]:
        """Names by index."""
        return self._reader.symbols

    def pieces(self) -> Iterator[Piece]:
        """The updates, in bounded pieces.

        Raises
        ------
        DataError
            Naming file, offset in its content, message and value of what is wrong; after the last file also where a
            symbol was in none.
        """
        tick = Reading(self._paths, self._progress)

        before: Date | None = None
        for path, day in zip(self._paths, self.days, strict=True):
            file = HashedFile(path, tick)
            self._reader.begin(day.capture, self._midnight(day.day), day.day != before, day.day < SIDELESS_FROM)
            before = day.day
            try:
                for data in pieces(file):
                    piece = Piece(*self._reader.feed(data))
                    self._watch(path)
                    if len(piece.updates):
                        yield piece
                self._reader.end()
                self._files.append({**file.record(), "date": str(day.day), "date_from": day.said_by})
            except ItchError as error:
                raise DataError(f"{path}: offset {error.offset}: {self._text(error)}") from None
            finally:
                file.close()
        self._all_seen()

    def record(self) -> dict[str, Any]:
        """What was read and what was left out, for the provenance."""
        counts, messages = self._reader.counts, self._reader.messages
        packets = {"packets": self._reader.packets} if self.captured else {}
        left_out = {"orders": counts.pop("far_orders"), "prints": counts.pop("far_prints")}
        unused = {f"{_UNUSED.get(kind, kind)} messages": n for kind, n in messages.items() if kind not in _USED}
        unused["orders between ticks"] = counts["odd_orders"]
        unused["trades of nothing"] = counts["trades_of_nothing"]
        unused["stocks not chosen"] = len(self._reader.others)
        if self.captured:
            unused["datagrams to other ports"] = self._reader.packets["other_ports"]
            unused["frames that are no UDP"] = self._reader.packets["other_frames"]
        return {
            "files": self._files,
            "zone": ZONE,
            "phases": "system events" if self._options.system_phases else "session",
            "messages": messages,
            "unknown_types": sum(n for type_, n in messages.items() if type_ not in LENGTHS),
            **counts,
            **packets,
            **counted("left_out", left_out),
            **counted("unused", unused),
        }

    def _day(self, path: Path) -> Day:
        head = _head(path)
        capture = is_capture_file(head)
        if (given := self._options.given_date) is not None:
            return Day(given, "option date", capture)
        if (named := date_in(path.name)) is not None:
            return Day(named, "file name", capture)
        if capture and (first_ns := look_at(head)[0]) is not None:
            local = datetime.fromtimestamp(first_ns // 10**9, UTC).astimezone(_zone())
            return Day(local.date(), "capture time", capture)
        raise DataError(f"{path}: neither the file nor its name says the day; remedy: {argument('date', 'YYYY-MM-DD')}")

    def _watch(self, path: Path) -> None:
        latency = self._reader.take_latency()
        if latency is not None:
            low, low_at, high, high_at = latency
            self._clocks.watch(low, lambda: f"{path}: offset {low_at}", high, lambda: f"{path}: offset {high_at}")
        elif not self.captured:
            self._clocks.watch(0, lambda: str(path), 0, lambda: str(path))

    def _text(self, error: ItchError) -> str:
        about_stocks = error.reason in ("other_stock", "several_stocks")
        return _TEXTS[error.reason].format(
            type=error.type,
            value=error.value,
            bound=error.bound,
            price=text(Fraction(error.value, _PRICE_UNITS)),
            tick=text(exact(self._options.tick_size, "tick_size")),
            letter=chr(error.value) if error.value < 128 else error.value,
            stock=stock_text(error.value) if about_stocks else "",
            other=stock_text(error.bound) if about_stocks else "",
        )

    def _all_seen(self) -> None:
        for symbol, seen in zip(self.symbols, self._reader.seen, strict=True):
            if not seen:
                others = sorted(self._reader.others)
                some = f"holds {len(others)} others, such as {', '.join(others[:5])}" if others else "holds no stock"
                raise DataError(f"{self._paths[-1]}: symbol {symbol!r} is not in it; the last day {some}")
        if not self.symbols:
            raise DataError(f"{self._paths[0]}: holds no stock")


def date_in(name: str) -> Date | None:
    """The day that a file's name says: MMDDYYYY, YYYYMMDD, or SMMDDYY-v50; None where it says none or several."""
    found = set()
    for digits in _DIGITS.findall(name):
        for form in ("%Y%m%d", "%m%d%Y"):
            try:
                day = datetime.strptime(digits, form).date()
            except ValueError:
                continue
            if 1990 <= day.year < 2100:
                found.add(day)
                break
    if (old := _OLD_NAME.search(name)) is not None:
        month, day_of_month, year = map(int, old.groups())
        with contextlib.suppress(ValueError):
            found.add(Date(2000 + year, month, day_of_month))
    return found.pop() if len(found) == 1 else None


def _head(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return unpacked(file.read(_HEAD_BYTES))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        raise DataError(f"zone {ZONE} is unknown here; remedy: pip install tzdata") from None


def _midnights() -> Callable[[Date], int]:
    zone = _zone()
    return lambda day: int(datetime.combine(day, time(0), zone).timestamp()) * 10**9
