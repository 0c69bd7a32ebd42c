"""Pre-trade risk: each rule at its bound, in the order of the gate (SEMANTICS O2)."""

import pytest

from lumina import Instrument, RiskGate, RiskLimits

BUY, SELL, NONE = 0, 1, 2
LIMIT, POST_ONLY, IOC, MARKET = 0, 1, 2, 3
OK, INVALID, QTY, NOTIONAL, BAND, POSITION = 0, 10, 11, 12, 13, 14


class Asked:
    """Asks a fresh gate about one order, with this position and so much open on its side."""

    def __init__(self, instrument, limits):
        self.instrument, self.limits = instrument, RiskLimits(**limits)

    def check(self, side, order_type, price_ticks, qty_lots, *, position_lots=0, open_same_side_lots=0, mid2=None,
              reference2=None):  # fmt: skip
        gate = RiskGate(None, self.instrument)
        gate.hold(position_lots, 200)
        if open_same_side_lots:
            assert gate.check(1, side, 10, open_same_side_lots, now_ns=0) == OK
        gate.set_limits(self.limits)
        return gate.check(
            2, side, price_ticks, qty_lots, type=order_type, now_ns=0, mid2_ticks=mid2, reference2_ticks=reference2
        )


def gate(**limits):
    return Asked(Instrument("TEST", "0.01", "1"), limits)  # 10^7 units a lot and tick


def test_no_limits_pass_anything_well_formed():
    for side in (BUY, SELL):
        for kind in (LIMIT, POST_ONLY, IOC, MARKET):
            assert gate().check(side, kind, 2**31 - 1, 2**31 - 1, position_lots=2**40, mid2=2) == OK


@pytest.mark.parametrize(
    "order",
    [(BUY, LIMIT, -(2**31), 1), (BUY, LIMIT, 10, 0),
     (BUY, MARKET, 0, -1), (BUY, LIMIT, 2**31, 1), (BUY, LIMIT, 1, 2**31)],
)  # fmt: skip
def test_form(order):
    assert gate().check(*order) == INVALID


def test_t1b_prices_at_or_below_zero_are_prices():
    for price in (0, -5, 1 - 2**31):
        assert gate().check(BUY, LIMIT, price, 1) == OK
        assert Asked(Instrument("COIN", "1", "1", inverse=True), {}).check(BUY, LIMIT, price, 1) == INVALID


def test_t1b_the_band_is_a_fraction_of_the_mids_size():
    # WTI of May 2020 on 20 April: a mid of -37.63
    limited = gate(price_band=0.1)
    assert [limited.check(BUY, LIMIT, p, 1, mid2=-7526) for p in (-4140, -4139, -3387, -3386)] == [BAND, OK, OK, BAND]
    assert [limited.check(SELL, LIMIT, p, 1, mid2=0) for p in (-1, 0, 1)] == [BAND, OK, BAND]


def test_t1b_the_value_of_a_negative_price_is_its_size():
    limited = gate(max_notional_units=100 * 10**7)
    assert [limited.check(BUY, LIMIT, p, 1) for p in (-101, -100, 0, 100, 101)] == [NOTIONAL, OK, OK, OK, NOTIONAL]
    assert limited.check(BUY, MARKET, 0, 1, reference2=-202) == NOTIONAL
    assert limited.check(BUY, MARKET, 0, 1, reference2=0) == OK


def test_t1b_an_own_order_at_zero_is_met():
    crossing = RiskGate(RiskLimits(refuse_self_cross=True), Instrument("SPREAD", "0.01", "1"))
    assert crossing.check(1, SELL, 0, 1, now_ns=0) == OK
    assert [crossing.check(2, BUY, p, 1, now_ns=0).name for p in (0, -1)] == ["RISK_SELF_CROSS", "NONE"]


def test_t1b_a_loss_at_a_mid_of_zero_counts():
    held = RiskGate(RiskLimits(max_daily_loss_units=5 * 10**7), Instrument("SPREAD", "0.01", "1"))
    held.on_fill(1, BUY, 5, 1, now_ns=0)
    held.mark(2, now_ns=1)
    assert not held.loss_reached
    held.mark(0, now_ns=2)
    assert (held.day_pnl_units, held.loss_reached) == (-5 * 10**7, True)


def test_a_market_order_needs_no_price():
    assert gate().check(BUY, MARKET, 0, 1) == OK
    assert gate().check(BUY, MARKET, -(2**40), 1) == OK


def test_order_size():
    limited = gate(max_order_lots=5)
    assert limited.check(BUY, LIMIT, 10, 5) == OK
    assert limited.check(BUY, LIMIT, 10, 6) == QTY


def test_notional_of_a_limit_order():
    limited = gate(max_notional_units=10**7 * 1000)
    assert limited.check(SELL, LIMIT, 100, 10) == OK
    assert limited.check(SELL, LIMIT, 100, 11) == NOTIONAL


def test_notional_of_a_market_order_at_the_reference_price():
    limited = gate(max_notional_units=10**7 * 1000)
    assert limited.check(BUY, MARKET, 0, 10, reference2=200) == OK
    assert limited.check(BUY, MARKET, 0, 10, reference2=201) == NOTIONAL
    assert limited.check(BUY, MARKET, 0, 10**6) == OK  # no price known: skipped


def test_notional_of_an_inverse_contract_is_in_coin():
    limited = Asked(Instrument("COIN", "1", "1", 1000, inverse=True), {"max_notional_units": 20_000_000_000})
    assert limited.check(BUY, LIMIT, 500_000, 10) == OK
    assert limited.check(BUY, LIMIT, 499_999, 10) == NOTIONAL  # cheaper coin, more of it


def test_price_band_at_its_bound():
    # .29 * 100 is 28.999999999999996 in binary; the bound is exact
    limited = gate(price_band=0.29)
    for side in (BUY, SELL):
        for kind in (LIMIT, POST_ONLY, IOC):
            assert [limited.check(side, kind, p, 1, mid2=200) for p in (70, 71, 129, 130)] == [BAND, OK, OK, BAND]
    assert limited.check(BUY, LIMIT, 1000, 1, mid2=None) == OK
    assert limited.check(BUY, MARKET, 1000, 1, mid2=200) == OK
    half = gate(price_band=0.01)
    assert [half.check(BUY, LIMIT, p, 1, mid2=199) for p in (98, 99, 100, 101)] == [BAND, OK, OK, BAND]


@pytest.mark.parametrize(
    ("side", "position", "open_lots", "qty", "want"),
    [
        (BUY, 0, 0, 10, OK), (BUY, 0, 0, 11, POSITION), (BUY, 4, 3, 3, OK), (BUY, 4, 3, 4, POSITION),
        (BUY, -10, 0, 20, OK), (BUY, -10, 0, 21, POSITION), (SELL, 0, 0, 11, POSITION), (SELL, -4, 3, 3, OK),
        (SELL, -4, 3, 4, POSITION), (SELL, 10, 5, 15, OK), (SELL, 10, 5, 16, POSITION),
    ],
)  # fmt: skip
def test_position_counts_all_open_orders_of_the_side(side, position, open_lots, qty, want):
    limited = gate(max_position_lots=10)
    assert limited.check(side, LIMIT, 10, qty, position_lots=position, open_same_side_lots=open_lots) == want


def test_position_does_not_overflow():
    limited = gate(max_position_lots=2**63 - 1)
    assert limited.check(BUY, LIMIT, 1, 1, position_lots=2**40, open_same_side_lots=2**31 - 1) == OK
    assert gate(max_position_lots=2**40).check(BUY, LIMIT, 1, 1, position_lots=2**40) == POSITION


def test_the_order_of_the_rules():
    state = {"mid2": 20, "position_lots": 100}
    limits = {"max_order_lots": 1, "max_notional_units": 1, "price_band": 0.1, "max_position_lots": 1}
    for reason, rule in ((QTY, "max_order_lots"), (NOTIONAL, "max_notional_units"), (BAND, "price_band")):
        assert gate(**limits).check(BUY, LIMIT, 100, 2, **state) == reason
        assert gate(**limits).check(BUY, LIMIT, 100, 0, **state) == INVALID
        del limits[rule]
    assert gate(**limits).check(BUY, LIMIT, 100, 2, **state) == POSITION


def test_t1b_a_limit_order_at_zero_is_no_duplicate_of_a_market_order():
    gate = RiskGate(RiskLimits(duplicate_window_ns=1000))
    assert gate.check(1, SELL, None, 1, type=MARKET, now_ns=0) == OK
    assert gate.check(2, SELL, 0, 1, now_ns=1) == OK
    assert gate.check(3, SELL, 0, 1, now_ns=2).name == "RISK_DUPLICATE"
    assert gate.check(4, SELL, 7, 1, type=MARKET, now_ns=3).name == "RISK_DUPLICATE"


def test_what_left_as_a_replace_can_be_answered():
    gate = RiskGate(RiskLimits())
    assert gate.check(1, BUY, None, 2, type=MARKET, now_ns=0) == OK
    assert gate.check_replace(1, 2**31, 1, now_ns=1) == OK  # the price of a market order is not looked at
    gate.on_replaced(1, 2**31, 1)
    assert gate.open_lots("buy") == 1
