"""One picture of emergent impact: by size with its power law, and by time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina.report import figure_file
from lumina.report.picture import require_matplotlib

if TYPE_CHECKING:
    from lumina.research.impact import Impact

WIDTH_PX, HEIGHT_PX, DPI = 1600, 800, 100

# Colours that people with red-green blindness tell apart, too
_COLOURS = ("#56b4e9", "#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7")
_SQUARE_ROOT = 0.5


def draw(measured: Impact, path: str | Path, *, title: str = "") -> None:
    """Write the picture of a measurement as PNG.

    Parameters
    ----------
    measured : Impact
    path : of the file to write
    title : of the picture

    Raises
    ------
    LuminaError : matplotlib is not installed
    """
    plt, _ = require_matplotlib()
    summary = measured.summary()
    figure, axes = plt.subplots(
        1, 2, figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, layout="constrained", squeeze=True
    )
    try:
        _sizes(axes[0], summary)
        _paths(axes[1], summary)
        for axis in axes:
            axis.grid(True, color="#e6e6e6", linewidth=0.6)
            axis.set_axisbelow(True)
            axis.spines[["top", "right"]].set_visible(False)
        title = title or f"emergent impact in the embedded market, {summary['options']['twins']:,} seeds"
        figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
        figure_file.save(figure, path)
    finally:
        plt.close(figure)


def _sizes(axis: Any, summary: dict[str, Any]) -> None:
    axis.set_xscale("log")
    axis.set_xlabel("size of the metaorder, lots")
    axis.set_ylabel("impact at the end of the horizon, ticks; bars: one standard error")
    shown = [size for size in summary["sizes"] if size["ticks"] > 0]  # the others have no logarithm
    if not shown:
        return
    axis.set_yscale("log", nonpositive="clip")
    lots, ticks = np.array([size["lots"] for size in shown]), np.array([size["ticks"] for size in shown])
    axis.errorbar(
        lots, ticks, yerr=[size["ticks_se"] for size in shown], fmt="o", color=_COLOURS[1], markersize=6,
        label="measured",
    )  # fmt: skip
    axis.set_xticks(lots, [f"{size:,}" for size in lots])
    axis.minorticks_off()
    axis.set_ylim(bottom=0.3 * ticks.min(), top=3 * ticks.max())
    if fit := summary["fit"]:
        axis.plot(
            lots, fit["factor"] * lots ** fit["exponent"], color=_COLOURS[1], linewidth=1.2,
            label=f"lots^{fit['exponent']:.2f} ±{fit['exponent_se']:.2f}",
        )  # fmt: skip
        axis.plot(
            lots, ticks[-1] * (lots / lots[-1]) ** _SQUARE_ROOT, color="#888888", linewidth=1, linestyle="--",
            label="a square root, for comparison",
        )  # fmt: skip
    axis.legend(loc="upper left", frameon=False)


def _paths(axis: Any, summary: dict[str, Any]) -> None:
    for i, size in enumerate(summary["sizes"]):
        times = [0, *(point["at_s"] for point in size["path"])]
        axis.errorbar(
            times, [0, *(point["ticks"] for point in size["path"])],
            yerr=[0, *(point["ticks_se"] for point in size["path"])],
            fmt="o-", markersize=4, linewidth=1.2, color=_COLOURS[i % len(_COLOURS)], label=f"{size['lots']:,} lots",
        )  # fmt: skip
    axis.axvline(summary["options"]["horizon_s"], color="#333333", linewidth=0.9, linestyle=":")
    axis.set_xlabel("time after the start, s; dotted: the end of the horizon")
    axis.set_ylabel("impact, ticks")
    axis.legend(loc="upper left", frameon=False)
