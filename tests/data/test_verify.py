"""A tape that was changed on disk is not believed."""

import os

import numpy as np
import pytest

import lumina
from lumina import EVENT
from lumina.backtester import cli
from lumina.data import tape as tape_module
from lumina.data import tape_file
from lumina.errors import DataError
from lumina.strategies import Symmetric


@pytest.fixture
def path(tmp_path):
    lumina.EmbeddedMarket(seed=1, hours=0.01).record().save(tmp_path / "tape.lumina")
    return tmp_path / "tape.lumina"


def flip(path, offset, bit=0):
    """Change one bit of a file behind everybody's back but the clock's."""
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ (1 << bit)]))


def places(path):
    """Offsets of the rows and of the order ids."""
    with open(path, "rb") as file:
        _, offset, rows, ids = tape_file._read_header(path, file, os.path.getsize(path))
    return offset, rows, ids


@pytest.mark.parametrize("field", EVENT.names)
@pytest.mark.parametrize("row", [0, 77, -1])
def test_a_changed_row_is_refused(path, row, field):
    offset, rows, _ = places(path)
    flip(path, offset + (row % rows) * EVENT.itemsize + EVENT.fields[field][1])
    with pytest.raises(DataError, match=r"tape\.lumina: its rows were changed: fold64:[0-9a-f]{16}, written as"):
        lumina.backtest(lumina.Tape.open(path), Symmetric())


def test_changed_order_ids_are_refused(path):
    _, _, ids = places(path)
    flip(path, ids + 8 * 5 + 3)
    with pytest.raises(DataError, match="its order ids were changed"):
        lumina.backtest(lumina.Tape.open(path), Symmetric())
    assert "order ids" in str(lumina.Tape.open(path).validate())


def test_two_rows_in_each_others_place_are_refused(path):
    offset, _, _ = places(path)
    with open(path, "r+b") as file:
        file.seek(offset + 64 * 32)
        first, second = file.read(32), file.read(32)
        file.seek(offset + 64 * 32)
        file.write(second + first)
    with pytest.raises(DataError, match="its rows were changed"):
        lumina.Tape.open(path).verify()


def test_it_is_looked_at_once_while_the_file_stands(path, monkeypatch):
    looks = []
    quick = tape_file.quick_checksum
    monkeypatch.setattr(tape_file, "quick_checksum", lambda rows: looks.append(len(rows)) or quick(rows))
    for _ in range(3):
        lumina.backtest(lumina.Tape.open(path))
    assert len(looks) == 2  # rows and order ids
    os.utime(path, ns=(1, 1))
    lumina.backtest(lumina.Tape.open(path))
    assert len(looks) == 4


def test_a_file_changed_after_it_was_verified_is_refused(path):
    tape = lumina.Tape.open(path)
    lumina.backtest(tape)
    offset, _, _ = places(path)
    flip(path, offset + 20)
    with pytest.raises(DataError, match="its rows were changed"):
        lumina.backtest(tape)


def test_verify_false_runs_and_says_so(path):
    offset, rows, _ = places(path)
    flip(path, offset + (rows - 1) * 32 + 16)  # the last latency: harmless
    tape = lumina.Tape.open(path, verify=False)
    notes = lumina.backtest(tape).summary()["notes"]
    assert "data: rows not verified: the file was opened with verify=False" in notes
    assert not tape.with_instrument(tape.instrument).verified


def test_a_tape_of_an_earlier_version_is_verified_by_its_sha256(path):
    tape = lumina.Tape.open(path)
    for name in ("rows_checksum", "ids_checksum"):
        del tape._header[name]
    tape_module._verified.clear()
    tape.verify()
    tape._header["checksum"] = "sha256:0"
    tape_module._verified.clear()
    with pytest.raises(DataError, match="its rows were changed: sha256:"):
        tape.verify()


def test_the_command_refuses_it_in_one_line(path, capsys):
    offset, _, _ = places(path)
    flip(path, offset + 16)
    assert cli.main(["--set", f"data.path={path}", "--quiet"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"{path}: its rows were changed" in err


def test_every_bit_and_every_place_counts():
    rng = np.random.default_rng(1)
    for size in (0, 1, 7, 8, 15, 16, 127, 128, 129, 300):
        data = rng.integers(0, 256, size, np.uint8)
        seen = {tape_file.quick_checksum(data)}
        for at in range(size):
            for bit in range(8):
                changed = data.copy()
                changed[at] ^= np.uint8(1 << bit)
                seen.add(tape_file.quick_checksum(changed))
        assert len(seen) == 1 + 8 * size
    zeros = {tape_file.quick_checksum(np.zeros(size, np.uint8)) for size in range(300)}
    assert len(zeros) == 300  # the length counts too
