"""The platform headers as plain tuples and sets; `lumina.affinity` gives them names."""

from collections.abc import Iterable
from os import PathLike
from typing import Any

def discover(root: str | PathLike[str]) -> dict[str, Any]:
    """As `lumina.affinity.discover`."""

def choose(
    root: str | PathLike[str], n: int, numa_node: int, without: Iterable[int]
) -> tuple[list[int], int, int, int, set[int]]:
    """As `lumina.affinity.choose_cores`."""

def pin(core_id: int) -> tuple[str, int, int, int, set[int], str]:
    """As `lumina.affinity.pin_thread_to_core`."""

def throttling(root: str | PathLike[str]) -> int | None:
    """As `lumina.affinity.rt_stopped_us_per_second`."""

def fifo(priority: int) -> tuple[bool, int, int, str]:
    """As `lumina.affinity.set_fifo_priority`."""

def normal_scheduling() -> bool:
    """As `lumina.affinity.set_normal_scheduling`."""

def lock_memory() -> tuple[bool, bool, int, int, int, str]:
    """As `lumina.affinity.lock_memory`."""

def unlock_memory() -> bool:
    """As `lumina.affinity.unlock_memory`."""

def probe_pages(size: int) -> str:
    """As `lumina.affinity.probe_pages`."""
