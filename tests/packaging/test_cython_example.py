"""examples/cython_strategy builds against the installed package, and decides as the same logic in Python."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

RUN = """
import sys
sys.path.insert(0, {examples!r})
import lumina, numpy, make_tape, python_strategy, touch_maker

numpy.save("synthetic.npy", make_tape.make_tape(100_000))
tape = lumina.load("synthetic.npy", format="hftbacktest", tick_size="0.1", lot_size="0.001")
strategy = touch_maker.TouchMaker(order_lots=3, limit_lots=6)
latency = lumina.Latency(entry=1_000_000)
results = [
    lumina.backtest(tape, each, latency=latency)
    for each in (python_strategy.TouchMaker(order_lots=3, limit_lots=6), strategy, strategy)
]
assert len(results[0].fills) >= 50
print(*(result.digest for result in results))
"""


def test_the_cython_example_decides_as_python(installed: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    build = tmp_path / "build"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outside = {"cwd": tmp_path, "env": {**os.environ, "PATH": path, "PYTHONPATH": f"{installed}{os.pathsep}{build}"}}
    run("meson", "setup", build, ROOT / "examples" / "cython_strategy", **outside)
    run("ninja", "-C", build, **outside)
    digests = run(sys.executable, "-c", RUN.format(examples=str(ROOT / "examples")), **outside).split()
    assert len(digests) == 3
    assert len(set(digests)) == 1
