"""The risk gate for each order: all rules on, all off, and beside a floor; and from Python."""

import ctypes
import os
import shlex
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import pytest

import lumina

ORDERS = 100_000


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = shlex.split(os.environ.get("CXX", "g++"))
    if shutil.which(compiler[0]) is None:
        pytest.skip("no C++ compiler")
    path = tmp_path_factory.mktemp("bench") / "risk_gate.so"
    source = Path(__file__).parent / "risk_gate.cpp"
    flags = ["-std=c++20", "-O3", "-fPIC", "-shared", "-I", lumina.get_include()]
    subprocess.run([*compiler, *flags, source, "-o", path], check=True)
    loaded = ctypes.CDLL(str(path))
    for name in ("gate_all_on", "gate_all_off", "plain_limits"):
        getattr(loaded, name).argtypes, getattr(loaded, name).restype = [ctypes.c_long], ctypes.c_long
    return loaded


@pytest.mark.parametrize("name", ["gate_all_on", "gate_all_off", "plain_limits"])
def test_order(benchmark, library, name):
    passed = benchmark.pedantic(getattr(library, name), (ORDERS,), rounds=50)
    assert passed == ORDERS or (name == "gate_all_on" and passed > ORDERS * 0.9)  # a few are duplicates
    if benchmark.stats is None:  # None where pytest only tries the benchmarks
        return
    ns = benchmark.stats["median"] / ORDERS * 1e9
    floor = statistics.median(seconds(library.plain_limits) for _ in range(20)) / ORDERS * 1e9
    benchmark.extra_info.update(ns_per_order=ns, floor_ns=floor, over_floor=ns / floor)


def seconds(call):
    begin = time.perf_counter()
    call(ORDERS)
    return time.perf_counter() - begin


def test_check_from_python(benchmark):
    gate = lumina.RiskGate(lumina.RiskLimits(max_order_lots=10, price_band=0.1, refuse_self_cross=True))

    def run():
        gate.check(1, "buy", 9_990, 1, now_ns=0, mid2_ticks=20_000)
        gate.on_end(1)

    benchmark.pedantic(run, rounds=100, iterations=100)
