"""What a numba ``@cfunc`` strategy needs: constants, the layout of the event, and the engine's calls.

The calls are ctypes functions, which numba compiles into direct calls. Each takes the context that the
callback was given as its first argument. A side is `BUY` or `SELL`; prices are in ticks, quantities in lots,
times in ns on the strategy's clock.

==================  ====================================================================================
`user`              (ctx): the address given to `Callback` as `user`, as a pointer to 64-bit integers
`now_ns`            (ctx): the strategy's clock
`best_price_ticks`  (ctx, instrument, side): best price; meaningless where the quantity is 0
`best_qty_lots`     (ctx, instrument, side): quantity at the best price; 0 is an empty side
`level_lots`        (ctx, instrument, side, price_ticks): quantity at a price
`position_lots`     (ctx, instrument): position from the fills reported so far
`submit`            (ctx, instrument, side, type, price_ticks, qty_lots, tag): the new order's id
`cancel`            (ctx, order_id)
`replace`           (ctx, order_id, price_ticks, qty_lots): qty_lots is the new total, fills included
`set_timer`         (ctx, ts_ns, timer_id)
`stop`              (ctx, error): ends the run after this callback; an error other than 0 is raised
==================  ====================================================================================

Own quantity is never in the book. ``examples/numba_strategy.py`` is a complete strategy.
"""

import ctypes as _ct

from lumina._core import _abi

EVENT = _abi.RUNTIME_EVENT
"""numpy dtype of the run-time event, `lumina_event` of the C ABI."""

EV_START = _abi.KINDS["START"]
EV_LEVEL = _abi.KINDS["LEVEL"]
EV_TRADE = _abi.KINDS["TRADE"]
EV_BOOK = _abi.KINDS["BOOK"]
EV_BBO = _abi.KINDS["BBO"]
EV_STATUS = _abi.KINDS["STATUS"]
EV_FUNDING = _abi.KINDS["FUNDING"]
EV_GAP = _abi.KINDS["GAP"]
EV_TIMER = _abi.KINDS["TIMER"]
EV_ACK = _abi.KINDS["ACK"]
EV_REJECT = _abi.KINDS["REJECT"]
EV_FILL = _abi.KINDS["FILL"]
EV_CANCELLED = _abi.KINDS["CANCELLED"]
EV_REPLACED = _abi.KINDS["REPLACED"]
EV_CANCEL_REJECT = _abi.KINDS["CANCEL_REJECT"]
EV_REPLACE_REJECT = _abi.KINDS["REPLACE_REJECT"]
EV_STOP = _abi.KINDS["STOP"]

BUY = _abi.SIDES["BUY"]
SELL = _abi.SIDES["SELL"]

LIMIT = _abi.ORDER_TYPES["LIMIT"]
POST_ONLY = _abi.ORDER_TYPES["POST_ONLY"]
IOC = _abi.ORDER_TYPES["IOC"]
MARKET = _abi.ORDER_TYPES["MARKET"]

_I32, _I64, _U8, _U32, _U64, _PTR = _ct.c_int32, _ct.c_int64, _ct.c_uint8, _ct.c_uint32, _ct.c_uint64, _ct.c_void_p

user = _ct.CFUNCTYPE(_ct.POINTER(_I64), _PTR)(_abi.ADDRESSES["user"])
now_ns = _ct.CFUNCTYPE(_I64, _PTR)(_abi.ADDRESSES["now_ns"])
best_price_ticks = _ct.CFUNCTYPE(_I32, _PTR, _U32, _U8)(_abi.ADDRESSES["best_price_ticks"])
best_qty_lots = _ct.CFUNCTYPE(_I32, _PTR, _U32, _U8)(_abi.ADDRESSES["best_qty_lots"])
level_lots = _ct.CFUNCTYPE(_I32, _PTR, _U32, _U8, _I32)(_abi.ADDRESSES["level_lots"])
position_lots = _ct.CFUNCTYPE(_I64, _PTR, _U32)(_abi.ADDRESSES["position_lots"])
submit = _ct.CFUNCTYPE(_U64, _PTR, _U32, _U8, _U8, _I32, _I32, _U64)(_abi.ADDRESSES["submit"])
cancel = _ct.CFUNCTYPE(None, _PTR, _U64)(_abi.ADDRESSES["cancel"])
replace = _ct.CFUNCTYPE(None, _PTR, _U64, _I32, _I32)(_abi.ADDRESSES["replace"])
set_timer = _ct.CFUNCTYPE(None, _PTR, _I64, _I64)(_abi.ADDRESSES["set_timer"])
stop = _ct.CFUNCTYPE(None, _PTR, _I32)(_abi.ADDRESSES["stop"])
