"""Prints and the changes that they cause (SEMANTICS F6): which comes first, which counts as filled."""

import numpy as np
import pytest
from resolved import resolve, rows_of

from lumina import Flag, Kind, Side
from lumina._core._resolver import Sequencer

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BOTH = E | L
BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE


def test_F6_prints_go_before_depth_of_the_same_exchange_time(make_updates):
    updates = make_updates(
        (1, 5, Kind.CHANGE, BUY, 100, 5, BOTH | END),
        (2, 6, Kind.CHANGE, BUY, 100, 3, BOTH | END),
        (2, 7, Kind.TRADE, SELL, 100, 2, BOTH | END),
    )
    sequencer = Sequencer()
    rows = resolve(np.concatenate([sequencer.push(updates), sequencer.finish()]), counted_window_ns=10)
    exch = [row[0] for row in rows_of(rows) if row[4] & E]
    local = [row[0] for row in rows_of(rows) if row[4] & L]
    assert exch == [Kind.CHANGE, Kind.TRADE, Kind.CHANGE]
    assert local == [Kind.CHANGE, Kind.CHANGE, Kind.TRADE]


@pytest.mark.parametrize(
    ("before", "lost", "print_lots", "wait_ns", "counted"),
    [
        (10, 8, 5, 10, True),  # shows 2, lost 8 within the window
        (10, 8, 5, 11, False),  # too long ago
        (10, 8, 8, 1, True),
        (10, 8, 9, 1, False),  # lost less than the print
        (10, 4, 5, 1, False),  # shows 6: the print can be of what is there
        (10, 5, 5, 1, False),  # shows as much as the print
        (10, 6, 5, 1, True),
    ],
)
def test_F6_counted(make_updates, before, lost, print_lots, wait_ns, counted):
    rows = resolve(
        make_updates(
            (0, 0, Kind.CHANGE, SELL, 100, before, BOTH | END),
            (5, 5, Kind.CHANGE, SELL, 100, before - lost, BOTH | END),
            (5 + wait_ns, 99, Kind.TRADE, BUY, 100, print_lots, BOTH | END),
        ),
        counted_window_ns=10,
    )
    assert bool(rows["flags"][-1] & Flag.COUNTED) == counted


def test_F6_counted_prints_explain_a_loss_once(make_updates):
    rows = resolve(
        make_updates(
            (0, 0, Kind.CHANGE, SELL, 100, 10, BOTH | END),
            (5, 5, Kind.CHANGE, SELL, 100, 0, BOTH | END),
            (6, 6, Kind.TRADE, BUY, 100, 6, BOTH | END),
            (6, 6, Kind.TRADE, BUY, 100, 4, BOTH | END),
            (6, 6, Kind.TRADE, BUY, 100, 1, BOTH | END),
        ),
        counted_window_ns=10,
    )
    assert [bool(flags & Flag.COUNTED) for flags in rows["flags"]] == [False, False, True, True, False]


def test_F6_a_loss_that_prints_explain_counts_nothing(make_updates):
    rows = resolve(
        make_updates(
            (0, 0, Kind.CHANGE, SELL, 100, 10, BOTH | END),
            (4, 4, Kind.TRADE, BUY, 100, 7, BOTH | END),
            (5, 5, Kind.CHANGE, SELL, 100, 1, BOTH | END),  # lost 9, of which 7 were printed
            (6, 6, Kind.TRADE, BUY, 100, 3, BOTH | END),
            (6, 6, Kind.TRADE, BUY, 100, 2, BOTH | END),
        ),
        counted_window_ns=10,
    )
    assert [bool(flags & Flag.COUNTED) for flags in rows["flags"]] == [False, False, False, False, True]


def test_F6_a_print_explains_only_its_levels_next_row(make_updates):
    rows = resolve(
        make_updates(
            (0, 0, Kind.CHANGE, SELL, 100, 10, BOTH | END),
            (4, 4, Kind.TRADE, BUY, 100, 7, BOTH | END),
            (5, 5, Kind.CHANGE, SELL, 100, 10, BOTH | END),  # refilled: the print is accounted for
            (6, 6, Kind.CHANGE, SELL, 100, 3, BOTH | END),
            (7, 7, Kind.TRADE, BUY, 100, 7, BOTH | END),
        ),
        counted_window_ns=10,
    )
    assert bool(rows["flags"][-1] & Flag.COUNTED)


def test_F6_counted_is_judged_in_the_exchange_view(make_updates):
    rows = resolve(
        make_updates(
            (0, 0, Kind.CHANGE, SELL, 100, 10, BOTH | END),
            (5, 5, Kind.CHANGE, SELL, 100, 0, L | END),
            (6, 6, Kind.TRADE, BUY, 100, 6, BOTH | END),
            (7, 7, Kind.CHANGE, SELL, 100, 0, E | END),
        ),
        counted_window_ns=10,
    )
    assert not any(flags & Flag.COUNTED for flags in rows["flags"])
