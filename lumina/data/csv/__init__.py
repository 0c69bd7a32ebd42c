"""CSV files of any vendor, by a map of their columns."""

from lumina.data.csv.importer import read, sniff

__all__ = ["read", "sniff"]
