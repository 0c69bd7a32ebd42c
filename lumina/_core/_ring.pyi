from collections.abc import Iterable
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Wait = Literal["spin", "pause", "yield", "park"]

class _Ring:
    """What the three rings have alike."""

    def __init__(self, dtype: DTypeLike, capacity: int, *, wait: _Wait = "yield") -> None: ...
    @classmethod
    def create(cls, name: str, dtype: DTypeLike, capacity: int, *, wait: _Wait = "yield") -> Self:
        """A ring in new shared memory (``/dev/shm``) that other processes attach to by its name.

        Its header keeps the dtype. The memory stays until `unlink`, however the processes end. A name
        that is taken raises FileExistsError.
        """
    @classmethod
    def attach(cls, name: str, dtype: DTypeLike | None = None) -> Self:
        """The ring that another process, or this one, created.

        Raises FileNotFoundError where there is none of this name, and ValueError where the memory holds
        something else, is not finished, or has items of another dtype than the one given.
        """
    def unlink(self) -> None:
        """Take the name away; who is attached stays so."""
    @property
    def name(self) -> str | None:
        """Name of its shared memory, or None where it is of this process alone."""
    def push(self, item: Any, timeout: float | None = None) -> bool:
        """Put in one item, converted as numpy does; False where there was no room within `timeout` seconds.

        Without a timeout it waits as long as it takes; 0 does not wait. Raises `lumina.RingClosed` where
        the ring is closed.
        """
    def push_many(self, items: ArrayLike, timeout: float | None = None) -> int:
        """Put in items in order and return how many went in: all, unless time was over or the ring closed.

        `items` is an array of the ring's dtype and shape (n,), contiguous ones are copied only into the
        ring; or a sequence that numpy converts.
        """
    def close(self) -> None:
        """No more items: what was pushed before is still delivered, then the other side learns.

        Of a ring between two threads, one of the two calls it.
        """
    @property
    def closed(self) -> bool:
        """Has anybody closed it?"""
    @property
    def capacity(self) -> int:
        """Items that it holds."""
    @property
    def wait(self) -> _Wait:
        """How both sides wait, as given."""
    @property
    def dtype(self) -> np.dtype[Any]:
        """Of an item."""

class _Queue(_Ring):
    """A ring whose items go to one consumer each."""

    def pop(self, timeout: float | None = None) -> Any:
        """The next item, a scalar of the dtype; None where none came within `timeout` seconds.

        Raises `lumina.RingClosed` where the ring is closed and nothing is left.
        """
    def pop_many(
        self, n: int | None = None, timeout: float | None = None, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """The next items, at least one and at most `n`, as soon as there are any; empty where time was over.

        With `out`, an array of the ring's dtype, they are written there and a view of it is returned.
        """
    def __iter__(self) -> Self:
        """Items one by one, until the ring is closed and nothing is left."""
    def __next__(self) -> Any: ...

class SpscRing(_Queue):
    """A queue from one producer thread to one consumer thread, of this process or of two.

    Power of two many slots and two cursors; no lock, no allocation (``lumina/ring/spsc_ring.hpp``). The
    GIL is released while waiting. One thread at a time may push, one may pop; anybody may look.

    Parameters
    ----------
    dtype : dtype
        Of the items: a number, or a structured dtype, of 1 to 2^20 bytes without Python objects.
    capacity : int
        Items that it holds: a power of two, 2 to 2^30.
    wait : {"yield", "park", "pause", "spin"}
        How both sides wait: pausing and then letting other threads run; sleeping until woken, which
        costs who wakes; or in a loop on a core of its own, with or without the processor's pauses.
        Who empties the ring of several items leaves the other side some 400 ns before it looks again,
        with "spin" some 50: the longer, the more items a second.

    Notes
    -----
    Other languages and Cython modules take part by the header: ``SpscRing<T>`` attaches to the same
    memory where ``sizeof(T)`` is the dtype's itemsize (``lumina/_core/ring.pxd``).
    """

    def claim(self, n: int) -> NDArray[Any]:
        """Free slots in place, at most `n`, fewer at the end of the memory, none where there is no room.

        They are filled through the view and made visible by `publish`; after that the view must be let go.
        """
    def publish(self, n: int) -> None:
        """Make the first `n` of the claimed slots visible to the consumer."""
    def peek(self, n: int) -> NDArray[Any]:
        """Items in place, at most `n`, fewer at the end of the memory; a read-only view, valid until `release`."""
    def release(self, n: int) -> None:
        """Give the first `n` of the items back to the producer."""
    @property
    def drained(self) -> bool:
        """Closed, and nothing is left to take."""
    def __len__(self) -> int:
        """Items in it at some moment during the call."""

class MpmcRing(_Queue):
    """A queue from several producers to several consumers that compete: each item goes to one of them.

    A ticket, and a sequence in each slot (``lumina/ring/mpmc_ring.hpp``). Any thread may call anything.
    Parameters are those of `SpscRing`.
    """

    @property
    def drained(self) -> bool:
        """Closed, and nothing is left to take."""
    def __len__(self) -> int:
        """Items in it at some moment during the call."""

class Disruptor(_Ring):
    """A ring where every consumer sees every event, alone or after others (``lumina/ring/disruptor.hpp``).

    Any thread may push. Producers wait for the slowest consumer; until one has joined the ring fills up.
    Parameters are those of `SpscRing`.
    """

    def consumer(self, after: Iterable[DisruptorConsumer] = ()) -> DisruptorConsumer:
        """One more consumer, of at most 32, which sees what is pushed from now on.

        With `after`, it sees each event once those consumers are done with it.
        """
    @property
    def consumers(self) -> int:
        """How many there are, those of other processes included."""

class DisruptorConsumer:
    """One reader of a `Disruptor`, made by its `consumer`; of one thread at a time."""

    def __init__(self) -> None: ...
    def pop(self, timeout: float | None = None) -> Any:
        """The next item, a scalar of the dtype; None where none came within `timeout` seconds.

        Raises `lumina.RingClosed` where the ring is closed and all were seen.
        """
    def pop_many(
        self, n: int | None = None, timeout: float | None = None, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """The next items, at least one and at most `n`, as soon as there are any; empty where time was over.

        With `out`, an array of the ring's dtype, they are written there and a view of it is returned.
        """
    def __iter__(self) -> Self:
        """Items one by one, until the ring is closed and all were seen."""
    def __next__(self) -> Any: ...
    def peek(self, n: int) -> NDArray[Any]:
        """Events in place, at most `n`, fewer at the end of the memory; a read-only view, valid until `release`."""
    def release(self, n: int) -> None:
        """Be done with the first `n` of the events."""
    def leave(self) -> None:
        """Hold nobody back any more. A consumer that is no longer referred to leaves by itself."""
    @property
    def dtype(self) -> np.dtype[Any]:
        """Of an item."""
    @property
    def drained(self) -> bool:
        """The disruptor is closed and all events were seen, or the consumer has left."""
    def __len__(self) -> int:
        """Events that it has before it, at some moment during the call."""
