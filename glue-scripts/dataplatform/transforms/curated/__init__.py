"""Transforms of processed rows into curated tables."""
