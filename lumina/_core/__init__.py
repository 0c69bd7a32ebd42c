"""Compiled core. It converts types and nothing else; the public names are in `lumina`."""
