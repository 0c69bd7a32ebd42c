"""Series that are hard on kernels: each length to 130, and what rounds, overflows, or is not a number."""

import math

import numpy as np

LENGTHS = range(131)
WINDOWS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15, 16, 20, 23, 24, 31, 32, 33, 40, 41, 47, 63, 64, 77, 100, 128, 130)


def series(seed=1):
    """Name -> series of 130 doubles."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=130)
    with_nan, with_infinities, with_both = noise.copy(), noise.copy(), noise.copy()
    with_nan[[0, 1, 40, 41, 77, 129]] = math.nan
    with_infinities[[20, 60, 61]] = math.inf
    with_infinities[[64, 90]] = -math.inf
    with_both[[5, 70]] = math.nan
    with_both[[3, 71, 100]] = -math.inf
    jump = noise.copy()
    jump[65:] += 1e9
    return {
        "noise": noise,
        "offset": 1e9 + noise,
        "jump": jump,
        "walk": 1e4 + noise.cumsum(),
        "ticks": 100 + np.round(noise.cumsum() * 0.3) / 100,
        "constant": np.full(130, 0.1),
        "denormal": noise * 5e-324 * 1e6,
        "tiny": noise * 1e-150,
        "large": noise * 1e150,
        "nan": with_nan,
        "infinite": with_infinities,
        "nan and infinite": with_both,
        "all nan": np.full(130, math.nan),
        "zeros": np.where(noise > 0, 0.0, -0.0),
        "alternating": np.where(np.arange(130) % 2, 1e16, -1e16) + noise,
    }


def book(x, seed=2):
    """Touches of the book around prices x."""
    rng = np.random.default_rng(seed)
    n = len(x)
    return x, rng.integers(0, 5, n).astype(float), x + rng.integers(1, 3, n), rng.integers(0, 5, n).astype(float)
