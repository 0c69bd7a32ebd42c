"""The errors of the queue models as tables."""

from __future__ import annotations

import os
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from lumina.research.queue_summary import MIN_BLOCKS, without_exact_back


def show(summary: dict[str, Any], console: Console | None = None) -> None:
    """Print a summary of `QueueErrors`."""
    (console or output()).print(tables(summary))


def output() -> Console:
    """Standard output; a file or a pipe does not wrap."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=180)
    return console


def tables(summary: dict[str, Any]) -> RenderableType:
    """A summary as something that rich prints."""
    probes, options = summary["probes"], summary["options"]
    summary = without_exact_back(summary)
    gap = summary["exact_back_gap"]
    apart = "" if gap is None else f"\nexact_back, in --json, changes no MAE by more than {gap:.2f} lots."
    quartiles = " / ".join("-" if q is None else f"{q:,}" for q in probes["queue_lots"])
    return Group(
        Text(f"queue models on {summary['symbol']}", style="bold"),
        Text(
            f"{probes['placed']:,} probes of {options['probes']:,} placed over {probes['trading_s']:,.0f} s of trading,"
            f" levels 0 to {options['levels'] - 1}; quartiles of the queue at placement {quartiles} lots\n"
            f"within {options['horizon_s']:g} s {probes['filled']:,} filled, {probes['expired']:,} did not, "
            f"{probes['interrupted']:,} were interrupted; the level emptied for {probes['emptied']:,}"
        ),
        _fronts(summary),
        _fills(summary),
        _splits(summary),
        Text(f"errors are predicted - exact, in lots; {_doubt(probes, options)}{apart}"),
    )


def _doubt(probes: dict[str, Any], options: dict[str, Any]) -> str:
    stretches = f"{probes['blocks']} stretches of {options['horizon_s']:g} s"
    if probes["blocks"] < MIN_BLOCKS:
        return f"{stretches} are too few for standard errors."
    return f"± one standard error, by {stretches}. What is below 2 of them says nothing."


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("model")
    return table


def _columns(table: Table, *names: str) -> None:
    for name in names:
        table.add_column(name, justify="right")


def _figure(value: float | None, error: float | None = None, *, sign: bool = False, scale: float = 1.0) -> str:
    if value is None:
        return "-"
    text = f"{value * scale:{'+' if sign else ''}.2f}" if scale == 1 else f"{value * scale:.1f}"
    return text if error is None else f"{text} ±{error * scale:.{2 if scale == 1 else 1}f}"


def _fronts(summary: dict[str, Any]) -> Table:
    first = summary["models"][0]["front"]
    table = _table("\nquantity ahead: bias, MAE (both in lots), MAE in % of the queue at placement")
    for entry in first:
        when = "at fill" if entry["at_s"] == "fill" else f"{entry['at_s']:g} s"
        _columns(table, f"bias {when}\nn={entry['n']:,}", "MAE", "%")
    _columns(table, f"MAE over the best,\n{summary['split_at_s']:g} s")
    for model in summary["models"]:
        cells = [model["label"]]
        for entry in model["front"]:
            cells += [
                _figure(entry["bias"], sign=True),
                _figure(entry["mae"], entry["mae_se"]),
                _figure(entry["relative"], scale=100),
            ]
        table.add_row(*cells, _figure(model["mae_over_best"], model["mae_over_best_se"]))
    return table


def _fills(summary: dict[str, Any]) -> Table:
    table = _table(f"\nfills within {summary['options']['horizon_s']:g} s")
    _columns(table, "both", "model only", "exact only", "neither", "precision %", "recall %", "early %", "same time %",
             "late %", "time error, s", "median")  # fmt: skip
    for model in summary["models"]:
        fills = model["fills"]
        table.add_row(
            model["label"],
            *(f"{fills[name]:,}" for name in ("both", "model_only", "exact_only", "neither")),
            *(_figure(fills[name], fills[f"{name}_se"], scale=100) for name in ("precision", "recall")),
            *(_figure(fills[name], scale=100) for name in ("early", "same_time", "late")),
            _figure(fills["time_error_s"], fills["time_error_s_se"], sign=True),
            _figure(fills["median"], sign=True),
        )
    return table


def _splits(summary: dict[str, Any]) -> Table:
    table = _table(f"\nMAE at {summary['split_at_s']:g} s by level, and by the queue at placement")
    first = summary["models"][0]
    _columns(table, *(f"level {part['level']}\nn={part['n']:,}" for part in first["by_level"]))
    _columns(
        table,
        *(f"{part['from_lots']:,} to {part['to_lots']:,} lots\nn={part['n']:,}" for part in first["by_queue"]),
    )
    for model in summary["models"]:
        table.add_row(
            model["label"], *(_figure(part["mae"]) for name in ("by_level", "by_queue") for part in model[name])
        )
    return table
