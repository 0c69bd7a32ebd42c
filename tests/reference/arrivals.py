"""Requests that reach the recorded exchange: new orders, cancels, replaces (SEMANTICS O2 to O6, F4 to F10)."""
from .exchange import HELD, UNKNOWN
from .queue_model import whole_lots_ahead
from .vocabulary import (
    BUY,
    BY_TAKER,
    CONTINUOUS,
    INF,
    IOC,
    MARKET,
    POST_ONLY,
    R_BEYOND_BOOK,
    R_END_OF_DATA,
    R_NONE,
    R_NOT_CONTINUOUS,
    R_POST_ONLY,
    R_REDUCED,
    R_REMAINDER,
    R_REQUESTED,
    R_SELF_MATCH,
    R_TOO_LATE,
    R_UNKNOWN_ORDER,
    opposite,
)  # fmt: skip


def arrive_new(ex, order, ts_ns):
    reason = refusal(ex, order, order.price, order.total, ts_ns)
    if reason != R_NONE:
        ex.report("reject", order, ts_ns, reason=reason)
        return
    order.open = order.accepted = True
    ex.report("ack", order, ts_ns)
    handle(ex, order, ts_ns)


def arrive_cancel(ex, order, ts_ns):
    reason = not_open(ex, order)
    if reason != R_NONE:
        ex.report("cancel_reject", order, ts_ns, reason=reason)
        return
    ex.close(order)
    ex.report("cancelled", order, ts_ns, reason=R_REQUESTED)


def arrive_replace(ex, order, price, total, ts_ns):
    reason = not_open(ex, order)
    if reason == R_NONE and ex.phase != CONTINUOUS and total > order.filled:
        reason = R_NOT_CONTINUOUS
    if reason != R_NONE:
        ex.report("replace_reject", order, ts_ns, reason=reason)
        return
    if total <= order.filled:
        order.price, order.total = price, total
        ex.close(order)
        ex.report("replaced", order, ts_ns, reason=R_REDUCED)
        return
    if price == order.price and total <= order.total:
        order.total = total
        ex.report("replaced", order, ts_ns, reason=R_NONE)
        return
    # it is judged as a new order of what remains; the old one is out of the way meanwhile
    ex.orders = [o for o in ex.orders if o is not order]
    reason = refusal(ex, order, price, total - order.filled, ts_ns)
    if reason != R_NONE:
        ex.orders.append(order)
        ex.report("replace_reject", order, ts_ns, reason=reason)
        return
    order.price, order.total = price, total
    ex.report("replaced", order, ts_ns, reason=R_NONE)
    handle(ex, order, ts_ns)


def not_open(ex, order):
    if ex.ended:
        return R_END_OF_DATA
    if order.open:
        return R_NONE
    return R_TOO_LATE if order.accepted else R_UNKNOWN_ORDER


def refusal(ex, order, price, qty, ts_ns):
    """Why an order of `qty` at `price` is refused whole on arrival, R_NONE if it is not."""
    if ex.ended:
        return R_END_OF_DATA
    if ex.phase != CONTINUOUS:
        return R_NOT_CONTINUOUS
    steps = meets(ex, order.side, limit_of(ex, order.type, price))
    if order.type == POST_ONLY:
        return R_POST_ONLY if steps else R_NONE
    if ex.self_trade == "reject":
        for what, _, lots in steps:
            if qty <= 0:
                break
            if what == "own":
                return R_SELF_MATCH
            qty -= lots
    return R_NONE


def limit_of(ex, kind, price):
    """The limit in recorded ticks; None without one."""
    return None if kind == MARKET else price - ex.shift


def meets(ex, side, limit):
    """What an order of `side` meets, in the order in which it meets it.

    ("lots", recorded price, quantity) is untaken recorded liquidity, ("own", order, 0) an own resting order.
    """
    other = opposite(side)
    displayed = set(ex.book.displayed(other))
    prices = displayed | {ex.recorded(o) for o in ex.orders if o.side == other}
    steps = []
    for price in sorted(prices, reverse=other == BUY):
        if limit is not None and ex.book.better(other, limit, price):
            break
        shown = ex.book.qty(other, price) if price in displayed else 0
        used = min(shown, ex.taken.at(other, price))  # ours came from the head of the level
        for own in ex.at_level(other, price):
            ahead = min(whole_lots_ahead(own.front), shown)
            if ahead > used:
                steps.append(("lots", price, ahead - used))
                used = ahead
            steps.append(("own", own, 0))
        if shown > used:
            steps.append(("lots", price, shown - used))
    return steps


def handle(ex, order, ts_ns):
    """An accepted order: takes, then rests or loses its remainder."""
    other = opposite(order.side)
    fills, reason = [], R_NONE
    for what, where, lots in meets(ex, order.side, limit_of(ex, order.type, order.price)):
        if not order.open:
            break
        if what == "lots":
            qty = min(order.leaves, lots)
            fills.append(ex.fill(order, ts_ns, where + ex.shift, qty, BY_TAKER))
            ex.taken.take(other, where, qty)
            continue
        if ex.self_trade in ("cancel_oldest", "cancel_both"):
            ex.close(where)
            ex.report("cancelled", where, ts_ns, reason=R_SELF_MATCH)
        if ex.self_trade in ("cancel_newest", "cancel_both"):
            reason = R_SELF_MATCH
            break
        assert ex.self_trade == "cancel_oldest", ex.self_trade
    if order.open and reason == R_NONE:
        if order.type in (MARKET, IOC):
            reason = R_REMAINDER
        elif ex.book.beyond_opposite(order.side, order.price - ex.shift):
            reason = R_BEYOND_BOOK
        else:
            rest(ex, order)
    if order.open and reason != R_NONE:
        ex.close(order)
        ex.report("cancelled", order, ts_ns, reason=reason)
    ex.push(ts_ns, order.side, fills)


def rest(ex, order):
    side, price = order.side, order.price - ex.shift
    ahead = ex.at_level(side, price)
    displayed = ex.book.displayed_qty(side, price)
    if ex.book.shown(side, price):
        order.front, order.frozen = float(displayed), None
    else:
        order.front, order.frozen = INF, UNKNOWN
    for o in ahead:
        order.front = max(order.front, o.front)
        if o.frozen:
            order.frozen = HELD if HELD in (o.frozen, order.frozen) else UNKNOWN
    ex.join(order)
    ex.report("resting", order, 0, queue_ahead=order.front, level=displayed)
