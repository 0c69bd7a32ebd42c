"""Pre-trade risk: each rule at its bound, in the order of the gate (SEMANTICS O2)."""

import pytest

from lumina._core._models import ContractValue, RiskGate

BUY, SELL, NONE = 0, 1, 2
LIMIT, POST_ONLY, IOC, MARKET = 0, 1, 2, 3
OK, INVALID, QTY, NOTIONAL, BAND, POSITION = 0, 10, 11, 12, 13, 14


def gate(**limits):
    return RiskGate(ContractValue(10**7), **limits)  # tick .01, lot 1: 10^7 units a lot and tick


def test_no_limits_pass_anything_well_formed():
    for side in (BUY, SELL):
        for kind in (LIMIT, POST_ONLY, IOC, MARKET):
            assert gate().check(side, kind, 2**31 - 1, 2**31 - 1, position_lots=2**60, mid2=2) == OK


@pytest.mark.parametrize(
    "order",
    [(NONE, LIMIT, 10, 1), (BUY, 4, 10, 1), (BUY, LIMIT, 0, 1), (SELL, IOC, -5, 1), (BUY, LIMIT, 10, 0),
     (BUY, MARKET, 0, -1), (BUY, LIMIT, 2**31, 1), (BUY, LIMIT, 1, 2**31)],
)  # fmt: skip
def test_form(order):
    assert gate().check(*order) == INVALID


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
    limited = RiskGate(ContractValue(10**15, inverse=True), max_notional_units=20_000_000_000)
    assert limited.check(BUY, LIMIT, 500_000, 10) == OK
    assert limited.check(BUY, LIMIT, 499_999, 10) == NOTIONAL  # cheaper coin, more of it


def test_price_band_at_its_bound():
    # .29 * 100 is 28.999999999999996 in binary; the bound is exact
    limited = gate(price_band=0.29)
    for side in (BUY, SELL):
        for kind in (LIMIT, POST_ONLY, IOC):
            assert [limited.check(side, kind, p, 1, mid2=200) for p in (70, 71, 129, 130)] == [BAND, OK, OK, BAND]
    assert limited.check(BUY, LIMIT, 1000, 1, mid2=0) == OK
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
    assert limited.check(BUY, LIMIT, 1, 1, position_lots=2**63 - 1, open_same_side_lots=2**63 - 1) == POSITION


def test_the_order_of_the_rules():
    state = {"mid2": 20, "position_lots": 100}
    limits = {"max_order_lots": 1, "max_notional_units": 1, "price_band": 0.1, "max_position_lots": 1}
    for reason, rule in ((QTY, "max_order_lots"), (NOTIONAL, "max_notional_units"), (BAND, "price_band")):
        assert gate(**limits).check(BUY, LIMIT, 100, 2, **state) == reason
        assert gate(**limits).check(BUY, LIMIT, 100, 0, **state) == INVALID
        del limits[rule]
    assert gate(**limits).check(BUY, LIMIT, 100, 2, **state) == POSITION


@pytest.mark.parametrize(
    ("band", "message"),
    [(float("nan"), "price_band nan is above"), (1e7, "price_band 10000000.0+ is above 1000000"),
     (1e-12, "below its resolution of 1e-9")],
)  # fmt: skip
def test_bad_bands_are_refused(band, message):
    with pytest.raises(ValueError, match=message):
        gate(price_band=band)


def test_negative_limits_are_off():
    off = gate(max_order_lots=-1, max_notional_units=-1, price_band=-1.0, max_position_lots=-1)
    assert off.check(BUY, LIMIT, 10**6, 10**6, mid2=2) == OK
