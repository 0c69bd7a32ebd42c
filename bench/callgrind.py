"""Instructions of the hot paths, counted by callgrind: figures that a busy machine does not change.

    python bench/callgrind.py [--case NAME] ... [--count 8192] [--json]

`callgrind.cpp` runs a case COUNT and twice COUNT times; the difference, divided by COUNT, is what one operation takes,
without the program's start, its data and its warm-up. Needs a C++ compiler and valgrind, which knows no AVX-512: the
indicators run with LUMINA_SIMD=avx2 unless the environment says scalar. Counts depend on the compiler, not on the
processor.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLAGS = ["-std=c++20", "-O3", "-DNDEBUG", "-fno-math-errno", "-ffp-contract=off"]
# case -> the operation that is counted
OPERATIONS = {
    "spsc_ring": "item of 8 bytes pushed and popped",
    "spsc_ring_batch": "the same, in batches of 32",
    "spsc_latency_ring": "item pushed and popped",
    "mpmc_ring": "item pushed and popped",
    "mpmc_ring_batch": "the same, in batches of 32",
    "disruptor": "event published and consumed by one consumer",
    "disruptor_batch": "the same, in batches of 32",
    "order_book": "message of a feed: adds, cancels, executions, reductions; 20,000 live orders",
    "matching": "order, cancel or replace; 20,000 resting orders",
    "pool": "slot allocated and released",
    "risk": "order checked, all limits on, and its end heard",
    "histogram": "value recorded",
    "logger": "message with three arguments, as the writing thread sees it",
    "strategy": "Avellaneda-Stoikov, a step: quotes moved by two replaces, and their two reports",
    "backtest_replay": "row of an order-by-order tape, no strategy",
    "backtest_market_maker": "the same with a market maker that looks every 100 ms",
    "ema": "element",
    "rolling_mean": "element, window of 20",
    "rolling_std": "element, window of 20",
    "rolling_zscore": "element, window of 20",
    "rolling_max": "element, window of 20",
    "weighted_mid": "element",
}


def compile_driver(folder: Path) -> Path:
    import lumina

    compiler = os.environ.get("CXX", "g++").split()
    if shutil.which(compiler[0]) is None:
        sys.exit(f"bench/callgrind.py needs a C++ compiler: there is no {compiler[0]}")
    driver = folder / "callgrind_driver"
    subprocess.run([*compiler, *FLAGS, "-I", lumina.get_include(), HERE / "callgrind.cpp", "-o", driver], check=True)
    return driver


def total(profile: str) -> int:
    """Instructions of a callgrind profile. Raises ValueError where it does not say."""
    found = re.search(r"^(?:summary|totals): (\d+)", profile, re.MULTILINE)
    if not found:
        raise ValueError("no summary in callgrind's profile")
    return int(found[1])


def instructions(driver: Path, case: str, count: int, folder: Path) -> int:
    profile = folder / "profile"
    level = os.environ.get("LUMINA_SIMD", "avx2")
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", driver, case, str(count)],
        env={**os.environ, "LUMINA_SIMD": level},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{case}: {done.stderr.strip()}")
    return total(profile.read_text())


def measure(driver: Path, case: str, count: int, folder: Path) -> float:
    once, twice = (instructions(driver, case, n, folder) for n in (count, 2 * count))
    return (twice - once) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=sorted(OPERATIONS), help="this case only; may be repeated")
    parser.add_argument("--count", type=int, default=8192, help="operations of the smaller run, up to 16384")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    if not 1 <= arguments.count <= 16384:
        parser.error(f"--count {arguments.count} is not in 1 to 16384")
    if shutil.which("valgrind") is None:
        sys.exit("bench/callgrind.py needs valgrind: apt-get install valgrind")

    cases = arguments.case or list(OPERATIONS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        driver = compile_driver(folder)
        counts = {case: measure(driver, case, arguments.count, folder) for case in cases}
    if arguments.json:
        print(json.dumps({"unit": "instructions", "cases": {case: round(count, 2) for case, count in counts.items()}}))
        return
    print("| case | instructions | of each |\n|---|---:|---|")
    for case, count in counts.items():
        print(f"| `{case}` | {count:.1f} | {OPERATIONS[case]} |")


if __name__ == "__main__":
    main()
