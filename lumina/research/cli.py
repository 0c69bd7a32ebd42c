"""The command `python -m lumina.research`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import NoReturn

from lumina.data.load import load
from lumina.errors import ConfigError, LuminaError, on_command_line
from lumina.report.picture import require_matplotlib
from lumina.research.impact import impact
from lumina.research.market_reference import compare
from lumina.research.market_statistics import MarketStatistics, market_statistics
from lumina.research.queue_errors import queue_errors

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
MAX_SESSIONS = 10_000


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # one line, like every other error of a user
        raise ConfigError(f"{message} (--help lists the options)")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    arguments = argparse.Namespace()
    try:
        _parser().parse_args(argv, arguments)
        return int(arguments.run(arguments))
    except BrokenPipeError:
        # whoever read our output has gone: nothing more to say, and Python must not try at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except LuminaError as error:
        text = error.told(lambda name, value: _spelt(arguments, name, value))
        print(f"error: {' '.join(text.split())}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"error: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted: nothing was kept", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m lumina.research", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser(
        "queue",
        help="errors of the L2 queue models on an L3 tape",
        description="Place virtual orders into an L3 tape and compare the quantity ahead of each, exact, with what the "
        "L2 queue models say. docs/queue-models.md explains every figure.",
    )
    one.add_argument("tape", help="an L3 tape")
    one.add_argument("--probes", type=int, default=4000, metavar="N", help="virtual orders (default 4000)")
    one.add_argument("--seed", type=int, default=0, metavar="N", help="of their times, sides and levels (default 0)")
    one.add_argument("--levels", type=int, default=3, metavar="K", help="nearest levels that they join (default 3)")
    one.add_argument("--horizon-s", type=float, default=300.0, metavar="X", help="how long they rest (default 300)")
    one.add_argument("--at-s", default="1,10,60", metavar="X,...", help="when fronts are compared (default 1,10,60)")
    one.add_argument("--unit", choices=("base", "lots"), default="base", help="unit of the log models (default base)")
    one.add_argument("--per", choices=("event", "row"), default="event", help="what the models see (default event)")
    one.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    one.add_argument("--picture", metavar="FILE", help="write a PNG (needs matplotlib)")
    one.set_defaults(run=_queue)
    market = commands.add_parser(
        "market",
        help="what a market is like, beside the embedded market's reference",
        description="Spread, volatility, memory of the flow, response: of a tape, or of sessions of the embedded "
        "market with seeds from --seed on. lumina.research.MarketStatistics defines every figure.",
    )
    market.add_argument("tape", nargs="?", help="a tape; without one the embedded market runs")
    market.add_argument("--sessions", type=int, metavar="N", help="of the embedded market (default 8)")
    market.add_argument("--seed", type=int, metavar="N", help="of the first session (default 1)")
    market.add_argument("--hours", type=float, metavar="X", help="of each session from its open (default 6.5)")
    market.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    market.set_defaults(run=_market)
    ours = commands.add_parser(
        "impact",
        help="what metaorders of ours do to the price of the embedded market",
        description="Trade metaorders in the embedded market and compare with the same seeds without them. "
        "docs/embedded-market.md explains every figure.",
    )
    ours.add_argument("--sizes", default="10,30,100,300,1000", metavar="N,...", help="lots (10,30,100,300,1000)")
    ours.add_argument("--horizon", type=int, default=600, metavar="X", help="over which each is traded, s (600)")
    ours.add_argument("--twins", type=int, default=100, metavar="N", help="seeds, each bought, sold, left alone (100)")
    ours.add_argument("--seed", type=int, default=1, metavar="N", help="the first of them (1)")
    sent = ours.add_mutually_exclusive_group()
    sent.add_argument("--pace", type=int, metavar="X", help="a market order each so many seconds (10)")
    sent.add_argument("--child-lots", type=int, metavar="N", help="market orders of this size, at whatever pace")
    ours.add_argument("--workers", type=int, metavar="N", help="processes (default: as many as there are cores)")
    ours.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    ours.add_argument("--picture", metavar="FILE", help="write a PNG (needs matplotlib)")
    ours.set_defaults(run=_impact)
    return parser


def _spelt(arguments: argparse.Namespace, name: str, value: str) -> str:
    for own in (name, name.removesuffix("_s")):
        if hasattr(arguments, own):
            return on_command_line(own, value)
    # of an importer: there are no options for raw files here
    return f"{on_command_line(name, value)} of python -m lumina.data convert"


def _queue(arguments: argparse.Namespace) -> int:
    try:
        at_s = [float(at) for at in arguments.at_s.split(",")]
    except ValueError:
        raise ConfigError(f"--at-s {arguments.at_s}: must be numbers of seconds, separated by commas") from None
    errors = queue_errors(
        load(arguments.tape),
        probes=arguments.probes,
        seed=arguments.seed,
        levels=arguments.levels,
        horizon_s=arguments.horizon_s,
        at_s=at_s,
        unit=arguments.unit,
        per=arguments.per,
    )
    if arguments.picture:
        from lumina.research import picture

        picture.draw(errors, arguments.picture)
    if arguments.json:
        print(json.dumps(errors.summary(), allow_nan=False))
    else:
        from lumina.research import tables

        tables.show(errors.summary())
        if arguments.picture:
            print(f"written to {arguments.picture}")
    sys.stdout.flush()
    return OK


def _market(arguments: argparse.Namespace) -> int:
    simulated = [f"--{name}" for name in ("sessions", "seed", "hours") if getattr(arguments, name) is not None]
    if arguments.tape and simulated:
        raise ConfigError(f"{', '.join(simulated)}: of the embedded market, not of the tape {arguments.tape}")
    if arguments.tape:
        tape = load(arguments.tape)
        title, sessions = f"market of {tape.instrument.symbol}", [market_statistics(tape)]
    else:
        title, sessions = _embedded_sessions(arguments)
    entries = compare(sessions)
    if arguments.json:
        said = {"title": title, "sessions": [one.to_dict() for one in sessions], "statistics": entries}
        print(json.dumps(said, allow_nan=False))
    else:
        from lumina.research import market_tables, tables

        tables.output().print(market_tables.table(title, entries))
    sys.stdout.flush()
    return OK


def _impact(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    try:
        sizes = [int(size) for size in arguments.sizes.split(",")]
    except ValueError:
        raise ConfigError(f"--sizes {arguments.sizes}: must be whole numbers of lots, separated by commas") from None
    if arguments.picture:
        require_matplotlib()  # before the work, not after it
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("twins", total=arguments.twins)
        measured = impact(
            sizes,
            horizon_s=arguments.horizon,
            twins=arguments.twins,
            seed=arguments.seed,
            pace_s=10 if arguments.pace is None else arguments.pace,
            child_lots=arguments.child_lots,
            workers=arguments.workers or len(os.sched_getaffinity(0)),
            progress=lambda done, _: progress.update(task, completed=done),
        )
    if arguments.picture:
        from lumina.research import impact_picture

        impact_picture.draw(measured, arguments.picture)
    if arguments.json:
        print(json.dumps(measured.summary(), allow_nan=False))
    else:
        from lumina.research import impact_tables, tables

        tables.output().print(impact_tables.tables(measured.summary()))
        if arguments.picture:
            print(f"written to {arguments.picture}")
    sys.stdout.flush()
    return OK


def _embedded_sessions(arguments: argparse.Namespace) -> tuple[str, list[MarketStatistics]]:
    from rich.console import Console
    from rich.progress import Progress

    from lumina import EmbeddedMarket

    count = 8 if arguments.sessions is None else arguments.sessions
    first = 1 if arguments.seed is None else arguments.seed
    hours = 6.5 if arguments.hours is None else arguments.hours
    if not 1 <= count <= MAX_SESSIONS:
        raise ConfigError(f"--sessions {count}: must be between 1 and {MAX_SESSIONS}")
    markets = [EmbeddedMarket(seed, hours) for seed in range(first, first + count)]
    sessions = []
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for market in progress.track(markets, description="sessions"):
            sessions.append(market_statistics(market.record()))
    return f"embedded market, {count} sessions of {hours:g} h, seeds {first} to {first + count - 1}", sessions
