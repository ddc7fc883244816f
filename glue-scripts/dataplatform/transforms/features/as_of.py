"""The time that features know everything before, and nothing from."""

from datetime import datetime

from pyspark.sql import Column
from pyspark.sql import functions as F


def instant(at: datetime) -> Column:
    """Return a time as a column; raise ValueError when it has no zone, as it would then be the machine's."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return F.timestamp_micros(F.lit(round(at.timestamp() * 1_000_000)))
