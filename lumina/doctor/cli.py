"""The command `python -m lumina.doctor`: the checklist and the jitter probe, as tables or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lumina import affinity
from lumina.doctor.check import ADVICE, OK, UNKNOWN, Check, Machine, cpu_list, parse_cpu_list
from lumina.doctor.examine import examine, kernel_parameters
from lumina.doctor.probe import probe
from lumina.report.tables import duration

_MARKS = {OK: ("ok", "green"), ADVICE: ("change", "yellow"), UNKNOWN: ("?", "dim")}


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code: 0, whatever is found; 2 for arguments that cannot be."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _run(arguments: argparse.Namespace) -> int:
    machine = Machine.at(arguments.root, arguments.cores)
    if arguments.cores is not None:
        unknown = arguments.cores - affinity.discover(arguments.root).online
        if unknown:
            online = cpu_list(machine.topology.online) or "none"
            print(f"--cores {cpu_list(unknown)}: not online; online are {online}", file=sys.stderr)
            return 2
    checks = examine(machine)
    parameters = kernel_parameters(checks)
    probes = []
    if machine.own_root and arguments.seconds > 0:
        probes = [probe(core, int(arguments.seconds * 1e9)) for core in machine.cores]
    if arguments.json:
        print(json.dumps({
            "cores": list(machine.cores),
            "kernel_parameters": parameters,
            "checks": [asdict(check) for check in checks],
            "jitter": probes,
        }, indent=2))  # fmt: skip
        return 0
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=110)  # a file or a pipe does not wrap
    console.print(Text(f"Low latency on cores {machine.wanted or '-'}", style="bold"))
    console.print(_checklist(checks))
    if probes:
        console.print(_jitter(probes))
    advised = sum(check.status == ADVICE for check in checks)
    console.print(f"{advised} of {len(checks)} to change" if advised else "nothing to change")
    if parameters:
        console.print(f"kernel command line: {parameters}", soft_wrap=True)
    return 0


def _checklist(checks: list[Check]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", ratio=1)
    table.add_column("to do", ratio=1)
    for check in checks:
        mark, style = _MARKS[check.status]
        table.add_row(check.name, Text(mark, style=style), Text(check.found), Text(check.remedy))
    return table


def _jitter(probes: list[dict[str, Any]]) -> Table:
    table = Table(
        box=None, padding=(0, 2, 0, 0), header_style="bold", title_justify="left", title_style="bold",
        title=f"\nJitter: gaps of a loop that reads the clock for {duration(probes[0]['duration_ns'])}",
    )  # fmt: skip
    for heading in ("core", "p50", "p99", "p99.99", "max", "over 1 us", "time lost"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in probes:
        table.add_row(
            f"{each['core']}" if each["pinned"] else f"{each['core']} (not pinned)",
            *(duration(each[name]) for name in ("p50_ns", "p99_ns", "p99_99_ns", "max_ns")),
            f"{each['interruptions']:,}",
            f"{each['lost']:.3%}",
        )
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lumina.doctor",
        description="What this machine offers a low-latency process, and what to change.",
    )
    parser.add_argument("--cores", type=_cores, metavar="LIST", help="cores that it would run on, as 1,2 or 1-3")
    parser.add_argument(
        "--seconds", type=_seconds, default=0.5, metavar="X", help="jitter probe, for each core; 0 = none (default 0.5)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help="read /proc and /sys below it")
    return parser


def _cores(text: str) -> frozenset[int]:
    try:
        return parse_cpu_list(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of cores, as 1,2 or 1-3") from None


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 600")
    return value
