"""The strategies in the engine: they trade, hold their limit, repeat themselves, and one logic written in three
languages decides alike."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import lumina
from lumina.errors import ConfigError
from lumina.strategies import GLFT, AvellanedaStoikov, Symmetric

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LATENCY = lumina.Latency(tick_to_trade=50_000, entry=2_000_000, response=2_000_000)

STRATEGIES = {
    "avellaneda_stoikov": AvellanedaStoikov(),
    "avellaneda_stoikov on bbo": AvellanedaStoikov(wake="bbo", interval_ns=0),
    "session": AvellanedaStoikov(horizon="session", horizon_s=5),
    "infinite": AvellanedaStoikov(horizon="infinite", order_lots=3, max_position_lots=20),
    "imbalance": AvellanedaStoikov(obi_slope_ticks=2, obi_levels=5, max_improve_ticks=None),
    "glft": GLFT(),
    "glft, levels": GLFT(order_lots=2, levels=3, level_spacing_ticks=2, max_position_lots=15),
    "symmetric": Symmetric(order_lots=5, requote_ticks=2),
}


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    """100 s of the synthetic market of examples/make_tape.py."""
    path = tmp_path_factory.mktemp("tape") / "synthetic.npy"
    np.save(path, example("make_tape").make_tape(100_000))
    return lumina.load(path, format="hftbacktest", tick_size="0.1", lot_size="0.001")


@pytest.fixture(scope="module")
def btcusdt(data_dir):
    """345 s of BTCUSDT: one tick wide, and some 80 ticks of volatility per square root of a second."""
    return lumina.load(
        data_dir / "binance" / "usdm_btcusdt_20240808.gz",
        format="binance",
        symbol="BTCUSDT",
        tick_size="0.1",
        lot_size="0.001",
        clock="shift",
        min_latency_ns=1_000_000,
    )


def limit_of(strategy):
    return strategy.params["max_position_lots"] or 10 * strategy.params["order_lots"]


def worst_exposure(result):
    """Largest position either way if everything accepted had filled, over the order log."""
    position, open_lots, worst = 0, {}, 0
    side_of = {int(o["order_id"]): int(o["side"]) for o in result.orders}
    events = result.order_events
    for row in events[np.argsort(events["ts_ns"], kind="stable")]:
        order, action = int(row["order_id"]), int(row["action"])
        if action < 3:  # a request
            continue
        if action == 5:
            position += int(row["qty_lots"]) * (1 if row["side"] == lumina.Side.BUY else -1)
        open_lots[order] = int(row["leaves_lots"])
        if open_lots[order] == 0:
            del open_lots[order]
        for side, sign in ((lumina.Side.BUY, 1), (lumina.Side.SELL, -1)):
            worst = max(worst, sign * position + sum(q for o, q in open_lots.items() if side_of[o] == side))
    return worst


@pytest.mark.parametrize("name", STRATEGIES)
def test_trades_within_its_limit_and_repeats_itself(name, tape):
    strategy = STRATEGIES[name]
    result = lumina.backtest(tape, strategy, latency=LATENCY)
    assert len(result.fills) >= 50
    assert result.fills["maker"].all()
    assert 0 < worst_exposure(result) <= limit_of(strategy)
    again = lumina.backtest(tape, strategy, latency=LATENCY)
    fresh = lumina.backtest(tape, type(strategy)(**strategy.params), latency=LATENCY)
    assert result.digest == again.digest == fresh.digest


def test_a_quote_is_never_refused_where_nothing_is_late(tape):
    """With no latency on the strategy's own way only the feed's is left: without it no quote would cross."""
    events = tape.events.copy()
    events["latency_ns"] = 0
    prompt = lumina.Tape(events, tape.instrument)
    result = lumina.backtest(prompt, GLFT(levels=2, max_improve_ticks=None), latency=lumina.Latency.none())
    assert len(result.fills) >= 50
    assert not (result.orders["reason"] == 6).any()  # post-only


def test_two_instruments_are_quoted_apart(tape):
    result = lumina.backtest([tape, tape], GLFT(), latency=LATENCY)
    alone = lumina.backtest(tape, GLFT(), latency=LATENCY)
    for instrument in (0, 1):
        fills = result.fills[result.fills["instrument"] == instrument]
        assert list(fills["price_ticks"]) == list(alone.fills["price_ticks"])


def test_the_order_size_in_base_units(tape):
    by_lots = lumina.backtest(tape, GLFT(order_lots=3), latency=LATENCY)
    by_quantity = lumina.backtest(tape, GLFT(order_qty=0.003), latency=LATENCY)
    assert by_lots.digest == by_quantity.digest
    with pytest.raises(lumina.errors.StrategyError, match=r"0\.0035: must be a whole number of lots of 0\.001"):
        lumina.backtest(tape, GLFT(order_qty=0.0035))


@pytest.mark.parametrize("name", STRATEGIES)
def test_trades_on_a_fast_market(name, btcusdt):
    strategy = STRATEGIES[name]
    result = lumina.backtest(btcusdt, strategy, latency=LATENCY)
    assert len(result.fills) >= 300
    assert worst_exposure(result) <= limit_of(strategy)


def test_inventory_aversion_narrows_the_inventory(btcusdt):
    """The skew, not the limit, holds the position where the parameters are those of the market."""
    wide = {"sigma": 80, "k": 0.018, "A": 0.37, "order_lots": 10, "max_position_lots": 1000, "max_improve_ticks": None}
    averse, indifferent = (
        lumina.backtest(btcusdt, GLFT(gamma=gamma, **wide), latency=LATENCY) for gamma in (1e-3, 1e-6)
    )
    assert len(averse.fills) >= 100
    assert averse.fills["position_lots"].std() < 0.5 * indifferent.fills["position_lots"].std()


def test_numba_decides_as_python(tape):
    pytest.importorskip("numba")
    python, numba = example("python_strategy"), example("numba_strategy")
    for params in ({}, {"order_lots": 3, "limit_lots": 6}):
        strategy = numba.TouchMaker(**params)
        result = lumina.backtest(tape, python.TouchMaker(**params), latency=LATENCY)
        assert len(result.fills) >= 50
        assert lumina.backtest(tape, strategy, latency=LATENCY).digest == result.digest
        assert lumina.backtest(tape, strategy, latency=LATENCY).digest == result.digest


class PythonMaker:
    """Keeps what it saw in itself."""

    interval_ns = 100_000_000

    def __init__(self):
        self.calls = 0

    def on_timer(self, ctx, event):
        self.calls += 1


def test_one_object_serves_runs_at_once_each_with_a_state_of_its_own():
    shared = AvellanedaStoikov(gamma=0.2, order_lots=2)
    markets = [lumina.EmbeddedMarket(seed=seed, hours=0.02) for seed in (1, 2, 3)] * 4
    alone = [lumina.backtest(market, AvellanedaStoikov(gamma=0.2, order_lots=2)).digest for market in markets]
    with ThreadPoolExecutor(4) as pool:
        together = [result.digest for result in pool.map(lambda market: lumina.backtest(market, shared), markets)]
    assert together == alone
    assert [lumina.backtest(market, shared).digest for market in markets] == alone


@pytest.mark.parametrize("make", [PythonMaker, lambda: Symmetric().capsule], ids=["python", "capsule"])
def test_a_strategy_that_keeps_its_state_in_itself_serves_one_run_at_a_time(make):
    strategy = make()
    market = lumina.EmbeddedMarket(seed=1, hours=0.02)
    told = []

    def nested(done, total):
        if not told:
            with pytest.raises(ConfigError, match="give each run an object of its own") as error:
                lumina.backtest(market, strategy)
            told.append(error)

    first = lumina.backtest(market, strategy, progress=nested)
    assert told
    assert lumina.backtest(market, make()).digest == first.digest  # and the object is free again
    lumina.backtest(market, strategy)
