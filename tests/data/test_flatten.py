"""An L3 tape as the L2 tape of the same market: the same levels after every event, every execution a print."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumina
from lumina import EVENT, Flag, Kind, Side, Tape
from lumina.errors import DataError

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BOTH = E | L
VIEWS = (E, L)


def random_orders(seed, events=60):
    """Rows of an L3 tape: events of a few changes each on few levels, some rows of one view only, markers, prints."""
    rng = np.random.default_rng(seed)
    totals = {E: {}, L: {}}
    rows, number = [], 0
    for event in range(events):
        first = len(rows)
        if rng.random() < 0.1:
            rows.append([event, 0, 0, 0, Kind.STATUS, Side.NONE, BOTH])
        for _ in range(int(rng.integers(1, 7))):
            views = Flag(int(rng.choice([BOTH] * 6 + [E, L])))
            side, price = int(rng.integers(2)), int(rng.integers(100, 103))
            held = min(totals[view].get((side, price), 0) for view in VIEWS if view & views)
            kind = Kind(int(rng.choice([Kind.ADD, Kind.ADD, Kind.REDUCE, Kind.CANCEL, Kind.EXECUTE, Kind.TRADE])))
            if rng.random() < 0.04:
                kind = Kind.CHANGE  # a level that a depth-limited source shows anew
            lots = int(rng.integers(1, 5)) if kind != Kind.CHANGE else int(rng.integers(0, 3))
            flag = Flag(0)
            if kind == Kind.TRADE:
                side, flag = int(rng.integers(3)), Flag(int(rng.choice([0, Flag.HIDDEN, Flag.OFFBOOK])))
            elif kind not in (Kind.ADD, Kind.CHANGE):
                lots = -min(lots, held)
                if not lots:
                    continue
                flag = Flag.REPLACE if kind == Kind.CANCEL else flag
            if kind != Kind.TRADE:
                for view in VIEWS:
                    if view & views:
                        totals[view][side, price] = totals[view].get((side, price), 0) + lots
            rows.append([event, 0, price, lots, kind, side, views | flag])
        for view in VIEWS:  # the event ends in each view
            of_view = [i for i in range(first, len(rows)) if rows[i][6] & view]
            if not of_view:
                continue
            last = of_view[-1]
            other = BOTH & ~view
            if rows[last][6] & other and any(row[6] & other for row in rows[last + 1 :]):
                rows.append([*rows[last][:2], 0, 0, Kind.STATUS, Side.NONE, view])
                last = len(rows) - 1
            rows[last][6] |= END
    out = np.zeros(len(rows), EVENT)
    for i, (ts, latency, price, lots, kind, side, flags) in enumerate(rows):
        number += bool(flags & E)
        stamp = number if kind == Kind.ADD and flags & E else 0
        out[i] = (ts, stamp, latency, price, lots, kind, side, flags)
    return out


def states(events, view):
    """Exchange time and levels after each event of a view, in which a level feed would be heard."""
    levels, out = {}, []
    for ts, _, _, price, lots, kind, side, flags in events.tolist():
        if not flags & view:
            continue
        if kind <= Kind.EXECUTE:
            levels[side, price] = levels.get((side, price), 0) + lots
            assert levels[side, price] >= 0
        if flags & END:
            out.append((ts, {key: held for key, held in levels.items() if held}))
    return out


def prints(events, view):
    """(time, aggressor, price, lots, marks) of each print of a view, an execution's too."""
    out = []
    for ts, _, _, price, lots, kind, side, flags in events.tolist():
        if flags & view and kind == Kind.TRADE:
            out.append((ts, side, price, lots, flags & (Flag.HIDDEN | Flag.OFFBOOK)))
        if flags & view and kind == Kind.EXECUTE:
            out.append((ts, 1 - side, price, -lots, 0))
    return out


@given(st.integers(0, 10**6), st.sampled_from(["event", "row"]))
def test_levels_after_every_event_and_prints_stay(instrument_once, seed, per):
    events = random_orders(seed)
    if not np.isin(events["kind"], (Kind.ADD, Kind.REDUCE, Kind.CANCEL, Kind.EXECUTE)).any():
        return
    tape = Tape(events, instrument_once)
    flat = tape.to_l2(per=per)
    assert flat.level == "L2"
    assert flat.validate().ok
    assert not flat.events["stamp"].any()
    assert not (flat.events["flags"] & Flag.REPLACE).any()
    for view in VIEWS:
        assert states(flat.events, view) == states(events, view)
        assert prints(flat.events, view) == prints(events, view)
    markers = [e[e["kind"] > Kind.TRADE] for e in (events, flat.events)]
    assert markers[0].tolist() == markers[1].tolist()


@pytest.fixture(scope="session")
def instrument_once():
    return lumina.Instrument("TEST", "0.1", "0.001")


def short(tape):
    return [
        (Kind(kind).name, Side(side).name, price, lots, bool(flags & END))
        for _, _, _, price, lots, kind, side, flags in tape.events.tolist()
    ]


@pytest.fixture
def tape(make_events, instrument):
    both, end = BOTH, BOTH | END
    rows = make_events(
        (1, 0, 10, 5, Kind.ADD, Side.BUY, end),
        (1, 0, 10, 4, Kind.ADD, Side.BUY, end),
        # hit for 3, the rest of the order goes, another joins
        (2, 0, 10, -3, Kind.EXECUTE, Side.BUY, both),
        (2, 0, 10, -2, Kind.CANCEL, Side.BUY, both),
        (2, 0, 9, 1, Kind.ADD, Side.BUY, both),
        (2, 0, 10, 1, Kind.ADD, Side.BUY, end),
        # loses its priority at its price: nothing that a level shows
        (3, 0, 10, -4, Kind.CANCEL, Side.BUY, both | Flag.REPLACE),
        (3, 0, 10, 4, Kind.ADD, Side.BUY, both | Flag.REPLACE),
        (3, 0, 8, 1, Kind.ADD, Side.BUY, end),
        # an iceberg is hit and refilled
        (4, 0, 10, -1, Kind.EXECUTE, Side.BUY, both),
        (4, 0, 10, 1, Kind.ADD, Side.BUY, both | Flag.REPLACE),
        (4, 0, 7, 1, Kind.ADD, Side.BUY, end),
    )
    rows["stamp"] = np.where(rows["kind"] == Kind.ADD, np.arange(1, len(rows) + 1), 0)
    return Tape(rows, instrument, provenance={"importer": "hand"}, order_ids=np.arange(len(rows)))


def test_one_change_a_level_and_event(tape):
    flat = tape.to_l2()
    assert short(flat) == [
        ("CHANGE", "BUY", 10, 5, True),
        ("CHANGE", "BUY", 10, 4, True),
        ("TRADE", "SELL", 10, 3, False),
        ("CHANGE", "BUY", 9, 1, False),
        ("CHANGE", "BUY", 10, -4, True),
        ("CHANGE", "BUY", 8, 1, True),
        ("TRADE", "SELL", 10, 1, False),
        ("CHANGE", "BUY", 10, 0, False),  # the print has been seen
        ("CHANGE", "BUY", 7, 1, True),
    ]
    assert flat.order_ids is None
    assert flat.provenance == {
        "importer": "to_l2",
        "per": "event",
        "executions": 2,
        "netted_rows": 4,
        "silent_rows": 1,
        "from": {"rows": 12, "importer": "hand"},
    }


def test_a_change_for_each_row(tape):
    flat = tape.to_l2(per="row")
    assert short(flat)[2:6] == [
        ("TRADE", "SELL", 10, 3, False),
        ("CHANGE", "BUY", 10, -3, False),
        ("CHANGE", "BUY", 10, -2, False),
        ("CHANGE", "BUY", 9, 1, False),
    ]
    assert len(flat) == 14


def test_header_and_terms_stay(make_events, instrument):
    rows = make_events((1, 7, 10, 5, Kind.ADD, Side.BUY, BOTH | END))
    rows["stamp"] = 1
    clock = {"repair": "shift", "shift_ns": 3, "min_latency_ns": 7}
    flat = Tape(rows, instrument, clock=clock, depth_limit=10).to_l2()
    assert (flat.depth_limit, flat.clock, flat.instrument) == (10, clock, instrument)
    assert flat.events["latency_ns"].tolist() == [7]


def test_what_cannot_be_flattened(tape):
    with pytest.raises(DataError, match="an L2 tape is one already"):
        tape.to_l2().to_l2()
    with pytest.raises(DataError, match="per = 'second': must be one of event, row"):
        tape.to_l2(per="second")


class Watch:
    """Trades nothing and writes down what it is shown."""

    interval_ns = 10_000

    def on_start(self, ctx, event):
        self.seen = []

    def on_timer(self, ctx, event):
        best = [ctx.best(0, side) for side in (Side.BUY, Side.SELL)]
        self.seen.append([(ctx.now_ns, *((side.price_ticks, side.qty_lots) for side in best))])


@pytest.mark.parametrize("per", ["event", "row"])
def test_a_strategy_is_shown_the_same_market(instrument_once, per):
    events = random_orders(8, events=600)
    events["exch_ts_ns"] *= 1000
    tape = Tape(events, instrument_once)
    seen = []
    for one in (tape, tape.to_l2(per=per)):
        watch = Watch()
        lumina.backtest(one, watch)
        seen.append(watch.seen)
    assert seen[0] == seen[1]
    assert len(seen[0]) > 50
    assert len({str(entry[0][1:]) for entry in seen[0]}) > 10
