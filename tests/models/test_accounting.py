"""The integer accounts against fractions (SEMANTICS A1)."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina._core._models import Account, ContractValue, fee

BUY, SELL = 0, 1


def exact_value(num, den, inverse, price2, lots):
    price = Fraction(price2, 2)
    if inverse and price2 < 1:
        return Fraction(0)
    return -Fraction(lots * num, den) / price if inverse else price * lots * Fraction(num, den)


def test_linear_value_rounds_half_to_even():
    contract = ContractValue(1, 4)  # a quarter of a unit a lot and tick
    assert [contract.value(2, lots) for lots in (1, 2, 3, 6, -2, -6)] == [0, 0, 1, 2, 0, -2]


def test_inverse_value_of_100_usd_contracts():
    # 100 USD a contract, tick .1 USD, 1e-12 BTC: 10 contracts at 50,000 are .02 BTC
    contract = ContractValue(10**15, inverse=True)
    assert contract.value(2 * 500_000, 10) == -20_000_000_000
    assert contract.position_value(2 * 500_000, 10) == 20_000_000_000
    account = Account(contract)
    account.on_fill(BUY, 500_000, 10, 2 * 500_000)
    account.on_fill(SELL, 550_000, 10, 2 * 550_000)
    # 1000 / 50000 - 1000 / 55000 BTC
    assert account.totals()["pnl_units"] == 20_000_000_000 - 18_181_818_182


def test_fees_round_up_and_rebates_down():
    assert fee(100_000, 1_000_001) == 101  # 1 bp
    assert fee(100_000, -1_000_001) == 101  # of a buy's negative cash as well
    assert fee(-100_000, 1_000_001) == -100
    assert fee(0, 5) == 0


def test_a_fill_by_hand():
    account = Account(ContractValue(10**7))  # tick .01, lot 1
    effect = account.on_fill(BUY, 10_000, 3, 2 * 10_000 + 1, fee_rate_e9=-50_000, impact_units=7)
    assert effect == {
        "cash_units": -300 * 10**9, "fee_units": -15_000_000, "impact_units": 7,
        "spread_capture_units": 15_000_000, "position_lots": 3,
    }  # fmt: skip
    account.mark(2 * 10_010)
    assert account.totals()["inventory_units"] == 3 * 95 * 10**6
    assert account.liquidation(2 * 10_009) == -3 * 10**7
    account.mark(None)  # no valid mid: the last one stands
    assert account.totals()["inventory_units"] == 3 * 95 * 10**6


def test_fills_of_1_1_and_2_give_a_position_of_4():
    account = Account(ContractValue(1))
    assert [account.on_fill(BUY, 10, q, 20)["position_lots"] for q in (1, 1, 2)] == [1, 2, 4]


def test_before_any_valid_mid_a_fill_is_marked_at_its_own_price():
    account = Account(ContractValue(10))
    assert account.on_fill(BUY, 100, 2, None)["spread_capture_units"] == 0
    account.mark(2 * 103)
    assert account.totals()["pnl_units"] == account.totals()["inventory_units"] == 60


@pytest.mark.parametrize("inverse", [False, True])
def test_longs_pay_funding_and_it_rounds_up(inverse):
    contract = ContractValue(10**15 if inverse else 10**7, inverse=inverse)
    for side, sign in ((BUY, 1), (SELL, -1)):
        account = Account(contract)
        account.funding(100_000, 2 * 30_001)  # no position, nothing to pay
        account.on_fill(side, 30_000, 7, 60_000)
        account.funding(100_000, 0)  # no mid, nothing to pay on
        assert account.totals()["funding_units"] == 0
        account.funding(100_000, 2 * 30_001)
        notional = abs(contract.value(2 * 30_001, 7))
        assert account.totals()["funding_units"] == math.ceil(Fraction(sign * notional, 10_000))


# Within what 64 bits hold; beyond is test_overflow_is_said.
price = st.integers(-(2**24), 2**24)
mid = st.none() | st.integers(-(2**25), 2**25) | st.integers(-3, 3)
ratio = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6))
fills = st.tuples(
    st.just("fill"), st.sampled_from([BUY, SELL]), price, st.integers(1, 10**4), mid, st.integers(-(10**6), 10**7),
    st.integers(0, 10**6),
)  # fmt: skip
marks = st.tuples(st.just("mark"), mid)
fundings = st.tuples(st.just("funding"), st.integers(-(10**7), 10**7))


def positive_at(what):
    """Places of prices in an action."""
    return {"fill": (2, 4), "mark": (1,), "funding": ()}[what]


@given(inverse=st.booleans(), ratio=ratio, actions=st.lists(fills | marks | fundings, max_size=40))
def test_a1_identity_is_exact(inverse, ratio, actions):
    num, den = ratio
    num *= 10**6 if inverse else 1

    def value(price2, lots):
        return round(exact_value(num, den, inverse, price2, lots))  # Python rounds a Fraction half to even

    account = Account(ContractValue(num, den, inverse=inverse))
    position = cash = fees = impact = funding = spread = 0
    mid2 = None
    for action in actions:
        if inverse:  # its prices are positive
            at = positive_at(action[0])
            action = tuple(max(x, 1) if x is not None and i in at else x for i, x in enumerate(action))
        if action[0] == "fill":
            _, side, ticks, lots, mid, rate, charge = action
            signed = lots if side == BUY else -lots
            mark2 = 2 * ticks if mid is None else mid
            change = -value(2 * ticks, signed)
            spread_now = change + value(mark2, position + signed) - value(mark2, position)
            fee_now = math.ceil(Fraction(rate * abs(change), 10**9))
            got = account.on_fill(side, ticks, lots, mid, rate, charge)
            position += signed
            assert got == {
                "cash_units": change, "fee_units": fee_now, "impact_units": charge,
                "spread_capture_units": spread_now, "position_lots": position,
            }  # fmt: skip
            cash, fees, impact, spread = cash + change, fees + fee_now, impact + charge, spread + spread_now
            mid2 = mark2
        elif action[0] == "mark":
            account.mark(action[1])
            mid2 = mid2 if action[1] is None else action[1]
        else:
            account.funding(action[1], mid2)
            held = 0 if mid2 is None else -value(mid2, position) if inverse else value(mid2, position)
            funding += math.ceil(Fraction(action[1] * held, 10**9))
    totals = account.totals()
    assert not account.overflow
    held = 0 if mid2 is None else value(mid2, position)
    assert totals["cash_units"] == cash
    assert totals["spread_capture_units"] == spread
    assert (totals["fees_units"], totals["impact_units"], totals["funding_units"]) == (fees, impact, funding)
    assert totals["pnl_units"] == cash + held - fees - impact - funding
    assert totals["pnl_units"] == spread + totals["inventory_units"] - fees - impact - funding


@given(inverse=st.booleans(), ratio=ratio, price2=st.integers(1, 2**32 - 2), lots=st.integers(-(2**40), 2**40))
def test_value_equals_the_rounded_fraction(inverse, ratio, price2, lots):
    got = ContractValue(*ratio, inverse=inverse).value(price2, lots)
    assert got == round(exact_value(*ratio, inverse, price2, lots))


@pytest.mark.parametrize(("inverse", "most"), [(False, 2**53), (True, 2**62)])
def test_the_largest_contract_at_the_largest_price(inverse, most):
    for num, den in ((most, 1), (most, most), (1, most), (most - 1, 3)):
        contract = ContractValue(num, den, inverse=inverse)
        for price2 in (1, 3, 2**32 - 2):
            for lots in (2**40, -(2**40), 1):
                assert contract.value(price2, lots) == round(exact_value(num, den, inverse, price2, lots))


def test_a_negative_price_of_a_linear_contract():
    # spreads trade below 0
    assert ContractValue(1).value(-7, 1) == -4  # -3.5 to even
    assert ContractValue(1, inverse=True).value(-7, 1) == 0


def test_cost_rounds_against_the_payer():
    assert ContractValue(10).cost(2 * 100, 0.0005) == 1
    assert ContractValue(10**9, inverse=True).cost(2 * 500, 0.5) == 10**6
    assert ContractValue(10).cost(2 * 100, 0.0) == 0
    assert ContractValue(2**53).cost(2**32, 1e30) == 2**63 - 1


def test_overflow_is_said():
    too_many = Account(ContractValue(1))
    too_many.on_fill(BUY, 1, 2**40, 2)
    assert not too_many.overflow
    too_many.on_fill(BUY, 1, 1, 2)
    assert too_many.overflow
    too_much = Account(ContractValue(2**53))
    too_much.on_fill(BUY, 2**31 - 1, 2**30, 2)
    assert too_much.overflow
    charge = Account(ContractValue(1))
    charge.on_fill(BUY, 1, 1, 2, 0, 2**63 - 1)
    assert charge.overflow


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num": 0}, r"num 0 is not in \[1, 9007199254740992\]"),
        ({"num": 2**53 + 1}, r"num 9007199254740993 is not in"),
        ({"num": 2**62 + 1, "inverse": True}, r"num \d+ is not in \[1, 4611686018427387904\]"),
        ({"num": 1, "den": -1}, r"den -1 is not in"),
    ],
)
def test_bad_contracts_name_value_and_bound(arguments, message):
    with pytest.raises(ValueError, match=message):
        ContractValue(**arguments)
