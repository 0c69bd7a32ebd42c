"""A strategy that does what it is told at given times, in the embedded market."""

import lumina
from reference.market_witness import Witness, check_conservation, check_mids, check_reports, check_rows
from reference.vocabulary import (
    LIMIT,
)

BUY, SELL = 0, 1
S = 1_000_000_000
MINUTE = 1 / 60
NO_LATENCY = lumina.Latency(0, 0, 0, 0)


def market(minutes=5, seed=11, **parameters):
    return lumina.EmbeddedMarket(seed, minutes * MINUTE, **{"feed_latency_ns": 0, **parameters})


class Script:
    """Calls a function at each time (s from the open); `ids` is what they submitted, `told` the reports."""

    def __init__(self, steps):
        self.steps, self.ids, self.told = steps, [], []

    def on_event(self, ctx, ev):
        if ev.kind == 0:
            for i, (at, _) in enumerate(self.steps):
                ctx.set_timer(ev.ts_ns + round(at * S) + i * 1_000_000, i)
        elif ev.kind == 8:
            self.steps[ev.value][1](self, ctx)
        elif 9 <= ev.kind <= 15:
            self.told.append((ev.kind, ev.order_id, ev.reason, ev.leaves_lots))

    def submit(self, ctx, side, price, lots, kind=LIMIT, **more):
        self.ids.append(ctx.submit(side=side, price_ticks=price, qty_lots=lots, type=kind, **more))


def play(*steps, minutes=1, latency=NO_LATENCY, **options):
    script = Script(steps)
    witness = Witness(script)
    result = lumina.backtest(market(minutes), witness, latency=latency, **options)
    check_conservation(result)
    check_reports(result)
    if latency is NO_LATENCY:
        check_rows(result, witness.rows)
        check_mids(result, witness.rows)
    return result, script, witness


def log_of(result, order_id):
    mine = result.order_events[result.order_events["order_id"] == order_id]
    return [(int(e["action"]), int(e["reason"])) for e in mine if e["action"] > 2]


def touch(ctx, side):
    return ctx.best(0, side).price_ticks
