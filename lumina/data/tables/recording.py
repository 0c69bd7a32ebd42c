"""A recording of level or order updates in several files, as feeds that are joined by local time."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumina.data.calendar import Calendar
from lumina.data.decimals import BadNumber
from lumina.data.fit import Fit
from lumina.data.instrument import Instrument, Number, exact, text
from lumina.data.pipeline import Pipeline
from lumina.data.source import Chunk, Clocks, HashedFile, Progress, Reading, Source
from lumina.data.tables.aggressor import Quotes
from lumina.data.tables.merge import merge
from lumina.errors import DataError, argument

# What feeds read and do not use, of their counts.
_UNUSED = (
    "rows of other symbols",
    "messages of other symbols",
    "rows before the first snapshot",
    "changes before the first snapshot",
    "rows ignored",
    "trades of nothing",
)
# Opens a file that is hashed and reports its progress.
Opener = Callable[[Path], AbstractContextManager[HashedFile]]


class Feed(ABC):
    """Messages of one kind, in order of receipt.

    Attributes
    ----------
    name : str
        For the provenance.
    paths : list of Path
        Its files in order of time.
    counts : Counter
        What was read and what was left out.
    """

    name: str
    paths: list[Path]
    counts: Counter[str]

    @abstractmethod
    def updates(self, opener: Opener) -> Generator[NDArray[np.void], None, None]:
        """Arrays of UPDATE, whole messages whose local times do not go back; to be run through once."""


@dataclass
class Terms:
    """Contract terms as given by options; tick and lot are inferred where they are not."""

    symbol: str
    tick_size: Number | None = None
    lot_size: Number | None = None
    multiplier: Number = 1
    inverse: bool = False
    settlement: str = ""
    maker_fee: Number = 0
    taker_fee: Number = 0

    def instrument(
        self, prices: set[str], quantities: set[str], where: str, fit: Fit
    ) -> tuple[Instrument, dict[str, str]]:
        """The instrument, and for the provenance what was inferred from the numbers at `where`.

        Raises
        ------
        DataError
            A step cannot be inferred, or most of the numbers would be left out with it.
        """
        inferred: dict[str, str] = {}
        steps: list[Fraction] = []
        for name, given, texts in (
            ("tick_size", self.tick_size, prices),
            ("lot_size", self.lot_size, quantities),
        ):
            if given is None and not texts:
                raise DataError(
                    f"{where}: no number of {self.symbol} to infer {name} from; remedy: give {argument(name)}"
                )
            try:
                step = fit.step(name, texts) if given is None else exact(given, name)
                fit.check(name, step, texts)
            except BadNumber as error:
                raise DataError(f"{where}: {name.partition('_')[0]}: {error}") from None
            except DataError as error:
                raise DataError(f"{where}: {error}") from None
            if given is None:
                inferred[name] = f"{text(step)} from {len(texts)} numbers at {where}"
            steps.append(step)
        tick, lot = steps
        terms = (self.multiplier, self.inverse, self.settlement, self.maker_fee, self.taker_fee)
        return Instrument(self.symbol, tick, lot, *terms), inferred


@dataclass
class Options:
    """What recordings of every format may be told; see their `read`."""

    clock: str | None
    min_latency_ns: int | None
    counted_window_ns: int
    session: str | None
    progress: Progress | None
    order_ids: bool = False
    fit: Fit = field(default_factory=Fit)

    def __post_init__(self) -> None:
        if self.counted_window_ns < 0:
            raise DataError(f"option {argument('counted_window_ns')} = {self.counted_window_ns} must be 0 or more")
        self.clocks = Clocks(self.clock, self.min_latency_ns)
        self.calendar = Calendar.parse(self.session) if self.session is not None else None


class Recording(Source):
    """Importer of feeds.

    Parameters
    ----------
    paths
        All files as given.
    feeds
        Prints before depth: at one local time an earlier feed comes first.
    facts
        For the provenance, before the counts.
    file_order, ordered
        Of the pipeline.
    quotes : Quotes, optional
        Gives a side to the prints that have none.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        instrument: Instrument,
        feeds: Sequence[Feed],
        options: Options,
        facts: dict[str, Any],
        *,
        depth_limit: int = 0,
        file_order: bool = False,
        ordered: bool = False,
        quotes: Quotes | None = None,
    ) -> None:
        super().__init__(paths)
        self.instrument, self.depth_limit = instrument, depth_limit
        self.counted_window_ns = options.counted_window_ns
        self._feeds, self._options, self._facts = feeds, options, facts
        self._quotes = quotes
        self._pipeline = Pipeline(
            self.name,
            ordered=ordered,
            file_order=file_order,
            order_ids=options.order_ids,
            counted_window_ns=options.counted_window_ns,
            calendar=options.calendar,
        )

    def rows(self) -> Iterator[Chunk]:
        records: dict[Path, dict[str, Any]] = {}
        tick = Reading(self.paths, self._options.progress)

        @contextmanager
        def opener(path: Path) -> Iterator[HashedFile]:
            file = HashedFile(path, tick)
            try:
                yield file
                records[path] = file.record()
            finally:
                file.close()

        streams = [feed.updates(opener) for feed in self._feeds]
        try:
            for updates in merge(streams):
                yield from self._pipeline.push(updates if self._quotes is None else self._quotes.give_sides(updates))
        finally:
            for stream in streams:
                stream.close()
        yield from self._pipeline.finish()
        self.clock = self._options.clocks.finish()
        unused = sum((Counter({what: feed.counts[what] for what in _UNUSED}) for feed in self._feeds), Counter())
        self.provenance = {
            **self._facts,
            "files": [records[path] for path in self.paths],
            **({"session": self._options.session} if self._options.session is not None else {}),
            **{feed.name: {key: n for key, n in sorted(feed.counts.items()) if n} for feed in self._feeds},
            **({"unused": dict(unused)} if unused else {}),
            **self._options.fit.record(),
            **self._pipeline.record(),
            **({"orders": orders} if any((orders := self._pipeline.order_record()).values()) else {}),
        }
