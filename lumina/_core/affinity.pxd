# Threads on cores and memory that is there: lumina/platform/affinity.hpp, topology.hpp, scheduling.hpp, memory.hpp.
from libc.stdint cimport int64_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

cdef extern from "lumina/platform/cpu_set.hpp" namespace "lumina" nogil:
    cdef cppclass CpuSet:
        CpuSet()
        void insert(int cpu) noexcept
        cbool contains(int cpu) noexcept
        int size() noexcept
        vector[int] cpus() except +
        string to_string() except +

cdef extern from "lumina/platform/topology.hpp" namespace "lumina" nogil:
    cdef cppclass LogicalCpu:
        int id
        int numa_node
        CpuSet siblings
        CpuSet shared_l3

    cdef cppclass Topology:
        CpuSet online
        CpuSet affinity
        CpuSet cpuset
        CpuSet isolated
        CpuSet nohz_full
        vector[LogicalCpu] cpus
        string cpuset_file
        CpuSet usable() noexcept
        cbool smt() noexcept

    Topology discover_topology(const string& root) except +

cdef extern from "lumina/platform/affinity.hpp" namespace "lumina" nogil:
    cdef enum class PinStatus(uint8_t):
        pinned
        not_usable
        refused
        elsewhere

    cdef cppclass PinReport:
        PinStatus status
        int core_id
        int running_on
        int error
        CpuSet usable
        string message() except +

    PinReport pin_thread_to_core(int core_id) except +

    cdef cppclass CoreChoice:
        vector[int] cores
        int isolated
        int shared
        int l3_groups
        CpuSet keep_idle

    CoreChoice choose_cores(const Topology& topology, int n, int numa_node, const CpuSet& without) except +

cdef extern from "lumina/platform/scheduling.hpp" namespace "lumina" nogil:
    cdef cppclass RtThrottling:
        int64_t runtime_us
        int64_t period_us
        cbool known
        cbool throttled() noexcept
        int64_t stopped_us_per_second() noexcept

    RtThrottling rt_throttling(const string& root) except +

    cdef cppclass FifoReport:
        cbool fifo
        int priority
        int error
        RtThrottling throttling
        string message() except +

    FifoReport set_fifo_priority(int priority) except +
    cbool set_normal_scheduling() noexcept

cdef extern from "lumina/platform/memory.hpp" namespace "lumina" nogil:
    cdef enum class Pages(uint8_t):
        hugetlb
        transparent
        base

    void prefault(void *memory, size_t size) noexcept
    size_t bytes_on_huge_pages(const void *memory, size_t size) except +

    cdef cppclass PageBlock:
        PageBlock()
        PageBlock(size_t size) except +
        void *data() noexcept
        size_t size() noexcept
        Pages pages() noexcept

    cdef cppclass LockReport:
        cbool current
        cbool future
        int error
        int64_t locked_bytes
        int64_t limit_bytes
        string message() except +

    LockReport lock_memory() except +
    cbool unlock_memory() noexcept
