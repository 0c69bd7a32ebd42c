"""Orders of ours in the embedded market, by the rules of docs/semantics.md."""

import pytest
from reference.market_script import BUY, NO_LATENCY, SELL, S, log_of, market, play, touch
from reference.market_witness import Witness, check_conservation, check_mids, check_reports, check_rows
from reference.vocabulary import (
    ACKNOWLEDGED,
    CANCEL_REJECTED,
    CANCELLED,
    FILLED,
    IOC,
    MARKET,
    POST_ONLY,
    R_BEYOND_BOOK,
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


@pytest.mark.parametrize("lots", [5_000, 1_000_000_000])
@pytest.mark.parametrize("replaced", [False, True])
def test_F9_an_order_beyond_the_book_takes_all_of_it_and_rests_nowhere(lots, replaced):
    def place(s, ctx):
        s.submit(ctx, BUY, 9_000 if replaced else 1_000_000, lots)

    def cross(s, ctx):
        s.shown = sum(level.qty_lots for level in ctx.depth(0, SELL, 10_000))
        if replaced:
            ctx.replace(s.ids[0], 1_000_000, lots)
        else:
            place(s, ctx)

    result, script, witness = play(*([(0.5, place)] if replaced else []), (1, cross))
    assert result.orders["filled_lots"].tolist() == [script.shown]
    assert log_of(result, 1)[-1] == (CANCELLED, R_BEYOND_BOOK)
    assert witness.book.best(BUY)[0] < witness.book.best(SELL)[0]
    assert len(witness.rows) < 20_000


def test_F9_an_order_at_the_last_displayed_price_rests_there():
    def cross(s, ctx):
        depth = ctx.depth(0, SELL, 10_000)
        s.shown, s.last = sum(level.qty_lots for level in depth), depth[-1].price_ticks
        s.submit(ctx, BUY, s.last, s.shown + 7)

    result, script, _ = play((1, cross))
    (order,) = result.orders
    takers = result.fills[result.fills["maker"] == 0]
    assert takers["qty_lots"].sum() == script.shown
    assert order["price_ticks"] == script.last
    log = log_of(result, 1)
    assert log[0] == (ACKNOWLEDGED, R_NONE)
    assert R_BEYOND_BOOK not in [reason for _, reason in log]


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
