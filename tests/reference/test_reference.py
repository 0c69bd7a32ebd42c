"""The reference against numbers that others worked out, and its invariants on random worlds."""
import math

import pytest
from hypothesis import given

from .engine import run
from .impact import Impact, square_root_impact
from .queue_model import QueueModel
from .strategies import RandomStrategy
from .tapes import check_tape
from .tapes_l3 import check_stamps
from .vocabulary import EV_STOP, FILLED, ST_CANCELLED, ST_FILLED, ST_REJECTED
from .worlds import worlds


@pytest.mark.parametrize(
    ("model", "n", "front", "prev", "new", "cum", "expected"),
    [
        ("log", 1, 30, 100, 90, 0, 25.5383451459),
        ("power", 1, 30, 100, 90, 0, 27),
        ("power", 2, 30, 100, 90, 0, 28.4482758621),
        ("power", 3, 30, 100, 90, 0, 29.2702702703),
        ("log", 1, 30, 100, 80, 5, 23.3075177188),
        ("power", 1, 30, 100, 80, 5, 25.5),
        ("power", 2, 30, 100, 80, 5, 27.6724137931),
        ("power", 3, 30, 100, 80, 5, 28.9054054054),
        ("power", 3, 40, 100, 60, 0, 30.9),  # the inversion that F4 forbids for our own orders
        ("power", 3, 60, 100, 60, 0, 29.1),
        ("log", 1, 30, 100, 20, 0, 0),  # -5.69 without the clamp
        ("risk_averse", 1, 30, 100, 40, 0, 30),
        ("risk_averse", 1, 30, 100, 20, 0, 20),
    ],
)
def test_queue_position_after_depth(model, n, front, prev, new, cum, expected):
    got = QueueModel(model, n).after_depth(front, prev, new, cum)
    assert got == pytest.approx(expected, abs=0.05 if expected in (30.9, 29.1) else 1e-10)


def test_queue_unit_matters_to_the_log_model_only():
    args = (30, 100, 90, 0)
    assert QueueModel("log", lot_size=0.001).after_depth(*args) != QueueModel("log").after_depth(*args)
    lots, base = QueueModel("power3", 3, "lots", lot_size=0.001), QueueModel("power3", 3, lot_size=0.001)
    assert lots.after_depth(*args) == pytest.approx(base.after_depth(*args), abs=1e-9)


def test_square_root_impact():
    assert square_root_impact(1, 0.02, 0.01) == pytest.approx(20e-4)
    assert square_root_impact(1, 0.02, 0.05) == pytest.approx(44.7214e-4, abs=1e-8)


def test_transient_impact_of_one_push():
    overlay = Impact(0.8, 0.02, 1e6, (0.3, 0.3, 0.2, 0.2), (10, 100, 1000, math.inf))
    overlay.push(1e4)
    for after_s, bp in [(0, 16.0), (60, 10.100331), (600, 5.809596), (3600, 3.728957), (10**9, 3.2)]:
        overlay.advance(after_s * 10**9)
        assert overlay.value() * 1e4 == pytest.approx(bp, abs=1e-6)


def test_transient_impact_of_a_steady_schedule():
    # children at the middle of their slots converge on the rate with the square of the slot
    overlay = Impact(0.8, 0.02, 1e6, (0.3, 0.3, 0.2, 0.2), (10, 100, 1000, math.inf))
    n = 60_000
    for k in range(n):
        overlay.advance(round((k + 0.5) * 600e9 / n))
        overlay.push(1e4 / n)
    for after_s, bp in [(0, 8.551777), (60, 7.373679), (600, 5.353166), (3600, 3.658694)]:
        overlay.advance((600 + after_s) * 10**9)
        assert overlay.value() * 1e4 == pytest.approx(bp, abs=1e-6)


def test_a_push_is_charged_the_integral_of_the_impact_it_makes():
    overlay = Impact(0.8, 0.02, 1e6, (0.6, 0.4), (10, math.inf))
    overlay.push(-300.0)
    overlay.advance(5 * 10**9)
    start, total, n = overlay.value(), 1000.0, 200_000
    area = 0.0
    for k in range(n):
        shifted = [j + (k + 0.5) * total / n for j in overlay.j]
        area += (overlay.value_of(shifted) - start) * total / n
    assert overlay.push(total) == pytest.approx(area, rel=1e-6)
    assert area > 0


@given(worlds())
def test_random_worlds_keep_the_books_and_the_conservation_laws(world):
    tapes, instruments, options, seed = world
    for tape in tapes:
        check_tape(tape)
        check_stamps(tape)
    strategy = RandomStrategy(seed)
    result = run(tapes, instruments, strategy, options)
    for account, last in zip(result.accounts, result.equity[-len(tapes):], strict=True):
        assert account.pnl() == account.pnl_by_cash()
        assert last["position_lots"] == account.position
    assert strategy.seen[-1][2] == EV_STOP
    log, fills = result.order_events, result.fills
    assert (log["report_ts_ns"] >= log["ts_ns"]).all()
    for order in result.orders:
        own = log[log["order_id"] == order["order_id"]]
        filled = own[own["action"] == FILLED]
        assert filled["qty_lots"].sum() == order["filled_lots"]
        assert order["state"] in (ST_FILLED, ST_CANCELLED, ST_REJECTED)
        assert (order["state"] == ST_FILLED) == (order["filled_lots"] == order["qty_lots"] > 0) or order["reason"]
    assert (fills["impact_units"] >= 0).all()
    assert (fills["queue_ahead_lots"] >= 0).all()


@given(worlds(max_events=40))
def test_O5_a_report_depends_on_nothing_later_than_itself(world):
    """Whatever happens at the exchange after an instant leaves everything up to it as it was."""
    tapes, instruments, options, seed = world
    cut = int(tapes[0]["exch_ts_ns"][len(tapes[0]) // 2])
    changed = []
    for tape in tapes:
        tape = tape.copy()
        later = (tape["exch_ts_ns"] > cut) & (tape["kind"] == 6)
        tape["qty_lots"][later] += 7
        changed.append(tape)
    one = run(tapes, instruments, RandomStrategy(seed), options)
    two = run(changed, instruments, RandomStrategy(seed), options)
    for name, key in (("order_events", "ts_ns"), ("fills", "ts_ns"), ("equity", "ts_ns")):
        a, b = getattr(one, name), getattr(two, name)
        assert a[a[key] <= cut].tobytes() == b[b[key] <= cut].tobytes()
