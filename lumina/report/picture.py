"""One picture of a run: market, own quotes and fills; inventory; equity and its parts; drawdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lumina._core._types import NO_MID
from lumina.errors import LuminaError
from lumina.report import figure_file
from lumina.report import statistics as st
from lumina.report.summary import equity_curve

if TYPE_CHECKING:
    from lumina.backtester.result import Result
    from lumina.data.instrument import Instrument

WIDTH_PX, HEIGHT_PX, DPI = 1600, 1200, 100

# Colours that people with red-green blindness tell apart, too
_BUY, _SELL, _MID, _PNL = "#0072b2", "#d55e00", "#333333", "#111111"
_PARTS = {
    "spread_capture": ("spread capture", "#009e73", 1),
    "inventory": ("inventory", "#cc79a7", 1),
    "fees": ("fees", "#e69f00", -1),
    "impact": ("impact", "#56b4e9", -1),
    "funding": ("funding", "#999999", -1),
}

# More than these on one panel are a smear: they are drawn by bins of time instead
_MAX_SEGMENTS, _MAX_MARKERS, _BINS = 1500, 800, 300

# OrderAction values of the order log
_ACKNOWLEDGED, _FILLED, _CANCELLED, _REPLACED = 3, 5, 6, 7


def draw(result: Result, path: str | Path, *, instrument: int = 0, title: str = "") -> None:
    """Write the picture of a run as PNG.

    Parameters
    ----------
    result : Result
    path : of the file to write
    instrument : index of the instrument shown in the upper panels; equity and drawdown are of all
    title : of the picture

    Raises
    ------
    LuminaError : matplotlib is not installed
    """
    plt, dates = require_matplotlib()
    shown = result.instruments[instrument]
    equity = result.equity[result.equity["instrument"] == instrument]
    fills = result.fills[result.fills["instrument"] == instrument]
    figure, axes = plt.subplots(
        4, 1, sharex=True, figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, layout="constrained",
        gridspec_kw={"height_ratios": [5, 2, 3, 1.4]},
    )  # fmt: skip
    try:
        _market(axes[0], result, instrument, shown, equity, fills)
        _inventory(axes[1], shown, equity, fills)
        times, pnl = equity_curve(result)
        _equity(axes[2], result, times, pnl)
        _drawdown(axes[3], times, pnl, shown.settlement)
        for axis in axes:
            axis.grid(True, color="#e6e6e6", linewidth=0.6)
            axis.set_axisbelow(True)
            axis.spines[["top", "right"]].set_visible(False)
        if len(equity):
            start, end = _days(equity["ts_ns"][[0, -1]])
            axes[-1].set_xlim(start, end if end > start else start + np.timedelta64(1, "s"))
        locator = dates.AutoDateLocator(minticks=5, maxticks=12)
        axes[-1].xaxis.set_major_locator(locator)
        axes[-1].xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        axes[-1].set_xlabel("time, UTC")
        figure.suptitle(title or shown.symbol, x=0.01, ha="left", fontsize=13, fontweight="bold")
        figure_file.save(figure, path)
    finally:
        plt.close(figure)


def available() -> bool:
    """Whether `draw` can work: matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def require_matplotlib() -> tuple[Any, Any]:
    """Its pyplot, without a screen, and dates; a LuminaError names the extra where it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise LuminaError(
            "the picture needs matplotlib, which is not installed: pip install 'lumina-hft[report]'"
        ) from None
    matplotlib.use("Agg")
    from matplotlib import dates, pyplot

    return pyplot, dates


def _days(ts_ns: st.Array) -> st.Array:
    return ts_ns.astype("datetime64[ns]")


def _market(axis: Any, result: Result, index: int, instrument: Instrument, equity: st.Array, fills: st.Array) -> None:
    tick = float(instrument.tick_size)
    name = "recorded mid" if equity["shift_ticks"].any() else "mid"  # our prices map through the impact's shift
    # the mids of the fills lie between the samples and show what moved
    times = np.concatenate((equity["ts_ns"], fills["ts_ns"]))
    mid2 = np.concatenate((equity["mid2_ticks"], fills["mid2_ticks"]))
    order = np.argsort(times, kind="stable")
    order = order[mid2[order] != NO_MID]
    axis.step(
        _days(times[order]), mid2[order] * (tick / 2), where="post", color=_MID, linewidth=0.9, label=name, zorder=3
    )
    starts, ends, prices, sides = quote_lifetimes(result, index)
    for side, name, colour in ((0, "own bid", _BUY), (1, "own ask", _SELL)):
        chosen = sides == side
        if chosen.any():
            _quotes(axis, starts[chosen], ends[chosen], prices[chosen] * tick, name, colour)
    for side, name, colour, marker in ((0, "buy", _BUY, "^"), (1, "sell", _SELL, "v")):
        for maker, role in ((1, "maker"), (0, "taker")):
            chosen_fills = fills[(fills["side"] == side) & (fills["maker"] == maker)]
            if len(chosen_fills):
                _markers(axis, chosen_fills, tick, f"{name}, {role}", colour, marker, hollow=not maker)
    if not len(order) and not len(starts):
        _say(axis, "no valid mid, no own orders")
    axis.set_ylabel(f"price of {instrument.symbol}")
    axis.ticklabel_format(axis="y", useOffset=False, style="plain")
    if axis.get_legend_handles_labels()[1]:
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=8, frameon=False, fontsize=9)  # above the panel


def quote_lifetimes(result: Result, instrument: int) -> tuple[st.Array, st.Array, st.Array, st.Array]:
    """When own orders rested where, at the exchange.

    Returns
    -------
    (start in ns, end in ns, price in ticks, side), one entry a stay of an order at a price
    """
    log = result.order_events
    log = log[(log["instrument"] == instrument)
              & (np.isin(log["action"], (_ACKNOWLEDGED, _CANCELLED, _REPLACED))
                 | ((log["action"] == _FILLED) & (log["leaves_lots"] == 0)))]  # fmt: skip
    log = log[np.argsort(log["order_id"], kind="stable")]  # of one order in the order they happened
    same = log["order_id"][1:] == log["order_id"][:-1]
    begins = np.flatnonzero(same & np.isin(log["action"][:-1], (_ACKNOWLEDGED, _REPLACED)))
    rows = log[begins]
    return rows["ts_ns"], log["ts_ns"][begins + 1], rows["price_ticks"], rows["side"]


def _quotes(axis: Any, starts: st.Array, ends: st.Array, prices: st.Array, name: str, colour: str) -> None:
    lasting = ends > starts
    starts, ends, prices = starts[lasting], ends[lasting], prices[lasting]
    if not len(starts):
        return
    if len(starts) <= _MAX_SEGMENTS:
        axis.hlines(prices, _days(starts), _days(ends), colors=colour, linewidth=1.4, alpha=0.55, label=name, zorder=2)
        return
    edges = np.linspace(starts.min(), ends.max(), _BINS + 1).astype(np.int64)
    low, high = np.full(_BINS, np.inf), np.full(_BINS, -np.inf)
    first = np.clip(np.searchsorted(edges, starts, side="right") - 1, 0, _BINS - 1)
    last = np.clip(np.searchsorted(edges, ends, side="left") - 1, 0, _BINS - 1)
    for offset in range(int((last - first).max()) + 1):  # bins that a stay covers, one after the other
        reach = first + offset <= last
        np.minimum.at(low, first[reach] + offset, prices[reach])
        np.maximum.at(high, first[reach] + offset, prices[reach])
    empty = ~np.isfinite(low)
    low[empty] = high[empty] = np.nan
    axis.fill_between(
        _days(edges), np.append(low, low[-1]), np.append(high, high[-1]), step="post", color=colour, alpha=0.3,
        linewidth=0.5, label=f"{name}, range", zorder=2,
    )  # fmt: skip


def _markers(axis: Any, fills: st.Array, tick: float, name: str, colour: str, marker: str, hollow: bool) -> None:
    times, prices = fills["ts_ns"], fills["price_ticks"] * tick
    sizes: st.Array | float = 34.0 if len(fills) <= 200 else 22.0
    if len(fills) > _MAX_MARKERS:
        # one marker a bin, at the mean price, its area the share of the quantity
        bins = np.linspace(times[0], times[-1] + 1, _BINS + 1)
        place = np.searchsorted(bins, times, side="right") - 1
        quantity = np.bincount(place, fills["qty_lots"])
        used = quantity > 0
        prices = (np.bincount(place, fills["qty_lots"] * prices)[used]) / quantity[used]
        times = ((np.bincount(place, times - times[0])[used]) / np.bincount(place)[used]).astype(np.int64) + times[0]
        sizes = 12 + 40 * quantity[used] / quantity.max()
        name += f" ({len(fills):,}, grouped)"
    else:
        name += f" ({len(fills):,})"
    axis.scatter(
        _days(times), prices, s=sizes, marker=marker, label=name, zorder=5, linewidths=1.0 if hollow else 0.6,
        facecolors="none" if hollow else colour, edgecolors=colour if hollow else "white",
    )  # fmt: skip


def _inventory(axis: Any, instrument: Instrument, equity: st.Array, fills: st.Array) -> None:
    lot = float(instrument.lot_size)
    if not len(equity):
        return
    end_ns = equity["ts_ns"][-1]
    if len(fills) > 20_000:  # finer than the paper
        times, position = equity["ts_ns"], equity["position_lots"]
    else:
        start_ns = min((equity["ts_ns"][0], *fills["ts_ns"][:1]))
        times = np.concatenate(([start_ns], fills["ts_ns"], [end_ns]))
        position = np.concatenate(([0], fills["position_lots"], equity["position_lots"][-1:]))
    held = position * lot
    axis.fill_between(_days(times), held, step="post", where=held >= 0, color=_BUY, alpha=0.35, linewidth=0)
    axis.fill_between(_days(times), held, step="post", where=held <= 0, color=_SELL, alpha=0.35, linewidth=0)
    axis.step(_days(times), held, where="post", color=_MID, linewidth=0.8 if len(times) < 2000 else 0.3)
    axis.axhline(0, color="#888888", linewidth=0.8)
    if not len(fills):
        _say(axis, "no fills")
    axis.set_ylabel("position")


def _equity(axis: Any, result: Result, times: st.Array, pnl: st.Array) -> None:
    for name, (label, colour, sign) in _PARTS.items():
        parts = []
        for index, instrument in enumerate(result.instruments):
            rows = result.equity[result.equity["instrument"] == index][: len(times)]
            parts.append(sign * rows[f"{name}_units"] / instrument.money_scale)
        if not parts:
            return
        values = np.sum(parts, axis=0)
        if values.any():
            axis.plot(_days(times), values, color=colour, linewidth=1.1, label=label)
    axis.plot(_days(times), pnl, color=_PNL, linewidth=2.0, label="P&L", zorder=4)
    axis.axhline(0, color="#888888", linewidth=0.8)
    axis.set_ylabel(_in_currency("P&L and its parts", result.instruments[0].settlement))
    axis.legend(loc="best", ncols=6, frameon=True, framealpha=0.85, edgecolor="none", fontsize=9)


def _drawdown(axis: Any, times: st.Array, pnl: st.Array, currency: str) -> None:
    if not len(times):
        return
    below = -st.drawdown(np.concatenate(([0.0], pnl)))[1:]
    axis.fill_between(_days(times), below, color=_SELL, alpha=0.35, linewidth=0)
    worst = int(np.argmin(below))
    if below[worst] == 0:
        axis.set_ylim(-1, 0.05)
        _say(axis, "none")
    if below[worst] < 0:
        axis.plot(_days(times[worst : worst + 1]), below[worst : worst + 1], "o", color=_SELL, markersize=5)
        axis.annotate(f"{-below[worst]:,.6g}", (_days(times[worst : worst + 1])[0], below[worst]),
                      textcoords="offset points", xytext=(-8 if worst > len(times) * 0.9 else 8, 4), fontsize=9,
                      ha="right" if worst > len(times) * 0.9 else "left")  # fmt: skip
    axis.set_ylabel(_in_currency("drawdown", currency))


def _say(axis: Any, words: str) -> None:
    """A panel that has nothing to show says so, without a scale that means nothing."""
    axis.text(0.01, 0.5, words, transform=axis.transAxes, fontsize=9)
    axis.set_yticks([])


def _in_currency(name: str, currency: str) -> str:
    return f"{name}, {currency}" if currency else name
