from typing import Any

import numpy as np
from numpy.typing import NDArray

VIOLATIONS: tuple[tuple[str, str], ...]

def checksum(data: NDArray[np.uint8]) -> str:
    """The checksum of `lumina/checksum.hpp` over bytes, as 16 hexadecimal digits."""

def check(
    rows: NDArray[Any], min_price_ticks: int, max_price_ticks: int
) -> tuple[dict[str, tuple[int, str, list[tuple[int, int, int]]]], dict[str, Any]]: ...

class LevelTotals:
    def push(self, rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
