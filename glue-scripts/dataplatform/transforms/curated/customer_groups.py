"""How many customers have what in common, without groups so small that a neighbor recognizes somebody in them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.curated.customers_current import age_band, postcode_area
from dataplatform.transforms.curated.newest import newest
from dataplatform.transforms.kinds import CuratedTransform, RowCount

# The fewest customers of whom anything is said. The contract has a rule of the same number.
SMALLEST = 5
UNKNOWN, WITHHELD = "unknown", "withheld"
# What groups have in common, in the order in which it is withheld: what narrows most goes first.
SHARED = ("postcode_area", "age_band", "country")


def transform(source: DataFrame) -> DataFrame:
    """Count the customers of each country, age band and postcode area, and fold small groups together.

    A customer is in one group, so the groups add up to all customers. Of the last group nothing is said at all: it is
    what is left, however few they are.
    """
    people = newest(source, "customer_id").select(
        F.coalesce(postcode_area(), F.lit(UNKNOWN)).alias("postcode_area"),
        F.coalesce(age_band(), F.lit(UNKNOWN)).alias("age_band"),
        "country",
        "country_code",
        F.lit(1).alias("customers"),
        "versions",
    )
    groups = _grouped(people)
    for name in SHARED:
        few = F.col("customers") < SMALLEST
        groups = _grouped(groups.withColumn(name, F.when(few, F.lit(WITHHELD)).otherwise(F.col(name))))
    return groups.select(
        "country",
        "age_band",
        "postcode_area",
        F.when(F.col("country") != WITHHELD, F.col("country_code")).alias("country_code"),
        "customers",
        "versions",
    )


def _grouped(rows: DataFrame) -> DataFrame:
    counted = [F.sum(name).cast("bigint").alias(name) for name in ("customers", "versions")]
    return rows.groupBy(*SHARED).agg(F.max("country_code").alias("country_code"), *counted)


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("versions"), whole=True)
