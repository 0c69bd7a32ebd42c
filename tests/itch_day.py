"""ITCH 5.0 written by hand: messages of a made-up day, its files, and the same in captures of MoldUDP64."""

import struct

from lumina import Flag, Kind, Side
from lumina._core._itch import LENGTHS

NAME = "20200304.NASDAQ_ITCH50"
MIDNIGHT = 1_583_298_000 * 10**9  # 2020-03-04 05:00 UTC: New York is five hours behind
HOUR = 3600 * 10**9


class Day:
    """Messages of a made-up day, each 1 us after the one before unless told; locates 1 to 3 are stocks AAA to CCC."""

    def __init__(self, hour=10.0):
        self.messages, self.ns = [], int(hour * HOUR)

    def add(self, type_, body, locate=1, ns=None):
        self.ns = self.ns + 1000 if ns is None else ns
        self.messages.append(type_.encode() + struct.pack(">HH", locate, 0) + self.ns.to_bytes(6, "big") + body)
        return self

    def at(self, hour):
        self.ns = int(hour * HOUR)
        return self

    def system(self, event):
        return self.add("S", event.encode(), 0)

    def directory(self, locate=1):
        body = stock(locate) + b"NN" + struct.pack(">I", 100) + b"NCZ PNN1N" + bytes(4) + b"N"
        return self.add("R", body, locate)

    def action(self, state, locate=1):
        return self.add("H", stock(locate) + state.encode() + b" " + b"    ", locate)

    def order(self, ref, side, shares, price, locate=1, type_="A"):
        more = b"NSDQ" if type_ == "F" else b""
        body = struct.pack(">QcI", ref, side.encode(), shares) + stock(locate) + struct.pack(">I", price) + more
        return self.add(type_, body, locate)

    def execute(self, ref, shares, locate=1):
        return self.add("E", struct.pack(">QIQ", ref, shares, 1), locate)

    def execute_at(self, ref, shares, price, printable="Y", locate=1):
        return self.add("C", struct.pack(">QIQcI", ref, shares, 1, printable.encode(), price), locate)

    def reduce(self, ref, shares, locate=1):
        return self.add("X", struct.pack(">QI", ref, shares), locate)

    def delete(self, ref, locate=1):
        return self.add("D", struct.pack(">Q", ref), locate)

    def replace(self, old, new, shares, price, locate=1):
        return self.add("U", struct.pack(">QQII", old, new, shares, price), locate)

    def trade(self, side, shares, price, locate=1):
        body = struct.pack(">QcI", 0, side.encode(), shares) + stock(locate) + struct.pack(">IQ", price, 1)
        return self.add("P", body, locate)

    def cross(self, shares, price, locate=1):
        return self.add("Q", struct.pack(">Q", shares) + stock(locate) + struct.pack(">IQ", price, 1) + b"O", locate)

    def rest(self):
        """One of each type that makes no row."""
        self.add("B", bytes(8)).add("I", bytes(17) + stock(1) + bytes(14)).add("N", stock(1) + b"A")
        for type_ in "YLVWKJhO":
            self.add(type_, bytes(LENGTHS[type_] - 11), 0)
        return self

    def frames(self):
        return b"".join(struct.pack(">H", len(message)) + message for message in self.messages)

    def write(self, folder, name=NAME, end=b""):
        path = folder / name
        path.write_bytes(self.frames() + end)
        return path


def stock(locate):
    return ("ABC"[locate - 1] * 3).ljust(8).encode()


def rows_of(tape):
    """(kind, side, price, lots, flags beside the views) of each row; all are of both views."""
    assert ((tape.events["flags"] & 3) == 3).all()
    return [
        (Kind(kind), side, price, lots, Flag(flags & ~3))
        for _, _, _, price, lots, kind, side, flags in tape.events.tolist()
    ]


def datagram(sequence, messages, port=26400, session=b"SESSION001", count=None):
    payload = session + struct.pack(">QH", sequence, len(messages) if count is None else count)
    payload += b"".join(struct.pack(">H", len(message)) + message for message in messages)
    udp = struct.pack(">HHHH", 1, port, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 1, 2) + udp
    return bytes(12) + b"\x08\x00" + ip


def capture(folder, *packets, name="20200304.pcap", latency_ns=5_000):
    """Packets are (ns since midnight, frame)."""
    out = struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    for ns, frame in packets:
        seconds, fraction = divmod(MIDNIGHT + ns + latency_ns, 10**9)
        out += struct.pack("<IIII", seconds, fraction, len(frame), len(frame)) + frame
    path = folder / name
    path.write_bytes(out)
    return path


def packets(day, first=1, **more):
    """One message a packet, sent when it happened."""
    return [
        (int.from_bytes(message[5:11], "big"), datagram(first + i, [message], **more))
        for i, message in enumerate(day.messages)
    ]


def book():
    """Buy 1 of 300 and buy 2 of 200 at 10.00, sell 3 of 100 at 10.02."""
    return Day().order(1, "B", 300, 100000).order(2, "B", 200, 100000).order(3, "S", 100, 100200)


BOOK_ROWS = [
    (Kind.ADD, Side.BUY, 1000, 300, Flag.END),
    (Kind.ADD, Side.BUY, 1000, 200, Flag.END),
    (Kind.ADD, Side.SELL, 1002, 100, Flag.END),
]
