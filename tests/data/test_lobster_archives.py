"""LOBSTER's zip archives, and messages that tell only the orders of some levels."""

import gzip
import zipfile

import pytest

import lumina
from lumina import DepthBook
from lumina.data import cli, lobster
from lumina.errors import DataError

ZIP = "LOBSTER_SampleFile_AMZN_2012-06-21_5.zip"
AMZN = "AMZN_2012-06-21_34200000_57600000_{}_5.csv"
ADD = "34200.1,1,{},10,{},{}"
ROWS = ["1010000,10,-9999999999,0", "1010000,10,1000000,20"]
MESSAGES = [ADD.format(1, 1010000, -1), "34200.2,1,2,20,1000000,1"]


def name(kind, symbol="XYZ", date="2012-06-21", levels=1):
    return f"{symbol}_{date}_34200000_57600000_{kind}_{levels}.csv"


def pack(path, *files, others=()):
    """An archive of files of two rows, each as (symbol, date, levels), and of others that are none of LOBSTER's."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for symbol, date, levels in files:
            rows = [",".join([row, *["-9999999999,0,-9999999999,0"] * (levels - 1)]) for row in ROWS]
            archive.writestr(name("orderbook", symbol, date, levels), "\n".join(rows) + "\n")
            archive.writestr(name("message", symbol, date, levels), "\n".join(MESSAGES) + "\n")
        for other in others:
            archive.writestr(other, "x")
    return path


def test_an_archive_as_it_is_shipped(data_dir):
    # each of the five levels of each row, by the orderbook file itself
    path = data_dir / "reported" / ZIP
    tape, ends = lobster.messages([path])
    with zipfile.ZipFile(path) as archive:
        rows = archive.read(AMZN.format("orderbook")).decode().split()
    assert len(ends) == len(rows) == 1500
    book, done = DepthBook(), 0
    for end, row in zip(ends["rows"].tolist(), rows, strict=True):
        book.apply(tape.events[done:end], view="exchange")
        done = end
        bids, asks = book.depth(5)
        numbers = [int(text) for text in row.split(",")]
        assert [(p * 100, q) for p, q in asks.tolist()] == list(zip(numbers[0::4], numbers[1::4], strict=True))
        assert [(p * 100, q) for p, q in bids.tolist()] == list(zip(numbers[2::4], numbers[3::4], strict=True))
    assert lumina.load(path).header["crossed_events"] == 0
    assert (tape.instrument.symbol, tape.depth_limit) == ("AMZN", 5)
    assert [file["name"] for file in tape.provenance["files"]] == [AMZN.format("message"), AMZN.format("orderbook")]
    assert tape.provenance["compared"] == {"rows of the orderbook file": {"of": 1500, "equal": 1500}}


def test_a_file_of_an_archive_is_a_path(data_dir):
    path = data_dir / "reported" / ZIP
    whole = lumina.load(path)
    for kind in ("message", "orderbook"):  # the other one is beside it
        assert (lumina.load(path / AMZN.format(kind)).events == whole.events).all()
    with pytest.raises(DataError, match=r"AMZN_2012-06-22.csv: cannot be read: Not a directory"):
        lumina.load(path / "AMZN_2012-06-22.csv")


def test_days_of_one_archive_and_of_several(tmp_path):
    days = [("XYZ", "2012-06-22", 1), ("XYZ", "2012-06-21", 1)]
    both = pack(tmp_path / "both.zip", *days)
    one, two = pack(tmp_path / "1.zip", days[1]), pack(tmp_path / "2.zip", days[0])
    joined = lumina.load(both)
    assert (joined.events == lumina.load([one, two]).events).all()
    assert len(joined.provenance["files"]) == 4
    day = 86_400 * 10**9
    assert day < joined.header["exch_ts_ns"][1] - joined.header["exch_ts_ns"][0] < day + 10**9


def test_what_else_is_in_an_archive(tmp_path):
    path = pack(tmp_path / "x.zip", ("XYZ", "2012-06-21", 2), others=["readme.txt", "__MACOSX/x", "demo/a.m"])
    tape = lumina.load(path)
    assert tape.depth_limit == 2
    assert tape.provenance["unused"] == {"other files of the archive": 2}


def test_an_archive_of_several_depths_or_symbols(tmp_path):
    path = pack(tmp_path / "x.zip", *(("XYZ", "2012-06-21", n) for n in (1, 5, 10)))
    wanted = name("message", levels=10)
    with pytest.raises(DataError, match=rf"holds files of 3 levels \(1, 5, 10\); remedy: the path .* as .*{wanted}$"):
        lumina.load(path)
    assert lumina.load(path / name("message", levels=5)).depth_limit == 5
    path = pack(tmp_path / "y.zip", ("XYZ", "2012-06-21", 1), ("ABC", "2012-06-21", 1))
    with pytest.raises(DataError, match=r"holds files of 2 symbols \(ABC, XYZ\); remedy: symbol, or the path of one"):
        lumina.load(path)
    assert lumina.load(path, symbol="ABC").instrument.symbol == "ABC"
    with pytest.raises(DataError, match="holds no file of DEF; it holds ABC, XYZ"):
        lumina.load(path, symbol="DEF")


def test_archives_that_are_none(tmp_path, data_dir):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(DataError, match="holds 1 files, and none is a message or orderbook file of LOBSTER"):
        lumina.load(path, "lobster")
    whole = (data_dir / "reported" / ZIP).read_bytes()
    path.write_bytes(whole[:9000])
    with pytest.raises(DataError, match="broken zip"):
        lumina.load(path, "lobster")
    damaged = bytearray(whole)
    damaged[5000:5040] = bytes(40)
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=r"AMZN.*csv: broken zip"):
        lumina.load(path)
    path.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    with pytest.raises(DataError, match="is a 7z archive; remedy: unpack it"):
        lumina.load(path)


def test_an_archive_is_not_overwritten_by_what_is_read_from_it(tmp_path):
    path = pack(tmp_path / "x.zip", ("XYZ", "2012-06-21", 1))
    for source in (path, path / name("message")):
        with pytest.raises(DataError, match="the output is one of the inputs"):
            lumina.data.convert(source, path)


def test_messages_of_five_levels_make_no_book(data_dir, tmp_path, capsys):
    # orders beyond level 5 are not told: the book that they would make is crossed at 7.9% of this cut
    path = data_dir / "reported" / (AMZN.format("message") + ".gz")
    assert cli.main(["convert", str(path), str(tmp_path / "t"), "--no-orderbook"]) == 2
    assert "it would be crossed at 7.86% of 3,967 events, because orders beyond level 5" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()
    with pytest.raises(DataError, match="because orders beyond level 5 are not told; remedy: the orderbook file"):
        lumina.load(path, orderbook=False)
    with pytest.raises(DataError, match=r"is right only where they tell the orders of all levels, and not those of 5"):
        lumina.load(path)
    # a name that does not tell the levels
    lines = gzip.decompress(path.read_bytes())
    (tmp_path / "x.csv").write_bytes(lines)
    with pytest.raises(DataError, match="orders beyond the depth of the download are not told"):
        lumina.load(tmp_path / "x.csv", orderbook=False, date="2012-06-21", symbol="AMZN")


@pytest.mark.parametrize(("file", "share"), [("GOOG_2012-06-21_34200000_57600000_message_10", "90.52%"),
                                             ("AAPL_2012-06-21_34200000_57600000_message_1", "99.93%")])  # fmt: skip
def test_the_share_tells_at_any_number_of_levels(data_dir, file, share):
    with pytest.raises(DataError, match=f"would be crossed at {share} of"):
        lumina.load(data_dir / "lobster" / f"{file}.csv.zst", orderbook=False)


def test_messages_of_fifty_levels_make_a_book_and_say_what_it_lacks(data_dir):
    path = data_dir / "lobster" / "AAPL_2012-06-21_34200000_37800000_message_50.csv.zst"
    tape = lumina.load(path, orderbook=False)
    assert tape.header["crossed_events"] == 0
    assert [str(note) for note in tape.notes if "beyond level 50" in note.text] == [
        "data: levels are those of the messages alone, of 91,997, 84 about orders that they did not tell: orders "
        "beyond level 50 are missing"
    ]
