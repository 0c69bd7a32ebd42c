"""ITCH messages written by hand: what each becomes, and how each mistake is told."""

import gzip
import struct
from datetime import date

import numpy as np
import pytest

import lumina
from lumina import Flag, Kind, Phase, Side
from lumina._core._itch import LENGTHS, ItchReader
from lumina._core._resolver import NO_PRICE
from lumina.data import itch
from lumina.data.cli import main
from lumina.data.itch_recording import date_in
from lumina.errors import DataError

BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE
END, HIDDEN, OFFBOOK, REPLACE = Flag.END, Flag.HIDDEN, Flag.OFFBOOK, Flag.REPLACE
OPEN, SHUT, HALT = Phase.CONTINUOUS, Phase.AUCTION, Phase.HALT
NAME = "20200304.NASDAQ_ITCH50"
MIDNIGHT = 1_583_298_000 * 10**9  # 2020-03-04 05:00 UTC: New York is five hours behind
HOUR = 3600 * 10**9


class Day:
    """Messages of a made-up day, each 1 us after the one before unless told; locates 1 to 3 are stocks AAA to CCC."""

    def __init__(self, hour=10.0):
        self.messages, self.ns = [], int(hour * HOUR)

    def add(self, type_, body, locate=1, ns=None):
        self.ns = self.ns + 1000 if ns is None else ns
        self.messages.append(type_.encode() + struct.pack(">HH", locate, 0) + self.ns.to_bytes(6, "big") + body)
        return self

    def at(self, hour):
        self.ns = int(hour * HOUR)
        return self

    def system(self, event):
        return self.add("S", event.encode(), 0)

    def directory(self, locate=1):
        body = stock(locate) + b"NN" + struct.pack(">I", 100) + b"NCZ PNN1N" + bytes(4) + b"N"
        return self.add("R", body, locate)

    def action(self, state, locate=1):
        return self.add("H", stock(locate) + state.encode() + b" " + b"    ", locate)

    def order(self, ref, side, shares, price, locate=1, type_="A"):
        more = b"NSDQ" if type_ == "F" else b""
        body = struct.pack(">QcI", ref, side.encode(), shares) + stock(locate) + struct.pack(">I", price) + more
        return self.add(type_, body, locate)

    def execute(self, ref, shares, locate=1):
        return self.add("E", struct.pack(">QIQ", ref, shares, 1), locate)

    def execute_at(self, ref, shares, price, printable="Y", locate=1):
        return self.add("C", struct.pack(">QIQcI", ref, shares, 1, printable.encode(), price), locate)

    def reduce(self, ref, shares, locate=1):
        return self.add("X", struct.pack(">QI", ref, shares), locate)

    def delete(self, ref, locate=1):
        return self.add("D", struct.pack(">Q", ref), locate)

    def replace(self, old, new, shares, price, locate=1):
        return self.add("U", struct.pack(">QQII", old, new, shares, price), locate)

    def trade(self, side, shares, price, locate=1):
        body = struct.pack(">QcI", 0, side.encode(), shares) + stock(locate) + struct.pack(">IQ", price, 1)
        return self.add("P", body, locate)

    def cross(self, shares, price, locate=1):
        return self.add("Q", struct.pack(">Q", shares) + stock(locate) + struct.pack(">IQ", price, 1) + b"O", locate)

    def rest(self):
        """One of each type that makes no row."""
        self.add("B", bytes(8)).add("I", bytes(17) + stock(1) + bytes(14)).add("N", stock(1) + b"A")
        for type_ in "YLVWKJhO":
            self.add(type_, bytes(LENGTHS[type_] - 11), 0)
        return self

    def frames(self):
        return b"".join(struct.pack(">H", len(message)) + message for message in self.messages)

    def write(self, folder, name=NAME, end=b""):
        path = folder / name
        path.write_bytes(self.frames() + end)
        return path


def stock(locate):
    return ("ABC"[locate - 1] * 3).ljust(8).encode()


def rows_of(tape):
    """(kind, side, price, lots, flags beside the views) of each row; all are of both views."""
    assert ((tape.events["flags"] & 3) == 3).all()
    return [
        (Kind(kind), side, price, lots, Flag(flags & ~3))
        for _, _, _, price, lots, kind, side, flags in tape.events.tolist()
    ]


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
BEFORE = [
    (Kind.ADD, BUY, 1000, 300, END),
    (Kind.ADD, BUY, 1000, 200, END),
    (Kind.ADD, SELL, 1002, 100, END),
]


def book():
    return Day().order(1, "B", 300, 100000).order(2, "B", 200, 100000).order(3, "S", 100, 100200)


@pytest.mark.parametrize("case", CASES)
def test_what_a_message_becomes(load, case):
    change, expected = CASES[case]
    tape = load(change(book()), symbol="AAA")
    assert rows_of(tape) == BEFORE + expected
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
    with pytest.raises(DataError, match="offset 41: holds 'AAA' and 'BBB', perhaps more; give symbol"):
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
    with pytest.raises(DataError, match="neither the file nor its name says the day; give date=YYYY-MM-DD"):
        lumina.load(path)
    for given in ("2020-07-04", date(2020, 7, 4)):
        tape = lumina.load(path, date=given)
        # summer: four hours behind
        assert int(tape.events["exch_ts_ns"][0]) - 10 * HOUR - 1000 == (1_583_298_000 + 122 * 86400 - 3600) * 10**9
        assert tape.provenance["files"][0]["date_from"] == "option date"
    with pytest.raises(DataError, match="option date = '4.7.2020' is no date YYYY-MM-DD"):
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
    assert rows_of(lumina.load([first, second])) == [*BEFORE, (Kind.CANCEL, SELL, 1002, -100, END)]
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
    with pytest.raises(DataError, match=r"price 199999.99 is over 1073741824 ticks of 0.0001; remedy: a larger"):
        load(day, tick_size="0.0001")
    fine = load(day, tick_size="0.0001", odd_prices="drop")
    assert rows_of(fine)[3] == (Kind.ADD, BUY, 1, 5, END)


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
    assert rows_of(lumina.load(path, "itch")) == BEFORE


def test_sniffing(tmp_path):
    frames = whole_day().frames()
    assert itch.sniff(frames[:4096], tmp_path)
    assert itch.sniff(gzip.compress(frames), tmp_path)
    assert itch.sniff(book().frames()[:38], tmp_path)
    assert not itch.sniff(b"\x00\x0c" + b"Z" * 12, tmp_path)
    assert not itch.sniff(b"\x93NUMPY" + frames, tmp_path)
    assert not itch.sniff(b"1583298000 {}", tmp_path)
    assert not itch.sniff(b"", tmp_path)


# Captures: datagrams of MoldUDP64 in Ethernet frames


def datagram(sequence, messages, port=26400, session=b"SESSION001", count=None):
    payload = session + struct.pack(">QH", sequence, len(messages) if count is None else count)
    payload += b"".join(struct.pack(">H", len(message)) + message for message in messages)
    udp = struct.pack(">HHHH", 1, port, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 1, 2) + udp
    return bytes(12) + b"\x08\x00" + ip


def capture(folder, *packets, name="20200304.pcap", latency_ns=5_000):
    """Packets are (ns since midnight, frame)."""
    out = struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    for ns, frame in packets:
        seconds, fraction = divmod(MIDNIGHT + ns + latency_ns, 10**9)
        out += struct.pack("<IIII", seconds, fraction, len(frame), len(frame)) + frame
    path = folder / name
    path.write_bytes(out)
    return path


def packets(day, first=1, **more):
    """One message a packet, sent when it happened."""
    return [
        (int.from_bytes(message[5:11], "big"), datagram(first + i, [message], **more))
        for i, message in enumerate(day.messages)
    ]


def test_a_capture_has_a_clock_of_its_own(tmp_path):
    path = capture(tmp_path, *packets(book()))
    tape = lumina.load(path)
    assert rows_of(tape) == BEFORE
    assert (tape.events["latency_ns"] == 5_000).all()
    assert tape.provenance["files"][0]["date_from"] == "file name"
    found = tape.provenance["packets"]
    assert (found["frames"], found["datagrams"], found["missing"], found["ended"]) == (3, 3, 0, False)
    named = capture(tmp_path, *packets(book()), name="x.pcap")
    assert (lumina.load(named).events == tape.events).all()
    assert lumina.load(named).provenance["files"][0]["date_from"] == "capture time"
    shifted = lumina.load(path, clock="shift", min_latency_ns=7)
    assert (shifted.events["latency_ns"] == 7).all()
    late = capture(tmp_path, *packets(book()), latency_ns=-1)
    with pytest.raises(DataError, match="offset 24: latency -1 ns is below 0"):
        lumina.load(late)


def test_both_lines_of_a_feed_are_one(tmp_path):
    one = packets(book())
    both = [packet for pair in zip(one, one, strict=True) for packet in pair]
    tape = lumina.load(capture(tmp_path, *both))
    assert rows_of(tape) == BEFORE
    assert tape.provenance["packets"]["duplicates"] == 3


def test_lost_messages_are_an_error_or_a_gap(tmp_path):
    day = book().execute(1, 100)
    kept = packets(day)
    del kept[2]
    path = capture(tmp_path, *kept)
    with pytest.raises(DataError, match=r'offset \d+: 1 messages are missing before sequence 4; remedy: gaps="mark"'):
        lumina.load(path)
    assert rows_of(lumina.load(path, gaps="mark")) == [
        *BEFORE[:2],
        (Kind.GAP, NONE, 0, 0, END),
        (Kind.EXECUTE, BUY, 1000, -100, END),
    ]


def test_the_session_of_a_capture(tmp_path):
    day = book()
    end = (day.ns, datagram(4, [], count=0xFFFF))
    idle = (day.ns, datagram(4, []))
    found = lumina.load(capture(tmp_path, *packets(day), idle, end)).provenance["packets"]
    assert (found["ended"], found["heartbeats"], found["gaps"]) == (True, 1, 0)
    other = (day.ns, datagram(1, day.messages, 9, b"SESSION002"))
    with pytest.raises(DataError, match="datagram to port 9 is of another MoldUDP64 session; remedy: port="):
        lumina.load(capture(tmp_path, *packets(day), other))
    tape = lumina.load(capture(tmp_path, *packets(day), other), port=26400)
    assert tape.provenance["packets"]["other_ports"] == 1
    junk = (day.ns, datagram(4, [], count=1))
    with pytest.raises(DataError, match="datagram to port 26400 is no MoldUDP64: a message reaches beyond it"):
        lumina.load(capture(tmp_path, *packets(day), junk))


def test_what_is_no_feed_is_counted(tmp_path):
    day = book()
    frame = datagram(4, [])
    others = [
        (day.ns, frame[:12] + b"\x08\x06" + frame[14:]),  # not IPv4
        (day.ns, frame[:20] + b"\x20\x00" + frame[22:]),  # a fragment
        (day.ns, frame[:-1]),  # cut
    ]
    found = lumina.load(capture(tmp_path, *packets(day), *others)).provenance["packets"]
    assert (found["frames"], found["datagrams"]) == (6, 3)
    assert (found["other_frames"], found["fragments"], found["cut_frames"]) == (1, 1, 1)


def test_a_capture_may_be_cut_anywhere(tmp_path):
    path = capture(tmp_path, *packets(book()))
    content = path.read_bytes()
    whole = {24 + i * (len(content) - 24) // 3 for i in range(4)}
    for size in range(25, len(content)):
        path.write_bytes(content[:size])
        if size in whole:
            assert len(lumina.load(path, "itch")) == (size - 24) * 3 // (len(content) - 24)
        else:
            with pytest.raises(DataError, match="the file is cut"):
                lumina.load(path, "itch")


# Many stocks in one pass


def market():
    day = Day(3).system("O").directory(1).directory(2).directory(3).at(9.5).system("Q")
    for i in range(50):
        locate = 1 + i % 2
        day.order(i, "B", 100 + i, 100000 + 100 * (i % 7), locate)
        if i % 3 == 2:
            day.replace(i - 2, 1000 + i, 5, 90000, 1 + (i - 2) % 2)
    return day.execute(1002, 5, 1).at(16).system("M")


@pytest.mark.parametrize("symbols", [None, ["AAA", "BBB"], ["BBB"]])
def test_split_is_each_stock_read_alone(tmp_path, symbols):
    path = market().write(tmp_path)
    seen = []
    made = itch.split([path], tmp_path / "out", symbols, order_ids=True, progress=lambda *done: seen.append(done))
    # CCC has no order
    assert sorted(made) == (symbols or ["AAA", "BBB"])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [f"{symbol}.lumina" for symbol in sorted(made)]
    assert seen[-1] == (path.stat().st_size,) * 2
    for symbol, where in made.items():
        tape, alone = lumina.Tape.open(where), lumina.load(path, symbol=symbol, order_ids=True)
        assert tape.validate().ok
        assert (tape.events == alone.events).all()
        assert (tape.order_ids == alone.order_ids).all()
        assert tape.instrument == alone.instrument
        assert tape.provenance["messages"] == alone.provenance["messages"]
        assert tape.provenance["orders"] == alone.provenance["orders"]


def test_split_in_many_flushes(tmp_path, monkeypatch):
    monkeypatch.setattr("lumina.data.itch_split._HELD", 1)
    monkeypatch.setattr("lumina.data.itch_split._BLOCK", 3)
    path = market().write(tmp_path)
    made = itch.split([path], tmp_path / "out")
    assert (lumina.Tape.open(made["AAA"]).events == lumina.load(path, symbol="AAA").events).all()


def test_split_leaves_nothing_behind(tmp_path):
    path = market().write(tmp_path)
    with pytest.raises(DataError, match="symbol 'XYZ' is not in it"):
        itch.split([path], tmp_path / "out", ["AAA", "XYZ"])
    with pytest.raises(DataError, match="option symbols: names no stock"):
        itch.split([path], tmp_path / "out", [])
    assert list((tmp_path / "out").iterdir()) == []


def test_split_from_the_command_line(tmp_path, capsys):
    path = market().write(tmp_path)
    out = tmp_path / "out"
    assert main(["split", str(path), str(out), "--format", "itch", "--symbols", "AAA,BBB", "--order-ids"]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{out}: 2 tapes: AAA, BBB\n"
    assert lumina.Tape.open(out / "AAA.lumina").order_ids is not None
    assert main(["split", str(path), str(out), "--symbols", "XYZ"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert main(["convert", str(path), str(tmp_path / "x"), "--symbol", "BBB", "--date", "2021-01-05"]) == 0
    assert "rows of BBB, L3" in capsys.readouterr().out
