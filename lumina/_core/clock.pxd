# The clock over the processor's counter, lumina/platform/clock.hpp and ticks.hpp; and the jitter probe over it.
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from lumina._core.histogram cimport Histogram

cdef extern from "<ctime>" nogil:
    ctypedef int clockid_t
    const clockid_t CLOCK_MONOTONIC
    const clockid_t CLOCK_REALTIME

cdef extern from "lumina/platform/ticks.hpp" namespace "lumina" nogil:
    int64_t clock_ns(clockid_t id) noexcept
    uint64_t read_ticks() noexcept
    uint64_t read_ticks_begin() noexcept
    uint64_t read_ticks_end() noexcept
    cbool ticks_are_invariant() noexcept

cdef extern from "lumina/platform/clock.hpp" namespace "lumina" nogil:
    cdef enum class ClockSource(uint8_t):
        counter
        kernel

    ClockSource best_clock_source() except +

    cdef cppclass ClockCorrection "lumina::Clock::Correction":
        int64_t offset_ns
        double drift_ppm
        cbool stepped

    cdef cppclass ClockGranularity "lumina::Clock::Granularity":
        double ns_per_tick
        int64_t step_ns
        double read_ns

    cdef cppclass Clock:
        Clock(ClockSource source, int64_t calibration_ns, clockid_t id) except +
        int64_t now_ns() noexcept
        int64_t now_ns_ordered() noexcept
        uint64_t ticks() noexcept
        int64_t at_ns(uint64_t ticks) noexcept
        int64_t elapsed_ns(uint64_t start, uint64_t end) noexcept
        ClockCorrection recalibrate() except +
        ClockGranularity granularity(int readings) noexcept
        ClockSource source() noexcept
        double frequency_hz() noexcept
        int64_t error_ns() noexcept
        double rate_error() noexcept

cdef extern from "lumina/platform/jitter.hpp" namespace "lumina" nogil:
    Histogram measure_jitter(const Clock& clock, int64_t duration_ns) except +
