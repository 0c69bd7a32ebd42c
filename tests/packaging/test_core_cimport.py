"""A module of one's own reads a Python book's snapshots and fills a Python pool without the GIL."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULE = """
from libc.stdint cimport int64_t, uint32_t, uint64_t
from lumina._core._memory_pool cimport MemoryPool as PyPool
from lumina._core._order_book cimport OrderBook
from lumina._core.book cimport Side
from lumina._core.memory_pool cimport MemoryPool
from lumina._core.snapshot cimport BookLevel, BookTop, BookTouch


cdef struct Quote:
    double price
    int64_t lots


cdef struct Slot:
    int64_t value
    uint32_t next
    uint32_t generation


def wait_for(OrderBook book, uint64_t sequence):
    \"\"\"The second best bid, and the touch, once the book has taken so many messages; another thread writes.\"\"\"
    cdef BookTop* top = new BookTop(book.snapshots.levels())
    cdef BookTouch touch
    cdef BookLevel second
    with nogil:
        while True:
            book.snapshots.load(top[0])
            if top.sequence() >= sequence:
                break
        touch = book.snapshots.touch()
        second = top.level(Side.buy, 1)
    levels = top.levels(Side.buy), top.levels(Side.sell)
    del top
    best = touch.bid_ticks, touch.bid_lots, touch.sequence
    return (second.price_ticks, second.qty_lots, second.orders), best, levels


def fill(PyPool pool, double price):
    cdef uint64_t handle
    cdef Quote* quote
    with nogil:
        handle = pool.pool.acquire()
        quote = <Quote*>pool.pool.find(handle)
        quote.price = price
        quote.lots += 1
    return handle


def own(int n):
    cdef MemoryPool[Slot] slots
    cdef uint32_t index
    cdef int i
    slots.reserve(4)
    for i in range(n):
        index = slots.allocate()
        slots[index].value += i
        slots.release(index)
    cdef uint32_t again = slots.allocate()
    cdef MemoryPool[Slot].Tag tag = slots.tag(again)
    found = slots.find(tag) == &slots[again]
    slots.release(again)
    return slots[index].value, slots.size(), found, slots.find(tag) == NULL
"""

RUN = """
import threading, lumina, numpy, core_module
book = lumina.OrderBook(snapshots=3)
rows = numpy.zeros(1000, lumina.ORDER_MESSAGE)
rows["kind"], rows["qty_lots"] = lumina.Kind.ADD, 2
rows["order_id"] = rows["price_ticks"] = numpy.arange(1000)
thread = threading.Thread(target=book.apply, args=(rows,))
thread.start()
print(*core_module.wait_for(book, 1000))
thread.join()
pool = lumina.MemoryPool([("price", "f8"), ("lots", "i8")], 2)
handle = core_module.fill(pool, 2.5)
print(pool.view(handle), len(pool))
print(*core_module.own(4))
"""


def test_book_and_pools(installed: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    source, build = tmp_path / "source", tmp_path / "build"
    source.mkdir()
    meson = (ROOT / "examples" / "cython_strategy" / "meson.build").read_text()
    (source / "meson.build").write_text(meson.replace("touch_maker", "core_module"))
    (source / "core_module.pyx").write_text(MODULE)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outside = {"cwd": tmp_path, "env": {**os.environ, "PATH": path, "PYTHONPATH": f"{installed}{os.pathsep}{build}"}}
    run("meson", "setup", build, source, **outside)
    run("ninja", "-C", build, **outside)
    lines = run(sys.executable, "-c", RUN, **outside).splitlines()
    assert lines == ["(998, 2, 1) (999, 2, 1000) (3, 0)", "(2.5, 1) 1", "6 0 True True"]
