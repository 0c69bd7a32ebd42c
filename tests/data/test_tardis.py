"""Tardis files: every row of the samples against a book of dicts, and small files for every rule."""

import csv
import gzip
from fractions import Fraction

import pytest

import lumina
from lumina import DepthBook, Flag, Kind, Side
from lumina.data import convert
from lumina.errors import DataError

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BUY, SELL = Side.BUY, Side.SELL
BOOK = "binance_BTCUSDT_incremental_book_L2_2019-12-01_rows_1_2050.csv"
TRADES = "binance_BTCUSDT_trades_2019-12-01_rows_1_100.csv"


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def steps(text, step):
    """Whole steps of a decimal text, by fractions."""
    number = Fraction(text) / step
    assert number.denominator == 1
    return int(number)


def ticks_and_lots(tape, price, amount):
    return steps(price, tape.instrument.tick_size), steps(amount, tape.instrument.lot_size)


@pytest.mark.parametrize(
    ("name", "tick", "lot", "levels"),
    [
        (BOOK, "0.01", "0.000001", 1000),
        ("deribit_incremental_book_L2_BTC-PERPETUAL.csv", "0.5", "10", 0),
    ],
)
def test_incremental_books_are_a_dicts(data_dir, slow, name, tick, lot, levels):
    path = data_dir / "tardis" / name
    tape = lumina.load(path)
    assert tape.validate().ok
    assert (tape.instrument.tick_size, tape.instrument.lot_size) == (Fraction(tick), Fraction(lot))
    assert tape.depth_limit == 0
    book, states, key = slow.Book(), [{}], None
    rows = rows_of(path)
    for row in rows:
        if key not in (None, row["local_timestamp"]):
            states.append(dict(book.levels))
        key = row["local_timestamp"]
        price, qty = ticks_and_lots(tape, row["price"], row["amount"])
        book.set(BUY if row["side"] == "bid" else SELL, price, qty)
    states.append(dict(book.levels))
    assert rows[0]["is_snapshot"] == "true"
    for view in (E, L):
        assert slow.replay(tape.events, view) == states
    assert len([key for key in states[1] if key[0] == BUY]) == levels
    assert tape.provenance["book"]["rows"] == len(rows)
    assert tape.provenance["book"]["snapshots"] == 1


@pytest.mark.parametrize("name", [TRADES, "bitmex_trades_XBTUSD.csv"])
def test_trades_stand_as_they_are(data_dir, name):
    path = data_dir / "tardis" / name
    tape = lumina.load(path)
    assert tape.validate().ok
    expected = [
        (
            int(row["timestamp"]) * 1000,
            int(row["local_timestamp"]) * 1000,
            *ticks_and_lots(tape, row["price"], row["amount"]),
            BUY if row["side"] == "buy" else SELL,
        )
        for row in rows_of(path)
    ]
    events = tape.events.tolist()
    assert all(event[5] == Kind.TRADE for event in events)
    found = [(event[0], event[0] + event[2], event[3], event[4], event[6]) for event in events]
    assert found == sorted(expected, key=lambda trade: trade[0])


@pytest.mark.parametrize("depth", [5, 25])
def test_snapshot_rows_are_the_window_after_each_event(data_dir, depth):
    path = data_dir / "tardis" / f"binance-futures_book_snapshot_{depth}_BTCUSDT.csv"
    tape = lumina.load(path)
    assert tape.validate().ok
    assert tape.depth_limit == depth
    rows = rows_of(path)
    windows = []
    for row in rows:
        sides = [
            [ticks_and_lots(tape, row[f"{side}s[{i}].price"], row[f"{side}s[{i}].amount"]) for i in range(depth)]
            for side in ("bid", "ask")
        ]
        windows.append((int(row["timestamp"]) * 1000, int(row["local_timestamp"]) * 1000, *sides))
    for view, name in ((E, "exchange"), (L, "local")):
        events = tape.events[(tape.events["flags"] & view) != 0]
        book, found, start = DepthBook(), {}, 0
        for i in range(len(events)):
            if events["flags"][i] & END:
                book.apply(events[start : i + 1], view=name)
                start = i + 1
                bids, asks = book.depth(depth)
                time = int(events["exch_ts_ns"][i])
                found[time] = [[tuple(map(int, level)) for level in side] for side in (bids, asks)]
        shown = None
        for exch, _, bids, asks in windows:
            shown = found.get(exch, shown)  # a row that changes nothing is no event
            assert shown == [bids, asks]


def test_quotes_are_the_touch(data_dir, slow):
    path = data_dir / "tardis" / "huobi-dm-swap_quotes_BTC-USD.csv"
    tape = lumina.load(path)
    assert tape.validate().ok
    assert tape.depth_limit == 1
    assert set(tape.events["kind"]) == {Kind.BBO}
    states, last = [{}], None
    for row in rows_of(path):
        bid = ticks_and_lots(tape, row["bid_price"], row["bid_amount"])
        ask = ticks_and_lots(tape, row["ask_price"], row["ask_amount"])
        state = {(BUY, bid[0]): bid[1], (SELL, ask[0]): ask[1]}
        if state != last:
            states.append(state)
        last = state
    assert slow.replay(tape.events, E) == states


def test_book_and_trades_are_joined_by_receipt(data_dir, tmp_path):
    folder = data_dir / "tardis"
    one = lumina.load([folder / BOOK, folder / TRADES])
    other = lumina.load([folder / TRADES, folder / BOOK])
    assert (one.events == other.events).all()
    assert one.validate().ok
    alone = [lumina.load(folder / BOOK), lumina.load(folder / TRADES)]
    assert len(one) == sum(map(len, alone))
    local = one.events["exch_ts_ns"] + one.events["latency_ns"]
    rows = one.events[(one.events["flags"] & L) != 0]
    assert (rows["exch_ts_ns"][rows["kind"] == Kind.TRADE] > 0).sum() == 100
    assert (local[(one.events["flags"] & L) != 0][1:] >= local[(one.events["flags"] & L) != 0][:-1]).all()
    assert [file["name"] for file in one.provenance["files"]] == [BOOK, TRADES]
    # streamed, and packed, it is the same
    packed = tmp_path / "book.csv.gz"
    packed.write_bytes(gzip.compress((folder / BOOK).read_bytes()))
    again = convert([packed, folder / TRADES], tmp_path / "t.tape")
    assert (again.events == one.events).all()


# Small files

HEAD = "exchange,symbol,timestamp,local_timestamp,"
T0 = 1_600_000_000_000_000  # us


def depth(*rows, symbol="X"):
    """(time, latency, snapshot, side, price, amount) rows, times in us from T0."""
    lines = [
        f"venue,{symbol},{T0 + time},{T0 + time + latency},{str(snapshot).lower()},{side},{price},{amount}"
        for time, latency, snapshot, side, price, amount in rows
    ]
    return HEAD + "is_snapshot,side,price,amount\n" + "".join(line + "\n" for line in lines)


def trades(*rows):
    """(time, latency, side, price, amount) rows."""
    lines = [
        f"venue,X,{T0 + time},{T0 + time + latency},id,{side},{price},{amount}\n"
        for time, latency, side, price, amount in rows
    ]
    return HEAD + "id,side,price,amount\n" + "".join(lines)


def windows(n, *rows):
    """(time, latency, asks, bids) rows of (price, amount) pairs, fewer than n at will."""
    names = [f"{side}s[{i}].{what}" for i in range(n) for side in ("ask", "bid") for what in ("price", "amount")]
    lines = [HEAD + ",".join(names)]
    for time, latency, asks, bids in rows:
        cells = []
        for i in range(n):
            for side in (asks, bids):
                cells += [str(x) for x in side[i]] if i < len(side) else ["", ""]
        lines.append(f"venue,X,{T0 + time},{T0 + time + latency}," + ",".join(cells))
    return "\n".join(lines) + "\n"


@pytest.fixture
def load(tmp_path):
    def load(*contents, **options):
        paths = []
        for i, content in enumerate(contents):
            path = tmp_path / f"{i}.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return lumina.load(paths, **({"tick_size": 1, "lot_size": 1} | options))

    return load


START = ((0, 10, True, "bid", 99, 5), (0, 10, True, "ask", 101, 7))


def plain(tape):
    """(us from T0, us of latency, kind, side, price, quantity, flags less both views) of each row."""
    return [
        (exch // 1000 - T0, latency // 1000, Kind(kind), side, price, qty, flags & ~(E | L))
        for exch, _, latency, price, qty, kind, side, flags in tape.events.tolist()
    ]


def test_a_snapshot_after_a_change_is_the_whole_book(load):
    tape = load(
        depth(
            *START,
            (50, 10, False, "bid", 99, 0),
            (50, 10, False, "bid", 98, 2),
            (90, 10, True, "bid", 97, 1),
            (90, 10, True, "ask", 101, 7),
            (95, 10, False, "ask", 101, 3),
        )
    )
    assert plain(tape) == [
        (0, 10, Kind.SNAPSHOT_BEGIN, Side.NONE, 0, 0, 0),
        (0, 10, Kind.CHANGE, BUY, 99, 5, 0),
        (0, 10, Kind.CHANGE, SELL, 101, 7, 0),
        (0, 10, Kind.SNAPSHOT_END, Side.NONE, 0, 0, END),
        (50, 10, Kind.CHANGE, BUY, 99, -5, 0),
        (50, 10, Kind.CHANGE, BUY, 98, 2, END),
        (90, 10, Kind.SNAPSHOT_BEGIN, Side.NONE, 0, 0, 0),
        (90, 10, Kind.CHANGE, BUY, 98, -2, 0),
        (90, 10, Kind.CHANGE, BUY, 97, 1, 0),
        (90, 10, Kind.SNAPSHOT_END, Side.NONE, 0, 0, END),
        (95, 10, Kind.CHANGE, SELL, 101, -4, END),
    ]


def test_a_change_at_the_time_of_the_snapshot_is_another_message(load):
    tape = load(depth(*START, (0, 10, False, "bid", 99, 6)))
    assert [row[2] for row in plain(tape)][-2:] == [Kind.SNAPSHOT_END, Kind.CHANGE]
    assert tape.provenance["book"]["messages"] == 2


def test_what_comes_before_the_first_snapshot_is_counted(load):
    tape = load(depth((-5, 1, False, "bid", 50, 1), *START))
    assert [row[4] for row in plain(tape)] == [0, 99, 101, 0]
    assert tape.provenance["book"]["rows before the first snapshot"] == 1
    assert "data: not used: 1 rows before the first snapshot" in [str(note) for note in tape.notes]
    with pytest.raises(DataError, match=r"0.csv: no row of a snapshot"):
        load(depth((0, 1, False, "bid", 50, 1)))


def test_a_second_file_of_the_day_after_goes_on(load):
    first = depth(*START)
    second = depth((1000, 10, True, "bid", 99, 5), (1000, 10, True, "ask", 102, 1), (1001, 10, False, "ask", 102, 2))
    tape = load(second, first)
    assert [row[:6] for row in plain(tape)[4:]] == [
        # rows of a snapshot right after one of a snapshot add to it
        (1000, 10, Kind.CHANGE, SELL, 102, 1),
        (1001, 10, Kind.CHANGE, SELL, 102, 1),
    ]


def test_F6_a_print_stands_before_the_depth_it_caused(load):
    book = depth(*START, (50, 10, False, "ask", 101, 4))
    tape = load(book, trades((50, 10, "buy", 101, 3), (60, 10, "unknown", 101, 1)))
    assert plain(tape)[4:] == [
        (50, 10, Kind.TRADE, BUY, 101, 3, END),
        (50, 10, Kind.CHANGE, SELL, 101, -3, END),
        (60, 10, Kind.TRADE, Side.NONE, 101, 1, END),
    ]


def test_a_print_between_ticks_is_hidden_and_away_from_the_mid(load):
    tape = load(trades((0, 1, "sell", "99.5", 1), (1, 1, "buy", "100.5", 1), (2, 1, "buy", 100, 0)))
    assert plain(tape) == [
        (0, 1, Kind.TRADE, SELL, 99, 1, END | Flag.HIDDEN),
        (1, 1, Kind.TRADE, BUY, 101, 1, END | Flag.HIDDEN),
    ]
    assert tape.provenance["trades"]["hidden prints"] == 2
    assert tape.provenance["trades"]["trades of nothing"] == 1


def test_exchange_time_does_not_go_back_within_a_book(load):
    # the change was sent before the snapshot was dated, and received after it
    tape = load(depth(*START, (-20, 40, False, "bid", 99, 6), (30, 5, False, "bid", 99, 7)))
    assert [row[:2] for row in plain(tape)[4:]] == [(0, 20), (30, 5)]
    assert tape.provenance["book"]["exchange_time_back"] == 1


def test_rows_without_an_exchange_time_are_told(load):
    zero = depth(*START).replace(f",{T0},", ",0,")
    for text in (zero, depth(*((time, 0, *rest) for time, _, *rest in START))):
        tape = load(text)
        assert {row[1] for row in plain(tape)} == {0}
        assert tape.provenance["book"]["rows without an exchange time of their own"] == 2


def test_an_old_snapshot_is_dated_by_its_receipt(load):
    tape = load(depth(*((-60_000_000, 60_000_000, *rest) for _, _, *rest in START), (5, 1, False, "bid", 99, 6)))
    assert [row[:2] for row in plain(tape)] == [(0, 0)] * 4 + [(5, 1)]
    assert tape.provenance["book"]["snapshots dated by their receipt"] == 1


def test_F5_a_level_that_left_the_window_gets_no_zero(load):
    tape = load(
        windows(
            2,
            (0, 1, [(101, 1), (102, 2)], [(99, 3), (98, 4)]),
            # a new best pushes 98 out; 102 is gone from within and 104 shows
            (10, 1, [(101, 1), (104, 5)], [(100, 6), (99, 3)]),
            # 100 and 99 go: 98 is back with another quantity, and 97
            (20, 1, [(101, 1), (104, 5)], [(98, 1), (97, 2)]),
            # the window moves up, and comes back without 98
            (30, 1, [(101, 1), (104, 5)], [(100, 1), (99, 1)]),
            (40, 1, [(101, 1), (104, 5)], [(100, 1), (97, 2)]),
            # one level is all that the side has
            (50, 1, [(101, 1), (104, 5)], [(96, 9)]),
        )
    )
    assert tape.depth_limit == 2
    changes = [(row[0], row[3], row[4], row[5]) for row in plain(tape)]
    assert changes == [
        (0, BUY, 99, 3), (0, BUY, 98, 4), (0, SELL, 101, 1), (0, SELL, 102, 2),
        (10, BUY, 100, 6), (10, SELL, 102, -2), (10, SELL, 104, 5),
        (20, BUY, 100, -6), (20, BUY, 99, -3), (20, BUY, 98, -3), (20, BUY, 97, 2),
        (30, BUY, 100, 1), (30, BUY, 99, 1),
        (40, BUY, 99, -1), (40, BUY, 98, -1),
        (50, BUY, 100, -1), (50, BUY, 97, -2), (50, BUY, 96, 9),
    ]  # fmt: skip


def test_an_empty_side_of_quotes_is_cleared(load):
    head = HEAD + "ask_amount,ask_price,bid_price,bid_amount\n"
    rows = [(0, "5,101,99,3"), (10, ",,99,3"), (20, ",,99,4"), (30, "1,102,100,4")]
    tape = load(head + "".join(f"venue,X,{T0 + time},{T0 + time},{cells}\n" for time, cells in rows))
    found = [(row[0], row[2], row[3], row[4], row[5]) for row in plain(tape)]
    assert found == [
        (0, Kind.BBO, BUY, 99, 3),
        (0, Kind.BBO, SELL, 101, 5),
        (10, Kind.CLEAR, SELL, -(2**31), 0),
        (10, Kind.CHANGE, SELL, 101, -5),
        (20, Kind.BBO, BUY, 99, 1),
        (30, Kind.BBO, BUY, 100, 4),
        (30, Kind.BBO, SELL, 102, 1),
    ]


def test_one_symbol_of_several(load):
    both = depth(*START) + depth(*((t + 1, *rest) for t, *rest in START), symbol="Y").partition("\n")[2]
    with pytest.raises(DataError, match="holds X, Y; remedy: give symbol"):
        load(both)
    tape = load(both, symbol="Y")
    assert {row[0] for row in plain(tape)} == {1}
    assert tape.provenance["book"]["rows of other symbols"] == 2
    assert tape.provenance["unused"]["rows of other symbols"] >= 2
    assert any(str(note).startswith("data: not used: ") for note in tape.notes)
    with pytest.raises(DataError, match="no row of Z"):
        load(both, symbol="Z")
    with pytest.raises(DataError, match="no number of Z to infer tick_size from"):
        load(both, symbol="Z", tick_size=None)


def test_exponents_are_exact(load):
    tape = load(depth((0, 1, True, "bid", "1e-05", "1.5E+3")), tick_size=None, lot_size=None)
    assert tape.instrument.tick_size == Fraction(1, 100_000)
    assert (tape.instrument.lot_size, plain(tape)[1][4:6]) == (1, (1, 1500))


def test_sessions_become_phases(load):
    # T0 is 2020-09-13 12:26:40 UTC
    tape = load(depth(*START, (40_000_000, 1, False, "bid", 99, 6)), session="12:27-13:00 UTC")
    rows = tape.events[(tape.events["kind"] == Kind.STATUS) & ((tape.events["flags"] & E) != 0)]
    status = [(int(row["exch_ts_ns"]) // 1000 - T0, row["qty_lots"]) for row in rows]
    assert status == [(0, lumina.Phase.AUCTION), (20_000_000, lumina.Phase.CONTINUOUS)]
    assert tape.provenance["session"] == "12:27-13:00 UTC"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD + "is_snapshot,side,price,amount\n", "0.csv: the file has a header and no rows"),
        (
            HEAD + "is_snapshot,side,price\n1,X,1,1,true,bid,5\n",
            "line 1: columns is_snapshot, price, side are of no kind",
        ),
        ("exchange,symbol,timestamp,time\na,b,1,1\n", "line 1: no column local_timestamp: not a Tardis file"),
        (depth(*START, (20, 1, False, "bid", 99, "x")), "line 4: column amount: 'x' is not a plain decimal number"),
        (depth(*START, (20, 1, False, "bid", 99, "1.5")), "line 4: column amount: '1.5' is no multiple of lot_size 1"),
        (depth(*START, (20, 1, False, "bid", 99, "-1")), "line 4: column amount: '-1' is negative"),
        (depth(*START, (20, 1, False, "bid", "99.5", 1)), "line 4: column price: '99.5' is no multiple of tick_size 1"),
        (depth(*START, (20, 1, False, "bid", "", 1)), "line 4: column price: '' is not a plain decimal number"),
        (depth(*START, (20, 1, False, "bid", "1e20", 1)), "line 4: column price: '1e20' is over 1073741824 steps"),
        (depth(*START, (20, 1, False, "none", 99, 1)), "line 4: column side: this row needs a side"),
        (depth(*START, (20, 1, False, "up", 99, 1)), "line 4: column side: 'up' is none of buy, b, bid"),
        (depth(*START, (20, 1, "maybe", "bid", 99, 1)), "line 4: column is_snapshot: 'maybe' is none of true"),
        (
            depth(*START, (20, 1, False, "bid", 99, 1)).replace(f"{T0 + 20},", "12a,"),
            "line 4: column timestamp: '12a' is no",
        ),
        (depth(*START, (-50, 1, False, "bid", 99, 1)), "line 4: column local_timestamp: "),
        (depth(*START, (20, -1, False, "bid", 99, 1)), "line 4: latency -1000 ns is below 0"),
        (depth(*START, (20, 5_000_000, False, "bid", 99, 1)), "line 4: latency 5000000000 ns does not fit"),
        (depth(*START) + "venue,X,1\n", "line 4: has 3 fields, the first has 8"),
        (depth(*START).encode() + b"\xff\xfe\n", "line 4: is no text: byte 0xff"),
        (depth(*START) + "venue\0,X,1\n", "line 4: is no text: byte 0x00"),
        (depth(*START) + '"venue\n",X,1,1,true,bid,1,1\n', "a field has a line break in it"),
        (depth(*START) + "x" * 200_000 + "\n", "line 4: field larger than field limit"),
        (depth(*START) + "x" * 2_000_000, "line 4: has over 1048576 bytes"),
        (
            windows(2, (0, 1, [(101, 1), (101, 2)], [])),
            "line 2: column asks[1].price: is no worse than the level before it",
        ),
        (
            windows(2, (0, 1, [("", 1)], [])),
            "line 2: column asks[0].price: is missing",
        ),
        (gzip.compress(depth(*START).encode())[:-30], "broken gzip stream: cut after"),
    ],
)  # fmt: skip
def test_errors_name_line_column_and_value(load, content, message):
    with pytest.raises(DataError, match=r"0\.csv") as error:
        load(content, format="tardis", out_of_range="error")
    assert message in str(error.value)


def test_books_of_two_kinds_are_no_one_recording(load):
    with pytest.raises(DataError, match="tell the book as book and as book_snapshot_2; remedy: give one kind"):
        load(depth(*START), windows(2, (0, 1, [(101, 1)], [])))


def test_liquidations_are_refused(tmp_path):
    path = tmp_path / "venue_liquidations_X.csv"
    path.write_text(trades((0, 1, "buy", 1, 1)))
    with pytest.raises(DataError, match="liquidations are among the trades already"):
        lumina.load(path)


def test_what_stands_at_the_border_of_chunks(load):
    # over two megabytes: events are cut by the pieces in which the file is read
    rows = list(START)
    for event in range(1, 5000):
        rows += [(event * 10, 1, False, "bid", 1 + (event * 7 + i) % 99, 1 + (event + i) % 9) for i in range(12)]
    text = depth(*rows)
    assert len(text) > 2 << 20
    tape = load(text)
    assert tape.provenance["book"]["messages"] == 5000
    ends = (tape.events["flags"] & END) != 0
    assert len(set(tape.events["exch_ts_ns"].tolist())) == int(ends.sum())
