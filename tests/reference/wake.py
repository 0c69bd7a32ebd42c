"""Which callbacks one market event makes, and with what."""
from .strategy import Event
from .vocabulary import (
    BOOK_KINDS,
    BUY,
    EV_BBO,
    EV_BOOK,
    EV_FUNDING,
    EV_GAP,
    EV_LEVEL,
    EV_STATUS,
    EV_TRADE,
    EVF_END,
    EVF_HIDDEN,
    EVF_OFFBOOK,
    EXECUTE,
    F_HIDDEN,
    F_OFFBOOK,
    FUNDING,
    GAP,
    L3_KINDS,
    SELL,
    STATUS,
    TRADE,
    WAKE_BBO,
    WAKE_BOOK,
    WAKE_LEVEL,
    WAKE_MARKER,
    WAKE_TRADE,
    opposite,
)  # fmt: skip

MARKERS = {STATUS: EV_STATUS, FUNDING: EV_FUNDING, GAP: EV_GAP}


def callbacks(view, instrument, rows, now, shift, wake_mask):
    """Apply a whole event to the strategy's view, then list what it is woken with."""
    view.shift = shift
    touch_before = view.book.best(BUY), view.book.best(SELL)
    exch_ts_ns = int(rows[0]["exch_ts_ns"])
    found, changed = [], False

    def add(wake, kind, **fields):
        if wake_mask & wake:
            found.append(Event(now, exch_ts_ns, kind, instrument=instrument, **fields))

    for row in rows:
        kind, side = int(row["kind"]), int(row["side"])
        price, qty, flags = int(row["price_ticks"]), int(row["qty_lots"]), int(row["flags"])
        if kind == EXECUTE:  # a print and a level's change in one row
            add(WAKE_TRADE, EV_TRADE, price_ticks=price + shift, qty_lots=-qty, side=opposite(side))
        if kind in BOOK_KINDS:
            _, after = view.book.change(side, price, qty)
            if qty:
                changed = True
                happened = kind if kind in L3_KINDS else 0  # to an order
                add(
                    WAKE_LEVEL, EV_LEVEL, price_ticks=price + shift, qty_lots=qty, level_lots=after, side=side,
                    value=happened,
                )  # fmt: skip
        elif kind == TRADE:
            marks = (EVF_HIDDEN if flags & F_HIDDEN else 0) | (EVF_OFFBOOK if flags & F_OFFBOOK else 0)
            add(WAKE_TRADE, EV_TRADE, price_ticks=price + shift, qty_lots=qty, side=side, flags=marks)
        elif kind in MARKERS:
            add(WAKE_MARKER, MARKERS[kind], value=0 if kind == GAP else qty)
    if changed:
        add(WAKE_BOOK, EV_BOOK)
    if (view.book.best(BUY), view.book.best(SELL)) != touch_before:
        add(WAKE_BBO, EV_BBO)
    mid2 = view.book.mid2()
    if mid2 is not None:
        view.last_mid2 = mid2
    if found:
        found[-1].flags |= EVF_END
    return found
