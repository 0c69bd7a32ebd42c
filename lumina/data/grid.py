"""Floats onto the grid of ticks or lots."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# A float that stands for a decimal is this near to it at any price a row can hold (2^30 ticks), in ticks.
_TOLERANCE = 1e-5


def to_grid(values: NDArray[np.float64], step: Fraction) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Nearest whole number of steps of each value, and where a value lies between steps.

    Values that are not finite come back as they are, and not as off the grid.
    """
    steps = values * float(step.denominator) / float(step.numerator) if step.numerator < 2**53 else values / float(step)
    near = np.rint(steps)
    with np.errstate(invalid="ignore"):
        off = np.abs(steps - near) > _TOLERANCE
    return near, off


def from_grid(steps: NDArray[np.integer], step: Fraction) -> NDArray[np.float64]:
    """The float nearest to `steps * step`, as long as the product has no more than 53 bits."""
    return steps.astype(np.float64) * float(step.numerator) / float(step.denominator)
