"""Reasons why lines cannot be used, the same way in every transform."""

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# The condition under which a line cannot be used, the reason's code, the field it is about.
Check = tuple[Column, str, str]


def give(lines: DataFrame, checks: Iterable[Check]) -> DataFrame:
    """Give each line the reason of the first check whose condition holds; a reason it has already stays."""
    verdict = F.when(F.col("reason").isNotNull(), F.struct("reason", "error"))
    for condition, code, field in checks:
        verdict = verdict.when(condition, F.struct(F.lit(code).alias("reason"), F.lit(field).alias("error")))
    return lines.withColumn("_verdict", verdict).withColumns(
        {"reason": F.col("_verdict.reason"), "error": F.col("_verdict.error")}
    )


def computed(lines: DataFrame) -> DataFrame:
    """Let each column be computed once a line: conditions on them are not pushed into their expressions.

    Else each check of a value would read it from its text again. Two million order lines took a quarter longer so.
    """
    return lines.select(F.inline(F.array(F.struct(*lines.columns))))


def missing(*fields: str) -> list[Check]:
    """Return the checks that required fields of trimmed text are there."""
    return [(F.col(name) == "", "missing_field", name) for name in fields]
