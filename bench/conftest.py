"""The tape that the benchmarks share."""

import subprocess
import sys
from pathlib import Path

import pytest

import lumina

MAKE_TAPE = Path(__file__).resolve().parents[1] / "examples" / "make_tape.py"
ROWS = 500_000


@pytest.fixture(scope="session")
def tape(tmp_path_factory):
    """A synthetic L2 tape of about half a million rows, memory-mapped."""
    folder = tmp_path_factory.mktemp("tape")
    subprocess.run([sys.executable, MAKE_TAPE, folder / "tape.npy", "--rows", str(ROWS)], check=True)
    tape = lumina.load(folder / "tape.npy", format="hftbacktest", tick_size="0.1", lot_size="0.001")
    tape.save(folder / "tape.lumina")
    return lumina.Tape.open(folder / "tape.lumina")
