"""Versions of the catalog's products, typed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms import verdict
from dataplatform.transforms.processed import letters, numbers, versions

KNOWN_GOOD = (
    {
        "ProductID": "85123A",
        "Title": "HANGING HEART",
        "Category": "",
        "Price": "2.55",
        "Currency": "GBP",
        "UpdatedAt": "2010-12-01T08:26:00Z",
    },
)


def clean(lines: DataFrame) -> DataFrame:
    """Give every field its type; a line whose required fields are missing or unreadable gets a reason."""
    typed = lines.withColumns(
        {
            "product_id": letters.upper(F.col("ProductID")),
            "valid_from": versions.valid_from(),
            "title": F.col("Title"),
            "category": versions.optional("Category"),
            "_price": numbers.money("Price"),
        }
    )
    judged = verdict.give(
        typed,
        (
            *verdict.missing("ProductID", "Title", versions.UPDATED),
            *numbers.money_checks("Price", "_price"),
            *versions.checks(),
        ),
    )
    price = F.when(F.col("reason").isNull(), F.col("_price").cast(numbers.MONEY))
    return judged.withColumns(
        {"price": price, "currency": F.when(price.isNotNull(), letters.upper(versions.optional("Currency")))}
    )
