"""Units of event time, the hours or days that curated tables are recomputed by."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.contracts import Contract

HOUR_SECONDS = 3600
DAY_SECONDS = 86400


def touched_hours(events: DataFrame, event_time: str) -> list[int]:
    """Return the starts of the hours that rows lie in, in Unix seconds: a list as long as the range has hours."""
    hours = events.select(F.unix_seconds(F.date_trunc("hour", event_time)).alias("hour")).distinct()
    return sorted(row["hour"] for row in hours.collect())


def whole(rows: DataFrame, column: Column, hours: Sequence[int], unit: str) -> DataFrame:
    """Keep the rows whose time or date lies in a touched unit.

    The bounds are literals, so that a table's other days are left out before anything is read.
    """
    size = DAY_SECONDS if unit == "day" else HOUR_SECONDS
    starts = sorted({hour - hour % size for hour in hours})
    if not starts:
        return rows.where(F.lit(False))
    moment = column.cast("timestamp")
    units = _frame(rows.sparkSession, starts)
    first, after = (F.timestamp_seconds(F.lit(value)) for value in (starts[0], starts[-1] + size))
    bounded = rows.where((moment >= first) & (moment < after))
    return (
        bounded.withColumn("_unit", F.date_trunc(unit, moment))
        .join(F.broadcast(units), "_unit", "left_semi")
        .drop("_unit")
    )


def of_table(table: DataFrame, contract: Contract, hours: Sequence[int]) -> DataFrame:
    """Keep the rows of a curated table that lie in a touched unit."""
    return whole(table, F.col(contract.unit_column), hours, contract.unit)


def _frame(spark: SparkSession, starts: Sequence[int]) -> DataFrame:
    # Through seconds: datetimes would pass through the time zone of the machine.
    seconds = spark.createDataFrame([(value,) for value in starts], "seconds bigint")
    return seconds.select(F.timestamp_seconds("seconds").alias("_unit"))
