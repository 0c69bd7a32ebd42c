"""LOBSTER's files: their own orderbook rows as ground truth, a random market, and small files for every rule."""

import gzip
import random

import numpy as np
import pytest

import lumina
from lumina import DepthBook, Flag, Kind, Side
from lumina.data import cli, compressed, convert, lobster
from lumina.data.kinds import Phase
from lumina.data.source import HashedFile
from lumina.errors import DataError

GOOG = "GOOG_2012-06-21_34200000_57600000_{}_10.csv.zst"
AAPL = "AAPL_2012-06-21_{}.csv.zst"
MIDNIGHT_NS = 1_340_251_200_000_000_000  # 2012-06-21 00:00 in New York, four hours behind UTC
BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE
ALL = Flag.EXCH | Flag.LOCAL | Flag.END


def lines(path):
    file = HashedFile(path)
    try:
        return b"".join(compressed.pieces(file)).decode().splitlines()
    finally:
        file.close()


def levels(line):
    """Asks and bids of an orderbook row, as (price in ticks of a cent, lots)."""
    numbers = [int(text) for text in line.split(",")]
    asks = [(p // 100, q) for p, q in zip(numbers[0::4], numbers[1::4], strict=True) if q]
    bids = [(p // 100, q) for p, q in zip(numbers[2::4], numbers[3::4], strict=True) if q]
    return asks, bids


def replay(tape, ends, n):
    """Best n asks and bids after each message."""
    book, done = DepthBook(), 0
    for end in ends["rows"].tolist():
        book.apply(tape.events[done:end], view="exchange")
        done = end
        bids, asks = book.depth(n)
        yield [tuple(level) for level in asks.tolist()], [tuple(level) for level in bids.tolist()]


def test_every_level_of_goog_and_all_but_the_last_from_the_messages_alone(data_dir):
    path = data_dir / "lobster" / GOOG.format("message")
    tape, ends = lobster.messages([path])
    rows = lines(data_dir / "lobster" / GOOG.format("orderbook"))
    assert len(ends) == len(rows) == 147_916
    assert tape.validate().ok
    assert (tape.level, tape.depth_limit, tape.instrument.symbol) == ("L3", 10, "GOOG")
    # what the rows told beyond the messages, by message
    said: dict[int, list[tuple[int, int, int]]] = {}
    changes = np.flatnonzero(tape.events["kind"] == Kind.CHANGE)
    message_of = np.searchsorted(ends["rows"], changes, "right")
    for message, row in zip(message_of.tolist(), tape.events[changes].tolist(), strict=True):
        said.setdefault(message, []).append((row[6], row[3], row[1]))
    assert len(said.pop(0)) == 20  # the book before the first message

    same, previous = 0, ([], [])
    for i, (state, line) in enumerate(zip(replay(tape, ends, 10), rows, strict=True)):
        row = levels(line)
        same += state == row
        for side, price, stamp in said.get(i, ()):
            # it came from beyond the last level of the row before: levels 1 to 9 are what the message made of them
            (last, _) = previous[side == BUY][-1]
            assert (price < last if side == BUY else price > last) and stamp == 0
        previous = row
    assert same == 147_916
    assert tape.provenance["orderbook"].get("corrected_levels", 0) == 0
    assert tape.provenance["orders"] == {"unknown_ids": 3363, "duplicate_ids": 0, "overfills": 0, "clipped": 0}


def test_aapl_from_one_row_and_messages_alone_for_an_hour(data_dir):
    folder = data_dir / "lobster"
    path = folder / AAPL.format("34200000_37800000_message_50")
    seed = folder / AAPL.format("first999_orderbook_10")
    tape, ends = lobster.messages([path], orderbook=False, seed=seed)
    assert tape.validate().ok
    assert tape.provenance["messages"]["rounded times"] == 1
    deep = lines(path)
    top = lines(folder / AAPL.format("34200000_57600000_message_1"))
    truth = lines(folder / AAPL.format("34200000_57600000_orderbook_1"))
    place = compared = equal = 0
    for message, row in zip(top, truth, strict=True):
        if int(message.partition(".")[0]) >= 37_800:
            break
        while deep[place] != message:
            place += 1
        end = ends[place]
        place += 1
        compared += 1
        (ask,), (bid,) = levels(row)
        equal += (end["ask_ticks"], end["ask_lots"]) == ask and (end["bid_ticks"], end["bid_lots"]) == bid
    assert compared == 25_641
    assert equal / compared >= 0.999


def test_both_files_in_any_order(data_dir):
    message = data_dir / "lobster" / AAPL.format("first999_message_10")
    orderbook = data_dir / "lobster" / AAPL.format("first999_orderbook_10")
    tape, ends = lobster.messages([orderbook, message])
    assert list(replay(tape, ends, 10)) == [levels(row) for row in lines(orderbook)]
    assert (lumina.load(message).events == tape.events).all()
    assert [file["name"] for file in tape.provenance["files"]] == [message.name, orderbook.name]


# ---- a random market ---------------------------------------------------------------------------------------------


class Market:
    """A full book of orders, of which LOBSTER's files show what touches the best n levels."""

    def __init__(self, seed, n):
        self.random, self.n = random.Random(seed), n
        self.orders: dict[int, list[int]] = {}  # id: side, price in ticks, lots
        self.next_id, self.messages, self.rows = 1, [], []
        for _ in range(120):
            self.act(show=False)

    def levels(self, side):
        totals: dict[int, int] = {}
        for own, price, lots in self.orders.values():
            if own == side:
                totals[price] = totals.get(price, 0) + lots
        return sorted(totals.items(), reverse=side == BUY)

    def act(self, show=True):
        before = [[price for price, _ in self.levels(side)[: self.n]] for side in (BUY, SELL)]
        choice, direction = self.random.random(), 1
        if choice < 0.5 or len(self.orders) < 20:
            side = self.random.choice((BUY, SELL))
            # a side at times has less than n levels
            price = (1000 - self.random.randint(0, 9)) if side == BUY else (1001 + self.random.randint(0, 9))
            kind, order_id, lots = 1, self.next_id, self.random.randint(1, 9)
            self.next_id += 1
            self.orders[order_id] = [side, price, lots]
        else:
            if choice < 0.65:  # the head of the queue at the best price trades
                side = self.random.choice((BUY, SELL))
                if not self.levels(side):
                    return
                best = self.levels(side)[0][0]
                order_id = next(i for i, order in self.orders.items() if order[:2] == [side, best])
            else:
                order_id = self.random.choice(list(self.orders))
            side, price, left = self.orders[order_id]
            lots = self.random.randint(1, left) if choice < 0.8 else left
            kind = 4 if choice < 0.65 else 3 if lots == left else 2
            self.orders[order_id][2] -= lots
            if lots == left:
                del self.orders[order_id]
        direction = 1 if side == BUY else -1
        after = [self.levels(each)[: self.n] for each in (BUY, SELL)]
        if show and price in [*before[side], *(level for level, _ in after[side])]:
            self.messages.append(f"{34200 + len(self.messages)}.5,{kind},{order_id},{lots},{price * 100},{direction}")
            bids, asks = (
                [(level * 100, q) for level, q in part] + [(none, 0)] * (self.n - len(part))
                for part, none in zip(after, (-9999999999, 9999999999), strict=True)
            )
            self.rows.append(",".join(f"{ap},{aq},{bp},{bq}" for (ap, aq), (bp, bq) in zip(asks, bids, strict=True)))


def write(folder, messages, rows=None, date="2012-06-21", n=1, symbol="XYZ"):
    path = folder / f"{symbol}_{date}_34200000_57600000_message_{n}.csv"
    path.write_text("".join(f"{line}\n" for line in messages))
    if rows is not None:
        (folder / path.name.replace("message", "orderbook")).write_text("".join(f"{line}\n" for line in rows))
    return path


@pytest.mark.parametrize("n", [1, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_a_random_market_whose_levels_change_out_of_sight(tmp_path, monkeypatch, n, seed):
    market = Market(seed, n)
    for _ in range(1500):
        market.act()
    path = write(tmp_path, market.messages, market.rows, n=n)
    # rows come in pieces as files of days do
    monkeypatch.setattr(compressed, "_PIECE", 4096)
    tape, ends = lobster.messages([path])
    assert len(ends) == len(market.rows) > 300
    assert list(replay(tape, ends, n)) == [levels(row) for row in market.rows]
    assert tape.validate().ok
    assert tape.provenance["orderbook"].get("corrected_levels", 0) == 0


def test_F5_no_zero_for_a_level_that_leaves_the_window(tmp_path):
    path = write(
        tmp_path,
        ["34200,1,1,5,10000,1", "34201,1,2,6,10100,1", "34202,3,2,6,10100,1"],
        ["11000,9,10000,5", "11000,9,10100,6", "11000,9,10000,2"],
    )
    tape = lumina.load(path)
    rows = [(Kind(kind), side, price, qty) for _, _, _, price, qty, kind, side, _ in tape.events.tolist()]
    assert rows == [
        (Kind.SNAPSHOT_BEGIN, NONE, 0, 0),
        (Kind.CHANGE, SELL, 110, 9),
        (Kind.SNAPSHOT_END, NONE, 0, 0),
        (Kind.ADD, BUY, 100, 5),
        (Kind.ADD, BUY, 101, 6),
        (Kind.CANCEL, BUY, 101, -6),
        (Kind.CHANGE, BUY, 100, -3),
    ]
    assert tape.depth_limit == 1
    assert tape.provenance["orderbook"] == {"refilled_levels": 1}


# ---- rules -------------------------------------------------------------------------------------------------------


def test_every_type(tmp_path):
    path = write(
        tmp_path,
        [
            "34200.000000001,1,7,100,1000100,1",
            "34200.5,2,7,30,1000100,1",
            "34200.5,4,7,20,1000100,1",
            "34201,5,0,10,1000150,1",
            "34201,5,0,10,1000150,-1",
            "34202,5,0,10,1000200,-1",
            "34203,6,-1,500,1000100,-1",
            "34203,6,-1,0,1000100,-1",
            "34204,7,0,0,-1,-1",
            "34205,7,0,0,0,-1",
            "34206,7,0,0,1,-1",
            "34207,3,7,50,1000100,1",
        ],
    )
    tape = lumina.load(path, orderbook=False, order_ids=True)
    rows = [
        (Kind(kind), side, price, qty, stamp, Flag(flags))
        for _, stamp, _, price, qty, kind, side, flags in tape.events.tolist()
    ]
    assert rows == [
        (Kind.ADD, BUY, 10001, 100, 1, ALL),
        (Kind.REDUCE, BUY, 10001, -30, 1, ALL),
        (Kind.EXECUTE, BUY, 10001, -20, 1, ALL),
        # the aggressor is opposite; between ticks away from the mid
        (Kind.TRADE, SELL, 10001, 10, 0, ALL | Flag.HIDDEN),
        (Kind.TRADE, BUY, 10002, 10, 0, ALL | Flag.HIDDEN),
        (Kind.TRADE, BUY, 10002, 10, 0, ALL | Flag.HIDDEN),
        (Kind.TRADE, NONE, 10001, 500, 0, ALL | Flag.OFFBOOK),
        (Kind.STATUS, NONE, 0, Phase.HALT, 0, ALL),
        (Kind.STATUS, NONE, 0, Phase.AUCTION, 0, ALL),
        (Kind.STATUS, NONE, 0, Phase.CONTINUOUS, 0, ALL),
        (Kind.CANCEL, BUY, 10001, -50, 1, ALL),
    ]
    assert (tape.events["latency_ns"] == 0).all()
    assert tape.order_ids.tolist() == [7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 7]
    assert (tape.events["exch_ts_ns"][:2] - MIDNIGHT_NS).tolist() == [34_200_000_000_001, 34_200_500_000_000]
    assert tape.provenance["messages"] == {
        "adds": 1,
        "crosses": 2,
        "crosses of nothing": 1,
        "deletes": 1,
        "executions": 1,
        "halts": 3,
        "hidden executions": 3,
        "reduces": 1,
    }


def test_days_follow_each_other_each_with_a_book_of_its_own(tmp_path):
    first = write(tmp_path, ["34200,1,1,5,10000,1", "34201,1,2,6,10200,-1"], ["0,0,10000,5", "10200,6,10000,5"])
    second = write(tmp_path, ["34200,4,9,2,11000,-1"], ["11000,1,10900,7"], date="2012-11-07")
    tape, ends = lobster.messages([first, second])
    assert list(replay(tape, ends, 5)) == [([], [(100, 5)]), ([(102, 6)], [(100, 5)]), ([(110, 1)], [(109, 7)])]
    kinds = tape.events["kind"].tolist()
    assert kinds.count(Kind.CLEAR) == 1
    # the night has an hour more: daylight saving time is over
    between = np.diff(tape.events["exch_ts_ns"][[0, -1]])[0]
    assert between == (139 * 24 + 1) * 3600 * 10**9
    assert tape.validate().ok
    with pytest.raises(DataError, match=r"2012-06-21.*_1.csv: is of no day after XYZ_2012-11-07"):
        lumina.load([second, first])


def test_what_is_out_of_range_is_left_out_as_a_whole(tmp_path):
    far = 1_999_999_900  # 199,999.99 USD, a stub quote, in ticks of 0.0001 over 2^30
    messages = [
        "34200,1,1,5,10001,1",
        f"34201,1,2,6,{far},-1",
        "34202,1,3,4,10100,-1",
        f"34203,2,2,1,{far},-1",
        f"34204,4,2,2,{far},-1",
        f"34205,5,0,9,{far},-1",
        f"34206,3,2,3,{far},-1",
        "34207,3,3,4,10100,-1",
    ]
    rows = [
        "0,0,10001,5,0,0,0,0",
        f"{far},6,10001,5,0,0,0,0",
        f"10100,4,10001,5,{far},6,0,0",
        f"10100,4,10001,5,{far},5,0,0",
        f"10100,4,10001,5,{far},3,0,0",
        f"10100,4,10001,5,{far},3,0,0",
        "10100,4,10001,5,0,0,0,0",
        "0,0,10001,5,0,0,0,0",
    ]
    path = write(tmp_path, messages, rows, n=2)
    tape, ends = lobster.messages([path], tick_size="0.0001")
    bid, ask = (10001, 5), (10100, 4)
    assert ends["tag"].tolist() == [1, 3, 8]
    assert list(replay(tape, ends, 2)) == [([], [bid]), ([ask], [bid]), ([], [bid])]
    assert tape.provenance["left_out"] == {"levels": 5, "orders": 1, "prints": 1}
    assert tape.provenance["orders"]["unknown_ids"] == 0
    assert "corrected_rows" not in tape.provenance["orderbook"]
    assert tape.validate().ok
    with pytest.raises(DataError, match=r"price 1999999900 is over 2\^30 ticks; remedy: out_of_range=.drop"):
        lobster.messages([path], tick_size="0.0001", orderbook=False, out_of_range="error")


def test_a_seed_lacks_what_the_first_message_did(tmp_path):
    path = write(tmp_path, ["34200,1,1,5,10000,1", "34201,3,8,4,9900,1"])
    seed = tmp_path / "XYZ_2012-06-21_1_2_orderbook_2.csv"
    seed.write_text("10100,9,10000,5,10200,1,9900,4\n10100,9,10000,5,10200,1,9900,3\n")
    tape, ends = lobster.messages([path], orderbook=False, seed=seed)
    asks = [(101, 9), (102, 1)]
    assert list(replay(tape, ends, 5)) == [(asks, [(100, 5), (99, 4)]), (asks, [(100, 5)])]
    assert [(Kind(row[5]), row[1]) for row in tape.events.tolist()][-2:] == [(Kind.ADD, 6), (Kind.CANCEL, 0)]
    assert [file["name"] for file in tape.provenance["files"]] == [path.name, seed.name]


def test_names_that_tell_nothing(tmp_path):
    path = tmp_path / "trades.csv.gz"
    path.write_bytes(gzip.compress(b"34200.1,1,1,5,10000,1\r\n34201,1,2,5,10050,1"))
    with pytest.raises(DataError, match=r"trades.csv.gz: no orderbook file beside it by its name; remedy"):
        lumina.load(path)
    with pytest.raises(DataError, match="the name does not tell the date; remedy: give date"):
        lumina.load(path, orderbook=False)
    with pytest.raises(DataError, match=r"date '21.6.2012' is not YYYY-MM-DD"):
        lumina.load(path, orderbook=False, date="21.6.2012")
    with pytest.raises(DataError, match="the name does not tell the symbol; remedy: give symbol"):
        lumina.load(path, orderbook=False, date="2012-06-21")
    tape = lumina.load(path, orderbook=False, date="2012-06-21", symbol="XYZ", tick_size="0.005")
    assert (tape.instrument.symbol, tape.depth_limit) == ("XYZ", 0)
    assert tape.events["price_ticks"].tolist() == [200, 201]


def test_converted_as_loaded_with_progress(tmp_path):
    market = Market(5, 2)
    for _ in range(200):
        market.act()
    path = write(tmp_path, market.messages, market.rows, n=2)
    seen = []
    tape = convert(path, tmp_path / "x.lumina", order_ids=True, progress=lambda done, total: seen.append((done, total)))
    loaded = lumina.load(path, order_ids=True)
    assert (tape.events == loaded.events).all()
    assert (tape.order_ids == loaded.order_ids).all()
    size = sum(file["bytes"] for file in tape.provenance["files"])
    assert seen[-1] == (size, size)


def test_a_session_writes_status_rows(tmp_path):
    path = write(tmp_path, ["34199,1,1,5,10000,1", "34201,1,2,5,10000,1"], ["0,0,10000,5", "0,0,10000,10"])
    tape = lumina.load(path, session="us_equity")
    status = tape.events[(tape.events["kind"] == Kind.STATUS) & (tape.events["flags"] & Flag.EXCH != 0)]
    assert status["qty_lots"].tolist() == [Phase.AUCTION, Phase.CONTINUOUS]
    assert status["exch_ts_ns"][1] - MIDNIGHT_NS == 34_200 * 10**9


GOOD = ["34200.5,1,1,5,10000,1", "34201,1,2,5,10100,-1"]
BOOK = ["0,0,10000,5", "10100,5,10000,5"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("34200.4,1,1,5,10000,1", "time 34200400000000 ns is below 34200500000000 of the line before"),
        ("34201,9,1,5,10000,1", "type 9 is unknown; known are 1 to 7"),
        ("34201,1,-2,5,10000,1", "id -2 is below 0"),
        ("34201,1,1,0,10000,1", "size 0 is below 1"),
        ("34201,1,1,5,10000,0", "direction 0 is neither 1 nor -1"),
        ("34201,1,1,5,10050,1", "price 10050 is no multiple of tick_size 0.01; remedy: a finer tick_size"),
        ("34201,1,1,5,-100,1", "price -100 is out of bounds"),
        ("34201,1,1,5,999999999999999999,1", "price 999999999999999999 is"),
        ("34201,1,1,5000000000,10000,1", "size 5000000000 is over 2147483647 lots"),
        ("34201,7,0,0,2,-1", "price 2 of a halt is none of -1, 0 and 1"),
        ("34201,1,1,5,10000", "has 5 columns, not 6"),
        ("34201,1,1,5,1e4,1", "column 5: '1e4' is not an integer of up to 18 digits"),
        ("34201,1,1,,10000,1", "column 4: '' is not an integer"),
        ("34201,1,1,5,-,1", "column 5: '-' is not an integer"),
        ("34201,1,1234567890123456789,5,10000,1", "column 3: '1234567890123456789' is not an integer"),
        ("34.2.1,1,1,5,10000,1", "column 1: '34.2.1' is not seconds"),
        ("-34201,1,1,5,10000,1", "column 1: '-34201' is not seconds"),
        ("34201.-5,1,1,5,10000,1", "column 1: '34201.-5' is not seconds"),
        ("34201.,1,1,5,10000,1", "column 1: '34201.' is not seconds"),
        ("34201.1234567890123456789,1,1,5,10000,1", "column 1: '34201.1234567890123456789' is not seconds"),
        ("99999999,1,1,5,10000,1", "column 1: '99999999' is not seconds"),
        ("34201 ,1,1,5,10000,1", "column 1: '34201 ' is not seconds"),
    ],
)
def test_bad_messages_are_named(tmp_path, line, says):
    path = write(tmp_path, [GOOD[0], line], BOOK)
    with pytest.raises(DataError, match=r"message_1.csv: line 2: ") as error:
        lumina.load(path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([BOOK[0], "10150,5,10000,5"], "line 2: ask levels: a price is no multiple of tick_size 0.01"),
        ([BOOK[0], "10100,-5,10000,5"], "line 2: ask levels: a size is no whole number of lots, or out of bounds"),
        ([BOOK[0], "10100,5,-100,5"], "line 2: bid levels: a price is out of bounds"),
        ([BOOK[0], "10100,5,10000"], "line 2: has 3 columns, not 4"),
        (BOOK[:1], "orderbook_1.csv: ends after 1 lines, XYZ_2012-06-21_34200000_57600000_message_1.csv has more"),
        ([*BOOK, BOOK[1]], "message_1.csv: ends after 2 lines, XYZ_2012-06-21_34200000_57600000_orderbook_1.csv has"),
        (["10200,1,1,1,10100,1,2,1", "10200,1,1,1,10100,1,2,1"], "ask levels: not sorted, best first"),
        (["1,2,3,4,5", "1"], "has 5 columns; a LOBSTER message has 6, an orderbook 4 a level"),
        ([], "the file is empty"),
    ],
)
def test_bad_orderbooks_are_named(tmp_path, rows, says):
    message = write(tmp_path, GOOD, rows)
    orderbook = tmp_path / message.name.replace("message", "orderbook")
    with pytest.raises(DataError) as error:
        lumina.load([message, orderbook], tick_size="0.01" if "sorted" not in says else "0.0001")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seed": "x"}, "option seed is for one day with orderbook=False"),
        ({"session": "moon"}, "option session = 'moon'"),
        ({"colour": 1}, "format lobster has no option colour"),
    ],
)
def test_options(tmp_path, options, says):
    with pytest.raises(DataError, match=says):
        lumina.load(write(tmp_path, GOOD, BOOK), **options)


def test_files_that_do_not_belong_together(tmp_path):
    message = write(tmp_path, GOOD, BOOK)
    other = write(tmp_path, GOOD, BOOK, symbol="ABC")
    book = tmp_path / message.name.replace("message", "orderbook")
    foreign = tmp_path / other.name.replace("message", "orderbook")
    alone = tmp_path / "alone"
    alone.mkdir()
    lone = alone / book.name
    lone.write_bytes(book.read_bytes())
    assert (lumina.load(book).events == lumina.load(message).events).all()
    for paths, says in (
        ([lone], "is an orderbook, and no message file is beside it by its name; remedy: give its path"),
        ([message, foreign], "is of another symbol or date than XYZ"),
        ([message, book, foreign], "1 message files and 2 orderbooks"),
    ):
        with pytest.raises(DataError, match=says):
            lumina.load(paths)
    with pytest.raises(DataError, match="is an orderbook, and orderbook=False; remedy: give it as seed"):
        lumina.load([message, book], orderbook=False)


@pytest.mark.parametrize("seed", range(3))
def test_times_of_any_length_are_exact(tmp_path, seed):
    source = random.Random(seed)
    ns = sorted(source.randrange(34_200 * 10**9, 57_600 * 10**9) for _ in range(500))
    texts = [f"{t // 10**9}.{t % 10**9:09}".rstrip("0").rstrip(".") for t in ns]
    path = write(tmp_path, [f"{text},1,{i + 1},1,10000,1" for i, text in enumerate(texts)])
    tape = lumina.load(path, orderbook=False)
    assert (tape.events["exch_ts_ns"] - MIDNIGHT_NS).tolist() == ns


def test_the_command_takes_its_options(tmp_path, capsys):
    market = Market(6, 2)
    for _ in range(100):
        market.act()
    path = write(tmp_path, market.messages, market.rows, n=2)
    out = tmp_path / "x.lumina"
    assert cli.main(["convert", str(path), str(out), "--session", "us_equity", "--order-ids", "--symbol", "ABC"]) == 0
    tape = lumina.Tape.open(out)
    assert (tape.instrument.symbol, tape.depth_limit, len(tape.order_ids)) == ("ABC", 2, len(tape))
    seed = tmp_path / path.name.replace("message", "orderbook")
    arguments = ["convert", str(path), str(out), "--no-orderbook", "--seed", str(seed), "--date", "2013-01-02"]
    assert cli.main(arguments) == 0
    assert lumina.Tape.open(out).events["exch_ts_ns"][0] - MIDNIGHT_NS > 195 * 86_400 * 10**9
    assert "L3" in capsys.readouterr().out
