"""Cases of T1a, F1, F2 and the other rules on L3 tapes; recorded orders have names."""
from . import scenario_kit as k
from . import scenario_kit_l3 as l3
from .options import Instrument
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
    filled,
    ioc,
    post,
    printed,
    rejected,
    replace,
    replaced,
    sell,
    sold,
    status,
)  # fmt: skip
from .scenario_kit_l3 import add, event, hit, leave, moved, old, probe, reduce
from .vocabulary import (
    AUCTION,
    BUY,
    BY_AT,
    BY_CROSS,
    BY_THROUGH,
    CANCEL,
    CONTINUOUS,
    EV_BBO,
    EV_BOOK,
    EV_LEVEL,
    EV_TRADE,
    EVF_END,
    EXECUTE,
    F_COUNTED,
    F_HIDDEN,
    F_LOCAL,
    F_OFFBOOK,
    HALT,
    INF,
    R_END_OF_DATA,
    R_POST_ONLY,
    R_REMAINDER,
    REDUCE,
    SELL,
    WAKE_BBO,
    WAKE_BOOK,
    WAKE_LEVEL,
    WAKE_TRADE,
)

EOD = R_END_OF_DATA
BASE = l3.book()  # b 6, b2 4 at 99; c 20 at 98; a 6, a2 4 at 101; d 20 at 102: rows 1 to 6
LIMIT_2, LIMIT_5 = (Instrument(depth_limit=2),), (Instrument(depth_limit=5),)


def scenario(name, says, *events, first=BASE, end=1000, **more):
    """Order 1 buys 5 at 99 at 120 unless the steps say otherwise; the data ends at 1000."""
    more.setdefault("steps", ((120, buy(99, 5)),))
    return Scenario(name, says, (l3.tape(first, *events, l3.tick(end)),), **more)


def one_fill(ts_ns, ahead, qty=1, cause=BY_AT, price=99):
    """Order 1 of 5 lots gets one fill and is cancelled at the end."""
    return {
        "log": (ack(120, 1, 5), filled(ts_ns, 1, price, qty, 5 - qty), cancelled(1000, 1, EOD)),
        "fills": ({"cause": cause, "maker": 1, "queue_ahead_lots": float(ahead)},),
    }  # fmt: skip


NO_FILL = {"log": (ack(120, 1, 5), cancelled(1000, 1, EOD)), "fills": ()}


T_RULES = [
    scenario(
        "T1a_ours_gets_the_number_of_the_next_row", "e came at our instant, so before us; f is the next row",
        event(120, add("e", BUY, 99, 2)), event(130, add("f", BUY, 99, 3)), event(140, hit("e", 2)),
        event(150, hit("f", 3)),
        orders={1: {"queue_ahead_lots": 12.0, "level_lots": 12}}, **one_fill(150, 10, 3),
    ),
    scenario(
        "T1a_every_exchange_row_has_a_number", "markers, prints and copies that only the exchange sees; no local copy",
        event(110, printed(99, 1), GAP_ROW), event(112, add("e", BUY, 99, 2), views=k.F_EXCH),
        event(112, bid(98, 1), bid(98, 1), views=F_LOCAL), event(150, hit("e", 2)), probe(160),
        **one_fill(160, 10),  # e is the tenth row to us: 9 before it are the book and what happened at 110
    ),
    scenario(
        "T1a_a_shrink_keeps_the_stamp", "b is before us, smaller or not",
        event(130, reduce("b", 2)), event(140, hit("b", 1)), probe(150), **one_fill(150, 7),
    ),
    scenario(
        "T1a_a_replace_that_loses_priority_takes_a_new_stamp", "b goes behind us",
        event(130, *moved("b", 6, "b3", BUY, 99, 6)), event(140, hit("b3", 2)), **one_fill(140, 4, 2),
    ),
    scenario(
        "T1a_an_order_from_before_the_data_is_before_us", "its rows carry 0",
        event(130, old(EXECUTE, BUY, 99, 1)), event(140, old(REDUCE, BUY, 99, 1)), probe(150),
        first=l3.book(bid(99, 3)), orders={1: {"queue_ahead_lots": 13.0}}, **one_fill(150, 11),
    ),
    scenario(
        "T2_callbacks_of_an_execution", "the print first, by its aggressor, then the level",
        event(200, hit("b", 4), k.bbo_bid(99, 2), latency=5), steps=(),
        wake_mask=WAKE_LEVEL | WAKE_TRADE | WAKE_BOOK | WAKE_BBO,
        seen_kinds=(EV_LEVEL, EV_TRADE, EV_BOOK, EV_BBO), end=300,
        seen=(
            *({"kind": EV_LEVEL, "ts_ns": 100} for _ in range(6)), {"kind": EV_BOOK}, {"kind": EV_BBO},
            {"kind": EV_TRADE, "ts_ns": 205, "price_ticks": 99, "qty_lots": 4, "side": SELL, "flags": 0},
            {"kind": EV_LEVEL, "ts_ns": 205, "price_ticks": 99, "qty_lots": -4, "level_lots": 6, "side": BUY,
             "value": EXECUTE},
            {"kind": EV_LEVEL, "price_ticks": 99, "qty_lots": 2, "level_lots": 8, "value": 0},
            {"kind": EV_BOOK}, {"kind": EV_BBO, "flags": EVF_END}, {"kind": EV_LEVEL}, {"kind": EV_BOOK},
        ),
    ),
    scenario(
        "T6_a_halted_execution_fills_nobody_and_moves_its_queue", "f is behind us, b before: 7 are left of 10",
        event(130, add("f", BUY, 99, 5)), event(140, status(HALT)), event(150, hit("b", 3)), event(160, hit("f", 1)),
        event(170, status(CONTINUOUS)), probe(180), **one_fill(180, 7),
    ),
    scenario(
        "T6_an_uncross_takes_from_the_queue", "the auction's executions empty what stood before us",
        event(130, add("f", BUY, 99, 1)), event(140, status(AUCTION)), event(150, hit("b", 6)),
        event(160, hit("b2", 4)), event(170, status(CONTINUOUS)), probe(180), **one_fill(180, 0),
    ),
    scenario(
        "T6_other_rows_of_a_halt_move_the_queue", "b2 leaves, b shrinks",
        event(130, add("f", BUY, 99, 9)), event(140, status(HALT)), event(150, leave("b2", 4)),
        event(160, reduce("b", 1)), event(170, status(CONTINUOUS)), probe(180), **one_fill(180, 5),
    ),
]

O_RULES = [
    scenario(
        "O3_a_replace_that_keeps_priority_keeps_the_arrival", "f came after the order, before its replace",
        event(130, add("f", BUY, 99, 4)), event(150, hit("f", 4)), steps=((120, buy(99, 5)), (140, replace(1, 99, 3))),
        log=(ack(120, 1, 5), replaced(140, 1, 3), filled(150, 1, 99, 3, 0)), fills=({"queue_ahead_lots": 10.0},),
    ),
    scenario(
        "O3_a_replace_that_loses_priority_arrives_anew", "f is before it now",
        event(130, add("f", BUY, 99, 4)), event(150, hit("f", 3)), probe(160),
        steps=((120, buy(99, 5)), (140, replace(1, 99, 6))),
        log=(ack(120, 1, 5), replaced(140, 1, 6), filled(160, 1, 99, 1, 5), cancelled(1000, 1, EOD)),
        fills=({"queue_ahead_lots": 11.0},), orders={1: {"queue_ahead_lots": 14.0, "level_lots": 14}},
    ),
    scenario(
        "O6_post_only_looks_at_what_is_untaken", "a2 is left at 101, then nothing",
        steps=((120, ioc(BUY, 101, 6)), (130, post(BUY, 101, 1)), (140, ioc(BUY, 101, 4)), (150, post(BUY, 101, 1))),
        log=(ack(120, 1, 6), filled(120, 1, 101, 6, 0), rejected(130, 2, R_POST_ONLY), ack(140, 3, 4),
             filled(140, 3, 101, 4, 0), ack(150, 4, 1), cancelled(1000, 4, EOD)),
    ),
]

F1_RULES = [
    scenario(
        "F1_front_at_accept_is_what_the_level_holds", "of any age",
        probe(150), orders={1: {"queue_ahead_lots": 10.0, "level_lots": 10}}, **one_fill(150, 10),
    ),
    scenario("F1_a_cancel_ahead_takes_from_front", "10 less b2", event(130, leave("b2", 4)), probe(150),
             **one_fill(150, 6)),
    scenario(
        "F1_a_cancel_behind_does_not", "f came after us",
        event(130, add("f", BUY, 99, 4)), event(140, leave("f", 4)), probe(150), **one_fill(150, 10),
    ),
    scenario(
        "F1_a_replace_behind_does_not", "f moves behind itself",
        event(130, add("f", BUY, 99, 4)), event(140, *moved("f", 4, "f2", BUY, 99, 9)), probe(150), **one_fill(150, 10),
    ),
    scenario(
        "F1_a_change_without_stamps_is_ahead", "a row of 0 and one that adds move nothing",
        event(130, bid(99, 5)), event(140, bid(99, -3)), event(150, bid(99, 0)), probe(160), **one_fill(160, 7),
    ),
    scenario("F1_an_icebergs_next_tip_is_behind_us", "b is hit whole and comes back at the end of its queue",
             event(130, hit("b", 6), add("tip", BUY, 99, 6)), event(140, hit("tip", 2)), **one_fill(140, 4, 2)),
    scenario(
        "F1_an_add_between_two_of_ours", "is behind the first and before the second",
        event(130, add("f", BUY, 99, 3)), event(150, hit("f", 2)), event(160, leave("f", 1)),
        event(170, add("g", BUY, 99, 9)), event(180, hit("g", 7)), steps=((120, buy(99, 5)), (140, buy(99, 5))),
        log=(ack(120, 1, 5), ack(140, 2, 5), filled(150, 1, 99, 2, 3), filled(180, 1, 99, 3, 0),
             filled(180, 2, 99, 4, 1), cancelled(1000, 2, EOD)),
        fills=({"queue_ahead_lots": 10.0}, {"queue_ahead_lots": 10.0}, {"queue_ahead_lots": 10.0}),
        orders={2: {"queue_ahead_lots": 13.0, "level_lots": 13}},
    ),
    scenario(
        "F1_both_of_ours_move_with_what_is_before_both", "b leaves the fronts of both, f that of the second",
        event(130, add("f", BUY, 99, 3)), event(150, leave("b", 6)), event(160, leave("f", 3)), probe(170),
        probe(180, "again"), steps=((120, buy(99, 1)), (140, buy(99, 5))),
        log=(ack(120, 1, 1), ack(140, 2, 5), filled(170, 1, 99, 1, 0), filled(180, 2, 99, 1, 4),
             cancelled(1000, 2, EOD)),
        fills=({"queue_ahead_lots": 4.0}, {"queue_ahead_lots": 4.0}),
    ),
]

F2_RULES = [
    scenario(
        "F2_an_execution_behind_fills_us", "3 of 5 lots; f itself is hit as recorded and its rest leaves",
        event(130, add("f", BUY, 99, 5)), event(140, hit("f", 3)), event(150, leave("f", 2)), **one_fill(140, 10, 3),
    ),
    scenario("F2_an_execution_ahead_does_not", "though nobody is left before us", event(130, hit("b", 6)),
             event(140, hit("b2", 4)), **NO_FILL),
    scenario("F2_the_whole_queue_ahead_then_one_behind", "an execution a row",
             event(130, add("f", BUY, 99, 5)), event(140, hit("b", 6), hit("b2", 4), hit("f", 1)), **one_fill(140, 0)),
    scenario("F2_an_execution_through_our_price", "c came before us, but its price is worse", event(150, hit("c", 4)),
             **one_fill(150, 10, 4, BY_THROUGH)),
    scenario(
        "F2_capped_by_what_remains", "7 lots for 5, at our price",
        event(150, hit("c", 7)), log=(ack(120, 1, 5), filled(150, 1, 99, 5, 0)),
        fills=({"price_ticks": 99, "cash_units": -495 * 10**9, "spread_capture_units": 5 * 10**9},),
    ),
    scenario("F2_an_execution_at_a_better_price_is_not_ours", "b is hit at 99, we are at 98",
             event(150, hit("b", 6), hit("b2", 4)), steps=((120, buy(98, 5)),), **NO_FILL),
    scenario(
        "F2_our_offers_too", "an execution of an offer behind ours, and one through",
        event(130, add("f", SELL, 101, 2)), event(140, hit("f", 2)), event(150, hit("d", 1)),
        steps=((120, sell(101, 5)),),
        log=(ack(120, 1, 5), filled(140, 1, 101, 2, 3), filled(150, 1, 101, 1, 2), cancelled(1000, 1, EOD)),
        fills=({"cause": BY_AT}, {"cause": BY_THROUGH}),
    ),
    scenario("F2_a_trade_row_fills_through_our_price_only", "at our price it neither fills nor moves",
             event(130, sold(99, 50)), event(140, bought(98, 9)), event(150, sold(98, 2)),
             **one_fill(150, 10, 2, BY_THROUGH)),
    scenario(
        "F2_hidden_and_counted_trades_too", "off-book ones and those without a side do nothing",
        event(130, sold(98, 9, F_OFFBOOK)), event(140, printed(98, 9)), event(150, sold(98, 1, F_HIDDEN)),
        event(160, sold(98, 1, F_COUNTED)), event(170, sold(99, 9, F_COUNTED), sold(99, 9, F_HIDDEN)),
        log=(ack(120, 1, 5), filled(150, 1, 99, 1, 4), filled(160, 1, 99, 1, 3), cancelled(1000, 1, EOD)),
    ),
    scenario("F2_a_fill_precedes_its_rows_change", "the queue and the mid are those before it",
             event(130, add("f", BUY, 99, 1)), event(140, leave("b", 6), hit("f", 1), leave("b2", 4)),
             log=(ack(120, 1, 5), filled(140, 1, 99, 1, 4), cancelled(1000, 1, EOD)),
             fills=({"queue_ahead_lots": 4.0, "mid2_ticks": 200},)),
]

F5_RULES = [
    scenario("F5_without_a_limit_every_level_counts_as_shown", "95 is beyond 98, and nobody is there",
             probe(150, price=95), steps=((120, buy(95, 5)),), orders={1: {"queue_ahead_lots": 0.0, "level_lots": 0}},
             **one_fill(150, 0, price=95)),
    scenario(
        "F5_without_a_limit_a_gap_freezes_nothing", "f is behind us, so 10 stay ahead; it is hit, so we are",
        event(130, add("f", BUY, 99, 5)), event(140, GAP_ROW), event(150, hit("f", 2)), **one_fill(150, 10, 2),
    ),
    scenario(
        "F5_without_a_limit_a_snapshot_and_a_clear_are_markers", "their rows act by stamp: 10 less 6 less 1, f behind",
        event(130, add("f", BUY, 99, 5)), event(140, clear(BUY), leave("b", 6)), event(150, SNAP, reduce("b2", 1)),
        event(160, hit("f", 1)), event(170, SNAP_END), **one_fill(160, 3),
    ),
    scenario("F5_without_a_limit_an_emptied_level_is_empty", "after a clear too",
             event(130, clear(BUY), leave("b", 6), leave("b2", 4)), event(140, add("h", BUY, 99, 12)),
             event(150, hit("h", 2)), **one_fill(150, 0, 2)),
    scenario("F5_with_a_limit_a_clear_freezes_what_it_empties", "order by order: 4 are left of 10, then it is frozen",
             event(130, clear(BUY), leave("b", 6), leave("b2", 4)), event(140, add("h", BUY, 99, 12)),
             event(150, hit("h", 2)), instruments=LIMIT_5, **one_fill(150, 4, 2)),
    scenario("F5_with_a_limit_a_gap_freezes", "the execution after it does not fill, its row is heard of",
             event(130, add("f", BUY, 99, 4)), event(140, GAP_ROW), event(150, hit("f", 2)), event(160, hit("f", 1)),
             instruments=LIMIT_5, **one_fill(160, 10)),
    scenario("F5_with_a_limit_a_snapshots_rows_do_not_act_by_stamp", "b2 leaves, front is 10 within the 9 that stay",
             event(130, add("f", BUY, 99, 3)), event(140, SNAP, leave("b2", 4), SNAP_END), probe(150),
             instruments=LIMIT_5, **one_fill(150, 9)),
    scenario(
        "F5_leaving_the_window_freezes", "98 is third of two while there is a 100",
        event(130, add("f", BUY, 98, 4)), event(150, add("n", BUY, 100, 3)), event(160, hit("f", 3)),
        event(165, reduce("c", 5)), event(170, leave("n", 3)), event(180, hit("f", 1)),
        steps=((120, buy(98, 5)),), instruments=LIMIT_2,
        # neither filled nor moved at 160; at 165 min(20, 16), which is 15 and f
        **one_fill(180, 16, price=98),
    ),
    scenario(
        "F5_with_a_limit_a_level_never_shown_is_unknown", "only what trades through fills, until it is heard of",
        event(130, sold(94, 2)), event(140, add("f", BUY, 95, 4)), probe(150, price=95), steps=((120, buy(95, 5)),),
        instruments=LIMIT_5,
        log=(ack(120, 1, 5), filled(130, 1, 95, 2, 3), filled(150, 1, 95, 1, 2), cancelled(1000, 1, EOD)),
        fills=({"queue_ahead_lots": INF}, {"queue_ahead_lots": 4.0}),
        orders={1: {"queue_ahead_lots": INF, "level_lots": 0}},
    ),
]

F7_RULES = [
    scenario(
        "F7_an_add_counts_once", "and what it gave is gone for our takers",
        event(150, add("x", SELL, 99, 3)), event(160, add("y", SELL, 103, 1)),
        steps=((120, buy(99, 5)), (155, ioc(BUY, 99, 2))),
        log=(ack(120, 1, 5), filled(150, 1, 99, 3, 2), ack(155, 2, 2), cancelled(155, 2, R_REMAINDER),
             cancelled(1000, 1, EOD)),
        fills=({"cause": BY_CROSS, "mid2_ticks": 200, "queue_ahead_lots": 10.0},),
    ),
    scenario("F7_an_add_is_worth_what_is_left_at_the_events_end", "4 less the 3 that left with it",
             event(150, add("x", SELL, 98, 4), reduce("x", 3)), **one_fill(150, 10, 1, BY_CROSS)),
    scenario("F7_what_left_one_add_does_not_make_room_for_another", "1 of x, then 3 of y: a row each",
             event(150, add("x", SELL, 99, 4), add("y", SELL, 99, 3), reduce("x", 3)),
             log=(ack(120, 1, 5), filled(150, 1, 99, 1, 4), filled(150, 1, 99, 3, 1), cancelled(1000, 1, EOD))),
    scenario("F7_an_execution_of_it_counts_too", "5 less 2",
             event(150, add("x", SELL, 99, 5), hit("x", 2)), **one_fill(150, 10, 3, BY_CROSS)),
    scenario("F7_an_add_that_leaves_in_its_event_is_none", "nor does a later change of it bring anything",
             event(150, add("x", SELL, 99, 4), leave("x", 4)), event(160, add("y", SELL, 100, 4)),
             event(170, reduce("y", 1)), **NO_FILL),
    scenario("F7_at_most_what_is_new", "10 lots stood there before us; y brings 2",
             event(150, add("y", SELL, 101, 2)), steps=((110, ioc(BUY, 101, 10)), (120, post(BUY, 101, 5))),
             log=(ack(110, 1, 10), filled(110, 1, 101, 10, 0), ack(120, 2, 5), filled(150, 2, 101, 2, 3),
                  cancelled(1000, 2, EOD))),
    scenario(
        "F7_what_leaves_makes_no_room", "a2 leaves as y comes: y brings 2 all the same, though the level falls",
        event(150, leave("a2", 4), add("y", SELL, 101, 2)), event(160, leave("a", 6)),
        steps=((110, ioc(BUY, 101, 10)), (120, post(BUY, 101, 5))),
        log=(ack(110, 1, 10), filled(110, 1, 101, 10, 0), ack(120, 2, 5), filled(150, 2, 101, 2, 3),
             cancelled(1000, 2, EOD)),
    ),
    scenario(
        "F7_best_price_first_then_by_stamp", "one row a quote: y at 98, then x and z at 99",
        event(150, add("x", SELL, 99, 1), add("y", SELL, 98, 2), add("z", SELL, 99, 3)),
        log=(ack(120, 1, 5), filled(150, 1, 99, 2, 3), filled(150, 1, 99, 1, 2), filled(150, 1, 99, 2, 0)),
    ),
    scenario(
        "F7_a_quote_serves_our_best_orders_first", "x of 4: 2 to 100, 2 of 3 to 99; the last one has y",
        event(150, add("x", SELL, 99, 4), add("y", SELL, 99, 9)), steps=((110, buy(99, 3)), (120, buy(100, 2))),
        log=(ack(110, 1, 3), ack(120, 2, 2), filled(150, 2, 100, 2, 0), filled(150, 1, 99, 2, 1),
             filled(150, 1, 99, 1, 0)),
    ),
    scenario(
        "F7_changes_count_as_one_quote_before_the_adds", "4 less 1, net, then x",
        event(150, add("x", SELL, 99, 1), ask(99, 4), ask(99, -1)),
        log=(ack(120, 1, 5), filled(150, 1, 99, 3, 2), filled(150, 1, 99, 1, 1), cancelled(1000, 1, EOD)),
    ),
    scenario(
        "F7_rows_without_a_stamp_count_net", "one leaves, then 4 come: 3, though all 6 at the head are untaken again",
        event(150, old(CANCEL, SELL, 101, 1), ask(101, 4)), event(160, ask(101, -2), bid(98, 1), ask(101, 3)),
        first=l3.book(ask(101, 3)), steps=((110, ioc(BUY, 101, 13)), (120, post(BUY, 101, 5))),
        log=(ack(110, 1, 13), filled(110, 1, 101, 13, 0), ack(120, 2, 5), filled(150, 2, 101, 3, 2),
             filled(160, 2, 101, 1, 1), cancelled(1000, 2, EOD)),
    ),
    scenario(
        "F7_return_to_continuous_trading", "all that is displayed, a row a level",
        event(140, status(HALT)), event(150, add("x", SELL, 99, 2)), event(160, add("y", SELL, 99, 1), ask(98, 1)),
        event(170, status(CONTINUOUS), add("z", SELL, 99, 2)), event(180, add("w", SELL, 103, 1)),
        log=(ack(120, 1, 5), filled(170, 1, 99, 1, 4), filled(170, 1, 99, 4, 0)),
    ),
]

F8_RULES = [
    scenario(
        "F8_an_execution_is_shared", "through 99 first, then what is left at 98, where f came after us",
        event(140, add("f", BUY, 98, 9)), event(150, hit("f", 6)), steps=((120, buy(98, 5)), (130, buy(99, 2))),
        log=(ack(120, 1, 5), ack(130, 2, 2), filled(150, 2, 99, 2, 0), filled(150, 1, 98, 4, 1),
             cancelled(1000, 1, EOD)),
        fills=({"cause": BY_THROUGH}, {"cause": BY_AT, "queue_ahead_lots": 20.0}),
    ),
    scenario(
        "F8_arrival_decides_at_one_price", "4 lots behind both: 3 and 1",
        event(140, add("f", BUY, 99, 9)), event(150, hit("f", 4)), steps=((120, buy(99, 3)), (130, buy(99, 3))),
        log=(ack(120, 1, 3), ack(130, 2, 3), filled(150, 1, 99, 3, 0), filled(150, 2, 99, 1, 2),
             cancelled(1000, 2, EOD)),
    ),
    scenario("F8_each_row_is_a_trade_of_its_own", "two executions of 2 in an event, 4 in all",
             event(130, add("f", BUY, 99, 2), add("g", BUY, 99, 2)), event(150, hit("f", 2), hit("g", 2)),
             log=(ack(120, 1, 5), filled(150, 1, 99, 2, 3), filled(150, 1, 99, 2, 1), cancelled(1000, 1, EOD))),
]

SCENARIOS = T_RULES + O_RULES + F1_RULES + F2_RULES + F5_RULES + F7_RULES + F8_RULES
