"""Pre-trade risk, written from docs/risk.md alone: everything is kept, and everything is counted anew each time."""
from dataclasses import dataclass, field
from fractions import Fraction

from .vocabulary import BUY, LIMIT, MARKET, POST_ONLY, SELL, opposite, sign

DAY_NS = 86_400 * 10**9
MOST = 2**31 - 1


@dataclass
class OpenOrder:
    order_id: int
    side: int
    type: int
    price: int
    total: int
    filled: int = 0
    in_flight: list = field(default_factory=list)  # (price, total), oldest first

    def lots(self):
        return max(0, max([self.total, *(total for _, total in self.in_flight)]) - self.filled)

    def most_aggressive(self):
        prices = [self.price, *(price for price, _ in self.in_flight)]
        return max(prices) if self.side == BUY else min(prices)


class RiskGate:
    """Reasons are the lower-case names of `lumina.Reason`. `unit`: value of a lot at a tick (inverse: at 1 tick)."""

    def __init__(self, limits, unit=Fraction(1), inverse=False, *, orders, messages, recent):
        self.limits, self.unit, self.inverse = limits, Fraction(unit), inverse
        self.orders, self.messages, self.recent = orders, messages, recent
        self.open = {}
        self.sent_ts, self.sent_orders = [], []  # while their rules were on
        self.fills = []  # (side, price, lots, fee)
        self.held = 0
        self.mark2 = None
        self.base = 0
        self.now = self.next_day = None
        self.days_from = limits.day_start_ns
        self.killed, self.loss_reached = 0, False
        self.rejections = {}

    # ---- money

    def value(self, price2, lots):
        price = Fraction(price2, 2)
        if self.inverse:
            return -round(lots * self.unit / price) if price else 0
        return round(price * lots * self.unit)

    @property
    def position(self):
        return self.held + sum(sign(side) * lots for side, _, lots, _ in self.fills)

    def equity(self):
        cash = sum(-self.value(2 * price, sign(side) * lots) - fee for side, price, lots, fee in self.fills)
        return cash if self.mark2 is None else cash + self.value(self.mark2, self.position)

    def pnl(self):
        return self.equity() - self.base

    def hold(self, lots, mid2):
        self.held, self.mark2 = lots, self.mark2 if mid2 is None else mid2
        self.base = self.equity()

    # ---- time

    def begin(self, now, mid2):
        self.now = now if self.now is None else max(self.now, now)
        if self.next_day is not None and self.days_from != self.limits.day_start_ns:
            self.next_day = self.day_after(self.now)
        self.days_from = self.limits.day_start_ns
        if self.next_day is None or self.now >= self.next_day:
            self.next_day = self.day_after(self.now)
            self.base = self.equity()
            self.loss_reached = False
        self.mark2 = self.mark2 if mid2 is None else mid2

    def day_after(self, now):
        start = self.limits.day_start_ns
        return ((now - start) // DAY_NS + 1) * DAY_NS + start

    def look_at_loss(self):
        limit = self.limits.max_daily_loss_units
        if limit is not None and self.pnl() <= -limit:
            self.loss_reached = True

    # ---- what is sent

    def check(self, order_id, side, type, price, lots, now, mid2=None, reference2=None):
        self.begin(now, mid2)
        reason = self.new_order(order_id, side, type, price, lots, mid2, reference2)
        if reason == "none":
            self.open[order_id] = OpenOrder(order_id, side, type, price, lots)
            if self.limits.duplicate_window_ns is not None:
                self.sent_orders.append((self.now, self.same(side, type, price, lots)))
            self.leaves()
        return self.told(reason)

    def new_order(self, order_id, side, type, price, lots, mid2, reference2):
        limits = self.limits
        reason = self.judge(side, type, price, lots, None, mid2, reference2)
        if reason != "none":
            return reason
        if len(self.open) >= min(limits.max_open_orders or self.orders, self.orders):
            return "risk_open_orders"
        if order_id in self.open:
            return "risk_duplicate"
        if limits.duplicate_window_ns is not None:
            late = [key for ts, key in self.sent_orders if ts > self.now - limits.duplicate_window_ns]
            if self.same(side, type, price, lots) in late or len(late) >= self.recent:
                return "risk_duplicate"
        return self.crosses_or_too_fast(side, type, price)

    @staticmethod
    def same(side, type, price, lots):
        return (side, None if type == MARKET else price, lots)

    def check_replace(self, order_id, price, total, now, mid2=None, reference2=None):
        self.begin(now, mid2)
        order = self.open.get(order_id)
        reason = "none" if order is None else self.replace(order, price, total, mid2, reference2)
        if reason == "none":
            if order is not None:
                order.in_flight.append((price, total))
            self.leaves()
        return self.told(reason)

    def replace(self, order, price, total, mid2, reference2):
        reason = "none"
        if not 1 <= total <= order.filled:  # else it closes the order
            lots = min(total, total - order.filled)
            reason = self.judge(order.side, order.type, price, lots, order, mid2, reference2)
            if reason == "none":
                reason = self.crosses_or_too_fast(order.side, order.type, price)
        if reason == "none" and sum(len(other.in_flight) for other in self.open.values()) >= self.orders:
            reason = "risk_open_orders"
        return reason

    def count_cancel(self, now):
        self.begin(now, None)
        self.leaves()

    def leaves(self):
        if self.limits.max_messages is not None:
            self.sent_ts.append(self.now)

    def judge(self, side, type, price, lots, replaced, mid2, reference2):
        limits, at_market = self.limits, type == MARKET
        if not (BUY <= side <= SELL and LIMIT <= type <= MARKET and 1 <= lots <= MOST):
            return "invalid"
        if not at_market and not (1 if self.inverse else -MOST) <= price <= MOST:
            return "invalid"
        if self.killed:
            return "risk_killed"
        others = [order for order in self.open.values() if order is not replaced and order.side == side]
        reached = sign(side) * self.position + sum(order.lots() for order in others) + lots
        if limits.max_daily_loss_units is not None:
            self.look_at_loss()
            if self.loss_reached and reached > 0:
                return "risk_daily_loss"
        if limits.max_order_lots is not None and lots > limits.max_order_lots:
            return "risk_quantity"
        at2 = reference2 if at_market else 2 * price
        notional = 0 if at2 is None else abs(self.value(at2, lots))
        if limits.max_notional_units is not None and notional > limits.max_notional_units:
            return "risk_notional"
        if limits.price_band is not None and not at_market and mid2 is not None:
            mid = Fraction(mid2, 2)
            if abs(price - mid) > Fraction(round(limits.price_band * 10**9), 10**9) * abs(mid):
                return "risk_price_band"
        if limits.max_position_lots is not None and reached > limits.max_position_lots:
            return "risk_position"
        return "none"

    def crosses_or_too_fast(self, side, type, price):
        limits = self.limits
        if limits.refuse_self_cross:
            for order in self.open.values():
                if order.side != opposite(side) or order.type not in (LIMIT, POST_ONLY):
                    continue
                at = order.most_aggressive()
                if type == MARKET or (price >= at if side == BUY else price <= at):
                    return "risk_self_cross"
        if limits.max_messages is not None:
            late = [ts for ts in self.sent_ts if ts > self.now - limits.message_window_ns]
            if len(late) >= limits.max_messages:
                return "risk_message_rate"
        return "none"

    def told(self, reason):
        if reason != "none":
            self.rejections[reason] = self.rejections.get(reason, 0) + 1
        return reason

    # ---- what comes back

    def on_fill(self, order_id, side, price, lots, now, fee=0, mid2=None):
        self.begin(now, mid2)
        self.mark2 = 2 * price if self.mark2 is None else self.mark2
        self.fills.append((side, price, lots, fee))
        order = self.open.get(order_id)
        if order is not None:
            order.filled += lots
            if order.filled >= order.total:
                del self.open[order_id]
        self.look_at_loss()

    def on_replaced(self, order_id, price, total):
        order = self.open.get(order_id)
        if order is not None:
            order.in_flight = order.in_flight[1:]
            order.price, order.total = price, total
            if order.filled >= total:
                del self.open[order_id]

    def on_replace_rejected(self, order_id):
        order = self.open.get(order_id)
        if order is not None:
            order.in_flight = order.in_flight[1:]

    def on_end(self, order_id):
        self.open.pop(order_id, None)

    def mark(self, mid2, now):
        self.begin(now, mid2)
        self.look_at_loss()

    # ---- from elsewhere

    def set_limits(self, limits):
        self.limits = limits

    def kill(self, reason):
        self.killed = self.killed or reason

    def reset(self):
        self.killed, self.loss_reached = 0, False
        self.base = self.equity()

    def open_lots(self, side):
        return sum(order.lots() for order in self.open.values() if order.side == side)
