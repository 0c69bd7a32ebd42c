"""Numbers that callers give: Python's, numpy's, decimals, fractions; else an error that names argument and bound."""

from __future__ import annotations

import math
import numbers
from decimal import Decimal
from typing import Any

import numpy as np

from lumina.errors import ConfigError, LuminaError


def is_number(value: Any) -> bool:
    """A real number of whatever type, True and False not among them."""
    return isinstance(value, numbers.Real | Decimal | np.number) and not isinstance(value, bool | np.bool_)


def plain(value: Any) -> Any:
    """numpy's scalars as Python's, which compare with any bound; everything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def real(
    name: str, value: Any, low: float, high: float, *, above: bool = False, error: type[LuminaError] = ConfigError
) -> float:
    """`value` as a float in [low, high], or above `low`.

    Raises
    ------
    error
        Naming name, value and bound.
    """
    value = plain(value)
    if not is_number(value) or value != value:
        raise error(f"{name} = {value!r}: must be a number{_hint(value)}")
    if not (low < value if above else low <= value) or not value <= high:
        raise error(f"{name} = {value!r}: must be a number in {'(' if above else '['}{low:g}, {high:g}]")
    return float(value)


def whole(name: str, value: Any, low: int, high: int, *, error: type[LuminaError] = ConfigError) -> int:
    """`value` as an int in [low, high]; a float without a fraction is one.

    Raises
    ------
    error
        Naming name, value and bound.
    """
    value = plain(value)
    if not is_number(value) or not _has_no_fraction(value):
        raise error(f"{name} = {value!r}: must be a whole number{_hint(value)}")
    if not low <= value <= high:
        raise error(f"{name} = {value!r}: must be a whole number in [{low}, {high}]")
    return int(value)


def flag(name: str, value: Any, *, error: type[LuminaError] = ConfigError) -> bool:
    """`value` as a bool, numpy's among them.

    Raises
    ------
    error
        Naming name and value.
    """
    if not isinstance(value, bool | np.bool_):
        raise error(f"{name} = {value!r}: must be True or False")
    return bool(value)


def _has_no_fraction(value: Any) -> bool:
    if isinstance(value, numbers.Integral):  # of any size: no float holds them all
        return True
    return math.isfinite(value) and bool(value == int(value))


def _hint(value: Any) -> str:
    return ", not a text" if isinstance(value, str) else ""
