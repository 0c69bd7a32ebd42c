import numpy as np
from numpy.typing import NDArray

ORDER_MESSAGE: np.dtype[np.void]

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

    Notes
    -----
    Sides are ``"buy"`` or ``"sell"``, or the numbers of `lumina.Side`.
    """

    REPLACE: int
    """Kind of a replace in ORDER_MESSAGE; the other kinds are those of `lumina.Kind`."""

    def __init__(self, orders: int = 0) -> None: ...
    def apply(self, events: NDArray[np.void]) -> dict[str, int]:
        """Apply messages in order.

        Parameters
        ----------
        events : ndarray of lumina.ORDER_MESSAGE, shape (n,)
            Contiguous; may be read-only. `kind` is ADD, REDUCE, CANCEL or EXECUTE of `lumina.Kind`, or
            `OrderBook.REPLACE`, where `order_id` leaves and `new_id` joins on the same side. Fields that
            a kind does not need are ignored: side and price of anything but an ADD (a REPLACE has a
            price), `qty_lots` of a CANCEL, `book` and `reserved` of all.

        Returns
        -------
        dict
            The counts of these messages, by the names of `counts`.
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
