from libcpp.memory cimport unique_ptr
from lumina._core cimport clock
from lumina._core.arguments cimport unsigned64, whole64, whole_within
from lumina._core._histogram cimport Histogram
from lumina._core.clock cimport ClockSource, int64_t

_MOST_JITTER_NS = 600 * 10**9


cdef class Clock:
    cdef unique_ptr[clock.Clock] clock_

    def __cinit__(self, str source="auto", *, bint realtime=False, calibration_ns=10_000_000):
        cdef int64_t calibration = whole64("calibration_ns", calibration_ns)
        if source not in ("auto", "counter", "kernel"):
            raise ValueError(f"source {source!r} is not one of auto, counter, kernel")
        cdef ClockSource chosen = ClockSource.kernel
        if source == "auto":
            chosen = clock.best_clock_source()
        elif source == "counter":
            if not clock.ticks_are_invariant():
                raise ValueError("source 'counter': this processor's counter does not run at one rate")
            chosen = ClockSource.counter
        cdef clock.clockid_t id = clock.CLOCK_REALTIME if realtime else clock.CLOCK_MONOTONIC
        with nogil:
            self.clock_.reset(new clock.Clock(chosen, calibration, id))

    def now_ns(self):
        return self.clock_.get().now_ns()

    def ticks(self):
        return self.clock_.get().ticks()

    def at_ns(self, ticks):
        return self.clock_.get().at_ns(unsigned64("ticks", ticks))

    def elapsed_ns(self, start, end):
        return self.clock_.get().elapsed_ns(unsigned64("start", start), unsigned64("end", end))

    def recalibrate(self):
        cdef clock.ClockCorrection made = self.clock_.get().recalibrate()
        return {"offset_ns": made.offset_ns, "drift_ppm": made.drift_ppm, "stepped": made.stepped}

    def granularity(self, readings=10_000):
        cdef int count = whole_within("readings", readings, 2, 2**31 - 1)
        cdef clock.ClockGranularity found
        with nogil:
            found = self.clock_.get().granularity(count)
        return {"ns_per_tick": found.ns_per_tick, "step_ns": found.step_ns, "read_ns": found.read_ns}

    def jitter(self, duration_ns):
        cdef int64_t duration = whole_within("duration_ns", duration_ns, 1, _MOST_JITTER_NS)
        cdef Histogram gaps = Histogram.__new__(Histogram)
        with nogil:
            gaps.histogram_ = clock.measure_jitter(self.clock_.get()[0], duration)
        return gaps

    @property
    def source(self):
        return "counter" if self.clock_.get().source() == ClockSource.counter else "kernel"

    @property
    def frequency_hz(self):
        return self.clock_.get().frequency_hz()

    @property
    def error_ns(self):
        return self.clock_.get().error_ns()

    @property
    def rate_error(self):
        return self.clock_.get().rate_error()


def ticks_are_invariant():
    return clock.ticks_are_invariant()
