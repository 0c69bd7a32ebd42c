"""How a hand-worked case is written down, and how it is run on an engine: tape rows, a script, what must happen."""
from dataclasses import dataclass, field

import numpy as np

from lumina import EVENT

from .options import Instrument, Options
from .vocabulary import (
    ACKNOWLEDGED,
    BBO,
    BUY,
    CANCEL_REJECTED,
    CANCELLED,
    CHANGE,
    CLEAR,
    EV_START,
    EV_TIMER,
    F_END,
    F_EXCH,
    F_LOCAL,
    FILLED,
    FUNDING,
    GAP,
    IOC,
    LIMIT,
    MARKET,
    NONE,
    POST_ONLY,
    R_NONE,
    R_REQUESTED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    REQUEST_CANCEL,
    REQUEST_NEW,
    REQUEST_REPLACE,
    SELL,
    SNAPSHOT_BEGIN,
    SNAPSHOT_END,
    STATUS,
    TRADE,
)  # fmt: skip

# tape rows: (kind, side, price, quantity, flags) ---------------------------------------------------------


def bid(price, change):
    return CHANGE, BUY, price, change, 0


def ask(price, change):
    return CHANGE, SELL, price, change, 0


def bbo_bid(price, change):
    return BBO, BUY, price, change, 0


def bought(price, qty, flags=0):
    """A print whose aggressor bought: it concerns our sell orders."""
    return TRADE, BUY, price, qty, flags


def sold(price, qty, flags=0):
    return TRADE, SELL, price, qty, flags


def printed(price, qty):
    """A print without a side."""
    return TRADE, NONE, price, qty, 0


def clear(side=NONE):
    return CLEAR, side, 0, 0, 0


SNAP, SNAP_END, GAP_ROW = (SNAPSHOT_BEGIN, NONE, 0, 0, 0), (SNAPSHOT_END, NONE, 0, 0, 0), (GAP, NONE, 0, 0, 0)


def status(phase):
    return STATUS, NONE, 0, phase, 0


def funding(rate_e9):
    return FUNDING, NONE, 0, rate_e9, 0


def event(ts_ns, *rows, latency=0, views=F_EXCH | F_LOCAL):
    """One event; `latency` of all rows, or a list of one each."""
    each = latency if isinstance(latency, list) else [latency] * len(rows)
    return [
        (ts_ns, 0, lat, price, qty, kind, side, flags | views | (F_END if i == len(rows) - 1 else 0))
        for i, ((kind, side, price, qty, flags), lat) in enumerate(zip(rows, each, strict=True))
    ]


def tape(*events):
    return np.array([row for rows in events for row in rows], EVENT)


def book(ts_ns=100, bids=((99, 10), (98, 20)), asks=((101, 10), (102, 20)), latency=0):
    """The event that most cases start with; mid 100."""
    return event(ts_ns, *(bid(*level) for level in bids), *(ask(*level) for level in asks), latency=latency)


def tick(ts_ns, latency=0, price=1):
    """An event far from everything: time passes."""
    return event(ts_ns, bid(price, 1), latency=latency)


# the script ----------------------------------------------------------------------------------------------


def order(side, price, qty, kind=LIMIT, instrument=0, tag=0):
    return "submit", {
        "instrument": instrument, "side": side, "type": kind, "price_ticks": price, "qty_lots": qty, "tag": tag,
    }  # fmt: skip


def buy(price, qty, kind=LIMIT, **more):
    return order(BUY, price, qty, kind, **more)


def sell(price, qty, kind=LIMIT, **more):
    return order(SELL, price, qty, kind, **more)


def post(side, price, qty):
    return order(side, price, qty, POST_ONLY)


def ioc(side, price, qty):
    return order(side, price, qty, IOC)


def market(side, qty, **more):
    return order(side, 0, qty, MARKET, **more)


def cancel(order_id):
    return "cancel", (order_id,)


def replace(order_id, price, qty):
    return "replace", (order_id, price, qty)


class Script:
    """Does what `steps` = ((ts_ns, call, ...), ...) say at their times; `answers` = {event kind: call} once each."""

    interval_ns = 0

    def __init__(self, steps, wake_mask=0, answers=None, interval_ns=0):
        self.steps, self.wake_mask, self.answers = steps, wake_mask, dict(answers or {})
        self.interval_ns = interval_ns
        self.seen, self.looked, self.ids = [], [], []

    def on_event(self, ctx, ev):
        self.seen.append({name: getattr(ev, name) for name in (
            "ts_ns", "exch_ts_ns", "kind", "order_id", "tag", "value", "price_ticks", "qty_lots", "level_lots",
            "leaves_lots", "instrument", "side", "reason", "flags")})  # fmt: skip
        if ev.kind == EV_START:
            for i, step in enumerate(self.steps):
                ctx.set_timer(step[0], i + 1)
        elif ev.kind == EV_TIMER and 0 < ev.value <= len(self.steps):
            self.do(ctx, self.steps[ev.value - 1][1:])
        if ev.kind in self.answers:
            self.do(ctx, [self.answers.pop(ev.kind)])

    def do(self, ctx, calls):
        for what, arguments in calls:
            if what == "submit":
                self.ids.append(ctx.submit(**arguments))
            elif what == "look":  # what the strategy sees now
                instrument, = arguments
                self.looked.append({
                    "best": (tuple(ctx.best(instrument, BUY)), tuple(ctx.best(instrument, SELL))),
                    "position": ctx.position(instrument),
                    "orders": [(o.order_id, o.price_ticks, o.qty_lots, o.filled_lots, o.state, o.pending)
                               for o in ctx.orders(instrument, NONE)],
                })  # fmt: skip
            elif what == "level":
                self.looked.append(ctx.level(*arguments))
            elif what == "depth":
                self.looked.append([(int(price), int(qty)) for price, qty in ctx.depth(*arguments)])
            else:
                getattr(ctx, what)(*arguments)


def look(instrument=0):
    return "look", (instrument,)


def level(instrument, side, price):
    return "level", (instrument, side, price)


def timer(ts_ns, timer_id):
    """An own timer; its id must not be that of a step."""
    return "set_timer", (ts_ns, timer_id)


# expectations: rows of the order log without the requests ------------------------------------------------


def ack(ts_ns, order_id, leaves):
    return ts_ns, "ack", order_id, leaves, R_NONE


def filled(ts_ns, order_id, price, qty, leaves):
    return ts_ns, "fill", order_id, leaves, R_NONE, price, qty


def cancelled(ts_ns, order_id, reason=R_REQUESTED):
    return ts_ns, "cancelled", order_id, 0, reason


def rejected(ts_ns, order_id, reason):
    return ts_ns, "reject", order_id, 0, reason


def replaced(ts_ns, order_id, leaves, reason=R_NONE):
    return ts_ns, "replaced", order_id, leaves, reason


def no_cancel(ts_ns, order_id, reason):
    return ts_ns, "cancel_reject", order_id, 0, reason


def no_replace(ts_ns, order_id, leaves, reason):
    return ts_ns, "replace_reject", order_id, leaves, reason


WORDS = {
    REQUEST_NEW: "new?", REQUEST_CANCEL: "cancel?", REQUEST_REPLACE: "replace?", ACKNOWLEDGED: "ack",
    REJECTED: "reject", FILLED: "fill", CANCELLED: "cancelled", REPLACED: "replaced",
    CANCEL_REJECTED: "cancel_reject", REPLACE_REJECTED: "replace_reject",
}  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """One rule, one tiny tape. What is None is not looked at; dicts name only the fields that matter.

    log: every row but the requests, in order. fills, equity: one dict a row. orders: {id: dict}. seen: dicts of the
    callbacks of the kinds in `seen_kinds`. looked: what the script's looks found. markouts: rows of mid2.
    """

    name: str
    says: str
    tapes: tuple
    steps: tuple = ()
    log: tuple | None = None
    fills: tuple | None = None
    orders: dict | None = None
    equity: tuple | None = None
    final: tuple | None = None
    markouts: tuple | None = None
    requests: tuple | None = None
    reports: tuple | None = None  # report times, one a log row that is no request
    seen: tuple | None = None
    seen_kinds: tuple = ()
    looked: tuple | None = None
    ids: tuple | None = None
    wake_mask: int = 0
    answers: dict | None = None
    interval_ns: int = 0
    options: Options = field(default_factory=Options)
    instruments: tuple | None = None


def log_rows(events):
    """The order log as the tuples above."""
    out = []
    for e in events:
        word = WORDS[int(e["action"])]
        row = (int(e["ts_ns"]), word, int(e["order_id"]), int(e["leaves_lots"]), int(e["reason"]))
        out.append((*row, int(e["price_ticks"]), int(e["qty_lots"])) if word == "fill" else row)
    return out


def _agree(what, got, wanted):
    __tracebackhide__ = True
    got = list(got)
    assert len(got) == len(wanted), f"{what}: {len(got)} rows, {len(wanted)} expected\ngot {got}\nwanted {wanted}"
    for i, (row, want) in enumerate(zip(got, wanted, strict=True)):
        for key, value in want.items():
            same = row[key] == value or (isinstance(value, float) and abs(row[key] - value) <= 1e-9)
            assert same, f"{what}[{i}].{key} is {row[key]}, {value} expected\n{row}"


def run_scenario(scenario, runner):
    """Run on an engine, `runner(tapes, instruments, strategy, options)` -> result, and compare."""
    __tracebackhide__ = True
    instruments = list(scenario.instruments or [Instrument()] * len(scenario.tapes))
    script = Script(scenario.steps, scenario.wake_mask, scenario.answers, scenario.interval_ns)
    result = runner(list(scenario.tapes), instruments, script, scenario.options)
    is_request = np.isin(result.order_events["action"], [REQUEST_NEW, REQUEST_CANCEL, REQUEST_REPLACE])
    happened = result.order_events[~is_request]
    if scenario.log is not None:
        got = log_rows(happened)
        assert got == list(scenario.log), f"log:\n{_lines(got)}\nexpected:\n{_lines(scenario.log)}"
    if scenario.reports is not None:
        assert happened["report_ts_ns"].tolist() == list(scenario.reports), "report times"
    if scenario.requests is not None:
        _agree("requests", result.order_events[is_request], scenario.requests)
    if scenario.fills is not None:
        _agree("fills", result.fills, scenario.fills)
    for order_id, want in (scenario.orders or {}).items():
        _agree(f"order {order_id}", result.orders[result.orders["order_id"] == order_id], [want])
    if scenario.equity is not None:
        _agree("equity", result.equity, scenario.equity)
    if scenario.final is not None:
        _agree("final", result.final, scenario.final)
    if scenario.markouts is not None:
        assert [tuple(row) for row in result.markout_mid2.tolist()] == list(scenario.markouts), "markouts"
    if scenario.seen is not None:
        _agree("seen", [e for e in script.seen if e["kind"] in scenario.seen_kinds], scenario.seen)
    if scenario.looked is not None:
        assert script.looked == list(scenario.looked), f"looked {script.looked}, expected {scenario.looked}"
    if scenario.ids is not None:
        assert script.ids == list(scenario.ids), "order ids"
    return result


def _lines(rows):
    return "\n".join(f"  {row}" for row in rows)
