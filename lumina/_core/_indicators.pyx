cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_IsContiguous, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uintptr_t
from libcpp.vector cimport vector

import numpy as np

from lumina._core cimport indicators
from lumina._core.arguments cimport whole, whole_within
from lumina._core.indicators cimport Indicators

cdef indicators.SimdLevel _level
try:
    _level = indicators.simd_level()
except ValueError as error:
    raise ImportError(str(error)) from None
SIMD = {0: "scalar", 1: "avx2", 2: "avx512"}[<int>_level]

cdef object _ndarray = np.ndarray
cdef tuple _FLOATING = (np.dtype(np.float64), np.dtype(np.float32))

cdef Indicators[double]* _double = new Indicators[double](_level)
cdef Indicators[float]* _float = new Indicators[float](_level)


@cython.final
@cython.freelist(16)
cdef class _Series:
    # An array's memory, held while a kernel works on it.
    cdef Py_buffer view
    cdef bint held

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)

    cdef bint take(self, array) except -1:
        # True if the kernels can use it as it is: aligned, C-contiguous, native float or double. By the buffer alone,
        # for asking numpy costs as much as a short series.
        PyObject_GetBuffer(array, &self.view, PyBUF_FORMAT | PyBUF_STRIDES)
        self.held = True
        cdef const char* form = self.view.format
        return ((form[0] == b"d" or form[0] == b"f") and form[1] == 0
                and <uintptr_t>self.view.buf % <uintptr_t>self.view.itemsize == 0
                and PyBuffer_IsContiguous(&self.view, b"C"))

    cdef bint single(self) noexcept:
        return self.view.itemsize == sizeof(float)

    cdef bint same_shape(self, _Series other) noexcept:
        if self.view.ndim != other.view.ndim:
            return False
        for k in range(self.view.ndim):
            if self.view.shape[k] != other.view.shape[k]:
                return False
        return True

    cdef bint overlaps(self, _Series other) noexcept:
        cdef const char* begin = <const char*>self.view.buf
        cdef const char* begin_other = <const char*>other.view.buf
        return begin < begin_other + other.view.len and begin_other < begin + self.view.len

    cdef shape(self):
        return tuple([self.view.shape[k] for k in range(self.view.ndim)])


cdef _Series _packed(array, dtype):
    cdef _Series series = _Series.__new__(_Series)
    series.take(np.array(array, dtype, order="C"))
    return series


cdef _Series _read(str name, x, int dimensions):
    cdef _Series series
    if type(x) is _ndarray and x.dtype in _FLOATING:
        series = _Series.__new__(_Series)
        if series.take(x) and 1 <= series.view.ndim <= dimensions:
            return series
    x = np.asarray(x)
    if not 1 <= x.ndim <= dimensions:
        raise ValueError(f"{name} has {x.ndim} dimensions, not {'1' if dimensions == 1 else '1 or 2'}")
    kind = x.dtype.kind
    if kind == "f" and x.dtype.itemsize in (4, 8):
        if x.dtype.isnative:
            series = _Series.__new__(_Series)
            if series.take(x):
                return series
        return _packed(x, np.float32 if x.dtype.itemsize == 4 else np.float64)
    if kind == "i" or kind == "u":
        return _packed(x, np.float64)
    raise TypeError(f"{name} has dtype {x.dtype}, not float64, float32 or an integer")


cdef tuple _read_all(tuple names, tuple arrays, int dimensions):
    # Of one shape; all float only if all are, otherwise all double.
    cdef list read = [_read(names[k], arrays[k], dimensions) for k in range(len(names))]
    cdef _Series first = read[0], other
    cdef Py_ssize_t i
    cdef bint single = first.single(), mixed = False
    for i in range(1, len(read)):
        other = read[i]
        mixed |= other.single() != single
        if not other.same_shape(first):
            raise ValueError(f"{names[i]} has shape {other.shape()}, {names[0]} has {first.shape()}")
    if mixed:
        for i in range(len(read)):
            other = read[i]
            if other.single():
                read[i] = _packed(arrays[i], np.float64)
    return tuple(read)


@cython.final
@cython.freelist(8)
cdef class _Result:
    # Where a kernel writes: `out` itself, or an array of its own that finish() copies to it.
    cdef object out
    cdef object own
    cdef _Series series
    cdef void* data

    cdef object finish(self):
        if self.out is None:
            return self.own
        if self.own is not None:
            self.out[...] = self.own
        return self.out


cdef _check_out(out, dtype, Py_ssize_t n):
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out is {type(out).__name__}, not a numpy array")
    if out.dtype != dtype:
        raise TypeError(f"out has dtype {out.dtype}, the result has {np.dtype(dtype)}")
    if out.shape != (n,):
        raise ValueError(f"out has shape {out.shape}, the result has ({n},)")
    if not out.flags.writeable:
        raise ValueError("out is read-only")


cdef _Result _result(out, Py_ssize_t n, tuple read):
    cdef _Result result = _Result.__new__(_Result)
    cdef _Series x = read[0], series = _Series.__new__(_Series), other
    result.out = out
    cdef bint usable = False
    if type(out) is _ndarray and out.dtype in _FLOATING:
        usable = (series.take(out) and series.view.itemsize == x.view.itemsize and not series.view.readonly
                  and series.view.ndim == 1 and series.view.shape[0] == n)
        for other in read:
            usable = usable and not series.overlaps(other)
    if not usable:
        dtype = np.float32 if x.single() else np.float64
        if out is not None:
            _check_out(out, dtype, n)
        result.own = np.empty(n, dtype)
        series = _Series.__new__(_Series)
        series.take(result.own)
    result.series = series
    result.data = series.view.buf
    return result


cdef size_t _window(window) except 0:
    return <size_t>whole_within("window", window, 1, 2**62 - 1)


def ema(x, double alpha, out=None):
    if not 0.0 < alpha <= 1.0:
        raise ValueError(f"alpha {alpha} is not in (0, 1]")
    cdef _Series a = _read("x", x, 1)
    cdef _Result result = _result(out, a.view.shape[0], (a,))
    cdef size_t n = <size_t>a.view.shape[0]
    with nogil:
        if a.view.itemsize == sizeof(float):
            _float.ema(<const float*>a.view.buf, n, alpha, <float*>result.data)
        else:
            _double.ema(<const double*>a.view.buf, n, alpha, <double*>result.data)
    return result.finish()


cdef enum _Rolling:
    MEAN, MIN, MAX, STD, ZSCORE


cdef void _roll(const Indicators[cython.floating]* kernels, _Rolling kind, const cython.floating* x, size_t n,
                size_t window, size_t ddof, double* scratch, cython.floating* out) noexcept nogil:
    if kind == MEAN:
        kernels.rolling_mean(x, n, window, scratch, out)
    elif kind == MIN:
        kernels.rolling_min(x, n, window, scratch, out)
    elif kind == MAX:
        kernels.rolling_max(x, n, window, scratch, out)
    elif kind == STD:
        kernels.rolling_std(x, n, window, ddof, scratch, out)
    else:
        kernels.rolling_zscore(x, n, window, ddof, scratch, out)


cdef _rolling(_Rolling kind, x, window, ddof, out):
    cdef size_t width = _window(window)
    ddof = whole("ddof", ddof)
    if not 0 <= ddof < width:
        raise ValueError(f"ddof {ddof} is not in 0 .. window - 1 = {width - 1}")
    cdef size_t freedom = ddof
    cdef _Series a = _read("x", x, 1)
    cdef _Result result = _result(out, a.view.shape[0], (a,))
    cdef size_t n = <size_t>a.view.shape[0]
    cdef vector[double] scratch
    scratch.resize(Indicators[double].rolling_scratch(width, n))
    with nogil:
        if a.view.itemsize == sizeof(float):
            _roll(_float, kind, <const float*>a.view.buf, n, width, freedom, scratch.data(), <float*>result.data)
        else:
            _roll(_double, kind, <const double*>a.view.buf, n, width, freedom, scratch.data(), <double*>result.data)
    return result.finish()


def rolling_mean(x, window, out=None):
    return _rolling(MEAN, x, window, 0, out)


def rolling_min(x, window, out=None):
    return _rolling(MIN, x, window, 0, out)


def rolling_max(x, window, out=None):
    return _rolling(MAX, x, window, 0, out)


def rolling_std(x, window, ddof=0, out=None):
    return _rolling(STD, x, window, ddof, out)


def rolling_zscore(x, window, ddof=0, out=None):
    return _rolling(ZSCORE, x, window, ddof, out)


def vwap(price, qty):
    read = _read_all(("price", "qty"), (price, qty), 1)
    cdef _Series p = read[0], q = read[1]
    cdef size_t n = <size_t>p.view.shape[0]
    cdef double value
    with nogil:
        if p.view.itemsize == sizeof(float):
            value = _float.vwap(<const float*>p.view.buf, <const float*>q.view.buf, n)
        else:
            value = _double.vwap(<const double*>p.view.buf, <const double*>q.view.buf, n)
    return value


def cumulative_vwap(price, qty, out=None):
    read = _read_all(("price", "qty"), (price, qty), 1)
    cdef _Series p = read[0], q = read[1]
    cdef _Result result = _result(out, p.view.shape[0], read)
    cdef size_t n = <size_t>p.view.shape[0]
    with nogil:
        if p.view.itemsize == sizeof(float):
            _float.cumulative_vwap(<const float*>p.view.buf, <const float*>q.view.buf, n, <float*>result.data)
        else:
            _double.cumulative_vwap(<const double*>p.view.buf, <const double*>q.view.buf, n, <double*>result.data)
    return result.finish()


def realised_variance(x):
    cdef _Series a = _read("x", x, 1)
    cdef size_t n = <size_t>a.view.shape[0]
    cdef double value
    with nogil:
        if a.view.itemsize == sizeof(float):
            value = _float.realised_variance(<const float*>a.view.buf, n)
        else:
            value = _double.realised_variance(<const double*>a.view.buf, n)
    return value


cdef size_t _levels(levels, _Series series) except? 0:
    # How many of each row; 0 for a series of touches.
    cdef Py_ssize_t columns = series.view.shape[1] if series.view.ndim == 2 else 1
    if levels is None:
        levels = columns
    else:
        levels = whole("levels", levels)
        if not 1 <= levels <= columns:
            raise ValueError(f"levels {levels} is not in 1 .. {columns}")
    return levels if series.view.ndim == 2 else 0


def imbalance(bid_qty, ask_qty, levels=None, weights=None, out=None):
    read = _read_all(("bid_qty", "ask_qty"), (bid_qty, ask_qty), 2)
    cdef _Series b = read[0], a = read[1]
    cdef size_t used = _levels(levels, b)
    cdef size_t n = <size_t>b.view.shape[0], stride = 1
    if b.view.ndim == 2:
        stride = <size_t>b.view.shape[1]
    cdef const double[::1] weight
    cdef const double* w = NULL
    if weights is not None:
        if b.view.ndim != 2:
            raise ValueError("weights need quantities of several levels, of shape (n, l)")
        array = np.ascontiguousarray(weights, np.float64)
        if array.shape != (used,):
            raise ValueError(f"weights has shape {array.shape}, not one a level, ({used},)")
        if not np.isfinite(array).all():
            raise ValueError(f"weights {array.tolist()} are not all finite")
        weight = array
        if used:
            w = &weight[0]
    cdef _Result result = _result(out, b.view.shape[0], read)
    with nogil:
        if b.view.ndim == 1:
            if b.view.itemsize == sizeof(float):
                _float.imbalance(<const float*>b.view.buf, <const float*>a.view.buf, n, <float*>result.data)
            else:
                _double.imbalance(<const double*>b.view.buf, <const double*>a.view.buf, n, <double*>result.data)
        elif b.view.itemsize == sizeof(float):
            _float.imbalance_levels(<const float*>b.view.buf, <const float*>a.view.buf, n, stride, used, w,
                                    <float*>result.data)
        else:
            _double.imbalance_levels(<const double*>b.view.buf, <const double*>a.view.buf, n, stride, used, w,
                                     <double*>result.data)
    return result.finish()


def weighted_mid(bid_price, bid_qty, ask_price, ask_qty, levels=None, out=None):
    read = _read_all(("bid_price", "bid_qty", "ask_price", "ask_qty"), (bid_price, bid_qty, ask_price, ask_qty), 2)
    cdef _Series bp = read[0], bq = read[1], ap = read[2], aq = read[3]
    cdef size_t used = _levels(levels, bp)
    cdef size_t n = <size_t>bp.view.shape[0], stride = 1
    if bp.view.ndim == 2:
        stride = <size_t>bp.view.shape[1]
    cdef _Result result = _result(out, bp.view.shape[0], read)
    with nogil:
        if bp.view.ndim == 1:
            if bp.view.itemsize == sizeof(float):
                _float.weighted_mid(<const float*>bp.view.buf, <const float*>bq.view.buf, <const float*>ap.view.buf,
                                    <const float*>aq.view.buf, n, <float*>result.data)
            else:
                _double.weighted_mid(<const double*>bp.view.buf, <const double*>bq.view.buf,
                                     <const double*>ap.view.buf, <const double*>aq.view.buf, n,
                                     <double*>result.data)
        elif bp.view.itemsize == sizeof(float):
            _float.weighted_mid_levels(<const float*>bp.view.buf, <const float*>bq.view.buf,
                                       <const float*>ap.view.buf, <const float*>aq.view.buf, n, stride, used,
                                       <float*>result.data)
        else:
            _double.weighted_mid_levels(<const double*>bp.view.buf, <const double*>bq.view.buf,
                                        <const double*>ap.view.buf, <const double*>aq.view.buf, n, stride, used,
                                        <double*>result.data)
    return result.finish()


def ofi(bid_price, bid_qty, ask_price, ask_qty, out=None):
    read = _read_all(("bid_price", "bid_qty", "ask_price", "ask_qty"), (bid_price, bid_qty, ask_price, ask_qty), 1)
    cdef _Series bp = read[0], bq = read[1], ap = read[2], aq = read[3]
    cdef size_t n = <size_t>bp.view.shape[0]
    cdef _Result result = _result(out, bp.view.shape[0], read)
    with nogil:
        if bp.view.itemsize == sizeof(float):
            _float.ofi(<const float*>bp.view.buf, <const float*>bq.view.buf, <const float*>ap.view.buf,
                       <const float*>aq.view.buf, n, <float*>result.data)
        else:
            _double.ofi(<const double*>bp.view.buf, <const double*>bq.view.buf, <const double*>ap.view.buf,
                        <const double*>aq.view.buf, n, <double*>result.data)
    return result.finish()
