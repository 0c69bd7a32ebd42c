"""L3 cases of F9, F10 and the overlay: what was taken of which recorded order, and queues under a shift."""
from . import scenario_kit_l3 as l3
from .options import Options
from .scenario_kit import (
    Scenario,
    ack,
    ask,
    buy,
    cancelled,
    filled,
    ioc,
    market,
    post,
    sell,
    status,
)  # fmt: skip
from .scenario_kit_l3 import add, event, hit, leave, moved, old, probe, reduce
from .vocabulary import (
    BUY,
    BY_SHIFT,
    CANCEL,
    CONTINUOUS,
    HALT,
    INF,
    R_BEYOND_BOOK,
    R_END_OF_DATA,
    R_REMAINDER,
    R_SELF_MATCH,
    SELL,
)

EOD = R_END_OF_DATA
BASE = l3.book()  # b 6, b2 4 at 99; c 20 at 98; a 6, a2 4 at 101; d 20 at 102: rows 1 to 6
FOUR = Options(impact={"y": 1.0, "sigma_daily": 0.05, "volume_daily": 100.0, "weights": (1.0,),
                       "taus_s": (INF,), "step_ns": 50})  # fmt: skip
# a market order of 4 lots moves the market by a tick, as in scenarios_money


def scenario(name, says, *events, first=BASE, **more):
    """The data ends at 1000."""
    return Scenario(name, says, (l3.tape(first, *events, l3.tick(1000)),), **more)


def takes(lots, then, finds):
    """An IOC takes `lots` at 101 at 120; one of 50 at `then` finds `finds` more there."""
    found = (filled(then, 2, 101, finds, 50 - finds),) if finds else ()
    return {
        "steps": ((120, ioc(BUY, 101, lots)), (then, ioc(BUY, 101, 50))),
        "log": (ack(120, 1, lots), filled(120, 1, 101, lots, 0), ack(then, 2, 50), *found,
                cancelled(then, 2, R_REMAINDER)),
    }  # fmt: skip


F9_RULES = [
    scenario("F9_an_order_behind_the_taken_one_leaves", "a is taken still", event(150, leave("a2", 4)),
             **takes(6, 200, 0)),
    scenario("F9_the_taken_one_leaves", "and with it what we took", event(150, leave("a", 6)), **takes(6, 200, 4)),
    scenario("F9_nothing_of_a_taken_order_comes_back_while_it_is_there", "y joins behind", event(150, reduce("a", 1)),
             event(160, add("y", SELL, 101, 3)), **takes(8, 200, 5)),  # a 5, a2 2 of 4, y
    scenario("F9_taken_is_at_most_what_is_left", "a shrinks from 6 to 4, all of it ours; 2 of a2",
             event(150, reduce("a", 2)), **takes(8, 200, 2)),
    scenario("F9_a_recorded_order_that_we_took_trades_on", "a is hit for 5 though it was ours: 1 of it is left, taken",
             event(150, hit("a", 5)), **takes(8, 200, 2)),
    scenario("F9_from_the_head_of_the_queue", "2 of a's 6; a2 leaves: 4 of a are left", event(150, leave("a2", 4)),
             **takes(2, 200, 4)),
    scenario("F9_a_replace_is_a_new_order", "a was taken; a3 is not, though it is the same one",
             event(150, *moved("a", 6, "a3", SELL, 101, 6)), **takes(6, 200, 10)),
    scenario("F9_what_has_no_stamp_is_one_order_at_the_head", "3 of it and 2 of a were taken; any change forgets the 3",
             event(150, ask(101, 1)), first=l3.book(ask(101, 3)), **takes(5, 200, 12)),
    scenario("F9_a_change_of_zero_forgets_nothing", "3 and 2 stay taken of 13",
             event(150, ask(101, 0)), first=l3.book(ask(101, 3)), **takes(5, 200, 8)),
    scenario("F9_an_order_from_before_the_data_leaves", "a row of stamp 0 forgets too: 2 are left and untaken",
             event(150, old(CANCEL, SELL, 101, 1)), first=l3.book(ask(101, 3)), **takes(3, 200, 12)),
    scenario(
        "F9_a_crossing_takes_from_its_own_order", "x gave 3; y leaves: x is taken still; x leaves: nothing is",
        event(150, add("y", SELL, 100, 2)), event(160, add("x", SELL, 99, 3)), event(170, leave("y", 2)),
        event(190, leave("x", 3), add("z", SELL, 99, 1)),
        steps=((120, buy(99, 3)), (180, ioc(BUY, 99, 9)), (200, ioc(BUY, 99, 9))),
        log=(ack(120, 1, 3), filled(160, 1, 99, 3, 0), ack(180, 2, 9), cancelled(180, 2, R_REMAINDER), ack(200, 3, 9),
             filled(200, 3, 99, 1, 8), cancelled(200, 3, R_REMAINDER)),
    ),
    scenario(
        "F9_a_crossing_leaves_what_is_before_its_order", "2 without a stamp are untaken; y gives its 2 and leaves",
        event(150, ask(101, -1)), event(160, add("y", SELL, 101, 2)), event(170, leave("y", 2)),
        first=l3.book(ask(101, 3)),
        steps=((110, ioc(BUY, 101, 13)), (120, post(BUY, 101, 3)), (180, ioc(BUY, 101, 9))),
        log=(ack(110, 1, 13), filled(110, 1, 101, 13, 0), ack(120, 2, 3), filled(160, 2, 101, 2, 1), ack(180, 3, 9),
             filled(180, 3, 101, 2, 7), cancelled(180, 3, R_REMAINDER), cancelled(1000, 2, EOD)),
    ),
    scenario(
        "F9_a_return_takes_in_queue_order", "x is taken whole and 1 of y; x leaves: 2 of y are left",
        event(140, status(HALT)), event(150, add("x", SELL, 99, 4), add("y", SELL, 99, 3)),
        event(160, status(CONTINUOUS)), event(170, leave("x", 4)), steps=((120, buy(99, 5)), (180, ioc(BUY, 99, 9))),
        log=(ack(120, 1, 5), filled(160, 1, 99, 5, 0), ack(180, 2, 9), filled(180, 2, 99, 2, 7),
             cancelled(180, 2, R_REMAINDER)),
    ),
    scenario("F9_beyond_the_worst_displayed_opposite_level", "as on L2, whether there is a limit or not",
             steps=((120, buy(103, 2)),), log=(ack(120, 1, 2), filled(120, 1, 101, 2, 0))),
    scenario("F9_a_remainder_beyond_the_book_is_cancelled", "102 is the worst offer",
             steps=((120, buy(103, 31)),),
             log=(ack(120, 1, 31), filled(120, 1, 101, 10, 21), filled(120, 1, 102, 20, 1),
                  cancelled(120, 1, R_BEYOND_BOOK))),
]

F10_RULES = [
    scenario(
        "F10_an_own_order_is_met_after_its_front", "10 are before our offer, y behind it",
        event(130, add("y", SELL, 101, 5)), steps=((120, sell(101, 3)), (140, buy(101, 12))),
        log=(ack(120, 1, 3), ack(140, 2, 12), filled(140, 2, 101, 10, 2), cancelled(140, 2, R_SELF_MATCH),
             cancelled(1000, 1, EOD)),
    ),
    scenario(
        "F10_what_we_took_before_it_goes_with_its_order", "a was ours and leaves: a2 is before our offer, untaken",
        event(130, add("y", SELL, 101, 5)), event(150, leave("a", 6)),
        steps=((120, sell(101, 3)), (140, ioc(BUY, 101, 6)), (160, ioc(BUY, 101, 9))),
        log=(ack(120, 1, 3), ack(140, 2, 6), filled(140, 2, 101, 6, 0), ack(160, 3, 9), filled(160, 3, 101, 4, 5),
             cancelled(160, 3, R_SELF_MATCH), cancelled(1000, 1, EOD)),
    ),
    scenario(
        "F10_an_own_order_goes_and_the_queue_behind_it_is_met", "cancel-oldest: 10, ours, then 2 of y",
        event(130, add("y", SELL, 101, 5)), event(150, leave("a", 6), leave("a2", 4)),
        steps=((120, sell(101, 3)), (140, buy(101, 12)), (160, ioc(BUY, 101, 9))),
        options=Options(self_trade="cancel_oldest"),
        log=(ack(120, 1, 3), ack(140, 2, 12), filled(140, 2, 101, 10, 2), cancelled(140, 1, R_SELF_MATCH),
             filled(140, 2, 101, 2, 0), ack(160, 3, 9), filled(160, 3, 101, 3, 6), cancelled(160, 3, R_REMAINDER)),
    ),
]

AT_97 = l3.book(add("e", BUY, 97, 3))
I_RULES = [
    scenario(
        "I1_an_order_keeps_front_and_arrival_when_its_level_changes", "our 98 is at the recorded 97 after the push",
        probe(150, price=97), first=AT_97, options=FOUR, steps=((110, buy(98, 5)), (120, market(BUY, 4))),
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), filled(150, 1, 98, 1, 4),
             cancelled(1000, 1, EOD)),
        # the probe's add is a row of the level: 20 are clamped to its 4 lots
        fills=({}, {"queue_ahead_lots": 4.0, "shift_ticks": 1, "impact_units": 0, "price_ticks": 98}),
    ),
    scenario(
        "I1_later_rows_of_the_new_level_apply_by_stamp", "front 20 is 2 when e shrinks to 2, then e leaves 1 ahead",
        event(130, reduce("e", 1)), event(140, add("f", BUY, 97, 9)), event(145, reduce("e", 1)),
        event(150, hit("f", 1)), first=AT_97, options=FOUR, steps=((110, buy(98, 5)), (120, market(BUY, 4))),
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), filled(150, 1, 98, 1, 4),
             cancelled(1000, 1, EOD)),
        fills=({}, {"queue_ahead_lots": 1.0}),
    ),
    scenario(
        "I1_a_front_stops_at_0", "25 of the new level leave, the front of the old one was 20",
        event(130, reduce("e", 25)), probe(150, price=97), first=l3.book(add("e", BUY, 97, 30)), options=FOUR,
        steps=((110, buy(98, 5)), (120, market(BUY, 4))), fills=({}, {"queue_ahead_lots": 0.0, "qty_lots": 1}),
    ),
    scenario(
        "F1_a_later_own_order_is_never_ahead", "f came between: 30 less 25 before order 3, but 20 before order 1",
        event(115, add("f", BUY, 97, 25)), event(140, add("g", BUY, 97, 20)), event(150, leave("f", 25), hit("g", 7)),
        first=l3.book(add("e", BUY, 97, 5)), options=FOUR,
        steps=((110, buy(98, 5)), (120, market(BUY, 4)), (130, buy(98, 5))),
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), ack(130, 3, 5), filled(150, 1, 98, 5, 0),
             filled(150, 3, 98, 2, 3), cancelled(1000, 3, EOD)),
        fills=({}, {"queue_ahead_lots": 20.0}, {"queue_ahead_lots": 20.0}), orders={3: {"queue_ahead_lots": 30.0}},
    ),
    scenario(
        "I1_a_shift_that_crosses_takes_in_queue_order", "our 102 meets the bids at shift 9; b leaves: 3 of b2 are left",
        event(150, leave("b", 6)), options=Options(impact={**FOUR.impact, "sigma_daily": 0.3}),
        steps=((110, sell(102, 7)), (120, market(BUY, 10)), (160, ioc(SELL, 108, 9))),
        log=(ack(110, 1, 7), ack(120, 2, 10), filled(120, 2, 101, 10, 0), filled(120, 1, 102, 7, 0), ack(160, 3, 9),
             filled(160, 3, 108, 3, 6), cancelled(160, 3, R_REMAINDER)),
        fills=({}, {"cause": BY_SHIFT, "shift_ticks": 9}, {"shift_ticks": 9}),
    ),
]

SCENARIOS = F9_RULES + F10_RULES + I_RULES
