"""What we took of the recorded liquidity (SEMANTICS F9): by level on L2, by recorded order on L3."""


class TakenLevels:
    """L2: remembered until the level's next recorded change."""

    def __init__(self):
        self.lots = {}  # (side, price) -> lots

    def forget(self, side, price):
        self.lots.pop((side, price), None)

    def at(self, side, price):
        return self.lots.get((side, price), 0)

    def take(self, side, price, qty):
        self.lots[side, price] = self.at(side, price) + qty


class TakenOrders:
    """L3: remembered by order, until that order is gone. Stamp 0 is what a level holds beyond the orders known."""

    def __init__(self, book):
        self.book = book
        self.left = {}  # (side, price) -> {stamp: what is left of the order}
        self.lots = {}  # (side, price) -> {stamp: what we took of it}

    def row(self, side, price, qty, stamp, gone):
        """A row of the order with that stamp (its add too). `gone`: it has left, though its level had less to lose."""
        lots = self.lots.setdefault((side, price), {})
        if stamp == 0:
            if qty:
                lots.pop(0, None)
            return
        left = self.left.setdefault((side, price), {})
        left[stamp] = left.get(stamp, 0) + qty
        assert left[stamp] >= 0, f"order {stamp} below zero: side {side} price {price} {qty:+d}"
        if gone:
            left[stamp] = 0
        if stamp in lots:
            lots[stamp] = min(lots[stamp], left[stamp])
        if not left[stamp]:
            del left[stamp]

    def queue(self, side, price):
        """(stamp, what is left) in the order of priority."""
        known = sorted(self.left.get((side, price), {}).items())
        anonymous = self.book.qty(side, price) - sum(left for _, left in known)
        return [(0, anonymous), *known] if anonymous > 0 else known

    def at(self, side, price):
        return sum(self.lots.get((side, price), {}).values())

    def take(self, side, price, qty):
        """From the head of the queue, each order giving what we have not taken of it."""
        for stamp, left in self.queue(side, price):
            q = min(qty, left - self.of(side, price, stamp))
            if q > 0:
                self.take_of(side, price, stamp, q)
                qty -= q
        assert qty == 0, f"{qty} lots more than the level's queue had untaken"

    def of(self, side, price, stamp):
        return self.lots.get((side, price), {}).get(stamp, 0)

    def take_of(self, side, price, stamp, qty):
        lots = self.lots.setdefault((side, price), {})
        lots[stamp] = lots.get(stamp, 0) + qty
