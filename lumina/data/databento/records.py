"""Databento's records in one form, whichever file they come from: what the venue's actions and flags are, which
instrument a record is of, and its two times."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lumina.data.source import MAX_LATENCY_NS, Clocks
from lumina.errors import DataError, argument

# Levels a side of each schema that is read.
SCHEMAS = {"mbo": 0, "mbp-10": 10, "mbp-1": 1, "tbbo": 1, "trades": 0}
SCHEMAS |= dict.fromkeys(("bbo-1s", "bbo-1m", "cmbp-1", "tcbbo", "cbbo-1s", "cbbo-1m"), 1)
# What a record says it is, of these and of all others.
RTYPES = {
    "mbo": (160,),
    "mbp-10": (10,),
    "mbp-1": (1,),
    "tbbo": (1, 197),
    "trades": (0,),
    "cmbp-1": (177,),
    "cbbo-1s": (192,),
    "cbbo-1m": (193,),
    "tcbbo": (194,),
    "bbo-1s": (195,),
    "bbo-1m": (196,),
}
OTHER_RTYPES = {
    17: "ohlcv", 18: "status", 19: "definition", 20: "imbalance", 21: "error", 22: "symbol mapping", 23: "system",
    24: "statistics", 32: "ohlcv-1s", 33: "ohlcv-1m", 34: "ohlcv-1h", 35: "ohlcv-1d", 36: "ohlcv-eod",
}  # fmt: skip
# Quotes at the end of each interval, with the last trade before it and no action.
SAMPLED = ("bbo-1s", "bbo-1m", "cbbo-1s", "cbbo-1m")
# The best of the books of all publishers.
CONSOLIDATED = ("cmbp-1", "tcbbo", "cbbo-1s", "cbbo-1m")
# Each record is an event, or the venue marks none.
SINGLE = ("trades", "tbbo", *SAMPLED, "cmbp-1", "tcbbo")
# A trade with the quote that it met.
WITH_QUOTE = ("tbbo", "tcbbo")
ADD, CANCEL, MODIFY, CLEAR, TRADE, FILL, NOTHING = b"ACMRTFN"
BID, ASK = b"BA"
# Flags: last record of an event, top of book only, part of a snapshot, receive time not to be trusted, doubtful book.
LAST, TOP, SNAPSHOT, BAD_TS_RECV, MAYBE_BAD = 128, 64, 32, 8, 4
NO_PRICE = 2**63 - 1
PRICE_SCALE = 10**9
# A feed whose last latency was this much has fallen behind.
_LATE_NS = 1_000_000_000
_SHOWN = 20
_GATHERED = 1 << 22


def record_dtype(levels: int) -> np.dtype[np.void]:
    """A record with so many levels a side; prices in 1e-9, times in ns, `row` its place in the file."""
    fields: list[tuple[str, str] | tuple[str, str, tuple[int]]] = [
        ("row", "<i8"),
        ("ts_event", "<i8"),
        ("ts_recv", "<i8"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("instrument_id", "<u4"),
        ("size", "<u4"),
        ("publisher_id", "<u2"),
        ("flags", "u1"),
        ("action", "u1"),
        ("side", "u1"),
    ]
    if levels:
        fields += [
            ("bid_px", "<i8", (levels,)),
            ("ask_px", "<i8", (levels,)),
            ("bid_sz", "<u4", (levels,)),
            ("ask_sz", "<u4", (levels,)),
        ]
    return np.dtype(fields)


def gather(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger parts: arrays are slow on small ones."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _GATHERED:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def check_schema(path: Path, schema: str) -> None:
    """Refuse a schema that is not read."""
    if schema not in SCHEMAS:
        raise DataError(f"{path}: records are {schema}; those that are read are {', '.join(SCHEMAS)}")


class Recording(NamedTuple):
    """A file that has been looked into: its schema, its records in chunks of `record_dtype`, and who is in it."""

    schema: str
    symbols: Mapping[int, str]  # by instrument id; may grow while the chunks are read
    rolls: bool  # a symbol stands for one contract after the other
    chunks: Iterator[NDArray[np.void]]
    where: Callable[[int], str]  # the place of a row, for errors


class Selection:
    """Picks the records of one instrument of one publisher."""

    def __init__(self, symbol: str | None, instrument_id: int | None, publisher_id: int | None) -> None:
        self.symbol = symbol
        self.skipped = 0
        self._named = symbol is not None
        self._id, self._publisher = instrument_id, publisher_id
        self._one_of_many = publisher_id is not None
        # of the present file, for venues give ids anew each day; and of all
        self._wanted: set[int] = set()
        self._others: set[int] = set()
        self._seen: set[int] = set()

    def pick(self, records: NDArray[np.void], recording: Recording) -> NDArray[np.void]:
        """Those that are of the instrument; DataError where it is not clear which is meant."""
        if not len(records):
            return records
        ids = records["instrument_id"]
        one = bool((ids == ids[0]).all())
        for id_ in [int(ids[0])] if one else np.unique(ids).tolist():
            if id_ not in self._wanted and id_ not in self._others:
                self._judge(id_, records[int(np.argmax(ids == id_))], recording)
        if self._others:
            mine = np.isin(ids, list(self._wanted))
            self.skipped += int(len(records) - np.count_nonzero(mine))
            records = records[mine]
        if not len(records):
            return records
        if recording.schema in CONSOLIDATED:
            if self._one_of_many:
                raise DataError(
                    f"{recording.where(-1)}: {argument('publisher_id')}: records of {recording.schema} are of all "
                    "publishers together"
                )
            return records
        if self._publisher is None:
            self._publisher = int(records["publisher_id"][0])
        mine = records["publisher_id"] == self._publisher
        if mine.all():
            return records
        if not self._one_of_many:
            i = int(np.argmin(mine))
            raise DataError(
                f"{recording.where(int(records['row'][i]))}: publisher_id {records['publisher_id'][i]} after "
                f"{self._publisher}: books of several publishers; remedy: {argument('publisher_id')}, one of them"
            )
        self.skipped += int(len(records) - np.count_nonzero(mine))
        return np.asarray(records[mine])

    def settle(self, recording: Recording) -> None:
        """Before records are read: is it clear who is meant, and is it there?"""
        self._wanted.clear()
        self._others.clear()
        names = sorted(set(recording.symbols.values()))
        if self._id is not None:
            self.symbol = self.symbol or recording.symbols.get(self._id)
        elif self.symbol is None and len(names) > 1:
            raise DataError(
                f"{recording.where(-1)}: holds {len(names)} instruments ({some(names)}); remedy: {argument('symbol')}, "
                "one of them"
            )
        elif self.symbol is None and names:
            self.symbol = names[0]
        elif names and self.symbol not in names:
            raise DataError(f"{recording.where(-1)}: {self._missing(recording)}")

    def finish(self, recording: Recording) -> None:
        """After a file: was there anything?"""
        if not self._seen:
            raise DataError(f"{recording.where(-1)}: {self._missing(recording)}")

    def _judge(self, id_: int, record: np.void, recording: Recording) -> None:
        name = recording.symbols.get(id_)
        if self._id is not None:
            mine = id_ == self._id
        elif name is not None and self.symbol is not None:
            mine = name == self.symbol
        else:
            # a file that names nobody is about the one instrument that it holds
            mine = True
            self.symbol = self.symbol or name
        if mine and self._seen - {id_} and self._id is None and (recording.rolls or name is None):
            raise DataError(
                f"{recording.where(int(record['row']))}: instrument_id {id_} after {min(self._seen)}: several "
                f"instruments; remedy: {argument('instrument_id')}, one of them"
            )
        if not mine and not self._named and self._id is None:
            raise DataError(
                f"{recording.where(int(record['row']))}: symbol {name} after {self.symbol}: several "
                f"instruments; remedy: {argument('symbol')}, one of them"
            )
        (self._wanted if mine else self._others).add(id_)
        if mine:
            self._seen.add(id_)

    def _missing(self, recording: Recording) -> str:
        names = sorted(set(recording.symbols.values()))
        wanted = f"instrument_id {self._id}" if self._id is not None else f"symbol {self.symbol!r}"
        return f"has no record of {wanted}; it holds {some(names) or 'nothing'}"


def some(names: Iterable[str]) -> str:
    """Names for an error, not more than a few."""
    names = sorted(names)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


class Times:
    """Exchange and local time of records: the exchange's stamp, and the receiver's where it is to be trusted."""

    def __init__(self, clocks: Clocks, counts: "Counter[str]") -> None:
        self._clocks, self._counts = clocks, counts
        self._latency_ns: int | None = None
        self._received_ns = self._local_ns = self._exch_ns = -1
        self._base_ns = 2**63 - 1  # the smallest latency so far

    def of(self, records: NDArray[np.void], where: Callable[[int], str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Exchange and local times in ns; local ones do not go back.

        A receive time that is marked as bad becomes the event's time plus the last latency known. A snapshot is dated
        when it was received, or when the next thing after it happened, if that was earlier: its records carry the
        times of other days. So are records from before the session, which some venues send when it begins.
        """
        exch, local = records["ts_event"].copy(), records["ts_recv"].copy()
        for name, times in (("ts_event", exch), ("ts_recv", local)):
            if (times < 0).any():
                i = int(np.argmax(times < 0))
                raise DataError(
                    f"{where(int(records['row'][i]))}: {name} {int(times[i]) % 2**64} is no time within 2^63 ns"
                )
        snapshot = (records["flags"] & SNAPSHOT) != 0
        bad = ((records["flags"] & BAD_TS_RECV) != 0) & ~snapshot
        if not bad.all():
            received = local[~bad]
            back = np.diff(received, prepend=self._received_ns) < 0
            if back.any():
                i = int(np.argmax(back))
                row = int(records["row"][np.flatnonzero(~bad)[i]])
                raise DataError(
                    f"{where(row)}: ts_recv {received[i]} is below that of the record before; remedy: sort the file "
                    "by ts_recv, and give files in order of time"
                )
            self._received_ns = int(received[-1])
        if bad.any():
            self._mend(exch, local, bad)
        local = np.maximum(np.maximum.accumulate(local), self._local_ns)
        self._local_ns = int(local[-1])
        earlier = self._earlier(exch, local, bad | snapshot)
        undated = snapshot | earlier
        if undated.any():
            exch[undated] = np.minimum(local, _next(exch, ~undated))[undated]
        good = np.flatnonzero(~bad & ~undated)
        if len(good):
            self._latency_ns, self._exch_ns = int(local[good[-1]] - exch[good[-1]]), int(exch[good[-1]])
        latency = local - exch
        low, high = int(np.argmin(latency)), int(np.argmax(latency))
        self._clocks.watch(
            int(latency[low]),
            lambda: where(int(records["row"][low])),
            int(latency[high]),
            lambda: where(int(records["row"][high])),
        )
        return exch, local

    def _earlier(
        self, exch: NDArray[np.int64], local: NDArray[np.int64], others: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Records that are from before the session: too old for a row, while nothing says that the feed is late.

        A feed that falls behind does so by and by, and its times go on; of a clock that is off, all are alike.
        """
        latency = local - exch
        usual = 0
        if self._clocks.repair == "shift":
            self._base_ns = int(latency[~others].min(initial=self._base_ns))
            usual = self._base_ns
        old = ~others & (latency > usual + MAX_LATENCY_NS)
        if not old.any():
            return old
        live = np.flatnonzero(~old & ~others)
        if not len(live) and self._latency_ns is None and np.ptp(latency[old]) <= MAX_LATENCY_NS:
            return np.zeros_like(old)
        at = np.flatnonzero(old)
        before = np.searchsorted(live, at) - 1
        known = np.concatenate([[usual if self._latency_ns is None else self._latency_ns], latency[live]])
        times = np.concatenate([[self._exch_ns], exch[live]])
        late = (known[before + 1] > usual + _LATE_NS) & (exch[at] >= times[before + 1])
        old[at[late]] = False
        self._counts["dated_by_receipt"] += int(np.count_nonzero(old))
        return old

    def _mend(self, exch: NDArray[np.int64], local: NDArray[np.int64], bad: NDArray[np.bool_]) -> None:
        good = ~bad & ((local - exch) <= MAX_LATENCY_NS)
        last = np.maximum.accumulate(np.where(good, np.arange(len(exch)), -1))
        before = 0 if self._latency_ns is None else self._latency_ns
        guess = exch + np.where(last >= 0, (local - exch)[last], before)
        if self._latency_ns is None:
            # while no latency is known, a stamp that is possible is better than none
            possible = (last < 0) & (local >= exch) & (local - exch <= MAX_LATENCY_NS)
            guess[possible] = local[possible]
        local[bad] = np.minimum(guess, _next(local, ~bad))[bad]
        self._counts["bad_ts_recv"] += int(np.count_nonzero(bad))


def _next(times: NDArray[np.int64], usable: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The least usable time from each place on, 2^63 - 1 where there is none."""
    ahead = np.where(usable, times, NO_PRICE)
    return np.minimum.accumulate(ahead[::-1])[::-1]
