"""Transient impact against published numbers and exact integrals (SEMANTICS I1, I2)."""

import math
from decimal import Decimal, getcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina._core._models import TransientImpact

SECOND = 10**9
WEIGHTS, TAUS = (0.3, 0.3, 0.2, 0.2), (10.0, 100.0, 1000.0, math.inf)
VOLUME = 1e6
QTY = 0.01 * VOLUME
BP = 1e4


def model(**change):
    arguments = {"y": 0.8, "sigma_daily": 0.02, "volume_daily": VOLUME, "weights": WEIGHTS, "taus_s": TAUS}
    return TransientImpact(**(arguments | change))


def test_square_root_law():
    for share, want in ((0.01, 20.0), (0.05, 44.7214)):
        impact = model(y=1.0, weights=(1.0,), taus_s=(math.inf,))
        impact.push(share * VOLUME)
        assert impact.relative * BP == pytest.approx(want, abs=5e-5)


def test_table_of_models_5_at_once():
    impact = model()
    impact.decay_to(0)
    impact.push(QTY)
    for seconds, want in ((0, 16.0), (60, 10.100331), (600, 5.809596), (3600, 3.728957), (10**6, 3.2)):
        impact.decay_to(seconds * SECOND)
        assert impact.relative * BP == pytest.approx(want, abs=1e-6), seconds


def test_table_of_models_5_over_600_s():
    # 12,000 children at the middle of their intervals stand for the constant rate: their error is
    # (interval / tau)^2 / 24 of each component, 1e-6 of the fastest
    impact = model()
    n = 12_000
    step = 600 * SECOND // n
    for i in range(n):
        impact.decay_to(i * step + step // 2)
        impact.push(QTY / n)
    for seconds, want in ((0, 8.551777), (60, 7.373679), (600, 5.353166), (3600, 3.658694), (10**6, 3.2)):
        impact.decay_to((600 + seconds) * SECOND)
        assert impact.relative * BP == pytest.approx(want, abs=1e-6), seconds


def test_children_do_not_overstate():
    whole, split = model(), model()
    charge = whole.push(QTY)
    paid = 0.0
    for _ in range(100):
        paid += split.relative * QTY / 100
        paid += split.push(QTY / 100)
    assert split.relative == pytest.approx(whole.relative, rel=1e-12)
    assert paid == pytest.approx(charge, rel=1e-9)


def test_sign_and_symmetry():
    buy, sell = model(), model()
    assert buy.push(5.0) == sell.push(-5.0) > 0
    assert buy.relative == -sell.relative > 0


def test_decay_depends_on_time_and_not_on_its_steps():
    once, often = model(), model()
    for impact in (once, often):
        impact.decay_to(7)
        impact.push(QTY)
    for k in range(1, 601):
        often.decay_to(7 + k * 100_000_000)
    once.decay_to(7 + 600 * 100_000_000)
    assert often.relative == pytest.approx(once.relative, rel=1e-12)
    before = once.relative
    once.decay_to(0)  # a time in the past changes nothing
    assert once.relative == before


def test_active_only_after_a_push_and_until_all_is_gone():
    impact = model(weights=(1.0,), taus_s=(1.0,))
    assert not impact.active
    impact.decay_to(0)
    impact.push(1.0)
    assert impact.active
    impact.decay_to(3600 * SECOND)
    assert not impact.active
    assert impact.relative == 0
    assert not model(y=0.0).active


@pytest.mark.parametrize(
    ("ts_ns", "want"),
    [(0, 100), (1, 100), (99, 100), (100, 200), (-1, 0), (-100, 0), (-101, -100), (2**63 - 2, 2**63 - 1)],
)
def test_next_grid_is_the_first_multiple_after(ts_ns, want):
    assert model(step_ns=100).next_grid(ts_ns) == want


getcontext().prec = 60


def integral(start, qty):
    """Of sgn(u) sqrt|u| - sgn(start) sqrt|start| over [start, start + qty], 60 digits."""
    start, qty = Decimal(start), Decimal(qty)
    end = start + qty
    antiderivative = [Decimal(2) / 3 * abs(x) * abs(x).sqrt() for x in (start, end)]
    return antiderivative[1] - antiderivative[0] - abs(start).sqrt().copy_sign(start) * qty


flow = st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(start=flow, qty=flow)
def test_charge_is_the_integral(start, qty):
    impact = model(y=1.0, sigma_daily=1.0, volume_daily=1.0, weights=(1.0,), taus_s=(math.inf,))
    impact.push(start)
    got = impact.push(qty)
    end = Decimal(start) + Decimal(qty)
    # the flow itself is a double: its rounding moves the end by half an ulp
    slack = 1e-13 * (abs(start) + abs(qty)) * math.sqrt(abs(start) + abs(qty)) * (1e-3 if abs(end) else 1)
    assert got == pytest.approx(float(integral(start, qty)), rel=1e-9, abs=slack)
    assert got >= 0


trades = st.lists(st.tuples(st.integers(0, 2000), st.integers(-1000, 1000)), min_size=1, max_size=30)


@given(trades=trades)
def test_round_trips_cost_what_the_text_says_and_never_less_than_nothing(trades):
    impact = model()
    y_sigma = 0.8 * 0.02 / math.sqrt(VOLUME)
    now = 0
    flows = [0.0] * len(TAUS)
    dissipated = cost = 0.0
    impact.decay_to(0)
    home = -sum(qty for _, qty in trades)
    for wait_s, qty in [*trades, (10, home)]:
        now += wait_s * SECOND
        impact.decay_to(now)
        for i, tau in enumerate(TAUS):
            # int |J|^1.5 / tau dt of an exponential decay
            left = flows[i] * math.exp(-wait_s / tau)
            dissipated += WEIGHTS[i] * 2 / 3 * (abs(flows[i]) ** 1.5 - abs(left) ** 1.5)
            flows[i] = left + qty
        cost += impact.relative * qty + impact.push(qty)
    want = y_sigma * (dissipated + sum(w * 2 / 3 * abs(j) ** 1.5 for w, j in zip(WEIGHTS, flows, strict=True)))
    assert cost == pytest.approx(want, rel=1e-9, abs=1e-9)
    assert cost >= -1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": -1.0}, r"y -1.0+ is not a finite number, at least 0"),
        ({"sigma_daily": math.nan}, "sigma_daily nan is not"),
        ({"volume_daily": 0.0}, r"volume_daily 0.0+ is not a finite number above 0"),
        ({"weights": (1.0,)}, "weights has 1 values and taus_s 4"),
        ({"weights": (), "taus_s": ()}, "weights has 0 values and taus_s 0; both need the same number, at least 1"),
        ({"weights": (1.0, 1.0, 1.0, -1.0)}, r"weights -1.0+ is not"),
        ({"taus_s": (0.0, 1.0, 1.0, 1.0)}, r"taus_s 0.0+ is not above 0"),
        ({"step_ns": 0}, "step_ns 0 is below 1"),
    ],
)
def test_bad_arguments_name_value_and_bound(change, message):
    with pytest.raises(ValueError, match=message):
        model(**change)
