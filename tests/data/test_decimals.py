"""Decimal texts: many at once against one by one, and against the standard library's."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina.data.decimals import OUT, BadNumber, Grid, OffGrid, Rounding, column, decimal, infer_step
from lumina.errors import DataError

PLAIN = st.from_regex(r"\A[0-9]{1,9}(\.[0-9]{1,9})?\Z")
ODD = st.sampled_from(["", ".", "1.", ".5", "1..2", "1.2.3", "-1", "+1", "1e3", " 1", "1 ", "1_0", "٣", "x", "0x1"])


@given(st.lists(PLAIN, min_size=1, max_size=20), st.sampled_from([1, 2, 5]), st.integers(-3, 9))
def test_many_are_as_one_by_one(texts, factor, power):
    ratio = Fraction(factor) * Fraction(10) ** power
    products = [Fraction(Decimal(text)) * ratio for text in texts]
    found = column(texts, ratio)
    if all(product.denominator == 1 for product in products) and max(products) < 2**53:
        assert found is not None
        assert found.tolist() == products
    elif found is not None:
        assert found.tolist() == products


@given(st.lists(PLAIN, max_size=5), ODD, st.lists(PLAIN, max_size=5))
def test_what_is_not_plain_is_left_to_the_slow_way(before, text, after):
    assert column([*before, text, *after], Fraction(10**9)) is None


def test_a_grid_reads_many_within_its_bound():
    grid = Grid(Fraction(1, 2), 1000, "tick_size")
    assert grid.many(["0.5", "500", "7"]).tolist() == [1, 1000, 14]
    assert grid.many(["500.5"]) is None  # over the bound
    assert grid.many(["0.25"]) is None  # off the grid
    with pytest.raises(OffGrid, match=r"'0.25' is no multiple of tick_size 0.5"):
        grid["0.25"]
    with pytest.raises(BadNumber, match=r"'500.5' is over 1000 steps of tick_size 0.5"):
        grid["500.5"]


@pytest.mark.parametrize("text", ["1e-05", "1E5", "2.50e+3", "0e0", "123456789012345678901234", "0.1e-20"])
def test_exponents_are_exact(text):
    assert decimal(text) == Fraction(Decimal(text))


@pytest.mark.parametrize(
    "text", ["1e99", "1e-31", "1e", "e5", "1e+", "1e100", "--1", "-", "+1", "1.", "NaN", "inf", "1_0", "", 5]
)
def test_what_is_no_number(text):
    with pytest.raises(BadNumber):
        decimal(text)


def test_numbers_at_and_below_zero():
    assert [decimal(text) for text in ("-1.5", "-0.0", "-2e-1")] == [Fraction(-3, 2), 0, Fraction(-1, 5)]
    assert infer_step(["-37.63", "0", "10.01", "-0.02"]) == Fraction(1, 100)
    grid = Grid(Fraction(1, 100), 5000, "tick_size", signed=True)
    assert [grid[text] for text in ("-37.63", "0.00", "-0.00", "50")] == [-3763, 0, 0, 5000]
    with pytest.raises(BadNumber, match=r"'-50\.01' is over 5000 steps"):
        grid["-50.01"]
    with pytest.raises(OffGrid, match=r"'-0.005' is no multiple of tick_size 0.01; remedy: option"):
        grid["-0.005"]
    with pytest.raises(BadNumber, match="'-1' is negative"):
        Grid(Fraction(1), 5000, "lot_size")["-1"]
    rounding = Rounding()
    near = Grid(Fraction(1), 10, "tick_size", drop=True, signed=True, rounding=rounding)
    assert [near[text] for text in ("-1.4", "-0.2", "0.3", "-11")] == [-1, 0, 0, OUT]
    assert (rounding.count, rounding.largest) == (3, Fraction(2, 5))


def test_a_step_from_numbers_with_exponents():
    assert infer_step(["1e-05", "0.00012"]) == Fraction(1, 100_000)
    assert infer_step(["1e3", "2e3"]) == 1


@pytest.mark.parametrize("step", ["0.25", "0.3", "2.5", "25", "0.05", "0.00003125", "100"])
def test_a_step_is_the_greatest_common_divisor(step):
    texts = [format(Decimal(step) * n, "f") for n in (100, 103, 105, 107, 110, 113, 121, 130, 133)]
    assert infer_step(texts) == Fraction(step)


def test_a_few_numbers_give_a_power_of_ten():
    assert infer_step(["0.5", "0.75"]) == Fraction(1, 100)
    assert infer_step(["100", "200"]) == 1


@pytest.mark.parametrize(
    ("step", "text", "needed"),
    [("0.25", "10.1", "0.05"), ("100", "250", "50"), ("0.3", "0.5", "0.1"), ("1", "2.125", "0.125")],
)
def test_a_number_off_the_grid_names_the_step_that_it_needs(step, text, needed):
    with pytest.raises(OffGrid) as error:
        Grid(Fraction(step), 10**9, "tick_size")[text]
    assert str(DataError(error.value)).endswith(f"; remedy: tick_size {needed}, or option round_prices")
    assert Grid(Fraction(needed), 10**9, "tick_size")[text] == Fraction(text) / Fraction(needed)
