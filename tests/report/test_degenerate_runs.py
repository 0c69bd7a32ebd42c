"""Every figure, table, file and picture has a meaning for runs in which next to nothing happened."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

import lumina
from lumina import EVENT, Flag, Kind, Side
from lumina.backtester import output
from lumina.report import picture, tables
from lumina.report.summary import summarise

S = 10**9
START = 1_700_000_000 * S
BOTH = Flag.EXCH | Flag.LOCAL | Flag.END


def rows(*changes):
    """(seconds, side, price, change) each, an event of its own."""
    return np.array(
        [(START + s * S, 0, 1000, price, lots, Kind.CHANGE, side, BOTH) for s, side, price, lots in changes], EVENT
    )


def tape(*changes, symbol="TEST"):
    return lumina.Tape(rows(*changes), lumina.Instrument(symbol, "0.5", "1", settlement="USD"))


BOOK = ((0, Side.BUY, 99, 10), (0, Side.SELL, 101, 10), (600, Side.BUY, 98, 1))


class Nothing:
    def on_start(self, ctx, event):
        pass


class Buy:
    """One market order a second in, on each of these instruments."""

    interval_ns = S

    def __init__(self, *instruments):
        self.left = list(instruments)

    def on_timer(self, ctx, event):
        for instrument in self.left:
            ctx.submit(side=Side.BUY, price_ticks=0, qty_lots=1, type=3, instrument=instrument)
        self.left = []


class Interrupted(Buy):
    def on_timer(self, ctx, event):
        raise KeyboardInterrupt


RUNS = {
    "no strategy": lambda: lumina.backtest(tape(*BOOK)),
    "no fill": lambda: lumina.backtest(tape(*BOOK), Nothing()),
    "one fill": lambda: lumina.backtest(tape(*BOOK), Buy(0)),
    "one row": lambda: lumina.backtest(tape(BOOK[0]), Buy(0)),
    "no valid mid": lambda: lumina.backtest(tape(BOOK[1], (600, Side.SELL, 102, 1)), Buy(0)),
    "no equity grid": lambda: lumina.backtest(tape(*BOOK), Buy(0), equity_interval_ns=0),
    "no horizons": lambda: lumina.backtest(tape(*BOOK), Buy(0), markouts_ns=()),
    "interrupted at once": lambda: lumina.backtest(tape(*BOOK), Interrupted()),
    "the first of two fills": lambda: lumina.backtest([tape(*BOOK), tape(*BOOK, symbol="OTHER")], Buy(0)),
    "the second of two fills": lambda: lumina.backtest([tape(*BOOK), tape(*BOOK, symbol="OTHER")], Buy(1)),
    "the embedded market": lambda: lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.001), Nothing()),
}


@pytest.mark.parametrize("name", RUNS)
def test_everything_is_written(name, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
    result = RUNS[name]()
    summary = summarise(result, capital=1000.0)
    output.write(tmp_path / "run", "", result, summary, picture=True, title=name)
    assert {entry.name for entry in (tmp_path / "run").iterdir()} == set(output.FILES)
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == summary
    assert len((tmp_path / "run" / "fills.csv").read_text().splitlines()) == 1 + len(result.fills)
    for index in range(len(result.instruments)):
        picture.draw(result, tmp_path / "one.png", instrument=index)
    console = Console(width=110, file=io.StringIO())
    console.print(tables.tables(summary))
    text = console.file.getvalue()
    assert "P&L" in text
    assert "nan" not in text
    assert "inf" not in text.replace("info", "")


def test_no_fill_is_a_profit_of_nothing():
    summary = summarise(RUNS["no fill"](), capital=1000.0)
    assert (summary["fills"], summary["pnl"], summary["max_drawdown"], summary["position"]) == (0, 0, 0, 0)
    assert summary["instruments"][0]["mid"] == 50.0
    assert summary["sharpe"]["annualised"] is None
    assert summary["return"] == 0


def test_one_fill_by_hand():
    # bought at 101 ticks against a mid of 100, held to the end: half a dollar a tick
    summary = summarise(RUNS["one fill"]())
    assert (summary["fills"], summary["pnl"], summary["spread_capture"]) == (1, -0.5, -0.5)
    assert summary["max_drawdown"] == 0.5
    assert summary["instruments"][0]["inventory"]["max"] == 1


def test_without_a_mid_there_is_no_mark():
    result = RUNS["no valid mid"]()
    assert len(result.fills) == 1
    summary = summarise(result)
    assert [summary["instruments"][0][name] for name in ("mid", "liquidation", "pnl")] == [None, None, 0]
    assert (result.equity["mid2_ticks"] == lumina.NO_MID).all()
    assert (result.markout_mid2 == lumina.NO_MID).all()
