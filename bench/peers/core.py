"""Parts of the core and their peers on the same data, in alternation.

    python bench/peers/core.py [--case NAME] [--stream r1=FILE] [--stream m1=FILE] ... [--runs 5] [--json]

The cases of rings stand in `ring.py`, those of indicators in `indicators.py`, those of the pool and of snapshots in
`blocks.py`. Four others: `book_reconstruct_r1`:
order messages of one instrument, keyed by order id, through `OrderBook`; `book_reconstruct_r100`: of a hundred
instruments with ids unique across them, through `OrderBooks`. The peer is a book of `std::map`, `std::list` and
`std::unordered_map`, written with care (`book_std.hpp`), which checks nothing.
`matching_m1` and `matching_m1big`: orders, cancels and replaces of one instrument with 20,000 and 99,000 resting
orders, through `MatchingEngine`; the peer is the same in the standard library's containers (`match_std.hpp`).

A C++ program (`book_reconstruct.cpp`, `matching.cpp`) holds both and runs them in turn; reading the stream and the
warm-up that builds the books are not timed. All must end with the same books, queue by queue, and make the same trades,
those that the stream's header sums up. Without a stream a smaller one is made (`make_orders_stream.py`,
`make_match_stream.py`); the format stands in `stream.hpp`.

The cases' figure is the mean time of a message in batches. The table also has messages one by one, and percentiles of
a second pass that reads the clock after every message; the clock's own time is in them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import blocks
import indicators
import ring

HERE = Path(__file__).resolve().parent
UNIT = "ns/message"
# stream -> its case, the program, and what makes a stream
STREAMS: dict[str, tuple[str, str, list[str]]] = {
    "r1": ("book_reconstruct_r1", "book_reconstruct", ["make_orders_stream.py", "--live", "20000"]),
    "r100": (
        "book_reconstruct_r100",
        "book_reconstruct",
        ["make_orders_stream.py", "--live", "99000", "--books", "100"],
    ),
    "m1": ("matching_m1", "matching", ["make_match_stream.py", "--live", "20000"]),
    "m1big": ("matching_m1big", "matching", ["make_match_stream.py", "--live", "99000"]),
}
CONTENDERS = {"batch": "lumina, batches", "single": "lumina, one by one", "std": "std::map + list + hash"}
FIGURES = ("ns", "p50", "p99", "p999")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def compile_program(name: str, folder: Path) -> Path:
    import lumina

    compiler = os.environ.get("CXX", "g++").split()
    if shutil.which(compiler[0]) is None:
        sys.exit(f"bench/peers/core.py needs a C++ compiler: there is no {compiler[0]}")
    program = folder / name
    if program.exists():
        return program
    source = HERE / f"{name}.cpp"
    subprocess.run([*compiler, "-std=c++20", "-O3", "-I", lumina.get_include(), source, "-o", program], check=True)
    return program


def make_stream(name: str, messages: int, folder: Path) -> Path:
    script, *sizes = STREAMS[name][2]
    say(f"making a stream of {messages} messages for {name}")
    path = folder / f"{name}.stream"
    subprocess.run([sys.executable, HERE / script, path, "--messages", str(messages), *sizes], check=True)
    return path


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """A case of the JSON answer from the runs of the program."""
    ours, peer = (statistics.median(run[name]["ns"] for run in runs) for name in ("batch", "std"))
    return {"lumina": ours, "peer": peer, "unit": UNIT, "ratio": peer / ours}


def table_of(case: str, runs: list[dict[str, Any]]) -> list[str]:
    lines = []
    for key, name in CONTENDERS.items():
        medians = [statistics.median(run[key][figure] for run in runs) for figure in FIGURES]
        spread = [run[key]["ns"] for run in runs]
        lines.append(
            f"{case:<23}{name:<24}{medians[0]:>8.1f}{min(spread):>8.1f}{max(spread):>8.1f}"
            + "".join(f"{value:>8.0f}" for value in medians[1:])
        )
    batch, single = ([run[key]["p99"] for run in runs] for key in ("batch", "single"))
    tail = statistics.median(batch) / statistics.median(single)
    lines.append(f"{case:<23}{'ratio':<24}{summarise(runs)['ratio']:>7.1f}x   p99 of batches {tail:.2f} of one by one")
    return lines


def measure(options: argparse.Namespace) -> tuple[dict[str, Any], list[str], list[str]]:
    cases: dict[str, Any] = {}
    table, facts = [], []
    chosen = options.case or [*STREAMS, *ring.CASES, *blocks.CASES, *indicators.CASES]
    series = [each for each in chosen if each in indicators.CASES]
    if series:
        indicators.check_packages()
    rings = [each for each in chosen if each in ring.CASES]
    if rings:
        ring.check_packages()
    small = [each for each in chosen if each in blocks.CASES]
    blocks.check_packages(small)
    with tempfile.TemporaryDirectory(prefix="lumina-bench-") as temporary:
        folder = Path(temporary)
        for stream in (each for each in chosen if each in STREAMS):
            case, name, _ = STREAMS[stream]
            program = compile_program(name, folder)
            path = options.stream.get(stream) or make_stream(stream, options.messages, folder)
            say(f"{case}: {options.runs} runs")
            answer = subprocess.run([program, path, str(options.runs)], stdout=subprocess.PIPE, text=True)
            if answer.returncode != 0:
                sys.exit(f"{case}: the program ended with {answer.returncode}")
            runs = [json.loads(line) for line in answer.stdout.splitlines()]
            cases[case] = summarise(runs)
            table += table_of(case, runs)
            first = runs[0]
            trades = f", {first['trades']} trades equal" if "trades" in first else ""
            facts.append(
                f"{case}: final books equal, {first['live']} orders in {first['books']} books, "
                f"{first['messages']} messages timed{trades}"
            )
        if rings:
            program = compile_program(ring.PROGRAM, folder)
            results, lines = ring.measure(program, rings, options.ring_messages, options.runs)
            cases |= results
            facts += ["", *lines]
        if small:
            names = dict.fromkeys(blocks.CASES[each] for each in small)
            programs = {name: compile_program(name, folder) for name in names}
            results, lines = blocks.measure(programs, small, options.ring_messages, options.runs)
            cases |= results
            facts += ["", *lines]
    if series:
        results, lines = indicators.measure(series, options.runs)
        cases |= results
        facts += ["", *lines]
    return cases, table, facts


def stream_argument(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if name not in STREAMS or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not {' or '.join(f'{known}=FILE' for known in STREAMS)}")
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"{path}: no such file")
    return name, Path(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = " or ".join(f"{name}=FILE" for name in STREAMS)
    parser.add_argument("--stream", action="append", type=stream_argument, default=[], help=names)
    parser.add_argument("--messages", type=int, default=400_000, help="of a stream that is made")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each, alternating")
    parser.add_argument("--ring-messages", type=int, default=4_000_000, help="through each ring, pool and snapshot")
    cases = [*STREAMS, *ring.CASES, *blocks.CASES, *indicators.CASES]
    parser.add_argument("--case", action="append", choices=cases, help="only this case; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error(f"--runs {options.runs} is below 1")
    if options.messages < 1:
        parser.error(f"--messages {options.messages} is below 1")
    if options.ring_messages < 1000:
        parser.error(f"--ring-messages {options.ring_messages} is below 1000")
    options.stream = dict(options.stream)
    if importlib.util.find_spec("lumina") is None:
        sys.exit("bench/peers/core.py needs the package lumina: pip install .")
    results, table, facts = measure(options)
    if options.json:
        print(json.dumps({"cases": results}))
        return
    if not table:
        print("\n".join(facts[1:]))
        return
    print(f"{'case':<23}{'book':<24}{'median':>8}{'min':>8}{'max':>8}{'p50':>8}{'p99':>8}{'p99.9':>8}   {UNIT}")
    print("\n".join([*table, "", *facts]))


if __name__ == "__main__":
    main()
