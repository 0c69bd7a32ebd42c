"""Databento's quotes of intervals and of consolidated books, and the schemas that are not read."""

import numpy as np
import pytest

import lumina
from lumina import Kind, Side
from lumina.data import cli
from lumina.data.databento import dbn as dbn_files
from lumina.data.databento.records import OTHER_RTYPES, RTYPES, SAMPLED, SCHEMAS
from lumina.errors import DataError
from tests.data.test_databento_files import NONE, START, TICK, changes, dbn, levels, load, metadata, px  # noqa: F401

vendor = pytest.importorskip("databento_dbn")
BUY, SELL = Side.BUY, Side.SELL
SECOND = 10**9
MESSAGES = {"mbo": "MBOMsg", "mbp-10": "MBP10Msg", "mbp-1": "MBP1Msg", "tbbo": "MBP1Msg", "trades": "TradeMsg",
            "bbo-1s": "BBOMsg", "bbo-1m": "BBOMsg", "cmbp-1": "CMBP1Msg", "tcbbo": "CMBP1Msg", "cbbo-1s": "CBBOMsg",
            "cbbo-1m": "CBBOMsg"}  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_layout_is_the_vendors(schema):
    message = getattr(vendor, MESSAGES[schema])
    layout = dbn_files.layout(schema)
    assert layout.itemsize == message.size_hint
    theirs = np.dtype(message._dtypes)
    shared = [name for name in theirs.names if name in layout.names and not name.startswith("_")]
    # what is reserved, or a publisher's number, is not asked for
    needed = {"publisher_id", "instrument_id", "ts_event", "ts_recv", "price", "size", "side", "flags"}
    quote = {f"{side}_{what}_00" for side in ("bid", "ask") for what in ("px", "sz")} if SCHEMAS[schema] else set()
    assert needed | quote <= set(shared)
    for name in shared:
        assert layout.fields[name][1] == theirs.fields[name][1], name


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_types_are_the_vendors(schema):
    names = {str(rtype): rtype.value for rtype in vendor.RType.variants()}
    of_vendor = {"trades": "mbp-0"}.get(schema, schema)
    assert names.get(of_vendor, RTYPES[schema][0]) in RTYPES[schema]
    assert not set(OTHER_RTYPES) & {number for numbers in RTYPES.values() for number in numbers}


@pytest.mark.parametrize("schema", SAMPLED)
def test_quotes_at_the_end_of_intervals(load, schema):  # noqa: F811
    def quote(at_s, bids, asks, **last):
        times = {"ts_event": START - 5 * SECOND, "ts_recv": START + at_s * SECOND}  # the last trade's, the interval's
        out = {**levels(bids, asks), **times, "price": px(10.5), "size": 3, "side": "B", **last}
        return {name: value for name, value in out.items() if name != "action" and "_ct_" not in name}

    tape = load(
        dbn(
            schema,
            quote(1, [(10.0, 5)], [(10.5, 4)], flags=0),
            quote(2, [(10.0, 6)], [(10.5, 4)], flags=64),  # of a venue that tells its touch only
            quote(3, [(10.0, 6)], [], price=NONE, size=0),
        )
    )
    # no print: the last trade stands there again and again
    assert [row for row in changes(tape) if row[0] != Kind.CLEAR] == [
        (Kind.BBO, BUY, 20, 5), (Kind.BBO, SELL, 21, 4), (Kind.BBO, BUY, 20, 1), (Kind.CHANGE, SELL, 21, -4),
    ]  # fmt: skip
    assert sorted(set(tape.events["exch_ts_ns"].tolist())) == [START + i * SECOND for i in (1, 2, 3)]
    assert set(tape.events["latency_ns"].tolist()) == {0}
    assert (tape.level, tape.depth_limit) == ("L2", 1)
    assert f"data: quotes at the end of intervals ({schema})" in "\n".join(map(str, tape.notes))


def test_levels_and_prints_out_of_range_are_left_out_and_counted(load):  # noqa: F811
    far, big = 999999999.5, 2**31

    def record(i, bids, asks, **more):
        return {**levels(bids, asks), "ts_event": START + i, "ts_recv": START + i + 9, **more}

    data = dbn(
        "mbp-10",
        record(0, [(-10.0, 5)], [(0.0, 4), (far, 1)]),
        record(1, [(-10.0, 5)], [(0.0, big), (far, 1)]),
        record(2, [(-10.0, 6)], [(0.5, 2)]),
        record(3, [(-10.0, 6)], [(0.5, 2)], action="T", side="B", price=px(far), size=2),
        record(4, [(-10.0, 6)], [(0.5, 2)], action="T", side="B", price=px(0.5), size=1),
    )
    tape = load(data)
    book = lumina.DepthBook()
    book.apply(tape.events, view="exchange")
    bids, asks = ([tuple(map(int, level)) for level in side] for side in book.depth(5))
    assert (bids, asks) == ([(-20, 6)], [(1, 2)])
    assert tape.provenance["left_out"] == {"levels": 3, "prints": 1}
    assert [row["price_ticks"] for row in tape.events if row["kind"] == Kind.TRADE] == [1]
    with pytest.raises(DataError, match=r"record 3: price 999999999.5.* is over 2\^30 ticks of 0.5; remedy: option"):
        load(data, out_of_range="error")


def test_a_consolidated_book_is_of_all_publishers(load):  # noqa: F811
    def record(i, bids, asks, action="A", **more):
        out = {**levels(bids, asks, action), "publisher_id": i, "ts_event": START + i, "ts_recv": START + i + 9, **more}
        return {name: value for name, value in out.items() if "_ct_" not in name}

    data = dbn(
        "cmbp-1",
        record(1, [(10.0, 5)], [(10.5, 4)]),
        record(2, [(10.0, 7)], [(10.5, 4)], flags=0),
        record(3, [(10.0, 7)], [(10.5, 1)], "T", side="B", price=px(10.5), size=3),
    )
    tape = load(data)
    book = lumina.DepthBook()
    book.apply(tape.events, view="exchange")
    assert (book.best_bid, book.best_ask) == ((20, 7), (21, 1))
    assert [row for row in changes(tape) if row[0] == Kind.TRADE] == [(Kind.TRADE, BUY, 21, 3)]
    assert set((tape.events["exch_ts_ns"] - START).tolist()) == {1, 2, 3}
    with pytest.raises(DataError, match="publisher_id: records of cmbp-1 are of all publishers together"):
        load(data, publisher_id=1)


def test_the_quote_of_tcbbo_is_the_one_that_the_trade_met(load):  # noqa: F811
    record = {**levels([(10.0, 5)], [(10.5, 4)], "T"), "side": "B", "price": px(10.5), "size": 3}
    tape = load(dbn("tcbbo", {name: value for name, value in record.items() if "_ct_" not in name}))
    assert [kind for kind, *_ in changes(tape)][-1] == Kind.TRADE


CSV = {
    "bbo-1s": "ts_recv,ts_event,rtype,publisher_id,instrument_id,side,price,size,flags,sequence,bid_px_00,ask_px_00,"
    "bid_sz_00,ask_sz_00,bid_ct_00,ask_ct_00,symbol",
    "cbbo-1m": "ts_recv,ts_event,rtype,publisher_id,instrument_id,side,price,size,flags,bid_px_00,ask_px_00,bid_sz_00,"
    "ask_sz_00,bid_pb_00,ask_pb_00,symbol",
    "cmbp-1": "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,flags,ts_in_delta,bid_px_00,"
    "ask_px_00,bid_sz_00,ask_sz_00,bid_pb_00,ask_pb_00,symbol",
}


@pytest.mark.parametrize("schema", CSV)
def test_csv_tells_the_schema_by_the_type_of_its_records(load, schema):  # noqa: F811
    values = {"ts_recv": START + SECOND, "ts_event": START, "rtype": RTYPES[schema][0], "publisher_id": 1,
              "instrument_id": 7, "action": "A", "side": "N", "price": "", "size": 0, "flags": 0, "sequence": 1,
              "ts_in_delta": 0, "bid_px_00": "10.0", "ask_px_00": "10.5", "bid_sz_00": 5, "ask_sz_00": 4,
              "bid_ct_00": 1, "ask_ct_00": 1, "bid_pb_00": 1, "ask_pb_00": 2, "symbol": "XYZ"}  # fmt: skip
    line = ",".join(str(values[name]) for name in CSV[schema].split(","))
    tape = load(f"{CSV[schema]}\n{line}\n", name=".csv")
    assert tape.provenance["schema"] == schema
    assert [row[1:] for row in changes(tape) if row[0] == Kind.BBO] == [(BUY, 20, 5), (SELL, 21, 4)]
    if schema != "cmbp-1":
        with pytest.raises(DataError, match=f"line 1: column ts_recv of {schema} is missing"):
            load(f"{CSV[schema].replace('ts_recv', 'other')}\n{line}\n", name=".csv")


@pytest.mark.parametrize("schema", [str(one) for one in vendor.Schema.variants() if str(one) not in SCHEMAS])
def test_a_schema_that_is_not_read_is_named_before_a_tick_is_asked_for(tmp_path, capsys, schema):
    path = tmp_path / "x.dbn"
    path.write_bytes(metadata(schema))
    assert cli.main(["convert", str(path), str(tmp_path / "t")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {path}: records are {schema}; those that are read are mbo, mbp-10, ")


@pytest.mark.parametrize(("columns", "rtype", "name"), [
    ("open,high,low,close,volume", 33, "ohlcv-1m"), ("raw_symbol,min_price_increment", 19, "definition"),
    ("stat_type,price", 24, "statistics"), ("action,reason,trading_event", 18, "status"),
    ("ref_price", 20, "imbalance"),
])  # fmt: skip
def test_so_are_those_of_csv(tmp_path, capsys, columns, rtype, name):
    path = tmp_path / "x.csv"
    values = ",".join("1" for _ in columns.split(","))
    path.write_text(f"ts_event,rtype,publisher_id,instrument_id,{columns}\n{START},{rtype},1,7,{values}\n")
    assert cli.main(["convert", str(path), str(tmp_path / "t")]) == 2
    assert f"error: {path}: records are {name}; those that are read are mbo, " in capsys.readouterr().err
