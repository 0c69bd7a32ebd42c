"""One post-only order a side at the touch, moved every 100 ms by a cancel and a new order, in numba.

    python examples/numba_strategy.py sample.lumina

The logic of examples/python_strategy.py and examples/cython_strategy, compiled when this file is imported: the
three decide alike, and their runs have the same digest. Needs numba.
"""

import sys

import numba
import numpy as np
from numba import carray, types

import lumina
from lumina.strategies import Callback, native

# numba compiles the engine's calls into direct ones; names that a compiled function uses must be global
best_price_ticks, best_qty_lots, position_lots = native.best_price_ticks, native.best_qty_lots, native.position_lots
submit, cancel, user = native.submit, native.cancel, native.user
TIMER, START, FILL, BUY, POST_ONLY = native.EV_TIMER, native.EV_START, native.EV_FILL, native.BUY, native.POST_ONLY

EVENT = native.EVENT
# the state is an array of 64-bit integers; by side from the third on
ORDER_LOTS, LIMIT_LOTS, ORDER_ID, PRICE_TICKS, IN_FLIGHT = 0, 1, 2, 4, 6
STATE_SIZE = 8


@numba.njit
def quote(ctx, state, side):
    price, qty = best_price_ticks(ctx, 0, side), best_qty_lots(ctx, 0, side)
    if qty == 0 or state[IN_FLIGHT + side]:
        return
    if state[ORDER_ID + side] == 0:
        position = position_lots(ctx, 0)
        if (position if side == BUY else -position) + state[ORDER_LOTS] > state[LIMIT_LOTS]:
            return
        state[PRICE_TICKS + side] = price
        state[ORDER_ID + side] = submit(ctx, 0, side, POST_ONLY, price, state[ORDER_LOTS], 0)
        state[IN_FLIGHT + side] = 1
    elif state[PRICE_TICKS + side] != price:
        cancel(ctx, state[ORDER_ID + side])
        state[IN_FLIGHT + side] = 1


@numba.cfunc(types.void(types.voidptr, types.voidptr))
def on_event(ctx, event_address):
    event = carray(event_address, (1,), EVENT)[0]
    state = carray(user(ctx), (STATE_SIZE,))
    if event.kind == TIMER:
        quote(ctx, state, 0)
        quote(ctx, state, 1)
    elif event.kind == START:
        state[ORDER_ID:] = 0
    elif event.order_id != 0 and event.side < 2:
        side = event.side
        if event.order_id == state[ORDER_ID + side]:
            if event.leaves_lots == 0:
                state[ORDER_ID + side] = 0  # closed
                state[IN_FLIGHT + side] = 0
            elif event.kind != FILL:
                state[IN_FLIGHT + side] = 0  # answered


class TouchMaker(Callback):
    """The strategy object: the compiled function with its state."""

    def __init__(self, order_lots=1, limit_lots=10):
        self.state = np.zeros(STATE_SIZE, np.int64)
        self.state[[ORDER_LOTS, LIMIT_LOTS]] = order_lots, limit_lots
        super().__init__(on_event, wake=("report",), interval_ns=100_000_000, user=self.state.ctypes.data)


if __name__ == "__main__":
    result = lumina.backtest(lumina.Tape.open(sys.argv[1]), TouchMaker(), latency=lumina.Latency(entry=1_000_000))
    print(len(result.orders), "orders,", len(result.fills), "fills, digest", result.digest)
