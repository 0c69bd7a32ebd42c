"""The parameters that every market maker shares, and their conversion to the core's."""

import dataclasses
import math
from typing import Any, ClassVar, get_args, get_type_hints

from lumina._core import _strategies
from lumina.errors import ConfigError
from lumina.numeric import is_number, plain

_WAKES = ("timer", "bbo")
_INT64 = {"interval_ns", "max_position_lots"}  # the core's other integers have 32 bits


def _number(name: str, value: Any, kind: type) -> Any:
    value = plain(value)
    if not is_number(value):
        raise ConfigError(f"{name} = {value!r}: must be a number")
    if kind is float:
        return float(value)
    if not float(value).is_integer():
        raise ConfigError(f"{name} = {value!r}: must be a whole number")
    bits = 63 if name in _INT64 else 31
    if not -(2**bits) <= value < 2**bits:
        raise ConfigError(f"{name} = {value!r}: must be between -2^{bits} and 2^{bits}")
    return int(value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MarketMaker:
    """Base of the market makers: how wanted prices become orders.

    At most `levels` post-only orders a side, re-quoted on a timer and on own fills. An order keeps its place
    in the queue until its wanted price is `requote_ticks` away; while a request is in flight its order is left
    alone. Position plus everything open on a side never exceeds `max_position_lots`. Quotes are rounded to the
    nearest tick, halves away from the mid, and never reach the opposite touch. Every instrument of a run is
    quoted, each with its own inventory. One object serves many runs, at once too: each has a state of its own.

    Parameters
    ----------
    order_lots : int, default 1
        Size of each order in lots.
    order_qty : float, optional
        Size of each order in base units or contracts instead: a whole number of lots of each instrument.
    max_position_lots : int, optional
        Largest absolute position, lots. Default: ten orders.
    levels : int, default 1
        Orders a side, 1 to 16.
    level_spacing_ticks : int, default 1
        Distance between the levels of a side, ticks.
    requote_ticks : int, default 1
        An order is moved when its wanted price is this far away, ticks.
    min_edge_ticks : float, optional
        Least distance of a quote from the mid, ticks. Default: none.
    max_improve_ticks : int or None, default 1
        By how much a quote may better the touch (0 joins it), ticks; None lets the model decide.
    interval_ns : int, default 100_000_000
        Time between two decisions, ns. May be 0 where `wake` is ``"bbo"``.
    wake : {"timer", "bbo"}, default "timer"
        ``"bbo"`` quotes on each change of the touch too.

    Raises
    ------
    ConfigError
        A parameter is out of its bounds; the text names parameter, value and bound.
    """

    order_lots: int = 1
    order_qty: float | None = None
    max_position_lots: int | None = None
    levels: int = 1
    level_spacing_ticks: int = 1
    requote_ticks: int = 1
    min_edge_ticks: float | None = None
    max_improve_ticks: int | None = 1
    interval_ns: int = 100_000_000
    wake: str = "timer"

    _core_type: ClassVar[type]
    _choices: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            choices = {"wake": _WAKES, **self._choices}.get(field.name)
            if choices is not None:
                if value not in choices:
                    raise ConfigError(f"{field.name} = {value!r}: must be one of {', '.join(choices)}")
                continue
            kinds = get_args(hints[field.name]) or (hints[field.name],)
            if value is None and type(None) in kinds:
                continue
            object.__setattr__(self, field.name, _number(field.name, value, kinds[0]))
        for name in ("order_qty", "max_position_lots"):
            value = getattr(self, name)
            if value is not None and not value > 0:  # 0 is the core's word for the default
                raise ConfigError(f"{name} = {value!r}: must be greater than 0")
        if self.max_improve_ticks is not None and self.max_improve_ticks < 0:
            raise ConfigError(f"max_improve_ticks = {self.max_improve_ticks}: must be at least 0")
        params = self.params
        quoter = {field.name: params.pop(field.name) for field in dataclasses.fields(MarketMaker)}
        quoter["order_qty"] = quoter["order_qty"] or 0.0
        quoter["max_position_lots"] = quoter["max_position_lots"] or 0
        quoter["wake_on_bbo"] = quoter.pop("wake") == "bbo"
        if quoter["min_edge_ticks"] is None:
            quoter["min_edge_ticks"] = -math.inf
        if quoter["max_improve_ticks"] is None:
            quoter["max_improve_ticks"] = -1
        try:
            self._core_type(params, quoter)  # checks what goes together
        except ValueError as error:
            raise ConfigError(str(error)) from None
        object.__setattr__(self, "_core_arguments", (params, quoter))

    @property
    def params(self) -> dict[str, Any]:
        """All parameters by name; ``type(self)(**params)`` is an equal strategy."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @property
    def capsule(self) -> Any:
        """PyCapsule ``"lumina.strategy.v1"`` for the engine: a strategy of its own at each access, for one run."""
        core: _strategies.Strategy = self._core_type(*self._core_arguments)  # type: ignore[attr-defined]
        return core.capsule

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.params)


def _rebuild(kind: type[MarketMaker], params: dict[str, Any]) -> MarketMaker:
    return kind(**params)
