"""Rows and tapes of hand-worked L3 cases: recorded orders have names, the tape numbers its rows."""
import numpy as np

from lumina import EVENT

from .vocabulary import ADD, BUY, CANCEL, EXECUTE, F_END, F_EXCH, F_LOCAL, F_REPLACE, NONE, REDUCE, SELL

# rows: (kind, side, price, quantity, flags, name); those of scenario_kit have no name and stamp 0


def add(name, side, price, lots, flags=0):
    return ADD, side, price, lots, flags, name


def reduce(name, lots):
    """An order shrinks in place; side and price are those of its add."""
    return REDUCE, NONE, 0, -lots, 0, name


def leave(name, lots, flags=0):
    """A cancel of all that is left."""
    return CANCEL, NONE, 0, -lots, flags, name


def hit(name, lots):
    """An execution of it."""
    return EXECUTE, NONE, 0, -lots, 0, name


def moved(name, lots, to, side, price, new_lots):
    """A replace that loses priority."""
    return leave(name, lots, F_REPLACE), add(to, side, price, new_lots, F_REPLACE)


def old(kind, side, price, lots):
    """A reduce, cancel or execute of an order from before the data."""
    return kind, side, price, -lots, 0


def event(ts_ns, *rows, latency=0, views=F_EXCH | F_LOCAL):
    return ts_ns, rows, latency, views


def tape(*events):
    """The rows with their stamps (T1a): numbered from 1 among the exchange's."""
    out, adds, number = [], {}, 0
    for ts_ns, rows, latency, views in events:
        for i, (kind, side, price, qty, flags, *name) in enumerate(rows):
            number += bool(views & F_EXCH)
            stamp = 0
            if kind == ADD:
                adds[name[0]] = number, side, price
            if name:
                stamp, side, price = adds[name[0]]
            last = F_END if i == len(rows) - 1 else 0
            out.append((ts_ns, stamp, latency, price, qty, kind, side, flags | views | last))
    return np.array(out, EVENT)


def book(*more):
    """The event that most cases start with: mid 100, 10 lots of two orders at each touch."""
    return event(
        100, add("b", BUY, 99, 6), add("b2", BUY, 99, 4), add("c", BUY, 98, 20), add("a", SELL, 101, 6),
        add("a2", SELL, 101, 4), add("d", SELL, 102, 20), *more,
    )  # fmt: skip


def tick(ts_ns):
    """Far from everything: time passes."""
    return event(ts_ns, add("tick", BUY, 1, 1))


def probe(ts_ns, name="probe", side=BUY, price=99):
    """An order that joins behind us is hit for a lot: we would have been hit, so our fill shows our front."""
    return event(ts_ns, add(name, side, price, 1), hit(name, 1))
