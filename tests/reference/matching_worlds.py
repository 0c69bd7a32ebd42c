"""Random operations for matching engines, of several tempers, and what is compared of any two engines."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from .matching_engine import FOK, MAX_PRICE_TICKS, Event, MatchingEngine
from .vocabulary import BUY, CONTINUOUS, HALT, IOC, LIMIT, MARKET, NONE, POST_ONLY, SELL

TYPES = (LIMIT, POST_ONLY, IOC, MARKET, FOK)
KINDS = {"submit": 0, "cancel": 1, "replace": 2, "mass_cancel": 3}
EVENTS = ("traded", "rested", "cancelled", "killed", "reduced", "replaced", "rejected")
REASONS = (
    "none", "requested", "remainder", "self_match", "post_only", "fill_or_kill",
    "halted", "price_band", "unknown_id", "duplicate_id", "invalid",
)  # fmt: skip
MAX_ID = 2**64 - 1
MID = 1000


def as_events(result):
    """Events of either engine; those of the compiled one are of one message."""
    if isinstance(result, list):
        return result
    rows = result.tolist()
    assert all(row[5] == 0 for row in rows)
    return [as_event(row) for row in rows]


def as_event(row):
    maker, taker, price, lots, left, _, owner, taker_owner, kind, reason, side, reserved = row
    assert reserved == 0
    return Event(EVENTS[kind], maker, taker, price, lots, left, owner, taker_owner, side, REASONS[reason])


def queues(engine, side):
    """[(price, [(id, lots), ...]), ...] of a side of either engine, best price first, front first."""
    if isinstance(engine, MatchingEngine):
        return [
            (price, [(order.order_id, order.lots) for order in engine.queue(side, price)])
            for price, _, _ in engine.depth(side)
        ]
    found = []
    for price in engine.depth(max(1, len(engine)))[side][:, 0].tolist():
        ids, lots = engine.orders(price, side)
        found.append((price, list(zip(ids.tolist(), lots.tolist(), strict=True))))
    return found


def assert_same_touch(engine, want):
    assert len(engine) == len(want)
    assert engine.best_bid == want.best_bid
    assert engine.best_ask == want.best_ask


def assert_same_book(engine, want):
    """All levels, all queues in order, each order and its place."""
    assert_same_touch(engine, want)
    levels = max(1, len(want))
    for side, rows in zip((BUY, SELL), engine.depth(levels), strict=True):
        assert list(map(tuple, rows.tolist())) == want.depth(side)
        assert queues(engine, side) == queues(want, side)
    for order in want.resting:
        whose = ("buy", "sell")[order.side], order.price, order.lots, order.owner
        assert order.order_id in engine and engine.order(order.order_id) == whose
        assert engine.queue_ahead(order.order_id) == want.queue_ahead(order.order_id)
    assert engine.phase == ("continuous", "halt")[want.phase]
    assert engine.band == want.band


# Operations are (name, *arguments of the engines' method), or ("phase" or "band", value).


def apply_to(engine, operation):
    """Its events, of either engine."""
    name, *arguments = operation
    if name in ("phase", "band"):
        setattr(engine, name, arguments[0])
        return []
    if not isinstance(engine, MatchingEngine) and not has_words(operation):
        return as_events(engine.apply(messages([operation])))
    return as_events(getattr(engine, name)(*arguments))


def has_words(operation):
    """Whether its side and type are such, so that a method takes them: a message may say anything."""
    name, *arguments = operation
    if name == "submit":
        return arguments[1] in (BUY, SELL) and arguments[4] in TYPES
    return name != "replace" or arguments[4] in TYPES


@cache
def message_type():
    import lumina

    return lumina.MATCH_MESSAGE


def messages(operations, rng=None):
    """MATCH_MESSAGE rows, with anything in the fields that a kind does not need."""
    rows = np.zeros(len(operations), message_type())
    if rng is not None:
        rows = np.frombuffer(rng.randbytes(rows.nbytes), rows.dtype).copy()
    for row, (name, *arguments) in zip(rows, operations, strict=True):
        names = {
            "submit": ("order_id", "side", "price_ticks", "qty_lots", "type", "owner"),
            "cancel": ("order_id",),
            "replace": ("order_id", "new_id", "price_ticks", "qty_lots", "type"),
            "mass_cancel": ("owner", "side"),
        }[name]
        row["kind"] = KINDS[name]
        for field, value in zip(names, arguments, strict=True):
            row[field] = NONE if value is None else value
    return rows


@dataclass(frozen=True)
class World:
    """Weights of what is asked for: (submit, cancel, replace, mass cancel, phase or band)."""

    asked: tuple = (70, 6, 14, 0.4, 0.4)
    types: tuple = (66, 16, 6, 5, 7)  # as TYPES
    owners: int = 4
    wide: bool = False
    any_id: bool = False
    crowd: int = 50  # orders from which on more leave


WORLDS = {
    "narrow": World(),
    "wide": World(wide=True, any_id=True, crowd=80),
    "takers": World(types=(55, 7, 10, 8, 20), owners=2, crowd=80),
    "replaces": World(asked=(45, 5, 48, 0.4, 0.4), any_id=True),
    "masses": World(asked=(85, 3, 10, 5, 0.4), owners=6, crowd=200),
    "switches": World(asked=(65, 5, 12, 1, 14)),
}


class Operations:
    """Random ones of a world; `want`, the reference engine that they are applied to, is looked at for what rests."""

    def __init__(self, world, rng, want):
        self.world, self.rng, self.want = world, rng, want
        self.last = 0
        self.recent = [0, MAX_ID]

    def draw(self):
        submit, cancel, replace, mass_cancel, switch = self.world.asked
        if len(self.want.resting) > self.world.crowd:
            submit, cancel = submit / 2, cancel * 4
        if self.want.phase == HALT or self.want.band:
            switch = max(switch, 4)  # back to where more happens
        names = ("submit", "cancel", "replace", "mass_cancel", "switch")
        weights = (submit, cancel, replace, mass_cancel, switch)
        return getattr(self, self.rng.choices(names, weights)[0])()

    def submit(self):
        rng = self.rng
        side = rng.randrange(2) if rng.random() > 0.002 else rng.choice((NONE, 3, 255))
        how = rng.choices(TYPES, self.world.types)[0] if rng.random() > 0.002 else rng.choice((5, 6, 255))
        price = self.price(side)
        if how == MARKET and rng.random() < 0.5:
            price = rng.randrange(-(2**31), 2**31)
        return "submit", self.new_id(), side, price, self.lots(how), how, self.owner()

    def cancel(self):
        return "cancel", self.old_id()

    def replace(self):
        rng = self.rng
        order_id = self.old_id()
        old = self.want.find(order_id)
        price, lots = self.price(rng.randrange(2)), self.lots(LIMIT)
        if old is not None:
            if rng.random() < 0.5:
                price = old.price
            elif rng.random() < 0.9:
                price = self.price(old.side)
            if rng.random() < 0.5:
                lots = max(1, old.lots - rng.randrange(3))
        how = rng.choices((LIMIT, POST_ONLY, IOC, MARKET, FOK, 77), (70, 26, 1, 1, 1, 1))[0]
        return "replace", order_id, order_id if rng.random() < 0.35 else self.new_id(), price, lots, how

    def mass_cancel(self):
        return "mass_cancel", self.owner(), self.rng.choice((BUY, SELL, None))

    def switch(self):
        rng, want = self.rng, self.want
        if want.phase == HALT or rng.random() < 0.3:
            return "phase", HALT if want.phase == CONTINUOUS else CONTINUOUS
        if want.band is not None and rng.random() < 0.6:
            return "band", None
        low, high = MID - rng.randrange(-1, 6), MID + rng.randrange(2, 7)
        if rng.random() < 0.1:
            low, high = rng.choice(((MID, MID), (-MAX_PRICE_TICKS, MID), (MID, MAX_PRICE_TICKS)))
        return "band", (low, high)

    def new_id(self):
        rng = self.rng
        chance = rng.random()
        if chance < 0.03 and self.want.resting:
            return rng.choice(self.want.resting).order_id
        if chance < 0.05:
            return rng.choice(self.recent)
        self.last = rng.getrandbits(64) if self.world.any_id else self.last + 1
        self.recent.append(self.last)
        if len(self.recent) > 600:
            del self.recent[:300]
        return self.last

    def old_id(self):
        if self.rng.random() < 0.9 and self.want.resting:
            return self.rng.choice(self.want.resting).order_id
        return self.rng.choice(self.recent)

    def owner(self):
        return self.rng.randrange(self.world.owners + 1) if self.rng.random() > 0.02 else 65535

    def lots(self, type):
        rng = self.rng
        chance = rng.random()
        if chance < 0.01:
            return rng.choice((0, -1, -(2**31)))
        if chance < 0.013 or (chance < 0.03 and type not in (LIMIT, POST_ONLY)):
            return 2**31 - 1
        if chance < 0.15:
            return rng.randrange(10, 80)
        return rng.randrange(1, 10)

    def price(self, side):
        rng = self.rng
        away = rng.randrange(-2, 7) if not self.world.wide else int(rng.expovariate(0.1)) - 3
        if self.world.wide or rng.random() < 0.01:
            chance = rng.random()
            if chance < 0.15:
                away = rng.randrange(-300, 100_000)
            elif chance < 0.18:
                return rng.choice((-MAX_PRICE_TICKS, MAX_PRICE_TICKS)) + rng.randrange(-2, 3)
            elif chance < 0.2:
                return rng.randrange(-(2**31), 2**31)
        return MID - away if side == BUY else MID + away
