"""Statistics of a market beside the reference, as a table."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def table(title: str, entries: list[dict[str, Any]]) -> RenderableType:
    """What `lumina.research.market_reference.compare` says, as something that rich prints."""
    several = any(entry["sd"] is not None for entry in entries)
    rows = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    rows.add_column("statistic")
    for name in ("mean", "sd") if several else ("value",):
        rows.add_column(name, justify="right")
    for name in ("reference", "sd"):
        rows.add_column(name, justify="right")
    rows.add_column("")
    for entry in entries:
        measured = (entry["mean"], entry["sd"]) if several else (entry["mean"],)
        rows.add_row(
            entry["name"],
            *(_figure(value) for value in (*measured, entry["reference"], entry["reference_sd"])),
            "beyond 4 sd" if entry["beyond"] else "",
        )
    beyond = sum(entry["beyond"] for entry in entries)
    return Group(
        rows,
        Text(f"reference: embedded market, 8 sessions of 6.5 h; {beyond} of {len(entries)} means beyond 4 of its sd"),
    )


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
