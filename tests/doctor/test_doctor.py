"""The checklist on made-up machines, and the command on this one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from platform_trees import machine, write

from lumina.doctor import examine, probe
from lumina.doctor.check import Machine, cpu_list
from lumina.doctor.cli import main

TSC = {
    "proc/cpuinfo": "processor: 0\nmodel name: X\nflags: constant_tsc nonstop_tsc fma avx2 avx512f avx512bw avx512dq "
    "avx512vl\n\nprocessor: 1",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
    "sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc hpet",
}


def checks(root, cores=None):
    return {check.name: check for check in examine(Machine.at(root, cores))}


@pytest.fixture
def bare(tmp_path):
    """Four cores of two threads, nothing done for them."""
    machine(tmp_path, cores=4, threads=2)
    files = {
        "proc/cmdline": "quiet rcu_nocbs=1",
        "proc/irq/24/smp_affinity_list": "0-7",
        "proc/irq/25/smp_affinity_list": "0-7",
        "proc/irq/25/effective_affinity_list": "0",
        "proc/sys/kernel/sched_rt_runtime_us": 950_000,
        "proc/sys/kernel/sched_rt_period_us": 1_000_000,
        "sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]",
        "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": 0,
        "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": 0,
        "sys/devices/system/cpu/cpuidle/current_driver": "intel_idle",
    }
    for cpu in range(8):
        folder = f"sys/devices/system/cpu/cpu{cpu}"
        files[f"{folder}/cpufreq/scaling_governor"] = "powersave" if cpu else "performance"
        files[f"{folder}/cpuidle/state0/name"], files[f"{folder}/cpuidle/state0/latency"] = "POLL", 0
        files[f"{folder}/cpuidle/state1/name"], files[f"{folder}/cpuidle/state1/latency"] = "C6", 133
    return write(tmp_path, {**files, **TSC})


@pytest.fixture
def tuned(bare):
    """The same machine with everything done."""
    files = {
        "proc/cmdline": "isolcpus=1-3,5-7 rcu_nocbs=1-3,5-7 nohz_full=1-3,5-7",
        "sys/devices/system/cpu/isolated": "1-3,5-7",
        "sys/devices/system/cpu/nohz_full": "1-3,5-7",
        "proc/irq/24/smp_affinity_list": "0,4",
        "proc/sys/kernel/sched_rt_runtime_us": -1,
        "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
        "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": 512,
        "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": 500,
    }
    for cpu in range(8):
        folder = f"sys/devices/system/cpu/cpu{cpu}"
        files[f"{folder}/cpufreq/scaling_governor"] = "performance"
        files[f"{folder}/cpuidle/state1/disable"] = 1
        files[f"{folder}/topology/thread_siblings_list"] = cpu
    return write(bare, files)


def test_a_bare_machine_has_much_to_change(bare):
    found = checks(bare)
    assert Machine.at(bare).cores == (1, 2, 3)
    assert {name: check.remedy for name, check in found.items() if check.status == "advice"} == {
        "governor": "cpupower frequency-set -g performance",
        "C-states": "cpupower -c 1,2,3 idle-set -D 10; or keep /dev/cpu_dma_latency open with 0 in it; "
        "or processor.max_cstate=1 intel_idle.max_cstate=0",
        "isolcpus": "kernel parameter isolcpus=1,2,3",
        "nohz_full": "kernel parameter nohz_full=1,2,3",
        "rcu_nocbs": "kernel parameter rcu_nocbs=1,2,3",
        "interrupts": "echo 0,4,5,6,7 > /proc/irq/24/smp_affinity_list, and so on; irqaffinity=0,4,5,6,7; "
        "IRQBALANCE_BANNED_CPULIST=1,2,3 or no irqbalance",
        "SMT": "echo off > /sys/devices/system/cpu/smt/control",
        "THP": "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
        "hugetlb": "sysctl vm.nr_hugepages=512, or kernel parameters hugepagesz=2M hugepages=512",
        "RT throttling": "sysctl kernel.sched_rt_runtime_us=-1",
    }
    assert found["rcu_nocbs"].found == "1; without: 2,3"
    assert found["interrupts"].found == "1 of 2 on 1,2,3: 24"
    assert found["SMT"].found == "on; siblings to keep idle: 5,6,7"
    assert found["instructions"].found == "X: AVX-512" and found["clock"].status == "ok"


def test_a_tuned_machine_has_nothing_to_change(tuned):
    assert {name for name, check in checks(tuned, {1, 2, 3}).items() if check.status == "advice"} == set()


def test_nothing_to_read_is_unknown_and_no_error(tmp_path):
    found = checks(tmp_path)
    assert {check.status for check in found.values()} <= {"ok", "unknown"}
    assert found["cores"].status == found["clock"].status == found["instructions"].status == "unknown"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "50000 100000",
          "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, "50000 us of each 100000 us (/sys/fs/cgroup/a/cpu.max)"),
        ({"sys/fs/cgroup/cpu.max": "20000 100000"}, "20000 us of each 100000 us (/sys/fs/cgroup/cpu.max)"),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "30000", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"},
         "30000 us of each 100000 us"),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1"}, "none"),
    ],
)  # fmt: skip
def test_a_quota_of_the_container(tmp_path, files, found):
    check = checks(write(tmp_path, files))["CPU quota"]
    assert check.found == found and (check.status == "ok") == (found == "none")


def test_a_cpuset_without_the_cores(bare):
    write(bare, {
        "proc/self/cgroup": "0::/",
        "proc/self/mountinfo": "29 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
        "sys/fs/cgroup/cpuset.cpus.effective": "0-1",
    })  # fmt: skip
    check = checks(bare, {1, 2})["cores"]
    assert check.status == "advice" and "not usable: 2" in check.found and "--cpuset-cpus=1,2" in check.remedy


def test_two_nodes_and_pages_that_wander(tmp_path):
    machine(tmp_path, cores=4, nodes=2)
    assert checks(tmp_path)["NUMA"].status == "ok"
    write(tmp_path, {"proc/sys/kernel/numa_balancing": 1})
    assert checks(tmp_path)["NUMA"].remedy == "sysctl kernel.numa_balancing=0"


@pytest.mark.parametrize(
    ("flags", "current", "status", "text"),
    [
        ("constant_tsc nonstop_tsc", "tsc", "ok", "tsc; TSC invariant"),
        ("constant_tsc nonstop_tsc", "kvm-clock", "advice", "clocksource=tsc"),
        ("constant_tsc", "hpet", "advice", "invariant TSC"),
        ("", "arch_sys_counter", "ok", "by the architecture"),
    ],
)
def test_sources_of_time(tmp_path, flags, current, status, text):
    folder = "sys/devices/system/clocksource/clocksource0"
    write(tmp_path, {
        "proc/cpuinfo": f"flags : {flags}",
        f"{folder}/current_clocksource": current,
        f"{folder}/available_clocksource": "tsc kvm-clock hpet",
    })  # fmt: skip
    check = checks(tmp_path)["clock"]
    assert check.status == status and text in check.found + check.remedy


def test_many_cpus_are_ranges():
    assert cpu_list({1, 2, 3}) == "1,2,3"
    assert cpu_list({*range(1, 9), 12, 14, 15}) == "1-8,12,14-15"


def test_the_tables_name_the_kernel_parameters(bare, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    assert main(["--root", str(bare)]) == 0
    out = capsys.readouterr().out
    assert "kernel command line: isolcpus=1,2,3 nohz_full=1,2,3 rcu_nocbs=1,2,3" in out
    assert "10 of 17 to change" in out and "Jitter" not in out


def test_json_on_this_machine():
    command = [sys.executable, "-m", "lumina.doctor", "--json", "--seconds", "0.01"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    found = json.loads(done.stdout)
    assert set(found) == {"cores", "kernel_parameters", "checks", "jitter"}
    assert {check["status"] for check in found["checks"]} <= {"ok", "advice", "unknown"}
    assert [each["core"] for each in found["jitter"]] == found["cores"]


def test_the_probe_measures_the_core():
    core = Machine.at(Path("/")).cores[0]
    found = probe(core, 2_000_000)
    assert found["pinned"] and found["core"] == core and found["readings"] > 0
    assert 0 <= found["p50_ns"] <= found["p99_ns"] <= found["p99_99_ns"] <= found["max_ns"]
    assert 0 <= found["lost"] <= 1
    assert not probe(8191, 1_000_000)["pinned"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cores", "x"], "'x' is not a list of cores"),
        (["--cores", "3-1"], "'3-1' is not a list of cores"),
        (["--seconds", "-1"], "'-1' is not a number from 0 to 600"),
        (["--seconds", "nan"], "'nan' is not a number from 0 to 600"),
    ],
)
def test_arguments_that_cannot_be(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert message in capsys.readouterr().err


def test_a_core_that_is_not_there(bare, capsys):
    assert main(["--root", str(bare), "--cores", "2,40"]) == 2
    assert capsys.readouterr().err == "--cores 40: not online; online are 0,1,2,3,4,5,6,7\n"
