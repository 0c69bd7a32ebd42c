# Documented in lumina/indicators.py.
from typing import Any

import numpy as np
import numpy.typing as npt

SIMD: str

def ema(
    x: npt.ArrayLike, alpha: float, out: npt.NDArray[np.floating[Any]] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.ema`."""

def rolling_mean(
    x: npt.ArrayLike, window: int, out: npt.NDArray[np.floating[Any]] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.rolling_mean`."""

def rolling_min(
    x: npt.ArrayLike, window: int, out: npt.NDArray[np.floating[Any]] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.rolling_min`."""

def rolling_max(
    x: npt.ArrayLike, window: int, out: npt.NDArray[np.floating[Any]] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.rolling_max`."""

def rolling_std(
    x: npt.ArrayLike, window: int, ddof: int = 0, out: npt.NDArray[np.floating[Any]] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.rolling_std`."""

def rolling_zscore(
    x: npt.ArrayLike, window: int, ddof: int = 0, out: npt.NDArray[np.floating[Any]] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.rolling_zscore`."""

def vwap(price: npt.ArrayLike, qty: npt.ArrayLike) -> float:
    """See `lumina.indicators.vwap`."""

def cumulative_vwap(
    price: npt.ArrayLike, qty: npt.ArrayLike, out: npt.NDArray[np.floating[Any]] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.cumulative_vwap`."""

def realised_variance(x: npt.ArrayLike) -> float:
    """See `lumina.indicators.realised_variance`."""

def imbalance(
    bid_qty: npt.ArrayLike,
    ask_qty: npt.ArrayLike,
    levels: int | None = None,
    weights: npt.ArrayLike | None = None,
    out: npt.NDArray[np.floating[Any]] | None = None,
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.imbalance`."""

def weighted_mid(
    bid_price: npt.ArrayLike,
    bid_qty: npt.ArrayLike,
    ask_price: npt.ArrayLike,
    ask_qty: npt.ArrayLike,
    levels: int | None = None,
    out: npt.NDArray[np.floating[Any]] | None = None,
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.weighted_mid`."""

def ofi(
    bid_price: npt.ArrayLike,
    bid_qty: npt.ArrayLike,
    ask_price: npt.ArrayLike,
    ask_qty: npt.ArrayLike,
    out: npt.NDArray[np.floating[Any]] | None = None,
) -> npt.NDArray[np.floating[Any]]:
    """See `lumina.indicators.ofi`."""
