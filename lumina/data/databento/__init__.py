"""Databento's files: DBN and CSV."""

from lumina.data.databento.importer import read, sniff

__all__ = ["read", "sniff"]
