"""The peer's side of backtest.py: hftbacktest over an .npy file of its rows, one case for each line read.

    python backtest_hftbacktest.py TAPE.npy TICK_SIZE LOT_SIZE l2|l3

Reads the name of a case a line from standard input and answers with one line of JSON. What is timed is the peer's
own loop: the rows are in memory, the strategies compiled and run once on a short tape before the first answer.
"""

import itertools
import json
import math
import sys
import time

import numpy as np
from hftbacktest import BUY as BUY_SIDE
from hftbacktest import GTX, LIMIT, BacktestAsset, ROIVectorMarketDepthBacktest
from numba import njit, uint64

STEP_NS = 100_000_000
LATENCY_NS = 5_000_000
WARM_ROWS = 20_000
COMPARED_TICKS = 200


@njit
def replay(hbt, step_ns, lot_size):
    steps = 0
    while hbt.elapse(step_ns) == 0:
        steps += 1
    return steps, 0, 0


@njit
def market_maker(hbt, step_ns, lot_size):
    """The decisions of grid_mm.cpp, whose comment states them; an order's id is its price in ticks."""
    tick_size = hbt.depth(0).tick_size
    qty = 10 * lot_size
    steps = 0
    submits = 0
    cancels = 0
    while hbt.elapse(step_ns) == 0:
        steps += 1
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid = depth.best_bid_tick
        ask = depth.best_ask_tick
        position = round(hbt.position(0) / lot_size)
        reservation = 25 * (bid + ask) - 2 * position
        bid_top = 2 * (min(reservation - 75, 50 * bid) // 100)
        ask_top = -2 * (-max(reservation + 75, 50 * ask) // 100)
        bids = 5 if position < 500 else 0
        asks = 5 if position > -500 else 0
        orders = hbt.orders(0)
        values = orders.values()
        while values.has_next():
            order = values.get()
            if order.cancellable:
                price = int(order.order_id)
                away = bid_top - price if order.side == BUY_SIDE else price - ask_top
                levels = bids if order.side == BUY_SIDE else asks
                if away < 0 or away >= 2 * levels or away % 2 != 0:
                    hbt.cancel(0, order.order_id, False)
                    cancels += 1
        for i in range(bids):
            price = bid_top - 2 * i
            if uint64(price) not in orders:
                hbt.submit_buy_order(0, uint64(price), price * tick_size, qty, GTX, LIMIT, False)
                submits += 1
        for i in range(asks):
            price = ask_top + 2 * i
            if uint64(price) not in orders:
                hbt.submit_sell_order(0, uint64(price), price * tick_size, qty, GTX, LIMIT, False)
                submits += 1
    return steps, submits, cancels


CASES = {"replay": replay, "market_maker": market_maker}


def backtest(rows, tick_size, lot_size, level):
    asset = (
        BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        .constant_order_latency(LATENCY_NS, LATENCY_NS)
        .no_partial_fill_exchange()
        .trading_value_fee_model(-0.00005, 0.0007)
        .tick_size(tick_size)
        .lot_size(lot_size)
        .last_trades_capacity(0)
    )
    asset = asset.l3_fifo_queue_model() if level == "l3" else asset.power_prob_queue_model3(3.0)
    # the faster of the peer's two books: an array over the prices that occur
    prices = rows["px"][np.isfinite(rows["px"]) & (rows["px"] > 0)]
    asset = asset.roi_lb(math.floor(prices.min()) - 1.0).roi_ub(math.ceil(prices.max()) + 1.0)
    return ROIVectorMarketDepthBacktest([asset])


def levels(qty_at_tick, best, away, lot_size):
    """Levels that hold something among the first ticks from the best, as [price in ticks, lots], and how many ticks are
    known: beyond the prices that its book was made for the peer answers NaN."""
    prices = range(best, best + away * COMPARED_TICKS, away)
    known = list(itertools.takewhile(lambda quantity: not math.isnan(quantity), map(qty_at_tick, prices)))
    lots = zip(prices, (round(quantity / lot_size) for quantity in known), strict=False)
    return [[int(price), qty] for price, qty in lots if qty], len(known)


def answer(case, rows, tick_size, lot_size, level):
    hbt = backtest(rows, tick_size, lot_size, level)
    begin = time.perf_counter()
    steps, submits, cancels = CASES[case.partition("_")[2]](hbt, STEP_NS, lot_size)
    seconds = time.perf_counter() - begin
    depth = hbt.depth(0)
    bid, ask = depth.best_bid_tick, depth.best_ask_tick
    state = hbt.state_values(0)
    trades, net = state.num_trades, round(state.position / (10 * lot_size))
    bids, bid_ticks = levels(depth.bid_qty_at_tick, bid, -1, lot_size)
    asks, ask_ticks = levels(depth.ask_qty_at_tick, ask, 1, lot_size)
    work = {
        "rows": len(rows),
        "steps": steps,
        "submits": submits,
        "cancels": cancels,
        "filled_orders": trades,
        "bought_lots": 5 * (trades + net),
        "sold_lots": 5 * (trades - net),
        "bids": bids,
        "asks": asks,
        "ticks": {"bids": bid_ticks, "asks": ask_ticks},
    }
    hbt.close()
    return {"seconds": seconds, "work": work}


def main():
    path, tick_size, lot_size, level = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    rows = np.load(path)
    for case in CASES:
        answer(f"{level}_{case}", rows[:WARM_ROWS].copy(), tick_size, lot_size, level)
    print(json.dumps({"ready": "hftbacktest"}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(line.strip(), rows, tick_size, lot_size, level)), flush=True)


if __name__ == "__main__":
    main()
