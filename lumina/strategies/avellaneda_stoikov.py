"""Avellaneda-Stoikov market making with order-book imbalance."""

import dataclasses
from typing import ClassVar

from lumina._core import _strategies
from lumina.strategies._market_maker import MarketMaker


@dataclasses.dataclass(frozen=True, kw_only=True)
class AvellanedaStoikov(MarketMaker):
    r"""Quotes around a reservation price that leans against the inventory and towards the imbalance.

    With :math:`q` the position in orders, :math:`\tau` the time to the horizon and the mid :math:`s` in ticks,

    .. math:: r = s + f(\mathrm{OBI}) - q \gamma \sigma^2 \tau, \qquad
              \mathrm{quotes} = r \mp \left( \tfrac12 \gamma \sigma^2 \tau
              + \tfrac1\gamma \ln(1 + \gamma / k) \right).

    :math:`f = \mathtt{obi\_slope\_ticks} \cdot \min(\mathrm{interval} / \mathtt{obi\_horizon\_s}, 1)
    \cdot \mathrm{OBI}` with
    :math:`\mathrm{OBI} = (Q_b - Q_a) / (Q_b + Q_a)` over the top levels, own quantity excluded. It stands for
    :math:`E[s(t + h) - s(t) \mid \mathrm{OBI}]`: fit the slope on earlier data with a horizon h near the life
    of a quote (about `interval_ns`). Without a horizon (``horizon="infinite"``) the quotes are
    :math:`s + f + \tfrac1\gamma \ln(1 + (\pm 1 - 2q) / ((Q + 1)^2 - q^2)) \pm \tfrac1\gamma \ln(1 + \gamma/k)`,
    Q being the largest position in orders.

    Parameters
    ----------
    gamma : float, default 0.1
        Risk aversion, 1 / (tick * order).
    sigma : float, default 1.0
        Volatility of the mid, ticks per square root of a second. The skew per order is
        ``gamma * sigma**2 * horizon_s`` ticks. Not used where `horizon` is ``"infinite"``.
    k : float, default 1.5
        Decay of the fill intensity A exp(-k d) with the distance d from the mid, 1/tick. (The scale A does not
        enter these quotes.)
    horizon : {"constant", "session", "infinite"}, default "constant"
        ``"constant"``: tau is `horizon_s` always. ``"session"``: tau runs from `horizon_s` to 0 and starts
        again, from the start of the run. ``"infinite"``: none.
    horizon_s : float, default 1.0
        The horizon, s.
    obi_slope_ticks : float, default 0.25
        Expected move of the mid per unit of imbalance over `obi_horizon_s`, ticks; 0 switches the imbalance off.
    obi_horizon_s : float, default 0.1
        Horizon of that fit, s. Quotes that live for less (`interval_ns`) are moved by the share that has built up by
        then: ``min(interval / obi_horizon_s, 1)``.
    obi_levels : int, default 1
        Levels a side in the imbalance, 1 to 32.
    obi_cap : float, default 0.9
        Largest move by the imbalance as a share of the half spread, below 1.
    **quoting
        The parameters of `MarketMaker`: order size, position limit, levels, re-quoting.

    References
    ----------
    M. Avellaneda, S. Stoikov (2008), High-frequency trading in a limit order book, Quantitative Finance 8(3).

    Examples
    --------
    >>> from lumina.strategies import AvellanedaStoikov
    >>> strategy = AvellanedaStoikov(gamma=0.05, sigma=0.8, k=1.2, order_lots=2, max_position_lots=20)
    >>> strategy.params["horizon"]
    'constant'
    """

    gamma: float = 0.1
    sigma: float = 1.0
    k: float = 1.5
    horizon: str = "constant"
    horizon_s: float = 1.0
    obi_slope_ticks: float = 0.25
    obi_horizon_s: float = 0.1
    obi_levels: int = 1
    obi_cap: float = 0.9

    _core_type: ClassVar[type] = _strategies.AvellanedaStoikov
    _choices: ClassVar[dict[str, tuple[str, ...]]] = {"horizon": ("constant", "session", "infinite")}
