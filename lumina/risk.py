"""Pre-trade risk: the limits of one instrument. docs/risk.md has every rule; `lumina.RiskGate` judges by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumina.numeric import is_number

DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, kw_only=True)
class RiskLimits:
    """Limits of pre-trade risk for one instrument; None is off, and everything is off by default.

    Money is in integer units: 1e-9 of the settlement currency, for inverse contracts 1e-12 of the coin.

    Parameters
    ----------
    max_order_lots : int, optional
        Largest order, lots.
    max_notional_units : int, optional
        Largest value of one order, units.
    price_band : float, optional
        Largest distance of a limit price from the mid, as a fraction of it; kept in 1e-9.
    max_position_lots : int, optional
        Largest absolute position if every open order of the side were filled, lots.
    max_open_orders : int, optional
        Most orders open at once, both sides.
    max_messages : int, optional
        Most new orders, replaces and cancels in any window of `message_window_ns`. Cancels count, but always pass.
    message_window_ns : int
        ns, at most 2^60.
    max_daily_loss_units : int, optional
        A loss of so much since the day began, position at the mid and fees paid, closes the gate until the next day or
        `RiskGate.reset`; units. What only reduces the position still passes.
    day_start_ns : int
        When a day begins, ns after midnight UTC.
    duplicate_window_ns : int, optional
        A new order of the side, price and quantity of one that left within so many ns is refused; at most 2^60.
    refuse_self_cross : bool
        Refuse an order that would meet an own one on the other side.

    Raises
    ------
    ValueError, TypeError
        With the argument, its value and its bounds.
    """

    max_order_lots: int | None = None
    max_notional_units: int | None = None
    price_band: float | None = None
    max_position_lots: int | None = None
    max_open_orders: int | None = None
    max_messages: int | None = None
    message_window_ns: int = 1_000_000_000
    max_daily_loss_units: int | None = None
    day_start_ns: int = 0
    duplicate_window_ns: int | None = None
    refuse_self_cross: bool = False

    def __post_init__(self) -> None:
        for name in ("max_order_lots", "max_notional_units", "max_position_lots", "max_open_orders", "max_messages",
                     "max_daily_loss_units"):  # fmt: skip
            self._whole(name, 1, 2**63 - 1)
        self._whole("message_window_ns", 1, 2**60, optional=False)
        self._whole("day_start_ns", 0, DAY_NS - 1, optional=False)
        self._whole("duplicate_window_ns", 1, 2**60)
        band = self.price_band
        if band is not None:
            if not is_number(band):
                raise TypeError(f"price_band = {band!r}: must be a number")
            if not 1e-9 <= band <= 1e6:
                raise ValueError(f"price_band = {band!r}: must be in [1e-9, 1e6]")
            object.__setattr__(self, "price_band", float(band))
        if not isinstance(self.refuse_self_cross, bool | np.bool_):
            raise TypeError(f"refuse_self_cross = {self.refuse_self_cross!r}: must be True or False")
        object.__setattr__(self, "refuse_self_cross", bool(self.refuse_self_cross))

    def _whole(self, name: str, low: int, high: int, *, optional: bool = True) -> None:
        value = getattr(self, name)
        if optional and value is None:
            return
        if not is_number(value):
            raise TypeError(f"{name} = {value!r}: must be a whole number")
        if value != value or not low <= value <= high:
            raise ValueError(f"{name} = {value!r}: must be in [{low}, {high}]")
        if value != int(value):
            raise ValueError(f"{name} = {value!r}: must be a whole number")
        object.__setattr__(self, name, int(value))
