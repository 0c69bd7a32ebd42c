"""A constant half spread around the mid."""

import dataclasses
from typing import ClassVar

from lumina._core import _strategies
from lumina.strategies._market_maker import MarketMaker


@dataclasses.dataclass(frozen=True, kw_only=True)
class Symmetric(MarketMaker):
    """Quotes a constant distance from the mid, blind to the inventory but for its limit: the baseline.

    Parameters
    ----------
    half_spread_ticks : float, default 0.5
        Distance of either quote from the mid, ticks. 0.5 is the touch of a book that is one tick wide.
    **quoting
        The parameters of `MarketMaker`: order size, position limit, levels, re-quoting.

    References
    ----------
    M. Avellaneda, S. Stoikov (2008), High-frequency trading in a limit order book, section 3.3.

    Examples
    --------
    >>> from lumina.strategies import Symmetric
    >>> Symmetric(half_spread_ticks=2).half_spread_ticks
    2.0
    """

    half_spread_ticks: float = 0.5

    _core_type: ClassVar[type] = _strategies.Symmetric
