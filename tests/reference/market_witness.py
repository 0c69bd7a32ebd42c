"""A strategy that writes down every row that it sees of an embedded market, and the rules that must then hold between
these rows and what became of its orders: price and time priority by a slow reconstruction, mids, accounts.

Wants no latency anywhere, so that rows and own orders have one order in time."""

from collections import defaultdict

import numpy as np

from .vocabulary import (
    ACKNOWLEDGED,
    ADD,
    BUY,
    CANCEL,
    CANCELLED,
    EV_BOOK,
    EV_LEVEL,
    EV_TRADE,
    EXECUTE,
    FILLED,
    NO_MID,
    REPLACED,
    SELL,
    TRADE,
    sign,
)


class Witness:
    """Passes every event on to `inner`, and keeps the rows; compares the strategy's depth with its own book."""

    wake_mask = 63

    def __init__(self, inner, depth=True):
        self.inner, self.depth = inner, depth
        self.interval_ns = getattr(inner, "interval_ns", 0)
        self.rows = []  # (exchange time, kind, side, price, lots, venue's id)
        self.seen_ns = []
        self.book = Others()

    def on_event(self, ctx, ev):
        assert not self.seen_ns or ev.ts_ns >= self.seen_ns[-1]
        self.seen_ns.append(ev.ts_ns)
        if ev.kind == EV_LEVEL:
            self.rows.append((ev.exch_ts_ns, ev.value, ev.side, ev.price_ticks, ev.qty_lots, ev.order_id))
            self.book.apply(self.rows[-1])
            assert ev.level_lots >= 0
        elif ev.kind == EV_TRADE and ev.order_id == 0:  # with us; others' trades are rows of the order that was hit
            self.rows.append((ev.exch_ts_ns, TRADE, ev.side, ev.price_ticks, ev.qty_lots, 0))
        elif ev.kind == EV_BOOK and self.depth:
            for side in (BUY, SELL):
                assert tuple(ctx.best(0, side)) == self.book.best(side)
        self.inner.on_event(ctx, ev)


class Others:
    """The others' orders by id, from the rows."""

    def __init__(self):
        self.orders = {}  # id -> (time of its add, side, price, lots)
        self.levels = (defaultdict(dict), defaultdict(dict))  # price -> id -> lots

    def apply(self, row):
        ts, kind, side, price, lots, order_id = row
        level = self.levels[side][price]
        if kind == ADD:
            assert order_id not in self.orders
            assert lots > 0
            self.orders[order_id] = (ts, side, price)
            level[order_id] = lots
        else:
            assert kind in (CANCEL, EXECUTE)
            assert self.orders[order_id][1:] == (side, price)
            level[order_id] += lots
            assert level[order_id] >= 0
            assert kind != CANCEL or level[order_id] == 0
            if level[order_id] == 0:
                del level[order_id], self.orders[order_id]
        if not level:
            del self.levels[side][price]

    def best(self, side):
        levels = self.levels[side]
        if not levels:
            return (0, 0)
        price = max(levels) if side == BUY else min(levels)
        return price, sum(levels[price].values())

    def mid2(self):
        bid, ask = self.best(BUY), self.best(SELL)
        return bid[0] + ask[0] if bid[1] and ask[1] else None


class Own:
    """An order of ours that rests."""

    def __init__(self, order_id, side, price, left, since):
        self.order_id, self.side, self.price, self.left, self.since = order_id, side, price, left, since


def check_rows(result, rows):
    """Every own fill, and every trade that was not ours, against price-time priority. Returns the book at the end."""
    log = [e for e in result.order_events if e["action"] in (ACKNOWLEDGED, FILLED, CANCELLED, REPLACED)]
    maker_fills = [f for f in result.fills if f["maker"]]
    others, live, filled = Others(), {}, defaultdict(int)
    totals = {}
    next_log = next_fill = 0

    def until(ts):
        nonlocal next_log
        while next_log < len(log) and log[next_log]["ts_ns"] < ts:
            told(log[next_log])
            next_log += 1

    def told(e):
        order_id = int(e["order_id"])
        if e["action"] == ACKNOWLEDGED:
            totals[order_id] = int(e["qty_lots"])
            if e["type"] < 2:
                live[order_id] = Own(order_id, int(e["side"]), int(e["price_ticks"]), 0, int(e["ts_ns"]))
        elif e["action"] == FILLED:
            filled[order_id] += int(e["qty_lots"])
        elif e["action"] == REPLACED:
            own = live[order_id]
            keeps = own.price == e["price_ticks"] and e["qty_lots"] <= totals[order_id]
            if not keeps:
                own.since, own.price = int(e["ts_ns"]), int(e["price_ticks"])
            totals[order_id] = int(e["qty_lots"])
        if (e["action"] == CANCELLED or filled[order_id] >= totals[order_id]) and order_id in live:
            del live[order_id]
        elif order_id in live:
            live[order_id].left = totals[order_id] - filled[order_id]

    ended = {}  # by request at this time: not in one order with the rows of the same instant
    for e in log:
        if e["action"] in (CANCELLED, REPLACED):
            ended.setdefault(int(e["ts_ns"]), set()).add(int(e["order_id"]))
    for row in rows:
        ts, kind, side, price, lots, order_id = row
        until(ts)
        if kind == TRADE:
            fill = maker_fills[next_fill]
            next_fill += 1
            assert (fill["ts_ns"], fill["price_ticks"], fill["qty_lots"]) == (ts, price, lots)
            assert fill["side"] == 1 - side
            own = live[int(fill["order_id"])]
            assert own.price == price
            assert own.left >= lots
            own.left -= lots
            for better, orders in others.levels[own.side].items():
                assert sign(own.side) * (better - price) <= 0
                if better == price:  # nobody was ahead of it any more
                    assert all(others.orders[i][0] > own.since for i in orders)
            for other in live.values():
                if other.side == own.side and other.left and other is not own:
                    assert (-sign(own.side) * other.price, other.since) >= (-sign(own.side) * price, own.since)
            continue
        if kind == EXECUTE:
            added = others.orders[order_id][0]
            for own in live.values():
                if own.side == side and own.left and own.order_id not in ended.get(ts, ()):
                    ahead = sign(side) * (price - own.price)
                    assert ahead > 0 or (ahead == 0 and added <= own.since), (row, vars(own))
        others.apply(row)
    assert next_fill == len(maker_fills)
    return others


def mids(rows):
    """Times and last valid bid + ask after each of them."""
    others, times, found = Others(), [], []
    for row in rows:
        if row[1] != TRADE:
            others.apply(row)
        mid2 = others.mid2()
        if times and times[-1] == row[0]:
            found[-1] = (found[-2] if len(found) > 1 else NO_MID) if mid2 is None else mid2
        else:
            times.append(row[0])
            found.append((found[-1] if found else NO_MID) if mid2 is None else mid2)
    return np.array(times), np.array(found)


def check_mids(result, rows):
    """The equity grid, markouts and a maker's mid are the others' last valid one."""
    times, found = mids(rows)
    end = int(result.equity["ts_ns"][-1])

    def at(ts):
        return found[np.searchsorted(times, ts, side="right") - 1]

    np.testing.assert_array_equal(result.equity["mid2_ticks"], at(result.equity["ts_ns"]))
    fills = result.fills
    maker = fills["maker"] == 1
    np.testing.assert_array_equal(fills["mid2_ticks"][maker], at(fills["ts_ns"][maker] - 1))
    for column, horizon in enumerate(result.markouts_ns):
        then = fills["ts_ns"] + horizon
        np.testing.assert_array_equal(result.markout_mid2[:, column], np.where(then <= end, at(then), NO_MID))


def check_conservation(result):
    """Fills add up to what orders say, and orders to the position; open orders are none at the end."""
    fills, orders = result.fills, result.orders
    for i in range(len(result.instruments)):
        mine = fills[fills["instrument"] == i]
        lots = np.where(mine["side"] == BUY, mine["qty_lots"], -mine["qty_lots"].astype(np.int64))
        assert lots.sum() == result.final[i]["position_lots"]
        np.testing.assert_array_equal(mine["position_lots"], np.cumsum(lots))
    filled = np.zeros(len(orders), np.int64)
    np.add.at(filled, fills["order_id"].astype(np.int64) - 1, fills["qty_lots"])
    np.testing.assert_array_equal(filled, orders["filled_lots"])
    assert set(orders["state"]) <= {3, 4, 5}  # filled, cancelled, rejected
    done = orders["state"] == 3
    np.testing.assert_array_equal(orders["filled_lots"][done], orders["qty_lots"][done])
    assert (fills["qty_lots"] > 0).all()
    assert (fills["impact_units"] == 0).all()


def check_reports(result):
    """An acknowledgement precedes everything else that is said of an order; nothing follows its end."""
    state = {}
    for e in result.order_events:
        order_id, action = int(e["order_id"]), int(e["action"])
        if action == ACKNOWLEDGED:
            assert order_id not in state
            state[order_id] = "open"
        elif action in (FILLED, REPLACED, CANCELLED):
            assert state.get(order_id) == "open", e
            if e["leaves_lots"] == 0:
                state[order_id] = "closed"
    assert "open" not in state.values()
