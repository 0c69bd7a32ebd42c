"""ITCH 5.0 messages a second on one core: decoded, decoded into the books of all stocks, and one stock's updates.

    python bench/peers/itch.py [--messages 4000000] [--stocks 1000] [--runs 5] [--json]

The day is made by `itch_bench.cpp`, which this compiles: its head says what is in it. No Python package reads ITCH at
such a rate, so the peer is the floor: the walk over the frames that a decoder cannot do without. Passes alternate;
times are the thread's own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLOOR = "itch_walk"
CASES = {
    "itch_parse": "every field of every order message",
    "itch_book": "the same, into the order-by-order books of all stocks",
    "itch_select": "the importer: updates of one stock of them",
}
UNIT = "Mmsg/s"


def build(folder: Path) -> Path:
    """Compile the program against the installed headers."""
    import lumina

    compiler = os.environ.get("CXX", "g++").split()
    if shutil.which(compiler[0]) is None:
        sys.exit(f"bench/peers/itch.py needs a C++ compiler: there is no {compiler[0]}")
    program = folder / "itch_bench"
    flags = ["-std=c++20", "-O3", "-DNDEBUG", "-I", lumina.get_include()]
    subprocess.run([*compiler, *flags, str(HERE / "itch_bench.cpp"), "-o", str(program)], check=True)
    return program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=4_000_000)
    parser.add_argument("--stocks", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [build(Path(folder)), *(str(n) for n in (options.messages, options.stocks, options.runs))]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    rates = {case: [1e3 / run[case] for run in runs] for case in (FLOOR, *CASES)}
    floor = statistics.median(rates[FLOOR])
    cases = {
        case: {
            "lumina": statistics.median(found),
            "peer": floor,
            "unit": UNIT,
            "ratio": statistics.median(found) / floor,
        }
        for case, found in rates.items()
        if case != FLOOR
    }
    if options.json:
        print(json.dumps({"cases": cases}))
        return
    first = runs[0]
    print(
        f"{first['messages']:,} messages of {options.stocks:,} stocks, {first['bytes']:,} bytes, {first['live']:,} "
        f"orders live at the end; {len(runs)} runs; million messages a second: median, least and greatest"
    )
    for case, what in {FLOOR: "the floor: a walk over the frames", **CASES}.items():
        found = rates[case]
        print(f"{case:12} {statistics.median(found):8.1f} {min(found):8.1f} {max(found):8.1f}  {what}")


if __name__ == "__main__":
    main()
