"""A plain Python object as a strategy, and what `lumina.backtest` says to what is none."""

import ctypes

import numpy as np
import pytest
from reference.tapes import random_tape

import lumina
from lumina._core._python_strategy import PythonStrategy
from lumina.errors import ConfigError, DataError, StrategyError
from lumina.strategies import Callback


@pytest.fixture(scope="module")
def tape():
    return lumina.Tape(random_tape([5, 0], 60, 0, 0.0), lumina.Instrument("X", 1, 1))


class Recorder:
    """Remembers which handlers were called, and what they saw."""

    interval_ns = 5_000_000

    def __init__(self):
        self.calls = []

    def on_start(self, ctx, event):
        self.calls.append(("start", ctx.now_ns))
        self.first = ctx.submit(side=lumina.Side.BUY, price_ticks=90, qty_lots=2, tag=7)

    def on_timer(self, ctx, event):
        self.calls.append(("timer", event.ts_ns))

    def on_ack(self, ctx, event):
        self.calls.append(("ack", event.order_id, event.tag, event.leaves_lots))

    def on_stop(self, ctx, event):
        self.calls.append(("stop", ctx.submit(side=0, price_ticks=90, qty_lots=1)))


def test_only_the_handlers_that_are_there_are_called(tape):
    strategy = Recorder()
    result = lumina.backtest(tape, strategy)
    first = int(tape.events["exch_ts_ns"][0])
    assert strategy.calls[0] == ("start", first)
    assert strategy.calls[-1] == ("stop", 0)  # requests are refused by then
    assert {call[0] for call in strategy.calls} == {"start", "timer", "ack", "stop"}
    assert [call[1] for call in strategy.calls if call[0] == "timer"][:2] == [first + 5_000_000, first + 10_000_000]
    assert ("ack", strategy.first, 7, 2) in strategy.calls
    assert len(result.orders) == 1


def test_F3_single_orders_are_named_where_the_tape_keeps_ids():
    kind = lumina.Kind
    rows = np.zeros(4, lumina.EVENT)
    rows["exch_ts_ns"] = [1, 2, 3, 4]
    rows["kind"] = [kind.ADD, kind.ADD, kind.EXECUTE, kind.REDUCE]
    rows["price_ticks"], rows["qty_lots"], rows["stamp"] = 100, [5, 4, -2, -1], [1, 2, 1, 2]
    rows["flags"] = lumina.Flag.EXCH | lumina.Flag.LOCAL | lumina.Flag.END

    class Watch:
        def __init__(self):
            self.seen = []

        def on_level(self, ctx, event):
            self.seen.append(("level", event.order_id, event.value, event.qty_lots, event.level_lots))

        def on_trade(self, ctx, event):
            self.seen.append(("trade", event.order_id, event.side, event.qty_lots))

    instrument = lumina.Instrument("X", 1, 1)
    watch = Watch()
    lumina.backtest(lumina.Tape(rows, instrument, order_ids=[70, 80, 70, 80]), watch)
    assert watch.seen == [
        ("level", 70, kind.ADD, 5, 5),
        ("level", 80, kind.ADD, 4, 9),
        ("trade", 70, lumina.Side.SELL, 2),
        ("level", 70, kind.EXECUTE, -2, 7),
        ("level", 80, kind.REDUCE, -1, 6),
    ]
    watch = Watch()
    lumina.backtest(lumina.Tape(rows, instrument), watch)
    assert {event[1] for event in watch.seen} == {0}


def test_A2_tapes_that_end_together_end_before_the_strategy_hears_of_any():
    rows = np.zeros(2, lumina.EVENT)
    rows["exch_ts_ns"], rows["price_ticks"], rows["qty_lots"] = [100, 200], 99, [5, 1]
    rows["flags"] = lumina.Flag.EXCH | lumina.Flag.LOCAL | lumina.Flag.END

    class Answer:
        def on_start(self, ctx, event):
            for instrument in range(2):
                ctx.submit(instrument=instrument, side=lumina.Side.BUY, price_ticks=98, qty_lots=1)

        def on_cancelled(self, ctx, event):
            ctx.submit(instrument=1, side=lumina.Side.BUY, price_ticks=98, qty_lots=1)

    tapes = [lumina.Tape(rows, lumina.Instrument(name, 1, 1)) for name in "XY"]
    log = lumina.backtest(tapes, Answer(), latency=lumina.Latency(0, 0, 0, 0)).order_events
    new, rejected, cancelled = 0, 4, 6
    assert log[log["ts_ns"] == 200][["action", "order_id"]].tolist() == [
        (cancelled, 1),
        (cancelled, 2),
        (new, 3),
        (new, 4),
        (rejected, 3),
        (rejected, 4),
    ]


def test_F9_a_cancel_ends_its_order_though_its_level_held_less():
    # asks x 7 and y 4 at 101; we take 3 of x; a window's correction leaves 2, which x takes with it; 4 come anew
    kind, sell = lumina.Kind, lumina.Side.SELL
    rows = np.zeros(6, lumina.EVENT)
    rows["exch_ts_ns"] = [1, 2, 20, 21, 22, 40]
    rows["kind"] = [kind.ADD, kind.ADD, kind.CHANGE, kind.CANCEL, kind.CHANGE, kind.CHANGE]
    rows["stamp"] = [1, 2, 0, 1, 0, 0]
    rows["price_ticks"], rows["side"], rows["qty_lots"] = [101] * 5 + [120], sell, [7, 4, -9, -2, 4, 1]
    rows["flags"] = lumina.Flag.EXCH | lumina.Flag.LOCAL | lumina.Flag.END

    class TakeTwice:
        def on_start(self, ctx, event):
            ctx.set_timer(10, 3)
            ctx.set_timer(30, 50)

        def on_timer(self, ctx, event):
            ctx.submit(side=lumina.Side.BUY, price_ticks=101, qty_lots=event.value, type=2)  # IOC

    result = lumina.backtest(
        lumina.Tape(rows, lumina.Instrument("X", 1, 1)), TakeTwice(), latency=lumina.Latency(0, 0, 0, 0)
    )
    assert result.orders["filled_lots"].tolist() == [3, 4]


def test_an_exception_is_raised_as_it_is_and_ends_the_run(tape):
    class Broken:
        interval_ns = 5_000_000
        calls = 0

        def on_timer(self, ctx, event):
            self.calls += 1
            raise ZeroDivisionError("mine")

        def on_stop(self, ctx, event):
            raise AssertionError("called after the failure")

    strategy = Broken()
    with pytest.raises(ZeroDivisionError, match="mine"):
        lumina.backtest(tape, strategy)
    assert strategy.calls == 1


def test_control_c_in_a_callback_keeps_what_was_reached(tape):
    class Interrupted:
        interval_ns = 5_000_000

        def on_timer(self, ctx, event):
            ctx.submit(side=0, price_ticks=95, qty_lots=1)
            if event.ts_ns > tape.events["exch_ts_ns"][0] + 12_000_000:
                raise KeyboardInterrupt

    result = lumina.backtest(tape, Interrupted())
    assert result.interrupted
    assert len(result.orders) == 3


def test_a_strategy_may_stop_its_run(tape):
    class Stops:
        interval_ns = 5_000_000

        def on_timer(self, ctx, event):
            self.at = event.ts_ns
            ctx.stop()

    strategy = Stops()
    result = lumina.backtest(tape, strategy)
    assert not result.interrupted
    assert result.equity["ts_ns"][-1] == strategy.at == tape.events["exch_ts_ns"][0] + 5_000_000


def test_the_context_is_valid_only_while_a_callback_runs(tape):
    class Keeps:
        def on_start(self, ctx, event):
            self.ctx = ctx

    strategy = Keeps()
    lumina.backtest(tape, strategy)
    with pytest.raises(RuntimeError, match="only while a callback runs"):
        strategy.ctx.best(0, 0)


def test_what_is_no_strategy_is_told_so(tape):
    with pytest.raises(ConfigError, match="neither a capsule nor any of on_event"):
        lumina.backtest(tape, object())
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    name = b"other"
    with pytest.raises(ConfigError, match=r"not a capsule named 'lumina\.strategy\.v1'"):
        lumina.backtest(tape, new(1, name, None))
    spec = np.array([99, 0, 0, 0, 1, 0, 0, 0], np.uint32)  # lumina_strategy with another ABI version
    right = b"lumina.strategy.v1"
    with pytest.raises(ConfigError, match="ABI version 99, this is 1"):
        lumina.backtest(tape, new(spec.ctypes.data, right, None))


def test_an_error_of_a_compiled_strategy_is_raised_with_its_message(tape):
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)

    @prototype
    def fails(ctx, event):
        # lumina_ctx: error at 32, error_message at 36
        ctypes.c_int32.from_address(ctx + 32).value = 3
        ctypes.memmove(ctx + 36, b"no more", 8)

    with pytest.raises(StrategyError, match="no more"):
        lumina.backtest(tape, Callback(ctypes.cast(fails, ctypes.c_void_p).value, interval_ns=5_000_000))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"self_trade": "maybe"}, "self_trade = 'maybe': must be one of cancel_newest"),
        ({"seed": -1}, "seed = -1"),
        ({"equity_interval_ns": -5}, "equity_interval_ns = -5"),
        ({"markouts_ns": (-1,)}, r"markouts_ns = -1: must be a whole number in \[0, "),
    ],
)
def test_options_out_of_bounds_are_named(tape, options, message):
    with pytest.raises(ConfigError, match=message):
        lumina.backtest(tape, None, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lumina.Latency(entry=-1), "entry = -1"),
        (lambda: lumina.Latency(response={"fills": 3}), "response.fills: unknown action; known: new, cancel"),
        (lambda: lumina.Latency(feed={"model": "lognormal", "median_ns": 0, "sigma": 1}), "feed.median_ns = 0"),
        (lambda: lumina.Queue(model="fifo"), "model = 'fifo': must be one of risk_averse"),
        (lambda: lumina.Queue(n=0), "n = 0: must be a number in \\(0, 100\\]"),
        (lambda: lumina.Risk(max_order_lots=0), "max_order_lots = 0: must be a whole number in \\[1, "),
        (lambda: lumina.Impact(sigma_daily=0.02, volume_daily=0), "volume_daily = 0: must be a number in \\(0, "),
        (lambda: lumina.Impact(0.02, 10.0, weights=(1,), taus_s=(1.0, 2.0)), "weights has 1 values and taus_s 2"),
    ],
)
def test_models_out_of_bounds_are_named(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_a_tape_must_be_a_tape(tape):
    with pytest.raises(DataError, match="no tape"):
        lumina.backtest([])
    with pytest.raises(DataError, match="tape 1 is a int"):
        lumina.backtest([tape, 3])


class Asks:
    """Calls the context once, at the start."""

    def __init__(self, call):
        self.call = call

    def on_start(self, ctx, event):
        self.answer = self.call(ctx)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: c.submit(side=0, price_ticks=101.7, qty_lots=1), ValueError, "price_ticks = 101.7: must be a whole"),
        (lambda c: c.submit(side=0, price_ticks=101, qty_lots=2.7), ValueError, "qty_lots = 2.7: must be a whole"),
        (lambda c: c.submit(side=0, price_ticks=101, qty_lots=2**31), ValueError, "qty_lots 2147483648 is not in"),
        (lambda c: c.submit(side=0, price_ticks="101", qty_lots=2), TypeError, "price_ticks = '101': must be a whole"),
        (lambda c: c.submit(side=0, price_ticks=float("nan"), qty_lots=2), ValueError, "price_ticks = nan"),
        (lambda c: c.submit(side=2, price_ticks=1, qty_lots=1), ValueError, r"side 2 is not in \[0, 1\]"),
        (lambda c: c.submit(side=0, price_ticks=1, qty_lots=1, tag=-1), ValueError, r"tag -1 is not in \[0, 2\^64\)"),
        (lambda c: c.submit(side=0, price_ticks=1, qty_lots=1, type=lumina.OrderType.FOK), ValueError,
         r"strategies can send LIMIT \(0\), POST_ONLY \(1\), IOC \(2\), MARKET \(3\)"),
        (lambda c: c.submit(side=0, price_ticks=1, qty_lots=1, instrument=1), IndexError, "instrument 1: the run"),
        (lambda c: c.best(1, 0), IndexError, "instrument 1: the run has 1, numbered from 0"),
        (lambda c: c.best(-1, 0), IndexError, "instrument -1"),
        (lambda c: c.best(0, 2), ValueError, "side 2"),
        (lambda c: c.level(0, 0, 99.5), ValueError, "price_ticks = 99.5"),
        (lambda c: c.depth(0, 3, 1), ValueError, "side 3"),
        (lambda c: c.depth(0, 0, 0), ValueError, "n 0 is not in"),
        (lambda c: c.position(7), IndexError, "instrument 7"),
        (lambda c: c.orders(0, 3), ValueError, r"side 3 is not in \[0, 2\]"),
        (lambda c: c.instrument(4), IndexError, "instrument 4"),
        (lambda c: c.cancel(0.5), ValueError, "order_id = 0.5"),
        (lambda c: c.replace(1, 1.25, 3), ValueError, "price_ticks = 1.25"),
        (lambda c: c.set_timer(1e19), ValueError, "ts_ns 10000000000000000000 is not in"),
    ],
)  # fmt: skip
def test_what_is_not_there_or_not_whole_is_an_error(call, error, message):
    with pytest.raises(error, match=message):
        lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.001), Asks(call))


def test_whole_numbers_of_any_type_are_taken():
    def call(ctx):
        one = ctx.submit(side=np.int64(0), price_ticks=9_990.0, qty_lots=np.float32(2), type=lumina.OrderType.POST_ONLY)
        ctx.replace(float(one), np.int32(9_989), 3.0)
        ctx.set_timer(float(ctx.now_ns // 1_000 * 1_000))
        return ctx.orders(0.0)[0]

    strategy = Asks(call)
    lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.001), strategy)
    assert (strategy.answer.price_ticks, strategy.answer.qty_lots, strategy.answer.type) == (9_990, 2, 1)


@pytest.mark.parametrize("interval", [0.5, float("inf"), -1, "1s"])
def test_an_interval_that_is_no_number_of_ns_is_refused(interval):
    class Strategy:
        interval_ns = interval

        def on_timer(self, ctx, event): ...

    with pytest.raises(ConfigError, match="interval_ns"):
        lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.001), Strategy())


def test_a_wake_mask_is_a_whole_number():
    class Half:
        wake_mask = 1.5

        def on_event(self, event, ctx):
            pass

    with pytest.raises(ValueError, match=r"wake_mask = 1\.5: must be a whole number"):
        PythonStrategy(Half())
