"""Lumina: market-making research and execution over a C++20 core."""

import importlib.machinery as _machinery
import importlib.util as _util
from pathlib import Path as _Path


def _has_compiled_core(package: _Path) -> bool:
    return any((package / "_core" / f"_types{suffix}").is_file() for suffix in _machinery.EXTENSION_SUFFIXES)


def _use_installed_core() -> None:
    # From the root of a checkout, Python finds this source tree, which holds no compiled modules, before
    # the installed package: put the installed one's modules first, so that Python and compiled code match.
    import sys

    here = _Path(__file__).parent
    if _has_compiled_core(here):
        return
    for entry in sys.path:
        candidate = _Path(entry).resolve() / "lumina"
        if _has_compiled_core(candidate):
            __path__.insert(0, str(candidate))
            return
    # an editable installation serves the compiled modules through a finder of its own
    if _util.find_spec("lumina._core._types") is None:
        raise ImportError(
            f"lumina's compiled core is not built beside {here}, nor installed for {sys.executable}: "
            f"run `pip install .` in {here.parent}"
        )


_use_installed_core()

from lumina import affinity, clock  # noqa: E402
from lumina._core._book import DepthBook  # noqa: E402
from lumina._core._histogram import Histogram  # noqa: E402
from lumina._core._matching_engine import MATCH_EVENT, MATCH_MESSAGE, MatchingEngine  # noqa: E402
from lumina._core._memory_pool import MemoryPool  # noqa: E402
from lumina._core._order_book import ORDER_MESSAGE, BookSnapshot, OrderBook  # noqa: E402
from lumina._core._python_strategy import Context, RunEvent  # noqa: E402
from lumina._core._ring import Disruptor, DisruptorConsumer, MpmcRing, SpscRing  # noqa: E402
from lumina._core._risk import RiskGate  # noqa: E402
from lumina._core._types import EVENT, NO_MID, VERSION  # noqa: E402
from lumina.backtester.options import Impact, Latency, Queue, Risk  # noqa: E402
from lumina.backtester.result import Result  # noqa: E402
from lumina.backtester.run import backtest  # noqa: E402
from lumina.codes import EventKind, FillCause, OrderAction, OrderState  # noqa: E402
from lumina.data.instrument import Instrument  # noqa: E402
from lumina.data.kinds import Flag, Kind, Phase, Side  # noqa: E402
from lumina.data.load import load  # noqa: E402
from lumina.data.tape import Tape  # noqa: E402
from lumina.errors import LuminaError, RingClosed  # noqa: E402
from lumina.market import EmbeddedMarket  # noqa: E402
from lumina.matching import MatchEventKind, MatchKind, MatchReason, OrderType  # noqa: E402
from lumina.reasons import Reason  # noqa: E402
from lumina.risk import RiskLimits  # noqa: E402

__version__ = VERSION


def get_include() -> str:
    """Folder to pass to a compiler as -I for `#include "lumina/..."`."""
    for root in (*__path__, _Path(__file__).parent):  # an editable installation's path is not a folder
        for folder in (_Path(root) / "include", _Path(root).parent / "include"):
            if (folder / "lumina" / "types.hpp").is_file():
                return str(folder)
    raise ImportError("lumina's headers are not installed")


__all__ = [
    "BookSnapshot",
    "Context",
    "DepthBook",
    "Disruptor",
    "DisruptorConsumer",
    "EVENT",
    "EmbeddedMarket",
    "EventKind",
    "FillCause",
    "Flag",
    "Histogram",
    "Impact",
    "Instrument",
    "Kind",
    "Latency",
    "LuminaError",
    "MATCH_EVENT",
    "MATCH_MESSAGE",
    "MatchEventKind",
    "MatchKind",
    "MatchReason",
    "MatchingEngine",
    "MemoryPool",
    "MpmcRing",
    "NO_MID",
    "ORDER_MESSAGE",
    "OrderAction",
    "OrderBook",
    "OrderState",
    "OrderType",
    "Phase",
    "Queue",
    "Reason",
    "Result",
    "RingClosed",
    "RunEvent",
    "Risk",
    "RiskGate",
    "RiskLimits",
    "Side",
    "SpscRing",
    "Tape",
    "__version__",
    "affinity",
    "backtest",
    "clock",
    "get_include",
    "load",
]
