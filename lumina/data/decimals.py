"""Decimal texts of a venue onto the grid of ticks or lots, exactly."""

import functools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lumina.data.instrument import text as spell
from lumina.errors import argument

_DECIMAL = re.compile(r"([0-9]{1,24})(?:\.([0-9]{1,24}))?(?:[eE]([+-]?[0-9]{1,2}))?", re.ASCII)
_MAX_PLACES = 30
_CACHE = 1 << 20
_MAX_WIDTH = 19  # 18 digits and a point: within 63 bits
# Of so many numbers taken at random, one in 250 sets has a common factor by chance.
_FEW = 8


class BadNumber(ValueError):
    """A text that is no number of the grid; `text` is what stood there."""

    def __init__(self, text: object, why: str) -> None:
        super().__init__(f"{text!r} {why}")
        self.text = text


class OffGrid(BadNumber):
    """A number between two steps."""


# Steps of a number that is out of range and to be left out.
OUT = 1 << 62


@dataclass
class Rounding:
    """Numbers that were rounded: how many, and the largest change."""

    count: int = 0
    largest: Fraction = Fraction(0)


class Grid(dict[str, int]):
    """Whole steps of a decimal text: `grid["61800.20"]`; what was looked up is remembered.

    Parameters
    ----------
    step : Fraction
        Size of a step.
    bound : int
        Most steps allowed.
    name : str
        Of the step, for errors.
    drop : bool
        A number over the bound is `OUT`, and not an error.
    rounding : Rounding, optional
        Numbers between two steps become the nearest, one step at least unless `signed`, and are told here; otherwise
        an error.
    signed : bool
        A number may be below 0; otherwise that is an error.

    Attributes
    ----------
    out : int
        How often a number looked up one by one was `OUT`.
    """

    def __init__(
        self,
        step: Fraction,
        bound: int,
        name: str,
        *,
        drop: bool = False,
        rounding: Rounding | None = None,
        signed: bool = False,
    ) -> None:
        super().__init__()
        self.step, self.signed, self.out, self._most = step, signed, 0, 0
        self.bound, self._name, self._drop, self._rounding = bound, name, drop, rounding

    def __missing__(self, text: str) -> int:
        digits, scale = _parts(text, self.signed)
        steps, rest = divmod(digits * self.step.denominator, scale * self.step.numerator)
        if rest:
            # not remembered, so that each is counted
            return self._between(text, Fraction(digits, scale))
        if abs(steps) > self.bound:
            return self.over(text)
        if len(self) >= _CACHE:
            self.clear()
        self[text] = steps
        return steps

    def many(self, texts: Sequence[str]) -> NDArray[np.int64] | None:
        """Steps of many numbers at once; None where one of them is not plain, or an error, or to be rounded."""
        steps = column(texts, 1 / self.step)
        if steps is None:
            return None
        most = int(steps.max())
        if most <= self.bound:
            self._most = max(self._most, most)
            return steps
        return np.where(steps > self.bound, OUT, steps) if self._drop else None

    def _between(self, text: str, value: Fraction) -> int:
        if self._rounding is None:
            needed = common_step(value, self.step)
            rounds = "option " + argument("round_lots" if self._name == "lot_size" else "round_prices")
            # the finer step must hold what was read before
            most = max(self._most, max(map(abs, self.values()), default=0)) * self.step
            finer = (
                f"{argument(self._name)} {spell(needed)}, or " if max(most, abs(value)) <= self.bound * needed else ""
            )
            raise OffGrid(text, f"is no multiple of {self._name} {spell(self.step)}; remedy: {finer}{rounds}")
        steps = round(value / self.step) if self.signed else max(round(value / self.step), 1)
        if abs(steps) > self.bound:
            return self.over(text)
        self._rounding.count += 1
        self._rounding.largest = max(self._rounding.largest, abs(steps * self.step - value))
        return steps

    def over(self, text: str) -> int:
        """What a number over the bound is."""
        if not self._drop:
            raise BadNumber(
                text,
                f"is over {self.bound} steps of {self._name} {spell(self.step)}; remedy: option "
                f"{argument('out_of_range', 'drop')}",
            )
        self.out += 1
        return OUT


def decimal(text: object) -> Fraction:
    """Value of a decimal text, with an exponent or none; BadNumber otherwise."""
    return Fraction(*_parts(text, True))


def column(texts: Sequence[str], ratio: Fraction) -> NDArray[np.int64] | None:
    """Decimal texts times `ratio`, exactly; None where one is no plain number, or the product is not whole.

    No text holds a NUL.
    """
    try:
        fields = np.array(texts, "S")
    except UnicodeEncodeError:
        return None
    width = fields.dtype.itemsize
    if not len(fields) or width > _MAX_WIDTH:
        return None
    characters = np.ascontiguousarray(fields.view(np.uint8).reshape(len(fields), width).T)
    value = np.zeros(len(fields), np.int64)
    places, points, digits = (np.zeros(len(fields), np.int8) for _ in range(3))
    for row in characters:
        digit = row - 48 < 10  # wraps below
        point = row == 46
        if not (digit | point | (row == 0)).all():
            return None
        value = np.where(digit, value * 10 + (row - 48), value)
        places += digit & (points > 0)
        points += point
        digits += digit
    # a point has digits on both sides
    if (points > 1).any() or ((points == 1) & ((places == 0) | (places == digits))).any() or not digits.all():
        return None
    for n in np.unique(places).tolist():
        mine = places == n
        part = ratio / 10**n
        some = value[mine]
        if part.denominator >= 2**63 or int(some.max()) * part.numerator >= 2**63:
            return None
        whole, rest = np.divmod(some * part.numerator, part.denominator)
        if rest.any():
            return None
        value[mine] = whole
    return value


def _parts(text: object, signed: bool) -> tuple[int, int]:
    """The text as a fraction that is not reduced."""
    if not isinstance(text, str):
        raise BadNumber(text, "is not a decimal in quotes")
    negative = text.startswith("-")
    match = _DECIMAL.fullmatch(text[negative:])
    if match is None or (negative and not signed):
        raise BadNumber(text, "is negative" if match else "is not a plain decimal number")
    whole, places, exponent = match.groups("")
    power = int(exponent or 0) - len(places)
    if abs(power) > _MAX_PLACES:
        raise BadNumber(text, f"is not a plain decimal number: over {_MAX_PLACES} places")
    digits = -int(whole + places) if negative else int(whole + places)
    return (digits * 10**power, 1) if power >= 0 else (digits, 10**-power)


def infer_step(texts: Iterable[str]) -> Fraction:
    """Greatest common divisor of the numbers; of few numbers, the largest power of ten up to 1 that divides them all.

    The step can be coarser than the venue's where the numbers seen share a factor: an `OffGrid` then names the step
    that the number needs.
    """
    values = {abs(value) for value in map(decimal, texts) if value}
    if not values:
        return Fraction(1)
    step = functools.reduce(common_step, values)
    if len(values) >= _FEW:
        return step
    scale = 1
    while scale % step.denominator:
        scale *= 10
    return Fraction(1, scale)


def common_step(a: Fraction, b: Fraction) -> Fraction:
    """Largest step that divides both."""
    return Fraction(math.gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)
