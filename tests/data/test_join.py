"""Tapes end to end: days of one run, the book of the day before gone, stamps going on."""

import numpy as np
import pytest

import lumina
from lumina.data.kinds import Flag, Kind, Side
from lumina.data.load import convert
from lumina.data.tape import Tape
from lumina.errors import DataError

BUY, SELL = Side.BUY, Side.SELL
E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
ALL = E | L | END
DAY = 86_400 * 10**9


def day_of_orders(make_events, start):
    """Two bids and an ask; one bid is hit in part, and the second view is a row behind for one row."""
    rows = make_events(
        (start + 1, 0, 100, 7, Kind.ADD, BUY, ALL),
        (start + 2, 0, 100, 4, Kind.ADD, BUY, ALL),
        (start + 3, 0, 102, 5, Kind.ADD, SELL, ALL),
        (start + 4, 3, 100, -2, Kind.EXECUTE, BUY, E | END),
        (start + 5, 0, 101, 1, Kind.ADD, BUY, ALL),
        (start + 4, 3, 100, -2, Kind.EXECUTE, BUY, L | END),
        (start + 9, 0, 101, -1, Kind.CANCEL, BUY, ALL),
    )
    rows["stamp"] = [1, 2, 3, 1, 5, 1, 5]
    return rows


def saved(path, rows, instrument, **options):
    Tape(rows, instrument, **options).save(path)
    return path


def test_orders_of_the_day_before_leave_and_stamps_go_on(make_events, instrument, tmp_path):
    days = [
        saved(tmp_path / f"{i}", day_of_orders(make_events, i * DAY), instrument, order_ids=np.arange(7) + 10 * i)
        for i in range(2)
    ]
    tape = lumina.load(days)
    first, second = day_of_orders(make_events, 0), day_of_orders(make_events, DAY)
    second["stamp"] += 10  # six exchange rows, and four that close the day
    assert (tape.events[:7] == first).all()
    assert (tape.events[11:] == second).all()
    closing = tape.events[7:11]
    assert closing[["kind", "price_ticks", "qty_lots", "stamp"]].tolist() == [
        (Kind.CLEAR, -(2**31), 0, 0),
        (Kind.CANCEL, 100, -5, 1),
        (Kind.CANCEL, 100, -4, 2),
        (Kind.CANCEL, 102, -5, 3),
    ]
    assert set(closing["exch_ts_ns"].tolist()) == {DAY + 1}
    assert closing["flags"].tolist() == [E | L, E | L, E | L, ALL]
    assert tape.order_ids.tolist() == [*range(7), 0, 0, 0, 0, *range(10, 17)]
    assert [one["name"] for one in tape.provenance["tapes"]] == ["0", "1"]
    assert tape.validate().ok
    streamed = convert(days, tmp_path / "both")
    assert (streamed.events == tape.events).all()
    assert (streamed.order_ids == tape.order_ids).all()


def test_levels_of_the_day_before_leave(make_events, instrument, tmp_path):
    rows = make_events((1, 0, 100, 7, Kind.CHANGE, BUY, ALL), (2, 0, 103, 2, Kind.CHANGE, SELL, ALL))
    later = rows.copy()
    later["exch_ts_ns"] += DAY
    tape = lumina.load([saved(tmp_path / "a", rows, instrument), saved(tmp_path / "b", later, instrument)])
    assert tape.events[2:5][["kind", "side", "price_ticks", "qty_lots"]].tolist() == [
        (Kind.CLEAR, Side.NONE, -(2**31), 0),
        (Kind.CHANGE, BUY, 100, -7),
        (Kind.CHANGE, SELL, 103, -2),
    ]
    book = lumina.DepthBook()
    book.apply(tape.events, view="exchange")
    assert (book.best_bid, book.best_ask) == ((100, 7), (103, 2))


def test_the_position_is_carried(make_events, instrument, tmp_path):
    rows = make_events((1, 0, 100, 7, Kind.CHANGE, BUY, ALL), (2, 0, 103, 2, Kind.CHANGE, SELL, ALL))
    rows = np.concatenate([rows, rows[:1]])
    rows["exch_ts_ns"][2], rows["qty_lots"][2] = 1000, 1
    later = rows.copy()
    later["exch_ts_ns"] += DAY

    class BuyOnce:
        def on_start(self, ctx, event):
            ctx.set_timer(500, 1)
            ctx.set_timer(DAY + 900, 2)

        def on_timer(self, ctx, event):
            if event.value == 1:
                ctx.submit(side=BUY, price_ticks=103, qty_lots=2, type=0)
            else:
                seen.append(ctx.position())

    seen = []
    result = lumina.backtest(
        lumina.load([saved(tmp_path / "a", rows, instrument), saved(tmp_path / "b", later, instrument)]),
        BuyOnce(),
        latency=lumina.Latency(tick_to_trade=0, entry=0, response=0),
    )
    assert seen == [2]
    assert result.final[0]["position_lots"] == 2


def test_what_does_not_join_is_refused(make_events, instrument, tmp_path):
    one = make_events((5, 0, 100, 7, Kind.CHANGE, BUY, ALL))
    a = saved(tmp_path / "a", one, instrument)
    other = lumina.Instrument("OTHER", "0.5", "0.01")
    with pytest.raises(DataError, match=r"b: instrument .*OTHER.* is not .* of a"):
        lumina.load([a, saved(tmp_path / "b", one, other)])
    with pytest.raises(DataError, match="c: depth_limit 5 is not 0 of a"):
        lumina.load([a, saved(tmp_path / "c", one, instrument, depth_limit=5)])
    one["exch_ts_ns"] = 4
    with pytest.raises(DataError, match=r"d: begins at 4 ns, before a ends at 5; remedy: give the tapes in order"):
        lumina.load([a, saved(tmp_path / "d", one, instrument)])


def shifted(constant_ns):
    return {"repair": "shift", "shift_ns": constant_ns, "min_latency_ns": 1000}


def test_days_shifted_by_constants_of_their_own_join(make_events, instrument, tmp_path):
    paths = []
    for day, constant in enumerate((5_000_000, -7_000, 123)):
        rows = make_events((day * DAY + 5, 9, 100, 7, Kind.CHANGE, BUY, ALL))
        paths.append(saved(tmp_path / f"day{day}", rows, instrument, clock=shifted(constant)))
    convert(paths[:2], tmp_path / "two")
    tape = lumina.load([tmp_path / "two", paths[2]])
    assert tape.clock == {"repair": "none"}
    two, third = tape.provenance["tapes"]
    assert [part["clock"]["shift_ns"] for part in (*two["tapes"], third)] == [5_000_000, -7_000, 123]
    texts = [note.text for note in tape.notes if note.topic == "clock"]
    assert [text.split(",")[0] for text in texts] == [
        "local times of day0 shifted by +0.005000000 s",
        "local times of day1 shifted by -0.000007000 s",
        "local times of day2 shifted by +0.000000123 s",
    ]


def test_rows_that_another_constant_dates_before_the_seam_are_received_at_it(make_events, instrument, tmp_path):
    one = make_events((10, 90, 100, 7, Kind.CHANGE, BUY, ALL))  # received at 100
    two = make_events(
        (20, 30, 101, 1, Kind.CHANGE, BUY, ALL),
        (30, 0, 101, 1, Kind.CHANGE, BUY, E | END),
        (30, 69, 101, 1, Kind.CHANGE, BUY, L | END),
        (40, 61, 101, 1, Kind.CHANGE, BUY, ALL),
    )
    a = saved(tmp_path / "a", one, instrument, clock=shifted(5))
    b = saved(tmp_path / "b", two, instrument, clock=shifted(9))
    tape = lumina.load([a, b])
    assert tape.validate().ok
    received = tape.events["exch_ts_ns"] + tape.events["latency_ns"]
    # the change, the two rows that close the first tape, then those of the second, one of them for the exchange alone
    assert received.tolist() == [100, 100, 100, 100, 30, 100, 101]
    text = "2 rows of b are dated up to 50 ns before the last of a was received: they are received with it"
    assert [note.text for note in tape.notes if "received with it" in note.text] == [text]
