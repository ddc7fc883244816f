"""Columns that are computed once a row, whatever is asked of them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

FILE = "file_digest"


def once(rows: DataFrame, *columns: str) -> DataFrame:
    """Select columns, all by default, unfolded from an array of one; the file's stays beside it.

    Else what follows, such as a condition that there is no reason, would be pushed into their expressions: a value
    would be read from its text again and again, in a method so long that the JVM does not compile it. A condition on
    files alone is to be pushed: what it leaves out need not be read from its text at all.
    """
    names = columns or rows.columns
    beside = [name for name in names if name == FILE]
    unfolded = F.inline(F.array(F.struct(*[name for name in names if name != FILE])))
    return rows.select(*beside, unfolded).select(*names)
