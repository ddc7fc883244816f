"""Transforms of raw lines into processed rows."""
