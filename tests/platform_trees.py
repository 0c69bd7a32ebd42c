"""Made-up machines: trees of /proc and /sys."""

from __future__ import annotations

from pathlib import Path


def write(root: Path, files: dict[str, object]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n")
    return root


def machine(
    root: Path, *, cores: int, threads: int = 1, l3: int = 0, nodes: int = 1, isolated: str = "", offline: int = -1
) -> Path:
    """A machine of `cores` physical cores, thread t of core c being CPU t * cores + c; `l3` cores behind each cache,
    0 for all; the cores split over the nodes in order; one CPU may be offline."""
    cpus = [cpu for cpu in range(cores * threads) if cpu != offline]
    listed = ",".join(map(str, cpus))
    files: dict[str, object] = {
        "proc/self/status": f"Name:\tpython\nCpus_allowed_list:\t{listed}\nCapEff:\t0000000000000000",
        "sys/devices/system/cpu/online": listed,
        "sys/devices/system/cpu/isolated": isolated,
        "sys/devices/system/node/online": f"0-{nodes - 1}",
    }

    def together(of_core) -> str:
        return ",".join(str(cpu) for cpu in cpus if of_core(cpu % cores))

    for node in range(nodes):
        files[f"sys/devices/system/node/node{node}/cpulist"] = together(lambda c, n=node: c * nodes // cores == n)
    for cpu in cpus:
        folder, core = f"sys/devices/system/cpu/cpu{cpu}", cpu % cores
        files[f"{folder}/topology/thread_siblings_list"] = together(lambda c, mine=core: c == mine)
        files[f"{folder}/cache/index0/level"] = 1
        files[f"{folder}/cache/index3/level"] = 3
        group = core // (l3 or cores)
        files[f"{folder}/cache/index3/shared_cpu_list"] = together(lambda c, g=group: c // (l3 or cores) == g)
    return write(root, files)
