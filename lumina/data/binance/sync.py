"""Continuity of Binance's depth diffs: which follow which, which a snapshot replaces, where ids are missing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lumina.data.binance.lines import Line
from lumina.errors import DataError, argument

# (price_ticks, qty_lots) of both sides
Levels = tuple[list[tuple[int, int]], list[tuple[int, int]]]
_MAX_WAITING = 100_000


@dataclass
class Diff:
    """A depth update: absolute quantities of levels, ids `first` to `last` after `previous` (-1 = not told, spot)."""

    line: Line
    exch_ts_ns: int
    first: int
    last: int
    previous: int
    levels: Levels
    gap: bool = False


@dataclass
class Snapshot:
    """A REST snapshot as of update `last`."""

    line: Line
    exch_ts_ns: int
    last: int
    levels: Levels


@dataclass
class Resync:
    """A snapshot that becomes the book, with the diffs after it that were received before it.

    `fresh` diffs were held back until now, and happened after the snapshot; the others were handed out already, and
    the snapshot is dated after them.
    """

    snapshot: Snapshot
    diffs: list[Diff]
    fresh: bool

    def merged(self) -> Levels:
        """The book that whoever received all of this has now."""
        sides = []
        for side in (0, 1):
            book = dict(self.snapshot.levels[side])
            for diff in self.diffs:
                book.update(diff.levels[side])
            sides.append([(price, qty) for price, qty in book.items() if qty])
        return sides[0], sides[1]


@dataclass
class Sync:
    """The state machine. `diff` and `snapshot` yield what the book sees, in order of receipt."""

    spot: bool
    mark_gaps: bool
    synced: bool = False
    stale: bool = False  # a gap was marked and no snapshot has come since
    waiting: list[Diff] = field(default_factory=list)
    last: int | None = None
    base: int | None = None  # the snapshot's id while no diff after it has come
    last_exch_ts_ns: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: {
            "diffs": 0,
            "diffs_dropped": 0,
            "snapshots": 0,
            "snapshots_unused": 0,
            "gaps": 0,
            "exchange_time_back": 0,
        }
    )

    @property
    def wants_snapshot(self) -> bool:
        """Would a snapshot become the book?"""
        return self.stale or not self.synced

    def lines(self) -> list[Line]:
        """Updates that the next snapshot may cover."""
        return [diff.line for diff in self.waiting]

    def diff(self, diff: Diff) -> Iterator[Diff]:
        """Take a diff; DataError at a gap in the ids unless gaps are marked."""
        self.counts["diffs"] += 1
        if self.last is not None:
            follows = diff.first == self.last + 1 if self.spot else diff.previous == self.last
            diff.gap = not follows
        before, self.last = self.last, diff.last
        if not self.synced:
            if len(self.waiting) >= _MAX_WAITING:
                raise DataError(f"{diff.line.where()}: {_MAX_WAITING} depth updates and no snapshot yet")
            self.waiting.append(diff)
            return
        if self.base is not None:
            if self._covered(diff, self.base):
                self.counts["diffs_dropped"] += 1
                return
            # what matters is that the snapshot joins; diffs before it are history
            diff.gap = not self._joins(diff, self.base)
            before, self.base = self.base, None
        self._judge(diff, before)
        yield self._in_time(diff)
        if self.stale:
            if len(self.waiting) >= _MAX_WAITING:
                self.waiting.pop(0)
            self.waiting.append(diff)

    def snapshot(self, snapshot: Snapshot) -> Iterator[Resync]:
        """Take a snapshot: the first one, or the one after a gap, becomes the book."""
        self.counts["snapshots"] += 1
        if not self.wants_snapshot:
            self.counts["snapshots_unused"] += 1
            return
        kept = [diff for diff in self.waiting if not self._covered(diff, snapshot.last)]
        joins = not kept or self._joins(kept[0], snapshot.last)
        if self.synced and (not joins or any(diff.gap for diff in kept[1:])):
            self.counts["snapshots_unused"] += 1  # older than the gap
            return
        fresh = not self.synced
        if fresh:
            self.counts["diffs_dropped"] += len(self.waiting) - len(kept)
            if kept:
                kept[0].gap = not joins
            before = snapshot.last
            for diff in kept:
                self._judge(diff, before)
                before = diff.last
            self.last_exch_ts_ns = snapshot.exch_ts_ns
            kept = [self._in_time(diff) for diff in kept]
        else:
            # after everything that it corrects, in both views
            self.last_exch_ts_ns = snapshot.exch_ts_ns = max(snapshot.exch_ts_ns, self.last_exch_ts_ns + 1)
        self.synced, self.stale = True, self.stale and fresh
        self.base = None if kept else snapshot.last
        if not self.stale:
            self.waiting = []
        yield Resync(snapshot, kept, fresh)

    def _covered(self, diff: Diff, snapshot_id: int) -> bool:
        return diff.last <= snapshot_id if self.spot else diff.last < snapshot_id

    def _joins(self, diff: Diff, snapshot_id: int) -> bool:
        if self.spot:
            return diff.first <= snapshot_id + 1
        return min(diff.first, diff.previous) <= snapshot_id

    def _judge(self, diff: Diff, before: int | None) -> None:
        if not diff.gap:
            return
        if not self.mark_gaps:
            told, name = (diff.first, "U") if self.spot else (diff.previous, "pu")
            wanted = f"{before} + 1" if self.spot else f"{before}"
            raise DataError(
                f"{diff.line.where()}: field {name} {told} does not follow update id {wanted}: depth updates are "
                f"missing; remedy: {argument('gaps', 'mark')} writes a GAP row and goes on"
            )
        self.counts["gaps"] += 1
        self.stale = True
        self.waiting = []

    def _in_time(self, diff: Diff) -> Diff:
        # ids give the order in which levels changed; a clock that goes back must not undo it
        if diff.exch_ts_ns < self.last_exch_ts_ns:
            self.counts["exchange_time_back"] += 1
            diff.exch_ts_ns = self.last_exch_ts_ns
        self.last_exch_ts_ns = diff.exch_ts_ns
        return diff
