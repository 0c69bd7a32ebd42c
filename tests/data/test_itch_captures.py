"""Captures of ITCH: datagrams of MoldUDP64 in Ethernet frames, as recorded on one line of a feed or on both."""

import pytest
from itch_day import BOOK_ROWS, book, capture, datagram, packets, rows_of

import lumina
from lumina import Flag, Kind, Side
from lumina.errors import DataError


def test_a_capture_has_a_clock_of_its_own(tmp_path):
    path = capture(tmp_path, *packets(book()))
    tape = lumina.load(path)
    assert rows_of(tape) == BOOK_ROWS
    assert (tape.events["latency_ns"] == 5_000).all()
    assert tape.provenance["files"][0]["date_from"] == "file name"
    found = tape.provenance["packets"]
    assert (found["frames"], found["datagrams"], found["missing"], found["ended"]) == (3, 3, 0, False)
    named = capture(tmp_path, *packets(book()), name="x.pcap")
    assert (lumina.load(named).events == tape.events).all()
    assert lumina.load(named).provenance["files"][0]["date_from"] == "capture time"
    shifted = lumina.load(path, clock="shift", min_latency_ns=7)
    assert (shifted.events["latency_ns"] == 7).all()
    late = capture(tmp_path, *packets(book()), latency_ns=-1)
    with pytest.raises(DataError, match="offset 24: latency -1 ns is below 0"):
        lumina.load(late)


def test_both_lines_of_a_feed_are_one(tmp_path):
    one = packets(book())
    both = [packet for pair in zip(one, one, strict=True) for packet in pair]
    tape = lumina.load(capture(tmp_path, *both))
    assert rows_of(tape) == BOOK_ROWS
    assert tape.provenance["packets"]["duplicates"] == 3


def test_lost_messages_are_an_error_or_a_gap(tmp_path):
    day = book().execute(1, 100)
    kept = packets(day)
    del kept[2]
    path = capture(tmp_path, *kept)
    with pytest.raises(DataError, match=r'offset \d+: 1 messages are missing before sequence 4; remedy: gaps="mark"'):
        lumina.load(path)
    assert rows_of(lumina.load(path, gaps="mark")) == [
        *BOOK_ROWS[:2],
        (Kind.GAP, Side.NONE, 0, 0, Flag.END),
        (Kind.EXECUTE, Side.BUY, 1000, -100, Flag.END),
    ]


def test_the_session_of_a_capture(tmp_path):
    day = book()
    end = (day.ns, datagram(4, [], count=0xFFFF))
    idle = (day.ns, datagram(4, []))
    found = lumina.load(capture(tmp_path, *packets(day), idle, end)).provenance["packets"]
    assert (found["ended"], found["heartbeats"], found["gaps"]) == (True, 1, 0)
    other = (day.ns, datagram(1, day.messages, 9, b"SESSION002"))
    with pytest.raises(DataError, match="datagram to port 9 is of another MoldUDP64 session; remedy: port for one"):
        lumina.load(capture(tmp_path, *packets(day), other))
    tape = lumina.load(capture(tmp_path, *packets(day), other), port=26400)
    assert tape.provenance["packets"]["other_ports"] == 1
    junk = (day.ns, datagram(4, [], count=1))
    with pytest.raises(DataError, match="datagram to port 26400 is no MoldUDP64: a message reaches beyond it"):
        lumina.load(capture(tmp_path, *packets(day), junk))


def test_what_is_no_feed_is_counted(tmp_path):
    day = book()
    frame = datagram(4, [])
    others = [
        (day.ns, frame[:12] + b"\x08\x06" + frame[14:]),  # not IPv4
        (day.ns, frame[:20] + b"\x20\x00" + frame[22:]),  # a fragment
        (day.ns, frame[:-1]),  # cut
    ]
    found = lumina.load(capture(tmp_path, *packets(day), *others)).provenance["packets"]
    assert (found["frames"], found["datagrams"]) == (6, 3)
    assert (found["other_frames"], found["fragments"], found["cut_frames"]) == (1, 1, 1)


def test_a_capture_may_be_cut_anywhere(tmp_path):
    path = capture(tmp_path, *packets(book()))
    content = path.read_bytes()
    whole = {24 + i * (len(content) - 24) // 3 for i in range(4)}
    for size in range(25, len(content)):
        path.write_bytes(content[:size])
        if size in whole:
            assert len(lumina.load(path, "itch")) == (size - 24) * 3 // (len(content) - 24)
        else:
            with pytest.raises(DataError, match="the file is cut"):
                lumina.load(path, "itch")
