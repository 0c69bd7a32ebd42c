from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

QUEUE_MODELS: dict[str, int]

class QueueModel:
    """Queue position on L2 data, lumina/backtest/queue_model.hpp: quantities in lots, `unit` base units a lot."""

    def __init__(
        self, model: str = "power3", n: float = 3.0, *, unit: float = 1.0, exact_back: bool = False
    ) -> None: ...
    def after_depth(self, front: float, prev: float, new: float, cum: float = 0.0) -> float:
        """Quantity ahead after a depth row moved the level from prev to new, cum lots of it printed before."""
    def after_trade(self, front: float, qty: float, displayed: float) -> float:
        """Quantity ahead after a print of qty at the price."""

class LatencySampler:
    """Latencies in ns, lumina/backtest/latency_model.hpp; the same (seed, stream) gives the same sequence."""

    @staticmethod
    def from_constant(ns: int) -> LatencySampler:
        """Always ns."""
    @staticmethod
    def from_lognormal(
        median_ns: int, sigma: float, min_ns: int = 0, *, seed: int = 0, stream: int = 0
    ) -> LatencySampler:
        """max(min_ns, median_ns * exp(sigma * z)), z standard normal."""
    @staticmethod
    def from_histogram(
        ns: Sequence[int] | npt.NDArray[np.int64],
        counts: Sequence[int] | npt.NDArray[np.uint64],
        *,
        seed: int = 0,
        stream: int = 0,
    ) -> LatencySampler:
        """ns strictly increasing, drawn in proportion to counts."""
    @property
    def constant(self) -> bool:
        """Is it the same each time?"""
    def sample(self, n: int) -> npt.NDArray[np.int64]:
        """The next n latencies, shape (n,)."""

class TransientImpact:
    """Transient square-root impact, lumina/backtest/impact.hpp: quantities in base units, times in ns."""

    def __init__(
        self,
        y: float,
        sigma_daily: float,
        volume_daily: float,
        weights: Sequence[float],
        taus_s: Sequence[float],
        step_ns: int = 100_000_000,
    ) -> None: ...
    def decay_to(self, ts_ns: int) -> None:
        """Let the impact decay until a time that does not go back."""
    def push(self, signed_qty: float) -> float:
        """Trades signed_qty now; returns the integral of I - I0 over it, base units times relative price."""
    @property
    def relative(self) -> float:
        """I, signed, relative to the price."""
    @property
    def active(self) -> bool:
        """Is there any impact left?"""
    def next_grid(self, ts_ns: int) -> int:
        """First multiple of step_ns after ts_ns."""

class ContractValue:
    """Integer value of quantities, lumina/contract_value.hpp: prices in half ticks, num/den units a lot and tick."""

    def __init__(self, num: int, den: int = 1, *, inverse: bool = False) -> None: ...
    def value(self, price2: int, qty_lots: int) -> int:
        """Signed units, rounded half to even; of an inverse contract -qty * num / (den * price)."""
    def position_value(self, price2: int, qty_lots: int) -> int:
        """The same, signed like the position."""
    def cost(self, price2: int, lots: float) -> int:
        """Units of a real, non-negative quantity, rounded up."""

def fee(rate_e9: int, value: int) -> int:
    """ceil(rate * |value|): costs round up, rebates down."""

class Account:
    """The accounts of one instrument, lumina/backtest/accounting.hpp; sides as in `lumina.Side`."""

    def __init__(self, contract: ContractValue) -> None: ...
    def on_fill(
        self, side: int, price_ticks: int, qty_lots: int, mid2: int | None, fee_rate_e9: int = 0, impact_units: int = 0
    ) -> dict[str, int]:
        """Book a fill; what it changed by name, units (position in lots). `mid2` None is no mid."""
    def mark(self, mid2: int | None) -> None:
        """Value the position at a mid, in half ticks; None leaves it as it is."""
    def funding(self, rate_e9: int, mid2: int | None) -> None:
        """Pay `rate_e9` 1e-9 of the position's value at the mid."""
    def totals(self) -> dict[str, int]:
        """The accounts by name, units."""
    def liquidation(self, price2: int) -> int:
        """Units that closing at a price, in half ticks, would bring."""
    @property
    def position_lots(self) -> int:
        """Signed."""
    @property
    def overflow(self) -> bool:
        """An account went beyond 64 bits."""
