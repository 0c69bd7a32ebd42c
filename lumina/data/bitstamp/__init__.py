"""Bitstamp's order log."""

from lumina.data.bitstamp.importer import read, sniff

__all__ = ["read", "sniff"]
