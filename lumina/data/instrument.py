"""The instrument: what one tick and one lot are worth, exactly."""

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import numpy as np

from lumina.errors import DataError
from lumina.numeric import flag, whole

Number = str | int | float | Decimal | Fraction | np.integer | np.floating
_FEE_SCALE = 10**9
_ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
    "exact": int,
    "nearest": round,
    "down": math.floor,
    "up": math.ceil,
}


def exact(value: Number, name: str) -> Fraction:
    """`value` as an exact fraction; a float means its shortest repr, so 0.1 is one tenth.

    Raises
    ------
    DataError
        Where `value` is no finite number.
    """
    if not isinstance(value, bool) and isinstance(value, numbers.Rational):
        return Fraction(value.numerator, value.denominator)
    try:
        number = Decimal(repr(value) if type(value) is float else str(value))
    except InvalidOperation:
        number = Decimal("nan")
    # an exponent is bounded before it becomes a power of ten
    if isinstance(value, bool) or not number.is_finite() or abs(number.adjusted()) > 30:
        raise DataError(f"instrument: {name} = {value!r} is not a finite number between 1e-30 and 1e30")
    return Fraction(number)


def text(value: Fraction) -> str:
    """Shortest exact text of a fraction: a decimal where one exists, else `a/b`."""
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    whole = digits[: len(digits) - places] + ("." + digits[-places:] if places else "")
    return ("-" if value < 0 else "") + whole


@dataclass(frozen=True)
class Instrument:
    """Contract terms; every number is kept as an exact fraction.

    Parameters
    ----------
    symbol
        The venue's name.
    tick_size
        Price of one tick, quote currency (> 0).
    lot_size
        Base units, or contracts, of one lot (> 0).
    multiplier
        Contract size: base units a contract, or for an inverse contract quote units a contract (> 0).
    inverse
        True where profit is paid in the base coin: value = multiplier * quantity / price.
    settlement
        Currency of profit and loss, for reports.
    maker_fee, taker_fee
        Fraction of the traded value, positive is a cost; a multiple of 1e-9.
    money_digits
        Accounts count money in 10^-money_digits of the settlement currency: 9 (of inverse contracts 12) or fewer. A run
        whose accounts go beyond 64 bits, 9.2e9 at 9 digits, ends there; yen and won want fewer digits.

    Notes
    -----
    Numbers may be str, int, float (through its repr), Decimal or Fraction. A DataError names what is out of bounds.
    """

    symbol: str
    tick_size: Fraction
    lot_size: Fraction
    multiplier: Fraction = Fraction(1)
    inverse: bool = False
    settlement: str = ""
    maker_fee: Fraction = Fraction(0)
    taker_fee: Fraction = Fraction(0)
    money_digits: int = 9

    def __init__(
        self,
        symbol: str,
        tick_size: Number,
        lot_size: Number,
        multiplier: Number = 1,
        inverse: bool = False,
        settlement: str = "",
        maker_fee: Number = 0,
        taker_fee: Number = 0,
        money_digits: int | None = None,
    ) -> None:
        if not isinstance(symbol, str) or not symbol or len(symbol) > 100:
            raise DataError(f"instrument: symbol = {symbol!r} must be a text of 1 to 100 characters")
        set_ = object.__setattr__
        set_(self, "symbol", symbol)
        set_(self, "inverse", flag("inverse", inverse, error=DataError))
        set_(self, "settlement", str(settlement))
        for name, value in (("tick_size", tick_size), ("lot_size", lot_size), ("multiplier", multiplier)):
            number = exact(value, name)
            if number <= 0:
                raise DataError(f"instrument {symbol}: {name} = {value} must be positive")
            set_(self, name, number)
        for name, value in (("maker_fee", maker_fee), ("taker_fee", taker_fee)):
            number = exact(value, name)
            if abs(number) > 1 or (number * _FEE_SCALE).denominator != 1:
                raise DataError(f"instrument {symbol}: {name} = {value} must be a multiple of 1e-9 between -1 and 1")
            set_(self, name, number)
        most = _money_digits(self.inverse)
        set_(
            self,
            "money_digits",
            most if money_digits is None else whole("money_digits", money_digits, 0, most, error=DataError),
        )

    @property
    def money_scale(self) -> int:
        """Money units in one of the settlement currency."""
        return int(10**self.money_digits)

    @property
    def maker_fee_e9(self) -> int:
        """Maker fee in 1e-9 of the value."""
        return int(self.maker_fee * _FEE_SCALE)

    @property
    def taker_fee_e9(self) -> int:
        """Taker fee in 1e-9 of the value."""
        return int(self.taker_fee * _FEE_SCALE)

    @property
    def unit(self) -> Fraction:
        """Money units of one lot at one tick, in 10^-money_digits of the settlement currency.

        A linear value is `unit * qty_lots * price_ticks`, an inverse one `unit * qty_lots / price_ticks`.
        """
        if self.inverse:
            return self.lot_size * self.multiplier / self.tick_size * self.money_scale
        return self.tick_size * self.lot_size * self.multiplier * self.money_scale

    @property
    def unit_num(self) -> int:
        """Numerator of `unit`."""
        return self.unit.numerator

    @property
    def unit_den(self) -> int:
        """Denominator of `unit`."""
        return self.unit.denominator

    def price(self, ticks: int) -> float:
        """Price of `ticks`, quote currency."""
        return float(_steps("ticks", ticks) * self.tick_size)

    def qty(self, lots: int) -> float:
        """Quantity of `lots`, base units or contracts."""
        return float(_steps("lots", lots) * self.lot_size)

    def ticks(self, price: Number, rounding: str = "exact") -> int:
        """Ticks of a price.

        Parameters
        ----------
        price : number
            Quote currency.
        rounding : {"exact", "nearest", "down", "up"}
            What becomes of a price between two ticks: an error, the nearer one (of two equally near the even one), the
            lower or the higher one.

        Raises
        ------
        DataError
            The price is no number, or between two ticks where `rounding` is exact.
        """
        return self._whole("price", price, self.tick_size, "tick_size", rounding)

    def lots(self, qty: Number, rounding: str = "exact") -> int:
        """Lots of a quantity, base units or contracts; `rounding` and errors as for `ticks`."""
        return self._whole("quantity", qty, self.lot_size, "lot_size", rounding)

    def _whole(self, what: str, value: Number, unit: Fraction, unit_name: str, rounding: str) -> int:
        number = exact(value, what) / unit
        if rounding not in _ROUNDINGS:
            raise DataError(f"rounding = {rounding!r}: must be one of {', '.join(_ROUNDINGS)}")
        if rounding == "exact" and number.denominator != 1:
            raise DataError(
                f"instrument {self.symbol}: {what} {value} is no multiple of {unit_name} {text(unit)}; "
                "rounding='nearest', 'down' or 'up' takes one"
            )
        return _ROUNDINGS[rounding](number)

    def to_dict(self) -> dict[str, Any]:
        """The terms as plain JSON values, numbers as exact text."""
        out: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "money_digits" and value == _money_digits(self.inverse):
                continue  # so that a tape says what earlier versions read too
            out[field.name] = text(value) if isinstance(value, Fraction) else value
        return out

    @classmethod
    def from_dict(cls, terms: dict[str, Any]) -> "Instrument":
        """The inverse of `to_dict`; DataError where a key is missing or unknown."""
        known = {field.name for field in fields(cls)}
        wrong = sorted(set(terms) - known) or sorted({"symbol", "tick_size", "lot_size"} - set(terms))
        if wrong:
            raise DataError(f"instrument: key {wrong[0]!r} is {'unknown' if wrong[0] in terms else 'missing'}")
        numbers = known - {"symbol", "inverse", "settlement", "money_digits"}
        exact_terms: dict[str, Any] = {
            key: _fraction(value) if key in numbers and isinstance(value, str) and "/" in value else value
            for key, value in terms.items()
        }
        return cls(**exact_terms)


def _steps(name: str, value: int) -> int:
    return whole(name, value, -(2**63), 2**63 - 1, error=DataError)


def _money_digits(inverse: bool) -> int:
    return 12 if inverse else 9


def _fraction(value: str) -> Fraction:
    num, _, den = value.partition("/")
    if not (num.lstrip("-").isdigit() and den.isdigit() and len(value) < 80 and int(den)):
        raise DataError(f"instrument: {value!r} is not a number")
    return Fraction(int(num), int(den))
