"""Gueant-Lehalle-Fernandez-Tapia market making."""

import dataclasses
from typing import ClassVar

from lumina._core import _strategies
from lumina.strategies._market_maker import MarketMaker


@dataclasses.dataclass(frozen=True, kw_only=True)
class GLFT(MarketMaker):
    r"""The closed-form quotes of the market maker with limited inventory, far from the horizon.

    With :math:`q` the position in orders and distances from the mid in ticks,

    .. math:: \delta_b = c + \tfrac{\xi}2 + \left(-\tfrac{\mu}{\gamma\sigma^2} + \tfrac{2q+1}2\right) m, \quad
              \delta_a = c + \tfrac{\xi}2 + \left(\tfrac{\mu}{\gamma\sigma^2} - \tfrac{2q-1}2\right) m,

    :math:`c = \tfrac1\gamma \ln(1 + \tfrac\gamma k)`,
    :math:`m = e^{k\xi/4} \sqrt{\tfrac{\sigma^2 \gamma}{2kA} (1 + \tfrac\gamma k)^{1 + k/\gamma}}`.

    Unlike in Avellaneda-Stoikov, the skew per order `m` comes from the flow: the risk is held until the next
    fills, not until a horizon. Quantities count in orders, so these are Gueant's (2016) quotes for an order
    size of 1 where mu and xi are 0.

    Parameters
    ----------
    gamma : float, default 0.1
        Risk aversion, 1 / (tick * order).
    sigma : float, default 1.0
        Volatility of the mid, ticks per square root of a second.
    k : float, default 1.5
        Decay of the fill intensity A exp(-k d) with the distance d from the mid, 1/tick.
    A : float, default 1.0
        Fills of one order per second and side at the mid, 1/s.
    mu : float, default 0.0
        Drift of the mid, ticks/s.
    xi : float, default 0.0
        Move of the mid by an own fill, ticks.
    **quoting
        The parameters of `MarketMaker`: order size, position limit, levels, re-quoting.

    References
    ----------
    O. Gueant, C.-A. Lehalle, J. Fernandez-Tapia (2013), Dealing with the inventory risk: a solution to the
    market making problem, Mathematics and Financial Economics 7(4).
    O. Gueant (2016), The Financial Mathematics of Market Liquidity, CRC Press.

    Examples
    --------
    >>> from lumina.strategies import GLFT
    >>> GLFT(sigma=0.6, A=1.8, order_lots=1).params["A"]
    1.8
    """

    gamma: float = 0.1
    sigma: float = 1.0
    k: float = 1.5
    A: float = 1.0
    mu: float = 0.0
    xi: float = 0.0

    _core_type: ClassVar[type] = _strategies.Glft
