"""An account that would go beyond 64 bits ends the run there: what was reached is kept, and the remedy said."""

import json

import numpy as np
import pytest

import lumina
from lumina import EVENT, Flag, Kind, OrderType, Side
from lumina.backtester import cli
from lumina.errors import DataError
from lumina.report import frames

S = 10**9
BOTH = Flag.EXCH | Flag.LOCAL | Flag.END


def tape(**terms):
    """A book of a million lots a side at 10,000 yen, for ten seconds."""
    rows = [(S, 0, 0, 9_999, 10**6, Kind.CHANGE, Side.BUY, 3), (S, 0, 0, 10_001, 10**6, Kind.CHANGE, Side.SELL, BOTH)]
    rows += [(second * S, 0, 0, 9_000, 1, Kind.CHANGE, Side.BUY, BOTH) for second in range(2, 11)]
    return lumina.Tape(np.array(rows, EVENT), lumina.Instrument("7203", 1, 1, settlement="JPY", **terms))


class Buyer:
    """400,000 lots a second: 4e9 yen."""

    interval_ns = S

    def on_timer(self, ctx, event):
        ctx.submit(side=Side.BUY, type=OrderType.IOC, price_ticks=10_001, qty_lots=400_000)


def run(market):
    return lumina.backtest(market, Buyer(), latency=lumina.Latency.none())


def test_a1_an_overflow_ends_the_run_with_what_was_reached():
    result = run(tape())
    # 2 x 4.0004e9 fit below 9.22e9, the third does not
    assert result.interrupted
    assert result.fills["cash_units"].tolist() == [-400_000 * 10_001 * S] * 2
    assert result.final[0]["position_lots"] == 800_000
    assert result.equity["ts_ns"][-1] == 4 * S
    assert "9.22e+09 of the settlement currency" in result.failure
    assert "money_digits below 9" in result.failure
    assert any(note.startswith("FAILED: ") for note in result.summary()["notes"])


def test_a1_fewer_money_digits_hold_more():
    result = run(tape(money_digits=0))
    assert (result.failure, result.interrupted) == ("", False)
    assert result.final[0]["position_lots"] == 10**6
    assert result.fills["cash_units"].tolist() == [-400_000 * 10_001, -400_000 * 10_001, -200_000 * 10_001]
    summary = result.summary()
    # a million lots a yen above the mid of 10,000
    assert (summary["spread_capture"], summary["pnl"]) == (-1e6, -1e6)
    assert frames.columns(result, "fills")["cash"].sum() == -1e6 * 10_001


def test_a1_values_round_to_the_instruments_digits():
    half = lumina.Instrument("X", "0.1", 1, money_digits=0)
    assert half.unit == lumina.Instrument("X", "0.1", 1).unit / 10**9
    assert lumina.Instrument.from_dict(half.to_dict()) == half
    assert "money_digits" not in lumina.Instrument("X", 1, 1).to_dict()
    assert lumina.Instrument("C", 1, 1, inverse=True).money_digits == 12
    with pytest.raises(DataError, match=r"money_digits = 10: must be a whole number in \[0, 9\]"):
        lumina.Instrument("X", 1, 1, money_digits=10)


def test_the_command_says_so_and_keeps_what_was_reached(tmp_path, capsys, monkeypatch):
    market = tape()
    market.save(tmp_path / "yen.lumina")
    monkeypatch.setattr("lumina.backtester.job.make_strategy", lambda config: Buyer())
    arguments = ["--set", f"data.path={tmp_path / 'yen.lumina'}", "--json", "--quiet", "--out", str(tmp_path / "run")]
    for name in ("tick_to_trade", "entry", "response"):
        arguments += ["--set", f"latency.{name}=0"]
    assert cli.main(arguments) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["fills"] == 2
    assert (tmp_path / "run" / "fills.csv").exists()
    assert err.count("\n") == 1
    assert "money_digits below 9" in err
    assert cli.main([*arguments, "--set", "instrument.money_digits=2"]) == 0
