"""Columns that are computed once a row, whatever is asked of them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def once(rows: DataFrame, *columns: str) -> DataFrame:
    """Select columns, all by default, unfolded from an array of one.

    Else what follows, such as a condition that there is no reason, would be pushed into their expressions: a value
    would be read from its text again and again, in a method so long that the JVM does not compile it.
    """
    return rows.select(F.inline(F.array(F.struct(*(columns or rows.columns)))))
