"""How numbers of a venue are fitted into the rows of a tape: what is out of range, and what is finer than a step."""

from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumina.data.decimals import OUT, BadNumber, Grid, Rounding, decimal, infer_step
from lumina.data.grid import to_grid
from lumina.data.instrument import Instrument, text
from lumina.data.kinds import MAX_PRICE_TICKS
from lumina.data.source import MAX_LOTS
from lumina.errors import DataError, argument

# Of each step: how often it fits a row, the share of numbers over that that may be left out, what they are, and the
# remedy. The far levels of a book may be many; a quantity is missed wherever it stands.
_RANGES: dict[str, tuple[int, Fraction, str, str]] = {
    "tick_size": (
        MAX_PRICE_TICKS,
        Fraction(1, 2),
        "prices",
        f"a larger {argument('tick_size')}, with option {argument('round_prices')}",
    ),
    "lot_size": (
        MAX_LOTS,
        Fraction(1, 100),
        "quantities",
        f"option {argument('round_lots')}, without {argument('lot_size')}",
    ),
}


class Fit:
    """Rules of one import, and what they did.

    Parameters
    ----------
    out_of_range : {"drop", "error"}
        What a price over 2^30 ticks, or a quantity over 2^31 - 1 lots, is: left out and counted, or an error. A level
        whose new quantity is out of range leaves the book.
    round_lots : bool
        Quantities between two lots become the nearest, one lot at least; otherwise they are an error.
    round_prices : bool
        Prices between two ticks become the nearest; otherwise those of a book are an error, those of prints hidden.
    signed : bool
        The format can hold prices at and below 0 (SEMANTICS T1b); of an inverse contract they are an error all the
        same.

    Attributes
    ----------
    left_out : Counter
        What was left out, by what it was.
    """

    def __init__(
        self,
        out_of_range: str = "drop",
        round_lots: bool = False,
        round_prices: bool = False,
        *,
        signed: bool = False,
    ) -> None:
        if out_of_range not in ("drop", "error"):
            raise DataError(f"option {argument('out_of_range')} = {out_of_range!r} is neither drop nor error")
        self.drop, self.round_lots, self.round_prices = out_of_range == "drop", round_lots, round_prices
        self._signed = signed
        self.left_out: Counter[str] = Counter()
        self._rounded: dict[str, tuple[Rounding, Fraction]] = {}

    def grids(self, instrument: Instrument) -> tuple[Grid, Grid]:
        """Grids of prices and of quantities; those of several feeds count together."""
        return (
            self._grid(
                "prices",
                instrument.tick_size,
                MAX_PRICE_TICKS,
                "tick_size",
                self.round_prices,
                self._signed and not instrument.inverse,
            ),
            self._grid("quantities", instrument.lot_size, MAX_LOTS, "lot_size", self.round_lots, False),
        )

    def step(self, name: str, texts: Iterable[str]) -> Fraction:
        """The tick_size or lot_size of numbers; DataError where the numbers cannot tell it."""
        if name == "tick_size":
            if self.round_prices:
                raise DataError(f"option {argument('round_prices')} needs {argument('tick_size')}")
            return infer_step(texts)
        step = infer_step(texts)
        if self.round_lots:
            values = sorted(map(decimal, texts))
            # so that what is a hundred times as large as nearly all of them fits too
            usual = values[len(values) * 99 // 100] * 100
            coarse = Fraction(1, 10**30)
            while coarse * MAX_LOTS < usual:
                coarse *= 10
            if values[-1] > step * MAX_LOTS:
                return max(step, coarse)
        return step

    def check(self, name: str, step: Fraction, texts: Iterable[str]) -> None:
        """DataError where so much of the numbers is over the range of a row that no use is left of the rest."""
        bound, share, what, remedy = _RANGES[name]
        try:
            values = [decimal(text) for text in texts]
        except BadNumber:
            return  # the row is named when it is read
        over = [value for value in values if abs(value) > step * bound]
        if len(over) > 1 + share * len(values):
            raise DataError(
                f"{len(over)} of {len(values)} {what} are over {bound} times {name} {text(step)}, the largest is "
                f"{text(max(over, key=abs))}; remedy: {remedy}"
            )

    def levels(self, levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Totals of levels (ticks, lots), without those out of range; one whose total is out of range leaves."""
        self.left_out["levels"] += sum(OUT in level for level in levels)
        return [(price, 0 if lots == OUT else lots) for price, lots in levels if price != OUT]

    def floats(
        self, values: NDArray[np.float64], grid: Grid, free: NDArray[np.bool_], where: Callable[[int, str], DataError]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Whole steps of floats (`OUT` where out of range), and which of them lie between two steps.

        Parameters
        ----------
        values : ndarray
            Finite.
        grid : Grid
            One of `grids`.
        free : ndarray of bool
            What may lie between two steps, and is for the caller to round.
        where : callable
            Of the index of a number and what is wrong with it: the error to raise.
        """
        steps, off = to_grid(values, grid.step)
        try:
            for i in np.flatnonzero(off & ~free).tolist():
                steps[i] = grid[repr(float(values[i]))]
            i = -1
            for i in np.flatnonzero((np.abs(steps) > grid.bound) & (steps != OUT)).tolist():
                steps[i] = grid.over(repr(float(values[i])))
        except BadNumber as error:
            raise where(i, str(error)) from None
        return steps, off & free

    def record(self) -> dict[str, Any]:
        """For the provenance: what was left out, and how many numbers were rounded by how much at most."""
        left_out = {name: n for name, n in sorted(self.left_out.items()) if n}
        rounded = {
            name: f"{rounding.count} to multiples of {text(step)}, by {text(rounding.largest)} at most"
            for name, (rounding, step) in self._rounded.items()
            if rounding.count
        }
        return {**({"left_out": left_out} if left_out else {}), **({"rounded": rounded} if rounded else {})}

    def _grid(self, what: str, step: Fraction, bound: int, name: str, rounds: bool, signed: bool) -> Grid:
        rounding = self._rounded.setdefault(what, (Rounding(), step))[0] if rounds else None
        return Grid(step, bound, name, drop=self.drop, rounding=rounding, signed=signed)
