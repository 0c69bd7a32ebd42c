"""One pass of virtual orders over a tape: include/lumina/research/queue_probe.hpp."""
cimport cython
import numpy as np

from libc.stdint cimport UINT32_MAX, int32_t, int64_t, uint32_t
from libc.string cimport memcpy
from libcpp.memory cimport unique_ptr
from libcpp.vector cimport vector

from lumina._core.arguments cimport whole32, whole_within
from lumina._core.engine cimport TapeView
from lumina._core.models cimport QueueModel, QueueModelKind
from lumina._core.types cimport Event

from lumina._core import _models

cdef extern from "<span>" namespace "std" nogil:
    cdef cppclass _models_span "std::span<const lumina::QueueModel>":
        _models_span(const QueueModel*, size_t)
    cdef cppclass _probes_span "std::span<const lumina::research::Probe>":
        _probes_span(const CppProbe*, size_t)
    cdef cppclass _samples_span "std::span<const lumina::research::ProbeSample>":
        _samples_span(const CppSample*, size_t)

cdef extern from "lumina/research/queue_probe.hpp" namespace "lumina::research" nogil:
    cdef packed struct CppProbe "lumina::research::Probe":
        int64_t ts_ns
        int64_t until_ns
        int32_t level
        int32_t side

    cdef packed struct CppSample "lumina::research::ProbeSample":
        int64_t ts_ns
        uint32_t probe
        uint32_t slot

    cdef cppclass ProbeOutcome:
        pass

    cdef cppclass ProbeRun:
        ProbeRun(const TapeView&, _models_span, _probes_span, uint32_t) except +
        void run(_samples_span) except +
        size_t columns()
        const vector[ProbeOutcome]& outcomes()
        const vector[double]& samples()
        const vector[int64_t]& fill_ts_ns()

PROBE = np.dtype([("ts_ns", "<i8"), ("until_ns", "<i8"), ("level", "<i4"), ("side", "<i4")])
SAMPLE = np.dtype([("ts_ns", "<i8"), ("probe", "<u4"), ("slot", "<u4")])
OUTCOME = np.dtype([("end_ts_ns", "<i8"), ("emptied_ts_ns", "<i8"), ("price_ticks", "<i4"), ("queue_lots", "<i4"),
                    ("end", "u1"), ("reserved", "u1", (7,))])
# values of OUTCOME's `end`
ENDS = ("open", "not placed", "filled", "expired", "interrupted")


@cython.boundscheck(False)  # nothing asked, nothing told
def follow(const Event[::1] events, lo_ticks, hi_ticks, depth_limit, bint by_order,
           list models, const CppProbe[::1] probes, const CppSample[::1] samples, slots):
    cdef TapeView tape
    tape.rows = &events[0] if events.shape[0] else NULL
    tape.count = events.shape[0]
    tape.lo_ticks, tape.hi_ticks = whole32("lo_ticks", lo_ticks), whole32("hi_ticks", hi_ticks)
    tape.depth_limit, tape.by_order = whole32("depth_limit", depth_limit), by_order
    cdef uint32_t kept = <uint32_t>whole_within("slots", slots, 0, UINT32_MAX)
    cdef vector[QueueModel] queues
    for name, n, unit, exact_back in models:
        queues.push_back(QueueModel(<QueueModelKind><int>_models.QUEUE_MODELS[name], n, unit, exact_back))
    cdef size_t n_probes = probes.shape[0], n_samples = samples.shape[0]
    cdef const CppProbe* first_probe = &probes[0] if n_probes else NULL
    cdef const CppSample* first_sample = &samples[0] if n_samples else NULL
    cdef unique_ptr[ProbeRun] run
    with nogil:
        run.reset(new ProbeRun(tape, _models_span(queues.data(), queues.size()), _probes_span(first_probe, n_probes),
                               kept))
        run.get().run(_samples_span(first_sample, n_samples))
    return (_copy(run.get().outcomes().data(), n_probes, OUTCOME),
            _copy(run.get().samples().data(), run.get().samples().size(), np.float64)
            .reshape(n_probes, kept, run.get().columns()),
            _copy(run.get().fill_ts_ns().data(), run.get().fill_ts_ns().size(), np.int64)
            .reshape(n_probes, run.get().columns()))


cdef object _copy(const void* data, size_t count, object dtype):
    out = np.empty(count, dtype)
    cdef unsigned char[::1] raw
    if count:
        raw = out.view(np.uint8)
        memcpy(&raw[0], data, <size_t>raw.shape[0])
    return out
