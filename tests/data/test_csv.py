"""CSV files of any vendor: maps of columns, obvious names, and a real file of five-level rows."""

import csv
import io
from datetime import UTC, datetime
from fractions import Fraction

import pytest

import lumina
from lumina import DepthBook, Flag, Kind, Side
from lumina.data.cli import main
from lumina.data.csv import columns as csv_columns
from lumina.data.decimals import BadNumber
from lumina.data.tables import table as csv_table
from lumina.errors import DataError

E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
BUY, SELL = Side.BUY, Side.SELL
LARGE_TICK = {
    "columns": "time=timestampNano,symbol=keySymbol,trade_price=lastPrice,trade_quantity=lastQty",
    "tick_size": "0.05",
    "aggressor": "quotes",
}


def test_five_level_rows_with_prints_in_them(data_dir):
    zstandard = pytest.importorskip("zstandard")
    path = data_dir / "largetick" / "KinH8_SC_20170224_5lvl.csv.zst"
    tape = lumina.load(path, "csv", **LARGE_TICK)
    assert tape.validate().ok
    assert tape.depth_limit == 5
    assert tape.instrument == lumina.Instrument("SC", "0.05", 1)
    text = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tape.provenance["levels"] == {"rows": 23675, "messages": 23675, "trades": 2777}
    assert len(rows) == 23675

    def level(row, side, i):
        return int(Fraction(row[f"{side}{i}p"]) * 20), int(row[f"{side}{i}q"])

    # every row that changes something is an event: the window after it is the row's, and its print the row's
    events = tape.events
    ends = iter(((events["flags"] & END) != 0).nonzero()[0].tolist())
    book, start, before = DepthBook(), 0, None
    bid = ask = one_tick = prints = 0
    for row in rows:
        window = [[level(row, side, i) for i in range(1, 6)] for side in ("bid", "ask")]
        one_tick += window[1][0][0] - window[0][0][0] == 1
        printed = row["lastQty"] != "0"
        if not printed and window == before:
            continue
        end = next(ends)
        event = events[start : end + 1]
        book.apply(event)
        start, before = end + 1, window
        found = [[tuple(map(int, one)) for one in side] for side in book.depth(5)]
        assert found == window
        seconds = datetime.fromisoformat(row["timestampNano"]).replace(tzinfo=UTC).timestamp()
        assert set(event["exch_ts_ns"]) == {int(seconds) * 10**9}
        trades = event[event["kind"] == Kind.TRADE]
        assert len(trades) == printed
        if printed:
            prints += 1
            price = int(Fraction(row["lastPrice"]) * 20)
            assert (price, int(row["lastQty"])) == (trades["price_ticks"][0], trades["qty_lots"][0])
            assert trades["side"][0] == (BUY if price >= ask else SELL if price <= bid else Side.NONE)
        bid, ask = window[0][0][0], window[1][0][0]
    assert next(ends, None) is None
    assert prints == 2777
    assert round(100 * one_tick / len(rows)) == 96


# Small files


@pytest.fixture
def load(tmp_path):
    def load(*contents, **options):
        paths = []
        for i, content in enumerate(contents):
            path = tmp_path / f"{i}.csv"
            path.write_text(content)
            paths.append(path)
        return lumina.load(paths, **({"format": "csv", "tick_size": 1, "lot_size": 1} | options))

    return load


T0 = 1_700_000_000


def plain(tape):
    """(s from T0, kind, side, price, quantity) of each row."""
    return [
        (exch / 10**9 - T0, Kind(kind), Side(side), price, qty)
        for exch, _, _, price, qty, kind, side, _ in tape.events.tolist()
    ]


LEVELS = [
    (0, Kind.CHANGE, BUY, 99, 5),
    (0, Kind.CHANGE, SELL, 101, 7),
    (2, Kind.CHANGE, BUY, 99, -3),
]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Timestamp,Side,Price,Qty\n{0},bid,99,5\n{0},ask,101,7\n{2},bid,99,2\n", {"rows": "book"}),
        (
            "t;s;p;q\n{0};1;99;5\n{0};2;101;7\n{2};1;99;2\n",
            {
                "rows": "book",
                "delimiter": ";",
                "columns": {"time": "t", "side": "s", "price": "p", "quantity": "q"},
                "values": {"side": {"1": "buy", "2": "sell"}},
            },
        ),
        (
            "{0},B,99,5\n{0},S,101,7\n{2},B,99,2\n",
            {"rows": "book", "header": False, "columns": "time=1,side=2,price=3,quantity=4"},
        ),
        ("ts,side,px,size\n{0},b,99,5\n{0},a,101,7\n{2},b,99,-3\n", {"rows": "book", "quantity": "change"}),
        ("ts,action,side,px,size\n{0},change,b,99,5\n{0},change,a,101,7\n{2},change,b,99,2\n", {}),
        (
            "ts,action,side,px,size\n{0},N,b,99,5\n{0},N,a,101,7\n{2},N,b,99,2\n{2},H,,,\n",
            {"values": "kind.N=change,kind.H=ignore"},
        ),
    ],
)
def test_level_rows(load, text, options):
    text = text.replace("{0}", str(T0)).replace("{2}", str(T0 + 2))
    tape = load(text, **options)
    assert tape.validate().ok
    assert plain(tape) == LEVELS
    ends = [bool(flags & END) for flags in tape.events["flags"]]
    assert ends == [False, True, True]
    assert set(tape.events["latency_ns"]) == {0}


def test_rows_of_all_levels_by_any_name(load):
    names = {
        "bid_price_1,bid_qty_1,ask_price_1,ask_qty_1,bid_price_2,bid_qty_2,ask_price_2,ask_qty_2": None,
        "bid_px_00,bid_sz_00,ask_px_00,ask_sz_00,bid_px_01,bid_sz_01,ask_px_01,ask_sz_01": None,
        "Bid1P,Bid1Q,Ask1P,Ask1Q,Bid2P,Bid2Q,Ask2P,Ask2Q": None,
        "b0x,b0y,a0x,a0y,b1x,b1y,a1x,a1y": "bid_price_{i}=b{i}x,bid_qty_{i}=b{i}y,"
        "ask_price_{i}=a{i}x,ask_qty_{i}=a{i}y",
    }
    for header, columns in names.items():
        tape = load(f"time,{header}\n{T0},99,5,101,7,98,1,,\n{T0 + 2},99,2,101,7,98,1,0,0\n", columns=columns)
        assert tape.depth_limit == 2
        assert [row for row in plain(tape) if row[3] != 98] == LEVELS


def test_prints_and_a_book_in_two_files(load):
    book = f"ts,side,price,qty\n{T0},bid,99,5\n{T0},ask,101,7\n{T0 + 2},ask,101,4\n"
    trades = f"ts,taker,price,traded\n{T0 + 2},buy,101,3\n{T0 + 3},,100,1\n"
    for files, rows in (((book, trades), "book,trades"), ((trades, book), "trades, book")):
        tape = load(*files, rows=rows, columns="side=taker,quantity=traded")
        assert tape.validate().ok
        assert plain(tape)[2:] == [
            (2, Kind.TRADE, BUY, 101, 3),
            (2, Kind.CHANGE, SELL, 101, -3),
            (3, Kind.TRADE, Side.NONE, 100, 1),
        ]
    # a column of snapshots says that it is a book
    told = f"ts,side,price,qty,snapshot\n{T0},bid,99,5,1\n{T0},ask,101,7,1\n{T0 + 2},ask,101,4,0\n"
    tape = load(told, trades, rows="trades", columns="side=taker,quantity=traded")
    assert [row[1] for row in plain(tape)][-3:] == [Kind.TRADE, Kind.CHANGE, Kind.TRADE]
    with pytest.raises(DataError, match="option rows = 'book,book' tells of 2 files, and 1 were given"):
        load(book, rows="book,book")


def test_two_clocks(load):
    text = f"ts,local_ts,side,price,qty\n{T0}.5,{T0}.75,bid,99,5\n{T0}.5,{T0}.75,ask,101,7\n"
    tape = load(text, rows="book")
    assert {int(row["latency_ns"]) for row in tape.events} == {250_000_000}
    with pytest.raises(DataError, match="line 2: latency -250000000 ns is below 0"):
        load(text.replace("ts,local_ts", "local_ts,ts"), rows="book")


def test_T4_one_file_keeps_its_order_and_between_files_prints_come_first(load):
    head = "ts,local_ts,side,price,qty"
    first, second = f"{T0},{T0}.1", f"{T0},{T0}.2"
    one = f"{head},kind\n{first},ask,101,7,change\n{second},buy,101,3,trade\n"
    assert [row[1] for row in plain(load(one))] == [Kind.CHANGE, Kind.TRADE]
    tape = load(f"{head}\n{first},ask,101,7\n", f"{head}\n{second},buy,101,3\n", rows="book,trades")
    assert [Kind(row["kind"]) for row in tape.events if row["flags"] & E] == [Kind.TRADE, Kind.CHANGE]
    kinds = [Kind(row["kind"]) for row in tape.events if row["flags"] & L]
    assert kinds == [Kind.CHANGE, Kind.TRADE]


ORDERS = """ts,action,order_id,side,price,qty
{0},add,7,buy,99,5
{0},add,8,buy,99,2
{1},execute,7,buy,99,1
{2},modify,7,buy,99,3
{3},reduce,7,,,1
{4},cancel,8,,,
{5},modify,7,buy,98,4
"""


def test_orders(load):
    text = ORDERS
    for i in range(6):
        text = text.replace(f"{{{i}}}", str(T0 + i))
    tape = load(text, order_ids=True)
    assert tape.validate().ok
    assert tape.level == "L3"
    assert plain(tape) == [
        (0, Kind.ADD, BUY, 99, 5),
        (0, Kind.ADD, BUY, 99, 2),
        (1, Kind.EXECUTE, BUY, 99, -1),
        (2, Kind.REDUCE, BUY, 99, -1),
        (3, Kind.REDUCE, BUY, 99, -1),
        (4, Kind.CANCEL, BUY, 99, -2),
        (5, Kind.CANCEL, BUY, 99, -2),
        (5, Kind.ADD, BUY, 98, 4),
    ]
    with pytest.raises(DataError, match="line 2: column order_id: 'x' is no whole number within 63 bits"):
        load(text.replace(",7,buy,99,5", ",x,buy,99,5"))
    with pytest.raises(DataError, match="line 2: column order_id: this row needs an order id"):
        load(text.replace(",7,buy,99,5", ",,buy,99,5"))
    with pytest.raises(DataError, match="line 2: column qty: must be above 0"):
        load(text.replace(",7,buy,99,5", ",7,buy,99,0"))


@pytest.mark.parametrize(
    ("text", "unit", "ns"),
    [
        ("1700000000.123456789", "s", 1_700_000_000_123_456_789),
        ("1700000000123", "ms", 1_700_000_000_123_000_000),
        ("1700000000123456.5", "us", 1_700_000_000_123_456_500),
        ("1700000000123456789", "ns", 1_700_000_000_123_456_789),
        ("2023-11-14T22:13:20.123456789Z", "iso", 1_700_000_000_123_456_789),
        ("2023-11-14 22:13:20", "iso", 1_700_000_000_000_000_000),
        ("2023-11-15T07:13:20.5+09:00", "iso", 1_700_000_000_500_000_000),
    ],
)
def test_times_are_exact(text, unit, ns):
    assert csv_table.unit_of(text) == unit
    assert csv_table.times(unit)[text] == ns


def test_iso_times_in_a_zone(load):
    text = "time,side,price,qty\n2023-11-15 07:13:20,bid,99,5\n2023-11-15 07:13:20,ask,101,7\n"
    assert plain(load(text, rows="book", time_zone="Asia/Seoul")) == LEVELS[:2]


@pytest.mark.parametrize("text", ["", "x", "1_0", " 5", "-1", "1.1234567891", "99999999999999999999"])
def test_what_is_no_time(text):
    with pytest.raises(BadNumber):
        csv_table.times("s")[text]
    assert csv_table.unit_of("12345") is None


GOOD = f"ts,side,price,qty\n{T0},bid,99,5\n"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (GOOD, {"rows": "both"}, "option rows: 'both' is none of book, trades"),
        (GOOD, {"time_unit": "h"}, "option time_unit = 'h' is none of s, ms, us, ns, iso"),
        (GOOD, {"delimiter": ""}, "option delimiter = '' must be one character"),
        (GOOD, {"time_zone": "Mars"}, "option time_zone = 'Mars' is unknown here"),
        (GOOD, {"columns": "ts"}, "option columns = 'ts' is no list of ours=theirs"),
        (GOOD, {"columns": "when=ts"}, "option columns: 'when' is none of time, local_time"),
        (GOOD, {"columns": "time=when"}, "line 1: option columns: no column 'when'; it has ts, side, price, qty"),
        (GOOD, {"values": "B=buy"}, "option values: 'B=buy' is not column.word=ours"),
        (GOOD, {"values": "price.B=buy"}, "option values: 'price' is none of side, kind, is_snapshot"),
        (GOOD, {"values": "side.B=up"}, "option values: side: 'up' is none of buy"),
        (GOOD, {}, "rows of side, price and quantity may be levels or prints; remedy: option rows, book or trades"),
        ("a,b\n1,2\n", {}, "line 1: no column is obviously the time; remedy: option columns, time=NAME of a, b"),
        ("ts,price,qty\n1,2,3\n", {"rows": "book"}, "line 1: no column is obviously the side"),
        ("ts,side,price,qty\n12,bid,99,5\n", {"rows": "book"}, "line 2: column ts: '12' does not tell its unit"),
        (GOOD + f"{T0},bid,99,-5\n", {"rows": "book"}, "line 3: column qty: '-5' is negative"),
        (GOOD + f"{T0},bid,99,-6\n", {"rows": "book", "quantity": "change"}, "line 3: column qty: a change of -6 lots"),
        (GOOD + f"{T0 - 1},bid,99,5\n", {"rows": "book"}, "line 3: column ts: "),
        (f"ts,bid1p,bid1q,ask1p\n{T0},1,1,1\n", {}, "line 1: no column for ask_quantity_1; remedy: option columns"),
        (f"ts,ts,a\n{T0},1,1\n", {}, "line 1: names column 'ts' twice"),
        ("ts," + "x," * 5000 + "\n", {}, "line 1: has 5002 fields, bound 4096"),
    ],
)
def test_errors_name_option_line_and_column(load, text, options, message):
    with pytest.raises(DataError) as error:
        load(text, **options)
    assert message in str(error.value)


def test_names_that_are_obvious():
    assert csv_columns.obvious(["Exchange_Time", "local timestamp", "PX", "Size", "Side", "note"]) == {
        "time": "Exchange_Time",
        "local_time": "local timestamp",
        "price": "PX",
        "quantity": "Size",
        "side": "Side",
    }


def test_a_header_that_says_all_is_told_by_itself(load):
    text = f"ts,side,price,qty,is_snapshot\n{T0},bid,99,5,true\n{T0},ask,101,7,true\n"
    rows = plain(load(text, format="auto"))
    assert rows[1:3] == LEVELS[:2]
    with pytest.raises(DataError, match="does not say what it is"):
        load(GOOD, format="auto")


def test_the_command(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text(f"t,d,price,qty\n{T0 * 1000},0,99,5\n{T0 * 1000},1,101,7\n")
    options = ["--format", "csv", "--columns", "time=t,side=d", "--values", "side.0=buy,side.1=sell"]
    options += ["--rows", "book", "--time-unit", "ms", "--tick-size", "1"]
    assert main(["convert", str(path), str(tmp_path / "x.tape"), *options]) == 0
    assert "2 rows of x, L2" in capsys.readouterr().out
    assert plain(lumina.load(tmp_path / "x.tape")) == LEVELS[:2]


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ("2024-03-31 02:30:00", "line 2: column time: '2024-03-31 02:30:00' does not exist in Europe/Berlin"),
        ("2024-10-27 02:30:00", "line 2: column time: '2024-10-27 02:30:00' is told twice in Europe/Berlin"),
    ],
)
def test_local_times_in_nights_when_clocks_change(tmp_path, time, says):
    path = tmp_path / "t.csv"
    path.write_text(f"time,side,price,quantity\n{time},buy,1,1\n")
    with pytest.raises(DataError, match=says):
        lumina.load(path, "csv", rows="book", time_zone="Europe/Berlin")
    # each remedy
    lumina.load(path, "csv", rows="book", time_zone="Asia/Tokyo")
    path.write_text(f"time,side,price,quantity\n{time}+01:00,buy,1,1\n")
    tape = lumina.load(path, "csv", rows="book", time_zone="Europe/Berlin")
    right = datetime.fromisoformat(f"{time}+01:00").timestamp()
    assert tape.events["exch_ts_ns"].tolist() == [right * 10**9]


@pytest.mark.parametrize(
    ("times", "unit"),
    [
        (("34200", "34200.5"), None),
        (("34200000", "34200500"), None),
        (("34200000000", "34200500000"), None),
        (("34200000000000", "34200500000000"), None),
        (("09:30:00", "09:30:00.5"), None),
        (("34200", "34200.5"), "s"),
    ],
)
def test_times_of_a_day_with_its_date(tmp_path, times, unit):
    path = tmp_path / "t.csv"
    path.write_text(f"time,side,price,quantity\n{times[0]},buy,1,1\n{times[1]},buy,2,1\n")
    options = {} if unit is None else {"time_unit": unit}
    tape = lumina.load(path, "csv", rows="book", date="2024-07-03", time_zone="America/New_York", **options)
    first = int(datetime(2024, 7, 3, 13, 30, tzinfo=UTC).timestamp()) * 10**9
    assert tape.events["exch_ts_ns"].tolist() == [first, first + 500_000_000]


def test_times_that_are_of_no_day(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("time,side,price,quantity\n34200,buy,1,1\n")
    with pytest.raises(DataError, match="remedy: time_unit, or date"):
        lumina.load(path, "csv", rows="book")
    with pytest.raises(DataError, match="option date = '3 July' is no date YYYY-MM-DD"):
        lumina.load(path, "csv", rows="book", date="3 July")
    path.write_text("time,side,price,quantity\n342000,buy,1,1\n")
    with pytest.raises(DataError, match="line 2: column time: '342000' s are over a day"):
        lumina.load(path, "csv", rows="book", date="2024-07-03", time_unit="s")
