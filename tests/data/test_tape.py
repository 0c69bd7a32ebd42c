"""Tapes in memory and in files, and what a validation finds."""

import dataclasses
import json
import struct
import zlib

import numpy as np
import pytest

import lumina
from lumina import Flag, Instrument, Kind, Side, Tape
from lumina.data.validate import validate_rows
from lumina.errors import DataError

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BOTH = E | L
ALL = BOTH | END
BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE


@pytest.fixture
def good(make_events):
    return make_events(
        (10, 5, 100, 7, Kind.CHANGE, BUY, BOTH),
        (10, 5, 101, 4, Kind.CHANGE, SELL, ALL),
        (20, 0, 100, 3, Kind.TRADE, SELL, ALL),
        (20, 1, 100, -3, Kind.CHANGE, BUY, ALL),
        (30, 2, 0, 1, Kind.STATUS, NONE, ALL),
    )


@pytest.fixture
def tape(good, instrument):
    return Tape(
        good,
        instrument,
        provenance={"files": ["a"]},
        clock={"repair": "shift", "shift_ns": 5, "min_latency_ns": 0},
        depth_limit=20,
        counted_window_ns=7,
    )


def test_T2_header_tells_what_the_tape_is(tape, tmp_path):
    tape.save(tmp_path / "a.lumina")
    again = Tape.open(tmp_path / "a.lumina")
    assert (again.events == tape.events).all()
    assert again.instrument == tape.instrument
    assert again.provenance == {"files": ["a"]}
    assert again.clock == {"repair": "shift", "shift_ns": 5, "min_latency_ns": 0}
    assert (again.depth_limit, again.counted_window_ns, again.level) == (20, 7, "L2")
    assert (again.min_price_ticks, again.max_price_ticks) == (100, 101)
    header = again.header
    assert (header["rows"], header["exch_ts_ns"], header["local_ts_ns"]) == (5, [10, 30], [15, 32])
    assert header["checksum"].startswith("sha256:")
    assert header["checksum"] == "sha256:" + __import__("hashlib").sha256(tape.events.tobytes()).hexdigest()
    assert again.validate().ok


def test_open_maps_without_a_copy(tape, tmp_path):
    tape.save(tmp_path / "a.lumina")
    events = Tape.open(tmp_path / "a.lumina").events
    assert not events.flags.writeable
    assert not events.flags.owndata
    base = events
    while isinstance(base, np.ndarray):
        base = base.base
    assert type(getattr(base, "obj", base)).__name__ == "mmap"
    assert events.ctypes.data % 4096 == 0


def test_events_are_kept_without_a_copy_and_read_only(good, instrument):
    tape = Tape(good, instrument)
    assert np.shares_memory(tape.events, good)
    with pytest.raises(ValueError, match="read-only"):
        tape.events["qty_lots"] = 1


def test_order_ids_stand_beside_the_rows(good, instrument, tmp_path):
    ids = np.arange(5, dtype=np.uint64) + 2**63
    Tape(good, instrument, order_ids=ids).save(tmp_path / "a.lumina")
    again = Tape.open(tmp_path / "a.lumina")
    assert again.order_ids.tolist() == ids.tolist()
    assert (again.events == good).all()
    with pytest.raises(DataError, match="order_ids has shape"):
        Tape(good, instrument, order_ids=ids[:2])


def test_level_is_L3_where_rows_are_orders(make_events, instrument):
    rows = make_events((1, 0, 100, 7, Kind.ADD, BUY, ALL), (2, 0, 100, -2, Kind.EXECUTE, BUY, ALL))
    rows["stamp"] = 1
    assert Tape(rows, instrument).level == "L3"
    for stamps, text in (((2, 1), "row 0: stamp 2"), ((1, 3), "row 1: stamp 3"), ((0, 0), "row 0: stamp 0")):
        rows["stamp"] = stamps
        with pytest.raises(DataError, match=text):
            Tape(rows, instrument)


C, T = Kind.CHANGE, Kind.TRADE
BAD = {
    "stamp": ([(1, 0, 9, 1, Kind.ADD, BUY, ALL)], 0, "stamp 0: an add's is the number of its row, no stamp is above 1"),
    "empty_tape": ([], 0, "no rows"),
    "no_view": ([(1, 0, 9, 1, C, BUY, END)], 0, "neither view"),
    "kind": ([(1, 0, 9, 1, C, BUY, ALL), (1, 0, 9, 1, 13, BUY, ALL)], 1, "kind 13 is unknown; the last known is 12"),
    "side": ([(1, 0, 9, 1, C, NONE, ALL)], 0, "side 2 is not allowed here; the last allowed is 1"),
    "phase": ([(1, 0, 0, 3, Kind.STATUS, NONE, ALL)], 0, "qty_lots 3 of a status row is no phase 0 to 2"),
    "price": ([(1, 0, 2**30 + 1, 1, C, BUY, ALL)], 0, "price_ticks 1073741825 is beyond the bound 1073741824"),
    "trade_qty": ([(1, 0, 9, 0, T, BUY, ALL)], 0, "qty_lots 0 of a trade is below 1"),
    "order_qty": ([(1, 0, 9, 5, C, BUY, ALL), (1, 0, 9, 1, Kind.CANCEL, BUY, ALL)], 1, "wrong sign"),
    "exch_order": ([(5, 0, 9, 1, C, BUY, ALL), (4, 9, 9, 1, C, BUY, ALL)], 1, "exch_ts_ns 4 is below 5"),
    "local_order": ([(5, 3, 9, 1, C, BUY, ALL), (6, 1, 9, 1, C, BUY, ALL)], 1, "local time 7 ns is below 8"),
    "event_time": ([(5, 0, 9, 1, C, BUY, BOTH), (6, 0, 9, 1, C, BUY, ALL)], 1, "exch_ts_ns 6 differs from 5"),
    "event_end": ([(5, 0, 9, 1, C, BUY, ALL), (6, 0, 9, 1, C, BUY, BOTH | 0)], 1, "no END"),
    "level_total": ([(5, 0, 9, 1, C, BUY, ALL), (6, 0, 9, -2, C, BUY, ALL)], 1, "total -1, beyond the bound 0"),
    "snapshot_end": ([(5, 0, 0, 0, Kind.SNAPSHOT_END, NONE, ALL)], 0, "SNAPSHOT_END without BEGIN"),
    "snapshot_open": ([(5, 0, 0, 0, Kind.SNAPSHOT_BEGIN, NONE, ALL)], 0, "SNAPSHOT_BEGIN without END"),
    "level_range": ([(5, 0, i * 64, 1, C, BUY, ALL) for i in range(2**18 + 1)], 2**18, "scattered"),
}


@pytest.mark.parametrize("name", BAD)
def test_each_violation_is_named_with_its_row(make_events, instrument, name):
    rows, row, says = BAD[name]
    events = make_events(*rows)
    report = validate_rows(events)
    assert not report.ok
    assert name in report.violations
    assert report.violations[name].rows[0][0] == row
    assert says in str(report.violations[name])
    with pytest.raises(DataError, match=r"^tape: ") as error:
        Tape(events, instrument)
    assert "\n" not in str(error.value)


def test_every_violation_has_a_test():
    from lumina._core._tape_check import VIOLATIONS
    from lumina.data.validate import _TEXTS

    assert {name for name, _ in VIOLATIONS} == set(BAD) == set(_TEXTS)


def test_violations_are_counted_with_their_first_rows(make_events):
    report = validate_rows(make_events(*[(i, 0, 9, 0, T, BUY, ALL) for i in range(8)]))
    violation = report.violations["trade_qty"]
    assert violation.count == 8
    assert [row for row, _, _ in violation.rows] == [0, 1, 2, 3, 4]
    assert str(violation).endswith("(8 such rows)")


@pytest.mark.parametrize("view", [E, L])
def test_T4_each_view_has_its_own_order_and_book(make_events, view):
    other = BOTH & ~view
    # the other view's rows in between neither end this view's event nor feed its levels
    rows = [(5, 0, 9, 4, C, BUY, view), (7, 0, 9, 1, C, BUY, other | END), (5, 1, 9, -4, C, BUY, view | END)]
    report = validate_rows(make_events(*rows))
    assert report.ok == (view == E) or set(report.violations) <= {"local_order"}
    rows[2] = (5, 1, 9, -5, C, BUY, view | END)
    assert "level_total" in validate_rows(make_events(*rows)).violations


def test_inverse_contracts_need_a_price(make_events):
    inverse = Instrument("X", "0.1", 1, inverse=True)
    with pytest.raises(DataError, match="row 0: price_ticks 0 is beyond the bound 1"):
        Tape(make_events((1, 0, 0, 1, C, BUY, ALL)), inverse)
    Tape(make_events((1, 0, -5, 1, C, BUY, ALL)), Instrument("SPREAD", 1, 1))


@pytest.mark.parametrize("events", [np.zeros(3), np.zeros((2, 2), lumina.EVENT)])
def test_only_rows_make_a_tape(events, instrument):
    with pytest.raises(DataError, match=r"not a row of lumina.EVENT"):
        Tape(events, instrument)


def test_cut_and_grown_files_are_refused(tape, tmp_path):
    path = tmp_path / "a.lumina"
    tape.save(path)
    whole = path.read_bytes()
    for length in [0, 1, 7, 8, 40, 200, 4096, len(whole) - 160, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=str(path)):
            Tape.open(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(DataError, match="the file was cut or grew"):
        Tape.open(path)


def test_every_bit_of_head_and_header_is_guarded(tape, tmp_path):
    path = tmp_path / "a.lumina"
    tape.save(path)
    whole = bytearray(path.read_bytes())
    length = struct.unpack_from("<I", whole, 12)[0]
    refused = 0
    for i in range(48 + length):
        for bit in (1, 128):
            whole[i] ^= bit
            path.write_bytes(whole)
            whole[i] ^= bit
            with pytest.raises(DataError):
                Tape.open(path)
            refused += 1
    assert refused == 2 * (48 + length)


def test_a_changed_row_is_found_by_validate(tape, tmp_path):
    path = tmp_path / "a.lumina"
    tape.save(path)
    whole = bytearray(path.read_bytes())
    whole[-32 + 16] ^= 1  # latency of the last row
    path.write_bytes(whole)
    report = Tape.open(path).validate()
    assert not report.ok
    assert "checksum" in report.lines()[0]


def test_a_header_that_lies_is_found(tape, tmp_path):
    path = tmp_path / "a.lumina"
    tape.save(path)
    whole = bytearray(path.read_bytes())
    length = struct.unpack_from("<I", whole, 12)[0]
    header = json.loads(whole[48 : 48 + length])
    header["price_ticks"] = [100, 100]
    text = json.dumps(header, separators=(",", ":")).encode()
    assert len(text) == length
    whole[48 : 48 + length] = text
    struct.pack_into("<I", whole, 16, zlib.crc32(text))
    path.write_bytes(whole)
    report = Tape.open(path).validate()
    assert "header: price_ticks [100, 100] but the rows have [100, 101]" in report.lines()
    assert report.violations["price"].rows[0] == (1, 101, 100)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.pop("clock"),
        lambda h: h.update(rows=4),
        lambda h: h.update(price_ticks=[5, 4]),
        lambda h: h.update(level="L9"),
        lambda h: h["instrument"].update(tick_size="0"),
        lambda h: h.update(instrument=None),
        lambda h: h.update(latency_ns=[0.5, 1]),
    ],
)
def test_a_broken_header_is_one_line(tape, tmp_path, change):
    path = tmp_path / "a.lumina"
    tape.save(path)
    whole = bytearray(path.read_bytes())
    length = struct.unpack_from("<I", whole, 12)[0]
    header = json.loads(whole[48 : 48 + length])
    change(header)
    text = json.dumps(header).encode()
    whole[48 : 48 + len(text)] = text
    struct.pack_into("<II", whole, 12, len(text), zlib.crc32(text))
    path.write_bytes(whole)
    with pytest.raises(DataError, match="broken header") as error:
        Tape.open(path)
    assert "\n" not in str(error.value)


def test_a_failed_save_leaves_what_was_there(tape, tmp_path, monkeypatch):
    path = tmp_path / "a.lumina"
    tape.save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError, match=r"a.lumina: cannot be written: No space left on device"):
        tape.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.lumina"]


def test_no_such_file():
    with pytest.raises(DataError, match="nowhere: cannot be read: No such file"):
        Tape.open("nowhere")


def test_other_contract_terms_share_the_rows(tape):
    other = tape.with_instrument(dataclasses.replace(tape.instrument, settlement="EUR", multiplier=10))
    assert np.shares_memory(other.events, tape.events)
    assert (other.instrument.settlement, other.instrument.multiplier) == ("EUR", 10)
    assert other.header["rows"] == len(tape)
    assert tape.instrument.settlement != "EUR"
