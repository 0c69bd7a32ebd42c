from collections.abc import Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

class Histogram:
    """Counts of whole values, such as latencies in ns, in logarithmic buckets (``lumina/histogram.hpp``).

    A power of two is split into ``2**precision_bits`` equal buckets, so that a value is known to
    `relative_error` of itself, over all values from 0 to 2^63 - 1; below ``2**(precision_bits + 1)`` it is
    exact. Count, sum, mean, least and greatest value are exact always. Recording allocates nothing.

    Parameters
    ----------
    precision_bits : int
        From 1 to 14. Memory is ``8 * (64 - precision_bits) * 2**precision_bits`` bytes: 57 kB at 7.

    Notes
    -----
    One owner thread records; give others a `copy`. The buckets are those of HdrHistogram's kind: equal parts
    of powers of two.

    Examples
    --------
    >>> h = Histogram()
    >>> h.record_many([900, 1_000, 1_100, 250_000])
    0
    >>> h.percentile(50), h.max
    (1003, 250000)
    >>> lumina.Latency(entry=h.to_empirical())  # a measured latency is a model
    """

    def __init__(self, precision_bits: int = 7) -> None: ...
    def record(self, value: int, times: int = 1) -> bool:
        """Record a value; False, and only `negatives` counts it, where it is below 0."""
    def record_corrected(self, value: int, expected_interval: int) -> bool:
        """Record a value and the samples that it kept from being taken (coordinated omission).

        Of a loop that takes a sample each `expected_interval`: also ``value - k * expected_interval`` for
        k = 1, 2, ... down to `expected_interval`. An interval of 0 or less corrects nothing.
        """
    def record_many(self, values: ArrayLike, expected_interval: int = 0) -> int:
        """`record_corrected` for each of an array of shape (n,); returns how many were negative."""
    def merge(self, other: Histogram) -> None:
        """Add what another histogram recorded; ValueError where its `precision_bits` differ."""
    def copy(self) -> Histogram:
        """The same, apart."""
    def reset(self) -> None:
        """Forget everything recorded."""
    @overload
    def percentile(self, percent: float) -> int: ...
    @overload
    def percentile(self, percent: Sequence[float] | NDArray[np.float64]) -> NDArray[np.int64]:
        """Value that `percent` of the values, in [0, 100], do not exceed.

        The upper end of the bucket of that rank, and no more than `max`: never below the exact
        percentile, and above it by `relative_error` at most. 0 of an empty histogram.
        """
    def value_at_rank(self, rank: int) -> int:
        """The rank-th smallest value, rank in [1, count], as `percentile` gives it."""
    @property
    def precision_bits(self) -> int:
        """As given."""
    @property
    def relative_error(self) -> float:
        """``2**-precision_bits``."""
    @property
    def count(self) -> int:
        """How many values were recorded."""
    @property
    def negatives(self) -> int:
        """Values below 0, which were refused."""
    @property
    def min(self) -> int:
        """Least value, exact; 0 of an empty histogram."""
    @property
    def max(self) -> int:
        """Greatest value, exact; 0 of an empty histogram."""
    @property
    def sum(self) -> int:
        """Of the values recorded."""
    @property
    def mean(self) -> float:
        """Exact to a rounding of float64; 0.0 of an empty histogram."""
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def buckets(self) -> NDArray[np.int64]:
        """Buckets in use, shape (n, 3): lowest value, highest value, count."""
    def to_empirical(self) -> dict[str, Any]:
        """What `lumina.Latency` takes: ``{"model": "empirical", "ns": [...], "counts": [...]}``.

        Each bucket stands as its middle, within half of `relative_error` of what was recorded.
        """
    def to_dict(self) -> dict[str, Any]:
        """Everything recorded, in whole numbers and lists of them: for JSON."""
    @staticmethod
    def from_dict(saved: Mapping[str, Any]) -> Histogram:
        """A histogram from `to_dict`; ValueError where the parts contradict each other."""
