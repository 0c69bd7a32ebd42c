"""Cuts of recordings that could not be read, or were read wrongly, against what their own rows say."""

import csv
import itertools
from datetime import datetime
from fractions import Fraction

import pytest

import lumina
from lumina import Kind, Side
from lumina.data.cli import main
from lumina.errors import DataError


@pytest.fixture
def reported(data_dir):
    return data_dir / "reported"


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_the_tick_of_a_future_is_a_quarter(reported):
    tape = lumina.load(reported / "es_l3_tick025.csv")
    assert tape.instrument.tick_size == Fraction(1, 4)
    prices = {Fraction(row["price"]) for row in rows_of(reported / "es_l3_tick025.csv") if row["price"]}
    assert all((price * 4).denominator == 1 for price in prices)
    assert tape.validate().ok


def test_each_time_column_has_its_own_unit(reported):
    path = reported / "coinbase_iso_time_epoch_local.csv"
    rows = rows_of(path)
    tape = lumina.load(path, symbol="YFI-BTC")
    told = lumina.load(path, symbol="YFI-BTC", time_unit="time=iso,local_time=us")
    assert (told.events == tape.events).all()
    local = {int(row["local_time"]) * 1000 for row in rows}
    exch = {round(datetime.fromisoformat(row["time"]).timestamp() * 10**6) * 1000 for row in rows}
    events = tape.events
    assert set(events["exch_ts_ns"].tolist()) <= exch
    assert set((events["exch_ts_ns"] + events["latency_ns"]).tolist()) <= local
    assert tape.validate().ok


def touches(path):
    """Best bid and ask after each message, as prices, by a dict beside the rows."""
    book, out = {"bid": set(), "ask": set()}, []
    for _, message in itertools.groupby(rows_of(path), lambda row: row["local_timestamp"]):
        for row in message:
            change = book[row["side"]].add if Fraction(row["amount"]) else book[row["side"]].discard
            change(Fraction(row["price"]))
        out.append((max(book["bid"], default=None), min(book["ask"], default=None)))
    return out


def touches_of(tape):
    book, out, start = lumina.DepthBook(), [], 0
    events = tape.events[(tape.events["flags"] & lumina.Flag.LOCAL) != 0]
    for end in ((events["flags"] & lumina.Flag.END) != 0).nonzero()[0].tolist():
        book.apply(events[start : end + 1])
        start = end + 1
        sides = book.depth(1)
        out.append(tuple(side[0][0] * tape.instrument.tick_size if len(side) else None for side in sides))
    return out


def changes(touch):
    return [one for one, before in zip(touch, [None, *touch], strict=False) if one != before]


def test_a_level_out_of_range_is_left_out_and_counted(reported, tmp_path, capsys):
    path = reported / "tardis_coinbase_SKL-USD_far_ask.csv"
    tape = lumina.load(path)
    far = [row for row in rows_of(path) if Fraction(row["price"]) > tape.instrument.tick_size * 2**30]
    assert far
    assert tape.provenance["left_out"] == {"levels": len(far)}
    assert changes(touches_of(tape)) == changes(touches(path))
    assert tape.validate().ok
    assert main(["convert", str(path), str(tmp_path / "t.lumina")]) == 0
    assert f"{len(far)} levels out of range left out" in "".join(capsys.readouterr())
    with pytest.raises(DataError, match=r"column price: '[0-9.]+' is over 1073741824 steps of tick_size 0\.0001"):
        lumina.load(path, out_of_range="error")


def test_quantities_finer_than_a_lot_are_rounded_on_request(reported, tmp_path, capsys):
    path = reported / "tardis_coinbase_NU-GBP_8dec_qty.csv"
    with pytest.raises(DataError, match=r"remedy: option round_lots, without lot_size$"):
        lumina.load(path)
    with pytest.raises(DataError, match=r"is no multiple of lot_size 0\.01; remedy: option round_lots$"):
        lumina.load(path, lot_size="0.01")
    tape = lumina.load(path, round_lots=True)
    lot = tape.instrument.lot_size
    finer = [row for row in rows_of(path) if (Fraction(row["amount"]) / lot).denominator != 1]
    assert tape.provenance["rounded"]["quantities"].startswith(f"{len(finer)} to multiples of ")
    assert changes(touches_of(tape)) == changes(touches(path))
    assert tape.validate().ok
    assert main(["convert", str(path), str(tmp_path / "t.lumina"), "--round-lots", "--lot-size", "0.01"]) == 0
    assert "quantities rounded: " in "".join(capsys.readouterr())


def book_csv(tmp_path, rows):
    path = tmp_path / "book.csv"
    path.write_text(
        "time,side,price,quantity\n" + "".join(f"{1700000000000 + i},{row}\n" for i, row in enumerate(rows))
    )
    return path


def test_float_noise_is_rounded_on_request_and_the_largest_change_told(tmp_path):
    path = book_csv(tmp_path, ["buy,686.39996,0.30000000000000004", "sell,686.4500122,1", "sell,686.45,0"])
    with pytest.raises(DataError, match="remedy: "):
        lumina.load(path, "csv", rows="book", tick_size="0.05", lot_size="0.1")
    tape = lumina.load(path, "csv", rows="book", tick_size="0.05", lot_size="0.1", round_prices=True, round_lots=True)
    assert tape.events["price_ticks"].tolist() == [13728, 13729, 13729]
    assert tape.events["qty_lots"].tolist() == [3, 10, -10]
    assert tape.provenance["rounded"] == {
        "prices": "2 to multiples of 0.05, by 0.00004 at most",
        "quantities": "1 to multiples of 0.1, by 0.00000000000000004 at most",
    }
    with pytest.raises(DataError, match="option round_prices needs tick_size"):
        lumina.load(path, "csv", rows="book", round_prices=True)


def test_a_total_out_of_range_is_a_level_that_leaves(tmp_path):
    path = book_csv(tmp_path, ["buy,100,5", "buy,100,99999999999", "sell,99999999999,1", "sell,101,2"])
    tape = lumina.load(path, "csv", rows="book", instrument=lumina.Instrument("X", 1, 1))
    assert tape.events[["price_ticks", "qty_lots"]].tolist() == [(100, 5), (100, -5), (101, 2)]
    assert tape.provenance["left_out"] == {"levels": 2}


def test_orders_and_prints_out_of_range(tmp_path):
    path = tmp_path / "orders.csv"
    rows = [
        "add,buy,100,5,1",
        "add,sell,99999999999,5,2",
        "reduce,sell,99999999999,1,2",
        "modify,buy,100,99999999999,1",
        "add,buy,98,3,4",
        "trade,sell,98,99999999999,0",
        "cancel,buy,99999999999,0,4",
    ]
    path.write_text(
        "time,kind,side,price,quantity,order_id\n"
        + "".join(f"{1700000000000 + i},{row}\n" for i, row in enumerate(rows))
    )
    tape = lumina.load(path, "csv", instrument=lumina.Instrument("X", 1, 1))
    assert tape.events[["price_ticks", "qty_lots"]].tolist() == [(100, 5), (100, -5), (98, 3), (98, -3)]
    assert tape.provenance["left_out"] == {"orders": 2, "prints": 1}
    assert tape.validate().ok


def test_windows_without_the_levels_out_of_range(tmp_path):
    path = tmp_path / "window.csv"
    path.write_text(
        "time,bid_price_1,bid_quantity_1,bid_price_2,bid_quantity_2,ask_price_1,ask_quantity_1,ask_price_2,ask_quantity_2\n"
        "1700000000000,100,99999999999,99,4,101,2,99999999999,1\n"
    )
    tape = lumina.load(path, "csv", instrument=lumina.Instrument("X", 1, 1))
    assert sorted(tape.events[["price_ticks", "qty_lots"]].tolist()) == [(99, 4), (101, 2)]
    assert tape.provenance["left_out"] == {"levels": 2}


def test_a_contract_of_bitmex_is_inverse(reported, tmp_path, capsys):
    path = reported / "tardis_bitmex_XBTUSD_inverse.csv"
    tape = lumina.load(path)
    instrument = tape.instrument
    assert (instrument.multiplier, instrument.inverse, instrument.settlement) == (1, True, "XBT")
    assert set(tape.provenance["assumed"]) == {"maker_fee", "taker_fee"}
    assert main(["convert", str(path), str(tmp_path / "t.lumina")]) == 0
    assert "option says otherwise: maker fee 0, taker fee 0\n" in "".join(capsys.readouterr())
    linear = lumina.load(path, inverse=False, maker_fee=0, taker_fee="0.0005")
    assert not linear.instrument.inverse
    assert set(linear.provenance["assumed"]) == {"multiplier", "settlement"}


def test_a_deribit_perpetual_and_a_spot_pair(data_dir):
    tape = lumina.load(data_dir / "tardis" / "deribit_incremental_book_L2_BTC-PERPETUAL.csv")
    assert (tape.instrument.inverse, tape.instrument.settlement) == (True, "BTC")
    swap = lumina.load(data_dir / "tardis" / "huobi-dm-swap_quotes_BTC-USD.csv")
    assert (swap.instrument.multiplier, swap.instrument.settlement) == (100, "BTC")
    spot = lumina.load(data_dir / "reported" / "tardis_coinbase_SKL-USD_far_ask.csv")
    assert set(spot.provenance["assumed"]) == {"multiplier", "inverse", "settlement", "maker_fee", "taker_fee"}


def test_prints_of_another_file_take_their_side_from_the_quotes(reported):
    files = [reported / "szse_ticks.csv", reported / "szse_transactions.csv"]
    tape = lumina.load(files, "csv", rows="book,trades", aggressor="quotes")
    quotes = [
        (datetime.fromisoformat(row["timestamp"]), Fraction(row["bid_price_1"]), Fraction(row["ask_price_1"]))
        for row in rows_of(files[0])
    ]
    expected, last, waiting = [], None, list(quotes)
    for row in rows_of(files[1]):
        at, price = datetime.fromisoformat(row["timestamp"]), Fraction(row["price"])
        while waiting and waiting[0][0] < at:
            last = waiting.pop(0)
        side = Side.NONE
        if last is not None and price >= last[2]:
            side = Side.BUY
        elif last is not None and price <= last[1]:
            side = Side.SELL
        expected.append(side)
    found = tape.events["side"][tape.events["kind"] == Kind.TRADE].tolist()
    assert found == expected
    assert 0 < found.count(Side.NONE) < len(found) / 2
    assert tape.provenance["trades"]["between the quotes"] == found.count(Side.NONE)
    assert any("tell no aggressor" in note.text for note in lumina.load(files, "csv", rows="book,trades").notes)


def test_sides_from_a_book_of_orders(tmp_path):
    path = tmp_path / "orders.csv"
    rows = [
        "trade,none,100,1,0",
        "add,buy,100,5,1",
        "add,sell,102,5,2",
        "add,sell,101,3,3",
        "trade,none,101,1,0",
        "execute,sell,101,3,3",
        "trade,none,101,1,0",  # between 100 and 102
        "modify,buy,99,5,1",
        "trade,none,100,1,0",  # between 99 and 102
        "trade,none,99,1,0",
        "cancel,buy,99,0,1",
        "trade,none,99,1,0",  # no bid
    ]
    text = "".join(f"{1700000000000 + i},{row}\n" for i, row in enumerate(rows))
    path.write_text("time,kind,side,price,quantity,order_id\n" + text)
    tape = lumina.load(path, "csv", aggressor="quotes", tick_size=1, lot_size=1)
    sides = tape.events["side"][tape.events["kind"] == Kind.TRADE].tolist()
    assert sides == [Side.NONE, Side.BUY, Side.NONE, Side.NONE, Side.SELL, Side.NONE]


def test_sides_from_quotes_need_a_book(tmp_path):
    path = tmp_path / "trades.csv"
    path.write_text("time,price,quantity\n1700000000000,1,1\n")
    with pytest.raises(DataError, match="needs a book beside the prints"):
        lumina.load(path, "csv", rows="trades", aggressor="quotes")
