"""Cases of F4 to F8: the queue, what is shown, prints, crossings, sharing."""
from . import scenario_kit as k
from .options import Instrument, Options
from .scenario_kit import (
    GAP_ROW,
    SNAP,
    SNAP_END,
    Scenario,
    ack,
    ask,
    bid,
    bought,
    buy,
    cancelled,
    clear,
    event,
    filled,
    funding,
    ioc,
    post,
    replace,
    replaced,
    sell,
    sold,
    status,
    tape,
    tick,
)  # fmt: skip
from .vocabulary import (
    BUY,
    BY_AT,
    BY_CROSS,
    BY_THROUGH,
    CONTINUOUS,
    F_COUNTED,
    HALT,
    INF,
    R_END_OF_DATA,
    R_NONE,
    R_REMAINDER,
    SELL,
    ST_FILLED,
)

EOD = R_END_OF_DATA
BASE = k.book()
TWO_AHEAD = k.book(bids=((99, 2), (98, 20)))
PROPORTIONAL = Options(queue={"model": "power", "n": 1.0})
BUY_FIVE = ((120, buy(99, 5)),)


def scenario(name, says, *events, first=BASE, end=1000, **more):
    """Order 1 buys 5 at 99 at 120 unless the steps say otherwise; the data ends at 1000."""
    more.setdefault("steps", BUY_FIVE)
    return Scenario(name, says, (tape(first, *events, tick(end)),), **more)


def at(*queue_ahead):
    """Fills at our price, with what was ahead of each."""
    return tuple({"cause": BY_AT, "maker": 1, "queue_ahead_lots": float(q)} for q in queue_ahead)


def one_fill(ts_ns, ahead, qty=1):
    """Order 1 of 5 lots at 99 gets one fill in the queue and is cancelled at the end."""
    return {
        "log": (ack(120, 1, 5), filled(ts_ns, 1, 99, qty, 5 - qty), cancelled(1000, 1, EOD)), "fills": at(ahead),
    }  # fmt: skip


NO_FILL = {"log": (ack(120, 1, 5), cancelled(1000, 1, EOD)), "fills": ()}

F4_RULES = [
    scenario(
        "F4_front_is_what_is_displayed_on_accept", "a print of just that reaches nobody, the next lot is ours",
        event(200, sold(99, 10)), event(210, sold(99, 1)),
        orders={1: {"queue_ahead_lots": 10.0, "level_lots": 10}}, **one_fill(210, 0),
    ),
    scenario(
        "F4_a_print_reaches_past_the_ceiling_of_front", "front 8.5 takes 9 of 10 lots",
        event(130, bid(99, 10)), event(150, bid(99, -3)), event(200, sold(99, 10)), options=PROPORTIONAL,
        **one_fill(200, 8.5),  # prev 20, new 17: p = 10/20, front = 10 - 3/2
    ),
    scenario(
        "F4_a_print_of_the_ceiling_reaches_nothing", "front 8.5 takes all of 9 lots, and the queue moves by 9",
        event(130, bid(99, 10)), event(150, bid(99, -3)), event(200, sold(99, 9)), event(210, sold(99, 2)),
        options=PROPORTIONAL, **one_fill(210, 0, 2),
    ),
    scenario(
        "F4_ceiling_with_slack", "2 - (1 - 8/10) * 5 is 1, in doubles a little more: one lot is ahead, not two",
        event(130, bid(99, 8)), event(150, bid(99, -5)), event(200, sold(99, 2)), first=TWO_AHEAD,
        options=PROPORTIONAL, **one_fill(200, 1),
    ),
    scenario(
        "F4_our_orders_ahead_take_first_and_queues_move_by_all_of_it", "6 printed, 2 ahead, 3 to the first, 1 to us",
        event(200, sold(99, 6)), event(210, sold(99, 2)), first=TWO_AHEAD,
        steps=((120, buy(99, 3)), (130, buy(99, 4))),
        log=(ack(120, 1, 3), ack(130, 2, 4), filled(200, 1, 99, 3, 0), filled(200, 2, 99, 1, 3),
             filled(210, 2, 99, 2, 1), cancelled(1000, 2, EOD)),
        fills=at(2, 2, 0),
    ),
    scenario(
        "F4_a_later_own_order_is_never_ahead", "power 3 would put 60 at 29.1, before 40 at 30.9",
        event(130, bid(99, 20)), event(150, bid(99, 40)), event(160, bid(99, -40)), event(200, sold(99, 32)),
        event(210, bid(99, -59)), event(220, sold(99, 3)), first=k.book(bids=((99, 40), (98, 20))),
        steps=((120, buy(99, 1)), (140, buy(99, 5))), options=Options(queue={"model": "power", "n": 3.0}),
        # both at 40 - 40 * (1 - 60^3/(60^3 + 40^3)) = 30.857: 31 of 32 lots are ahead of them, one is ours
        log=(ack(120, 1, 1), ack(140, 2, 5), filled(200, 1, 99, 1, 0), filled(220, 2, 99, 3, 2), cancelled(1000, 2,
             EOD)),
        fills=at(40 - 40 * 64 / 280, 0),
    ),
    scenario(
        "F4_cancellations_alone_never_fill", "the published formula goes to -5.69 here; ours stops at 0",
        event(130, bid(99, 70)), event(150, bid(99, -80)), event(200, sold(99, 1)),
        first=k.book(bids=((99, 30), (98, 20))), options=Options(queue={"model": "log", "unit": "lots"}),
        **one_fill(200, 0),
    ),
    scenario(
        "F4_front_is_clamped_to_what_is_displayed", "a level that falls below our front has nothing more ahead",
        event(150, bid(99, -7)), event(200, sold(99, 4)), options=Options(queue={"model": "risk_averse"}),
        **one_fill(200, 3),
    ),
    scenario(
        "F4_risk_averse", "only trades advance; depth gives min(front, new)",
        event(130, bid(99, 10)), event(140, bid(99, -5)), event(200, sold(99, 4)), event(210, sold(99, 7)),
        options=Options(queue={"model": "risk_averse"}), **one_fill(210, 6),
    ),
    scenario(
        "F4_power3_is_the_default", "1 - (10/20)^3 = 7/8 of 4 cancelled lots stood behind us: 10 - 4/8",
        event(130, bid(99, 10)), event(140, bid(99, -4)), event(200, sold(99, 11)), **one_fill(200, 9.5),
    ),
    scenario(
        "F4_power2", "back^2 / (back + front)^2 = 1/4: 10 - 3/4 * 4",
        event(130, bid(99, 10)), event(140, bid(99, -4)), event(200, sold(99, 8)),
        options=Options(queue={"model": "power2", "n": 2.0}), **one_fill(200, 7),
    ),
    scenario(
        "F4_traded_lots_count_as_behind", "back = prev - front = 14 of 20: front 6 - 6/20 * 5",
        event(130, bid(99, 10)), event(140, sold(99, 4)), event(150, bid(99, -9)), event(200, sold(99, 6)),
        options=PROPORTIONAL, **one_fill(200, 4.5),
    ),
    scenario(
        "F4_exact_back", "back = prev - cum - front = 10 of 16: front 6 - 6/16 * 5",
        event(130, bid(99, 10)), event(140, sold(99, 4)), event(150, bid(99, -9)), event(200, sold(99, 6)),
        options=Options(queue={"model": "power", "n": 1.0, "exact_back": True}), **one_fill(200, 4.125),
    ),
    scenario(
        "F4_a_print_concerns_the_side_it_hits", "buyers take our offers, sellers our bids",
        event(200, bought(101, 12)), event(210, sold(99, 12)), end=300,
        steps=((120, buy(99, 5)), (130, sell(101, 5))),
        log=(ack(120, 1, 5), ack(130, 2, 5), filled(200, 2, 101, 2, 3), filled(210, 1, 99, 2, 3),
             cancelled(300, 1, EOD), cancelled(300, 2, EOD)),
    ),
]

FROM_95 = ((120, buy(95, 5)),)

F5_RULES = [
    scenario(
        "F5_shown_and_absent_means_nothing_ahead", "98 is not beyond 97, and nobody is there",
        event(200, sold(98, 2)), first=k.book(bids=((99, 10), (97, 5))), steps=((120, buy(98, 5)),),
        log=(ack(120, 1, 5), filled(200, 1, 98, 2, 3), cancelled(1000, 1, EOD)), fills=at(0),
        orders={1: {"queue_ahead_lots": 0.0, "level_lots": 0}},
    ),
    scenario(
        "F5_beyond_the_worst_level_the_queue_is_unknown", "only trades through fill, until the level is heard of",
        event(150, sold(95, 3)), event(160, sold(94, 2)), event(170, bid(95, 4)), event(180, sold(95, 5)),
        steps=FROM_95,
        log=(ack(120, 1, 5), filled(160, 1, 95, 2, 3), filled(180, 1, 95, 1, 2), cancelled(1000, 1, EOD)),
        fills=({"cause": BY_THROUGH, "queue_ahead_lots": INF}, {"cause": BY_AT, "queue_ahead_lots": 4.0}),
        orders={1: {"queue_ahead_lots": INF, "level_lots": 0}},
    ),
    scenario(
        "F5_a_level_never_shown_is_judged_at_the_events_end", "93 appears, so 95 is shown and absent from then on",
        event(150, bid(93, 5), sold(95, 3)), event(160, sold(95, 1)), steps=FROM_95,
        log=(ack(120, 1, 5), filled(160, 1, 95, 1, 4), cancelled(1000, 1, EOD)), fills=at(0),
    ),
    scenario(
        "F5_a_clear_freezes_what_it_empties",
            "front 10 is kept, the print in between ignored, the level's return heard",
        event(150, clear(BUY), bid(99, -10), bid(98, -20), bid(98, 15)), event(160, sold(99, 20)),
        event(170, bid(99, 12)), event(180, sold(99, 11)), **one_fill(180, 10),
    ),
    scenario(
        "F5_a_clear_without_side_covers_both", "as above",
        event(150, clear(), ask(101, -10), bid(99, -10)), event(160, sold(99, 20)), event(170, bid(99, 12)),
        event(180, sold(99, 11)), **one_fill(180, 10),
    ),
    scenario(
        "F5_a_clear_covers_its_side_only", "the asks were wiped; a bid level that empties is empty",
        event(150, clear(SELL), bid(99, -10)), event(160, sold(99, 1)), **one_fill(160, 0),
    ),
    scenario(
        "F5_a_cleared_sides_rows_do_not_run_the_queue_model", "front stays 10; power 1 would make it 8",
        event(130, bid(99, 10)), event(150, clear(BUY), bid(99, -4)), event(170, sold(99, 11)), options=PROPORTIONAL,
        **one_fill(170, 10),
    ),
    scenario(
        "F5_a_clear_ends_with_its_event", "a level emptied by the next event is empty",
        event(150, clear(BUY), bid(98, -20)), event(155, bid(99, -10)), event(160, sold(99, 1)), **one_fill(160, 0),
    ),
    scenario(
        "F5_a_clear_ends_at_the_next_marker", "the same event, but past a marker",
        event(150, clear(BUY), bid(98, -20), funding(0), bid(99, -10)), event(160, sold(99, 1)), **one_fill(160, 0),
    ),
    scenario(
        "F5_a_snapshots_rows_do_not_run_the_queue_model", "front stays 10; power 1 would make it 8",
        event(130, bid(99, 10)), event(150, SNAP, bid(99, -4), SNAP_END), event(170, sold(99, 11)),
        options=PROPORTIONAL, **one_fill(170, 10),
    ),
    scenario(
        "F5_a_snapshot_covers_every_row_to_its_end",
            "thawed by its first row, the order is covered still, and frozen again",
        event(130, bid(99, 10)), event(150, SNAP, bid(99, 1), bid(99, -4), bid(99, -17), sold(99, 9), bid(99, 12),
            SNAP_END),
        event(170, sold(99, 11)), options=PROPORTIONAL, **one_fill(170, 10),
    ),
    scenario(
        "F5_a_snapshot_freezes_until_its_end", "the print in it neither fills nor moves the queue",
        event(150, SNAP), event(155, sold(99, 50)), event(160, SNAP_END), event(170, sold(99, 11)), **one_fill(170, 10),
    ),
    scenario(
        "F5_nothing_is_judged_while_a_snapshot_is_open", "93 is shown at 150, but 95 is known to be empty only at 160",
        event(110, SNAP), event(150, bid(93, 5)), event(155, sold(95, 3)), event(160, SNAP_END),
        event(170, sold(95, 1)), steps=FROM_95,
        log=(ack(120, 1, 5), filled(170, 1, 95, 1, 4), cancelled(1000, 1, EOD)), fills=at(0),
    ),
    scenario(
        "F5_absent_at_a_snapshots_end_means_nothing_ahead", "99 is gone, 98 shows that it would be there",
        event(150, SNAP, bid(99, -10), SNAP_END), event(170, sold(99, 1)), **one_fill(170, 0),
    ),
    scenario(
        "F5_beyond_the_snapshot_stays_frozen", "99 is gone and nothing at or below it is shown",
        event(150, SNAP, bid(99, -10), bid(98, -20), bid(100, 4), SNAP_END), event(160, sold(99, 9)),
        event(165, bid(97, 3)), event(170, sold(99, 9)), event(180, bid(99, 20)), event(190, sold(99, 11)),
        **one_fill(190, 10),  # it waits for its own level or another snapshot: 97 does not thaw it
    ),
    scenario(
        "F5_a_gap_freezes_until_the_level_is_heard_of", "at its price; a print through fills all the same",
        event(150, GAP_ROW), event(160, sold(99, 50)), event(165, sold(98, 1)), event(170, bid(99, -2)),
        event(180, sold(99, 9)),
        log=(ack(120, 1, 5), filled(165, 1, 99, 1, 4), filled(180, 1, 99, 1, 3), cancelled(1000, 1, EOD)),
        fills=({"cause": BY_THROUGH, "queue_ahead_lots": 10.0}, {"cause": BY_AT, "queue_ahead_lots": 8.0}),
    ),
    scenario(
        "F5_a_row_that_leaves_nothing_does_not_thaw", "frozen by the gap, with its front, until the level comes back",
        event(150, GAP_ROW), event(160, bid(99, -10)), event(165, sold(99, 50)), event(170, bid(99, 12)),
        event(180, sold(99, 11)), **one_fill(180, 10),
    ),
    scenario(
        "F5_a_change_of_zero_thaws_too", "a row that leaves quantity, whatever it changes",
        event(150, GAP_ROW), event(160, bid(99, 0)), event(180, sold(99, 11)), **one_fill(180, 10),
    ),
    scenario(
        "F5_leaving_a_depth_limited_window_freezes", "two levels are shown; 98 is third while there is a 100",
        event(150, bid(100, 3)), event(160, sold(98, 30)), event(170, bid(100, -3)), event(180, sold(98, 21)),
        steps=((120, buy(98, 5)),), instruments=(Instrument(depth_limit=2),),
        log=(ack(120, 1, 5), filled(180, 1, 98, 1, 4), cancelled(1000, 1, EOD)), fills=at(20),
    ),
    scenario(
        "F5_the_strategys_depth_ends_at_the_window", "98 is third while there is a 100, 97 always",
        event(150, bid(100, 3)), event(170, bid(100, -3)), instruments=(Instrument(depth_limit=2),),
        steps=((120, ("depth", (0, BUY, 9)), ("level", (0, BUY, 98)), ("level", (0, BUY, 97))),
               (160, ("depth", (0, BUY, 9)), ("level", (0, BUY, 98)), ("depth", (0, SELL, 1))),
               (180, ("depth", (0, BUY, 9)), ("level", (0, BUY, 98)))),
        looked=([(99, 10), (98, 20)], 20, 0, [(100, 3), (99, 10)], 0, [(101, 10)], [(99, 10), (98, 20)], 20),
        first=k.book(bids=((99, 10), (98, 20), (97, 5))),
    ),
    scenario(
        "F5_an_order_behind_a_frozen_one_is_frozen_with_it", "both thaw at the level's next row",
        event(150, GAP_ROW), event(160, sold(99, 30)), event(170, bid(99, 1)), event(180, sold(99, 16)),
        steps=((120, buy(99, 5)), (155, buy(99, 5))),
        log=(ack(120, 1, 5), ack(155, 2, 5), filled(180, 1, 99, 5, 0), filled(180, 2, 99, 1, 4), cancelled(1000, 2,
             EOD)),
        fills=at(10, 10),
    ),
]

F6_RULES = [
    scenario(
        "F6_cum_waits_for_the_levels_next_depth_row", "other levels and any time in between; then it explains the loss",
        event(130, bid(99, 10)), event(140, sold(99, 4)), event(150, bid(98, 1)), event(900, bid(99, -4)),
        event(950, sold(99, 7)), options=PROPORTIONAL, **one_fill(950, 6),  # chg = 20 - 16 - 4 = 0
    ),
    scenario(
        "F6_a_change_of_zero_ends_cum", "the loss after it is cancellations: front 6 -> 6 - 3/5 * 5",
        event(150, sold(99, 4)), event(160, bid(99, 0)), event(170, bid(99, -5)), event(180, sold(99, 4)),
        options=PROPORTIONAL, **one_fill(180, 3),
    ),
    scenario(
        "F6_markers_do_not_end_cum", "as the first, with a funding row between",
        event(130, bid(99, 10)), event(140, sold(99, 4)), event(150, funding(0)), event(160, bid(99, -4)),
        event(180, sold(99, 7)), options=PROPORTIONAL, **one_fill(180, 6),
    ),
    scenario(
        "F6_a_counted_print_fills_only_through_our_price", "its depth change came earlier: the queue does not move",
        event(150, sold(99, 10, F_COUNTED)), event(160, sold(98, 2, F_COUNTED)), event(170, sold(99, 3)),
            first=TWO_AHEAD,
        log=(ack(120, 1, 5), filled(160, 1, 99, 2, 3), filled(170, 1, 99, 1, 2), cancelled(1000, 1, EOD)),
        fills=({"cause": BY_THROUGH, "queue_ahead_lots": 2.0}, {"cause": BY_AT, "queue_ahead_lots": 2.0}),
    ),
    scenario(
        "F6_a_counted_print_leaves_no_cum", "10 -> 6 after it are cancellations, all ahead of us or not: p = 0",
        event(130, bid(99, 10)), event(140, sold(99, 4, F_COUNTED)), event(150, bid(99, -4)), event(180, sold(99, 9)),
        options=PROPORTIONAL, **one_fill(180, 8),  # chg 4, p = 1/2: 10 - 2
    ),
]

F7_RULES = [
    scenario(
        "F7_a_crossing_quote_fills_once", "up to its quantity; only an increase of it fills again",
        event(150, ask(99, 3)), event(160, bid(97, 1)), event(170, ask(99, 1)),
        steps=((120, buy(99, 5)), (155, ioc(BUY, 99, 2))),
        # the 3 lots that came are ours already: the IOC at 155 finds none of them
        log=(ack(120, 1, 5), filled(150, 1, 99, 3, 2), ack(155, 2, 2), cancelled(155, 2, R_REMAINDER),
             filled(170, 1, 99, 1, 1), cancelled(1000, 1, EOD)),
        fills=({"cause": BY_CROSS, "mid2_ticks": 200, "queue_ahead_lots": 10.0}, {"cause": BY_CROSS,
             "mid2_ticks": 200}),
    ),
    scenario(
        "F7_best_levels_first_then_our_best_orders", "3 at 97 serve 99 before 98, then 2 at 98 reach 98",
        event(150, ask(97, 3), ask(98, 2)), steps=((120, buy(98, 4)), (130, buy(99, 2))),
        log=(ack(120, 1, 4), ack(130, 2, 2), filled(150, 2, 99, 2, 0), filled(150, 1, 98, 1, 3),
             filled(150, 1, 98, 2, 1), cancelled(1000, 1, EOD)),
    ),
    scenario(
        "F7_at_most_the_increase_within_the_event", "10 lots stood there before us and are not offered again",
        event(150, ask(101, 2)), steps=((120, ioc(BUY, 101, 10)), (130, post(BUY, 101, 5))),
        log=(ack(120, 1, 10), filled(120, 1, 101, 10, 0), ack(130, 2, 5), filled(150, 2, 101, 2, 3),
             cancelled(1000, 2, EOD)),
    ),
    scenario(
        "F7_at_our_price_not_the_quotes", "a better quote does not improve a maker",
        event(150, ask(97, 5)), log=(ack(120, 1, 5), filled(150, 1, 99, 5, 0)),
        fills=({"price_ticks": 99, "cash_units": -495 * 10**9, "spread_capture_units": 5 * 10**9},),
    ),
    scenario(
        "F7_the_mid_is_that_before_the_event", "though the event leaves a valid one of its own",
        event(150, bid(100, 2)), steps=((120, sell(100, 5)),),
        log=(ack(120, 1, 5), filled(150, 1, 100, 2, 3), cancelled(1000, 1, EOD)),
        fills=({"cause": BY_CROSS, "mid2_ticks": 200, "spread_capture_units": 0},),
    ),
    scenario(
        "F7_one_crossing_serves_several_orders_up_to_its_quantity", "and what they took is gone for the next",
        event(150, ask(99, 4)), event(160, status(HALT)), event(170, status(CONTINUOUS)),
        steps=((120, buy(99, 3)), (130, buy(99, 3))),
        # back in continuous trading 4 are displayed, all of them taken
        log=(ack(120, 1, 3), ack(130, 2, 3), filled(150, 1, 99, 3, 0), filled(150, 2, 99, 1, 2),
             cancelled(1000, 2, EOD)),
    ),
    scenario(
        "F7_our_offers_too", "a bid at or through them",
        event(150, bid(102, 2)), steps=((120, sell(101, 5)),),
        log=(ack(120, 1, 5), filled(150, 1, 101, 2, 3), cancelled(1000, 1, EOD)),
    ),
    scenario(
        "F7_return_to_continuous_trading", "the whole displayed quantity counts, though it came in the halt",
        event(150, status(HALT)), event(160, ask(99, 3)), event(170, status(CONTINUOUS)), event(180, bid(97, 1)),
        log=(ack(120, 1, 5), filled(170, 1, 99, 3, 2), cancelled(1000, 1, EOD)), fills=({"cause": BY_CROSS},),
    ),
    scenario(
        "F7_a_second_status_row_loses_no_return", "T6: one of the same phase changes nothing, in the event or later",
        event(150, status(HALT), status(HALT)), event(155, status(HALT)), event(160, ask(99, 3)),
        event(170, status(CONTINUOUS), status(CONTINUOUS)), event(175, status(CONTINUOUS)), event(180, bid(97, 1)),
        log=(ack(120, 1, 5), filled(170, 1, 99, 3, 2), cancelled(1000, 1, EOD)), fills=({"cause": BY_CROSS},),
    ),
    scenario(
        "F7_a_halt_within_an_event_is_no_return", "the event begins and ends in continuous trading",
        event(140, ask(99, 6)), event(150, ask(99, -6)), event(160, ask(100, 5)),
        event(170, status(HALT), status(CONTINUOUS), ask(100, 1)), event(180, bid(97, 1)),
        steps=((120, buy(99, 4)), (155, buy(100, 7))),
        log=(ack(120, 1, 4), filled(140, 1, 99, 4, 0), ack(155, 2, 7), filled(160, 2, 100, 5, 2),
             filled(170, 2, 100, 1, 1), cancelled(1000, 2, EOD)),
    ),
    scenario(
        "F7_a_return_into_the_next_halt_is_none", "the event ends in a halt; the next return counts",
        event(150, status(HALT)), event(160, ask(99, 3)), event(165, status(CONTINUOUS), status(HALT)),
        event(170, status(CONTINUOUS)), event(180, bid(97, 1)),
        log=(ack(120, 1, 5), filled(170, 1, 99, 3, 2), cancelled(1000, 1, EOD)),
    ),
]

F8_RULES = [
    scenario(
        "F8_a_trade_is_shared_through_our_prices", "best price first, never more than the trade",
        event(200, sold(97, 4)), steps=((120, buy(98, 3)), (130, buy(99, 3))),
        log=(ack(120, 1, 3), ack(130, 2, 3), filled(200, 2, 99, 3, 0), filled(200, 1, 98, 1, 2), cancelled(1000, 1,
             EOD)),
        fills=({"cause": BY_THROUGH, "price_ticks": 99}, {"cause": BY_THROUGH, "price_ticks": 98}),
    ),
    scenario(
        "F8_through_before_at", "6 at 98: 2 through 99, 2 ahead of us, 2 are left for us",
        event(200, sold(98, 6)), first=k.book(bids=((99, 10), (98, 2))), steps=((120, buy(98, 5)), (130, buy(99, 2))),
        log=(ack(120, 1, 5), ack(130, 2, 2), filled(200, 2, 99, 2, 0), filled(200, 1, 98, 2, 3), cancelled(1000, 1,
             EOD)),
        fills=({"cause": BY_THROUGH}, {"cause": BY_AT, "queue_ahead_lots": 2.0}),
    ),
    scenario(
        "F8_arrival_decides_at_one_price", "through our price too",
        event(200, sold(98, 4)), steps=((120, buy(99, 3)), (130, buy(99, 3))),
        log=(ack(120, 1, 3), ack(130, 2, 3), filled(200, 1, 99, 3, 0), filled(200, 2, 99, 1, 2), cancelled(1000, 2,
             EOD)),
    ),
    scenario(
        "F8_a_one_lot_trade_fills_one_lot", "of a hundred",
        event(200, sold(100, 1)), steps=((120, buy(100, 100)),),
        log=(ack(120, 1, 100), filled(200, 1, 100, 1, 99), cancelled(1000, 1, EOD)),
    ),
    scenario(
        "F8_one_and_one_and_two_are_four", "partial fills reach the position; exactly the remainder completes it",
        event(200, sold(100, 1)), event(210, sold(100, 1)), event(220, sold(100, 2)), event(230, sold(100, 9)),
        steps=((120, buy(100, 4)),),
        log=(ack(120, 1, 4), filled(200, 1, 100, 1, 3), filled(210, 1, 100, 1, 2), filled(220, 1, 100, 2, 0)),
        fills=({"position_lots": 1}, {"position_lots": 2}, {"position_lots": 4}),
        orders={1: {"state": ST_FILLED, "filled_lots": 4, "close_ts_ns": 220, "reason": R_NONE}},
        final=({"position_lots": 4, "open_orders_cancelled": 0},),
    ),
    scenario(
        "F8_a_shrunk_order_takes_no_more_than_is_left_of_it", "and stays in its place",
        event(200, sold(100, 9)), steps=((120, buy(100, 4)), (150, replace(1, 100, 3))),
        log=(ack(120, 1, 4), replaced(150, 1, 3), filled(200, 1, 100, 3, 0)),
    ),
]

SCENARIOS = F4_RULES + F5_RULES + F6_RULES + F7_RULES + F8_RULES
