from libc.stdint cimport INT64_MAX, UINT32_MAX, int64_t, uint8_t, uint32_t
from lumina._core cimport risk as cpp
from lumina._core._order_book cimport as_side
from lumina._core.arguments cimport unsigned64, whole64, whole_within
from lumina._core.models cimport ContractValue
from lumina._core.types cimport kNoMid

from lumina.reasons import Reason

cdef int64_t _MOST_TICKS = 2**31 - 1
cdef int64_t _MOST_HALF_TICKS = 2**33
cdef tuple _REASONS = tuple(Reason)  # by number
cdef tuple _TYPES = ("limit", "post_only", "ioc", "market")  # by lumina_order_type


cdef cpp.RiskLimits risk_limits(object limits) except *:
    """Of a `lumina.RiskLimits`."""
    cdef cpp.RiskLimits out
    out.max_order_lots = limits.max_order_lots or 0
    out.max_notional_units = limits.max_notional_units or 0
    out.price_band = limits.price_band or 0.0
    out.max_position_lots = limits.max_position_lots or 0
    out.max_open_orders = limits.max_open_orders or 0
    out.max_messages = limits.max_messages or 0
    out.message_window_ns = limits.message_window_ns
    out.max_daily_loss_units = limits.max_daily_loss_units or 0
    out.day_start_ns = limits.day_start_ns
    out.duplicate_window_ns = limits.duplicate_window_ns or 0
    out.refuse_self_cross = limits.refuse_self_cross
    return out


cdef uint8_t _type(type) except? 255:
    for number, name in enumerate(_TYPES):
        if type == number or type == name:
            return <uint8_t>number
    raise ValueError(f"type {type!r} is none of {', '.join(_TYPES)}")


cdef int64_t _ticks(price_ticks) except? -1:
    return whole_within("price_ticks", price_ticks, -_MOST_TICKS, _MOST_TICKS)


cdef int64_t _half_ticks(str name, value) except? -1:
    return kNoMid if value is None else whole_within(name, value, -_MOST_HALF_TICKS, _MOST_HALF_TICKS)


cdef cpp.RiskGate.Market _market(now_ns, mid2_ticks, reference2_ticks) except *:
    cdef cpp.RiskGate.Market market
    market.now_ns = whole_within("now_ns", now_ns, 0, INT64_MAX)
    market.mid2 = _half_ticks("mid2_ticks", mid2_ticks)
    market.reference2 = _half_ticks("reference2_ticks", reference2_ticks)
    return market


cdef class RiskGate:
    def __cinit__(self, limits=None, instrument=None, *, orders=4096, messages=65536, recent=4096):
        cdef cpp.RiskLimits first
        cdef cpp.RiskCapacity room
        cdef ContractValue contract
        if limits is not None:
            first = risk_limits(limits)
        if instrument is not None:
            contract = ContractValue(instrument.inverse, instrument.unit_num, instrument.unit_den)
        room.orders = whole_within("orders", orders, 0, INT64_MAX)
        room.messages = whole_within("messages", messages, 0, INT64_MAX)
        room.recent = whole_within("recent", recent, 0, INT64_MAX)
        self.gate = new cpp.RiskGate(first, contract, room)
        self.limits_ = limits

    def __dealloc__(self):
        del self.gate

    def check(self, order_id, side, price_ticks, qty_lots, *, now_ns, type="limit", mid2_ticks=None,
              reference2_ticks=None):
        cdef cpp.RiskGate.Order order
        order.side = <uint8_t>as_side(side)
        order.type = _type(type)
        order.price_ticks = 0 if price_ticks is None and order.type == 3 else whole64("price_ticks", price_ticks)
        order.qty_lots = whole64("qty_lots", qty_lots)
        return _REASONS[<int>self.gate.check(
            unsigned64("order_id", order_id), order, _market(now_ns, mid2_ticks, reference2_ticks))]

    def check_replace(self, order_id, price_ticks, total_lots, *, now_ns, mid2_ticks=None,
                      reference2_ticks=None):
        return _REASONS[<int>self.gate.check_replace(
            unsigned64("order_id", order_id), whole64("price_ticks", price_ticks), whole64("total_lots", total_lots),
            _market(now_ns, mid2_ticks, reference2_ticks))]

    def count_cancel(self, now_ns):
        self.gate.count_cancel(whole_within("now_ns", now_ns, 0, INT64_MAX))

    def on_fill(self, order_id, side, price_ticks, qty_lots, *, now_ns, fee_units=0, mid2_ticks=None):
        self.gate.on_fill(unsigned64("order_id", order_id), <uint8_t>as_side(side), _ticks(price_ticks),
                          whole_within("qty_lots", qty_lots, 1, 2**31 - 1), whole64("fee_units", fee_units),
                          _market(now_ns, mid2_ticks, None))

    def on_replaced(self, order_id, price_ticks, total_lots):
        self.gate.on_replaced(unsigned64("order_id", order_id), whole64("price_ticks", price_ticks),
                              whole_within("total_lots", total_lots, 0, 2**31 - 1))

    def on_replace_rejected(self, order_id):
        self.gate.on_replace_rejected(unsigned64("order_id", order_id))

    def on_end(self, order_id):
        self.gate.on_end(unsigned64("order_id", order_id))

    def mark(self, mid2_ticks, *, now_ns):
        self.gate.mark(_market(now_ns, mid2_ticks, None))

    def hold(self, position_lots, mid2_ticks):
        self.gate.hold(whole_within("position_lots", position_lots, -(2**40), 2**40),
                       _half_ticks("mid2_ticks", mid2_ticks))

    @property
    def limits(self):
        return self.limits_

    def set_limits(self, limits):
        self.gate.set_limits(risk_limits(limits))
        self.limits_ = limits

    def kill(self, reason=1):
        cdef int64_t why = whole_within("reason", reason, 0, UINT32_MAX)
        if why == 0:
            raise ValueError("reason 0 says that the gate is open; take one above")
        self.gate.kill(<uint32_t>why)

    def reset(self):
        self.gate.reset()

    @property
    def killed(self):
        return self.gate.killed()

    @property
    def loss_reached(self):
        return self.gate.loss_reached()

    @property
    def position_lots(self):
        return self.gate.position_lots()

    @property
    def open_orders(self):
        return self.gate.open_orders()

    def open_lots(self, side):
        return self.gate.open_lots(<uint8_t>as_side(side))

    @property
    def day_pnl_units(self):
        return self.gate.day_pnl_units()

    @property
    def rejections(self):
        counts = {reason: self.gate.rejections(<cpp.lumina_reason><int>reason) for reason in _REASONS}
        return {reason: count for reason, count in counts.items() if count}
