"""Checks of memory and of the rights of this process: huge pages, locking, real-time priority."""

from __future__ import annotations

import resource

from lumina.affinity import probe_pages, rt_stopped_us_per_second
from lumina.doctor.check import ADVICE, OK, UNKNOWN, Check, Machine

_WHAT = {"hugetlb": "reserved huge pages", "transparent": "transparent huge pages", "base": "small pages"}
_IPC_LOCK, _SYS_NICE = 14, 23  # capabilities by number


def _may(machine: Machine, capability: int) -> bool:
    for line in machine.text("proc/self/status").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> capability & 1)
    return False


def transparent(machine: Machine) -> Check:
    text = machine.text("sys/kernel/mm/transparent_hugepage/enabled")
    if "[" not in text:
        return Check("THP", UNKNOWN, "the kernel has no transparent huge pages")
    mode = text.split("[")[1].split("]")[0]
    if mode == "never":
        return Check("THP", ADVICE, mode, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
    if mode == "always":
        return Check("THP", OK, "always; madvise keeps other processes' compaction away")
    return Check("THP", OK, mode)


def reserved(machine: Machine) -> Check:
    folder = "sys/kernel/mm/hugepages/hugepages-2048kB/"
    total, free = machine.number(folder + "nr_hugepages"), machine.number(folder + "free_hugepages")
    got = ""
    if machine.own_root:
        try:
            got = f"; 2 MB asked for came on {_WHAT[probe_pages()]}"
        except MemoryError:
            got = "; 2 MB asked for were refused"
    if total is None:
        return Check("hugetlb", UNKNOWN, f"the kernel says nothing of pages of 2 MB{got}")
    if not free:
        return Check("hugetlb", ADVICE, f"{free or 0} of {total} pages of 2 MB free{got}",
                     "sysctl vm.nr_hugepages=512, or kernel parameters hugepagesz=2M hugepages=512")  # fmt: skip
    return Check("hugetlb", OK, f"{free} of {total} pages of 2 MB free{got}")


def throttling(machine: Machine) -> Check:
    stopped = rt_stopped_us_per_second(machine.root)
    if stopped is None:
        return Check("RT throttling", UNKNOWN, "the kernel does not say")
    if stopped:
        return Check("RT throttling", ADVICE, f"a SCHED_FIFO thread that spins is stopped {stopped} us each second",
                     "sysctl kernel.sched_rt_runtime_us=-1")  # fmt: skip
    return Check("RT throttling", OK, "off")


def priority(machine: Machine) -> Check:
    if not machine.own_root:
        return Check("SCHED_FIFO", UNKNOWN, "not this machine")
    limit = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
    if _may(machine, _SYS_NICE):
        return Check("SCHED_FIFO", OK, "allowed: CAP_SYS_NICE")
    if limit > 0 or limit == resource.RLIM_INFINITY:
        return Check("SCHED_FIFO", OK, f"allowed up to priority {99 if limit < 0 else limit}")
    return Check("SCHED_FIFO", ADVICE, "refused: rtprio limit 0",
                 "rtprio 99 in /etc/security/limits.conf; docker run --cap-add=SYS_NICE")  # fmt: skip


def locking(machine: Machine) -> Check:
    if not machine.own_root:
        return Check("memlock", UNKNOWN, "not this machine")
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if limit == resource.RLIM_INFINITY:
        return Check("memlock", OK, "no limit")
    if _may(machine, _IPC_LOCK):
        return Check("memlock", OK, f"limit {limit >> 10} kB, but CAP_IPC_LOCK")
    return Check("memlock", ADVICE, f"limit {limit >> 10} kB",
                 "memlock unlimited in /etc/security/limits.conf; docker run --ulimit memlock=-1")  # fmt: skip


CHECKS = (transparent, reserved, throttling, priority, locking)
