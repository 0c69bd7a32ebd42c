"""The closed-form quotes against published and independently computed numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina.strategies import quotes

# Avellaneda and Stoikov (2008), section 3.3
SIGMA, T, DT, A, K = 2.0, 1.0, 0.005, 140.0, 1.5
STEPS = 200


def test_avellaneda_stoikov_quote():
    bid, ask = quotes.avellaneda_stoikov(100, -3, gamma=0.1, sigma=2, k=1.5, tau=0.5)
    assert ask - 100 == pytest.approx(1.345385211, abs=1e-9)
    assert 100 - bid == pytest.approx(0.145385211, abs=1e-9)


def moments_of_the_paper(distances):
    """Exact mean and standard deviation of P&L, standard deviation of q, and fills, by a forward program on q.

    q does not depend on the price, so the P&L's variance is that of what the fills earn plus
    sigma^2 dt sum E[q^2]. `distances(n, q)` gives (bid, ask) distances from the mid at step n.
    """
    q = np.arange(-STEPS, STEPS + 1)
    mass = (q == 0).astype(float)  # P(q)
    first = np.zeros(q.size)  # E[earned; q]
    second = np.zeros(q.size)  # E[earned^2; q]
    fills = squares = 0.0
    for n in range(STEPS):
        table = np.array([distances(n, int(each)) for each in q])
        p_bid, p_ask = np.minimum(1, A * np.exp(-K * table.T) * DT)
        new = np.zeros((3, q.size))
        fills += mass @ (p_bid + p_ask)
        for bid in (0, 1):
            for ask in (0, 1):
                p = (p_bid if bid else 1 - p_bid) * (p_ask if ask else 1 - p_ask)
                earned = bid * table[:, 0] + ask * table[:, 1]
                moved = p * np.array(
                    [mass, first + earned * mass, second + 2 * earned * first + earned**2 * mass]
                )
                new += np.roll(moved, bid - ask, axis=1)
        mass, first, second = new
        squares += mass @ q**2
    mean = first.sum()
    std_pnl = math.sqrt(second.sum() - mean**2 + SIGMA**2 * DT * squares)
    return mean, std_pnl, math.sqrt(mass @ q**2 - (mass @ q) ** 2), fills


def inventory_strategy(gamma):
    def distances(n, q):
        bid, ask = quotes.avellaneda_stoikov(0, q, gamma, SIGMA, K, T - n * DT)
        return -bid, ask

    return distances


def symmetric_strategy(gamma):
    half = np.mean([quotes.avellaneda_stoikov(0, 0, gamma, SIGMA, K, T - n * DT)[1] for n in range(STEPS)])
    return lambda n, q: (half, half)


@pytest.mark.parametrize(
    ("strategy", "gamma", "exact"),
    [
        (inventory_strategy, 0.1, (64.89254, 6.54315, 2.92679, 96.9630)),
        (symmetric_strategy, 0.1, (68.22276, 13.45575, 8.39944, 91.4655)),
        (inventory_strategy, 0.01, (68.39963, 8.96056, 5.21254, 102.2064)),
        (symmetric_strategy, 0.01, (68.66612, 13.67746, 8.71166, 101.8024)),
    ],
)
def test_avellaneda_stoikov_section_3_3(strategy, gamma, exact):
    mean, std_pnl, std_q, fills = moments_of_the_paper(strategy(gamma))
    assert (mean, std_pnl, std_q) == pytest.approx(exact[:3], abs=1e-5)
    assert fills == pytest.approx(exact[3], abs=1e-4)


def test_symmetric_spread_of_the_paper():
    assert 2 * symmetric_strategy(0.1)(0, 0)[0] == pytest.approx(1.491770, abs=1e-6)
    assert 2 * symmetric_strategy(0.01)(0, 0)[0] == pytest.approx(1.349009, abs=1e-6)


@pytest.mark.parametrize("q", [-4, -1, 0, 2.5, 4])
def test_infinite_horizon_formula(q):
    gamma, sigma, q_max = 0.1, 2.0, 5
    omega = gamma**2 * sigma**2 * (q_max + 1) ** 2 / 2
    room = 2 * omega - gamma**2 * q**2 * sigma**2
    r_bid, r_ask = (
        100 + math.log(1 + (side - 2 * q) * gamma**2 * sigma**2 / room) / gamma for side in (-1, 1)
    )
    assert quotes.reservation_infinite(100, q, gamma, sigma, q_max) == pytest.approx((r_bid, r_ask), abs=1e-10)
    premium = math.log(1 + gamma / 1.5) / gamma
    assert quotes.avellaneda_stoikov_infinite(100, q, gamma, sigma, 1.5, q_max) == pytest.approx(
        (r_bid - premium, r_ask + premium), abs=1e-10
    )


def test_infinite_horizon_stops_growing_the_inventory_at_the_limit():
    gamma = 0.1
    bid, ask = quotes.avellaneda_stoikov_infinite(100, 5, gamma, 2, 1.5, 5)
    assert bid < 100 - 30 / gamma  # the logarithm of a rounded 0
    assert ask == pytest.approx(100 + math.log(1 - 9 / 11) / gamma + math.log(1 + gamma / 1.5) / gamma)
    bid, ask = quotes.reservation_infinite(100, 6, gamma, 2, 5)  # beyond it
    assert bid == ask == -math.inf
    bid, ask = quotes.reservation_infinite(100, -6, gamma, 2, 5)
    assert bid == ask == math.inf


GLFT = {"gamma": 0.01, "sigma": 0.3, "k": 0.3, "A": 0.9}


def test_glft_closed_form():
    bid, ask = quotes.glft(0, 0, **GLFT)
    assert (-bid, ask) == pytest.approx((3.312915, 3.312915), abs=1e-6)
    m = (quotes.glft(0, 0, **GLFT)[0] - quotes.glft(0, 1, **GLFT)[0])
    assert m == pytest.approx(0.067865833, abs=1e-9)
    assert ask - m / 2 == pytest.approx(3.278982282, abs=1e-9)


# exact distances at 600 s from the horizon; the closed form is an approximation of them
@pytest.mark.parametrize(("q", "exact"), [(-5, 2.972), (-1, 3.244919), (1, 3.381168)])
def test_glft_is_near_the_exact_solution(q, exact):
    assert -quotes.glft(0, q, **GLFT)[0] == pytest.approx(exact, abs=3e-3)
    assert quotes.glft(0, -q, **GLFT)[1] == pytest.approx(exact, abs=3e-3)


def test_glft_drift_and_impact_are_near_the_exact_solution():
    bid, ask = quotes.glft(0, 0, **GLFT, mu=0.01)
    assert (-bid, ask) == pytest.approx((2.557641, 4.068020), abs=3e-3)
    assert -quotes.glft(0, 0, **GLFT, xi=0.5)[0] == pytest.approx(3.564352, abs=3e-3)


def test_gueant_2016():
    params = {"gamma": 0.05, "sigma": 10.69, "k": 0.04235741115084049, "A": 2.986162360812285, "order_size": 1}
    assert quotes.gueant(0, 0, **params)[1] == pytest.approx(20.47208533844371, abs=1e-11)
    assert -quotes.gueant(0, 1, **params)[0] - 20.47208533844371 == pytest.approx(9.76326865029227, abs=1e-11)


@given(
    q=st.floats(-20, 20), gamma=st.floats(1e-3, 1), sigma=st.floats(0.01, 10), k=st.floats(0.1, 5), a=st.floats(0.1, 50)
)
def test_symmetries(q, gamma, sigma, k, a):
    """The linear forms mirror; GLFT is Gueant's form for orders of size 1; gamma scales as 1 / order size."""
    for form in (
        lambda x: quotes.avellaneda_stoikov(0, x, gamma, sigma, k, 0.7),
        lambda x: quotes.glft(0, x, gamma, sigma, k, a),
    ):
        bid, ask = form(q)
        mirrored = form(-q)
        assert (-mirrored[1], -mirrored[0]) == (bid, ask)
    tolerance = {"rel": 1e-9, "abs": 1e-9}
    expected = pytest.approx(quotes.glft(0, q, gamma, sigma, k, a), **tolerance)
    assert quotes.gueant(0, q, gamma, sigma, k, a, 1) == expected
    assert quotes.gueant(0, 5 * q, gamma / 5, sigma, k, a, 5) == expected
