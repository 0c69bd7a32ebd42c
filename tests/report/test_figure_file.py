"""What a picture takes the place of."""

import os
import stat

import pytest

from lumina.errors import DataError
from lumina.report import figure_file

SIGNATURE = b"\x89PNG"


class _Figure:
    """Writes a picture's first bytes, and then fails if told to."""

    def __init__(self, failing=False):
        self.failing = failing

    def savefig(self, file, format):
        file.write(SIGNATURE)
        if self.failing:
            raise ValueError("halfway")


def test_a_file_keeps_its_mode_and_a_link_stays(tmp_path):
    path, link = tmp_path / "run.png", tmp_path / "link.png"
    path.write_bytes(b"before")
    path.chmod(0o640)
    link.symlink_to(path)
    figure_file.save(_Figure(), link)
    assert link.is_symlink()
    assert path.read_bytes() == SIGNATURE
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_fails_halfway_leaves_what_was_there(tmp_path):
    path = tmp_path / "run.png"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match="halfway"):
        figure_file.save(_Figure(failing=True), path)
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["run.png"]


def test_a_folder_is_refused_and_a_device_written_through(tmp_path):
    with pytest.raises(DataError, match="is there already and is no file"):
        figure_file.save(_Figure(), tmp_path)
    figure_file.save(_Figure(), "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
