"""Raw Binance recordings: the venue's own touch as ground truth."""

import bisect
import gzip
import json

import pytest

import lumina
from lumina import DepthBook, Flag, Kind, Side
from lumina.data import binance

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BUY, SELL = Side.BUY, Side.SELL
RECORDINGS = {
    # files, depth messages after the snapshot, share that agrees (of spot all but two), messages with a bookTicker's id
    "usdm": (["usdm_btcusdt_20240808.gz"], 6547, 1.0, 629),
    "spot": (["spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz"], 6493, 0.9996, 1072),
    "cm": (["cm_btcusd_perp_20240808.gz", "cm_btcusd_perp_20240809.gz"], 44772, 0.9997, 1885),
}
SHIFT = {"clock": "shift", "min_latency_ns": 1_000_000}


def book_tickers(paths):
    """(u, bid, bid quantity, ask, ask quantity) as texts, read without the importer."""
    out = []
    for path in paths:
        with gzip.open(path, "rt") as file:
            for line in file:
                if "bookTicker" in line:
                    data = json.loads(line.partition(" ")[2])["data"]
                    out.append((data["u"], data["b"], data["B"], data["a"], data["A"]))
    return out


@pytest.mark.parametrize("market", RECORDINGS)
def test_touch_after_each_depth_message_is_the_venues_own(data_dir, market):
    names, count, share, same_id = RECORDINGS[market]
    paths = [data_dir / "binance" / name for name in names]
    tape, ends = binance.messages(paths, **SHIFT)
    assert tape.validate().ok
    tickers = book_tickers(paths)
    ids = [ticker[0] for ticker in tickers]
    assert ids == sorted(ids)
    tick, lot = tape.instrument.tick_size, tape.instrument.lot_size
    compared = equal = exact = 0
    book, done = DepthBook(), 0
    for end in ends[(ends["views"] & E) != 0]:
        book.apply(tape.events[done : end["rows"]], view="exchange")
        done = int(end["rows"])
        i = bisect.bisect_right(ids, end["tag"]) - 1
        if i < 0:
            continue
        compared += 1
        update_id, *touch = tickers[i]
        bid, bid_qty, ask, ask_qty = (
            round(float(text) / float(step)) for text, step in zip(touch, (tick, lot, tick, lot), strict=True)
        )
        equal += (book.best_bid, book.best_ask) == ((bid, bid_qty), (ask, ask_qty))
        exact += update_id == end["tag"]
    assert compared == count
    assert equal >= share * compared
    assert exact == same_id
    # the importer found the same, and no gap over the boundary of the files
    record = tape.provenance["compared"]["bookTicker"]
    assert record == {"of": compared, "equal": equal, "same_id": exact}
    assert tape.provenance["messages"]["gaps"] == 0


def test_books_of_both_views_are_a_dicts(data_dir, slow):
    path = data_dir / "binance" / "usdm_btcusdt_20240808.gz"
    tape = lumina.load(path, **SHIFT)
    book, seen = slow.Book(), False
    waiting = []
    with gzip.open(path, "rt") as file:
        for line in file:
            message = json.loads(line.partition(" ")[2])
            if "lastUpdateId" in message:
                seen, last = True, message["lastUpdateId"]
                for side, key in ((BUY, "bids"), (SELL, "asks")):
                    for price, qty in message[key]:
                        book.set(side, round(float(price) * 10), round(float(qty) * 1000))
                diffs = [data for data in waiting if data["u"] >= last]
            elif "depth" in message["stream"]:
                if not seen:
                    waiting.append(message["data"])
                    continue
                diffs = [message["data"]]
            else:
                continue
            for data in diffs:
                for side, key in ((BUY, "b"), (SELL, "a")):
                    for price, qty in data[key]:
                        book.set(side, round(float(price) * 10), round(float(qty) * 1000))
    for view, name in ((E, "exchange"), (L, "local")):
        replayed = DepthBook()
        replayed.apply(tape.events, view=name)
        bids, asks = replayed.depth(100_000)
        found = {(BUY, int(p)): int(q) for p, q in bids} | {(SELL, int(p)): int(q) for p, q in asks}
        assert found == book.levels
        assert slow.totals(tape.events, view) == book.levels


def test_every_trade_stands_once_in_each_view(data_dir):
    path = data_dir / "binance" / "usdm_btcusdt_20240808.gz"
    tape = lumina.load(path, **SHIFT)
    trades = []
    with gzip.open(path, "rt") as file:
        for line in file:
            if "@trade" in line:
                local, _, text = line.partition(" ")
                data = json.loads(text)["data"]
                trades.append(
                    (
                        data["T"] * 10**6,
                        int(local),
                        round(float(data["p"]) * 10),
                        round(float(data["q"]) * 1000),
                        SELL if data["m"] else BUY,
                    )
                )
    shift = tape.clock["shift_ns"]
    for view in (E, L):
        rows = tape.events[(tape.events["kind"] == Kind.TRADE) & ((tape.events["flags"] & view) != 0)]
        found = [
            (exch, exch + latency - shift, price, qty, side)
            for exch, _, latency, price, qty, _, side, _ in rows.tolist()
        ]
        assert found == sorted(trades, key=lambda trade: trade[0]) if view == E else found == trades


def test_F6_prints_stand_before_depth_of_the_same_millisecond(data_dir):
    tape = lumina.load(data_dir / "binance" / "usdm_btcusdt_20240808.gz", **SHIFT)
    rows = tape.events[(tape.events["flags"] & E) != 0]
    trade = rows["kind"] == Kind.TRADE
    change = rows["kind"] == Kind.CHANGE
    after = change[:-1] & trade[1:] & (rows["exch_ts_ns"][:-1] == rows["exch_ts_ns"][1:])
    assert not after.any()
