"""Checks of the processor: instructions, time, frequency, sleep."""

from __future__ import annotations

import platform

from lumina.doctor.check import ADVICE, OK, UNKNOWN, Check, Machine, cpu_list

_SLOW_EXIT_US = 10  # a sleep state that takes longer to leave is worth forbidding


def _cpuinfo(machine: Machine) -> dict[str, str]:
    """The fields of the first processor."""
    block = machine.text("proc/cpuinfo").split("\n\n")[0]
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in block.splitlines())}


def instructions(machine: Machine) -> Check:
    info = _cpuinfo(machine)
    flags = set((info.get("flags") or info.get("Features") or "").split())
    if not flags:
        return Check("instructions", UNKNOWN, "/proc/cpuinfo does not list them")
    model = info.get("model name") or platform.machine()
    guest = ", a virtual machine" if "hypervisor" in flags else ""
    if "asimd" in flags:
        return Check("instructions", OK, f"{model}{guest}: NEON")
    wide = {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
    best = "AVX-512" if wide <= flags else "AVX2" if {"avx2", "fma"} <= flags else ""
    if not best:
        return Check("instructions", ADVICE, f"{model}{guest}: neither AVX2 nor AVX-512: scalar kernels are used",
                     "in a virtual machine: the host's CPU model (qemu -cpu host)")  # fmt: skip
    return Check("instructions", OK, f"{model}{guest}: {best}")


def time_source(machine: Machine) -> Check:
    folder = "sys/devices/system/clocksource/clocksource0/"
    current = machine.text(folder + "current_clocksource")
    available = machine.text(folder + "available_clocksource").split()
    if not current:
        return Check("clock", UNKNOWN, "the kernel does not say its clocksource")
    flags = set(_cpuinfo(machine).get("flags", "").split())
    if current.startswith("arch_sys_counter"):
        return Check("clock", OK, f"{current}: the counter runs at one rate by the architecture")
    invariant = {"constant_tsc", "nonstop_tsc"} <= flags
    found = f"{current}; TSC {'invariant' if invariant else 'not invariant'}"
    if current == "tsc" and invariant:
        return Check("clock", OK, found)
    if "tsc" in available and invariant:
        return Check("clock", ADVICE, found, "kernel parameters clocksource=tsc tsc=reliable")
    return Check("clock", ADVICE, f"{found}: time is read from the kernel, slower",
                 "a host with an invariant TSC, given to the guest")  # fmt: skip


def governor(machine: Machine) -> Check:
    name = "governor"
    found = {
        cpu: text
        for cpu in machine.cores
        if (text := machine.text(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor"))
    }
    if not found:
        return Check(name, UNKNOWN, "frequency is not the kernel's matter here: firmware or hypervisor set it",
                     "on the host: cpupower frequency-set -g performance")  # fmt: skip
    slow = {cpu for cpu, text in found.items() if text != "performance"}
    shown = ", ".join(sorted(set(found.values())))
    if slow:
        return Check(name, ADVICE, f"{shown}; not performance: {cpu_list(slow)}",
                     "cpupower frequency-set -g performance")  # fmt: skip
    return Check(name, OK, shown)


def sleep_states(machine: Machine) -> Check:
    name = "C-states"
    if machine.parameters.get("idle") == "poll":
        return Check(name, OK, "idle=poll: none")
    slowest, known = ("", 0), False
    for cpu in machine.cores:
        folder = f"sys/devices/system/cpu/cpu{cpu}/cpuidle"
        for state in machine.names(folder):
            latency = machine.number(f"{folder}/{state}/latency")
            if latency is None:
                continue
            known = True
            if not machine.number(f"{folder}/{state}/disable") and latency > slowest[1]:
                slowest = (machine.text(f"{folder}/{state}/name"), latency)
    driver = machine.text("sys/devices/system/cpu/cpuidle/current_driver")
    if not known:
        if driver in ("", "none"):
            return Check(name, UNKNOWN, "idle is not the kernel's matter here: firmware or hypervisor do it")
        return Check(name, OK, f"{driver}: no states")
    if slowest[1] > _SLOW_EXIT_US:
        return Check(name, ADVICE, f"{driver}: {slowest[0]} takes {slowest[1]} us to leave",
                     f"cpupower -c {machine.wanted} idle-set -D {_SLOW_EXIT_US}; or keep /dev/cpu_dma_latency open "
                     "with 0 in it; or processor.max_cstate=1 intel_idle.max_cstate=0")  # fmt: skip
    return Check(name, OK, f"{driver}: none that takes over {_SLOW_EXIT_US} us to leave")


CHECKS = (instructions, time_source, governor, sleep_states)
