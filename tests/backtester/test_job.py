"""Between the configuration and the engine."""

from types import SimpleNamespace

import numpy as np
import pytest

from lumina import EVENT, Flag
from lumina.backtester import config, job


@pytest.mark.parametrize("rows", [100, 100_000])
def test_feed_latency_is_sampled_from_the_rows_that_the_strategy_sees(rows):
    events = np.zeros(rows, EVENT)
    events["flags"] = Flag.EXCH | Flag.LOCAL
    events["latency_ns"] = np.arange(rows)
    events["flags"][::2] = Flag.EXCH  # the exchange's copy of a split row
    found = job._sampled_latency(SimpleNamespace(events=events))
    assert (found % 2 == 1).all()
    assert rows // 2 - 1500 < np.median(found) < rows // 2 + 1500
    assert len(found) == min(rows, 64 * 1024) // 2


def test_the_position_limit_is_the_lesser_of_risk_and_strategy():
    def limit(*overrides):
        checked = config.check({"strategy": {"name": "glft"}}, "x", overrides)
        return job._position_limit(checked, job.make_strategy(checked))

    assert limit("strategy.order_lots=5") == 50  # ten orders are a market maker's default
    assert limit("strategy.max_position_lots=7") == 7
    assert limit("strategy.max_position_lots=7", "risk.max_position_lots=6") == 6


def test_units_of_the_configuration_become_the_engines():
    overrides = ["impact.enabled=true", "impact.volume_daily=1000", "impact.step_ms=250"]
    options = job.engine_options(config.check({}, "x", overrides))
    assert options["impact"].step_ns == 250_000_000
    assert options["impact"].taus_s[-1] == float("inf")
    assert options["latency"].entry == 1_000_000
    assert job.engine_options(config.check({}, "x"))["impact"] is None
