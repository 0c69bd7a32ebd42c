"""Bybit's files: the sample against a book of dicts, and small files for every rule."""

import io
import json
import zipfile
from fractions import Fraction

import pytest

import lumina
from lumina import DepthBook, Flag, Kind, Side
from lumina.errors import DataError

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BUY, SELL = Side.BUY, Side.SELL


def test_the_sample_has_no_gap_and_never_crosses(data_dir, slow):
    path = data_dir / "bybit" / "xrpusdt-ob500.data.zip"
    tape = lumina.load(path)
    assert tape.validate().ok
    assert tape.depth_limit == 500
    assert tape.instrument == lumina.Instrument("XRPUSDT", "0.0001", 1, settlement="USDT")
    assert tape.provenance["book"] == {"snapshots": 1, "changes": 49}
    with zipfile.ZipFile(path) as archive:
        messages = [json.loads(line) for line in archive.read(archive.namelist()[0]).splitlines()]
    assert len(messages) == 50
    book, states, times = slow.Book(), [{}], []
    for message in messages:
        for side, field in ((BUY, "b"), (SELL, "a")):
            for price, qty in message["data"][field]:
                book.set(side, int(Fraction(price) * 10_000), int(Fraction(qty)))
        states.append(dict(book.levels))
        times.append((message["cts"] * 10**6, message["ts"] * 10**6))
        bid, ask = book.best(BUY), book.best(SELL)
        assert bid[0] < ask[0]
    for view in (E, L):
        assert slow.replay(tape.events, view) == states
    ends = tape.events[(tape.events["flags"] & END) != 0]
    assert [(int(e["exch_ts_ns"]), int(e["exch_ts_ns"]) + int(e["latency_ns"])) for e in ends] == times
    replayed = DepthBook()
    replayed.apply(tape.events)
    assert (replayed.best_bid, replayed.best_ask) == (bid, ask)


# Small files

T0 = 1_700_000_000_000  # ms


class Stream:
    def __init__(self):
        self.lines = []
        self.id = 100

    def add(self, time, b=(), a=(), type="delta", latency=2, **fields):
        self.id = fields.get("u", self.id + 1)
        data = {"s": "X", "b": [list(x) for x in b], "a": [list(x) for x in a], "u": self.id, "seq": 1}
        message = {
            "topic": "orderbook.500.X", "type": type, "ts": T0 + time + latency, "data": data, "cts": T0 + time
        }  # fmt: skip
        message.update({key: value for key, value in fields.items() if key != "u"})
        self.lines.append(json.dumps({key: value for key, value in message.items() if value is not None}))
        return self

    def start(self, time=0, **fields):
        return self.add(time, [("99", "5")], [("101", "7")], "snapshot", **fields)

    def text(self):
        return "".join(line + "\n" for line in self.lines)


@pytest.fixture
def load(tmp_path):
    def load(*contents, **options):
        paths = []
        for i, content in enumerate(contents):
            path = tmp_path / f"{i}.data"
            content = content.text() if isinstance(content, Stream) else content
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return lumina.load(paths, **({"format": "bybit", "tick_size": 1, "lot_size": 1} | options))

    return load


def plain(tape):
    """(ms from T0, latency in ms, kind, side, price, quantity) of each row."""
    return [
        (exch // 10**6 - T0, latency // 10**6, Kind(kind), side, price, qty)
        for exch, _, latency, price, qty, kind, side, _ in tape.events.tolist()
    ]


def test_a_snapshot_or_an_id_of_one_is_the_whole_book(load):
    stream = Stream().start().add(10, b=[("98", "1")])
    stream.add(20, [("97", "2")], [("101", "7")], "snapshot", u=500)
    stream.add(30, [("96", "3")], [("101", "7")], u=1)
    stream.add(40, [("96", "4")])
    tape = load(stream)
    changes = [(row[0], *row[3:]) for row in plain(tape) if row[2] == Kind.CHANGE]
    assert changes == [
        (0, BUY, 99, 5),
        (0, SELL, 101, 7),
        (10, BUY, 98, 1),
        (20, BUY, 99, -5),
        (20, BUY, 98, -1),
        (20, BUY, 97, 2),
        (30, BUY, 97, -2),
        (30, BUY, 96, 3),
        (40, BUY, 96, 1),
    ]
    assert tape.provenance["book"] == {"snapshots": 3, "changes": 2}


def test_gaps(load):
    stream = Stream().add(-10, b=[("50", "1")]).start().add(10, u=200, b=[("98", "1")])
    with pytest.raises(DataError, match=r"line 3: field u: 200 does not follow 102: .*gaps=\"mark\""):
        load(stream)
    tape = load(stream, gaps="mark")
    assert [row[2] for row in plain(tape)][-2:] == [Kind.GAP, Kind.CHANGE]
    assert tape.provenance["book"] == {"changes before the first snapshot": 1, "snapshots": 1, "changes": 1, "gaps": 1}
    assert "data: not used: 1 changes before the first snapshot" in [str(note) for note in tape.notes]


def test_clocks(load):
    stream = Stream().start().add(-1, b=[("99", "6")], latency=5).add(20, b=[("99", "7")], cts=None)
    tape = load(stream)
    assert [row[:2] for row in plain(tape)] == [(0, 2)] * 4 + [(0, 4), (22, 0)]
    assert tape.provenance["book"]["exchange_time_back"] == 1
    assert tape.provenance["book"]["messages without cts"] == 1


def test_trades_beside_the_book(load):
    book = Stream().start().add(50, a=[("101", "4")])
    head = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional\n"
    trades = head + "1700000000.05,X,Buy,3,101,ZeroPlusTick,id,1e+09,3,303\n"
    trades += "1700000000.0602,X,Sell,1,99,MinusTick,id,9.9e+09,1,99\n"
    tape = load(trades, book)
    assert tape.validate().ok
    rows = [(int(row[0]) - T0 * 10**6, Kind(row[5]), row[6], row[3], row[4]) for row in tape.events.tolist()]
    assert rows[4:] == [
        (50_000_000, Kind.TRADE, BUY, 101, 3),
        (50_000_000, Kind.CHANGE, SELL, 101, -3),
        (60_200_000, Kind.TRADE, SELL, 99, 1),
    ]
    spot = "id,timestamp,price,volume,side,rpi\n1,1700000000050,101,3,buy,0\n"
    tape = load(book, spot)
    assert [row[2] for row in plain(tape)][-2:] == [Kind.TRADE, Kind.CHANGE]
    assert len(load(spot, symbol="X")) == 1
    with pytest.raises(DataError, match="does not tell the symbol"):
        load(spot)


def test_contracts_in_dollars_are_inverse(load):
    stream = Stream().start()
    for symbol, inverse, coin in (
        ("BTCUSD", True, "BTC"), ("ETHUSDH25", True, "ETH"), ("BTCUSDT", False, "USDT"), ("BTCPERP", False, "USDC"),
    ):  # fmt: skip
        terms = load(stream.text().replace(".X", "." + symbol)).instrument
        assert (terms.inverse, terms.settlement) == (inverse, coin)


def test_numbers_without_quotes_are_read_as_they_stand(load):
    text = Stream().start().text().replace('"99"', "99.10").replace('"101"', "1.013e2")
    tape = load(text, tick_size=None)
    assert tape.instrument.tick_size == Fraction(1, 10)
    assert [row[4] for row in plain(tape)] == [0, 991, 1013, 0]


BAD = [
    (Stream().start().text() + "[1]", "line 2: a JSON list, not an object"),
    ("{}", "line 1: field topic: 'None' is no orderbook.DEPTH.SYMBOL"),
    ('{"topic": "orderbook.500.X", "data": []}', "line 1: field data: is not an object"),
    (Stream().add(0, type="other"), "field type: 'other' is neither"),
    (Stream().start().add(1, u="5"), "line 2: field u: '5' is no whole number"),
    (Stream().start().add(1, u=1.5), "line 2: field u: '1.5' is no whole number"),
    (Stream().start().add(1, u=-1), "line 2: field u: '-1' is no whole number"),
    (Stream().start().add(1, ts=None), "line 2: field ts: is missing"),
    (Stream().start().add(1, ts=10**15), "line 2: field ts: '1000000000000000' is no whole number"),
    (Stream().start().add(1, ts=T0 - 1), "line 2: field ts: "),
    (Stream().start().add(1, latency=-1), "line 2: field ts: "),
    (Stream().start().add(5, latency=-1), "line 2: latency -1000000 ns is below 0"),
    (Stream().start().add(1, b=[("99",)]), "line 2: field b: ['99'] is not [price, quantity]"),
    (Stream().start().add(1, b=[("99", None)]), "line 2: field b: ['99', None] is not [price, quantity]"),
    (Stream().start().add(1, a=[("0", "1")]), "line 2: field a: a price of 0 must be above 0"),
    (Stream().start().add(1, a=[("99.5", "1")]), "line 2: field a: '99.5' is no multiple of tick_size 1"),
    (Stream().start().add(1, a=[("99", "-1")]), "line 2: field a: '-1' is negative"),
    (Stream().add(0), "no snapshot of X"),
    ('{"topic": NaN}', "line 1: not JSON: NaN is no number"),
    ("{" * 100_000, "line 1: not JSON"),
    (b"{\xff\n", "line 1: not JSON"),
    (b"\0\1\2binary", "line 1: neither a JSON object nor the header"),
    (Stream().start().text().encode() + b"{" + b" " * (2 << 20), "line 2: has over 1048576 bytes"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_errors_name_line_and_field(load, content, message):
    with pytest.raises(DataError, match=r"0\.data") as error:
        load(content)
    assert message in str(error.value)


def test_a_cut_zip(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.data", Stream().start().text() * 1000)
    path = tmp_path / "x.zip"
    path.write_bytes(out.getvalue()[:-50])
    with pytest.raises(DataError, match=r"x.zip: broken zip stream: cut after"):
        lumina.load(path)
