"""The numbers that stand in rows of the matching engine. The values are those of `lumina/book/match_message.hpp`."""

from enum import IntEnum


class OrderType(IntEnum):
    """How an order arrives. `POST_ONLY` never takes, `IOC`, `MARKET` and `FOK` never rest."""

    LIMIT = 0
    POST_ONLY = 1
    IOC = 2
    MARKET = 3
    FOK = 4


class MatchKind(IntEnum):
    """What a MATCH_MESSAGE asks for."""

    NEW = 0
    CANCEL = 1
    REPLACE = 2
    MASS_CANCEL = 3


class MatchEventKind(IntEnum):
    """What a MATCH_EVENT tells."""

    TRADED = 0
    RESTED = 1
    CANCELLED = 2
    KILLED = 3
    REDUCED = 4
    REPLACED = 5
    REJECTED = 6


class MatchReason(IntEnum):
    """Why an order left, or why a message was refused."""

    NONE = 0
    REQUESTED = 1
    REMAINDER = 2
    SELF_MATCH = 3
    POST_ONLY = 4
    FILL_OR_KILL = 5
    HALTED = 6
    PRICE_BAND = 7
    UNKNOWN_ID = 8
    DUPLICATE_ID = 9
    INVALID = 10
