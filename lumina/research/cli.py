"""The command `python -m lumina.research`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import NoReturn

from lumina.data.load import load
from lumina.errors import ConfigError, LuminaError
from lumina.research.queue_errors import queue_errors

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # one line, like every other error of a user
        raise ConfigError(f"{message} (--help lists the options)")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    try:
        return _queue(_parser().parse_args(argv))
    except BrokenPipeError:
        # whoever read our output has gone: nothing more to say, and Python must not try at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except LuminaError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
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
    return parser


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
