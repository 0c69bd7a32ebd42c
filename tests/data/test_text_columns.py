"""Columns of text against Python's own numbers and dates, one field after the other."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina.data.databento.text_columns import Columns
from lumina.errors import DataError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def columns(*fields):
    """One column a, between two others."""
    block = "".join(f"x,{field},\n" for field in fields)
    return Columns(Path("file.csv"), 5, ["b", "a", "c"], block.encode())


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_whole_numbers(values):
    assert columns(*values).unsigned("a").tolist() == values


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1))
def test_signed_numbers(values):
    assert columns(*values).signed("a").tolist() == values


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "-"]), st.integers(0, 10**9 - 1), st.text("0123456789", max_size=9)), min_size=1
    )
)
def test_decimals(parts):
    texts = [f"{minus}{whole}" + (f".{fraction}" if fraction else "") for minus, whole, fraction in parts]
    assert columns(*texts).decimals("a", 9).tolist() == [int(Fraction(text) * 10**9) for text in texts]


@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1970, 1, 1), datetime(2261, 1, 1), timezones=st.just(UTC)),
            st.text("0123456789", max_size=9),
            st.sampled_from(["Z", "+00:00"]),
            st.sampled_from("T "),
        ),
        min_size=1,
    )
)
def test_times(parts):
    texts = [
        when.strftime(f"%Y-%m-%d{mark}%H:%M:%S") + (f".{fraction}" if fraction else "") + zone
        for when, fraction, zone, mark in parts
    ]
    wanted = [
        (when.replace(microsecond=0) - EPOCH) // timedelta(seconds=1) * 10**9 + int(fraction.ljust(9, "0") or "0")
        for when, fraction, _, _ in parts
    ]
    assert columns(*texts).times("a").tolist() == wanted


@given(st.lists(st.text("0123456789.-+eZT: ", max_size=32), min_size=1, max_size=4))
def test_what_is_no_number_or_time_is_an_error_and_nothing_else(texts):
    for read in (
        lambda c: c.unsigned("a"),
        lambda c: c.signed("a"),
        lambda c: c.decimals("a", 9),
        lambda c: c.times("a"),
        lambda c: c.codes("a", b"AB"),
    ):
        try:
            read(columns(*texts))
        except DataError as error:
            assert "file.csv: line " in str(error)  # noqa: PT017


@pytest.mark.parametrize("text", ["", "+1", "1_0", " 1", "１", "18446744073709551616", "-1", "1.0"])
def test_whole_numbers_are_digits(text):
    with pytest.raises(DataError, match=r"file\.csv: line 6: a .* is no whole number"):
        columns("1", text).unsigned("a")


@pytest.mark.parametrize("text", [".", "1.", ".5", "--1", "1.2.3", "1e3", "nan", "1x"])
def test_decimals_have_digits_on_both_sides_of_the_point(text):
    with pytest.raises(DataError, match=r"line 5: a .* is no decimal number"):
        columns(text).decimals("a", 9)


def test_empty_fields_are_what_is_asked_for():
    assert columns("", "7").unsigned("a", 3).tolist() == [3, 7]
    assert columns("", "-7").signed("a", -1).tolist() == [-1, -7]
    assert columns("", "0.5").decimals("a", 2, 9).tolist() == [9, 50]


def test_lines_have_the_headers_fields():
    with pytest.raises(DataError, match=r"file\.csv: line 3: has 3 fields, the header 2"):
        Columns(Path("file.csv"), 2, ["a", "b"], b"1,2\n1,2,3\n1,2\n")
    with pytest.raises(DataError, match=r"file\.csv: line 2: has 1 fields, the header 2"):
        Columns(Path("file.csv"), 2, ["a", "b"], b"1\n2\n")
