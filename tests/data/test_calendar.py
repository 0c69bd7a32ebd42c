"""Session calendars against UTC times worked out by hand, around the days on which clocks change."""

from datetime import UTC, datetime

import pytest

from lumina import Phase
from lumina.data.calendar import Calendar
from lumina.errors import DataError

OPEN, SHUT = Phase.CONTINUOUS, Phase.AUCTION


def ns(text):
    """`2012-06-21 13:30` UTC in ns."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def test_us_equities_open_at_1330_utc_in_summer():
    calendar = Calendar.parse("us_equity")
    assert calendar.phases(ns("2012-06-21 00:00"), ns("2012-06-21 23:59")) == [
        (ns("2012-06-21 00:00"), SHUT),
        (ns("2012-06-21 13:30"), OPEN),
        (ns("2012-06-21 20:00"), SHUT),
    ]


def test_globex_opens_on_the_evening_of_christmas():
    calendar = Calendar.parse("cme_globex")
    assert calendar.phases(ns("2023-12-25 22:00"), ns("2023-12-26 23:00")) == [
        (ns("2023-12-25 22:00"), SHUT),
        (ns("2023-12-25 23:00"), OPEN),
        (ns("2023-12-26 22:00"), SHUT),
        (ns("2023-12-26 23:00"), OPEN),
    ]


def test_globex_rests_from_friday_to_sunday():
    calendar = Calendar.parse("cme_globex")
    assert calendar.next_change(ns("2024-01-12 12:00")) == (ns("2024-01-12 22:00"), SHUT)
    assert calendar.next_change(ns("2024-01-12 22:00")) == (ns("2024-01-14 23:00"), OPEN)
    assert calendar.phase_at(ns("2024-01-13 12:00")) == SHUT


# (session, the Friday or Sunday before, what follows)
CHANGES = [
    # New York leaves winter time on Sunday 2024-03-10 and summer time on 2024-11-03
    ("us_equity", "2024-03-08 20:59", ["2024-03-08 21:00", "2024-03-11 13:30", "2024-03-11 20:00"]),
    ("us_equity", "2024-11-01 19:59", ["2024-11-01 20:00", "2024-11-04 14:30", "2024-11-04 21:00"]),
    # Chicago on the same days; the session of Sunday evening has the new time already
    ("cme_globex", "2024-03-08 12:00", ["2024-03-08 22:00", "2024-03-10 22:00", "2024-03-11 21:00"]),
    ("cme_globex", "2024-11-01 12:00", ["2024-11-01 21:00", "2024-11-03 23:00", "2024-11-04 22:00"]),
    # London goes forward on 2024-03-31, inside a session that began the evening before: an hour shorter
    ("22:00-06:00 Europe/London", "2024-03-30 21:00", ["2024-03-30 22:00", "2024-03-31 05:00", "2024-03-31 21:00"]),
    # and back on 2024-10-27: an hour longer
    ("22:00-06:00 Europe/London", "2024-10-26 20:00", ["2024-10-26 21:00", "2024-10-27 06:00", "2024-10-27 22:00"]),
]


@pytest.mark.parametrize(("text", "start", "expected"), CHANGES)
def test_daylight_saving(text, start, expected):
    calendar = Calendar.parse(text)
    ts_ns, found = ns(start), []
    phase = calendar.phase_at(ts_ns)
    for _ in expected:
        ts_ns, after = calendar.next_change(ts_ns)
        assert after != phase
        phase = after
        found.append(ts_ns)
    assert found == [ns(text) for text in expected]


def test_a_change_counts_from_its_instant_on():
    calendar = Calendar.parse("09:30-16:00 America/New_York")
    opens = ns("2012-06-21 13:30")
    assert [calendar.phase_at(opens + d) for d in (-1, 0)] == [SHUT, OPEN]
    assert calendar.next_change(opens - 1) == (opens, OPEN)
    assert calendar.next_change(opens) == (ns("2012-06-21 20:00"), SHUT)
    assert [calendar.phase_at(ns("2012-06-21 20:00") + d) for d in (-1, 0)] == [OPEN, SHUT]


def test_breaks_days_and_dates_without_a_session():
    # Tokyo is nine hours ahead all the year; 2024-01-05 is a Friday, Monday the 8th a holiday
    calendar = Calendar.parse("09:00-11:30,12:30-15:00 Asia/Tokyo Mon-Fri except 2024-01-08")
    times = [ts_ns for ts_ns, _ in calendar.phases(ns("2024-01-05 00:00"), ns("2024-01-09 00:00"))]
    assert times == [
        ns(text)
        for text in ("2024-01-05 00:00", "2024-01-05 02:30", "2024-01-05 03:30", "2024-01-05 06:00", "2024-01-09 00:00")
    ]
    assert Calendar.parse("us_equity except 2012-07-04").next_change(ns("2012-07-03 20:00")) == (
        ns("2012-07-05 13:30"),
        OPEN,
    )
    assert Calendar.parse("10:00-12:00 UTC Mon,Wed").next_change(ns("2024-01-01 12:00")) == (
        ns("2024-01-03 10:00"),
        OPEN,
    )


def test_sessions_that_touch_are_one():
    # round the clock from Monday to Friday: 2024-01-01 is a Monday
    calendar = Calendar.parse("00:00-00:00 UTC Mon-Fri")
    for start in ("2024-01-01 00:00", "2024-01-03 12:00", "2024-01-05 23:59"):
        assert calendar.next_change(ns(start)) == (ns("2024-01-06 00:00"), SHUT)
    assert calendar.next_change(ns("2024-01-06 00:00")) == (ns("2024-01-08 00:00"), OPEN)


@pytest.mark.parametrize("ts_ns", [-(2**63), 0, 2**63 - 1])
def test_times_at_the_ends_of_64_bits(ts_ns):
    after, phase = Calendar.parse("cme_globex").next_change(ts_ns)
    assert after > ts_ns
    assert phase in (OPEN, SHUT)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is neither us_equity"),
        ("nyse", "is neither us_equity"),
        ("9:30-16:00 America/New_York", "'9:30-16:00' is not HH:MM-HH:MM"),
        ("09:30-24:00 UTC", "'09:30-24:00' is not HH:MM-HH:MM"),
        ("09:30-16:00 America/Nowhere", "zone 'America/Nowhere' is unknown"),
        ("09:30-16:00 ../../etc/passwd", "zone '../../etc/passwd' is unknown"),
        ("09:30-16:00 UTC Mon-Frid", "'Frid' is none of Mon"),
        ("09:30-16:00 UTC except 2024-13-01", "'2024-13-01' is no date"),
        ("00:00-00:00 UTC", "never closes"),
        ("06:00-18:00,17:00-06:00 UTC", "never closes"),
        ("x" * 5000, "no text of up to"),
    ],
)
def test_what_is_no_calendar(text, message):
    with pytest.raises(DataError, match=r"^option session") as error:
        Calendar.parse(text)
    assert message in str(error.value)


def test_a_time_over_64_bits():
    with pytest.raises(DataError, match="not within 64 bits"):
        Calendar.parse("us_equity").phase_at(2**63)


def test_times_in_nights_when_clocks_change():
    # New York: on 2024-03-10 02:00 becomes 03:00 (07:00 UTC), on 2024-11-03 02:00 becomes 01:00 (06:00 UTC)
    def sessions(text, start, n):
        calendar, at, out = Calendar.parse(text), ns(start), []
        for _ in range(n):
            at, _ = calendar.next_change(at)
            out.append(at)
        return out

    new_york = "America/New_York"
    march, november = "2024-03-09 23:00", "2024-11-02 23:00"
    # an open that does not exist is the change, a close too
    assert sessions(f"02:30-09:00 {new_york}", march, 2) == [ns("2024-03-10 07:00"), ns("2024-03-10 13:00")]
    assert sessions(f"01:00-02:15 {new_york}", march, 2) == [ns("2024-03-10 06:00"), ns("2024-03-10 07:00")]
    assert sessions(f"02:30-03:15 {new_york}", march, 2) == [ns("2024-03-10 07:00"), ns("2024-03-10 07:15")]
    # a session in the missing hour does not take place
    assert sessions(f"02:10-02:50 {new_york}", march, 2) == [ns("2024-03-11 06:10"), ns("2024-03-11 06:50")]
    # of a time told twice the first counts
    assert sessions(f"01:30-03:00 {new_york}", november, 2) == [ns("2024-11-03 05:30"), ns("2024-11-03 08:00")]
