"""Indicators over series, by the best vector instructions of the CPU.

Every function takes numpy arrays (or what `numpy.asarray` makes one of) and gives an array of the same length, or
writes it to `out`. The rules are the same for all:

- **Types.** Computed in double. The result is float32 if all inputs are, otherwise float64. Integers are taken as
  float64 (exact up to 2^53); other types are a TypeError.
- **Copies.** C-contiguous arrays of one floating type are read where they are, read-only ones as well. Strided,
  unaligned, byte-swapped, integer and mixed inputs are packed into a copy first.
- **out.** An array of the result's type and shape. It may be strided, and may overlap an input: then the result is
  computed aside and copied.
- **NaN** is in a result if it is in a number that the result is made of; `ema` alone steps over it.
- **A zero denominator** divides as IEEE 754 has it, without a warning: zero by zero is NaN.
- **CPUs.** `SIMD` names the level in use: "scalar", "avx2" or "avx512". All give the same bits. The environment
  variable LUMINA_SIMD forces one, and importing this module fails if the CPU has it not.

The interpreter's lock is free while a function computes.
"""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from lumina._core import _indicators

#: Level of the vector instructions in use.
SIMD: str = _indicators.SIMD

Series = npt.NDArray[np.floating[Any]]


def ema(x: npt.ArrayLike, alpha: float, *, out: Series | None = None) -> Series:
    """Exponential moving average: ``y[i] = alpha * x[i] + (1 - alpha) * y[i - 1]``, ``y[0] = x[0]``.

    Parameters
    ----------
    x : array_like, shape (n,)
    alpha : float
        Weight of the newest element, 0 < alpha <= 1; ``2 / (span + 1)`` for a span.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        In the unit of `x`.

    Raises
    ------
    ValueError
        `alpha` out of its bounds, a shape that is not (n,).
    TypeError
        A type that is neither floating nor integer.

    Notes
    -----
    A NaN leaves the average as it was, so that the result of another indicator, whose first values are NaN, may be
    averaged; before the first number the average is NaN. An infinity stays until it meets the opposite one: then the
    average is NaN, and starts anew with the next number. Eight steps are one prefix scan: a result differs from the
    plain recursion by rounding, of the order of 1e-16 times the largest average so far, over `alpha`.
    """
    return _indicators.ema(x, alpha, out)


def rolling_mean(x: npt.ArrayLike, window: int, *, out: Series | None = None) -> Series:
    """Mean of the last `window` elements.

    Parameters
    ----------
    x : array_like, shape (n,)
    window : int
        At least 1.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        The first ``window - 1`` values are NaN (all, if `window` exceeds n), as is each whose window holds a NaN.

    Raises
    ------
    ValueError
        `window` below 1, a shape that is not (n,).
    TypeError
        A type that is neither floating nor integer, a `window` that is not an integer.

    Notes
    -----
    Sums are merged from parts and nothing is subtracted (van Herk; Gil and Werman), so there is no drift: the error is
    below ``(4 + window / 8) * 2.3e-16`` times the mean of the absolute values in the window, however long the series.
    """
    return _indicators.rolling_mean(x, window, out)


def rolling_std(x: npt.ArrayLike, window: int, *, ddof: int = 0, out: Series | None = None) -> Series:
    """Standard deviation of the last `window` elements.

    Parameters
    ----------
    x : array_like, shape (n,)
    window : int
        At least 1.
    ddof : int
        Squared deviations are summed and divided by ``window - ddof``; 0 <= ddof < window. 0 as in numpy, 1 in pandas.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        The first ``window - 1`` values are NaN, as is each whose window holds a NaN or an infinity. Exactly 0 where
        all elements of the window are equal.

    Raises
    ------
    ValueError
        `window` below 1, `ddof` out of its bounds, a shape that is not (n,).
    TypeError
        A type that is neither floating nor integer, a `window` or `ddof` that is not an integer.

    Notes
    -----
    Parts are merged after Chan, Golub and LeVeque, "Algorithms for computing the sample variance" (1983), with means
    kept as distances between elements of the window: an offset common to all elements costs no digit. Deviations
    whose squares overflow (beyond 1e154) give NaN, those whose squares underflow (below 1e-162) count as 0.
    """
    return _indicators.rolling_std(x, window, ddof, out)


def rolling_zscore(x: npt.ArrayLike, window: int, *, ddof: int = 0, out: Series | None = None) -> Series:
    """Distance of each element from the mean of the last `window` elements, itself among them, in deviations.

    ``(x[i] - mean) / std``, with the mean and deviation of the window that ends with ``x[i]``.

    Parameters
    ----------
    x : array_like, shape (n,)
    window : int
        At least 1.
    ddof : int
        As of `rolling_std`.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        NaN where the deviation of `rolling_std` is NaN or 0.

    Raises
    ------
    ValueError
        `window` below 1, `ddof` out of its bounds, a shape that is not (n,).
    TypeError
        A type that is neither floating nor integer, a `window` or `ddof` that is not an integer.
    """
    return _indicators.rolling_zscore(x, window, ddof, out)


def rolling_min(x: npt.ArrayLike, window: int, *, out: Series | None = None) -> Series:
    """Least of the last `window` elements.

    Parameters
    ----------
    x : array_like, shape (n,)
    window : int
        At least 1.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        The first ``window - 1`` values are NaN, as is each whose window holds a NaN. Time does not depend on the data.

    Raises
    ------
    ValueError
        `window` below 1, a shape that is not (n,).
    TypeError
        A type that is neither floating nor integer, a `window` that is not an integer.
    """
    return _indicators.rolling_min(x, window, out)


def rolling_max(x: npt.ArrayLike, window: int, *, out: Series | None = None) -> Series:
    """Greatest of the last `window` elements; otherwise as `rolling_min`.

    Parameters
    ----------
    x : array_like, shape (n,)
    window : int
        At least 1.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        The first ``window - 1`` values are NaN, as is each whose window holds a NaN. Time does not depend on the data.

    Raises
    ------
    ValueError
        `window` below 1, a shape that is not (n,).
    TypeError
        A type that is neither floating nor integer, a `window` that is not an integer.
    """
    return _indicators.rolling_max(x, window, out)


@overload
def vwap(price: npt.ArrayLike, qty: npt.ArrayLike, cumulative: Literal[False] = False) -> float: ...
@overload
def vwap(
    price: npt.ArrayLike, qty: npt.ArrayLike, cumulative: Literal[True], *, out: Series | None = None
) -> Series: ...
def vwap(
    price: npt.ArrayLike, qty: npt.ArrayLike, cumulative: bool = False, *, out: Series | None = None
) -> float | Series:
    """Volume-weighted average price: ``sum(price * qty) / sum(qty)``.

    Parameters
    ----------
    price, qty : array_like, shape (n,)
        Of trades.
    cumulative : bool
        Up to each trade instead of over all of them.
    out : ndarray, shape (n,), optional
        With `cumulative` only.

    Returns
    -------
    float, or ndarray of shape (n,)
        In the unit of `price`. NaN while no quantity has been traded, and from the first NaN on.

    Raises
    ------
    ValueError
        Shapes that are not (n,) or differ, `out` without `cumulative`.
    TypeError
        A type that is neither floating nor integer.

    Notes
    -----
    Running sums are carried in two doubles: the error does not grow with the number of trades.
    """
    if cumulative:
        return _indicators.cumulative_vwap(price, qty, out)
    if out is not None:
        raise ValueError("out is for cumulative=True: the average of all trades is one number")
    return _indicators.vwap(price, qty)


def imbalance(
    bid_qty: npt.ArrayLike,
    ask_qty: npt.ArrayLike,
    levels: int | None = None,
    *,
    weights: npt.ArrayLike | None = None,
    out: Series | None = None,
) -> Series:
    """Order-book imbalance: ``(bid - ask) / (bid + ask)`` of the quantities, -1 (asks only) to 1 (bids only).

    Parameters
    ----------
    bid_qty, ask_qty : array_like, shape (n,) or (n, l)
        Quantities at the touch, or at the best l levels from the touch outwards; 0 where there is no level.
    levels : int, optional
        Sum over the first `levels` of l, 1 to l; all by default.
    weights : array_like, shape (levels,), optional
        Weight of each level's quantity, finite; 1 by default. ``exp(-0.5 * arange(levels))`` favours the touch.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        NaN where both sides are empty.

    Raises
    ------
    ValueError
        Shapes that differ or have other than 1 or 2 dimensions, `levels` out of its bounds, `weights` that are not one
        a level or not finite.
    TypeError
        A type that is neither floating nor integer.
    """
    return _indicators.imbalance(bid_qty, ask_qty, levels, weights, out)


def weighted_mid(
    bid_price: npt.ArrayLike,
    bid_qty: npt.ArrayLike,
    ask_price: npt.ArrayLike,
    ask_qty: npt.ArrayLike,
    levels: int | None = None,
    *,
    out: Series | None = None,
) -> Series:
    """Mid-price weighted by the opposite quantities: ``(bid * ask_qty + ask * bid_qty) / (bid_qty + ask_qty)``.

    Also called micro-price. Of several levels, both sums run over them: the volume-adjusted mid-price (VAMP).

    Parameters
    ----------
    bid_price, bid_qty, ask_price, ask_qty : array_like, shape (n,) or (n, l)
        Of the touch, or of the best l levels from the touch outwards.
    levels : int, optional
        Use the first `levels` of l, 1 to l; all by default.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the prices. NaN where both sides are empty, and where a price is NaN.

    Raises
    ------
    ValueError
        Shapes that differ or have other than 1 or 2 dimensions, `levels` out of its bounds.
    TypeError
        A type that is neither floating nor integer.
    """
    return _indicators.weighted_mid(bid_price, bid_qty, ask_price, ask_qty, levels, out)


def ofi(
    bid_price: npt.ArrayLike,
    bid_qty: npt.ArrayLike,
    ask_price: npt.ArrayLike,
    ask_qty: npt.ArrayLike,
    *,
    out: Series | None = None,
) -> Series:
    """Order-flow imbalance of the touch, change by change.

    A bid at least as high as before adds its quantity, one at most as high takes off the quantity before; asks count
    the other way round. An unchanged price so adds the change of its quantity. With ``'`` for the state before::

        [bid >= bid'] bid_qty - [bid <= bid'] bid_qty' - [ask <= ask'] ask_qty + [ask >= ask'] ask_qty'

    Parameters
    ----------
    bid_price, bid_qty, ask_price, ask_qty : array_like, shape (n,)
        States of the touch, in order.
    out : ndarray, shape (n,), optional

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the quantities. The first value is NaN, there being no state before it, as is each with a NaN
        among its eight numbers.

    Raises
    ------
    ValueError
        Shapes that are not (n,) or differ.
    TypeError
        A type that is neither floating nor integer.

    References
    ----------
    Cont, Kukanov and Stoikov, "The price impact of order book events", Journal of Financial Econometrics 12 (2014).
    """
    return _indicators.ofi(bid_price, bid_qty, ask_price, ask_qty, out)


def realised_variance(x: npt.ArrayLike) -> float:
    """Realised variance: the sum of squared steps of `x`, ``sum((x[i] - x[i - 1]) ** 2)``.

    Parameters
    ----------
    x : array_like, shape (n,)
        Logarithms of prices, for the variance of returns; prices, for that of price changes.

    Returns
    -------
    float
        In the squared unit of `x`; 0 below two elements, NaN with a NaN among them.

    Raises
    ------
    ValueError
        A shape that is not (n,).
    TypeError
        A type that is neither floating nor integer.
    """
    return _indicators.realised_variance(x)


__all__ = [
    "SIMD",
    "ema",
    "imbalance",
    "ofi",
    "realised_variance",
    "rolling_max",
    "rolling_mean",
    "rolling_min",
    "rolling_std",
    "rolling_zscore",
    "vwap",
    "weighted_mid",
]
