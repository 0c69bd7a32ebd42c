"""The cases of core.py that time small blocks: the pool (`pool_bench.cpp`) and snapshots (`snapshot_bench.cpp`)."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

# case -> its program; the program -> what it runs on: blocks that are live, bytes of a value
CASES = {"pool_boost": "pool_bench", "pool_malloc": "pool_bench", "snapshot": "snapshot_bench"}
SIZES = {"pool_bench": [1_000, 20_000, 100_000], "snapshot_bench": [48, 160, 320]}
PAIR, STORE = "ns/pair", "ns/store"
BOOST = Path("/usr/include/boost/pool/pool.hpp")


def check_packages(cases: list[str]) -> None:
    if any(CASES[case] == "pool_bench" for case in cases) and not BOOST.is_file():
        sys.exit("the cases of the pool need Debian's libboost-dev; --case chooses others")


def ratio_of(runs: list[dict[str, float]], ours: str, peer: str) -> float:
    """The median of the runs' own ratios, for a machine drifts between them."""
    return statistics.median(run[peer] / run[ours] for run in runs)


def result(runs: list[dict[str, float]], ours: str, peer: str, unit: str) -> dict[str, Any]:
    medians = {name: statistics.median(run[name] for run in runs) for name in (ours, peer)}
    return {"lumina": medians[ours], "peer": medians[peer], "unit": unit, "ratio": ratio_of(runs, ours, peer)}


def summarise(case: str, timed: dict[int, list[dict[str, float]]]) -> dict[str, Any]:
    """Results by name; those of the pool by live blocks, and the worst of them under the case's own name."""
    if case == "snapshot":
        return {
            f"snapshot_{size}b": result(runs, "slots", "floor", STORE)
            | {"in_vain_percent": statistics.median(run["slots_in_vain"] for run in runs)}
            for size, runs in timed.items()
        }
    peer = case.removeprefix("pool_")
    sizes = {f"{case}_{size // 1000}k": result(runs, "lumina", peer, PAIR) for size, runs in timed.items()}
    return {case: min(sizes.values(), key=lambda each: each["ratio"]), **sizes}


def table_of(program: str, size: int, runs: list[dict[str, float]]) -> list[str]:
    lines = []
    pool = program == "pool_bench"
    label = f"pool, {size} live" if pool else f"snapshot, {size} bytes"
    for name in runs[0]:
        figures = [run[name] for run in runs]
        line = f"{label:<21}{name:<20}{statistics.median(figures):>9.2f}{min(figures):>9.2f}{max(figures):>9.2f}"
        if pool and name != "lumina":
            line += f"   lumina {ratio_of(runs, 'lumina', name):.2f}x"
        lines.append(line)
    return lines


def measure(programs: dict[str, Path], cases: list[str], repeats: int, runs: int) -> tuple[dict[str, Any], list[str]]:
    """Results by name, and the lines of the table."""
    timed: dict[str, dict[int, list[dict[str, float]]]] = {}
    table = [f"{'case':<21}{'contender':<20}{'median':>9}{'min':>9}{'max':>9}   {PAIR}, {STORE}; in_vain: % of reads"]
    for program, path in programs.items():
        timed[program] = {}
        for size in SIZES[program]:
            print(f"{program} {size}: {runs} runs", file=sys.stderr, flush=True)
            command = [path, str(size), str(repeats), str(runs)]
            answer = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if answer.returncode != 0:
                sys.exit(f"{program} ended with {answer.returncode}")
            timed[program][size] = [json.loads(line) for line in answer.stdout.splitlines()]
            table += table_of(program, size, timed[program][size])
    results: dict[str, Any] = {}
    for case in cases:
        results |= summarise(case, timed[CASES[case]])
    return results, table
