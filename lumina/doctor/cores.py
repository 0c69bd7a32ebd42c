"""Checks of what else runs on the cores: isolation, ticks, callbacks, interrupts, siblings, limits of the container."""

from __future__ import annotations

from lumina.doctor.check import ADVICE, OK, UNKNOWN, Check, Machine, cpu_list, parse_cpu_list


def usable(machine: Machine) -> Check:
    topology = machine.topology
    if not topology.online:
        return Check("cores", UNKNOWN, "the kernel does not say which CPUs are online")
    found = f"online {cpu_list(topology.online)}; usable {cpu_list(topology.usable)}"
    if topology.cpuset != topology.online and topology.cpuset_file:
        found += f" by {topology.cpuset_file}"
    if topology.affinity and not topology.affinity >= topology.usable:
        found += f"; this process starts on {cpu_list(topology.affinity)}"
    missing = set(machine.cores) - topology.usable
    if missing:
        return Check("cores", ADVICE, f"{found}; not usable: {cpu_list(missing)}",
                     f"docker run --cpuset-cpus={machine.wanted} ..., or take others")  # fmt: skip
    if len(topology.usable) < 2:
        return Check("cores", ADVICE, f"{found}: none can be kept free", "a machine or container with 2 CPUs or more")
    return Check("cores", OK, found)


_NO_QUOTA = "start the container without --cpus or a CPU limit; give it --cpuset-cpus instead"


def quota(machine: Machine) -> Check:
    """A CPU quota of the cgroup stops all its threads for the rest of each period."""
    name = "CPU quota"
    folder = next((line[3:] for line in machine.text("proc/self/cgroup").splitlines() if line.startswith("0::")), "/")
    at = folder.rstrip("/")
    while True:
        limit = machine.text(f"sys/fs/cgroup{at}/cpu.max").split()
        if len(limit) == 2 and limit[0] != "max":
            return Check(name, ADVICE, f"{limit[0]} us of each {limit[1]} us (/sys/fs/cgroup{at}/cpu.max)",
                         _NO_QUOTA)  # fmt: skip
        if not at:
            break
        at = at.rpartition("/")[0]
    old = machine.number("sys/fs/cgroup/cpu/cpu.cfs_quota_us")
    if old is not None and old > 0:
        return Check(name, ADVICE, f"{old} us of each {machine.text('sys/fs/cgroup/cpu/cpu.cfs_period_us')} us",
                     _NO_QUOTA)  # fmt: skip
    return Check(name, OK, "none")


def _parameter(machine: Machine, name: str, have: frozenset[int], of_kernel: str) -> Check:
    missing = frozenset(machine.cores) - have
    shown = cpu_list(have) or "none"
    if not missing:
        return Check(name, OK, shown)
    return Check(name, ADVICE, f"{shown}; without: {cpu_list(missing)}", f"kernel parameter {of_kernel}")


def isolated(machine: Machine) -> Check:
    return _parameter(machine, "isolcpus", machine.topology.isolated, f"isolcpus={machine.wanted}")


def tickless(machine: Machine) -> Check:
    return _parameter(machine, "nohz_full", machine.topology.nohz_full, f"nohz_full={machine.wanted}")


def callbacks(machine: Machine) -> Check:
    have = machine.topology.nohz_full  # which implies it
    value = machine.parameters.get("rcu_nocbs", "")
    if value == "all":
        have |= machine.topology.online
    elif value:
        try:
            have |= parse_cpu_list(value)
        except ValueError:
            return Check("rcu_nocbs", UNKNOWN, f"kernel parameter rcu_nocbs={value}")
    return _parameter(machine, "rcu_nocbs", have, f"rcu_nocbs={machine.wanted}")


def interrupts(machine: Machine) -> Check:
    name, cores = "interrupts", frozenset(machine.cores)
    there, known = [], 0
    for irq in machine.names("proc/irq"):
        if not irq.isdigit():
            continue
        where = machine.cpus(f"proc/irq/{irq}/effective_affinity_list")
        if where is None:
            where = machine.cpus(f"proc/irq/{irq}/smp_affinity_list")
        if where is None:
            continue
        known += 1
        if where & cores:
            there.append(irq)
    if not known:
        return Check(name, UNKNOWN, "/proc/irq is not to be read")
    if not there:
        return Check(name, OK, f"none of {known} on {machine.wanted}")
    rest = cpu_list(machine.topology.online - cores) or "0"
    example = there[0]
    return Check(
        name,
        ADVICE,
        f"{len(there)} of {known} on {machine.wanted}: {', '.join(there[:8])}{', ...' if len(there) > 8 else ''}",
        f"echo {rest} > /proc/irq/{example}/smp_affinity_list, and so on; irqaffinity={rest}; "
        f"IRQBALANCE_BANNED_CPULIST={machine.wanted} or no irqbalance",
    )


def siblings(machine: Machine) -> Check:
    topology = machine.topology
    cores = frozenset(machine.cores)
    pairs = {cpu.siblings & topology.online for cpu in topology.cpus if cpu.id in cores}
    idle = frozenset().union(*pairs) - cores if pairs else frozenset()
    if not topology.smt:
        return Check("SMT", OK, "off, or none")
    shared = [pair for pair in pairs if len(pair & cores) > 1]
    if shared:
        return Check("SMT", ADVICE, f"on; of one core: {'; '.join(cpu_list(pair & cores) for pair in shared)}",
                     "take one thread of each core, or echo off > /sys/devices/system/cpu/smt/control")  # fmt: skip
    if not idle:
        return Check("SMT", OK, "on, but not on these cores")
    return Check(
        "SMT", ADVICE, f"on; siblings to keep idle: {cpu_list(idle)}", "echo off > /sys/devices/system/cpu/smt/control"
    )


def numa(machine: Machine) -> Check:
    nodes = {cpu.numa_node for cpu in machine.topology.cpus} - {-1}
    if len(nodes) < 2:
        return Check("NUMA", OK, "one node")
    used = {cpu.numa_node for cpu in machine.topology.cpus if cpu.id in machine.cores}
    found = f"{len(nodes)} nodes; these cores are on {cpu_list(used)}"
    if machine.number("proc/sys/kernel/numa_balancing"):
        return Check("NUMA", ADVICE, f"{found}; pages are moved while they are used",
                     "sysctl kernel.numa_balancing=0")  # fmt: skip
    return Check("NUMA", OK, found)


CHECKS = (usable, quota, isolated, tickless, callbacks, interrupts, siblings, numa)
