"""A record taken from the pool and given back, beside an array that numpy makes."""

import numpy as np

import lumina

QUOTE = np.dtype([("price", "f8"), ("lots", "i8")])


def test_acquire_and_release(benchmark):
    pool = lumina.MemoryPool(QUOTE, 1000)
    benchmark.pedantic(lambda: pool.release(pool.acquire()), rounds=100, iterations=1000)
    assert len(pool) == 0


def test_acquire_write_and_release(benchmark):
    pool = lumina.MemoryPool(QUOTE, 1000)

    def run():
        handle = pool.acquire()
        pool.view(handle)["lots"] = 5
        pool.release(handle)

    benchmark.pedantic(run, rounds=100, iterations=1000)
    assert pool.records["lots"].sum() == 5


def test_numpy_allocates_and_writes(benchmark):
    def run():
        record = np.zeros(1, QUOTE)
        record[0]["lots"] = 5

    benchmark.pedantic(run, rounds=100, iterations=1000)
