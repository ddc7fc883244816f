"""Stock counts of the warehouses, typed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms import keys, verdict
from dataplatform.transforms.kinds import LineTransform
from dataplatform.transforms.processed import letters, times

# What a line says, as values: what its key is made of.
SAID = ("stock_code", "warehouse", "counted_at", "on_hand")

KNOWN_GOOD = ({"Product": "85123A", "Site": "north", "CountedAt": "2010-12-01T08:26:00Z", "OnHand": "7"},)


def clean(lines: DataFrame) -> DataFrame:
    """Give every field its type; a line whose fields are missing or unreadable gets a reason."""
    typed = lines.withColumns(
        {
            "stock_code": letters.code(F.col("Product")),
            "warehouse": F.col("Site"),
            "counted_at": times.read("CountedAt"),
            "on_hand": F.expr("try_cast(IF(OnHand RLIKE '^[0-9]+$', OnHand, NULL) AS INT)"),
        }
    )
    evaluated = verdict.give(
        typed,
        (
            *verdict.missing("Product", "Site", "CountedAt", "OnHand"),
            *times.checks("CountedAt", "counted_at"),
            (F.col("on_hand").isNull(), "wrong_type", "OnHand"),
        ),
    )
    return keys.add(evaluated, SAID)


TRANSFORM = LineTransform(clean=clean, known_good=KNOWN_GOOD)
