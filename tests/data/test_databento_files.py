"""Databento's files as such: levels, packings, selections, and what is broken. All made by hand."""

import datetime
import random
import sys
import zlib
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest

import lumina
from lumina import Flag, Kind, Side
from lumina.data import convert, databento
from lumina.data.databento import dbn as dbn_files
from lumina.errors import DataError

vendor = pytest.importorskip("databento_dbn")
zstandard = pytest.importorskip("zstandard")

START = 1_700_000_000_000_000_000
LAST = 128
NONE = 2**63 - 1
TICK = {"tick_size": "0.5"}
BUY, SELL = Side.BUY, Side.SELL


def metadata(schema, names=None, version=3, ts_out=False, stype="raw_symbol"):
    """Bytes of the head of a DBN file."""
    names = {"XYZ": 7} if names is None else names
    days = datetime.date(2023, 11, 1), datetime.date(2023, 12, 1)
    found = vendor.Metadata(
        dataset="XNAS.ITCH",
        start=START,
        stype_in=vendor.SType.from_str(stype),
        stype_out=vendor.SType.from_str("instrument_id"),
        schema=vendor.Schema.from_str(schema),
        symbols=list(names),
        mappings=[
            SimpleNamespace(
                raw_symbol=name, intervals=[SimpleNamespace(start_date=days[0], end_date=days[1], symbol=str(id_))]
            )
            for name, id_ in names.items()
        ],
        ts_out=ts_out,
        version=version,
    )
    return bytes(found)


def dbn(schema, *records, ts_out=False, **head):
    """Bytes of a DBN file; records are dicts of fields, what they leave out is of instrument 7 or 0."""
    layout = dbn_files.layout(schema, ts_out)
    rows = np.zeros(len(records), layout)
    rows["length"], rows["rtype"] = layout.itemsize // 4, dbn_files.RTYPES[schema][0]
    rows["publisher_id"], rows["instrument_id"], rows["flags"] = 1, 7, LAST
    for name in layout.names:
        if name[:6] in ("bid_px", "ask_px"):
            rows[name] = NONE
    for i, record in enumerate(records):
        rows["ts_event"][i], rows["ts_recv"][i] = START + i, START + i + 1_000
        for name, value in record.items():
            rows[name][i] = ord(value) if isinstance(value, str) else value
    return metadata(schema, ts_out=ts_out, **head) + rows.tobytes()


def px(price):
    return round(price * 10**9)


def add(id_, price=10.0, size=1, side="B", **more):
    return {"action": "A", "side": side, "price": px(price), "size": size, "order_id": id_, **more}


def levels(bids, asks=(), action="A", **more):
    """A record that shows these (price, size)."""
    out = {"action": action, "side": "N", "price": NONE, **more}
    for name, side in (("bid", bids), ("ask", asks)):
        for i, (price, size) in enumerate(side):
            out |= {f"{name}_px_{i:02d}": px(price), f"{name}_sz_{i:02d}": size, f"{name}_ct_{i:02d}": 1}
    return out


@pytest.fixture
def load(tmp_path):
    def load(*days, name="x.dbn", **options):
        paths = []
        for i, data in enumerate(days):
            paths.append(tmp_path / f"{i}{name}")
            paths[-1].write_bytes(data.encode() if isinstance(data, str) else data)
        return lumina.load(paths, **{**TICK, **options})

    return load


def changes(tape):
    return [(Kind(kind), side, price, lots) for _, _, _, price, lots, kind, side, _ in tape.events.tolist()]


# ---- levels ------------------------------------------------------------------------------------------------------


def ladder(top, n=10, size=1):
    return [(top - 0.5 * i, size) for i in range(n)]


def test_a_level_that_is_pushed_out_of_the_window_is_not_gone(load):
    tape = load(
        dbn(
            "mbp-10",
            levels(ladder(20)),  # 20 down to 15.5
            levels([(20.5, 3), *ladder(20, 9)]),  # 15.5 is out of sight
            levels(ladder(20)),  # and in sight again, as it was
        )
    )
    assert tape.depth_limit == 10
    assert changes(tape)[10:] == [(Kind.CHANGE, BUY, 41, 3), (Kind.CHANGE, BUY, 41, -3)]


def test_a_level_that_vanished_out_of_sight_is_gone_when_the_window_is_back(load):
    tape = load(
        dbn(
            "mbp-10",
            levels(ladder(20)),
            levels([(20.5, 3), *ladder(20, 9)]),
            levels([*ladder(20, 9), (14.0, 2)]),  # 15.5 is not between them any more
        )
    )
    assert sorted(changes(tape)[11:]) == [
        (Kind.CHANGE, BUY, 28, 2),
        (Kind.CHANGE, BUY, 31, -1),
        (Kind.CHANGE, BUY, 41, -3),
    ]


def test_a_level_between_two_that_is_not_shown_is_gone(load):
    tape = load(dbn("mbp-10", levels([(20, 1), (19, 2)], [(21, 1)]), levels([(20, 1)], [(21, 1), (22, 4)])))
    assert changes(tape)[3:] == [(Kind.CHANGE, BUY, 38, -2), (Kind.CHANGE, SELL, 44, 4)]


def test_a_window_follows_a_book_through_any_walk(load):
    """A plain dict of all levels shows its best ten; the tape's best ten are the same after each record."""
    rng = random.Random(7)
    book = {"bid": {}, "ask": {}}
    records, shown = [], []
    for _ in range(2_000):
        side = rng.choice(("bid", "ask"))
        middle = 100 + 6 * (rng.random() - 0.5)
        price = round((middle - 8 * rng.random() if side == "bid" else middle + 8 * rng.random()) * 2) / 2
        if rng.random() < 0.45 and book[side]:
            book[side].pop(rng.choice(sorted(book[side], reverse=side == "bid")[:14]))
        else:
            book[side][price] = rng.randint(1, 9)
        best = [
            sorted(book["bid"].items(), reverse=True)[:10],
            sorted(book["ask"].items())[:10],
        ]
        records.append(levels(*best))
        shown.append([[(int(price * 2), size) for price, size in one] for one in best])
    tape = load(dbn("mbp-10", *records))
    events = tape.events
    found, totals = {}, ({}, {})
    for row in events.tolist():
        exch, _, _, price, lots, kind, side, flags = row
        assert kind == Kind.CHANGE
        left = totals[side].pop(price, 0) + lots
        if left:
            totals[side][price] = left
        if flags & Flag.END:
            found[exch - START] = [sorted(totals[0].items(), reverse=True)[:10], sorted(totals[1].items())[:10]]
    for i, want in enumerate(shown):
        state = found[i] = found.get(i) or found[i - 1]  # out of sight: no row
        assert state == want


def test_prints_come_before_the_levels_that_they_change(load):
    tape = load(
        dbn(
            "mbp-1",
            levels([(20, 5)], [(21, 4)]),
            levels([(20, 5)], [(21, 4)], "T", side="B", price=px(21), size=3, flags=0, ts_event=START + 9),
            levels([(20, 5)], [(21, 1)], "C", ts_event=START + 9),
            levels([(20.5, 2)], [], "C", ts_event=START + 10),
            levels([], [(21, 1)], "R", ts_event=START + 11),
        )
    )
    assert changes(tape) == [
        (Kind.BBO, BUY, 40, 5),
        (Kind.BBO, SELL, 42, 4),
        (Kind.TRADE, BUY, 42, 3),
        (Kind.BBO, SELL, 42, -3),
        (Kind.BBO, BUY, 41, 2),
        (Kind.CLEAR, SELL, -(2**31), 0),
        (Kind.CHANGE, SELL, 42, -1),
        (Kind.CLEAR, Side.NONE, -(2**31), 0),
        (Kind.CHANGE, BUY, 41, -2),
        (Kind.CHANGE, BUY, 40, -5),
        (Kind.BBO, SELL, 42, 1),
    ]
    ends = (tape.events["flags"] & Flag.END) != 0
    assert ends[:4].tolist() == [False, True, False, True]


def test_the_quote_of_tbbo_is_the_one_that_the_trade_met(load):
    record = levels([(20, 5)], [(21, 4)], "T", side="A", price=px(20), size=2, flags=0)
    assert changes(load(dbn("tbbo", record))) == [
        (Kind.BBO, BUY, 40, 5),
        (Kind.BBO, SELL, 42, 4),
        (Kind.TRADE, SELL, 40, 2),
    ]


def test_prints_between_ticks_are_hidden_and_away_from_the_mid(load):
    prints = [{"action": "T", "side": side, "price": px(20.25), "size": 1} for side in "BAN"]
    tape = load(dbn("trades", *prints))
    assert tape.events["price_ticks"].tolist() == [41, 40, 40]
    assert ((tape.events["flags"] & Flag.HIDDEN) != 0).all()


# ---- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3])
def test_versions_and_packings(load, version):
    plain = dbn("mbo", add(1), add(2, 10.5, 4, "A"), version=version)
    packed = b"".join(  # as several frames
        zstandard.ZstdCompressor().compress(part) for part in (plain[:50], plain[50:-30], plain[-30:])
    )
    tapes = [load(plain), load(packed, name="y.dbn.zst"), load(plain, format="databento")]
    assert [tuple(row)[3:7] for row in tapes[0].events.tolist()] == [(20, 1, 2, 0), (21, 4, 2, 1)]
    assert tapes[0].instrument.symbol == "XYZ"
    assert all(np.array_equal(tape.events, tapes[0].events) for tape in tapes)


def test_records_with_the_time_of_sending(load):
    assert load(dbn("mbo", add(1, ts_out=START), add(2), ts_out=True)).events["price_ticks"].tolist() == [20, 20]


def test_records_of_a_live_session_stand_aside(load):
    data = dbn("mbo", add(1), add(2))
    size = dbn_files.layout("mbo").itemsize
    heartbeat = bytes([20, 23]) + bytes(78)
    mixed = data[:-size] + heartbeat + data[-size:]
    tape = load(mixed)
    assert len(tape) == 2 and tape.provenance["counts"]["system records skipped"] == 1


def test_progress_and_provenance(load, tmp_path):
    seen = []
    data = dbn("mbo", add(1))
    tape = load(data, dbn("mbo", add(2)), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2 * len(data), 2 * len(data))
    assert [file["bytes"] for file in tape.provenance["files"]] == [len(data)] * 2
    assert tape.provenance["schema"] == "mbo"
    again = convert([tmp_path / "0x.dbn"], tmp_path / "out.tape", order_ids=True, **TICK)
    assert again.order_ids.tolist() == [1]


def test_several_instruments_need_a_choice(load):
    data = dbn("mbo", add(1), add(2, 11, instrument_id=8), add(3), names={"XYZ": 7, "ABC": 8})
    with pytest.raises(DataError, match=r"0x\.dbn: holds 2 instruments \(ABC, XYZ\); remedy: symbol, one of them"):
        load(data)
    tape = load(data, symbol="XYZ")
    assert (len(tape), tape.instrument.symbol, tape.provenance["counts"]["other_instruments"]) == (2, "XYZ", 1)
    assert load(data, symbol="ABC").events["price_ticks"].tolist() == [22]
    assert load(data, instrument_id=8).instrument.symbol == "ABC"
    with pytest.raises(DataError, match="has no record of symbol 'QQQ'; it holds ABC, XYZ"):
        load(data, symbol="QQQ")
    with pytest.raises(DataError, match="has no record of instrument_id 9"):
        load(data, instrument_id=9)


def test_ids_are_given_anew_each_day(load):
    days = dbn("mbo", add(1)), dbn("mbo", add(2, instrument_id=9), add(3, instrument_id=7), names={"XYZ": 9, "ABC": 7})
    assert load(*days, symbol="XYZ", order_ids=True).order_ids.tolist() == [1, 2]


def test_a_contract_that_rolls_is_two_instruments(load):
    data = dbn("mbo", add(1), add(2, instrument_id=8), names={"ES.c.0": 7}, stype="continuous")
    with pytest.raises(
        DataError, match="record 1: instrument_id 8 after 7: several instruments; remedy: instrument_id, one of them"
    ):
        load(data)


def test_books_of_several_publishers_do_not_mix(load):
    data = dbn("mbo", add(1), add(1, publisher_id=2))
    with pytest.raises(DataError, match="record 1: publisher_id 2 after 1: books of several publishers"):
        load(data)
    assert len(load(data, publisher_id=2)) == 1


def test_the_options_are_checked(load):
    data = dbn("mbo", add(1))
    for options, text in (
        ({"tick_size": None}, "market data do not carry the tick; remedy: tick_size, or definition, a DBN file"),
        ({"schema": "mbp-1"}, "records are mbo, not mbp-1"),
        ({"schema": "ohlcv"}, "option schema = 'ohlcv' is none of mbo"),
        ({"tick_size": "1e-10"}, "is no multiple of 1e-9"),
        ({"lot_size": "0.5"}, "lot_size 0.5 is no whole number"),
        ({"session": "nine to five"}, "option session"),
    ):
        with pytest.raises(DataError, match=text):
            load(data, **options)
    with pytest.raises(DataError, match="records of trades have no order ids"):
        load(dbn("trades", {"action": "T", "side": "B", "price": px(1), "size": 1}), order_ids=True)
    with pytest.raises(DataError, match=r"1x\.dbn: records are trades, not mbo"):
        load(data, dbn("trades"))


# ---- the vendor's CSV --------------------------------------------------------------------------------------------

HEADER = "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,order_id,flags,symbol"


def test_times_and_prices_are_read_in_either_form(load):
    pretty = (
        f"{HEADER}\n2023-11-14T22:13:20.000001000Z,2023-11-14T22:13:20Z,160,1,7,A,B,10.500000000,3,1,128,XYZ\n"
        "2023-11-14 22:13:20.0000011+00:00,2023-11-14T22:13:20.000000001Z,160,1,7,A,B,-0.5,3,2,128,XYZ"
    )
    raw = (
        f"{HEADER}\n{START + 1_000},{START},160,1,7,A,B,10500000000,3,1,128,XYZ\n"
        f"{START + 1_100},{START + 1},160,1,7,A,B,-500000000,3,2,128,XYZ\n"
    )
    tapes = [
        load(pretty, name=".csv"),
        load(raw, name=".csv"),
        load(pretty.replace("\n", "\r\n"), name=".csv"),
        load(zstandard.ZstdCompressor().compress(pretty.encode()), name=".csv.zst"),
    ]
    assert [tuple(row)[:4] for row in tapes[0].events.tolist()] == [
        (START, 1, 1_000, 21),
        (START + 1, 2, 1_099, -1),
    ]
    assert all(np.array_equal(tape.events, tapes[0].events) for tape in tapes)
    assert tapes[1].instrument.symbol == "XYZ"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("1,2,3", "line 2: has 3 fields, the header 12"),
        ("2023-02-29T00:00:00Z,{0},160,1,7,A,B,1.0,3,1,0,X", "line 2: ts_recv '2023-02-29T00:00:00Z' is no time"),
        ("{0},2023-11-14T22:13:20.1234567890Z,160,1,7,A,B,1.0,3,1,0,X", "ts_event .* is no time"),
        ("{0},,160,1,7,A,B,1.0,3,1,0,X", "ts_event '' is no time"),
        ("{0},{0},160,1,7,A,B,1.0000000001,3,1,0,X", "price '1.0000000001' is no decimal number of up to 9 digits"),
        ("{0},{0},160,1,7,A,B,12345678901.0,3,1,0,X", "price '12345678901.0' is no decimal"),
        ("{0},{0},160,1,7,A,B,1.0,4294967296,1,0,X", "size '4294967296' is no whole number from 0 to 4294967295"),
        ("{0},{0},160,1,7,AA,B,1.0,3,1,0,X", "action 'AA' is none of A, C, M"),
        ("{0},{0},160,70000,7,A,B,1.0,3,1,0,X", "publisher_id '70000' is no whole number"),
    ],
)
def test_a_bad_line_is_named(load, line, text):
    good = "2023-11-14T22:13:20Z"
    with pytest.raises(DataError, match=text):
        load(f"{HEADER}\n{line.format(good)}\n", name=".csv")


def test_the_header_decides(load):
    with pytest.raises(DataError, match="line 1: is no header with ts_event"):
        load("a,b\n1,2\n", name=".csv", format="databento")
    names = [f"{side}_{x}_{i:02d}" for i in range(10) for side in ("bid", "ask") for x in ("px", "sz")]
    with pytest.raises(DataError, match="column ask_sz_09 of mbp-10 is missing"):
        load(f"{HEADER},{','.join(names[:-1])}\n", name=".csv")
    assert not databento.sniff(b"time,price\n1,2\n", None)


# ---- broken files: an error that says so, and nothing else -------------------------------------------------------


def test_a_cut_file_says_where(load):
    data = dbn("mbo", add(1), add(2))
    for length, text in ((4, "cut in the metadata"), (100, "cut in the metadata"), (len(data) - 1, "record 1: cut")):
        with pytest.raises(DataError, match=text):
            load(data[:length])
    with pytest.raises(DataError, match="line 1: is no header with"):
        load(b"DBM" + data[3:], format="databento")
    with pytest.raises(DataError, match="DBN version 9"):
        load(data[:3] + b"\x09" + data[4:])
    with pytest.raises(DataError, match="metadata of 4294967295 bytes, bound"):
        load(data[:4] + b"\xff" * 4 + data[8:])
    size = dbn_files.layout("mbo").itemsize
    with pytest.raises(DataError, match="record 0: type 160 of 0 bytes is none of mbo"):
        load(data[: -2 * size] + b"\0" + data[1 - 2 * size :])
    packed = zstandard.ZstdCompressor().compress(data)
    with pytest.raises(DataError, match="broken zstd stream"):
        load(packed[:-10], format="databento")
    with pytest.raises(DataError, match="does not say what it is"):
        load(packed[:-10])


def test_without_the_vendors_library_the_extra_is_named(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(DataError, match=r"databento-dbn; remedy: pip install 'lumina-hft\[databento\]'"):
        load(dbn("mbo", add(1)))
    assert len(load(f"{HEADER}\n{START},{START},160,1,7,A,B,1000000000,3,1,128,XYZ\n", name=".csv")) == 1


@pytest.mark.parametrize("schema", ["mbo", "mbp-10", "mbp-1", "tbbo", "trades"])
def test_flipped_bytes_are_data_errors_or_other_data(load, schema):
    """Bytes all over a small file in turn, and many at once."""
    more = {} if schema in ("mbo", "trades") else {"bid_px_00": px(10), "bid_sz_00": 4}
    record = {"action": "T", "side": "B", "price": px(10), "size": 2, **more}
    data = dbn(schema, record, record, record)
    rng = random.Random(zlib.crc32(schema.encode()))
    places = [[i] for i in range(0, len(data), 4)] + [rng.sample(range(len(data)), 8) for _ in range(100)]
    for place in places:
        broken = bytearray(data)
        for i in place:
            broken[i] ^= 1 << rng.randrange(8) if rng.random() < 0.5 else 0xFF
        with suppress(DataError):
            load(bytes(broken), format="databento")
