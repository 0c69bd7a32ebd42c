"""Prices at and below 0 (SEMANTICS T1b) from each text format to tape, book and profit."""

import numpy as np
import pytest

import lumina
from lumina import Kind, OrderType, Side
from lumina.data.hftbacktest.rows import BUY, DEPTH, EXCH, LOCAL, ROW, SELL
from lumina.errors import DataError
from lumina.report.summary import summarise

T0 = 1_587_400_000  # s, 2020-04-20
# side, price, quantity: a bid below, an ask at 0; then both go down
LEVELS = (("bid", "-0.01", 5), ("ask", "0.00", 5), ("bid", "-37.64", 5), ("bid", "-0.01", 0), ("ask", "-37.63", 5))


def csv_rows(path, levels=LEVELS):
    lines = [f"{T0 + i},{side},{price},{qty}" for i, (side, price, qty) in enumerate(levels)]
    path.write_text("\n".join(["time,side,price,quantity", *lines]) + "\n")
    return {"format": "csv", "rows": "book"}


def csv_windows(path):
    path.write_text(
        "time,bid_price_1,bid_quantity_1,bid_price_2,bid_quantity_2,ask_price_1,ask_quantity_1,ask_price_2,"
        f"ask_quantity_2\n{T0},-0.01,5,,,0.00,5,,\n{T0 + 1},-0.01,5,-37.64,5,0.00,5,0,0\n"
        f"{T0 + 2},-37.64,5,0,0,-37.63,5,0.00,5\n"
    )
    return {"format": "csv"}


def tardis(path):
    lines = [
        f"venue,X,{T0 + i}000000,{T0 + i}000001,{str(i < 2).lower()},{side},{price},{qty}"
        for i, (side, price, qty) in enumerate(LEVELS)
    ]
    path.write_text(
        "\n".join(["exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount", *lines]) + "\n"
    )
    return {}


def hftbacktest(path):
    rows = np.zeros(len(LEVELS), ROW)
    for i, (side, price, qty) in enumerate(LEVELS):
        at = (T0 + i) * 10**9
        rows[i] = (DEPTH | EXCH | LOCAL | (BUY if side == "bid" else SELL), at, at, float(price), qty, 0, 0, 0)
    with open(path, "wb") as file:
        np.save(file, rows)
    return {"tick_size": "0.01", "lot_size": 1}


class BuysAtZero:
    """Takes the ask of 0 once it is there."""

    def __init__(self):
        self.sent = False

    def on_event(self, ctx, event):
        if not self.sent and ctx.best(0, Side.SELL).qty_lots:
            self.sent = True
            ctx.submit(side=Side.BUY, price_ticks=0, qty_lots=1, type=OrderType.IOC)


@pytest.fixture(params=[csv_rows, csv_windows, tardis, hftbacktest])
def tape(request, tmp_path):
    options = request.param(tmp_path / "in.csv")
    return lumina.load(tmp_path / "in.csv", **{"tick_size": "0.01", "lot_size": 1} | options)


def test_ticks_and_book(tape):
    assert tape.validate().ok
    book = lumina.DepthBook()
    book.apply(tape.events, view="exchange")
    bids, asks = ([tuple(map(int, level)) for level in side] for side in book.depth(5))
    assert (bids, asks) == ([(-3764, 5)], [(-3763, 5), (0, 5)])


def test_the_profit_of_a_buy_at_zero(tape):
    result = lumina.backtest(tape, BuysAtZero())
    (fill,) = result.fills
    assert (int(fill["price_ticks"]), int(fill["qty_lots"])) == (0, 1)
    # marked at the mid of -37.64 and -37.63
    summary = summarise(result)
    assert summary["pnl"] == -37.635
    one = summary["instruments"][0]
    assert (one["mid"], one["spread_capture"], one["volume"], one["fills"]["maker_share"]) == (-37.635, -0.005, 0, None)


def test_prints_below_zero(tmp_path):
    (tmp_path / "in.csv").write_text(
        f"time,price,quantity,side\n{T0},-37.63,2,sell\n{T0},0,1,buy\n{T0},-0.005,1,sell\n"
    )
    tape = lumina.load(tmp_path / "in.csv", "csv", rows="trades", tick_size="0.01", lot_size=1)
    assert [(int(row["price_ticks"]), int(row["qty_lots"])) for row in tape.events if row["kind"] == Kind.TRADE] == [
        (-3763, 2), (0, 1), (-1, 1),
    ]  # fmt: skip


def test_the_tick_of_prices_below_zero(tmp_path):
    csv_rows(tmp_path / "in.csv")
    assert (
        lumina.load(tmp_path / "in.csv", "csv", rows="book").instrument.tick_size
        == lumina.Instrument("X", "0.01", 1).tick_size
    )


def test_a_price_that_is_not_there_is_no_price_of_zero(tmp_path):
    csv_rows(tmp_path / "in.csv", (("bid", "-1", 5), ("ask", "", 5)))
    with pytest.raises(DataError, match="line 3: column price: "):
        lumina.load(tmp_path / "in.csv", "csv", rows="book", tick_size=1, lot_size=1)
    (tmp_path / "in.csv").write_text(f"time,bid_price_1,bid_quantity_1,ask_price_1,ask_quantity_1\n{T0},,5,1,5\n")
    with pytest.raises(DataError, match="line 2: column bid_price_1: is missing"):
        lumina.load(tmp_path / "in.csv", "csv", tick_size=1, lot_size=1)


@pytest.mark.parametrize("price", ["0", "-1"])
def test_an_inverse_contract_has_none(tmp_path, price):
    csv_rows(tmp_path / "in.csv", (("bid", price, 5), ("ask", "1", 5)))
    with pytest.raises(DataError, match=r"line 2: column price: ('-1' is negative|must be above 0)"):
        lumina.load(tmp_path / "in.csv", "csv", rows="book", tick_size=1, lot_size=1, inverse=True)
