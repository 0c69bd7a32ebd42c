"""The recorded exchange of one tape: what its rows do to our resting orders. Arrivals: arrivals.py.

`Exchange` is that of an L2 tape; exchange_l3.py overrides what stamps decide.
"""
import math
from fractions import Fraction

from .accounting import Account
from .book import Book
from .impact import Impact
from .queue_model import QueueModel, whole_lots_ahead
from .taken import TakenLevels
from .vocabulary import (
    BOOK_KINDS,
    BUY,
    BY_AT,
    BY_CROSS,
    BY_SHIFT,
    BY_TAKER,
    BY_THROUGH,
    CLEAR,
    CONTINUOUS,
    F_COUNTED,
    F_HIDDEN,
    F_OFFBOOK,
    FUNDING,
    GAP,
    MARKER_KINDS,
    NO_MID,
    NONE,
    R_END_OF_DATA,
    SELL,
    SNAPSHOT_BEGIN,
    SNAPSHOT_END,
    STATUS,
    TRADE,
    opposite,
    sign,
)  # fmt: skip

# Why an own order ignores prints at its price. UNKNOWN: its level is not shown, judged again at each event's
# end. HELD: after a snapshot, a gap or a clear, until its level is heard of again.
UNKNOWN, HELD = "unknown", "held"


class RestingState:
    """Exchange side of one own order."""

    def __init__(self, order_id, instrument, side, kind, price, total):
        self.id, self.instrument, self.side, self.type = order_id, instrument, side, kind
        self.price, self.total, self.filled = price, total, 0
        self.accepted = self.open = False
        self.front, self.frozen = 0.0, None
        self.priority = 0  # order of arrival at its level
        self.arrival = 0  # L3: number of the first exchange row that it meets

    @property
    def leaves(self):
        return self.total - self.filled if self.open else 0


class Exchange:
    """`report(kind, order, ts_ns, **fields)` is called for everything that the strategy will learn of."""

    def __init__(self, index, instrument, options, report):
        self.index, self.instrument, self.report = index, instrument, report
        self.self_trade = options.self_trade
        self.book = Book(instrument.depth_limit)
        self.account = Account(instrument)
        self.queue = QueueModel(**(options.queue or {}), lot_size=instrument.lot_size)
        self.impact = Impact(**options.impact) if options.impact else None
        self.shift = 0
        self.shift_history = [(-(2**63), 0)]  # (exchange time from which rows see it, shift)
        self.phase = CONTINUOUS
        self.mid2 = None  # last valid one
        self.mid_history = []
        self.orders = []  # open own orders
        self.priority = 0
        self.cum = {}  # (side, price) -> printed since the level's last row
        self.taken = TakenLevels()
        self.levels_before = None  # the book before the event
        self.freezes = True
        self.in_snapshot = False
        self.cleared = ()
        self.ended = False
        self.cancelled_at_end = 0

    # own orders -------------------------------------------------------------------------------------------

    def recorded(self, order):
        return order.price - self.shift

    def at_level(self, side, price, among=None):
        """Own orders whose recorded price is `price`, by arrival."""
        orders = self.orders if among is None else among
        found = [o for o in orders if o.side == side and self.recorded(o) == price]
        return sorted(found, key=lambda o: o.priority)

    def best_first(self, side):
        """Own orders of a side, by price, then arrival."""
        return sorted((o for o in self.orders if o.side == side), key=lambda o: (-sign(side) * o.price, o.priority))

    def untaken(self, side, price):
        return max(0, self.book.displayed_qty(side, price) - self.taken.at(side, price))

    def join(self, order):
        """The order takes its place behind those at its level."""
        self.priority += 1
        order.priority = self.priority
        self.orders.append(order)

    def fill(self, order, ts_ns, price, qty, cause):
        """Book a fill at our price `price`; returns the row so that a taker's charge can be added to it."""
        assert 0 < qty <= order.leaves
        maker = cause != BY_TAKER
        mid2 = self.mid2 if self.mid2 is not None else 2 * (price - self.shift)
        rate = self.instrument.maker_fee_e9 if maker else self.instrument.taker_fee_e9
        queue_ahead = float(order.front) if maker else 0.0
        cash, fee, capture = self.account.fill(order.side, price, qty, mid2, rate)
        impact = 0
        if maker and self.mid2 is not None and -sign(order.side) * self.shift > 0:
            money = self.account.money
            impact = abs(money.value(price, qty) - money.value(price - self.shift, qty))
            self.account.impact += impact
        order.filled += qty
        if order.filled == order.total:
            self.close(order)
        return self.report(
            "fill", order, ts_ns, price=price, qty=qty, mid2=mid2, cash=cash, fee=fee, impact=impact,
            capture=capture, position=self.account.position, queue_ahead=queue_ahead, shift=self.shift,
            maker=maker, cause=cause, leaves=order.total - order.filled,
        )  # fmt: skip

    def close(self, order):
        order.open = False
        self.orders = [o for o in self.orders if o is not order]

    # market events ----------------------------------------------------------------------------------------

    def event(self, rows):
        """Apply one whole event of the exchange's view."""
        ts_ns = int(rows[0]["exch_ts_ns"])
        was_phase = self.phase
        self.begin_event()
        self.cleared = ()
        for row in rows:
            self.row(row, ts_ns)
        if self.phase == CONTINUOUS:
            self.cross(ts_ns, returning=was_phase != CONTINUOUS)
        self.judge_windows()
        mid2 = self.book.mid2()
        if mid2 is not None:
            self.mid2 = mid2
        self.mid_history.append((ts_ns, self.mid2))

    def begin_event(self):
        self.levels_before = self.book.copy_levels()

    def row(self, row, ts_ns):
        kind, side = int(row["kind"]), int(row["side"])
        price, qty = int(row["price_ticks"]), int(row["qty_lots"])
        if kind in BOOK_KINDS:
            self.book_row(side, price, qty)
        elif kind == TRADE:
            self.print_row(side, price, qty, int(row["flags"]), ts_ns)
        else:
            assert kind in MARKER_KINDS, kind
            self.cleared = ()
            if kind == CLEAR:
                self.cleared = (BUY, SELL) if side == NONE else (side,)
            elif kind == SNAPSHOT_BEGIN:
                self.in_snapshot = True
                self.freeze_all()
            elif kind == SNAPSHOT_END:
                self.in_snapshot = False
                for o in self.orders:
                    if o.frozen and self.book.shown(o.side, self.recorded(o)):
                        self.thaw(o)
                self.keep_order()
            elif kind == GAP:
                self.freeze_all()
            elif kind == STATUS:
                self.phase = qty
            elif kind == FUNDING:
                self.account.pay_funding(qty, self.mid2)

    def freeze_all(self):
        if self.freezes:
            for o in self.orders:
                o.frozen = HELD

    def thaw(self, order):
        order.front = min(order.front, float(self.book.displayed_qty(order.side, self.recorded(order))))
        order.frozen = None

    def book_row(self, side, price, qty):
        prev, new = self.book.change(side, price, qty)
        cum = self.cum.pop((side, price), 0)
        if qty:
            self.taken.forget(side, price)
        empties = prev > 0 and new == 0
        covered = self.in_snapshot or side in self.cleared
        ahead = 0.0
        for o in self.at_level(side, price):
            if covered or o.frozen:
                self.heard(o, new, covered and empties)
            else:
                o.front = self.queue.after_depth(o.front, prev, new, cum)
            o.front = ahead = max(o.front, ahead)

    def heard(self, order, new, wiped):
        """A row of its level for an order that is frozen or covered by a clear or a snapshot."""
        if new > 0:
            order.front, order.frozen = min(order.front, float(new)), None
        elif wiped:
            order.frozen = HELD

    def print_row(self, aggressor, price, qty, flags, ts_ns):
        if aggressor == NONE or flags & F_OFFBOOK or self.phase != CONTINUOUS:
            return
        side = opposite(aggressor)  # of the resting orders that it concerns
        given = self.fill_through(side, price, qty, ts_ns)
        if not flags & (F_HIDDEN | F_COUNTED):
            self.print_at_price(side, price, qty, given, ts_ns)

    def fill_through(self, side, price, qty, ts_ns):
        """A trade of `qty` on resting `side` fills the own orders that are better than its price; returns how much."""
        given = 0
        for o in self.best_first(side):
            if self.book.better(side, self.recorded(o), price) and qty > given:
                q = min(o.leaves, qty - given)
                self.fill(o, ts_ns, o.price, q, BY_THROUGH)
                given += q
        return given

    def print_at_price(self, side, price, qty, given, ts_ns):
        displayed = self.book.qty(side, price)
        ours = [o for o in self.at_level(side, price) if not o.frozen]
        for o in ours:
            reach = qty - whole_lots_ahead(o.front) - given
            q = min(o.leaves, reach, qty - given)
            if q > 0:
                self.fill(o, ts_ns, o.price, q, BY_AT)
                given += q
        for o in ours:
            o.front = self.queue.after_trade(o.front, qty, float(displayed))
        self.cum[side, price] = self.cum.get((side, price), 0) + qty

    def cross(self, ts_ns, returning):
        """Opposite quotes at or through our prices at the end of an event."""
        for side in (BUY, SELL):
            other = opposite(side)
            for price in self.book.displayed(other):
                available = self.untaken(other, price)
                if not returning:
                    increase = self.book.qty(other, price) - self.levels_before[other].get(price, 0)
                    available = min(max(0, increase), available)
                self.fill_crossed(side, price, available, ts_ns, BY_CROSS)

    def fill_crossed(self, side, price, available, ts_ns, cause, stamp=None):
        """A quote of `available` lots, of the recorded order `stamp` (L3); else the level gives from its head."""
        other = opposite(side)
        for o in self.best_first(side):
            if available > 0 and not self.book.better(other, self.recorded(o), price):
                q = min(o.leaves, available)
                self.fill(o, ts_ns, o.price, q, cause)
                if stamp is None:
                    self.taken.take(other, price, q)
                else:
                    self.taken.take_of(other, price, stamp, q)
                available -= q

    def judge_windows(self):
        for o in self.orders:
            price = self.recorded(o)
            if self.in_snapshot:
                continue  # the book is half old, half new
            if o.frozen == UNKNOWN and self.book.shown(o.side, price):
                self.thaw(o)
            elif not o.frozen and self.book.out_of_window(o.side, price):
                o.frozen = UNKNOWN
        self.keep_order()

    def keep_order(self):
        """A later own order is never ahead of an earlier one at its level, however they thawed."""
        for o in self.orders:
            at_its_level = self.at_level(o.side, self.recorded(o))
            o.front = max(x.front for x in at_its_level if x.priority <= o.priority)

    # impact -----------------------------------------------------------------------------------------------

    def grid(self, ts_ns):
        self.impact.advance(ts_ns)
        self.set_shift(ts_ns, seen_from=ts_ns)

    def set_shift(self, ts_ns, seen_from):
        mid = 0 if self.mid2 is None else abs(self.mid2) / 2  # a fraction of its size
        shift = round(self.impact.value() * mid)  # half to even
        if shift == self.shift:
            return
        self.shift = shift
        self.shift_history.append((seen_from, shift))
        if self.phase == CONTINUOUS:
            for side in (BUY, SELL):
                for price in self.book.displayed(opposite(side)):
                    self.fill_crossed(side, price, self.untaken(opposite(side), price), ts_ns, BY_SHIFT)

    def push(self, ts_ns, side, fills):
        """A taker arrival is over: charge its push to its last fill, then move the market."""
        if not self.impact or not fills:
            return
        self.impact.advance(ts_ns)
        lots = sum(f["qty_lots"] for f in fills)
        area = self.impact.push(sign(side) * lots * self.instrument.lot_size)
        if self.mid2 is not None:
            per_lot = float(abs(self.account.money.exact(Fraction(self.mid2, 2), 1)))
            charge = math.ceil(area / self.instrument.lot_size * per_lot)
            fills[-1]["impact_units"] += charge
            self.account.impact += charge
        self.set_shift(ts_ns, seen_from=ts_ns + 1)

    def shift_at(self, exch_ts_ns):
        """The shift that a row of that exchange time meets: after the grid, before the arrivals."""
        return [s for t, s in self.shift_history if t <= exch_ts_ns][-1]

    # the end ----------------------------------------------------------------------------------------------

    def end(self, ts_ns):
        self.ended = True
        for o in sorted(self.orders, key=lambda o: o.id):
            self.close(o)
            self.cancelled_at_end += 1
            self.report("cancelled", o, ts_ns, reason=R_END_OF_DATA)

    def mid2_at(self, ts_ns):
        """Last valid mid after all rows at or before that time, NO_MID before the first."""
        known = [m for t, m in self.mid_history if t <= ts_ns and m is not None]
        return known[-1] if known else NO_MID

    def liquidation(self):
        """Value change if the position were closed at the touch that it would meet; None without one."""
        position = self.account.position
        if position == 0:
            return 0
        price, qty = self.book.best(BUY if position > 0 else SELL)
        if not qty or self.account.mark is None:
            return None
        money = self.account.money
        return money.value(price + self.shift, position) - money.value(self.account.mark, position)
