"""What Spark's Python has no types for, or leaves open, said once."""

from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession


def jvm(spark: SparkSession) -> Any:
    """Return the packages of the session's JVM."""
    return spark._jvm


def only(rows: DataFrame) -> Row:
    """Return the one row there is, such as that of an aggregate of everything."""
    [row] = rows.collect()
    return row
