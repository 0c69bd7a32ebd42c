"""Every rule of the engine's semantics, as hand-worked cases named after it, on the engine."""

import pytest
from reference import core_runner
from reference.scenarios import ALL, run_scenario


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: f"test_{s.name}")
def test_scenario(scenario):
    run_scenario(scenario, core_runner.run)
