"""Compressed files: every format gives the same content, and says what is wrong with it."""

import bz2
import gzip
import hashlib
import io
import lzma
import sys
import zipfile

import pytest

from lumina.data import compressed
from lumina.data.source import HashedFile
from lumina.errors import DataError

TEXT = b"".join(b"%d,some text of a line\n" % i for i in range(60_000))


def zstd(data):
    return pytest.importorskip("zstandard").ZstdCompressor(write_checksum=True).compress(data)


def zipped(data, names=("x.csv",), **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **({"compression": zipfile.ZIP_DEFLATED} | options)) as archive:
        for name in names:
            archive.writestr(name, data)
        archive.comment = b"said at the end"
    return out.getvalue()


PACK = {"plain": bytes, "gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress, "zstd": zstd, "zip": zipped}
PACKED = [name for name in PACK if name != "plain"]


@pytest.fixture
def put(tmp_path):
    def put(data):
        path = tmp_path / "x.csv"
        path.write_bytes(data)
        return path

    return put


def content(path, read=compressed.pieces):
    file = HashedFile(path)
    try:
        return list(read(file)), file.record()
    finally:
        file.close()


@pytest.mark.parametrize("name", PACK)
def test_the_content_comes_in_small_pieces_and_the_file_is_hashed(put, name):
    path = put(PACK[name](TEXT))
    got, record = content(path)
    assert b"".join(got) == TEXT
    assert max(map(len, got)) <= 1 << 20
    assert all(got)
    packed = path.read_bytes()
    assert record == {"name": "x.csv", "bytes": len(packed), "sha256": hashlib.sha256(packed).hexdigest()}


@pytest.mark.parametrize("name", PACK)
def test_blocks_are_whole_lines(put, name):
    got, _ = content(put(PACK[name](TEXT + b"the last")), compressed.blocks)
    assert b"".join(got) == TEXT + b"the last"
    assert all(block.endswith(b"\n") for block in got[:-1])
    assert len(got) > 1


@pytest.mark.parametrize("name", PACKED)
def test_streams_in_a_row_are_one_content(put, name):
    pad = b"" if name == "zstd" else b"\0" * 8
    got, _ = content(put(PACK[name](TEXT[:1000]) + PACK[name](b"") + PACK[name](TEXT[1000:]) + pad))
    assert b"".join(got) == TEXT


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_a_cut_stream_is_an_error(put, name, keep):
    packed = PACK[name](TEXT)
    with pytest.raises(DataError, match=rf"x.csv: broken {name} stream: cut after [0-9]+ bytes of content"):
        content(put(packed[: int(len(packed) * keep)]))


@pytest.mark.parametrize("name", PACKED)
def test_a_corrupt_stream_is_an_error(put, name):
    packed = bytearray(PACK[name](TEXT))
    packed[len(packed) // 2 : len(packed) // 2 + 64] = b"\xff" * 64
    with pytest.raises(DataError, match=rf"x.csv: broken {name} stream"):
        content(put(bytes(packed)))


@pytest.mark.parametrize("name", PACKED)
def test_what_follows_a_stream_is_no_rubbish(put, name):
    with pytest.raises(DataError, match=rf"broken {name} stream after {len(TEXT)} bytes"):
        content(put(PACK[name](TEXT) + b"rubbish and more of it"))


@pytest.mark.parametrize("name", PACKED)
def test_a_bomb_is_read_in_bounded_pieces(put, name):
    got, _ = content(put(PACK[name](bytes(1 << 25))))
    assert sum(map(len, got)) == 1 << 25
    assert max(map(len, got)) <= 1 << 25


def test_a_line_without_an_end_is_an_error(put):
    with pytest.raises(DataError, match=r"x.csv: line 2: has over 1048576 bytes"):
        content(put(b"a\n" + bytes(3 << 20)), compressed.blocks)


@pytest.mark.parametrize("name", PACK)
def test_the_head_says_what_is_inside(name):
    packed = PACK[name](TEXT)
    assert TEXT.startswith(compressed.head(packed[: 1 << 18]))
    assert len(compressed.head(packed[: 1 << 18])) >= 4096
    assert len(compressed.head(packed[:20])) <= 20


@pytest.mark.parametrize("name", PACKED)
def test_the_head_of_a_bomb_is_bounded(name):
    assert len(compressed.head(PACK[name](bytes(1 << 26)))) <= 1 << 25


def test_zstd_without_its_extra_names_it(put, monkeypatch):
    path = put(zstd(TEXT))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(DataError, match=r"x.csv: zstd needs the package zstandard; .* 'lumina-hft\[zstd\]'"):
        content(path)
    with pytest.raises(DataError, match="zstandard"):
        compressed.head(path.read_bytes())


def test_a_zip_written_as_a_stream(put):
    # sizes and checksum are not known at its head and stand after the content
    class OneWay(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise OSError

        def seek(self, *_):
            raise OSError

    out = OneWay()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x", "w", force_zip64=True) as file:
        file.write(TEXT)
    assert out.getvalue()[6] & 8
    got, _ = content(put(out.getvalue()))
    assert b"".join(got) == TEXT


def test_a_zip_that_packs_nothing(put):
    packed = zipped(TEXT, compression=zipfile.ZIP_STORED)
    got, _ = content(put(packed))
    assert b"".join(got) == TEXT
    assert compressed.head(packed[:4096]) == TEXT[: 4096 - 35]
    with pytest.raises(DataError, match=r"broken zip stream after 1548890 bytes of content: checksum"):
        content(put(packed.replace(b"some", b"sone", 1)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zipped(TEXT, ("a", "b")), "it holds more than one file; remedy: unpack it"),
        (zipped(TEXT, compression=zipfile.ZIP_LZMA), "method 14; remedy: unpack it"),
        (zipped(TEXT)[:6] + b"\1" + zipped(TEXT)[7:], "encrypted; remedy: unpack it"),
    ],
)
def test_zips_that_are_not_read(put, data, why):
    with pytest.raises(DataError, match=r"x.csv: broken zip stream") as error:
        content(put(data))
    assert why in str(error.value)
