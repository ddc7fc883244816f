"""Versions of the customers' records, typed."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms import verdict
from dataplatform.transforms.processed import countries, customer_numbers, letters, times, versions

KNOWN_GOOD = (
    {
        "CustomerID": "17850",
        "Name": "A customer",
        "Email": "customer@example.org",
        "BirthDate": "1980-02-29",
        "Postcode": "75001",
        "Country": "France",
        "UpdatedAt": "2010-12-01T08:26:00Z",
    },
)


def clean(lines: DataFrame) -> DataFrame:
    """Give every field its type; a line whose required fields are missing or unreadable gets a reason."""
    typed = lines.withColumns(
        {
            "customer_id": customer_numbers.number("CustomerID"),
            "valid_from": versions.valid_from(),
            "name": versions.optional("Name"),
            "email": letters.lower(versions.optional("Email")),
            "birth_date": times.read("BirthDate", "yyyy-MM-dd").cast("date"),
            "postcode": letters.upper(versions.optional("Postcode")),
            "country": F.col("Country"),
            "country_code": countries.code(F.col("Country")),
        }
    )
    return verdict.give(
        typed,
        (
            *verdict.missing("CustomerID", "Country", versions.UPDATED),
            *customer_numbers.checks("CustomerID"),
            *[((F.col("BirthDate") != "") & wrong, *told) for wrong, *told in times.checks("BirthDate", "birth_date")],
            *versions.checks(),
        ),
    )


def unknown() -> Column:
    """Say which lines name a country that has no code."""
    return countries.unknown("country", "country_code")
