"""Several files into the places of others: all of them or none, with modes and links as they were."""

import os
import stat

import pytest

from lumina.data import in_place
from lumina.errors import DataError


@pytest.fixture
def work(tmp_path):
    """Two new files, two places (one a link to a file of mode 640), and what shall be gone."""
    for folder in ("new", "out", "aside", "far"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b"):
        (tmp_path / "new" / name).write_text(f"new {name}")
    (tmp_path / "far" / "a").write_text("old a")
    (tmp_path / "far" / "a").chmod(0o640)
    (tmp_path / "out" / "a").symlink_to(tmp_path / "far" / "a")
    (tmp_path / "out" / "gone").write_text("old")
    return tmp_path


def put(work):
    files = {work / "new" / name: work / "out" / name for name in ("a", "b")}
    in_place.put_in_place(files, work / "aside", [work / "out" / "gone", work / "out" / "never"])


def test_all_of_them(work):
    put(work)
    assert (work / "out" / "a").is_symlink()
    assert (work / "far" / "a").read_text() == "new a"
    assert stat.S_IMODE((work / "far" / "a").stat().st_mode) == 0o640
    assert sorted(os.listdir(work / "out")) == ["a", "b"]


@pytest.mark.parametrize("nth", [1, 2])
def test_none_where_one_fails(work, monkeypatch, nth):
    replace, calls = os.replace, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == nth:
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space left"):
        put(work)
    assert (work / "far" / "a").read_text() == "old a"
    assert (work / "out" / "a").is_symlink()
    assert sorted(os.listdir(work / "out")) == ["a", "gone"]


def test_a_place_that_is_no_file_is_refused(work):
    (work / "out" / "b").mkdir()
    with pytest.raises(DataError, match="b: cannot be written: is there already and is no file"):
        put(work)
    assert (work / "far" / "a").read_text() == "old a"
