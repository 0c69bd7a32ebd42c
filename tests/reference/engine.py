"""The clock: what happens when, over all tapes and the strategy (SEMANTICS O1, O2, O5, A2)."""
import numpy as np

from .arrivals import arrive_cancel, arrive_new, arrive_replace
from .exchange import Exchange, RestingState
from .exchange_l3 import ExchangeL3
from .options import Options, ReferenceResult
from .reports import Reports
from .strategy import Context, Event, KnownOrder, View, risk_reason
from .vocabulary import (
    EV_START,
    EV_STOP,
    EV_TIMER,
    F_END,
    F_EXCH,
    F_LOCAL,
    L3_KINDS,
    NO_MID,
    NONE,
    R_END_OF_DATA,
    R_NONE,
    R_UNKNOWN_ORDER,
    REQUEST_CANCEL,
    REQUEST_NEW,
    REQUEST_REPLACE,
    ST_SUBMITTED,
)  # fmt: skip
from .wake import callbacks


def run(tapes, instruments, strategy=None, options=None):
    """Replay `tapes` (EVENT arrays, one an instrument) for `strategy`; returns a ReferenceResult."""
    return Engine(tapes, instruments, strategy, options or Options()).run()


class NoStrategy:
    wake_mask = 0
    interval_ns = 0

    def on_event(self, ctx, ev):
        pass


def events_of(tape, flag):
    """The events of one view, each a list of its rows."""
    events, rows = [], []
    for row in tape:
        if row["flags"] & flag:
            rows.append(row)
            if row["flags"] & F_END:
                events.append(rows)
                rows = []
    assert not rows, "the tape ends inside an event"
    return events


def is_l3(tape):
    """Does the tape have rows of recorded orders?"""
    return bool(np.isin(tape["kind"], L3_KINDS).any())


class Request:
    def __init__(self, action, order_id, decision_ns, send_ns, price=0, total=0):
        self.action, self.order_id = action, order_id
        self.decision_ns, self.send_ns = decision_ns, send_ns
        self.price, self.total = price, total
        self.arrival_ns = 0


class Engine:
    def __init__(self, tapes, instruments, strategy, options):
        self.instruments, self.options = instruments, options
        self.strategy = strategy or NoStrategy()
        self.ctx = Context(self)
        self.reports = Reports(self, options)
        self.exchanges = [
            (ExchangeL3 if is_l3(tape) else Exchange)(i, x, options, self.reports.from_exchange)
            for i, (tape, x) in enumerate(zip(tapes, instruments, strict=True))
        ]
        self.views = [View(i.depth_limit) for i in instruments]
        self.known = {}  # id -> KnownOrder, the strategy's knowledge
        self.truth = {}  # id -> RestingState, the exchange's
        self.records = {}  # id -> OrderRecord as a dict
        self.exch_events, self.feed = [], []
        for i, tape in enumerate(tapes):
            self.exch_events.append([(int(rows[0]["exch_ts_ns"]), rows) for rows in events_of(tape, F_EXCH)])
            seen = 0
            for n, rows in enumerate(events_of(tape, F_LOCAL)):
                seen = max(seen, int(rows[-1]["exch_ts_ns"]) + int(rows[-1]["latency_ns"]) + options.feed_ns)
                self.feed.append((seen, i, n, rows))
        self.feed.sort(key=lambda f: f[:3])
        self.first_ns = min(events[0][0] for events in self.exch_events)
        self.end_ns = [events[-1][0] for events in self.exch_events]
        self.last_ns = max(self.end_ns)
        self.last_local_ns = max((f[0] for f in self.feed), default=self.first_ns - 1)
        self.now = self.first_ns
        self.to_send, self.in_flight, self.last_arrival_ns = [], [], 0
        interval = self.strategy.interval_ns
        self.next_periodic_ns = self.first_ns + interval if interval else None
        self.timers, self.timer_sequence = [], 0  # (ts, sequence, id)
        self.equity, self.next_equity_ns = [], None
        step = options.equity_interval_ns
        if step:
            self.next_equity_ns = (self.first_ns // step + 1) * step
        self.stopping = self.stopped = False
        self.undelivered_rejects = []

    # the loop ---------------------------------------------------------------------------------------------

    def run(self):
        self.call(Event(self.now, self.now, EV_START))
        while (t := self.next_instant()) is not None:
            self.sample_equity_before(t)
            self.instant(t)
        self.stopped = True
        self.now = self.last_local_ns
        self.strategy.on_event(self.ctx, Event(self.now, self.now, EV_STOP))
        self.sample_equity_before(self.last_ns)
        self.sample_equity(self.last_ns)
        return self.result()

    def next_instant(self):
        times = [events[0][0] for events in self.exch_events if events]
        times += [end for end, ex in zip(self.end_ns, self.exchanges, strict=True) if not ex.ended]
        for end, ex in zip(self.end_ns, self.exchanges, strict=True):
            if ex.impact and ex.impact.active and not ex.ended:
                grid = ex.impact.next_grid_after(self.now)
                if grid <= end:
                    times.append(grid)
        times += [r.send_ns for r in self.to_send] + [r.arrival_ns for r in self.in_flight]
        strategy_side = [f[0] for f in self.feed[:1]] + [r["report_ts_ns"] for r in self.reports.queue]
        strategy_side += [ts for ts, _, _ in self.timers]
        if self.next_periodic_ns is not None:
            strategy_side.append(self.next_periodic_ns)
        if not self.stopped:
            times += [t for t in strategy_side if t <= self.last_local_ns]
        return max(min(times), self.now) if times else None

    def instant(self, t):
        """Everything at `t`: the exchange's market rows, then arrivals and the strategy until all is quiet."""
        previous, self.now = self.now, t
        for ex, end in zip(self.exchanges, self.end_ns, strict=True):
            if ex.impact and ex.impact.active and not ex.ended and t <= end:  # noqa: SIM102
                if t > previous and t % ex.impact.step_ns == 0:
                    ex.grid(t)
        for ex, events in zip(self.exchanges, self.exch_events, strict=True):
            while events and events[0][0] == t:
                ex.event(events.pop(0)[1])
        self.until_quiet(t)
        if self.stopping and not self.stopped:
            self.cut(t)
        for ex, end in zip(self.exchanges, self.end_ns, strict=True):
            if end == t and not ex.ended:
                ex.end(t)
        self.until_quiet(t)

    def until_quiet(self, t):
        phases = (self.arrivals, self.feed_due, self.reports_due, self.timers_due, self.sends_due, self.rejects_due)
        busy = True
        while busy:
            did = [phase(t) for phase in phases]  # every phase runs in every round
            busy = any(did)

    def cut(self, t):
        """The strategy stopped the run: the data ends here for every tape."""
        self.stopped = True
        self.feed, self.timers, self.next_periodic_ns = [], [], None
        self.end_ns = [min(end, t) for end in self.end_ns]
        self.last_ns = max(self.end_ns)
        for events in self.exch_events:
            events.clear()

    # phases of one instant; each returns whether it did anything -------------------------------------------

    def arrivals(self, t):
        due = [r for r in self.in_flight if r.arrival_ns <= t]
        self.in_flight = [r for r in self.in_flight if r.arrival_ns > t]
        for r in due:
            self.arrive(r)
        return bool(due)

    def arrive(self, r):
        order = self.truth.get(r.order_id)
        if r.action == REQUEST_NEW:
            self.records[r.order_id]["arrival_ts_ns"] = r.arrival_ns
            arrive_new(self.exchanges[order.instrument], order, r.arrival_ns)
        elif order is None or not 0 <= order.instrument < len(self.exchanges):
            kind = "cancel_reject" if r.action == REQUEST_CANCEL else "replace_reject"
            reason = R_END_OF_DATA if all(ex.ended for ex in self.exchanges) else R_UNKNOWN_ORDER
            order = order or RestingState(r.order_id, 0, NONE, 0, 0, 0)
            self.reports.from_exchange(kind, order, r.arrival_ns, reason=reason)
        elif r.action == REQUEST_CANCEL:
            arrive_cancel(self.exchanges[order.instrument], order, r.arrival_ns)
        else:
            arrive_replace(self.exchanges[order.instrument], order, r.price, r.total, r.arrival_ns)

    def feed_due(self, t):
        did = False
        while self.feed and self.feed[0][0] <= t and not self.stopping:
            seen, i, _, rows = self.feed.pop(0)
            shift = self.exchanges[i].shift_at(int(rows[0]["exch_ts_ns"]))
            for ev in callbacks(self.views[i], i, rows, seen, shift, self.strategy.wake_mask):
                self.call(ev)
            did = True
        return did

    def reports_due(self, t):
        did = False
        while self.reports.queue and self.reports.queue[0]["report_ts_ns"] <= t and not self.stopping:
            if t > self.last_local_ns:
                break
            self.reports.deliver(self.reports.queue.pop(0))
            did = True
        return did

    def timers_due(self, t):
        did = False
        while t <= self.last_local_ns and not self.stopping:
            if self.next_periodic_ns is not None and self.next_periodic_ns <= t:
                self.next_periodic_ns += self.strategy.interval_ns
                timer_id = 0
            else:
                due = sorted(timer for timer in self.timers if timer[0] <= t)
                if not due:
                    break
                self.timers.remove(due[0])
                timer_id = due[0][2]
            self.call(Event(t, t, EV_TIMER, value=timer_id))
            did = True
        return did

    def sends_due(self, t):
        due = [r for r in self.to_send if r.send_ns <= t]  # in order of decision, so of sending
        self.to_send = [r for r in self.to_send if r.send_ns > t]
        for r in due:
            self.send(r)
        return bool(due)

    def send(self, r):
        order = self.known.get(r.order_id)
        action = {REQUEST_NEW: "new", REQUEST_CANCEL: "cancel", REQUEST_REPLACE: "replace"}[r.action]
        reason = R_NONE
        if r.action == REQUEST_NEW or (r.action == REQUEST_REPLACE and order is not None and order.open):
            reason = risk_reason(
                self.options.risk, self.instruments, self.views, self.known, order, r.price, r.total,
            )  # fmt: skip
        if reason != R_NONE:
            self.undelivered_rejects.append(self.reports.from_risk(order, r.action, self.now, reason))
            return
        if r.action == REQUEST_NEW:
            order.sent = True
        elif r.action == REQUEST_REPLACE and order is not None and order.open:
            order.totals_in_flight.append(r.total)
        r.arrival_ns = self.last_arrival_ns = max(self.last_arrival_ns, r.send_ns + self.options.entry(action))
        self.in_flight.append(r)

    def rejects_due(self, t):
        due, self.undelivered_rejects = self.undelivered_rejects, []
        for row in due:
            if t <= self.last_local_ns and not self.stopping:
                self.reports.deliver(row)
        return bool(due)

    def call(self, ev):
        if not self.stopping:
            self.strategy.on_event(self.ctx, ev)

    # what the strategy asks -------------------------------------------------------------------------------

    def request(self, action, order_id, price=0, total=0):
        send_ns = self.now + self.options.tick_to_trade_ns
        self.to_send.append(Request(action, order_id, self.now, send_ns, price, total))
        self.reports.request(action, self.known.get(order_id), order_id, self.now, send_ns, price, total)

    def request_new(self, instrument, side, kind, price, total, tag):
        if self.stopped:
            return 0
        order_id = len(self.known) + 1
        self.known[order_id] = KnownOrder(order_id, tag, price, total, 0, instrument, side, kind)
        self.truth[order_id] = RestingState(order_id, instrument, side, kind, price, total)
        self.records[order_id] = {
            "order_id": order_id, "tag": tag, "decision_ts_ns": self.now,
            "sent_ts_ns": self.now + self.options.tick_to_trade_ns, "arrival_ts_ns": 0, "ack_ts_ns": 0,
            "close_ts_ns": 0, "queue_ahead_lots": float("nan"), "level_lots": 0, "price_ticks": price,
            "qty_lots": total, "filled_lots": 0, "instrument": instrument, "side": side, "type": kind,
            "state": ST_SUBMITTED, "reason": R_NONE,
        }  # fmt: skip
        self.request(REQUEST_NEW, order_id, price, total)
        return order_id

    def request_cancel(self, order_id):
        if self.stopped:
            return
        if order_id in self.known:
            self.known[order_id].cancels_pending += 1
        self.request(REQUEST_CANCEL, order_id)

    def request_replace(self, order_id, price, total):
        if self.stopped:
            return
        if order_id in self.known:
            self.known[order_id].replaces_pending += 1
        self.request(REQUEST_REPLACE, order_id, price, total)

    def set_timer(self, ts_ns, timer_id):
        self.timer_sequence += 1
        self.timers.append((max(ts_ns, self.now), self.timer_sequence, timer_id))

    # the result -------------------------------------------------------------------------------------------

    def sample_equity_before(self, t):
        while self.next_equity_ns is not None and self.next_equity_ns < min(t, self.last_ns):
            self.sample_equity(self.next_equity_ns)
            self.next_equity_ns += self.options.equity_interval_ns

    def sample_equity(self, ts_ns):
        for i, ex in enumerate(self.exchanges):
            a = ex.account
            if ex.mid2 is not None:
                a.mark_to(ex.mid2)
            self.equity.append({
                "ts_ns": ts_ns, "mid2_ticks": NO_MID if ex.mid2 is None else ex.mid2, "position_lots": a.position,
                "spread_capture_units": a.spread_capture, "inventory_units": a.inventory, "fees_units": a.fees,
                "impact_units": a.impact, "funding_units": a.funding, "shift_ticks": ex.shift, "instrument": i,
            })  # fmt: skip

    def result(self):
        markout = []
        for f in self.reports.fills:
            ex, end = self.exchanges[f["instrument"]], self.end_ns[f["instrument"]]
            for h in self.options.markouts_ns:
                markout.append(ex.mid2_at(f["ts_ns"] + h) if f["ts_ns"] + h <= end else NO_MID)
        final = [
            {"position_lots": ex.account.position, "mid2_ticks": ex.mid2, "liquidation_units": ex.liquidation(),
             "shift_ticks": ex.shift, "open_orders_cancelled": ex.cancelled_at_end}
            for ex in self.exchanges
        ]  # fmt: skip
        records = [self.records[i] for i in sorted(self.records)]
        accounts = [ex.account for ex in self.exchanges]
        return ReferenceResult.build(
            self.reports.log, self.reports.fills, records, self.equity, markout, self.options, final, accounts
        )
