"""Runs of the engine over the embedded market: clocks, events, accounts, determinism."""

import numpy as np
import pytest
from reference.market_script import BUY, NO_LATENCY, SELL, S, Script, log_of, market, play, touch
from reference.market_witness import Witness, check_conservation, check_mids, check_reports, check_rows
from reference.vocabulary import (
    ACKNOWLEDGED,
    CANCEL_REJECTED,
    CANCELLED,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    R_END_OF_DATA,
    R_NONE,
    REJECTED,
)

import lumina
from lumina.errors import ConfigError, DataError
from lumina.strategies import AvellanedaStoikov


def test_A2_at_the_end_open_orders_are_cancelled_and_later_arrivals_refused():
    def rest(s, ctx):
        s.submit(ctx, BUY, touch(ctx, BUY) - 20, 2)
        s.submit(ctx, SELL, touch(ctx, SELL) + 20, 2)

    def late(s, ctx):
        s.submit(ctx, BUY, touch(ctx, SELL), 2)
        ctx.cancel(1)

    slow = lumina.Latency(0, 0, 10_000_000, 0)
    result, _, _ = play((50, rest), (59.995, late), latency=slow)
    end = market(1).start_ns + 60 * S
    assert log_of(result, 1) == [
        (ACKNOWLEDGED, R_NONE), (CANCELLED, R_END_OF_DATA), (CANCEL_REJECTED, R_END_OF_DATA)]  # fmt: skip
    assert log_of(result, 2) == [(ACKNOWLEDGED, R_NONE), (CANCELLED, R_END_OF_DATA)]
    assert log_of(result, 3) == [(REJECTED, R_END_OF_DATA)]
    assert result.orders["close_ts_ns"].tolist()[:2] == [end, end]
    assert result.final[0]["open_orders_cancelled"] == 2
    assert result.equity["ts_ns"][-1] == end


def test_O1_rows_of_an_instant_come_before_an_arrival_of_it():
    # joins at the very time at which an order of the others joins: behind it
    times = []

    class First:
        def on_level(self, ctx, ev):
            times.append((ev.exch_ts_ns, ev.value, ev.side, ev.price_ticks))

    lumina.backtest(market(1), First(), latency=NO_LATENCY)
    ts, _, side, price = next(t for t in times if t[0] > market().start_ns + 5 * S and t[1] == 2)
    seen = []

    def join(s, ctx):
        seen.append(ctx.level(0, side, price))
        s.submit(ctx, side, price, 1)

    result, _, witness = play(((ts - market().start_ns) / S, join))
    at_ts = [row for row in witness.rows if row[0] == ts]
    assert at_ts[0][3] == price
    assert result.orders["queue_ahead_lots"][0] == seen[0]
    assert result.orders["arrival_ts_ns"][0] == ts


def test_every_kind_of_event_wakes_the_strategy():
    kinds = {}

    class All:
        wake_mask = 63
        interval_ns = S

        def on_event(self, ctx, ev):
            kinds[ev.kind] = kinds.get(ev.kind, 0) + 1
            if ev.kind == 8:
                ctx.submit(side=BUY, price_ticks=touch(ctx, BUY), qty_lots=1, type=POST_ONLY)
                if kinds[8] > 5:
                    ctx.cancel(kinds[8] - 5)
                    ctx.replace(kinds[8] - 4, touch(ctx, BUY), 2)
                    ctx.replace(10_000, 1, 1)
                    ctx.submit(side=BUY, price_ticks=touch(ctx, SELL), qty_lots=1, type=POST_ONLY)

    result = lumina.backtest(market(2), All(), latency=NO_LATENCY)
    # start, level, trade, book, bbo, status (the end), timer, and all reports
    assert set(kinds) == {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16}
    assert kinds[8] == 120
    assert kinds[11] == len(result.fills)


@pytest.mark.parametrize("mask", [1, 2, 4, 8, 16, 32, 0])
def test_what_a_strategy_is_woken_by_does_not_change_what_it_does(mask):
    # orders on a timer alone: the log must not depend on what else is listened to
    class Timed:
        interval_ns = S
        n = 0

        def __init__(self, mask):
            self.wake_mask = mask

        def on_event(self, ctx, ev):
            if ev.kind != 8:
                return
            self.n += 1
            side = self.n % 2
            ctx.submit(side=side, price_ticks=touch(ctx, side), qty_lots=self.n % 5 + 1)
            if self.n % 7 == 0:
                ctx.submit(side=side, qty_lots=3, type=MARKET)

    latency = lumina.Latency(50_000, 20_000, 300_000, 400_000)
    runs = [lumina.backtest(market(3), Timed(m), latency=latency) for m in (63, mask)]
    assert runs[0].digest == runs[1].digest
    assert runs[0].equity.tobytes() == runs[1].equity.tobytes()


LATENCIES = {
    "constant": lumina.Latency(200_000, 10_000, 500_000, 700_000),
    "lognormal": lumina.Latency(
        feed={"model": "lognormal", "median_ns": 3_000_000, "sigma": 1.0},
        entry={"model": "lognormal", "median_ns": 2_000_000, "sigma": 0.5},
        response={"model": "lognormal", "median_ns": 1_000_000, "sigma": 0.5},
    ),
}


@pytest.mark.parametrize("name", LATENCIES)
def test_the_same_run_again_is_the_same_digest(name):
    def run(seed=11, **options):
        return lumina.backtest(market(5, seed), AvellanedaStoikov(), latency=LATENCIES[name], **options).digest

    assert run() == run()
    assert run() != run(seed=12)


def test_another_seed_of_the_engine_draws_other_latencies():
    runs = [lumina.backtest(market(5), AvellanedaStoikov(), latency=LATENCIES["lognormal"], seed=s) for s in (0, 0, 1)]
    assert runs[0].digest == runs[1].digest != runs[2].digest


@pytest.mark.parametrize("name", LATENCIES)
def test_seen_times_are_monotonic_and_no_row_is_lost(name):
    class Clock:
        wake_mask = 63

        def __init__(self):
            self.rows, self.last = [], 0

        def on_event(self, ctx, ev):
            assert ev.ts_ns == ctx.now_ns >= self.last
            self.last = ev.ts_ns
            if ev.kind == 1:
                assert ev.ts_ns >= ev.exch_ts_ns
                self.rows.append((ev.exch_ts_ns, ev.price_ticks, ev.qty_lots, ev.order_id))

    clock = Clock()
    lumina.backtest(market(3), clock, latency=LATENCIES[name])
    tape = market(3).record()
    assert clock.rows == list(
        zip(*(tape.events[:-1][f].tolist() for f in ("exch_ts_ns", "price_ticks", "qty_lots")),
            tape.order_ids[:-1].tolist(), strict=True)
    )  # fmt: skip


@pytest.mark.parametrize("name", ["lognormal", "two"])
def test_a_timer_at_the_instant_of_an_event_takes_no_event_away(name):
    latency = {"lognormal": LATENCIES["lognormal"], "two": lumina.Latency(
        feed={"model": "empirical", "ns": [1000, 500_000], "counts": [1, 1]})}[name]  # fmt: skip

    class Count:
        wake_mask = 63

        def __init__(self, timers=()):
            self.timers, self.seen, self.fired = timers, [], 0

        def on_event(self, ctx, ev):
            if ev.kind == 0:
                for ts in self.timers:
                    ctx.set_timer(ts)
            elif ev.kind == 1:
                self.seen.append((ev.ts_ns, ev.order_id))
            elif ev.kind == 8:
                self.fired += 1

    first = Count()
    lumina.backtest(market(1), first, latency=latency)
    second = Count([ts for ts, _ in first.seen[::50]])
    lumina.backtest(market(1), second, latency=latency)
    assert second.fired > 50
    assert second.seen == first.seen


def test_accounts_add_up_and_the_equity_grid_is_the_others_mid():
    from backtest.test_properties import assert_accounts

    class Busy:
        interval_ns = S // 5
        n = 0

        def on_event(self, ctx, ev):
            if ev.kind == 8:
                self.n += 1
                side = self.n % 2
                kind = (LIMIT, POST_ONLY, IOC, MARKET)[self.n // 2 % 4]
                ctx.submit(side=side, price_ticks=touch(ctx, side), qty_lots=1 + self.n % 3, type=kind)

    witness = Witness(Busy())
    result = lumina.backtest(market(5), witness, latency=NO_LATENCY, equity_interval_ns=100_000_000)
    assert len(result.fills) > 500
    assert_accounts(result)
    check_mids(result, witness.rows)
    check_rows(result, witness.rows)
    assert len(result.equity) == 3000


def test_several_markets_in_one_run():
    class Both:
        interval_ns = S

        def on_event(self, ctx, ev):
            if ev.kind == 8:
                for i in range(ctx.instrument_count):
                    ctx.submit(instrument=i, side=BUY, price_ticks=ctx.best(i, BUY).price_ticks, qty_lots=1 + i)

    def alone(m):
        return lumina.backtest(m, Both(), latency=NO_LATENCY)

    one, two = market(2, 3), market(4, 4)
    result = lumina.backtest([one, two.with_instrument(lumina.Instrument("B", 1, 1))], Both(), latency=NO_LATENCY)
    check_conservation(result)
    check_reports(result)
    first = result.fills[result.fills["instrument"] == 0]
    assert len(first) > 10
    for i, m in enumerate((one, two)):
        mine, single = result.fills[result.fills["instrument"] == i], alone(m).fills
        if i == 0:
            single = single[single["ts_ns"] <= one.start_ns + one.length_ns]
        assert mine["ts_ns"].tolist()[: len(single)] == single["ts_ns"].tolist() if i == 0 else len(mine) > 10
    assert set(result.equity["instrument"]) == {0, 1}


def test_what_does_not_go_together_is_refused():
    tape = market(1).record()
    with pytest.raises(DataError, match="tape 1 is a EmbeddedMarket, tape 0 a Tape: recorded and embedded markets"):
        lumina.backtest([tape, market(1)])
    with pytest.raises(DataError, match="tape 1 is a Tape, tape 0 a EmbeddedMarket"):
        lumina.backtest([market(1), tape])
    with pytest.raises(ConfigError, match="impact: an embedded market reacts by itself"):
        lumina.backtest(market(1), impact=lumina.Impact(0.02, 10.0))


def test_control_c_keeps_what_was_reached():
    class Interrupted:
        interval_ns = S

        def on_timer(self, ctx, event):
            ctx.submit(side=BUY, price_ticks=touch(ctx, BUY) - 9, qty_lots=1)
            if event.ts_ns >= market().start_ns + 10 * S:
                raise KeyboardInterrupt

    result = lumina.backtest(market(5), Interrupted(), latency=NO_LATENCY)
    assert result.interrupted
    assert len(result.orders) == 10
    assert result.equity["ts_ns"][-1] == market().start_ns + 10 * S
    check_reports(result)


def test_a_strategy_may_stop_its_run():
    class Stops:
        interval_ns = S

        def on_timer(self, ctx, event):
            ctx.submit(side=BUY, price_ticks=9_900, qty_lots=1)
            if event.ts_ns >= market().start_ns + 3 * S:
                ctx.stop()

    result = lumina.backtest(market(5), Stops(), latency=NO_LATENCY)
    assert result.equity["ts_ns"][-1] == market().start_ns + 3 * S
    assert result.events < 5000


def test_progress_is_simulated_time():
    told = []
    lumina.backtest(market(2), AvellanedaStoikov(), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (120 * S, 120 * S)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_orders_of_ours_move_the_market_and_nothing_before_them_changes():
    quiet, moved = Witness(Script([])), Witness(Script([(30, lambda s, ctx: s.submit(ctx, BUY, 0, 100, MARKET))]))
    lumina.backtest(market(2), quiet, latency=NO_LATENCY)
    lumina.backtest(market(2), moved, latency=NO_LATENCY)
    cut = market().start_ns + 30 * S
    assert [r for r in moved.rows if r[0] < cut] == [r for r in quiet.rows if r[0] < cut]
    assert [r for r in moved.rows if r[0] > cut] != [r for r in quiet.rows if r[0] > cut]
    assert np.diff(moved.seen_ns).min() >= 0
