"""The strategy's side: its delayed books, the orders as it knows them, risk, and the context it calls."""
from dataclasses import dataclass, field
from fractions import Fraction

from .accounting import Money
from .book import Book
from .vocabulary import (
    BUY,
    LIMIT,
    MARKET,
    NONE,
    PENDING_CANCEL,
    PENDING_REPLACE,
    R_INVALID,
    R_NONE,
    R_RISK_NOTIONAL,
    R_RISK_POSITION,
    R_RISK_PRICE_BAND,
    R_RISK_QTY,
    SELL,
    ST_PARTLY_FILLED,
    ST_RESTING,
    ST_SUBMITTED,
    opposite,
    sign,
)  # fmt: skip


@dataclass
class Event:
    """The fields of lumina_event."""

    ts_ns: int
    exch_ts_ns: int
    kind: int
    order_id: int = 0
    tag: int = 0
    value: int = 0
    price_ticks: int = 0
    qty_lots: int = 0
    level_lots: int = 0
    leaves_lots: int = 0
    instrument: int = 0
    side: int = NONE
    reason: int = 0
    flags: int = 0


@dataclass
class KnownOrder:
    """An own order by the reports received so far; the fields of lumina_order and what risk needs."""

    order_id: int
    tag: int
    price_ticks: int
    qty_lots: int
    filled_lots: int
    instrument: int
    side: int
    type: int
    state: int = ST_SUBMITTED
    cancels_pending: int = 0
    replaces_pending: int = 0
    sent: bool = False  # passed risk
    totals_in_flight: list = field(default_factory=list)

    @property
    def pending(self):
        return (PENDING_CANCEL if self.cancels_pending else 0) | (PENDING_REPLACE if self.replaces_pending else 0)

    @property
    def open(self):
        return self.state in (ST_SUBMITTED, ST_RESTING, ST_PARTLY_FILLED)

    @property
    def open_for_risk(self):
        return max([self.qty_lots, *self.totals_in_flight]) - self.filled_lots if self.open and self.sent else 0

    def closed(self, state):
        self.state = state
        self.cancels_pending = self.replaces_pending = 0
        self.totals_in_flight = []


class View:
    """One instrument as the strategy sees it: whole events, at the shift of the last event seen."""

    def __init__(self, depth_limit):
        self.book = Book(depth_limit)
        self.shift = 0
        self.last_mid2 = None  # last valid one, recorded
        self.position = 0

    def best(self, side):
        price, qty = self.book.best(side)
        return (price + self.shift, qty) if qty else (0, 0)

    def mid2(self):
        mid2 = self.book.mid2()
        return None if mid2 is None else mid2 + 2 * self.shift


def risk_reason(risk, instruments, views, known, order, price, qty):
    """Why the request may not be sent, R_NONE if it may. `known`: all orders; `order`: the one asked for."""
    if not (0 <= order.instrument < len(instruments) and order.side in (BUY, SELL)):
        return R_INVALID
    no_price = price < 1 and order.type != MARKET and instruments[order.instrument].inverse
    if not LIMIT <= order.type <= MARKET or qty < 1 or no_price:
        return R_INVALID
    if qty <= order.filled_lots:
        return R_NONE  # a replace that closes the order
    qty -= order.filled_lots  # what would be open
    view, money = views[order.instrument], Money(instruments[order.instrument])
    if risk.max_order_lots is not None and qty > risk.max_order_lots:
        return R_RISK_QTY
    mid2 = view.mid2()
    if risk.max_notional_units is not None:
        at = Fraction(price)
        if order.type == MARKET:
            touch, touch_qty = view.best(opposite(order.side))
            at = Fraction(touch) if touch_qty else None
        if at is not None and money.notional(at, qty) > risk.max_notional_units:
            return R_RISK_NOTIONAL
    if risk.price_band is not None and order.type != MARKET and mid2 is not None:
        mid = mid2 / 2
        if abs(price - mid) > risk.price_band * abs(mid):
            return R_RISK_PRICE_BAND
    if risk.max_position_lots is not None:
        others = sum(
            k.open_for_risk
            for k in known.values()
            if k.instrument == order.instrument and k.side == order.side and k.order_id != order.order_id
        )
        exposed = sign(order.side) * view.position + others + qty
        if exposed > risk.max_position_lots:
            return R_RISK_POSITION
    return R_NONE


class Context:
    """What a strategy may call; the methods of lumina_ctx."""

    def __init__(self, engine):
        self._engine = engine

    @property
    def now_ns(self):
        return self._engine.now

    @property
    def instrument_count(self):
        return len(self._engine.views)

    def best(self, instrument, side):
        return self._engine.views[instrument].best(side)

    def level(self, instrument, side, price_ticks):
        view = self._engine.views[instrument]
        price = price_ticks - view.shift
        return 0 if view.book.out_of_window(side, price) else view.book.qty(side, price)

    def depth(self, instrument, side, capacity):
        view = self._engine.views[instrument]
        prices = view.book.displayed(side)[:capacity]
        return [(p + view.shift, view.book.qty(side, p)) for p in prices]

    def position(self, instrument):
        return self._engine.views[instrument].position

    def orders(self, instrument, side=NONE):
        """Open ones, oldest first."""
        found = [k for k in self._engine.known.values() if k.open and k.instrument == instrument]
        return sorted((k for k in found if side in (NONE, k.side)), key=lambda k: k.order_id)

    def submit(self, instrument=0, side=BUY, type=LIMIT, price_ticks=0, qty_lots=0, tag=0):
        return self._engine.request_new(instrument, side, type, price_ticks, qty_lots, tag)

    def cancel(self, order_id):
        self._engine.request_cancel(order_id)

    def replace(self, order_id, price_ticks, qty_lots):
        self._engine.request_replace(order_id, price_ticks, qty_lots)

    def set_timer(self, ts_ns, timer_id):
        self._engine.set_timer(ts_ns, timer_id)

    def stop(self):
        self._engine.stopping = True

