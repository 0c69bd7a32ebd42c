"""Discovery in made-up trees, the choice of cores, and pinning on this machine."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platform_trees import machine, write

from lumina import affinity
from lumina.doctor.check import cpu_list, parse_cpu_list


def test_isolated_sets_and_offline_cpus(tmp_path):
    found = affinity.discover(machine(tmp_path, cores=4, threads=2, l3=2, nodes=2, isolated="1-3,5", offline=7))
    assert found.online == found.affinity == found.usable == set(range(7))
    assert found.isolated == {1, 2, 3, 5} and found.nohz_full == set()
    by_id = {cpu.id: cpu for cpu in found.cpus}
    assert sorted(by_id) == list(range(7))
    assert by_id[4].siblings == {0, 4} and by_id[3].siblings == {3}
    assert by_id[6].shared_l3 == {2, 3, 6} and by_id[6].numa_node == 1 and by_id[5].numa_node == 0
    assert found.smt


@pytest.mark.parametrize("text", ["(null)", "", "1-", "x", "3-1", "1,,2", "9999"])
def test_what_is_no_list_of_cpus_is_none(tmp_path, text):
    machine(tmp_path, cores=2)
    write(tmp_path, {"sys/devices/system/cpu/nohz_full": text, "sys/devices/system/cpu/isolated": text})
    found = affinity.discover(tmp_path)
    assert found.nohz_full == found.isolated == set() and found.online == {0, 1}


V2 = {
    "proc/self/mountinfo": "29 1 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw",
    "sys/fs/cgroup/cpuset.cpus.effective": "0-7",
}


@pytest.mark.parametrize(
    ("group", "files", "usable"),
    [
        ("/", {}, set(range(8))),
        ("/a/b", {"a/cpuset.cpus.effective": "2-4", "a/b/cpuset.cpus.effective": "3,9"}, {3}),
        ("/a/b", {"a/cpuset.cpus.effective": "2-4"}, {2, 3, 4}),  # no such controller in b
        ("/a/b", {"a/b/cpuset.cpus.effective": "", "a/cpuset.cpus.effective": "6"}, {6}),
        ("/../x", {}, set(range(8))),  # outside of this namespace
    ],
)
def test_nested_groups_of_version_2(tmp_path, group, files, usable):
    machine(tmp_path, cores=8)
    write(tmp_path, {**V2, "proc/self/cgroup": f"0::{group}"})
    write(tmp_path / "sys/fs/cgroup", files)
    assert affinity.discover(tmp_path).usable == usable


def test_a_container_of_version_1_sees_its_part_of_the_tree(tmp_path):
    machine(tmp_path, cores=8)
    write(tmp_path, {
        "proc/self/cgroup": "5:cpuset:/docker/1\n3:cpu,cpuacct:/docker/1\n0::/docker/1",
        "proc/self/mountinfo": "31 29 0:27 /docker/1 /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset",
        "sys/fs/cgroup/cpuset/cpuset.cpus": "0-7",
        "sys/fs/cgroup/cpuset/cpuset.effective_cpus": "1-3,5",
    })  # fmt: skip
    found = affinity.discover(tmp_path)
    assert found.cpuset == {1, 2, 3, 5} and found.cpuset_file == "/sys/fs/cgroup/cpuset/cpuset.effective_cpus"


@pytest.mark.parametrize(
    ("group", "usable"), [("/docker/1/inner", {2}), ("/docker/1", {1, 2}), ("/docker/12/inner", {1, 2})]
)
def test_a_group_inside_the_container(tmp_path, group, usable):
    machine(tmp_path, cores=8)
    write(tmp_path, {
        "proc/self/cgroup": f"0::{group}",
        "proc/self/mountinfo": "31 29 0:27 /docker/1 /cg ro - cgroup2 cgroup rw",
        "cg/cpuset.cpus.effective": "1-2",
        "cg/inner/cpuset.cpus.effective": "2",
        "cg2/inner/cpuset.cpus.effective": "7",
    })  # fmt: skip
    assert affinity.discover(tmp_path).usable == usable


def test_an_isolated_partition_counts(tmp_path):
    machine(tmp_path, cores=8, isolated="7")
    write(tmp_path, {**V2, "proc/self/cgroup": "0::/", "sys/fs/cgroup/cpuset.cpus.isolated": "2-3"})
    assert affinity.discover(tmp_path).isolated == {2, 3, 7}


def test_nothing_to_read_is_nothing_found(tmp_path):
    found = affinity.discover(tmp_path)
    assert found.online == found.usable == set() and found.cpus == () and not found.smt
    assert affinity.choose_cores(3, root=tmp_path).cores == ()


def test_cores_of_their_own_come_first(tmp_path):
    machine(tmp_path, cores=4, threads=2, isolated="2,6")
    choice = affinity.choose_cores(2, root=tmp_path)
    assert choice.cores == (2, 1) and choice.isolated == 1 and choice.shared == 0 and choice.keep_idle == {5, 6}
    assert affinity.choose_cores(1, without={2}, root=tmp_path).cores == (1,)  # 6 is beside 2
    every = affinity.choose_cores(9, root=tmp_path)
    assert set(every.cores) == set(range(8)) and every.shared == 8 and every.keep_idle == set()


def test_one_cache_and_one_node(tmp_path):
    machine(tmp_path, cores=8, l3=4, nodes=2, isolated="1-2,5-7")
    assert affinity.choose_cores(2, root=tmp_path).cores == (1, 2)
    assert affinity.choose_cores(3, root=tmp_path).cores == (5, 6, 7)  # isolated behind one cache
    assert affinity.choose_cores(4, root=tmp_path).isolated == 4
    assert affinity.choose_cores(2, numa_node=1, root=tmp_path).cores == (5, 6)
    with pytest.raises(ValueError, match="n 0 is below 1"):
        affinity.choose_cores(0)


@given(st.sets(st.integers(0, 8191), min_size=1, max_size=40))
def test_lists_of_cpus_read_back(cpus):
    assert parse_cpu_list(cpu_list(cpus)) == cpus


def in_a_thread(call):
    """What call returns in a thread of its own, whose mask dies with it."""
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.parametrize("core", sorted(affinity.discover().usable))
def test_a_pinned_thread_is_there(core):
    report, mask, now = in_a_thread(
        lambda: (affinity.pin_thread_to_core(core), os.sched_getaffinity(0), affinity.discover().affinity)
    )
    assert report and report.status == "pinned" and report.running_on == core
    assert mask == now == {core}
    assert report.message == f"pinned to core {core}"


@pytest.mark.parametrize("core", [-1, 8191, 8192, 2**31 - 1])
def test_a_wrong_core_is_reported_with_the_valid_ones(core):
    before = os.sched_getaffinity(0)
    report = affinity.pin_thread_to_core(core)
    usable = affinity.discover().usable
    assert not report and report.status == "not_usable" and report.usable == usable
    assert report.message.startswith(f"core {core} is not usable: it must be one of ")
    assert parse_cpu_list(report.message.rpartition(" ")[2]) == usable
    assert os.sched_getaffinity(0) == before


def test_real_time_priority_is_reported_and_given_back():
    report, normal = in_a_thread(lambda: (affinity.set_fifo_priority(1), affinity.set_normal_scheduling()))
    assert report or report.error
    assert normal
    refused = affinity.set_fifo_priority(100)
    assert not refused and refused.message == "SCHED_FIFO priority 100: must be from 1 to 99"


def test_throttling(tmp_path):
    assert affinity.rt_stopped_us_per_second(tmp_path) is None
    write(tmp_path, {"proc/sys/kernel/sched_rt_runtime_us": 950_000, "proc/sys/kernel/sched_rt_period_us": 1_000_000})
    assert affinity.rt_stopped_us_per_second(tmp_path) == 50_000
    write(tmp_path, {"proc/sys/kernel/sched_rt_runtime_us": -1})
    assert affinity.rt_stopped_us_per_second(tmp_path) == 0


def test_huge_pages_or_what_there_is():
    assert affinity.probe_pages(1) in ("hugetlb", "transparent", "base")
    with pytest.raises(ValueError, match=r"size 0 is not in \[1, 1099511627776\]"):
        affinity.probe_pages(0)
