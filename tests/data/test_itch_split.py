"""Many stocks of an ITCH recording in one pass: a tape for each."""

import pytest
from itch_day import Day

import lumina
from lumina.data import itch
from lumina.data.cli import main
from lumina.errors import DataError


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
    monkeypatch.setattr("lumina.data.itch.split_files._HELD", 1)
    monkeypatch.setattr("lumina.data.itch.split_files._BLOCK", 3)
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
