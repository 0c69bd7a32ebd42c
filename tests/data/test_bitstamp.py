"""Bitstamp's order log: the venue's own snapshots as ground truth, and small logs for every rule."""

import json
import lzma
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

import lumina
from lumina import DepthBook, Flag, Kind, Side
from lumina.errors import DataError

BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE
SECOND = 1_430_438_404_000  # ms


@pytest.fixture(scope="module")
def log(data_dir):
    """The recording, read without the importer: (local ms, kind, data), numbers as texts."""
    path = data_dir / "bitstamp" / "2015-05-01.log.xz"
    with lzma.open(path, "rt") as file:
        parts = [line.split(" ", 2) for line in file]
    return path, [(int(ms), kind, json.loads(data, parse_float=str)) for ms, kind, data in parts]


@pytest.fixture(scope="module")
def tape(log):
    return lumina.load(log[0])


def test_level_1_between_snapshots_is_the_venues_own(log, tape):
    assert tape.validate().ok
    assert (tape.level, tape.depth_limit) == ("L3", 20)
    book, done, compared, equal = DepthBook(), 0, 0, 0
    local_ms = (tape.events["exch_ts_ns"] + tape.events["latency_ns"]) // 1_000_000
    for ms, kind, data in log[1]:
        if kind != "order_book":
            continue
        # all before the snapshot, which itself sets right what two in a row found off
        end = int(np.searchsorted(local_ms, ms))
        if end > done:
            book.apply(tape.events[done:end], view="exchange")
            done = end
        compared += 1
        if book.best_bid is None or book.best_ask is None:
            continue
        same = True
        for (price, lots), (text, amount, *_) in zip(
            (book.best_bid, book.best_ask), (data["bids"][0], data["asks"][0]), strict=True
        ):
            # orders are rounded down to a lot one by one
            same &= price == Fraction(text) * 100 and abs(lots - Fraction(amount) * 10**6) <= 16
        equal += same
    assert compared == 5011
    assert equal / compared >= 0.996
    found = tape.provenance["order_book"]
    assert found["snapshots"] == 5010
    assert found["equal"] / 5010 >= 0.996
    assert found["corrected_levels"] < 50


def test_every_message_is_accounted_for(log, tape):
    kinds = Counter(kind for _, kind, _ in log[1])
    messages = tape.provenance["messages"]
    assert sum(n for kind, n in kinds.items() if kind.startswith("order_") and kind != "order_book") == 50_414
    assert {kind: messages[kind] for kind in kinds} == kinds
    assert messages["deletes of orders from before the log"] == 208
    assert (kinds["trade"], kinds["order_book"]) == (575, 5011)


def test_every_trade_prints_once_at_its_price(log, tape):
    trades = [data for _, kind, data in log[1] if kind == "trade"]
    prints = tape.events[np.isin(tape.events["kind"], (Kind.EXECUTE, Kind.TRADE))]
    assert len(prints) == len(trades) == 575
    assert tape.provenance["trades"]["fills"] == 575
    want = [(round(Fraction(data["price"]) * 100), round(Fraction(data["amount"]) * 10**8)) for data in trades]
    got = zip(prints["price_ticks"].tolist(), np.abs(prints["qty_lots"]).tolist(), strict=True)
    # in the order of the resting orders' lines, which can differ from that of the trades
    for (price, amount), (ticks, lots) in zip(sorted(want), sorted(got), strict=True):
        assert price == ticks
        assert abs(lots - amount / 100) <= 1


# ---- small logs --------------------------------------------------------------------------------------------------


@pytest.fixture
def load(tmp_path):
    """Rows of lines (ms after the first second, kind, fields) as (kind, side, price, lots, ms)."""

    def load(*lines, **options):
        path = tmp_path / "x.log"
        path.write_text("".join(f"{SECOND + ms} {kind} {json.dumps(data)}\n" for ms, kind, data in lines))
        tape = lumina.load(path, **{"lot_size": "0.01", **options})
        assert (tape.events["latency_ns"] == 0).all()
        rows = [
            (Kind(kind), side, price, qty, ts // 1_000_000 - SECOND)
            for ts, _, _, price, qty, kind, side, _ in tape.events.tolist()
        ]
        return rows, tape

    return load


def order(kind, ms, order_id, side, price, amount):
    fields = {"price": price, "amount": amount, "datetime": "1430438404", "id": order_id, "order_type": int(side)}
    return ms, f"order_{kind}", fields


def trade(ms, price, amount):
    return ms, "trade", {"price": price, "amount": amount, "id": 9}


def book(ms, bids, asks):
    return ms, "order_book", {"bids": bids, "asks": asks}


RESTS = (order("created", 0, 1, SELL, "100.50", "2.00000000"),)


def test_orders_come_shrink_and_go(load):
    rows, tape = load(
        order("created", 0, 1, BUY, "100.50", "2.00000000"),
        order("created", 5, 2, SELL, "101.00", "1.5"),
        order("changed", 10, 1, BUY, "100.50", "1.99000000"),
        order("deleted", 20, 1, BUY, "100.50", "1.99000000"),
        order("changed", 30, 2, SELL, "101.50", "1.5"),
        order("created", 31, 3, BUY, "100.00", "0.00100000"),
        order_ids=True,
    )
    assert rows == [
        (Kind.ADD, BUY, 10050, 200, 0),
        (Kind.ADD, SELL, 10100, 150, 5),
        (Kind.REDUCE, BUY, 10050, -1, 10),
        (Kind.CANCEL, BUY, 10050, -199, 20),
        (Kind.CANCEL, SELL, 10100, -150, 30),
        (Kind.ADD, SELL, 10150, 150, 30),
    ]
    assert tape.order_ids.tolist() == [1, 2, 1, 1, 2, 2]
    assert tape.provenance["messages"]["amounts below a lot"] == 1


@pytest.mark.parametrize("place", [2, 3, 4])
def test_an_aggressor_that_is_filled_is_no_order_of_the_book(load, place):
    lines = [
        *RESTS,
        order("created", 1000, 2, BUY, "100.70", "0.50000000"),
        order("changed", 1117, 1, SELL, "100.50", "1.50000000"),
        order("deleted", 1119, 2, BUY, "100.70", "0.00000000"),
    ]
    # the print can come before, between and after the two
    lines.insert(place, trade(1116 + place, 100.5, 0.5))
    lines.sort(key=lambda line: line[0])
    rows, tape = load(*lines)
    assert rows == [(Kind.ADD, SELL, 10050, 200, 0), (Kind.EXECUTE, SELL, 10050, -50, 1117)]
    assert tape.provenance["trades"] == {"aggressors": 1, "fills": 1}


def test_what_is_left_of_an_aggressor_rests(load):
    rows, _ = load(
        *RESTS,
        order("created", 10, 2, SELL, "100.60", "1.0"),
        order("created", 1000, 3, BUY, "100.70", "4.0"),
        order("deleted", 1100, 1, SELL, "100.50", "0.0"),
        order("changed", 1101, 3, BUY, "100.70", "2.0"),
        trade(1105, 100.5, 2.0),
        order("deleted", 1130, 2, SELL, "100.60", "0.0"),
        order("changed", 1131, 3, BUY, "100.70", "1.0"),
        trade(1140, 100.599999999999994, 1.0000000000000002),
        order("changed", 5000, 3, BUY, "100.70", "0.5"),
    )
    assert rows[2:] == [
        (Kind.EXECUTE, SELL, 10050, -200, 1100),
        (Kind.EXECUTE, SELL, 10060, -100, 1130),
        (Kind.ADD, BUY, 10070, 100, 1131),
        (Kind.REDUCE, BUY, 10070, -50, 5000),
    ]


def test_of_two_orders_at_the_price_the_elder_rested(load):
    rows, _ = load(
        *RESTS,
        order("created", 1000, 2, BUY, "100.50", "0.50000000"),
        order("deleted", 1100, 2, BUY, "100.50", "0.00000000"),
        order("changed", 1101, 1, SELL, "100.50", "1.50000000"),
        trade(1105, 100.5, 0.5),
    )
    assert rows[1:] == [(Kind.EXECUTE, SELL, 10050, -50, 1101)]


def test_an_order_that_long_rested_may_be_the_aggressor_in_name(load):
    # both lines far from their arrival: the younger one shrinks without a print
    rows, tape = load(
        *RESTS,
        order("created", 1000, 2, BUY, "100.50", "0.50000000"),
        order("deleted", 9100, 2, BUY, "100.50", "0.00000000"),
        order("changed", 9101, 1, SELL, "100.50", "1.50000000"),
        trade(9105, 100.5, 0.5),
    )
    assert rows[1:] == [
        (Kind.ADD, BUY, 10050, 50, 1000),
        (Kind.CANCEL, BUY, 10050, -50, 9100),
        (Kind.EXECUTE, SELL, 10050, -50, 9101),
    ]
    assert tape.provenance["trades"] == {"aggressors": 1, "fills": 1}


def test_prints_alone(load):
    rows, tape = load(
        *RESTS,
        trade(1000, 100.5, 0.25),
        order("created", 2000, 2, BUY, "100.70", "0.50000000"),
        order("deleted", 2100, 2, BUY, "100.70", "0.0"),
        trade(2101, 100.4, 0.5),
        trade(9000, 100.5, 0.001),
    )
    assert rows[1:] == [
        (Kind.TRADE, NONE, 10050, 25, 1000),
        (Kind.ADD, BUY, 10070, 50, 2000),
        (Kind.CANCEL, BUY, 10070, -50, 2100),
        (Kind.TRADE, BUY, 10040, 50, 2101),
    ]
    assert tape.provenance["trades"] == {"aggressors": 1, "prints alone": 3}
    assert tape.provenance["messages"]["amounts below a lot"] == 1


def test_orders_from_before_the_log_are_of_the_first_snapshot(load):
    bids, asks = [["100.40", "3.0"], ["100.30", "1.0"]], [["100.50", "2.25"], ["100.60", "1.0"]]
    rows, tape = load(
        book(0, bids, asks),
        order("deleted", 10, 1, BUY, "100.30", "1.0"),
        order("created", 1000, 9, BUY, "100.70", "0.5"),
        order("changed", 1100, 2, SELL, "100.50", "1.5"),
        order("deleted", 1101, 9, BUY, "100.70", "0.0"),
        order("deleted", 1102, 5, SELL, "100.50", "0.25"),  # cancelled
        trade(1105, 100.5, 0.5),
        order("deleted", 2000, 2, SELL, "100.50", "1.5"),
        order("deleted", 2000, 3, SELL, "100.60", "0.0"),
    )
    assert rows == [
        (Kind.CHANGE, BUY, 10030, 100, 0),
        (Kind.CHANGE, BUY, 10040, 300, 0),
        (Kind.CHANGE, SELL, 10050, 225, 0),
        (Kind.CHANGE, SELL, 10060, 100, 0),
        (Kind.CANCEL, BUY, 10030, -100, 10),
        (Kind.EXECUTE, SELL, 10050, -50, 1100),
        (Kind.CANCEL, SELL, 10050, -25, 1102),
        (Kind.CANCEL, SELL, 10050, -150, 2000),
        # how much the last one had is not said: the next snapshots set its level right
    ]
    assert (tape.events["stamp"] == 0).all()
    assert tape.provenance["messages"]["deletes of orders from before the log"] == 4


def test_a_trade_is_of_an_order_that_fits_before_one_that_may(load):
    rows, tape = load(
        book(0, [["100.40", "3.0"]], [["100.50", "2.0"]]),
        order("created", 1, 1, SELL, "100.50", "0.5"),
        order("created", 2, 4, SELL, "100.50", "0.5"),
        order("created", 1000, 9, BUY, "100.50", "0.5"),
        order("deleted", 1099, 4, SELL, "100.50", "0.5"),  # cancelled
        order("deleted", 1100, 1, SELL, "100.50", "0.0"),
        order("deleted", 1101, 7, SELL, "100.50", "0.0"),  # from before the log
        order("deleted", 1102, 9, BUY, "100.50", "0.0"),
        trade(1105, 100.5, 0.5),
        order_ids=True,
    )
    assert rows[4:] == [(Kind.CANCEL, SELL, 10050, -50, 1099), (Kind.EXECUTE, SELL, 10050, -50, 1100)]
    assert tape.order_ids.tolist()[4:] == [4, 1]


def test_a_level_is_set_right_when_two_snapshots_agree(load):
    bids, asks = [["100.40", "3.0"]], [["100.50", "2.0"]]
    late, off = [["100.40", "3.5"]], [["100.50", "1.0"], ["100.60", "1.0"]]
    lines = [book(0, bids, asks), book(1000, late, asks), book(2000, bids, off), book(3000, bids, off)]
    rows, tape = load(*lines)
    assert rows[2:] == [(Kind.CHANGE, SELL, 10050, -100, 3000), (Kind.CHANGE, SELL, 10060, 100, 3000)]
    assert tape.provenance["order_book"] == {"snapshots": 3, "equal": 0, "corrected_levels": 2}
    rows, tape = load(*lines, snapshots="check")
    assert len(rows) == 2
    assert tape.provenance["order_book"] == {"snapshots": 3, "equal": 0, "corrected_levels": 0}


def test_levels_beyond_the_snapshots_last_are_left_alone(load):
    bids = [[f"{100 - i}.00", "1.0"] for i in range(20)]
    rows, _ = load(
        order("created", 0, 1, BUY, "50.00", "1.0"),
        *[book(1000 * i, bids, [["101.00", "1.0"]]) for i in range(1, 4)],
    )
    assert len(rows) == 1 + 20 + 1
    rows, _ = load(
        order("created", 0, 1, BUY, "50.00", "1.0"),
        *[book(1000 * i, bids[:19], [["101.00", "1.0"]]) for i in range(1, 4)],
    )
    assert (Kind.CHANGE, BUY, 5000, -100, 1000) in rows


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("143043840451 trade {}", "local time '143043840451' is not 13 digits of milliseconds"),
        (f"{SECOND - 1} trade {{}}", "local time 1430438403999 is below that of the line before; remedy"),
        (f"{SECOND + 1} trade [1]", "a JSON list, not an object"),
        (f"{SECOND + 1} trade {{", "not JSON"),
        (f'{SECOND + 1} trade {{"price": NaN, "amount": 1.0}}', "not JSON: NaN is no number"),
        (f'{SECOND + 1} trade {{"amount": 1.0}}', "field price: None is missing"),
        (f'{SECOND + 1} trade {{"price": 1.005, "amount": 1.0}}', "field price: '1.005' is no multiple of 0.01"),
        (f'{SECOND + 1} trade {{"price": 1e-05, "amount": 1.0}}', "field price: '1e-05' is not from 1 to"),
        (f'{SECOND + 1} trade {{"price": 1, "amount": -1.0}}', "field amount: '-1.0' is no number of 0 or more"),
        (f'{SECOND + 1} trade {{"price": 1, "amount": 1e999999}}', "field amount: '1e999999' is no number"),
        (
            f'{SECOND + 1} trade {{"price": 1, "amount": "30000000"}}',
            "'30000000' is over 2^31 - 1 lots; remedy: option",
        ),
        (f'{SECOND + 1} order_created {{"price": 1, "amount": 1, "id": "x"}}', "field id: 'x' is no integer from 1"),
        (
            f'{SECOND + 1} order_created {{"price": 1, "amount": 1, "id": 1, "order_type": 2}}',
            "field order_type: 2 is no integer from 0 to 1",
        ),
        (f'{SECOND + 1} order_book {{"asks": []}}', "field bids: is missing"),
        (f'{SECOND + 1} order_book {{"bids": {{}}, "asks": []}}', "field bids: is no list but a dict"),
        (f'{SECOND + 1} order_book {{"bids": [["1"]], "asks": []}}', "field bids: is not [price, amount]s"),
        (f'{SECOND + 1} order_book {{"bids": [["1", "x"]], "asks": []}}', "field bids: 'x' is no number of 0 or more"),
    ],
)
def test_bad_lines_are_named(tmp_path, line, says):
    path = tmp_path / "x.log"
    first = '{"price": "1.00", "amount": "1.0", "id": 1, "order_type": 0}'
    path.write_text(f"{SECOND} order_created {first}\n{line}\n")
    with pytest.raises(DataError, match=r"x.log: line 2: ") as error:
        lumina.load(path, lot_size="0.01", out_of_range="error")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_files_follow_each_other_and_other_kinds_are_counted(tmp_path):
    line = '{} order_{} {{"price": "1.00", "amount": "1.0", "id": 1, "order_type": 0}}\n'
    first, second = tmp_path / "1.log", tmp_path / "2.log"
    first.write_text(line.format(SECOND, "created") + f"{SECOND} ping {{}}\n")
    second.write_text(line.format(SECOND + 1, "deleted"))
    tape = lumina.load([first, second])
    assert [Kind(kind) for kind in tape.events["kind"].tolist()] == [Kind.ADD, Kind.CANCEL]
    assert tape.provenance["messages"]["other: ping"] == 1
    assert "data: not used: 1 ping messages" in [str(note) for note in tape.notes]
    assert all(flags & Flag.END for flags in tape.events["flags"].tolist())
    with pytest.raises(DataError, match=r"1.log: line 1: local time .* of the file before; remedy: give the files"):
        lumina.load([second, first], format="bitstamp")
    with pytest.raises(DataError, match="option snapshots = 'maybe' is neither resync nor check"):
        lumina.load(first, snapshots="maybe")


def test_orders_out_of_range_are_left_out_as_a_whole_and_counted(load):
    rows, tape = load(
        order("created", 0, 1, BUY, "1.00", "1"),
        order("created", 1, 2, SELL, "99999999.00", "1"),
        order("created", 2, 3, BUY, "0.99", "30000000"),
        order("created", 3, 4, SELL, "1.05", "2"),
        order("changed", 1000, 3, BUY, "0.99", "5"),  # back in range: it stays left out
        order("deleted", 2000, 3, BUY, "0.99", "5"),
        order("changed", 3000, 4, SELL, "1.05", "30000000"),
        order("deleted", 4000, 4, SELL, "1.05", "30000000"),
        order("deleted", 5000, 2, SELL, "99999999.00", "1"),
    )
    assert [row[:4] for row in rows] == [
        (Kind.ADD, BUY, 100, 100), (Kind.ADD, SELL, 105, 200), (Kind.CANCEL, SELL, 105, -200),
    ]  # fmt: skip
    assert tape.provenance["left_out"] == {"orders": 3}
    assert not any(tape.provenance["orders"].values())


def test_prints_and_levels_out_of_range_are_left_out(load):
    lines = (
        order("created", 0, 1, BUY, "100.50", "2.00"),
        trade(2000, "99999999.00", "1.0"),
        (2001, "heartbeat", {}),
        book(2002, [["100.5", "2"]], [["99999999.00", "1"], ["102", "1"]]),
    )
    rows, tape = load(*lines)
    assert {row[2] for row in rows} == {10050, 10200}
    assert tape.provenance["left_out"]["prints"] == 1
    assert "heartbeat" in " ".join(map(str, tape.notes))
    with pytest.raises(DataError, match=r"line 2: field price: '99999999.00' is not from 1 to 1073741824 steps"):
        load(*lines, out_of_range="error")
