"""One picture of the queue models' errors: size by model and time, and predicted against exact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina.report import figure_file
from lumina.report.picture import require_matplotlib
from lumina.research.queue_summary import without_exact_back

if TYPE_CHECKING:
    from lumina.research.queue_errors import QueueErrors

WIDTH_PX, HEIGHT_PX, DPI = 1600, 1000, 100

# Colours that people with red-green blindness tell apart, too
_COLOURS = ("#56b4e9", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
_DOTS, _MEANS = "#0072b2", "#d55e00"
_MAX_DOTS = 3000  # more are a smear
_BINS = 12
_PANELS = 3


def draw(errors: QueueErrors, path: str | Path, *, title: str = "") -> None:
    """Write the picture of a measurement as PNG.

    Parameters
    ----------
    errors : QueueErrors
    path : of the file to write
    title : of the picture

    Raises
    ------
    LuminaError : matplotlib is not installed
    """
    plt, _ = require_matplotlib()
    summary = without_exact_back(errors.summary())
    figure = plt.figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, layout="constrained")
    try:
        grid = figure.add_gridspec(_PANELS, 2, width_ratios=[1.5, 1])
        axes = [figure.add_subplot(grid[:, 0])]
        _sizes(axes[0], summary)
        for row, model in enumerate(_shown(summary)):
            axes.append(figure.add_subplot(grid[row, 1]))
            _against(axes[-1], errors, summary, model)
        for axis in axes:
            axis.grid(True, color="#e6e6e6", linewidth=0.6)
            axis.set_axisbelow(True)
            axis.spines[["top", "right"]].set_visible(False)
        axes[-1].set_xlabel("exactly ahead, lots")
        figure.suptitle(title or f"queue models on {errors.symbol}", x=0.01, ha="left", fontsize=13, fontweight="bold")
        figure_file.save(figure, path)
    finally:
        plt.close(figure)


def _shown(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Models of the panels on the right: the best, the middle and the worst."""
    known = [model for model in summary["models"] if model["mae_over_best"] is not None]
    ranked = sorted(known, key=lambda model: model["mae_over_best"])
    return [ranked[place] for place in sorted({0, len(ranked) // 2, len(ranked) - 1})] if ranked else []


def _sizes(axis: Any, summary: dict[str, Any]) -> None:
    models = summary["models"]
    places = np.arange(len(models))
    times = models[0]["front"]
    for i, entry in enumerate(times):
        values = [model["front"][i]["mae"] for model in models]
        if None in values:
            continue
        spread = [model["front"][i]["mae_se"] or 0.0 for model in models]
        name = "just before the fill" if entry["at_s"] == "fill" else f"after {entry['at_s']:g} s"
        axis.errorbar(
            values, places + (i - (len(times) - 1) / 2) * 0.16, xerr=spread, fmt="o", markersize=5, linewidth=1.2,
            color=_COLOURS[i % len(_COLOURS)], label=f"{name} ({entry['n']:,} probes)",
        )  # fmt: skip
    axis.set_yticks(places, [model["label"] for model in models])
    axis.invert_yaxis()
    axis.set_xlim(left=0)
    axis.set_xlabel("mean absolute error of the quantity ahead, lots; bars: one standard error")
    if axis.get_legend_handles_labels()[1]:
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=9)


def _against(axis: Any, errors: QueueErrors, summary: dict[str, Any], model: dict[str, Any]) -> None:
    slot = errors.at_s.index(summary["split_at_s"])
    known = np.flatnonzero(errors.exact[:, slot] >= 0)
    m = [one.label for one in errors.models].index(model["label"])
    exact, predicted = errors.exact[known, slot], errors.predicted[known, slot, m]
    some = slice(None, None, max(1, len(known) // _MAX_DOTS))
    axis.plot(exact[some], predicted[some], ".", color=_DOTS, markersize=3, alpha=0.25, rasterized=True)
    top = float(max(np.quantile(exact, 0.99), np.quantile(predicted, 0.99), 1.0))
    axis.plot([0, top], [0, top], color="#333333", linewidth=0.9)
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, _BINS + 1)))
    place = np.clip(np.searchsorted(edges, predicted, side="right") - 1, 0, max(len(edges) - 2, 0))
    count = np.maximum(np.bincount(place), 1)
    axis.plot(
        np.bincount(place, exact) / count, np.bincount(place, predicted) / count, "o-", color=_MEANS, markersize=4,
        linewidth=1, label="means",
    )  # fmt: skip
    axis.set_xlim(0, top)
    axis.set_ylim(0, top)
    axis.set_ylabel("predicted")
    axis.set_title(f"{model['label']}, {summary['split_at_s']:g} s", fontsize=10, loc="left")
