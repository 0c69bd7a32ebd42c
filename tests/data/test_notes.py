"""Notes about a tape: how often its book is crossed, what was left out, what was assumed."""

import dataclasses
import json

import numpy as np
import pytest

import lumina
from lumina.data import cli
from lumina.data.kinds import Flag, Kind, Phase, Side
from lumina.data.notes import COUNTS, notes, percent
from lumina.errors import DataError
from lumina.report.summary import summarise

BUY, SELL, NONE = Side.BUY, Side.SELL, Side.NONE
E, L, END = Flag.EXCH, Flag.LOCAL, Flag.END
ALL = E | L | END


def texts(source):
    return [str(note) for note in notes(source)]


def warnings(tape):
    return [str(note) for note in tape.notes if note.warning]


@pytest.fixture
def crossed_tape(make_events, instrument):
    """Eight event ends in continuous trading, three of them crossed; a locked one; an auction."""
    rows = make_events(
        (1, 0, 100, 5, Kind.CHANGE, BUY, ALL),
        (2, 0, 102, 5, Kind.CHANGE, SELL, ALL),
        (3, 0, 103, 5, Kind.CHANGE, BUY, E | L),  # crossed only within the event
        (3, 0, 103, -5, Kind.CHANGE, BUY, ALL),
        (4, 0, 102, 1, Kind.CHANGE, BUY, ALL),  # locked is not crossed
        (5, 0, 103, 1, Kind.CHANGE, BUY, ALL),
        (6, 0, 103, 2, Kind.TRADE, NONE, ALL),  # no aggressor; still crossed
        (7, 0, 103, 2, Kind.TRADE, NONE, ALL | Flag.OFFBOOK),
        (8, 0, 0, Phase.AUCTION, Kind.STATUS, NONE, ALL),
        (9, 0, 104, 1, Kind.CHANGE, BUY, ALL),
        (10, 0, 0, Phase.CONTINUOUS, Kind.STATUS, NONE, ALL),  # still the book of the auction
        (11, 0, 104, -1, Kind.CHANGE, BUY, E | L),
        (11, 0, 103, -1, Kind.CHANGE, BUY, ALL),
    )
    return lumina.Tape(rows, instrument)


def test_the_share_of_crossed_event_ends_is_in_the_header(crossed_tape, tmp_path):
    counts = {name: crossed_tape.header[name] for name in COUNTS}
    assert counts == {"continuous_events": 8, "crossed_events": 3, "prints": 1, "prints_without_side": 1}
    book, prints = crossed_tape.notes
    assert book.warning
    assert str(book).startswith("book: crossed at 37.50% of 8 event ends in continuous trading; likely causes: ")
    assert str(prints) == "prints: 1 of 1 prints tell no aggressor: they fill nobody and move no queue"
    crossed_tape.save(tmp_path / "t")
    assert lumina.load(tmp_path / "t").notes == crossed_tape.notes


def test_only_the_exchange_view_is_judged(make_events, instrument):
    rows = make_events(
        (1, 5, 100, 5, Kind.CHANGE, BUY, ALL),
        (2, 0, 99, 5, Kind.CHANGE, SELL, E | END),
        (2, 4, 99, 4, Kind.CHANGE, SELL, L | END),
    )
    header = lumina.Tape(rows, instrument).header
    assert (header["continuous_events"], header["crossed_events"]) == (2, 1)


@pytest.mark.parametrize("seed", range(20))
def test_crossed_events_against_a_plain_book(make_events, instrument, slow, seed):
    rng = np.random.default_rng(seed)
    totals, rows = {}, []
    scale = int(rng.choice([1, 50, 5000]))  # levels of a page, of some pages, scattered
    for i in range(400):
        side = Side(int(rng.integers(2)))
        price = int(rng.integers(-6, 7)) * scale + (2 * scale if side == SELL else -2 * scale)
        total = int(rng.integers(0, 3))
        change = total - totals.get((side, price), 0)
        totals[side, price] = total
        end = END if rng.random() < 0.6 or i == 399 else Flag(0)
        rows.append((0, 0, price, change, Kind.CHANGE, side, E | L | end))
    events = make_events(*rows)
    crossed = 0
    states = slow.replay(events, E)[1:]
    for levels in states:
        bids = [price for side, price in levels if side == BUY]
        asks = [price for side, price in levels if side == SELL]
        crossed += bool(bids) and bool(asks) and max(bids) > min(asks)
    header = lumina.Tape(events, instrument).header
    assert (header["continuous_events"], header["crossed_events"]) == (len(states), crossed)
    assert crossed > 0


def test_a_header_that_tells_another_share_is_found(crossed_tape):
    crossed_tape._header["crossed_events"] = 0
    assert crossed_tape.validate().header == ("header: crossed_events 0 but the rows have 3",)


def test_a_tape_from_before_the_share_was_counted(crossed_tape, tmp_path, capsys):
    crossed_tape._header = {k: v for k, v in crossed_tape._header.items() if k not in COUNTS}
    crossed_tape.save(tmp_path / "old")
    tape = lumina.Tape.open(tmp_path / "old")
    assert tape.notes == []
    assert tape.validate().ok
    assert cli.main(["info", str(tmp_path / "old"), "--json"]) == 0
    assert "warning: book: crossed at 37.50%" in json.loads(capsys.readouterr().out)["notes"][0]


def test_percent_is_never_rounded_to_nothing_or_all():
    assert [percent(*of) for of in ((0, 9), (9, 9), (1, 10**6), (10**6 - 1, 10**6), (1, 3))] == [
        "0%", "100%", "0.01%", "99.99%", "33.33%",
    ]  # fmt: skip


def test_what_was_left_out_and_compared():
    source = {
        "importer": "binance",
        "left_out": {"levels": 2},
        "rounded": {"quantities": "5 to multiples of 1, by 0.5 at most"},
        "unused": {"messages of other symbols": 1234, "kline messages": 5},
        "cautions": ["levels come from messages alone"],
        "compared": {
            "bookTicker": {"of": 1000, "equal": 989},
            "order_book": {"of": 1000, "equal": 990},
            "nothing": {"of": 0, "equal": 0},
        },
        "tapes": [{"inferred": {"tick_size": "0.1 from 5 numbers"}}, {"inferred": {"tick_size": "0.1 from 5 numbers"}}],
    }  # fmt: skip
    assert texts(source) == [
        "data: 2 levels out of range left out",
        "data: quantities rounded: 5 to multiples of 1, by 0.5 at most",
        "data: not used: 1,234 messages of other symbols, 5 kline messages",
        "data: levels come from messages alone",
        "book: equal to bookTicker at 989 of 1,000 (98.90%); they do not belong together, or messages are missing",
        "book: equal to order_book at 990 of 1,000 (99.00%)",
        "data: tick_size was inferred, 0.1 from 5 numbers",
    ]
    assert [note.warning for note in notes(source)] == [False, False, False, False, True, False, False]


@pytest.mark.parametrize("name", ["binance", "bitstamp", "bybit", "csv", "databento", "hftbacktest", "itch", "lobster",
                                  "tardis"])  # fmt: skip
def test_each_format_has_its_causes(name):
    one = {"importer": name, "continuous_events": 100, "crossed_events": 2}
    joined = {"importer": "join", "tapes": [{"importer": name}], "continuous_events": 100, "crossed_events": 2}
    for source in (one, joined):
        (note,) = notes(source)
        assert note.warning
        assert "rows of another instrument" not in note.text
    assert not notes({**one, "crossed_events": 1})[0].warning


@pytest.fixture
def peer_tape(tmp_path):
    from lumina.data.hftbacktest.rows import BUY, DEPTH, EXCH, LOCAL, ROW

    rows = np.zeros(10, ROW)
    rows["ev"] = DEPTH | BUY | EXCH | LOCAL
    rows["exch_ts"] = rows["local_ts"] = np.arange(10)
    rows["px"], rows["qty"] = 100.0, np.arange(10) % 2 + 0.5
    np.save(tmp_path / "in.npy", rows)
    return lambda **options: lumina.load(tmp_path / "in.npy", tick_size="0.5", lot_size="0.5", **options)


def assumed(tape):
    return tape.provenance.get("assumed", {})


def test_terms_that_nobody_gave_are_assumed(peer_tape, instrument):
    assert assumed(peer_tape()) == {
        "multiplier": "1", "inverse": False, "settlement": "", "maker_fee": "0", "taker_fee": "0",
    }  # fmt: skip
    assert assumed(peer_tape(maker_fee=0, settlement="EUR", inverse=False)) == {"multiplier": "1", "taker_fee": "0"}
    assert str(peer_tape(maker_fee=0, settlement="EUR", inverse=False).notes[-1]) == (
        "contract: assumed, since neither the data nor an option says otherwise: multiplier 1, taker fee 0"
    )
    tape = peer_tape()
    same = lumina.Tape(tape.events, dataclasses.replace(tape.instrument))
    assert assumed(same) == {}
    assert assumed(tape.with_instrument(tape.instrument)) == {}
    other = tape.with_terms(multiplier=50, inverse=False)
    assert other.instrument.multiplier == 50
    assert assumed(other) == {"settlement": "", "maker_fee": "0", "taker_fee": "0"}
    with pytest.raises(DataError, match="instrument: key 'fee' is unknown"):
        tape.with_terms(fee=1)


def test_notes_of_a_run(peer_tape):
    class Idle:
        def on_event(self, ctx, event):
            pass

    tape = peer_tape(maker_fee="0.0001")
    of_run = summarise(lumina.backtest(tape, Idle()))["notes"]
    said = [note for note in of_run if note.startswith(("book:", "contract:"))]
    assert said == [
        "book: crossed at 0% of 10 event ends in continuous trading",
        "contract: assumed, since neither the data nor an option says otherwise: multiplier 1, not inverse, "
        "no settlement currency, taker fee 0",
    ]
    free = summarise(lumina.backtest(tape, Idle(), taker_fee=0))["notes"]
    assert "taker fee" not in " ".join(free)


def test_joined_tapes_keep_what_was_assumed(peer_tape, tmp_path):
    tape = peer_tape()
    tape.save(tmp_path / "one")
    later = tape.events.copy()
    later["exch_ts_ns"] += 1000
    lumina.Tape(later, tape.instrument, provenance=tape.provenance).save(tmp_path / "two")
    joined = lumina.load([tmp_path / "one", tmp_path / "two"])
    assert len([note for note in joined.notes if note.topic == "contract"]) == 1
    given = joined.with_terms(multiplier=2, inverse=False, settlement="USD", maker_fee=0, taker_fee=0)
    assert not [note for note in given.notes if note.topic == "contract"]
