"""The numbers that stand in events, order logs and fills. The values are those of `lumina/strategy/abi.h` and
`lumina/types.hpp`."""

from enum import IntEnum


class EventKind(IntEnum):
    """What a strategy is called with: `RunEvent.kind`."""

    START = 0
    LEVEL = 1
    TRADE = 2
    BOOK = 3
    BBO = 4
    STATUS = 5
    FUNDING = 6
    GAP = 7
    TIMER = 8
    ACK = 9
    REJECT = 10
    FILL = 11
    CANCELLED = 12
    REPLACED = 13
    CANCEL_REJECT = 14
    REPLACE_REJECT = 15
    STOP = 16


class OrderState(IntEnum):
    """How far an order is: column `state` of `Result.orders`, and `state` of an order in `Context.orders`."""

    SUBMITTED = 0
    RESTING = 1
    PARTLY_FILLED = 2
    FILLED = 3
    CANCELLED = 4
    REJECTED = 5


class OrderAction(IntEnum):
    """What happened to an order: column `action` of `Result.order_events`."""

    REQUEST_NEW = 0
    REQUEST_CANCEL = 1
    REQUEST_REPLACE = 2
    ACKNOWLEDGED = 3
    REJECTED = 4
    FILLED = 5
    CANCELLED = 6
    REPLACED = 7
    CANCEL_REJECTED = 8
    REPLACE_REJECTED = 9


class FillCause(IntEnum):
    """Why a fill happened: column `cause` of `Result.fills`."""

    TAKER = 0
    AT = 1
    THROUGH = 2
    CROSS = 3
    SHIFT = 4
