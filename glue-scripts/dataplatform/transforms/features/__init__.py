"""Transforms of processed rows into what models learn from, as of a time."""
