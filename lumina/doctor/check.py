"""One line of the checklist, and the files that it is read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lumina.affinity import Topology, choose_cores, discover

OK, ADVICE, UNKNOWN = "ok", "advice", "unknown"


@dataclass(frozen=True)
class Check:
    """A finding: its status (``"ok"``, ``"advice"`` or ``"unknown"``), what was found, and what to type about it."""

    name: str
    status: str
    found: str
    remedy: str = ""


def cpu_list(cpus: Iterable[int]) -> str:
    """CPUs as the kernel's parameters take them: "1,2,3", and with ranges where they are many."""
    numbers = sorted(cpus)
    if len(numbers) <= 8:
        return ",".join(map(str, numbers))
    parts: list[list[int]] = []
    for cpu in numbers:
        if parts and parts[-1][1] == cpu - 1:
            parts[-1][1] = cpu
        else:
            parts.append([cpu, cpu])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def parse_cpu_list(text: str) -> frozenset[int]:
    """The reverse of `cpu_list`; ValueError where the text is no such list."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        a, b = int(first), int(last or first)
        if not 0 <= a <= b < 8192:
            raise ValueError(f"{part!r} is not a CPU or a range of CPUs from 0 to 8191")
        found.update(range(a, b + 1))
    return frozenset(found)


@dataclass(frozen=True)
class Machine:
    """The files of /proc and /sys below a root, and the cores that the checks are about.

    `cores` are those that a low-latency process would take; by default all physical cores but the one of CPU 0, or
    the only one, one thread of each.
    """

    root: Path
    topology: Topology
    cores: tuple[int, ...]
    parameters: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def at(root: Path, cores: Iterable[int] | None = None) -> Machine:
        topology = discover(root)
        if cores is None:
            cores = _default_cores(root, topology)
        parameters = {}
        for word in _text(root / "proc/cmdline").split():
            name, _, value = word.partition("=")
            parameters[name] = value
        return Machine(root, topology, tuple(sorted(cores)), parameters)

    def text(self, path: str) -> str:
        """A file without space at its ends; empty where it is missing or unreadable."""
        return _text(self.root / path)

    def number(self, path: str) -> int | None:
        try:
            return int(self.text(path))
        except ValueError:
            return None

    def names(self, path: str) -> list[str]:
        """What is in a folder; nothing where it is missing or unreadable."""
        try:
            return sorted(each.name for each in (self.root / path).iterdir())
        except OSError:
            return []

    def cpus(self, path: str) -> frozenset[int] | None:
        try:
            return parse_cpu_list(self.text(path))
        except ValueError:
            return None

    @property
    def wanted(self) -> str:
        return cpu_list(self.cores)

    @property
    def own_root(self) -> bool:
        """Whether it is this machine, where limits and rights of this process say something."""
        return self.root == Path("/")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _default_cores(root: Path, topology: Topology) -> Iterable[int]:
    first = next((cpu.siblings for cpu in topology.cpus if cpu.id == 0), frozenset())
    others = topology.usable - first
    threads = {cpu.id: cpu.siblings for cpu in topology.cpus}
    physical = len({min(threads[cpu] & topology.online) for cpu in others if cpu in threads})
    if physical == 0:
        return sorted(topology.usable)[:1]
    return choose_cores(physical, without=first, root=root).cores
