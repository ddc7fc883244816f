"""Reasons why lines cannot be used, the same way in every transform."""

from collections.abc import Iterable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.once import once

# The condition under which a line cannot be used, the reason's code, the field it is about.
Check = tuple[Column, str, str]


def give(lines: DataFrame, checks: Iterable[Check]) -> DataFrame:
    """Give each line the reason of the first check whose condition holds; a reason it has already stays."""
    checks = list(checks)
    first = F.when(F.col("reason").isNotNull(), F.lit(None).cast("int"))
    for number, (condition, _, _) in enumerate(checks):
        first = first.when(condition, F.lit(number))
    evaluated = lines.withColumn("_first", first).withColumns(
        {
            "reason": F.coalesce("reason", _of("_first", [code for _, code, _ in checks])),
            "error": F.coalesce("error", _of("_first", [field for _, _, field in checks])),
        }
    )
    return once(evaluated, *lines.columns)


def _of(number: str, texts: Sequence[str]) -> Column:
    return F.get(F.array(*[F.lit(text) for text in texts]), F.col(number))


def missing(*fields: str) -> list[Check]:
    """Return the checks that required fields of trimmed text are there."""
    return [(F.col(name) == "", "missing_field", name) for name in fields]
