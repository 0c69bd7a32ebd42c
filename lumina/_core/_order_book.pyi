from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

ORDER_MESSAGE: np.dtype[np.void]

class BookSnapshot(NamedTuple):
    """The best levels of a book as they were at one moment, from `OrderBook.snapshot`."""

    bids: NDArray[np.int64]
    """Best first, shape (m, 3): price_ticks, qty_lots, orders; as of `OrderBook.depth`."""
    asks: NDArray[np.int64]
    sequence: int
    """Messages that the book had taken, refused ones too. Later ones changed nothing in these levels, or were
    not published yet."""
    ts_ns: int
    """What `apply` was given with the last of these messages; 0 where it was given nothing."""

class OrderBook:
    """The order-by-order book of one instrument: each order by its id, and its place in its queue.

    A ladder of levels indexed by tick, each a linked list of orders (``lumina/book/order_book.hpp``).
    What cannot be done is refused, counted and reported, and leaves the book as it was; only an
    overfill closes the order that had less. Each operation returns ``"ok"``, ``"unknown_id"``,
    ``"duplicate_id"``, ``"overfill"``, ``"bad_price"`` (beyond 2^30 ticks), ``"bad_quantity"`` (not
    positive, or the level would hold 2^42 lots or 2^20 orders) or, of `apply`, ``"bad_message"``.
    Arguments that are no such number at all raise ValueError or TypeError.

    Parameters
    ----------
    orders : int
        Memory for so many live orders from the start; it grows beyond.
    snapshots : int
        Levels a side, at most 4096, that are published for `snapshot`; 0 publishes nothing and costs nothing.
    publish : {"change", "batch"}
        When `apply` publishes: after each message that touches one of these levels, and at its end; or at
        its end only. Every other operation publishes.

    Notes
    -----
    Sides are ``"buy"`` or ``"sell"``, or the numbers of `lumina.Side`.

    `apply` releases the GIL. Meanwhile other threads may call `snapshot`; anything else that needs the book
    raises RuntimeError. Publishing is wait-free for the writer: a fixed number of stores, whatever readers
    do. Reading is lock-free: a reader tries again only where the writer has published seven times more
    meanwhile. What it gets is always whole and of one moment (``lumina/book/snapshot.hpp``). Cython code
    reads without the GIL, by ``book.snapshots`` of ``lumina/_core/_order_book.pxd``.
    """

    REPLACE: int
    """Kind of a replace in ORDER_MESSAGE; the other kinds are those of `lumina.Kind`."""

    def __init__(
        self, orders: int = 0, *, snapshots: int = 0, publish: Literal["change", "batch"] = "change"
    ) -> None: ...
    def apply(self, events: NDArray[np.void], *, ts_ns: int = 0) -> dict[str, int]:
        """Apply messages in order.

        Parameters
        ----------
        events : ndarray of lumina.ORDER_MESSAGE, shape (n,)
            Contiguous; may be read-only. `kind` is ADD, REDUCE, CANCEL or EXECUTE of `lumina.Kind`, or
            `OrderBook.REPLACE`, where `order_id` leaves and `new_id` joins on the same side. Fields that
            a kind does not need are ignored: side and price of anything but an ADD (a REPLACE has a
            price), `qty_lots` of a CANCEL, `book` and `reserved` of all.
        ts_ns : int
            Time that goes with snapshots of these messages.

        Returns
        -------
        dict
            The counts of these messages, by the names of `counts`.
        """
    def snapshot(self, levels: int | None = None) -> BookSnapshot:
        """The best levels as they were published last; any thread may ask, also while another applies messages.

        `levels` is at most, and by default, what the book was made with. 1 is read from one cache line, more
        from several; no snapshot of a thread is older than one that it took before in the same way. Raises
        ValueError where the book keeps no snapshots.
        """
    def add(self, order_id: int, side: str | int, price_ticks: int, qty_lots: int) -> str:
        """The order joins the end of the queue at its price."""
    def reduce(self, order_id: int, qty_lots: int) -> str:
        """Take lots from an order, which keeps its place; all that is left closes it."""
    def execute(self, order_id: int, qty_lots: int) -> str:
        """Take lots that traded; otherwise the same as `reduce`."""
    def cancel(self, order_id: int) -> str:
        """The order leaves."""
    def replace(self, order_id: int, new_id: int, price_ticks: int, qty_lots: int) -> str:
        """The order leaves and one of the same side joins the end of a queue; `new_id` may be `order_id`."""
    def clear(self) -> None:
        """All orders leave; counts stay."""
    @property
    def best_bid(self) -> tuple[int, int] | None:
        """Best bid as (price_ticks, qty_lots), or None where there is none."""
    @property
    def best_ask(self) -> tuple[int, int] | None:
        """Best ask as (price_ticks, qty_lots), or None where there is none."""
    def depth(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Best n levels of each side, best first: two arrays of shape (m, 3), (price_ticks, qty_lots, orders)."""
    def queue_ahead(self, order_id: int) -> int | None:
        """Lots in front of the order at its price, or None where there is no such order."""
    def orders(self, price_ticks: int, side: str | int | None = None) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Ids and lots of the orders at a price, front of the queue first; without a side bids, then asks."""
    def order(self, order_id: int) -> tuple[str, int, int] | None:
        """Side, price in ticks and lots left of an order, or None where there is no such order."""
    @property
    def counts(self) -> dict[str, int]:
        """Operations since the start that were refused, and overfills, by name."""
    def __len__(self) -> int: ...
    def __contains__(self, order_id: int, /) -> bool: ...
