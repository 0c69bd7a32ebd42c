import os

from libcpp.memory cimport unique_ptr
from libcpp.string cimport string
from lumina._core cimport affinity
from lumina._core.arguments cimport whole32, whole_within
from lumina._core.affinity cimport CpuSet, Pages, PinStatus

_MOST_BLOCK = 2**40
cdef dict _PIN = {
    <int>PinStatus.pinned: "pinned",
    <int>PinStatus.not_usable: "not_usable",
    <int>PinStatus.refused: "refused",
    <int>PinStatus.elsewhere: "elsewhere",
}
cdef dict _PAGES = {<int>Pages.hugetlb: "hugetlb", <int>Pages.transparent: "transparent", <int>Pages.base: "base"}


cdef set _cpus(const CpuSet& cpus):
    return set((<CpuSet*>&cpus).cpus())


def discover(root):
    cdef string folder = os.fsencode(root)
    cdef affinity.Topology found = affinity.discover_topology(folder)
    return {
        "online": _cpus(found.online),
        "affinity": _cpus(found.affinity),
        "cpuset": _cpus(found.cpuset),
        "cpuset_file": os.fsdecode(found.cpuset_file),
        "isolated": _cpus(found.isolated),
        "nohz_full": _cpus(found.nohz_full),
        "usable": _cpus(found.usable()),
        "smt": found.smt(),
        "cpus": [(cpu.id, cpu.numa_node, _cpus(cpu.siblings), _cpus(cpu.shared_l3)) for cpu in found.cpus],
    }


def choose(root, n, numa_node, without):
    cdef string folder = os.fsencode(root)
    cdef CpuSet taken
    for cpu in without:
        taken.insert(whole32("without", cpu))
    cdef affinity.CoreChoice made = affinity.choose_cores(affinity.discover_topology(folder), whole32("n", n),
                                                          whole32("numa_node", numa_node), taken)
    return list(made.cores), made.isolated, made.shared, made.l3_groups, _cpus(made.keep_idle)


def pin(core_id):
    cdef affinity.PinReport report = affinity.pin_thread_to_core(whole32("core_id", core_id))
    return (_PIN[<int>report.status], report.core_id, report.running_on, report.error, _cpus(report.usable),
            report.message().decode())


def throttling(root):
    cdef string folder = os.fsencode(root)
    cdef affinity.RtThrottling found = affinity.rt_throttling(folder)
    return found.stopped_us_per_second() if found.known else None


def fifo(priority):
    cdef affinity.FifoReport report = affinity.set_fifo_priority(whole32("priority", priority))
    return report.fifo, report.error, report.throttling.stopped_us_per_second(), report.message().decode()


def normal_scheduling():
    return affinity.set_normal_scheduling()


def lock_memory():
    cdef affinity.LockReport report
    with nogil:
        report = affinity.lock_memory()
    return (report.current, report.future, report.error, report.locked_bytes, report.limit_bytes,
            report.message().decode())


def unlock_memory():
    return affinity.unlock_memory()


def probe_pages(size):
    cdef size_t wanted = whole_within("size", size, 1, _MOST_BLOCK)
    cdef unique_ptr[affinity.PageBlock] block
    with nogil:
        block.reset(new affinity.PageBlock(wanted))
    return _PAGES[<int>block.get().pages()]
