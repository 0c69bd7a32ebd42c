"""Raw Binance recordings: spot, USD-M, coin-M."""

from lumina.data.binance.importer import messages, read, sniff

__all__ = ["messages", "read", "sniff"]
