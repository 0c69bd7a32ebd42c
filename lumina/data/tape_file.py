"""The tape's file: a fixed head, a JSON header, then the rows at a page boundary, so that a file is mapped and used.

Layout, little-endian: magic `LUMINATP`, version u32, length of the JSON u32, its CRC-32 u32, size of a row u32,
offset of the rows u64, number of rows u64, offset of the order ids u64 (0 = none); then the JSON; then, at the
given offsets, multiples of 4096, the rows (lumina.EVENT) and the order ids (u64 a row).
"""

import contextlib
import hashlib
import json
import mmap
import os
import shutil
import stat
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lumina._core._tape_check import checksum as _quick_checksum
from lumina._core._types import EVENT
from lumina.errors import DataError

MAGIC = b"LUMINATP"
VERSION = 1
_HEAD = struct.Struct("<8sIIIIQQQ")
_PAGE = 4096
_MAX_JSON = 1 << 24
_BLOCK_ROWS = 1 << 18


def checksum(rows: NDArray[np.void]) -> str:
    """SHA-256 of the rows' bytes, as `sha256:hex`."""
    digest = hashlib.sha256()
    for start in range(0, len(rows), _BLOCK_ROWS):
        digest.update(np.ascontiguousarray(rows[start : start + _BLOCK_ROWS]).view(np.uint8).data)
    return f"sha256:{digest.hexdigest()}"


def quick_checksum(rows: NDArray[Any]) -> str:
    """A checksum of rows or order ids as fast as memory, for each time that a file is believed."""
    return f"fold64:{_quick_checksum(rows.view(np.uint8))}"


def is_tape(head: bytes) -> bool:
    """Does a file that begins so claim to be a tape?"""
    return head.startswith(MAGIC)


class TemporaryFile:
    """A file beside `target` that takes its place on `commit()` and is gone otherwise.

    A link stays one, and the file that it names is replaced; a file keeps its mode. What is no file, as a device or
    a pipe, cannot be replaced and is refused.
    """

    def __init__(self, target: Path) -> None:
        target = Path(os.path.realpath(target))
        self.target = target
        self._mode: int | None = None
        if target.exists():
            if not target.is_file():
                raise DataError(f"{target}: cannot be written: is there already and is no file")
            self._mode = stat.S_IMODE(target.stat().st_mode)
        try:
            fd, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        except OSError as error:
            raise DataError(f"{target}: cannot be written: {error.strerror}") from None
        self.path = Path(name)
        self.file: BinaryIO = os.fdopen(fd, "w+b")

    def __enter__(self) -> "TemporaryFile":
        return self

    def commit(self) -> None:
        """Make the file durable and rename it onto the target."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if self._mode is None:
            umask = os.umask(0)
            os.umask(umask)
            self._mode = 0o666 & ~umask
        os.chmod(self.path, self._mode)
        os.replace(self.path, self.target)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not self.file.closed:
            self.file.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        if isinstance(error, OSError):
            raise DataError(f"{self.target}: cannot be written: {error.strerror}") from None


def rows_offset(header: dict[str, Any]) -> int:
    """Where rows may begin when the header will grow by no more than a page over this one."""
    return -(-(_HEAD.size + len(_encode(header)) + _PAGE) // _PAGE) * _PAGE


def write_header(file: BinaryIO, header: dict[str, Any], offset: int, rows: int, ids_offset: int) -> None:
    """Write head and JSON at the file's start; the rows at `offset` are left alone."""
    text = _encode(header)
    if _HEAD.size + len(text) > offset:
        raise DataError(f"tape header of {len(text)} bytes does not fit before the rows at {offset}")
    file.seek(0)
    file.write(_HEAD.pack(MAGIC, VERSION, len(text), zlib.crc32(text), EVENT.itemsize, offset, rows, ids_offset))
    file.write(text)


def write_order_ids(file: BinaryIO, order_ids: NDArray[np.uint64], offset: int, rows: int) -> int:
    """Write the ids behind `rows` rows at `offset`; return where they stand."""
    ids_offset = -(-(offset + rows * EVENT.itemsize) // _PAGE) * _PAGE
    file.seek(ids_offset)
    file.write(np.ascontiguousarray(order_ids, "<u8").data)
    return ids_offset


def append_order_ids(file: BinaryIO, spooled: BinaryIO, offset: int, rows: int) -> int:
    """Copy ids that were written to a file of their own; return where they stand."""
    ids_offset = -(-(offset + rows * EVENT.itemsize) // _PAGE) * _PAGE
    file.seek(ids_offset)
    spooled.seek(0)
    shutil.copyfileobj(spooled, file, 1 << 20)
    return ids_offset


def map_rows(file: BinaryIO, offset: int, rows: int, *, writable: bool) -> NDArray[np.void]:
    """The rows of an open file, mapped; no copy."""
    access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
    mapped = mmap.mmap(file.fileno(), offset + rows * EVENT.itemsize, access=access)
    return np.frombuffer(mapped, EVENT, rows, offset)


def read_tape(path: Path) -> tuple[dict[str, Any], NDArray[np.void], NDArray[np.uint64] | None]:
    """Map a tape file: header, rows and order ids (read-only). Head, header and sizes are verified, rows are not."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            header, offset, rows, ids_offset = _read_header(path, file, size)
            events = map_rows(file, offset, rows, writable=False)
            ids = None
            if ids_offset:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                ids = np.frombuffer(mapped, "<u8", rows, ids_offset)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    return header, events, ids


def _read_header(path: Path, file: BinaryIO, size: int) -> tuple[dict[str, Any], int, int, int]:
    head = file.read(_HEAD.size)
    if not head:
        raise DataError(f"{path}: the file is empty")
    if len(head) < _HEAD.size or not is_tape(head):
        raise DataError(f"{path}: not a Lumina tape: magic {head[:8]!r} is not {MAGIC!r}")
    _, version, length, crc, row_size, offset, rows, ids_offset = _HEAD.unpack(head)
    if version != VERSION:
        raise DataError(f"{path}: version {version} of the tape is not {VERSION}, the one that is known")
    if row_size != EVENT.itemsize:
        raise DataError(f"{path}: row size {row_size} is not {EVENT.itemsize}")
    if length > _MAX_JSON or offset % _PAGE or _HEAD.size + length > offset or rows == 0:
        raise DataError(f"{path}: broken head: header of {length} bytes, {rows} rows at {offset}")
    end = offset + rows * row_size
    if ids_offset:
        if ids_offset % _PAGE or ids_offset < end:
            raise DataError(f"{path}: broken head: order ids at {ids_offset}, rows end at {end}")
        end = ids_offset + rows * 8
    if size != end:
        raise DataError(f"{path}: {size} bytes, but {rows} rows end at {end}: the file was cut or grew")
    text = file.read(length)
    if zlib.crc32(text) != crc:
        raise DataError(f"{path}: the header's CRC-32 {zlib.crc32(text):08x} is not {crc:08x}")
    header = json.loads(text)
    return header, offset, rows, ids_offset


def _encode(header: dict[str, Any]) -> bytes:
    return json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
