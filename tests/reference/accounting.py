"""Money of one instrument, exact (SEMANTICS A1). Prices and mids are Fractions of ticks, results int units."""
import math
from fractions import Fraction

from .vocabulary import BUY


def round_half_even(x):
    return round(Fraction(x))  # Python's rounding of a Fraction is half to even


class Money:
    """What quantities of one instrument are worth."""

    def __init__(self, instrument):
        self.inverse = bool(instrument.inverse)
        self.unit = Fraction(instrument.unit_num, instrument.unit_den)

    def exact(self, price, lots):
        """Size of the position in money, signed like `lots`, unrounded."""
        return Fraction(lots) * self.unit / price if self.inverse else Fraction(lots) * self.unit * price

    def value(self, price, lots):
        """V: rounded half-even, and rising with the price for a long position."""
        size = round_half_even(self.exact(price, lots))
        return -size if self.inverse else size

    def notional(self, price, lots):
        return abs(self.value(price, lots))

    def fee(self, rate_e9, price, lots):
        return math.ceil(Fraction(rate_e9 * self.notional(price, lots), 10**9))


class Account:
    """Position, cash and the accounts beside it."""

    def __init__(self, instrument):
        self.money = Money(instrument)
        self.position = 0
        self.cash = self.fees = self.impact = self.funding = 0
        self.spread_capture = self.inventory = 0
        self.mark = None  # the mid that the position was last marked at, in ticks

    def mark_to(self, mid2):
        mid = Fraction(mid2, 2)
        if self.mark is not None:
            self.inventory += self.money.value(mid, self.position) - self.money.value(self.mark, self.position)
        self.mark = mid

    def fill(self, side, price, lots, mid2, fee_rate_e9):
        """Book one fill; returns (cash change, fee, spread capture)."""
        self.mark_to(mid2)
        before = self.money.value(self.mark, self.position)
        bought = lots if side == BUY else -lots
        cash = -self.money.value(price, bought)
        fee = self.money.fee(fee_rate_e9, price, lots)
        self.position += bought
        capture = cash + self.money.value(self.mark, self.position) - before
        self.cash += cash
        self.fees += fee
        self.spread_capture += capture
        return cash, fee, capture

    def pay_funding(self, rate_e9, mid2):
        """`mid2` is the last valid one, None before the first: then nothing is due."""
        if mid2 is not None and self.position:
            size = round_half_even(self.money.exact(Fraction(mid2, 2), self.position))
            self.funding += math.ceil(Fraction(rate_e9 * size, 10**9))

    def pnl_by_cash(self):
        """Cash and the marked position less the costs: what the sum of the accounts must equal."""
        marked = self.money.value(self.mark, self.position) if self.mark is not None else 0
        return self.cash + marked - self.fees - self.impact - self.funding

    def pnl(self):
        return self.spread_capture + self.inventory - self.fees - self.impact - self.funding
