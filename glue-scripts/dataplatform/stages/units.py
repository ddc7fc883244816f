"""What curated tables are recomputed by: units of event time, which are hours or days, or keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

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


class Scope(Protocol):
    """The part of a curated table that a run recomputes, and the processed rows it is recomputed from."""

    def of_source(self, rows: DataFrame) -> DataFrame:
        """Keep the processed rows of the scope, all of them, whenever they arrived."""

    def of_table(self, table: DataFrame) -> DataFrame:
        """Keep the rows of the curated table that lie in the scope."""

    def source_unit(self) -> Column:
        """Return the unit of a processed row as one value."""

    def table_unit(self) -> Column:
        """Return the unit of a curated row as one value."""


@dataclass(frozen=True)
class Times:
    """Touched hours or days."""

    contract: Contract
    event_time: Column
    hours: Sequence[int]

    def of_source(self, rows: DataFrame) -> DataFrame:
        """Keep the rows whose event time lies in a touched unit."""
        return whole(rows, self.event_time, self.hours, self.contract.unit)

    def of_table(self, table: DataFrame) -> DataFrame:
        """Keep the rows whose unit is touched."""
        return whole(table, F.col(self.contract.unit_column), self.hours, self.contract.unit)

    def source_unit(self) -> Column:
        """Return the start of the unit in Unix seconds."""
        return F.unix_seconds(F.date_trunc(self.contract.unit, self.event_time))

    def table_unit(self) -> Column:
        """Return the start of the unit in Unix seconds."""
        return F.unix_seconds(F.col(self.contract.unit_column).cast("timestamp"))


@dataclass(frozen=True)
class Keys:
    """Touched keys of the curated table, a column each; ``columns`` says how they follow from a processed row."""

    columns: Mapping[str, Column]
    touched: DataFrame

    @classmethod
    def of(cls, rows: DataFrame, columns: Mapping[str, Column]) -> "Keys":
        """Return the keys that rows touch."""
        return cls(columns, rows.select(*[column.alias(name) for name, column in columns.items()]).distinct())

    def of_source(self, rows: DataFrame) -> DataFrame:
        """Keep the rows whose key is touched."""
        named = {f"_key_{name}": column for name, column in self.columns.items()}
        touched = self.touched.select(*[F.col(name).alias(f"_key_{name}") for name in self.columns])
        return rows.withColumns(named).join(touched, list(named), "left_semi").drop(*named)

    def of_table(self, table: DataFrame) -> DataFrame:
        """Keep the rows whose key is touched."""
        return table.join(self.touched, list(self.columns), "left_semi")

    def source_unit(self) -> Column:
        """Return the key as text."""
        return F.concat_ws("/", *self.columns.values())

    def table_unit(self) -> Column:
        """Return the key as text."""
        return F.concat_ws("/", *self.columns)


@dataclass(frozen=True)
class Whole:
    """All there is, as one unit."""

    def of_source(self, rows: DataFrame) -> DataFrame:
        """Keep all processed rows."""
        return rows

    def of_table(self, table: DataFrame) -> DataFrame:
        """Keep all rows of the curated table."""
        return table

    def source_unit(self) -> Column:
        """Return the same for every row."""
        return F.lit("everything")

    def table_unit(self) -> Column:
        """Return the same for every row."""
        return F.lit("everything")


def _frame(spark: SparkSession, starts: Sequence[int]) -> DataFrame:
    # Through seconds: datetimes would pass through the time zone of the machine.
    seconds = spark.createDataFrame([(value,) for value in starts], "seconds bigint")
    return seconds.select(F.timestamp_seconds("seconds").alias("_unit"))
