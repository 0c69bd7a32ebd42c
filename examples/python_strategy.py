"""One post-only order a side at the touch, moved every 100 ms by a cancel and a new order.

    python examples/python_strategy.py sample.lumina

examples/cython_strategy and examples/numba_strategy.py are the same logic compiled: the three decide alike, and
their runs have the same digest.
"""

import sys

import lumina
from lumina import EventKind, OrderType, Side


class TouchMaker:
    """A strategy for `lumina.backtest`.

    Parameters
    ----------
    order_lots : int, default 1
    limit_lots : int, default 10
        Largest absolute position.
    """

    interval_ns = 100_000_000

    def __init__(self, order_lots=1, limit_lots=10):
        self.order_lots, self.limit_lots = order_lots, limit_lots

    def on_start(self, ctx, event):
        self.order_id = [0, 0]  # by side; 0: no order
        self.price_ticks = [0, 0]
        self.in_flight = [False, False]  # a request has no answer yet

    def on_timer(self, ctx, event):
        for side in (Side.BUY, Side.SELL):
            self.quote(ctx, side)

    def quote(self, ctx, side):
        best = ctx.best(0, side)
        if best.qty_lots == 0 or self.in_flight[side]:
            return
        if self.order_id[side] == 0:
            position = ctx.position()
            if (position if side == Side.BUY else -position) + self.order_lots > self.limit_lots:
                return
            self.price_ticks[side] = best.price_ticks
            self.order_id[side] = ctx.submit(
                side=side, type=OrderType.POST_ONLY, price_ticks=best.price_ticks, qty_lots=self.order_lots
            )
            self.in_flight[side] = True
        elif self.price_ticks[side] != best.price_ticks:
            ctx.cancel(self.order_id[side])
            self.in_flight[side] = True

    def on_report(self, ctx, event):
        side = event.side
        if event.order_id != self.order_id[side]:
            return
        if event.leaves_lots == 0:
            self.order_id[side] = 0  # closed
            self.in_flight[side] = False
        elif event.kind != EventKind.FILL:
            self.in_flight[side] = False  # answered


if __name__ == "__main__":
    result = lumina.backtest(lumina.Tape.open(sys.argv[1]), TouchMaker(), latency=lumina.Latency(entry=1_000_000))
    print(len(result.orders), "orders,", len(result.fills), "fills, digest", result.digest)
