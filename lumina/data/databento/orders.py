"""MBO records as updates by order: trades folded into executions of the resting orders (SEMANTICS T3).

A trade T, its fills F and the cancels C or modifies M that follow in the same event say one thing three times. Each
fill of a resting order that the event then takes away becomes an EXECUTE in its place; what the cancel or modify says
beyond that stays, and so does what of the trade no fill explains.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lumina._core._resolver import MODIFY as MODIFY_KIND
from lumina._core._resolver import NO_PRICE as NO_TICKS
from lumina._core._resolver import REPLACE_BOOK
from lumina.data.databento.events import SIDES, Batch, Steps
from lumina.data.databento.records import ADD, CANCEL, CLEAR, FILL, MODIFY, NO_PRICE, NOTHING, SNAPSHOT, TRADE
from lumina.data.decimals import OUT
from lumina.data.kinds import Flag, Kind, Side
from lumina.data.source import MAX_LOTS
from lumina.errors import DataError

_NONE = 255  # no update
_UNKNOWN = -1  # size of an order from before the data
_KINDS = np.full(256, _NONE, np.uint8)
for _action, _kind in ((ADD, Kind.ADD), (CANCEL, Kind.REDUCE), (CLEAR, Kind.CLEAR), (TRADE, Kind.TRADE)):
    _KINDS[_action] = _kind
_KINDS[MODIFY] = MODIFY_KIND
_KNOWN = np.frombuffer(bytes((ADD, CANCEL, MODIFY, CLEAR, TRADE, FILL, NOTHING)), np.uint8)


class _Extra(NamedTuple):
    """An update that stands after the record at a place (or before it), beside the record's own."""

    at: int
    kind: int
    side: int
    price_ticks: int
    lots: int
    flag: int
    order_id: int
    before: bool = False


class Orders:
    """Turns whole events into updates. Keeps the sizes of the live orders: a fill does not say what is left."""

    def __init__(self, steps: Steps, counts: "Counter[str]") -> None:
        self._steps, self._counts = steps, counts
        self._live: dict[int, int] = {}
        self._left_out: set[int] = set()  # live orders that fit no row

    def push(self, batch: Batch) -> NDArray[np.void]:
        """Updates of a batch of events."""
        records = batch.records
        if not len(records):
            return batch.updates(np.empty(0, np.int64))
        action = records["action"]

        def place(i: int) -> str:
            return batch.where(int(records["row"][i]))

        self._check(batch)
        side = SIDES[records["side"]]
        printed = action == TRADE
        there = np.isin(action, np.frombuffer(bytes((ADD, CANCEL, MODIFY, FILL)), np.uint8))
        lots = self._steps.lots(records["size"], there | printed, place)
        # a cancel of an order that is known by its id needs no price
        priced = there & ((action != CANCEL) | (records["price"] != NO_PRICE))
        ticks = self._steps.ticks(records["price"], priced, place)
        hidden = np.zeros(len(records), bool)
        at_print = np.flatnonzero(printed)
        if len(at_print):
            ticks[at_print], hidden[at_print] = self._steps.print_ticks(
                records["price"][at_print], side[at_print], lambda i: place(int(at_print[i]))
            )
        ticks[action == CLEAR] = NO_TICKS
        side[action == CLEAR] = Side.NONE
        lots[action == CLEAR] = 0
        action, closed = self._leave_out(records, action, ticks, lots)
        there &= action != NOTHING
        printed &= action != NOTHING
        ticks[(ticks == OUT) | (action == NOTHING)], lots[(lots == OUT) | (action == NOTHING)] = 0, 0
        lots[closed] = MAX_LOTS
        kind = _KINDS[action]
        kind[closed] = Kind.CANCEL
        empty = (there | printed) & (lots == 0) & (action != MODIFY)
        kind[empty] = _NONE
        self._counts["records_of_size_0"] += int(np.count_nonzero(empty))
        self._counts["records_without_action"] += int(np.count_nonzero(records["action"] == NOTHING))
        event = _Event(self._live, self._counts, action.tolist(), records["order_id"].tolist())
        event.side, event.ticks, event.lots = side.tolist(), ticks.tolist(), lots.tolist()
        event.hidden, event.side_of, event.lots_of, event.kind_of = hidden, side, lots, kind
        return self._updates(batch, event, ticks)

    def _leave_out(
        self, records: NDArray[np.void], action: NDArray[np.uint8], ticks: NDArray[np.int64], lots: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
        """Actions without what fits no row, whole orders; and the records that end an order that did fit."""
        out = (ticks == OUT) | (lots == OUT)
        if not out.any() and not self._left_out:
            return action, np.empty(0, np.intp)
        action, ids, closed = action.copy(), records["order_id"], []
        left, counts = self._left_out, self._steps.left_out
        ours = np.append(np.array(sorted(left), ids.dtype), ids[out])
        for i in np.flatnonzero(out | np.isin(ids, ours) | (action == CLEAR)).tolist():
            id_, what = int(ids[i]), action[i]
            if what == CLEAR:
                left.clear()
            elif what == TRADE:
                if out[i]:
                    counts["prints"] += 1
                    action[i] = NOTHING
            elif what == ADD and not out[i]:
                left.discard(id_)
            elif what == MODIFY and out[i] and id_ not in left:
                counts["orders"] += 1
                left.add(id_)
                action[i] = CANCEL
                closed.append(i)
            elif what == CANCEL and id_ not in left:
                pass  # the order is known by its id
            elif out[i] or id_ in left:
                if what == ADD:
                    counts["orders"] += id_ not in left
                    left.add(id_)
                action[i] = NOTHING
        return action, np.array(closed, np.intp)

    def _updates(self, batch: Batch, event: "_Event", ticks: NDArray[np.int64]) -> NDArray[np.void]:
        records = batch.records
        n = len(records)
        last = np.flatnonzero(batch.ends)
        first = np.append(0, last[:-1] + 1)
        snapshot = (records["flags"][first] & SNAPSHOT) != 0
        trade = (records["action"] == TRADE) | (records["action"] == FILL)
        traded = np.logical_or.reduceat(trade, first)
        done = 0
        for i in np.flatnonzero(snapshot | traded).tolist():
            start, end = int(first[i]), int(last[i]) + 1
            event.plain(done, start)
            if snapshot[i]:
                event.snapshot(start, end)
            else:
                event.fold(start, end)
            done = end
        event.plain(done, n)

        kept = np.flatnonzero(event.kind_of != _NONE)
        extras = event.extras
        at = np.concatenate([kept, np.fromiter((extra.at for extra in extras), np.int64, len(extras))])
        # before, the record itself, after
        rank = np.concatenate(
            [np.ones(len(kept), np.int64), np.fromiter((0 if e.before else 2 for e in extras), np.int64, len(extras))]
        )
        order = np.lexsort((rank, at)) if len(extras) else np.arange(len(at))
        out = batch.updates(at[order])
        flags = np.zeros(n, np.uint16)
        flags[event.hidden] = Flag.HIDDEN
        for i in event.replaced:
            flags[i] = Flag.REPLACE
        for name, own, more in (
            ("kind", event.kind_of, 1),
            ("side", event.side_of, 2),
            ("price_ticks", ticks, 3),
            ("qty_lots", event.lots_of, 4),
            ("order_id", records["order_id"], 6),
        ):
            beside = np.array([extra[more] for extra in extras], own.dtype)
            out[name] = np.concatenate([own[kept], beside])[order]
        beside = np.array([extra.flag for extra in extras], np.uint16)
        out["flags"] |= np.concatenate([flags[kept], beside])[order]
        # a print or a marker is about no single order
        single = (out["kind"] >= Kind.ADD) & (out["kind"] <= Kind.EXECUTE) | (out["kind"] == MODIFY_KIND)
        out["order_id"][~single] = 0
        return out

    def _check(self, batch: Batch) -> None:
        records = batch.records
        action, side = records["action"], records["side"]
        snapshot = (records["flags"] & SNAPSHOT) != 0
        sided = (action == ADD) | (action == MODIFY)
        for bad, why in (
            (~np.isin(action, _KNOWN), "is none of A, C, M, R, T, F, N"),
            (snapshot & (action != ADD) & (action != CLEAR), "is not A or R, and belongs to a snapshot (flag 32)"),
            (sided & (SIDES[side] == Side.NONE), "needs a side B or A"),
        ):
            if bad.any():
                i = int(np.argmax(bad))
                raise DataError(
                    f"{batch.where(int(records['row'][i]))}: action {chr(action[i])!r} of side {chr(side[i])!r} {why}"
                )


class _Event:
    """Walks over the records of a batch in order: live sizes, and what becomes of each record."""

    side: list[int]
    ticks: list[int]
    lots: list[int]
    hidden: NDArray[np.bool_]
    # what the update of the record will have
    side_of: NDArray[np.uint8]
    lots_of: NDArray[np.int64]
    kind_of: NDArray[np.uint8]

    def __init__(self, live: dict[int, int], counts: "Counter[str]", action: list[int], order_id: list[int]) -> None:
        self.live, self.counts, self.action, self.order_id = live, counts, action, order_id
        self.extras: list[_Extra] = []
        self.replaced: list[int] = []

    def plain(self, start: int, end: int) -> None:
        """Records without a trade: their updates are theirs, the sizes follow."""
        live = self.live
        for action, order_id, lots in zip(
            self.action[start:end], self.order_id[start:end], self.lots[start:end], strict=True
        ):
            if action == CANCEL:
                left = live.get(order_id, 0) - lots
                if left > 0:
                    live[order_id] = left
                else:
                    live.pop(order_id, None)
            elif action in (ADD, MODIFY):
                live[order_id] = lots
            elif action == CLEAR:
                live.clear()

    def snapshot(self, start: int, end: int) -> None:
        """All orders of the book: what is not named is gone."""
        self.counts["snapshots"] += 1
        self.live.clear()
        for i in range(start, end):
            if self.action[i] == ADD:
                self.live[self.order_id[i]] = self.lots[i]
            else:
                self.kind_of[i] = _NONE
        self.extras.append(_Extra(start, Kind.SNAPSHOT_BEGIN, Side.NONE, 0, REPLACE_BOOK, 0, 0, before=True))
        self.extras.append(_Extra(end - 1, Kind.SNAPSHOT_END, Side.NONE, 0, 0, 0, 0))

    def fold(self, start: int, end: int) -> None:
        """An event with a trade."""
        action, order_id, lots = self.action, self.order_id, self.lots
        leaves = {order_id[i]: i for i in range(start, end) if action[i] in (CANCEL, MODIFY)}
        book: dict[int, int] = {}  # what the venue still shows of orders that were filled: fills do not change it
        trade, rest = -1, 0
        for i in range(start, end):
            id_, n = order_id[i], lots[i]
            if action[i] == TRADE:
                self._rest(trade, rest, start, end, book)
                trade, rest = i, n
            elif action[i] == FILL:
                if trade < 0 or self.side[trade] == Side.NONE:
                    self.counts["fills_without_aggressor"] += 1
                elif self.side[i] == self.side[trade]:
                    self.counts["fills_of_the_aggressor"] += 1
                elif leaves.get(id_, -1) < i or n == 0:
                    self.counts["fills_without_change"] += 1
                else:
                    if n > rest:
                        self.counts["overfilled_trades"] += 1
                    rest = max(rest - n, 0)
                    self._execute(i, 1 - self.side[trade], book)
            elif id_ in book and action[i] in (CANCEL, MODIFY):
                self._leave(i, book)
            else:
                book.pop(id_, None)
                self.plain(i, i + 1)
        self._rest(trade, rest, start, end, book)

    def _execute(self, i: int, side: int, book: dict[int, int]) -> None:
        id_, n = self.order_id[i], self.lots[i]
        self.side_of[i] = side
        self.kind_of[i] = Kind.EXECUTE
        if id_ not in book:
            book[id_] = self.live.get(id_, _UNKNOWN)
        if book[id_] == _UNKNOWN:  # the resolver counts it, and makes it a print
            return
        left = self.live.get(id_, 0)
        if n > left:
            # an iceberg is refilled, behind all others, and hit again: the venue tells only what it shows in the end
            self.counts["iceberg_refills"] += 1
            if left:
                self.lots_of[i] = left
            else:
                self.kind_of[i] = _NONE
            for kind, flag in ((Kind.ADD, Flag.REPLACE), (Kind.EXECUTE, 0)):
                self.extras.append(_Extra(i, kind, side, self.ticks[i], n - left, flag, id_))
        if n < left:
            self.live[id_] = left - n
        else:
            self.live.pop(id_, None)

    def _leave(self, i: int, book: dict[int, int]) -> None:
        """A cancel or modify of an order after its fills: only what they did not do already."""
        id_, n, left = self.order_id[i], self.lots[i], self.live.get(self.order_id[i], 0)
        if book[id_] == _UNKNOWN:
            if self.action[i] == CANCEL:
                self.kind_of[i] = _NONE
            else:
                del book[id_]
                self.plain(i, i + 1)
            return
        if self.action[i] == CANCEL:
            book[id_] = max(book[id_] - n, 0)
            more = left - book[id_]
            if more > 0:
                self.lots_of[i] = more
                self.live[id_] = left - more
                if not self.live[id_]:
                    del self.live[id_]
            else:
                self.kind_of[i] = _NONE
                self.counts["fills_beyond_cancels"] += more < 0
            return
        book[id_] = n
        if left == 0 and n == 0:
            self.kind_of[i] = _NONE
        elif left == 0:
            # its visible part was filled whole: a refill joins the queue anew
            self.counts["iceberg_refills"] += 1
            self.kind_of[i] = Kind.ADD
            self.replaced.append(i)
        if n:
            self.live[id_] = n
        else:
            self.live.pop(id_, None)

    def _rest(self, trade: int, rest: int, start: int, end: int, book: dict[int, int]) -> None:
        """What of a trade no fill explains stays a print; hidden, unless its level lost as much in the event."""
        if trade < 0:
            return
        self.lots_of[trade] = rest
        if rest == 0:
            self.kind_of[trade] = _NONE
            return
        self.counts["prints"] += 1
        side, price = self.side[trade], self.ticks[trade]
        if side == Side.NONE or self.hidden[trade]:
            return
        lost = sum(
            self.lots[i]
            for i in range(start, end)
            if self.action[i] == CANCEL
            and self.ticks[i] == price
            and self.side[i] not in (side, Side.NONE)
            and self.order_id[i] not in book
        )
        if lost < rest:
            self.hidden[trade] = True
