"""Binance recordings of several symbols, whose REST snapshots name none, and trades that come aggregated."""

import gzip
import json

import pytest

import lumina
from lumina import Kind, Side
from lumina.data import cli
from lumina.errors import DataError
from tests.data.test_binance import T0, Stream

SHIFT = {"clock": "shift", "min_latency_ns": 1_000_000}
BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(("symbol", "depths", "tick"), [
    ("CTKUSDT", 180, "0.00001"), ("SUSHIUSDT", 252, "0.001"), ("AKROUSDT", 182, "0.00001"), ("KEEPUSDT", 130, "0.0001"),
])  # fmt: skip
def test_the_snapshot_that_belongs_is_taken(data_dir, symbol, depths, tick):
    # by the venue's own touch: every depth message from the symbol's snapshot on
    tape = lumina.load(data_dir / "reported" / "binance_usdm_4symbols.gz", symbol=symbol, **SHIFT)
    found = tape.provenance["compared"]["bookTicker"]
    assert (found["equal"], found["of"]) == (depths, depths)
    assert tape.header["crossed_events"] == 0
    assert tape.instrument.tick_size == lumina.Instrument("X", tick, 1).tick_size
    assert tape.provenance["unused"]["snapshots of other symbols, or later ones"] == 3


def test_a_recording_whose_snapshot_is_missing_is_refused(data_dir, tmp_path):
    path = tmp_path / "in.txt"
    with gzip.open(data_dir / "reported" / "binance_usdm_4symbols.gz", "rt") as file:
        lines = [line for line in file if json.loads(line.partition(" ")[2]).get("lastUpdateId") != 600859618836]
    path.write_text("".join(lines))
    with pytest.raises(DataError, match=r"no snapshot in 1 file\(s\) that belongs to CTKUSDT: of 3 without"):
        lumina.load(path, symbol="CTKUSDT", **SHIFT)


def test_trades_come_from_aggtrade_where_there_is_no_trade(data_dir, tmp_path, capsys):
    path = data_dir / "reported" / "binance_usdm_aggtrade_only.gz"
    tape = lumina.load(path, **SHIFT)
    trades = tape.events[(tape.events["kind"] == Kind.TRADE) & ((tape.events["flags"] & lumina.Flag.EXCH) != 0)]
    assert len(trades) == 40
    assert (tape.provenance["messages"]["trades"], tape.provenance["messages"]["aggregated"]) == (40, 40)
    # of one message: buyer the taker, 297 at 7.612
    assert trades[["side", "price_ticks", "qty_lots"]].tolist()[0] == (BUY, 7612, 297)
    argv = ["convert", str(path), str(tmp_path / "t"), "--clock", "shift", "--min-latency-ns", "1000000"]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    assert "  data: not used: 22 kline_1m messages\n" in out
    assert "  book: equal to bookTicker at 252 of 252 (100%)\n" in out


def symbol_diff(stream, ms, symbol, first, last, previous, bids, asks):
    return stream.diff(ms, first, last, previous, bids, asks, s=symbol)


def test_ids_of_one_counter_tell_symbols_of_one_price_apart(tmp_path):
    # A and B trade at 10 to 11 and share a counter; only the ids and quantities tell whose a snapshot is
    stream = Stream()
    symbol_diff(stream, 0, "AUSDT", 101, 103, 95, [(10.0, 5)], [(11.0, 5)])
    symbol_diff(stream, 1, "BUSDT", 104, 106, 100, [(10.0, 9)], [(11.0, 9)])
    stream.snapshot(2, 106, [(10.0, 9)], [(11.0, 9)])  # B's
    stream.snapshot(3, 112, [(10.0, 6)], [(11.0, 5)])  # A's, ahead of the stream
    symbol_diff(stream, 4, "AUSDT", 110, 112, 103, [(10.0, 6)], [])
    symbol_diff(stream, 5, "BUSDT", 113, 114, 106, [(10.0, 8)], [])
    symbol_diff(stream, 6, "AUSDT", 115, 116, 112, [(10.0, 7)], [])
    path = stream.write(tmp_path / "in.txt")
    sizes = {"tick_size": "0.5", "lot_size": 1}
    totals = {}
    for symbol in ("AUSDT", "BUSDT"):
        tape = lumina.load(path, symbol=symbol, **sizes)
        book = lumina.DepthBook()
        book.apply(tape.events, view="exchange")
        totals[symbol] = (book.best_bid, book.best_ask)
        assert tape.provenance["messages"]["gaps"] == 0
        # nobody knew the snapshot that was ahead before the update that decided
        local = tape.events["exch_ts_ns"] + tape.events["latency_ns"]
        assert local.min() == (T0 + {"AUSDT": 4, "BUSDT": 2}[symbol] + 5) * 10**6
    assert totals == {"AUSDT": ((20, 7), (22, 5)), "BUSDT": ((20, 8), (22, 9))}


def test_of_several_snapshots_of_a_symbol_the_first_that_joins_is_the_book(tmp_path):
    stream = Stream()
    stream.snapshot(0, 90, [(10.0, 1)], [(11.0, 1)])  # before the stream
    symbol_diff(stream, 1, "AUSDT", 101, 103, 95, [(10.0, 5)], [(11.0, 5)])
    symbol_diff(stream, 2, "BUSDT", 104, 106, 100, [(500.0, 9)], [(501.0, 9)])
    stream.snapshot(3, 103, [(10.0, 5)], [(11.0, 5)]).snapshot(4, 106, [(500.0, 9)], [(501.0, 9)])
    symbol_diff(stream, 5, "AUSDT", 107, 108, 103, [(10.0, 6)], [])
    stream.snapshot(6, 108, [(10.0, 6)], [(11.0, 5)]).snapshot(7, 106, [(500.0, 9)], [(501.0, 9)])
    path = stream.write(tmp_path / "in.txt")
    tape = lumina.load(path, symbol="AUSDT", tick_size="0.5", lot_size=1)
    assert tape.provenance["messages"]["snapshots"] == 1
    assert tape.provenance["unused"]["snapshots of other symbols, or later ones"] == 4
    assert tape.header["crossed_events"] == 0


def test_after_a_gap_too_the_snapshot_must_belong(tmp_path):
    stream = Stream()
    symbol_diff(stream, 0, "AUSDT", 101, 103, 95, [(10.0, 5)], [(11.0, 5)])
    symbol_diff(stream, 1, "BUSDT", 104, 106, 100, [(500.0, 9)], [(501.0, 9)])
    stream.snapshot(2, 103, [(10.0, 5)], [(11.0, 5)])
    symbol_diff(stream, 3, "AUSDT", 110, 111, 103, [(10.0, 6)], [])
    symbol_diff(stream, 4, "AUSDT", 120, 121, 115, [(10.0, 7)], [])  # a gap
    stream.snapshot(5, 121, [(500.0, 9)], [(501.0, 9)]).snapshot(6, 121, [(10.0, 7)], [(11.5, 2)])
    symbol_diff(stream, 7, "AUSDT", 122, 123, 121, [(10.0, 8)], [])
    tape = lumina.load(stream.write(tmp_path / "x"), symbol="AUSDT", tick_size="0.5", lot_size=1, gaps="mark")
    book = lumina.DepthBook()
    book.apply(tape.events, view="local")
    assert (book.best_bid, book.best_ask) == ((20, 8), (23, 2))


@pytest.mark.parametrize("market", ["usdm", "spot"])
def test_a_foreign_snapshot_in_a_recording_of_one_symbol(tmp_path, market):
    # a collector that filtered the streams and not the snapshots
    stream = Stream(market)
    stream.diff(0, 101, 103, 100, [(10.0, 5)], [(11.0, 5)])
    stream.snapshot(1, 103, [(500.0, 9)], [(501.0, 9)]).snapshot(2, 103, [(10.0, 5)], [(11.0, 5)])
    stream.diff(3, 104, 105, 103, [(10.0, 6)], [])
    tape = lumina.load(stream.write(tmp_path / "x"), tick_size="0.5", lot_size=1)
    assert tape.provenance["unused"] == {"snapshots of other symbols": 1}
    assert tape.max_price_ticks == 22


def test_a_near_snapshot_whose_quantities_are_others_is_foreign(tmp_path):
    bids, asks = [(10.0 - i / 2, 5 + i) for i in range(4)], [(11.0 + i / 2, 5 + i) for i in range(4)]
    stream = Stream().diff(0, 101, 103, 100, bids, asks)
    stream.snapshot(1, 103, [(p, q + 7) for p, q in bids], [(p, q + 7) for p, q in asks]).snapshot(2, 103, bids, asks)
    stream.diff(3, 104, 105, 103, [(10.0, 6)], [])
    tape = lumina.load(stream.write(tmp_path / "x"), tick_size="0.5", lot_size=1)
    assert tape.provenance["unused"] == {"snapshots of other symbols": 1}


def test_a_named_snapshot_is_whose_it_says(tmp_path):
    stream = Stream("cm")
    stream.diff(0, 101, 103, 95, [(10.0, 5)], [(11.0, 5)])
    stream.snapshot(1, 103, [(10.0, 7)], [(11.0, 5)], symbol="BUSD_PERP", pair="BUSD")
    stream.snapshot(2, 103, [(10.0, 5)], [(11.0, 5)], symbol="AUSD_PERP", pair="AUSD")
    stream.diff(3, 104, 105, 103, [(10.0, 6)], [])
    tape = lumina.load(stream.write(tmp_path / "x"), tick_size="0.5", lot_size=1)
    assert tape.provenance["unused"] == {"snapshot messages of other symbols": 1}


def aggregate(stream, ms, price, qty, first, last, **more):
    data = {"e": "aggTrade", "E": T0 + ms, "T": T0 + ms, "s": "AUSDT", "a": 1, "p": str(price), "q": str(qty),
            "f": first, "l": last, "m": False}  # fmt: skip
    return stream.add(ms, {"stream": "ausdt@aggTrade", "data": {**data, **more}})


def opened(market="usdm"):
    stream = Stream(market).diff(0, 101, 103, 100, [(10.0, 5)], [(11.0, 5)]).snapshot(1, 103)
    return stream.diff(2, 104, 105, 103, [(10.0, 6)], [])


def printed(tape):
    rows = tape.events[tape.events["kind"] == Kind.TRADE]
    return rows["qty_lots"].tolist()


@pytest.mark.parametrize("market", ["usdm", "spot", "cm"])
def test_aggregated_trades_stand_for_missing_ones_in_every_market(tmp_path, market):
    name = {"s": "AUSD_PERP"} if market == "cm" else {}
    stream = aggregate(opened(market), 10, 11.0, 2, 1, 3, **name)
    tape = lumina.load(stream.write(tmp_path / "x"), tick_size="0.5", lot_size=1)
    assert printed(tape) == [2]
    assert tape.provenance["unused"] == {}


def test_beside_trades_aggregated_ones_are_not_told_again(tmp_path):
    stream = opened().trade(10, 11.0, 1, t=1)
    aggregate(stream, 10, 11.0, 3, 1, 2).trade(10, 11.0, 2, t=2)
    tape = lumina.load(stream.write(tmp_path / "x"), tick_size="0.5", lot_size=1)
    assert printed(tape) == [1, 2]
    assert tape.provenance["unused"] == {"aggTrade messages (trade messages tell the same)": 1}


def test_a_trade_stream_that_ends_is_followed_by_the_aggregated_one(tmp_path):
    stream = opened().trade(10, 11.0, 1, t=1)
    aggregate(stream, 10, 11.0, 1, 1, 1)
    aggregate(stream, 70_011, 11.0, 4, 2, 3).trade(70_012, 11.0, 3, t=3).trade(70_013, 11.0, 5, t=4)
    aggregate(stream, 70_013, 11.0, 5, 4, 4)
    tape = lumina.load(stream.write(tmp_path / "x"), tick_size="0.5", lot_size=1)
    assert printed(tape) == [1, 4, 5]
    assert tape.provenance["unused"] == {
        "aggTrade messages (trade messages tell the same)": 2,
        "trade messages that aggTrade messages told before": 1,
    }


def test_each_file_of_a_recording_may_have_its_stream_of_trades(tmp_path):
    first = opened().trade(10, 11.0, 1, t=1)
    second = aggregate(Stream().diff(20, 106, 107, 105, [(10.0, 4)], []), 21, 11.0, 7, 2, 2)
    paths = [first.write(tmp_path / "1"), second.write(tmp_path / "2")]
    assert printed(lumina.load(paths, tick_size="0.5", lot_size=1)) == [1, 7]


def test_what_is_not_used_is_said(tmp_path, capsys):
    stream = opened().add(5, {"stream": "ausdt@markPrice@1s", "data": {"e": "markPriceUpdate", "s": "AUSDT"}})
    stream.trade(6, 11.0, 1, s="BUSDT").trade(7, 11.0, 0).add(8, {"nothing": 1}).trade(9, 11.0, 2)
    path = stream.write(tmp_path / "x")
    assert cli.main(["convert", str(path), str(tmp_path / "t"), "--tick-size", "0.5", "--lot-size", "1"]) == 0
    said = (
        "data: not used: 1 markPrice messages, 1 trade messages of other symbols, 1 trades of nothing, "
        "1 unknown messages"
    )
    assert said in capsys.readouterr().out
    assert cli.main(["info", str(tmp_path / "t"), "--json"]) == 0
    assert said in json.loads(capsys.readouterr().out)["notes"]


def test_convert_warns_where_the_venues_touch_is_another(tmp_path, capsys):
    stream = opened()
    ticker = {"e": "bookTicker", "u": 105, "s": "AUSDT", "b": "9.5", "B": "5", "a": "11.0", "A": "5"}
    stream.add(3, {"stream": "ausdt@bookTicker", "data": ticker})
    stream.diff(12, 106, 107, 105, [(10.0, 7)], [])
    path = stream.write(tmp_path / "x")
    assert cli.main(["convert", str(path), str(tmp_path / "t"), "--tick-size", "0.5", "--lot-size", "1"]) == 0
    differs = "equal to bookTicker at 0 of 2 (0%); they do not belong together, or messages are missing"
    assert capsys.readouterr().err == f"warning: book: {differs}\n"
