"""Recorded market data: files of many formats become tapes, resolved once and replayed for ever.

`load` reads any known file as a `Tape`; `convert` streams it into a tape file; `python -m lumina.data` does so from
the command line.
"""

from lumina.data.instrument import Instrument
from lumina.data.kinds import Flag, Kind, Phase, Side
from lumina.data.load import IMPORTERS, convert, load
from lumina.data.tape import Tape
from lumina.data.validate import Report, Violation

__all__ = [
    "IMPORTERS",
    "Flag",
    "Instrument",
    "Kind",
    "Phase",
    "Report",
    "Side",
    "Tape",
    "Violation",
    "convert",
    "load",
]
