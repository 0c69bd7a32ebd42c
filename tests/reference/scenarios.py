"""All hand-worked cases; each names its rule of SEMANTICS and runs on any engine through `run_scenario`."""
from .scenario_kit import run_scenario
from .scenarios_fills import SCENARIOS as FILLS
from .scenarios_l3 import SCENARIOS as L3
from .scenarios_l3_takers import SCENARIOS as L3_TAKERS
from .scenarios_money import SCENARIOS as MONEY
from .scenarios_takers import SCENARIOS as TAKERS
from .scenarios_time import SCENARIOS as TIME

ALL = [*TIME, *FILLS, *TAKERS, *MONEY, *L3, *L3_TAKERS]

__all__ = ["ALL", "run_scenario"]
