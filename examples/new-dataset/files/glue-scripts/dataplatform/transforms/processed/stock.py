"""Stock counts of the warehouses, typed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def clean(lines: DataFrame) -> DataFrame:
    """Give every field its type; a line whose fields are missing or unreadable gets a reason."""
    typed = lines.withColumns(
        {
            "stock_code": F.upper("Product"),
            "warehouse": F.col("Site"),
            "counted_at": F.try_to_timestamp("CountedAt", F.lit("yyyy-MM-dd'T'HH:mm:ssXXX")),
            "on_hand": F.expr("try_cast(IF(OnHand RLIKE '^[0-9]+$', OnHand, NULL) AS INT)"),
        }
    )
    verdict = F.when(F.col("reason").isNotNull(), F.struct("reason", "error"))
    for condition, code, field in (
        *[(F.col(name) == "", "missing_field", name) for name in ("Product", "Site", "CountedAt", "OnHand")],
        (F.col("counted_at").isNull(), "wrong_type", "CountedAt"),
        (F.col("on_hand").isNull(), "wrong_type", "OnHand"),
    ):
        verdict = verdict.when(condition, F.struct(F.lit(code).alias("reason"), F.lit(field).alias("error")))
    return typed.withColumn("_verdict", verdict).withColumns(
        {"reason": F.col("_verdict.reason"), "error": F.col("_verdict.error")}
    )
