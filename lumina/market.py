"""The embedded market: a synthetic market that reacts, to trade in without any data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina._core._market import MarketSpec, Recording, default_parameters
from lumina.data.instrument import Instrument
from lumina.errors import ConfigError, argument
from lumina.numeric import real, whole

if TYPE_CHECKING:
    from lumina.data.tape import Tape

DEFAULT_START = "2025-01-02T14:30:00Z"
_STEPS = 200_000  # events between two looks at progress and Ctrl-C

# Name to the closed interval of its values. What is not here is a rate or a factor, from 0 to a million.
_BOUNDS: dict[str, tuple[float, float]] = {
    "session_s": (60, 86_400),
    "activity_sd": (0, 2),
    "activity_tau_s": (1, 1e6),
    "edge_tau_s": (1, 1e6),
    "limit_rate": (1e-6, 1e3),
    "cancel_rate": (0, 1e3),
    "inside_factor": (1e-6, 1e3),
    "limit_skew": (0, 5),
    "cancel_skew": (0, 5),
    "max_skew": (0, 20),
    "market_rate": (1e-6, 1e3),
    "spread_damping": (0, 10),
    "excitation_decay": (1e-3, 1e3),
    "metaorder_share": (0, 1),
    "metaorder_tail": (0.1, 100),
    "sign_skew": (0, 100),
    "size_tail": (0.1, 100),
    "cut_share": (0, 1),
    "max_lots": (1, 100_000),
    "value_volatility": (0, 100),
    "value_impact": (0, 100),
    "value_exponent": (0, 1),
    "value_lots": (0.1, 1e6),
    "value_memory": (0, 1),
    "memory_decay": (0, 1),
    "start_price": (1_000, 100_000_000),
    "start_levels": (1, 500),
    "start_lots": (1, 10_000),
    "start_step": (0, 1_000),
    "fresh_lots": (1, 10_000),
    "fresh_distance": (1, 500),
}


class EmbeddedMarket:
    """A market of one instrument that lives by itself and reacts to whoever trades in it.

    Orders of others come from a seeded order flow over a price-time matching engine: limit orders and cancellations
    that depend on the queues and on a fair value, market orders that excite each other and come from long metaorders,
    activity that changes over the day (docs/embedded-market.md has the model and how real it is). Usable wherever a
    tape is: `lumina.backtest(EmbeddedMarket(seed=1), strategy)`. Orders of the strategy stand in the same queues as
    everybody's; impact, queues and adverse selection are not assumed, they happen. One object serves many runs: each
    begins anew.

    Parameters
    ----------
    seed : int
        In [0, 2^64). The same seed, hours and parameters are the same market, until somebody trades in it.
    hours : float
        How much of the session is simulated from its open, h; at most `session_s` (6.5 h).
    instrument : Instrument, optional
        Contract terms. Default: a stock with ticks of 0.01 USD, lots of 100 shares, a maker rebate of 0.2 and a taker
        fee of 0.3 cents a share at the first price.
    start : str
        The open, ISO 8601; UTC where no zone is given.
    feed_latency_ns : int
        From the exchange to whoever listens, ns, in [0, 2^32); the model of `lumina.Latency` comes on top.
    **parameters
        Of the order flow, by name: `EmbeddedMarket.defaults()` lists all with their values,
        `lumina/market/parameters.hpp` explains them. Several values are a sequence.

    Raises
    ------
    ConfigError
        Naming parameter, value and bound.
    """

    def __init__(
        self,
        seed: int = 1,
        hours: float = 1.0,
        *,
        instrument: Instrument | None = None,
        start: str = DEFAULT_START,
        feed_latency_ns: int = 100_000,
        **parameters: Any,
    ) -> None:
        self._seed = whole(argument("seed"), seed, 0, 2**64 - 1)
        values = default_parameters()
        for name, value in parameters.items():
            if name not in values:
                known = ", ".join(values)
                raise ConfigError(f"{name} = {value!r}: no parameter of the embedded market; it has {known}")
            values[name] = _value(name, value, values[name])
        if sum(values["excitation"]) >= 1:
            raise ConfigError(f"excitation = {values['excitation']}: must sum to less than 1")
        self._hours = real(argument("hours"), hours, 1 / 3600, values["session_s"] / 3600)
        self._start_ns = _instant(start)
        latency = whole("feed_latency_ns", feed_latency_ns, 0, 2**32 - 1)
        if instrument is not None and not isinstance(instrument, Instrument):
            raise ConfigError(f"instrument = {instrument!r}: must be a lumina.Instrument")
        self._instrument = instrument or Instrument(
            "EMBEDDED", "0.01", 100, settlement="USD", maker_fee="-0.00002", taker_fee="0.00003"
        )
        self._changed = {name: values[name] for name in parameters}
        self._spec = MarketSpec(self._seed, self._start_ns, round(self._hours * 3600e9), latency, values)
        self._feed_latency_ns = latency

    @staticmethod
    def defaults() -> dict[str, Any]:
        """Every parameter of the order flow with its default."""
        return default_parameters()

    @property
    def seed(self) -> int:
        """The seed."""
        return self._seed

    @property
    def hours(self) -> float:
        """Simulated hours from the open."""
        return self._hours

    @property
    def instrument(self) -> Instrument:
        """The contract terms."""
        return self._instrument

    @property
    def start_ns(self) -> int:
        """The open, ns since the epoch."""
        return self._start_ns

    @property
    def length_ns(self) -> int:
        """Simulated time, ns."""
        return round(self._hours * 3600e9)

    @property
    def feed_latency_ns(self) -> int:
        """From the exchange to whoever listens, ns."""
        return self._feed_latency_ns

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter of the order flow, as it is used."""
        return self._spec.parameters

    @property
    def provenance(self) -> dict[str, Any]:
        """What makes this market, as JSON values."""
        changed = {name: list(value) if isinstance(value, tuple) else value for name, value in self._changed.items()}
        return {
            "source": "embedded market", "seed": self._seed, "hours": self._hours, "start": self._start_text(),
            "feed_latency_ns": self._feed_latency_ns, "parameters": changed,
        }  # fmt: skip

    @property
    def spec(self) -> MarketSpec:
        """What the core is given."""
        return self._spec

    def with_instrument(self, instrument: Instrument) -> EmbeddedMarket:
        """The same market under other contract terms."""
        return self._again(instrument=instrument)

    def with_seed(self, seed: int) -> EmbeddedMarket:
        """The same market with another seed: another day of it."""
        return self._again(seed=seed)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self._arguments(),)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same market under the same terms."""
        return self._arguments() == other._arguments() if isinstance(other, EmbeddedMarket) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._seed, self._hours, self._start_ns))

    def _start_text(self) -> str:
        return datetime.fromtimestamp(self._start_ns // 10**9, UTC).isoformat()

    def _arguments(self) -> dict[str, Any]:
        return {
            "seed": self._seed, "hours": self._hours, "instrument": self._instrument,
            "start": self._start_text(),
            "feed_latency_ns": self._feed_latency_ns, **self._changed,
        }  # fmt: skip

    def _again(self, **changes: Any) -> EmbeddedMarket:
        return EmbeddedMarket(**{**self._arguments(), **changes})

    def record(self, *, progress: Callable[[int, int], None] | None = None) -> Tape:
        """What the public sees of the market when nobody of ours is in it.

        Parameters
        ----------
        progress : callable, optional
            Called with (simulated, all) in ns.

        Returns
        -------
        Tape
            L3, with the venue's order ids. The book at the open is one event of adds; a status row ends the tape.
        """
        from lumina.data.tape import Tape

        recording = Recording(self._spec)
        rows, ids = [], []
        done = False
        while not done:
            done = recording.run(_STEPS)
            made, of = recording.take()
            rows.append(made)
            ids.append(of)
            if progress:
                progress(recording.elapsed_ns, self.length_ns)
        return Tape(np.concatenate(rows), self._instrument, provenance=self.provenance, order_ids=np.concatenate(ids))

    def __repr__(self) -> str:
        changed = "".join(f", {name}={value!r}" for name, value in self._changed.items())
        return f"EmbeddedMarket(seed={self._seed}, hours={self._hours:g}{changed})"


def _made(arguments: dict[str, Any]) -> EmbeddedMarket:
    return EmbeddedMarket(**arguments)


def _value(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or len(value) != len(default):
            raise ConfigError(f"{name} = {value!r}: must be {len(default)} numbers")
        return tuple(_value(name, entry, default[0]) for entry in value)
    low, high = _BOUNDS.get(name, (0, 1_000_000))
    if isinstance(default, int):
        return whole(name, value, int(low), int(high))
    return real(name, value, low, high)


def _instant(text: str) -> int:
    try:
        when = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ConfigError(f"start = {text!r}: must be an instant such as {DEFAULT_START}") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    ns = round(when.timestamp()) * 10**9
    if not 0 <= ns < 2**62:
        raise ConfigError(f"start = {text!r}: must be between 1970 and 2116")
    return ns
