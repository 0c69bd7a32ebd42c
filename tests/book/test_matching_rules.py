"""The rules of the matching engine by hand, one small case each: of the compiled engine and of the reference."""

import pytest
from reference.matching_engine import FOK, MODES, Event
from reference.matching_engine import MatchingEngine as Reference
from reference.matching_worlds import as_events, queues
from reference.vocabulary import BUY, CONTINUOUS, HALT, IOC, LIMIT, MARKET, POST_ONLY, SELL

import lumina

FAR = 2**30
HUGE = 2**31 - 1
TOLD = {
    "traded": "{taker_id} takes {lots}@{price} of {maker_id}, {left} left",
    "rested": "{maker_id} rests {lots}@{price}",
    "cancelled": "{maker_id} cancelled {lots}@{price} {reason}",
    "killed": "{taker_id} killed {lots} {reason}",
    "reduced": "{maker_id} is now {taker_id} {lots}@{price}",
    "replaced": "{maker_id} replaced by {taker_id} {lots}@{price}",
    "rejected": "{taker_id} rejected {reason}",
}


class Venue:
    """An engine that tells its events in words. Of a mirrored one every bid is an ask at the opposite price."""

    def __init__(self, engine, mirrored):
        self.engine = engine
        self.mirrored = mirrored

    def side(self, side):
        return 1 - side if self.mirrored and side is not None else side

    def price(self, price):
        return -price if self.mirrored else price

    def told(self, result):
        events = [event._replace(price=self.price(event.price)) for event in as_events(result)]
        return [TOLD[event.kind].format(**event._asdict()) for event in events]

    def buy(self, order_id, price, lots, type=LIMIT, owner=0):
        return self.told(self.engine.submit(order_id, self.side(BUY), self.price(price), lots, type, owner))

    def sell(self, order_id, price, lots, type=LIMIT, owner=0):
        return self.told(self.engine.submit(order_id, self.side(SELL), self.price(price), lots, type, owner))

    def cancel(self, order_id):
        return self.told(self.engine.cancel(order_id))

    def replace(self, order_id, new_id, price, lots, type=LIMIT):
        return self.told(self.engine.replace(order_id, new_id, self.price(price), lots, type))

    def mass_cancel(self, owner, side=None):
        return self.told(self.engine.mass_cancel(owner, self.side(side)))

    def phase(self, phase):
        self.engine.phase = phase

    def band(self, low, high):
        self.engine.band = (self.price(high), self.price(low)) if self.mirrored else (low, high)

    def no_band(self):
        self.engine.band = None

    def book(self, side):
        """{price: {id: lots}}, best first, front first."""
        return {self.price(price): dict(queue) for price, queue in queues(self.engine, self.side(side))}

    def ahead(self, order_id):
        return self.engine.queue_ahead(order_id)


@pytest.fixture(params=[Reference, lumina.MatchingEngine], ids=["reference", "compiled"])
def engine(request):
    return lambda mode="cancel_newest": request.param(self_trade=mode)


@pytest.fixture(params=[False, True], ids=["", "mirrored"])
def venue(engine, request):
    return lambda mode="cancel_newest": Venue(engine(mode), request.param)


def assert_book(v, bids, asks):
    """The order of prices and ids matters, which == of dicts forgets."""
    assert repr((v.book(BUY), v.book(SELL))) == repr((bids, asks))


# R1: a new order


def test_the_first_check_that_fails_is_the_reason(venue):
    v = venue("reject")
    assert v.sell(1, 104, 5, owner=7) == ["1 rests 5@104"]
    v.phase(HALT)
    v.band(100, 110)
    assert v.buy(1, 120, 0, FOK, owner=7) == ["1 rejected invalid"]
    assert v.buy(1, 120, 50, FOK, owner=7) == ["1 rejected halted"]
    v.phase(CONTINUOUS)
    assert v.buy(1, 120, 50, FOK, owner=7) == ["1 rejected price_band"]
    assert v.buy(1, 105, 50, FOK, owner=7) == ["1 rejected duplicate_id"]
    assert v.buy(2, 105, 50, POST_ONLY, owner=7) == ["2 rejected post_only"]
    assert v.buy(2, 105, 50, FOK, owner=7) == ["2 rejected self_match"]
    assert v.buy(2, 105, 50, FOK, owner=8) == ["2 rejected fill_or_kill"]
    assert_book(v, {}, {104: {1: 5}})
    assert v.buy(2, 105, 5, FOK, owner=8) == ["2 takes 5@104 of 1, 0 left"]
    assert_book(v, {}, {})


@pytest.mark.parametrize("type", [LIMIT, POST_ONLY, IOC, MARKET, FOK])
def test_what_is_invalid(venue, type):
    v = venue()
    v.sell(1, 0, 1)
    for lots in (0, -1, -(2**31)):
        assert v.buy(2, -5, lots, type) == ["2 rejected invalid"]
    for price in (-FAR - 1, FAR + 1, 1 - 2**31, HUGE):
        taken = type == MARKET
        assert v.buy(2, price, 1, type) == (["2 takes 1@0 of 1, 0 left"] if taken else ["2 rejected invalid"])
        if taken:
            v.sell(1, 0, 1)
    assert_book(v, {}, {0: {1: 1}})


def test_the_ends_of_the_price_range_are_valid(venue):
    v = venue()
    assert v.buy(1, -FAR, 1) == [f"1 rests 1@{-FAR}"]
    assert v.sell(2, FAR, 1, POST_ONLY) == [f"2 rests 1@{FAR}"]
    assert v.replace(1, 3, FAR, 1) == [f"1 replaced by 3 1@{FAR}", f"3 takes 1@{FAR} of 2, 0 left"]


def test_an_id_is_free_again_once_its_order_left(venue):
    v = venue()
    v.buy(1, 100, 5)
    assert v.sell(1, 101, 5) == ["1 rejected duplicate_id"]
    assert v.sell(1, 100, 5, IOC) == ["1 rejected duplicate_id"]
    v.sell(2, 100, 5)
    assert v.sell(1, 100, 5) == ["1 rests 5@100"]
    v.cancel(1)
    assert v.buy(1, 100, 5) == ["1 rests 5@100"]
    assert v.buy(2, 1, 1, MARKET) == ["2 killed 1 remainder"]
    assert v.buy(2, 1, 1) == ["2 rests 1@1"]


@pytest.mark.parametrize("mode", MODES)
def test_post_only_meets_whoever_stands_at_its_limit(venue, mode):
    v = venue(mode)
    v.sell(1, 101, 5, owner=7)
    for owner in (0, 7, 8):
        assert v.buy(2, 101, 1, POST_ONLY, owner) == ["2 rejected post_only"]
        assert v.buy(2, 102, 1, POST_ONLY, owner) == ["2 rejected post_only"]
    assert v.buy(2, 100, 1, POST_ONLY, 7) == ["2 rests 1@100"]
    v.band(102, 105)
    assert v.buy(3, 102, 1, POST_ONLY) == ["3 rejected post_only"]  # of what rests outside the band too


@pytest.mark.parametrize(
    ("lots", "price", "type", "refused"),
    [
        (5, 101, LIMIT, False),  # 1 fills it
        (6, 101, LIMIT, True),
        (6, 100, IOC, True),
        (9, 99, IOC, False),  # the own one is not within its limit
        (5, 0, MARKET, False),
        (6, 0, MARKET, True),
        (5, 101, FOK, False),
        (6, 101, FOK, True),
        (500, 101, FOK, True),
    ],
)
def test_self_match_refuses_what_would_reach_an_own_order(venue, lots, price, type, refused):
    v = venue("reject")
    v.sell(1, 99, 5, owner=8)
    v.sell(2, 100, 5, owner=7)
    v.sell(3, 101, 5, owner=8)
    told = v.buy(4, price, lots, type, owner=7)
    if refused:
        assert told == ["4 rejected self_match"]
        assert_book(v, {}, {99: {1: 5}, 100: {2: 5}, 101: {3: 5}})
    else:
        assert told[0] == "4 takes 5@99 of 1, 0 left"


def test_self_match_looks_where_a_market_order_would_go(venue):
    v = venue("reject")
    v.sell(1, 90, 5, owner=7)
    v.sell(2, 100, 5, owner=8)
    v.sell(3, 110, 5, owner=7)
    v.band(95, 105)
    assert v.buy(4, 0, 6, MARKET, owner=7) == ["4 takes 5@100 of 2, 0 left", "4 killed 1 remainder"]
    assert v.buy(4, 95, 1, LIMIT, owner=7) == ["4 rejected self_match"]


PAST_2 = ["9 takes 5@100 of 1, 0 left", "2 cancelled 5@100 self_match"]


@pytest.mark.parametrize(
    ("mode", "lots", "told"),
    [
        *((mode, 5, ["9 takes 5@100 of 1, 0 left"]) for mode in MODES),
        ("cancel_newest", 6, ["9 rejected fill_or_kill"]),
        ("cancel_both", 6, ["9 rejected fill_or_kill"]),
        ("reject", 6, ["9 rejected self_match"]),
        ("cancel_oldest", 6, [*PAST_2, "9 takes 1@101 of 3, 4 left"]),
        ("cancel_oldest", 10, [*PAST_2, "9 takes 5@101 of 3, 0 left"]),
        ("cancel_oldest", 11, ["9 rejected fill_or_kill"]),
    ],
)
def test_fok_counts_what_others_have_in_its_way(venue, mode, lots, told):
    v = venue(mode)
    v.sell(1, 100, 5, owner=8)
    v.sell(2, 100, 5, owner=7)
    v.sell(3, 101, 5)
    v.sell(4, 101, 5, owner=7)  # behind all that it needs: stays
    v.sell(5, 102, 50)  # not within its limit
    before = v.book(SELL)
    assert v.buy(9, 101, lots, FOK, owner=7) == told
    if "rejected" in told[0]:
        assert_book(v, {}, before)
    else:
        assert v.book(SELL)[101][4] == 5
        assert (2 in v.book(SELL).get(100, {})) == (lots == 5)


def test_fok_counts_beyond_32_bits(venue):
    v = venue("cancel_oldest")
    for order_id in (1, 2, 3):
        v.sell(order_id, 100, HUGE, owner=order_id)
    assert v.buy(4, 100, HUGE, FOK, owner=1) == [
        f"1 cancelled {HUGE}@100 self_match",
        f"4 takes {HUGE}@100 of 2, 0 left",
    ]
    assert v.buy(5, 100, HUGE, FOK, owner=3) == ["5 rejected fill_or_kill"]


# R2: matching


def test_best_price_first_then_the_oldest(venue):
    v = venue()
    v.sell(1, 102, 5)
    v.sell(2, 101, 5)
    v.sell(3, 101, 5)
    v.sell(4, 100, 5)
    assert v.ahead(3) == 5
    assert v.buy(5, 102, 12) == [
        "5 takes 5@100 of 4, 0 left",
        "5 takes 5@101 of 2, 0 left",
        "5 takes 2@101 of 3, 3 left",
    ]
    v.sell(6, 101, 1)
    assert v.ahead(6) == 3  # 3 kept its place
    assert_book(v, {}, {101: {3: 3, 6: 1}, 102: {1: 5}})


def test_a_limit_takes_what_is_at_it_and_no_more(venue):
    v = venue()
    v.sell(1, 100, 1)
    v.sell(2, 101, 1)
    v.sell(3, 102, 1)
    assert v.buy(4, 101, 9) == ["4 takes 1@100 of 1, 0 left", "4 takes 1@101 of 2, 0 left", "4 rests 7@101"]
    assert_book(v, {101: {4: 7}}, {102: {3: 1}})


def test_a_market_order_takes_every_price_inside_the_band(venue):
    v = venue()
    for order_id, price in enumerate((-FAR, 94, 95, 105, 106, FAR), start=1):
        v.sell(order_id, price, 1)
    v.band(95, 105)
    assert v.buy(7, 0, 9, MARKET) == ["7 takes 1@95 of 3, 0 left", "7 takes 1@105 of 4, 0 left", "7 killed 7 remainder"]
    assert v.buy(7, 0, 9, MARKET) == ["7 killed 9 remainder"]
    v.no_band()
    assert v.buy(7, 0, 3, MARKET) == [
        f"7 takes 1@{-FAR} of 1, 0 left",
        "7 takes 1@94 of 2, 0 left",
        "7 takes 1@106 of 5, 0 left",
    ]
    assert_book(v, {}, {FAR: {6: 1}})


# R3: self trade


@pytest.mark.parametrize(
    ("mode", "told", "left"),
    [
        ("cancel_newest", ["9 takes 5@100 of 1, 0 left", "9 killed 7 self_match"], {100: {2: 5}, 101: {3: 5, 4: 5}}),
        (
            "cancel_oldest",
            [
                "9 takes 5@100 of 1, 0 left",
                "2 cancelled 5@100 self_match",
                "9 takes 5@101 of 3, 0 left",
                "4 cancelled 5@101 self_match",
                "9 rests 2@101",
            ],
            {},
        ),
        (
            "cancel_both",
            ["9 takes 5@100 of 1, 0 left", "2 cancelled 5@100 self_match", "9 killed 7 self_match"],
            {101: {3: 5, 4: 5}},
        ),
        ("reject", ["9 rejected self_match"], {100: {1: 5, 2: 5}, 101: {3: 5, 4: 5}}),
    ],
)
def test_self_trade(venue, mode, told, left):
    v = venue(mode)
    v.sell(1, 100, 5, owner=8)
    v.sell(2, 100, 5, owner=7)
    v.sell(3, 101, 5)
    v.sell(4, 101, 5, owner=7)
    assert v.buy(9, 101, 12, owner=7) == told
    assert_book(v, {101: {9: 2}} if mode == "cancel_oldest" else {}, left)


@pytest.mark.parametrize("mode", MODES)
def test_owner_0_is_nobody(venue, mode):
    v = venue(mode)
    v.sell(1, 100, 5)
    assert v.buy(2, 100, 5) == ["2 takes 5@100 of 1, 0 left"]
    v.sell(1, 100, 5, owner=65535)
    assert v.buy(2, 100, 5, owner=65534) == ["2 takes 5@100 of 1, 0 left"]


@pytest.mark.parametrize("mode", MODES)
def test_an_order_filled_in_front_of_an_own_one_does_not_meet_it(venue, mode):
    v = venue(mode)
    v.sell(1, 100, 5)
    v.sell(2, 100, 5, owner=7)
    assert v.buy(3, 100, 5, owner=7) == ["3 takes 5@100 of 1, 0 left"]
    assert_book(v, {}, {100: {2: 5}})


# R4: the remainder


@pytest.mark.parametrize("type", [IOC, MARKET])
def test_the_rest_of_a_taker_is_cancelled(venue, type):
    v = venue()
    assert v.buy(1, 100, 5, type) == ["1 killed 5 remainder"]
    v.sell(2, 100, 3)
    assert v.buy(1, 100, 5, type) == ["1 takes 3@100 of 2, 0 left", "1 killed 2 remainder"]
    assert_book(v, {}, {})


@pytest.mark.parametrize("type", [LIMIT, POST_ONLY])
def test_the_rest_of_a_maker_joins_the_end(venue, type):
    v = venue()
    v.buy(1, 100, 5)
    assert v.buy(2, 100, 6, type) == ["2 rests 6@100"]
    assert v.ahead(2) == 5


# R5: cancel


def test_cancel(venue):
    v = venue()
    v.buy(1, 100, 5)
    v.buy(2, 100, 6)
    v.sell(3, 100, 2)
    v.phase(HALT)
    assert v.cancel(4) == ["4 rejected unknown_id"]
    assert v.cancel(1) == ["1 cancelled 3@100 requested"]
    assert v.cancel(1) == ["1 rejected unknown_id"]
    assert v.ahead(2) == 0 and v.ahead(1) is None
    assert_book(v, {100: {2: 6}}, {})


# R6: replace


def test_the_checks_of_a_replace_in_their_order(venue):
    v = venue("reject")
    v.buy(1, 100, 5, owner=7)
    v.buy(2, 100, 5)
    v.sell(3, 104, 5, owner=7)
    v.phase(HALT)
    v.band(90, 110)
    assert v.replace(9, 2, 120, 0) == ["9 rejected invalid"]
    assert v.replace(9, 2, 120, 5, IOC) == ["9 rejected invalid"]
    assert v.replace(9, 2, FAR + 1, 5) == ["9 rejected invalid"]
    assert v.replace(9, 2, 120, 5) == ["9 rejected halted"]
    v.phase(CONTINUOUS)
    assert v.replace(9, 2, 120, 5) == ["9 rejected unknown_id"]
    assert v.replace(1, 2, 120, 5) == ["1 rejected price_band"]
    assert v.replace(1, 2, 104, 5, POST_ONLY) == ["1 rejected duplicate_id"]
    assert v.replace(1, 2, 100, 4) == ["1 rejected duplicate_id"]
    assert v.replace(1, 4, 104, 5, POST_ONLY) == ["1 rejected post_only"]
    assert v.replace(1, 4, 104, 5) == ["1 rejected self_match"]
    assert_book(v, {100: {1: 5, 2: 5}}, {104: {3: 5}})
    assert v.replace(2, 4, 104, 5) == ["2 replaced by 4 5@104", "4 takes 5@104 of 3, 0 left"]


def test_a_replace_in_place(venue):
    v = venue()
    for order_id in (1, 2, 3):
        v.buy(order_id, 100, 5, owner=order_id)
    assert v.replace(2, 2, 100, 4) == ["2 is now 2 4@100"]
    assert v.replace(2, 4, 100, 4) == ["2 is now 4 4@100"]
    assert v.replace(4, 4, 100, 4, POST_ONLY) == ["4 is now 4 4@100"]
    assert v.replace(2, 2, 100, 1) == ["2 rejected unknown_id"]
    assert_book(v, {100: {1: 5, 4: 4, 3: 5}}, {})
    assert v.mass_cancel(2) == ["4 cancelled 4@100 requested"]


def test_a_replace_in_place_counts_what_is_open(venue):
    v = venue()
    v.buy(1, 100, 5)
    v.buy(2, 100, 5)
    v.sell(3, 100, 2)
    assert v.replace(1, 1, 100, 3) == ["1 is now 1 3@100"]
    assert v.replace(1, 1, 100, 4) == ["1 replaced by 1 4@100", "1 rests 4@100"]
    assert_book(v, {100: {2: 5, 1: 4}}, {})


def test_a_replace_that_loses_its_place(venue):
    v = venue()
    v.buy(1, 100, 5, owner=7)
    v.buy(2, 100, 5)
    assert v.replace(1, 3, 100, 6) == ["1 replaced by 3 6@100", "3 rests 6@100"]
    assert_book(v, {100: {2: 5, 3: 6}}, {})
    assert v.replace(3, 2, 99, 1) == ["3 rejected duplicate_id"]
    assert v.replace(3, 1, 99, 1, POST_ONLY) == ["3 replaced by 1 1@99", "1 rests 1@99"]
    v.sell(4, 101, 2)
    v.sell(5, 102, 2, owner=7)
    assert v.replace(1, 1, 102, 5) == ["1 replaced by 1 5@102", "1 takes 2@101 of 4, 0 left", "1 killed 3 self_match"]
    assert_book(v, {100: {2: 5}}, {102: {5: 2}})


def test_a_replace_in_place_outside_the_band_is_refused(venue):
    v = venue()
    v.buy(1, 100, 5)
    v.band(101, 105)
    assert v.replace(1, 1, 100, 1) == ["1 rejected price_band"]
    assert v.replace(1, 1, 101, 1) == ["1 replaced by 1 1@101", "1 rests 1@101"]


# R7: mass cancel


def test_mass_cancel(engine):
    v = Venue(engine(), False)
    for order_id, price in enumerate((98, 99, 98, 99), start=1):
        v.buy(order_id, price, order_id, owner=7)
        v.buy(10 + order_id, price, 1, owner=8)
    for order_id, price in enumerate((102, 101, 102, 101), start=5):
        v.sell(order_id, price, order_id, owner=7)
    v.sell(20, 101, 1)
    v.phase(HALT)
    assert v.mass_cancel(0) == v.mass_cancel(9) == v.mass_cancel(8, SELL) == []
    bids = ["2@99", "4@99", "1@98", "3@98"]
    asks = ["6@101", "8@101", "5@102", "7@102"]
    expected = [f"{what.split('@')[0]} cancelled {what} requested" for what in bids + asks]
    assert v.mass_cancel(7) == expected
    assert_book(v, {99: {12: 1, 14: 1}, 98: {11: 1, 13: 1}}, {101: {20: 1}})
    assert v.mass_cancel(7) == []


def test_mass_cancel_of_one_side(venue):
    v = venue()
    v.buy(1, 99, 1, owner=7)
    v.sell(2, 100, 1, owner=7)
    assert v.mass_cancel(7, SELL) == ["2 cancelled 1@100 requested"]
    assert v.mass_cancel(7, BUY) == ["1 cancelled 1@99 requested"]


# R8: phases and bands


def test_a_halt_takes_cancels_alone(venue):
    v = venue()
    v.buy(1, 99, 2)
    v.phase(HALT)
    for how in (LIMIT, POST_ONLY, IOC, MARKET, FOK):
        assert v.sell(2, 99, 1, how) == ["2 rejected halted"]
    assert v.replace(1, 1, 99, 1) == ["1 rejected halted"]
    v.phase(CONTINUOUS)
    assert v.sell(2, 99, 1, MARKET) == ["2 takes 1@99 of 1, 1 left"]


def test_a_band_refuses_prices_but_not_what_rests_beyond_it(venue):
    v = venue()
    v.sell(1, 90, 1)
    v.band(95, 95)
    for how in (LIMIT, POST_ONLY, IOC, FOK):
        for price in (94, 96):
            assert v.buy(2, price, 1, how) == ["2 rejected price_band"]
    assert v.buy(2, 0, 1, MARKET) == ["2 killed 1 remainder"]
    assert v.buy(2, 95, 2) == ["2 takes 1@90 of 1, 0 left", "2 rests 1@95"]
    v.no_band()
    assert v.buy(3, 96, 1) == ["3 rests 1@96"]


# R9: events, with all that they carry


def test_all_that_an_event_carries(engine):
    e = engine("cancel_both")
    told = lambda result: list(as_events(result))  # noqa: E731
    assert told(e.submit(1, SELL, 101, 5, LIMIT, 7)) == [Event("rested", 1, 0, 101, 5, 5, 7, 0, SELL)]
    e.submit(2, SELL, 102, 5, LIMIT, 8)
    assert told(e.submit(3, BUY, 103, 9, IOC, 8)) == [
        Event("traded", 1, 3, 101, 5, 0, 7, 8, SELL),
        Event("cancelled", 2, 0, 102, 5, 0, 8, 0, SELL, "self_match"),
        Event("killed", 0, 3, 103, 4, 0, 0, 8, BUY, "self_match"),
    ]
    e.submit(4, BUY, 100, 5, LIMIT, 9)
    assert told(e.replace(4, 5, 100, 3)) == [Event("reduced", 4, 5, 100, 3, 3, 9, 9, BUY)]
    assert told(e.replace(5, 6, 99, 8)) == [
        Event("replaced", 5, 6, 99, 8, 0, 9, 9, BUY),
        Event("rested", 6, 0, 99, 8, 8, 9, 0, BUY),
    ]
    assert told(e.submit(7, SELL, -55, 3, MARKET, 10)) == [Event("traded", 6, 7, 99, 3, 5, 9, 10, BUY)]
    assert told(e.replace(11, 12, 99, 8)) == [Event("rejected", 0, 11, reason="unknown_id")]
    assert told(e.mass_cancel(9)) == [Event("cancelled", 6, 0, 99, 5, 0, 9, 0, BUY, "requested")]


def test_a_level_holds_less_than_2_to_the_42_lots(engine):
    v = Venue(engine("reject"), False)
    for order_id in range(2048):
        v.buy(order_id, 100, HUGE)
    assert v.buy(5000, 100, 2048) == ["5000 rejected invalid"]
    assert v.buy(5000, 100, 2048, IOC) == ["5000 killed 2048 remainder"]
    assert v.buy(5000, 100, 2047) == ["5000 rests 2047@100"]
    assert v.buy(5001, 100, 1, POST_ONLY) == ["5001 rejected invalid"]
    assert v.replace(5000, 5001, 100, 2048) == ["5000 rejected invalid"]
    assert v.replace(5000, 5001, 100, 2047) == ["5000 is now 5001 2047@100"]
    assert v.ahead(5001) == 2048 * HUGE
