"""Athena that answers: queries run on the very tables of the catalog."""
