"""What whoever runs on a tape should know of it: sentences from its header, for `convert`, `info` and every result."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

# Figures of the rows that a header carries for these notes.
COUNTS = ("continuous_events", "crossed_events", "prints", "prints_without_side")
# More of it is a warning: of events with a crossed book, of touches or levels that differ from the venue's own.
TOLERATED = 0.01


_TERMS: dict[str, Callable[[Any], str]] = {
    "multiplier": lambda value: f"multiplier {value}",
    "inverse": lambda value: "inverse" if value else "not inverse",
    "settlement": lambda value: f"settled in {value}" if value else "no settlement currency",
    "maker_fee": lambda value: f"maker fee {value}",
    "taker_fee": lambda value: f"taker fee {value}",
}

# Why a book of a format is crossed, where it is.
_CAUSES = {
    "binance": "a snapshot of another symbol or market, or depth updates that are missing (a GAP row until the next "
    "snapshot)",
    "bitstamp": "a log that lost lines, or orders from before its first snapshot",
    "bybit": "updates that are missing (a GAP row until the next snapshot), or files of two markets",
    "csv": "sides that are the other way round, changes read as totals or totals as changes, two instruments or venues "
    "in one file, rows that are not in order of time, deletions that the file does not tell, or an auction that no "
    "session tells of",
    "databento": "an auction that no session tells of, a file that begins without a snapshot, or a consolidated book",
    "hftbacktest": "an exporter that leaves out deletions or clears, views that are not sorted, or an auction that no "
    "session tells of",
    "itch": "messages that are missing, a file that does not begin with the day, or an auction that no session tells "
    "of",
    "lobster": "levels from messages alone, of a file that does not tell the orders of all levels; or an auction that "
    "no session tells of",
    "tardis": "updates that are missing, files of two markets, or an auction that no session tells of",
}


class Note(NamedTuple):
    """One sentence about a tape; a warning where runs on it may mean nothing."""

    topic: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.topic}: {self.text}"


def counted(name: str, counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """For a provenance: `left_out` or `unused` with what there is more than none of, or nothing."""
    some = {what: n for what, n in counts.items() if n}
    return {name: some} if some else {}


def notes(source: Mapping[str, Any]) -> list[Note]:
    """Notes about a tape, each once.

    Parameters
    ----------
    source : mapping
        The tape's provenance, with `clock` and what is there of `COUNTS` from its header.
    """
    return list(dict.fromkeys(_notes(source)))


def without_assumed(provenance: Mapping[str, Any], given: set[str]) -> dict[str, Any]:
    """The provenance where contract terms of these names are not assumed any more."""
    out = dict(provenance)
    if "assumed" in out:
        out["assumed"] = {name: value for name, value in out["assumed"].items() if name not in given}
    if "tapes" in out:
        out["tapes"] = [without_assumed(tape, given) for tape in out["tapes"]]
    return out


def _notes(source: Mapping[str, Any]) -> Iterator[Note]:
    for name, how in source.get("inferred", {}).items():
        yield Note("data", f"{name} was inferred, {how}")
    if gaps := source.get("messages", {}).get("gaps", 0):
        yield Note(
            "data", f"{gaps} gaps in the recording; own orders are frozen at each until their level is seen again"
        )
    for what, n in source.get("left_out", {}).items():
        yield Note("data", f"{n:,} {what} out of range left out")
    for what, how in source.get("rounded", {}).items():
        yield Note("data", f"{what} rounded: {how}")
    if unused := source.get("unused"):
        yield Note("data", "not used: " + ", ".join(f"{n:,} {what}" for what, n in unused.items()))
    for what in source.get("cautions", ()):
        yield Note("data", what)
    clock = source.get("clock", {})
    if clock.get("repair") == "shift" and "shift_ns" in clock:
        of = f" of {source['name']}" if "name" in source else ""
        yield Note(
            "clock",
            f"local times{of} shifted by {clock['shift_ns'] / 1e9:+.9f} s, so that the least feed latency is "
            f"{clock['min_latency_ns'] / 1e6:g} ms; what the true one was is not known",
        )
    yield from _crossed(source)
    yield from _compared(source)
    if without := source.get("prints_without_side", 0):
        text = f"{without:,} of {source['prints']:,} prints tell no aggressor: they fill nobody and move no queue"
        yield Note("prints", text)
    if assumed := source.get("assumed"):
        terms = ", ".join(_TERMS[name](value) for name, value in assumed.items())
        yield Note("contract", f"assumed, since neither the data nor an option says otherwise: {terms}")
    for tape in source.get("tapes", ()):
        yield from _notes(tape)


def _crossed(source: Mapping[str, Any]) -> Iterator[Note]:
    events, crossed = source.get("continuous_events", 0), source.get("crossed_events", 0)
    if not events:
        return
    warning = crossed > TOLERATED * events
    text = f"crossed at {percent(crossed, events)} of {events:,} event ends in continuous trading"
    if warning:
        causes = sorted({_CAUSES[name] for name in _importers(source) if name in _CAUSES})
        text += "; likely causes: " + "; ".join(causes or ["rows of another instrument, or changes that are missing"])
    yield Note("book", text, warning)


def _importers(source: Mapping[str, Any]) -> Iterator[str]:
    yield source.get("importer", "")
    for tape in source.get("tapes", ()):
        yield from _importers(tape)


def _compared(source: Mapping[str, Any]) -> Iterator[Note]:
    """What the venue itself says of its book beside the depth, against the book that was made."""
    for own, found in source.get("compared", {}).items():
        of, equal = found["of"], found["equal"]
        if of:
            differs = of - equal > TOLERATED * of
            text = f"equal to {own} at {equal:,} of {of:,} ({percent(equal, of)})"
            why = "; they do not belong together, or messages are missing" if differs else ""
            yield Note("book", text + why, differs)


def percent(part: int, whole: int) -> str:
    """A share in per cent, never rounded to 0 or 100 where it is neither."""
    if part in (0, whole):
        return "0%" if part == 0 else "100%"
    return f"{min(max(100 * part / whole, 0.01), 99.99):.2f}%"
