"""Why an order was refused or left: the `reason` of order logs, reports and the risk gate."""

from enum import IntEnum


class Reason(IntEnum):
    """The numbers of `lumina_reason` in `lumina/strategy/abi.h`, which the columns `reason` of a result hold."""

    NONE = 0
    REQUESTED = 1
    REMAINDER = 2
    BEYOND_BOOK = 3
    SELF_MATCH = 4
    END_OF_DATA = 5
    POST_ONLY = 6
    NOT_CONTINUOUS = 7
    UNKNOWN_ORDER = 8
    TOO_LATE = 9
    INVALID = 10
    RISK_QUANTITY = 11
    RISK_NOTIONAL = 12
    RISK_PRICE_BAND = 13
    RISK_POSITION = 14
    REDUCED = 15
    RISK_OPEN_ORDERS = 16
    RISK_MESSAGE_RATE = 17
    RISK_DAILY_LOSS = 18
    RISK_DUPLICATE = 19
    RISK_SELF_CROSS = 20
    RISK_KILLED = 21
