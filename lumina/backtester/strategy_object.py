"""What a caller gives as a strategy, a capsule, an object with one or a Python object: checked before the run."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lumina._core._engine import strategy_address
from lumina._core._python_strategy import HANDLERS, PythonStrategy
from lumina.errors import ConfigError

_running: set[int] = set()  # strategies whose state a run is using


def made(strategy: Any) -> tuple[object | None, PythonStrategy | None]:
    """(capsule for the engine, its owner where it is a Python object); (None, None) of None.

    Raises
    ------
    ConfigError
        The object is no strategy, or has a handler that would never be called.
    """
    if strategy is None:
        return None, None
    if type(strategy).__name__ == "PyCapsule":
        return _checked(strategy), None
    if isinstance(strategy, str):
        raise ConfigError(
            f"strategy = {strategy!r}: must be an object; lumina.strategies.create({strategy!r}, {{}}) makes one by "
            "name"
        )
    if isinstance(strategy, type):
        strategy = _instance(strategy)
    if hasattr(strategy, "capsule"):
        _refuse_handlers_of_compiled(strategy)
        return _checked(strategy.capsule), None
    _check_handlers(strategy)
    try:
        python = PythonStrategy(strategy)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"strategy {type(strategy).__name__}: {error}") from None
    return python.capsule, python


def _checked(capsule: object) -> object:
    try:
        strategy_address(capsule)
    except TypeError as error:
        raise ConfigError(str(error)) from None
    return capsule


@contextmanager
def alone(strategy: Any, capsule: object | None, python: PythonStrategy | None) -> Iterator[None]:
    """A strategy that keeps its state in itself serves one run at a time."""
    if capsule is None:
        yield
        return
    if python is None:
        key = strategy_address(capsule)
    else:
        key = id(python if isinstance(strategy, type) else strategy)
    if key in _running:
        raise ConfigError(
            f"this {type(strategy).__name__} is the strategy of a run that goes on, whose state it would share: give "
            "each run an object of its own"
        )
    _running.add(key)
    try:
        yield
    finally:
        _running.discard(key)


def _instance(kind: type) -> Any:
    try:
        inspect.signature(kind).bind()
    except TypeError as error:
        raise ConfigError(
            f"strategy {kind.__name__} is a class that needs arguments ({error}): pass an object, {kind.__name__}(...)"
        ) from None
    except ValueError:  # a class that does not tell its signature
        pass
    return kind()


def _handlers(strategy: Any) -> dict[str, Callable[..., Any]]:
    found = {}
    for name in dir(strategy):
        if name.startswith("on_") and callable(value := getattr(strategy, name, None)):
            found[name] = value
    return found


def _refuse_handlers_of_compiled(strategy: Any) -> None:
    for name in _handlers(strategy):
        raise ConfigError(
            f"strategy {type(strategy).__name__}: {name} would never be called, as its capsule is compiled; write a "
            "strategy of its own, or watch the run with the result's arrays"
        )


def _check_handlers(strategy: Any) -> None:
    kind = type(strategy).__name__
    handlers = _handlers(strategy)
    for name, handler in handlers.items():
        if name not in HANDLERS:
            near = difflib.get_close_matches(name, HANDLERS, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(HANDLERS)}"
            raise ConfigError(f"strategy {kind}: {name} is no handler and would never be called{hint}")
        if inspect.iscoroutinefunction(handler) or inspect.isasyncgenfunction(handler):
            raise ConfigError(f"strategy {kind}: {name} is async, which nobody awaits: write a plain function")
        if inspect.isgeneratorfunction(handler):
            raise ConfigError(f"strategy {kind}: {name} is a generator and would not run: write a plain function")
        try:
            inspect.signature(handler).bind(None, None)
        except TypeError as error:
            raise ConfigError(f"strategy {kind}: {name} is called with (ctx, event): {error}") from None
        except ValueError:  # a builtin that does not tell its signature
            pass
    if "on_timer" in handlers and not hasattr(strategy, "interval_ns") and not _mentions(strategy, "set_timer"):
        raise ConfigError(
            f"strategy {kind}: on_timer would never be called: give the class interval_ns, the period in ns, or set "
            "timers with ctx.set_timer (interval_ns = 0 says that you do)"
        )


def _mentions(strategy: Any, name: str) -> bool:
    """Whether code of the object's classes, or a function in its attributes, names `name`."""
    values = [value for kind in type(strategy).__mro__[:-1] for value in vars(kind).values()]
    values += list(getattr(strategy, "__dict__", {}).values())
    codes = [code for value in values if (code := getattr(inspect.unwrap(value), "__code__", None)) is not None]
    while codes:
        code = codes.pop()
        if name in code.co_names:
            return True
        codes += [const for const in code.co_consts if inspect.iscode(const)]
    return False
