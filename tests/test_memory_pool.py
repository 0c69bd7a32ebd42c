"""The pool of records: by hand, and operation by operation against a dict of the live ones."""

import gc

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

import lumina

QUOTE = np.dtype([("price", "f8"), ("lots", "i4"), ("note", "S3")])
CAPACITY = 5


class PoolMachine(RuleBasedStateMachine):
    """The reference: what each live handle's record holds, and all handles that ended."""

    handles = Bundle("handles")
    ended = Bundle("ended")

    def __init__(self):
        super().__init__()
        self.pool = lumina.MemoryPool(QUOTE, CAPACITY)
        self.live = {}
        self.given = set()

    @rule(target=handles)
    def acquire(self):
        if len(self.live) == CAPACITY:
            with pytest.raises(MemoryError, match=f"all {CAPACITY} records of the pool are taken"):
                self.pool.acquire()
            return 0
        handle = self.pool.acquire()
        assert handle not in self.given and handle > 0
        self.given.add(handle)
        self.live[handle] = self.pool.view(handle).item()
        return handle

    @rule(handle=handles, price=st.floats(allow_nan=False), lots=st.integers(-5, 5), note=st.binary(max_size=3))
    def write(self, handle, price, lots, note):
        if handle in self.live:
            view = self.pool.view(handle)
            view["price"], view["lots"], view["note"] = price, lots, note
            self.live[handle] = (price, lots, note.rstrip(b"\0"))

    @rule(target=ended, handle=consumes(handles))
    def release(self, handle):
        if handle in self.live:
            self.pool.release(handle)
            del self.live[handle]
        return handle

    @rule(handle=ended)
    def use_after_release(self, handle):
        assert handle not in self.pool
        for call in (self.pool.release, self.pool.view, self.pool.row):
            with pytest.raises(ValueError, match=f"handle {handle} names no record"):
                call(handle)

    @rule(handle=st.integers(-1, 2**65))
    def any_number(self, handle):
        assert (handle in self.pool) == (handle in self.live)

    @invariant()
    def the_same(self):
        assert len(self.pool) == len(self.live)
        records = self.pool.records
        rows = {self.pool.row(handle) for handle in self.live}
        assert len(rows) == len(self.live)
        for handle, want in self.live.items():
            assert handle in self.pool
            assert self.pool.view(handle).item() == records[self.pool.row(handle)].item() == want


TestPool = PoolMachine.TestCase


def test_a_pool_by_hand():
    pool = lumina.MemoryPool([("price", "f8"), ("lots", "i4")], 2)
    first, second = pool.acquire(), pool.acquire()
    pool.view(first)["price"] = 1.5
    pool.records["lots"][pool.row(second)] = 7
    assert pool.view(first).item() == (1.5, 0) and pool.view(second).item() == (0.0, 7)
    assert (len(pool), pool.capacity, pool.dtype.names) == (2, 2, ("price", "lots"))
    assert len(memoryview(pool)) == 2 * pool.dtype.itemsize
    pool.release(first)
    third = pool.acquire()  # the same record, as it was left
    assert pool.row(third) == 0 and third != first and pool.view(third)["price"] == 1.5
    assert first not in pool and third in pool
    with pytest.raises(ValueError, match=f"handle {first} names no record: it was released, or is of another pool"):
        pool.release(first)


def test_a_view_keeps_the_memory():
    pool = lumina.MemoryPool(QUOTE, 100_000)
    view, records = pool.view(pool.acquire()), pool.records
    view["lots"] = 3
    del pool
    gc.collect()
    assert records["lots"][0] == 3
    records["lots"][-1] = 4
    assert view["lots"] == 3


def test_large_ones_are_on_huge_pages_where_there_are_some():
    pool = lumina.MemoryPool(QUOTE, 1_000_000)
    pool.records[:] = 0
    assert 0 <= pool.huge_page_bytes <= 1_000_000 * QUOTE.itemsize
    assert lumina.MemoryPool(QUOTE, 1).huge_page_bytes in range(QUOTE.itemsize + 1)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: lumina.MemoryPool("f8", 2), TypeError, "dtype float64 has no fields: a pool holds records"),
        (lambda: lumina.MemoryPool([("x", "O")], 2), TypeError, "holds Python objects, which cannot stand in a pool"),
        (lambda: lumina.MemoryPool([("x", "S2000000")], 2), ValueError, "has 2000000 bytes, which is not in"),
        (lambda: lumina.MemoryPool(QUOTE, 0), ValueError, r"capacity 0 is not in \[1, 2147483648\]"),
        (lambda: lumina.MemoryPool(QUOTE, 2**31 + 1), ValueError, "capacity 2147483649 is not in"),
        (lambda: lumina.MemoryPool(QUOTE, 1.5), ValueError, "capacity = 1.5: must be a whole number"),
        (lambda: lumina.MemoryPool([("x", "S1000000")], 2**31), ValueError, r"are not in 1 .. 2\^40 bytes"),
        (lambda: lumina.MemoryPool(QUOTE, 2).view("a"), TypeError, "'str' object cannot be interpreted as an integer"),
        (lambda: lumina.MemoryPool(QUOTE, 2).view(-1), ValueError, "handle -1 names no record"),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()
