r"""The closed-form quotes of the strategies, for research: the same compiled functions.

Any price unit p and quantity unit u will do: `s` p, `q` u, `gamma` 1/(p u), `sigma` p/sqrt(s), `k` 1/p,
`A` 1/s, `mu` p/s, `xi` p, `tau` s. Each function returns the quotes ``(bid, ask)`` in p. With ``s=0`` they are
the distances from the mid, the bid's with a minus.
"""

from lumina._core import _strategies


def avellaneda_stoikov(s: float, q: float, gamma: float, sigma: float, k: float, tau: float) -> tuple[float, float]:
    """Avellaneda-Stoikov (2008) with time `tau` to the horizon.

    >>> bid, ask = avellaneda_stoikov(100, -3, gamma=0.1, sigma=2, k=1.5, tau=0.5)
    >>> round(ask - 100, 6), round(100 - bid, 6)
    (1.345385, 0.145385)
    """
    below, above = _strategies.avellaneda_stoikov(q, gamma, sigma, k, tau)
    return s - below, s + above


def avellaneda_stoikov_infinite(
    s: float, q: float, gamma: float, sigma: float, k: float, q_max: float
) -> tuple[float, float]:
    """Avellaneda-Stoikov (2008) without a horizon, ``omega = gamma**2 * sigma**2 * (q_max + 1)**2 / 2``.

    At ``q = q_max`` the bid is infinitely far, up to rounding.
    """
    below, above = _strategies.avellaneda_stoikov_infinite(q, gamma, sigma, k, q_max)
    return s - below, s + above


def reservation_infinite(s: float, q: float, gamma: float, sigma: float, q_max: float) -> tuple[float, float]:
    """The reservation bid and ask of `avellaneda_stoikov_infinite`, without the liquidity premium."""
    below, above = _strategies.reservation_infinite(q, gamma, sigma, q_max)
    return s - below, s + above


def glft(
    s: float, q: float, gamma: float, sigma: float, k: float, A: float, mu: float = 0.0, xi: float = 0.0
) -> tuple[float, float]:
    """Gueant-Lehalle-Fernandez-Tapia (2013), the closed form far from the horizon."""
    below, above = _strategies.glft(q, gamma, sigma, k, A, mu, xi)
    return s - below, s + above


def gueant(
    s: float, q: float, gamma: float, sigma: float, k: float, A: float, order_size: float
) -> tuple[float, float]:
    """Gueant (2016): `glft` without drift and impact, for orders of `order_size` u."""
    half, skew = _strategies.gueant(gamma, sigma, k, A, order_size)
    return s - q * skew - half, s - q * skew + half


__all__ = ["avellaneda_stoikov", "avellaneda_stoikov_infinite", "glft", "gueant", "reservation_infinite"]
