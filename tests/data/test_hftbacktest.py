"""hftbacktest's rows, read and written."""

import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumina
from lumina import Flag, Kind, Side, Tape
from lumina._core._resolver import NO_PRICE
from lumina.data import convert
from lumina.data.hftbacktest.rows import BBO, BUY, CLEAR, DEPTH, EXCH, LOCAL, ROW, SELL, SNAPSHOT, TRADE
from lumina.errors import DataError

BOTH = EXCH | LOCAL
E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
NAN = float("nan")
SIZES = {"tick_size": "0.5", "lot_size": "0.01"}


def peer_rows(*rows):
    """(ev, exch, local, px, qty) rows."""
    out = np.zeros(len(rows), ROW)
    for i, (ev, exch, local, px, qty) in enumerate(rows):
        out[i] = (ev, exch, local, px, qty, 0, 0, 0)
    return out


@pytest.fixture
def load(tmp_path):
    def load(rows, **options):
        np.save(tmp_path / "in.npy", rows)
        return lumina.load(tmp_path / "in.npy", **{**SIZES, **options})

    return load


def rows_of(tape):
    return [
        (Kind(kind), side, price, qty, Flag(flags)) for _, _, _, price, qty, kind, side, flags in tape.events.tolist()
    ]


def test_every_kind(load):
    tape = load(
        peer_rows(
            (CLEAR | BOTH, 10, 12, NAN, 0),
            (SNAPSHOT | BUY | BOTH, 10, 12, 99.5, 2.0),
            (SNAPSHOT | SELL | BOTH, 10, 12, 100.5, 3.0),
            (TRADE | BUY | BOTH, 20, 25, 100.5, 0.5),
            (DEPTH | SELL | BOTH, 20, 25, 100.5, 2.5),
            (BBO | BUY | BOTH, 30, 31, 100.0, 1.0),
            (TRADE | BOTH, 40, 41, 100.0, 0.01),
            (CLEAR | BUY | BOTH, 50, 51, 100.0, 0),
            (CLEAR | SELL | BOTH, 60, 61, NAN, 0),
            (BBO | BUY | BOTH, 70, 71, NAN, 0),
        )
    )
    both, all_ = E | L, E | L | END
    buy, sell, none = Side.BUY, Side.SELL, Side.NONE
    assert rows_of(tape) == [
        (Kind.CLEAR, none, NO_PRICE, 0, both),
        (Kind.SNAPSHOT_BEGIN, none, 0, 0, both),
        (Kind.CHANGE, buy, 199, 200, both),
        (Kind.CHANGE, sell, 201, 300, both),
        (Kind.SNAPSHOT_END, none, 0, 0, all_),
        (Kind.TRADE, buy, 201, 50, both),
        (Kind.CHANGE, sell, 201, -50, all_),
        (Kind.BBO, buy, 200, 100, all_),
        (Kind.TRADE, none, 200, 1, all_),
        (Kind.CLEAR, buy, 200, 0, both),
        (Kind.CHANGE, buy, 200, -100, all_),
        (Kind.CLEAR, sell, NO_PRICE, 0, both),
        (Kind.CHANGE, sell, 201, -250, all_),
        (Kind.CLEAR, buy, NO_PRICE, 0, both),
        (Kind.CHANGE, buy, 199, -200, all_),
    ]
    assert tape.events["latency_ns"].tolist() == [2] * 5 + [5] * 2 + [1] * 8
    assert tape.instrument.symbol == "in"
    assert tape.provenance["files"][0]["name"] == "in.npy"


def test_prints_between_ticks_are_hidden_and_go_away_from_the_mid(load):
    tape = load(
        peer_rows(
            (TRADE | SELL | BOTH, 1, 1, 100.3, 1),
            (TRADE | BUY | BOTH, 2, 2, 100.3, 1),
            (TRADE | BUY | BOTH, 3, 3, 100.5, 1),
        )
    )
    assert [(row[2], bool(row[4] & Flag.HIDDEN)) for row in rows_of(tape)] == [(200, True), (201, True), (201, False)]
    assert tape.provenance["hidden_prints"] == 2


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            (DEPTH | BUY | BOTH, 9, 9, 100.3, 1),
            "row 1: px '100.3' is no multiple of tick_size 0.5; remedy: tick_size 0.1, or option round_prices",
        ),
        (
            (DEPTH | BUY | BOTH, 9, 9, 100.0, 0.005),
            "row 1: qty '0.005' is no multiple of lot_size 0.01; remedy: lot_size 0.005, or option round_lots",
        ),
        ((DEPTH | BUY | BOTH, 9, 9, NAN, 1), "row 1: px nan of kind 1 is no price"),
        ((DEPTH | BUY | BOTH, 9, 9, 1e12, 1), "row 1: px '1000000000000.0' is over 1073741824 steps of tick_size 0.5"),
        ((DEPTH | BUY | BOTH, 9, 9, 100.0, -1), "row 1: qty -1.0 of kind 1 is below the bound 0"),
        ((DEPTH | BUY | BOTH, 9, 9, 100.0, NAN), "row 1: qty nan of kind 1 is below"),
        (
            (DEPTH | BUY | BOTH, 9, 9, 100.0, 3e7),
            "row 1: qty '30000000.0' is over 2147483647 steps of lot_size 0.01; remedy: option",
        ),
        ((TRADE | BUY | BOTH, 9, 9, 100.0, 0), "row 1: qty 0.0 of kind 2 is below the bound > 0"),
        ((DEPTH | BOTH, 9, 9, 100.0, 1), "row 1: ev 0xc0000001 must have one side"),
        ((DEPTH | BUY | SELL | BOTH, 9, 9, 100.0, 1), "must have one side"),
        ((DEPTH | BUY, 9, 9, 100.0, 1), "row 1: ev 0x20000001 has neither the exchange nor the local flag"),
        ((10 | BOTH, 9, 9, 100.0, 1), "row 1: ev 0xc000000a must have one side"),
        ((10 | BUY | BOTH, 9, 9, 100.0, 0), "row 1: qty 0.0 of kind 10 is below the bound > 0"),
        ((77 | BUY | BOTH, 9, 9, 100.0, 1), "row 1: ev kind 77 is unknown; known are 1 to 5"),
        ((DEPTH | BUY | BOTH, 9, 8, 100.0, 1), 'row 1: latency -1 ns is below 0.*clock="shift"'),
        (
            (DEPTH | BUY | BOTH, 9, 9 + 2**32, 100.0, 1),
            "row 1: latency 4294967296 ns does not fit a row, bound 4294967295",
        ),
        ((DEPTH | BUY | BOTH, 4, 9, 100.0, 1), "row 1: exch_ts 4 is below 5 of the row before"),
        ((DEPTH | BUY | BOTH, 6, 7, 100.0, 1), "row 1: local_ts 7 is below 8 of the row before"),
    ],
)
def test_bad_rows_are_named(load, row, says):
    with pytest.raises(DataError, match=says) as error:
        load(peer_rows((DEPTH | BUY | BOTH, 5, 8, 100.0, 1), row), out_of_range="error")
    assert "in.npy" in str(error.value)
    assert "\n" not in str(error.value)


def test_sizes_are_needed(load):
    with pytest.raises(DataError, match="do not carry lot_size; remedy: give"):
        load(peer_rows((DEPTH | BUY | BOTH, 5, 8, 100.0, 1)), lot_size=None)


def test_unknown_options_are_refused(load):
    with pytest.raises(DataError, match="format hftbacktest has no option colour; it has symbol"):
        load(peer_rows((DEPTH | BUY | BOTH, 5, 8, 100.0, 1)), colour="red")


def test_T5_clock_shift_adds_one_constant(load, tmp_path):
    rows = peer_rows((DEPTH | BUY | BOTH, 1000, 300, 100.0, 1), (DEPTH | BUY | BOTH, 1001, 400, 100.0, 2))
    tape = load(rows, clock="shift", min_latency_ns=50)
    assert tape.events["latency_ns"].tolist() == [50, 149]
    assert tape.clock == {"repair": "shift", "shift_ns": 750, "min_latency_ns": 50}
    again = convert(tmp_path / "in.npy", tmp_path / "x.lumina", clock="shift", min_latency_ns=50, **SIZES)
    assert (again.events == tape.events).all()
    assert again.clock == tape.clock
    assert again.validate().ok


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"clock": "shift"}, "needs min_latency_ns"),
        ({"clock": "shift", "min_latency_ns": -1}, "needs min_latency_ns between 0"),
        ({"clock": "drift"}, "clock = 'drift'"),
        ({"min_latency_ns": 5}, "needs clock="),
    ],
)
def test_T5_options(load, options, says):
    with pytest.raises(DataError, match=says):
        load(peer_rows((DEPTH | BUY | BOTH, 5, 8, 100.0, 1)), **options)


def test_T5_shifted_latencies_fit_too(load):
    rows = peer_rows((DEPTH | BUY | BOTH, 1000, 0, 100.0, 1), (DEPTH | BUY | BOTH, 1001, 2**32 - 1, 100.0, 2))
    with pytest.raises(DataError, match=r"row 1: latency 4294968345 ns does not fit"):
        load(rows, clock="shift", min_latency_ns=1051)


@pytest.mark.parametrize("damage", ["text", "dtype", "empty", "cut", "pickle", "cut header"])
def test_broken_files(tmp_path, damage):
    path = tmp_path / "x.npy"
    rows = peer_rows(*[(DEPTH | BUY | BOTH, i, i, 100.0, 1) for i in range(9)])
    np.save(
        path,
        {"dtype": np.zeros(3), "empty": rows[:0], "pickle": np.array([{}], object)}.get(damage, rows),
        allow_pickle=True,
    )
    if damage == "text":
        path.write_text("hello")
    elif damage.startswith("cut"):
        path.write_bytes(path.read_bytes()[: 40 if damage == "cut header" else -64])
    with pytest.raises(DataError, match=r"x.npy: ") as error:
        lumina.load(path, format="hftbacktest", **SIZES)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("cut", [10, 300, -1, -30])
def test_broken_npz(tmp_path, cut):
    path = tmp_path / "x.npz"
    rng = np.random.default_rng(1)
    rows = peer_rows(*[(DEPTH | BUY | BOTH, i, i, 100.0, int(rng.integers(9))) for i in range(999)])
    np.savez_compressed(path, data=rows)
    assert len(lumina.load(path, **SIZES)) > 500
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match=r"x.npz: broken npz"):
        lumina.load(path, **SIZES)


def test_corrupt_npz(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, data=peer_rows(*[(DEPTH | BUY | BOTH, i, i, 100.0, i) for i in range(999)]))
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 + 5] ^= 0x40
    path.write_bytes(whole)
    with pytest.raises(DataError, match=r"x.npz: "):
        lumina.load(path, **SIZES)


def test_a_failed_conversion_leaves_nothing(tmp_path):
    np.save(tmp_path / "x.npy", peer_rows((DEPTH | BUY | BOTH, 5, 8, 100.0, 1), (DEPTH | BUY | BOTH, 9, 9, NAN, 1)))
    with pytest.raises(DataError):
        convert(tmp_path / "x.npy", tmp_path / "x.lumina", **SIZES)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.npy"]
    with pytest.raises(DataError, match="the output is one of the inputs"):
        convert(tmp_path / "x.npy", tmp_path / "x.npy", **SIZES)


def test_chunks_do_not_show(tmp_path, load, monkeypatch):
    rows = random_rows(np.random.default_rng(5), 3000)
    whole = load(rows)
    monkeypatch.setattr("lumina.data.hftbacktest.importer._CHUNK_ROWS", 7)
    assert (load(rows).events == whole.events).all()
    np.save(tmp_path / "a.npy", rows[:1000])
    np.save(tmp_path / "b.npy", rows[1000:])
    two = lumina.load([tmp_path / "a.npy", tmp_path / "b.npy"], **SIZES)
    assert (two.events == whole.events).all()


def random_rows(rng, n, ties=True):
    """Random rows in both orders: some conflict and stand twice. Without `ties` those share no time."""
    exch = np.sort(rng.integers(0, n, n)) if ties else 10 * (np.arange(n) - (np.arange(n) % 7 == 0))

    def quantity(kind, i):
        # a snapshot row always changes its level: one without a change would leave two markers and nothing between
        return (
            0.0 if kind == CLEAR else (i + 10) / 100 if kind == SNAPSHOT else int(rng.integers(kind == TRADE, 6)) / 100
        )

    rows = []
    for i, when in enumerate(exch):
        side = int(rng.choice([BUY, SELL]))
        kind = int(rng.choice([DEPTH] * 12 + [TRADE] * 3 + [SNAPSHOT, BBO, CLEAR]))
        px = 90.0 + 0.5 * int(rng.integers(0, 30)) + (20 if side == SELL else 0)
        if kind == TRADE:
            side = int(rng.choice([BUY, SELL, 0]))
        if kind == CLEAR:
            px = float(rng.choice([px, NAN]))
        rows.append(
            (
                kind | side,
                int(when),
                int(when) + 5,
                px,
                quantity(kind, i),
            )
        )
    out = []
    for i, row in enumerate(rows):
        if i % 7 == 3 and i + 2 < len(rows):
            # the next two are received first: exchange copy here, local copy after them
            ev, when, _, px, qty = row
            late = rows[i + 2][1] + 5
            out.append((ev | EXCH, when, late, px, qty))
            out.extend((e | BOTH, w, loc, p, q) for e, w, loc, p, q in rows[i + 1 : i + 3])
            out.append((ev | LOCAL, when, late, px, qty))
            rows[i + 1] = rows[i + 2] = None
        elif row is not None:
            out.append((row[0] | BOTH, *row[1:]))
    return peer_rows(*out)


def absolute(slow, rows, view):
    """Dict book after each run of equal exchange times of a view."""
    book, states, last = slow.Book(), [{}], None
    for ev, exch, _, px, qty, *_ in rows.tolist():
        if not ev & view:
            continue
        if last is not None and exch != last:
            states.append(dict(book.levels))
        last = exch
        kind = ev & 0xFF
        side = Side.BUY if ev & BUY else Side.SELL if ev & SELL else Side.NONE
        if kind in (DEPTH, SNAPSHOT):
            book.set(side, round(px * 2), round(qty * 100))
        elif kind == BBO:
            book.bbo(side, round(px * 2), round(qty * 100))
        elif kind == CLEAR:
            book.clear(side, None if px != px else round(px * 2))
    return [*states, dict(book.levels)]


def distinct(states):
    return [state for i, state in enumerate(states) if i == 0 or state != states[i - 1]]


@given(seed=st.integers(0, 10**6))
def test_rows_replay_to_the_totals_of_each_view(tmp_path_factory, slow, seed):
    rows = random_rows(np.random.default_rng(seed), 80)
    path = tmp_path_factory.mktemp("hbt") / "x.npy"
    np.save(path, rows)
    tape = lumina.load(path, **SIZES)
    for view, peer_view in ((E, EXCH), (L, LOCAL)):
        assert distinct(slow.replay(tape.events, view)) == distinct(absolute(slow, rows, peer_view))


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("seed", range(5))
def test_round_trip(tmp_path, load, slow, seed, suffix):
    # the format has no ends of events: a row that changes nothing, and is none, may have parted two
    rows = random_rows(np.random.default_rng(seed), 500, ties=False)
    tape = load(rows)
    written = tape.to_hftbacktest(tmp_path / f"out.{suffix}")
    back = np.load(tmp_path / f"out.{suffix}")
    back = back["data"] if suffix == "npz" else back
    assert written["rows"] == len(back)
    # the peer's rows tell the same books, and become the same tape
    for peer_view in (EXCH, LOCAL):
        assert distinct(absolute(slow, back, peer_view)) == distinct(absolute(slow, rows, peer_view))
    again = lumina.load(tmp_path / f"out.{suffix}", **SIZES)
    for view in (E, L):
        assert of_view(again, view) == of_view(tape, view)


def of_view(tape, view):
    """The rows that one view sees."""
    events = tape.events[(tape.events["flags"] & view) != 0].copy()
    events["flags"] &= ~np.uint16(E | L)
    return events.tolist()


def test_levels_that_differ_between_views_are_written_twice(make_events, instrument, tmp_path):
    both = E | L
    tape = Tape(
        make_events(
            (1, 0, 10, 5, Kind.CHANGE, Side.BUY, both | END),
            (2, 5, 10, 2, Kind.CHANGE, Side.BUY, E | END),
            (3, 1, 10, 1, Kind.CHANGE, Side.BUY, both | END),
            (3, 4, 10, 2, Kind.CHANGE, Side.BUY, L | END),
            (4, 9, 0, 1, Kind.STATUS, Side.NONE, both | END),
            (5, 9, 11, 1, Kind.TRADE, Side.BUY, both | END | Flag.OFFBOOK),
        ),
        instrument,
    )
    assert tape.to_hftbacktest(tmp_path / "x.npy") == {"rows": 6, "status": 1}
    rows = np.load(tmp_path / "x.npy")
    assert rows[["ev", "exch_ts", "local_ts", "px", "qty"]].tolist() == [
        (DEPTH | BUY | BOTH, 1, 1, 1.0, 0.005),
        (DEPTH | BUY | EXCH, 2, 7, 1.0, 0.007),
        (DEPTH | BUY | EXCH, 3, 4, 1.0, 0.008),
        (DEPTH | BUY | LOCAL, 3, 4, 1.0, 0.006),
        (DEPTH | BUY | LOCAL, 3, 7, 1.0, 0.008),
        (TRADE | BOTH, 5, 14, 1.1, 0.001),
    ]


def test_only_level_tapes_are_written(make_events, instrument, tmp_path):
    rows = make_events((1, 0, 10, 5, Kind.ADD, Side.BUY, E | L | END))
    rows["stamp"] = 1
    tape = Tape(rows, instrument)
    with pytest.raises(DataError, match="L3"):
        tape.to_hftbacktest(tmp_path / "x.npy")
    tape = Tape(make_events((1, 0, 10, 5, Kind.CHANGE, Side.BUY, E | L | END)), instrument)
    with pytest.raises(DataError, match=r"must end in .npz or .npy"):
        tape.to_hftbacktest(tmp_path / "x.csv")


def test_npz_of_several_arrays(tmp_path):
    rows = peer_rows((DEPTH | BUY | BOTH, 5, 8, 100.0, 1))
    np.savez(tmp_path / "x.npz", a=rows, b=rows)
    with pytest.raises(DataError, match="holds 2 arrays and none is named data"):
        lumina.load(tmp_path / "x.npz", **SIZES)
    with zipfile.ZipFile(tmp_path / "y.npz", "w"):
        pass
    with pytest.raises(DataError, match=r"y.npz"):
        lumina.load(tmp_path / "y.npz", format="hftbacktest", **SIZES)


def test_generated_tape_comes_back(data_dir, tmp_path, slow):
    generator = data_dir.parent / "peers" / "gen_l2.py"
    if not generator.is_file():
        pytest.skip(f"no tape generator at {generator}")
    subprocess.run(
        [sys.executable, str(generator), "--events", "20000", "--seed", "3", "--npy", "--out", str(tmp_path / "g")],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    sizes = {"tick_size": "0.1", "lot_size": "0.001"}
    tape = lumina.load(tmp_path / "g.npz", **sizes)
    assert (lumina.load(tmp_path / "g.npy", **sizes).events == tape.events).all()
    rows = np.load(tmp_path / "g.npy")
    trades = tape.events[tape.events["kind"] == Kind.TRADE]
    peer = rows[(rows["ev"] & 0xFF) == TRADE]
    assert len(trades) == len(peer) > 1000
    assert np.abs(trades["price_ticks"] * 0.1 - peer["px"]).max() < 1e-6
    assert np.abs(trades["qty_lots"] * 0.001 - peer["qty"]).max() < 1e-9
    # final book: the last total of each level
    last = {}
    for ev, _, _, px, qty, *_ in rows.tolist():
        if ev & 0xFF in (DEPTH, SNAPSHOT):
            last[Side.BUY if ev & BUY else Side.SELL, round(px * 10)] = round(qty * 1000)
    assert slow.totals(tape.events, L) == {key: qty for key, qty in last.items() if qty}
    tape.to_hftbacktest(tmp_path / "back.npy")
    assert (lumina.load(tmp_path / "back.npy", **sizes).events == tape.events).all()
