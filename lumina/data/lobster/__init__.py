"""LOBSTER's message and orderbook files."""

from lumina.data.lobster.importer import messages, read, sniff

__all__ = ["messages", "read", "sniff"]
