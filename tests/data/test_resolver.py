"""The importer's rules of the tape, each in a test of its name, and random streams against a dict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from resolved import resolve, rows_of

from lumina import Flag, Kind, Side
from lumina._core._resolver import NO_PRICE, REPLACE_BOOK, SNAPSHOT_LEVEL, ResolveError, Resolver, Sequencer
from lumina.data.validate import validate_rows

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BOTH = E | L
BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE


def test_T1_absolute_levels_become_signed_changes(make_updates):
    rows = resolve(
        make_updates(
            (1, 3, Kind.CHANGE, BUY, 100, 7, BOTH),
            (1, 3, Kind.CHANGE, SELL, 101, 4, BOTH | END),
            (2, 4, Kind.CHANGE, BUY, 100, 2, BOTH | END),
            (5, 9, Kind.CHANGE, BUY, 100, 0, BOTH | END),
        )
    )
    assert rows_of(rows) == [
        (Kind.CHANGE, BUY, 100, 7, BOTH),
        (Kind.CHANGE, SELL, 101, 4, BOTH | END),
        (Kind.CHANGE, BUY, 100, -5, BOTH | END),
        (Kind.CHANGE, BUY, 100, -2, BOTH | END),
    ]
    assert rows["exch_ts_ns"].tolist() == [1, 1, 2, 5]
    assert rows["latency_ns"].tolist() == [2, 2, 2, 4]
    assert rows["stamp"].tolist() == [0, 0, 0, 0]  # T1a: 0 on L2


@pytest.mark.parametrize(
    ("price", "qty", "reason"),
    [
        (100, -1, "quantity"),
        (100, 2**31, "quantity"),
        (2**30 + 1, 1, "price"),
        (-(2**30) - 1, 1, "price"),
    ],
)
def test_T1_what_does_not_fit_is_refused(make_updates, price, qty, reason):
    with pytest.raises(ResolveError, match=reason) as error:
        resolve(make_updates((1, 1, Kind.CHANGE, BUY, 5, 1, BOTH | END), (1, 1, Kind.CHANGE, BUY, price, qty, BOTH)))
    assert error.value.index == 1


def test_T3_a_change_of_0_is_no_row(make_updates):
    rows = resolve(
        make_updates(
            (1, 1, Kind.CHANGE, BUY, 100, 7, BOTH | END),
            (2, 2, Kind.CHANGE, BUY, 100, 7, BOTH | END),
        )
    )
    assert len(rows) == 1


def test_T3_a_change_of_0_is_kept_where_the_level_was_printed_at(make_updates):
    # the seller's print is at the bid; the first depth row after it ends `cum`, the second is nothing
    rows = resolve(
        make_updates(
            (1, 1, Kind.CHANGE, BUY, 100, 7, BOTH | END),
            (2, 2, Kind.TRADE, SELL, 100, 3, BOTH | END),
            (3, 3, Kind.CHANGE, BUY, 100, 7, BOTH | END),
            (4, 4, Kind.CHANGE, BUY, 100, 7, BOTH | END),
        )
    )
    assert rows_of(rows)[1:] == [(Kind.TRADE, SELL, 100, 3, BOTH | END), (Kind.CHANGE, BUY, 100, 0, BOTH | END)]


@pytest.mark.parametrize(("side", "flag"), [(SELL, Flag.HIDDEN), (SELL, Flag.OFFBOOK), (NONE, 0), (BUY, 0)])
def test_T3_prints_that_do_not_touch_the_level_keep_no_0(make_updates, side, flag):
    rows = resolve(
        make_updates(
            (1, 1, Kind.CHANGE, BUY, 100, 7, BOTH | END),
            (2, 2, Kind.TRADE, side, 100, 3, BOTH | END | flag),
            (3, 3, Kind.CHANGE, BUY, 100, 7, BOTH | END),
        )
    )
    assert rows_of(rows)[1:] == [(Kind.TRADE, side, 100, 3, BOTH | END | flag)]


def test_T3_clear_is_a_marker_and_the_changes(make_updates):
    levels = [
        (1, 1, Kind.CHANGE, side, price, 5, BOTH)
        for side, price in ((BUY, 98), (BUY, 99), (BUY, 100), (SELL, 101), (SELL, 102))
    ]
    rows = resolve(
        make_updates(
            *levels,
            (1, 1, Kind.CHANGE, SELL, 103, 5, BOTH | END),
            (2, 2, Kind.CLEAR, BUY, 99, 0, BOTH | END),
            (3, 3, Kind.CLEAR, NONE, NO_PRICE, 0, BOTH | END),
        )
    )
    assert rows_of(rows)[6:] == [
        (Kind.CLEAR, BUY, 99, 0, BOTH),
        (Kind.CHANGE, BUY, 100, -5, BOTH),
        (Kind.CHANGE, BUY, 99, -5, BOTH | END),
        (Kind.CLEAR, NONE, NO_PRICE, 0, BOTH),
        (Kind.CHANGE, BUY, 98, -5, BOTH),
        (Kind.CHANGE, SELL, 101, -5, BOTH),
        (Kind.CHANGE, SELL, 102, -5, BOTH),
        (Kind.CHANGE, SELL, 103, -5, BOTH | END),
    ]


def test_T3_bbo_removes_better_levels_before_its_own_row(make_updates):
    rows = resolve(
        make_updates(
            (1, 1, Kind.CHANGE, SELL, 101, 5, BOTH),
            (1, 1, Kind.CHANGE, SELL, 102, 6, BOTH),
            (1, 1, Kind.CHANGE, SELL, 104, 7, BOTH | END),
            (2, 2, Kind.BBO, SELL, 103, 9, BOTH | END),
            (3, 3, Kind.BBO, SELL, 103, 8, BOTH | END),
            (4, 4, Kind.BBO, SELL, 103, 8, BOTH | END),
        )
    )
    assert rows_of(rows)[3:] == [
        (Kind.CHANGE, SELL, 101, -5, BOTH),
        (Kind.CHANGE, SELL, 102, -6, BOTH),
        (Kind.BBO, SELL, 103, 9, BOTH | END),
        (Kind.BBO, SELL, 103, -1, BOTH | END),
    ]


def test_T3_snapshot_that_is_the_book_removes_what_it_does_not_name(make_updates):
    rows = resolve(
        make_updates(
            (1, 1, Kind.CHANGE, BUY, 99, 5, BOTH),
            (1, 1, Kind.CHANGE, BUY, 100, 6, BOTH),
            (1, 1, Kind.CHANGE, SELL, 101, 7, BOTH | END),
            (2, 2, Kind.SNAPSHOT_BEGIN, NONE, 0, REPLACE_BOOK, BOTH),
            (2, 2, Kind.CHANGE, BUY, 100, 8, BOTH),
            (2, 2, Kind.CHANGE, SELL, 102, 1, BOTH),
            (2, 2, Kind.SNAPSHOT_END, NONE, 0, 0, BOTH | END),
        )
    )
    assert rows_of(rows)[3:] == [
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, BOTH),
        (Kind.CHANGE, BUY, 99, -5, BOTH),
        (Kind.CHANGE, SELL, 101, -7, BOTH),
        (Kind.CHANGE, BUY, 100, 2, BOTH),
        (Kind.CHANGE, SELL, 102, 1, BOTH),
        (Kind.SNAPSHOT_END, NONE, 0, 0, BOTH | END),
    ]


def test_T3_snapshot_levels_get_markers_inside_their_event(make_updates):
    rows = resolve(
        make_updates(
            (1, 1, Kind.CHANGE, BUY, 99, 5, BOTH),
            (1, 1, SNAPSHOT_LEVEL, BUY, 100, 6, BOTH),
            (1, 1, SNAPSHOT_LEVEL, SELL, 101, 7, BOTH),
            (2, 2, SNAPSHOT_LEVEL, BUY, 100, 1, BOTH),
            (3, 3, Kind.CHANGE, BUY, 100, 2, BOTH),
        ),
        runs_are_events=True,
    )
    assert rows_of(rows) == [
        (Kind.CHANGE, BUY, 99, 5, BOTH),
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, BOTH),
        (Kind.CHANGE, BUY, 100, 6, BOTH),
        (Kind.CHANGE, SELL, 101, 7, BOTH),
        (Kind.SNAPSHOT_END, NONE, 0, 0, BOTH | END),
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, BOTH),
        (Kind.CHANGE, BUY, 100, -5, BOTH),
        (Kind.SNAPSHOT_END, NONE, 0, 0, BOTH | END),
        (Kind.CHANGE, BUY, 100, 1, BOTH | END),
    ]
    assert rows["exch_ts_ns"].tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 3]


def test_T3_gap_status_and_funding_pass_through(make_updates):
    rows = resolve(
        make_updates(
            (1, 1, Kind.GAP, NONE, 0, 0, BOTH | END),
            (2, 2, Kind.STATUS, NONE, 0, 2, BOTH | END),
            (3, 3, Kind.FUNDING, NONE, 0, -12500, BOTH | END),
        )
    )
    assert rows_of(rows) == [
        (Kind.GAP, NONE, 0, 0, BOTH | END),
        (Kind.STATUS, NONE, 0, 2, BOTH | END),
        (Kind.FUNDING, NONE, 0, -12500, BOTH | END),
    ]


def test_T4_conflicting_orders_are_split(make_updates):
    # received: depth (exchange 20) then trade (exchange 10); the exchange saw the trade first
    updates = make_updates(
        (5, 50, Kind.CHANGE, BUY, 100, 9, BOTH),
        (5, 50, Kind.CHANGE, BUY, 99, 9, BOTH | END),
        (20, 60, Kind.CHANGE, BUY, 100, 6, BOTH),
        (20, 60, Kind.CHANGE, BUY, 99, 3, BOTH | END),
        (10, 70, Kind.TRADE, SELL, 100, 3, BOTH | END),
    )
    sequencer = Sequencer()
    ordered = np.concatenate([sequencer.push(updates), sequencer.finish()])
    assert sequencer.split_messages == 1
    rows = resolve(ordered)
    # the message with more rows stays whole
    assert rows_of(rows)[2:] == [
        (Kind.TRADE, SELL, 100, 3, E | END),
        (Kind.CHANGE, BUY, 100, -3, BOTH),
        (Kind.CHANGE, BUY, 99, -6, BOTH | END),
        (Kind.TRADE, SELL, 100, 3, L | END),
    ]
    assert validate_rows(rows).ok


def test_T4_copies_carry_the_changes_of_their_own_view(make_updates):
    # the exchange saw 5 -> 8 -> 6, the strategy 5 -> 6 -> 8 -> 6
    updates = make_updates(
        (1, 10, Kind.CHANGE, BUY, 100, 5, BOTH | END),
        (2, 30, Kind.CHANGE, BUY, 100, 8, E | END),
        (3, 20, Kind.CHANGE, BUY, 100, 6, BOTH | END),
        (2, 30, Kind.CHANGE, BUY, 100, 8, L | END),
        (4, 40, Kind.CHANGE, BUY, 100, 6, BOTH | END),
    )
    assert rows_of(resolve(updates)) == [
        (Kind.CHANGE, BUY, 100, 5, BOTH | END),
        (Kind.CHANGE, BUY, 100, 3, E | END),
        (Kind.CHANGE, BUY, 100, -2, E | END),
        (Kind.CHANGE, BUY, 100, 1, L | END),
        (Kind.CHANGE, BUY, 100, 2, L | END),
        (Kind.CHANGE, BUY, 100, -2, L | END),  # the exchange's view holds 6 already
    ]


def test_T5_latency_0_is_legal_and_counted(make_updates):
    rows = resolve(
        make_updates((1, 1, Kind.CHANGE, BUY, 100, 5, BOTH | END), (2, 9, Kind.CHANGE, BUY, 99, 5, BOTH | END))
    )
    report = validate_rows(rows)
    assert report.ok
    assert report.figures["zero_latency_rows"] == 1


def test_T6_an_event_has_one_exchange_time(make_updates):
    with pytest.raises(ResolveError, match="another exchange time"):
        resolve(make_updates((1, 1, Kind.CHANGE, BUY, 100, 5, BOTH), (2, 2, Kind.CHANGE, BUY, 100, 5, BOTH | END)))


def test_T6_without_venue_flags_a_run_of_equal_exchange_times_is_an_event(make_updates):
    rows = resolve(
        make_updates(
            (1, 5, Kind.CHANGE, BUY, 100, 5, BOTH),
            (1, 6, Kind.CHANGE, BUY, 99, 5, BOTH),
            (2, 7, Kind.CHANGE, BUY, 98, 5, BOTH),
        ),
        runs_are_events=True,
    )
    assert [flag for *_, flag in rows_of(rows)] == [BOTH, BOTH | END, BOTH | END]


def test_T6_a_row_that_ends_an_event_in_one_view_only_becomes_two(make_updates):
    # exchange: {100, 99}, {98}; local: {100, 99, 98} all of exchange time 1
    rows = resolve(
        make_updates(
            (1, 5, Kind.CHANGE, BUY, 100, 5, BOTH),
            (1, 6, Kind.CHANGE, BUY, 99, 5, BOTH),
            (2, 9, Kind.CHANGE, BUY, 97, 5, E),
            (1, 8, Kind.CHANGE, BUY, 98, 5, L),
            (2, 9, Kind.CHANGE, BUY, 97, 5, L),
        ),
        runs_are_events=True,
    )
    assert rows_of(rows) == [
        (Kind.CHANGE, BUY, 100, 5, BOTH),
        (Kind.CHANGE, BUY, 99, 5, E | END),
        (Kind.CHANGE, BUY, 99, 5, L),
        (Kind.CHANGE, BUY, 97, 5, E | END),
        (Kind.CHANGE, BUY, 98, 5, L | END),
        (Kind.CHANGE, BUY, 97, 5, L | END),
    ]
    assert validate_rows(rows).ok


def test_T6_a_row_that_ends_an_event_in_both_views_stays_whole(make_updates):
    # when the exchange's next row comes, it is not known yet that the local event ends at the same row
    rows = resolve(
        make_updates(
            (1, 5, Kind.CHANGE, BUY, 100, 5, BOTH),
            (2, 9, Kind.CHANGE, BUY, 97, 5, E),
            (3, 8, Kind.CHANGE, BUY, 98, 5, BOTH),
            (2, 9, Kind.CHANGE, BUY, 97, 5, L),
        ),
        runs_are_events=True,
    )
    assert rows_of(rows) == [
        (Kind.CHANGE, BUY, 100, 5, BOTH | END),
        (Kind.CHANGE, BUY, 97, 5, E | END),
        (Kind.CHANGE, BUY, 98, 5, BOTH | END),
        (Kind.CHANGE, BUY, 97, 5, L | END),
    ]


# Random messages: (time since the last was received, latency, updates)
prices = st.integers(95, 106)
update = st.one_of(
    st.tuples(st.just(Kind.CHANGE), st.sampled_from([BUY, SELL]), prices, st.integers(0, 9)),
    st.tuples(st.just(Kind.TRADE), st.sampled_from([BUY, SELL, NONE]), prices, st.integers(1, 9)),
    st.tuples(st.just(Kind.CLEAR), st.sampled_from([BUY, SELL, NONE]), prices | st.just(NO_PRICE), st.just(0)),
    st.tuples(st.just(Kind.BBO), st.sampled_from([BUY, SELL]), prices, st.integers(0, 9)),
    st.tuples(st.just(SNAPSHOT_LEVEL), st.sampled_from([BUY, SELL]), prices, st.integers(0, 9)),
    st.tuples(st.just(Kind.GAP), st.just(NONE), st.just(0), st.just(0)),
)
snapshot = st.lists(
    st.tuples(st.just(Kind.CHANGE), st.sampled_from([BUY, SELL]), prices, st.integers(0, 9)), max_size=6
).map(lambda levels: [(Kind.SNAPSHOT_BEGIN, NONE, 0, REPLACE_BOOK), *levels, (Kind.SNAPSHOT_END, NONE, 0, 0)])
messages = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 8), st.one_of(st.lists(update, min_size=1, max_size=4), snapshot)),
    min_size=1,
    max_size=25,
)


def as_updates(make_updates, drawn):
    out, local = [], 1000
    for wait, latency, parts in drawn:
        local += wait
        for i, (kind, side, price, qty) in enumerate(parts):
            end = END if i == len(parts) - 1 else 0
            out.append((local - latency, local, kind, side, price, qty, BOTH | end))
    return make_updates(*out)


def absolute(slow, drawn_in_order):
    """States of a dict book after each message; equal neighbours are one."""
    book, states = slow.Book(), [{}]
    for parts in drawn_in_order:
        if parts[0][0] == Kind.SNAPSHOT_BEGIN:
            book.clear(NONE)
        for kind, side, price, qty in parts:
            if kind in (Kind.CHANGE, SNAPSHOT_LEVEL):
                book.set(side, price, qty)
            elif kind == Kind.BBO:
                book.bbo(side, price, qty)
            elif kind == Kind.CLEAR:
                book.clear(side, None if price == NO_PRICE else price)
        states.append(dict(book.levels))
    return distinct(states)


def distinct(states):
    return [state for i, state in enumerate(states) if i == 0 or state != states[i - 1]]


@given(drawn=messages, cut=st.integers(1, 60))
def test_random_streams_replay_to_the_absolute_books_of_each_view(make_updates, slow, drawn, cut):
    updates = as_updates(make_updates, drawn)
    sequencer, resolver, parts = Sequencer(), Resolver(5), []
    # pushed message by message or in larger pieces, the tape is the same
    ends = np.flatnonzero(updates["flags"] & END) + 1
    start = 0
    for end in [*ends[::cut], len(updates)]:
        parts.append(resolver.push(sequencer.push(updates[start:end])))
        start = end
    parts += [resolver.push(sequencer.finish()), resolver.finish()]
    rows = np.concatenate(parts)
    assert validate_rows(rows).ok or (len(rows) == 0)

    local, when = [message[2] for message in drawn], 1000
    keyed = []
    for i, (wait, latency, parts_) in enumerate(drawn):
        when += wait
        rank = {Kind.SNAPSHOT_BEGIN: 0, Kind.TRADE: 1}.get(parts_[0][0], 2)
        keyed.append((when - latency, rank, i))
    exch = [drawn[i][2] for _, _, i in sorted(keyed)]
    assert distinct(slow.replay(rows, L)) == absolute(slow, local)
    assert distinct(slow.replay(rows, E)) == absolute(slow, exch)
    # every print stands once in each view
    for view, order in ((L, local), (E, exch)):
        trades = [
            (side, price, qty)
            for _, _, _, price, qty, kind, side, flags in rows.tolist()
            if kind == Kind.TRADE and flags & view
        ]
        assert trades == [part[1:] for parts_ in order for part in parts_ if part[0] == Kind.TRADE]


@given(drawn=messages)
def test_runs_of_equal_exchange_times_replay_to_the_same_books(make_updates, slow, drawn):
    # rows of a peer's format: in both orders already, no ends of messages
    drawn = [(wait, 2, parts) for wait, _, parts in drawn if parts[0][0] != Kind.SNAPSHOT_BEGIN]
    updates = as_updates(make_updates, drawn)
    updates["flags"] &= ~np.uint16(END)
    rows = resolve(updates, runs_are_events=True)
    events = {}
    when = 1000
    for wait, _, parts in drawn:
        when += wait
        events.setdefault(when, []).extend(parts)
    expected = absolute(slow, list(events.values()))
    assert distinct(slow.replay(rows, L)) == expected
    assert distinct(slow.replay(rows, E)) == expected
    assert len(rows) == 0 or validate_rows(rows).ok


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), min_size=1, max_size=9))
def test_sequencer_keeps_most_updates_whole(make_updates, drawn):
    updates = make_updates(
        *[
            (100 + exch, 200 + i, Kind.CHANGE, BUY, 100 + k, 1, BOTH | (END if k == n - 1 else 0))
            for i, (exch, n) in enumerate(drawn)
            for k in range(n)
        ]
    )
    sequencer = Sequencer()
    ordered = np.concatenate([sequencer.push(updates), sequencer.finish()])
    whole = int(np.count_nonzero((ordered["flags"] & BOTH) == BOTH))
    best = 0
    for chosen in range(1 << len(drawn)):
        times = [(exch, i, n) for i, (exch, n) in enumerate(drawn) if chosen >> i & 1]
        if times == sorted(times):
            best = max(best, sum(n for *_, n in times))
    assert whole == best


def test_sequencer_holds_back_no_more_than_it_must(make_updates):
    second = 1_000_000_000
    sequencer = Sequencer()
    first = sequencer.push(
        make_updates(*[(i * second, i * second + 5, Kind.CHANGE, BUY, 100, i, BOTH | END) for i in range(1, 11)])
    )
    # what is more than 4.29 s of exchange time back is final
    assert first["exch_ts_ns"].tolist() == [i * second for i in range(1, 6)]
    assert len(sequencer.finish()) == 5


def test_sequencer_measures_from_the_smallest_latency(make_updates):
    # 7.29 s of local time after a message of 3 s latency, one of 7.2 s may still come
    second = 1_000_000_000
    sequencer = Sequencer()
    first = sequencer.push(
        make_updates(*[(i * second, (i + 3) * second, Kind.CHANGE, BUY, 100, i, BOTH | END) for i in range(1, 11)])
    )
    assert first["exch_ts_ns"].tolist() == [i * second for i in range(1, 6)]
    late = make_updates((6 * second - 1, 13 * second, Kind.CHANGE, BUY, 100, 77, BOTH | END))
    ordered = np.concatenate([sequencer.push(late), sequencer.finish()])
    exch = ordered["exch_ts_ns"][(ordered["flags"] & E) != 0]
    assert exch.tolist() == [6 * second - 1, *(i * second for i in range(6, 11))]


def test_resolver_holds_no_more_than_a_million_rows_for_a_silent_view(make_updates):
    n = 1 << 19
    resolver = Resolver(0, True)
    resolver.push(make_updates((1, 1, Kind.CHANGE, BUY, 100, 1, BOTH)))
    many = np.repeat(make_updates((2, 2, Kind.CHANGE, BUY, 101, 1, E)), n)
    many["qty_lots"] = np.arange(n) % 2 + 1
    ready = 0
    for chunk in range(3):
        many["exch_ts_ns"] = np.arange(n) + 2 + chunk * n
        ready += len(resolver.push(many))
    assert ready > n
    assert ready + len(resolver.finish()) == 3 * n + 1


def test_message_ends_tell_rows_and_touch(make_updates):
    updates = make_updates(
        (1, 1, Kind.CHANGE, BUY, 100, 5, BOTH),
        (1, 1, Kind.CHANGE, SELL, 102, 6, BOTH | END),
        (2, 2, Kind.CHANGE, BUY, 101, 1, BOTH | END),
        (3, 3, Kind.CHANGE, BUY, 101, 0, BOTH),
        (3, 3, Kind.CHANGE, BUY, 100, 0, BOTH | END),
    )
    updates["tag"] = [7, 7, 8, 9, 9]
    resolver = Resolver()
    resolver.push(updates)
    resolver.finish()
    ends = resolver.message_ends()
    assert ends[["tag", "rows", "bid_ticks", "bid_lots", "ask_ticks", "ask_lots"]].tolist() == [
        (7, 2, 100, 5, 102, 6),
        (8, 3, 101, 1, 102, 6),
        (9, 5, NO_PRICE, 0, 102, 6),
    ]
    assert len(resolver.message_ends()) == 0


def test_a_window_is_a_whole_number_of_ns():
    with pytest.raises(ValueError, match=r"counted_window_ns = 1\.5: must be a whole number"):
        Resolver(1.5)
