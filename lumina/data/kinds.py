"""The numbers that stand in a tape row: kinds, flags, sides, phases. The values are those of `lumina/types.hpp`."""

from enum import IntEnum, IntFlag


class Kind(IntEnum):
    """What a tape row is. Kinds up to `EXECUTE` change the level at their price by `qty_lots` (signed)."""

    CHANGE = 0
    BBO = 1
    ADD = 2
    REDUCE = 3
    CANCEL = 4
    EXECUTE = 5
    TRADE = 6
    CLEAR = 7
    SNAPSHOT_BEGIN = 8
    SNAPSHOT_END = 9
    GAP = 10
    STATUS = 11
    FUNDING = 12


class Flag(IntFlag):
    """Row flags. `END` closes an event in every view whose flag (`EXCH`, `LOCAL`) the row carries."""

    EXCH = 1
    LOCAL = 2
    END = 4
    HIDDEN = 8
    OFFBOOK = 16
    COUNTED = 32
    REPLACE = 64


class Side(IntEnum):
    """Side of a level, or aggressor of a trade."""

    BUY = 0
    SELL = 1
    NONE = 2


class Phase(IntEnum):
    """Trading phase, `qty_lots` of a status row. A tape is continuous until a status row says otherwise."""

    CONTINUOUS = 0
    HALT = 1
    AUCTION = 2


BOTH_VIEWS = Flag.EXCH | Flag.LOCAL
LAST_BOOK_KIND = Kind.EXECUTE
# Two prices of a tape may be added or subtracted in 32 bits.
MAX_PRICE_TICKS = 2**30
