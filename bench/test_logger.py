"""A log message on the hot path, beside one that is formatted at once."""

import ctypes
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import lumina

MESSAGES = 8192  # half of what the ring holds: none is dropped


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = shlex.split(os.environ.get("CXX", "g++"))
    if shutil.which(compiler[0]) is None:
        pytest.skip("no C++ compiler")
    path = tmp_path_factory.mktemp("bench") / "hot_log.so"
    source = Path(__file__).parent / "hot_log.cpp"
    flags = ["-std=c++20", "-O3", "-fPIC", "-shared", "-I", lumina.get_include()]
    subprocess.run([*compiler, *flags, source, "-o", path], check=True)
    loaded = ctypes.CDLL(str(path))
    for name in ("log_messages", "format_messages"):
        getattr(loaded, name).argtypes, getattr(loaded, name).restype = [ctypes.c_long], ctypes.c_long
    loaded.log_begin.restype = loaded.log_end.restype = None
    loaded.log_begin()
    yield loaded
    loaded.log_end()


@pytest.mark.parametrize("name", ["log_messages", "format_messages"])
def test_message(benchmark, library, name):
    done = benchmark.pedantic(getattr(library, name), (MESSAGES,), setup=library.log_begin, rounds=100)
    assert done == MESSAGES or name == "format_messages"
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_message"] = benchmark.stats["median"] / MESSAGES * 1e9
