"""What a tape's file takes the place of."""

import os
import stat

import pytest

import lumina
from lumina.errors import DataError


@pytest.fixture(scope="module")
def tape():
    return lumina.EmbeddedMarket(seed=1, hours=0.01).record()


def test_a_file_keeps_its_mode(tape, tmp_path):
    path = tmp_path / "tape.lumina"
    tape.save(path)
    path.chmod(0o640)
    tape.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tape, tmp_path):
    path, link = tmp_path / "tape.lumina", tmp_path / "link.lumina"
    path.write_bytes(b"before")
    link.symlink_to(path)
    tape.save(link)
    assert link.is_symlink()
    assert len(lumina.Tape.open(path)) == len(tape)


def test_what_is_no_file_is_refused_and_stays(tape, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(DataError, match="is there already and is no file"):
            tape.save(path)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]
