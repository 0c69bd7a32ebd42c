from typing import Any

class Strategy:
    """Owner of a `lumina_strategy`."""

    @property
    def capsule(self) -> Any:
        """PyCapsule of the `lumina_strategy`; keeps this object alive."""

class AvellanedaStoikov(Strategy):
    """See `lumina.strategies.AvellanedaStoikov`."""

    def __init__(self, model: dict[str, Any], quoter: dict[str, Any]) -> None: ...

class Glft(Strategy):
    """See `lumina.strategies.GLFT`."""

    def __init__(self, model: dict[str, Any], quoter: dict[str, Any]) -> None: ...

class Symmetric(Strategy):
    """See `lumina.strategies.Symmetric`."""

    def __init__(self, model: dict[str, Any], quoter: dict[str, Any]) -> None: ...

class Callback(Strategy):
    """A `lumina_on_event` at an address."""

    def __init__(self, address: int, wake_mask: int, interval_ns: int, user: int) -> None: ...

def avellaneda_stoikov(q: float, gamma: float, sigma: float, k: float, tau: float) -> tuple[float, float]:
    """Reservation price's distance from the mid, and the half spread, `tau` before the end."""

def reservation_infinite(q: float, gamma: float, sigma: float, q_max: float) -> tuple[float, float]:
    """Bid and ask reservation prices' distances from the mid, with no end, for |q| < q_max."""

def avellaneda_stoikov_infinite(q: float, gamma: float, sigma: float, k: float, q_max: float) -> tuple[float, float]:
    """Bid and ask distances from the mid, with no end."""

def glft(q: float, gamma: float, sigma: float, k: float, A: float, mu: float, xi: float) -> tuple[float, float]:
    """Bid and ask distances from the mid, of Gueant, Lehalle and Fernandez-Tapia, with a drift `mu` and sizes `xi`."""

def gueant(gamma: float, sigma: float, k: float, A: float, D: float) -> tuple[float, float]:
    """Half spread and skew a lot of Gueant's approximation, for order size `D`."""
