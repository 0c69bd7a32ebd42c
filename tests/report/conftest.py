"""Results that no engine made: the same arrays, filled by hand or at random with exact integer accounts."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from lumina._core._types import EQUITY, FILL, NO_MID, ORDER, ORDER_EVENT
from lumina.data import Instrument

START_NS = 1_723_161_255_000_000_000


INSTRUMENT = Instrument("BTCUSDT", "0.1", "0.001", settlement="USDT")


@dataclass
class MadeUpResult:
    fills: np.ndarray
    orders: np.ndarray
    order_events: np.ndarray
    equity: np.ndarray
    markout_mid2: np.ndarray
    markouts_ns: tuple = (1_000_000_000, 10_000_000_000, 60_000_000_000)
    digest: str = "0123456789abcdef"
    events: int = 1000
    wall_s: float = 0.001
    instruments: tuple = (INSTRUMENT,)
    interrupted: bool = False
    failure: str = ""
    final: list = field(default_factory=list)
    options: dict = field(default_factory=lambda: {"queue": {"model": "power3"}})
    provenance: list = field(default_factory=lambda: [{"level": "L2"}, {"level": "L3"}])


def random_result(seconds=345, orders=600, seed=1, mid_ticks=618_000):
    """A market maker that never was: quotes around a random walk, some of them filled, accounts exact."""
    rng = np.random.default_rng(seed)
    unit = INSTRUMENT.unit_num
    grid = START_NS + np.arange(1, seconds + 1) * 10**9
    mid2 = 2 * mid_ticks + 1 + 2 * np.cumsum(rng.integers(-8, 9, seconds))

    def mid2_at(ts_ns):
        return mid2[np.clip((ts_ns - START_NS) // 10**9 - 1, 0, seconds - 1)]

    rows = np.zeros(orders, ORDER)
    rows["order_id"] = np.arange(1, orders + 1)
    rows["decision_ts_ns"] = np.sort(START_NS + rng.integers(10**9, (seconds - 5) * 10**9, orders))
    rows["sent_ts_ns"] = rows["decision_ts_ns"] + 10_000
    rows["arrival_ts_ns"] = rows["sent_ts_ns"] + 1_000_000 + rng.integers(0, 300_000, orders)
    rows["ack_ts_ns"] = rows["arrival_ts_ns"] + 1_000_000
    rows["close_ts_ns"] = rows["arrival_ts_ns"] + rng.integers(2 * 10**8, 4 * 10**9, orders)
    rows["side"] = rng.integers(0, 2, orders)
    sign = 1 - 2 * rows["side"].astype(np.int64)
    rows["price_ticks"] = mid2_at(rows["arrival_ts_ns"]) // 2 + (rows["side"] == 1) - sign * rng.integers(0, 12, orders)
    rows["qty_lots"] = 10
    rows["queue_ahead_lots"] = rng.integers(0, 4000, orders)
    rows["type"] = 1
    filled = rng.random(orders) < 0.4
    rows["state"] = np.where(filled, 3, 4)
    rows["reason"] = np.where(filled, 0, 1)
    rows["filled_lots"] = np.where(filled, 10, 0)

    done = rows[filled]
    done = done[np.argsort(done["close_ts_ns"], kind="stable")]
    fills = np.zeros(len(done), FILL)
    for name in ("order_id", "price_ticks", "qty_lots", "side"):
        fills[name] = done[name]
    fills["ts_ns"] = done["close_ts_ns"]
    fills["report_ts_ns"] = fills["ts_ns"] + 1_000_000
    fills["maker"], fills["cause"] = 1, rng.integers(1, 4, len(done))
    taker = rng.random(len(done)) < 0.05
    fills["maker"][taker], fills["cause"][taker] = 0, 0
    fills["mid2_ticks"] = mid2_at(fills["ts_ns"])
    lots = (1 - 2 * fills["side"].astype(np.int64)) * fills["qty_lots"]
    fills["position_lots"] = np.cumsum(lots)
    fills["cash_units"] = -lots * fills["price_ticks"] * unit
    fills["fee_units"] = -(-np.abs(fills["cash_units"]) * np.where(taker, 4, 1) // 10_000)
    # V(mid, after) - V(mid, before) is lots * mid2 / 2 * unit, exact for an even unit
    fills["spread_capture_units"] = fills["cash_units"] + lots * fills["mid2_ticks"] * (unit // 2)

    equity = np.zeros(seconds, EQUITY)
    equity["ts_ns"], equity["mid2_ticks"] = grid, mid2
    before = np.searchsorted(fills["ts_ns"], grid, side="right")
    cash = np.concatenate(([0], np.cumsum(fills["cash_units"])))[before]
    equity["position_lots"] = np.concatenate(([0], fills["position_lots"]))[before]
    equity["spread_capture_units"] = np.concatenate(([0], np.cumsum(fills["spread_capture_units"])))[before]
    equity["fees_units"] = np.concatenate(([0], np.cumsum(fills["fee_units"])))[before]
    value = equity["position_lots"] * mid2 * (unit // 2)
    equity["inventory_units"] = cash + value - equity["spread_capture_units"]

    horizons = np.array(MadeUpResult.markouts_ns)
    at = fills["ts_ns"][:, None] + horizons
    markout_mid2 = np.where(at <= grid[-1], mid2_at(at), NO_MID)

    log = np.zeros(3 * orders, ORDER_EVENT)
    for step, (action, time) in enumerate(((0, "decision_ts_ns"), (3, "arrival_ts_ns"), (6, "close_ts_ns"))):
        part = log[step * orders : (step + 1) * orders]
        part["action"] = action if step < 2 else np.where(filled, 5, 6)
        part["ts_ns"] = part["report_ts_ns"] = rows[time]
        part["leaves_lots"] = 0 if step == 2 else 10
        for name in ("order_id", "price_ticks", "qty_lots", "side"):
            part[name] = rows[name]
    log = log[np.argsort(log["ts_ns"], kind="stable")]
    final = {
        "position_lots": int(equity["position_lots"][-1]), "mid2_ticks": int(mid2[-1]),
        "liquidation_units": -12_345_000, "shift_ticks": 0, "open_orders_cancelled": 2,
    }  # fmt: skip
    return MadeUpResult(fills, rows, log, equity, markout_mid2, final=[final], events=1_234_567, wall_s=0.05)


@pytest.fixture
def random_run():
    """Maker of results: `random_run(seconds=, orders=, seed=)`."""
    return random_result
