import numpy as np
from numpy.typing import NDArray

MATCH_MESSAGE: np.dtype[np.void]
MATCH_EVENT: np.dtype[np.void]

class MatchingEngine:
    """A venue's matching of one instrument by price and time (``lumina/book/matching_engine.hpp``).

    Every operation returns what happened, in that order, as rows of `lumina.MATCH_EVENT`. What is refused
    is one row of kind ``REJECTED`` with its reason, and changes nothing. Of each row `kind` is a
    `lumina.MatchEventKind`, `reason` a `lumina.MatchReason`, `message` the index of the message in an
    `apply` (0 otherwise), and:

    ============  ===========  ===========  ======================  ================  ================
    kind          maker_id     taker_id     price_ticks             qty_lots          left_lots
    ============  ===========  ===========  ======================  ================  ================
    TRADED        the resting  the arrived  of the trade            traded            maker's rest
    RESTED        joined       0            of the order            of the order      the same
    CANCELLED     left         0            of the order            that left         0
    KILLED        0            the arrived  its limit               its rest          0
    REDUCED       before       its new id   of the order            now               the same
    REPLACED      left         of the new   new                     new               0
    REJECTED      0            the message  0                       0                 0
    ============  ===========  ===========  ======================  ================  ================

    `owner` is that of the maker (0 where there is none), `taker_owner` that of the arrived order (0 where
    there is none, 0 for REJECTED); `side` is that of the resting order, of a KILLED one its own, of
    REJECTED `lumina.Side.NONE`. REJECTED names the id that the message acted on: of a replace the old one.

    Parameters
    ----------
    orders : int
        Memory for so many resting orders from the start; it grows beyond.
    self_trade : {"cancel_newest", "cancel_oldest", "cancel_both", "reject"}
        What happens where an order meets one of its own owner (owner 0 is nobody's).

    Notes
    -----
    Sides are ``"buy"`` or ``"sell"``, or the numbers of `lumina.Side`; types are ``"limit"``,
    ``"post_only"``, ``"ioc"``, ``"market"`` or ``"fok"``, or the numbers of `lumina.OrderType`. Prices
    are within 2^30 ticks of 0. An order that would make a level hold 2^42 lots or 2^20 orders is refused
    as INVALID, after all other checks. Arguments that are no such number at all raise ValueError or
    TypeError.
    """

    def __init__(self, orders: int = 0, self_trade: str = "cancel_newest") -> None: ...
    def apply(self, messages: NDArray[np.void]) -> NDArray[np.void]:
        """Apply messages in order.

        Parameters
        ----------
        messages : ndarray of lumina.MATCH_MESSAGE, shape (n,)
            Contiguous; may be read-only. `kind` is a `lumina.MatchKind`; any other number is refused as
            INVALID, as is a mass cancel whose `side` is none of `lumina.Side`. Fields that a kind does not
            need are ignored: all but `order_id` of a CANCEL; `side` and `owner` of a REPLACE, which keeps
            them; all but `owner` and `side` (NONE is both) of a MASS_CANCEL; `new_id` of a NEW; the price
            of a MARKET order; `reserved` of all.

        Returns
        -------
        ndarray of lumina.MATCH_EVENT, shape (m,)
        """
    def submit(
        self,
        order_id: int,
        side: str | int,
        price_ticks: int | None,
        qty_lots: int,
        type: str | int = "limit",
        owner: int = 0,
    ) -> NDArray[np.void]:
        """A new order arrives; the price of a market order is ignored and may be None."""
    def cancel(self, order_id: int) -> NDArray[np.void]:
        """The order leaves."""
    def replace(
        self, order_id: int, new_id: int, price_ticks: int, qty_lots: int, type: str | int = "limit"
    ) -> NDArray[np.void]:
        """The order changes; `qty_lots` shall be open afterwards.

        At the same price and with no more lots it keeps its place, else it leaves and arrives again as a
        limit or post-only order. `new_id` may be `order_id`.
        """
    def mass_cancel(self, owner: int, side: str | int | None = None) -> NDArray[np.void]:
        """All orders of an owner leave: bids from the best price down, then asks from the best price up."""
    @property
    def phase(self) -> str:
        """``"continuous"`` or ``"halt"``; may be set. In a halt only cancels are accepted."""
    @phase.setter
    def phase(self, value: str | int) -> None: ...
    @property
    def band(self) -> tuple[int, int] | None:
        """Lowest and highest price accepted, in ticks, or None; may be set. Resting orders outside stay."""
    @band.setter
    def band(self, value: tuple[int, int] | None) -> None: ...
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
    def order(self, order_id: int) -> tuple[str, int, int, int] | None:
        """Side, price in ticks, lots left and owner of an order, or None where there is no such order."""
    def __len__(self) -> int: ...
    def __contains__(self, order_id: int, /) -> bool: ...
