# The Python class, so that a module of one's own can use the gate of an argument without the GIL: `gate.gate.check`.
from lumina._core cimport risk as cpp


cdef cpp.RiskLimits risk_limits(object limits) except *


cdef class RiskGate:
    cdef cpp.RiskGate* gate
    cdef object limits_
