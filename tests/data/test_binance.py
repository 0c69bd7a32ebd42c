"""Binance's messages: small streams for every rule, written as a collector would."""

import gzip
import json

import numpy as np
import pytest

import lumina
from lumina import Flag, Kind, Side
from lumina.data import convert
from lumina.errors import DataError

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BUY, SELL = Side.BUY, Side.SELL
T0 = 1_700_000_000_000  # ms
NS = 1_000_000


class Stream:
    """Lines of a made-up recording; latency 5 ms unless told."""

    def __init__(self, market="usdm"):
        self.market, self.lines = market, []

    def add(self, ms, message, latency_ms=5):
        self.lines.append(f"{(T0 + ms + latency_ms) * NS} {json.dumps(message)}")
        return self

    def diff(self, ms, first, last, previous, bids=(), asks=(), latency_ms=5, **more):
        data = {
            "e": "depthUpdate",
            "E": T0 + ms,
            "s": "AUSDT",
            "U": first,
            "u": last,
            "b": [[str(p), str(q)] for p, q in bids],
            "a": [[str(p), str(q)] for p, q in asks],
        }
        if self.market != "spot":
            data |= {"T": T0 + ms, "pu": previous}
        if self.market == "cm":
            data |= {"s": "AUSD_PERP", "ps": "AUSD"}
        return self.add(ms, {"stream": "ausdt@depth@0ms", "data": {**data, **more}}, latency_ms)

    def snapshot(self, ms, last, bids=((10.0, 5),), asks=((11.0, 5),), latency_ms=5, **more):
        data = {
            "lastUpdateId": last,
            "bids": [[str(p), str(q)] for p, q in bids],
            "asks": [[str(p), str(q)] for p, q in asks],
        }
        if self.market != "spot":
            data |= {"E": T0 + ms, "T": T0 + ms}
        return self.add(ms, {**data, **more}, latency_ms)

    def trade(self, ms, price, qty, buyer_is_maker=False, latency_ms=5, **more):
        data = {
            "e": "trade",
            "E": T0 + ms,
            "T": T0 + ms,
            "s": "AUSDT",
            "t": 1,
            "p": str(price),
            "q": str(qty),
            "X": "MARKET",
            "m": buyer_is_maker,
        }
        return self.add(ms, {"stream": "ausdt@trade", "data": {**data, **more}}, latency_ms)

    def write(self, path):
        path.write_text("\n".join(self.lines) + "\n")
        return path


@pytest.fixture
def load(tmp_path):
    def load(stream, **options):
        return lumina.load(stream.write(tmp_path / "in.txt"), **{"tick_size": "0.5", "lot_size": "1", **options})

    return load


def rows_of(tape):
    return [
        (Kind(kind), side, price, qty, Flag(flags)) for _, _, _, price, qty, kind, side, flags in tape.events.tolist()
    ]


BOTH, ALL, NONE = E | L, E | L | END, Side.NONE
OPENING = [
    (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, BOTH),
    (Kind.CHANGE, BUY, 20, 5, BOTH),
    (Kind.CHANGE, SELL, 22, 5, BOTH),
    (Kind.SNAPSHOT_END, NONE, 0, 0, ALL),
]


def test_snapshot_then_diffs(load):
    tape = load(
        Stream()
        .diff(0, 1, 90, 0, [(9.0, 7)])
        .snapshot(5, 100)
        .diff(10, 95, 100, 90, [(10.0, 6)])
        .trade(11, 11.0, 2)
        .diff(12, 105, 110, 100, [], [(11.0, 3)])
    )
    assert rows_of(tape) == [
        *OPENING,
        (Kind.CHANGE, BUY, 20, 1, ALL),
        (Kind.TRADE, BUY, 22, 2, ALL),
        (Kind.CHANGE, SELL, 22, -2, ALL),
    ]
    assert tape.provenance["messages"]["diffs_dropped"] == 1
    assert tape.events["latency_ns"].tolist() == [5 * NS] * 7
    assert tape.instrument.settlement == "USDT"


@pytest.mark.parametrize(("market", "kept"), [("usdm", 2), ("spot", 1)])
def test_which_diffs_the_snapshot_covers(load, market, kept):
    # futures drop u < 100, spot u <= 100
    stream = Stream(market).diff(0, 1, 99, 0, [(8.0, 1)]).diff(1, 100, 100, 99, [(9.0, 1)]).snapshot(2, 100)
    stream.diff(3, 101, 105, 100, [(9.5, 1)])
    tape = load(stream)
    exch = [row[2] for row in rows_of(tape) if row[0] == Kind.CHANGE and row[4] & E]
    assert exch[2:] == ([18, 19] if kept == 2 else [19])


def test_diffs_received_before_the_snapshot_that_it_does_not_cover(load, slow):
    # the exchange's view shows them one by one after the snapshot, the local one what is known when it arrives
    stream = (
        Stream().diff(0, 1, 90, 0, [(9.0, 7)]).diff(20, 95, 110, 90, [(10.0, 6)]).diff(30, 111, 115, 110, [(9.5, 1)])
    )
    stream.snapshot(10, 100, latency_ms=40).diff(60, 116, 120, 115, [(9.5, 2)])
    tape = load(stream)
    assert rows_of(tape) == [
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, E),
        (Kind.CHANGE, BUY, 20, 5, E),
        (Kind.CHANGE, SELL, 22, 5, E),
        (Kind.SNAPSHOT_END, NONE, 0, 0, E | END),
        (Kind.CHANGE, BUY, 20, 1, E | END),
        (Kind.CHANGE, BUY, 19, 1, E | END),
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, L),
        (Kind.CHANGE, BUY, 19, 1, L),
        (Kind.CHANGE, BUY, 20, 6, L),
        (Kind.CHANGE, SELL, 22, 5, L),
        (Kind.SNAPSHOT_END, NONE, 0, 0, L | END),
        (Kind.CHANGE, BUY, 19, 1, ALL),
    ]
    assert slow.replay(tape.events, E)[-1] == slow.replay(tape.events, L)[-1]
    local = tape.events["exch_ts_ns"] + tape.events["latency_ns"]
    assert set(local[6:11]) == {(T0 + 50) * NS}  # not before the snapshot was there


@pytest.mark.parametrize(
    ("market", "broken", "says"),
    [
        ("usdm", (111, 115, 109), r"line 3: field pu 109 does not follow update id 110: .*gaps=\"mark\""),
        ("spot", (112, 115, 0), r"line 3: field U 112 does not follow update id 110 \+ 1: .*gaps=\"mark\""),
        ("usdm", (100, 105, 99), r"line 3: field pu 99 does not follow"),
    ],
)
def test_a_gap_is_an_error(load, market, broken, says):
    stream = Stream(market).snapshot(0, 100).diff(10, 101, 110, 100, [(10.0, 6)]).diff(20, *broken, [(10.0, 7)])
    with pytest.raises(DataError, match=says) as error:
        load(stream)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("market", ["usdm", "spot"])
def test_a_snapshot_older_than_all_diffs_is_a_gap(load, market):
    stream = Stream(market).diff(0, 150, 160, 149, [(9.0, 7)]).snapshot(5, 100).diff(10, 161, 165, 160, [(9.0, 8)])
    with pytest.raises(DataError, match="does not follow update id 100"):
        load(stream)


def test_marked_gaps_go_on_and_the_next_snapshot_sets_the_book_right(load, slow):
    stream = Stream().snapshot(0, 100, [(10.0, 5), (9.0, 4)]).diff(10, 101, 110, 100, [(10.0, 6)])
    stream.diff(20, 150, 160, 149, [(10.0, 7)])  # the gap
    stream.diff(30, 161, 170, 160, [(9.5, 1)])
    stream.snapshot(25, 165, [(10.0, 7), (8.0, 2)], latency_ms=20)
    stream.diff(40, 171, 175, 170, [(10.0, 8)], latency_ms=10)
    tape = load(stream, gaps="mark")
    rows = rows_of(tape)
    assert rows[6:8] == [(Kind.GAP, NONE, 0, 0, BOTH), (Kind.CHANGE, BUY, 20, 1, ALL)]
    expected = {(BUY, 20): 8, (BUY, 19): 1, (BUY, 16): 2, (SELL, 22): 5}
    assert slow.replay(tape.events, E)[-1] == slow.replay(tape.events, L)[-1] == expected
    # the snapshot, though older than the diff of 30 ms, comes after it in both views and keeps what it said
    assert rows[8:] == [
        (Kind.CHANGE, BUY, 19, 1, ALL),
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0, BOTH),
        (Kind.CHANGE, BUY, 18, -4, BOTH),
        (Kind.CHANGE, BUY, 16, 2, BOTH),
        (Kind.SNAPSHOT_END, NONE, 0, 0, ALL),
        (Kind.CHANGE, BUY, 20, 1, ALL),
    ]
    assert tape.provenance["messages"]["gaps"] == 1
    assert tape.validate().ok


def test_a_snapshot_while_all_is_well_is_not_used(load):
    stream = Stream().snapshot(0, 100).diff(10, 101, 110, 100, [(10.0, 6)]).snapshot(11, 105, [(9.0, 1)])
    tape = load(stream.diff(20, 111, 115, 110, [(10.0, 7)]))
    assert len(tape) == len(OPENING) + 2
    assert tape.provenance["messages"]["snapshots_unused"] == 1


def test_after_a_resync_all_is_well_again(load):
    stream = Stream().snapshot(0, 100).diff(10, 101, 110, 100).diff(20, 150, 160, 149, [(10.0, 7)])
    stream.snapshot(21, 160, [(10.0, 7)], latency_ms=6).snapshot(30, 160, [(9.0, 1)])
    tape = load(stream.diff(40, 161, 165, 160, [(9.5, 1)]), gaps="mark")
    assert tape.provenance["messages"]["snapshots_unused"] == 1
    assert (Kind.CHANGE, BUY, 18, 1) not in [row[:4] for row in rows_of(tape)]


def test_a_snapshot_older_than_the_gap_is_not_used(load):
    stream = Stream().snapshot(0, 100).diff(10, 101, 110, 100).diff(20, 150, 160, 149, [(10.0, 7)])
    tape = load(stream.snapshot(21, 130, [(9.0, 1)]).diff(30, 161, 165, 160, [(9.5, 1)]), gaps="mark")
    assert tape.provenance["messages"]["snapshots_unused"] == 1


def test_no_snapshot(load):
    with pytest.raises(DataError, match="no snapshot in 1 file"):
        load(Stream().diff(0, 1, 90, 0, [(9.0, 7)]))


def test_T4_depth_received_before_the_print_that_caused_it_is_split(load):
    stream = Stream().snapshot(0, 100).diff(10, 101, 110, 100, [], [(11.0, 3)], latency_ms=5)
    tape = load(stream.trade(10, 11.0, 2, latency_ms=6))
    assert rows_of(tape)[4:] in (
        [(Kind.TRADE, BUY, 22, 2, E | END), (Kind.CHANGE, SELL, 22, -2, ALL), (Kind.TRADE, BUY, 22, 2, L | END)],
        [(Kind.CHANGE, SELL, 22, -2, L | END), (Kind.TRADE, BUY, 22, 2, ALL), (Kind.CHANGE, SELL, 22, -2, E | END)],
    )
    assert tape.provenance["split_messages"] == 1


def test_T5_negative_latency(load, tmp_path):
    stream = Stream().snapshot(0, 100, latency_ms=-1270).diff(10, 101, 110, 100, [(10.0, 6)], latency_ms=-1271)
    with pytest.raises(DataError, match=r"in.txt: line 1: latency -1270000000 ns is below 0.*clock=\"shift\""):
        load(stream)
    tape = load(stream, clock="shift", min_latency_ns=2_000_000)
    assert tape.events["latency_ns"].tolist() == [3 * NS] * 4 + [2 * NS]
    assert tape.clock == {"repair": "shift", "shift_ns": 1273 * NS, "min_latency_ns": 2 * NS}
    sizes = {"tick_size": "0.5", "lot_size": "1"}
    again = convert(tmp_path / "in.txt", tmp_path / "x.lumina", clock="shift", min_latency_ns=2_000_000, **sizes)
    assert (again.events == tape.events).all()


def test_T1_latency_that_does_not_fit(load):
    stream = Stream().snapshot(0, 100).diff(10, 101, 110, 100, [(10.0, 6)], latency_ms=4300)
    with pytest.raises(DataError, match=r"line 2: latency 4300000000 ns does not fit a row, bound 4294967295"):
        load(stream)
    with pytest.raises(DataError, match=r"line 2: latency 4295000000 ns does not fit"):
        load(stream, clock="shift", min_latency_ns=0)


def test_T3_prints_between_ticks_off_the_book_and_of_nothing(load):
    stream = Stream().snapshot(0, 100).trade(1, 10.3, 1, True).trade(2, 10.3, 1, False)
    stream.trade(3, 10.5, 1, X="ADL").trade(4, "0", "0", X="NA").trade(5, 10.5, "0").diff(9, 101, 102, 100, [(10.0, 1)])
    tape = load(stream)
    assert rows_of(tape)[4:7] == [
        (Kind.TRADE, SELL, 20, 1, ALL | Flag.HIDDEN),
        (Kind.TRADE, BUY, 21, 1, ALL | Flag.HIDDEN),
        (Kind.TRADE, BUY, 21, 1, ALL | Flag.OFFBOOK),
    ]
    assert tape.provenance["unused"]["trades of nothing"] == 2


def test_instrument_from_the_stream(tmp_path):
    stream = Stream("cm").snapshot(0, 100, [("10.1", "7")], [("10.25", "12")]).diff(1, 101, 102, 100, [("10.0", "3")])
    tape = lumina.load(stream.write(tmp_path / "x"))
    instrument = tape.instrument
    assert (instrument.symbol, instrument.inverse, instrument.settlement) == ("AUSD_PERP", True, "A")
    assert (instrument.tick_size, instrument.lot_size, instrument.multiplier) == (
        lumina.Instrument("x", "0.01", 1).tick_size,
        1,
        10,
    )
    assert tape.provenance["market"] == "coin-m"
    assert tape.provenance["inferred"] == {
        "tick_size": "0.01 from 3 numbers at the head of x",
        "lot_size": "1 from 3 numbers at the head of x",
    }


def test_several_symbols(tmp_path, load):
    stream = Stream().snapshot(0, 100).diff(1, 101, 102, 100, [(10.0, 3)]).diff(2, 5, 6, 4, [(7.0, 3)], s="BUSDT")
    stream.add(3, {"stream": "ausdt@forceOrder", "data": {"s": "AUSDT"}})
    with pytest.raises(DataError, match="holds AUSDT, BUSDT; remedy: give symbol"):
        load(stream)
    tape = load(stream, symbol="AUSDT")
    assert len(tape) == 5
    assert tape.provenance["unused"]["depth messages of other symbols"] == 1
    assert tape.provenance["unused"]["forceOrder messages"] == 1
    with pytest.raises(DataError, match="no depth updates of CUSDT"):
        load(stream, symbol="CUSDT")


def test_several_files_are_one_recording(tmp_path):
    whole = Stream().snapshot(0, 100).diff(10, 101, 110, 100, [(10.0, 6)]).diff(20, 111, 115, 110, [(10.0, 7)])
    one, two = Stream(), Stream()
    one.lines, two.lines = whole.lines[:2], whole.lines[2:]
    (tmp_path / "b").write_bytes(gzip.compress((two.lines[0] + "\n").encode()))
    paths = [one.write(tmp_path / "a"), tmp_path / "b"]
    sizes = {"tick_size": "0.5", "lot_size": "1"}
    tape = lumina.load(paths, **sizes)
    assert (tape.events == lumina.load(whole.write(tmp_path / "w"), **sizes).events).all()
    assert [file["name"] for file in tape.provenance["files"]] == ["a", "b"]
    with pytest.raises(DataError, match=r"a: line 1: local time \d+ is below \d+ of the file before; remedy"):
        lumina.load([tmp_path / "w", tmp_path / "a"], **sizes)


def broken(line):
    """A sound stream of two lines, then this one."""
    stream = Stream().snapshot(0, 100).diff(10, 101, 110, 100, [(10.0, 6)])
    stream.lines.append(line if not isinstance(line, dict) else f"{(T0 + 30) * NS} {json.dumps(line)}")
    return stream


def depth(**change):
    data = {
        "e": "depthUpdate",
        "E": T0 + 20,
        "T": T0 + 20,
        "s": "AUSDT",
        "U": 111,
        "u": 115,
        "pu": 110,
        "b": [],
        "a": [],
    }
    data.update(change)
    return {"stream": "ausdt@depth", "data": {key: value for key, value in data.items() if value is not None}}


def trade(**change):
    data = {"e": "trade", "E": T0 + 20, "T": T0 + 20, "s": "AUSDT", "p": "10.5", "q": "1", "m": True, "X": "MARKET"}
    data.update(change)
    return {"stream": "ausdt@trade", "data": {key: value for key, value in data.items() if value is not None}}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hello", "local time 'hello' is not 19 digits"),
        (f"{T0 * NS} {{", "not JSON"),
        (f"{T0 * NS} " + "[" * 100_000, "not JSON"),
        (f"{T0 * NS} NaN", "not JSON: NaN is no number"),
        (f"{T0 * NS} [1]", "a JSON list, not an object"),
        (f"{T0 * NS} {json.dumps(depth())}", "local time .* is below .* of the line before"),
        (f"9{T0 * NS} {{}}"[1:][:5], "is not 19 digits"),
        (depth(b=[["NaN", "1"]]), "field b: 'NaN' is not a plain decimal number"),
        (depth(b=[["-10.0", "1"]]), "field b: '-10.0' is negative"),
        (depth(a=[["10.0", "-1"]]), "field a: '-1' is negative"),
        (depth(b=[[10.0, "1"]]), "field b: 10.0 is not a decimal in quotes"),
        (depth(b=[["10.25", "1"]]), "field b: '10.25' is no multiple of tick_size 0.5; remedy"),
        (depth(b=[["10.0", "0.5"]]), "field b: '0.5' is no multiple of lot_size 1; remedy"),
        (depth(b=[["10.0", "2147483648"]]), "field b: '2147483648' is over 2147483647 steps of lot_size 1; remedy"),
        (depth(b=[["1" + "0" * 40, "1"]]), "is not a plain decimal number"),
        (depth(b=[["0.0", "1"]]), "0 must be above 0"),
        (depth(b=[["10.0"]]), "field b: .* is not .price, quantity."),
        (depth(b=7), "field b: is no list but a int"),
        (depth(b=None), "field b: is missing"),
        (depth(u=None), "field u: is missing"),
        (depth(u="115"), "field u: '115' is no integer from 0"),
        (depth(u=-1), "field u: -1 is no integer from 0"),
        (depth(u=105), "field u: 105 is below U 111"),
        (depth(pu=None), "field pu: is missing"),
        (depth(T=10**18), "field T: 1000000000000000000 is no integer from 1 to"),
        (depth(T=None, E=None), "field E: is missing"),
        (depth(s=None), "field s: is missing"),
        (trade(p="-1"), "field p: '-1' is negative"),
        (trade(p="0.0"), "field p: '0.0' must be above 0"),
        (trade(p=None), "field p: is missing"),
        (trade(q="x"), "field q: 'x' is not a plain decimal"),
        (trade(q="0.5"), "field q: '0.5' is no multiple of lot_size"),
        (trade(m="true"), "field m: 'true' is neither true nor false"),
        (trade(T=None), "field T: is missing"),
        ({"stream": 5, "data": {}}, "field data: is not an object"),
        ({"stream": "ausdt@depth", "data": []}, "field data: is not an object"),
    ],
)
def test_malformed_lines_are_named(load, line, says):
    with pytest.raises(DataError, match=f"in.txt: line 3: .*{says}|in.txt: line 3: {says}") as error:
        load(broken(line), out_of_range="error")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def test_files_that_are_no_recording(tmp_path):
    for name, content in {"empty": b"", "text": b"hello world\n", "html": b"<html>\n" * 9}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(DataError, match=f"{name}: the file (is empty|does not say what it is)"):
            lumina.load(path)
        with pytest.raises(DataError, match=f"{name}: (the file is empty|line 1: )"):
            lumina.load(path, format="binance")
    path.write_bytes(gzip.compress(b""))
    with pytest.raises(DataError, match="the file is empty"):
        lumina.load(path, format="binance")


@pytest.mark.parametrize("damage", ["cut", "flip", "trailer", "head"])
def test_broken_gzip(tmp_path, damage):
    rng = np.random.default_rng(1)
    stream = Stream().snapshot(0, 100)
    for i in range(3000):
        stream.diff(10 + i, 101 + i, 101 + i, 100 + i, [(10.0, int(rng.integers(1, 10**6)))])
    path = tmp_path / "x.gz"
    whole = bytearray(gzip.compress("\n".join(stream.lines).encode()))
    path.write_bytes(whole)
    assert len(lumina.load(path, tick_size="0.5", lot_size=1)) == 3004
    if damage == "cut":
        whole = whole[: len(whole) // 2]
    elif damage == "flip":
        whole[len(whole) // 2] ^= 0x10
    elif damage == "trailer":
        whole[-6] ^= 1
    else:
        whole = whole[:3]
    path.write_bytes(whole)
    with pytest.raises(DataError, match=r"x.gz: line \d+: ") as error:
        lumina.load(path, format="binance", tick_size="0.5", lot_size=1)
    assert "\n" not in str(error.value)


def test_options(load):
    stream = Stream().snapshot(0, 100).diff(10, 101, 110, 100, [(10.0, 6)])
    for options, says in (
        ({"gaps": "ignore"}, "option gaps = 'ignore'"),
        ({"counted_window_ns": -1}, "must be 0 or more"),
        ({"multiplier": 3}, "no option multiplier"),
        ({"tick_size": "abc"}, "tick_size"),
    ):
        with pytest.raises(DataError, match=says):
            load(stream, **options)
    tape = load(stream, instrument=lumina.Instrument("AUSDT", "0.5", 1, maker_fee="0.0001"))
    assert tape.instrument.maker_fee_e9 == 100_000
