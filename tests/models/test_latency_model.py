"""Latency models: their distributions within statistical bounds (4.5 standard errors), their streams."""

import math
import statistics
import subprocess
import sys

import numpy as np
import pytest

from lumina._core._models import LatencySampler

N = 200_000
Z = 4.5


def test_constant():
    sampler = LatencySampler.from_constant(1234)
    assert sampler.constant
    assert set(sampler.sample(100)) == {1234}
    assert LatencySampler().sample(2).tolist() == [0, 0]
    assert LatencySampler.from_lognormal(500, 0.0).constant


def test_lognormal_has_its_median_and_sigma():
    median, sigma = 1_000_000, 0.7
    draws = LatencySampler.from_lognormal(median, sigma, seed=3).sample(N)
    logs = np.log(draws / median)
    below = np.count_nonzero(draws < median)
    assert abs(below - N / 2) < Z * math.sqrt(N) / 2
    assert abs(logs.mean()) < Z * sigma / math.sqrt(N)
    assert abs(logs.std() - sigma) < Z * sigma / math.sqrt(2 * N)
    # Kolmogorov: P(D > 2.2 / sqrt(N)) is 1.2e-4
    normal = statistics.NormalDist(0, sigma)
    ranks = np.array([normal.cdf(x) for x in np.sort(logs)[::50]])
    assert np.abs(ranks - np.arange(0, N, 50) / N).max() < 2.2 / math.sqrt(N)


def test_lognormal_draws_are_uncorrelated():
    logs = np.log(LatencySampler.from_lognormal(1_000_000, 0.5, seed=4).sample(N))
    logs -= logs.mean()
    for lag in (1, 2, 3, 7):
        assert abs((logs[lag:] * logs[:-lag]).mean() / logs.var()) < Z / math.sqrt(N), lag


def test_lognormal_minimum():
    draws = LatencySampler.from_lognormal(1000, 1.0, 600, seed=5).sample(N)
    assert draws.min() == 600
    at_floor = statistics.NormalDist().cdf(math.log(600.5 / 1000))
    assert abs(np.mean(draws == 600) - at_floor) < Z * math.sqrt(at_floor * (1 - at_floor) / N)
    assert abs(np.mean(draws < 1000) - 0.5) < Z / math.sqrt(4 * N) + 1e-3  # of whole ns


def test_histogram_draws_in_proportion():
    ns, counts = [100, 250, 300, 9000], [5, 0, 3, 2]
    draws = LatencySampler.from_histogram(ns, counts, seed=6).sample(N)
    for value, count in zip(ns, counts, strict=True):
        p = count / sum(counts)
        assert abs(np.mean(draws == value) - p) <= Z * math.sqrt(p * (1 - p) / N), value
    assert set(draws) == {100, 300, 9000}
    assert LatencySampler.from_histogram([7], [3]).constant


def test_same_seed_same_sequence_in_another_process():
    code = (
        "from lumina._core._models import LatencySampler as L;"
        "print(L.from_lognormal(1000000, .5, seed=7, stream=2).sample(20).tolist())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = LatencySampler.from_lognormal(1_000_000, 0.5, seed=7, stream=2).sample(20).tolist()
    assert printed.strip() == str(here)


def test_seeds_and_streams_differ():
    first = {
        tuple(LatencySampler.from_lognormal(10**6, 0.5, seed=seed, stream=stream).sample(3))
        for seed in range(20)
        for stream in range(20)
    }
    assert len(first) == 400


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LatencySampler.from_constant(-1), r"ns -1 is not in \[0, 1000000000000000\]"),
        (lambda: LatencySampler.from_constant(10**16), r"ns 1\d+ is not in"),
        (lambda: LatencySampler.from_lognormal(0, 0.5), r"median_ns 0 is not in \[1, "),
        (lambda: LatencySampler.from_lognormal(10, 0.5, 11), "min_ns 11 is above median_ns 10"),
        (lambda: LatencySampler.from_lognormal(10, math.nan), r"sigma nan is not in \[0, 10\]"),
        (lambda: LatencySampler.from_histogram([], []), "ns has 0 values and counts 0"),
        (lambda: LatencySampler.from_histogram([1, 2], [1]), "ns has 2 values and counts 1"),
        (lambda: LatencySampler.from_histogram([2, 2], [1, 1]), r"ns\[1\] 2 is not in \[3, "),
        (lambda: LatencySampler.from_histogram([1, 2], [0, 0]), "counts add up to 0"),
        (lambda: LatencySampler.from_histogram([1, 2], [2**63, 2**63]), "counts add up to more than"),
    ],
)
def test_bad_arguments_name_value_and_bound(make, message):
    with pytest.raises(ValueError, match=message):
        make()
