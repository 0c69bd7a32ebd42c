"""hftbacktest's rows whose numbers fit no row of a tape, and prices at and below 0."""

import json

import numpy as np
import pytest

import lumina
from lumina import Kind, Side
from lumina.data import cli
from lumina.data.hftbacktest.rows import (
    ADD,
    BBO,
    BUY,
    CANCEL,
    CLEAR,
    DEPTH,
    EXCH,
    FILL,
    LOCAL,
    MODIFY_ORDER,
    ROW,
    SELL,
    SNAPSHOT,
    TRADE,
)

BOTH = EXCH | LOCAL
FAR, BIG = 1e12, 3e7


@pytest.fixture
def save(tmp_path):
    def save(*rows):
        out = np.zeros(len(rows), ROW)
        for i, (ev, time, px, qty, *order_id) in enumerate(rows):
            out[i] = (ev, time, time, px, qty, *(order_id or [0]), 0, 0)
        np.save(tmp_path / "in.npy", out)
        return tmp_path / "in.npy"

    return save


def load(path, **options):
    return lumina.load(path, tick_size="0.5", lot_size="0.01", **options)


def touch(tape):
    book = lumina.DepthBook()
    book.apply(tape.events, view="exchange")
    return book.best_bid, book.best_ask


LEVELS = (
    (SNAPSHOT | BUY | BOTH, 1, 100.0, 1),
    (SNAPSHOT | SELL | BOTH, 1, 101.0, 1),
    (SNAPSHOT | SELL | BOTH, 1, FAR, 1),
    (DEPTH | SELL | BOTH, 2, 100.5, 2),
    (DEPTH | SELL | BOTH, 3, 100.5, BIG),
    (DEPTH | BUY | BOTH, 4, -FAR, 1),
    (TRADE | BUY | BOTH, 5, FAR, 1),
    (TRADE | BUY | BOTH, 6, 101.0, BIG),
    (TRADE | BUY | BOTH, 7, 101.0, 1),
)


def test_levels_and_prints_out_of_range_are_left_out_and_counted(save):
    tape = load(save(*LEVELS))
    assert touch(tape) == ((200, 100), (202, 100))
    assert tape.provenance["left_out"] == {"levels": 3, "prints": 2}
    assert [row["qty_lots"] for row in tape.events if row["kind"] == Kind.TRADE] == [100]
    assert "data: 3 levels out of range left out" in [str(note) for note in tape.notes]


def test_a_quote_out_of_range_is_no_quote(save):
    tape = load(save((BBO | BUY | BOTH, 1, 100.0, 1), (BBO | SELL | BOTH, 1, 101.0, 1), (BBO | SELL | BOTH, 2, FAR, 1)))
    assert touch(tape) == ((200, 100), None)
    assert tape.provenance["left_out"] == {"levels": 1}


def test_a_side_cleared_through_a_price_out_of_range_is_cleared(save):
    tape = load(save((DEPTH | SELL | BOTH, 1, 101.0, 1), (CLEAR | SELL | BOTH, 2, FAR, 0)))
    assert touch(tape) == (None, None)


@pytest.mark.parametrize("views", [(BOTH,), (EXCH, LOCAL)])
def test_an_order_out_of_range_is_left_out_as_a_whole(save, views):
    rows = (
        (ADD | BUY, 1, 100.0, 1, 1),
        (ADD | SELL, 2, FAR, 1, 2),
        (ADD | BUY, 3, 99.0, BIG, 3),
        (MODIFY_ORDER | SELL, 4, 102.0, 1, 2),  # back in range: it stays left out
        (TRADE | SELL, 5, 99.0, 0.5, 0),
        (FILL | BUY, 5, 99.0, 0.5, 3),
        (MODIFY_ORDER | BUY, 5, 99.0, BIG - 0.5, 3),
        (CANCEL | SELL, 6, 102.0, 1, 2),
        (ADD | SELL, 7, 103.0, 2, 2),  # another one
        (ADD | SELL, 8, 102.0, 1, 4),
        (MODIFY_ORDER | SELL, 9, FAR, 1, 4),  # leaves
        (CANCEL | SELL, 10, FAR, 1, 4),
        (CANCEL | BUY, 11, 99.0, 1, 3),
    )
    tape = load(save(*((ev | view, *rest) for ev, *rest in rows for view in views)))
    assert touch(tape) == ((200, 100), (206, 200))
    assert tape.provenance["left_out"] == {"orders": 3}
    assert not any(tape.provenance.get("orders", {}).values())
    prints = [row for row in tape.events if row["kind"] == Kind.TRADE and row["flags"] & lumina.Flag.EXCH]
    assert [(row["price_ticks"], row["qty_lots"], row["side"]) for row in prints] == [(198, 50, Side.SELL)]


def test_numbers_between_steps_are_rounded_on_request_and_counted(save):
    path = save(
        (DEPTH | BUY | BOTH, 1, 99.9, 1),
        (DEPTH | SELL | BOTH, 2, 101.0, 0.001),
        (DEPTH | SELL | BOTH, 3, 102.0, 1.254),
    )
    tape = load(path, round_lots=True, round_prices=True)
    assert touch(tape) == ((200, 100), (202, 1))
    assert tape.provenance["rounded"] == {
        "prices": "1 to multiples of 0.5, by 0.1 at most",
        "quantities": "2 to multiples of 0.01, by 0.009 at most",
    }


def test_the_command_takes_the_options(save, tmp_path, capsys):
    command = ["convert", str(save(*LEVELS)), str(tmp_path / "t.lumina"), "--tick-size", "0.5", "--lot-size", "0.01"]
    assert cli.main([*command, "--out-of-range", "error"]) != 0
    said = "row 2: px '1000000000000.0' is over 1073741824 steps of tick_size 0.5; remedy: option --out-of-range drop"
    assert said in capsys.readouterr().err
    assert cli.main([*command, "--round-lots", "--round-prices"]) == 0
    capsys.readouterr()
    assert cli.main(["info", str(tmp_path / "t.lumina"), "--json"]) == 0
    assert any("3 levels out of range left out" in note for note in json.loads(capsys.readouterr().out)["notes"])
