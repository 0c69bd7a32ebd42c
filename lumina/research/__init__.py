"""Questions about the models themselves, asked of recorded data. `python -m lumina.research` from the command line."""

from lumina.research.market_statistics import MarketStatistics, market_statistics
from lumina.research.queue_errors import MODELS, Model, QueueErrors, queue_errors

__all__ = ["MODELS", "MarketStatistics", "Model", "QueueErrors", "market_statistics", "queue_errors"]
