"""Queue position on L2 data, against a reference written from the published formulas (SEMANTICS F4)."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumina._core._models import QUEUE_MODELS, QueueModel

MODELS = tuple(QUEUE_MODELS)


def probability_behind(model, n, front, back, unit):
    """p as the text gives it; where it says 0/0, nobody is ahead and the decrease came from behind."""
    front, back = front * unit, back * unit
    if front <= 0:
        return 1.0
    if back <= 0:
        return 0.0
    match model:
        case "power":
            return back**n / (back**n + front**n)
        case "power2":
            return back**n / (back + front) ** n
        case "power3":
            return 1 - (front / (front + back)) ** n
        case "log":
            return math.log(1 + back) / (math.log(1 + back) + math.log(1 + front))
        case "log2":
            return math.log(1 + back) / math.log(1 + back + front)
    raise AssertionError(model)


def reference_after_depth(model, n, front, prev, new, cum, unit=1.0, exact_back=False, clamp=True):
    decrease = prev - new - cum
    if decrease < 0 or model == "risk_averse":
        result = min(front, new)
    else:
        back = prev - cum - front if exact_back else prev - front
        back = max(back, 0.0)
        p = probability_behind(model, n, front, back, unit)
        from_behind = p * decrease
        overflow = max(from_behind - back, 0.0)  # more left behind us than stood there: it came from ahead
        result = min(front - (decrease - from_behind) - overflow, new)
    return min(max(result, 0.0), new) if clamp else result


@pytest.mark.parametrize(
    ("front", "prev", "new", "printed", "log", "power1", "power2", "power3"),
    [
        (30, 100, 90, 0, 25.5383451459, 27, 28.4482758621, 29.2702702703),
        (30, 100, 80, 5, 23.3075177188, 25.5, 27.6724137931, 28.9054054054),
    ],
)
def test_table_of_models_6(front, prev, new, printed, log, power1, power2, power3):
    for model, n, want in (("log", 1, log), ("power", 1, power1), ("power", 2, power2), ("power", 3, power3)):
        got = QueueModel(model, n).after_depth(front, prev, new, printed)
        assert got == pytest.approx(want, abs=1e-10), (model, n)


# Worked out by hand with p of each formula at front 30, back 70: power2 n=2 .49, power3 n=2 1 - .09, n=3 1 - .027,
# log2 ln 71 / ln 101.
@pytest.mark.parametrize(
    ("model", "n", "want"),
    [
        ("power2", 2, 30 - 0.51 * 10),
        ("power3", 2, 30 - 0.09 * 10),
        ("power3", 3, 30 - 0.027 * 10),
        ("log2", 1, 30 - (1 - 4.2626798770413155 / 4.61512051684126) * 10),
        ("risk_averse", 1, 30),
    ],
)
def test_one_step_by_hand(model, n, want):
    assert QueueModel(model, n).after_depth(30, 100, 90, 0) == pytest.approx(want, abs=1e-12)


def test_cancellations_alone_never_fill():
    unclamped = reference_after_depth("log", 1, 30, 100, 20, 0, clamp=False)
    assert round(unclamped, 2) == -5.69
    assert QueueModel("log", 1).after_depth(30, 100, 20, 0) == 0


def test_power_inverts_two_own_orders_and_power3_does_not():
    power = QueueModel("power", 3)
    assert power.after_depth(40, 100, 60, 0) == pytest.approx(30.9, abs=0.05)
    assert power.after_depth(60, 100, 60, 0) == pytest.approx(29.1, abs=0.05)
    power3 = QueueModel("power3", 3)
    assert power3.after_depth(40, 100, 60, 0) < power3.after_depth(60, 100, 60, 0)


def test_exact_back_leaves_out_what_was_printed():
    # power n=1: back 65 of 95 instead of 70 of 100
    assert QueueModel("power", 1, exact_back=True).after_depth(30, 100, 80, 5) == pytest.approx(30 - 15 * 30 / 95)


def test_log_depends_on_the_unit_and_power_does_not():
    for model in ("log", "log2"):
        lots, base = (
            QueueModel(model).after_depth(30, 100, 80, 0),
            QueueModel(model, unit=0.01).after_depth(30, 100, 80, 0),
        )
        assert abs(lots - base) > 0.5, model
        assert base == pytest.approx(reference_after_depth(model, 1, 30, 100, 80, 0, unit=0.01), abs=1e-10)
    for model in ("power", "power2", "power3"):
        assert QueueModel(model).after_depth(30, 100, 80, 0) == QueueModel(model, unit=0.01).after_depth(30, 100, 80, 0)


def test_growth_keeps_the_place():
    for model in MODELS:
        assert QueueModel(model).after_depth(30, 100, 150, 0) == 30
        assert QueueModel(model).after_depth(30, 100, 97, 5) == 30  # 5 printed, 2 joined


def test_a_print_moves_the_queue_and_stays_within_the_level():
    model = QueueModel()
    assert model.after_trade(30, 10, 100) == 20
    assert model.after_trade(30, 40, 100) == 0
    assert model.after_trade(30, 5, 12) == 12


def test_empty_and_one_sided_queues_are_defined():
    for model in MODELS:
        queue = QueueModel(model)
        assert queue.after_depth(0, 0, 0, 0) == 0
        assert queue.after_depth(0, 10, 5, 0) == 0
        assert queue.after_depth(10, 10, 0, 0) == 0
        assert queue.after_depth(10, 10, 6, 0) == 6  # all of it stood ahead
        assert queue.after_depth(12, 10, 10, 0) == 10  # moved here by a shift: more ahead than is shown


def test_large_quantities_do_not_overflow():
    for n in (3.0, 60.0, 500.0):
        front = QueueModel("power", n).after_depth(1e8, 3e8, 2e8, 0)
        assert 0 <= front <= 1e8, n


exponent = st.sampled_from([0.5, 1.0, 2.0, 2.5, 3.0, 4.0, 11.0])
unit = st.sampled_from([1.0, 1e-3, 1e-8, 50.0])


@st.composite
def depth_rows(draw):
    """(prev, new, cum), two in three of them net cancellations."""
    prev = draw(st.integers(0, 10_000))
    new = draw(st.integers(0, prev) if draw(st.integers(0, 4)) else st.integers(0, 10_000))
    cum = draw(st.integers(0, max(prev - new, 0)) if draw(st.integers(0, 4)) else st.integers(0, 10_000))
    return prev, new, cum


@given(
    model=st.sampled_from(MODELS), n=exponent, row=depth_rows(), unit=unit, share=st.floats(0, 1.05),
    exact_back=st.booleans(),
)  # fmt: skip
@settings(max_examples=10 * settings().max_examples)
def test_one_step_equals_the_reference(model, n, row, unit, share, exact_back):
    prev, new, cum = row
    front = share * prev
    got = QueueModel(model, n, unit=unit, exact_back=exact_back).after_depth(front, prev, new, cum)
    # ln(1+x) loses digits for small x in the reference, log1p in the header does not
    tolerance = 1e-6 if unit < 1e-3 else 1e-10
    want = reference_after_depth(model, n, front, prev, new, cum, unit, exact_back)
    assert got == pytest.approx(want, rel=tolerance, abs=tolerance * max(prev, 1))
    assert 0 <= got <= new


@given(row=depth_rows(), n=exponent, a=st.floats(0, 1), b=st.floats(0, 1), exact=st.booleans())
@settings(max_examples=5 * settings().max_examples)
def test_power3_keeps_the_order_of_two_own_orders(row, n, a, b, exact):
    prev, new, cum = row
    model = QueueModel("power3", n, exact_back=exact)
    low, high = (model.after_depth(share * prev, prev, new, cum) for share in sorted((a, b)))
    assert low <= high + 1e-9 * max(prev, 1)


def level_stream(rng, steps):
    """One level's rows as a venue sends them: ("trade", q), then ("depth", prev, new) that accounts for it."""
    shown = int(rng.integers(1, 500))
    yield ("start", shown)
    pending = 0
    for _ in range(steps):
        if rng.random() < 0.3 and shown > pending:
            q = int(rng.integers(1, shown - pending + 1))
            pending += q
            yield ("trade", q)
        else:
            change = int(rng.integers(-60, 60))
            new = max(shown - pending + change, 0)
            yield ("depth", shown, new)
            shown, pending = new, 0


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("exact_back", [False, True])
def test_streams_equal_the_reference(model, exact_back):
    n = 2.5 if model == "power2" else 3.0
    queue = QueueModel(model, n, unit=0.1, exact_back=exact_back)
    for seed in range(20):
        front = want = shown = cum = 0.0
        for row in level_stream(np.random.default_rng(seed), 200):
            before = front
            if row[0] == "start":
                shown = front = want = float(row[1])
            elif row[0] == "trade":
                cum += row[1]
                front = queue.after_trade(front, row[1], shown)
                want = min(max(want - row[1], 0.0), shown)
            else:
                shown = row[2]
                front = queue.after_depth(front, row[1], shown, cum)
                want = reference_after_depth(model, n, want, row[1], shown, cum, 0.1, exact_back)
                cum = 0.0
            assert 0 <= front <= shown
            assert front <= before or row[0] == "start"  # nobody joins ahead of us
            assert front == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "fifo"}, "model 'fifo' is not one of risk_averse"),
        ({"n": 0.0}, r"n 0.0+ is not a finite number above 0"),
        ({"n": math.inf}, "n inf is not"),
        ({"unit": -1.0}, r"unit -1.0+ is not in \[1e-18, 1e18\]"),
        ({"unit": math.nan}, "unit nan is not"),
    ],
)
def test_bad_arguments_name_value_and_bound(arguments, message):
    with pytest.raises(ValueError, match=message):
        QueueModel(**arguments)
