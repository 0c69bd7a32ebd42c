"""Random legal L3 tapes: orders by id in a small price range, resolved into stamped rows (SEMANTICS T1a, T3 to T6)."""
import numpy as np

from .tapes import MID, write_tape
from .vocabulary import (
    ADD,
    AUCTION,
    BBO,
    BOOK_KINDS,
    BUY,
    CANCEL,
    CHANGE,
    CLEAR,
    CONTINUOUS,
    EXECUTE,
    F_COUNTED,
    F_EXCH,
    F_HIDDEN,
    F_OFFBOOK,
    F_REPLACE,
    FUNDING,
    GAP,
    HALT,
    L3_KINDS,
    NONE,
    REDUCE,
    SELL,
    SNAPSHOT_BEGIN,
    SNAPSHOT_END,
    STATUS,
    TRADE,
    opposite,
    sign,
)  # fmt: skip

TOTAL, RESYNC = "total", "resync"  # beside row kinds: a level's total without ids, the book by ids of a snapshot


class _View:
    """One view's book. Turns updates (kind, side, price, lots, flags, id) into rows (kind, side, price, change,
    flags, stamp); id 0 is an order from before the data. What the view does not hold is left out or clipped.

    The stamps in rows are those of the exchange's view: of its rows written so far, where this is the local one.
    """

    def __init__(self):
        self.written = None
        self.orders = {}  # id -> [side, price, lots]
        self.anonymous = {}  # (side, price) -> lots
        self.stamps = {}  # id -> number of its last add
        self.rows = 0
        self.out = []

    def at(self, side, price):
        """Ids of a level, in the order of priority."""
        found = [i for i, (s, p, _) in self.orders.items() if (s, p) == (side, price)]
        return sorted(found, key=self.stamps.get)

    def total(self, side, price):
        return self.anonymous.get((side, price), 0) + sum(self.orders[i][2] for i in self.at(side, price))

    def levels(self, side):
        prices = {p for (s, p), lots in self.anonymous.items() if s == side and lots}
        return sorted(prices | {p for s, p, _ in self.orders.values() if s == side}, key=lambda p: -sign(side) * p)

    def resolve(self, updates):
        self.out = []
        for update in updates:
            self.update(*update)
        return self.out

    def row(self, kind, side, price, change, flags=0, order_id=0):
        self.rows += 1
        stamps = self.stamps if self.written is None else self.written
        self.out.append((kind, side, price, change, flags, stamps.get(order_id, 0)))

    def update(self, kind, side, price, lots, flags=0, order_id=0):
        if kind == ADD:
            self.leave(CANCEL, order_id, flags=flags)
            self.orders[order_id] = [side, price, lots]
            self.stamps[order_id] = self.rows + 1
            self.row(ADD, side, price, lots, flags, order_id)
        elif kind in L3_KINDS and order_id:
            if not self.leave(kind, order_id, lots or None, flags) and kind == EXECUTE:
                self.row(TRADE, opposite(side), price, lots, flags)
        elif kind in L3_KINDS:
            held = self.anonymous.get((side, price), 0)
            if held:
                self.anonymous[side, price] = held - min(held, lots)
                self.row(kind, side, price, -min(held, lots), flags)
        elif kind == TOTAL:  # `lots` = (total, kind of the row); known orders stay
            wanted, kind = lots
            known = self.total(side, price) - self.anonymous.get((side, price), 0)
            held, self.anonymous[side, price] = self.anonymous.get((side, price), 0), max(0, wanted - known)
            self.row(kind, side, price, self.anonymous[side, price] - held)
        elif kind == RESYNC:
            self.resync(*lots)
        else:
            self.row(kind, side, price, lots, flags)

    def leave(self, kind, order_id, lots=None, flags=0):
        """Whole, or `lots` of it; returns whether there was such an order."""
        if order_id not in self.orders:
            return False
        side, price, held = self.orders[order_id]
        lots = held if lots is None else min(lots, held)
        self.orders[order_id][2] -= lots
        if lots == held:
            del self.orders[order_id]
        self.row(kind, side, price, -lots, flags, order_id)
        return True

    def resync(self, orders, anonymous):
        """The difference to a snapshot: orders that are still there keep their stamps."""
        for i in list(self.orders):
            side, price, held = self.orders[i]
            wanted = orders.get(i)
            if wanted is None or wanted[:2] != [side, price] or wanted[2] > held:
                self.leave(CANCEL, i)
            elif wanted[2] < held:
                self.leave(REDUCE, i, held - wanted[2])
        for key in sorted(set(self.anonymous) | set(anonymous)):
            change = anonymous.get(key, 0) - self.anonymous.get(key, 0)
            if change:
                self.row(CHANGE, *key, change)
        self.anonymous = dict(anonymous)
        for i, (side, price, lots) in orders.items():
            if i not in self.orders:
                self.update(ADD, side, price, lots, 0, i)


class _Market(_View):
    """The venue: its own view of the book, and what happens to it next."""

    def __init__(self, rng):
        super().__init__()
        self.rng = rng
        # tempers: how far prices go, how often there are halts, how much comes without ids
        self.reach, self.halts, self.without_ids = self.pick(8, 8, 2), self.pick(0.03, 0.1), self.pick(0.13, 0.4)
        self.phase = CONTINUOUS
        self.snapshot_open = False
        self.last_id = 0
        self.said = []  # updates of the event in the making

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, p):
        return self.rng.random() < p

    def qty(self):
        return int(self.pick(1, 1, 2, 3, 4, 5, 7, 9, 12))

    def best(self, side):
        levels = self.levels(side)
        return levels[0] if levels else None

    def say(self, kind, side=NONE, price=0, lots=0, flags=0, order_id=0):
        self.said.append((kind, side, price, lots, flags, order_id))
        self.update(kind, side, price, lots, flags, order_id)

    def add(self, side, price, lots, flags=0, order_id=0):
        if not order_id:
            order_id = self.last_id = self.last_id + 1
        self.say(ADD, side, price, lots, flags, order_id)
        return order_id

    def say_of(self, kind, order_id, lots, flags=0):
        side, price, _ = self.orders[order_id]
        self.say(kind, side, price, lots, flags, order_id)

    def first_book(self):
        for side in (BUY, SELL):
            for i in range(int(self.rng.integers(2, 6))):
                price = MID - sign(side) * (1 + i)
                if self.chance(0.3):
                    self.say(TOTAL, side, price, (self.qty(), CHANGE))
                for _ in range(self.pick(0, 1, 1, 2, 3)):
                    self.add(side, price, self.qty())
        self.add(BUY, MID - 1, self.qty())  # whatever follows, it is an L3 tape

    def near_touch(self, side, crossing=0.2):
        best, other = self.best(side), self.best(opposite(side))
        if best is None:
            best = MID if other is None else other - sign(side)
        price = best - sign(side) * int(self.pick(-2, -1, -1, 0, 0, 0, 0, 1, 1, 2, 3))
        if other is not None and (other - price) * sign(side) <= 0 and not self.chance(crossing):
            price = other - sign(side)
        return min(max(price, MID - self.reach), MID + self.reach)

    def some_order(self):
        """Mostly near the touch."""
        side = self.pick(BUY, SELL)
        levels = self.levels(side)[: self.pick(1, 1, 2, 20)]
        found = [i for price in levels for i in self.at(side, price)]
        return self.pick(*found) if found else None

    def uncross(self):
        while self.best(BUY) is not None and self.best(SELL) is not None and self.best(BUY) >= self.best(SELL):
            side = self.pick(BUY, SELL)
            self.empty(side, self.best(side), self.pick(CANCEL, EXECUTE))

    def empty(self, side, price, kind=CANCEL):
        for i in self.at(side, price):
            self.say_of(kind, i, self.orders[i][2])
        if self.anonymous.get((side, price)):
            self.say(kind, side, price, self.anonymous[side, price])

    def orders_event(self):
        if self.chance(0.6):
            self.uncross()
        for _ in range(self.pick(1, 1, 1, 2, 3, 4)):
            x, found = self.rng.random(), self.some_order()
            if x < 0.4 or found is None:
                side = self.pick(BUY, SELL)
                added = self.add(side, self.near_touch(side), self.qty())
                if self.chance(0.15):  # it changes in its own event
                    self.say_of(self.pick(REDUCE, EXECUTE), added, self.pick(1, self.orders[added][2]))
            elif self.chance(self.without_ids):
                self.without_id()
            elif x < 0.7:
                self.say_of(CANCEL, found, self.orders[found][2])
            elif x < 0.84:
                self.say_of(REDUCE, found, int(self.rng.integers(1, self.orders[found][2] + 1)))
            else:
                self.replace(found)

    def replace(self, order_id):
        """One that loses priority; the id stays or not."""
        side, price, lots = self.orders[order_id]
        self.say_of(CANCEL, order_id, lots, F_REPLACE)
        price = price if self.chance(0.4) else self.near_touch(side)
        self.add(side, price, self.pick(lots, lots + 2, self.qty()), F_REPLACE, self.pick(0, order_id))

    def without_id(self):
        """An order from before the data, or a level's total."""
        held = [key for key, lots in self.anonymous.items() if lots]
        if held and self.chance(0.6):
            side, price = self.pick(*held)
            lots = int(self.rng.integers(1, self.anonymous[side, price] + 1))
            self.say(self.pick(REDUCE, CANCEL), side, price, lots)
            return
        side = self.pick(BUY, SELL)
        price = self.near_touch(side)
        total = self.total(side, price)
        wanted = self.pick(total, total, total + 1, total + self.qty(), max(0, total - 2), 0)
        self.say(TOTAL, side, price, (wanted, self.pick(CHANGE, CHANGE, BBO)))

    def executions(self):
        """An aggressor, mostly in queue order, often through levels; icebergs refill, the remainder may rest."""
        side, left = self.pick(BUY, SELL), self.qty() + self.pick(0, 0, 4, 10)
        worst = None
        while left > 0 and self.levels(side):
            price = self.pick(*self.levels(side)) if self.chance(0.1) else self.best(side)
            queue = [0] * bool(self.anonymous.get((side, price))) + self.at(side, price)
            found = self.pick(*queue) if self.chance(0.15) else queue[0]
            held = self.orders[found][2] if found else self.anonymous[side, price]
            lots, worst = min(left, held), price
            self.say(EXECUTE, side, price, lots, 0, found)
            left -= lots
            if found and self.chance(0.2):  # an iceberg's next tip, at the end of the queue
                if found in self.orders:
                    self.say_of(CANCEL, found, self.orders[found][2], F_REPLACE)
                self.add(side, price, self.qty(), F_REPLACE, found)
            if self.chance(0.15):
                break
        if self.chance(0.2):
            self.prints(side)
        if left > 0 and worst is not None and self.chance(0.3):
            self.add(opposite(side), worst, left)

    def prints(self, side):
        """Of what no visible order traded."""
        best = self.best(side)
        price = self.near_touch(side) if best is None or self.chance(0.6) else best
        flags = self.pick(0, 0, F_HIDDEN, F_HIDDEN, F_HIDDEN, F_OFFBOOK, F_COUNTED)
        self.say(TRADE, NONE if self.chance(0.1) else opposite(side), price, self.qty(), flags)

    def clear(self):
        side = self.pick(BUY, SELL, NONE)
        self.say(CLEAR, side)
        for s in (BUY, SELL) if side == NONE else (side,):
            for price in self.levels(s):
                if self.chance(0.9):
                    self.empty(s, price)
        if self.chance(0.6):
            for _ in range(int(self.rng.integers(1, 4))):
                s = side if side != NONE else self.pick(BUY, SELL)
                self.add(s, self.near_touch(s), self.qty())

    def snapshot(self):
        self.say(SNAPSHOT_BEGIN)
        orders = {}
        for i, (side, price, lots) in self.orders.items():
            if self.chance(0.8):
                orders[i] = [side, price, self.pick(lots, lots, max(1, lots - 1), lots + 1)]
        for _ in range(self.pick(0, 1, 2, 3)):
            side = self.pick(BUY, SELL)
            self.last_id += 1
            orders[self.last_id] = [side, self.near_touch(side, crossing=0.05), self.qty()]
        anonymous = {key: self.pick(lots, lots, max(0, lots - 1), 0) for key, lots in self.anonymous.items()}
        self.say(RESYNC, lots=({i: list(o) for i, o in orders.items()}, anonymous))
        if self.chance(0.7):
            self.say(SNAPSHOT_END)
        else:
            self.snapshot_open = True

    def event(self, n, last):
        """The updates of the next event."""
        self.said, self.out = [], []
        if n == 0:
            self.first_book()
        else:
            self.next_event(last)
        return self.said

    def next_event(self, last):
        if self.snapshot_open and (last or self.chance(0.5)):
            self.snapshot_open = False
            self.say(SNAPSHOT_END)
            return
        if self.phase != CONTINUOUS and self.chance(0.3):
            self.phase = CONTINUOUS
            for _ in range(self.pick(1, 1, 2)):
                self.say(STATUS, lots=CONTINUOUS)
            if self.chance(0.5):
                self.orders_event()
            return
        if self.chance(self.halts):
            self.phase = self.pick(HALT, AUCTION)
            self.say(STATUS, lots=self.phase)
            return
        x = self.rng.random()
        if x < 0.53:
            self.orders_event()
        elif x < 0.83:
            self.executions()
        elif x < 0.90:
            self.prints(self.pick(BUY, SELL))
        elif x < 0.94:
            self.clear()
        elif x < 0.97 and not self.snapshot_open and not last:
            self.snapshot()
        elif x < 0.985:
            self.say(FUNDING, lots=int(self.rng.integers(-500_000, 500_000)))
        else:
            self.say(GAP)


def random_tape_l3(seed, events=60, max_latency_ms=12, late=0.1, step_ms=4, start_ms=0):
    """As tapes.random_tape, order by order."""
    rng = np.random.default_rng(seed)
    market = _Market(rng)
    local = _View()
    local.written = {}

    def for_exch(_):
        local.written = dict(market.stamps)
        return market.out  # the venue resolved them as they happened

    return write_tape(rng, market, for_exch, local.resolve, events, max_latency_ms, late, step_ms, start_ms)


def check_stamps(tape):
    """Asserts T1a of a legal L3 tape."""
    orders, anonymous, number = {}, {}, 0
    for row in tape:
        kind, stamp, qty = int(row["kind"]), int(row["stamp"]), int(row["qty_lots"])
        key = int(row["side"]), int(row["price_ticks"])
        if not row["flags"] & F_EXCH:
            assert stamp == 0 or stamp in orders, "a stamp that no add has had so far"
            continue
        number += 1
        if kind == ADD:
            assert stamp == number and qty > 0
            orders[stamp] = [key, qty]
        elif kind in BOOK_KINDS and stamp == 0:
            anonymous[key] = anonymous.get(key, 0) + qty
            assert anonymous[key] >= 0 and (kind in (CHANGE, BBO) or qty < 0)
        elif kind in L3_KINDS:
            assert orders[stamp][0] == key and -orders[stamp][1] <= qty < 0
            orders[stamp][1] += qty
            if kind == CANCEL:
                assert orders[stamp][1] == 0
        else:
            assert stamp == 0
