"""Contract terms are exact."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina import Instrument
from lumina.data.instrument import text
from lumina.errors import DataError


@pytest.mark.parametrize("tick", ["0.1", 0.1, Decimal("0.1"), Fraction(1, 10), "1e-1"])
def test_numbers_are_exact_whatever_they_come_as(tick):
    assert Instrument("X", tick, 1).tick_size == Fraction(1, 10)


def test_linear_unit():
    # 0.1 * 0.001 * 1e9 = 100000 billionths for one lot at one tick
    instrument = Instrument("BTCUSDT", "0.1", "0.001")
    assert (instrument.unit_num, instrument.unit_den) == (100_000, 1)
    # 618,002 ticks and 5 lots: 61,800.2 * 0.005 = 309.001
    assert instrument.unit * 618_002 * 5 == 309_001_000_000


@pytest.mark.parametrize(("points", "usd"), [(4800, 1.2), (4900, 1.225), (4320, 1.08)])
def test_a_fee_by_value_is_right_at_one_price(points, usd):
    es = Instrument("ES", "0.25", 1, 50, maker_fee="0.000005")
    assert float(es.unit * es.ticks(points) * es.maker_fee / es.money_scale) == usd


def test_inverse_unit():
    # 3 contracts of 100 USD at 60,000.0: 300 / 60000 = 0.005 coin
    instrument = Instrument("BTCUSD_PERP", "0.1", 1, 100, inverse=True)
    assert instrument.unit * 3 / 600_000 == 5_000_000_000
    assert (instrument.unit_num, instrument.unit_den) == (10**15, 1)


def test_a_unit_that_is_no_integer_stays_a_ratio():
    instrument = Instrument("X", "0.00000001", "0.01")
    assert (instrument.unit_num, instrument.unit_den) == (1, 10)


def test_prices_and_quantities():
    instrument = Instrument("X", "0.25", "0.001")
    assert instrument.ticks("4800.25") == 19_201
    assert instrument.price(19_201) == 4800.25
    assert instrument.lots(0.003) == 3
    assert instrument.qty(3) == 0.003
    with pytest.raises(DataError, match=r"price 4800.3 is no multiple of tick_size 0.25"):
        instrument.ticks(4800.3)


def test_fees_in_billionths():
    instrument = Instrument("X", 1, 1, maker_fee="-0.00005", taker_fee=0.0007)
    assert (instrument.maker_fee_e9, instrument.taker_fee_e9) == (-50_000, 700_000)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"tick_size": 0}, "tick_size = 0 must be positive"),
        ({"lot_size": "-1"}, "lot_size = -1 must be positive"),
        ({"multiplier": float("nan")}, "multiplier = nan is not a finite number"),
        ({"tick_size": "x"}, "tick_size = 'x' is not a finite number"),
        ({"tick_size": "1e900000000"}, "is not a finite number between"),
        ({"maker_fee": "0.0000000001"}, "maker_fee = 0.0000000001 must be a multiple of 1e-9"),
        ({"taker_fee": 2}, "taker_fee = 2 must be a multiple of 1e-9 between -1 and 1"),
        ({"symbol": ""}, "symbol = ''"),
    ],
)
def test_bad_terms_are_named(terms, says):
    with pytest.raises(DataError, match=says):
        Instrument(**{"symbol": "X", "tick_size": 1, "lot_size": 1, **terms})


def test_frozen():
    with pytest.raises(AttributeError):
        Instrument("X", 1, 1).tick_size = 2


@given(st.fractions(min_value=Fraction(1, 10**12), max_value=10**6), st.booleans())
def test_terms_survive_json(tick, inverse):
    instrument = Instrument("X", tick, "0.001", 10, inverse, "USD", "0.0001", "-0.0002")
    assert Instrument.from_dict(instrument.to_dict()) == instrument


@pytest.mark.parametrize("change", [{"tick_size": None}, {"colour": "red"}])
def test_terms_that_are_missing_or_unknown(change):
    terms = Instrument("X", 1, 1).to_dict()
    terms.update(change)
    if terms["tick_size"] is None:
        del terms["tick_size"]
    with pytest.raises(DataError, match=r"is (missing|unknown)"):
        Instrument.from_dict(terms)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1, 8), "0.125"),
        (Fraction(-3, 2), "-1.5"),
        (Fraction(1, 3), "1/3"),
        (Fraction(100), "100"),
        (Fraction(1, 10**8), "0.00000001"),
    ],
)
def test_text_is_exact(value, shown):
    assert text(value) == shown
