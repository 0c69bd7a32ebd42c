"""hftbacktest's rows (npy, npz), read and written."""

from lumina.data.hftbacktest.importer import ROW, read, sniff, write

__all__ = ["ROW", "read", "sniff", "write"]
