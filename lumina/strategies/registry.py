"""Strategies by name, for configurations."""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from lumina.errors import ConfigError
from lumina.strategies._market_maker import MarketMaker
from lumina.strategies.avellaneda_stoikov import AvellanedaStoikov
from lumina.strategies.glft import GLFT
from lumina.strategies.symmetric import Symmetric

registry: dict[str, type[MarketMaker]] = {
    "avellaneda_stoikov": AvellanedaStoikov,
    "glft": GLFT,
    "symmetric": Symmetric,
}
"""Name in a configuration -> class."""


def create(name: str, params: Mapping[str, Any] | None = None) -> MarketMaker:
    """The strategy of that name with these parameters.

    Parameters
    ----------
    name : str
        A key of `registry`.
    params : mapping, optional
        Keyword arguments of the class.

    Raises
    ------
    ConfigError
        The name or a parameter is unknown (the text has the nearest known one), or a value is out of bounds.

    Examples
    --------
    >>> from lumina.strategies import create
    >>> create("symmetric", {"half_spread_ticks": 1.5}).params["half_spread_ticks"]
    1.5
    """
    kind = registry.get(name)
    if kind is None:
        raise ConfigError(f"strategy {name!r} is not known{_nearest(name, registry)}")
    known = [field.name for field in dataclasses.fields(kind)]
    for key in params or {}:
        if key not in known:
            raise ConfigError(f"strategy {name}: parameter {key!r} is not known{_nearest(key, known)}")
    try:
        return kind(**(params or {}))
    except ConfigError as error:
        raise ConfigError(f"strategy {name}: {error}") from None


def _nearest(word: object, known: Iterable[str]) -> str:
    names = list(known)
    nearest = difflib.get_close_matches(str(word).lower(), names, n=1)
    return f"; the nearest is {nearest[0]!r}" if nearest else f"; known are {', '.join(names)}"
