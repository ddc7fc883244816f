"""Versions of the customers' records, typed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms import verdict
from dataplatform.transforms.processed import countries, versions


def clean(lines: DataFrame) -> DataFrame:
    """Give every field its type; a line whose required fields are missing or unreadable gets a reason."""
    typed = lines.withColumns(
        {
            # The shop's export writes customer numbers as decimals, here as there.
            "customer_id": F.regexp_replace("CustomerID", "[.]0$", ""),
            "valid_from": versions.valid_from(),
            "name": versions.optional("Name"),
            "email": F.lower(versions.optional("Email")),
            "birth_date": F.try_to_timestamp("BirthDate", F.lit("yyyy-MM-dd")).cast("date"),
            "postcode": F.upper(versions.optional("Postcode")),
            "country": F.col("Country"),
            "country_code": countries.code(F.col("Country")),
        }
    )
    return verdict.give(
        typed,
        (
            *verdict.missing("CustomerID", "Country", versions.UPDATED),
            ((F.col("BirthDate") != "") & F.col("birth_date").isNull(), "wrong_type", "BirthDate"),
            *versions.checks(),
        ),
    )
