"""ITCH messages written by hand: what each becomes, and how each mistake is told."""

import gzip
import struct
from datetime import date

import numpy as np
import pytest
from itch_day import BOOK_ROWS, HOUR, MIDNIGHT, NAME, Day, book, rows_of, stock

import lumina
from lumina import Flag, Kind, Phase, Side
from lumina._core._itch import LENGTHS, ItchReader
from lumina._core._resolver import NO_PRICE
from lumina.data import itch
from lumina.data.itch.recording import date_in
from lumina.errors import DataError

BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE
END, HIDDEN, OFFBOOK, REPLACE = Flag.END, Flag.HIDDEN, Flag.OFFBOOK, Flag.REPLACE
OPEN, SHUT, HALT = Phase.CONTINUOUS, Phase.AUCTION, Phase.HALT


@pytest.fixture
def load(tmp_path):
    def load(day, **options):
        return lumina.load(day.write(tmp_path), **options)

    return load


# What messages become. The book before: buy 1 of 300 and buy 2 of 200 at 10.00, sell 3 of 100 at 10.02.
CASES = {
    "executed": (lambda d: d.execute(1, 100), [(Kind.EXECUTE, BUY, 1000, -100, END)]),
    "executed whole": (
        lambda d: d.execute(1, 300).execute(2, 200),
        [(Kind.EXECUTE, BUY, 1000, -300, END), (Kind.EXECUTE, BUY, 1000, -200, END)],
    ),
    "executed, reduced and deleted after its end": (
        lambda d: d.execute(3, 100).execute(3, 1).reduce(3, 1).delete(3),
        [(Kind.EXECUTE, SELL, 1002, -100, END)],
    ),
    "executed at its own price": (lambda d: d.execute_at(1, 100, 100000), [(Kind.EXECUTE, BUY, 1000, -100, END)]),
    "executed at another price": (
        lambda d: d.execute_at(1, 100, 100100),
        [(Kind.TRADE, SELL, 1001, 100, Flag(0)), (Kind.REDUCE, BUY, 1000, -100, END)],
    ),
    "executed between ticks, seller": (
        lambda d: d.execute_at(1, 100, 100050),
        [(Kind.TRADE, SELL, 1000, 100, HIDDEN), (Kind.REDUCE, BUY, 1000, -100, END)],
    ),
    "executed between ticks, buyer": (
        lambda d: d.execute_at(3, 40, 100150),
        [(Kind.TRADE, BUY, 1002, 40, HIDDEN), (Kind.REDUCE, SELL, 1002, -40, END)],
    ),
    "executed whole, not printable": (
        lambda d: d.execute_at(3, 100, 100200, "N"),
        [(Kind.TRADE, BUY, 1002, 100, OFFBOOK), (Kind.CANCEL, SELL, 1002, -100, END)],
    ),
    "reduced": (lambda d: d.reduce(1, 100), [(Kind.REDUCE, BUY, 1000, -100, END)]),
    "deleted": (
        lambda d: d.reduce(1, 100).delete(1),
        [(Kind.REDUCE, BUY, 1000, -100, END), (Kind.CANCEL, BUY, 1000, -200, END)],
    ),
    "replaced": (
        lambda d: d.replace(1, 9, 500, 99900).execute(9, 500),
        [
            (Kind.CANCEL, BUY, 1000, -300, REPLACE),
            (Kind.ADD, BUY, 999, 500, REPLACE | END),
            (Kind.EXECUTE, BUY, 999, -500, END),
        ],
    ),
    "attributed": (lambda d: d.order(9, "S", 7, 100300, type_="F"), [(Kind.ADD, SELL, 1003, 7, END)]),
    "traded": (lambda d: d.trade("B", 5, 100100), [(Kind.TRADE, NONE, 1001, 5, HIDDEN | END)]),
    "traded between ticks": (lambda d: d.trade("B", 5, 100150), [(Kind.TRADE, NONE, 1001, 5, HIDDEN | END)]),
    "traded with a seller resting": (lambda d: d.trade("S", 5, 100150), [(Kind.TRADE, BUY, 1002, 5, HIDDEN | END)]),
    "crossed": (lambda d: d.cross(900, 100100), [(Kind.TRADE, NONE, 1001, 900, OFFBOOK | END)]),
    "crossed nothing": (lambda d: d.cross(0, 0).trade("B", 0, 0), []),
    "nothing of the book": (lambda d: d.rest(), []),
    "other stocks": (lambda d: d.directory(2).order(10, "B", 1, 5, 2).replace(10, 11, 1, 7, 2).delete(11, 2), []),
    "orders from before": (lambda d: d.execute(77, 1).reduce(77, 1).delete(77).replace(77, 78, 1, 100000), []),
    "priced, of an order from before": (
        lambda d: d.execute_at(77, 5, 100100),
        [(Kind.TRADE, NONE, 1001, 5, END)],
    ),
    "halted": (
        lambda d: d.action("H").action("P").action("Q").action("T"),
        [(Kind.STATUS, NONE, 0, phase, END) for phase in (HALT, SHUT, OPEN)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_message_becomes(load, case):
    change, expected = CASES[case]
    tape = load(change(book()), symbol="AAA")
    assert rows_of(tape) == BOOK_ROWS + expected
    assert tape.validate().ok
    assert tape.events["exch_ts_ns"][0] == MIDNIGHT + 10 * HOUR + 1000
    assert not tape.events["latency_ns"].any()


def test_stamps_say_who_is_first(load):
    tape = load(book().replace(1, 9, 300, 100000).reduce(2, 50).execute(2, 150).execute(9, 1), order_ids=True)
    stamps = [(Kind(row["kind"]).name, int(row["stamp"])) for row in tape.events]
    assert stamps[3:] == [("CANCEL", 1), ("ADD", 5), ("REDUCE", 2), ("EXECUTE", 2), ("EXECUTE", 5)]
    assert tape.order_ids.tolist() == [1, 2, 3, 1, 9, 2, 2, 9]


def test_counts_are_in_the_provenance(load):
    day = CASES["orders from before"][0](book()).execute_at(77, 5, 100100).cross(0, 0).rest().order(1, "B", 5, 100000)
    day.execute(3, 101).add("z", b"new", 0)
    found = load(day).provenance
    assert found["orders"] == {"unknown_ids": 5, "duplicate_ids": 1, "overfills": 1, "clipped": 0}
    assert (found["unknown_replaced"], found["unknown_executed"], found["trades_of_nothing"]) == (1, 2, 1)
    assert found["unknown_types"] == found["messages"]["z"] == 1
    assert set(found["messages"]) == {*"ABCDEINUXYLVWKJhOQz"}
    # told, and no order, trade or phase of the stock
    assert sum(found["unused"].values()) == sum(found["messages"][type_] for type_ in "BINYLVWKJhOz") + 1
    assert {what: found["unused"][what] for what in ("imbalance messages", "z messages", "trades of nothing")} == {
        "imbalance messages": found["messages"]["I"],
        "z messages": 1,
        "trades of nothing": 1,
    }
    assert (found["zone"], found["phases"]) == ("America/New_York", "system events")


def test_terms(load):
    tape = load(book(), maker_fee="-0.0001", taker_fee="0.0003")
    assert tape.instrument == lumina.Instrument(
        "AAA", "0.01", 1, settlement="USD", maker_fee="-0.0001", taker_fee="0.0003"
    )
    mine = lumina.Instrument("AAA", "0.02", 1)
    assert load(book(), instrument=mine).instrument == mine
    assert [row[2] for row in rows_of(load(book(), instrument=mine))] == [500, 500, 501]


def test_trades_had_a_side_until_2014(load):
    day = book().trade("B", 5, 100150).trade("S", 5, 100150)
    assert [row[:3] for row in rows_of(load(day, date="2014-07-11"))[3:]] == [
        (Kind.TRADE, SELL, 1001),
        (Kind.TRADE, BUY, 1002),
    ]
    assert rows_of(load(day, date="2014-07-14"))[3][1] == NONE


# Phases


def test_phases_follow_the_market_and_the_stock(load):
    day = Day(3).system("O").directory().action("T").at(4).system("S").order(1, "B", 1, 100000)
    day.at(9.5).system("Q").at(11).action("H").action("T").at(16).system("M").action("Q").at(20).system("E").system("C")
    tape = load(day)
    status = tape.events[tape.events["kind"] == Kind.STATUS]
    hours = [(int(ts) - MIDNIGHT) // 1800_000_000_000 / 2 for ts in status["exch_ts_ns"]]
    assert list(zip(hours, status["qty_lots"].tolist(), strict=True)) == [
        (3, SHUT),
        (9.5, OPEN),
        (11, HALT),
        (11, OPEN),
        (16, SHUT),
    ]


def test_a_halt_over_the_open_goes_on(load):
    day = Day(3).system("O").directory().action("H").at(9.5).system("Q").at(10).action("T").order(1, "B", 1, 100000)
    assert [row[3] for row in rows_of(load(day)) if row[0] == Kind.STATUS] == [SHUT, HALT, OPEN]


def test_a_day_that_never_opened_needs_a_calendar(load):
    day = Day(3).system("O").directory().order(1, "B", 1, 100000).at(9.51).delete(1)
    with pytest.raises(DataError, match=r'offset 93: the day has system events, .*session="us_equity"'):
        load(day)
    tape = load(day, session="us_equity")
    status = tape.events[(tape.events["kind"] == Kind.STATUS) & ((tape.events["flags"] & Flag.EXCH) != 0)]
    assert [(int(row["exch_ts_ns"]) - MIDNIGHT, row["qty_lots"]) for row in status] == [
        (3 * HOUR + 3000, SHUT),
        (int(9.5 * HOUR), OPEN),
    ]


# Which stock, which day


def test_several_stocks_need_a_name(load):
    day = Day().directory(1).directory(2).order(1, "B", 1, 100000, 2)
    with pytest.raises(DataError, match="offset 41: holds 'AAA' and 'BBB', perhaps more; remedy: give symbol"):
        load(day)
    assert load(day, symbol="BBB").instrument.symbol == "BBB"
    with pytest.raises(DataError, match="symbol 'XYZ' is not in it; the last day holds 2 others, such as AAA, BBB"):
        load(day, symbol="XYZ")
    with pytest.raises(DataError, match="'a b' is no stock of 1 to 8 letters"):
        load(day, symbol="a b")


def test_a_locate_is_one_stock(load):
    with pytest.raises(DataError, match="stock 'BBB' under the locate of 'AAA'"):
        load(book().add("H", stock(2) + b"T" + bytes(5), 1))
    with pytest.raises(DataError, match="message 'P': stock 'AAA' under the locate of 'BBB'"):
        load(book().directory(2).add("P", bytes(13) + stock(1) + bytes(12), 2), symbol="AAA")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("01302019.NASDAQ_ITCH50.gz", date(2019, 1, 30)),
        ("20190130.BX_ITCH_50", date(2019, 1, 30)),
        ("S081321-v50.txt.gz", date(2021, 8, 13)),
        ("ARL_20250717_reencoded.NASDAQ_ITCH50", date(2025, 7, 17)),
        ("ARL_20251317", None),
        ("20190130_20190131", None),
        ("20190130_01302019", date(2019, 1, 30)),
        ("120190130", None),
        ("today", None),
    ],
)
def test_the_day_in_a_name(name, expected):
    assert date_in(name) == expected


def test_the_day_is_given_or_named(tmp_path):
    path = book().write(tmp_path, "x.itch")
    with pytest.raises(DataError, match=r"neither the file nor its name says the day; remedy: date=.YYYY-MM-DD."):
        lumina.load(path)
    for given in ("2020-07-04", date(2020, 7, 4)):
        tape = lumina.load(path, date=given)
        # summer: four hours behind
        assert int(tape.events["exch_ts_ns"][0]) - 10 * HOUR - 1000 == (1_583_298_000 + 122 * 86400 - 3600) * 10**9
        assert tape.provenance["files"][0]["date_from"] == "option date"
    with pytest.raises(DataError, match=r"option date = '4\.7\.2020' is no date YYYY-MM-DD"):
        lumina.load(path, date="4.7.2020")


def test_days_follow_each_other(tmp_path):
    # what is left of a day's book goes; ids and locates are new
    first = book().write(tmp_path, "20200304")
    second = Day(9).order(1, "S", 7, 100500, 1).write(tmp_path, "20200305")
    tape = lumina.load([first, second])
    assert rows_of(tape)[3:] == [
        (Kind.CLEAR, NONE, NO_PRICE, 0, Flag(0)),
        (Kind.CANCEL, BUY, 1000, -300, Flag(0)),
        (Kind.CANCEL, BUY, 1000, -200, Flag(0)),
        (Kind.CANCEL, SELL, 1002, -100, END),
        (Kind.ADD, SELL, 1005, 7, END),
    ]
    assert tape.provenance["orders"]["duplicate_ids"] == 0
    with pytest.raises(DataError, match="2020-03-04 is before 2020-03-05; remedy: give the files in order of time"):
        lumina.load([second, first])


def test_parts_of_a_day_are_one(tmp_path):
    first, second = book().write(tmp_path, "20200304.1"), Day(11).delete(3).write(tmp_path, "20200304.2")
    assert rows_of(lumina.load([first, second])) == [*BOOK_ROWS, (Kind.CANCEL, SELL, 1002, -100, END)]
    with pytest.raises(DataError, match="are below 36000000003000 of the message before"):
        lumina.load([first, Day(8).delete(3).write(tmp_path, "20200304.3")])


def test_a_small_step_back_in_time_is_raised(load):
    now = book().ns
    tape = load(book().add("D", struct.pack(">Q", 3), ns=now - 10**9))
    assert tape.events["exch_ts_ns"][-1] == tape.events["exch_ts_ns"][-2]
    assert tape.provenance["raised_times"] == 1
    with pytest.raises(DataError, match="offset 114: message 'D': 35999000002999 ns since midnight are below 3600"):
        load(book().add("D", struct.pack(">Q", 3), ns=now - 10**9 - 1))


# Mistakes

BAD = [
    (lambda d: d.order(9, "B", 1, 100050), "offset 114: message 'A': price 10.005 is no multiple of tick_size 0.01"),
    (lambda d: d.replace(1, 9, 1, 99999), "offset 114: message 'U': price 9.9999 is no multiple of tick_size 0.01"),
    (lambda d: d.order(9, "X", 1, 100000), "side 'X' is neither B nor S"),
    (lambda d: d.trade("X", 1, 100000), "side 'X' is neither B nor S"),
    (lambda d: d.execute_at(1, 1, 100000, "X"), "printable flag 'X' is neither Y nor N"),
    (lambda d: d.order(9, "B", 0, 100000), "0 shares must be above 0"),
    (lambda d: d.reduce(1, 0), "message 'X': 0 shares must be above 0"),
    (lambda d: d.order(9, "B", 2**31, 100000), "2147483648 shares are over the bound 2147483647"),
    (lambda d: d.cross(2**40, 100000), "1099511627776 shares are over the bound 2147483647"),
    (lambda d: d.add("D", bytes(8), ns=24 * HOUR), "86400000000000 ns since midnight are over a day"),
    (lambda d: d.add("D", bytes(9)), "message 'D' has 20 bytes, its length is 19"),
    (lambda d: d.add("\x01", bytes(9)), "message type 1 is no letter"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_a_mistake_is_told_with_its_place(load, change, message):
    with pytest.raises(DataError) as error:
        load(change(book()), symbol="AAA")
    assert f"{NAME}: offset 114: " in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize("type_", LENGTHS)
def test_every_length_is_checked(load, type_):
    for size in (LENGTHS[type_] - 1, LENGTHS[type_] + 1):
        message = f"message {type_!r} has {size} bytes, its length is {LENGTHS[type_]}"
        with pytest.raises(DataError, match=message):
            load(book().add(type_, bytes(size - 11)))


def test_prices_of_another_grid(load):
    day = book().order(7, "B", 5, 1).order(8, "S", 5, 1_999_999_900).reduce(7, 1).execute(7, 1).execute_at(7, 1, 1)
    day.replace(7, 17, 5, 2).replace(17, 27, 5, 100000).replace(27, 37, 5, 3).delete(37).delete(8)
    tape = load(day, odd_prices="drop")
    assert rows_of(tape)[3:] == [
        (Kind.ADD, SELL, 19999999, 5, END),
        (Kind.ADD, BUY, 1000, 5, END),
        (Kind.CANCEL, BUY, 1000, -5, END),
        (Kind.CANCEL, SELL, 19999999, -5, END),
    ]
    assert (tape.provenance["odd_orders"], tape.provenance["odd_executions"]) == (3, 2)
    assert tape.provenance["orders"]["unknown_ids"] == 0
    assert "data: not used: 3 orders between ticks" in map(str, tape.notes)


def test_orders_and_prints_out_of_range_are_left_out_as_a_whole(load):
    day = book().order(7, "B", 5, 1).order(8, "S", 5, 1_999_999_900).reduce(8, 1).execute(8, 1).execute_at(8, 1, 1)
    day.replace(8, 9, 5, 10).replace(9, 10, 5, 1_999_999_900).execute(10, 2).delete(10).execute_at(7, 2, 1_500_000_000)
    message = r"price 199999.99 is over 1073741824 ticks of 0.0001; remedy: out_of_range=\"drop\" to leave"
    with pytest.raises(DataError, match=message):
        load(day, tick_size="0.0001", out_of_range="error")
    tape = load(day, tick_size="0.0001")
    assert rows_of(tape)[3:] == [
        (Kind.ADD, BUY, 1, 5, END),
        (Kind.ADD, SELL, 10, 5, END),
        (Kind.CANCEL, SELL, 10, -5, END),
        (Kind.REDUCE, BUY, 1, -2, END),
    ]
    assert tape.provenance["left_out"] == {"orders": 2, "prints": 1}
    assert tape.provenance["orders"]["unknown_ids"] == 0
    with pytest.raises(DataError, match="out_of_range = 'keep' is neither drop nor error"):
        load(day, out_of_range="keep")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gaps": "maybe"}, "gaps = 'maybe' is neither error nor mark"),
        ({"odd_prices": "maybe"}, "odd_prices = 'maybe' is neither error nor drop"),
        ({"port": 70000}, "port = 70000 is no number from 0 to 65535"),
        ({"tick_size": "0.00001"}, "tick_size = 0.00001 is no multiple of 0.0001"),
        ({"tick_size": "1e9"}, "tick_size = 1e9 is no multiple of 0.0001 below"),
        ({"session": "x"}, "option session"),
    ],
)
def test_a_wrong_option_is_told(load, options, message):
    with pytest.raises(DataError, match=message):
        load(book(), **options)


# Bytes


def whole_day():
    day = book()
    for change, _ in CASES.values():
        change(day)
    return day


def test_a_file_may_be_cut_anywhere(tmp_path):
    frames = book().execute(1, 100).frames()
    ends = {0}
    while max(ends) < len(frames):
        ends.add(max(ends) + 2 + int.from_bytes(frames[max(ends) : max(ends) + 2], "big"))
    path = tmp_path / NAME
    for size in range(1, len(frames) + 1):
        path.write_bytes(frames[:size])
        if size in ends:
            assert len(lumina.load(path, "itch")) == sorted(ends).index(size)
        else:
            last = max(end for end in ends if end < size)
            with pytest.raises(DataError, match=f"offset {last}: the file is cut: {size - last} bytes are left"):
                lumina.load(path, "itch")


def test_pieces_of_any_size_are_the_same():
    frames = whole_day().frames()
    results = []
    for size in (1, 3, 100, len(frames)):
        reader = ItchReader([b"AAA"], 100)
        reader.begin(False, 0, True, False)
        results.append(np.concatenate([reader.feed(frames[i : i + size])[0] for i in range(0, len(frames), size)]))
        reader.end()
    assert all((result == results[0]).all() and len(result) > 30 for result in results)


def test_the_end_of_the_session(tmp_path):
    assert len(lumina.load(book().write(tmp_path, end=bytes(2)))) == 3
    with pytest.raises(DataError, match="offset 116: bytes follow the end of the session"):
        lumina.load(book().write(tmp_path, end=bytes(4)))


def test_packed_files(tmp_path):
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(gzip.compress(book().frames()))
    assert rows_of(lumina.load(path, "itch")) == BOOK_ROWS


def test_sniffing(tmp_path):
    frames = whole_day().frames()
    assert itch.sniff(frames[:4096], tmp_path)
    assert itch.sniff(gzip.compress(frames), tmp_path)
    assert itch.sniff(book().frames()[:38], tmp_path)
    assert not itch.sniff(b"\x00\x0c" + b"Z" * 12, tmp_path)
    assert not itch.sniff(b"\x93NUMPY" + frames, tmp_path)
    assert not itch.sniff(b"1583298000 {}", tmp_path)
    assert not itch.sniff(b"", tmp_path)
