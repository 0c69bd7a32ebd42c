"""The order-by-order book, slowly: a dict of orders, a list of ids a price, searched whenever somebody asks."""

from .vocabulary import BUY, SELL

MAX_PRICE_TICKS = 2**30
COUNTS = {
    "unknown_id": "unknown_ids",
    "duplicate_id": "duplicate_ids",
    "overfill": "overfills",
    "bad_price": "bad_prices",
    "bad_quantity": "bad_quantities",
}


class OrderBook:
    """Results and counts by the names of `lumina.OrderBook`; only a level's bounds are not modelled."""

    def __init__(self):
        self.orders = {}  # id -> [side, price, lots left]
        self.queues = {BUY: {}, SELL: {}}  # price -> ids, front first
        self.counts = dict.fromkeys([*COUNTS.values(), "bad_messages"], 0)

    def fail(self, result):
        self.counts[COUNTS[result]] += 1
        return result

    def join(self, order_id, side, price, lots):
        self.orders[order_id] = [side, price, lots]
        self.queues[side].setdefault(price, []).append(order_id)

    def leave(self, order_id):
        side, price, _ = self.orders.pop(order_id)
        self.queues[side][price].remove(order_id)
        if not self.queues[side][price]:
            del self.queues[side][price]

    def add(self, order_id, side, price, lots):
        if lots <= 0:
            return self.fail("bad_quantity")
        if abs(price) > MAX_PRICE_TICKS:
            return self.fail("bad_price")
        if order_id in self.orders:
            return self.fail("duplicate_id")
        self.join(order_id, side, price, lots)
        return "ok"

    def reduce(self, order_id, lots):
        if lots <= 0:
            return self.fail("bad_quantity")
        if order_id not in self.orders:
            return self.fail("unknown_id")
        left = self.orders[order_id][2] - lots
        if left > 0:
            self.orders[order_id][2] = left
            return "ok"
        self.leave(order_id)
        return "ok" if left == 0 else self.fail("overfill")

    execute = reduce

    def cancel(self, order_id):
        if order_id not in self.orders:
            return self.fail("unknown_id")
        self.leave(order_id)
        return "ok"

    def replace(self, order_id, new_id, price, lots):
        if lots <= 0:
            return self.fail("bad_quantity")
        if abs(price) > MAX_PRICE_TICKS:
            return self.fail("bad_price")
        if order_id not in self.orders:
            return self.fail("unknown_id")
        if new_id != order_id and new_id in self.orders:
            return self.fail("duplicate_id")
        side = self.orders[order_id][0]
        self.leave(order_id)
        self.join(new_id, side, price, lots)
        return "ok"

    def queue(self, side, price):
        """Ids and lots at a price, front first."""
        return [(order_id, self.orders[order_id][2]) for order_id in self.queues[side].get(price, [])]

    def lots(self, side, price):
        return sum(lots for _, lots in self.queue(side, price))

    def best(self, side):
        """(price, lots) or None."""
        prices = self.queues[side]
        if not prices:
            return None
        price = max(prices) if side == BUY else min(prices)
        return price, self.lots(side, price)

    def depth(self, side):
        """(price, lots, orders) of all levels, best first."""
        prices = sorted(self.queues[side], reverse=side == BUY)
        return [(price, self.lots(side, price), len(self.queues[side][price])) for price in prices]

    def queue_ahead(self, order_id):
        if order_id not in self.orders:
            return None
        side, price, _ = self.orders[order_id]
        queue = self.queues[side][price]
        return sum(self.orders[other][2] for other in queue[: queue.index(order_id)])
