"""The checklist: every check, in the order in which it is read."""

from __future__ import annotations

from collections.abc import Callable

from lumina.doctor import cores, memory, processor
from lumina.doctor.check import Check, Machine

CHECKS: tuple[Callable[[Machine], Check], ...] = (*processor.CHECKS, *cores.CHECKS, *memory.CHECKS)


def examine(machine: Machine) -> list[Check]:
    """Make all checks. None raises for what is missing, unreadable or refused: that is a finding."""
    return [check(machine) for check in CHECKS]


def kernel_parameters(checks: list[Check]) -> str:
    """What to add to the kernel's command line, by the checks of isolation; empty where nothing is missing."""
    names = {"isolcpus", "nohz_full", "rcu_nocbs"}
    remedies = [check.remedy for check in checks if check.name in names and check.remedy]
    return " ".join(remedy.removeprefix("kernel parameter ") for remedy in remedies)
