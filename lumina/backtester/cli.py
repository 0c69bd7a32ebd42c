"""The command `python -m lumina.backtester`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn

from lumina.backtester import config as configuration
from lumina.backtester import job, output
from lumina.backtester.schema import in_configuration
from lumina.errors import LuminaError, StrategyError

if TYPE_CHECKING:
    from lumina.data import Tape
    from lumina.market import EmbeddedMarket

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

_DESCRIPTION = """Trade a strategy through recorded market data, or through the embedded market, and
report what it would have earned."""
_EPILOG = """exit codes: 0 done; 1 the run failed; 2 bad input; 130 interrupted, what was replayed is reported.
docs/backtester.md explains the configuration, every line of the summary and the files."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # one line, like every other error of a user
        raise LuminaError(f"{message} (--help lists the options)")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    try:
        arguments = _arguments(argv)
        return _run(arguments)
    except BrokenPipeError:
        # whoever read our output has gone: nothing more to say, and Python must not try at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except StrategyError as error:
        return _complain(error, FAILED)
    except LuminaError as error:
        return _complain(error, BAD_INPUT)
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror or error}", FAILED)
    except KeyboardInterrupt:
        print("interrupted: nothing was kept", file=sys.stderr)
        return INTERRUPTED


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m lumina.backtester",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", help="configuration to use (default: the commented backtest.yaml)")
    parser.add_argument(
        "--set",
        metavar="a.b=c",
        action="append",
        default=[],
        dest="overrides",
        help="change one key; repeatable",
    )
    parser.add_argument("--seed", metavar="N", help="short for --set engine.seed=N --set market.seed=N")
    parser.add_argument("--out", metavar="DIR", help="write the results to this folder; short for --set report.out=DIR")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object instead of tables")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors (and the JSON, if asked for)")
    return parser.parse_args(argv)


def _run(arguments: argparse.Namespace) -> int:
    overrides = list(arguments.overrides)
    spelt = {}
    if arguments.seed is not None:
        seeds = [f"{section}.seed={arguments.seed}" for section in ("engine", "market")]
        overrides += seeds
        spelt = dict.fromkeys(seeds, f"--seed {arguments.seed}")
    config = configuration.load(arguments.config or configuration.default_path(), overrides, spelt)
    if arguments.out is not None:
        config["report"]["out"] = arguments.out
    out = config["report"]["out"]
    if out is not None:
        output.check_folder(out)
    picture = out is not None and _with_picture(config)

    with ExitStack() as stack:
        outcome = job.run(config, _watch(config, arguments.quiet, stack))
    result = outcome.result
    summary = _summary(config, outcome)
    name = config["strategy"]["name"]
    if out is not None:
        title = f"{', '.join(instrument.symbol for instrument in result.instruments)}  {name}"
        output.write(out, str(config), result, summary, picture, title)
    if arguments.json:
        print(json.dumps(summary, allow_nan=False))
    elif not arguments.quiet:
        from lumina.report import tables

        tables.show(summary, heading=name)
        if out is not None:
            print(f"written to {out}: " + ", ".join(sorted(os.listdir(out))))
    sys.stdout.flush()
    if result.failure:
        return _complain(f"{outcome.reached}: {result.failure}", FAILED)
    if result.interrupted:
        kept = f"the summary of these, written to {out}" if out is not None else "the summary of these"
        print(f"interrupted: {outcome.reached}; kept {kept}", file=sys.stderr)
        return INTERRUPTED
    return OK


def _with_picture(config: configuration.Config) -> bool:
    wanted = config["report"]["picture"]
    if wanted == "off":
        return False
    from lumina.report import picture

    if wanted == "on" and not picture.available():
        raise config.error(
            "report.picture",
            "on needs matplotlib, which is not installed: pip install 'lumina-hft[report]', or set auto or off",
        )
    return picture.available()


def _summary(config: configuration.Config, outcome: job.Outcome) -> dict[str, Any]:
    from lumina.report.summary import summarise

    report = config["report"]
    return summarise(
        outcome.result,
        limit_lots=outcome.limit_lots,
        feed_latency_ns=outcome.feed_latency_ns,
        capital=report["capital"],
        days_per_year=report["days_per_year"],
    )


def _watch(config: configuration.Config, quiet: bool, stack: ExitStack) -> job.Watch:
    """Progress on stderr: bars on a terminal, one line elsewhere, nothing when quiet."""
    if quiet:
        return job.Watch()
    name = config["strategy"]["name"]
    if not sys.stderr.isatty():
        return _lines(name)

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    bars = stack.enter_context(
        Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )
    )  # fmt: skip
    task = bars.add_task("loading", total=None)

    def update(done: int, total: int) -> None:
        bars.update(task, completed=done, total=total)

    def loaded(market: Tape | EmbeddedMarket) -> None:
        bars.reset(task, description=_doing(market), total=None)

    return job.Watch(loading=update, loaded=loaded, replaying=update)


def _doing(market: Tape | EmbeddedMarket) -> str:
    from lumina.data import Tape

    if isinstance(market, Tape):
        return f"replaying {len(market):,} events of {market.instrument.symbol}"
    return f"simulating {market.hours:g} h of the embedded market, seed {market.seed},"


def _lines(name: str) -> job.Watch:
    """For a log: a line when the replay begins, and one a tenth of it where it takes longer than a blink."""
    tenths = -1

    def loaded(market: Tape | EmbeddedMarket) -> None:
        print(f"{_doing(market)} against {name}", file=sys.stderr, flush=True)

    def replaying(done: int, total: int) -> None:
        nonlocal tenths
        if done < total and done * 10 // total > tenths:
            tenths = done * 10 // total
            print(f"{tenths * 10}% done", file=sys.stderr, flush=True)

    return job.Watch(loaded=loaded, replaying=replaying)


def _complain(error: object, code: int) -> int:
    text = error.told(in_configuration) if isinstance(error, LuminaError) else str(error)
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return code
