"""The matching engine, slowly: one list of resting orders, sorted and walked whenever somebody asks.

What was decided where the rules leave room:

- A market order with a band passes over the prices outside it and trades with those inside that are behind them.
- "Before it is filled": an order that the lots in front of an own order fill does not meet it, in every mode.
- A post_only order that would meet an own order is refused as post_only in every mode, that being checked first.
- A rest of 0 is never killed: an order filled whole ends with its last trade.
- A refused replace tells the id of the order that was to be replaced.
- A shrink in place asks neither post_only nor self_match, and the type given is forgotten.
"""

from dataclasses import dataclass
from typing import NamedTuple

from .vocabulary import BUY, CONTINUOUS, HALT, IOC, LIMIT, MARKET, NONE, POST_ONLY, SELL, opposite

FOK = 4
MAX_PRICE_TICKS = 2**30
LEVEL_LOTS = 2**42  # what a level may not come to hold
MODES = ("cancel_newest", "cancel_oldest", "cancel_both", "reject")


class Event(NamedTuple):
    """A row of `lumina.MATCH_EVENT`, kind and reason by name."""

    kind: str
    maker_id: int = 0
    taker_id: int = 0
    price: int = 0
    lots: int = 0
    left: int = 0
    owner: int = 0
    taker_owner: int = 0
    side: int = NONE
    reason: str = "none"


@dataclass(eq=False)
class Order:
    """As it comes in; once it rests its type means nothing and `lots` is what is left."""

    order_id: int
    side: int
    price: int
    lots: int
    type: int
    owner: int


class MatchingEngine:
    """Operations by the names of `lumina.MatchingEngine`; each returns the list of its events."""

    def __init__(self, self_trade="cancel_newest"):
        assert self_trade in MODES
        self.self_trade = self_trade
        self.phase = CONTINUOUS
        self.band = None  # (low, high)
        self.resting = []  # in the order in which they joined their level
        self.events = []

    # What stands in the book

    def find(self, order_id):
        for order in self.resting:
            if order.order_id == order_id:
                return order
        return None

    def in_priority(self, side):
        """Resting orders of a side: best price first, at a price the oldest first (the sort is stable)."""
        orders = [order for order in self.resting if order.side == side]
        return sorted(orders, key=lambda order: -order.price if side == BUY else order.price)

    def depth(self, side):
        """(price, lots, orders) of all levels, best first."""
        levels = []
        for order in self.in_priority(side):
            if levels and levels[-1][0] == order.price:
                levels[-1] = (order.price, levels[-1][1] + order.lots, levels[-1][2] + 1)
            else:
                levels.append((order.price, order.lots, 1))
        return levels

    @property
    def best_bid(self):
        return self.best(BUY)

    @property
    def best_ask(self):
        return self.best(SELL)

    def best(self, side):
        """(price, lots) or None."""
        depth = self.depth(side)
        return depth[0][:2] if depth else None

    def __len__(self):
        return len(self.resting)

    def queue(self, side, price):
        return [order for order in self.in_priority(side) if order.price == price]

    def queue_ahead(self, order_id):
        order = self.find(order_id)
        if order is None:
            return None
        queue = self.queue(order.side, order.price)
        return sum(other.lots for other in queue[: queue.index(order)])

    # What an incoming order would meet

    def acceptable(self, taker, price):
        if taker.type == MARKET:
            return self.band is None or self.band[0] <= price <= self.band[1]
        return price <= taker.price if taker.side == BUY else price >= taker.price

    def makers(self, taker):
        return [maker for maker in self.in_priority(opposite(taker.side)) if self.acceptable(taker, maker.price)]

    def would_meet_own(self, taker):
        left = taker.lots
        for maker in self.makers(taker):
            if left <= 0:
                return False
            if is_own(taker, maker):
                return True
            left -= maker.lots
        return False

    def could_fill(self, taker):
        lots = 0
        for maker in self.makers(taker):
            if not is_own(taker, maker):
                lots += maker.lots
            elif self.self_trade in ("cancel_newest", "cancel_both"):
                break
        return lots >= taker.lots

    # Why one is refused: None where it is not

    def out_of_band(self, price):
        return self.band is not None and not self.band[0] <= price <= self.band[1]

    def why_not_at_book(self, order):
        """The checks that look at the opposite side."""
        if order.type == POST_ONLY and self.makers(order):
            return "post_only"
        if self.self_trade == "reject" and self.would_meet_own(order):
            return "self_match"
        if order.type == FOK and not self.could_fill(order):
            return "fill_or_kill"
        return None

    def overflows(self, order, replaced=None):
        """Whether the level at its price cannot take it. Where it trades first, that level is empty."""
        others = [other for other in self.queue(order.side, order.price) if other is not replaced]
        return order.type in (LIMIT, POST_ONLY) and sum(other.lots for other in others) + order.lots >= LEVEL_LOTS

    def why_not_submit(self, order):
        if order.side not in (BUY, SELL) or order.type not in (LIMIT, POST_ONLY, IOC, MARKET, FOK):
            return "invalid"
        if order.lots <= 0 or (order.type != MARKET and abs(order.price) > MAX_PRICE_TICKS):
            return "invalid"
        if self.phase == HALT:
            return "halted"
        if order.type != MARKET and self.out_of_band(order.price):
            return "price_band"
        if self.find(order.order_id):
            return "duplicate_id"
        return self.why_not_at_book(order) or ("invalid" if self.overflows(order) else None)

    def why_not_replace(self, order_id, new_id, price, lots, type):
        if type not in (LIMIT, POST_ONLY) or lots <= 0 or abs(price) > MAX_PRICE_TICKS:
            return "invalid"
        if self.phase == HALT:
            return "halted"
        if not self.find(order_id):
            return "unknown_id"
        if self.out_of_band(price):
            return "price_band"
        if new_id != order_id and self.find(new_id):
            return "duplicate_id"
        return None

    # What happens

    def told(self):
        events, self.events = self.events, []
        return events

    def tell(self, kind, order, **more):
        """Of an order that rests, rested or rests from now on."""
        event = Event(kind, maker_id=order.order_id, price=order.price, owner=order.owner, side=order.side)
        self.events.append(event._replace(**more))

    def refuse(self, order_id, reason):
        self.events.append(Event("rejected", taker_id=order_id, reason=reason))
        return self.told()

    def take_out(self, order, reason):
        self.resting.remove(order)
        self.tell("cancelled", order, lots=order.lots, reason=reason)

    def kill(self, taker, reason):
        """The rest of one that never rested."""
        whose = {"taker_id": taker.order_id, "taker_owner": taker.owner, "side": taker.side}
        self.events.append(Event("killed", price=taker.price, lots=taker.lots, reason=reason, **whose))

    def trade(self, maker, taker):
        lots = min(taker.lots, maker.lots)
        taker.lots -= lots
        maker.lots -= lots
        if maker.lots == 0:
            self.resting.remove(maker)
        self.tell("traded", maker, taker_id=taker.order_id, taker_owner=taker.owner, lots=lots, left=maker.lots)

    def match(self, taker):
        """Trades, then what becomes of the rest."""
        for maker in self.makers(taker):
            if taker.lots == 0:
                return
            if not is_own(taker, maker):
                self.trade(maker, taker)
                continue
            if self.self_trade in ("cancel_oldest", "cancel_both"):
                self.take_out(maker, "self_match")
            if self.self_trade in ("cancel_newest", "cancel_both"):
                self.kill(taker, "self_match")
                return
        if taker.lots == 0:
            return
        if taker.type in (LIMIT, POST_ONLY):
            self.resting.append(taker)
            self.tell("rested", taker, lots=taker.lots, left=taker.lots)
        else:
            self.kill(taker, "remainder")

    def submit(self, order_id, side, price, lots, type=LIMIT, owner=0):
        order = Order(order_id, side, price, lots, type, owner)
        reason = self.why_not_submit(order)
        if reason:
            return self.refuse(order_id, reason)
        self.match(order)
        return self.told()

    def cancel(self, order_id):
        order = self.find(order_id)
        if order is None:
            return self.refuse(order_id, "unknown_id")
        self.take_out(order, "requested")
        return self.told()

    def replace(self, order_id, new_id, price, lots, type=LIMIT):
        reason = self.why_not_replace(order_id, new_id, price, lots, type)
        if reason:
            return self.refuse(order_id, reason)
        old = self.find(order_id)
        change = {"taker_id": new_id, "taker_owner": old.owner, "price": price, "lots": lots}
        if price == old.price and lots <= old.lots:
            self.tell("reduced", old, left=lots, **change)
            old.order_id, old.lots = new_id, lots
            return self.told()
        new = Order(new_id, old.side, price, lots, type, old.owner)
        # the book's other side is looked at, where the old one is not: it may as well still stand
        reason = self.why_not_at_book(new) or ("invalid" if self.overflows(new, old) else None)
        if reason:
            return self.refuse(order_id, reason)
        self.resting.remove(old)
        self.tell("replaced", old, **change)
        self.match(new)
        return self.told()

    def mass_cancel(self, owner, side=None):
        """Side None is both."""
        for each in (BUY, SELL):
            for order in self.in_priority(each):
                if owner != 0 and order.owner == owner and side in (None, each):
                    self.take_out(order, "requested")
        return self.told()


def is_own(taker, maker):
    return taker.owner != 0 and taker.owner == maker.owner
