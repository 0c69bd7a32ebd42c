"""Recorded ITCH: every state that a vendor saw of ARL's book, and captures of three exchanges' messages."""

import csv
import io
import tarfile
from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pytest

import lumina
from lumina import DepthBook, Flag, Kind
from lumina.data import itch

LEVELS = 10
ARL = "ARL_20250717_reencoded.NASDAQ_ITCH50"
KINDS = {"A": (Kind.ADD,), "C": (Kind.CANCEL,), "T": (Kind.EXECUTE, Kind.TRADE)}


@pytest.fixture(scope="module")
def states(data_dir):
    """The vendor's rows: (ts_ns, action, price, size, order id, bids, asks), levels as (price, size, orders)."""
    zstandard = pytest.importorskip("zstandard")
    path = data_dir / "databento" / "ARL_20250717_mbp.csv.zst"
    with open(path, "rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as plain:
        rows = list(csv.DictReader(io.TextIOWrapper(plain)))
    out = []
    for row in rows:
        whole, fraction = row["ts_event"].removesuffix("Z").split(".")
        seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
        sides = [
            [
                (ticks(row[f"{side}_px_{i:02}"]), int(row[f"{side}_sz_{i:02}"]), int(row[f"{side}_ct_{i:02}"]))
                for i in range(LEVELS)
                if row[f"{side}_px_{i:02}"]
            ]
            for side in ("bid", "ask")
        ]
        price = ticks(row["price"]) if row["price"] else None
        key = (seconds * 10**9 + int(fraction), row["action"], price, int(row["size"]))
        out.append((*key, int(row["order_id"]), *sides))
    return out


def ticks(price):
    return Fraction(price) * 100


def test_every_ten_level_state_of_ARL(data_dir, states):
    tape = lumina.load(data_dir / "itch" / ARL, session="us_equity", order_ids=True)
    assert tape.validate().ok
    orders, levels = lumina.OrderBook(), DepthBook()
    events = np.split(tape.events, np.flatnonzero(tape.events["flags"] & Flag.END) + 1)
    ids = iter(tape.order_ids.tolist())
    waiting = ((event, [next(ids) for _ in event]) for event in events if len(event))
    assert states[0][1] == "R"
    assert states[0][-2:] == ([], [])
    reached = 1  # nothing, before anything
    for ts_ns, action, price, size, order_id, *book in states[1:]:
        for event, own in waiting:
            (row,) = event.tolist()
            apply(orders, row, own[0])
            levels.apply(event, view="exchange")
            exch_ts_ns, _, _, price_ticks, lots, kind, *_ = row
            if (exch_ts_ns, kind in KINDS[action], abs(lots)) != (ts_ns, True, size):
                continue
            # the vendor's print against a hidden order may be between ticks
            if kind == Kind.TRADE and price_ticks == price // 1:
                break
            if (price_ticks, own[0]) == (price, own[0] if action == "T" else order_id):
                break
        else:
            raise AssertionError(f"no event for the state at {ts_ns}")
        shown = [[tuple(map(int, level)) for level in side] for side in orders.depth(LEVELS)]
        assert shown == book
        plain = [[tuple(map(int, level)) for level in side] for side in levels.depth(LEVELS)]
        assert plain == [[level[:2] for level in side] for side in book]
        reached += 1
    assert reached == 3928
    assert not any(tape.provenance["orders"].values())
    assert tape.provenance["messages"] == {"A": 2915, "D": 2902, "E": 11, "P": 35, "R": 1, "S": 2}


def apply(orders, row, order_id):
    _, _, _, price_ticks, lots, kind, side, _ = row
    if kind == Kind.ADD:
        assert orders.add(order_id, side, price_ticks, lots) == "ok"
    elif kind == Kind.CANCEL:
        assert orders.order(order_id)[1:] == (price_ticks, -lots)
        assert orders.cancel(order_id) == "ok"
    elif kind == Kind.EXECUTE:
        assert orders.execute(order_id, -lots) == "ok"


def test_stamps_of_ARL_are_the_numbers_of_the_adds(data_dir):
    tape = lumina.load(data_dir / "itch" / ARL, session="us_equity", order_ids=True)
    added, number = {}, 0
    for (_, stamp, *_, kind, _, flags), order_id in zip(tape.events.tolist(), tape.order_ids.tolist(), strict=True):
        number += bool(flags & Flag.EXCH)
        if kind == Kind.ADD:
            added[order_id] = number
        if kind in (Kind.ADD, Kind.CANCEL, Kind.EXECUTE):
            assert stamp == added[order_id]
    assert len(added) == 2915


def test_captures_of_three_exchanges_have_no_length_that_is_wrong(data_dir, tmp_path):
    with tarfile.open(data_dir / "itch" / "omi_pcaps_nasdaq_iex_cme.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    captures = sorted((tmp_path / "Nasdaq").rglob("*.pcap"))
    assert len(captures) == 49
    messages = {}
    for path in captures:
        assert itch.sniff(path.read_bytes()[:4096], path)
        reader = itch_reader()
        reader.begin(True, 0, True, False)
        reader.feed(path.read_bytes())
        reader.end()
        for type_, count in reader.messages.items():
            messages[type_] = messages.get(type_, 0) + count
    assert (sum(messages.values()), len(messages)) == (227, 16)
    others = [path for path in tmp_path.rglob("*.pcap") if "Nasdaq" not in path.parts]
    assert len(others) == 83 - 49
    assert not any(itch.sniff(path.read_bytes()[:4096], path) for path in others)


def itch_reader():
    from lumina._core._itch import ItchReader

    # any price, any number of packets left out
    return ItchReader([], 1, system_phases=False, drop_odd=True, mark_gaps=True)


def test_a_capture_through_the_importer(data_dir, tmp_path):
    with tarfile.open(data_dir / "itch" / "omi_pcaps_nasdaq_iex_cme.tar.xz") as archive:
        member = next(name for name in archive.getnames() if name.endswith("5.0/Multiple.Packets.pcap"))
        archive.extract(member, tmp_path, filter="data")
    tape = lumina.load(tmp_path / member, symbol="META", gaps="mark", clock="shift", min_latency_ns=0)
    assert tape.provenance["files"][0]["date"] == "2023-08-22"
    assert tape.provenance["files"][0]["date_from"] == "capture time"
    assert tape.provenance["messages"] == {"A": 36, "D": 1, "F": 2}
    assert (tape.provenance["packets"]["gaps"], tape.provenance["packets"]["missing"]) == (1, 4_244_620)
    assert tape.events["latency_ns"].min() == 0
