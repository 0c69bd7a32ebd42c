from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

class MemoryPool:
    """A fixed number of records, taken and given back without the allocator.

    A handle says which record, and ends with it: one that was released is refused, also when somebody
    else has its record by now (``lumina/record_pool.hpp``; ``MemoryPool<T>`` of ``lumina/memory_pool.hpp``
    is the same of a C++ type, with 32-bit handles). The memory is one array, zero at first, on huge pages
    where it is large and the machine has some.

    Parameters
    ----------
    dtype : dtype
        Structured, of 1 to 2^20 bytes, without Python objects; anything else raises TypeError or ValueError.
    capacity : int
        Records, 1 to 2^31.

    Notes
    -----
    One thread at a time. A pool is also a buffer of bytes: all records, taken or not. Generations of
    handles repeat after 2^31 acquisitions.
    """

    def __init__(self, dtype: DTypeLike, capacity: int) -> None: ...
    def acquire(self) -> int:
        """Take a record that nobody has, as it was left, and return its handle: 64 bits, never 0.

        Raises MemoryError where all are taken.
        """
    def release(self, handle: int) -> None:
        """Give a record back. Raises ValueError where the handle is stale, or of another pool."""
    def view(self, handle: int) -> np.void:
        """The record in place: ``pool.view(handle)["lots"] = 5``. Not to be used after `release`.

        Raises ValueError where the handle is stale, or of another pool.
        """
    def row(self, handle: int) -> int:
        """Where the record is in `records`; no two live handles have the same row."""
    @property
    def records(self) -> NDArray[np.void]:
        """All records in place, taken or not, shape (capacity,)."""
    @property
    def capacity(self) -> int:
        """Records, taken or not."""
    @property
    def dtype(self) -> np.dtype[Any]:
        """Of a record."""
    @property
    def huge_page_bytes(self) -> int:
        """Bytes of the records that are on huge pages now, by the kernel; pages count once they were touched."""
    def __len__(self) -> int:
        """Records that are taken."""
    def __contains__(self, handle: int, /) -> bool:
        """Does the handle name a record that is taken?"""
