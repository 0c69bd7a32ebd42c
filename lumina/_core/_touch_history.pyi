import numpy as np
from numpy.typing import NDArray

TOUCH: np.dtype[np.void]

def touch_history(events: NDArray[np.void], lo_ticks: int, hi_ticks: int) -> NDArray[np.void]:
    """Replay a tape as the exchange saw it; one row of TOUCH for each event.

    Parameters
    ----------
    events : ndarray of lumina.EVENT, shape (n,)
    lo_ticks, hi_ticks : int
        Prices of the tape.

    Returns
    -------
    ndarray of TOUCH
        `bid_ticks`, `ask_ticks`, `bid_lots`, `ask_lots`: the touch behind the event; `quoted`: it is continuous
        trading, and both sides stand and do not cross. `traded_lots`, `trade_ticks`, `sign`: of the event's prints
        (without those off book) the lots, and the first one's price and aggressor, 1 buy, -1 sell, 0 unknown.
        `acted`: the event changed the book or traded.
    """
