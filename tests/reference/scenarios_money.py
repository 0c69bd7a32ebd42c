"""Cases of I1, I2, A1 and A2: the impact overlay, money to the last unit, the end of the data."""
from . import scenario_kit as k
from .options import Instrument, Options, instrument_from
from .scenario_kit import (
    Scenario,
    ack,
    ask,
    bid,
    bought,
    buy,
    cancel,
    cancelled,
    event,
    filled,
    funding,
    look,
    market,
    no_cancel,
    no_replace,
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
    BY_AT,
    BY_SHIFT,
    BY_THROUGH,
    EV_ACK,
    EV_CANCEL_REJECT,
    EV_CANCELLED,
    EV_STOP,
    EV_TIMER,
    NO_MID,
    R_END_OF_DATA,
    SELL,
    ST_CANCELLED,
    WAKE_REPORT,
)

EOD = R_END_OF_DATA
BASE = k.book()
E9 = 10**9


def scenario(name, says, *events, first=BASE, end=300, far=1, **more):
    return Scenario(name, says, (tape(first, *events, tick(end, price=far)),), **more)


def overlay(sigma, tau_s=float("inf"), step_ns=50):
    """I = sigma * sqrt(J / 100 lots), J with one decay time."""
    return Options(impact={
        "y": 1.0, "sigma_daily": sigma, "volume_daily": 100.0, "weights": (1.0,), "taus_s": (tau_s,),
            "step_ns": step_ns,
    })  # fmt: skip


# 4 lots: J = 4, I = .05 * .2 = 1% of 100 = 1 tick; the push costs .05 * 2/3 * 4^1.5 / 10 * 100 * 1e9
FOUR = overlay(0.05)
FOUR_COST = 2_666_666_667

I_RULES = [
    scenario(
        "I1_a_taker_moves_the_market_that_the_strategy_sees",
            "from the next event on; I2: it executes before its own push",
        tick(140), options=FOUR, steps=((120, market(BUY, 4)), (130, look()), (150, look())),
        log=(ack(120, 1, 4), filled(120, 1, 101, 4, 0)),
        fills=({"shift_ticks": 0, "impact_units": FOUR_COST, "cash_units": -404 * E9, "mid2_ticks": 200},),
        looked=(
            {"best": ((99, 10), (101, 10)), "position": 4, "orders": []},
            {"best": ((100, 10), (102, 10)), "position": 4, "orders": []},
        ),
        equity=({"shift_ticks": 1, "mid2_ticks": 200, "impact_units": FOUR_COST, "inventory_units": 0,
                 "spread_capture_units": -4 * E9},),
    ),
    scenario(
        "I1_the_view_has_the_shift_of_its_events_exchange_time", "the row of 120 came before the push of 120",
        event(120, bid(97, 1), latency=20), tick(150),
        options=Options(impact=FOUR.impact, entry_ns=10), steps=((110, market(BUY, 4)), (145, look()), (150, look())),
        looked=(
            {"best": ((99, 10), (101, 10)), "position": 4, "orders": []},
            {"best": ((100, 10), (102, 10)), "position": 4, "orders": []},
        ),
    ),
    scenario(
        "I1_our_prices_map_through_the_shift", "at shift 1 our 102 joins the recorded 101, and takes 101 at 102",
        tick(140), options=FOUR, steps=((120, market(BUY, 4)), (160, sell(102, 2)), (170, market(BUY, 1))),
        log=(ack(120, 1, 4), filled(120, 1, 101, 4, 0), ack(160, 2, 2), ack(170, 3, 1), filled(170, 3, 102, 1, 0),
             cancelled(300, 2, EOD)),
        orders={2: {"queue_ahead_lots": 10.0, "level_lots": 10}},
        # J 4 -> 5: (.05 * 2/3 * (5^1.5 - 4^1.5) / 10 - .01) * 100 * 1e9, rounded up
        fills=({}, {"shift_ticks": 1, "price_ticks": 102, "impact_units": 60_113_296}),
    ),
    scenario(
        "I1_a_shift_that_crosses_an_order_fills_it", "at its limit, up to what is displayed and untaken",
        # J = 10: I = .3 * sqrt(.1) = 9.49%: 9 ticks; our 102 is then at 93, through the bids 99 and 98
        options=overlay(0.3), steps=((110, sell(102, 13)), (120, market(BUY, 10))),
        log=(ack(110, 1, 13), ack(120, 2, 10), filled(120, 2, 101, 10, 0), filled(120, 1, 102, 10, 3),
             filled(120, 1, 102, 3, 0)),
        fills=(
            {"impact_units": 63_245_553_204, "shift_ticks": 0},
            {"cause": BY_SHIFT, "maker": 1, "shift_ticks": 9, "mid2_ticks": 200, "queue_ahead_lots": 20.0,
             "impact_units": 90 * E9, "position_lots": 0},
            {"cause": BY_SHIFT, "impact_units": 27 * E9, "position_lots": -3},
        ),
    ),
    scenario(
        "I1_the_grid_lets_the_shift_decay", "tau 100 ns: 10 ticks at 120, 9 at 150, 7 at 200, 5 at 250",
        event(150, bid(97, 1)), event(200, bid(97, 1)), event(240, bid(97, 1)), event(260, bid(97, 1)),
        options=overlay(0.5, 1e-7), steps=((120, market(BUY, 4)), (160, look()), (210, look()), (245, look()), (265,
            look())),
        # I = 10% * exp(-dt / 200 ns): 8.61 at 150, 6.70 at 200, 5.22 at 250, 4.07 at 300
        looked=tuple(
            {"best": ((99 + s, 10), (101 + s, 10)), "position": 4, "orders": []} for s in (9, 7, 7, 5)
        ),
        equity=({"shift_ticks": 4},),
    ),
    scenario(
        "I1_an_order_keeps_its_front_when_its_level_changes", "our 98 is at the recorded 97 after the push",
        event(150, sold(97, 21)), first=k.book(bids=((99, 10), (98, 20), (97, 3))), options=FOUR,
        steps=((110, buy(98, 5)), (120, market(BUY, 4))),
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), filled(150, 1, 98, 1, 4), cancelled(300, 1,
             EOD)),
        fills=({}, {"queue_ahead_lots": 20.0, "shift_ticks": 1, "impact_units": 0, "price_ticks": 98}),
    ),
    scenario(
        "I1_later_changes_of_the_new_level_apply_clamped", "97 grows from 3 to 4: no more than 4 are ahead",
        event(140, bid(97, 1)), event(150, sold(97, 5)), first=k.book(bids=((99, 10), (98, 20), (97, 3))), options=FOUR,
        steps=((110, buy(98, 5)), (120, market(BUY, 4))),
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), filled(150, 1, 98, 1, 4), cancelled(300, 1,
             EOD)),
        fills=({}, {"queue_ahead_lots": 4.0}),
    ),
    scenario(
        "F4_an_order_that_thaws_does_not_overtake_ours_before_it", "20 of the old level are still before both",
        event(150, bid(96, 3)), event(160, sold(97, 10)), options=FOUR,
        steps=((110, buy(98, 5)), (120, market(BUY, 4)), (130, buy(98, 5))),
        # at shift 1 both are at 97, which is not shown until 150: order 1 keeps its 20, order 3 waits; then 97 is
        # shown and empty
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), ack(130, 3, 5), cancelled(300, 1, EOD),
             cancelled(300, 3, EOD)),
    ),
    scenario(
        "F5_a_level_that_a_shift_made_shown_is_judged_at_the_next_events_end", "whichever side that event changes",
        event(150, ask(103, 1)), event(160, sold(98, 21)), options=FOUR,
        steps=((110, buy(97, 5)), (120, market(SELL, 4))),
        # our 97 is beyond the worst bid; at shift -1 it is at the recorded 98, with 20 before it
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 99, 4, 0), filled(160, 1, 97, 1, 4),
             cancelled(300, 1, EOD)),
        fills=({}, {"queue_ahead_lots": 20.0, "cause": BY_AT, "shift_ticks": -1, "impact_units": E9}),
    ),
    scenario(
        "F5_an_order_behind_an_active_one_is_judged_too", "the elder knows its queue, the younger did not until 150",
        event(150, bid(95, 3)), event(160, sold(96, 7)), first=k.book(bids=((99, 10), (97, 20))), options=overlay(0.1),
        steps=((110, buy(98, 5)), (120, market(BUY, 4)), (130, buy(98, 5))),
        # at shift 2 both are at 96, beyond 97: order 1 came with nothing ahead and keeps that
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), ack(130, 3, 5), filled(160, 1, 98, 5, 0),
             filled(160, 3, 98, 2, 3), cancelled(300, 3, EOD)),
        fills=({}, {"queue_ahead_lots": 0.0, "shift_ticks": 2}, {"queue_ahead_lots": 0.0, "impact_units": 0}),
        orders={3: {"queue_ahead_lots": float("inf"), "level_lots": 0}},
    ),
    scenario(
        "F5_an_order_behind_an_active_one_is_judged_after_a_shift", "at shift 1 both are at the displayed 97",
        event(150, ask(103, 1)), event(160, sold(97, 26)), first=k.book(bids=((99, 10), (97, 20))),
        options=overlay(0.1),
        steps=((110, buy(98, 5)), (120, market(BUY, 4)), (130, buy(98, 5)), (140, market(SELL, 3)),
               (155, buy(98, 1))),
        # order 1 keeps its empty queue; order 3 has the 20 before it from the end of 150 on
        log=(ack(110, 1, 5), ack(120, 2, 4), filled(120, 2, 101, 4, 0), ack(130, 3, 5), ack(140, 4, 3),
             filled(140, 4, 101, 3, 0), ack(155, 5, 1), filled(160, 1, 98, 5, 0), filled(160, 3, 98, 1, 4),
             cancelled(300, 3, EOD), cancelled(300, 5, EOD)),
        orders={5: {"queue_ahead_lots": 20.0, "level_lots": 20}},
        fills=({}, {}, {"queue_ahead_lots": 0.0, "shift_ticks": 1}, {"queue_ahead_lots": 20.0}),
    ),
    scenario(
        "I1_passive_fills_do_not_push", "a post-only strategy has no impact",
        event(150, sold(98, 5)), options=FOUR, steps=((110, buy(99, 5)),),
        fills=({"impact_units": 0, "maker": 1},), equity=({"shift_ticks": 0, "impact_units": 0},),
    ),
    scenario(
        "I1_buys_and_sells_offset", "J is back at 0: no shift, and the grid rests",
        event(200, bid(97, 1)), options=FOUR, steps=((120, market(BUY, 4)), (130, market(SELL, 4)), (210, look())),
        # the round trip costs both pushes: 2/3 * 8 there, and back 8 - 2/3 * 8, times .05 / 10 * 100
        fills=({"impact_units": FOUR_COST}, {"price_ticks": 100, "shift_ticks": 1, "impact_units": 1_333_333_334}),
        looked=({"best": ((99, 10), (101, 10)), "position": 0, "orders": []},), equity=({"shift_ticks": 0},),
    ),
    scenario(
        "I2_a_maker_fill_at_a_favourable_shift_is_charged", "our offer gained a tick a lot from our own push",
        tick(125), event(150, bought(103, 2)), options=FOUR, steps=((120, market(BUY, 4)), (130, sell(103, 2))),
        log=(ack(120, 1, 4), filled(120, 1, 101, 4, 0), ack(130, 2, 2), filled(150, 2, 103, 2, 0)),
        fills=({}, {"cause": BY_THROUGH, "impact_units": 2 * E9, "cash_units": 206 * E9, "mid2_ticks": 200}),
    ),
    scenario(
        "I2_nothing_is_charged_before_a_valid_mid", "there is no mid to charge it on",
        first=k.book(bids=()), options=FOUR, steps=((120, market(BUY, 4)),),
        fills=({"impact_units": 0, "mid2_ticks": 202, "spread_capture_units": 0},), equity=({"shift_ticks": 0},),
    ),
]

UNIT = instrument_from("0.001", "0.001", "0.001")  # a lot at one tick is worth 1 unit
HALF = instrument_from("0.001", "0.001", "0.0005")
PER_MILLE = instrument_from("0.001", "0.001", "0.001", taker_fee_e9=1_000_000, maker_fee_e9=-1_000_000)
COIN = instrument_from("1", "1", "0.000001", inverse=True, taker_fee_e9=1_000_000)  # 1e6 units * lots / price

A_RULES = [
    scenario(
        "A1_fees_round_against_us", "ceil: .101 is 1, and a rebate of .495 is 0, of 1.089 is 1",
        event(150, sold(98, 5)), event(160, sold(98, 11)), instruments=(PER_MILLE,),
        steps=((120, market(BUY, 1)), (130, buy(99, 5)), (155, buy(99, 11))),
        fills=({"fee_units": 1, "cash_units": -101}, {"fee_units": 0, "cash_units": -495}, {"fee_units": -1}),
        equity=({"fees_units": 0},),
    ),
    scenario(
        "T1b_a_mid_of_zero_is_a_mid", "bid -1, ask 1: a lot bought at 1 has lost 1",
        first=k.book(bids=((-1, 10), (-2, 20)), asks=((1, 10), (2, 20))), far=-300, steps=((120, market(BUY, 1)),),
        fills=({"price_ticks": 1, "mid2_ticks": 0, "cash_units": -E9, "spread_capture_units": -E9},),
        equity=({"mid2_ticks": 0, "position_lots": 1, "spread_capture_units": -E9, "inventory_units": 0},),
        final=({"mid2_ticks": 0, "liquidation_units": -E9},),
    ),
    scenario(
        "T1b_a_market_below_zero", "oil on 20 April 2020: sold at -38, bought back at -37, lower prices gain the short",
        event(150, bid(-38, -10), ask(-37, -10), bid(-41, 7), ask(-40, 7)),
        first=k.book(bids=((-38, 10), (-42, 9)), asks=((-37, 10), (-36, 9))), far=-300,
        steps=((120, market(SELL, 2)), (160, market(BUY, 2))),
        # the mid is -37.5, then -40.5; 2 lots sold at -38 cost 76, bought back at -40 they bring 80
        fills=({"mid2_ticks": -75, "cash_units": -76 * E9, "spread_capture_units": -E9},
               {"mid2_ticks": -81, "cash_units": 80 * E9, "spread_capture_units": -E9}),
        equity=({"position_lots": 0, "inventory_units": 6 * E9, "spread_capture_units": -2 * E9},),
    ),
    scenario(
        "T1b_fees_below_zero", "a fraction of the value's size",
        first=k.book(bids=((-38, 10),), asks=((-37, 10),)), far=-300, steps=((120, market(BUY, 1)),),
        instruments=(Instrument(taker_fee_e9=1_000_000),), fills=({"cash_units": 37 * E9, "fee_units": 37_000_000},),
    ),
    scenario(
        "T1b_a_push_below_zero", "the shift is a fraction of the mid's size: a buy moves -100 up by 1% of 100",
        tick(140, price=-300), options=FOUR, first=k.book(bids=((-101, 10), (-102, 20)), asks=((-99, 10), (-98, 20))),
        far=-300,
        steps=((120, market(BUY, 4)), (150, look())),
        fills=({"shift_ticks": 0, "impact_units": FOUR_COST, "cash_units": 396 * E9, "mid2_ticks": -200},),
        looked=({"best": ((-100, 10), (-98, 10)), "position": 4, "orders": []},),
    ),
    scenario(
        "A1_values_round_half_even", "50.5 is 50, 51.5 is 52",
        instruments=(HALF,), first=k.book(asks=((101, 1), (103, 1))), steps=((120, market(BUY, 2)),),
        # mid 101: V of 1 is 50.5 -> 50, of 2 is 101
        fills=({"cash_units": -50, "mid2_ticks": 200, "spread_capture_units": 0},
               {"cash_units": -52, "spread_capture_units": -2}),
        # V(100, 1) = 50, V(100, 2) = 100
    ),
    scenario(
        "A1_inventory_is_marked_exactly", "V(mid', position) - V(mid, position), rounded half-even each",
        event(150, ask(101, -9)), instruments=(HALF,), first=k.book(asks=((101, 9), (104, 1))),
        steps=((120, market(BUY, 1)),),
        # mid2 200 -> 203: V(101.5, 1) = 50.75 -> 51
        equity=({"mid2_ticks": 203, "inventory_units": 1, "spread_capture_units": 0, "position_lots": 1},),
        final=({"position_lots": 1, "mid2_ticks": 203, "liquidation_units": -1},),  # 99 * .5 = 49.5 -> 50
    ),
    scenario(
        "A1_inverse_contracts", "a long gains when the price rises; 1e6 / 101 = 9901 coin units",
        event(150, ask(101, -10), bid(101, 5)), instruments=(COIN,), steps=((120, market(BUY, 1)),),
        # V(100) = -10000, V(101.5) = -9852; fee ceil(9.901)
        fills=({"cash_units": 9901, "spread_capture_units": -99, "fee_units": 10},),
        equity=({"mid2_ticks": 203, "inventory_units": 148, "spread_capture_units": -99, "fees_units": 10},),
    ),
    scenario(
        "A1_funding", "ceil(rate * position value) at the last valid mid before the row",
        event(150, ask(101, -10), funding(10_000_000)), event(160, funding(-2_000_000)), event(170,
            funding(10_000_000)),
        instruments=(UNIT,), steps=((120, market(BUY, 3)),),
        # 300 * 1% = 3; then mid 100.5, 301.5 -> 302: -.604 -> 0; 3.02 -> 4
        equity=({"funding_units": 7, "position_lots": 3, "mid2_ticks": 201},),
    ),
    scenario(
        "A1_a_short_receives_funding", "rounded down",
        event(150, funding(2_000_000)), instruments=(UNIT,), steps=((120, market(SELL, 8)),),
        equity=({"funding_units": -1},),  # -800 * .2% = -1.6
    ),
    scenario(
        "A1_before_any_valid_mid", "a fill is marked at its own recorded price",
        first=k.book(asks=()), steps=((120, market(SELL, 2)), (130, market(SELL, 9))),
        fills=({"mid2_ticks": 198, "price_ticks": 99, "spread_capture_units": 0}, {"mid2_ticks": 198, "qty_lots": 8},
               {"mid2_ticks": 196, "qty_lots": 1, "spread_capture_units": 0}),
        equity=({"mid2_ticks": NO_MID, "position_lots": -11, "inventory_units": 10 * E9, "spread_capture_units": 0},),
    ),
    scenario(
        "A1_spread_capture", "cash change + V(mid, after) - V(mid, before): a maker at the bid earns half the spread",
        event(150, sold(98, 5)), steps=((120, buy(99, 5)),),
        fills=({"cash_units": -495 * E9, "mid2_ticks": 200, "spread_capture_units": 5 * E9, "position_lots": 5},),
    ),
    Scenario(
        "A2_arrivals_after_the_last_exchange_row_are_rejected", "of any kind; open orders are cancelled there",
        (tape(BASE, tick(200, latency=50)),), options=Options(entry_ns={"new": 10, "cancel": 100, "replace": 100}),
        steps=((120, buy(98, 5)), (150, cancel(1)), (160, replace(1, 98, 3)), (170, buy(98, 1))),
        log=(ack(130, 1, 5), cancelled(200, 1, EOD), no_cancel(250, 1, EOD), no_replace(260, 1, 0, EOD), rejected(260,
             2, EOD)),
        final=({"open_orders_cancelled": 1},),
        wake_mask=WAKE_REPORT, seen_kinds=tuple(range(EV_ACK, EV_STOP)),  # the last local row is at 250
        seen=({"kind": EV_ACK}, {"kind": EV_CANCELLED, "ts_ns": 200}, {"kind": EV_CANCEL_REJECT, "ts_ns": 250}),
    ),
    Scenario(
        "A2_an_arrival_at_the_last_exchange_row_is_in_time", "and is cancelled there",
        (tape(BASE, tick(200)),), options=Options(entry_ns=50), steps=((150, buy(98, 5)),),
        log=(ack(200, 1, 5), cancelled(200, 1, EOD)), orders={1: {"close_ts_ns": 200, "reason": EOD}},
    ),
    Scenario(
        "A2_each_tape_has_its_own_end", "the other one goes on",
        (tape(BASE, tick(200)), tape(BASE, tick(400))),
        steps=((120, buy(98, 1)), (130, buy(98, 1, instrument=1)), (250, buy(98, 1)), (260, market(BUY, 1,
             instrument=1))),
        log=(ack(120, 1, 1), ack(130, 2, 1), cancelled(200, 1, EOD), rejected(250, 3, EOD), ack(260, 4, 1),
             filled(260, 4, 101, 1, 0), cancelled(400, 2, EOD)),
        equity=({"ts_ns": 400, "instrument": 0, "position_lots": 0}, {"ts_ns": 400, "instrument": 1,
             "position_lots": 1}),
    ),
    Scenario(
        "A2_no_callback_after_the_last_local_row", "neither timers nor reports, though the report is logged",
        (tape(BASE, tick(200, latency=20)),), options=Options(response_ns={"new": 0, "cancel": 100, "replace": 0,
            "fill": 0}),
        steps=((150, buy(98, 1)), (220, look()), (221, look())), wake_mask=WAKE_REPORT, reports=(150, 300),
        log=(ack(150, 1, 1), cancelled(200, 1, EOD)), seen_kinds=(EV_ACK, EV_CANCELLED, EV_TIMER, EV_STOP),
        seen=({"kind": EV_TIMER, "ts_ns": 150}, {"kind": EV_ACK, "ts_ns": 150}, {"kind": EV_TIMER, "ts_ns": 220},
              {"kind": EV_STOP}),
    ),
    scenario(
        "A2_a_makers_mid_is_the_last_before_the_event", "though the event moves it before our print",
        event(150, bid(99, -10), sold(100, 1)), event(160, sold(100, 1)), steps=((120, buy(100, 5)),),
        fills=({"mid2_ticks": 200}, {"mid2_ticks": 199}),
    ),
    scenario(
        "A2_a_takers_mid_is_the_last_at_its_arrival", "with the rows of that instant",
        event(150, bid(99, -10)), options=Options(entry_ns=30), steps=((120, market(BUY, 1)),),
        fills=({"mid2_ticks": 199, "ts_ns": 150},),
    ),
    scenario(
        "A2_a_locked_book_has_no_valid_mid", "nor a one-sided one: the last one stays",
        event(150, ask(99, 1)), event(170, ask(99, -1), ask(101, -10), ask(102, -20)),
        steps=((160, market(BUY, 1)), (180, market(SELL, 1))),
        fills=({"price_ticks": 99, "mid2_ticks": 200, "spread_capture_units": E9}, {"price_ticks": 99,
             "mid2_ticks": 200}),
        equity=({"mid2_ticks": 200},),
    ),
    scenario(
        "A2_liquidation_at_the_touch_is_beside_the_mark", "a short buys at the best offer",
        event(150, ask(101, -10)), steps=((120, market(SELL, 2)),),
        # marked at 100.5; to buy back costs 102 each; tick() brought a far bid, the touch is 99 and 102
        final=({"position_lots": -2, "mid2_ticks": 201, "liquidation_units": -3 * E9, "shift_ticks": 0},),
        equity=({"spread_capture_units": -2 * E9, "inventory_units": -1 * E9},),
    ),
    scenario(
        "A2_liquidation_at_the_shifted_touch", "the long has pushed its own bid up by the tick that it would sell at",
        options=FOUR, steps=((120, market(BUY, 4)),),
        # marked at 100, recorded; sold at 99 + 1
        final=({"position_lots": 4, "mid2_ticks": 200, "liquidation_units": 0, "shift_ticks": 1},),
    ),
    scenario(
        "A2_equity_grid", "multiples of the interval after the first exchange time, arrivals of that instant included",
        tick(150), end=350, options=Options(equity_interval_ns=100), steps=((200, market(BUY, 1)),),
        equity=({"ts_ns": 200, "position_lots": 1}, {"ts_ns": 300, "position_lots": 1}, {"ts_ns": 350,
             "position_lots": 1}),
    ),
    scenario(
        "A2_the_equity_grid_ends_with_the_data", "a late arrival adds no sample",
        end=250, options=Options(equity_interval_ns=100, entry_ns=400), steps=((200, market(BUY, 1)),),
        log=(rejected(600, 1, EOD),), equity=({"ts_ns": 200}, {"ts_ns": 250}),
    ),
    scenario(
        "A2_markouts", "the last valid mid after all rows of fill time + horizon; none after the data's end",
        event(200, bid(100, 1)), options=Options(markouts_ns=(0, 49, 50, 150, 151)), steps=((150, market(BUY, 1)),),
        markouts=((200, 200, 201, 201, NO_MID),),
    ),
    scenario(
        "A2_a_filled_order_is_not_cancelled_at_the_end", "and one that was reduced keeps its last total",
        event(200, sold(98, 1)), steps=((120, buy(99, 1)), (130, buy(98, 4)), (140, replace(2, 98, 3))),
        log=(ack(120, 1, 1), ack(130, 2, 4), replaced(140, 2, 3), filled(200, 1, 99, 1, 0), cancelled(300, 2, EOD)),
        orders={2: {"qty_lots": 3, "state": ST_CANCELLED, "reason": EOD, "close_ts_ns": 300}},
        final=({"open_orders_cancelled": 1},),
    ),
]

SCENARIOS = I_RULES + A_RULES
