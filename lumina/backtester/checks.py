"""Checks of single configuration values: each takes what the file says and returns what the program uses.

A check raises `Invalid` with the bound that the value broke; `lumina.backtester.config` adds file, key and value.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from lumina.backtester.options import BOUNDS, NS

Check = Callable[[Any], Any]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Invalid(ValueError):
    """A value outside its bound: what is wrong, and where below the key (``.entry.new``) if not at the key."""

    def __init__(self, text: str, value: Any, below: str = "") -> None:
        super().__init__(text)
        self.value = value
        self.below = below


MISSING = object()
"""The value of an `Invalid` for something that is not there."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` for the known name most like this one, else the list of known names."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known here: {', '.join(names)}" if names else ""


def _as_number(value: Any) -> float:
    # YAML 1.1 reads 2e-4 and 1e6 as text: a number that Python can read is meant as one
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise Invalid("must be a number", value) from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Invalid("must be a number", value)
    return value


def number(
    low: float | None = None, high: float | None = None, *, above: float | None = None, infinite: bool = False
) -> Check:
    """A float in [low, high], or greater than `above`."""

    def check(value: Any) -> float:
        found = _as_number(value)
        if math.isnan(found) or (math.isinf(found) and not infinite):
            raise Invalid("must be finite", value)
        _in_bounds(found, value, low, high, above)
        return float(found)

    return check


def integer(low: int | None = None, high: int | None = None) -> Check:
    """A whole number in [low, high]; 1e6 counts as one."""

    def check(value: Any) -> int:
        found = _as_number(value)
        if isinstance(found, float) and (not math.isfinite(found) or found != int(found)):
            raise Invalid("must be a whole number", value)
        _in_bounds(found, value, low, high, None)
        return int(found)

    return check


def bounded(key: str) -> Check:
    """The number of that section and key, as `lumina.backtester.options` bounds it."""
    bound = BOUNDS[key]
    low, above = (None, bound.low) if bound.above else (bound.low, None)
    if bound.is_whole:
        return integer(int(bound.low), int(bound.high))
    return number(low, bound.high, above=above, infinite=math.isinf(bound.high))


def _in_bounds(found: float, value: Any, low: float | None, high: float | None, above: float | None) -> None:
    if low is not None and found < low:
        raise Invalid(f"must be at least {low:g}", value)
    if above is not None and found <= above:
        raise Invalid(f"must be greater than {above:g}", value)
    if high is not None and found > high:
        raise Invalid(f"must be at most {high:g}", value)


def decimal(*, positive: bool = True) -> Check:
    """An exact decimal: a size above 0, or a fee in multiples of 1e-9; returns its text."""

    def check(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise Invalid("must be a number", value)
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            raise Invalid("must be a number", value) from None
        if not found.is_finite():
            raise Invalid("must be finite", value)
        if positive and found <= 0:
            raise Invalid("must be greater than 0", value)
        if not positive and abs(found) > 1:
            raise Invalid("must be between -1 and 1", value)
        if not positive and found * 10**9 % 1:
            raise Invalid("must be a multiple of 1e-9", value)
        return str(value)

    return check


def boolean(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Invalid("must be true or false", value)
    return value


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise Invalid("must be a text", value)
    return value


def choice(*options: str) -> Check:
    """One of some words."""

    def check(value: Any) -> str:
        # YAML 1.1 reads off, no, on and yes as booleans
        word = {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value
        if word not in options:
            hint = nearest(word, options) if isinstance(word, str) else ""
            raise Invalid(f"must be one of {', '.join(options)}" + (hint if "did you mean" in hint else ""), value)
        return str(word)

    return check


def optional(inner: Check) -> Check:
    """null, or what the inner check takes."""

    def check(value: Any) -> Any:
        return None if value is None else inner(value)

    return check


def listing(inner: Check, longest: int = 64, *, least: int = 1) -> Check:
    """A list of `least` to `longest` values."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Invalid("must be a list, such as [1, 10]", value)
        if not least <= len(value) <= longest:
            raise Invalid(f"must have {least} to {longest} entries, has {len(value)}", value)
        found = []
        for index, entry in enumerate(value):
            try:
                found.append(inner(entry))
            except Invalid as error:
                raise Invalid(str(error), error.value, f"[{index}]{error.below}") from None
        return found

    return check


def paths(value: Any) -> str | list[str]:
    """A file name, or a list of them to be read one after the other."""
    if isinstance(value, list):
        names: list[str] = listing(text, longest=10_000)(value)
        return names
    return text(value)


def scalars(value: Any) -> dict[str, Any]:
    """Named parameters with plain values, checked by whoever takes them."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("must be a mapping of names to values", value)
    for name, entry in value.items():
        if not isinstance(name, str) or not NAME.match(name):
            raise Invalid("is not a parameter name (letters, digits and _)", name)
        if not isinstance(entry, (bool, int, float, str, list, type(None))):
            raise Invalid("must be a plain value", entry, f".{name}")
    return dict(value)


_NS = integer(int(NS.low), int(NS.high))
_BINS = 100_000
_MODELS: dict[str, dict[str, Check]] = {
    "constant": {"ns": _NS},
    "lognormal": {"median_ns": integer(1, int(NS.high)), "sigma": number(0, 10), "min_ns": _NS},
    "empirical": {"ns": listing(_NS, _BINS), "counts": listing(integer(0, 2**53), _BINS)},
}
_OPTIONAL = {"min_ns": 0}


def latency(actions: Sequence[str]) -> Check:
    """A constant in ns, a model with its parameters, or one of these for each action."""

    def one(value: Any) -> Any:
        if not isinstance(value, dict):
            try:
                return _NS(value)
            except Invalid as error:
                raise Invalid(f"{error} (a constant in ns, or a mapping)", value) from None
        kind = _below(choice(*_MODELS), value.get("model"), ".model")
        parameters = _MODELS[kind]
        for name in value:
            if name != "model" and name not in parameters:
                raise Invalid(f"unknown key{nearest(str(name), ['model', *parameters])}", MISSING, f".{name}")
        found: dict[str, Any] = {"model": kind}
        for name, check in parameters.items():
            if name not in value and name not in _OPTIONAL:
                raise Invalid("is missing", MISSING, f".{name}")
            found[name] = _below(check, value.get(name, _OPTIONAL.get(name)), f".{name}")
        if kind == "lognormal" and found["min_ns"] > found["median_ns"]:
            raise Invalid(f"must be at most median_ns, {found['median_ns']}", found["min_ns"], ".min_ns")
        if kind == "empirical" and (len(found["ns"]) != len(found["counts"]) or not any(found["counts"])):
            raise Invalid(
                f"must be {len(found['ns'])} numbers, one for each of ns, not all 0", found["counts"], ".counts"
            )
        return found

    def check(value: Any) -> Any:
        if not isinstance(value, dict) or "model" in value or not (value and actions):
            return one(value)
        for name in value:
            if name not in actions:
                raise Invalid(f"unknown key{nearest(str(name), ['model', *actions])}", MISSING, f".{name}")
        for name in actions:
            if name not in value:
                raise Invalid("is missing (give every action)", MISSING, f".{name}")
        return {name: _below(one, value[name], f".{name}") for name in actions}

    return check


def _below(check: Check, value: Any, where: str) -> Any:
    try:
        return check(value)
    except Invalid as error:
        raise Invalid(str(error), error.value, where + error.below) from None
