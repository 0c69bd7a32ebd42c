"""Market-making strategies, and what is needed to write one."""

from lumina.strategies._market_maker import MarketMaker
from lumina.strategies.avellaneda_stoikov import AvellanedaStoikov
from lumina.strategies.callback import Callback
from lumina.strategies.glft import GLFT
from lumina.strategies.registry import create, registry
from lumina.strategies.symmetric import Symmetric

__all__ = ["AvellanedaStoikov", "Callback", "GLFT", "MarketMaker", "Symmetric", "create", "registry"]
