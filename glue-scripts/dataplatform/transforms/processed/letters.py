"""Upper and lower case, of text that is short enough for a column."""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

# No contract has a longer column that is changed. What is longer stays as it is, and is refused for its length.
LONGEST = 1024


def upper(text: Column) -> Column:
    """The text in upper case."""
    return _short(text, F.upper)


def lower(text: Column) -> Column:
    """The text in lower case."""
    return _short(text, F.lower)


def _short(text: Column, changed: Callable[[Column], Column]) -> Column:
    # Java's change of case may take time by the square of the length: of what a field may hold, minutes.
    return F.when(F.length(text) <= LONGEST, changed(text)).otherwise(text)
