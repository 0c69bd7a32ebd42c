"""Every hand-worked case on the reference."""
import pytest

from .engine import run
from .scenarios import ALL, run_scenario


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: f"test_{s.name}")
def test_scenario(scenario):
    run_scenario(scenario, run)
