"""The declarations of clock, histogram and cores are usable from a user's own Cython module."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULE = """
from libc.stdint cimport int64_t, uint64_t
from libcpp.string cimport string
from lumina._core._histogram cimport Histogram as PyHistogram
from lumina._core.affinity cimport PinReport, Topology, choose_cores, CpuSet, discover_topology, pin_thread_to_core
from lumina._core.clock cimport CLOCK_MONOTONIC, Clock, best_clock_source, clock_ns
from lumina._core.histogram cimport Histogram


def measure(int turns):
    cdef string root = b"/"
    cdef CpuSet none
    cdef Topology machine = discover_topology(root)
    cdef int core = choose_cores(machine, 1, -1, none).cores[0]
    cdef PinReport pinned = pin_thread_to_core(core)
    cdef Clock* clock = new Clock(best_clock_source(), 1000000, CLOCK_MONOTONIC)
    cdef PyHistogram out = PyHistogram()
    cdef Histogram steps
    cdef uint64_t start
    cdef int i
    with nogil:
        for i in range(turns):
            start = clock.ticks()
            steps.record(clock.elapsed_ns(start, clock.ticks()))
        out.histogram_.merge(steps)
    del clock
    return out, core, pinned.message().decode()
"""

RUN = """
import os, lumina, user_module
out, core, message = user_module.measure(1000)
assert out.count == 1000 and isinstance(out, lumina.Histogram), out
assert message == f"pinned to core {core}" and os.sched_getaffinity(0) == {core}, message
"""


def test_a_module_of_ones_own(installed: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    (tmp_path / "user_module.pyx").write_text(MODULE)
    example = (ROOT / "examples" / "cython_strategy" / "meson.build").read_text()
    (tmp_path / "meson.build").write_text(example.replace("touch_maker", "user_module"))
    build = tmp_path / "build"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outside = {"cwd": tmp_path, "env": {**os.environ, "PATH": path, "PYTHONPATH": f"{installed}{os.pathsep}{build}"}}
    run("meson", "setup", build, tmp_path, **outside)
    run("ninja", "-C", build, **outside)
    run(sys.executable, "-c", RUN, **outside)
