"""What a backtest leaves behind."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lumina.data.instrument import Instrument


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A finished (or interrupted) run. All money is int64 in 1e-9 of the settlement currency, 1e-12 of the coin for
    inverse contracts; costs are positive in the arrays and negative in reports.

    Attributes
    ----------
    fills : ndarray, one row a fill
        `price_ticks`, `qty_lots`, `side`, `maker`, `cause` (taker, at, through, cross, shift), `queue_ahead_lots`
        just before, the accounts' changes and the position after; times are exchange (`ts_ns`) and strategy clock.
    orders : ndarray, one row an order, by id
        Its times from decision to close, queue ahead and displayed quantity at acceptance, state and reason.
    order_events : ndarray
        Every request and report in the order in which it happened.
    equity : ndarray
        Accounts on a grid of exchange time, one row a time and instrument; the last is the end of the data.
    markout_mid2 : ndarray of int64, shape (fills, horizons)
        Bid + ask in ticks at fill time + horizon; `lumina.NO_MID` where the data ended before or there was no mid yet.
    markouts_ns : tuple of int
    digest : str
        BLAKE2b-128, hex, over the bytes of `order_events` then `fills` (little-endian, in the layout of
        `lumina/types.hpp`). Equal digests: every decision, order event and fill was equal. Promised for one build
        at one SIMD level (SEMANTICS A3).
    events : int
        Tape rows replayed.
    wall_s : float
        Wall time of the replay, s.
    instruments : tuple of Instrument
    final : list of dict, one an instrument
        `position_lots`, `mid2_ticks`, `liquidation_units` (value change if closed at the touch; None without one),
        `shift_ticks`, `open_orders_cancelled`, and the touch that each view ended with.
    interrupted : bool
        Ctrl-C, or a failure, stopped the run before the data ended.
    failure : str
        Why the run could not go on, with the remedy; empty where it could.
    options : dict
        What the run was told.
    provenance : list of dict
        Of each tape, with its clock repair.
    """

    fills: NDArray[np.void]
    orders: NDArray[np.void]
    order_events: NDArray[np.void]
    equity: NDArray[np.void]
    markout_mid2: NDArray[np.int64]
    markouts_ns: tuple[int, ...]
    digest: str
    events: int
    wall_s: float
    instruments: tuple[Instrument, ...]
    final: list[dict[str, Any]]
    interrupted: bool
    failure: str
    options: dict[str, Any]
    provenance: list[dict[str, Any]]

    def summary(self) -> dict[str, Any]:
        """The run in numbers that a trader reads: P&L and its parts, fills, queues, markouts, latency."""
        from lumina.report.summary import summarise

        return summarise(self)

    def to_pandas(self, table: str = "fills", *, raw: bool = False) -> Any:
        """A table of the run as a pandas.DataFrame.

        Parameters
        ----------
        table : {"fills", "orders", "order_events", "equity"}
        raw : bool
            Ticks, lots, ns, money units and codes instead of the market's units, UTC times and names.

        Raises
        ------
        ConfigError
            There is no such table.
        LuminaError
            The library is not installed.
        """
        from lumina.report import frames

        return frames.to_pandas(self, table, raw)

    def to_polars(self, table: str = "fills", *, raw: bool = False) -> Any:
        """A table of the run as a polars.DataFrame; see `to_pandas`."""
        from lumina.report import frames

        return frames.to_polars(self, table, raw)

    def to_arrow(self, table: str = "fills", *, raw: bool = False) -> Any:
        """A table of the run as a pyarrow.Table; see `to_pandas`."""
        from lumina.report import frames

        return frames.to_arrow(self, table, raw)

    def __eq__(self, other: object) -> bool:
        """Whether both runs decided, ordered and filled alike: equal digests."""
        return self.digest == other.digest if isinstance(other, Result) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def _facts(self) -> dict[str, str]:
        from lumina.report.tables import facts

        return facts(self.summary())

    def __repr__(self) -> str:
        facts = self._facts()
        state = " interrupted" if self.interrupted else ""
        return f"<Result{state}: " + ", ".join(f"{name} {value}" for name, value in facts.items()) + ">"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:right'>{escape(value)}</td></tr>"
            for name, value in self._facts().items()
        )
        return f"<table>{rows}</table>"


def digest(order_events: NDArray[np.void], fills: NDArray[np.void]) -> str:
    """BLAKE2b-128 over the bytes of the order log, then of the fills."""
    state = hashlib.blake2b(digest_size=16)
    state.update(np.ascontiguousarray(order_events).view(np.uint8).data)
    state.update(np.ascontiguousarray(fills).view(np.uint8).data)
    return state.hexdigest()
