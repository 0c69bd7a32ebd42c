# Whole numbers of callers: ints, numpy's scalars and floats without a fraction. Anything else is an error that names
# the argument, where C would cut it silently.
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_Check
from cpython.number cimport PyIndex_Check, PyNumber_Index
from libc.stdint cimport INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, int32_t, int64_t, uint64_t


cdef inline object whole(str name, value):
    if PyIndex_Check(value):
        return PyNumber_Index(value)
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise TypeError(f"{name} = {value!r}: must be a whole number")
    if value != value or value in (float("inf"), float("-inf")) or int(value) != value:
        raise ValueError(f"{name} = {value!r}: must be a whole number")
    return int(value)


cdef inline int64_t whole_within(str name, value, int64_t low, int64_t high) except? -1:
    cdef int overflow = 0
    if not PyLong_Check(value):
        value = whole(name, value)
    cdef int64_t found = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow or not low <= found <= high:
        if value < low and high == INT64_MAX:
            raise ValueError(f"{name} {value} is below {low}")
        raise ValueError(f"{name} {value} is not in [{low}, {high}]")
    return found


cdef inline int32_t whole32(str name, value) except? -1:
    return <int32_t>whole_within(name, value, INT32_MIN, INT32_MAX)


cdef inline int64_t whole64(str name, value) except? -1:
    return whole_within(name, value, INT64_MIN, INT64_MAX)


cdef inline uint64_t unsigned64(str name, value) except? 0:
    if not PyLong_Check(value):
        value = whole(name, value)
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{name} {value} is not in [0, 2^64)")
    return value
