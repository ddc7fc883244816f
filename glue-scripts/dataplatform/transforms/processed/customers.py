"""Versions of the customers' records, typed."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dataplatform.transforms import keys, verdict
from dataplatform.transforms.kinds import LineTransform
from dataplatform.transforms.processed import addresses, countries, identifiers, letters, times, versions

# What a line says, as values.
SAID = ("customer_id", "name", "email", "birth_date", "postcode", "country", "valid_from")

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
    typed = identifiers.read(lines, {"_postcode": "Postcode"}, {"customer_id": "CustomerID"}).withColumns(
        {
            "_nobody": identifiers.nobody("customer_id"),
            "valid_from": versions.valid_from(),
            "name": versions.optional("Name"),
            "email": F.nullif(addresses.read(versions.known("Email")), F.lit("")),
            "birth_date": times.read_date("BirthDate"),
            "postcode": letters.upper(versions.known("_postcode")),
            "country": letters.seen(F.col("Country")),
        }
    )
    evaluated = verdict.give(
        typed,
        (
            *verdict.missing("CustomerID", "Country", versions.UPDATED),
            (F.col("_nobody"), "missing_field", "CustomerID"),
            *identifiers.customer_checks("CustomerID", "customer_id", "_nobody"),
            *times.checks("BirthDate", "birth_date", required=False),
            *versions.checks(),
        ),
    )
    return keys.add(evaluated, SAID).withColumn("country_code", countries.code(F.col("country")))


def restate(rows: DataFrame) -> DataFrame:
    """Take processed rows of any age and return them as clean makes them of their lines today, with their keys."""
    named = identifiers.read(rows, {"postcode": "postcode"}, {"customer_id": "customer_id"})
    texts = {name: letters.trimmed(F.col(name)) for name in ("name", "email", "country")}
    bare = {"email": addresses.read(F.col("email")), "country": letters.seen(F.col("country"))}
    made = keys.add(named.withColumns(texts).withColumns({**bare, "postcode": letters.upper(F.col("postcode"))}), SAID)
    return made.withColumn("country_code", countries.code(F.col("country")))


def unknown() -> Column:
    """Say which lines name a country that has no code."""
    return countries.unknown("country", "country_code")


TRANSFORM = LineTransform(clean=clean, restate=restate, unknown=unknown, known_good=KNOWN_GOOD)
