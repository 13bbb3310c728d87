"""Dialects: bytes <-> hub, no I/O. One folder each, entered through its door."""
