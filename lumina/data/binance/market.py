"""What the head of a raw Binance recording tells: market, symbol, and the grid of its numbers."""

import statistics
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from lumina.data.binance.lines import Line, number, pairs, read_lines
from lumina.data.binance.owner import agrees, is_near, joins
from lumina.data.contracts import inverse_contract
from lumina.data.instrument import Instrument, Number
from lumina.data.source import HashedFile
from lumina.errors import DataError, argument

_HEAD_LINES = 3000
_QUOTES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "EUR", "TRY", "BTC", "ETH", "BNB")


@dataclass
class Market:
    """A market and a symbol of it.

    Attributes
    ----------
    name : {"spot", "usd-m", "coin-m"}
    prices, quantities : set of str
        Numbers at the head.
    latency_ns : int
        Local less exchange time of the first depth update.
    several : bool
        The recording holds other symbols too.
    price : Fraction or None
        Median of the levels of depth updates, None where they have none.
    aggregated : bool or None
        Trades come from `aggTrade` alone; None where there are none at the head.
    """

    symbol: str
    name: str
    prices: set[str]
    quantities: set[str]
    latency_ns: int
    several: bool
    price: Fraction | None
    aggregated: bool | None

    @property
    def spot(self) -> bool:
        """Spot ids follow each other by one; futures name the previous one."""
        return self.name == "spot"

    def instrument(self, tick: Fraction, lot: Fraction, maker_fee: Number, taker_fee: Number) -> Instrument:
        """Contract terms; coin-M contracts are inverse."""
        if self.name == "coin-m":
            known = inverse_contract("binance-delivery", self.symbol)
            if known is None:
                raise DataError(
                    f"{self.symbol}: no known coin-M contract, its terms are not told; remedy: in Python, "
                    "lumina.load(..., instrument=lumina.Instrument(...))"
                )
            multiplier, coin = known
            return Instrument(self.symbol, tick, lot, multiplier, True, coin, maker_fee, taker_fee)
        quote = next((quote for quote in _QUOTES if self.symbol.partition("_")[0].endswith(quote)), "")
        return Instrument(self.symbol, tick, lot, 1, False, quote, maker_fee, taker_fee)


def look(path: Path, symbol: str | None) -> Market:
    """Read the head of a recording."""
    head = _Head(path)
    symbols = list(head.depth)
    if symbol is None and len(symbols) > 1:
        raise DataError(f"{path}: holds {', '.join(sorted(symbols))}; remedy: give {argument('symbol')}")
    if not symbols or (symbol is not None and symbol not in symbols):
        wanted = f" of {symbol}" if symbol else ""
        raise DataError(
            f"{path}: no depth updates{wanted} in {_HEAD_LINES} lines: not a recording of a Binance depth stream"
        )
    symbol = symbol or symbols[0]
    own = head.depth[symbol]
    data, several = own[0].data, len(head.symbols) > 1
    name = "spot" if "pu" not in data else "coin-m" if "ps" in data else "usd-m"
    levels = [(line, field, level) for line in own for field in ("b", "a") for level in pairs(line, field)]
    prices = [number(line, field, level[0]) for line, field, level in levels]
    price = statistics.median(prices) if prices else None
    for line in head.snapshots:
        if line.data.get("symbol", symbol) != symbol or (price is not None and not is_near(line, price)):
            continue
        if "symbol" in line.data or ((not several or joins(line, own)) and agrees(line, own)):
            levels += [(line, field, level) for field in ("bids", "asks") for level in pairs(line, field)]
    for line, field, level in levels:
        for text in level[:2]:
            number(line, field, text)
    latency_ns = own[0].local_ts_ns - own[0].time_ns("T", "E")
    texts = [{level[i] for _, _, level in levels} for i in (0, 1)]
    return Market(symbol, name, texts[0], texts[1], latency_ns, several, price, head.aggregated(symbol))


def aggregated(path: Path, symbol: str) -> bool | None:
    """Do trades of a symbol at the head of a file come from `aggTrade` alone? None where there are no trades."""
    return _Head(path).aggregated(symbol)


class _Head:
    """The first lines of a recording by what they are."""

    def __init__(self, path: Path) -> None:
        self.symbols: set[str] = set()
        self.depth: dict[str, list[Line]] = {}
        self.snapshots: list[Line] = []
        self._trades: set[tuple[str, str]] = set()
        file = HashedFile(path)
        try:
            for line in read_lines(file):
                if line.number > _HEAD_LINES:
                    break
                if line.stream == "snapshot":
                    self.snapshots.append(line)
                    continue
                if line.stream == "depth":
                    self.depth.setdefault(symbol_of(line), []).append(line)
                name = line.data.get("s")
                if isinstance(name, str):
                    self.symbols.add(name)
                    self._trades.add((name, line.stream))
        finally:
            file.close()

    def aggregated(self, symbol: str) -> bool | None:
        """See `aggregated`."""
        if (symbol, "trade") in self._trades:
            return False
        return True if (symbol, "aggTrade") in self._trades else None


def symbol_of(line: Line) -> str:
    """The message's symbol."""
    name = line.data.get("s")
    if not isinstance(name, str) or not name:
        raise line.refuse("s", "is missing" if name is None else f"{name!r} is no symbol")
    return name
