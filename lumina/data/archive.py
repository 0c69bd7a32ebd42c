"""Files inside a zip archive, named as paths: `ARCHIVE.zip/MEMBER`."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from lumina.errors import DataError

if TYPE_CHECKING:
    # imported where an archive is met: it is slow
    import zipfile

_MAGIC = b"PK\3\4"
# What archivers put beside the files.
_ASIDE = ("__MACOSX/", ".DS_Store")


def is_archive(path: Path) -> bool:
    """Is it a zip archive, by its first bytes?"""
    try:
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def members(path: Path) -> list[Path]:
    """The files of an archive in order of their names; folders are none.

    Raises
    ------
    DataError
        Where it is broken.
    """
    with _opened(path) as archive:
        names = (entry.filename for entry in archive.infolist() if not entry.is_dir())
        return [path / name for name in sorted(names) if not any(part in name for part in _ASIDE)]


def open_file(path: Path) -> BinaryIO:
    """A file, or one inside an archive, for reading; OSError where it is not there, DataError where it is broken."""
    place = _place(path)
    if place is None:
        return open(path, "rb")
    with _opened(place[0]) as archive:
        try:
            return cast(BinaryIO, io.BufferedReader(_Member(path, archive.open(place[1]))))
        except (RuntimeError, NotImplementedError) as error:
            raise DataError(f"{path}: cannot be read: {error}; remedy: unpack the archive") from None


def size(path: Path) -> int:
    """Bytes of a file, or of one inside an archive; OSError where it is not there."""
    place = _place(path)
    if place is None:
        return path.stat().st_size
    with _opened(place[0]) as archive:
        return archive.getinfo(place[1]).file_size


def is_file(path: Path) -> bool:
    """Is it a file, or one inside an archive?"""
    return path.is_file() or _place(path) is not None


def _place(path: Path) -> tuple[Path, str] | None:
    """The archive and the name inside it; None of any other path."""
    for folder in path.parents:
        if folder.is_dir():
            return None
        if folder.is_file():
            name = path.relative_to(folder).as_posix()
            return (folder, name) if is_archive(folder) and path in members(folder) else None
    return None


def _opened(path: Path) -> zipfile.ZipFile:
    import zipfile

    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"{path}: broken zip: {error}") from None


class _Member(io.RawIOBase):
    """A file of an archive, whose defects are errors of the data."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        import zipfile

        try:
            data = self._file.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DataError(f"{self._path}: broken zip: {error}") from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
