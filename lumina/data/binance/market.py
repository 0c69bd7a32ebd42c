"""What the head of a raw Binance recording tells: market, symbol, and the grid of its numbers."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from lumina.data.binance.lines import Line, read_lines
from lumina.data.decimals import BadNumber, decimal
from lumina.data.instrument import Instrument, Number
from lumina.data.source import HashedFile
from lumina.errors import DataError, argument

_HEAD_LINES = 3000
# Coin-M contracts are 100 USD for bitcoin and 10 USD for every other coin.
_COIN_M_CONTRACT_USD = {"BTC": 100}
_QUOTES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "EUR", "TRY", "BTC", "ETH", "BNB")


@dataclass
class Market:
    """A market and a symbol of it.

    Attributes
    ----------
    name : {"spot", "usd-m", "coin-m"}
    pair : str
        Of coin-M contracts, else empty.
    prices, quantities : set of str
        Numbers at the head.
    latency_ns : int
        Local less exchange time of the first depth update.
    """

    symbol: str
    name: str
    pair: str
    prices: set[str]
    quantities: set[str]
    latency_ns: int

    @property
    def spot(self) -> bool:
        """Spot ids follow each other by one; futures name the previous one."""
        return self.name == "spot"

    def instrument(self, tick: Fraction, lot: Fraction, maker_fee: Number, taker_fee: Number) -> Instrument:
        """Contract terms; coin-M contracts are inverse."""
        if self.name == "coin-m":
            coin = self.pair.removesuffix("USD")
            contract = _COIN_M_CONTRACT_USD.get(coin, 10)
            return Instrument(self.symbol, tick, lot, contract, True, coin, maker_fee, taker_fee)
        quote = next((quote for quote in _QUOTES if self.symbol.partition("_")[0].endswith(quote)), "")
        return Instrument(self.symbol, tick, lot, 1, False, quote, maker_fee, taker_fee)


def look(path: Path, symbol: str | None) -> Market:
    """Read the head of a recording."""
    symbols: dict[str, tuple[dict[str, Any], int]] = {}
    prices: set[str] = set()
    quantities: set[str] = set()
    file = HashedFile(path)
    try:
        for line in read_lines(file):
            if line.number > _HEAD_LINES:
                break
            if line.stream == "depth":
                name = symbol_of(line)
                if name not in symbols:
                    symbols[name] = line.data, line.local_ts_ns - line.time_ns("T", "E")
                if symbol not in (None, name):
                    continue
            elif line.stream != "snapshot":
                continue
            for field in ("bids", "asks") if line.stream == "snapshot" else ("b", "a"):
                for price, quantity, *_ in pairs(line, field):
                    prices.add(_number(line, field, price))
                    quantities.add(_number(line, field, quantity))
    finally:
        file.close()
    if symbol is None and len(symbols) > 1:
        raise DataError(f"{path}: holds {', '.join(sorted(symbols))}; remedy: give {argument('symbol')}")
    if not symbols or (symbol is not None and symbol not in symbols):
        wanted = f" of {symbol}" if symbol else ""
        raise DataError(
            f"{path}: no depth updates{wanted} in {_HEAD_LINES} lines: not a recording of a Binance depth stream"
        )
    symbol = symbol or next(iter(symbols))
    data, latency_ns = symbols[symbol]
    market = "spot" if "pu" not in data else "coin-m" if "ps" in data else "usd-m"
    pair = data.get("ps", "") if market == "coin-m" else ""
    return Market(symbol, market, str(pair), prices, quantities, latency_ns)


def symbol_of(line: Line) -> str:
    """The message's symbol."""
    name = line.data.get("s")
    if not isinstance(name, str) or not name:
        raise line.refuse("s", "is missing" if name is None else f"{name!r} is no symbol")
    return name


def pairs(line: Line, field: str) -> list[list[str]]:
    """Levels of a message, as [price, quantity] texts."""
    levels = line.data.get(field)
    if not isinstance(levels, list):
        raise line.refuse(field, "is missing" if levels is None else f"is no list but a {type(levels).__name__}")
    for level in levels:
        if not isinstance(level, list) or len(level) < 2:
            raise line.refuse(field, f"{level!r} is not [price, quantity]")
    return levels


def _number(line: Line, field: str, value: str) -> str:
    try:
        decimal(value)
    except BadNumber as error:
        raise line.refuse(field, error) from None
    return value
