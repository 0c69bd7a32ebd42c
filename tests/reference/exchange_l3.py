"""The recorded exchange of one L3 tape: queues, executions and crossings by stamp instead of a queue model."""
from .book import Book
from .exchange import Exchange
from .taken import TakenOrders
from .vocabulary import (
    ADD,
    BOOK_KINDS,
    BUY,
    BY_AT,
    BY_CROSS,
    CANCEL,
    CONTINUOUS,
    EXECUTE,
    SELL,
    opposite,
)  # fmt: skip


class ExchangeL3(Exchange):
    """`applied` exchange rows so far; an own order's `arrival` is the number of the first row that it meets."""

    def __init__(self, index, instrument, options, report):
        super().__init__(index, instrument, options, report)
        self.freezes = instrument.depth_limit > 0
        self.book = Book(instrument.depth_limit, all_shown=not self.freezes)
        self.taken = TakenOrders(self.book)
        self.applied = 0
        self.brought = {}  # of this event: (side, price) -> {stamp of an add, or 0 for all rows without: lots}

    def join(self, order):
        super().join(order)
        order.arrival = self.applied + 1

    def begin_event(self):
        self.brought = {}

    def row(self, row, ts_ns):
        self.applied += 1
        kind, side = int(row["kind"]), int(row["side"])
        price, qty, stamp = int(row["price_ticks"]), int(row["qty_lots"]), int(row["stamp"])
        if kind not in BOOK_KINDS:
            super().row(row, ts_ns)
            return
        assert stamp < self.applied or (kind == ADD and stamp == self.applied), "no row can know a later one"
        if kind == EXECUTE and self.phase == CONTINUOUS:
            self.execution(side, price, -qty, stamp, ts_ns)
        self.taken.row(side, price, qty, stamp, gone=kind == CANCEL)
        brought = self.brought.setdefault((side, price), {})
        if kind == ADD or stamp == 0 or stamp in brought:
            brought[stamp] = brought.get(stamp, 0) + qty
        self.level_row(side, price, qty, stamp)

    def level_row(self, side, price, qty, stamp):
        """The level changes by `qty`; what leaves it, leaves the queues of the orders that came after `stamp`."""
        prev, new = self.book.change(side, price, qty)
        empties = prev > 0 and new == 0
        covered = self.freezes and (self.in_snapshot or side in self.cleared)
        ahead = 0.0
        for o in self.at_level(side, price):
            if covered or o.frozen:
                self.heard(o, new, covered and empties)
            else:
                front = o.front + min(qty, 0) if stamp < o.arrival else o.front
                o.front = min(max(front, 0.0), float(new))
            o.front = ahead = max(o.front, ahead)

    def execution(self, side, price, qty, stamp, ts_ns):
        """The trade of an execute row, before its level changes: through our prices, then the orders it would hit."""
        given = self.fill_through(side, price, qty, ts_ns)
        for o in self.at_level(side, price):
            q = min(o.leaves, qty - given)
            if q > 0 and o.arrival <= stamp and not o.frozen:
                self.fill(o, ts_ns, o.price, q, BY_AT)
                given += q

    def print_at_price(self, side, price, qty, given, ts_ns):
        """A trade row is no recorded order's execution: nothing at our price, no queue moves."""

    def cross(self, ts_ns, returning):
        if returning:
            super().cross(ts_ns, returning)
            return
        for side in (BUY, SELL):
            other = opposite(side)
            for price in self.book.displayed(other):
                for stamp, lots in sorted(self.brought.get((other, price), {}).items()):
                    available = min(lots, self.untaken(other, price))
                    self.fill_crossed(side, price, available, ts_ns, BY_CROSS, stamp)
