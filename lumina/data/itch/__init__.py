"""NASDAQ ITCH 5.0: files and captures."""

from lumina.data.itch.importer import read, sniff, split

__all__ = ["read", "sniff", "split"]
