"""The embedded market by itself: the same again, what is recorded of it, and what it says of its parameters."""

import numpy as np
import pytest
from reference.market_witness import Others

import lumina
from lumina import Flag, Kind
from lumina.errors import ConfigError

MINUTE = 1 / 60
BOTH_VIEWS = int(Flag.EXCH | Flag.LOCAL)


@pytest.fixture(scope="module")
def tape():
    return lumina.EmbeddedMarket(seed=5, hours=10 * MINUTE).record()


def rows_of(**options):
    return lumina.EmbeddedMarket(**{"seed": 5, "hours": 2 * MINUTE, **options}).record().events


def test_the_same_seed_is_the_same_market_and_another_is_another():
    assert rows_of().tobytes() == rows_of().tobytes()
    assert rows_of().tobytes() != rows_of(seed=6).tobytes()


def test_one_object_serves_many_times():
    market = lumina.EmbeddedMarket(seed=5, hours=2 * MINUTE)
    assert market.record().events.tobytes() == market.record().events.tobytes() == rows_of().tobytes()


def test_a_shorter_run_is_the_beginning_of_a_longer(tape):
    short, long = rows_of(), tape.events
    assert short[:-1].tobytes() == long[: len(short) - 1].tobytes()
    assert short[-1]["kind"] == long[-1]["kind"] == Kind.STATUS


def test_a_recording_ends_when_its_time_does(tape):
    first, last = tape.events[[0, -1]]
    market = lumina.EmbeddedMarket(seed=5, hours=10 * MINUTE)
    assert (first["exch_ts_ns"], last["exch_ts_ns"]) == (market.start_ns, market.start_ns + market.length_ns)
    assert market.length_ns == 600_000_000_000
    assert (last["qty_lots"], last["flags"]) == (0, BOTH_VIEWS | int(Flag.END))
    assert (tape.events["latency_ns"] == 100_000).all()
    assert (np.diff(tape.events["exch_ts_ns"]) >= 0).all()


def test_the_book_at_the_open_is_one_event_of_orders(tape):
    rows = tape.events
    opening = rows[rows["exch_ts_ns"] == rows["exch_ts_ns"][0]]
    assert set(opening["kind"]) == {Kind.ADD}
    assert np.flatnonzero(opening["flags"] & Flag.END).tolist() == [len(opening) - 1]
    for side, best, away in ((0, 9_999, -1), (1, 10_000, 1)):
        mine = opening[opening["side"] == side]
        prices, lots = np.unique(mine["price_ticks"][mine["qty_lots"] == 1], return_counts=True)
        held = dict(zip(prices.tolist(), lots.tolist(), strict=True))
        assert [held[best + away * i] for i in range(39)] == [8 + 2 * i for i in range(39)]
        # what nobody has seen yet holds 5, as far as 60 ticks from the opposite best
        reach = (10_000 if side == 0 else 9_999) + away * 60
        assert [held[best + away * i] for i in range(39, abs(reach - best) + 1)] == [5] * (abs(reach - best) - 38)
        assert len(held) == abs(reach - best) + 1


def test_T1a_a_recording_is_a_tape_order_by_order(tape):
    assert (tape.level, len(tape.order_ids)) == ("L3", len(tape))
    stamps, book = {}, Others()
    for number, (row, order_id) in enumerate(zip(tape.events[:-1], tape.order_ids[:-1].tolist(), strict=True), 1):
        kind = int(row["kind"])
        if kind == Kind.ADD:
            assert row["stamp"] == number
            stamps[order_id] = number
        assert row["stamp"] == stamps[order_id]
        book.apply((0, kind, int(row["side"]), int(row["price_ticks"]), int(row["qty_lots"]), order_id))
        if row["flags"] & Flag.END:
            assert book.best(0)[0] < book.best(1)[0]
    assert set(np.unique(tape.events["kind"])) == {Kind.ADD, Kind.CANCEL, Kind.EXECUTE, Kind.STATUS}


def test_an_execution_is_of_the_oldest_order_of_the_best_level(tape):
    book = Others()
    for row, order_id in zip(tape.events[:-1], tape.order_ids[:-1].tolist(), strict=True):
        side, price = int(row["side"]), int(row["price_ticks"])
        if row["kind"] == Kind.EXECUTE:
            assert price == book.best(side)[0]
            assert order_id == next(iter(book.levels[side][price]))
        book.apply((0, int(row["kind"]), side, price, int(row["qty_lots"]), order_id))


def test_the_order_book_of_the_library_takes_every_row(tape):
    orders, levels = lumina.OrderBook(), {}
    for row, order_id in zip(tape.events[:-1], tape.order_ids[:-1].tolist(), strict=True):
        side, price, lots = int(row["side"]), int(row["price_ticks"]), int(row["qty_lots"])
        levels[side, price] = levels.get((side, price), 0) + lots
        if row["kind"] == Kind.ADD:
            done = orders.add(order_id, side, price, lots)
        elif row["kind"] == Kind.CANCEL:
            done = orders.cancel(order_id)
        else:
            assert orders.queue_ahead(order_id) == 0
            done = orders.execute(order_id, -lots)
        assert done == "ok"
        assert not row["flags"] & Flag.END or orders.best_bid[0] < orders.best_ask[0]
    bids = sorted(((p, q) for (s, p), q in levels.items() if s == 0 and q), reverse=True)
    asks = sorted((p, q) for (s, p), q in levels.items() if s == 1 and q)
    assert orders.best_bid == bids[0]
    assert orders.best_ask == asks[0]
    for found, want in zip(orders.depth(40), (bids, asks), strict=True):
        assert [tuple(level) for level in found[:, :2].tolist()] == want[:40]
        assert (found[:, 1] == found[:, 2]).all()  # one lot an order


class Sees:
    def __init__(self):
        self.rows = []

    def on_level(self, ctx, event):
        row = (event.exch_ts_ns, event.value, event.price_ticks, event.qty_lots, event.order_id, event.ts_ns)
        self.rows.append(row)


def test_a_recording_is_what_a_strategy_without_orders_sees(tape):
    market = lumina.EmbeddedMarket(seed=5, hours=10 * MINUTE)
    live, replayed = Sees(), Sees()
    result = lumina.backtest(market, live)
    lumina.backtest(tape, replayed)
    assert live.rows == replayed.rows
    assert len(live.rows) == result.events - 1 == len(tape) - 1
    rows = tape.events[:-1]
    for column, field in enumerate(("exch_ts_ns", "kind", "price_ticks", "qty_lots")):
        assert [row[column] for row in live.rows] == rows[field].tolist()


def test_a_replay_without_a_strategy_makes_every_row(tape):
    assert lumina.backtest(lumina.EmbeddedMarket(seed=5, hours=10 * MINUTE)).events == len(tape)


def test_progress_is_simulated_time_to_its_end():
    told = []
    market = lumina.EmbeddedMarket(seed=5, hours=2 * MINUTE)
    market.record(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (market.length_ns, market.length_ns)
    assert told == sorted(told)


def test_control_c_ends_a_recording(monkeypatch):
    monkeypatch.setattr("lumina.market._STEPS", 100)
    told = []

    def interrupt(done, total):
        told.append(done)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lumina.EmbeddedMarket(seed=5, hours=1).record(progress=interrupt)
    assert 0 < told[0] < told[1] < told[2] < 3600 * 10**9


def test_a_recording_does_not_depend_on_how_often_it_is_looked_at(monkeypatch):
    whole = rows_of()
    monkeypatch.setattr("lumina.market._STEPS", 7)
    assert rows_of().tobytes() == whole.tobytes()


def test_the_feed_latency_moves_what_is_seen_and_nothing_else():
    near, far = rows_of(feed_latency_ns=0), rows_of(feed_latency_ns=2**32 - 1)
    assert (near["latency_ns"] == 0).all()
    assert (far["latency_ns"] == 2**32 - 1).all()
    for field in lumina.EVENT.names:
        assert field == "latency_ns" or (near[field] == far[field]).all()


def test_the_start_moves_every_row():
    rows, later = rows_of(), rows_of(start="2030-06-03T08:00:00+02:00")
    assert later["exch_ts_ns"][0] == np.datetime64("2030-06-03T06:00:00", "ns").astype(np.int64)
    np.testing.assert_array_equal(np.diff(rows["exch_ts_ns"]), np.diff(later["exch_ts_ns"]))


def test_what_a_market_says_of_itself():
    market = lumina.EmbeddedMarket(7, 0.5, max_lots=9, excitation=[0.2, 0.1])
    assert repr(market) == "EmbeddedMarket(seed=7, hours=0.5, max_lots=9, excitation=(0.2, 0.1))"
    assert (market.seed, market.hours, market.length_ns, market.feed_latency_ns) == (7, 0.5, 1800 * 10**9, 100_000)
    defaults = lumina.EmbeddedMarket.defaults()
    assert market.parameters == defaults | {"max_lots": 9, "excitation": (0.2, 0.1)}
    assert market.provenance["seed"] == 7
    assert market.provenance["parameters"] == {"max_lots": 9, "excitation": [0.2, 0.1]}
    assert market.instrument.symbol == "EMBEDDED"


def test_provenance_makes_the_market_again():
    market = lumina.EmbeddedMarket(
        7, MINUTE, start="2030-06-03T08:00:00Z", feed_latency_ns=5, max_lots=9, excitation=[0.2, 0.1]
    )
    said = dict(market.provenance)
    assert said.pop("source") == "embedded market"
    again = lumina.EmbeddedMarket(**said.pop("parameters"), **said)
    assert again.record().events.tobytes() == market.record().events.tobytes()
    assert market.record().provenance["parameters"] == market.provenance["parameters"]


def test_with_another_instrument_or_seed_the_rest_stays():
    market = lumina.EmbeddedMarket(7, MINUTE, start="2030-06-03T08:00:00Z", feed_latency_ns=5, max_lots=9)
    instrument = lumina.Instrument("MINE", 1, 1)
    other = market.with_instrument(instrument)
    assert other.instrument is instrument
    assert market.instrument.symbol == "EMBEDDED"
    assert other.record().events.tobytes() == market.record().events.tobytes()
    assert other.record().instrument == instrument
    day = other.with_seed(8)
    assert (day.seed, day.instrument, day.start_ns, day.feed_latency_ns) == (8, instrument, market.start_ns, 5)
    assert day.parameters == market.parameters
    assert day.record().events.tobytes() != market.record().events.tobytes()


BOUNDS = {
    "session_s": (60, 86_400), "activity_sd": (0, 2), "activity_tau_s": (1, 1e6), "edge_tau_s": (1, 1e6),
    "limit_rate": (1e-6, 1e3), "cancel_rate": (0, 1e3), "inside_factor": (1e-6, 1e3), "limit_skew": (0, 5),
    "cancel_skew": (0, 5), "max_skew": (0, 20), "market_rate": (1e-6, 1e3), "spread_damping": (0, 10),
    "excitation_decay": (1e-3, 1e3), "metaorder_share": (0, 1), "metaorder_tail": (0.1, 100), "sign_skew": (0, 100),
    "size_tail": (0.1, 100), "cut_share": (0, 1), "max_lots": (1, 100_000), "value_volatility": (0, 100),
    "value_impact": (0, 100), "value_exponent": (0, 1), "value_lots": (0.1, 1e6), "value_memory": (0, 1),
    "memory_decay": (0, 1), "start_price": (1_000, 100_000_000), "start_levels": (1, 500), "start_lots": (1, 10_000),
    "start_step": (0, 1_000), "fresh_lots": (1, 10_000), "fresh_distance": (1, 500), "open_activity": (0, 1e6),
    "close_activity": (0, 1e6), "memory_weight": (0, 1e6), "size_scale": (0, 1e6), "excitation": (0, 1e6),
}  # fmt: skip


@pytest.mark.parametrize("name", list(lumina.EmbeddedMarket.defaults()))
def test_each_parameter_has_its_bounds(name):
    default = lumina.EmbeddedMarket.defaults()[name]
    low, high = BOUNDS[name]
    many = isinstance(default, tuple)
    step = 1 if isinstance(default, int) else 1e-9

    def make(value):
        return lumina.EmbeddedMarket(1, MINUTE, **{name: [value, *default[1:]] if many else value})

    for value in (low,) if name == "excitation" else (low, high):
        made = make(value).parameters[name]
        assert (made[0] if many else made) == value
    for value in (low - step, high * 2 + step, float("nan"), float("inf"), True, "1", None):
        with pytest.raises(ConfigError, match=rf"^{name} = "):
            make(value)
    if isinstance(default, int):
        with pytest.raises(ConfigError, match="must be a whole number"):
            make(low + 0.5)
    for value in ([0.1], 0.1, "x" * len(default), (0.1,) * (len(default) + 1)) if many else ([low], (low,)):
        with pytest.raises(ConfigError, match=rf"^{name} = "):
            lumina.EmbeddedMarket(1, MINUTE, **{name: value})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, r"seed = -1: must be a whole number in \[0, 18446744073709551615\]"),
        ({"seed": 2**64}, "seed = 18446744073709551616: "),
        ({"seed": 10**400}, "seed = 1000"),
        ({"seed": 0.5}, "seed = 0.5: must be a whole number"),
        ({"hours": 0}, r"hours = 0: must be a number in \[0.000277778, 6.5\]"),
        ({"hours": 6.6}, "hours = 6.6"),
        ({"hours": "1"}, "hours = '1'"),
        ({"hours": 2, "session_s": 3600}, r"hours = 2: must be a number in \[0.000277778, 1\]"),
        ({"start": "noon"}, "start = 'noon': must be an instant such as 2025-01-02T14:30:00Z"),
        ({"start": "1960-01-01T00:00:00Z"}, "start = .*: must be between 1970 and 2116"),
        ({"start": "2200-01-01"}, "start = .*: must be between 1970 and 2116"),
        ({"start": 5}, "start = 5: "),
        ({"feed_latency_ns": -1}, "feed_latency_ns = -1"),
        ({"feed_latency_ns": 2**32}, "feed_latency_ns = 4294967296"),
        ({"excitation": [0.5, 0.5]}, r"excitation = \(0.5, 0.5\): must sum to less than 1"),
        ({"max_lot": 5}, "max_lot = 5: no parameter of the embedded market; it has session_s, "),
        ({"start_ns": 5}, "start_ns = 5: no parameter of the embedded market"),
        ({"instrument": "X"}, "instrument = 'X': must be a lumina.Instrument"),
    ],
)
def test_what_cannot_be_is_named(options, message):
    with pytest.raises(ConfigError, match=message):
        lumina.EmbeddedMarket(**options)


@pytest.mark.parametrize(
    "extreme",
    [
        {"start_levels": 1, "start_lots": 1, "start_step": 0, "fresh_lots": 1, "fresh_distance": 1},
        {"max_lots": 100_000, "size_tail": 0.1, "cut_share": 0},
        {"market_rate": 50, "limit_rate": [1e-6] * 8, "start_price": 1_000},
        {"value_volatility": 20, "max_skew": 2, "limit_skew": 1, "cancel_skew": 1},
        {"size_scale": 0, "activity_sd": [0, 0], "metaorder_share": 0},
    ],
    ids=str,
)
def test_an_extreme_market_is_never_crossed_and_no_side_is_empty(extreme):
    tape = lumina.EmbeddedMarket(3, MINUTE, **extreme).record()
    book = Others()
    for row, order_id in zip(tape.events[:-1], tape.order_ids[:-1].tolist(), strict=True):
        book.apply((0, *(int(row[f]) for f in ("kind", "side", "price_ticks", "qty_lots")), order_id))
        if row["flags"] & Flag.END:
            (bid, bids), (ask, asks) = book.best(0), book.best(1)
            assert bids
            assert asks
            assert bid < ask
