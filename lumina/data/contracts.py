"""Contract terms that a venue and a symbol tell: coin-margined contracts, worth a number of quote units each."""

import re
from typing import NamedTuple


class Contract(NamedTuple):
    """Inverse terms: quote units a contract, and the coin that profit is paid in."""

    multiplier: int
    settlement: str


_EXPIRY = r"[0-9]{1,2}[A-Z]{3}[0-9]{2}"
_WEEK = r"_(?:CW|NW|CQ|NQ)|[0-9]{6}"
# Venue (as Tardis names it), symbols whose first group is the coin, quote units a contract (of BTC where it differs).
_INVERSE: tuple[tuple[str, str, int, int], ...] = (
    ("bitmex", r"(XBT)(?:USD|EUR|[FGHJKMNQUVXZ][0-9]{2})", 1, 1),
    ("deribit", rf"(BTC|ETH)-(?:PERPETUAL|{_EXPIRY})", 1, 1),
    ("okex-swap", r"([A-Z0-9]+)-USD-SWAP", 10, 100),
    ("okex-futures", r"([A-Z0-9]+)-USD-[0-9]{6}", 10, 100),
    ("huobi-dm-swap", r"([A-Z0-9]+)-USD", 10, 100),
    ("huobi-dm", rf"([A-Z]+)(?:{_WEEK})", 10, 100),
    ("binance-delivery", r"([A-Z0-9]+)USD_(?:PERP|[0-9]{6})", 10, 100),
    ("bybit", r"([A-Z0-9]+)USD(?:[HMUZ][0-9]{2})?", 1, 1),
    ("cryptofacilities", r"(?:PI|FI)_([A-Z0-9]+)USD(?:_[0-9]{6})?", 1, 1),
)


def inverse_contract(venue: str, symbol: str) -> Contract | None:
    """Terms of an inverse contract; None where venue and symbol do not say that it is one."""
    for name, symbols, multiplier, of_btc in _INVERSE:
        match = re.fullmatch(symbols, symbol.upper(), re.ASCII) if name == venue.lower() else None
        if match is not None:
            return Contract(of_btc if match[1] == "BTC" else multiplier, match[1])
    return None
