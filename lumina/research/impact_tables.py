"""Emergent impact as tables."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def tables(summary: dict[str, Any]) -> RenderableType:
    """A summary of `Impact` as something that rich prints."""
    options, market, fit = summary["options"], summary["market"], summary["fit"]
    sent = f"orders of {lots:,} lots" if (lots := options["child_lots"]) else f"orders each {options['pace_s']:,} s"
    law = "too few sizes have an impact beyond two standard errors for an exponent"
    if fit:
        sizes = ", ".join(f"{size:,}" for size in fit["sizes"])
        power = f"{fit['exponent']:.3f} ±{fit['exponent_se']:.3f}"
        law = f"impact ~ {fit['factor']:.3g} ticks x lots^{power}, by {sizes} lots"
    return Group(
        Text("emergent impact in the embedded market", style="bold"),
        Text(
            f"metaorders sent as market {sent} over {options['horizon_s']:,} s; {options['twins']:,} seeds from "
            f"{options['seed']}, each bought, sold and left alone\n"
            f"without us: {market['horizon_lots']:,.0f} lots traded within the horizon, daily volume "
            f"{market['daily_lots']:,.0f} lots, daily volatility {market['daily_ticks']:.0f} ticks"
        ),
        _sizes(summary),
        _paths(summary),
        Text(f"\n{law}\n± one standard error, by seeds. Local exponent: from the size before to this one."),
    )


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)


def _sizes(summary: dict[str, Any]) -> Table:
    table = _table("\nat the end of the horizon")
    for name in ("lots", "orders", "% of volume", "impact, ticks", "bought", "sold", "% of daily volatility",
                 "Y of the\nsquare root", "local\nexponent", "paid over the\nfirst mid, ticks"):  # fmt: skip
        table.add_column(name, justify="right")
    for size in summary["sizes"]:
        table.add_row(
            f"{size['lots']:,}", f"{size['children']:,}", _figure(size["share"], scale=100),
            _figure(size["ticks"], size["ticks_se"]), _figure(size["bought"]), _figure(size["sold"]),
            _figure(size["daily"], scale=100), _figure(size["y"]),
            _figure(size["local_exponent"], size["local_exponent_se"]), _figure(size["paid"], size["paid_se"]),
        )  # fmt: skip
    return table


def _paths(summary: dict[str, Any]) -> Table:
    table = _table("\nimpact in ticks by time after the start")
    table.add_column("lots", justify="right")
    for point in summary["sizes"][0]["path"]:
        table.add_column(f"{point['at_s']:,} s", justify="right")
    for size in summary["sizes"]:
        table.add_row(f"{size['lots']:,}", *(_figure(point["ticks"], point["ticks_se"]) for point in size["path"]))
    return table


def _figure(value: float | None, error: float | None = None, *, scale: float = 1.0) -> str:
    if value is None:
        return "-"
    text = f"{value * scale:.{2 if scale == 1 else 1}f}"
    return text if error is None else f"{text} ±{error * scale:.2f}"
