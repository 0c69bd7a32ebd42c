"""Which of Binance's two streams of trades makes the prints: `trade`, or `aggTrade` where there is none."""

from lumina.data.binance.lines import Line

# So long without a `trade` beside aggregated ones, and that stream has ended.
_SILENCE_NS = 60_000_000_000


class Prints:
    """Chooses message by message, so that no trade is told twice.

    Attributes
    ----------
    aggregated : bool
        Prints come from `aggTrade` now.
    """

    def __init__(self, aggregated: bool) -> None:
        self.aggregated = aggregated
        self._told = -1  # highest id of a trade that an aggregated one has told
        self._last_ns: int | None = None

    def takes_trade(self, line: Line) -> bool:
        """Is a `trade` a print? From the first one that is, aggregated ones are not."""
        if "t" in line.data and line.update_id("t") <= self._told:
            return False
        self.aggregated, self._last_ns = False, line.time_ns("T")
        return True

    def takes_aggregate(self, line: Line) -> bool:
        """Is an `aggTrade` a print?"""
        if not self.aggregated:
            if self._last_ns is None or line.time_ns("T") - self._last_ns <= _SILENCE_NS:
                return False
            self.aggregated = True
        self._told = max(self._told, line.update_id("l"))
        return True
