"""Databento's recordings: what the vendor's library and the vendor's own book say of them."""

import csv
import datetime
import io
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

import lumina
from lumina import Flag, Kind, Phase, Side
from lumina.data.databento import dbn
from lumina.data.source import HashedFile
from lumina.errors import DataError

databento_dbn_library = pytest.importorskip("databento_dbn")
zstandard = pytest.importorskip("zstandard")

ES = {"tick_size": "0.25", "multiplier": 50}
ES_DAYS = ("esh4-glbx-mdp3-20231224.mbo.dbn.zst", "esh4-glbx-mdp3-20231225.mbo.dbn.zst")
OPEN_NS = 1_703_545_200_000_000_000  # 2023-12-25 23:00 UTC


@pytest.fixture(scope="session")
def folder(data_dir):
    return data_dir / "databento"


@pytest.fixture(scope="session")
def es(folder):
    days = [folder / name for name in ES_DAYS]
    return lumina.load(days, order_ids=True, session="17:00-16:00 America/Chicago", **ES)


def content(path):
    data = path.read_bytes()
    if data.startswith(b"DBN"):
        return data
    return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()


def vendor(path):
    """The records of a file as the vendor's library decodes them."""
    decoder = databento_dbn_library.DBNDecoder()
    decoder.write(content(path))
    return decoder.decode()[1:]


def ends_of(events, view=Flag.EXCH):
    mine = (events["flags"] & (Flag.END | view)) == (Flag.END | view)
    return (np.flatnonzero(mine) + 1).tolist()


# ---- ES, order by order ------------------------------------------------------------------------------------------


def test_es_has_no_crossed_book_in_46097_states_of_continuous_trading(es):
    assert es.header["crossed_events"] == 0 < 46_097 <= es.header["continuous_events"]
    book = lumina.DepthBook()
    ends = ends_of(es.events)
    states = crossed = 0
    for start, end in pairwise([0, *ends]):
        book.apply(es.events[start:end], view="exchange")
        if es.events["exch_ts_ns"][end - 1] >= OPEN_NS and es.events["kind"][end - 1] != Kind.STATUS:
            states += 1
            crossed += book.best_bid[0] >= book.best_ask[0]
    assert (states, crossed) == (46_097, 0)


def test_es_knows_every_order(es):
    assert es.level == "L3"
    counts = es.provenance["counts"]
    assert counts["records"] == 8_725 + 68_792
    assert counts["snapshots"] == 2
    assert es.provenance["orders"] == {"unknown_ids": 0, "duplicate_ids": 0, "overfills": 0, "clipped": 0}


def test_the_second_days_snapshot_is_a_difference_to_the_first(es):
    begin, end = np.flatnonzero(es.events["exch_ts_ns"] == es.events["exch_ts_ns"][es.events["kind"] == 9][1])[:2]
    assert es.events["kind"][begin] == Kind.SNAPSHOT_BEGIN and es.events["kind"][end] == Kind.SNAPSHOT_END
    stamps = es.events["stamp"][: 8_725 + 2]
    assert np.count_nonzero(es.events["kind"][: 8_725 + 2] == Kind.ADD) == 8_725
    # an order of the first snapshot that trades on the second day still has the stamp of its add
    old = es.events[(es.events["kind"] == Kind.EXECUTE) & (es.events["stamp"] <= stamps.max())]
    assert len(old) > 0


def test_es_executes_what_the_venue_says_was_traded(es, folder):
    """Volume by aggressor from the T records alone."""
    traded = Counter()
    for record in vendor(folder / ES_DAYS[1]):
        if record.action == "T":
            traded[str(record.side)] += record.size
    executed = es.events[es.events["kind"] == Kind.EXECUTE]
    for aggressor, resting in (("A", Side.BUY), ("B", Side.SELL)):
        assert -executed["qty_lots"][executed["side"] == resting].sum(dtype=np.int64) == traded[aggressor]
    (auction,) = es.events[es.events["kind"] == Kind.TRADE]
    assert (auction["qty_lots"], auction["side"]) == (traded["N"], Side.NONE) == (44, Side.NONE)
    assert auction["exch_ts_ns"] == OPEN_NS


def test_es_book_by_order_is_the_book_of_a_plain_walk_over_the_records(es, folder):
    """A dict by order id, with A, C, M of the vendor's records and nothing else."""
    orders = {}
    for name in ES_DAYS:
        for record in vendor(folder / name):
            action, key = str(record.action), record.order_id
            if action in "AM":
                orders[key] = (str(record.side), record.price, record.size)
            elif action == "C":
                side, price, size = orders[key]
                if size > record.size:
                    orders[key] = (side, price, size - record.size)
                else:
                    del orders[key]
    book = replay(es)
    assert len(book) == len(orders)
    for key, (side, price, size) in orders.items():
        assert book.order(key) == ("buy" if side == "B" else "sell", price // 250_000_000, size)


def test_the_pre_open_is_an_auction(es):
    status = es.events[es.events["kind"] == Kind.STATUS]
    exch = status[(status["flags"] & Flag.EXCH) != 0]
    assert (int(exch["exch_ts_ns"][-1]), Phase(exch["qty_lots"][-1])) == (OPEN_NS, Phase.CONTINUOUS)


def test_without_the_first_day_the_second_begins_with_its_snapshot(folder):
    tape = lumina.load(folder / ES_DAYS[1], **ES)
    assert tape.provenance["counts"]["records"] == 68_792
    assert tape.provenance["orders"]["unknown_ids"] == 0
    assert tape.instrument == lumina.Instrument("ESH4", "0.25", 1, 50)
    first = tape.events[0]
    assert first["kind"] == Kind.SNAPSHOT_BEGIN
    # when it was received, not when the book of the day before was taken
    assert np.datetime64(int(first["exch_ts_ns"]), "ns") == np.datetime64("2023-12-25T00:00:00")


def replay(tape, watch=None):
    """lumina.OrderBook after the rows of the exchange's view; watch(row, book) after each."""
    book = lumina.OrderBook()
    for row, order_id in zip(tape.events.tolist(), tape.order_ids.tolist(), strict=True):
        _, _, _, price, lots, kind, side, flags = row
        if not flags & Flag.EXCH:
            continue
        result = "ok"
        if kind == Kind.ADD:
            result = book.add(order_id, side, price, lots)
        elif kind == Kind.CANCEL:
            result = book.cancel(order_id)
        elif kind in (Kind.REDUCE, Kind.EXECUTE):
            result = getattr(book, Kind(kind).name.lower())(order_id, -lots)
        assert result == "ok", row
        if watch is not None:
            watch(row, book)
    return book


# ---- ARL, the vendor's CSV ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def arl_states(folder):
    """(time, bids, asks) of each row of the vendor's ten-level file, levels as (cents, size, orders)."""
    states = []
    for row in csv.DictReader(io.StringIO(content(folder / "ARL_20250717_mbp.csv.zst").decode())):
        sides = [
            [
                (
                    round(float(row[f"{side}_px_{i:02d}"]) * 100),
                    *(int(row[f"{side}_{x}_{i:02d}"]) for x in ("sz", "ct")),
                )
                for i in range(10)
                if row[f"{side}_px_{i:02d}"]
            ]
            for side in ("bid", "ask")
        ]
        states.append((ns(row["ts_event"]), *sides))
    assert len(states) == 3_928
    return states


def ns(text):
    when = datetime.datetime.fromisoformat(text[:19] + "+00:00")
    return int(when.timestamp()) * 10**9 + int(text[20:29])


def test_arl_orders_reach_all_3928_ten_level_states(folder, arl_states):
    tape = lumina.load(folder / "ARL_20250717_mbo.csv.zst", tick_size="0.01", order_ids=True)
    assert tape.instrument.symbol == "ARL" and tape.provenance["counts"]["records"] == 5_886
    wanted = iter(arl_states)
    waiting = next(wanted)
    reached = 0

    def watch(row, book):
        nonlocal waiting, reached
        state = (row[0], *([tuple(level) for level in side.tolist()] for side in book.depth(10)))
        while waiting == state:
            reached += 1
            waiting = next(wanted, None)

    replay(tape, watch)
    assert reached == 3_928


def test_arl_trades_are_executions(folder):
    """XNAS flags each of T, F and C as the last of its event; they are one trade all the same."""
    tape = lumina.load(folder / "ARL_20250717_mbo.csv.zst", tick_size="0.01")
    rows = list(csv.DictReader(io.StringIO(content(folder / "ARL_20250717_mbo.csv.zst").decode())))
    filled = sum(int(row["size"]) for row in rows if row["action"] == "F")
    executed = tape.events[tape.events["kind"] == Kind.EXECUTE]
    assert -executed["qty_lots"].sum() == filled
    unsided = [int(row["size"]) for row in rows if row["action"] == "T" and row["side"] == "N"]
    prints = tape.events[tape.events["kind"] == Kind.TRADE]
    assert prints["qty_lots"].tolist() == unsided


def test_arl_levels_replay_to_their_own_states(folder, arl_states):
    tape = lumina.load(folder / "ARL_20250717_mbp.csv.zst", tick_size="0.01")
    assert (tape.level, tape.depth_limit) == ("L2", 10)
    totals = {Side.BUY: {}, Side.SELL: {}}
    wanted = iter(arl_states)
    waiting = next(wanted)
    reached = 0
    rows = tape.events.tolist()
    for row, then in zip(rows, [*(row[0] for row in rows[1:]), 2**63], strict=True):
        exch, _, _, price, lots, kind, side, _ = row
        if kind <= Kind.EXECUTE:
            left = totals[side].pop(price, 0) + lots
            if left:
                totals[side][price] = left
        shown = sorted(totals[Side.BUY].items(), reverse=True)[:10], sorted(totals[Side.SELL].items())[:10]
        # a record about a level out of sight is no row: it shows the state of the one before
        while waiting is not None and exch <= waiting[0] <= then:
            if shown != tuple([level[:2] for level in side] for side in waiting[1:]):
                break
            reached += 1
            waiting = next(wanted, None)
    assert reached == 3_928


# ---- futures, level 1 and trades ---------------------------------------------------------------------------------


def test_futures_touch_is_that_of_each_record(folder):
    path = folder / "futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst"
    tape = lumina.load(path, **ES)
    records = vendor(path)
    assert (tape.instrument.symbol, tape.depth_limit, len(records)) == ("ESU4", 1, 2_288)
    shown = []
    for record in records:
        level = record.levels[0]
        quote = (level.bid_px, level.bid_sz, level.ask_px, level.ask_sz)
        if str(record.action) != "T":
            shown.append((record.ts_event, record.ts_recv, *quote))
    book, found = lumina.DepthBook(), []
    for start, end in pairwise([0, *ends_of(tape.events)]):
        book.apply(tape.events[start:end])
        last = tape.events[end - 1]
        (bid, bid_lots), (ask, ask_lots) = book.best_bid, book.best_ask
        exch = int(last["exch_ts_ns"])
        found.append((exch, exch + int(last["latency_ns"]), bid * 250_000_000, bid_lots, ask * 250_000_000, ask_lots))
    # an event without a change of the touch has no row
    kept = [state for before, state in pairwise([None, *shown]) if before is None or before[2:] != state[2:]]
    assert {state[2:] for state in found} == {state[2:] for state in kept}
    states = {state[:2]: state[2:] for state in found}
    assert all(states[state[:2]] == state[2:] for state in kept)


def test_futures_trades_are_those_of_the_vendor(folder):
    path = folder / "futures_trades_2024-07-01T23-58_2024-07-02T00-02.dbn.zst"
    tape = lumina.load(path, **ES)
    rows = [
        (
            r.ts_event,
            r.ts_recv - r.ts_event,
            r.price // 250_000_000,
            r.size,
            Side.BUY if str(r.side) == "B" else Side.SELL,
        )
        for r in vendor(path)
    ]
    assert len(rows) == 120
    events = tape.events
    assert (events["kind"] == Kind.TRADE).all()
    assert [
        tuple(row) for row in events[["exch_ts_ns", "latency_ns", "price_ticks", "qty_lots", "side"]].tolist()
    ] == rows
    # the same prints as in the level 1 file
    level1 = lumina.load(folder / "futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst", **ES)
    prints = level1.events[level1.events["kind"] == Kind.TRADE]
    assert prints["qty_lots"].tolist() == events["qty_lots"].tolist()


# ---- every schema, version and packing ---------------------------------------------------------------------------

SCHEMAS = ("mbo", "mbp-10", "mbp-1", "tbbo", "trades")
MICRO = [
    f"test_data.{schema}{end}"
    for schema in SCHEMAS
    for end in (".dbn", ".v1.dbn.zst", ".v2.dbn.zst", ".v3.dbn.zst", *([".v3.dbn"] if schema == "mbo" else []))
]
WHOLE = [f"micro/{name}" for name in MICRO] + [
    *ES_DAYS,
    "futures_mbp-1_2024-07-01T23-58_2024-07-02T00-02.dbn.zst",
    "futures_trades_2024-07-01T23-58_2024-07-02T00-02.dbn.zst",
]


@pytest.mark.parametrize("name", WHOLE)
def test_every_field_is_what_the_vendor_reads(folder, name):
    path = folder / name
    records = vendor(path)
    file = HashedFile(path)
    raw = np.concatenate(list(dbn.raw_records(file)))
    file.close()
    assert len(raw) == len(records) > 0
    names = [field for field in raw.dtype.names if field != "length"]
    for field in names:
        if field[:6] in ("bid_px", "ask_px", "bid_sz", "ask_sz", "bid_ct", "ask_ct"):
            theirs = [getattr(record.levels[int(field[7:])], field[:6]) for record in records]
        elif field in ("action", "side"):
            theirs = [ord(str(getattr(record, field))) for record in records]
        else:
            theirs = [int(getattr(record, field)) for record in records]
        assert raw[field].tolist() == theirs, field


@pytest.mark.parametrize("schema", SCHEMAS[1:])
def test_a_version_or_a_packing_makes_no_difference(folder, schema):
    names = [name for name in MICRO if f".{schema}." in name]
    tapes = [lumina.load(folder / "micro" / name, tick_size="0.25") for name in names]
    assert len(tapes) == 4
    assert tapes[0].instrument.symbol == "ESH1"
    for tape in tapes[1:]:
        assert np.array_equal(tape.events, tapes[0].events)


def test_orders_that_are_never_added_make_no_tape(folder):
    with pytest.raises(DataError, match="2 records and no row: they are about orders from before the file"):
        lumina.load(folder / "micro" / "test_data.mbo.dbn", tick_size="0.25")


@pytest.mark.parametrize("end", [".dbn", ".v1.dbn.zst", ".v2.dbn.zst", ".v3.dbn.zst"])
def test_definitions_are_no_market_data(folder, end):
    with pytest.raises(DataError, match="records are definition; those that are read are mbo, mbp-10"):
        lumina.load(folder / "micro" / f"test_data.definition{end}", tick_size="0.25")


def test_a_definition_gives_the_terms(folder):
    path = folder / "definition-glbx-es-fut.dbn.zst"
    terms = dbn.definition(path, "ESM3", None)
    assert lumina.Instrument(lot_size=1, **terms) == lumina.Instrument("ESM3", "0.25", 1, 50, settlement="USD")
    with pytest.raises(DataError, match="no definition of symbol 'ESH4'; it has ESM3"):
        lumina.load(folder / ES_DAYS[1], definition=path, symbol="ESH4")
    with pytest.raises(DataError, match="has no record of symbol 'ESM3'; it holds ESH4"):
        lumina.load(folder / ES_DAYS[1], definition=path)
    with pytest.raises(DataError, match=r"records are mbo, not definitions"):
        lumina.load(folder / ES_DAYS[1], definition=folder / ES_DAYS[0])
    with pytest.raises(DataError, match="MSFT has no tick; remedy: give tick_size"):
        dbn.definition(folder / "micro" / "test_data.definition.v1.dbn.zst", "MSFT", None)
