"""What each line of an order log was: arrivals, cancels, and the two sides of a trade.

The log tells a trade as three messages within about a tenth of a second: the resting order shrinks or goes, so does the
aggressor, and a print of the same amount. The aggressor was shown before, crossing the book, and is none of its orders:
it joins with what its trades leave. So lines wait for a while before they are final.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from lumina.data.kinds import Side


class Was(Enum):
    """What a line turned out to be."""

    ARRIVAL = auto()  # or what a trade left of an aggressor: the order joins the book
    CHANGE = auto()
    DELETE = auto()
    FILL = auto()  # of a resting order: prints and reduces it
    PRINT = auto()  # a trade whose resting order the log does not show
    SNAPSHOT = auto()
    NOTHING = auto()  # told by another line


@dataclass(eq=False, slots=True)
class Item:
    """A line on its way. Amounts are in the venue's smallest unit; `before` is None where the log did not say it.

    `old` tells that the order is from before the log.
    """

    ts_ns: int
    was: Was
    order_id: int = 0
    side: Side = Side.NONE
    price_ticks: int = 0
    before: int | None = 0
    after: int = 0
    old: bool = False
    trade: "Trade | None" = None

    @property
    def lost(self) -> int | None:
        """What the order lost, None where unknown."""
        return None if self.before is None else self.before - self.after


@dataclass(eq=False, slots=True)
class Trade:
    """A print and the order lines that it explains, at most one a side."""

    print: Item
    price_ticks: int
    amount: int
    parts: list[Item]
    settled: bool = False

    def wants(self, item: Item) -> bool:
        """May the line be a part? One of an order from before the log only as the resting one."""
        if item.trade is not None or any(part.side == item.side for part in self.parts):
            return False
        if item.lost is None:
            return item.price_ticks == self.price_ticks
        return item.lost == self.amount


class Matcher:
    """Holds lines until `wait_ns` have passed, finds the trades among them, and releases them in order.

    `counts` has `fills`, `aggressors`, `prints alone` and `aggressors that rested`.
    """

    def __init__(self, wait_ns: int) -> None:
        self.counts: Counter[str] = Counter()
        self._wait_ns = wait_ns
        self._lines: deque[Item] = deque()
        self._left: dict[int, Item] = {}  # the last line of each live order
        self._joining: dict[int, Item] = {}  # lines that wait and will add an order
        self._losses: deque[Item] = deque()  # lines that wait and may be part of a trade
        self._trades: deque[Trade] = deque()  # whose parts are not both known

    def created(self, item: Item) -> Iterator[Item]:
        """An order arrived."""
        self._left[item.order_id] = item
        self._joining[item.order_id] = item
        return self._put(item)

    def changed(self, item: Item) -> Iterator[Item]:
        """An order has another amount, or price, or is gone with `after` left."""
        last = self._left.pop(item.order_id, None)
        item.before = None if last is None else last.after
        item.old = last is None or last.old
        gone = item.was == Was.DELETE
        if not gone:
            self._left[item.order_id] = item
        lost = item.lost
        # an order deleted with an amount left was cancelled
        if (lost is None or lost > 0) and not (gone and item.after):
            self._losses.append(item)
            for trade in self._trades:
                if trade.wants(item):
                    self._join(trade, item)
                    break
        return self._put(item)

    def traded(self, item: Item) -> Iterator[Item]:
        """A print."""
        trade = Trade(item, item.price_ticks, item.after, [])
        item.trade = trade
        # an order that is known before one that is not, the nearest line first
        for known in (True, False):
            for loss in reversed(self._losses):
                if (loss.lost is not None) == known and trade.wants(loss):
                    self._join(trade, loss)
        if len(trade.parts) < 2:
            self._trades.append(trade)
        return self._put(item)

    def snapshot(self, item: Item) -> Iterator[Item]:
        """A line that only keeps its place."""
        return self._put(item)

    def finish(self) -> Iterator[Item]:
        """All that waits."""
        return self._release(2**63)

    def _put(self, item: Item) -> Iterator[Item]:
        self._lines.append(item)
        return self._release(item.ts_ns - self._wait_ns)

    def _release(self, until_ns: int) -> Iterator[Item]:
        while self._lines and self._lines[0].ts_ns < until_ns:
            item = self._lines.popleft()
            if self._losses and self._losses[0] is item:
                self._losses.popleft()
            if item.trade is not None:
                self._settle(item.trade)
            if self._joining.get(item.order_id) is item:
                del self._joining[item.order_id]
            while self._trades and (self._trades[0].settled or len(self._trades[0].parts) == 2):
                self._trades.popleft()
            yield item

    def _join(self, trade: Trade, item: Item) -> None:
        item.trade = trade
        trade.parts.append(item)
        if len(trade.parts) == 2:
            self._settle(trade)

    def _settle(self, trade: Trade) -> None:
        """Who rested and who came: the price is that of the resting order, and of two such orders the elder rested."""
        if trade.settled:
            return
        trade.settled = True
        at_price = [part for part in trade.parts if part.price_ticks == trade.price_ticks]
        resting = min(at_price, key=lambda part: part.order_id, default=None)
        for part in trade.parts:
            if part is not resting:
                trade.print.side = part.side
                self._aggressor(part)
        if resting is None:
            self.counts["prints alone"] += 1
            return
        self.counts["fills"] += 1
        resting.was, trade.print.was = Was.FILL, Was.NOTHING
        if resting.before is None:
            resting.before = resting.after + trade.amount

    def _aggressor(self, item: Item) -> None:
        self.counts["aggressors"] += 1
        joins = self._joining.pop(item.order_id, None)
        if joins is None:
            return  # it was long in the book
        joins.was = Was.NOTHING
        if item.was == Was.DELETE:
            item.was = Was.NOTHING
        else:
            item.was = Was.ARRIVAL
            self._joining[item.order_id] = item
