"""Versions of the catalog's products, typed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

from dataplatform.transforms import verdict
from dataplatform.transforms.processed import versions

PRICE = DecimalType(12, 4)
_LARGEST_PRICE = 10**8


def clean(lines: DataFrame) -> DataFrame:
    """Give every field its type; a line whose required fields are missing or unreadable gets a reason."""
    typed = lines.withColumns(
        {
            "product_id": F.upper("ProductID"),
            "valid_from": versions.valid_from(),
            "title": F.col("Title"),
            "category": versions.optional("Category"),
            "_price": F.expr("try_cast(Price AS DECIMAL(38, 10))"),
        }
    )
    judged = verdict.give(
        typed,
        (
            *verdict.missing("ProductID", "Title", versions.UPDATED),
            ((F.col("Price") != "") & F.col("_price").isNull(), "wrong_type", "Price"),
            (F.abs("_price") >= _LARGEST_PRICE, "invalid_value", "Price"),
            *versions.checks(),
        ),
    )
    price = F.when(F.col("reason").isNull(), F.col("_price").cast(PRICE))
    return judged.withColumns(
        {"price": price, "currency": F.when(price.isNotNull(), F.upper(versions.optional("Currency")))}
    )
