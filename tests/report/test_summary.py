"""The dict of a run, and what is printed of it."""

import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

from lumina._core._types import EQUITY, FILL, ORDER, ORDER_EVENT
from lumina.report import statistics
from lumina.report.summary import equity_curve, summarise
from lumina.report.tables import amount, duration, quantity, show, tables

PARTS = ("spread_capture", "inventory_pnl", "fees", "impact", "funding")
NEEDED = ("events", "wall_s", "events_per_s", "orders", "fills", "position", "pnl", "spread_capture", "inventory_pnl",
          "fees", "max_drawdown", "digest")  # fmt: skip


def printed(summary, heading="", width=110):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(summary, console, heading)
    return console.file.getvalue()


def empty(result):
    for name, dtype in (("fills", FILL), ("orders", ORDER), ("order_events", ORDER_EVENT), ("equity", EQUITY)):
        setattr(result, name, np.zeros(0, dtype))
    result.markout_mid2 = np.zeros((0, 3), np.int64)
    result.final[0] |= {"position_lots": 0, "mid2_ticks": None, "liquidation_units": None}
    return result


def test_the_parts_sum_to_the_pnl(random_run):
    for seed in range(5):
        summary = summarise(random_run(seed=seed))
        assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)
        assert summary["fees"] < 0  # costs are negative


def test_impact_and_funding_are_there_where_not_zero(random_run):
    result = random_run()
    assert "impact" not in summarise(result)
    result.equity["impact_units"][-1] = 3_000_000_000
    result.equity["funding_units"][-1] = -500_000_000
    summary = summarise(result)
    assert summary["impact"] == -3.0
    assert summary["funding"] == 0.5
    assert summary["pnl"] == pytest.approx(sum(summary[part] for part in PARTS), abs=1e-9)
    assert "impact" in printed(summary)


def test_it_is_strict_json_with_the_promised_names(random_run):
    summary = json.loads(json.dumps(summarise(random_run()), allow_nan=False))
    assert set(NEEDED) <= set(summary)
    assert summary["events_per_s"] == summary["events"] / summary["wall_s"]
    assert summary["position"] == summary["instruments"][0]["position"] == -0.11


def test_the_run_of_a_strategy_that_did_nothing(random_run):
    result = empty(random_run())
    summary = json.loads(json.dumps(summarise(result), allow_nan=False))
    assert (summary["pnl"], summary["fills"], summary["max_drawdown"]) == (0, 0, 0)
    assert summary["order_flow"]["order_to_trade"] is None
    assert "P&L" in printed(summary)


def test_drawdown_counts_from_the_start_of_the_run(random_run):
    result = random_run()
    result.equity["spread_capture_units"] = 0
    result.equity["inventory_units"] = 0
    result.equity["fees_units"] = 5_000_000_000  # paid before the first sample
    assert summarise(result)["max_drawdown"] == 5.0


def test_sharpe_is_withheld_from_a_short_run(random_run):
    sharpe = summarise(random_run())["sharpe"]
    assert sharpe["annualised"] is None
    assert sharpe["why"] == "needs 30 periods of 5 min, the run has 1"
    assert "needs 30 periods" in printed(summarise(random_run()))


def test_sharpe_of_five_minute_periods_is_annualised(random_run):
    result = random_run(seconds=3 * 3600 + 10, orders=4000)
    sharpe = summarise(result, days_per_year=252)["sharpe"]
    times, pnl = equity_curve(result)
    changes = np.diff(pnl[: 36 * 300 + 1 : 300])
    assert sharpe["periods"] == 36
    assert sharpe["annualised"] == pytest.approx(changes.mean() / changes.std(ddof=1) * math.sqrt(252 * 288))
    assert len(times) == len(pnl)


def test_capital_gives_return_and_turnover(random_run):
    summary = summarise(random_run(), capital=1000.0)
    assert summary["return"] == summary["pnl"] / 1000
    volume = summary["instruments"][0]["volume"]
    assert summary["turnover_per_day"] == pytest.approx(volume / 1000 / (summary["seconds"] / 86400))


def test_latencies_are_between_the_clocks_of_an_order(random_run):
    result = random_run()
    found = summarise(result, feed_latency_ns=np.array([5, 7, 9]))["latency_ns"]
    assert found["decision_to_sent"]["max"] == 10_000
    assert found["entry"]["max"] == (result.orders["arrival_ts_ns"] - result.orders["sent_ts_ns"]).max()
    assert found["ack"]["p50"] == 1_000_000
    assert found["feed"]["p50"] == 7


def test_queue_positions_unknown_and_never_taken_are_left_out(random_run):
    result = random_run()
    result.orders["queue_ahead_lots"] = 1000
    result.orders["queue_ahead_lots"][:50] = np.nan  # never resting
    result.orders["queue_ahead_lots"][50:80] = np.inf  # beyond what was shown
    result.orders["sent_ts_ns"] -= 10**12  # a wait begins at the exchange
    queue = summarise(result)["instruments"][0]["queue"]
    filled = result.orders[np.isin(result.orders["order_id"], result.fills["order_id"][result.fills["maker"] == 1])]
    assert queue["wait_s"] == pytest.approx(np.median(filled["close_ts_ns"] - filled["arrival_ts_ns"]) / 1e9)
    assert queue["ahead_at_accept"] == 1.0
    assert queue["unknown_at_accept"] == 30


def test_two_instruments_of_one_currency_add_up(random_run):
    one, two = random_run(seed=1), random_run(seed=2)
    for name in ("fills", "orders", "order_events", "equity"):
        getattr(two, name)["instrument"] = 1
        setattr(one, name, np.concatenate((getattr(one, name), getattr(two, name))))
    one.markout_mid2 = np.concatenate((one.markout_mid2, two.markout_mid2))
    one.instruments, one.final = one.instruments * 2, one.final + two.final
    both = summarise(one)
    assert both["pnl"] == pytest.approx(sum(entry["pnl"] for entry in both["instruments"]))
    assert both["pnl"] == pytest.approx(summarise(random_run(seed=1))["pnl"] + summarise(two_alone(random_run))["pnl"])
    assert "BTCUSDT" in printed(both)


def two_alone(random_run):
    return random_run(seed=2)


def test_the_tables_say_what_a_trader_asks(random_run):
    result = random_run()
    result.provenance = [
        {
            "level": "L2",
            "files": [{"name": "a.gz"}],
            "importer": "binance",
            "messages": {"gaps": 2},
            "clock": {"repair": "shift", "shift_ns": 1_275_000_000, "min_latency_ns": 1_000_000},
        }
    ]
    shown = printed(summarise(result, limit_lots=100), "glft")
    assert "by the model power3" in shown
    result.provenance[0]["level"] = "L3"
    assert "exact, from single orders" in printed(summarise(result, limit_lots=100), "glft")
    asked = """glft; 2024-08-08; P&L; max drawdown; Sharpe; maker; order-to-trade; queue ahead; Markouts; 1 min;
               at the limit; decision to sent; p99; closing it at the touch; a.gz, read by binance; 2 gaps;
               shifted by +1.275000000 s; million/s; digest"""
    for words in asked.split(";"):
        assert words.strip() in shown, words


def test_an_interrupted_run_says_so(random_run):
    result = random_run()
    result.interrupted = True
    summary = summarise(result)
    assert summary["interrupted"] is True
    assert "INTERRUPTED" in printed(summary)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_tables_fit_any_width(random_run, width):
    assert max(len(line) for line in printed(summarise(random_run()), width=width).splitlines()) <= width


def test_numbers_for_people():
    assert amount(None) == "-"
    assert amount(1234567.891, 2, sign=True) == "+1,234,567.89"
    assert amount(-0.000123456) == "-0.000123456"
    assert amount(0.0, sign=True) == "0.00"
    assert quantity(0.25) == "0.25"
    assert quantity(-0.0) == "0"
    assert [duration(ns) for ns in (0, 999, 1500, 2.5e6, 3e9, 345e9, 7.2e12, None)] == [
        "0 ns", "999 ns", "1.5 us", "2.5 ms", "3 s", "5 min 45 s", "2 h 0 min", "-"]  # fmt: skip


def test_the_curve_is_the_pnl_of_the_equity_rows(random_run):
    result = random_run()
    _, pnl = equity_curve(result)
    assert pnl[-1] == pytest.approx(statistics.money(statistics.pnl_units(result.equity)[-1], result.instruments[0]))
    assert tables(summarise(result)) is not None
