"""The summary as a trader reads it: `tables(summary)` turns the dict of `summarise` into rich tables."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

_CAUSES = {
    "at": "print at our price",
    "through": "print through our price",
    "cross": "quote crossed ours",
    "shift": "impact moved the market",
    "taker": "took liquidity",
}
_LATENCIES = {
    "feed": "feed",
    "decision_to_sent": "decision to sent",
    "entry": "sent to exchange",
    "ack": "exchange to us",
    "round_trip": "sent to ack",
    "fill_report": "fill to us",
}


def show(summary: dict[str, Any], console: Console | None = None, heading: str = "") -> None:
    """Print a summary; `heading` says what was run."""
    if console is None:
        console = Console(highlight=False)
        if not console.is_terminal and "COLUMNS" not in os.environ:
            console = Console(highlight=False, width=110)  # a file or a pipe does not wrap
    console.print(tables(summary, heading))


def tables(summary: dict[str, Any], heading: str = "") -> RenderableType:
    """A summary as something that rich prints."""
    parts: list[RenderableType] = [_heading(summary, heading), _money_table(summary)]
    for entry in summary["instruments"]:
        if len(summary["instruments"]) > 1:
            parts.append(Text(f"\n{entry['symbol']}", style="bold"))
            parts.append(_money_table(entry))
        if summary["fills"]:
            parts.append(_fills_table(entry))
        parts.append(_inventory_table(entry))
        if entry["markouts"]:
            parts.append(_markout_table(entry))
    parts += [_orders_table(summary), _latency_table(summary), *_footer(summary)]
    return Group(*parts)


def facts(summary: dict[str, Any]) -> dict[str, str]:
    """The few figures that tell one run from another, as text, by name."""
    currency = f" {summary['currency']}" if summary["currency"] else ""
    digits = _digits([summary["pnl"]])
    found = {
        "symbols": ", ".join(entry["symbol"] for entry in summary["instruments"]),
        "start": summary["start"] or "-",
        "length": duration(summary["seconds"] * 1e9),
        "orders": f"{summary['orders']:,}",
        "fills": f"{summary['fills']:,}",
        "P&L": amount(summary["pnl"], digits, sign=True) + currency,
        "max drawdown": amount(summary["max_drawdown"], digits) + currency,
        "position": ", ".join(quantity(entry["position"]) for entry in summary["instruments"]),
    }
    return found | {"digest": summary["digest"]}


def amount(value: float | None, digits: int | None = None, sign: bool = False) -> str:
    """A number for people: thousands separated, decimals by size; a dash for None."""
    if value is None:
        return "-"
    digits = _digits([value]) if digits is None else digits
    return f"{value:{'+' if sign and value else ''},.{digits}f}"


def quantity(value: float | None) -> str:
    """A quantity with as many decimals as it needs, six figures at most."""
    if value is None:
        return "-"
    shown = f"{value:,.{_digits([value])}f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def duration(ns: float | None) -> str:
    """A time span in the unit that suits it."""
    if ns is None:
        return "-"
    if ns >= 6e10:
        minutes, seconds = divmod(round(ns / 1e9), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min" + (f" {seconds} s" if seconds else "")
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if abs(ns) >= size:
            return f"{ns / size:.3g} {unit}" if abs(ns) < 1000 * size else f"{ns / size:.0f} {unit}"
    return f"{ns:.0f} ns"


def share(value: float | None) -> str:
    """A share as a percentage."""
    return "-" if value is None else f"{100 * value:.1f}%"


def _digits(values: Iterable[float | None]) -> int:
    # as many decimals as show six figures of the largest, and cents at least
    largest = max((abs(value) for value in values if value), default=0.0)
    return 2 if largest == 0 else min(12, max(2, 5 - math.floor(math.log10(largest))))


def _money_digits(entry: dict[str, Any]) -> int:
    # one precision for all money of an entry, so that columns compare
    return _digits(entry[name] for name in ("pnl", "spread_capture", "inventory_pnl", "fees"))


def _table(title: str, **options: Any) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), **options)


def _grid(title: str, columns: int = 2) -> Table:
    table = _table(title, show_header=False)
    table.add_column(min_width=26, no_wrap=True)
    table.add_column(justify="right", min_width=14, no_wrap=True)
    for _ in range(columns - 2):
        table.add_column(style="dim")
    return table


def _heading(summary: dict[str, Any], heading: str) -> Text:
    symbols = ", ".join(entry["symbol"] for entry in summary["instruments"])
    text = Text(symbols, style="bold")
    if heading:
        text.append(f"  {heading}", style="not bold")
    if summary["start"] and summary["end"]:
        start, end = (datetime.fromisoformat(summary[name][:19]) for name in ("start", "end"))
        until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
        text.append(f"  {start:%Y-%m-%d %H:%M:%S} to {until} UTC", style="not bold")
        text.append(f" ({duration(summary['seconds'] * 1e9)})", style="dim not bold")
    if summary["interrupted"]:
        text.append("  INTERRUPTED", style="bold yellow")
    return text


def _money_table(entry: dict[str, Any]) -> Table:
    currency = entry["currency"] or ""
    table = _grid("\nP&L" + (f" in {currency}" if currency else ""), 3)
    volume = entry.get("volume", sum(part["volume"] for part in entry.get("instruments", ())))

    digits = _money_digits(entry)

    def row(name: str, value: float | None, note: str = "", style: str = "") -> None:
        shown = amount(value, digits, sign=True)
        table.add_row(Text(name, style=style), Text(shown, style=f"{style} {_colour(value)}".strip()), note)

    row("spread capture", entry["spread_capture"], "against the mid just before each fill")
    row("inventory", entry["inventory_pnl"], "moves of the mid times the position held")
    row("fees", entry["fees"], "rebates positive")
    if "impact" in entry:
        row("impact", entry["impact"], "charged for our own push")
    if "funding" in entry:
        row("funding", entry["funding"])
    per_volume = ""
    if volume and entry["pnl"] is not None:
        traded = amount(volume, 0 if volume >= 1000 else None)
        per_volume = f"{1e4 * entry['pnl'] / volume:+.3f} bp of {traded} {currency} traded"
    row("P&L", entry["pnl"], per_volume, "bold")
    if "max_drawdown" in entry:
        table.add_row("max drawdown", amount(entry["max_drawdown"], digits), "from a peak, on the equity grid")
        sharpe = entry["sharpe"]
        note = sharpe["why"] or (
            f"annualised from {sharpe['periods']} periods of {sharpe['period']}; "
            f"above 0 with probability {share(sharpe['probabilistic'])}"
        )
        table.add_row("Sharpe ratio", amount(sharpe["annualised"], 2), note)
        if "return" in entry:
            table.add_row(
                "return on capital",
                f"{100 * entry['return']:+.4f}%",
                f"turnover {amount(entry['turnover_per_day'], 1)} times a day",
            )
    singles = entry.get("instruments", [entry])
    if len(singles) == 1:
        table.add_row("final position", quantity(singles[0]["position"]), _closing(singles[0]))
        if singles[0]["position_shift"]:
            row("position x shift", singles[0]["position_shift"], "our own push on the mark; not in the P&L")
    return table


def _closing(entry: dict[str, Any]) -> str:
    if not entry["position"]:
        return ""
    mid = f"marked at {amount(entry['mid'], sign=False)}" if entry["mid"] is not None else "no mid to mark it at"
    if entry["liquidation"] is None:
        return f"{mid}; cannot be closed at the touch"
    return f"{mid}; closing it at the touch {amount(entry['liquidation'], _money_digits(entry), sign=True)}"


def _fills_table(entry: dict[str, Any]) -> Table:
    fills, queue = entry["fills"], entry["queue"]
    table = _grid("\nFills", 3)
    table.add_row(
        "fills",
        f"{fills['maker'] + fills['taker']:,}",
        f"{fills['maker']:,} maker, {fills['taker']:,} taker; {share(fills['maker_share'])} of value as maker",
    )
    table.add_row(
        "quantity", quantity(fills["quantity"]), f"{quantity(fills['bought'])} bought, {quantity(fills['sold'])} sold"
    )
    for cause, found in fills["by_cause"].items():
        table.add_row(f"  {_CAUSES[cause]}", f"{found['fills']:,}", quantity(found["quantity"]))
    if queue["ahead_at_accept"] is None and not queue["unknown_at_accept"]:
        return table  # no order ever rested
    table.add_row(
        "queue ahead at accept",
        quantity(queue["ahead_at_accept"]),
        f"median; {quantity(queue['ahead_at_accept_of_filled'])} of orders that filled"
        + (f"; unknown for {queue['unknown_at_accept']:,}" if queue["unknown_at_accept"] else ""),
    )
    known = "exact, from single orders" if queue["by"] == "order" else f"by the model {queue['by']}"
    table.add_row("queue ahead at fill", quantity(queue["ahead_at_fill"]), f"median, just before the fill; {known}")
    table.add_row(
        "wait for the first fill", duration(None if queue["wait_s"] is None else queue["wait_s"] * 1e9), "median"
    )
    return table


def _inventory_table(entry: dict[str, Any]) -> Table:
    held = entry["inventory"]
    table = _grid("\nInventory, weighted by time", 3)
    table.add_row(
        "mean, std",
        f"{held['mean']:+.4g}, {held['std']:.4g}",
        f"5% to 95% of the time: {quantity(held['p05'])} to {quantity(held['p95'])}",
    )
    table.add_row("largest", quantity(held["max_abs"]), f"{quantity(held['min'])} to {quantity(held['max'])}")
    limit = "no limit set" if held["time_at_limit"] is None else f"{share(held['time_at_limit'])} at the limit"
    table.add_row("time flat", share(held["time_flat"]), limit)
    return table


def _orders_table(summary: dict[str, Any]) -> Table:
    flow = summary["order_flow"]
    table = _grid("\nOrders", 3)
    reasons = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in flow["rejected_by_reason"].items())
    table.add_row(
        "orders", f"{summary['orders']:,}", f"{flow['rejected']:,} rejected" + (f": {reasons}" if reasons else "")
    )
    ratio = "-" if flow["order_to_trade"] is None else f"{flow['order_to_trade']:.1f}"
    table.add_row("order-to-trade", ratio, f"{flow['requests']:,} new, replace and cancel requests, over fills")
    table.add_row("fill ratio", share(flow["by_quantity"]), f"of quantity; {share(flow['by_order'])} of orders")
    quoting = flow["time_quoting"]
    table.add_row("time quoting", share(quoting["bid"]), f"bid; {share(quoting['ask'])} ask")
    return table


def _headed(title: str, *columns: str) -> Table:
    table = _table(title, header_style="dim")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=True, min_width=8)
    return table


def _markout_table(entry: dict[str, Any]) -> Table:
    currency = entry["currency"] or "money"
    table = _headed("\nMarkouts", "fills as", "after", "fills", "ticks", currency, "adverse", "realised")
    for role, rows in entry["markouts"].items():
        for number, row in enumerate(rows):
            table.add_row(
                role if number == 0 else "",
                duration(row["horizon_s"] * 1e9) if row["horizon_s"] else "0 s",
                f"{row['fills']:,}",
                _ticks(row["markout_ticks"]),
                Text(amount(row["markout"], _money_digits(entry), sign=True), style=_colour(row["markout"])),
                _ticks(row["adverse_selection_ticks"]),
                _ticks(row["realised_spread_ticks"]),
            )
    return table


def _ticks(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _colour(value: float | None) -> str:
    return "" if not value else ("green" if value > 0 else "red")


def _latency_table(summary: dict[str, Any]) -> RenderableType:
    if not summary["latency_ns"]:
        return Text("")
    table = _headed("\nLatency", "", "p50", "p90", "p99", "p99.9", "max")
    for name, found in summary["latency_ns"].items():
        table.add_row(_LATENCIES[name], *(duration(found[point]) for point in ("p50", "p90", "p99", "p99.9", "max")))
    return table


def _footer(summary: dict[str, Any]) -> list[Text]:
    lines = [Text("")]
    if summary["notes"]:
        lines.append(Text("Notes", style="bold"))
        lines += [Text(f"  {note}") for note in summary["notes"]]
        lines.append(Text(""))
    speed = f", {summary['events_per_s'] / 1e6:,.1f} million/s" if summary["events_per_s"] else ""
    took = f"{summary['events']:,} events in {duration(summary['wall_s'] * 1e9)}{speed}"
    lines.append(Text(f"{took}; digest {summary['digest']}", style="dim"))
    return lines
