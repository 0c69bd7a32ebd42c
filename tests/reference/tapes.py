"""Random legal L2 tapes in a small price range, so that own orders meet the market often (SEMANTICS T1 to T6)."""
import numpy as np

from lumina import EVENT

from .vocabulary import (
    AUCTION,
    BBO,
    BOOK_KINDS,
    BUY,
    CHANGE,
    CLEAR,
    CONTINUOUS,
    F_COUNTED,
    F_END,
    F_EXCH,
    F_HIDDEN,
    F_LOCAL,
    F_OFFBOOK,
    FUNDING,
    GAP,
    HALT,
    NONE,
    SELL,
    SNAPSHOT_BEGIN,
    SNAPSHOT_END,
    STATUS,
    TRADE,
    opposite,
)  # fmt: skip

MS = 1_000_000
START_NS = 1_700_000_000_000 * MS
MID = 100  # ticks; prices stay within +-8 of it


class _Market:
    """Writes events as absolute levels: ("level", side, price, quantity) and rows that change no book."""

    def __init__(self, rng):
        self.rng = rng
        self.levels = {BUY: {}, SELL: {}}
        self.phase = CONTINUOUS
        self.snapshot_open = False
        self.late_depth = []  # depth rows that follow their print in a later event

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, p):
        return self.rng.random() < p

    def best(self, side):
        prices = self.levels[side]
        return (max(prices) if side == BUY else min(prices)) if prices else None

    def qty(self):
        return int(self.pick(1, 1, 2, 3, 4, 5, 7, 9, 12))

    def level(self, rows, side, price, qty, kind=CHANGE):
        rows.append((kind, side, price, qty, 0))
        if qty:
            self.levels[side][price] = qty
        else:
            self.levels[side].pop(price, None)

    def first_book(self):
        rows = []
        for side, start, step in ((BUY, MID - 1, -1), (SELL, MID + 1, 1)):
            for i in range(int(self.rng.integers(2, 6))):
                if self.chance(0.85):
                    self.level(rows, side, start + step * i, self.qty())
        return rows or [(CHANGE, BUY, MID - 1, self.qty(), 0)]

    def near_touch(self, side):
        best = self.best(side)
        other = self.best(opposite(side))
        if best is None:
            best = MID if other is None else other + (-1 if side == BUY else 1)
        away = -1 if side == BUY else 1
        price = best + away * int(self.pick(-2, -1, -1, 0, 0, 0, 0, 1, 1, 2, 3))
        if other is not None and (price - other) * away <= 0 and not self.chance(0.2):
            price = other + away  # mostly not crossed
        return min(max(price, MID - 8), MID + 8)

    def depth(self):
        rows = self.late_depth.pop(0) if self.late_depth and self.chance(0.7) else []
        if rows:
            return rows
        bid, ask = self.best(BUY), self.best(SELL)
        if bid is not None and ask is not None and bid >= ask and self.chance(0.6):
            side = self.pick(BUY, SELL)
            limit = self.best(opposite(side))
            for price in [p for p in self.levels[side] if (p >= limit if side == BUY else p <= limit)]:
                self.level(rows, side, price, 0)
        for _ in range(int(self.pick(1, 1, 1, 2, 3))):
            side = self.pick(BUY, SELL)
            price = self.near_touch(side)
            held = self.levels[side].get(price, 0)
            self.level(rows, side, price, self.pick(0, 0, max(0, held - 1), held + 2, self.qty(), self.qty()))
        return rows

    def print_(self):
        rows, aggressor = [], self.pick(BUY, SELL)
        side = opposite(aggressor)
        best = self.best(side)
        price = self.near_touch(side) if best is None or self.chance(0.25) else best
        flags = self.pick(0, 0, 0, 0, 0, 0, F_HIDDEN, F_OFFBOOK, F_COUNTED)
        shown_as = NONE if self.chance(0.05) else aggressor
        left = total = self.qty() + self.pick(0, 0, 4)
        while left > 0:
            q = min(left, self.pick(1, 2, 20))
            rows.append((TRADE, shown_as, price, q, flags))
            left -= q
        held = self.levels[side].get(price, 0)
        after = self.pick(max(0, held - total), max(0, held - total), max(0, held - total - 1), held, held + 1)
        depth = []
        self.level(depth, side, price, after)
        if self.chance(0.5):
            return rows + depth
        self.level([], side, price, held)  # it comes later
        self.late_depth.append([(CHANGE, side, price, after, 0)])
        return rows

    def bbo(self):
        rows = []
        for side in self.pick((BUY,), (SELL,), (BUY, SELL)):
            price = self.near_touch(side)
            for p in sorted(self.levels[side], reverse=side == BUY):
                if (p > price) if side == BUY else (p < price):
                    self.level(rows, side, p, 0)
            self.level(rows, side, price, self.qty(), BBO)
        return rows

    def clear(self):
        side = self.pick(BUY, SELL, NONE)
        rows = [(CLEAR, side, 0, 0, 0)]
        for s in (BUY, SELL) if side == NONE else (side,):
            for price in sorted(self.levels[s]):
                if self.chance(0.9):
                    self.level(rows, s, price, 0)
        if self.chance(0.6):
            for _ in range(int(self.rng.integers(1, 4))):
                s = side if side != NONE else self.pick(BUY, SELL)
                self.level(rows, s, self.near_touch(s), self.qty())
        return rows

    def snapshot(self):
        rows = [(SNAPSHOT_BEGIN, NONE, 0, 0, 0)]
        for side, away in ((BUY, -1), (SELL, 1)):
            top = MID + away * self.pick(1, 1, 2, 0)
            wanted = {top + away * i: self.qty() for i in range(int(self.rng.integers(1, 5))) if self.chance(0.8)}
            for price in sorted(set(self.levels[side]) | set(wanted)):
                self.level(rows, side, price, wanted.get(price, 0))
        if self.chance(0.7):
            rows.append((SNAPSHOT_END, NONE, 0, 0, 0))
        else:
            self.snapshot_open = True
        return rows

    def event(self, n, last):
        if n == 0:
            return self.first_book()
        if self.snapshot_open and (last or self.chance(0.5)):
            self.snapshot_open = False
            return [(SNAPSHOT_END, NONE, 0, 0, 0)]
        if self.phase != CONTINUOUS and self.chance(0.3):
            self.phase = CONTINUOUS
            rows = [(STATUS, NONE, 0, CONTINUOUS, 0)] * self.pick(1, 1, 2)
            return rows + self.depth() if self.chance(0.5) else rows
        x = self.rng.random()
        if x < 0.50:
            return self.depth()
        if x < 0.82:
            return self.print_()
        if x < 0.90:
            return self.bbo()
        if x < 0.93:
            return self.clear()
        if x < 0.95 and not self.snapshot_open and not last:
            return self.snapshot()
        if x < 0.97:
            self.phase = self.pick(HALT, AUCTION)
            return [(STATUS, NONE, 0, self.phase, 0)] * self.pick(1, 1, 2)
        if x < 0.985:
            return [(FUNDING, NONE, 0, int(self.rng.integers(-500_000, 500_000)), 0)]
        return [(GAP, NONE, 0, 0, 0)]


class _ViewOfTape:
    """Turns absolute levels into changes against one view's own book, and keeps a 0 only after a print."""

    def __init__(self):
        self.held, self.printed = {}, set()

    def resolve(self, rows):
        out = []
        for kind, side, price, qty, flags in rows:
            if kind in BOOK_KINDS:
                change = qty - self.held.get((side, price), 0)
                was_printed = (side, price) in self.printed
                self.printed.discard((side, price))
                self.held[side, price] = qty
                if change or was_printed:
                    out.append((kind, side, price, change, flags, 0))
            else:
                if kind == TRADE and side != NONE:
                    self.printed.add((opposite(side), price))
                out.append((kind, side, price, qty, flags, 0))
        return out


def random_tape(seed, events=60, max_latency_ms=12, late=0.1, step_ms=4, start_ms=0):
    """An EVENT array of about `events` events. `late`: chance that an event is overtaken on its way to us."""
    rng = np.random.default_rng(seed)
    market, exch, local = _Market(rng), _ViewOfTape(), _ViewOfTape()
    return write_tape(rng, market, exch.resolve, local.resolve, events, max_latency_ms, late, step_ms, start_ms)


def write_tape(rng, market, for_exch, for_local, events, max_latency_ms, late, step_ms, start_ms):
    """The tape of `market.event(n, last)`, whose rows `for_exch` and `for_local` resolve against each view's book.

    Resolved rows are (kind, side, price, quantity, flags, stamp).
    """
    out, waiting = [], []  # rows; late events not yet written: (local time, order, exch time, rows)
    ts, seen = START_NS + start_ms * MS, 0

    def write(rows, flags, ts_ns, local_ns, spread_ns=0):
        for i, (kind, side, price, qty, more, stamp) in enumerate(rows):
            last = i == len(rows) - 1
            at = local_ns + (spread_ns if last and i else 0)
            out.append((ts_ns, stamp, at - ts_ns, price, qty, kind, side, more | flags | (F_END if last else 0)))

    def flush(until_ns):
        nonlocal seen
        waiting.sort(key=lambda w: w[:2])
        while waiting and waiting[0][0] <= until_ns:
            at, _, exch_ns, rows = waiting.pop(0)
            seen = max(at, seen)
            write(for_local(rows), F_LOCAL, exch_ns, seen)

    for n in range(events):
        rows = market.event(n, last=n == events - 1)
        if n:
            whole = rng.random() < 0.7
            ts += int(rng.integers(0, step_ms + 1)) * MS if whole else int(rng.integers(0, step_ms * MS))
        latency = int(rng.integers(0, max_latency_ms + 1)) * MS if rng.random() < 0.5 else 0
        in_order = market.snapshot_open or any(row[0] in (SNAPSHOT_BEGIN, SNAPSHOT_END) for row in rows)
        if n and not in_order and rng.random() < late:
            write(for_exch(rows), F_EXCH, ts, ts)
            waiting.append((ts + latency + max_latency_ms * MS // 2, n, ts, rows))
            continue
        flush(max(ts + latency, seen))
        at = max(ts + latency, seen)
        there, here = for_exch(rows), for_local(rows)
        spread = int(rng.integers(0, 3)) * MS // 2 if len(rows) > 1 else 0
        if [row[:5] for row in there] == [row[:5] for row in here]:
            write(there, F_EXCH | F_LOCAL, ts, at, spread)
        else:
            write(there, F_EXCH, ts, at)
            write(here, F_LOCAL, ts, at, spread)
        if here:
            seen = at + (spread if len(here) > 1 else 0)
    flush(1 << 62)
    return np.array(out, EVENT)


def check_tape(tape):
    """Asserts the rules of SEMANTICS T3 to T6 that a legal tape keeps; those of L3 are in tapes_l3.check_stamps."""
    for flag, times in (
        (F_EXCH, tape["exch_ts_ns"]), (F_LOCAL, tape["exch_ts_ns"] + tape["latency_ns"].astype(np.int64)),
    ):  # fmt: skip
        mask = (tape["flags"] & flag) != 0
        assert (np.diff(times[mask]) >= 0).all(), "not sorted"
        rows = tape[mask]
        assert len(rows) == 0 or rows[-1]["flags"] & F_END, "an event is left open"
        held, start, event_ns = {}, True, 0
        for row in rows:
            ts, kind = int(row["exch_ts_ns"]), int(row["kind"])
            assert start or ts == event_ns, "one event, two exchange times"
            event_ns, start = ts, bool(row["flags"] & F_END)
            if kind in BOOK_KINDS:
                key = int(row["side"]), int(row["price_ticks"])
                held[key] = held.get(key, 0) + int(row["qty_lots"])
                assert held[key] >= 0, f"level {key} below zero"
            elif kind == TRADE:
                assert row["qty_lots"] > 0
