"""Databento MBO: what becomes of trades, fills, cancels and snapshots. Files are made by hand, in the vendor's CSV."""

from itertools import count

import numpy as np
import pytest

import lumina
from lumina import Flag, Kind, Side
from lumina.errors import DataError

START = 1_700_000_000_000_000_000
LAST = 128
HEADER = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,channel_id,order_id,flags,ts_in_delta,"
    "sequence,symbol"
)
BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE
ADD, REDUCE, CANCEL, EXECUTE, TRADE = Kind.ADD, Kind.REDUCE, Kind.CANCEL, Kind.EXECUTE, Kind.TRADE


def A(side, price, size, id_, flags=LAST, *times):
    return ("A", side, price, size, id_, flags, *times)


def line(record, tick):
    action, side, price, size, order_id, flags, *times = record
    exch, latency = times or (tick, 1_000)
    return (
        f"{START + exch + latency},{START + exch},160,1,7,{action},{side},{price},{size},0,{order_id},{flags},0,"
        f"{tick},XYZ"
    )


@pytest.fixture
def load(tmp_path):
    """load((action, side, price, size, order_id, flags[, exch ns after START, latency]), ...); 1 ns a record."""

    def load(*records, **options):
        days = records if records and isinstance(records[0], list) else [list(records)]
        ticks, paths = count(1), []
        for day in days:
            paths.append(tmp_path / f"{len(paths)}.csv")
            paths[-1].write_text("\n".join([HEADER, *(line(record, next(ticks)) for record in day)]) + "\n")
        return lumina.load(paths, **{"tick_size": "0.5", "order_ids": True, **options})

    return load


def rows(tape, skip=0):
    """(kind, side, price in ticks, lots, order id, flags beside views and ends) from a row on."""
    out = []
    for row, id_ in zip(tape.events[skip:].tolist(), tape.order_ids[skip:].tolist(), strict=True):
        _, _, _, price, lots, kind, side, flags = row
        out.append((Kind(kind), side, price, lots, id_, flags & ~(Flag.EXCH | Flag.LOCAL | Flag.END)))
    return out


RESTING = (A("A", 10.5, 5, 1), A("A", 10.5, 3, 2), A("A", 11, 4, 3))


def test_a_trade_with_its_fills_and_cancels_is_an_execution_of_each_order(load):
    tape = load(
        *RESTING,
        ("T", "B", 10.5, 6, 9, 0, 10, 1_000),
        ("F", "A", 10.5, 5, 1, 0, 10, 1_000),
        ("F", "A", 10.5, 1, 2, 0, 10, 1_000),
        ("C", "A", 10.5, 5, 1, 0, 10, 1_000),
        ("M", "A", 10.5, 2, 2, LAST, 10, 1_000),
    )
    assert rows(tape, 3) == [(EXECUTE, SELL, 21, -5, 1, 0), (EXECUTE, SELL, 21, -1, 2, 0)]
    ends = (tape.events["flags"] & Flag.END) != 0
    assert ends.tolist() == [True, True, True, False, True]
    assert tape.events["stamp"].tolist() == [1, 2, 3, 1, 2]


def test_each_record_of_a_trade_may_be_flagged_as_the_last(load):
    tape = load(
        *RESTING,
        ("T", "B", 10.5, 2, 0, LAST, 10, 1_000),
        ("F", "A", 10.5, 2, 1, LAST, 10, 1_000),
        ("C", "A", 10.5, 2, 1, LAST, 10, 1_000),
        A("B", 9, 1, 5, LAST, 10, 1_000),
    )
    assert rows(tape, 3) == [(EXECUTE, SELL, 21, -2, 1, 0), (ADD, BUY, 18, 1, 5, 0)]


def test_what_the_cancel_takes_beyond_the_fill_is_taken(load):
    tape = load(*RESTING, ("T", "B", 10.5, 2, 9, 0), ("F", "A", 10.5, 2, 1, 0), ("C", "A", 10.5, 4, 1, LAST))
    assert rows(tape, 3) == [(EXECUTE, SELL, 21, -2, 1, 0), (REDUCE, SELL, 21, -2, 1, 0)]


def test_the_aggressors_own_fill_is_none(load):
    """It rested at another price; what it was leaves with its cancel."""
    tape = load(
        A("B", 9.5, 3, 8),
        *RESTING,
        ("T", "B", 10.5, 3, 8, 0, 10, 1_000),
        ("F", "B", 10.5, 3, 8, 0, 10, 1_000),
        ("F", "A", 10.5, 3, 1, 0, 10, 1_000),
        ("C", "B", 9.5, 3, 8, 0, 10, 1_000),
        ("M", "A", 10.5, 2, 1, LAST, 10, 1_000),
    )
    assert rows(tape, 4) == [(EXECUTE, SELL, 21, -3, 1, 0), (CANCEL, BUY, 19, -3, 8, 0)]
    assert tape.provenance["counts"]["fills_of_the_aggressor"] == 1


def test_an_iceberg_that_shows_anew_joins_the_end(load):
    tape = load(*RESTING, ("T", "B", 10.5, 5, 9, 0), ("F", "A", 10.5, 5, 1, 0), ("M", "A", 10.5, 4, 1, LAST))
    assert rows(tape, 3) == [(EXECUTE, SELL, 21, -5, 1, 0), (ADD, SELL, 21, 4, 1, Flag.REPLACE)]
    assert tape.events["stamp"][-1] == 5
    assert tape.provenance["orders"]["unknown_ids"] == 0


def test_an_iceberg_hit_again_after_its_refill_is_hit_behind_the_others(load):
    tape = load(
        *RESTING,
        ("T", "B", 10.5, 10, 9, 0, 10, 1_000),
        ("F", "A", 10.5, 5, 1, 0, 10, 1_000),
        ("F", "A", 10.5, 3, 2, 0, 10, 1_000),
        ("F", "A", 10.5, 2, 1, 0, 10, 1_000),
        ("C", "A", 10.5, 3, 2, 0, 10, 1_000),
        ("M", "A", 10.5, 3, 1, LAST, 10, 1_000),
    )
    assert rows(tape, 3) == [
        (EXECUTE, SELL, 21, -5, 1, 0),
        (EXECUTE, SELL, 21, -3, 2, 0),
        (ADD, SELL, 21, 2, 1, Flag.REPLACE),
        (EXECUTE, SELL, 21, -2, 1, 0),
        (ADD, SELL, 21, 3, 1, Flag.REPLACE),
    ]


def test_an_iceberg_filled_beyond_what_it_showed_and_gone(load):
    tape = load(*RESTING, ("T", "B", 10.5, 9, 9, 0), ("F", "A", 10.5, 9, 1, 0), ("C", "A", 10.5, 5, 1, LAST))
    assert rows(tape, 3) == [
        (EXECUTE, SELL, 21, -5, 1, 0),
        (ADD, SELL, 21, 4, 1, Flag.REPLACE),
        (EXECUTE, SELL, 21, -4, 1, 0),
    ]


def test_a_modify_up_or_elsewhere_loses_priority_and_down_keeps_it(load):
    tape = load(
        *RESTING,
        ("M", "A", 10.5, 4, 1, LAST),
        ("M", "A", 10.5, 6, 1, LAST),
        ("M", "A", 11.5, 6, 1, LAST),
        ("M", "B", 9, 2, 77, LAST),
    )
    assert rows(tape, 3) == [
        (REDUCE, SELL, 21, -1, 1, 0),
        (CANCEL, SELL, 21, -4, 1, Flag.REPLACE),
        (ADD, SELL, 21, 6, 1, Flag.REPLACE),
        (CANCEL, SELL, 21, -6, 1, Flag.REPLACE),
        (ADD, SELL, 23, 6, 1, Flag.REPLACE),
        (ADD, BUY, 18, 2, 77, 0),
    ]
    assert tape.provenance["orders"]["unknown_ids"] == 1


def test_a_trade_that_no_order_explains_is_a_hidden_print(load):
    tape = load(*RESTING, ("T", "B", 10.5, 2, 0, LAST), ("T", "A", 10.25, 1, 0, LAST), ("T", "N", 10, 7, 0, LAST))
    assert rows(tape, 3) == [
        (TRADE, BUY, 21, 2, 0, Flag.HIDDEN),
        (TRADE, SELL, 20, 1, 0, Flag.HIDDEN),  # a seller's print between ticks goes down
        (TRADE, NONE, 20, 7, 0, 0),
    ]


def test_a_trade_whose_level_lost_as_much_is_no_hidden_one(load):
    """A venue that sends no fills."""
    tape = load(*RESTING, ("T", "B", 10.5, 2, 0, 0, 10, 1_000), ("C", "A", 10.5, 2, 1, LAST, 10, 1_000))
    assert rows(tape, 3) == [(TRADE, BUY, 21, 2, 0, 0), (REDUCE, SELL, 21, -2, 1, 0)]


def test_a_fill_in_part_leaves_the_rest_a_print(load):
    tape = load(*RESTING, ("T", "B", 10.5, 7, 9, 0), ("F", "A", 10.5, 5, 1, 0), ("C", "A", 10.5, 5, 1, LAST))
    assert rows(tape, 3) == [(TRADE, BUY, 21, 2, 0, Flag.HIDDEN), (EXECUTE, SELL, 21, -5, 1, 0)]


def test_an_auction_prints_once_and_executes_nobody(load):
    tape = load(
        A("B", 10.5, 4, 8),
        *RESTING,
        ("T", "N", 10.5, 4, 0, 0, 10, 1_000),
        ("F", "N", 10.5, 4, 8, 0, 10, 1_000),
        ("F", "N", 10.5, 4, 1, 0, 10, 1_000),
        ("C", "B", 10.5, 4, 8, 0, 10, 1_000),
        ("M", "A", 10.5, 1, 1, LAST, 10, 1_000),
    )
    assert rows(tape, 4) == [
        (TRADE, NONE, 21, 4, 0, 0),
        (CANCEL, BUY, 21, -4, 8, 0),
        (REDUCE, SELL, 21, -4, 1, 0),
    ]


def test_orders_from_before_the_data_are_counted(load):
    tape = load(
        *RESTING,
        ("C", "A", 10.5, 5, 70, LAST),
        ("T", "B", 10.5, 5, 9, 0, 10, 1_000),
        ("F", "A", 10.5, 5, 71, 0, 10, 1_000),
        ("C", "A", 10.5, 5, 71, LAST, 10, 1_000),
    )
    assert rows(tape, 3) == [(TRADE, BUY, 21, 5, 71, 0)]
    assert tape.provenance["orders"]["unknown_ids"] == 2


def test_a_clear_takes_the_orders_one_by_one(load):
    tape = load(*RESTING, ("R", "N", "", 0, 0, LAST), A("A", 10.5, 2, 1))
    assert [row[:5] for row in rows(tape, 3)] == [
        (Kind.CLEAR, NONE, -(2**31), 0, 0),
        (CANCEL, SELL, 21, -5, 1),
        (CANCEL, SELL, 21, -3, 2),
        (CANCEL, SELL, 22, -4, 3),
        (ADD, SELL, 21, 2, 1),
    ]


def test_a_snapshot_is_the_difference_and_dated_when_it_came(load):
    snap = 32 | 8
    day = 10**9 * 86_400
    tape = load(
        [*RESTING],
        [
            ("R", "N", "", 0, 0, snap, 5, day),
            ("A", "A", 11, 4, 3, snap, 6, day - 1),
            ("A", "A", 10.5, 4, 1, snap, 7, day - 2),
            ("A", "B", 9, 1, 4, snap, 8, day - 3),
            A("B", 9, 2, 5, LAST, day + 2, 1_000),
        ],
    )
    assert rows(tape, 3) == [
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, 0, 0),
        (CANCEL, SELL, 21, -3, 2, 0),
        (REDUCE, SELL, 21, -1, 1, 0),
        (ADD, BUY, 18, 1, 4, 0),
        (Kind.SNAPSHOT_END, NONE, 0, 0, 0, 0),
        (ADD, BUY, 18, 2, 5, 0),
    ]
    # the next thing after it happened before it was received
    assert (tape.events["exch_ts_ns"][3:] - START).tolist() == [day + 2] * 6
    assert tape.events["latency_ns"][3:].tolist() == [3] * 5 + [1_000]


def test_an_iceberg_of_a_snapshot_is_refilled_too(load):
    tape = load(
        ("A", "A", 10.5, 5, 1, 32, 1, 1_000),
        ("A", "B", 9, 1, 4, 32, 1, 1_000),
        ("T", "B", 10.5, 7, 9, 0, 10, 1_000),
        ("F", "A", 10.5, 7, 1, 0, 10, 1_000),
        ("M", "A", 10.5, 3, 1, LAST, 10, 1_000),
    )
    assert rows(tape, 4) == [
        (EXECUTE, SELL, 21, -5, 1, 0),
        (ADD, SELL, 21, 2, 1, Flag.REPLACE),
        (EXECUTE, SELL, 21, -2, 1, 0),
        (ADD, SELL, 21, 3, 1, Flag.REPLACE),
    ]


def test_times_within_an_event_split_it(load):
    tape = load(
        ("A", "A", 10.5, 5, 1, 0, 10, 1_000),
        ("A", "A", 10.5, 3, 2, 0, 10, 1_500),
        ("A", "A", 11, 4, 3, LAST, 20, 1_600),
    )
    assert (tape.events["exch_ts_ns"] - START).tolist() == [10, 10, 20]
    assert tape.events["latency_ns"].tolist() == [1_500, 1_500, 1_600]  # there when all of it is
    assert ((tape.events["flags"] & Flag.END) != 0).tolist() == [False, True, True]
    assert tape.provenance["counts"]["split_events"] == 1


def test_a_bad_receive_time_becomes_the_last_latency(load):
    tape = load(
        A("A", 10.5, 5, 1, LAST, 10, 2_000),
        A("A", 10.5, 5, 2, LAST | 8, 20, 9_000_000_000),
        A("A", 10.5, 5, 3, LAST, 30, 3_000),
    )
    assert tape.events["latency_ns"].tolist() == [2_000, 2_000, 3_000]
    assert tape.provenance["counts"]["bad_ts_recv"] == 1


def test_orders_of_both_clocks_that_conflict_are_split(load):
    tape = load(A("A", 10.5, 5, 1, LAST, 500, 1_000), A("A", 10.5, 3, 2, LAST, 100, 1_500))
    exch = tape.events[(tape.events["flags"] & Flag.EXCH) != 0]
    local = tape.events[(tape.events["flags"] & Flag.LOCAL) != 0]
    assert exch["qty_lots"].tolist() == [3, 5] and local["qty_lots"].tolist() == [5, 3]
    assert tape.provenance["split_messages"] == 1


def test_negative_latency_needs_a_shift(load):
    late = (A("A", 10.5, 5, 1, LAST, 10, -50), A("A", 10.5, 5, 2, LAST, 20, -40))
    with pytest.raises(DataError, match=r"0\.csv: line 2: latency -50 ns is below 0"):
        load(*late)
    assert load(*late, clock="shift", min_latency_ns=5).events["latency_ns"].tolist() == [5, 15]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (("A", "N", 10.5, 5, 1, LAST), "line 5: action 'A' of side 'N' needs a side B or A"),
        (("X", "A", 10.5, 5, 1, LAST), "line 5: action 'X' is none of A, C, M, R, T, F, N"),
        (("C", "A", 10.5, 5, 1, 32), "line 5: action 'C' of side 'A' is not A or R, and belongs to a snapshot"),
        (("A", "A", 10.25, 5, 7, LAST), "line 5: price 10.250000000 is no multiple of tick_size 0.5; remedy"),
        (("A", "A", "", 5, 7, LAST), "line 5: price .* is none"),
        (("A", "A", 999999999.5, 5, 7, LAST), r"line 5: price 999999999.500000000 is over 2\^30 ticks of 0.5"),
        (("A", "A", 10.5, 2**31, 7, LAST), r"line 5: size 2147483648 is over 2\^31 - 1 lots"),
        (("A", "A", 10.5, 5, 7, 64 | LAST), "line 5: flag 64, top of book only"),
        (("A", "A", 10.5, 5, -1, LAST), "line 5: order_id '-1' is no whole number from 0 to"),
        (("A", "A", 10.5, 5, 2**64, LAST), "line 5: order_id '18446744073709551616' is no whole number"),
        (("A", "A", "1e3", 5, 7, LAST), "line 5: price '1e3' is no decimal number"),
        (("A", "A", 10.5, 5, 7, 256), "line 5: flags '256' is no whole number from 0 to 255"),
    ],
)
def test_what_is_wrong_is_named(load, record, text):
    with pytest.raises(DataError, match=text):
        load(*RESTING, record, out_of_range="error")


@pytest.mark.parametrize("snapshot", [False, True])
def test_an_order_out_of_range_is_left_out_as_a_whole(load, snapshot):
    far, big = 999999999.5, 2**31
    start = [("R", "N", "", 0, 0, 32), *(A(*one[1:5], 32) for one in RESTING)] if snapshot else list(RESTING)
    tape = load(
        *start,
        A("B", -far, 1, 4, 32 if snapshot else LAST),
        A("B", 9, big, 5),
        ("M", "B", 10, 1, 4, LAST),  # back in range: it stays left out
        ("T", "A", 9, 2, 9, 0, 30, 1_000),
        ("F", "B", 9, 2, 5, 0, 30, 1_000),
        ("M", "B", 9, big - 1, 5, LAST, 30, 1_000),
        ("M", "A", far, 4, 3, LAST, 31, 1_000),  # leaves
        ("C", "A", far, 4, 3, LAST, 32, 1_000),
        ("C", "B", 10, 1, 4, LAST, 33, 1_000),
        ("T", "B", far, 2, 9, LAST, 34, 1_000),
        ("A", "B", 9.5, 1, 4, LAST, 35, 1_000),  # another one
    )
    book = lumina.DepthBook()
    book.apply(tape.events, view="exchange")
    bids, asks = ([tuple(map(int, level)) for level in side] for side in book.depth(5))
    assert (bids, asks) == ([(19, 1)], [(21, 8)])
    assert tape.provenance["left_out"] == {"orders": 3, "prints": 1}
    assert not any(tape.provenance["orders"].values())
    prints = tape.events[tape.events["kind"] == TRADE]
    assert [(row["price_ticks"], row["qty_lots"]) for row in prints] == [(18, 2)]
    assert "data: 3 orders out of range left out" in [str(note) for note in tape.notes]


def test_lots_are_of_the_instrument(load):
    assert load(A("A", 10.5, 300, 1), lot_size=100).events["qty_lots"].tolist() == [3]
    with pytest.raises(DataError, match="line 2: size 250 is no multiple of lot_size 100"):
        load(A("A", 10.5, 250, 1), lot_size=100)


def test_the_largest_order_id_and_ids_beside_the_tape(load):
    tape = load(A("A", 10.5, 3, 2**64 - 1))
    assert tape.order_ids.tolist() == [2**64 - 1] and tape.order_ids.dtype == np.uint64
    assert load(A("A", 10.5, 3, 1), order_ids=False).order_ids is None
