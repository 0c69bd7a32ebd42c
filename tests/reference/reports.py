"""The order log, the fills, the order records, and the reports on their way to the strategy."""
from .strategy import Event
from .vocabulary import (
    ACKNOWLEDGED,
    CANCEL_REJECTED,
    CANCELLED,
    EV_ACK,
    EV_CANCEL_REJECT,
    EV_CANCELLED,
    EV_FILL,
    EV_REJECT,
    EV_REPLACE_REJECT,
    EV_REPLACED,
    EVF_MAKER,
    FILLED,
    NONE,
    R_NONE,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    REQUEST_NEW,
    ST_CANCELLED,
    ST_FILLED,
    ST_PARTLY_FILLED,
    ST_REJECTED,
    ST_RESTING,
    ST_SUBMITTED,
    WAKE_REPORT,
    sign,
)  # fmt: skip

# exchange's word -> (order log action, latency that the report has, run-time event)
KINDS = {
    "ack": (ACKNOWLEDGED, "new", EV_ACK),
    "reject": (REJECTED, "new", EV_REJECT),
    "fill": (FILLED, "fill", EV_FILL),
    "cancelled": (CANCELLED, "cancel", EV_CANCELLED),
    "replaced": (REPLACED, "replace", EV_REPLACED),
    "cancel_reject": (CANCEL_REJECTED, "cancel", EV_CANCEL_REJECT),
    "replace_reject": (REPLACE_REJECTED, "replace", EV_REPLACE_REJECT),
}
EVENT_OF = {action: event for action, _, event in KINDS.values()}


class Reports:
    """`log` and `fills` are in the order in which things happened; `queue` is first in, first out."""

    def __init__(self, engine, options):
        self.engine, self.options = engine, options
        self.log, self.fills, self.queue = [], [], []
        self.last_report_ns = 0

    def row(self, ts_ns, report_ts_ns, order, order_id, price, qty, leaves, action, reason=R_NONE):
        row = {
            "ts_ns": ts_ns, "report_ts_ns": report_ts_ns, "order_id": order_id, "price_ticks": price, "qty_lots": qty,
            "leaves_lots": leaves, "instrument": order.instrument if order else 0, "action": action,
            "side": order.side if order else NONE, "type": order.type if order else 0, "reason": reason,
        }  # fmt: skip
        self.log.append(row)
        return row

    def request(self, action, known, order_id, decision_ns, send_ns, price, total):
        self.row(decision_ns, send_ns, known, order_id, price, total, 0, action)

    def from_risk(self, known, action, now, reason):
        if action == REQUEST_NEW:
            record = self.engine.records[known.order_id]
            record["state"], record["reason"] = ST_REJECTED, reason
        rejected = REJECTED if action == REQUEST_NEW else REPLACE_REJECTED
        leaves = 0 if action == REQUEST_NEW else known.qty_lots - known.filled_lots
        row = self.row(now, now, known, known.order_id, known.price_ticks, known.qty_lots, leaves, rejected, reason)
        return {**row, "by_risk": True}

    def from_exchange(self, kind, order, ts_ns, reason=R_NONE, price=None, qty=None, leaves=None, **more):
        record = self.engine.records.get(order.id, {})
        if kind == "resting":
            record["queue_ahead_lots"], record["level_lots"] = more["queue_ahead"], more["level"]
            if record["state"] == ST_SUBMITTED:
                record["state"] = ST_RESTING
            return None
        action, latency, _ = KINDS[kind]
        self.last_report_ns = max(self.last_report_ns, ts_ns + self.options.response(latency))
        price = order.price if price is None else price
        qty = order.total if qty is None else qty
        leaves = order.leaves if leaves is None else leaves
        row = self.row(ts_ns, self.last_report_ns, order, order.id, price, qty, leaves, action, reason)
        self.queue.append({**row, "maker": more.get("maker", False)})
        if record:
            self.update_record(record, kind, order, row, reason)
        if kind != "fill":
            return None
        fill = {
            "ts_ns": ts_ns, "report_ts_ns": self.last_report_ns, "order_id": order.id, "price_ticks": price,
            "qty_lots": qty, "mid2_ticks": more["mid2"], "cash_units": more["cash"], "fee_units": more["fee"],
            "impact_units": more["impact"], "spread_capture_units": more["capture"],
            "position_lots": more["position"], "queue_ahead_lots": more["queue_ahead"], "shift_ticks": more["shift"],
            "instrument": order.instrument, "side": order.side, "maker": int(more["maker"]), "cause": more["cause"],
        }  # fmt: skip
        self.fills.append(fill)
        return fill

    def update_record(self, record, kind, order, row, reason):
        record["filled_lots"] = order.filled
        if kind == "ack":
            record["ack_ts_ns"] = row["report_ts_ns"]
            record["state"] = ST_RESTING
        elif kind == "reject":
            record["state"], record["reason"] = ST_REJECTED, reason
        elif kind == "fill":
            record["state"] = ST_PARTLY_FILLED if order.open else ST_FILLED
        elif kind == "cancelled":
            record["state"], record["reason"] = ST_CANCELLED, reason
        elif kind == "replaced":
            record["price_ticks"], record["qty_lots"] = order.price, order.total
            if not order.open:
                record["state"], record["reason"] = ST_CANCELLED, reason
        if kind in ("fill", "cancelled", "replaced") and not order.open:
            record["close_ts_ns"] = row["ts_ns"]

    def deliver(self, row):
        """The strategy learns of it: first its view of the order, then the callback."""
        known = self.engine.known.get(row["order_id"])
        if known is not None:
            self.learn(known, row)
        if not self.engine.strategy.wake_mask & WAKE_REPORT:
            return
        self.engine.call(Event(
            self.engine.now, row["ts_ns"], EVENT_OF[row["action"]], order_id=row["order_id"],
            tag=known.tag if known else 0, price_ticks=row["price_ticks"], qty_lots=row["qty_lots"],
            leaves_lots=row["leaves_lots"], instrument=row["instrument"], side=row["side"], reason=row["reason"],
            flags=EVF_MAKER if row.get("maker") else 0,
        ))  # fmt: skip

    def learn(self, known, row):
        action, by_risk = row["action"], row.get("by_risk", False)
        if action == ACKNOWLEDGED:
            known.state = ST_RESTING
        elif action == REJECTED:
            known.closed(ST_REJECTED)
        elif action == FILLED:
            known.filled_lots += row["qty_lots"]
            self.engine.views[known.instrument].position += sign(known.side) * row["qty_lots"]
            known.state = ST_PARTLY_FILLED
            if row["leaves_lots"] == 0:
                known.closed(ST_FILLED)
        elif action == CANCELLED:
            known.closed(ST_CANCELLED)
        elif action == CANCEL_REJECTED:
            known.cancels_pending = max(0, known.cancels_pending - 1)
        elif action in (REPLACED, REPLACE_REJECTED):
            known.replaces_pending = max(0, known.replaces_pending - 1)
            if not by_risk:
                del known.totals_in_flight[:1]
            if action == REPLACED:
                known.price_ticks, known.qty_lots = row["price_ticks"], row["qty_lots"]
                if row["leaves_lots"] == 0:
                    known.closed(ST_CANCELLED)
