"""Cases of F9 and F10: what a taker finds, what becomes of its remainder, own orders in its way."""
from . import scenario_kit as k
from .options import Instrument, Options
from .scenario_kit import (
    Scenario,
    ack,
    ask,
    bid,
    buy,
    cancelled,
    event,
    filled,
    ioc,
    market,
    no_replace,
    post,
    rejected,
    replace,
    replaced,
    sell,
    sold,
    tape,
    tick,
)  # fmt: skip
from .vocabulary import (
    BUY,
    BY_CROSS,
    BY_TAKER,
    R_BEYOND_BOOK,
    R_END_OF_DATA,
    R_POST_ONLY,
    R_REMAINDER,
    R_SELF_MATCH,
    SELL,
    ST_CANCELLED,
)

EOD = R_END_OF_DATA
BASE = k.book()
THREE_OFFERS = k.book(asks=((101, 1), (102, 1), (103, 5)))


def scenario(name, says, *events, first=BASE, **more):
    """The data ends at 300."""
    return Scenario(name, says, (tape(first, *events, tick(300)),), **more)


F9_RULES = [
    scenario(
        "F9_what_we_took_is_remembered", "until the level's next change; a change of 0 is none",
        event(140, ask(101, 0)), event(150, ask(101, -1)),
        steps=((120, ioc(BUY, 101, 4)), (130, ioc(BUY, 101, 10)), (145, ioc(BUY, 101, 1)), (160, ioc(BUY, 101, 20))),
        log=(ack(120, 1, 4), filled(120, 1, 101, 4, 0), ack(130, 2, 10), filled(130, 2, 101, 6, 4),
             cancelled(130, 2, R_REMAINDER), ack(145, 3, 1), cancelled(145, 3, R_REMAINDER),
             ack(160, 4, 20), filled(160, 4, 101, 9, 11), cancelled(160, 4, R_REMAINDER)),
    ),
    scenario(
        "F9_a_price_remembers_each_side_by_itself", "our taking of asks at 101 leaves a bid there later untouched",
        event(150, ask(101, -10), bid(101, 4)),
        steps=((120, ioc(BUY, 101, 3)), (160, ioc(SELL, 101, 9))),
        log=(ack(120, 1, 3), filled(120, 1, 101, 3, 0), ack(160, 2, 9), filled(160, 2, 101, 4, 5),
             cancelled(160, 2, R_REMAINDER)),
    ),
    scenario(
        "F9_a_market_order_walks_the_book", "and loses its remainder",
        steps=((120, market(BUY, 35)),),
        log=(ack(120, 1, 35), filled(120, 1, 101, 10, 25), filled(120, 1, 102, 20, 5), cancelled(120, 1, R_REMAINDER)),
        fills=({"price_ticks": 101, "maker": 0, "cause": BY_TAKER}, {"price_ticks": 102, "position_lots": 30}),
        orders={1: {"state": ST_CANCELLED, "reason": R_REMAINDER, "filled_lots": 30, "close_ts_ns": 120}},
    ),
    scenario(
        "F9_an_ioc_stops_at_its_limit", "102 is not for it",
        steps=((120, ioc(BUY, 101, 35)),),
        log=(ack(120, 1, 35), filled(120, 1, 101, 10, 25), cancelled(120, 1, R_REMAINDER)),
    ),
    scenario(
        "F9_beyond_the_worst_displayed_opposite_level", "a limit order is cancelled, filled in part or not",
        steps=((120, buy(103, 35)), (130, buy(103, 2))),
        log=(ack(120, 1, 35), filled(120, 1, 101, 10, 25), filled(120, 1, 102, 20, 5),
             cancelled(120, 1, R_BEYOND_BOOK), ack(130, 2, 2), cancelled(130, 2, R_BEYOND_BOOK)),
    ),
    scenario(
        "F9_at_the_worst_displayed_opposite_level_it_rests", "nothing is ahead of it; a new offer there meets it",
        event(200, ask(102, 3)), steps=((120, buy(102, 35)),),
        log=(ack(120, 1, 35), filled(120, 1, 101, 10, 25), filled(120, 1, 102, 20, 5), filled(200, 1, 102, 3, 2),
             cancelled(300, 1, EOD)),
        fills=({}, {}, {"cause": BY_CROSS, "queue_ahead_lots": 0.0, "maker": 1}),
        orders={1: {"queue_ahead_lots": 0.0}},
    ),
    scenario(
        "F9_an_empty_opposite_side_lets_it_rest", "there is no worst level to be beyond",
        first=k.book(asks=()), steps=((120, buy(105, 3)),), log=(ack(120, 1, 3), cancelled(300, 1, EOD)),
    ),
    scenario(
        "F9_a_taker_meets_displayed_levels_only", "the third level of a window of two is old news",
        first=THREE_OFFERS, instruments=(Instrument(depth_limit=2),), steps=((120, market(BUY, 3)),),
        log=(ack(120, 1, 3), filled(120, 1, 101, 1, 2), filled(120, 1, 102, 1, 1), cancelled(120, 1, R_REMAINDER)),
    ),
    scenario(
        "F9_the_worst_displayed_level_is_that_of_the_window", "103 is beyond 102",
        first=THREE_OFFERS, instruments=(Instrument(depth_limit=2),), steps=((120, buy(103, 3)),),
        log=(ack(120, 1, 3), filled(120, 1, 101, 1, 2), filled(120, 1, 102, 1, 1), cancelled(120, 1, R_BEYOND_BOOK)),
    ),
    scenario(
        "F9_worst_displayed_counts_what_we_took", "102 is displayed, though it is ours: 102 rests, 103 does not",
        steps=((120, market(BUY, 30)), (130, buy(102, 1)), (140, buy(103, 1))),
        log=(ack(120, 1, 30), filled(120, 1, 101, 10, 20), filled(120, 1, 102, 20, 0), ack(130, 2, 1),
             ack(140, 3, 1), cancelled(140, 3, R_BEYOND_BOOK), cancelled(300, 2, EOD)),
    ),
]

OLDEST = Options(self_trade="cancel_oldest")
BOTH = Options(self_trade="cancel_both")
REJECT = Options(self_trade="reject")
BEHIND_OURS = event(125, ask(101, 5))  # 15 at 101 now: 10 before our offer, 5 behind it

F10_RULES = [
    scenario(
        "F10_own_orders_never_match", "an own offer alone at its price is met first; the newer one goes",
        steps=((120, sell(100, 3)), (130, buy(101, 5))),
        log=(ack(120, 1, 3), ack(130, 2, 5), cancelled(130, 2, R_SELF_MATCH), cancelled(300, 1, EOD)),
    ),
    scenario(
        "F10_an_own_order_is_met_after_its_front", "10 of the 15 at 101 are before it; the remainder is cancelled",
        BEHIND_OURS, steps=((120, sell(101, 3)), (130, buy(102, 12))),
        log=(ack(120, 1, 3), ack(130, 2, 12), filled(130, 2, 101, 10, 2), cancelled(130, 2, R_SELF_MATCH),
             cancelled(300, 1, EOD)),
    ),
    scenario(
        "F10_what_ends_before_it_does_not_meet_it", "just the 10 before it",
        BEHIND_OURS, steps=((120, sell(101, 3)), (130, buy(102, 10))), options=REJECT,
        log=(ack(120, 1, 3), ack(130, 2, 10), filled(130, 2, 101, 10, 0), cancelled(300, 1, EOD)),
    ),
    scenario(
        "F10_what_we_took_before_it_is_gone", "6 of its 10 were taken, 4 are left before it",
        BEHIND_OURS, steps=((120, sell(101, 3)), (130, ioc(BUY, 101, 6)), (140, ioc(BUY, 101, 9))),
        log=(ack(120, 1, 3), ack(130, 2, 6), filled(130, 2, 101, 6, 0), ack(140, 3, 9), filled(140, 3, 101, 4, 5),
             cancelled(140, 3, R_SELF_MATCH), cancelled(300, 1, EOD)),
    ),
    scenario(
        "F10_cancel_oldest", "the resting one goes as it is met, and the taker goes on",
        BEHIND_OURS, steps=((120, sell(101, 3)), (130, buy(101, 12))), options=OLDEST,
        log=(ack(120, 1, 3), ack(130, 2, 12), filled(130, 2, 101, 10, 2), cancelled(130, 1, R_SELF_MATCH),
             filled(130, 2, 101, 2, 0)),
    ),
    scenario(
        "F10_cancel_both", "the resting one and the remainder",
        BEHIND_OURS, steps=((120, sell(101, 3)), (130, buy(101, 12))), options=BOTH,
        log=(ack(120, 1, 3), ack(130, 2, 12), filled(130, 2, 101, 10, 2), cancelled(130, 1, R_SELF_MATCH),
             cancelled(130, 2, R_SELF_MATCH)),
    ),
    scenario(
        "F10_reject", "whole, before any fill; a replace so refused leaves the old order",
        BEHIND_OURS, steps=((120, sell(101, 3)), (130, buy(101, 12)), (140, buy(99, 12)), (150, replace(3, 101, 12))),
        options=REJECT,
        log=(ack(120, 1, 3), rejected(130, 2, R_SELF_MATCH), ack(140, 3, 12), no_replace(150, 3, 12, R_SELF_MATCH),
             cancelled(300, 1, EOD), cancelled(300, 3, EOD)),
    ),
    scenario(
        "F10_a_replace_is_judged_by_what_remains", "12 less the 2 filled are just the 10 before our offer",
        BEHIND_OURS, event(140, sold(100, 2)), steps=((120, sell(101, 3)), (130, buy(100, 4)), (150, replace(2, 101,
            12))),
        options=REJECT,
        log=(ack(120, 1, 3), ack(130, 2, 4), filled(140, 2, 100, 2, 2), replaced(150, 2, 10),
             filled(150, 2, 101, 10, 0), cancelled(300, 1, EOD)),
    ),
    scenario(
        "F10_cancel_newest_of_a_replace", "the replace was accepted, so its remainder is what goes",
        steps=((120, sell(101, 3)), (130, buy(99, 12)), (140, replace(2, 101, 12))),
        log=(ack(120, 1, 3), ack(130, 2, 12), replaced(140, 2, 12), filled(140, 2, 101, 10, 2),
             cancelled(140, 2, R_SELF_MATCH), cancelled(300, 1, EOD)),
    ),
    scenario(
        "F10_several_own_orders_are_met_in_turn", "by price, then arrival",
        steps=((120, sell(102, 1)), (121, sell(100, 1)), (122, sell(100, 1)), (130, market(BUY, 40))), options=OLDEST,
        log=(ack(120, 1, 1), ack(121, 2, 1), ack(122, 3, 1), ack(130, 4, 40), cancelled(130, 2, R_SELF_MATCH),
             cancelled(130, 3, R_SELF_MATCH), filled(130, 4, 101, 10, 30), filled(130, 4, 102, 20, 10),
             cancelled(130, 1, R_SELF_MATCH), cancelled(130, 4, R_REMAINDER)),
    ),
    scenario(
        "F10_post_only_is_not_a_self_match", "O6 speaks first, whatever the policy",
        event(200, sold(99, 11)), steps=((120, sell(100, 3)), (130, post(BUY, 100, 1)), (140, post(BUY, 99, 1))),
        options=OLDEST,
        log=(ack(120, 1, 3), rejected(130, 2, R_POST_ONLY), ack(140, 3, 1), filled(200, 3, 99, 1, 0), cancelled(300, 1,
             EOD)),
    ),
]

SCENARIOS = F9_RULES + F10_RULES
