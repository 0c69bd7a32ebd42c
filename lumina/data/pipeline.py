"""From venue updates to chunks of tape rows: order of both views, session calendar, resolution."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import MODIFY, SNAPSHOT_LEVEL, UPDATE, ResolveError, Resolver, Sequencer
from lumina.data.kinds import Flag, Kind, Phase, Side
from lumina.data.source import Chunk
from lumina.errors import DataError

if TYPE_CHECKING:
    from lumina.data.calendar import Calendar

_NAMES = {**{int(kind): kind.name.lower() for kind in Kind}, SNAPSHOT_LEVEL: "snapshot level", MODIFY: "modify"}


class Pipeline:
    """What every importer pushes its updates through.

    Parameters
    ----------
    name : str
        Of the recording, for errors.
    ordered : bool
        The updates are sorted for both views already; otherwise a sequencer sorts whole messages that come in order
        of receipt (SEMANTICS T4).
    file_order : bool
        Of the sequencer: at one exchange time things stay in the order of receipt, which is right where single orders
        are told. False puts prints before the depth that they caused (SEMANTICS F6).
    seeded, order_ids, counted_window_ns, runs_are_events
        Of the resolver, see `lumina._core._resolver.Resolver`.
    calendar : Calendar, optional
        Sessions: STATUS rows are written where the phase changes. Not with `runs_are_events`.
    """

    def __init__(
        self,
        name: str,
        *,
        ordered: bool = False,
        file_order: bool = True,
        seeded: bool = False,
        order_ids: bool = False,
        counted_window_ns: int = 0,
        runs_are_events: bool = False,
        calendar: "Calendar | None" = None,
    ) -> None:
        self._name = name
        self._sequencer = None if ordered else Sequencer(file_order)
        self._resolver = Resolver(counted_window_ns, runs_are_events, seeded, order_ids)
        self._sessions = None if calendar is None else _Sessions(calendar)

    def push(self, updates: NDArray[np.void], where: Callable[[int], str] | None = None) -> Iterator[Chunk]:
        """Take whole messages; yield the rows that are final.

        Parameters
        ----------
        updates : ndarray of UPDATE
        where : callable, optional
            Place of the update with an index, for errors; only of use where the updates are `ordered`.
        """
        yield from self._resolve(updates if self._sequencer is None else self._sequencer.push(updates), where)

    def finish(self) -> Iterator[Chunk]:
        """Yield all that is left."""
        if self._sequencer is not None:
            yield from self._resolve(self._sequencer.finish(), None)
        rows = self._resolver.finish()
        yield Chunk(rows, self._resolver.take_ids())

    def message_ends(self) -> NDArray[np.void]:
        """Array of MESSAGE_END, one row a tagged message since the last call."""
        return self._resolver.message_ends()

    def record(self) -> dict[str, Any]:
        """What was counted on the way, for the provenance."""
        split = {} if self._sequencer is None else {"split_messages": self._sequencer.split_messages}
        return {**split, "counted_prints": self._resolver.counted_prints}

    def order_record(self) -> dict[str, int]:
        """What was wrong with orders: unknown and duplicate ids, overfills, takings that a level did not hold."""
        return self._resolver.counts

    def _resolve(self, updates: NDArray[np.void], where: Callable[[int], str] | None) -> Iterator[Chunk]:
        if self._sessions is not None:
            updates = self._sessions.insert(updates)
        try:
            rows = self._resolver.push(updates)
        except ResolveError as error:
            update = updates[error.index]
            place = f"{self._name}: " if where is None else f"{where(error.index)}: "
            order = f" of order {update['order_id']}" if update["order_id"] else ""
            raise DataError(
                f"{place}{_NAMES.get(int(update['kind']), 'update')}{order}, exchange time {update['exch_ts_ns']} ns, "
                f"price {update['price_ticks']} ticks, quantity {update['qty_lots']} lots: {error.reason}"
            ) from None
        yield Chunk(rows, self._resolver.take_ids())


class _Sessions:
    """Puts a STATUS before the first update at or after each change of phase, in each view for itself."""

    def __init__(self, calendar: "Calendar") -> None:
        self._calendar = calendar
        # by view: the phase that comes next and when, on the view's own clock
        self._due: list[tuple[int, Phase] | None] = [None, None]
        self._latency_ns = 0

    def insert(self, updates: NDArray[np.void]) -> NDArray[np.void]:
        """The updates with the STATUS messages between them."""
        if not len(updates):
            return updates
        starts = np.empty(len(updates), bool)
        starts[0] = True
        starts[1:] = (updates["flags"][:-1] & Flag.END) != 0
        places: list[int] = []
        messages: list[tuple[int, int, int, int]] = []  # exchange time, local time, phase, view
        for view, flag, name in ((0, Flag.EXCH, "exch_ts_ns"), (1, Flag.LOCAL, "local_ts_ns")):
            mine = np.flatnonzero(starts & ((updates["flags"] & flag) != 0))
            if not len(mine):
                continue
            if self._due[view] is None:
                self._begin(view, updates[mine[0]])
            times = updates[name][mine]
            while (due := self._due[view]) is not None and times[-1] >= due[0]:
                ts_ns, phase = due
                first = int(np.searchsorted(times, ts_ns))
                places.append(int(mine[first]))
                exch_ts_ns = ts_ns - (self._latency_ns if view else 0)
                messages.append((exch_ts_ns, exch_ts_ns + self._latency_ns, int(phase), int(flag)))
                change_ns, then = self._calendar.next_change(exch_ts_ns)
                self._due[view] = (change_ns + (self._latency_ns if view else 0), then)
        if not places:
            return updates
        status = np.zeros(len(places), UPDATE)
        for i, (exch_ts_ns, local_ts_ns, phase_value, flag_value) in enumerate(messages):
            status[i] = (exch_ts_ns, local_ts_ns, phase_value, 0, 0, Kind.STATUS, Side.NONE, flag_value | Flag.END, 0)
        order = np.argsort(places, kind="stable")
        return np.insert(updates, np.asarray(places)[order], status[order])

    def _begin(self, view: int, first: np.void) -> None:
        # the recording begins in some phase; a tape is continuous until a row says otherwise
        if view == 0 or self._due[0] is None:
            self._latency_ns = int(first["local_ts_ns"]) - int(first["exch_ts_ns"])
        exch_ts_ns = int(first["local_ts_ns"]) - self._latency_ns if view else int(first["exch_ts_ns"])
        phase = self._calendar.phase_at(exch_ts_ns)
        now = exch_ts_ns + (self._latency_ns if view else 0)
        if phase != Phase.CONTINUOUS:
            self._due[view] = (now, phase)
        else:
            change_ns, then = self._calendar.next_change(exch_ts_ns)
            self._due[view] = (change_ns + (self._latency_ns if view else 0), then)
