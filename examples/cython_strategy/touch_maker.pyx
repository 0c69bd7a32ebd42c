"""One post-only order a side at the touch, moved every 100 ms by a cancel and a new order.

The logic of examples/python_strategy.py and examples/numba_strategy.py, compiled: the three decide alike, and
their runs have the same digest.
"""
from cpython.pycapsule cimport PyCapsule_GetContext, PyCapsule_New, PyCapsule_SetContext
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from lumina._core cimport abi

cdef struct Side:
    uint64_t order_id  # 0: no order
    int32_t price_ticks
    bint in_flight  # a request has no answer yet

cdef struct State:
    int32_t order_lots
    int64_t limit_lots
    Side sides[2]


cdef void on_event(abi.lumina_ctx *ctx, const abi.lumina_event *event) noexcept nogil:
    cdef State *state = <State *>ctx.user
    cdef Side *own
    cdef uint8_t side
    if event.kind == abi.LUMINA_EV_TIMER:
        for side in range(2):
            quote(ctx, state, side)
    elif event.kind == abi.LUMINA_EV_START:
        for side in range(2):
            state.sides[side].order_id = 0
            state.sides[side].in_flight = False
    elif event.order_id and event.side < 2:
        own = &state.sides[event.side]
        if event.order_id == own.order_id:
            if event.leaves_lots == 0:
                own.order_id = 0
                own.in_flight = False
            elif event.kind != abi.LUMINA_EV_FILL:
                own.in_flight = False


cdef void quote(abi.lumina_ctx *ctx, State *state, uint8_t side) noexcept nogil:
    cdef abi.lumina_level best = ctx.best(ctx, 0, side)
    cdef Side *own = &state.sides[side]
    cdef abi.lumina_order_request request
    cdef int64_t position = ctx.position(ctx, 0)
    if best.qty_lots == 0 or own.in_flight:
        return
    if own.order_id == 0:
        if (position if side == abi.LUMINA_BUY else -position) + state.order_lots > state.limit_lots:
            return
        request.tag = 0
        request.instrument = 0
        request.price_ticks = own.price_ticks = best.price_ticks
        request.qty_lots = state.order_lots
        request.side = side
        request.type = abi.LUMINA_POST_ONLY
        own.order_id = ctx.submit(ctx, &request)
        own.in_flight = True
    elif own.price_ticks != best.price_ticks:
        ctx.cancel(ctx, own.order_id)
        own.in_flight = True


cdef void release(object capsule) noexcept:
    Py_DECREF(<object>PyCapsule_GetContext(capsule))


cdef class TouchMaker:
    """A strategy for `lumina.backtest`: what it needs is the attribute `capsule`.

    Parameters
    ----------
    order_lots : int, default 1
    limit_lots : int, default 10
        Largest absolute position.
    """
    cdef State state
    cdef abi.lumina_strategy strategy

    def __cinit__(self, int32_t order_lots=1, int64_t limit_lots=10):
        self.state.order_lots = order_lots
        self.state.limit_lots = limit_lots
        self.strategy.abi_version = abi.LUMINA_ABI_VERSION
        self.strategy.wake_mask = abi.LUMINA_WAKE_REPORT
        self.strategy.interval_ns = 100_000_000
        self.strategy.on_event = on_event
        self.strategy.user = &self.state

    @property
    def capsule(self):
        # the capsule points into this object: it keeps it alive
        capsule = PyCapsule_New(&self.strategy, abi.LUMINA_STRATEGY_CAPSULE, release)
        PyCapsule_SetContext(capsule, <PyObject *>self)
        Py_INCREF(self)
        return capsule
