import numpy as np
from numpy.typing import NDArray

class DepthBook:
    """The L2 book of one view of a tape.

    A ladder of levels indexed by tick under a bitmap, with far prices aside
    (``lumina/book/depth_book.hpp``); the engine replays on the same book.

    Parameters
    ----------
    lo_ticks, hi_ticks : int, optional
        Price range in ticks that the ladder should cover. Without it the ladder is placed around
        the first price; prices outside stay correct, and slower.
    """

    def __init__(self, lo_ticks: int | None = None, hi_ticks: int | None = None) -> None: ...
    def apply(self, events: NDArray[np.void], *, view: str = "local") -> None:
        """Apply tape rows in order.

        Parameters
        ----------
        events : ndarray of lumina.EVENT, shape (n,)
            Contiguous; may be read-only. Rows that change no book pass through.
        view : {"local", "exchange", "both"}
            Which rows count: those that carry the view's flag, or those that carry both.
        """
    @property
    def best_bid(self) -> tuple[int, int] | None:
        """Best bid as (price_ticks, qty_lots), or None where there is none."""
    @property
    def best_ask(self) -> tuple[int, int] | None:
        """Best ask as (price_ticks, qty_lots), or None where there is none."""
    def level(self, price_ticks: int) -> tuple[int, int]:
        """Bid and ask quantity in lots at a price in ticks."""
    def depth(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Best n levels of each side, best first: two arrays of shape (m, 2), (price_ticks, qty_lots)."""
