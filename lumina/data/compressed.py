"""Files that may be compressed (gzip, xz, bzip2, zstd, zip), told by their first bytes, read in bounded pieces."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from lumina.data.source import HashedFile
from lumina.errors import DataError

_RAW = 1 << 16
_PIECE = 1 << 20
_HEAD = 1 << 12
_MAX_LINE = 1 << 20
_XZ_MEMORY = 1 << 28
_ZSTD_WINDOW = 1 << 27
# The package bounds no output. A block of 4 bytes may be 128 KiB of text: so much input is 32 MiB at the most.
_ZSTD_INPUT = 1 << 10


class _Decoder(Protocol):
    """One stream of a file: `feed` gives what the data hold, in pieces; `unused` is what follows its end."""

    eof: bool
    unused: bytes

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)
        self.eof, self.unused = False, b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            yield self._stream.decompress(data, _PIECE)
            data = self._stream.unconsumed_tail
        self.eof, self.unused = self._stream.eof, self._stream.unused_data


class _Bounded:
    """A stream of the standard library that holds back what is over the bound of a piece."""

    def __init__(self, stream: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> None:
        self._stream = stream
        self.eof, self.unused = False, b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._stream.decompress(data, _PIECE)
        while not (self._stream.eof or self._stream.needs_input):
            yield self._stream.decompress(b"", _PIECE)
        self.eof, self.unused = self._stream.eof, self._stream.unused_data


class _Zstd:
    def __init__(self) -> None:
        import zstandard

        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        self.eof, self.unused = False, b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_INPUT):
            yield self._stream.decompress(data[start : start + _ZSTD_INPUT])
            if self._stream.eof:
                self.eof, self.unused = True, self._stream.unused_data + data[start + _ZSTD_INPUT :]
                return


class _Stored:
    """Bytes of a zip archive that are not deflated, with what a zlib stream has."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.eof, self.unused_data, self.unconsumed_tail = size == 0, b"", b""

    def decompress(self, data: bytes, limit: int) -> bytes:
        size = min(self._left, limit)
        piece, rest = data[:size], data[size:]
        self._left -= len(piece)
        self.eof = self._left == 0
        self.unused_data, self.unconsumed_tail = (rest, b"") if self.eof else (b"", rest)
        return piece


class _Zip:
    """A zip archive of one file; its directory, which stands behind, is only checked."""

    def __init__(self) -> None:
        self._stream: Any = zlib.decompressobj(-15)
        self._head, self._tail, self._crc = b"", b"", 0
        self._open = False
        self.eof, self.unused = False, b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not self._open:
            self._head += data
            names = int.from_bytes(self._head[26:28], "little") + int.from_bytes(self._head[28:30], "little")
            if not self._head.startswith(b"PK\3\4"[: len(self._head)]):
                raise zlib.error("no archive")
            if len(self._head) < 30 + names:
                return
            flags, method = (int.from_bytes(self._head[at : at + 2], "little") for at in (6, 8))
            size = int.from_bytes(self._head[18:22], "little")
            if flags & 1 or method not in (0, 8) or (method == 0 and (flags & 8 or size == 2**32 - 1)):
                raise zlib.error(f"{'encrypted' if flags & 1 else f'method {method}'}; remedy: unpack it")
            if method == 0:
                self._stream = _Stored(size)
            self._open, data = True, self._head[30 + names :]
        done = self._stream.eof
        while data and not done:
            piece = self._stream.decompress(data, _PIECE)
            self._crc = zlib.crc32(piece, self._crc)
            done = self._stream.eof
            data = self._stream.unused_data if done else self._stream.unconsumed_tail
            yield piece
        if done:
            self._end(data)

    def _end(self, data: bytes) -> None:
        self._tail += data
        # up to 24 bytes of sizes stand before the directory
        entry = self._tail.find(b"PK\1\2", 0, 28)
        if (len(self._tail) >= 28 and entry < 0) or len(self._tail) > _ZIP_TAIL:
            raise zlib.error("it holds more than one file; remedy: unpack it")
        last = self._tail.find(b"PK\5\6", entry)
        if entry < 0 or last < 0 or len(self._tail) < last + 22:
            return
        crc = int.from_bytes(self._tail[entry + 16 : entry + 20], "little")
        if crc != self._crc:
            raise zlib.error(f"checksum {self._crc:#010x} is not {crc:#010x}")
        end = last + 22 + int.from_bytes(self._tail[last + 20 : last + 22], "little")
        self.eof, self.unused = len(self._tail) >= end, self._tail[end:]


_ZIP_TAIL = 1 << 18

_FORMATS: tuple[tuple[bytes, str, Callable[[], _Decoder]], ...] = (
    (b"\x1f\x8b", "gzip", _Gzip),
    (b"\xfd7zXZ\0", "xz", lambda: _Bounded(lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY))),
    (b"BZh", "bzip2", lambda: _Bounded(bz2.BZ2Decompressor())),
    (b"\x28\xb5\x2f\xfd", "zstd", _Zstd),
    (b"PK\3\4", "zip", _Zip),
)


def head(data: bytes) -> bytes:
    """What the first bytes of a file say, decompressed: for a look at the format.

    At least 4 KiB where the bytes hold so much. Of zstd that takes a whole block, which can have 128 KiB.

    Raises
    ------
    DataError
        Where they are zstd and the extra that reads it is not installed.
    """
    found = _format(data)
    if found is None:
        return data
    name, make = found
    decoder, broken, out = _decoder("compressed file", make), _errors(name), b""
    try:
        for piece in decoder.feed(data):
            out += piece
            if len(out) >= _HEAD:
                break
    except broken:
        pass
    return out


def pieces(file: HashedFile) -> Iterator[bytes]:
    """The content of a file from its start, decompressed.

    A piece has 1 MiB at the most, 32 MiB where zstd says so. Streams that follow each other are one content.

    Raises
    ------
    DataError
        Where a stream is cut or broken, wants more memory than is plausible, or needs an extra.
    """
    found = _format(file.file.peek(8)[:8]) if isinstance(file.file, io.BufferedReader) else None
    if found is None:
        while data := file.read(_PIECE):
            yield data
        return
    name, make = found
    decoder, broken, done = _decoder(str(file.path), make), _errors(name), 0
    try:
        while True:
            # zeros may pad the end of a stream
            data = decoder.unused.lstrip(b"\0") if decoder.eof else b""
            data = data or file.read(_RAW)
            if not data:
                break
            if decoder.eof:
                data = data.lstrip(b"\0")
                if not data:
                    continue
                decoder = make()
            for piece in decoder.feed(data):
                if piece:
                    done += len(piece)
                    yield piece
    except broken as error:
        raise DataError(f"{file.path}: broken {name} stream after {done} bytes of content: {error}") from None
    if not decoder.eof:
        raise DataError(f"{file.path}: broken {name} stream: cut after {done} bytes of content")


def blocks(file: HashedFile) -> Iterator[bytes]:
    """The content of a text file as blocks of whole lines; only the last may lack its newline.

    Raises
    ------
    DataError
        As `pieces`, and where a line has over 1 MiB.
    """
    rest = b""
    lines = 0
    for piece in pieces(file):
        cut = piece.rfind(b"\n") + 1
        if cut:
            block = rest + piece[:cut]
            lines += block.count(b"\n")
            yield block
            rest = piece[cut:]
        else:
            rest += piece
        if len(rest) > _MAX_LINE:
            raise DataError(f"{file.path}: line {lines + 1}: has over {_MAX_LINE} bytes")
    if rest:
        yield rest


def _format(start: bytes) -> tuple[str, Callable[[], _Decoder]] | None:
    return next(((name, make) for magic, name, make in _FORMATS if start.startswith(magic)), None)


def _decoder(where: str, make: Callable[[], _Decoder]) -> _Decoder:
    try:
        return make()
    except ImportError:
        raise DataError(
            f"{where}: zstd needs the package zstandard; remedy: pip install 'lumina-hft[zstd]', or unpack the file"
        ) from None


def _errors(name: str) -> tuple[type[Exception], ...]:
    if name != "zstd":
        return (zlib.error, lzma.LZMAError, OSError) if name == "bzip2" else (zlib.error, lzma.LZMAError)
    import zstandard

    return (zstandard.ZstdError,)
