"""A module of one's own reaches a Python ring's memory as a ring of its own struct, without the GIL."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULE = """
from libc.stdint cimport int64_t
from lumina._core._ring cimport SpscRing as PyRing
from lumina._core.ring cimport SpscRing

cdef struct Quote:
    double price
    int64_t lots

def total(PyRing source, PyRing target):
    cdef SpscRing[Quote]* quotes = new SpscRing[Quote](source.ring.view())
    cdef SpscRing[double]* notionals = new SpscRing[double](target.ring.view())
    cdef Quote quote
    try:
        with nogil:
            while quotes.pop(quote):
                notionals.push(quote.price * <double>quote.lots)
            notionals.close()
    finally:
        del quotes, notionals
"""

RUN = """
import lumina, numpy, quotes_module
quotes = lumina.SpscRing([("price", "f8"), ("lots", "i8")], 16)
notionals = lumina.SpscRing("f8", 16)
quotes.push_many([(1.5, 2), (2.5, 4)])
quotes.close()
quotes_module.total(quotes, notionals)
print(*notionals)
try:
    quotes_module.total(notionals, notionals)
except ValueError as error:
    print(error)
"""


def test_a_ring_of_ones_own_struct(installed: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    source, build = tmp_path / "source", tmp_path / "build"
    source.mkdir()
    meson = (ROOT / "examples" / "cython_strategy" / "meson.build").read_text()
    (source / "meson.build").write_text(meson.replace("touch_maker", "quotes_module"))
    (source / "quotes_module.pyx").write_text(MODULE)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outside = {"cwd": tmp_path, "env": {**os.environ, "PATH": path, "PYTHONPATH": f"{installed}{os.pathsep}{build}"}}
    run("meson", "setup", build, source, **outside)
    run("ninja", "-C", build, **outside)
    lines = run(sys.executable, "-c", RUN, **outside).splitlines()
    assert lines == ["3.0 10.0", "the ring's items have 8 bytes, not 16"]
