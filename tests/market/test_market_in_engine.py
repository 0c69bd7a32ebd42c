"""Orders of ours in the embedded market, by the rules of docs/semantics.md."""

import numpy as np
import pytest
from reference.market_witness import Witness, check_conservation, check_mids, check_reports, check_rows
from reference.vocabulary import (
    ACKNOWLEDGED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    R_END_OF_DATA,
    R_NONE,
    R_POST_ONLY,
    R_REDUCED,
    R_REMAINDER,
    R_REQUESTED,
    R_SELF_MATCH,
    R_TOO_LATE,
    R_UNKNOWN_ORDER,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)

import lumina
from lumina.errors import ConfigError, DataError
from lumina.strategies import AvellanedaStoikov

BUY, SELL = 0, 1
S = 1_000_000_000
MINUTE = 1 / 60
NO_LATENCY = lumina.Latency(0, 0, 0, 0)


def market(minutes=5, seed=11, **parameters):
    return lumina.EmbeddedMarket(seed, minutes * MINUTE, **{"feed_latency_ns": 0, **parameters})


class Script:
    """Calls a function at each time (s from the open); `ids` is what they submitted, `told` the reports."""

    def __init__(self, steps):
        self.steps, self.ids, self.told = steps, [], []

    def on_event(self, ctx, ev):
        if ev.kind == 0:
            for i, (at, _) in enumerate(self.steps):
                ctx.set_timer(ev.ts_ns + round(at * S) + i * 1_000_000, i)
        elif ev.kind == 8:
            self.steps[ev.value][1](self, ctx)
        elif 9 <= ev.kind <= 15:
            self.told.append((ev.kind, ev.order_id, ev.reason, ev.leaves_lots))

    def submit(self, ctx, side, price, lots, kind=LIMIT, **more):
        self.ids.append(ctx.submit(side=side, price_ticks=price, qty_lots=lots, type=kind, **more))


def play(*steps, minutes=1, latency=NO_LATENCY, **options):
    script = Script(steps)
    witness = Witness(script)
    result = lumina.backtest(market(minutes), witness, latency=latency, **options)
    check_conservation(result)
    check_reports(result)
    if latency is NO_LATENCY:
        check_rows(result, witness.rows)
        check_mids(result, witness.rows)
    return result, script, witness


def log_of(result, order_id):
    mine = result.order_events[result.order_events["order_id"] == order_id]
    return [(int(e["action"]), int(e["reason"])) for e in mine if e["action"] > 2]


def touch(ctx, side):
    return ctx.best(0, side).price_ticks


def test_F11_own_quantity_is_in_no_depth_and_no_level_event():
    heard = []

    def big(s, ctx):
        s.before = ctx.level(0, BUY, touch(ctx, BUY)), ctx.depth(0, BUY, 50)
        s.price = touch(ctx, BUY)
        s.submit(ctx, BUY, s.price, 500)
        s.submit(ctx, BUY, s.price - 3, 700)
        s.submit(ctx, SELL, s.price + 40, 900)

    def look(s, ctx):
        assert ctx.level(0, BUY, s.price) < 500
        assert max(level.qty_lots for side in (BUY, SELL) for level in ctx.depth(0, side, 99)) < 500
        heard.append(len(ctx.orders(0)))

    def away(s, ctx):
        for order in ctx.orders(0):
            ctx.cancel(order.order_id)

    _, _, witness = play((1, big), (1, look), (1.2, look), (5, away), (5, look), (9, look))
    assert heard[0] == 3
    assert max(abs(row[4]) for row in witness.rows if row[1] == 2) == 1  # adds: the others' are of one lot


def test_F11_a_better_price_of_ours_is_not_the_strategys_best():
    def improve(s, ctx):
        bid, ask = ctx.best(0, BUY), ctx.best(0, SELL)
        # sweep the best offer, so that there is room
        s.submit(ctx, BUY, ask.price_ticks, ask.qty_lots, IOC)
        s.submit(ctx, BUY, ask.price_ticks, 300, POST_ONLY)
        s.bid, s.ask = bid, ask

    def look(s, ctx):
        assert [o.state for o in ctx.orders(0)] == [1]
        assert ctx.best(0, BUY) == s.bid  # the others' bid is where it was
        assert ctx.best(0, SELL).price_ticks > s.ask.price_ticks

    result, _, _ = play((1, improve), (1, look))
    assert result.orders["reason"].tolist()[0] == R_NONE
    assert log_of(result, 2)[0] == (ACKNOWLEDGED, R_NONE)


@pytest.mark.parametrize("seed", range(4))
def test_an_order_fills_only_after_all_that_was_ahead_of_it(seed):
    class Join:
        interval_ns = S // 2

        def on_event(self, ctx, ev):
            if ev.kind == 8:
                for side in (BUY, SELL):
                    if len(ctx.orders(0, side)) < 3:
                        ctx.submit(side=side, price_ticks=touch(ctx, side), qty_lots=2, type=POST_ONLY)

    witness = Witness(Join())
    result = lumina.backtest(market(10, seed), witness, latency=NO_LATENCY)
    makers = result.fills[result.fills["maker"] == 1]
    assert len(makers) > 50
    check_rows(result, witness.rows)
    check_mids(result, witness.rows)
    check_conservation(result)
    check_reports(result)
    # what was ahead at accept is what the strategy saw at the level
    ahead = result.orders["queue_ahead_lots"][result.orders["state"] != 5]
    assert (ahead == result.orders["level_lots"][result.orders["state"] != 5]).all()
    assert ahead.max() > 5


def test_O2_an_acknowledgement_precedes_its_fills():
    result, script, _ = play((1, lambda s, ctx: s.submit(ctx, BUY, touch(ctx, SELL) + 1, 30)))
    assert script.told[0][:2] == (9, 1)
    kinds = [told[0] for told in script.told]
    assert kinds.count(9) == 1
    assert kinds.count(11) > 10
    assert log_of(result, 1)[0] == (ACKNOWLEDGED, R_NONE)


def test_O6_post_only_is_rejected_where_it_meets_the_others():
    result, _, _ = play((1, lambda s, ctx: s.submit(ctx, BUY, touch(ctx, SELL), 3, POST_ONLY)))
    assert log_of(result, 1) == [(REJECTED, R_POST_ONLY)]
    assert len(result.fills) == 0


def test_O6_post_only_is_rejected_where_it_meets_ours():
    def ours(s, ctx):
        ask = ctx.best(0, SELL)
        s.submit(ctx, BUY, ask.price_ticks, ask.qty_lots, IOC)
        s.submit(ctx, BUY, ask.price_ticks, 2)
        s.submit(ctx, SELL, ask.price_ticks, 2, POST_ONLY)

    result, _, _ = play((1, ours))
    assert log_of(result, 2)[0] == (ACKNOWLEDGED, R_NONE)
    assert log_of(result, 3) == [(REJECTED, R_POST_ONLY)]


def test_an_ioc_takes_up_to_its_limit_and_its_remainder_is_cancelled():
    def take(s, ctx):
        s.levels = ctx.depth(0, SELL, 3)
        s.submit(ctx, BUY, s.levels[1].price_ticks, 10_000, IOC)

    result, script, _ = play((1, take))
    (first, second, _) = script.levels
    assert result.orders["filled_lots"][0] == first.qty_lots + second.qty_lots
    assert log_of(result, 1)[-1] == (CANCELLED, R_REMAINDER)
    assert set(result.fills["price_ticks"]) == {first.price_ticks, second.price_ticks}
    assert (result.fills["mid2_ticks"] == result.fills["mid2_ticks"][0]).all()  # at arrival (A2)


def test_a_market_order_for_more_than_there_is_ends_and_the_market_goes_on():
    def take(s, ctx):
        s.shown = sum(level.qty_lots for level in ctx.depth(0, SELL, 10_000))
        s.submit(ctx, BUY, 0, 1_000_000, MARKET)

    result, script, witness = play((1, take))
    assert result.orders["filled_lots"][0] == script.shown
    assert log_of(result, 1)[-1] == (CANCELLED, R_REMAINDER)
    assert witness.rows[-1][0] > result.fills["ts_ns"][0] + 50 * S
    assert witness.book.best(BUY)[0] < witness.book.best(SELL)[0]


def test_a_bid_far_above_everything_trades_with_fresh_orders_and_no_more():
    # the whole side is bought, what is left of the bid stands a million ticks higher: fresh offers meet it and end
    witness = Witness(Script([(1, lambda s, ctx: s.submit(ctx, BUY, 1_000_000, 5_000))]))
    result = lumina.backtest(market(1), witness, latency=NO_LATENCY)
    check_conservation(result)
    check_reports(result)
    makers = result.fills[result.fills["maker"] == 1]
    assert result.orders["filled_lots"].tolist() == [5_000]
    assert set(makers["price_ticks"]) == {1_000_000}
    assert len(witness.rows) < 20_000
    assert witness.book.best(BUY)[0] < witness.book.best(SELL)[0]


SELF_TRADES = {
    "cancel_newest": ([(ACKNOWLEDGED, R_NONE), (FILLED, R_NONE), (CANCELLED, R_SELF_MATCH)], R_END_OF_DATA),
    "cancel_oldest": ([(ACKNOWLEDGED, R_NONE), (FILLED, R_NONE), (FILLED, R_NONE)], R_SELF_MATCH),
    "cancel_both": ([(ACKNOWLEDGED, R_NONE), (FILLED, R_NONE), (CANCELLED, R_SELF_MATCH)], R_SELF_MATCH),
    "reject": ([(REJECTED, R_SELF_MATCH)], R_END_OF_DATA),
}


@pytest.mark.parametrize("mode", SELF_TRADES)
def test_F10_own_orders_never_match_each_other(mode):
    # ours rests at the back of the second level; an order of ours comes for both levels and one lot more
    def rest(s, ctx):
        s.price = ctx.depth(0, SELL, 12)[-1].price_ticks
        s.submit(ctx, SELL, s.price, 5)

    def meet(s, ctx):
        s.ahead = sum(level.qty_lots for level in ctx.depth(0, SELL, 12))
        s.submit(ctx, BUY, s.price + 1, s.ahead + 1, IOC)

    result, script, _ = play((1, rest), (1, meet), self_trade=mode)
    want, resting = SELF_TRADES[mode]
    assert list(dict.fromkeys(log_of(result, 2))) == list(dict.fromkeys(want))
    reason = int(result.orders["reason"][0])
    assert reason == resting or (resting == R_END_OF_DATA and result.orders["state"][0] == 3)
    assert result.orders["filled_lots"][1] == {
        "cancel_newest": script.ahead, "cancel_oldest": script.ahead + 1, "cancel_both": script.ahead, "reject": 0,
    }[mode]  # fmt: skip
    if mode in ("cancel_oldest", "cancel_both"):
        assert script.told[1][0] == 9 or script.told[0][1] == 1  # the newcomer is acknowledged first
        order = [int(e["order_id"]) for e in result.order_events if e["action"] in (ACKNOWLEDGED, CANCELLED)]
        assert order[:3] in ([1, 2, 1],)


def test_O3_a_replace_that_takes_nothing_but_lots_keeps_its_place():
    def join(s, ctx):
        s.submit(ctx, BUY, touch(ctx, BUY) - 2, 6)

    def shrink(s, ctx):
        (order,) = ctx.orders(0)
        ctx.replace(order.order_id, order.price_ticks, 4)

    result, _, _ = play((1, join), (3, shrink))
    assert (REPLACED, R_NONE) in log_of(result, 1)
    ahead, level = result.orders["queue_ahead_lots"][0], result.orders["level_lots"][0]
    assert ahead == level > 0


def test_O3_a_replace_to_more_lots_or_another_price_goes_to_the_back():
    heard = []

    def join(s, ctx):
        s.submit(ctx, BUY, touch(ctx, BUY) - 2, 2)

    def grow(s, ctx):
        (order,) = ctx.orders(0)
        heard.append(ctx.level(0, BUY, order.price_ticks))
        ctx.replace(order.order_id, order.price_ticks, 3)

    result, _, _ = play((1, join), (1.5, grow))
    assert (REPLACED, R_NONE) in log_of(result, 1)
    assert result.orders["queue_ahead_lots"][0] == heard[0] > 0

    def move(s, ctx):
        (order,) = ctx.orders(0)
        heard.append(ctx.level(0, BUY, order.price_ticks - 1))
        ctx.replace(order.order_id, order.price_ticks - 1, 2)

    result, _, _ = play((1, join), (1.5, move))
    assert result.orders["queue_ahead_lots"][0] == heard[1] > 0


def test_O3_a_refused_replace_leaves_the_old_order():
    def join(s, ctx):
        s.submit(ctx, BUY, touch(ctx, BUY) - 30, 2, POST_ONLY)

    def cross(s, ctx):
        ctx.replace(1, touch(ctx, SELL), 5)

    def look(s, ctx):
        (order,) = ctx.orders(0)
        assert (order.qty_lots, order.state) == (2, 1)
        assert order.price_ticks < touch(ctx, BUY) - 20

    result, _, _ = play((1, join), (2, cross), (2, look))
    assert log_of(result, 1) == [(ACKNOWLEDGED, 0), (REPLACE_REJECTED, R_POST_ONLY), (CANCELLED, R_END_OF_DATA)]


def test_O3_a_crossing_replace_is_acknowledged_and_then_fills():
    def join(s, ctx):
        s.submit(ctx, BUY, touch(ctx, BUY) - 30, 2)

    result, script, _ = play((1, join), (2, lambda s, ctx: ctx.replace(1, touch(ctx, SELL) + 2, 4)))
    assert [told[0] for told in script.told] == [9, 13, 11, 11, 11, 11]
    assert result.orders["filled_lots"][0] == result.orders["qty_lots"][0] == 4


def test_O3_a_replace_to_what_is_filled_closes_the_order():
    def take(s, ctx):
        ask = ctx.best(0, SELL)
        s.submit(ctx, BUY, ask.price_ticks, ask.qty_lots + 3)

    result, _, _ = play((1, take), (1, lambda s, ctx: ctx.replace(1, 0, 1)))
    assert log_of(result, 1)[-1] == (REPLACED, R_REDUCED)
    assert result.orders["state"][0] == 4
    assert result.final[0]["open_orders_cancelled"] == 0


def test_O3_too_late_and_unknown():
    def fill(s, ctx):
        s.submit(ctx, BUY, touch(ctx, SELL), 1)

    def late(s, ctx):
        ctx.cancel(1)
        ctx.replace(1, 9_000, 5)
        ctx.cancel(77)
        ctx.replace(78, 9_000, 1)

    result, _, _ = play((1, fill), (2, late))
    assert log_of(result, 1)[-2:] == [(CANCEL_REJECTED, R_TOO_LATE), (REPLACE_REJECTED, R_TOO_LATE)]
    assert log_of(result, 77) == [(CANCEL_REJECTED, R_UNKNOWN_ORDER)]
    assert log_of(result, 78) == [(REPLACE_REJECTED, R_UNKNOWN_ORDER)]


def test_a_cancel_takes_the_order_out():
    result, _, _ = play((1, lambda s, ctx: s.submit(ctx, BUY, 9_900, 2)), (2, lambda s, ctx: ctx.cancel(1)))
    assert log_of(result, 1) == [(ACKNOWLEDGED, R_NONE), (CANCELLED, R_REQUESTED)]
    assert result.orders["close_ts_ns"][0] == market().start_ns + 2 * S + 1_000_000


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
