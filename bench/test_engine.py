"""Replay: one call of lumina.backtest, its result included."""

import pytest

import lumina
from lumina.strategies import GLFT, AvellanedaStoikov, Symmetric

LATENCY_NS = 5_000_000


def replay(benchmark, tape, strategy):
    latency = lumina.Latency(entry=LATENCY_NS, response=LATENCY_NS)
    result = benchmark(lumina.backtest, tape, strategy, latency=latency)
    if benchmark.stats is not None:  # None where pytest only tries the benchmarks
        benchmark.extra_info["ns_per_row"] = benchmark.stats["median"] / result.events * 1e9
    benchmark.extra_info["orders"] = len(result.orders)
    return result


def test_replay_without_strategy(benchmark, tape):
    assert replay(benchmark, tape, None).events == len(tape.events)


@pytest.mark.parametrize("wake", ["timer", "bbo"])
@pytest.mark.parametrize("kind", [Symmetric, AvellanedaStoikov, GLFT])
def test_market_maker(benchmark, tape, kind, wake):
    assert len(replay(benchmark, tape, kind(order_lots=10, levels=5, wake=wake)).fills) > 0
