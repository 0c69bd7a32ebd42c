"""The cases of core.py that time rings: `ring_bench.cpp` between two pinned threads, against Debian's queues."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAM = "ring_bench"
# header below /usr/include -> Debian package
HEADERS = {
    "readerwriterqueue/readerwriterqueue.h": "libreaderwriterqueue-dev",
    "boost/lockfree/spsc_queue.hpp": "libboost-dev",
    "atomic_queue/atomic_queue.h": "libatomic-queue-dev",
    "concurrentqueue/concurrentqueue.h": "libconcurrentqueue-dev",
    "xenium/vyukov_bounded_queue.hpp": "libxenium-dev",
}
RATE, TRIP = "Mmsg/s", "ns/round trip"
# case -> unit; the best of Lumina's own in a case is compared with each peer, and with the best of them
CASES = {
    "spsc_8b": RATE,
    "spsc_64b": RATE,
    "spsc_batch_8b": RATE,
    "spsc_batch_64b": RATE,
    "spsc_rtt_8b": TRIP,
    "spsc_rtt_56b": TRIP,
    "spsc_rtt_64b": TRIP,
    "mpmc_1p1c": RATE,
    "mpmc_1p1c_64b": RATE,
    "mpmc_batch_1p1c": RATE,
    "mpmc_batch_1p1c_64b": RATE,
    "mpmc_rtt_8b": TRIP,
}


def summarise(runs: list[dict[str, float]], unit: str) -> dict[str, Any]:
    """Medians of the runs; the ratio is the median of the runs' own ratios, for a machine drifts between them."""
    better: Callable[..., str] = max if unit == RATE else min
    names = [name for name in runs[0] if name != "floor"]
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    ours = better([name for name in names if name.startswith("lumina")], key=medians.__getitem__)
    peer = better([name for name in names if not name.startswith("lumina")], key=medians.__getitem__)
    ratios = [run[ours] / run[peer] if unit == RATE else run[peer] / run[ours] for run in runs]
    return {
        "lumina": medians[ours],
        "peer": medians[peer],
        "unit": unit,
        "ratio": statistics.median(ratios),
        "lumina_name": ours,
        "peer_name": peer,
    }


def table_of(case: str, runs: list[dict[str, float]], unit: str) -> list[str]:
    lines = []
    for name in runs[0]:
        figures = [run[name] for run in runs]
        line = f"{case:<21}{name:<20}{statistics.median(figures):>9.1f}{min(figures):>9.1f}{max(figures):>9.1f}"
        if not name.startswith("lumina"):
            for ours in (own for own in runs[0] if own.startswith("lumina")):
                ratios = [run[ours] / run[name] if unit == RATE else run[name] / run[ours] for run in runs]
                line += f"   {ours} {statistics.median(ratios):.2f}x"
        lines.append(line)
    return lines


def check_packages() -> None:
    missing = [package for header, package in HEADERS.items() if not (Path("/usr/include") / header).is_file()]
    if missing:
        sys.exit(f"the cases of rings need Debian's {' '.join(missing)}; --case chooses others")


def measure(program: Path, cases: list[str], messages: int, runs: int) -> tuple[dict[str, Any], list[str]]:
    """Results by case, and the lines of the table."""
    results: dict[str, Any] = {}
    table = [f"{'case':<21}{'queue':<20}{'median':>9}{'min':>9}{'max':>9}   times better: {RATE} or {TRIP}"]
    for case in cases:
        print(f"{case}: {runs} runs", file=sys.stderr, flush=True)
        count = messages if CASES[case] == RATE else max(messages // 10, 1000)
        answer = subprocess.run([program, case, str(count), str(runs)], stdout=subprocess.PIPE, text=True)
        if answer.returncode != 0:
            sys.exit(f"{case}: the program ended with {answer.returncode}")
        timed = [json.loads(line) for line in answer.stdout.splitlines()]
        results[case] = summarise(timed, CASES[case])
        table += table_of(case, timed, CASES[case])
    return results, table
