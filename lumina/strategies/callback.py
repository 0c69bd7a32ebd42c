"""A strategy that is a function compiled elsewhere."""

from collections.abc import Iterable
from typing import Any

from lumina._core import _abi, _strategies
from lumina.errors import ConfigError
from lumina.numeric import plain, whole


class Callback:
    """A numba ``@cfunc`` or any C function as a strategy.

    The function is ``void (*)(lumina_ctx *, const lumina_event *)`` of ``lumina/strategy/abi.h``. It is called
    without the GIL and must not raise; an error is reported through the context's ``stop``.

    Parameters
    ----------
    address : int or object
        Address of the function, or an object with an integer attribute ``address``, as numba's ``CFunc``; the
        object is kept alive.
    wake : iterable of str, optional
        What to be called for besides start, stop and timers: any of ``"level"``, ``"trade"``, ``"book"``,
        ``"bbo"``, ``"marker"`` (status, funding, gap), ``"report"`` (own reports).
    interval_ns : int, default 0
        Period of the timer with id 0, ns; 0 is none.
    user : int, default 0
        Address that the function finds as the context's ``user``. Whoever gives it keeps it alive.

    Raises
    ------
    ConfigError
        The address is not one, an interval is negative, or a wake name is unknown.

    See Also
    --------
    lumina.strategies.native : the calls that a numba function makes.
    """

    def __init__(self, address: Any, *, wake: Iterable[str] = ("report",), interval_ns: int = 0, user: int = 0) -> None:
        self._owner = address
        value = plain(getattr(address, "address", address))
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**64:
            raise ConfigError(f"address = {address!r}: must be the address of a function, greater than 0")
        interval_ns = whole("interval_ns", interval_ns, 0, 2**63 - 1)
        user = whole("user", user, 0, 2**64 - 1)
        if not isinstance(wake, Iterable):
            raise ConfigError(f"wake = {wake!r}: must be names, such as ('report', 'bbo')")
        names = {name.lower(): bit for name, bit in _abi.WAKES.items()}
        mask = 0
        for name in (wake,) if isinstance(wake, str) else wake:
            if name not in names:
                raise ConfigError(f"wake = {name!r}: must be of {', '.join(names)}")
            mask |= names[name]
        self._core = _strategies.Callback(value, mask, interval_ns, user)

    @property
    def capsule(self) -> Any:
        """PyCapsule ``"lumina.strategy.v1"`` for the engine. The function itself lives as long as this object."""
        return self._core.capsule
