"""Hours of continuous trading, for data that does not say them: local times of a zone, daylight saving right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lumina.data.kinds import Phase
from lumina.errors import DataError, argument

# The days are those on which a session opens.
NAMES = {
    "us_equity": "09:30-16:00 America/New_York Mon-Fri",
    "cme_globex": "17:00-16:00 America/Chicago Sun-Thu",
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORM = "HH:MM-HH:MM[,HH:MM-HH:MM] Zone [Mon-Fri] [except YYYY-MM-DD,...]"
_TIMES = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_MAX_TEXT = 4000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_DAY_MINUTES = 1440


@dataclass(frozen=True)
class Calendar:
    """Sessions of continuous trading; the time between them is an auction.

    When clocks change, a time that does not exist is the instant of the change, and one that is told twice the first
    of both; a session that lies in the missing hour altogether does not take place.

    Parameters
    ----------
    text
        As given to `parse`.
    zone
        Of the times.
    spans
        (open, close) in order of opening; a close not after its open is on the next day.
    days
        Weekdays on which sessions open, Monday is 0.
    closed
        Dates on which none opens.
    """

    text: str
    zone: ZoneInfo
    spans: tuple[tuple[time, time], ...]
    days: frozenset[int]
    closed: frozenset[date]

    @classmethod
    def parse(cls, text: str) -> "Calendar":
        """Read `us_equity`, `cme_globex` or `HH:MM-HH:MM Zone`.

        Days follow as `Mon-Fri` or `Mon,Wed` (the default is every day; those on which the session opens), dates
        without a session as `except 2023-12-25,2024-01-01`. `except` may follow a name too.

        Raises
        ------
        DataError
            Naming the word that is wrong.
        """
        if not isinstance(text, str) or len(text) > _MAX_TEXT:
            raise DataError(
                f"option {argument('session')}: {str(text)[:40]!r} is no text of up to {_MAX_TEXT} characters"
            )
        head, _, dates = text.partition(" except ")
        words = NAMES.get(head.strip(), head).split()
        if not 2 <= len(words) <= 3:
            raise DataError(f"option {argument('session')} = {text!r}: is neither {', '.join(NAMES)} nor {_FORM}")
        days = _days(words[2]) if len(words) == 3 else frozenset(range(7))
        spans = tuple(sorted(_span(part) for part in words[0].split(",")))
        closed = frozenset(_date(part.strip()) for part in dates.split(",")) if dates else frozenset()
        calendar = cls(text, _zone(words[1]), spans, days, closed)
        if calendar._never_closes():
            raise DataError(f"option {argument('session')} = {text!r}: never closes; remedy: leave it out")
        return calendar

    def phase_at(self, ts_ns: int) -> Phase:
        """Phase at a UTC time in ns: an open counts from its instant on, a close too."""
        for opens, closes in self._sessions(ts_ns):
            if opens > ts_ns:
                break
            if ts_ns < closes:
                return Phase.CONTINUOUS
        return Phase.AUCTION

    def next_change(self, ts_ns: int) -> tuple[int, Phase]:
        """The first change of phase after `ts_ns`, strictly, and the phase from then on."""
        for opens, closes in self._sessions(ts_ns):
            if opens > ts_ns:
                return opens, Phase.CONTINUOUS
            if closes > ts_ns:
                return closes, Phase.AUCTION
        raise AssertionError("sessions do not end")

    def phases(self, start_ns: int, end_ns: int) -> list[tuple[int, Phase]]:
        """The phase at `start_ns`, then every change up to and with `end_ns`."""
        out = [(start_ns, self.phase_at(start_ns))]
        while (change := self.next_change(out[-1][0]))[0] <= end_ns:
            out.append(change)
        return out

    def _sessions(self, ts_ns: int) -> Iterator[tuple[int, int]]:
        """(open, close) in ns, from one that opens before `ts_ns` on; sessions that touch are one."""
        if not -(2**63) <= ts_ns < 2**63:
            raise DataError(f"session: time {ts_ns} ns is not within 64 bits")
        day = (_EPOCH + timedelta(seconds=ts_ns // 10**9)).astimezone(self.zone).date()
        day -= 2 * _DAY  # of which a session may touch yesterday's, and that today's
        last: tuple[int, int] | None = None
        while True:
            if day.weekday() in self.days and day not in self.closed:
                for opens, closes in self.spans:
                    one = self._ns(day, opens), self._ns(day + _DAY if closes <= opens else day, closes)
                    if one[1] <= one[0]:
                        continue  # all of it lies in an hour that is left out when clocks change
                    if last is not None and one[0] <= last[1]:
                        last = last[0], max(last[1], one[1])
                        continue
                    if last is not None:
                        yield last
                    last = one
            day += _DAY

    def _never_closes(self) -> bool:
        minutes: set[int] = set()
        for day in self.days:
            for opens, closes in self.spans:
                start = day * _DAY_MINUTES + opens.hour * 60 + opens.minute
                length = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
                minutes.update((start + i) % (7 * _DAY_MINUTES) for i in range(length % _DAY_MINUTES or _DAY_MINUTES))
        return len(minutes) == 7 * _DAY_MINUTES

    def _ns(self, day: date, at: time) -> int:
        local = datetime.combine(day, at)
        # a time that does not exist is the instant at which the clocks change, of one told twice it is the first
        since = first_instant(local, self.zone) - _EPOCH
        return (since.days * 86_400 + since.seconds) * 10**9


def first_instant(local: datetime, zone: tzinfo) -> datetime:
    """UTC time at which a local clock first shows `local` or more."""
    early = local.replace(tzinfo=zone).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == local:
        return early
    # in a gap: the last second before it ends, found by halves
    low, high = local.replace(tzinfo=zone, fold=1).astimezone(UTC), early
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _span(text: str) -> tuple[time, time]:
    match = _TIMES.fullmatch(text)
    if match is None:
        raise DataError(f"option {argument('session')}: {text!r} is not HH:MM-HH:MM; the form is {_FORM}")
    hour, minute, to_hour, to_minute = map(int, match.groups())
    return time(hour, minute), time(to_hour, to_minute)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DataError(
            f"option {argument('session')}: zone {text!r} is unknown here; remedy: a name such as America/Chicago, and "
            "where the "
            "system has no zones, pip install tzdata"
        ) from None


def _days(text: str) -> frozenset[int]:
    first, dash, last = text.partition("-")
    names = [first, last] if dash else text.split(",")
    for name in names:
        if name not in _DAYS:
            raise DataError(
                f"option {argument('session')}: {name!r} is none of {', '.join(_DAYS)}; the form is {_FORM}"
            )
    numbers = [_DAYS.index(name) for name in names]
    if dash:
        return frozenset((numbers[0] + i) % 7 for i in range((numbers[1] - numbers[0]) % 7 + 1))
    return frozenset(numbers)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DataError(f"option {argument('session')}: {text!r} is no date YYYY-MM-DD") from None
