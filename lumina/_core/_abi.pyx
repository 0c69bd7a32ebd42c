"""The strategy C ABI for callers without a C compiler: plain functions over the context's table, by address,
and the layout of the run-time event. numba and ctypes pass and return scalars only."""
import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t

from lumina._core cimport abi

RUNTIME_EVENT = np.dtype([
    ("ts_ns", "<i8"), ("exch_ts_ns", "<i8"), ("order_id", "<u8"), ("tag", "<u8"), ("value", "<i8"),
    ("price_ticks", "<i4"), ("qty_lots", "<i4"), ("level_lots", "<i4"), ("leaves_lots", "<i4"),
    ("instrument", "<u4"), ("kind", "u1"), ("side", "u1"), ("reason", "u1"), ("flags", "u1")])
assert RUNTIME_EVENT.itemsize == sizeof(abi.lumina_event)


cdef void *_user(abi.lumina_ctx *ctx) noexcept nogil:
    return ctx.user


cdef int64_t _now_ns(abi.lumina_ctx *ctx) noexcept nogil:
    return ctx.now_ns


cdef int32_t _best_price_ticks(abi.lumina_ctx *ctx, uint32_t instrument, uint8_t side) noexcept nogil:
    return ctx.best(ctx, instrument, side).price_ticks


cdef int32_t _best_qty_lots(abi.lumina_ctx *ctx, uint32_t instrument, uint8_t side) noexcept nogil:
    return ctx.best(ctx, instrument, side).qty_lots


cdef int32_t _level_lots(abi.lumina_ctx *ctx, uint32_t instrument, uint8_t side, int32_t price_ticks) noexcept nogil:
    return ctx.level(ctx, instrument, side, price_ticks)


cdef int64_t _position_lots(abi.lumina_ctx *ctx, uint32_t instrument) noexcept nogil:
    return ctx.position(ctx, instrument)


cdef uint64_t _submit(abi.lumina_ctx *ctx, uint32_t instrument, uint8_t side, uint8_t type, int32_t price_ticks,
                      int32_t qty_lots, uint64_t tag) noexcept nogil:
    cdef abi.lumina_order_request request
    request.tag = tag
    request.instrument = instrument
    request.price_ticks = price_ticks
    request.qty_lots = qty_lots
    request.side = side
    request.type = type
    return ctx.submit(ctx, &request)


cdef void _cancel(abi.lumina_ctx *ctx, uint64_t order_id) noexcept nogil:
    ctx.cancel(ctx, order_id)


cdef void _replace(abi.lumina_ctx *ctx, uint64_t order_id, int32_t price_ticks, int32_t qty_lots) noexcept nogil:
    ctx.replace(ctx, order_id, price_ticks, qty_lots)


cdef void _set_timer(abi.lumina_ctx *ctx, int64_t ts_ns, int64_t timer_id) noexcept nogil:
    ctx.set_timer(ctx, ts_ns, timer_id)


cdef void _stop(abi.lumina_ctx *ctx, int32_t error) noexcept nogil:
    ctx.stop(ctx, error, b"stopped by the strategy")


ADDRESSES = {
    "user": <uintptr_t>&_user,
    "now_ns": <uintptr_t>&_now_ns,
    "best_price_ticks": <uintptr_t>&_best_price_ticks,
    "best_qty_lots": <uintptr_t>&_best_qty_lots,
    "level_lots": <uintptr_t>&_level_lots,
    "position_lots": <uintptr_t>&_position_lots,
    "submit": <uintptr_t>&_submit,
    "cancel": <uintptr_t>&_cancel,
    "replace": <uintptr_t>&_replace,
    "set_timer": <uintptr_t>&_set_timer,
    "stop": <uintptr_t>&_stop,
}

KINDS = {
    "START": abi.LUMINA_EV_START, "LEVEL": abi.LUMINA_EV_LEVEL, "TRADE": abi.LUMINA_EV_TRADE,
    "BOOK": abi.LUMINA_EV_BOOK, "BBO": abi.LUMINA_EV_BBO, "STATUS": abi.LUMINA_EV_STATUS,
    "FUNDING": abi.LUMINA_EV_FUNDING, "GAP": abi.LUMINA_EV_GAP, "TIMER": abi.LUMINA_EV_TIMER,
    "ACK": abi.LUMINA_EV_ACK, "REJECT": abi.LUMINA_EV_REJECT, "FILL": abi.LUMINA_EV_FILL,
    "CANCELLED": abi.LUMINA_EV_CANCELLED, "REPLACED": abi.LUMINA_EV_REPLACED,
    "CANCEL_REJECT": abi.LUMINA_EV_CANCEL_REJECT, "REPLACE_REJECT": abi.LUMINA_EV_REPLACE_REJECT,
    "STOP": abi.LUMINA_EV_STOP,
}

WAKES = {
    "LEVEL": abi.LUMINA_WAKE_LEVEL, "TRADE": abi.LUMINA_WAKE_TRADE, "BOOK": abi.LUMINA_WAKE_BOOK,
    "BBO": abi.LUMINA_WAKE_BBO, "MARKER": abi.LUMINA_WAKE_MARKER, "REPORT": abi.LUMINA_WAKE_REPORT,
}

SIDES = {"BUY": abi.LUMINA_BUY, "SELL": abi.LUMINA_SELL, "NONE": abi.LUMINA_NONE}

ORDER_TYPES = {
    "LIMIT": abi.LUMINA_LIMIT, "POST_ONLY": abi.LUMINA_POST_ONLY, "IOC": abi.LUMINA_IOC,
    "MARKET": abi.LUMINA_MARKET,
}
