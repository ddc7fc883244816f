"""The JVM compiles what Spark makes of the transforms: a longer method it interprets, many times as slowly."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import Platform
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.reading.cleaning import Cleaning

LONGEST = 8000  # bytes of code, HotSpot's HugeMethodLimit


def longest(frame: DataFrame) -> int:
    """The size of the longest method of a plan."""
    debug = frame.sparkSession._jvm.org.apache.spark.sql.execution.debug.package
    made = debug.codegenStringSeq(frame._jdf.queryExecution().executedPlan())
    sizes = [made.apply(at)._3().maxMethodCodeSize() for at in range(made.size())]
    assert sizes, "nothing is generated"
    return max(sizes)


@contextmanager
def without_adaptive(spark: SparkSession) -> Iterator[None]:
    """Let a plan be whole before it runs."""
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    try:
        yield
    finally:
        spark.conf.unset("spark.sql.adaptive.enabled")


@pytest.mark.parametrize("dataset", ["sales", "products", "customers"])
def test_cleaning_is_compiled(platform: Platform, dataset: str) -> None:
    raw, processed = platform.contracts.get(f"raw.{dataset}"), platform.contracts.get(f"processed.{dataset}")
    file = platform.ledger.land(",".join(raw.header) + "\n", "2010-12-01T09:00:00Z", "csv", dataset)
    cleaning = Cleaning(platform.spark, platform.ledger, raw, processed)
    frames = {"cleaned": cleaning._fresh([file]), "judged": cleaning._verdict(cleaning._fresh([file]))}
    with without_adaptive(platform.spark):
        sizes = {name: longest(frame.where(F.col("reason").isNull())) for name, frame in frames.items()}
    assert max(sizes.values()) < LONGEST, sizes
