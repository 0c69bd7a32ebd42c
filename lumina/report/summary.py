"""What a run was worth, as one dict of plain numbers: `summarise(result)`.

Money is in the settlement currency; costs are negative, rebates positive; quantities are in base units (or
contracts), times in the unit that the name says. What cannot be known is None, never NaN.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina.data.notes import notes as data_notes
from lumina.reasons import Reason
from lumina.report import statistics as st

if TYPE_CHECKING:
    from lumina.backtester.result import Result
    from lumina.data.instrument import Instrument

FIVE_MINUTES_NS = 300 * 10**9
DAY_NS = 86_400 * 10**9
MIN_PERIODS = 30
"""Fewer periods than this say nothing about a Sharpe ratio; none is given."""

# OrderAction values of the order log
_ACKNOWLEDGED, _FILLED, _CANCELLED = 3, 5, 6
_REASONS = tuple(reason.name.lower() for reason in Reason)


def summarise(
    result: Result,
    *,
    limit_lots: int | None = None,
    feed_latency_ns: st.Array | None = None,
    capital: float | None = None,
    days_per_year: int = 365,
) -> dict[str, Any]:
    """Summary of a run.

    Parameters
    ----------
    result : Result
    limit_lots : position limit, for the time spent at it; default that of risk
    feed_latency_ns : latencies of the market data, or a sample of them
    capital : in settlement currency, for the return and the turnover
    days_per_year : trading days, for the Sharpe ratio

    Returns
    -------
    dict
        Ready for JSON. ``pnl = spread_capture + inventory_pnl + fees + impact + funding``; the last two are left out
        where zero. Totals over instruments are None where they settle in different currencies. ``instruments`` has
        the same and more of each instrument. docs/backtester.md explains every entry.
    """
    fills, orders = result.fills, result.orders
    if limit_lots is None:
        limit_lots = result.options.get("risk", {}).get("max_position_lots")
    instruments = [
        _instrument(result, index, instrument, limit_lots) for index, instrument in enumerate(result.instruments)
    ]
    currencies = {(entry["currency"], instrument.inverse)
                  for entry, instrument in zip(instruments, result.instruments, strict=True)}  # fmt: skip
    one_currency = len(currencies) == 1
    start_ns, end_ns = _span(result)

    summary: dict[str, Any] = {
        "events": int(result.events),
        "wall_s": float(result.wall_s),
        "events_per_s": result.events / result.wall_s if result.wall_s > 0 else None,
        "orders": len(orders),
        "fills": len(fills),
        "position": instruments[0]["position"] if len(instruments) == 1
        else {entry["symbol"]: entry["position"] for entry in instruments},
    }  # fmt: skip
    for name in ("pnl", "spread_capture", "inventory_pnl", "fees", "impact", "funding"):
        values = [entry.get(name, 0.0) for entry in instruments]
        total = math.fsum(values) if one_currency else None
        if name not in ("impact", "funding") or any(values):
            summary[name] = total
    ts_ns, curve = equity_curve(result) if one_currency else (np.empty(0, np.int64), np.empty(0))
    summary |= {
        "max_drawdown": st.max_drawdown(np.concatenate(([0.0], curve))) if one_currency else None,
        "digest": result.digest,
        "interrupted": bool(result.interrupted),
        "currency": instruments[0]["currency"] if one_currency else None,
        "start": _utc(start_ns),
        "end": _utc(end_ns),
        "seconds": (end_ns - start_ns) / 1e9,
        "sharpe": _sharpe(ts_ns, curve, days_per_year),
        **_on_capital(result, instruments, summary["pnl"], capital, (end_ns - start_ns) / DAY_NS),
        "order_flow": _order_flow(result, start_ns, end_ns),
        "latency_ns": _latency(result, feed_latency_ns),
        "instruments": instruments,
        "notes": _notes(result),
    }
    return summary


def _span(result: Result) -> tuple[int, int]:
    # the equity grid begins up to one step after the data; the strategy may have acted before
    if not len(result.equity):
        return 0, 0
    starts = [result.equity["ts_ns"][0], *result.order_events["ts_ns"][:1]]
    return int(min(starts)), int(result.equity["ts_ns"][-1])


def equity_curve(result: Result) -> tuple[st.Array, st.Array]:
    """P&L over time, all instruments together.

    Returns
    -------
    (times in ns, shape (n,); P&L in settlement currency, shape (n,))
    """
    equity = result.equity
    parts = []
    for index, instrument in enumerate(result.instruments):
        rows = equity[equity["instrument"] == index]
        parts.append((rows["ts_ns"], st.pnl_units(rows) / instrument.money_scale))
    if not parts:
        return np.empty(0, np.int64), np.empty(0)
    # the grid is the same for every instrument; an interrupted run may lack the last row of some
    length = min(len(times) for times, _ in parts)
    return parts[0][0][:length], np.sum([pnl[:length] for _, pnl in parts], axis=0)


def _instrument(result: Result, index: int, instrument: Instrument, limit_lots: int | None) -> dict[str, Any]:
    equity = _only(result.equity, result.equity["instrument"] == index)
    chosen = result.fills["instrument"] == index
    fills, later = _only(result.fills, chosen), _only(result.markout_mid2, chosen)
    final = result.final[index]
    lot = float(instrument.lot_size)
    tick = float(instrument.tick_size)
    units = {name: int(equity[-1][f"{name}_units"]) if len(equity) else 0
             for name in ("spread_capture", "inventory", "fees", "impact", "funding")}  # fmt: skip

    def money(value: int | None) -> float | None:
        return None if value is None else st.money(value, instrument)

    pnl = units["spread_capture"] + units["inventory"] - units["fees"] - units["impact"] - units["funding"]
    start_ns, end_ns = _span(result)
    held = st.inventory(fills, start_ns, end_ns, limit_lots)
    value = st.notional(instrument, fills["qty_lots"].astype(float), fills["price_ticks"].astype(float))
    volume = float(value.sum())
    mid = None if final["mid2_ticks"] is None else final["mid2_ticks"] / 2
    position, shift = final["position_lots"], final["shift_ticks"]
    moved = 0.0
    if mid is not None and shift and position:
        moved = float(st.value_change(instrument, np.array(position), np.array(mid), np.array(mid + shift)))
    return {
        "symbol": instrument.symbol,
        "currency": instrument.settlement,
        "tick_size": tick,
        "lot_size": lot,
        "position": instrument.qty(position),
        "mid": None if mid is None else float(final["mid2_ticks"] * instrument.tick_size / 2),
        "pnl": money(pnl),
        "spread_capture": money(units["spread_capture"]),
        "inventory_pnl": money(units["inventory"]),
        "fees": money(-units["fees"]),
        **{name: money(-units[name]) for name in ("impact", "funding") if units[name]},
        "liquidation": money(final["liquidation_units"]),
        "position_shift": moved,
        "volume": volume,
        "pnl_per_volume_bp": st.money(pnl, instrument) / volume * 1e4 if volume else None,
        "inventory": {name: entry * (1 if name.startswith("time") else lot) if entry is not None else None
                      for name, entry in held.items()},
        "fills": _fills(fills, value, instrument),
        "queue": {
            "by": "order" if result.provenance[index]["level"] == "L3" else result.options["queue"]["model"],
            **_queue(_only(result.orders, result.orders["instrument"] == index), fills, lot),
        },
        "markouts": {
            role: [
                {"horizon_s": 0.0, **st.markout(of_role, of_role["mid2_ticks"], instrument)},
                *({"horizon_s": horizon / 1e9, **st.markout(of_role, later[kept, column], instrument)}
                  for column, horizon in enumerate(result.markouts_ns)),
            ]
            for role, kept in (("maker", fills["maker"] == 1), ("taker", fills["maker"] == 0))
            if len(of_role := _only(fills, kept))
        },
    }  # fmt: skip


def _only(rows: st.Array, chosen: st.Array) -> st.Array:
    # rows are wide: no copy where all of them are meant, which is the usual case
    return rows if chosen.all() else rows[chosen]


def _fills(fills: st.Array, value: st.Array, instrument: Instrument) -> dict[str, Any]:
    quantity = fills["qty_lots"].astype(np.int64)
    maker = fills["maker"] == 1
    by_cause = {}
    for cause, name in enumerate(st.FILL_CAUSES):
        of_cause = fills["cause"] == cause
        if of_cause.any():
            by_cause[name] = {"fills": int(of_cause.sum()), "quantity": instrument.qty(int(quantity[of_cause].sum()))}
    return {
        "maker": int(maker.sum()),
        "taker": int((~maker).sum()),
        "quantity": instrument.qty(int(quantity.sum())),
        "maker_share": float(value[maker].sum() / value.sum()) if value.any() else None,
        "bought": instrument.qty(int(quantity[fills["side"] == 0].sum())),
        "sold": instrument.qty(int(quantity[fills["side"] == 1].sum())),
        "by_cause": by_cause,
    }


def _queue(orders: st.Array, fills: st.Array, lot: float) -> dict[str, Any]:
    ahead = orders["queue_ahead_lots"]
    known = np.isfinite(ahead)
    maker = fills["maker"] == 1
    order_of_fill = np.searchsorted(orders["order_id"], fills["order_id"][maker])
    fill_ts_ns = fills["ts_ns"][maker]
    # the wait of an order is that of its first fill: the last one written in reverse
    first_ns = np.zeros(len(orders), np.int64)
    first_ns[order_of_fill[::-1]] = fill_ts_ns[::-1]
    filled = first_ns > 0
    at_fill = fills["queue_ahead_lots"][maker]

    def median(values: st.Array, unit: float) -> float | None:
        return float(np.median(values)) * unit if len(values) else None

    return {
        "ahead_at_accept": median(ahead[known], lot),
        "ahead_at_accept_of_filled": median(ahead[known & filled], lot),
        "ahead_at_fill": median(at_fill[np.isfinite(at_fill)], lot),
        "unknown_at_accept": int(np.isinf(ahead).sum()),
        "wait_s": median(first_ns[filled] - orders["arrival_ts_ns"][filled], 1e-9),
    }


def _order_flow(result: Result, start_ns: int, end_ns: int) -> dict[str, Any]:
    orders = result.orders
    resting = (orders["ack_ts_ns"] != 0) & ~np.isnan(orders["queue_ahead_lots"])
    ends = np.where(orders["close_ts_ns"] > 0, orders["close_ts_ns"], end_ns)
    quoted = {}
    for name, side in (("bid", 0), ("ask", 1)):
        chosen = resting & (orders["side"] == side)
        quoted[name] = st.covered(orders["arrival_ts_ns"][chosen], ends[chosen], start_ns, end_ns)
    rejected = orders["reason"][orders["state"] == st.STATE_REJECTED]
    reasons = {}
    for code in np.unique(rejected):
        reasons[_REASONS[code] if code < len(_REASONS) else str(code)] = int((rejected == code).sum())
    return {
        **st.fill_ratios(orders, result.order_events, result.fills),
        "rejected_by_reason": reasons,
        "time_quoting": quoted,
    }


def _latency(result: Result, feed_latency_ns: st.Array | None) -> dict[str, Any]:
    orders = result.orders
    sent = _only(orders, (orders["sent_ts_ns"] > 0) & (orders["arrival_ts_ns"] > 0))
    answered = _only(sent, sent["ack_ts_ns"] > 0)
    samples = {
        "feed": feed_latency_ns if feed_latency_ns is not None else np.empty(0),
        "decision_to_sent": sent["sent_ts_ns"] - sent["decision_ts_ns"],
        "entry": sent["arrival_ts_ns"] - sent["sent_ts_ns"],
        "ack": answered["ack_ts_ns"] - answered["arrival_ts_ns"],
        "round_trip": answered["ack_ts_ns"] - answered["sent_ts_ns"],
        "fill_report": result.fills["report_ts_ns"] - result.fills["ts_ns"],
    }
    return {name: st.percentiles(values) for name, values in samples.items() if len(values)}


def _sharpe(ts_ns: st.Array, curve: st.Array, days_per_year: int) -> dict[str, Any]:
    # by day where the run is long enough, else by five minutes
    daily = st.period_pnl(ts_ns, curve, DAY_NS)
    by_day = len(daily) >= MIN_PERIODS
    pnl = daily if by_day else st.period_pnl(ts_ns, curve, FIVE_MINUTES_NS)
    per_year = days_per_year * (1 if by_day else DAY_NS // FIVE_MINUTES_NS)
    found: dict[str, Any] = {
        "annualised": None,
        "period": "day" if by_day else "5 min",
        "periods": len(pnl),
        "probabilistic": None,
        "why": "",
    }
    if len(pnl) < MIN_PERIODS:
        found["why"] = f"needs {MIN_PERIODS} periods of 5 min, the run has {len(pnl)}"
        return found
    ratio = st.sharpe(pnl)
    if math.isnan(ratio):
        found["why"] = "the P&L did not vary"
        return found
    found["annualised"] = ratio * math.sqrt(per_year)
    found["probabilistic"] = st.probabilistic_sharpe(ratio, len(pnl), *st.moments(pnl))
    return found


def _on_capital(
    result: Result, instruments: list[dict[str, Any]], pnl: float | None, capital: float | None, days: float
) -> dict[str, Any]:
    if capital is None or pnl is None:
        return {}
    volume = math.fsum(entry["volume"] for entry in instruments)
    return {
        "capital": capital,
        "return": pnl / capital,
        "turnover_per_day": volume / capital / days if days > 0 else None,
    }


def _notes(result: Result) -> list[str]:
    notes = []
    for source in result.provenance:
        notes += _provenance(source)
    if result.failure:
        notes.append(f"FAILED: {result.failure}")
    if result.interrupted:
        notes.append("interrupted: everything here is up to the interruption")
    orders = result.orders
    reached = (orders["sent_ts_ns"] > 0) & (orders["arrival_ts_ns"] > 0)
    if reached.any() and (orders["arrival_ts_ns"] == orders["sent_ts_ns"])[reached].all():
        notes.append("order entry latency is 0: orders reach the exchange the moment they are sent")
    if result.options.get("impact") is not None and not (result.fills["maker"] == 0).any():
        notes.append("impact is on and 0: passive fills do not push under this model")
    return notes


def _provenance(source: dict[str, Any]) -> list[str]:
    """Where a tape comes from, and what was done to it that changes what a run on it means."""
    notes = []
    if source.get("source") == "embedded market":
        notes.append(
            f"data: the embedded market, seed {source['seed']}, {source['hours']:g} h: synthetic; our orders were real "
            "orders in it, and the others reacted to them"
        )
    files = ", ".join(str(file["name"]) for file in source.get("files", ()))
    if files:
        notes.append(f"data: {files}, read by {source.get('importer', 'an importer')}")
    notes += [str(note) for note in data_notes(source)]
    if source.get("verified") is False:
        notes.append("data: rows not verified: the file was opened with verify=False")
    return notes


def _utc(ts_ns: int) -> str | None:
    """ISO 8601 with ns; None for the time 0 of an empty run."""
    if ts_ns == 0:
        return None
    seconds, ns = divmod(ts_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"
