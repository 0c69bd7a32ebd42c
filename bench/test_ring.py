"""Items through the rings from Python: one by one, in arrays, in place, and in one message to and fro."""

import threading

import numpy as np
import pytest

import lumina

ITEMS = 2048
QUOTE = np.dtype([("ts", "i8"), ("price", "f8"), ("lots", "i8")])


@pytest.mark.parametrize("ring", [lumina.SpscRing, lumina.MpmcRing])
def test_push_and_pop(benchmark, ring):
    ring = ring("i8", 64)

    def run():
        ring.push(1)
        ring.pop()

    benchmark.pedantic(run, rounds=100, iterations=1000)


@pytest.mark.parametrize("ring", [lumina.SpscRing, lumina.MpmcRing, lumina.Disruptor])
def test_arrays(benchmark, ring):
    ring = ring(QUOTE, ITEMS)
    reader = ring.consumer() if isinstance(ring, lumina.Disruptor) else ring
    items, out = np.ones(ITEMS, QUOTE), np.empty(ITEMS, QUOTE)

    def run():
        ring.push_many(items)
        return len(reader.pop_many(out=out))

    assert benchmark(run) == ITEMS
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_item"] = benchmark.stats["median"] / ITEMS * 1e9


def test_in_place(benchmark):
    ring = lumina.SpscRing(QUOTE, ITEMS)

    def run():
        slots = ring.claim(64)
        slots["lots"] = 1
        ring.publish(64)
        lots = ring.peek(64)["lots"].sum()
        ring.release(64)
        return lots

    assert benchmark(run) == 64


def test_round_trip_between_threads(benchmark):
    there, back = (lumina.SpscRing("i8", 64, wait="park") for _ in range(2))

    def echo():
        for item in there:
            back.push(item)

    thread = threading.Thread(target=echo)
    thread.start()

    def run():
        there.push(1)
        return back.pop()

    assert benchmark.pedantic(run, rounds=100, iterations=10) == 1
    there.close()
    thread.join()
