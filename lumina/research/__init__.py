"""Questions about the models themselves, asked of recorded data. `python -m lumina.research` from the command line."""

from lumina.research.impact import Fit, Impact, impact, power_law
from lumina.research.market_statistics import MarketStatistics, market_statistics
from lumina.research.queue_errors import MODELS, Model, QueueErrors, queue_errors

__all__ = [
    "MODELS",
    "Fit",
    "Impact",
    "MarketStatistics",
    "Model",
    "QueueErrors",
    "impact",
    "market_statistics",
    "power_law",
    "queue_errors",
]
