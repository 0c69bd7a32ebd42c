"""Fronts and fills of the probes against slow walks over the same market, and cases worked by hand."""

import json

import numpy as np
import pytest

import lumina
from lumina import Flag, Kind, Side
from lumina._core._models import QueueModel
from lumina._core._queue_probe import ENDS, PROBE, SAMPLE, follow
from lumina.data.hftbacktest.rows import BUY, SELL, TRADE
from lumina.errors import ConfigError, DataError
from lumina.research import MODELS, Model, queue_errors
from lumina.strategies.native import POST_ONLY

NS = 1_000_000_000
ADD, CANCEL, MODIFY, FILL = 10, 11, 12, 13
OPTIONS = {"horizon_s": 12.0, "at_s": (0.5, 2.0, 6.0)}


class SlowProbe:
    """One probe by order ids: it knows who stood ahead of it, and looks at who of them is left."""

    def __init__(self, side, ahead):
        self.side = side
        self.price, self.ahead = ahead[0], {order for order, _ in ahead[1]}
        self.filled = self.emptied = 0

    def front(self, levels):
        return sum(lots for order, lots in levels[self.side].get(self.price, []) if order in self.ahead)


def slow_exact(rows, errors):
    """Fronts (probe -> [at_s..., before the fill]), fills, by lists of orders alone."""
    levels, probes = {BUY: {}, SELL: {}}, {}
    n, times = len(errors.ts_ns), errors.at_s
    fronts = np.full((n, len(times) + 1), -1.0)
    todo = sorted(
        [(int(ts), 0, i, 0) for i, ts in enumerate(errors.ts_ns)]
        + [(int(ts) + round(at * NS), 1, i, k) for i, ts in enumerate(errors.ts_ns) for k, at in enumerate(times)]
    )

    def work(until):
        while todo and todo[0][0] < until:
            _, what, i, slot = todo.pop(0)
            if what == 0:
                side = BUY if errors.side[i] == 0 else SELL
                prices = sorted(levels[side], reverse=side == BUY)
                valid = levels[BUY] and levels[SELL] and max(levels[BUY]) < min(levels[SELL])
                if valid and len(prices) > errors.level[i]:
                    price = prices[errors.level[i]]
                    probes[i] = SlowProbe(side, (price, list(map(tuple, levels[side][price]))))
            elif i in probes and not probes[i].filled and not probes[i].emptied:
                fronts[i, slot] = probes[i].front(levels)

    def resting():
        for i, probe in probes.items():
            if not probe.filled and ts <= errors.ts_ns[i] + round(OPTIONS["horizon_s"] * NS):
                yield i, probe

    def better(side, a, b):
        return a > b if side == BUY else a < b

    for ts in np.unique(rows["exch_ts"]).tolist():
        work(ts)
        before = {i: -1 if probe.emptied else probe.front(levels) for i, probe in resting()}
        for ev, _, _, px, qty, order, _, _ in rows[rows["exch_ts"] == ts].tolist():
            kind, side, price, lots = ev & 0xFF, BUY if ev & BUY else SELL, round(px), round(qty)
            if kind == FILL:
                for _, probe in resting():
                    at = probe.price == price and order not in probe.ahead
                    if probe.side == side and (at or better(side, probe.price, price)):
                        probe.filled = ts
            elif kind != TRADE:
                if kind != ADD:
                    price_was = next(p for p, q in levels[side].items() if any(o == order for o, _ in q))
                    place = next(j for j, (o, _) in enumerate(levels[side][price_was]) if o == order)
                    old = levels[side][price_was][place]
                    if kind == MODIFY and price == price_was and lots <= old[1]:
                        old[1] = lots
                        continue
                    levels[side][price_was].pop(place)
                    if not levels[side][price_was]:
                        del levels[side][price_was]
                    for probe in probes.values():
                        probe.ahead.discard(order)
                if kind != CANCEL:
                    levels[side].setdefault(price, []).append([order, lots])
        for i, probe in resting():
            other = SELL if probe.side == BUY else BUY
            quote = (min if other == SELL else max)(levels[other], default=None)
            if quote is not None and not better(probe.side, quote, probe.price):
                probe.filled = ts
            if not probe.emptied and probe.price not in levels[probe.side]:
                probe.emptied = ts
        for i, front in before.items():
            if probes[i].filled:
                fronts[i, -1] = front
    work(10**30)
    return fronts, probes


@pytest.mark.parametrize("seed", range(6))
def test_F1_F2_exact_fronts_and_fills_by_order_ids(market_rows, load_rows, seed):
    rows = market_rows(seed, 400)
    errors = queue_errors(load_rows(rows), probes=300, seed=seed, **OPTIONS)
    fronts, probes = slow_exact(rows, errors)
    assert [i in probes for i in range(300)] == errors.placed.tolist()
    for i, probe in probes.items():
        assert errors.price_ticks[i] == probe.price
        assert errors.fill_ts_ns[i] == probe.filled
        assert bool(errors.emptied_ts_ns[i]) == bool(probe.emptied) or probe.filled
    placed = errors.placed
    np.testing.assert_array_equal(errors.exact[placed], fronts[placed])
    counts = [np.count_nonzero(errors.exact[:, k] >= 0) for k in range(4)]
    assert min(counts) > 20
    assert np.count_nonzero(errors.fill_ts_ns) > 50
    assert (errors.exact[:, 1] > 0).any()


def slow_model(events, form, errors, i):
    """Front after each time asked and time of the fill, of one probe on the rows of a level feed."""
    model = QueueModel(form.model, form.n, exact_back=form.exact_back)
    side, price = int(errors.side[i]), int(errors.price_ticks[i])
    start, until = int(errors.ts_ns[i]), int(errors.ts_ns[i]) + round(OPTIONS["horizon_s"] * NS)
    book, cum, front, filled, fronts = {}, 0, None, 0, []
    asked = [start + round(at * NS) for at in errors.at_s]
    asked.append(int(errors.fill_ts_ns[i]) - 1)

    def opposite_at(levels):
        prices = [p for (s, p), lots in levels.items() if s == 1 - side and lots > 0]
        return bool(prices) and (min(prices) <= price if side == Side.BUY else max(prices) >= price)

    history = []
    for ts, _, _, at, lots, kind, own, flags in events.tolist():
        if front is None and ts > start:
            front = book.get((side, price), 0)
            history.append((start, front))
        resting = front is not None and not filled and ts <= until
        if kind == Kind.CHANGE:
            old = book.get((own, at), 0)
            book[own, at] = old + lots
            if (own, at) == (side, price):
                if front is not None:
                    front = model.after_depth(front, old, old + lots, cum)
                cum = 0
        elif kind == Kind.TRADE and 1 - own == side:
            if resting and (at < price if side == Side.BUY else at > price):
                filled = ts
            if at == price:
                cum += lots
                if front is not None:
                    if resting and lots - np.ceil(front - 1e-9) > 0:
                        filled = ts
                    front = model.after_trade(front, lots, book.get((side, price), 0))
        if resting and not filled and flags & Flag.END and opposite_at(book):
            filled = ts
        if front is not None:
            history.append((ts, front))
    for time in asked:
        seen = [value for ts, value in history if ts <= time]
        fronts.append(seen[-1] if seen else None)
    return fronts, filled


@pytest.mark.parametrize("per", ["event", "row"])
@pytest.mark.parametrize("form", [Model("power3", 3.0), Model("log", exact_back=True), Model("risk_averse")], ids=str)
def test_F4_predicted_fronts_and_fills_by_one_model_at_a_time(market_rows, load_rows, form, per):
    tape = load_rows(market_rows(11, 300))
    errors = queue_errors(tape, probes=60, seed=3, models=[Model("power", 1.0), form], per=per, **OPTIONS)
    events = tape.to_l2(per=per).events
    compared = 0
    for i in np.flatnonzero(errors.placed):
        fronts, filled = slow_model(events, form, errors, i)
        assert errors.predicted_fill_ts_ns[i, 1] == filled, i
        for k in range(4):
            if errors.exact[i, k] >= 0:
                assert errors.predicted[i, k, 1] == pytest.approx(fronts[k], abs=1e-9), (i, k)
                compared += 1
    assert compared > 100


class One:
    """Sends one order of one lot at a timer, to the level-th price of a side, and waits."""

    interval_ns = 3 * NS

    def __init__(self, timer, side, level):
        self.timer, self.side, self.level = timer, side, level

    def on_start(self, ctx, event):
        self.timers, self.sent_ns = 0, None

    def on_timer(self, ctx, event):
        self.timers += 1
        if self.timers == self.timer:
            prices = ctx.depth(0, self.side, self.level + 1)
            if len(prices) > self.level:
                self.sent_ns = ctx.now_ns
                ctx.submit(side=self.side, type=POST_ONLY, price_ticks=prices[self.level].price_ticks, qty_lots=1)


@pytest.mark.parametrize("queue", [None, lumina.Queue("power3", 3.0), lumina.Queue("log2", exact_back=True)], ids=str)
def test_a_probe_is_what_an_order_in_the_engine_is(market_rows, load_rows, queue):
    """Queue at placement, time of the fill and queue before it: exact on L3 without a model, by a model on L2."""
    tape = load_rows(market_rows(21, 600))
    if queue is not None:
        tape = tape.to_l2()
    models = [] if queue is None else [(queue.model, queue.n, 1.0, queue.exact_back)]
    compared = filled = 0
    for k in range(40):
        one = One(timer=1 + k, side=k % 2, level=k % 3)
        result = lumina.backtest(tape, one, queue=queue or lumina.Queue())
        if one.sent_ns is None or result.orders["ack_ts_ns"][0] == 0:
            continue
        probe = np.array([(one.sent_ns, int(tape.events["exch_ts_ns"][-1]), one.level, one.side)], PROBE)
        fill = result.fills[0] if len(result.fills) else None
        before = np.array([(fill["ts_ns"] - 1 if fill is not None else one.sent_ns, 0, 0)], SAMPLE)
        outcomes, fronts, fills = follow(
            tape.events, tape.min_price_ticks, tape.max_price_ticks, 0, queue is None, models, probe, before, 1
        )
        assert outcomes["price_ticks"][0] == result.orders["price_ticks"][0]
        assert outcomes["queue_lots"][0] == result.orders["queue_ahead_lots"][0]
        assert fills[0, 0] == (fill["ts_ns"] if fill is not None else 0)
        compared += 1
        filled += fill is not None
        if fill is not None and queue is None and fill["cause"] != 1:
            assert fronts[0, 0, 0] >= fill["queue_ahead_lots"]
    assert compared > 25
    assert filled > 15


def test_a_case_by_hand(market, load_rows):
    """10 + 20 + 30 lots; then the 30 behind go, a print of 4, and the 20 ahead of nobody go."""
    market.add(BUY, 99, 10)
    market.add(BUY, 99, 20)
    market.add(BUY, 98, 50)
    market.add(SELL, 101, 5)
    market.ts = 100 * NS  # the probe joins behind 30
    queue = market.levels[BUY][99]
    market.add(BUY, 99, 30)
    market.ts = 101 * NS
    market.cancel(BUY, 99, queue[2])  # behind the probe
    market.ts = 102 * NS
    market.take(SELL, 4, 99)
    market.ts = 103 * NS
    market.cancel(BUY, 99, queue[1])  # ahead of it
    market.ts = 104 * NS
    market.add(BUY, 99, 7)
    market.ts = 105 * NS
    market.take(SELL, 7, 99)  # 6 ahead, then one of the 7 behind: the probe would have got it
    for second in (150, 220):  # without a pause longer than the horizon
        market.ts = second * NS
        market.add(BUY, 90, 1)
    tape = load_rows(market.array())
    models = [Model("risk_averse"), Model("power", 1.0), Model("power3", 3.0)]
    errors = queue_errors(
        tape, probes=400, seed=1, levels=1, horizon_s=110.0, at_s=(103.5, 104.5, 110.0), models=models
    )
    chosen = np.flatnonzero((errors.side == 0) & (errors.ts_ns < NS // 2))
    assert len(chosen) > 0
    i = chosen[0]
    assert errors.queue_lots[i] == 30
    assert errors.fill_ts_ns[i] == 105 * NS
    # 103.5 s: the 10 less 4
    assert errors.exact[i, 0] == 6
    # risk averse: 60 -> 30 says min(30, 30); print 26; 26 -> 6 says min(26, 6)
    assert errors.predicted[i, 0, 0] == 6
    # power n=1: back = 30 of 60, 30 leave, half of them ahead: 15; print 11; 20 of 26 leave, back 15: 11/26 of them
    assert errors.predicted[i, 0, 1] == pytest.approx(11 - 20 * 11 / 26)
    # power3 n=3: 1 - p = 1/8: 30 - 3.75 = 26.25; print 22.25, level 26; 1 - p = (22.25/26)^3
    assert errors.predicted[i, 0, 2] == pytest.approx(max(0, min(22.25 - 20 * (22.25 / 26) ** 3, 6)))


def test_a_probe_ends_where_trading_does(market, load_rows, tmp_path):
    market.add(BUY, 99, 10)
    market.add(SELL, 101, 10)
    for second in range(1, 400):
        market.ts = second * NS
        market.add(BUY, 90, 1)
    tape = load_rows(market.array())
    events = tape.events.copy()
    events["kind"][200] = Kind.STATUS
    events["side"][200] = Side.NONE
    events["qty_lots"][200] = 1  # halt
    halted = lumina.Tape(events[:-1], tape.instrument)
    errors = queue_errors(halted, probes=200, levels=1, horizon_s=60.0)
    halt = int(events["exch_ts_ns"][200])
    assert errors.trading_s == pytest.approx(halt / NS - 60)
    assert errors.ts_ns.max() <= halt - 60 * NS
    assert set(errors.end.tolist()) == {ENDS.index("expired")}
    assert (errors.exact[:, 2] == 10).all()
    gap = events.copy()
    gap["kind"][200], gap["qty_lots"][200] = Kind.GAP, 0
    errors = queue_errors(lumina.Tape(gap[:-1], tape.instrument), probes=200, levels=1, horizon_s=60.0)
    over = (errors.ts_ns < halt) & (errors.ts_ns >= halt - 60 * NS)
    assert over.any()
    np.testing.assert_array_equal(errors.end == ENDS.index("interrupted"), over)
    late = over & (errors.ts_ns >= halt - 10 * NS)
    assert late.any()
    assert (errors.exact[late, 1] == -1).all()
    assert (errors.exact[over & ~late, 1] == 10).all()


def test_the_summary_counts_what_the_arrays_say(market_rows, load_rows):
    errors = queue_errors(load_rows(market_rows(5, 1500)), probes=1000, seed=2, **OPTIONS)
    summary = json.loads(json.dumps(errors.summary(), allow_nan=False))
    assert [model["label"] for model in summary["models"]] == [model.label for model in MODELS]
    assert summary["probes"]["placed"] == np.count_nonzero(errors.placed)
    maes = []
    for m, model in enumerate(summary["models"]):
        for slot, entry in enumerate(model["front"]):
            known = errors.exact[:, slot] >= 0
            error = errors.predicted[known, slot, m] - errors.exact[known, slot]
            assert entry["n"] == len(error)
            assert entry["bias"] == pytest.approx(error.mean())
            assert entry["mae"] == pytest.approx(abs(error).mean())
            assert entry["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
            assert entry["relative"] == pytest.approx((abs(error) / errors.queue_lots[known]).mean())
            assert 0 < entry["mae_se"] < entry["mae"]
        maes.append(model["front"][1]["mae"])
        assert model["mae_over_best"] == pytest.approx(maes[-1] - min(m["front"][1]["mae"] for m in summary["models"]))
        fills = model["fills"]
        exact, mine = errors.fill_ts_ns > 0, errors.predicted_fill_ts_ns[:, m] > 0
        assert fills["both"] == np.count_nonzero(errors.known & exact & mine)
        assert fills["model_only"] == np.count_nonzero(errors.known & ~exact & mine)
        assert fills["both"] + fills["exact_only"] == np.count_nonzero(errors.known & exact)
        assert fills["precision"] == pytest.approx(fills["both"] / (fills["both"] + fills["model_only"]))
        assert fills["early"] + fills["same_time"] + fills["late"] == pytest.approx(1)
        for parts in (model["by_level"], model["by_queue"]):
            assert sum(part["n"] for part in parts) == model["front"][1]["n"]
            assert sum(part["n"] * part["mae"] for part in parts if part["n"]) == pytest.approx(
                maes[-1] * model["front"][1]["n"]
            )
    # nobody who leaves is assumed to have stood ahead: never below the truth
    assert (errors.predicted[:, :, 0] >= errors.exact).all()


def test_standard_errors_are_those_of_blocks():
    """Two values a block that are the same: as many independent values as blocks, not as probes."""
    from lumina.research.queue_summary import _Blocks

    rng = np.random.default_rng(1)
    values = np.repeat(rng.normal(size=400), 50)
    times = np.arange(len(values), dtype=np.int64)
    blocks = _Blocks(times, 50, seed=0)
    assert blocks.count == 400
    value, resamples = blocks.ratio(values[:, None], np.ones((len(values), 1)))
    assert value == pytest.approx(values.mean())
    assert resamples.std() == pytest.approx(values[::50].std() / 20, rel=0.1)
    assert _Blocks(times, 10_000, seed=0).ratio(values[:, None], np.ones((len(values), 1)))[1] is None


def test_the_same_seed_asks_the_same(market_rows, load_rows):
    tape = load_rows(market_rows(1, 300))
    one, two, other = (queue_errors(tape, probes=50, seed=seed, **OPTIONS) for seed in (4, 4, 5))
    assert one.summary() == two.summary()
    assert not np.array_equal(one.ts_ns, other.ts_ns)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"probes": 0}, r"probes = 0: must be a whole number in \[1, "),
        ({"seed": -1}, r"seed = -1: must be a whole number in \[0, "),
        ({"levels": 0}, r"levels = 0: must be a whole number in \[1, 100\]"),
        ({"horizon_s": 0}, r"horizon_s = 0: must be a number in \[0.001, 86400\]"),
        ({"at_s": (1, 500)}, "at_s = .*: must rise, above 0 and up to horizon_s = 300"),
        ({"at_s": ()}, "at_s = "),
        ({"at_s": 5}, r"at_s = 5: must be a sequence of times in s, such as \(1, 10\)"),
        ({"at_s": ("1",)}, "at_s = '1': must be a number, not a text"),
        ({"probes": "9"}, "probes = '9': must be a whole number, not a text"),
        ({"levels": 1.5}, r"levels = 1\.5: must be a whole number"),
        ({"horizon_s": float("nan")}, "horizon_s = nan: must be a number"),
        ({"unit": "kg"}, "unit = 'kg': must be one of base, lots"),
        ({"per": "day"}, "per = 'day': must be one of event, row"),
        ({"models": ()}, "models: none given"),
    ],
)
def test_options_are_checked(market_rows, load_rows, options, says):
    with pytest.raises(ConfigError, match=says):
        queue_errors(load_rows(market_rows(1, 50)), **options)


def test_a_tape_without_an_answer_is_refused(market_rows, load_rows):
    tape = load_rows(market_rows(1, 50))
    with pytest.raises(DataError, match="the exact queue needs an L3 tape"):
        queue_errors(tape.to_l2())
    with pytest.raises(DataError, match="nowhere in continuous trading for longer than horizon_s = 300"):
        queue_errors(tape)
    with pytest.raises(ConfigError, match="model = 'magic'"):
        Model("magic")
