"""Small frames with explicit schemas."""

from collections.abc import Sequence
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType, TimestampType


def at(text: str) -> datetime:
    """An instant from ISO text; a missing zone is UTC."""
    return datetime.fromisoformat(text if text.endswith("Z") or "+" in text else text + "Z")


def frame(spark: SparkSession, schema: StructType, rows: Sequence[Sequence[object]]) -> DataFrame:
    """A frame whose timestamps are written as ISO text in UTC."""
    loose = StructType()
    for field in schema:
        kind = "string" if isinstance(field.dataType, TimestampType) else field.dataType
        loose = loose.add(field.name, kind, True)
    made = spark.createDataFrame([tuple(row) for row in rows], loose)
    times = [field.name for field in schema if isinstance(field.dataType, TimestampType)]
    return made.withColumns({name: F.to_timestamp(name) for name in times}) if times else made
