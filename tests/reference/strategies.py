"""A strategy that does everything, at random but the same everywhere: its own generator, only the ABI's calls."""
from .vocabulary import (
    BUY,
    EV_START,
    EV_STOP,
    IOC,
    LIMIT,
    MARKET,
    NONE,
    POST_ONLY,
    SELL,
    WAKE_ALL,
)  # fmt: skip


class RandomStrategy:
    """Submits, cancels and replaces near the touch on every kind of event; `seen` is what it was called with."""

    def __init__(self, seed, wake_mask=WAKE_ALL, interval_ns=7_000_000, max_requests=150, eagerness=0.35):
        self.state = (seed * 2_862_933_555_777_941_757 + 3_037_000_493) % 2**64
        self.wake_mask, self.interval_ns = wake_mask, interval_ns
        self.requests_left = max_requests
        self.eagerness = int(eagerness * 1000)
        self.ids = []
        self.seen = []

    def draw(self, n):
        """An integer in [0, n): the high bits of a 64-bit linear congruential generator."""
        self.state = (self.state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (self.state >> 33) % n

    def on_event(self, ctx, ev):
        self.seen.append((
            ev.ts_ns, ev.exch_ts_ns, ev.kind, ev.order_id, ev.tag, ev.value, ev.price_ticks, ev.qty_lots,
            ev.level_lots, ev.leaves_lots, ev.instrument, ev.side, ev.reason, ev.flags,
            ctx.position(ev.instrument), tuple(ctx.best(ev.instrument, BUY)), tuple(ctx.best(ev.instrument, SELL)),
        ))  # fmt: skip
        if ev.kind == EV_STOP:
            return
        count = ctx.instrument_count
        if self.draw(1000) < self.eagerness or ev.kind == EV_START:
            for _ in range(1 + self.draw(2)):
                self.act(ctx, self.draw(count))
        if self.draw(1000) < 30:
            ctx.set_timer(ev.ts_ns + (self.draw(9) - 2) * 1_000_000, 1 + self.draw(5))

    def act(self, ctx, instrument):
        if self.requests_left == 0:
            return
        self.requests_left -= 1
        what = self.draw(100)
        if what < 55 or not self.ids:
            side = self.draw(2)
            kind = (LIMIT, LIMIT, LIMIT, POST_ONLY, POST_ONLY, IOC, MARKET)[self.draw(7)]
            order_id = ctx.submit(
                instrument=instrument, side=side, type=kind, price_ticks=self.price(ctx, instrument, side),
                qty_lots=self.quantity(), tag=self.draw(1000),
            )  # fmt: skip
            self.ids.append(order_id)
        elif what < 75:
            ctx.cancel(self.some_id(ctx, instrument))
        else:
            order_id = self.some_id(ctx, instrument)
            found = [o for o in ctx.orders(instrument, NONE) if o.order_id == order_id]
            if found and self.draw(3):
                o = found[0]
                price = o.price_ticks + (0, 0, 1, -1)[self.draw(4)]
                ctx.replace(order_id, price, max(1, o.qty_lots + (0, -1, -2, 3, -o.qty_lots + 1)[self.draw(5)]))
            else:
                ctx.replace(order_id, self.price(ctx, instrument, self.draw(2)), self.quantity())

    def some_id(self, ctx, instrument):
        """Mostly an open order, at times any id, at times one that does not exist."""
        x = self.draw(20)
        if x == 0:
            return 1_000_000 + self.draw(10)
        orders = ctx.orders(instrument, NONE)
        if x < 15 and orders:
            return orders[self.draw(len(orders))].order_id
        return self.ids[self.draw(len(self.ids))]

    def price(self, ctx, instrument, side):
        touch, qty = ctx.best(instrument, side)
        if not qty:
            other, qty = ctx.best(instrument, 1 - side)
            touch = other + (-1 if side == BUY else 1) if qty else 100
        away = -1 if side == BUY else 1
        return touch + away * (-3, -2, -1, -1, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 7)[self.draw(15)]

    def quantity(self):
        x = self.draw(100)
        return 0 if x == 0 else (1, 1, 2, 3, 5, 9)[x % 6]
