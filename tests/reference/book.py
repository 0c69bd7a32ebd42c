"""One view's book of a tape: a dict of levels a side, sorted whenever somebody asks."""
from .vocabulary import BUY, SELL


class Book:
    """Levels in recorded ticks; `depth_limit` levels a side are displayed, 0 is all of them.

    all_shown: every level counts as shown, however deep (L3 without a limit).
    """

    def __init__(self, depth_limit=0, all_shown=False):
        self.depth_limit, self.all_shown = depth_limit, all_shown
        self.levels = {BUY: {}, SELL: {}}

    def copy_levels(self):
        return {side: dict(levels) for side, levels in self.levels.items()}

    def qty(self, side, price):
        return self.levels[side].get(price, 0)

    def change(self, side, price, qty):
        """Apply a signed change; returns (before, after)."""
        before = self.qty(side, price)
        after = before + qty
        assert after >= 0, f"level below zero: side {side} price {price} {before} {qty:+d}"
        if after:
            self.levels[side][price] = after
        else:
            self.levels[side].pop(price, None)
        return before, after

    def prices(self, side):
        """All prices, best first."""
        return sorted(self.levels[side], reverse=side == BUY)

    def displayed(self, side):
        """Prices inside the window, best first."""
        prices = self.prices(side)
        return prices[: self.depth_limit] if self.depth_limit else prices

    def best(self, side):
        """(price, quantity), (0, 0) for an empty side."""
        prices = self.prices(side)
        return (prices[0], self.qty(side, prices[0])) if prices else (0, 0)

    def better(self, side, price, than):
        return price > than if side == BUY else price < than

    def shown(self, side, price):
        """Not beyond the worst displayed level. With nothing displayed nothing is shown."""
        displayed = self.displayed(side)
        return self.all_shown or (bool(displayed) and not self.better(side, displayed[-1], price))

    def out_of_window(self, side, price):
        """A full window of better levels stands before it."""
        if not self.depth_limit:
            return False
        return sum(self.better(side, p, price) for p in self.levels[side]) >= self.depth_limit

    def displayed_qty(self, side, price):
        return self.qty(side, price) if self.shown(side, price) else 0

    def beyond_opposite(self, side, price):
        """Is a limit price of an order of `side` beyond the worst displayed opposite level?"""
        displayed = self.displayed(1 - side)
        return bool(displayed) and self.better(side, price, displayed[-1])

    def mid2(self):
        """Bid + ask, or None where the book is one-sided, locked or crossed."""
        bids, asks = self.levels[BUY], self.levels[SELL]
        if not bids or not asks or max(bids) >= min(asks):
            return None
        return max(bids) + min(asks)
