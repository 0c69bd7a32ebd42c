"""Session phases between the updates of a recording, in each view at its own time."""

import numpy as np
import pytest

from lumina.data.calendar import Calendar
from lumina.data.kinds import Flag, Kind, Phase, Side
from lumina.data.pipeline import Pipeline
from lumina.data.validate import validate_rows
from lumina.errors import DataError

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BOTH = E | L | END
HOUR = 3600 * 10**9
# 1970-01-05, a Monday: open from 09:00 to 10:00 UTC
DAY = 4 * 24 * HOUR
OPEN, CLOSE = DAY + 9 * HOUR, DAY + 10 * HOUR


def rows_of(updates, **options):
    pipeline = Pipeline("x", calendar=Calendar.parse("09:00-10:00 UTC Mon-Fri"), **options)
    chunks = [chunk.rows for chunk in (*pipeline.push(updates), *pipeline.finish())]
    return np.concatenate(chunks)


def level(ts_ns, latency, lots, flags=BOTH):
    return ts_ns, ts_ns + latency, Kind.CHANGE, Side.BUY, 100, lots, flags


def told(rows, view):
    mine = rows[(rows["flags"] & view) != 0]
    times = mine["exch_ts_ns"] + (mine["latency_ns"] if view == L else 0)
    return [
        (int(ts), Phase(int(qty)).name if kind == Kind.STATUS else int(qty))
        for ts, kind, qty in zip(times, mine["kind"], mine["qty_lots"], strict=True)
    ]


@pytest.mark.parametrize("ordered", [False, True])
def test_phases_stand_where_each_view_reaches_them(make_updates, ordered):
    updates = make_updates(
        level(OPEN - 50, 10, 1), level(OPEN - 5, 10, 2), level(OPEN + 5, 10, 3), level(CLOSE + HOUR, 10, 4)
    )
    rows = rows_of(updates, ordered=ordered)
    assert validate_rows(rows).ok
    assert told(rows, E) == [
        (OPEN - 50, "AUCTION"), (OPEN - 50, 1), (OPEN - 5, 1), (OPEN, "CONTINUOUS"), (OPEN + 5, 1),
        (CLOSE, "AUCTION"), (CLOSE + HOUR, 1),
    ]  # fmt: skip
    assert told(rows, L) == [
        (OPEN - 40, "AUCTION"), (OPEN - 40, 1), (OPEN + 5, 1), (OPEN + 10, "CONTINUOUS"), (OPEN + 15, 1),
        (CLOSE + 10, "AUCTION"), (CLOSE + HOUR + 10, 1),
    ]  # fmt: skip


def test_a_recording_that_begins_in_the_session_has_no_phase_before_its_end(make_updates):
    rows = rows_of(make_updates(level(OPEN, 0, 1), level(CLOSE - 1, 0, 2), level(CLOSE, 0, 3)))
    assert told(rows, E) == [(OPEN, 1), (CLOSE - 1, 1), (CLOSE, "AUCTION"), (CLOSE, 1)]


def test_several_days_open_and_close(make_updates):
    rows = rows_of(make_updates(level(OPEN, 0, 1), level(OPEN + 48 * HOUR, 0, 2)), ordered=True)
    phases = [(ts, what) for ts, what in told(rows, E) if isinstance(what, str)]
    assert phases == [
        (CLOSE, "AUCTION"), (OPEN + 24 * HOUR, "CONTINUOUS"), (CLOSE + 24 * HOUR, "AUCTION"),
        (OPEN + 48 * HOUR, "CONTINUOUS"),
    ]  # fmt: skip


def test_phases_do_not_depend_on_how_updates_are_pushed(make_updates):
    updates = make_updates(*(level(OPEN - 90 + 7 * i, 40 - i, i + 1) for i in range(30)))
    whole = rows_of(updates)
    pipeline = Pipeline("x", calendar=Calendar.parse("09:00-10:00 UTC Mon-Fri"))
    parts = [chunk.rows for i in range(30) for chunk in pipeline.push(updates[i : i + 1])]
    parts += [chunk.rows for chunk in pipeline.finish()]
    assert (np.concatenate(parts) == whole).all()


def test_an_update_that_cannot_be_resolved_is_named(make_updates):
    pipeline = Pipeline("day.csv", ordered=True)
    updates = make_updates((5, 5, Kind.ADD, Side.BUY, 100, 0, BOTH, 77))
    told = r"day\.csv: add of order 77, exchange time 5 ns, price 100 ticks, quantity 0 lots"
    with pytest.raises(DataError, match=told):
        list(pipeline.push(updates))
    with pytest.raises(DataError, match=r"row 12: add of order 77"):
        list(pipeline.push(updates, lambda i: f"row {i + 12}"))
