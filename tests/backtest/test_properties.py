"""What holds for every run: the same again, nothing from the future, nothing from nothing, and exact accounts."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from reference import core_runner
from reference.strategies import RandomStrategy
from reference.worlds import worlds

import lumina
from lumina.strategies import AvellanedaStoikov

AT, THROUGH = 1, 2  # FillCause
REDUCED = 15  # lumina_reason
LATENCY = lumina.Latency(
    tick_to_trade={"model": "lognormal", "median_ns": 50_000, "sigma": 0.5},
    entry={"new": {"model": "lognormal", "median_ns": 2_000_000, "sigma": 0.3}, "cancel": 1_500_000, "replace": 0},
    response={"model": "lognormal", "median_ns": 1_000_000, "sigma": 0.4, "min_ns": 200_000},
)


@pytest.fixture(scope="module")
def binance(data_dir):
    return lumina.load(
        data_dir / "binance" / "usdm_btcusdt_20240808.gz",
        "binance",
        symbol="BTCUSDT",
        tick_size="0.1",
        lot_size="0.001",
        clock="shift",
        min_latency_ns=1_000_000,
    )


def market_maker():
    return AvellanedaStoikov(gamma=0.003, sigma=40, k=0.2, obi_slope_ticks=5, order_lots=10, max_position_lots=100)


def trade(tape, **options):
    return lumina.backtest(
        tape, market_maker(), latency=LATENCY, maker_fee="-0.00005", taker_fee="0.0005", **{"seed": 7, **options}
    )


def assert_accounts(result):
    """P&L by its parts is P&L by cash and position, in integers, at the end of the run."""
    for i, instrument in enumerate(result.instruments):
        fills = result.fills[result.fills["instrument"] == i]
        last = result.equity[result.equity["instrument"] == i][-1]
        position = int(np.where(fills["side"] == 0, fills["qty_lots"], -fills["qty_lots"]).sum())
        assert position == last["position_lots"] == result.final[i]["position_lots"]
        mid2 = int(last["mid2_ticks"])
        if position and mid2 == lumina.NO_MID:  # none was ever seen: fills were marked at their own price
            mid2 = int(fills["mid2_ticks"][-1])
        mid = Fraction(mid2, 2)
        unit = instrument.unit * position
        value = 0 if not position else -round(unit / mid) if instrument.inverse else round(unit * mid)
        parts = [int(last[f"{name}_units"]) for name in ("spread_capture", "inventory", "fees", "impact", "funding")]
        assert parts[0] == fills["spread_capture_units"].sum()
        assert parts[2] == fills["fee_units"].sum()
        assert parts[3] == fills["impact_units"].sum()
        assert parts[0] + parts[1] - sum(parts[2:]) == int(fills["cash_units"].sum()) + value - sum(parts[2:])


def assert_conservation(result, tapes):
    """What prints gave us is at most what they traded, and at most one fill row an order and print."""
    for i, events in enumerate(tapes):
        mine = result.fills[(result.fills["instrument"] == i) & np.isin(result.fills["cause"], (AT, THROUGH))]
        at_exchange = events[(events["flags"] & lumina.Flag.EXCH) != 0]
        prints = at_exchange[at_exchange["kind"] == lumina.Kind.TRADE]
        hits = at_exchange[at_exchange["kind"] == lumina.Kind.EXECUTE]
        for ts in np.unique(mine["ts_ns"]):
            for side in (0, 1):
                got = mine["qty_lots"][(mine["ts_ns"] == ts) & (mine["side"] == side)].sum()
                traded = prints["qty_lots"][(prints["exch_ts_ns"] == ts) & (prints["side"] == 1 - side)].sum()
                traded -= hits["qty_lots"][(hits["exch_ts_ns"] == ts) & (hits["side"] == side)].sum()
                assert got <= traded, (ts, side)
    filled = np.zeros(len(result.orders) + 1, np.int64)
    np.add.at(filled, result.fills["order_id"].astype(np.int64), result.fills["qty_lots"])
    np.testing.assert_array_equal(filled[1:], result.orders["filled_lots"])
    whole = result.orders["reason"] != REDUCED  # closed by a replace to less than what was filled
    assert (result.orders["filled_lots"] <= result.orders["qty_lots"])[whole].all()


@given(worlds())
def test_accounts_and_conservation_on_random_tapes(world):
    tapes, instruments, options, seed = world
    result = core_runner.run(tapes, instruments, RandomStrategy(seed), options)
    assert_accounts(result)
    assert_conservation(result, tapes)


def test_accounts_and_conservation_on_a_real_market(binance):
    result = trade(binance)
    assert len(result.fills) > 200
    assert_accounts(result)
    assert_conservation(result, [binance.events])


def assert_same_until(one, two, cut):
    for name in ("order_events", "fills", "equity"):
        a, b = getattr(one, name), getattr(two, name)
        assert a[a["ts_ns"] <= cut].tobytes() == b[b["ts_ns"] <= cut].tobytes(), name


@given(worlds(max_events=40))
def test_O5_nothing_depends_on_rows_after_it(world):
    tapes, instruments, options, seed = world
    cut = int(tapes[0]["exch_ts_ns"][len(tapes[0]) // 2])
    changed = [tape.copy() for tape in tapes]
    for tape in changed:
        later = (tape["exch_ts_ns"] > cut) & (tape["kind"] == lumina.Kind.TRADE)
        tape["qty_lots"][later] += 7
        tape["price_ticks"][later] -= 3
    one = core_runner.run(tapes, instruments, RandomStrategy(seed), options)
    two = core_runner.run(changed, instruments, RandomStrategy(seed), options)
    assert_same_until(one, two, cut)


def test_O5_no_look_ahead_on_a_real_market(binance):
    events = binance.events.copy()
    cut = int(events["exch_ts_ns"][len(events) // 2])
    later = (events["exch_ts_ns"] > cut) & (events["kind"] == lumina.Kind.TRADE)
    events["price_ticks"][later] -= 50
    events["qty_lots"][later] *= 3
    one, two = trade(binance), trade(lumina.Tape(events, binance.instrument))
    assert one.digest != two.digest
    assert_same_until(one, two, cut)


def test_same_seed_same_digest_across_processes(tmp_path, binance):
    binance.save(tmp_path / "tape.lumina")
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]; import lumina, backtest.test_properties as t; "
        "print(t.trade(lumina.Tape.open(sys.argv[1])).digest)"
    )
    path = [p for p in sys.path if p.endswith("tests")]
    command = [sys.executable, "-c", code, str(tmp_path / "tape.lumina"), *path]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)]
    assert runs[0] == runs[1] == trade(binance).digest
    assert trade(binance, seed=8).digest != runs[0]


def test_a_run_can_be_repeated_with_the_same_objects(binance):
    strategy = market_maker()
    digests = {lumina.backtest(binance, strategy, latency=LATENCY, seed=3).digest for _ in range(2)}
    assert len(digests) == 1
