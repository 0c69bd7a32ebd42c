"""The command `python -m lumina.data`: convert files into a tape, say what a tape is, check one."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from lumina.data.load import IMPORTERS, SPLITTERS, convert, format_of, split
from lumina.data.notes import COUNTS, Note, notes
from lumina.data.source import Progress
from lumina.data.tape import Tape
from lumina.data.validate import Report
from lumina.errors import DataError, LuminaError, on_command_line

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

# Options of importers: what was not given is not passed on, and an importer refuses what it does not know.
_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("symbol", {"metavar": "TEXT", "help": "the instrument, where the files hold several"}),
    ("tick_size", {"metavar": "X", "help": "price of one tick"}),
    ("lot_size", {"metavar": "X", "help": "quantity of one lot"}),
    ("multiplier", {"metavar": "X", "help": "contract size"}),
    ("inverse", {"action": argparse.BooleanOptionalAction, "help": "profit is paid in the base coin"}),
    ("settlement", {"metavar": "TEXT", "help": "currency of profit and loss"}),
    ("maker_fee", {"metavar": "X", "help": "fraction of the value, positive is a cost"}),
    ("taker_fee", {"metavar": "X", "help": "fraction of the value, positive is a cost"}),
    ("clock", {"choices": ("none", "shift"), "help": "shift: add one constant to local times"}),
    ("min_latency_ns", {"type": int, "metavar": "N", "help": "the smallest latency after --clock shift"}),
    ("gaps", {"choices": ("error", "mark"), "help": "what missing update ids are"}),
    ("columns", {"metavar": "MAP", "help": "csv: columns of the file, as time=ts,price=px"}),
    ("rows", {"metavar": "WORDS", "help": "csv: book or trades, where no column says it; for each file or all"}),
    ("quantity", {"choices": ("absolute", "change"), "help": "csv: totals of levels, or what is added to them"}),
    ("values", {"metavar": "MAP", "help": "csv: words of the file, as side.1=buy,side.2=sell"}),
    ("time_unit", {"metavar": "UNIT", "help": "csv: s, ms, us, ns or iso; of all times, or time=iso,local_time=ms"}),
    ("time_zone", {"metavar": "ZONE", "help": "csv: of iso times that do not say theirs"}),
    ("aggressor", {"choices": ("quotes",), "help": "csv: side of prints that tell none, from the quote that they met"}),
    ("delimiter", {"metavar": "CHAR", "help": "csv: between fields"}),
    ("header", {"action": argparse.BooleanOptionalAction, "help": "csv: the first line names the columns"}),
    ("definition", {"metavar": "FILE", "help": "Databento's definitions of instruments: symbol, tick, multiplier"}),
    ("schema", {"metavar": "NAME", "help": "what Databento's files must be; tbbo, where CSV does not tell"}),
    ("instrument_id", {"type": int, "metavar": "N", "help": "the instrument, by Databento's number"}),
    ("publisher_id", {"type": int, "metavar": "N", "help": "whose book, where Databento's files hold several"}),
    ("counted_window_ns", {"type": int, "metavar": "N", "help": "window of the COUNTED rule; 0 = off"}),
    ("out_of_range", {"choices": ("drop", "error"), "help": "what prices and quantities that fit no row are"}),
    ("round_lots", {"action": "store_const", "const": True, "help": "quantities to the nearest lot"}),
    ("round_prices", {"action": "store_const", "const": True, "help": "prices to the nearest tick"}),
    ("session", {"metavar": "TEXT", "help": "calendar of the sessions, as us_equity"}),
    ("order_ids", {"action": "store_const", "const": True, "help": "keep the venue's order ids"}),
    (
        "date",
        {"metavar": "DATE", "help": "day of the files, YYYY-MM-DD, where they do not say it (itch, lobster, csv)"},
    ),
    ("orderbook", {"action": argparse.BooleanOptionalAction, "help": "take levels from the orderbook files (lobster)"}),
    ("seed", {"metavar": "FILE", "help": "orderbook whose first row is the book, with --no-orderbook (lobster)"}),
    ("snapshots", {"choices": ("resync", "check"), "help": "what the log's snapshots are for (bitstamp)"}),
    ("odd_prices", {"choices": ("error", "drop"), "help": "what orders between ticks are (itch)"}),
    ("port", {"type": int, "metavar": "N", "help": "UDP port of a capture's datagrams; 0 = all (itch)"}),
)


# Of the tapes of a split, so many are named.
_NAMED = 10


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # one line, like every other error of a user
        raise DataError(f"{message} (--help lists the options)")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 done, 2 bad input, 130 interrupted."""
    target: list[Path] = []
    try:
        arguments = _parser().parse_args(argv)
        commands: dict[str, Callable[[argparse.Namespace, list[Path]], int]] = {
            "convert": _convert,
            "split": _split,
            "info": _info,
            "validate": _validate,
        }
        return commands[arguments.command](arguments, target)
    except BrokenPipeError:
        # whoever read our output has gone: nothing more to say, and Python must not try at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except LuminaError as error:
        print(f"error: {error.told(on_command_line)}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"error: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        kept = f"{target[0]} is as it was" if target and target[0].exists() else "nothing was kept"
        print(f"interrupted: {kept}", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m lumina.data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    one = commands.add_parser(
        "convert",
        help="write a tape",
        description=f"Convert the files of one recording into a tape. Formats: {', '.join(IMPORTERS)}; tape.",
    )
    one.add_argument("input", nargs="+", help="files, in order of time")
    one.add_argument("output", help="tape to write")
    _add_options(one)

    one = commands.add_parser(
        "split",
        help="write a tape for each of many instruments",
        description=f"Read the files once, and write a tape for each instrument. Formats: {', '.join(SPLITTERS)}.",
    )
    one.add_argument("input", nargs="+", help="files, in order of time")
    one.add_argument("output", metavar="folder", help="where SYMBOL.lumina are written")
    one.add_argument("--symbols", metavar="A,B", help="the instruments (default: all)")
    _add_options(one)

    one = commands.add_parser("info", help="say what a tape is", description="Header, figures and checks of a tape.")
    one.add_argument("tape")
    one.add_argument("--json", action="store_true", help="as one JSON object")

    one = commands.add_parser(
        "validate", help="check a tape", description="Check every row of a tape; 2 if one is bad."
    )
    one.add_argument("tape")
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="auto", metavar="NAME", help="where the file does not say what it is")
    for name, settings in _OPTIONS:
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, **settings)
    parser.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="progress bar on stderr (default: on a terminal)",
    )


@contextmanager
def _options(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What was given of `_OPTIONS`, and the progress bar while it is shown."""
    options = {name: getattr(arguments, name) for name, _ in _OPTIONS if getattr(arguments, name) is not None}
    shown = sys.stderr.isatty() if arguments.progress is None else arguments.progress
    with _progress(shown) as progress:
        yield options if progress is None else {**options, "progress": progress}


def _convert(arguments: argparse.Namespace, target: list[Path]) -> int:
    target.append(Path(arguments.output))
    with _options(arguments) as options:
        tape = convert(arguments.input, arguments.output, arguments.format, **options)
    print(f"{arguments.output}: {len(tape):,} rows of {tape.instrument.symbol}, {tape.level}{_clock(tape)}")
    # its own constant has been told
    _say(note for note in tape.notes if note.topic != "clock" or tape.clock["repair"] != "shift")
    return OK


def _notes(tape: Tape, report: Report) -> list[Note]:
    # a tape from before they were counted has no figures in its header
    return notes({**tape.facts, **{name: report.figures[name] for name in COUNTS}})


def _say(found: Iterable[Note]) -> None:
    """Notes behind the output, warnings as such."""
    for note in found:
        if note.warning:
            sys.stdout.flush()
            print(f"warning: {note}", file=sys.stderr)
        else:
            print(f"  {note}")


def _split(arguments: argparse.Namespace, target: list[Path]) -> int:
    symbols = None if arguments.symbols is None else [symbol for symbol in arguments.symbols.split(",") if symbol]
    with _options(arguments) as options:
        tapes = split(arguments.input, arguments.output, symbols, arguments.format, **options)
    names = sorted(tapes)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    print(f"{arguments.output}: {len(names)} tapes: {', '.join(names[:_NAMED])}{more}")
    warned = [(name, note) for name in names for note in Tape.open(tapes[name]).notes if note.warning]
    for name, note in warned[:_NAMED]:
        print(f"warning: {name}: {note}", file=sys.stderr)
    if len(warned) > _NAMED:
        print(f"warning: and {len(warned) - _NAMED} more; info shows those of a tape", file=sys.stderr)
    return OK


def _clock(tape: Tape) -> str:
    clock = tape.clock
    if clock["repair"] != "shift":
        return ""
    return (
        f"; local times shifted by {clock['shift_ns']:,} ns so that latency is at least {clock['min_latency_ns']:,} ns"
    )


@contextmanager
def _progress(shown: bool) -> Iterator[Progress | None]:
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("convert", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _info(arguments: argparse.Namespace, target: list[Path]) -> int:
    tape, report = _checked(arguments.tape)
    figures = report.figures
    shown = ("events", "exch_rows", "local_rows", "kinds", "zero_latency_rows", *COUNTS)
    facts = {
        **tape.header,
        **{name: figures[name] for name in shown},
        "notes": [f"{'warning: ' if note.warning else ''}{note}" for note in _notes(tape, report)],
        "violations": report.lines(),
    }
    if arguments.json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        for name, value in facts.items():
            _show(name, value)
    return _verdict(arguments.tape, report)


def _show(name: str, value: Any, indent: str = "") -> None:
    if isinstance(value, dict) and value:
        print(f"{indent}{name}:")
        for key, item in value.items():
            _show(key, item, indent + "  ")
    elif isinstance(value, list) and any(isinstance(item, (dict, str)) for item in value):
        print(f"{indent}{name}:")
        for item in value:
            if not isinstance(item, dict):
                print(f"{indent}  - {item}")
            elif any(isinstance(part, (dict, list)) for part in item.values()):
                print(f"{indent}  -")
                for key, part in item.items():
                    _show(key, part, indent + "    ")
            else:
                print(f"{indent}  - " + ", ".join(f"{key} {part}" for key, part in item.items()))
    elif isinstance(value, list):
        print(f"{indent}{name}: {' to '.join(map(str, value)) or 'none'}")
    else:
        print(f"{indent}{name}: {value if value not in ({}, '') else 'none'}")


def _validate(arguments: argparse.Namespace, target: list[Path]) -> int:
    tape, report = _checked(arguments.tape)
    if report.ok:
        print(f"{arguments.tape}: {report}")
        _say(note for note in _notes(tape, report) if note.topic == "book")
    for line in report.header:
        print(line)
    for violation in report.violations.values():
        print(f"{violation.name}: {violation}")
    return _verdict(arguments.tape, report)


def _checked(path: str) -> tuple[Tape, Report]:
    try:
        name = format_of(path)
    except DataError:  # what nobody knows, the tape's own errors tell
        name = "tape"
    if name != "tape":
        raise DataError(f"{path}: is of format {name}; convert it first: python -m lumina.data convert {path} OUTPUT")
    tape = Tape.open(path)
    return tape, tape.validate()


def _verdict(path: str, report: Report) -> int:
    if report.ok:
        return OK
    sys.stdout.flush()
    raise DataError(f"{path}: {len(report.lines())} kinds of violation, the first: {report.lines()[0]}")
