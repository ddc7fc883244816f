"""The newest version of each product."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms.curated.newest import newest
from dataplatform.transforms.kinds import CuratedTransform, RowCount


def transform(source: DataFrame) -> DataFrame:
    """Take the newest version of each product."""
    return newest(source, "product_id").select(
        "product_id",
        "title",
        "category",
        "price",
        "currency",
        "valid_from",
        F.col("first_valid").alias("first_seen"),
        "versions",
    )


TRANSFORM = CuratedTransform(transform=transform, row_count=RowCount("versions"))
