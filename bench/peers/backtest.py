"""Lumina and hftbacktest on the same tapes, L2 and L3, in alternation.

    python bench/peers/backtest.py [--l2-tape TAPE.npy] [--l3-tape TAPE.npy] [--runs 5] [--json]

Two cases a level. `l2_replay`, `l3_replay`: no strategy, the exchange's and the strategy's view both replayed.
`l2_market_maker`, `l3_market_maker`: five post-only levels a side, looked at every 100 ms, entry and response latency
of 5 ms each, queues by the power3 model on L2, exact on L3; the peer's strategy is compiled by numba, Lumina's by the
C++ compiler behind the C ABI, and both make the same decisions. Rows are those of the peer's format, where an
execution of a single order is three.

The two run as child processes that answer in turn, so that both meet the same machine. Neither's compilation, loading
or first touch of the tape is timed; Lumina's time includes its order log, equity samples and result. Both must end with
the same book; their fills differ where the peer's known defects do (it fills a whole order on a one-lot print), so
requests and fills must agree within bounds, which are printed.
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

HERE = Path(__file__).resolve().parent
CASES = ("l2_replay", "l2_market_maker", "l3_replay", "l3_market_maker")
# Tick and lot of the tapes that are made, and the script that makes them.
MADE = {"l2": ("0.1", "0.001", "make_tape.py"), "l3": ("0.25", "1", "make_orders_tape.py")}
UNIT = "Mrows/s"
# Both engines take the same decisions until a fill differs; from there on only statistics can be compared.
MAX_REQUEST_GAP = 0.10
MAX_FILL_GAP = 0.25


class Contender:
    """One engine in a process of its own, which answers a case with seconds and what it did."""

    def __init__(self, script: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.name = self.read()["ready"]

    def read(self) -> Any:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{' '.join(self.process.args)} ended with {self.process.wait()}")
        return json.loads(line)

    def run(self, case: str) -> Any:
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def need(package: str, extra: str) -> None:
    if importlib.util.find_spec(package) is None:
        sys.exit(f"bench/peers/backtest.py needs the package {package}: pip install {extra}")


def prepare(level: str, options: argparse.Namespace, folder: Path) -> tuple[list[Contender], int]:
    """Both engines with their tapes, and the number of rows of the peer's tape."""
    import numpy as np

    import lumina

    tick_size, lot_size, script = MADE[level]
    source = getattr(options, f"{level}_tape")
    if source is None:
        source = folder / f"{level}.npy"
        say(f"making a synthetic {level} tape of {options.rows} rows")
        make = HERE.parents[1] / "examples" / script
        subprocess.run(
            [sys.executable, make, source, "--rows", str(options.rows)], check=True, stdout=subprocess.DEVNULL
        )
    else:
        tick_size = getattr(options, f"{level}_tick_size")
        lot_size = getattr(options, f"{level}_lot_size")
    rows = np.load(source, mmap_mode="r")
    if level == "l3" and rows["exch_ts"][-1] != rows["exch_ts"][0]:
        # the last event may be cut between a fill and what the fill left, which each engine reads its own way
        source = folder / "l3_whole.npy"
        np.save(source, rows[: np.searchsorted(rows["exch_ts"], rows["exch_ts"][-1])])
    say("importing it")
    tape = folder / f"{level}.lumina"
    loaded = lumina.load(source, format="hftbacktest", tick_size=tick_size, lot_size=lot_size)
    loaded.save(tape)
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        sys.exit(f"bench/peers/backtest.py needs a C++ compiler: there is no {compiler}")
    library = folder / "grid_mm.so"
    command = [compiler, "-std=c++20", "-O3", "-shared", "-fPIC", "-I", lumina.get_include()]
    subprocess.run([*command, str(HERE / "grid_mm.cpp"), "-o", str(library)], check=True)
    say("warming both up")
    contenders = [
        Contender("backtest_lumina.py", tape, library),
        Contender("backtest_hftbacktest.py", source, tick_size, lot_size, level),
    ]
    return contenders, len(np.load(source, mmap_mode="r"))


def gap(ours: int, theirs: int) -> float:
    """Relative difference of two counts; 0 where both are 0."""
    return abs(ours - theirs) / max(ours, theirs, 1)


def check_same_work(case: str, lumina: dict[str, Any], peer: dict[str, Any]) -> list[str]:
    """Facts about the work that both did; ends the program where it was not the same."""
    facts = [f"{case}: final book equal, {len(peer['bids'])} bid and {len(peer['asks'])} ask levels"]
    for side in ("bids", "asks"):
        ours, ticks = lumina[side], peer.get("ticks", {}).get(side)
        if ticks is not None:  # what the peer's book has no room for it cannot tell
            ours = [level for level in ours if abs(level[0] - ours[0][0]) < ticks]
        if ours != peer[side]:
            sys.exit(f"{case}: the final {side} differ: lumina {ours[:5]}..., peer {peer[side][:5]}...")
    if case.endswith("replay"):
        return facts
    bounds = {"steps": 0.0, "submits": MAX_REQUEST_GAP, "cancels": MAX_REQUEST_GAP}
    # on L3 a hit takes what it has left of our order, and all of it at the peer: the orders that were hit compare
    fills = ("filled_orders",) if case.startswith("l3") else ("bought_lots", "sold_lots")
    bounds |= dict.fromkeys(fills, MAX_FILL_GAP)
    for name, bound in bounds.items():
        difference = gap(lumina[name], peer[name])
        if name in fills:  # two samples, which may be small
            bound = max(bound, 3 / max(lumina[name], peer[name], 1) ** 0.5)
        facts.append(f"{case}: {name} lumina {lumina[name]}, peer {peer[name]}, gap {difference:.1%} of {bound:.0%}")
        if difference > bound:
            sys.exit(f"not the same work: {facts[-1]}")
    return facts


def close(contenders: list[Contender]) -> None:
    for contender in contenders:
        contender.close()


def measure(options: argparse.Namespace) -> tuple[dict[str, Any], list[str], list[str]]:
    cases: dict[str, Any] = {}
    table, facts = [], []
    with tempfile.TemporaryDirectory(prefix="lumina-bench-") as name:
        contenders: list[Contender] = []
        level = ""
        for case in sorted(options.case or CASES, key=CASES.index):
            if case[:2] != level:
                close(contenders)
                level = case[:2]
                contenders, rows = prepare(level, options, Path(name))
            speeds: list[list[float]] = [[], []]
            for run in range(options.runs + 1):
                answers = [contender.run(case) for contender in contenders]
                if run == 0:  # both have touched everything now
                    facts += check_same_work(case, answers[0]["work"], answers[1]["work"])
                    continue
                say(f"{case} {run}/{options.runs}")
                for index, answer in enumerate(answers):
                    speeds[index].append(rows / answer["seconds"] / 1e6)
            ours, theirs = (statistics.median(values) for values in speeds)
            cases[case] = {"lumina": ours, "peer": theirs, "unit": UNIT, "ratio": ours / theirs}
            for contender, values in zip(contenders, speeds, strict=True):
                table.append(
                    f"{case:<18}{contender.name:<14}{statistics.median(values):>9.1f}"
                    f"{min(values):>9.1f}{max(values):>9.1f}"
                )
            table.append(f"{case:<18}{'ratio':<14}{ours / theirs:>8.1f}x")
        close(contenders)
    return cases, table, facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for level, (tick_size, lot_size, _) in MADE.items():
        name = level.upper()
        parser.add_argument(
            f"--{level}-tape", type=Path, help=f"{name} tape in hftbacktest's rows, .npy; without it one is made"
        )
        parser.add_argument(f"--{level}-tick-size", default=tick_size, help=f"of the {name} tape, quote currency")
        parser.add_argument(f"--{level}-lot-size", default=lot_size, help=f"of the {name} tape, base units")
    parser.add_argument("--rows", type=int, default=2_000_000, help="of a tape that is made")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each case and engine, alternating")
    parser.add_argument("--case", action="append", choices=CASES, help="only this case; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error(f"--runs {options.runs} is below 1")
    for level in MADE:
        tape = getattr(options, f"{level}_tape")
        if tape is not None and not tape.is_file():
            parser.error(f"--{level}-tape {tape}: no such file")
    need("lumina", ".")
    need("hftbacktest", "'.[peers]'")
    cases, table, facts = measure(options)
    if options.json:
        print(json.dumps({"cases": cases}))
        return
    print(f"{'case':<18}{'engine':<14}{'median':>9}{'min':>9}{'max':>9}   {UNIT}, {options.runs} alternating runs")
    print("\n".join([*table, "", *facts]))


if __name__ == "__main__":
    main()
