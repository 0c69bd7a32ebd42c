"""What is wrong with a tape: every rule that its rows break, counted, with the first rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lumina._core._tape_check import check
from lumina.data.kinds import MAX_PRICE_TICKS, Flag, Kind
from lumina.errors import DataError

_VIEWS = ("exchange", "local")
# name of a rule -> what is wrong, from the value found and its bound
_TEXTS: dict[str, Callable[[int, int], str]] = {
    "empty_tape": lambda value, bound: "the tape has no rows",
    "no_view": lambda value, bound: f"flags {value:#x} has neither view: EXCH {Flag.EXCH:#x} or LOCAL {Flag.LOCAL:#x}",
    "kind": lambda value, bound: f"kind {value} is unknown; the last known is {bound}",
    "side": lambda value, bound: f"side {value} is not allowed here; the last allowed is {bound}",
    "phase": lambda value, bound: f"qty_lots {value} of a status row is no phase 0 to {bound}",
    "price": lambda value, bound: f"price_ticks {value} is beyond the bound {bound}",
    "trade_qty": lambda value, bound: f"qty_lots {value} of a trade is below {bound}",
    "order_qty": lambda value, bound: f"qty_lots {value} has the wrong sign for its kind",
    "stamp": lambda value, bound: f"stamp {value}: an add's is the number of its row, no stamp is above {bound}",
    "exch_order": lambda value, bound: f"exch_ts_ns {value} is below {bound} of the exchange row before",
    "local_order": lambda value, bound: f"local time {value} ns is below {bound} of the local row before",
    "event_time": lambda value, bound: f"exch_ts_ns {value} differs from {bound} of its event: an END is missing",
    "event_end": lambda value, bound: "flags: the last event of a view has no END",
    "level_total": lambda value, bound: f"qty_lots makes the level's total {value}, beyond the bound {bound}",
    "snapshot_end": lambda value, bound: f"SNAPSHOT_END without BEGIN in the {_VIEWS[value]} view",
    "snapshot_open": lambda value, bound: "SNAPSHOT_BEGIN without END",
    "level_range": lambda value, bound: f"price_ticks {value}: prices are scattered over more than {bound} ticks",
}


@dataclass(frozen=True)
class Violation:
    """A rule that rows break: `count` of them, the first as (row, value, bound)."""

    name: str
    field: str
    count: int
    rows: tuple[tuple[int, int, int], ...]

    def __str__(self) -> str:
        row, value, bound = self.rows[0]
        more = f" ({self.count} such rows)" if self.count > 1 else ""
        return f"row {row}: {_TEXTS[self.name](value, bound)}{more}"


@dataclass(frozen=True)
class Report:
    """Result of a validation.

    Attributes
    ----------
    violations : dict
        Name of the rule -> `Violation`; empty where the tape is sound.
    figures : dict
        Counts of rows by view and kind; ranges of price, times and latency; rows of latency 0.
    header : tuple of str
        Lines about a file whose header does not tell what its rows are (checksum, ranges).
    """

    violations: dict[str, Violation]
    figures: dict[str, Any]
    header: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """True where nothing is wrong."""
        return not self.violations and not self.header

    def lines(self) -> list[str]:
        """One line a broken rule."""
        return [*self.header, *map(str, self.violations.values())]

    def __str__(self) -> str:
        if self.ok:
            return f"{self.figures['rows']} rows, no violation"
        return "; ".join(self.lines())


def validate_rows(events: Any, *, inverse: bool = False, price_ticks: tuple[int, int] | None = None) -> Report:
    """Check tape rows in one pass.

    Parameters
    ----------
    events : ndarray of lumina.EVENT, shape (n,)
    inverse : bool
        The contract divides by its price, which must be 1 tick or more.
    price_ticks : (int, int), optional
        Bounds of the price; default +-2**30.
    """
    low, high = price_ticks or (-MAX_PRICE_TICKS, MAX_PRICE_TICKS)
    findings, figures = check(events, max(low, 1) if inverse else low, high)
    figures["kinds"] = {Kind(kind).name: n for kind, n in enumerate(figures["kinds"]) if n}
    violations = {
        name: Violation(name, row_field, count, tuple(rows)) for name, (count, row_field, rows) in findings.items()
    }
    return Report(violations, figures)


def require(report: Report, where: str) -> None:
    """Raise a DataError that begins with `where` unless the report is sound."""
    if not report.ok:
        lines = report.lines()
        more = f"; and {len(lines) - 1} other kinds of violation" if len(lines) > 1 else ""
        raise DataError(f"{where}: {lines[0]}{more}")
