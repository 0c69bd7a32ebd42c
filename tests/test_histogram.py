"""The histogram against a sorted list of the same values."""

import json
from decimal import ROUND_CEILING, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumina
from lumina import Histogram
from lumina._core._models import LatencySampler

MOST = 2**63 - 1
VALUES = st.one_of(
    st.integers(0, MOST),
    st.integers(0, 3000),
    st.builds(lambda bits, off: min(max((1 << bits) + off, 0), MOST), st.integers(0, 62), st.integers(-1, 1)),
)
LISTS = st.lists(VALUES, min_size=1, max_size=200)


def exact_percentile(values: list[int], percent: float) -> int:
    """The smallest value that percent of all do not exceed, in decimal arithmetic."""
    rank = int((Decimal(str(percent)) * len(values) / 100).to_integral_value(ROUND_CEILING))
    return sorted(values)[max(rank, 1) - 1]


def made(values, bits=7):
    h = Histogram(bits)
    for value in values:
        assert h.record(value)
    return h


@given(LISTS, st.integers(1, 14), st.one_of(st.floats(0, 100), st.integers(0, 1000).map(lambda tenths: tenths / 10)))
def test_a_percentile_is_within_the_stated_error(values, bits, percent):
    h = made(values, bits)
    exact, got = exact_percentile(values, percent), h.percentile(percent)
    assert exact <= got <= exact + exact * h.relative_error
    assert h.relative_error == 2.0**-bits


@given(LISTS)
def test_count_sum_and_ends_are_exact(values):
    h = made(values)
    assert (h.count, h.sum, h.min, h.max, len(h)) == (
        len(values), sum(values), min(values), max(values), len(values),
    )  # fmt: skip
    assert h.mean == pytest.approx(sum(values) / len(values), rel=1e-15)
    assert (h.percentile(0), h.percentile(100)) == (min(values), max(values))


@given(LISTS, LISTS, st.integers(1, 14))
def test_a_merge_is_the_histogram_of_both(one, two, bits):
    h = made(one, bits)
    h.merge(made(two, bits))
    assert h == made(one + two, bits)
    assert h != made(one, bits)


@given(st.lists(st.integers(0, 20_000), max_size=30), st.integers(-3, 3000))
def test_a_correction_is_the_loop_spelled_out(values, interval):
    got, want = Histogram(), Histogram()
    for value in values:
        got.record_corrected(value, interval)
        want.record(value)
        missing = value - interval
        while interval > 0 and missing >= interval:
            want.record(missing)
            missing -= interval
    assert got == want
    many = Histogram()
    assert many.record_many(values, interval) == 0
    assert many == want


def test_a_correction_takes_no_time_for_what_was_missed():
    h = Histogram()
    h.record_corrected(MOST, 1)  # 2^63 - 1 samples
    assert (h.count, h.sum, h.min, h.max) == (MOST, MOST * (MOST + 1) // 2, 1, MOST)


@given(LISTS, st.integers(1, 14))
def test_buckets_hold_the_values_and_are_narrow(values, bits):
    rows = made(values, bits).buckets()
    low, high, count = rows.T
    assert (np.diff(low) > 0).all() and (high - low <= low >> bits).all()
    for a, b, n in rows.tolist():
        assert n == sum(a <= value <= b for value in values)
    assert count.sum() == len(values)


@given(LISTS, st.integers(1, 14))
def test_json_keeps_it_whole(values, bits):
    h = made(values, bits)
    h.record(-1)
    back = Histogram.from_dict(json.loads(json.dumps(h.to_dict())))
    assert back == h and back.negatives == 1 and back.precision_bits == bits


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": [1, 1]}, "buckets has 3 values and counts 2"),
        ({"counts": [1, 0, 1]}, r"counts\[1\] = 0"),
        ({"buckets": [5, 5, 300]}, r"buckets\[1\] = 5"),
        ({"buckets": [5, 6, 10**6]}, r"buckets\[2\] = 1000000 is not above the one before and below 7296"),
        ({"min": 6}, "min 6 and max 500"),
        ({"max": 5}, "min 5 and max 5"),
        ({"sum": 10**6}, "sum is not one"),
        ({"precision_bits": 15}, r"precision_bits 15 is not in \[1, 14\]"),
    ],
)
def test_what_was_not_saved_whole_is_refused(change, message):
    saved = made([5, 100, 500]).to_dict()
    with pytest.raises(ValueError, match=message):
        Histogram.from_dict({**saved, **change})


def test_unknown_keys_are_refused():
    saved = made([5]).to_dict()
    with pytest.raises(ValueError, match="has the keys"):
        Histogram.from_dict({**saved, "more": 1})


def test_a_measured_histogram_is_a_latency_model():
    h = Histogram()
    h.record(1_500, times=3)
    h.record(40_000)
    model = h.to_empirical()
    lumina.Latency(entry=model)
    assert model["counts"] == [3, 1]
    assert model["ns"] == [1_500, pytest.approx(40_000, rel=h.relative_error / 2)]
    drawn = LatencySampler.from_histogram(model["ns"], model["counts"], seed=1).sample(40_000)
    assert abs((drawn == 1_500).mean() - 0.75) < 5 * (0.75 * 0.25 / 40_000) ** 0.5


def test_refusals():
    h = Histogram()
    assert not h.record(-1) and h.record_many([1, -2, -3]) == 2
    assert (h.count, h.negatives) == (1, 3)
    with pytest.raises(ValueError, match=r"percent 100\.5 is not in \[0, 100\]"):
        h.percentile(100.5)
    with pytest.raises(ValueError, match=r"percent nan is not in"):
        h.percentile(float("nan"))
    with pytest.raises(ValueError, match=r"rank 2 is not in \[1, 1\]"):
        h.value_at_rank(2)
    with pytest.raises(ValueError, match="precision_bits 8 of the other histogram is not 7"):
        h.merge(Histogram(8))
    with pytest.raises(ValueError, match=r"precision_bits 0 is not in \[1, 14\]"):
        Histogram(0)
    with pytest.raises(ValueError, match="value 9223372036854775808 is not in"):
        h.record(2**63)
    assert h.percentile([0, 50, 100]).tolist() == [1, 1, 1]


def test_an_empty_one_is_zeros():
    h = made([7])
    other = h.copy()
    h.reset()
    assert (h.count, h.min, h.max, h.mean, h.percentile(99)) == (0, 0, 0, 0.0, 0)
    assert other.count == 1 and h.buckets().shape == (0, 3)
    assert h.to_empirical() == {"model": "empirical", "ns": [], "counts": []}
