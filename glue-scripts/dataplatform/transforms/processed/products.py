"""Versions of the catalog's products, typed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms import keys, verdict
from dataplatform.transforms.kinds import LineTransform
from dataplatform.transforms.processed import identifiers, letters, numbers, versions

# What a line says, as values.
SAID = ("product_id", "title", "category", "price", "currency", "valid_from")

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
    currency = F.col("_currency")
    typed = identifiers.read(lines, {"_product": "ProductID"}).withColumns(
        {
            "product_id": letters.code(F.col("_product")),
            "valid_from": versions.valid_from(),
            "title": F.col("Title"),
            "category": versions.optional("Category"),
            "_currency": letters.upper(versions.known("Currency")),
        }
    )
    evaluated = verdict.give(
        numbers.with_money(typed, "Price", "_price", currency),
        (
            *verdict.missing("ProductID", "Title", versions.UPDATED),
            *identifiers.checks("ProductID", "_product"),
            *numbers.money_checks("Price", "_price", currency),
            *versions.checks(),
        ),
    )
    price = F.when(F.col("reason").isNull(), F.col("_price").cast(numbers.MONEY))
    made = evaluated.withColumns(
        {
            "price": price,
            "currency": F.when(price.isNotNull(), currency),
            "normalized": numbers.normalized({"Price": "_price"}),
        }
    )
    return keys.add(made, SAID)


def restate(rows: DataFrame) -> DataFrame:
    """Take processed rows of any age and return them as clean makes them of their lines today, with their keys."""
    named = identifiers.read(rows, {"product_id": "product_id"})
    texts = {name: letters.trimmed(F.col(name)) for name in ("title", "category")}
    return keys.add(named.withColumns({**texts, "product_id": letters.code(F.col("product_id"))}), SAID)


TRANSFORM = LineTransform(clean=clean, restate=restate, known_good=KNOWN_GOOD)
