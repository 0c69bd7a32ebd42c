"""Threads on cores: what this process may run on, which cores to take, pinning that is verified, real-time
scheduling, locked memory and huge pages.

What the machine refuses, as most of it is in a container, is in the report and raises nothing; each report is true
where it was granted, and `message` says what it needs.

>>> choice = lumina.affinity.choose_cores(2)
>>> report = lumina.affinity.pin_thread_to_core(choice.cores[0])
>>> print(report.message)
pinned to core 2
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike

from lumina._core import _affinity

__all__ = [
    "CoreChoice",
    "FifoReport",
    "LockReport",
    "LogicalCpu",
    "PinReport",
    "Topology",
    "choose_cores",
    "discover",
    "lock_memory",
    "pin_thread_to_core",
    "probe_pages",
    "rt_stopped_us_per_second",
    "set_fifo_priority",
    "set_normal_scheduling",
    "unlock_memory",
]


@dataclass(frozen=True)
class LogicalCpu:
    """A logical CPU that is online: its NUMA node (-1: not known), the hardware threads of its core and the CPUs
    behind its level-3 cache, itself among both."""

    id: int
    numa_node: int
    siblings: frozenset[int]
    shared_l3: frozenset[int]


@dataclass(frozen=True)
class Topology:
    """What this process may run on, and how the CPUs hang together.

    Attributes
    ----------
    online, affinity, cpuset, usable
        CPUs that run; the calling thread's mask; what its cgroup allows (read from `cpuset_file`, empty where there
        is none); and what a thread can be pinned to, which is what is online and in the cpuset.
    isolated, nohz_full
        CPUs without load balancing (isolcpus=, or an isolated partition of cgroup v2), and without timer ticks.
    smt
        Whether any core runs two threads.
    """

    online: frozenset[int]
    affinity: frozenset[int]
    cpuset: frozenset[int]
    cpuset_file: str
    isolated: frozenset[int]
    nohz_full: frozenset[int]
    usable: frozenset[int]
    smt: bool
    cpus: tuple[LogicalCpu, ...]


def discover(root: str | PathLike[str] = "/") -> Topology:
    """Read /proc and /sys below `root`. What is missing or unreadable is empty."""
    found = _affinity.discover(root)
    cpus = tuple(
        LogicalCpu(cpu, node, frozenset(siblings), frozenset(shared)) for cpu, node, siblings, shared in found["cpus"]
    )
    sets = {name: frozenset(value) for name, value in found.items() if isinstance(value, set)}
    return Topology(**sets, cpuset_file=found["cpuset_file"], smt=found["smt"], cpus=cpus)


@dataclass(frozen=True)
class CoreChoice:
    """Cores for threads that talk to each other.

    Attributes
    ----------
    cores
        Best first; fewer than asked for where there are not so many.
    isolated, shared, l3_groups
        How many of them are isolated, how many share a physical core with another one, and how many level-3 caches
        they spread over.
    keep_idle
        SMT siblings of the chosen: what runs there slows them down.
    """

    cores: tuple[int, ...]
    isolated: int
    shared: int
    l3_groups: int
    keep_idle: frozenset[int]


def choose_cores(
    n: int, *, numa_node: int = -1, without: Iterable[int] = (), root: str | PathLike[str] = "/"
) -> CoreChoice:
    """Choose n cores among the usable ones, in order of preference: on physical cores of their own, isolated, behind
    one level-3 cache, tickless, not CPU 0.

    Parameters
    ----------
    n
        How many, at least 1.
    numa_node
        Only of this node; -1 for any.
    without
        Cores that are taken.
    """
    if n < 1:
        raise ValueError(f"n {n} is below 1")
    cores, isolated, shared, l3_groups, keep_idle = _affinity.choose(root, n, numa_node, without)
    return CoreChoice(tuple(cores), isolated, shared, l3_groups, frozenset(keep_idle))


@dataclass(frozen=True)
class PinReport:
    """What came of pinning: `status` is ``"pinned"``, ``"not_usable"`` (no such core, offline or outside the cpuset;
    `usable` is what could be asked for), ``"refused"`` (by the kernel, errno in `error`) or ``"elsewhere"`` (accepted,
    but found running on `running_on`)."""

    status: str
    core_id: int
    running_on: int
    error: int
    usable: frozenset[int]
    message: str

    def __bool__(self) -> bool:
        return self.status == "pinned"


def pin_thread_to_core(core_id: int) -> PinReport:
    """Pin the calling thread to a core, and look whether it is there."""
    status, core, running_on, error, usable, message = _affinity.pin(core_id)
    return PinReport(status, core, running_on, error, frozenset(usable), message)


@dataclass(frozen=True)
class FifoReport:
    """What came of `set_fifo_priority`: whether the thread is SCHED_FIFO now, errno where it was refused, and for how
    long the kernel stops a real-time thread that spins, us each second."""

    fifo: bool
    error: int
    stopped_us_per_second: int
    message: str

    def __bool__(self) -> bool:
        return self.fifo


def set_fifo_priority(priority: int) -> FifoReport:
    """Run the calling thread at a real-time priority from 1 to 99. Pin it first, to a core that nobody else needs."""
    return FifoReport(*_affinity.fifo(priority))


def set_normal_scheduling() -> bool:
    """Take the calling thread back to ordinary scheduling."""
    return _affinity.normal_scheduling()


def rt_stopped_us_per_second(root: str | PathLike[str] = "/") -> int | None:
    """For how long the kernel stops real-time threads that spin, us each second; None where it does not say."""
    return _affinity.throttling(root)


@dataclass(frozen=True)
class LockReport:
    """What came of `lock_memory`: whether what is mapped is locked (`current`) and what will be (`future`), errno where
    something was refused, the process's locked bytes, and the memlock limit (-1: none)."""

    current: bool
    future: bool
    error: int
    locked_bytes: int
    limit_bytes: int
    message: str

    def __bool__(self) -> bool:
        return self.current


def lock_memory() -> LockReport:
    """Lock all memory of the process, so that none is paged out, and touch the thread's stack.

    All that is mapped becomes resident, also what was reserved and not used yet. What is mapped later is locked too
    where no limit can make it fail for that.
    """
    return LockReport(*_affinity.lock_memory())


def unlock_memory() -> bool:
    """Undo `lock_memory`."""
    return _affinity.unlock_memory()


def probe_pages(size: int = 2 << 20) -> str:
    """Which pages a block of so many bytes gets: ``"hugetlb"`` (reserved ones), ``"transparent"`` or ``"base"``."""
    return _affinity.probe_pages(size)
