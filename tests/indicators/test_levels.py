"""Every level of vector instructions gives the bits of the scalar reference; LUMINA_SIMD chooses among them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lumina import indicators

LEVELS = ("scalar", "avx2", "avx512")
PROGRAM = Path(__file__).with_name("all_results.py")


def run(level, *arguments):
    environment = {**os.environ, "LUMINA_SIMD": level}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)


def best_level():
    return run("", "-c", "from lumina import indicators; print(indicators.SIMD)").stdout.strip()


@pytest.fixture(scope="module")
def scalar(tmp_path_factory):
    return results("scalar", tmp_path_factory.mktemp("scalar"))


def results(level, folder):
    done = run(level, PROGRAM, folder / "results.npz")
    if "this CPU has no" in done.stderr:
        pytest.skip(f"this CPU has no {level}")
    assert done.returncode == 0, done.stderr
    with np.load(folder / "results.npz") as file:
        assert file["SIMD"] == level
        return {name: file[name] for name in file.files if name != "SIMD"}


@pytest.mark.parametrize("level", LEVELS[1:])
def test_equal_bits(level, scalar, tmp_path):
    got = results(level, tmp_path)
    assert got.keys() == scalar.keys()
    for name, want in scalar.items():
        assert got[name].dtype == want.dtype
        bits = f"u{want.dtype.itemsize}"
        numbers = ~np.isnan(want)
        np.testing.assert_array_equal(np.isnan(got[name]), ~numbers)
        np.testing.assert_array_equal(got[name].view(bits)[numbers], want.view(bits)[numbers])


def test_the_best_level_is_the_default():
    if "LUMINA_SIMD" not in os.environ:
        assert best_level() == indicators.SIMD


def test_a_level_that_is_none():
    done = run("sse9", "-c", "import lumina.indicators")
    assert done.returncode != 0
    assert "ImportError: LUMINA_SIMD=sse9 is not scalar, avx2 or avx512" in done.stderr


def test_the_rest_of_the_package_does_not_mind():
    assert run("sse9", "-c", "import lumina").returncode == 0


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_that_the_cpu_lacks(level):
    best = best_level()
    done = run(level, "-c", "from lumina import indicators; print(indicators.SIMD)")
    if LEVELS.index(level) <= LEVELS.index(best):
        assert done.stdout.strip() == level
    else:
        assert f"LUMINA_SIMD={level}: this CPU has no {level}, its best level is {best}" in done.stderr
