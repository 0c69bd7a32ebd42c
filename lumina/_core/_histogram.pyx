cimport cython

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libcpp.vector cimport vector
from lumina._core cimport histogram
from lumina._core.arguments cimport unsigned64, whole32, whole64, whole_within

_SAVED = {"precision_bits", "buckets", "counts", "min", "max", "sum", "negatives"}


cdef _percentile(Histogram h, double percent):
    if not 0 <= percent <= 100:
        raise ValueError(f"percent {percent} is not in [0, 100]")
    return h.histogram_.percentile(percent)


cdef _whole_values(values):
    array = np.asarray(values)
    if array.dtype.kind == "f":
        cut = np.flatnonzero(~(array == np.trunc(array)).reshape(-1))
        if len(cut):
            raise ValueError(f"values[{cut[0]}] = {array.reshape(-1)[cut[0]]}: must be a whole number")
    return array.astype(np.int64, casting="unsafe" if array.dtype.kind == "f" else "same_kind", copy=False)


cdef class Histogram:
    def __cinit__(self, precision_bits=7):
        self.histogram_ = histogram.Histogram(whole32("precision_bits", precision_bits))

    def record(self, value, times=1):
        return self.histogram_.record(whole64("value", value), unsigned64("times", times))

    def record_corrected(self, value, expected_interval):
        return self.histogram_.record_corrected(
            whole64("value", value), whole64("expected_interval", expected_interval))

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def record_many(self, values, expected_interval=0):
        cdef const int64_t[:] rows = _whole_values(values)
        cdef int64_t interval = whole64("expected_interval", expected_interval)
        cdef Py_ssize_t i
        cdef histogram.Histogram* h = &self.histogram_
        cdef uint64_t before = h.negatives()
        # under the GIL, which is the lock of all methods
        if interval <= 0:
            for i in range(rows.shape[0]):
                h.record(rows[i])
        else:
            for i in range(rows.shape[0]):
                h.record_corrected(rows[i], interval)
        return h.negatives() - before

    def merge(self, Histogram other not None):
        self.histogram_.merge(other.histogram_)

    def copy(self):
        cdef Histogram made = Histogram.__new__(Histogram, self.histogram_.precision_bits())
        made.histogram_ = self.histogram_
        return made

    def reset(self):
        self.histogram_.reset()

    def percentile(self, percent):
        if np.ndim(percent) == 0:
            return _percentile(self, percent)
        return np.array([_percentile(self, each) for each in percent], np.int64)

    def value_at_rank(self, rank):
        return self.histogram_.value_at_rank(
            <uint64_t>whole_within("rank", rank, 1, <int64_t>self.histogram_.count()))

    @property
    def precision_bits(self):
        return self.histogram_.precision_bits()

    @property
    def relative_error(self):
        return self.histogram_.relative_error()

    @property
    def count(self):
        return self.histogram_.count()

    @property
    def negatives(self):
        return self.histogram_.negatives()

    @property
    def min(self):
        return self.histogram_.min()

    @property
    def max(self):
        return self.histogram_.max()

    @property
    def sum(self):
        return self.histogram_.sum()

    @property
    def mean(self):
        return self.histogram_.mean()

    def __len__(self):
        return self.histogram_.count()

    def __eq__(self, other):
        if not isinstance(other, Histogram):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __repr__(self):
        if self.count == 0:
            return f"Histogram(precision_bits={self.precision_bits}), empty"
        return (f"Histogram(precision_bits={self.precision_bits}), count {self.count}, min {self.min}, "
                f"p50 {self.percentile(50)}, p99 {self.percentile(99)}, p99.9 {self.percentile(99.9)}, max {self.max}")

    def buckets(self):
        cdef size_t i
        rows = [(self.histogram_.lower(i), self.histogram_.upper(i), self.histogram_.bucket_count(i))
                for i in range(self.histogram_.buckets()) if self.histogram_.bucket_count(i)]
        return np.array(rows, np.int64).reshape(-1, 3)

    def to_empirical(self):
        cdef histogram.EmpiricalCounts made = self.histogram_.to_empirical()
        return {"model": "empirical", "ns": list(made.ns), "counts": list(made.counts)}

    def to_dict(self):
        cdef size_t i
        at = [i for i in range(self.histogram_.buckets()) if self.histogram_.bucket_count(i)]
        return {"precision_bits": self.precision_bits, "buckets": at,
                "counts": [self.histogram_.bucket_count(i) for i in at],
                "min": self.min, "max": self.max, "sum": self.sum, "negatives": self.negatives}

    def __reduce__(self):
        return Histogram.from_dict, (self.to_dict(),)

    @staticmethod
    def from_dict(saved):
        if set(saved) != _SAVED:
            raise ValueError(f"a saved histogram has the keys {', '.join(sorted(_SAVED))}, not {', '.join(saved)}")
        cdef Histogram made = Histogram.__new__(Histogram, saved["precision_bits"])
        cdef vector[size_t] at = saved["buckets"]
        cdef vector[uint64_t] counts = saved["counts"]
        made.histogram_.restore(at, counts, saved["min"], saved["max"], saved["sum"], saved["negatives"])
        return made
