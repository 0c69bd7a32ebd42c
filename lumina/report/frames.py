"""A run's arrays as tables of other libraries: UTC times, prices, quantities and money in the market's units."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina._core._types import NO_MID
from lumina.codes import FillCause, OrderAction, OrderState
from lumina.data.kinds import Side
from lumina.errors import ConfigError, LuminaError
from lumina.matching import OrderType
from lumina.reasons import Reason

if TYPE_CHECKING:
    from lumina.backtester.result import Result
    from lumina.report.statistics import Array

TABLES = ("fills", "orders", "order_events", "equity")

_CODES: dict[str, type[IntEnum]] = {
    "side": Side, "action": OrderAction, "type": OrderType, "state": OrderState, "reason": Reason, "cause": FillCause,
}  # fmt: skip
_RESERVED = ("reserved", "reserved2")


def columns(result: Result, table: str, *, raw: bool = False) -> dict[str, Array]:
    """A table of a run, column by column.

    Parameters
    ----------
    result : Result
    table : {"fills", "orders", "order_events", "equity"}
    raw : bool
        The engine's own integers (ticks, lots, ns, money units, codes) instead of the market's units and names.

    Returns
    -------
    dict of ndarray
        ``ts_ns`` becomes ``ts`` (datetime64[ns], UTC; NaT where the thing never happened), ``price_ticks`` ``price``,
        ``qty_lots`` ``qty``, ``fee_units`` ``fee`` and so on; codes become their names in lower case. A column
        ``symbol`` comes first.

    Raises
    ------
    ConfigError
        There is no such table.
    """
    if table not in TABLES:
        raise ConfigError(f"table = {table!r}: must be one of {', '.join(TABLES)}")
    rows = getattr(result, table)
    names = [name for name in rows.dtype.names if name not in _RESERVED]
    symbols = np.array([instrument.symbol for instrument in result.instruments])
    made: dict[str, Array] = {"symbol": symbols[rows["instrument"]]}
    if raw:
        return made | {name: rows[name].copy() for name in names}
    for name in names:
        if name != "instrument":
            made.update(_in_units(result, rows, name))
    return made


def _in_units(result: Result, rows: Array, name: str) -> Mapping[str, Array]:
    values = rows[name]
    if name in _CODES:
        return {name: np.array([_CODES[name](code).name.lower() for code in range(len(_CODES[name]))])[values]}
    if name == "maker":
        return {name: values == 1}
    stem, _, unit = name.rpartition("_")
    if unit == "ns":
        times = values.astype("datetime64[ns]")
        return {stem: np.where(values == 0, np.datetime64("NaT", "ns"), times) if stem != "ts" else times}
    if name == "mid2_ticks":
        mids = _scaled(result, rows, values / 2.0, "tick_size")
        return {"mid": np.where(values == NO_MID, np.nan, mids)}
    if unit == "ticks":
        return {stem: _scaled(result, rows, values, "tick_size")}
    if unit == "lots":
        return {stem: _scaled(result, rows, values, "lot_size")}
    if unit == "units":
        scale = np.array([float(instrument.money_scale) for instrument in result.instruments])
        return {stem: values / scale[rows["instrument"]]}
    return {name: values.copy()}


def _scaled(result: Result, rows: Array, values: Array, size: str) -> Array:
    # by the nearest double of the exact product: 3 ticks of 0.1 are 0.3
    sizes = [getattr(instrument, size) for instrument in result.instruments]
    num = np.array([float(one.numerator) for one in sizes])[rows["instrument"]]
    den = np.array([float(one.denominator) for one in sizes])[rows["instrument"]]
    scaled: Array = values * num / den
    return scaled


def library(name: str) -> Any:
    """An optional library, imported where it is used; a LuminaError says how to get it."""
    try:
        return import_module(name)
    except ImportError:
        raise LuminaError(f"{name} is not installed: pip install {name}") from None


def to_pandas(result: Result, table: str, raw: bool) -> Any:
    """A pandas.DataFrame; times with the zone UTC."""
    pandas = library("pandas")
    made = pandas.DataFrame(columns(result, table, raw=raw))
    for name in made.columns:
        if made[name].dtype.kind == "M":
            made[name] = made[name].dt.tz_localize("UTC")
    return made


def to_polars(result: Result, table: str, raw: bool) -> Any:
    """A polars.DataFrame; times with the zone UTC."""
    polars = library("polars")
    made = polars.DataFrame(columns(result, table, raw=raw))
    return made.with_columns(polars.selectors.datetime().dt.replace_time_zone("UTC"))


def to_arrow(result: Result, table: str, raw: bool) -> Any:
    """A pyarrow.Table; times with the zone UTC."""
    arrow = library("pyarrow")
    arrays = {}
    for name, values in columns(result, table, raw=raw).items():
        is_time = values.dtype.kind == "M"
        arrays[name] = arrow.array(values, arrow.timestamp("ns", "UTC") if is_time else None)
    return arrow.table(arrays)
