"""Reading the clock beside the kernel's, recording into a histogram, pinning: in compiled loops where there are any."""

import threading
import time

import numpy as np
import pytest

import lumina
from lumina import affinity, clock

ROWS = 1_000_000


@pytest.mark.parametrize("source", ["auto", "kernel"])
def test_clock_read(benchmark, source):
    """`extra_info` has ns a reading in a compiled loop; the timing is a call from Python."""
    made = clock.Clock(source)
    benchmark.extra_info["read_ns"] = made.granularity(ROWS)["read_ns"]
    benchmark.extra_info["source"] = made.source
    benchmark.pedantic(made.now_ns, rounds=100, iterations=1000)


def test_clock_read_python(benchmark):
    benchmark.pedantic(time.monotonic_ns, rounds=100, iterations=1000)


@pytest.mark.parametrize("interval", [0, 1000], ids=["plain", "corrected"])
def test_histogram_record(benchmark, interval):
    values = np.random.default_rng(1).lognormal(7, 1, ROWS).astype(np.int64)
    h = lumina.Histogram()
    benchmark(h.record_many, values, interval)
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_value"] = benchmark.stats["median"] / ROWS * 1e9


def test_histogram_record_numpy(benchmark):
    """The peer that Python has at hand: as many buckets by numpy, which allocates."""
    values = np.random.default_rng(1).lognormal(7, 1, ROWS).astype(np.int64)
    edges = 2.0 ** (np.arange(0, 63 * 128) / 128)
    benchmark(np.histogram, values, edges)
    if benchmark.stats is not None:
        benchmark.extra_info["ns_per_value"] = benchmark.stats["median"] / ROWS * 1e9


def test_histogram_percentiles(benchmark):
    h = lumina.Histogram()
    h.record_many(np.random.default_rng(1).lognormal(7, 1, ROWS).astype(np.int64))
    benchmark.pedantic(lambda: h.percentile(99.9), rounds=20, iterations=100)


def test_pin(benchmark):
    """In a thread of its own, whose mask ends with it."""
    core = affinity.choose_cores(1).cores[0]

    def run():
        assert affinity.pin_thread_to_core(core)
        benchmark.pedantic(lambda: affinity.pin_thread_to_core(core), rounds=20, iterations=10)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
